/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files are written under numbers into one hidden folder, where no name of theirs can meet another,
 * and get their names when all are complete.
 */
#include "staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_hidden(struct swt_staging *staging, struct swt_error *err) {
    for (int i = 0; i < SWT_TEMP_TRIES; i++) {
        char suffix[SWT_TEMP_SUFFIX];
        int r = swt_temp_suffix(suffix, err);
        if (r < 0)
            return r;
        SWT_CLEANUP(swt_text_cleanup)
        char *name = swt_format(err, ".swupdate-tool.%s", suffix);
        if (name == NULL)
            return -(int)err->code;
        if (mkdirat(staging->dir_fd, name, 0700) == 0) {
            staging->hidden = SWT_TAKE(name);
            return swt_fd_open(staging->dir_fd, staging->hidden,
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, &staging->hidden_fd, err);
        }
        if (errno != EEXIST)
            return swt_fail_errno(err, errno, "cannot create a folder in it");
    }
    return swt_fail(err, SWT_E_IO, "cannot find a free temporary name");
}

static int open_dir(struct swt_staging *staging, struct swt_error *err) {
    if (mkdir(staging->dir, 0777) == 0)
        staging->made_dir = true;
    else if (errno != EEXIST)
        return swt_fail_errno(err, errno, "cannot create the folder");
    return swt_fd_open(AT_FDCWD, staging->dir, O_RDONLY | O_DIRECTORY, 0, &staging->dir_fd, err);
}

/* folder: -1 opens dir, or makes it. */
static int open_staging(int folder, const char *dir, bool force, struct swt_staging **ret_staging,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_staging_cleanup) struct swt_staging *staging = calloc(1, sizeof *staging);
    if (staging == NULL) {
        swt_fd_cleanup(&folder);
        return swt_fail_memory(err);
    }
    *staging = (struct swt_staging){.force = force,
                                    .dir_fd = folder,
                                    .hidden_fd = -1,
                                    .file_fd = -1,
                                    .fresh = SWT_NEWFOLDER_NONE};
    staging->dir = swt_strdup(dir, err);
    if (staging->dir == NULL)
        return -(int)err->code;
    int r = folder < 0 ? open_dir(staging, err) : 0;
    if (r == 0)
        r = make_hidden(staging, err);
    if (r < 0)
        return swt_error_file(err, dir);
    *ret_staging = SWT_TAKE(staging);
    return 0;
}

int swt_staging_open(const char *dir, bool force, struct swt_staging **ret_staging,
                     struct swt_error *err) {
    return open_staging(-1, dir, force, ret_staging, err);
}

int swt_staging_adopt(int folder, const char *dir, struct swt_staging **ret_staging,
                      struct swt_error *err) {
    return open_staging(folder, dir, false, ret_staging, err);
}

int swt_staging_create(const char *dir, struct swt_staging **ret_staging, struct swt_error *err) {
    SWT_CLEANUP(swt_newfolder_done) struct swt_newfolder fresh = SWT_NEWFOLDER_NONE;
    SWT_CLEANUP(swt_staging_cleanup) struct swt_staging *staging = NULL;
    int folder = -1;
    int r = swt_newfolder_open(dir, &fresh, &folder, err);
    if (r < 0)
        return r;
    r = swt_staging_adopt(folder, dir, &staging, err);
    if (staging == NULL)
        return r;
    staging->fresh = fresh;
    fresh = SWT_NEWFOLDER_NONE;
    *ret_staging = SWT_TAKE(staging);
    return 0;
}

int swt_staging_fail(const struct swt_staging *staging, const char *name, struct swt_error *err) {
    SWT_CLEANUP(swt_text_cleanup)
    char *path = NULL;
    if (asprintf(&path, "%s/%s", staging->dir, name) < 0)
        path = NULL;
    return swt_error_file(err, path != NULL ? path : name);
}

static int finish_file(struct swt_staging *staging, struct swt_error *err) {
    if (staging->file_fd < 0)
        return 0;
    int r = swt_fd_sync(staging->file_fd, err);
    if (r == 0)
        r = swt_fd_close(&staging->file_fd, err);
    if (r < 0)
        return swt_staging_fail(staging, staging->files[staging->count - 1].name, err);
    return 0;
}

static int add_file(struct swt_staging *staging, const char *name, struct swt_error *err) {
    if ((staging->count & (staging->count - 1)) == 0) {
        size_t room = staging->count == 0 ? 1 : staging->count * 2;
        struct staged_file *files = reallocarray(staging->files, room, sizeof *files);
        if (files == NULL)
            return swt_fail_memory(err);
        staging->files = files;
    }
    char *copy = swt_strdup(name, err);
    if (copy == NULL)
        return -(int)err->code;
    staging->files[staging->count++] = (struct staged_file){.name = copy};
    return 0;
}

/* The file before it is finished, and name is the last of the list. */
static int next_file(struct swt_staging *staging, const char *name, struct swt_error *err) {
    int r = finish_file(staging, err);
    if (r < 0)
        return r;
    if (!swt_name_is_safe(name)) {
        (void)swt_fail(err, SWT_E_IO, "'%s' is not a relative path without . and ..", name);
        return swt_error_file(err, staging->dir);
    }
    return add_file(staging, name, err);
}

