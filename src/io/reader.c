/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct swt_reader {
    char *name;
    int fd; /* -1: bytes in memory */
    bool is_stdin;
    struct swt_slice memory;
    struct stat status; /* at open; zeroed for memory */
    off_t start;        /* where standard input stood */
    uint64_t size;
    uint64_t offset;
};

static bool is_memory(const struct swt_reader *reader) {
    return reader->fd < 0;
}

static int look_at_file(struct swt_reader *reader, struct swt_error *err) {
    if (fstat(reader->fd, &reader->status) < 0)
        return swt_fail_errno(err, errno, "cannot look at the open file");
    if (S_ISDIR(reader->status.st_mode))
        return swt_fail(err, SWT_E_IO, "is a directory");
    if (!swt_reader_seekable(reader))
        return 0;
    if (reader->is_stdin)
        reader->start = lseek(reader->fd, 0, SEEK_CUR);
    if (reader->start < 0)
        return swt_fail_errno(err, errno, "cannot seek");
    if (reader->status.st_size > reader->start)
        reader->size = (uint64_t)(reader->status.st_size - reader->start);
    (void)posix_fadvise(reader->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return 0;
}

/* One descriptor for everything that is asked of the file: a name could lead elsewhere by then. */
static int open_file(struct swt_reader *reader, const char *path, int flags,
                     struct swt_error *err) {
    if (reader->is_stdin) {
        reader->fd = STDIN_FILENO;
    } else {
        int r = swt_fd_open(AT_FDCWD, path, O_RDONLY | flags, 0, &reader->fd, err);
        if (r < 0)
            return r;
    }
    return look_at_file(reader, err);
}

static int open_path(const char *path, bool is_stdin, int flags, struct swt_reader **ret_reader,
                     struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return swt_fail_memory(err);
    reader->fd = -1;
    reader->is_stdin = is_stdin;
    reader->name = swt_strdup(is_stdin ? "standard input" : path, err);
    if (reader->name == NULL)
        return -SWT_E_MEMORY;
    int r = open_file(reader, path, flags, err);
    if (r < 0)
        return swt_error_file(err, reader->name);
    *ret_reader = SWT_TAKE(reader);
    return 0;
}

int swt_reader_open(const char *path, struct swt_reader **ret_reader, struct swt_error *err) {
    return open_path(path, strcmp(path, "-") == 0, 0, ret_reader, err);
}

int swt_reader_open_regular(const char *path, struct swt_reader **ret_reader,
                            struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    /* It means nothing to a regular file, and a FIFO does not wait for its writer. */
    int r = open_path(path, false, O_NONBLOCK, &reader, err);
    if (r < 0)
        return r;
    if (!swt_reader_seekable(reader)) {
        (void)swt_fail(err, SWT_E_IO, "is no regular file");
        return swt_error_file(err, path);
    }
    *ret_reader = SWT_TAKE(reader);
    return 0;
}

int swt_reader_adopt(int fd, const char *name, struct swt_reader **ret_reader,
                     struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        swt_fd_cleanup(&fd);
        return swt_fail_memory(err);
    }
    reader->fd = fd;
    reader->name = swt_strdup(name, err);
    int r = reader->name == NULL ? -SWT_E_MEMORY : look_at_file(reader, err);
    if (r < 0)
        return swt_error_file(err, name);
    *ret_reader = SWT_TAKE(reader);
    return 0;
}

bool swt_reader_link(const struct swt_reader *reader, int folder, const char *name) {
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", reader->fd);
    return !is_memory(reader) && linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW) == 0;
}

int swt_reader_open_memory(struct swt_slice bytes, const char *name, struct swt_reader **ret_reader,
                           struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return swt_fail_memory(err);
    *reader = (struct swt_reader){.fd = -1, .memory = bytes, .size = bytes.len};
    reader->name = swt_strdup(name, err);
    if (reader->name == NULL)
        return -SWT_E_MEMORY;
    *ret_reader = SWT_TAKE(reader);
    return 0;
}

