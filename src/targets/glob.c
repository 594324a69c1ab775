/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of files. Not glob(3): what that matches, and in which order, is the locale's to say,
 * and it passes over a folder that it cannot read.
 */
#include "swt/targets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Each level holds a folder open. */
#define MAX_LEVELS 64
/* In steps, a character compared being one: what the system takes for an entry of a folder, for
 * looking at a path, and for opening a folder. */
#define ENTRY_STEPS 20
#define LOOK_STEPS 200
#define OPEN_STEPS 600

void swt_path_list_done(struct swt_path_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct swt_path_list){0};
}

/* ---- one name ---------------------------------------------------------------------------- */

/* The next character, or, where that is not UTF-8, a byte, which is like no character. */
static size_t next_character(struct swt_slice text, uint32_t *ret_character) {
    uint8_t lead = text.data[0];
    if (lead < 0x80) {
        *ret_character = lead;
        return 1;
    }
    size_t len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (len <= text.len && swt_utf8_valid(swt_slice_of(text.data, len)))
        return swt_utf8_next(swt_slice_of(text.data, len), ret_character);
    *ret_character = UINT32_C(0x80000000) | lead;
    return 1;
}

static struct swt_slice after(struct swt_slice text, size_t len) {
    return swt_slice_of(text.data + len, text.len - len);
}

/* A character that stands for itself, behind a backslash or not; returns its length with it. */
static size_t next_literal(struct swt_slice pattern, uint32_t *ret_character) {
    size_t escape = pattern.len > 1 && pattern.data[0] == '\\' ? 1 : 0;
    return escape + next_character(after(pattern, escape), ret_character);
}

/* Whether character is in the set at the start of pattern, as in [a-z], [!0]. Returns the length
 * of the set; 0: no bracket ends it, so that it is none. */
static size_t match_set(struct swt_slice pattern, uint32_t character, bool *ret_is_in) {
    bool negated = pattern.len > 1 && (pattern.data[1] == '!' || pattern.data[1] == '^');
    bool found = false;
    size_t start = negated ? 2 : 1;
    for (size_t i = start; i < pattern.len;) {
        /* A bracket that comes first is in the set. */
        if (pattern.data[i] == ']' && i > start) {
            *ret_is_in = found != negated;
            return i + 1;
        }
        uint32_t low;
        i += next_literal(after(pattern, i), &low);
        uint32_t high = low;
        if (i + 1 < pattern.len && pattern.data[i] == '-' && pattern.data[i + 1] != ']')
            i += 1 + next_literal(after(pattern, i + 1), &high);
        found |= low <= character && character <= high;
    }
    return 0;
}

/* Whether there were so many steps left; they are taken. */
static bool spend(uint64_t *steps, uint64_t count) {
    *steps -= count < *steps ? count : *steps;
    return *steps > 0;
}

/* Whether what stands at the start of pattern, no star, is the character; how long it is. */
static bool match_one(struct swt_slice pattern, uint32_t character, size_t *ret_len,
                      uint64_t *steps) {
    bool is_in;
    *ret_len = 1;
    if (pattern.data[0] == '?')
        return true;
    if (pattern.data[0] == '[') {
        size_t len = match_set(pattern, character, &is_in);
        /* Without an end it is read to that of the pattern. */
        (void)spend(steps, len > 0 ? len : pattern.len);
        if (len > 0) {
            *ret_len = len;
            return is_in;
        }
    }
    uint32_t literal;
    *ret_len = next_literal(pattern, &literal);
    return literal == character;
}

/* Back to the last star alone: an earlier one could match no more than it does. So the time is
 * that of one length by the other. False when no steps are left. */
