/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct swt_writer {
    char *name;
    bool exclusive;
    int stream;              /* what is streamed to, or -1 */
    struct swt_newfile file; /* otherwise */
    uint64_t offset;
};

static int open_stdout(struct swt_writer *writer, struct swt_error *err) {
    if (swt_stdout_was_closed())
        return swt_fail(err, SWT_E_IO, "is closed");
    /* A duplicate: its close tells late errors, and descriptor 1 stays taken. */
    writer->stream = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (writer->stream < 0)
        return swt_fail_errno(err, errno, "cannot open");
    return 0;
}

static int open_stream(struct swt_writer *writer, const char *path, struct swt_error *err) {
    /* O_TRUNC is for the regular file behind /dev/fd/N; devices and FIFOs know none. */
    return swt_fd_open(AT_FDCWD, path, O_WRONLY | O_TRUNC, 0, &writer->stream, err);
}

static int open_file(struct swt_writer *writer, const char *path, const struct stat *old,
                     bool secret, struct swt_error *err) {
    SWT_CLEANUP(swt_text_cleanup) char *folder = swt_path_folder(path, err);
    if (folder == NULL)
        return -SWT_E_MEMORY;
    const char *name = swt_path_base(path);
    if (name[0] == '\0')
        return swt_fail(err, SWT_E_IO, "is the name of a directory");
    if (secret)
        return swt_newfile_open(folder, name, 0600, true, &writer->file, err);
    if (old != NULL)
        return swt_newfile_open(folder, name, old->st_mode & 0777, true, &writer->file, err);
    return swt_newfile_open(folder, name, 0666, false, &writer->file, err);
}

/* What is behind the name of an output. */
struct place {
    char *path; /* of the file to make; NULL: it is streamed to */
    bool exists;
    struct stat status;
};

static void place_done(struct place *place) {
    free(place->path);
}

static int find_place(const char *path, bool exclusive, struct place *place,
                      struct swt_error *err) {
    if (path[0] == '\0')
        return swt_fail(err, SWT_E_IO, "the name of an output is empty");
    place->exists = stat(path, &place->status) == 0;
    if (!place->exists && errno != ENOENT)
        return swt_fail_errno(err, errno, "cannot look up the file");
    if (place->exists && S_ISDIR(place->status.st_mode))
        return swt_fail(err, SWT_E_IO, "is a directory");
    struct stat link;
    if (exclusive && (place->exists || lstat(path, &link) == 0))
        return swt_fail(err, SWT_E_EXISTS, "exists already");
    if (place->exists && !S_ISREG(place->status.st_mode))
        return 0;
    bool magic = false;
    int r = swt_path_follow(path, &place->path, &magic, err);
    if (r == 0 && magic) {
        free(place->path);
        place->path = NULL;
    }
    return r;
}

/* A key that is lost cannot be made again. What cannot be read is not known to be one. */
static int spare_key(const char *path, struct swt_error *err) {
    static const char MARK[] = "PRIVATE KEY-----";
    SWT_CLEANUP(swt_fd_cleanup) int fd = -1;
    char head[4096];
    size_t len = 0;
    struct swt_error ignored;
    if (swt_fd_open(AT_FDCWD, path, O_RDONLY, 0, &fd, &ignored) < 0 ||
        swt_fd_read(fd, head, sizeof head, &len, &ignored) < 0 || memchr(head, '\0', len) != NULL ||
        memmem(head, len, MARK, strlen(MARK)) == NULL)
        return 0;
    (void)swt_fail(err, SWT_E_EXISTS, "is a private key, which nothing may take the place of");
    return swt_error_hint(err, "name another file, or remove this one first");
}

static int open_path(struct swt_writer *writer, const char *path,
                     const struct swt_writer_options *options, struct swt_error *err) {
    SWT_CLEANUP(place_done) struct place place = {0};
    int r = find_place(path, options->exclusive, &place, err);
    if (r < 0)
        return r;
    if (place.path == NULL)
        return open_stream(writer, path, err);
    if (place.exists && !options->secret)
        r = spare_key(place.path, err);
    if (r < 0)
        return r;
    return open_file(writer, place.path, place.exists ? &place.status : NULL, options->secret, err);
}

int swt_writer_makes_file(const char *path, bool *ret_makes_file, struct swt_error *err) {
    SWT_CLEANUP(place_done) struct place place = {0};
    int r = strcmp(path, "-") == 0 ? 0 : find_place(path, false, &place, err);
    if (r < 0)
        return swt_error_file(err, path);
    *ret_makes_file = place.path != NULL;
    return 0;
}

static bool look_at(const char *path, int standard, struct stat *ret_status) {
    return (strcmp(path, "-") == 0 ? fstat(standard, ret_status) : stat(path, ret_status)) == 0;
}

bool swt_streams_into(const char *output, const char *input) {
    struct stat to;
    struct stat from;
    bool makes_file = false;
    struct swt_error ignored;
    return swt_writer_makes_file(output, &makes_file, &ignored) == 0 && !makes_file &&
           look_at(output, STDOUT_FILENO, &to) && look_at(input, STDIN_FILENO, &from) &&
           S_ISREG(to.st_mode) && to.st_dev == from.st_dev && to.st_ino == from.st_ino;
}

