/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of its own for each test, which is the working directory while the test runs. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int scratch_setup(void **state) {
    char *folder = strdup("/tmp/swt-unit-XXXXXX");
    if (folder == NULL || mkdtemp(folder) == NULL || chdir(folder) < 0)
        return -1;
    *state = folder;
    return 0;
}

static inline int scratch_remove(const char *path, const struct stat *status, int type,
                                 struct FTW *place) {
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static inline int scratch_teardown(void **state) {
    char *folder = *state;
    int r = chdir("/");
    if (r == 0)
        r = nftw(folder, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return r;
}

static inline void put_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static inline void check_file(const char *path, const char *text) {
    char found[4096] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    assert_string_equal(found, text);
}

static inline void check_missing(const char *path) {
    struct stat status;
    assert_int_equal(lstat(path, &status), -1);
}

static inline void check_mode(const char *path, mode_t mode) {
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
}

/* Hidden ones too, but not "." and "..". */
static inline size_t count_entries(const char *path) {
    size_t count = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    assert_int_equal(closedir(folder), 0);
    return count;
}

#define SCRATCH_TEST(test_) cmocka_unit_test_setup_teardown(test_, scratch_setup, scratch_teardown)

#endif