void swt_reader_free(struct swt_reader *reader) {
    if (reader == NULL)
        return;
    if (!reader->is_stdin)
        swt_fd_cleanup(&reader->fd);
    free(reader->name);
    free(reader);
}

void swt_reader_cleanup(struct swt_reader **reader) {
    swt_reader_free(*reader);
}

const char *swt_reader_name(const struct swt_reader *reader) {
    return reader->name;
}

bool swt_reader_seekable(const struct swt_reader *reader) {
    return is_memory(reader) || S_ISREG(reader->status.st_mode);
}

uint64_t swt_reader_size(const struct swt_reader *reader) {
    return reader->size;
}

uint64_t swt_reader_offset(const struct swt_reader *reader) {
    return reader->offset;
}

static int read_memory(const struct swt_reader *reader, uint64_t offset, void *ret_data,
                       size_t size, size_t *ret_len, struct swt_error *err) {
    int r = swt_interrupted(err);
    if (r < 0)
        return r;
    size_t len = 0;
    if (offset < reader->memory.len) {
        size_t left = reader->memory.len - (size_t)offset;
        len = left < size ? left : size;
    }
    if (len > 0)
        memcpy(ret_data, reader->memory.data + offset, len);
    *ret_len = len;
    return 0;
}

int swt_reader_read(struct swt_reader *reader, void *ret_data, size_t size, size_t *ret_len,
                    struct swt_error *err) {
    size_t len = 0;
    int r = is_memory(reader) ? read_memory(reader, reader->offset, ret_data, size, &len, err)
                              : swt_fd_read(reader->fd, ret_data, size, &len, err);
    if (r < 0)
        return swt_error_file(err, reader->name);
    reader->offset += len;
    *ret_len = len;
    return 0;
}

/* That offset can be had, in this reader and in what the system counts with. */
static int check_offset(const struct swt_reader *reader, uint64_t offset, struct swt_error *err) {
    if (!swt_reader_seekable(reader))
        return swt_fail(err, SWT_E_IO, "cannot seek: not a regular file");
    if (offset > (uint64_t)INT64_MAX - (uint64_t)reader->start)
        return swt_fail_errno(err, EOVERFLOW, "cannot seek");
    return 0;
}

int swt_reader_seek(struct swt_reader *reader, uint64_t offset, struct swt_error *err) {
    int r = check_offset(reader, offset, err);
    if (r == 0 && !is_memory(reader) &&
        lseek(reader->fd, reader->start + (off_t)offset, SEEK_SET) < 0)
        r = swt_fail_errno(err, errno, "cannot seek");
    if (r < 0)
        return swt_error_file(err, reader->name);
    reader->offset = offset;
    return 0;
}

int swt_reader_read_at(const struct swt_reader *reader, uint64_t offset, void *ret_data,
                       size_t size, size_t *ret_len, struct swt_error *err) {
    int r = check_offset(reader, offset, err);
    if (r == 0)
        r = is_memory(reader) ? read_memory(reader, offset, ret_data, size, ret_len, err)
                              : swt_fd_read_at(reader->fd, reader->start + (off_t)offset, ret_data,
                                               size, ret_len, err);
    return r < 0 ? swt_error_file(err, reader->name) : 0;
}

/* ---- whether somebody writes to it --------------------------------------------------------- */

static int compare_times(struct timespec a, struct timespec b) {
    if (a.tv_sec != b.tv_sec)
        return a.tv_sec < b.tv_sec ? -1 : 1;
    return (a.tv_nsec > b.tv_nsec) - (a.tv_nsec < b.tv_nsec);
}

/* A file gets the time of the clock's last tick. Two changes within one tick leave the same time,
 * so one that was written in this tick is not read before the next. */
