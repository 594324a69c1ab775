/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io: files and streams. A reader that opens once, a writer whose file appears complete or not
 * at all, a temporary file that nobody sees, a staging folder for many files at once, a directory
 * that changes from one whole state to the next, a file that lines are appended to, SHA-256, a tee
 * that hashes what is copied, a crew that does many pieces of work on all processors, and the
 * interrupt flag that lets every loop stop at a signal and unwind through the ordinary clean-up.
 * Child processes: a worker, and programs.
 */
#ifndef SWT_IO_H
#define SWT_IO_H

#include "swt/base.h"

#define SWT_SHA256_SIZE 32
#define SWT_IO_CHUNK ((size_t)256 * 1024) /* what one read or write of a stream moves */

/* ---- interrupts -------------------------------------------------------------------------- */

/* SIGINT, SIGTERM, SIGHUP and SIGQUIT set a flag that swt_interrupted reads (but stay ignored where
 * they were); SIGPIPE does nothing, so that a broken pipe is an error of its write. Descriptors 0
 * to 2 that are closed are opened on /dev/null. SIGCHLD has its default, so that children can be
 * waited for. libcrypto is set up. Uses SIGALRM. Once, from main. */
void swt_io_setup(void);
/* 0, or SWT_E_INTERRUPTED / SWT_E_TERMINATED once a signal came. Every read, write and wait of
 * this layer asks it, before and after EINTR. */
int swt_interrupted(struct swt_error *err) SWT_CHECKED;

/* Writes text, all of it, to a descriptor that is open: standard output or error, a terminal; where
 * writes to it do not block, it waits too. What it tells may be done already, so a signal ends it
 * only where it has to wait. */
int swt_fd_tell(int fd, struct swt_slice text, struct swt_error *err) SWT_CHECKED;

/* ---- reading ----------------------------------------------------------------------------- */

struct swt_reader;
/* Opens path once ("-": standard input, not closed by free). A directory is SWT_E_IO; a missing
 * file SWT_E_NOT_FOUND. Errors of a reader carry its path as file. */
int swt_reader_open(const char *path, struct swt_reader **ret_reader,
                    struct swt_error *err) SWT_CHECKED;
/* The same of a regular file alone: anything else is SWT_E_IO, and not waited for. "-" is a name
 * like others. */