static bool matches(struct swt_slice pattern, struct swt_slice name, uint64_t *steps) {
    struct swt_slice star = {0};
    struct swt_slice rest = {0}; /* of the name, where the star began to match */
    while (name.len > 0 || pattern.len > 0) {
        if (!spend(steps, 1))
            return false;
        if (pattern.len > 0 && pattern.data[0] == '*') {
            star = pattern = after(pattern, 1);
            rest = name;
            continue;
        }
        uint32_t character;
        size_t step;
        if (name.len > 0 && pattern.len > 0) {
            size_t len = next_character(name, &character);
            if (match_one(pattern, character, &step, steps)) {
                name = after(name, len);
                pattern = after(pattern, step);
                continue;
            }
        }
        if (star.data == NULL || rest.len == 0)
            return false;
        rest = after(rest, next_character(rest, &character));
        name = rest;
        pattern = star;
    }
    return true;
}

/* ---- folder by folder -------------------------------------------------------------------- */

struct walk {
    struct swt_path_list *list;
    size_t max;
    uint64_t *steps;
    struct swt_buf path;
};

static int expand(struct walk *walk, struct swt_slice pattern, unsigned level,
                  struct swt_error *err);

/* Takes steps; an error when none are left. */
static int work(const struct walk *walk, uint64_t count, struct swt_error *err) {
    if (spend(walk->steps, count))
        return 0;
    swt_fail(err, SWT_E_GLOB, "the patterns up to this one take too long to match");
    return swt_error_hint(err, "give fewer patterns, with fewer *, over folders of fewer files");
}

static void cut(struct swt_buf *path, size_t len) {
    path->len = len;
    if (path->data != NULL)
        path->data[len] = '\0';
}

static int add(struct walk *walk, struct swt_error *err) {
    struct swt_path_list *list = walk->list;
    if (list->count == walk->max)
        return swt_fail(err, SWT_E_GLOB, "more than %zu files match", walk->max);
    /* Room for the next power of two. */
    if ((list->count & (list->count - 1)) == 0) {
        size_t room = list->count == 0 ? 1 : 2 * list->count;
        char **items = realloc(list->items, room * sizeof *items);
        if (items == NULL)
            return swt_fail_memory(err);
        list->items = items;
    }
    char *path = swt_strdup(swt_buf_text(&walk->path), err);
    if (path == NULL)
        return -SWT_E_MEMORY;
    list->items[list->count++] = path;
    return 0;
}

static int fail_path(const struct walk *walk, const char *what, struct swt_error *err) {
    swt_fail_errno(err, errno, "cannot %s", what);
    return swt_error_file(err, walk->path.len > 0 ? swt_buf_text(&walk->path) : ".");
}

/* Whether there is such a file. One that cannot be looked at is no file less: an error. */
static int look(const struct walk *walk, int flags, struct stat *ret_status, bool *ret_exists,
                struct swt_error *err) {
    int rc = work(walk, LOOK_STEPS + 2 * walk->path.len, err);
    if (rc < 0)
        return rc;
    *ret_exists = fstatat(AT_FDCWD, swt_buf_text(&walk->path), ret_status, flags) == 0;
    if (*ret_exists || errno == ENOENT || errno == ENOTDIR)
        return 0;
    return fail_path(walk, "look at the file", err);
}

/* One name that fits: a result, or a folder to go on in. */
static int take(struct walk *walk, const char *name, struct swt_slice rest, unsigned level,
                struct swt_error *err) {
    size_t len = walk->path.len;
    struct stat status;
    bool exists = false;
    int rc = swt_buf_append(&walk->path, name, strlen(name), err);
    if (rc == 0)
        rc = rest.len == 0 ? add(walk, err) : look(walk, 0, &status, &exists, err);
    if (rc == 0 && exists && S_ISDIR(status.st_mode)) {
        rc = swt_buf_append(&walk->path, "/", 1, err);
        if (rc == 0)
            rc = expand(walk, rest, level + 1, err);
    }
    cut(&walk->path, len);
    return rc;
}

static void close_folder(DIR **folder) {
    if (*folder != NULL)
        closedir(*folder);
}

