/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share: descriptors, paths, and a new file or folder that appears
 * whole. */
#ifndef SWT_IO_INTERNAL_H
#define SWT_IO_INTERNAL_H

#include "swt/io.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <time.h>

_Static_assert(sizeof(off_t) == 8, "files over 2 GiB need a 64-bit off_t");
_Static_assert(sizeof(time_t) == 8, "times after 2038 need a 64-bit time_t");

/* ---- descriptors ------------------------------------------------------------------------- */

/* openat with O_CLOEXEC that may block (a FIFO) and that a signal ends. */
int swt_fd_open(int folder, const char *path, int flags, mode_t mode, int *ret_fd,
                struct swt_error *err) SWT_CHECKED;
/* Fills up to size bytes; fewer only at the end. Continues short reads. */
int swt_fd_read(int fd, void *ret_data, size_t size, size_t *ret_len,
                struct swt_error *err) SWT_CHECKED;
/* Writes all; *written counts also what came before a failure. */
int swt_fd_write(int fd, const void *data, size_t len, uint64_t *written,
                 struct swt_error *err) SWT_CHECKED;
/* The same at an offset, wherever the descriptor stands, which is not moved. */
int swt_fd_read_at(int fd, off_t offset, void *ret_data, size_t size, size_t *ret_len,
                   struct swt_error *err) SWT_CHECKED;
int swt_fd_write_at(int fd, off_t offset, const void *data, size_t len,
                    struct swt_error *err) SWT_CHECKED;
/* Bytes from begin to end were written: whole steps of some megabytes start on their way to
 * storage, for a later swt_fd_sync to wait less. Advice: what fails is told by that one. */
void swt_fd_start_sync(int fd, uint64_t begin, uint64_t end);
/* fsync; a descriptor that has nothing to sync (a pipe) is no error. */
int swt_fd_sync(int fd, struct swt_error *err) SWT_CHECKED;
/* Closes and tells a late write error; *fd is -1 afterwards, whatever comes. */
int swt_fd_close(int *fd, struct swt_error *err) SWT_CHECKED;
void swt_fd_cleanup(int *fd); /* closes what is not -1, in silence */
/* flock with LOCK_EX or LOCK_SH: SWT_E_IO after so many seconds. urgent: a signal that asks to stop
 * shortens the wait but does not end it. */
int swt_fd_lock(int fd, int operation, unsigned seconds, bool urgent,
                struct swt_error *err) SWT_CHECKED;
/* swt_io_setup found no standard output: a report may go nowhere, an output file may not. */
bool swt_stdout_was_closed(void);

/* ---- names and paths --------------------------------------------------------------------- */

void swt_text_cleanup(char **text); /* free() */
/* The folder that path lies in ("." when it names none); free(). NULL: err is set. */
char *swt_path_folder(const char *path, struct swt_error *err) SWT_CHECKED;
/* What follows the last slash; empty when path ends with one. */
const char *swt_path_base(const char *path);
/*
 * Follows symbolic links in the last component of path, to what is there or would be created.
 * *ret_magic: the way led into /proc (/dev/stdout), where a link is a door, not a name.
 */
int swt_path_follow(const char *path, char **ret_path, bool *ret_magic,
                    struct swt_error *err) SWT_CHECKED;

#define SWT_TEMP_SUFFIX 7
/* Six random letters and digits, NUL. */
int swt_temp_suffix(char ret_suffix[SWT_TEMP_SUFFIX], struct swt_error *err) SWT_CHECKED;
#define SWT_TEMP_TRIES 100 /* of names that are taken, before it is somebody's doing */
/* ".NAME.SUFFIX", where the end of a long name is left out; free(). NULL: err is set. */
char *swt_temp_name(const char *name, struct swt_error *err) SWT_CHECKED;
bool swt_temp_name_is(const char *text, const char *name); /* text may be one of a short name's */
/* A relative path that cannot lead out of its folder, but for symbolic links. */
bool swt_name_is_safe(const char *name);

/* Renames unless the new name exists. 0, or -1 with errno. */
int swt_rename_new(int from_folder, const char *from, int to_folder, const char *to) SWT_CHECKED;

/* ---- readers and folders that are open --------------------------------------------------- */