int swt_reader_open_regular(const char *path, struct swt_reader **ret_reader,
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
/* The same as swt_reader_read, from any offset of a seekable one, which stays where it is: by
 * several threads at once. */
int swt_reader_read_at(const struct swt_reader *reader, uint64_t offset, void *ret_data,
                       size_t size, size_t *ret_len, struct swt_error *err) SWT_CHECKED;
/* Whoever reads a file once and must know that nobody wrote to it meanwhile waits until its times
 * would show that (some milliseconds, when it was written just before), reads, and asks. */
void swt_reader_settle(const struct swt_reader *reader);
int swt_reader_changed(const struct swt_reader *reader, bool *ret_changed,
                       struct swt_error *err) SWT_CHECKED; /* size or times, since it was opened */
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
bool swt_is_folder(const char *path); /* links are followed */
/* Something that is neither a file nor a folder, so that to open or read it may take forever; links
 * are followed. */
bool swt_is_special(const char *path);
/* Whether a file at path, which may not exist yet, would lie in folder or anywhere below it, links
 * followed; "-" lies nowhere. */
bool swt_is_inside(const char *path, const char *folder);
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
/* Whether path is "-", or leads to what standard output is by way of a descriptor (/dev/stdout). */
bool swt_is_stdout(const char *path);
/* Whether swt_writer_open would make a file of path, or stream to what it is. Opens nothing. */
int swt_writer_makes_file(const char *path, bool *ret_makes_file,
                          struct swt_error *err) SWT_CHECKED;
/* Whether it would stream to the very file that input is, which would be read and written at once.
 * "-" is standard output, and input. */
bool swt_streams_into(const char *output, const char *input);
/* The two that follow need a regular file, which holds any offset at any time until it is
 * committed. */
/* Leaves len bytes out of what is appended, to be written by swt_writer_write_at. */
int swt_writer_skip(struct swt_writer *writer, uint64_t len, struct swt_error *err) SWT_CHECKED;
/* Writes to a place before swt_writer_offset; by several threads at once. */
int swt_writer_write_at(const struct swt_writer *writer, uint64_t offset, const void *data,
                        size_t len, struct swt_error *err) SWT_CHECKED;
/* fsync, rename into place, fsync of the folder. After it only placed, withdraw and free may be
 * called. */
int swt_writer_commit(struct swt_writer *writer, struct swt_error *err) SWT_CHECKED;
/* Two files that belong together. Everything that can fail or be interrupted is done before the
 * first has its name, but for the second's own rename (of exclusive ones, link): when that fails,
 * only the first is placed. */
int swt_writer_commit_both(struct swt_writer *first, struct swt_writer *second,
                           struct swt_error *err) SWT_CHECKED;
/* Whether a commit, failed or not, put the file into its place; not so for NULL. */
bool swt_writer_placed(const struct swt_writer *writer);
/* Takes an exclusive file that is placed away again: for one of two that belong together, when the
 * other fails. Does nothing to any other writer; NULL too. */
void swt_writer_withdraw(struct swt_writer *writer);
/* Without a commit before it: removes what was written; the old file stays. */
void swt_writer_free(struct swt_writer *writer);
void swt_writer_cleanup(struct swt_writer **writer);

/* open, write, commit in one. */
int swt_write_file(const char *path, const struct swt_writer_options *options,
                   struct swt_slice bytes, struct swt_error *err) SWT_CHECKED;

/* ---- a spool ----------------------------------------------------------------------------- */

/*
 * A temporary file for what is too large for memory. It has no name, so that it ends with the
 * process, however that ends. It lies in $TMPDIR, where that is set, else in /var/tmp or /tmp.
 * Errors name the folder; where it is full, SWT_E_NO_SPACE has a hint to TMPDIR.
 */
struct swt_spool;
int swt_spool_new(struct swt_spool **ret_spool, struct swt_error *err) SWT_CHECKED;
void swt_spool_free(struct swt_spool *spool);
void swt_spool_cleanup(struct swt_spool **spool);
uint64_t swt_spool_size(const struct swt_spool *spool); /* what was written */
int swt_spool_write(struct swt_spool *spool, const void *data, size_t len,
                    struct swt_error *err) SWT_CHECKED; /* at its end */
/* Fills up to size bytes from offset on; fewer only at the end. By several threads at once, while
 * nothing is written. */
int swt_spool_read(const struct swt_spool *spool, uint64_t offset, void *ret_data, size_t size,
                   size_t *ret_len, struct swt_error *err) SWT_CHECKED;

/* ---- many files ---------------------------------------------------------------------------- */

/*
 * Many files that appear together: written below a hidden folder in dir, moved into place at
 * commit. dir is created when missing (and removed again when nothing came of it). No component
 * below dir is ever followed through a symbolic link. Commit checks every place before it moves the
 * first file; without force an existing file is SWT_E_EXISTS and nothing moves.
 */
struct swt_staging;
int swt_staging_open(const char *dir, bool force, struct swt_staging **ret_staging,
                     struct swt_error *err) SWT_CHECKED;
/* For a set of files that is to be alone: dir is a new folder, which appears with all of them at
 * commit, whatever comes before. SWT_E_EXISTS, here and there, when anything but an empty folder is
 * in its place. */
int swt_staging_create(const char *dir, struct swt_staging **ret_staging,
                       struct swt_error *err) SWT_CHECKED;
/* Starts the file name (relative, components checked by the caller's rules and again here); the
 * file before it is finished. */
int swt_staging_begin(struct swt_staging *staging, const char *name,
                      struct swt_error *err) SWT_CHECKED;
/* The same of a file that only its owner may read, from its first byte. */
int swt_staging_begin_secret(struct swt_staging *staging, const char *name,
                             struct swt_error *err) SWT_CHECKED;
int swt_staging_write(struct swt_staging *staging, const void *data, size_t len,
                      struct swt_error *err) SWT_CHECKED;
/* The same with an open file, at its start or not, in place of bytes: it stays one file under both
 * names, or is copied where the file system cannot. A seekable reader of a file. */
int swt_staging_keep(struct swt_staging *staging, const char *name, struct swt_reader *file,
                     struct swt_error *err) SWT_CHECKED;
int swt_staging_commit(struct swt_staging *staging, struct swt_error *err) SWT_CHECKED;
/* After commit: the name in dir of the hidden folder, where it could not be removed; else NULL.
 * With a folder that is new, it is an error of commit. */
const char *swt_staging_left(const struct swt_staging *staging);
void swt_staging_free(struct swt_staging *staging); /* uncommitted: removes everything it made */
void swt_staging_cleanup(struct swt_staging **staging);

/* ---- one state after the other ----------------------------------------------------------- */

/*
 * A directory that holds one whole state at any moment: the symbolic link "current" names a folder
 * beside it, and that folder is the state. A change is a new folder, and one rename of the link;
 * killed at any point, it is the old state or the new one. What else such an end leaves is removed
 * by the next change; other files in the directory are left alone.
 */
struct swt_states;
/*
 * Opens a directory and locks it: for this process alone with change, else beside other readers;
 * SWT_E_IO when others do not let go of it within seconds. SWT_E_NOT_FOUND; SWT_E_DEVICE_STATE when
 * it has no link "current" to a folder in it.
 */
int swt_states_open(const char *path, bool change, struct swt_states **ret_states,
                    struct swt_error *err) SWT_CHECKED;
/* A new directory without a state, which appears at the first commit. SWT_E_EXISTS, here and there,
 * when anything but an empty folder is in its place. */
int swt_states_create(const char *path, struct swt_states **ret_states,
                      struct swt_error *err) SWT_CHECKED;
void swt_states_free(struct swt_states *states); /* what was not committed is removed */
void swt_states_cleanup(struct swt_states **states);
/* A file of the current state. SWT_E_NOT_FOUND; SWT_E_DEVICE_STATE for what is no regular file, or
 * lies behind a symbolic link. */
int swt_states_open_file(const struct swt_states *states, const char *name,
                         struct swt_reader **ret_reader, struct swt_error *err) SWT_CHECKED;
/* Begins the next state, empty; *ret_next is filled by the caller, and neither committed nor freed.
 * One at a time. */
int swt_states_begin(struct swt_states *states, struct swt_staging **ret_next,
                     struct swt_error *err) SWT_CHECKED;
/* The next state becomes the current one; *ret_next of begin is gone. An error means that it did
 * not, unless only its way to storage failed. */
int swt_states_commit(struct swt_states *states, struct swt_error *err) SWT_CHECKED;

/* ---- child processes --------------------------------------------------------------------- */

/*
 * A worker: this process forked, without exec, to run code that is not ours (a vendor's module), so
 * that its crash, its hang and its stray write become an error here. It dumps no core, holds no
 * descriptor of this process but standard error, sees no secret (struct swt_secret) that was made
 * before it started, leaves Ctrl-C and Ctrl-\ to this process, and dies with it.
 */
struct swt_worker;
struct swt_worker_port; /* the worker's end of the connection */
struct swt_worker_job {
    /* In the worker: answers one request by appending to ret_reply, or fails. request and secret
     * are wiped afterwards. */
    int (*serve)(void *context, struct swt_worker_port *port, struct swt_slice request,
                 struct swt_slice secret, struct swt_buf *ret_reply, struct swt_error *err);
    void (*finish)(void *context); /* in the worker, when it is told to end; may be NULL */
    void *context;
};
#define SWT_WORKER_FRAME ((size_t)8 * 1024 * 1024) /* of a request or a reply, at most */
#define SWT_WORKER_SECRET 2048
/* The worker is told nothing but what the requests say: job and its context are copied by fork. */
int swt_worker_start(const struct swt_worker_job *job, struct swt_worker **ret_worker,
                     struct swt_error *err) SWT_CHECKED;
/* In the worker: what it is about to do, as in "C_Sign of softhsm2"; names it in the errors of a
 * call that does not come back. Cut at some 250 bytes. */
void swt_worker_note(struct swt_worker_port *port, const char *what);
/*
 * Sends request and waits for its answer, which is appended to ret_reply, or is the error that
 * serve told. secret (NULL: none) passes through shared memory, in no system call. Over the time
 * limit: SWT_E_SIGNER_TIMEOUT; a worker that crashed, or answered what serve cannot have written:
 * SWT_E_MODULE_FAILED. After either, or an interrupt, it is gone, and further calls fail alike.
 */
int swt_worker_call(struct swt_worker *worker, struct swt_slice request,
                    const struct swt_secret *secret, unsigned seconds, struct swt_buf *ret_reply,
                    struct swt_error *err) SWT_CHECKED;
/* Lets it finish, for two seconds; then it is killed. */
void swt_worker_free(struct swt_worker *worker);

/* A program to run; all borrowed. */
struct swt_program {
    /* argv[0] is the file that is executed, as it stands: no search, no shell. NULL at the end. */
    const char *const *argv;
    struct swt_slice input; /* its standard input; it need not read it */
    unsigned seconds;       /* it may take, from its start to its end */
    size_t output_max;      /* bytes of standard output */
};

enum swt_program_end {
    SWT_PROGRAM_EXITED,      /* number is the exit status */
    SWT_PROGRAM_SIGNALLED,   /* number is the signal */
    SWT_PROGRAM_NOT_STARTED, /* number is the errno of exec */
    SWT_PROGRAM_TIMEOUT,     /* stopped when its time was over */
    SWT_PROGRAM_FLOODED      /* stopped when its output exceeded output_max */
};
#define SWT_PROGRAM_ERRORS_MAX ((size_t)4 * 1024)
struct swt_program_outcome {
    enum swt_program_end end;
    int number;
    struct swt_buf output; /* of standard output */
    struct swt_buf errors; /* the end of standard error, SWT_PROGRAM_ERRORS_MAX at most */
};
void swt_program_outcome_done(struct swt_program_outcome *outcome);
/*
 * Runs program and waits for its end; swt_io_setup was called. It has the environment and the
 * working folder of this process, descriptors 0 to 2 and no other, default signals, and a session
 * of its own: it has no terminal to ask on, so a prompt of it fails and does not hang. At its end,
 * at its limits and when we are interrupted, its process group is killed; it is killed too when
 * this process dies. Whatever the program does is an outcome; errors are the system's and
 * interruption's.
 */
int swt_program_run(const struct swt_program *program, struct swt_program_outcome *ret_outcome,
                    struct swt_error *err) SWT_CHECKED;

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
int swt_sha256_of(struct swt_slice bytes, uint8_t ret_digest[SWT_SHA256_SIZE],
                  struct swt_error *err) SWT_CHECKED;

/* ---- hashing what is copied -------------------------------------------------------------- */

/*
 * SHA-256 of bytes on their way from a read to a write. While the caller writes a chunk and reads
 * the next, a thread hashes it, as long as the payload is large and a processor idle; else it is
 * hashed at once. No thread is left between two payloads.
 */
struct swt_tee;
#define SWT_TEE_CHUNK ((size_t)128 * 1024)
int swt_tee_new(struct swt_tee **ret_tee, struct swt_error *err) SWT_CHECKED;
void swt_tee_free(struct swt_tee *tee);
void swt_tee_cleanup(struct swt_tee **tee);
/* SWT_TEE_CHUNK bytes to be filled. */
int swt_tee_room(struct swt_tee *tee, uint8_t **ret_chunk, struct swt_error *err) SWT_CHECKED;
/* The first len bytes of that room are next. Until the next swt_tee_room they stay as they are, for
 * the caller to write. */
int swt_tee_hash(struct swt_tee *tee, size_t len, struct swt_error *err) SWT_CHECKED;
/* The digest of all since the last. */
int swt_tee_finish(struct swt_tee *tee, uint8_t ret_digest[SWT_SHA256_SIZE],
                   struct swt_error *err) SWT_CHECKED;
/* In its place, where a payload came to no good end. */
void swt_tee_drop(struct swt_tee *tee);

/* ---- many pieces of work ----------------------------------------------------------------- */

/* One of the threads of a crew, or the caller's own. */
struct swt_lane {
    struct swt_tee *tee;
    const struct swt_progress *progress; /* to be advanced or skipped from that thread */
};
/* So many pieces are prepared and not finished, at most: what is to be known of one between the two
 * has its place at index % SWT_CREW_PIECES. */
#define SWT_CREW_PIECES 16
struct swt_crew_work {
    size_t count;
    uint64_t size; /* of all, about: what is small is done without threads */
    bool in_order; /* each piece to its end before the next, in the caller's thread */
    /* By the caller's thread, in order. NULL: nothing is to be done. */
    int (*prepare)(void *context, size_t index, struct swt_error *err);
    /* By any thread, when the piece is prepared. Of others that run beside it, it may know nothing.
     */
    int (*run)(void *context, size_t index, struct swt_lane *lane, struct swt_error *err);
    /* By the caller's thread, in order: what run returned, with its error. NULL: the same. */
    int (*finish)(void *context, size_t index, int result, struct swt_error *err);
    void *context;
    const struct swt_progress *progress; /* only ever called by the caller's thread; may be NULL */
};
/*
 * Does the work on as many processors as there are. The first result that is not 0, in the order of
 * the pieces, of prepare or finish ends it, whatever came first in time; no thread is left then.
 * Some pieces after it may have been prepared and run, but none is finished.
 */
int swt_crew_run(const struct swt_crew_work *work, struct swt_error *err) SWT_CHECKED;
/* Whether it will be done in order: as asked for, or because there is too little for threads. */
bool swt_crew_in_order(const struct swt_crew_work *work);

#endif
