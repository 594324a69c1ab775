/* SPDX-License-Identifier: Apache-2.0 */
/* The next state: a folder that is filled, and the link that makes it count. */
#include "states.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char STATE_PREFIX[] = "state.";
#define LAST_NUMBER UINT32_MAX

/* "state.N", N in the one way to write it; else false. */
static bool state_number(const char *name, uint64_t *ret_number) {
    size_t len = strlen(STATE_PREFIX);
    return strncmp(name, STATE_PREFIX, len) == 0 &&
           swt_parse_uint(name + len, LAST_NUMBER, ret_number);
}

/* ---- what nothing refers to -------------------------------------------------------------- */

static bool is_link(int folder, const char *name) {
    struct stat status;
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

/* Also when others switched the link meanwhile, who know of no lock: they have a state to lose. */
static bool is_current(int folder, const char *name) {
    char target[NAME_MAX + 2];
    ssize_t len = readlinkat(folder, SWT_CURRENT, target, sizeof target);
    return len >= 0 && (size_t)len == strlen(name) && memcmp(target, name, (size_t)len) == 0;
}

/* Only under names that are given here, and only what is of the kind that is made here. What cannot
 * be removed does no harm. */
static void remove_leftovers(const struct swt_states *states) {
    int fd = openat(states->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        swt_fd_cleanup(&fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        const char *name = entry->d_name;
        uint64_t number;
        if (state_number(name, &number) &&
            (states->name == NULL || strcmp(name, states->name) != 0) && !is_current(fd, name))
            swt_remove_folder(fd, name);
        else if (swt_temp_name_is(name, SWT_CURRENT) && is_link(fd, name))
            (void)unlinkat(fd, name, 0);
    }
    (void)closedir(folder);
}

/* ---- the next state ---------------------------------------------------------------------- */

/* A number that is taken is a file's or a link's of somebody else, and stays. */
static int make_state(struct swt_states *states, struct swt_error *err) {
    uint64_t number;
    if (states->name == NULL || !state_number(states->name, &number))
        number = 0;
    for (int i = 0; i < SWT_TEMP_TRIES; i++) {
        number = number == LAST_NUMBER ? 1 : number + 1;
        SWT_CLEANUP(swt_text_cleanup)
        char *name = swt_format(err, "%s%u", STATE_PREFIX, (unsigned)number);
        if (name == NULL)
            return -(int)err->code;
        if (mkdirat(states->folder, name, 0777) == 0) {
            states->next_name = SWT_TAKE(name);
            return 0;
        }
        if (errno != EEXIST)
            return swt_fail_errno(err, errno, "cannot create the folder of a new state");
    }
    return swt_fail(err, SWT_E_IO, "cannot find a free name for a new state");
}

static int open_next(struct swt_states *states, struct swt_error *err) {
    int fd = -1;
    SWT_CLEANUP(swt_text_cleanup)
    char *path = swt_format(err, "%s/%s", states->path, states->next_name);
    if (path == NULL)
        return -(int)err->code;
    int r = swt_fd_open(states->folder, states->next_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
                        &fd, err);
    return r < 0 ? r : swt_staging_adopt(fd, path, &states->next, err);
}

void swt_states_drop_next(struct swt_states *states) {
    swt_staging_free(SWT_TAKE(states->next));
    if (states->next_name != NULL)
        swt_remove_folder(states->folder, states->next_name);
    free(SWT_TAKE(states->next_name));
}

int swt_states_begin(struct swt_states *states, struct swt_staging **ret_next,
                     struct swt_error *err) {
    remove_leftovers(states);
    int r = make_state(states, err);
    if (r == 0)
        r = open_next(states, err);
    if (r < 0) {
        swt_states_drop_next(states);
        return swt_error_file(err, states->path);
    }
    *ret_next = states->next;
    return 0;
}

/* A link to the next state under a temporary name, which is free()d. NULL: err is set. */
static char *make_link(const struct swt_states *states, struct swt_error *err) {
    for (int i = 0; i < SWT_TEMP_TRIES; i++) {
        SWT_CLEANUP(swt_text_cleanup) char *name = swt_temp_name(SWT_CURRENT, err);
        if (name == NULL)
            return NULL;
        if (symlinkat(states->next_name, states->folder, name) == 0)
            return SWT_TAKE(name);
        if (errno != EEXIST) {
            swt_fail_errno(err, errno, "cannot create a symbolic link");
            return NULL;
        }
    }
    swt_fail(err, SWT_E_IO, "cannot find a free temporary name");
    return NULL;
}

/* The link is on storage before it counts: a power cut must not leave a name without its target. */
static int place_link(const struct swt_states *states, const char *link, struct swt_error *err) {
    int r = swt_fd_sync(states->folder, err);
    /* The last look: what follows is done, and not taken back. */
    if (r == 0)
        r = swt_interrupted(err);
    if (r < 0)
        return r;
    if (renameat(states->folder, link, states->folder, SWT_CURRENT) < 0)
        return swt_fail_errno(err, errno, "cannot replace the link 'current'");
    return 0;
}

static int switch_link(const struct swt_states *states, struct swt_error *err) {
    SWT_CLEANUP(swt_text_cleanup) char *link = make_link(states, err);
    if (link == NULL)
        return -(int)err->code;
    int r = place_link(states, link, err);
    if (r < 0)
        (void)unlinkat(states->folder, link, 0);
    return r;
}

/* From here on the next state is the current one, whatever else fails. */
static void adopt_next(struct swt_states *states, int state) {
    swt_staging_free(SWT_TAKE(states->next));
    swt_fd_cleanup(&states->state);
    states->state = state;
    free(states->name);
    states->name = SWT_TAKE(states->next_name);
}

static int commit_next(struct swt_states *states, struct swt_error *err) {
    SWT_CLEANUP(swt_fd_cleanup) int state = -1;
    int r = swt_staging_commit(states->next, err);
    if (r == 0)
        r = swt_fd_open(states->folder, states->next_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
                        &state, err);
    if (r == 0)
        r = switch_link(states, err);
    if (r < 0)
        return r;
    adopt_next(states, state);
    state = -1;
    if (states->fresh.temporary != NULL)
        return swt_newfolder_place(&states->fresh, states->folder, err);
    r = swt_fd_sync(states->folder, err);
    remove_leftovers(states);
    return r;
}

int swt_states_commit(struct swt_states *states, struct swt_error *err) {
    int r = commit_next(states, err);
    if (r == 0)
        return 0;
    swt_states_drop_next(states);
    return swt_error_file(err, states->path);
}
