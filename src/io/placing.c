/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All files of a staging folder into their places, or none. Each step down a path opens one
 * component without following links: a link that somebody planted in the folder, or swaps in while
 * we work, must not lead a file out of it.
 */
#include "staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPONENT_SIZE 256 /* NAME_MAX and its NUL */

/* ---- the folders of a path --------------------------------------------------------------- */

/* Remembers a folder that was made, for the way back. */
static int remember_folder(struct swt_staging *staging, const char *name, size_t len,
                           struct swt_error *err) {
    if ((staging->made_count & (staging->made_count - 1)) == 0) {
        size_t room = staging->made_count == 0 ? 1 : staging->made_count * 2;
        char **folders = reallocarray(staging->made_folders, room, sizeof *folders);
        if (folders == NULL)
            return swt_fail_memory(err);
        staging->made_folders = folders;
    }
    char *folder = swt_format(err, "%.*s", (int)len, name);
    if (folder == NULL)
        return -(int)err->code;
    staging->made_folders[staging->made_count++] = folder;
    return 0;
}

static int make_folder(struct swt_staging *staging, int parent, const char *component,
                       const char *name, size_t len, struct swt_error *err) {
    int r = remember_folder(staging, name, len, err);
    if (r < 0)
        return r;
    if (mkdirat(parent, component, 0777) < 0) {
        int errnum = errno;
        /* Not ours then, so not ours to remove. */
        free(staging->made_folders[--staging->made_count]);
        return errnum == EEXIST ? 0 : swt_fail_errno(err, errnum, "cannot create its folder");
    }
    return swt_fd_sync(parent, err);
}

static int open_component(int parent, const char *component, int *ret_fd, struct swt_error *err) {
    int fd = openat(parent, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        *ret_fd = fd;
        return 1;
    }
    if (errno == ENOENT)
        return 0;
    /* ENOTDIR is what Linux answers for a link too, when it is asked for a folder. */
    if (errno == ENOTDIR || errno == ELOOP)
        return swt_fail(err, SWT_E_IO,
                        "'%s' in its path is a file or a symbolic link, not a folder", component);
    return swt_fail_errno(err, errno, "cannot open the folder '%s' in its path", component);
}

/*
 * Opens the folder that name lies in: 1, or 0 when it does not exist. With make, what is missing is
 * created. *ret_base points into name.
 */
static int open_parent(struct swt_staging *staging, const char *name, bool make, int *ret_fd,
                       const char **ret_base, struct swt_error *err) {
    /* Nothing here asks for signals: the way back goes through it, and must be gone to its end. */
    SWT_CLEANUP(swt_fd_cleanup) int folder = fcntl(staging->dir_fd, F_DUPFD_CLOEXEC, 3);
    if (folder < 0)
        return swt_fail_errno(err, errno, "cannot open the folder");
    const char *rest = name;
    for (const char *slash; (slash = strchr(rest, '/')) != NULL; rest = slash + 1) {
        char component[COMPONENT_SIZE];
        size_t len = (size_t)(slash - rest);
        if (len >= sizeof component)
            return swt_fail_errno(err, ENAMETOOLONG, "cannot open its folder");
        memcpy(component, rest, len);
        component[len] = '\0';
        if (make) {
            int r = make_folder(staging, folder, component, name, (size_t)(slash - name), err);
            if (r < 0)
                return r;
        }
        int next = -1;
        int r = open_component(folder, component, &next, err);
        if (r <= 0)
            return r;
        swt_fd_cleanup(&folder);
        folder = next;
    }
    *ret_base = rest;
    *ret_fd = folder;
    folder = -1;
    return 1;
}

/* ---- before anything moves --------------------------------------------------------------- */

