/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that several processes append lines to. Unlike an output it is never replaced: what is in
 * it stays, and its owner may have told the system so (chattr +a).
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct swt_appender {
    char *name;
    int fd;
    uint64_t size; /* when it was locked */
    bool locked;
};

/* Without O_CREAT first: in a folder that all may write to, Linux refuses the flag for files of
 * others (fs.protected_regular), be they there or not. Never waits for the other end of a FIFO. */
static int open_file(const char *path, bool create, int *ret_fd, struct swt_error *err) {
    const int flags = O_RDWR | O_APPEND | O_NONBLOCK;
    int r = swt_fd_open(AT_FDCWD, path, flags, 0, ret_fd, err);
    if (r < 0 && err->code == SWT_E_NOT_FOUND && create)
        r = swt_fd_open(AT_FDCWD, path, flags | O_CREAT, 0666, ret_fd, err);
    return r;
}

static int open_path(struct swt_appender *appender, const char *path, bool create,
                     struct swt_error *err) {
    /* Looked at before it is opened: to open a device may do something. */
    struct stat status;
    bool exists = stat(path, &status) == 0;
    if (!exists && errno != ENOENT)
        return swt_fail_errno(err, errno, "cannot look up the file");
    if (!exists || S_ISREG(status.st_mode)) {
        int r = open_file(path, create, &appender->fd, err);
        if (r < 0)
            return r;
        if (fstat(appender->fd, &status) < 0)
            return swt_fail_errno(err, errno, "cannot look at the open file");
    }
    if (!S_ISREG(status.st_mode))
        return swt_fail(err, SWT_E_FILE_KIND, "is no regular file");
    return 0;
}

int swt_appender_open(const char *path, bool create, struct swt_appender **ret_appender,
                      struct swt_error *err) {
    SWT_CLEANUP(swt_appender_cleanup) struct swt_appender *appender = calloc(1, sizeof *appender);
    if (appender == NULL)
        return swt_fail_memory(err);
    appender->fd = -1;
    appender->name = swt_strdup(path, err);
    if (appender->name == NULL)
        return -SWT_E_MEMORY;
    int r = open_path(appender, path, create, err);
    if (r < 0)
        return swt_error_file(err, path);
    *ret_appender = SWT_TAKE(appender);
    return 0;
}

void swt_appender_free(struct swt_appender *appender) {
    if (appender == NULL)
        return;
    swt_fd_cleanup(&appender->fd); /* unlocks it */
    free(appender->name);
    free(appender);
}

void swt_appender_cleanup(struct swt_appender **appender) {
    swt_appender_free(*appender);
}

const char *swt_appender_name(const struct swt_appender *appender) {
    return appender->name;
}

/* ---- one process at a time --------------------------------------------------------------- */

int swt_appender_lock(struct swt_appender *appender, unsigned seconds, bool urgent,
                      struct swt_error *err) {
    struct stat status;
    int r = swt_fd_lock(appender->fd, LOCK_EX, seconds, urgent, err);
    if (r < 0)
        return swt_error_file(err, appender->name);
    appender->locked = true;
    if (fstat(appender->fd, &status) < 0)
        r = swt_fail_errno(err, errno, "cannot look at the open file");
    else if (status.st_nlink == 0)
        r = swt_fail(err, SWT_E_IO, "was deleted meanwhile");
    if (r < 0) {
        swt_appender_unlock(appender);
        return swt_error_file(err, appender->name);
    }
    appender->size = (uint64_t)status.st_size;
    return 0;
}

void swt_appender_unlock(struct swt_appender *appender) {
    if (appender->locked)
        (void)flock(appender->fd, LOCK_UN);
    appender->locked = false;
}

/* ---- the last line ----------------------------------------------------------------------- */

static int read_at(int fd, uint64_t offset, uint8_t *ret_data, size_t len, struct swt_error *err) {
    while (len > 0) {
        ssize_t got = pread(fd, ret_data, len, (off_t)offset);
        if (got == 0)
            return swt_fail(err, SWT_E_IO, "was cut while it was locked");
        if (got < 0 && errno != EINTR)
            return swt_fail_errno(err, errno, "cannot read");
        if (got > 0) {
            ret_data += got;
            offset += (uint64_t)got;
            len -= (size_t)got;
        }
    }
    return 0;
}

/* The start of the last line in the end of a file; NULL when it is not all in there. */
static const uint8_t *last_line_start(const uint8_t *end, size_t len, bool whole_file) {
    const uint8_t *before = len < 2 ? NULL : memrchr(end, '\n', len - 1);
    if (before != NULL)
        return before + 1;
    return whole_file ? end : NULL;
}

