/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory that holds one whole state at any moment. The states are folders, "state.N", and the
 * symbolic link "current" names the one that counts: a change fills a new folder, has it on
 * storage, and puts a new link in the place of the old one, which is one rename. Whatever stops it
 * before or after leaves a folder or a link that nothing refers to, and the next change removes
 * those.
 */
#include "states.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_SECONDS 10

static int fail_at(const struct swt_states *states, const char *name, struct swt_error *err) {
    SWT_CLEANUP(swt_text_cleanup)
    char *path = NULL;
    if (asprintf(&path, "%s/%s", states->path, name) < 0)
        path = NULL;
    return swt_error_file(err, path != NULL ? path : states->path);
}

/* ---- opening ----------------------------------------------------------------------------- */

/* The link may name a folder beside it, and nothing else: a way out of the directory, or through
 * another link, would be somebody's trap. */
static int read_current(struct swt_states *states, struct swt_error *err) {
    char name[NAME_MAX + 2];
    ssize_t len = readlinkat(states->folder, SWT_CURRENT, name, sizeof name - 1);
    if (len < 0 && (errno == ENOENT || errno == EINVAL))
        return swt_fail(err, SWT_E_DEVICE_STATE, "is missing, or no symbolic link");
    if (len < 0)
        return swt_fail_errno(err, errno, "cannot read the symbolic link");
    name[len] = '\0';
    if (len > NAME_MAX || strchr(name, '/') != NULL || !swt_name_is_safe(name))
        return swt_fail(err, SWT_E_DEVICE_STATE, "does not name a folder beside it, but '%s'",
                        name);
    states->state = openat(states->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (states->state < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return swt_fail(err, SWT_E_DEVICE_STATE, "names '%s', which is no folder", name);
    if (states->state < 0)
        return swt_fail_errno(err, errno, "cannot open '%s'", name);
    states->name = swt_strdup(name, err);
    return states->name == NULL ? -SWT_E_MEMORY : 0;
}

static int states_new(const char *path, struct swt_states **ret_states, struct swt_error *err) {
    SWT_CLEANUP(swt_states_cleanup) struct swt_states *states = calloc(1, sizeof *states);
    if (states == NULL)
        return swt_fail_memory(err);
    *states = (struct swt_states){.folder = -1, .state = -1, .fresh = SWT_NEWFOLDER_NONE};
    states->path = swt_strdup(path, err);
    if (states->path == NULL)
        return -SWT_E_MEMORY;
    *ret_states = SWT_TAKE(states);
    return 0;
}

static int open_folder(struct swt_states *states, bool change, struct swt_error *err) {
    struct stat status;
    if (stat(states->path, &status) == 0 && !S_ISDIR(status.st_mode))
        return swt_fail(err, SWT_E_DEVICE_STATE, "is no directory");
    int r = swt_fd_open(AT_FDCWD, states->path, O_RDONLY | O_DIRECTORY, 0, &states->folder, err);
    return r < 0
               ? r
               : swt_fd_lock(states->folder, change ? LOCK_EX : LOCK_SH, LOCK_SECONDS, false, err);
}

int swt_states_open(const char *path, bool change, struct swt_states **ret_states,
                    struct swt_error *err) {
    SWT_CLEANUP(swt_states_cleanup) struct swt_states *states = NULL;
    int r = states_new(path, &states, err);
    if (r < 0)
        return r;
    r = open_folder(states, change, err);
    if (r < 0)
        return swt_error_file(err, path);
    r = read_current(states, err);
    if (r < 0)
        return fail_at(states, SWT_CURRENT, err);
    *ret_states = SWT_TAKE(states);
    return 0;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* One component without following a link. */
static int open_component(int folder, const char *component, int flags, int *ret_fd,
                          struct swt_error *err) {
    int fd = openat(folder, component, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        *ret_fd = fd;
        return 0;
    }
    if (errno == ELOOP || errno == ENOTDIR || errno == ENXIO)
        return swt_fail(err, SWT_E_DEVICE_STATE, "is no regular file in folders of its state");
    return swt_fail_errno(err, errno, "cannot open");
}

static int open_below(int folder, const char *name, int *ret_fd, struct swt_error *err) {
    SWT_CLEANUP(swt_fd_cleanup) int parent = -1;
    for (const char *slash; (slash = strchr(name, '/')) != NULL; name = slash + 1) {
        char component[NAME_MAX + 1];
        size_t len = (size_t)(slash - name);
        if (len >= sizeof component)
            return swt_fail_errno(err, ENAMETOOLONG, "cannot open");
        memcpy(component, name, len);
        component[len] = '\0';
        int next = -1;
        int r = open_component(parent < 0 ? folder : parent, component, O_DIRECTORY, &next, err);
        if (r < 0)
            return r;
        swt_fd_cleanup(&parent);
        parent = next;
    }
    /* What is no file must not make it wait. */
    return open_component(parent < 0 ? folder : parent, name, O_NONBLOCK, ret_fd, err);
}

static int open_file(const struct swt_states *states, const char *name, const char *path,
                     struct swt_reader **ret_reader, struct swt_error *err) {
    SWT_CLEANUP(swt_fd_cleanup) int fd = -1;
    struct stat status;
    int r = swt_interrupted(err);
    if (r < 0)
        return r;
    if (!swt_name_is_safe(name))
        return swt_fail(err, SWT_E_DEVICE_STATE, "leads out of the state");
    r = open_below(states->state, name, &fd, err);
    if (r < 0)
        return r;
    if (fstat(fd, &status) < 0)
        return swt_fail_errno(err, errno, "cannot look at the open file");
    if (!S_ISREG(status.st_mode))
        return swt_fail(err, SWT_E_DEVICE_STATE, "is no regular file");
    int file = fd;
    fd = -1;
    return swt_reader_adopt(file, path, ret_reader, err);
}

int swt_states_open_file(const struct swt_states *states, const char *name,
                         struct swt_reader **ret_reader, struct swt_error *err) {
    SWT_CLEANUP(swt_text_cleanup)
    char *path = swt_format(err, "%s/%s/%s", states->path, SWT_CURRENT, name);
    if (path == NULL)
        return -(int)err->code;
    int r = open_file(states, name, path, ret_reader, err);
    return r < 0 ? swt_error_file(err, path) : 0;
}

/* ---- a new directory --------------------------------------------------------------------- */

int swt_states_create(const char *path, struct swt_states **ret_states, struct swt_error *err) {
    SWT_CLEANUP(swt_states_cleanup) struct swt_states *states = NULL;
    int r = states_new(path, &states, err);
    if (r == 0)
        r = swt_newfolder_open(path, &states->fresh, &states->folder, err);
    if (r == 0)
        *ret_states = SWT_TAKE(states);
    return r;
}

void swt_states_free(struct swt_states *states) {
    if (states == NULL)
        return;
    swt_states_drop_next(states);
    swt_fd_cleanup(&states->state);
    swt_fd_cleanup(&states->folder); /* unlocks it */
    swt_newfolder_done(&states->fresh);
    free(states->next_name);
    free(states->name);
    free(states->path);
    free(states);
}

void swt_states_cleanup(struct swt_states **states) {
    swt_states_free(*states);
}
