/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LINKS_MAX 40 /* what Linux itself follows */

void swt_text_cleanup(char **text) {
    free(*text);
}

const char *swt_path_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

char *swt_path_folder(const char *path, struct swt_error *err) {
    size_t len = (size_t)(swt_path_base(path) - path);
    if (len == 0)
        return swt_strdup(".", err);
    while (len > 1 && path[len - 1] == '/')
        len--;
    return swt_format(err, "%.*s", (int)len, path);
}

bool swt_same_file(const char *a, const char *b) {
    struct stat first;
    struct stat second;
    return strcmp(a, "-") != 0 && strcmp(b, "-") != 0 && stat(a, &first) == 0 &&
           stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino && S_ISREG(first.st_mode);
}

bool swt_is_stdout(const char *path) {
    SWT_CLEANUP(swt_text_cleanup) char *end = NULL;
    bool magic = false;
    struct stat file;
    struct stat output;
    struct swt_error ignored;
    if (strcmp(path, "-") == 0)
        return true;
    return swt_path_follow(path, &end, &magic, &ignored) == 0 && magic && stat(path, &file) == 0 &&
           fstat(STDOUT_FILENO, &output) == 0 && file.st_dev == output.st_dev &&
           file.st_ino == output.st_ino;
}

bool swt_is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool swt_is_special(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/* One link: *path becomes what it points to. 1: done; 2: done, in /proc; 0: go on. */
static int follow_once(char **path, struct swt_error *err) {
    struct stat status;
    if (lstat(*path, &status) < 0)
        return errno == ENOENT ? 1 : swt_fail_errno(err, errno, "cannot look up the file");
    if (!S_ISLNK(status.st_mode))
        return 1;

    SWT_CLEANUP(swt_text_cleanup) char *folder = swt_path_folder(*path, err);
    if (folder == NULL)
        return -(int)err->code;
    struct statfs system;
    if (statfs(folder, &system) == 0 && system.f_type == PROC_SUPER_MAGIC)
        return 2;

    char target[PATH_MAX];
    ssize_t len = readlink(*path, target, sizeof target - 1);
    if (len < 0)
        return swt_fail_errno(err, errno, "cannot read the symbolic link");
    target[len] = '\0';
    char *next =
        target[0] == '/' ? swt_strdup(target, err) : swt_format(err, "%s/%s", folder, target);
    if (next == NULL)
        return -(int)err->code;
    free(*path);
    *path = next;
    return 0;
}

int swt_path_follow(const char *path, char **ret_path, bool *ret_magic, struct swt_error *err) {
    SWT_CLEANUP(swt_text_cleanup) char *current = swt_strdup(path, err);
    if (current == NULL)
        return -SWT_E_MEMORY;
    for (int i = 0; i <= LINKS_MAX; i++) {
        int r = follow_once(&current, err);
        if (r < 0)
            return r;
        if (r > 0) {
            *ret_path = SWT_TAKE(current);
            *ret_magic = r == 2;
            return 0;
        }
    }
    return swt_fail_errno(err, ELOOP, "cannot follow the symbolic link");
}

bool swt_same_place(const char *a, const char *b) {
    SWT_CLEANUP(swt_text_cleanup) char *first = NULL;
    SWT_CLEANUP(swt_text_cleanup) char *second = NULL;
    SWT_CLEANUP(swt_text_cleanup) char *first_folder = NULL;
    SWT_CLEANUP(swt_text_cleanup) char *second_folder = NULL;
    struct swt_error ignored;
    struct stat one;
    struct stat other;
    bool magic;
    if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
        return false;
    if (swt_same_file(a, b))
        return true;
    if (swt_path_follow(a, &first, &magic, &ignored) < 0 ||
        swt_path_follow(b, &second, &magic, &ignored) < 0 ||
        strcmp(swt_path_base(first), swt_path_base(second)) != 0)
        return false;
    first_folder = swt_path_folder(first, &ignored);
    second_folder = swt_path_folder(second, &ignored);
    return first_folder != NULL && second_folder != NULL && stat(first_folder, &one) == 0 &&
           stat(second_folder, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* From folder upwards: ".." is the file system's, not the text's. */
static bool is_below(const char *folder, const struct stat *top) {
    struct stat status;
    struct stat last = {0};
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool found = false;
    while (fd >= 0 && !found && fstat(fd, &status) == 0 &&
           (status.st_dev != last.st_dev || status.st_ino != last.st_ino)) {
        found = status.st_dev == top->st_dev && status.st_ino == top->st_ino;
        last = status;
        int parent = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        (void)close(fd);
        fd = parent;
    }
    if (fd >= 0)
        (void)close(fd);
    return found;
}

bool swt_is_inside(const char *path, const char *folder) {
    SWT_CLEANUP(swt_text_cleanup) char *file = NULL;
    SWT_CLEANUP(swt_text_cleanup) char *own_folder = NULL;
    struct swt_error ignored;
    struct stat top;
    bool magic;
    if (strcmp(path, "-") == 0 || stat(folder, &top) < 0 ||
        swt_path_follow(path, &file, &magic, &ignored) < 0)
        return false;
    own_folder = swt_path_folder(file, &ignored);
    return own_folder != NULL && is_below(own_folder, &top);
}

static const char TEMP_LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

int swt_temp_suffix(char ret_suffix[SWT_TEMP_SUFFIX], struct swt_error *err) {
    uint8_t random[SWT_TEMP_SUFFIX - 1];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return swt_fail_errno(err, errno, "cannot make a random name");
    for (size_t i = 0; i < sizeof random; i++)
        ret_suffix[i] = TEMP_LETTERS[random[i] % (sizeof TEMP_LETTERS - 1)];
    ret_suffix[sizeof random] = '\0';
    return 0;
}

#define TEMP_BASE_MAX 200 /* bytes of the name that a temporary name repeats (NAME_MAX is 255) */

char *swt_temp_name(const char *name, struct swt_error *err) {
    char suffix[SWT_TEMP_SUFFIX];
    if (swt_temp_suffix(suffix, err) < 0)
        return NULL;
    return swt_format(err, ".%.*s.%s", TEMP_BASE_MAX, name, suffix);
}

bool swt_temp_name_is(const char *text, const char *name) {
    size_t len = strlen(name);
    return text[0] == '.' && strncmp(text + 1, name, len) == 0 && text[1 + len] == '.' &&
           strlen(text + len + 2) == SWT_TEMP_SUFFIX - 1 &&
           strspn(text + len + 2, TEMP_LETTERS) == SWT_TEMP_SUFFIX - 1;
}

int swt_rename_new(int from_folder, const char *from, int to_folder, const char *to) {
    if (renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
        return -1;
    /* Some file systems cannot; most of them can link, which never replaces either. */
    if (linkat(from_folder, from, to_folder, to, 0) < 0)
        return -1;
    if (unlinkat(from_folder, from, 0) == 0)
        return 0;
    /* Under both names it would be in place although this fails. */
    int errnum = errno;
    (void)unlinkat(to_folder, to, 0);
    errno = errnum;
    return -1;
}

bool swt_name_is_safe(const char *name) {
    for (const char *component = name;;) {
        size_t len = strcspn(component, "/");
        if (len == 0 || (len == 1 && component[0] == '.') ||
            (len == 2 && component[0] == '.' && component[1] == '.'))
            return false;
        if (component[len] == '\0')
            return true;
        component += len + 1;
    }
}
