/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

int swt_fd_open(int folder, const char *path, int flags, mode_t mode, int *ret_fd,
                struct swt_error *err) {
    for (;;) {
        int r = swt_interrupted(err);
        if (r < 0)
            return r;
        int fd = openat(folder, path, flags | O_CLOEXEC | O_NOCTTY, mode);
        if (fd >= 0) {
            *ret_fd = fd;
            return 0;
        }
        if (errno != EINTR)
            return swt_fail_errno(err, errno, "cannot open");
    }
}

/* After a failed read or write: 0 to try again. */
static int after_failure(int fd, int errnum, short events, const char *what,
                         struct swt_error *err) {
    if (errnum == EINTR)
        return swt_interrupted(err);
    if (errnum != EAGAIN)
        return swt_fail_errno(err, errnum, "%s", what);
    /* Standard input and output may be shared with a process that made them non-blocking. */
    struct pollfd wait = {.fd = fd, .events = events};
    if (poll(&wait, 1, -1) >= 0)
        return 0;
    return errno == EINTR ? swt_interrupted(err) : swt_fail_errno(err, errno, "%s", what);
}

/* offset -1: from where fd stands. */
static int read_from(int fd, off_t offset, void *ret_data, size_t size, size_t *ret_len,
                     struct swt_error *err) {
    uint8_t *data = ret_data;
    size_t len = 0;
    while (len < size) {
        int r = swt_interrupted(err);
        if (r < 0)
            return r;
        size_t want = size - len < SWT_IO_CHUNK ? size - len : SWT_IO_CHUNK;
        ssize_t got = offset < 0 ? read(fd, data + len, want)
                                 : pread(fd, data + len, want, offset + (off_t)len);
        if (got == 0)
            break;
        if (got > 0) {
            len += (size_t)got;
            continue;
        }
        r = after_failure(fd, errno, POLLIN, "cannot read", err);
        if (r < 0)
            return r;
    }
    *ret_len = len;
    return 0;
}

int swt_fd_read(int fd, void *ret_data, size_t size, size_t *ret_len, struct swt_error *err) {
    return read_from(fd, -1, ret_data, size, ret_len, err);
}

int swt_fd_read_at(int fd, off_t offset, void *ret_data, size_t size, size_t *ret_len,
                   struct swt_error *err) {
    return read_from(fd, offset, ret_data, size, ret_len, err);
}

/* offset -1: to where fd stands. whole: a signal ends it only where it has to wait. */
static int write_to(int fd, off_t offset, const void *data, size_t len, bool whole,
                    uint64_t *written, struct swt_error *err) {
    const uint8_t *next = data;
    while (len > 0) {
        int r = whole ? 0 : swt_interrupted(err);
        if (r < 0)
            return r;
        size_t want = len < SWT_IO_CHUNK ? len : SWT_IO_CHUNK;
        ssize_t put = offset < 0 ? write(fd, next, want) : pwrite(fd, next, want, offset);
        if (put > 0) {
            next += put;
            len -= (size_t)put;
            *written += (uint64_t)put;
            offset += offset < 0 ? 0 : put;
            continue;
        }
        /* A device that takes nothing and reports nothing would hold us here for ever. */
        r = after_failure(fd, put == 0 ? EIO : errno, POLLOUT, "cannot write", err);
        if (r < 0)
            return r;
    }
    return 0;
}

int swt_fd_write(int fd, const void *data, size_t len, uint64_t *written, struct swt_error *err) {
    return write_to(fd, -1, data, len, false, written, err);
}

int swt_fd_write_at(int fd, off_t offset, const void *data, size_t len, struct swt_error *err) {
    uint64_t written = 0;
    return write_to(fd, offset, data, len, false, &written, err);
}

int swt_fd_tell(int fd, struct swt_slice text, struct swt_error *err) {
    uint64_t written = 0;
    return write_to(fd, -1, text.data, text.len, true, &written, err);
}

/* Left to the end, all that a sync waits for would be on its way only then. */
void swt_fd_start_sync(int fd, uint64_t begin, uint64_t end) {
    const uint64_t step = (uint64_t)8 * 1024 * 1024;
    uint64_t from = begin / step * step;
    uint64_t to = end / step * step;
    if (to > from)
        (void)sync_file_range(fd, (off_t)from, (off_t)(to - from), SYNC_FILE_RANGE_WRITE);
}

int swt_fd_sync(int fd, struct swt_error *err) {
    while (fsync(fd) < 0) {
        if (errno == EINVAL || errno == ENOTSUP)
            return 0;
        if (errno != EINTR)
            return swt_fail_errno(err, errno, "cannot write to storage");
        int r = swt_interrupted(err);
        if (r < 0)
            return r;
    }
    return 0;
}

int swt_fd_close(int *fd, struct swt_error *err) {
    int closing = *fd;
    *fd = -1;
    /* EINTR: the descriptor is gone all the same; a second close could hit another file's. */
    if (close(closing) < 0 && errno != EINTR)
        return swt_fail_errno(err, errno, "cannot finish writing");
    return 0;
}

void swt_fd_cleanup(int *fd) {
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}