/* A reader of a file that is open; takes fd over. name is for errors. */
int swt_reader_adopt(int fd, const char *name, struct swt_reader **ret_reader,
                     struct swt_error *err) SWT_CHECKED;
/* Gives the open file another name. False when it cannot be done, whatever the cause. */
bool swt_reader_link(const struct swt_reader *reader, int folder, const char *name) SWT_CHECKED;
/* A staging for a folder that is open and empty; takes folder over. dir is for errors. */
int swt_staging_adopt(int folder, const char *dir, struct swt_staging **ret_staging,
                      struct swt_error *err) SWT_CHECKED;
/* A folder with all that is in it, as far as it can be; links are removed, never followed. */
void swt_remove_folder(int parent, const char *name);

/* ---- a file that appears whole ----------------------------------------------------------- */

struct swt_newfile {
    int folder;
    int fd;          /* to write to */
    char *name;      /* in folder, once it is published */
    char *temporary; /* its name until then; NULL while it has none */
    bool placed;     /* it got its name */
};
#define SWT_NEWFILE_NONE ((struct swt_newfile){.folder = -1, .fd = -1})

/* exact: the mode as given; else less the umask. */
int swt_newfile_open(const char *folder, const char *name, mode_t mode, bool exact,
                     struct swt_newfile *ret_file, struct swt_error *err) SWT_CHECKED;
/* fsync, the name, close, fsync of the folder. exclusive: SWT_E_EXISTS when the name is taken. */
int swt_newfile_publish(struct swt_newfile *file, bool exclusive,
                        struct swt_error *err) SWT_CHECKED;
/* The same in steps, less the folder's fsync: fsync and a last look for signals; where nothing but
 * a rename is to be left, a temporary name and close; the name. */
int swt_newfile_ready(struct swt_newfile *file, struct swt_error *err) SWT_CHECKED;
int swt_newfile_name(struct swt_newfile *file, struct swt_error *err) SWT_CHECKED;
int swt_newfile_place(struct swt_newfile *file, bool exclusive, struct swt_error *err) SWT_CHECKED;
/* Takes a placed file away again. */
void swt_newfile_withdraw(struct swt_newfile *file);
void swt_newfile_done(struct swt_newfile *file); /* drops what was not published */

/* ---- a folder that appears whole --------------------------------------------------------- */

/* It has a temporary name beside its own until it is placed. Killed before, that one is left. */
struct swt_newfolder {
    int parent;
    char *name;      /* in parent, once it is placed */
    char *temporary; /* its name until then; NULL: it has none that has to go */
};
#define SWT_NEWFOLDER_NONE ((struct swt_newfolder){.parent = -1})

/* *ret_fd: the folder, to be filled and closed by the caller. SWT_E_EXISTS, here and when it is
 * placed, when anything but an empty folder is there; that one's mode is kept. */
int swt_newfolder_open(const char *path, struct swt_newfolder *ret_folder, int *ret_fd,
                       struct swt_error *err) SWT_CHECKED;
/* fsync, the name, fsync of its parent. The caller names the folder in err. */
int swt_newfolder_place(struct swt_newfolder *folder, int fd, struct swt_error *err) SWT_CHECKED;
void swt_newfolder_done(struct swt_newfolder *folder); /* removes what was not placed */

/* ---- threads ----------------------------------------------------------------------------- */

/* Runs function(context) in a thread that no signal reaches but SIGALRM, which ends a system call.
 * False when there can be none: what it was to do is then done without it. */
bool swt_thread_start(pthread_t *ret_thread, void *(*function)(void *context),
                      void *context) SWT_CHECKED;
/* How many processors this process may use. */
unsigned swt_processors(void);

/* The processors that nobody uses: a thread is started only for one of them. */
struct swt_idle {
    atomic_int count;
};
bool swt_idle_take(struct swt_idle *idle) SWT_CHECKED;
void swt_idle_give(struct swt_idle *idle);

/* A tee that shares processors with others; once *stopped is set, it has no more room. Both outlive
 * it. */
int swt_tee_new_beside(struct swt_idle *idle, const atomic_bool *stopped, struct swt_tee **ret_tee,
                       struct swt_error *err) SWT_CHECKED;

#endif