static int read_last_line(const struct swt_appender *appender, size_t cap, struct swt_buf *ret_line,
                          struct swt_error *err) {
    /* The line, its newline and the one before. */
    bool whole_file = appender->size <= cap + 2;
    size_t len = whole_file ? (size_t)appender->size : cap + 2;
    if (len == 0)
        return 0;
    uint8_t *end = malloc(len);
    if (end == NULL)
        return swt_fail_memory(err);
    int r = read_at(appender->fd, appender->size - len, end, len, err);
    const uint8_t *line = r < 0 ? NULL : last_line_start(end, len, whole_file);
    if (r == 0 && end[len - 1] != '\n')
        r = swt_fail(err, SWT_E_FILE_KIND, "its last line is cut off: no newline ends it");
    else if (r == 0 && (line == NULL || (size_t)(end + len - 1 - line) > cap))
        r = swt_fail(err, SWT_E_FILE_KIND, "its last line is longer than %zu bytes", cap);
    if (r == 0)
        r = swt_buf_append(ret_line, line, (size_t)(end + len - 1 - line), err);
    free(end);
    return r;
}

int swt_appender_last_line(const struct swt_appender *appender, size_t cap,
                           struct swt_buf *ret_line, bool *ret_found, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf line = {0};
    int r = read_last_line(appender, cap, &line, err);
    if (r < 0)
        return swt_error_file(err, appender->name);
    swt_buf_done(ret_line);
    *ret_line = SWT_MOVE(line);
    *ret_found = appender->size > 0;
    return 0;
}

/* ---- one line more ----------------------------------------------------------------------- */

/* Where the file may only grow, what is written half can't be taken back: so room is asked for
 * first. A file system that knows no such request tells a lack of it at the write. */
static int reserve(const struct swt_appender *appender, size_t len, struct swt_error *err) {
    if (fallocate(appender->fd, FALLOC_FL_KEEP_SIZE, (off_t)appender->size, (off_t)len) < 0 &&
        (errno == ENOSPC || errno == EDQUOT))
        return swt_fail_errno(err, errno, "cannot append a line");
    return 0;
}

static int write_bytes(int fd, struct swt_slice bytes, struct swt_error *err) {
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.data, bytes.len);
        if (put < 0 && errno != EINTR)
            return swt_fail_errno(err, errno, "cannot append a line");
        if (put == 0)
            return swt_fail_errno(err, EIO, "cannot append a line");
        if (put > 0)
            bytes = swt_slice_of(bytes.data + put, bytes.len - (size_t)put);
    }
    return 0;
}

static int sync_data(int fd, struct swt_error *err) {
    while (fdatasync(fd) < 0)
        if (errno != EINTR)
            return swt_fail_errno(err, errno, "cannot write to storage");
    return 0;
}

/* The name of a file that was empty may not be on storage: whoever made it may have died then. */
static int sync_folder(const char *path, struct swt_error *err) {
    SWT_CLEANUP(swt_text_cleanup) char *real = realpath(path, NULL);
    if (real == NULL)
        return swt_fail_errno(err, errno, "cannot look up the file");
    SWT_CLEANUP(swt_text_cleanup) char *folder = swt_path_folder(real, err);
    if (folder == NULL)
        return -SWT_E_MEMORY;
    SWT_CLEANUP(swt_fd_cleanup) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return swt_fail_errno(err, errno, "cannot open its folder");
    while (fsync(fd) < 0)
        if (errno != EINTR)
            return swt_fail_errno(err, errno, "cannot write its folder to storage");
    return 0;
}

static int take_back(const struct swt_appender *appender, struct swt_error *err) {
    if (ftruncate(appender->fd, (off_t)appender->size) < 0)
        swt_error_context(err, "its last line is damaged");
    else
        (void)fdatasync(appender->fd);
    return -(int)err->code;
}

int swt_appender_append(struct swt_appender *appender, struct swt_slice line,
                        struct swt_error *err) {
    int r = reserve(appender, line.len, err);
    if (r < 0)
        return swt_error_file(err, appender->name);
    r = write_bytes(appender->fd, line, err);
    if (r == 0)
        r = sync_data(appender->fd, err);
    if (r == 0 && appender->size == 0)
        r = sync_folder(appender->name, err);
    if (r < 0) {
        take_back(appender, err);
        return swt_error_file(err, appender->name);
    }
    appender->size += line.len;
    return 0;
}
