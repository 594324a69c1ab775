/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that appears under its name complete, or not at all. Where the file system can, it has no
 * name until then (O_TMPFILE), so that even SIGKILL or a power cut leaves nothing to clean up.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROC_FD_SIZE 32

static void proc_fd(int fd, char ret_path[PROC_FD_SIZE]) {
    (void)snprintf(ret_path, PROC_FD_SIZE, "/proc/self/fd/%d", fd);
}

/* -1 where it cannot be done, whatever the cause: the named file then tells a real one. */
static int open_unnamed(int folder, mode_t mode) {
    int fd = openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    if (fd < 0)
        return -1;
    /* It gets its name through /proc, which a container or a chroot may lack. */
    char path[PROC_FD_SIZE];
    proc_fd(fd, path);
    if (faccessat(AT_FDCWD, path, F_OK, 0) < 0)
        swt_fd_cleanup(&fd);
    return fd;
}

static int open_named(struct swt_newfile *file, mode_t mode, struct swt_error *err) {
    for (int i = 0; i < SWT_TEMP_TRIES; i++) {
        char *name = swt_temp_name(file->name, err);
        if (name == NULL)
            return -(int)err->code;
        file->fd =
            openat(file->folder, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, mode);
        if (file->fd >= 0) {
            file->temporary = name;
            return 0;
        }
        int errnum = errno;
        free(name);
        if (errnum != EEXIST && errnum != EINTR)
            return swt_fail_errno(err, errnum, "cannot create a file in its folder");
        int r = swt_interrupted(err);
        if (r < 0)
            return r;
    }
    return swt_fail(err, SWT_E_IO, "cannot find a free temporary name");
}

/* The umask, or a default ACL, may have taken bits that must stay. */
static int set_mode(int fd, mode_t mode, struct swt_error *err) {
    struct stat status;
    if (fstat(fd, &status) < 0)
        return swt_fail_errno(err, errno, "cannot look at the new file");
    if ((status.st_mode & 0777) != mode && fchmod(fd, mode) < 0)
        return swt_fail_errno(err, errno, "cannot set the mode to %04o", (unsigned)mode);
    return 0;
}

int swt_newfile_open(const char *folder, const char *name, mode_t mode, bool exact,
                     struct swt_newfile *ret_file, struct swt_error *err) {
    SWT_CLEANUP(swt_newfile_done) struct swt_newfile file = SWT_NEWFILE_NONE;
    int r = swt_fd_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, 0, &file.folder, err);
    if (r < 0)
        return swt_error_context(err, "folder %s", folder);
    file.name = swt_strdup(name, err);
    if (file.name == NULL)
        return -(int)err->code;
    /* Never open to more than it may be in the end, not even for a moment. */
    mode_t first_mode = exact ? mode & 0600 : mode;
    file.fd = open_unnamed(file.folder, first_mode);
    if (file.fd < 0) {
        r = open_named(&file, first_mode, err);
        if (r < 0)
            return r;
    }
    if (exact) {
        r = set_mode(file.fd, mode, err);
        if (r < 0)
            return r;
    }
    *ret_file = file;
    file = SWT_NEWFILE_NONE;
    return 0;
}

static int link_temporary(struct swt_newfile *file, const char *path, struct swt_error *err) {
    for (int i = 0; i < SWT_TEMP_TRIES; i++) {
        char *name = swt_temp_name(file->name, err);
        if (name == NULL)
            return -(int)err->code;
        if (linkat(AT_FDCWD, path, file->folder, name, AT_SYMLINK_FOLLOW) == 0) {
            file->temporary = name;
            return 0;
        }
        int errnum = errno;
        free(name);
        if (errnum != EEXIST)
            return swt_fail_errno(err, errnum, "cannot put the file in its folder");
    }
    return swt_fail(err, SWT_E_IO, "cannot find a free temporary name");
}

/* Gives an unnamed file its name, or a temporary one when the name is taken and to be replaced. */
static int link_unnamed(struct swt_newfile *file, bool exclusive, bool *ret_linked,
                        struct swt_error *err) {
    char path[PROC_FD_SIZE];
    proc_fd(file->fd, path);
    if (linkat(AT_FDCWD, path, file->folder, file->name, AT_SYMLINK_FOLLOW) == 0) {
        *ret_linked = true;
        return 0;
    }
    if (errno != EEXIST || exclusive)
        return swt_fail_errno(err, errno, "cannot put the file in its place");
    *ret_linked = false;
    return link_temporary(file, path, err);
}

static int move_temporary(struct swt_newfile *file, bool exclusive, struct swt_error *err) {
    int r = exclusive ? swt_rename_new(file->folder, file->temporary, file->folder, file->name)
                      : renameat(file->folder, file->temporary, file->folder, file->name);
    if (r < 0)
        return swt_fail_errno(err, errno, "cannot put the file in its place");
    free(SWT_TAKE(file->temporary));
    return 0;
}

int swt_newfile_ready(struct swt_newfile *file, struct swt_error *err) {
    int r = swt_fd_sync(file->fd, err);
    /* The last look: from here on it is a few calls that do not wait. */
    return r < 0 ? r : swt_interrupted(err);
}

int swt_newfile_name(struct swt_newfile *file, struct swt_error *err) {
    char path[PROC_FD_SIZE];
    proc_fd(file->fd, path);
    int r = file->temporary == NULL ? link_temporary(file, path, err) : 0;
    return r < 0 ? r : swt_fd_close(&file->fd, err);
}

int swt_newfile_place(struct swt_newfile *file, bool exclusive, struct swt_error *err) {
    int r = 0;
    bool linked = false;
    if (file->temporary == NULL)
        r = link_unnamed(file, exclusive, &linked, err);
    if (r < 0)
        return r;
    file->placed = linked;
    if (file->fd >= 0)
        r = swt_fd_close(&file->fd, err);
    if (r < 0 || linked)
        return r;
    r = move_temporary(file, exclusive, err);
    file->placed = r == 0;
    return r;
}

int swt_newfile_publish(struct swt_newfile *file, bool exclusive, struct swt_error *err) {
    int r = swt_newfile_ready(file, err);
    if (r == 0)
        r = swt_newfile_place(file, exclusive, err);
    return r < 0 ? r : swt_fd_sync(file->folder, err);
}

void swt_newfile_withdraw(struct swt_newfile *file) {
    if (file->placed)
        (void)unlinkat(file->folder, file->name, 0);
    file->placed = false;
}

void swt_newfile_done(struct swt_newfile *file) {
    swt_fd_cleanup(&file->fd);
    if (file->temporary != NULL)
        (void)unlinkat(file->folder, file->temporary, 0);
    swt_fd_cleanup(&file->folder);
    free(file->name);
    free(file->temporary);
    *file = SWT_NEWFILE_NONE;
}