static int create_file(struct swt_staging *staging, mode_t mode, struct swt_error *err) {
    char number[STAGED_NUMBER_SIZE];
    staging->written = 0;
    int r = swt_fd_open(staging->hidden_fd, swt_staged_number(staging->count - 1, number),
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode, &staging->file_fd, err);
    return r < 0 ? swt_staging_fail(staging, staging->files[staging->count - 1].name, err) : 0;
}

int swt_staging_begin(struct swt_staging *staging, const char *name, struct swt_error *err) {
    int r = next_file(staging, name, err);
    return r < 0 ? r : create_file(staging, 0666, err);
}

int swt_staging_begin_secret(struct swt_staging *staging, const char *name, struct swt_error *err) {
    int r = next_file(staging, name, err);
    return r < 0 ? r : create_file(staging, 0600, err);
}

int swt_staging_write(struct swt_staging *staging, const void *data, size_t len,
                      struct swt_error *err) {
    uint64_t begin = staging->written;
    int r = swt_fd_write(staging->file_fd, data, len, &staging->written, err);
    swt_fd_start_sync(staging->file_fd, begin, staging->written);
    return r < 0 ? swt_staging_fail(staging, staging->files[staging->count - 1].name, err) : 0;
}

static int copy_file(struct swt_staging *staging, struct swt_reader *file, struct swt_error *err) {
    uint8_t *chunk = malloc(SWT_IO_CHUNK);
    if (chunk == NULL)
        return swt_fail_memory(err);
    int r = create_file(staging, 0666, err);
    if (r == 0)
        r = swt_reader_seek(file, 0, err);
    for (size_t len = SWT_IO_CHUNK; r == 0 && len == SWT_IO_CHUNK;) {
        r = swt_reader_read(file, chunk, SWT_IO_CHUNK, &len, err);
        if (r == 0)
            r = swt_staging_write(staging, chunk, len, err);
    }
    free(chunk);
    return r;
}

int swt_staging_keep(struct swt_staging *staging, const char *name, struct swt_reader *file,
                     struct swt_error *err) {
    int r = next_file(staging, name, err);
    if (r < 0)
        return r;
    char number[STAGED_NUMBER_SIZE];
    (void)swt_staged_number(staging->count - 1, number);
    /* The file that is open, whatever its name leads to by then. File systems without links, and
     * rules about whose files may be linked, cost a copy. */
    if (swt_reader_link(file, staging->hidden_fd, number))
        return 0;
    return copy_file(staging, file, err);
}

/* What the hidden folder still holds: files that were not moved, or, after it, old ones. */
static void remove_hidden(struct swt_staging *staging) {
    if (staging->hidden == NULL || staging->left != 0)
        return;
    for (size_t i = 0; i < staging->count; i++) {
        char number[STAGED_NUMBER_SIZE];
        (void)unlinkat(staging->hidden_fd, swt_staged_number(i, number), 0);
    }
    swt_fd_cleanup(&staging->hidden_fd);
    if (unlinkat(staging->dir_fd, staging->hidden, AT_REMOVEDIR) < 0)
        staging->left = errno;
    else
        free(SWT_TAKE(staging->hidden));
}

const char *swt_staging_left(const struct swt_staging *staging) {
    return staging->left != 0 ? staging->hidden : NULL;
}

static int sync_parent(const struct swt_staging *staging, struct swt_error *err) {
    if (!staging->made_dir)
        return 0;
    /* "..", since a path may end in slashes; the folder is new, so no link leads to it. */
    SWT_CLEANUP(swt_fd_cleanup) int parent = -1;
    int r = swt_fd_open(staging->dir_fd, "..", O_RDONLY | O_DIRECTORY, 0, &parent, err);
    return r < 0 ? r : swt_fd_sync(parent, err);
}

int swt_staging_commit(struct swt_staging *staging, struct swt_error *err) {
    int r = finish_file(staging, err);
    if (r < 0)
        return r;
    r = sync_parent(staging, err);
    if (r < 0)
        return swt_error_file(err, staging->dir);
    r = swt_staging_place(staging, err);
    if (r < 0)
        return r;
    staging->committed = true;
    remove_hidden(staging);
    if (staging->fresh.temporary == NULL)
        return 0;
    r = staging->left != 0 ? swt_fail_errno(err, staging->left,
                                            "cannot remove the folder '%s' in it", staging->hidden)
                           : swt_newfolder_place(&staging->fresh, staging->dir_fd, err);
    return r < 0 ? swt_error_file(err, staging->dir) : 0;
}

void swt_staging_free(struct swt_staging *staging) {
    if (staging == NULL)
        return;
    swt_fd_cleanup(&staging->file_fd);
    remove_hidden(staging);
    swt_fd_cleanup(&staging->dir_fd);
    swt_newfolder_done(&staging->fresh);
    /* Only when it is empty: what others put there meanwhile is theirs. */
    if (staging->made_dir && !staging->committed)
        (void)rmdir(staging->dir);
    for (size_t i = 0; i < staging->count; i++)
        free(staging->files[i].name);
    free(staging->files);
    for (size_t i = 0; i < staging->made_count; i++)
        free(staging->made_folders[i]);
    free(staging->made_folders);
    free(staging->hidden);
    free(staging->dir);
    free(staging);
}

void swt_staging_cleanup(struct swt_staging **staging) {
    swt_staging_free(*staging);
}