static int check_place(struct swt_staging *staging, size_t index, struct swt_error *err) {
    SWT_CLEANUP(swt_fd_cleanup) int folder = -1;
    const char *base = NULL;
    int r = open_parent(staging, staging->files[index].name, false, &folder, &base, err);
    if (r <= 0)
        return r;
    struct stat status;
    if (fstatat(folder, base, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : swt_fail_errno(err, errno, "cannot look at its place");
    if (!staging->force)
        return swt_fail(err, SWT_E_EXISTS, "exists already");
    if (S_ISDIR(status.st_mode))
        return swt_fail(err, SWT_E_IO, "is a directory");
    char number[STAGED_NUMBER_SIZE];
    if (S_ISREG(status.st_mode) && fchmodat(staging->hidden_fd, swt_staged_number(index, number),
                                            status.st_mode & 0777, 0) < 0)
        return swt_fail_errno(err, errno, "cannot keep the mode of the file in its place");
    return 0;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* With force the second of one name would replace the first, and nobody would know. */
static int check_names_differ(const struct swt_staging *staging, struct swt_error *err) {
    if (staging->count < 2)
        return 0;
    const char **names = calloc(staging->count, sizeof *names);
    if (names == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < staging->count; i++)
        names[i] = staging->files[i].name;
    qsort(names, staging->count, sizeof *names, compare_names);
    int r = 0;
    for (size_t i = 1; i < staging->count && r == 0; i++)
        if (strcmp(names[i - 1], names[i]) == 0) {
            (void)swt_fail(err, SWT_E_EXISTS, "two files of one name");
            r = swt_staging_fail(staging, names[i], err);
        }
    free(names);
    return r;
}

/* ---- moving, and the way back ------------------------------------------------------------ */

/* The old file comes into the hidden folder under the new one's number. */
static int replace(struct swt_staging *staging, const char *number, int folder, const char *base,
                   struct swt_error *err) {
    if (renameat2(staging->hidden_fd, number, folder, base, RENAME_EXCHANGE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
        return swt_fail_errno(err, errno, "cannot put the file in its place");
    /* A file system that cannot exchange: for a moment the name is missing, but never lost. */
    if (renameat(folder, base, staging->hidden_fd, "old") < 0)
        return swt_fail_errno(err, errno, "cannot set the old file aside");
    if (renameat(staging->hidden_fd, number, folder, base) < 0) {
        int errnum = errno;
        (void)renameat(staging->hidden_fd, "old", folder, base);
        return swt_fail_errno(err, errnum, "cannot put the file in its place");
    }
    if (renameat(staging->hidden_fd, "old", staging->hidden_fd, number) < 0) {
        int errnum = errno;
        (void)renameat(staging->hidden_fd, "old", folder, base);
        return swt_fail_errno(err, errnum, "cannot set the old file aside");
    }
    return 0;
}

static int move_file(struct swt_staging *staging, size_t index, int folder, const char *base,
                     struct swt_error *err) {
    struct staged_file *file = &staging->files[index];
    char number[STAGED_NUMBER_SIZE];
    (void)swt_staged_number(index, number);
    if (swt_rename_new(staging->hidden_fd, number, folder, base) == 0) {
        file->state = STAGED_NEW;
        return 0;
    }
    if (errno != EEXIST || !staging->force)
        return swt_fail_errno(err, errno, "cannot put the file in its place");
    int r = replace(staging, number, folder, base, err);
    if (r < 0)
        return r;
    file->state = STAGED_REPLACED;
    return 0;
}

/* Best effort, and told nowhere: the error that led here is the one to tell. */
static void move_back(struct swt_staging *staging, size_t index) {
    struct staged_file *file = &staging->files[index];
    if (file->state == STAGED_WAITING)
        return;
    struct swt_error ignored;
    SWT_CLEANUP(swt_fd_cleanup) int folder = -1;
    const char *base = NULL;
    if (open_parent(staging, file->name, false, &folder, &base, &ignored) <= 0)
        return;
    char number[STAGED_NUMBER_SIZE];
    if (file->state == STAGED_REPLACED)
        (void)renameat(staging->hidden_fd, swt_staged_number(index, number), folder, base);
    else
        (void)unlinkat(folder, base, 0);
    file->state = STAGED_WAITING;
}

static void remove_folders(struct swt_staging *staging) {
    while (staging->made_count > 0) {
        SWT_CLEANUP(swt_text_cleanup) char *name = staging->made_folders[--staging->made_count];
        struct swt_error ignored;
        SWT_CLEANUP(swt_fd_cleanup) int folder = -1;
        const char *base = NULL;
        if (open_parent(staging, name, false, &folder, &base, &ignored) > 0)
            (void)unlinkat(folder, base, AT_REMOVEDIR);
    }
}

/* The folder that the last file went into; synced when the next goes elsewhere. */
struct last_folder {
    int fd;
    const char *name; /* a file's name, its first len bytes are the folder's */
    size_t len;
};

static void last_folder_done(struct last_folder *last) {
    swt_fd_cleanup(&last->fd);
}

static int place_file(struct swt_staging *staging, size_t index, struct last_folder *last,
                      struct swt_error *err) {
    int r = swt_interrupted(err);
    if (r < 0)
        return r;
    const char *name = staging->files[index].name;
    size_t len = (size_t)(swt_path_base(name) - name);
    if (last->fd < 0 || len != last->len || memcmp(name, last->name, len) != 0) {
        if (last->fd >= 0) {
            r = swt_fd_sync(last->fd, err);
            if (r < 0)
                return r;
            swt_fd_cleanup(&last->fd);
        }
        const char *base = NULL;
        r = open_parent(staging, name, true, &last->fd, &base, err);
        if (r == 0)
            return swt_fail(err, SWT_E_IO, "its folder was removed meanwhile");
        if (r < 0)
            return r;
        last->name = name;
        last->len = len;
    }
    return move_file(staging, index, last->fd, name + len, err);
}

static int place_files(struct swt_staging *staging, struct swt_error *err) {
    SWT_CLEANUP(last_folder_done) struct last_folder last = {.fd = -1};
    for (size_t i = 0; i < staging->count; i++) {
        int r = place_file(staging, i, &last, err);
        if (r < 0)
            return swt_staging_fail(staging, staging->files[i].name, err);
    }
    int r = last.fd >= 0 ? swt_fd_sync(last.fd, err) : 0;
    return r < 0 ? swt_error_file(err, staging->dir) : 0;
}

int swt_staging_place(struct swt_staging *staging, struct swt_error *err) {
    int r = check_names_differ(staging, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < staging->count; i++) {
        r = swt_interrupted(err);
        if (r == 0)
            r = check_place(staging, i, err);
        if (r < 0)
            return swt_staging_fail(staging, staging->files[i].name, err);
    }
    r = place_files(staging, err);
    if (r < 0) {
        for (size_t i = staging->count; i > 0; i--)
            move_back(staging, i - 1);
        remove_folders(staging);
    }
    return r;
}
