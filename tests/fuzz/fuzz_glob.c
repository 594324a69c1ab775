/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a pattern of files in a folder of a few. What it finds is there, once each, in order;
 * and each name, taken as the pattern that it is with a backslash before every byte, finds itself.
 */
#include "swt/targets.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILES 8

static const char *const files[] = {"a.bin",       "ab.bin",   ".hidden",   "b[1].bin",      "b-]",
                                    "caf\xc3\xa9", "\xff\xfe", "sub/a.bin", "sub/deep/b.img"};
static char folder[] = "/dev/shm/swt-fuzz-XXXXXX";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

static const char *path_of(const char *name, char ret_path[256]) {
    (void)snprintf(ret_path, 256, "%s/%s", folder, name);
    return ret_path;
}

static void remove_folder(void) {
    char path[256];
    for (size_t i = 0; i < SWT_COUNT(files); i++)
        (void)unlink(path_of(files[i], path));
    (void)rmdir(path_of("sub/deep", path));
    (void)rmdir(path_of("sub", path));
    (void)rmdir(folder);
}

static void make_folder(void) {
    static bool made;
    char path[256];
    if (made)
        return;
    require(mkdtemp(folder) != NULL && atexit(remove_folder) == 0);
    require(mkdir(path_of("sub", path), 0700) == 0);
    require(mkdir(path_of("sub/deep", path), 0700) == 0);
    for (size_t i = 0; i < SWT_COUNT(files); i++) {
        int fd = open(path_of(files[i], path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        require(fd >= 0);
        close(fd);
    }
    made = true;
}

/* ---- what is promised ---------------------------------------------------------------------- */

static void check_list(const struct swt_path_list *list) {
    struct stat status;
    require(list->count >= 1 && list->count <= MAX_FILES);
    for (size_t i = 0; i < list->count; i++) {
        require(strncmp(list->items[i], folder, strlen(folder)) == 0);
        require(lstat(list->items[i], &status) == 0);
        require(i == 0 || strcmp(list->items[i - 1], list->items[i]) < 0);
    }
}

static void check_escaped(const char *path) {
    SWT_CLEANUP(swt_path_list_done) struct swt_path_list list = {0};
    uint64_t steps = SWT_PATTERN_STEPS;
    char pattern[256];
    char root[256];
    struct swt_error err;
    size_t len = 0;
    for (const char *at = path + strlen(folder) + 1; *at != '\0'; at++) {
        /* Of a character the first byte is escaped; a slash parts names and cannot be. */
        if (*at != '/' && ((unsigned char)*at & 0xc0) != 0x80)
            pattern[len++] = '\\';
        pattern[len++] = *at;
    }
    pattern[len] = '\0';
    require(swt_payload_glob(path_of("", root), pattern, 1, &steps, &list, &err) == 0);
    require(list.count == 1 && strcmp(list.items[0], path) == 0);
}

/* A pattern that leads out of the folder would walk through the machine. */
static bool leads_out(const char *pattern) {
    size_t dots = 0;
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '.' && ++dots == 2)
            return true;
        if (*pattern != '.' && *pattern != '\\')
            dots = 0;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SWT_CLEANUP(swt_path_list_done) struct swt_path_list list = {0};
    uint64_t steps = SWT_PATTERN_STEPS;
    char root[256];
    struct swt_error err;
    char *pattern = strndup(size == 0 ? "" : (const char *)data, size);
    if (pattern == NULL || leads_out(pattern)) {
        free(pattern);
        return 0;
    }
    make_folder();
    if (swt_payload_glob(path_of("", root), pattern, MAX_FILES, &steps, &list, &err) == 0) {
        check_list(&list);
        struct stat status;
        if (lstat(list.items[0], &status) == 0 && S_ISREG(status.st_mode))
            check_escaped(list.items[0]);
    } else {
        require(err.code == SWT_E_GLOB || err.code == SWT_E_IO);
    }
    free(pattern);
    return 0;
}