void swt_reader_settle(const struct swt_reader *reader) {
    const struct timespec millisecond = {.tv_nsec = 1000000};
    struct timespec changed = reader->status.st_ctim;
    struct timespec now;
    for (int i = 0; i < 20 && !is_memory(reader); i++) {
        if (clock_gettime(CLOCK_REALTIME_COARSE, &now) < 0 || compare_times(changed, now) < 0)
            return;
        /* Another machine's clock, which is ahead: no wait tells anything. */
        if (changed.tv_sec > now.tv_sec + 1)
            return;
        (void)nanosleep(&millisecond, NULL);
    }
}

int swt_reader_changed(const struct swt_reader *reader, bool *ret_changed, struct swt_error *err) {
    const struct stat *before = &reader->status;
    struct stat after;
    *ret_changed = false;
    if (is_memory(reader))
        return 0;
    if (fstat(reader->fd, &after) < 0) {
        (void)swt_fail_errno(err, errno, "cannot look at the open file");
        return swt_error_file(err, reader->name);
    }
    /* A name that it lost, as when another file took it, sets the second of the times, too. */
    bool relinked = after.st_nlink != before->st_nlink;
    *ret_changed = after.st_size != before->st_size ||
                   compare_times(after.st_mtim, before->st_mtim) != 0 ||
                   (!relinked && compare_times(after.st_ctim, before->st_ctim) != 0);
    return 0;
}

bool swt_reader_same_file(const struct swt_reader *a, const struct swt_reader *b) {
    return !is_memory(a) && !is_memory(b) && a->status.st_dev == b->status.st_dev &&
           a->status.st_ino == b->status.st_ino;
}

bool swt_reader_world_readable(const struct swt_reader *reader) {
    return S_ISREG(reader->status.st_mode) && (reader->status.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

/* ---- a whole small file ------------------------------------------------------------------ */

/* The file may be a private key: what it passed through is wiped. */
struct chunk {
    uint8_t *data;
    size_t size;
};

static void chunk_done(struct chunk *chunk) {
    swt_wipe(chunk->data, chunk->size);
    free(chunk->data);
}

static int read_all(struct swt_reader *reader, size_t cap, struct swt_buf *bytes,
                    struct swt_error *err) {
    /* One byte over cap is enough to know that a file is too large, however long it is. */
    size_t limit = cap < SIZE_MAX ? cap + 1 : cap;
    SWT_CLEANUP(chunk_done)
    struct chunk chunk = {.size = limit < SWT_IO_CHUNK ? limit : SWT_IO_CHUNK};
    chunk.data = malloc(chunk.size);
    if (chunk.data == NULL)
        return swt_fail_memory(err);
    while (bytes->len <= cap) {
        size_t left = limit - bytes->len;
        size_t want = left < chunk.size ? left : chunk.size;
        size_t len = 0;
        int r = swt_reader_read(reader, chunk.data, want, &len, err);
        if (r < 0)
            return r;
        r = swt_buf_append(bytes, chunk.data, len, err);
        if (r < 0)
            return r;
        if (len < want)
            return 0;
    }
    (void)swt_fail(err, SWT_E_FILE_KIND, "expected at most %zu bytes, the file is larger", cap);
    return swt_error_file(err, reader->name);
}

int swt_reader_read_all(struct swt_reader *reader, size_t cap, struct swt_buf *ret_bytes,
                        struct swt_error *err) {
    struct swt_buf bytes = {0};
    int r = read_all(reader, cap, &bytes, err);
    if (r < 0) {
        swt_wipe(bytes.data, bytes.len);
        swt_buf_done(&bytes);
        return r;
    }
    swt_buf_done(ret_bytes);
    *ret_bytes = bytes;
    return 0;
}

int swt_read_file(const char *path, size_t cap, struct swt_buf *ret_bytes, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    int r = swt_reader_open(path, &reader, err);
    return r < 0 ? r : swt_reader_read_all(reader, cap, ret_bytes, err);
}
