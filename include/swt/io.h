/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io: files and streams. A reader that opens once, a writer whose file appears complete or not
 * at all, a staging folder for many files at once, a file that lines are appended to, SHA-256, and
 * the interrupt flag that lets every loop stop at a signal and unwind through the ordinary
 * clean-up.
 */
#ifndef SWT_IO_H
#define SWT_IO_H

#include "swt/base.h"

#define SWT_SHA256_SIZE 32
#define SWT_IO_CHUNK ((size_t)256 * 1024) /* what one read or write of a stream moves */

/* ---- interrupts -------------------------------------------------------------------------- */

/* SIGINT, SIGTERM and SIGHUP set a flag that swt_interrupted reads (but stay ignored where they
 * were); SIGPIPE does nothing, so that a broken pipe is an error of its write. Descriptors 0 to 2
 * that are closed are opened on /dev/null. libcrypto is set up. Uses SIGALRM. Once, from main. */
void swt_io_setup(void);
/* 0, or SWT_E_INTERRUPTED / SWT_E_TERMINATED once a signal came. Every read, write and wait of
 * this layer asks it, before and after EINTR. */
int swt_interrupted(struct swt_error *err) SWT_CHECKED;

/* ---- reading ----------------------------------------------------------------------------- */

struct swt_reader;
/* Opens path once ("-": standard input, not closed by free). A directory is SWT_E_IO; a missing
 * file SWT_E_NOT_FOUND. Errors of a reader carry its path as file. */
int swt_reader_open(const char *path, struct swt_reader **ret_reader,
                    struct swt_error *err) SWT_CHECKED;
/* Bytes in memory as a reader (seekable); they must outlive it. For tests and fuzzing. */
int swt_reader_open_memory(struct swt_slice bytes, const char *name, struct swt_reader **ret_reader,
                           struct swt_error *err) SWT_CHECKED;
void swt_reader_free(struct swt_reader *reader);
void swt_reader_cleanup(struct swt_reader **reader);
const char *swt_reader_name(const struct swt_reader *reader); /* "standard input" for "-" */
bool swt_reader_seekable(const struct swt_reader *reader);    /* a regular file or memory */
uint64_t swt_reader_size(const struct swt_reader *reader);    /* at open; seekable ones only */
uint64_t swt_reader_offset(const struct swt_reader *reader);  /* of the next byte */
/* Fills up to size bytes; fewer only at the end of the file. */
int swt_reader_read(struct swt_reader *reader, void *ret_data, size_t size, size_t *ret_len,
                    struct swt_error *err) SWT_CHECKED;
/* Moves to offset; only when seekable. */
int swt_reader_seek(struct swt_reader *reader, uint64_t offset, struct swt_error *err) SWT_CHECKED;
/* Device and inode of the open file: whether two names are one file. False for memory. */
bool swt_reader_same_file(const struct swt_reader *a, const struct swt_reader *b);
/* The permission bits let others than the owner read it (private keys: a warning). */
bool swt_reader_world_readable(const struct swt_reader *reader);

/* The rest of the file; more than cap bytes is SWT_E_FILE_KIND. Replaces what ret_bytes held. */
int swt_reader_read_all(struct swt_reader *reader, size_t cap, struct swt_buf *ret_bytes,
                        struct swt_error *err) SWT_CHECKED;
/* Two names of one file that exists, by device and inode; "-" names none. */
bool swt_same_file(const char *a, const char *b);
/* The same of files that may not exist yet: one name in one folder, links followed. */
bool swt_same_place(const char *a, const char *b);
/* A whole small file; one over cap bytes is SWT_E_FILE_KIND. Replaces what ret_bytes held. */
int swt_read_file(const char *path, size_t cap, struct swt_buf *ret_bytes,
                  struct swt_error *err) SWT_CHECKED;

/* ---- writing ----------------------------------------------------------------------------- */

struct swt_writer_options {
    bool exclusive; /* the path must not exist: SWT_E_EXISTS, at open and at commit */
    bool secret;    /* mode 0600 from the first byte, whatever the umask or the old file's mode */
};

struct swt_writer;
/*
 * Opens an output. A regular path is written beside its place (unnamed where the file system can,
 * else under a temporary name) and appears at commit; a symbolic link's target is replaced, not
 * the link; the mode is 0666 less the umask, or that of the file it replaces. "-", a device or a
 * FIFO is streamed to. A directory is an error. options may be NULL.
 */
int swt_writer_open(const char *path, const struct swt_writer_options *options,
                    struct swt_writer **ret_writer, struct swt_error *err) SWT_CHECKED;