static int search(struct walk *walk, struct swt_slice component, struct swt_slice rest,
                  unsigned level, struct swt_error *err) {
    int rc = work(walk, OPEN_STEPS, err);
    if (rc < 0)
        return rc;
    SWT_CLEANUP(close_folder)
    DIR *folder = opendir(walk->path.len > 0 ? swt_buf_text(&walk->path) : ".");
    if (folder == NULL)
        return errno == ENOENT || errno == ENOTDIR ? 0 : fail_path(walk, "read the folder", err);
    bool hidden = component.data[0] == '.';
    for (;;) {
        rc = swt_interrupted(err);
        if (rc == 0)
            rc = work(walk, ENTRY_STEPS, err);
        if (rc < 0)
            return rc;
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL)
            return errno == 0 ? 0 : fail_path(walk, "read the folder", err);
        const char *name = entry->d_name;
        if ((name[0] == '.' && !hidden) || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            !matches(component, swt_slice_text(name), walk->steps))
            continue;
        rc = take(walk, name, rest, level, err);
        if (rc < 0)
            return rc;
    }
}

/* A component without a wildcard names one file; nothing is searched for it, so that a folder on
 * the way need not be readable. */
static int follow(struct walk *walk, struct swt_slice component, struct swt_slice rest,
                  unsigned level, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf name = {0};
    int rc = 0;
    for (size_t i = 0; i < component.len && rc == 0;) {
        uint32_t ignored;
        size_t len = next_literal(after(component, i), &ignored);
        size_t escape = len > 1 && component.data[i] == '\\' ? 1 : 0;
        rc = swt_buf_append(&name, component.data + i + escape, len - escape, err);
        i += len;
    }
    size_t len = walk->path.len;
    if (rc == 0)
        rc = swt_buf_append_slice(&walk->path, swt_buf_slice(&name), err);
    struct stat status;
    bool exists = false;
    if (rc == 0)
        rc = look(walk, AT_SYMLINK_NOFOLLOW, &status, &exists, err);
    cut(&walk->path, len);
    return rc == 0 && exists ? take(walk, swt_buf_text(&name), rest, level, err) : rc;
}

static int expand(struct walk *walk, struct swt_slice pattern, unsigned level,
                  struct swt_error *err) {
    if (level == MAX_LEVELS)
        return swt_fail(err, SWT_E_GLOB, "more than %d levels", MAX_LEVELS);
    size_t len = 0;
    bool wild = false;
    for (; len < pattern.len && pattern.data[len] != '/'; len++)
        wild |= strchr("*?[", pattern.data[len]) != NULL;
    struct swt_slice component = swt_slice_of(pattern.data, len);
    /* Several slashes are one. */
    while (len < pattern.len && pattern.data[len] == '/')
        len++;
    struct swt_slice rest = after(pattern, len);
    return wild ? search(walk, component, rest, level, err)
                : follow(walk, component, rest, level, err);
}

static int compare_paths(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int swt_payload_glob(const char *folder, const char *pattern, size_t max, uint64_t *steps,
                     struct swt_path_list *ret_list, struct swt_error *err) {
    SWT_CLEANUP(swt_path_list_done) struct swt_path_list list = {0};
    struct walk walk = {.list = &list, .max = max};
    struct swt_slice rest = swt_slice_text(pattern);
    walk.steps = steps;
    int rc = swt_buf_append(&walk.path, folder, strlen(folder), err);
    for (; rc == 0 && rest.len > 0 && rest.data[0] == '/'; rest = after(rest, 1))
        if (walk.path.len == 0)
            rc = swt_buf_append(&walk.path, "/", 1, err);
    if (rc == 0 && rest.len > 0)
        rc = expand(&walk, rest, 0, err);
    if (rc == 0)
        rc = work(&walk, 1, err);
    swt_buf_done(&walk.path);
    if (rc == 0 && list.count == 0)
        rc = swt_fail(err, SWT_E_GLOB, "no file matches '%s'", pattern);
    if (rc < 0)
        return rc;
    qsort(list.items, list.count, sizeof *list.items, compare_paths);
    *ret_list = SWT_MOVE(list);
    return 0;
}
