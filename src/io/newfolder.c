/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- its place --------------------------------------------------------------------------- */

static void stream_cleanup(DIR **stream) {
    if (*stream != NULL)
        (void)closedir(*stream);
}

static int check_empty(DIR *stream, struct swt_error *err) {
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (entry == NULL)
            return errno == 0 ? 0 : swt_fail_errno(err, errno, "cannot read the folder");
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return swt_fail(err, SWT_E_EXISTS, "exists already, and is no empty folder");
    }
}

/* Before any work: what is there already, but an empty folder, would not be replaced. *ret_mode:
 * that folder's; else it stays. */
static int check_place(int parent, const char *name, mode_t *ret_mode, struct swt_error *err) {
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
        return swt_fail(err, SWT_E_EXISTS, "exists already, and is no folder");
    SWT_CLEANUP(stream_cleanup) DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    struct stat status;
    if (stream == NULL || fstat(fd, &status) < 0) {
        int errnum = errno;
        if (stream == NULL)
            swt_fd_cleanup(&fd);
        return swt_fail_errno(err, errnum, "cannot look at its place");
    }
    int r = check_empty(stream, err);
    if (r == 0)
        *ret_mode = status.st_mode & 07777;
    return r;
}

/* ---- the folder -------------------------------------------------------------------------- */

static int open_parent(const char *path, int *ret_parent, struct swt_error *err) {
    SWT_CLEANUP(swt_text_cleanup) char *parent = swt_path_folder(path, err);
    if (parent == NULL)
        return -SWT_E_MEMORY;
    int r = swt_fd_open(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY, 0, ret_parent, err);
    return r < 0 ? swt_error_context(err, "folder %s", parent) : 0;
}

static int make_folder(struct swt_newfolder *folder, int *ret_fd, struct swt_error *err) {
    for (int i = 0; i < SWT_TEMP_TRIES; i++) {
        SWT_CLEANUP(swt_text_cleanup) char *name = swt_temp_name(folder->name, err);
        if (name == NULL)
            return -(int)err->code;
        if (mkdirat(folder->parent, name, 0777) == 0) {
            folder->temporary = SWT_TAKE(name);
            return swt_fd_open(folder->parent, folder->temporary,
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, ret_fd, err);
        }
        if (errno != EEXIST)
            return swt_fail_errno(err, errno, "cannot create a folder beside it");
    }
    return swt_fail(err, SWT_E_IO, "cannot find a free temporary name");
}

static int open_folder(const char *path, struct swt_newfolder *folder, int *ret_fd,
                       struct swt_error *err) {
    SWT_CLEANUP(swt_fd_cleanup) int fd = -1;
    mode_t mode = 0;
    int r = open_parent(path, &folder->parent, err);
    if (r < 0)
        return r;
    folder->name = swt_strdup(swt_path_base(path), err);
    if (folder->name == NULL)
        return -SWT_E_MEMORY;
    if (!swt_name_is_safe(folder->name))
        return swt_fail(err, SWT_E_IO, "is no name for a new folder");
    r = check_place(folder->parent, folder->name, &mode, err);
    if (r == 0)
        r = make_folder(folder, &fd, err);
    if (r < 0)
        return r;
    /* What was made for its owner alone stays so. */
    if (mode != 0 && fchmod(fd, mode) < 0)
        return swt_fail_errno(err, errno, "cannot keep the mode of the folder in its place");
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int swt_newfolder_open(const char *path, struct swt_newfolder *ret_folder, int *ret_fd,
                       struct swt_error *err) {
    SWT_CLEANUP(swt_newfolder_done) struct swt_newfolder folder = SWT_NEWFOLDER_NONE;
    SWT_CLEANUP(swt_text_cleanup) char *trimmed = swt_strdup(path, err);
    if (trimmed == NULL)
        return -SWT_E_MEMORY;
    for (size_t len = strlen(trimmed); len > 1 && trimmed[len - 1] == '/'; len--)
        trimmed[len - 1] = '\0';
    int r = open_folder(trimmed, &folder, ret_fd, err);
    if (r < 0)
        return swt_error_file(err, path);
    *ret_folder = folder;
    folder = SWT_NEWFOLDER_NONE;
    return 0;
}

int swt_newfolder_place(struct swt_newfolder *folder, int fd, struct swt_error *err) {
    int r = swt_fd_sync(fd, err);
    if (r == 0)
        r = swt_interrupted(err);
    if (r < 0)
        return r;
    /* Takes the place of an empty folder, too. */
    if (renameat(folder->parent, folder->temporary, folder->parent, folder->name) == 0) {
        free(SWT_TAKE(folder->temporary));
        return swt_fd_sync(folder->parent, err);
    }
    if (errno == ENOTEMPTY || errno == ENOTDIR)
        errno = EEXIST;
    return swt_fail_errno(err, errno, "cannot put the folder in its place");
}

void swt_newfolder_done(struct swt_newfolder *folder) {
    if (folder->temporary != NULL)
        swt_remove_folder(folder->parent, folder->temporary);
    swt_fd_cleanup(&folder->parent);
    free(folder->temporary);
    free(folder->name);
    *folder = SWT_NEWFOLDER_NONE;
}