/* Appends. Counts what was written; a short write is continued. */
int swt_writer_write(struct swt_writer *writer, const void *data, size_t len,
                     struct swt_error *err) SWT_CHECKED;
uint64_t swt_writer_offset(const struct swt_writer *writer);
/* fsync, rename into place, fsync of the folder. After it only withdraw and free may be called. */
int swt_writer_commit(struct swt_writer *writer, struct swt_error *err) SWT_CHECKED;
/* Takes an exclusive file away again that commit, failed or not, put into its place: for one of
 * two that belong together, when the other fails. Does nothing to any other writer; NULL too. */
void swt_writer_withdraw(struct swt_writer *writer);
/* Without a commit before it: removes what was written; the old file stays. */
void swt_writer_free(struct swt_writer *writer);
void swt_writer_cleanup(struct swt_writer **writer);

/* open, write, commit in one. */
int swt_write_file(const char *path, const struct swt_writer_options *options,
                   struct swt_slice bytes, struct swt_error *err) SWT_CHECKED;

/*
 * Many files that appear together: written below a hidden folder in dir, moved into place at
 * commit. dir is created when missing (and removed again when nothing came of it). No component
 * below dir is ever followed through a symbolic link. Commit checks every place before it moves the
 * first file; without force an existing file is SWT_E_EXISTS and nothing moves.
 */
struct swt_staging;
int swt_staging_open(const char *dir, bool force, struct swt_staging **ret_staging,
                     struct swt_error *err) SWT_CHECKED;
/* Starts the file name (relative, components checked by the caller's rules and again here); the
 * file before it is finished. */
int swt_staging_begin(struct swt_staging *staging, const char *name,
                      struct swt_error *err) SWT_CHECKED;
int swt_staging_write(struct swt_staging *staging, const void *data, size_t len,
                      struct swt_error *err) SWT_CHECKED;
int swt_staging_commit(struct swt_staging *staging, struct swt_error *err) SWT_CHECKED;
void swt_staging_free(struct swt_staging *staging); /* uncommitted: removes everything it made */
void swt_staging_cleanup(struct swt_staging **staging);

/* ---- appending --------------------------------------------------------------------------- */

/* A file of lines that several processes append to, such as a log. Errors carry its path. */
struct swt_appender;
/* With create, a missing file is made (0666 less the umask). A symbolic link is followed. What is
 * no regular file is SWT_E_FILE_KIND. */
int swt_appender_open(const char *path, bool create, struct swt_appender **ret_appender,
                      struct swt_error *err) SWT_CHECKED;
void swt_appender_free(struct swt_appender *appender);
void swt_appender_cleanup(struct swt_appender **appender);
const char *swt_appender_name(const struct swt_appender *appender);
/* The file for this process alone, once others have let go of it: SWT_E_IO after so many seconds,
 * or when it was deleted. urgent: a signal that asks to stop shortens the wait but does not end it.
 * Nothing below asks for signals. */
int swt_appender_lock(struct swt_appender *appender, unsigned seconds, bool urgent,
                      struct swt_error *err) SWT_CHECKED;
void swt_appender_unlock(struct swt_appender *appender);
/* The last line without its newline; *ret_found false: the file is empty. SWT_E_FILE_KIND when no
 * newline ends it or it has more than cap bytes. Locked only; replaces what ret_line held. */
int swt_appender_last_line(const struct swt_appender *appender, size_t cap,
                           struct swt_buf *ret_line, bool *ret_found,
                           struct swt_error *err) SWT_CHECKED;
/* line, with its newline, is on storage when this returns, or is taken back. Locked only. */
int swt_appender_append(struct swt_appender *appender, struct swt_slice line,
                        struct swt_error *err) SWT_CHECKED;

/* ---- SHA-256 ----------------------------------------------------------------------------- */

struct swt_sha256; /* a running hash; wraps the library's context */
int swt_sha256_new(struct swt_sha256 **ret_hash, struct swt_error *err) SWT_CHECKED;
int swt_sha256_update(struct swt_sha256 *hash, const void *data, size_t len,
                      struct swt_error *err) SWT_CHECKED;
/* The digest of all that came; the object starts anew. */
int swt_sha256_finish(struct swt_sha256 *hash, uint8_t ret_digest[SWT_SHA256_SIZE],
                      struct swt_error *err) SWT_CHECKED;
void swt_sha256_free(struct swt_sha256 *hash);
void swt_sha256_cleanup(struct swt_sha256 **hash);

#endif