int swt_writer_open(const char *path, const struct swt_writer_options *options,
                    struct swt_writer **ret_writer, struct swt_error *err) {
    static const struct swt_writer_options defaults = {0};
    if (options == NULL)
        options = &defaults;
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return swt_fail_memory(err);
    *writer = (struct swt_writer){
        .exclusive = options->exclusive, .stream = -1, .file = SWT_NEWFILE_NONE};
    bool is_stdout = swt_is_stdout(path);
    writer->name = swt_strdup(is_stdout ? "standard output" : path, err);
    if (writer->name == NULL)
        return -SWT_E_MEMORY;
    int r = is_stdout ? open_stdout(writer, err) : open_path(writer, path, options, err);
    if (r < 0)
        return swt_error_file(err, writer->name);
    *ret_writer = SWT_TAKE(writer);
    return 0;
}

static bool is_stream(const struct swt_writer *writer) {
    return writer->stream >= 0;
}

int swt_writer_write(struct swt_writer *writer, const void *data, size_t len,
                     struct swt_error *err) {
    uint64_t begin = writer->offset;
    int fd = is_stream(writer) ? writer->stream : writer->file.fd;
    int r = swt_fd_write(fd, data, len, &writer->offset, err);
    if (r == 0 && !is_stream(writer))
        swt_fd_start_sync(fd, begin, writer->offset);
    return r < 0 ? swt_error_file(err, writer->name) : 0;
}

uint64_t swt_writer_offset(const struct swt_writer *writer) {
    return writer->offset;
}

/* A caller that did not ask whether it is a file. */
static int fail_stream(const struct swt_writer *writer, struct swt_error *err) {
    (void)swt_fail(err, SWT_E_IO, "cannot write to any place of it: it is no regular file");
    return swt_error_file(err, writer->name);
}

int swt_writer_skip(struct swt_writer *writer, uint64_t len, struct swt_error *err) {
    if (is_stream(writer))
        return fail_stream(writer, err);
    if (len > (uint64_t)INT64_MAX - writer->offset)
        (void)swt_fail_errno(err, EFBIG, "cannot write");
    else if (lseek(writer->file.fd, (off_t)len, SEEK_CUR) < 0)
        (void)swt_fail_errno(err, errno, "cannot seek");
    else {
        writer->offset += len;
        return 0;
    }
    return swt_error_file(err, writer->name);
}

int swt_writer_write_at(const struct swt_writer *writer, uint64_t offset, const void *data,
                        size_t len, struct swt_error *err) {
    if (is_stream(writer))
        return fail_stream(writer, err);
    int r = offset > writer->offset || len > writer->offset - offset
                ? swt_fail(err, SWT_E_IO, "cannot write behind the end")
                : swt_fd_write_at(writer->file.fd, (off_t)offset, data, len, err);
    if (r == 0)
        swt_fd_start_sync(writer->file.fd, offset, offset + len);
    return r < 0 ? swt_error_file(err, writer->name) : 0;
}

static int finish_stream(struct swt_writer *writer, struct swt_error *err) {
    int r = swt_fd_sync(writer->stream, err);
    return r < 0 ? r : swt_fd_close(&writer->stream, err);
}

int swt_writer_commit(struct swt_writer *writer, struct swt_error *err) {
    int r = is_stream(writer) ? finish_stream(writer, err)
                              : swt_newfile_publish(&writer->file, writer->exclusive, err);
    return r < 0 ? swt_error_file(err, writer->name) : 0;
}

/* ---- two that belong together ------------------------------------------------------------ */

static int make_ready(struct swt_writer *writer, struct swt_error *err) {
    int r = is_stream(writer) ? 0 : swt_newfile_ready(&writer->file, err);
    /* Exclusive ones are withdrawn, and need no name that SIGKILL would leave. */
    return r < 0 || is_stream(writer) || writer->exclusive ? r
                                                           : swt_newfile_name(&writer->file, err);
}

static int place(struct swt_writer *writer, struct swt_error *err) {
    return is_stream(writer) ? finish_stream(writer, err)
                             : swt_newfile_place(&writer->file, writer->exclusive, err);
}

static int sync_folder(struct swt_writer *writer, struct swt_error *err) {
    return is_stream(writer) ? 0 : swt_fd_sync(writer->file.folder, err);
}

int swt_writer_commit_both(struct swt_writer *first, struct swt_writer *second,
                           struct swt_error *err) {
    static int (*const steps[])(struct swt_writer *, struct swt_error *) = {make_ready, place,
                                                                            sync_folder};
    struct swt_writer *const writers[] = {first, second};
    for (size_t i = 0; i < SWT_COUNT(steps); i++)
        for (size_t j = 0; j < SWT_COUNT(writers); j++) {
            int r = steps[i](writers[j], err);
            if (r < 0)
                return swt_error_file(err, writers[j]->name);
        }
    return 0;
}

bool swt_writer_placed(const struct swt_writer *writer) {
    return writer != NULL && writer->file.placed;
}

void swt_writer_withdraw(struct swt_writer *writer) {
    if (writer != NULL && writer->exclusive)
        swt_newfile_withdraw(&writer->file);
}

void swt_writer_free(struct swt_writer *writer) {
    if (writer == NULL)
        return;
    swt_fd_cleanup(&writer->stream);
    swt_newfile_done(&writer->file);
    free(writer->name);
    free(writer);
}

void swt_writer_cleanup(struct swt_writer **writer) {
    swt_writer_free(*writer);
}

int swt_write_file(const char *path, const struct swt_writer_options *options,
                   struct swt_slice bytes, struct swt_error *err) {
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = NULL;
    int r = swt_writer_open(path, options, &writer, err);
    if (r < 0)
        return r;
    r = swt_writer_write(writer, bytes.data, bytes.len, err);
    return r < 0 ? r : swt_writer_commit(writer, err);
}
