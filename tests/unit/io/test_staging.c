/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <limits.h>

#include "io/scratch.h"
#include "swt/io.h"

static void stage(struct swt_staging *staging, const char *name, const char *text) {
    struct swt_error err;
    assert_int_equal(swt_staging_begin(staging, name, &err), 0);
    assert_int_equal(swt_staging_write(staging, text, strlen(text), &err), 0);
}

static struct swt_staging *open_staging(const char *dir, bool force) {
    struct swt_error err;
    struct swt_staging *staging = NULL;
    assert_int_equal(swt_staging_open(dir, force, &staging, &err), 0);
    return staging;
}

/* Commit fails with that code and names the file; frees the staging. */
static void check_commit_fails(struct swt_staging *staging, int code, const char *file) {
    struct swt_error err;
    assert_int_equal(swt_staging_commit(staging, &err), code);
    assert_string_equal(err.file, file);
    swt_staging_free(staging);
}

static void test_files_appear_together(void **state) {
    (void)state;
    struct swt_error err;
    mode_t before = umask(022);
    struct swt_staging *staging = open_staging("out", false);
    stage(staging, "app", "one");
    stage(staging, "a/b/c", "two");
    stage(staging, "a/d", "three");
    stage(staging, "empty", "");
    check_missing("out/app");
    assert_int_equal(count_entries("out"), 1);
    assert_int_equal(swt_staging_commit(staging, &err), 0);
    swt_staging_free(staging);
    (void)umask(before);
    check_file("out/app", "one");
    check_file("out/a/b/c", "two");
    check_file("out/a/d", "three");
    check_file("out/empty", "");
    check_mode("out/app", 0644);
    check_mode("out/a/b", 0755);
    assert_int_equal(count_entries("out"), 3);
}

static void test_abort_removes_all_it_made(void **state) {
    (void)state;
    struct swt_staging *staging = open_staging("out", false);
    stage(staging, "a/b", "x");
    swt_staging_free(staging);
    check_missing("out");

    assert_int_equal(mkdir("there", 0777), 0);
    staging = open_staging("there/", false);
    stage(staging, "a", "x");
    swt_staging_free(staging);
    assert_int_equal(count_entries("there"), 0);
    swt_staging_free(NULL);
}

static void test_dir_that_cannot_be_one(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_staging *staging = NULL;
    put_file("file", "x");
    assert_int_equal(swt_staging_open("file", true, &staging, &err), -SWT_E_IO);
    assert_string_equal(err.file, "file");
    assert_int_equal(swt_staging_open("missing/dir", true, &staging, &err), -SWT_E_NOT_FOUND);
    assert_int_equal(swt_staging_open("", true, &staging, &err), -SWT_E_NOT_FOUND);
    assert_null(staging);
    assert_int_equal(count_entries("."), 1);
}

static void test_unsafe_names_are_refused(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_staging *staging = open_staging("out", true);
    static const char *const refused[] = {"",    ".",    "..",   "/abs", "a/",     "a//b",
                                          "./a", "../a", "a/..", "a/.",  "a/../b", "/"};
    for (size_t i = 0; i < SWT_COUNT(refused); i++)
        assert_int_equal(swt_staging_begin(staging, refused[i], &err), -SWT_E_IO);
    stage(staging, "..a", "x");
    stage(staging, ".hidden/...", "x");
    assert_int_equal(swt_staging_commit(staging, &err), 0);
    swt_staging_free(staging);
    check_file("out/..a", "x");
    check_file("out/.hidden/...", "x");
}

static void test_an_existing_file_stays_without_force(void **state) {
    (void)state;
    assert_int_equal(mkdir("out", 0777), 0);
    put_file("out/b", "old");
    struct swt_staging *staging = open_staging("out", false);
    stage(staging, "a", "new");
    stage(staging, "b", "new");
    check_commit_fails(staging, -SWT_E_EXISTS, "out/b");
    check_file("out/b", "old");
    assert_int_equal(count_entries("out"), 1);
}

static void test_force_replaces_and_keeps_the_mode(void **state) {
    (void)state;
    struct swt_error err;
    assert_int_equal(mkdir("out", 0777), 0);
    put_file("out/a", "old");
    assert_int_equal(chmod("out/a", 0750), 0);
    put_file("victim", "victim");
    assert_int_equal(symlink("../victim", "out/b"), 0);
    struct swt_staging *staging = open_staging("out", true);
    stage(staging, "a", "new a");
    stage(staging, "b", "new b");
    stage(staging, "c", "new c");
    assert_int_equal(swt_staging_commit(staging, &err), 0);
    swt_staging_free(staging);
    check_file("out/a", "new a");
    check_mode("out/a", 0750);
    check_file("out/b", "new b");
    check_file("out/c", "new c");
    check_file("victim", "victim"); /* the link itself was replaced */
    struct stat status;
    assert_int_equal(lstat("out/b", &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_int_equal(count_entries("out"), 3);
}

static void test_a_directory_in_the_place_of_a_file(void **state) {
    (void)state;
    assert_int_equal(mkdir("out", 0777), 0);
    put_file("out/a", "old");
    assert_int_equal(mkdir("out/b", 0777), 0);
    struct swt_staging *staging = open_staging("out", true);
    stage(staging, "a", "new");
    stage(staging, "b", "new");
    check_commit_fails(staging, -SWT_E_IO, "out/b");
    check_file("out/a", "old");
    assert_int_equal(count_entries("out"), 2);
}

static void test_a_link_below_dir_is_never_followed(void **state) {
    (void)state;
    assert_int_equal(mkdir("out", 0777), 0);
    assert_int_equal(mkdir("elsewhere", 0777), 0);
    assert_int_equal(symlink("../elsewhere", "out/sub"), 0);
    for (int force = 0; force < 2; force++) {
        struct swt_staging *staging = open_staging("out", force != 0);
        stage(staging, "first", "x");
        stage(staging, "sub/file", "x");
        check_commit_fails(staging, -SWT_E_IO, "out/sub/file");
        assert_int_equal(count_entries("elsewhere"), 0);
        assert_int_equal(count_entries("out"), 1);
    }
    put_file("out/plain", "old");
    struct swt_staging *staging = open_staging("out", true);
    stage(staging, "plain/file", "x");
    check_commit_fails(staging, -SWT_E_IO, "out/plain/file");
    check_file("out/plain", "old");
}

static void test_dir_itself_may_be_a_link(void **state) {
    (void)state;
    struct swt_error err;
    assert_int_equal(mkdir("real", 0777), 0);
    assert_int_equal(symlink("real", "link"), 0);
    struct swt_staging *staging = open_staging("link", false);
    stage(staging, "a/b", "x");
    assert_int_equal(swt_staging_commit(staging, &err), 0);
    swt_staging_free(staging);
    check_file("real/a/b", "x");
}

/* The places are free one by one, but the second file needs the first to be a folder: this fails
 * only while files move, and all that moved must come back. */
static void test_a_move_that_fails_takes_back_the_others(void **state) {
    (void)state;
    assert_int_equal(mkdir("out", 0777), 0);
    put_file("out/old", "old");
    struct swt_staging *staging = open_staging("out", true);
    stage(staging, "deep/er/new", "new");
    stage(staging, "old", "new");
    stage(staging, "x", "new");
    stage(staging, "x/y", "new");
    check_commit_fails(staging, -SWT_E_IO, "out/x/y");
    check_file("out/old", "old");
    assert_int_equal(count_entries("out"), 1);

    staging = open_staging("fresh", false);
    stage(staging, "a/b", "new");
    stage(staging, "a", "new");
    check_commit_fails(staging, -SWT_E_EXISTS, "fresh/a");
    check_missing("fresh");
}

static void test_two_files_of_one_name(void **state) {
    (void)state;
    for (int force = 0; force < 2; force++) {
        struct swt_staging *staging = open_staging("out", force != 0);
        stage(staging, "b", "1");
        stage(staging, "a", "2");
        stage(staging, "b", "3");
        check_commit_fails(staging, -SWT_E_EXISTS, "out/b");
        check_missing("out");
    }
}

static void test_names_that_are_too_long(void **state) {
    (void)state;
    char name[400];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    char path[500];
    (void)snprintf(path, sizeof path, "out/%s", name);
    struct swt_staging *staging = open_staging("out", false);
    stage(staging, "a", "1");
    stage(staging, name, "1");
    check_commit_fails(staging, -SWT_E_IO, path);
    memcpy(name + 300, "/x", 3);
    (void)snprintf(path, sizeof path, "out/%s", name);
    staging = open_staging("out", false);
    stage(staging, name, "1");
    check_commit_fails(staging, -SWT_E_IO, path);
    check_missing("out");
}

static size_t count_open_descriptors(void) {
    return count_entries("/proc/self/fd");
}

static void test_many_files_need_few_descriptors(void **state) {
    (void)state;
    struct swt_error err;
    size_t before = count_open_descriptors();
    struct swt_staging *staging = open_staging("out", false);
    for (int i = 0; i < 2000; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "d%d/f%d", i % 7, i);
        stage(staging, name, "x");
    }
    assert_true(count_open_descriptors() <= before + 3);
    assert_int_equal(swt_staging_commit(staging, &err), 0);
    swt_staging_free(staging);
    assert_int_equal(count_open_descriptors(), before);
    assert_int_equal(count_entries("out"), 7);
    assert_int_equal(count_entries("out/d0"), 286);
}

static void test_a_secret_is_its_owner_s(void **state) {
    (void)state;
    struct swt_error err;
    mode_t before = umask(0);
    struct swt_staging *staging = open_staging("out", false);
    assert_int_equal(swt_staging_begin_secret(staging, "keys/key", &err), 0);
    assert_int_equal(swt_staging_write(staging, "secret", 6, &err), 0);
    stage(staging, "other", "x");
    assert_int_equal(swt_staging_commit(staging, &err), 0);
    swt_staging_free(staging);
    (void)umask(before);
    check_mode("out/keys/key", 0600);
    check_mode("out/other", 0666);
    check_file("out/keys/key", "secret");
}

static void test_a_folder_of_its_own_appears_whole(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_staging *staging = NULL;
    struct stat status;
    assert_int_equal(swt_staging_create("out/", &staging, &err), 0);
    stage(staging, "a", "one");
    stage(staging, "deep/b", "two");
    assert_int_equal(lstat("out", &status), -1);
    assert_int_equal(swt_staging_commit(staging, &err), 0);
    swt_staging_free(SWT_TAKE(staging));
    check_file("out/a", "one");
    check_file("out/deep/b", "two");
    assert_int_equal(count_entries("out"), 2);
    assert_int_equal(count_entries("."), 1);
}

static void test_a_folder_of_its_own_that_is_not_committed_is_gone(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_staging *staging = NULL;
    assert_int_equal(swt_staging_create("out", &staging, &err), 0);
    stage(staging, "deep/b", "two");
    swt_staging_free(staging);
    assert_int_equal(count_entries("."), 0);
}

static void test_a_folder_of_its_own_replaces_only_an_empty_one(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_staging *staging = NULL;
    assert_int_equal(mkdir("out", 0700), 0);
    assert_int_equal(swt_staging_create("out", &staging, &err), 0);
    stage(staging, "a", "one");
    assert_int_equal(swt_staging_commit(staging, &err), 0);
    swt_staging_free(SWT_TAKE(staging));
    check_mode("out", 0700);
    assert_int_equal(swt_staging_create("out", &staging, &err), -SWT_E_EXISTS);
    assert_string_equal(err.file, "out");

    assert_int_equal(mkdir("late", 0755), 0);
    assert_int_equal(swt_staging_create("late", &staging, &err), 0);
    stage(staging, "a", "one");
    put_file("late/file", "precious");
    assert_int_equal(swt_staging_commit(staging, &err), -SWT_E_EXISTS);
    assert_string_equal(err.file, "late");
    swt_staging_free(SWT_TAKE(staging));
    assert_int_equal(count_entries("late"), 1);

    assert_int_equal(swt_staging_create("late/file", &staging, &err), -SWT_E_EXISTS);
    assert_int_equal(swt_staging_create("late/file/x", &staging, &err), -SWT_E_IO);
    assert_int_equal(swt_staging_create("no/out", &staging, &err), -SWT_E_NOT_FOUND);
    assert_int_equal(swt_staging_create(".", &staging, &err), -SWT_E_IO);
    assert_int_equal(swt_staging_create("", &staging, &err), -SWT_E_IO);
    assert_null(staging);
    assert_int_equal(count_entries("."), 2);
}

/* What another process puts into the hidden folder keeps it from being removed. */
static void plant_in_hidden(const char *dir) {
    char path[PATH_MAX];
    glob_t found;
    (void)snprintf(path, sizeof path, "%s/.swupdate-tool.*", dir);
    assert_int_equal(glob(path, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    (void)snprintf(path, sizeof path, "%s/other", found.gl_pathv[0]);
    globfree(&found);
    put_file(path, "x");
}

static void test_a_hidden_folder_that_stays_is_told(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_staging *staging = open_staging("out", false);
    stage(staging, "a", "one");
    plant_in_hidden("out");
    assert_int_equal(swt_staging_commit(staging, &err), 0);
    assert_memory_equal(swt_staging_left(staging), ".swupdate-tool.", 15);
    swt_staging_free(SWT_TAKE(staging));
    check_file("out/a", "one");

    staging = open_staging("clean", false);
    stage(staging, "a", "one");
    assert_int_equal(swt_staging_commit(staging, &err), 0);
    assert_null(swt_staging_left(staging));
    swt_staging_free(SWT_TAKE(staging));
}

static void test_a_folder_of_its_own_has_no_hidden_one(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_staging *staging = NULL;
    assert_int_equal(swt_staging_create("out", &staging, &err), 0);
    stage(staging, "a", "one");
    plant_in_hidden(".out.*");
    assert_int_equal(swt_staging_commit(staging, &err), -SWT_E_IO);
    assert_string_equal(err.file, "out");
    swt_staging_free(SWT_TAKE(staging));
    assert_int_equal(count_entries("."), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_files_appear_together),
        SCRATCH_TEST(test_abort_removes_all_it_made),
        SCRATCH_TEST(test_dir_that_cannot_be_one),
        SCRATCH_TEST(test_unsafe_names_are_refused),
        SCRATCH_TEST(test_an_existing_file_stays_without_force),
        SCRATCH_TEST(test_force_replaces_and_keeps_the_mode),
        SCRATCH_TEST(test_a_directory_in_the_place_of_a_file),
        SCRATCH_TEST(test_a_link_below_dir_is_never_followed),
        SCRATCH_TEST(test_dir_itself_may_be_a_link),
        SCRATCH_TEST(test_a_move_that_fails_takes_back_the_others),
        SCRATCH_TEST(test_two_files_of_one_name),
        SCRATCH_TEST(test_a_hidden_folder_that_stays_is_told),
        SCRATCH_TEST(test_a_folder_of_its_own_has_no_hidden_one),
        SCRATCH_TEST(test_names_that_are_too_long),
        SCRATCH_TEST(test_many_files_need_few_descriptors),
        SCRATCH_TEST(test_a_secret_is_its_owner_s),
        SCRATCH_TEST(test_a_folder_of_its_own_appears_whole),
        SCRATCH_TEST(test_a_folder_of_its_own_that_is_not_committed_is_gone),
        SCRATCH_TEST(test_a_folder_of_its_own_replaces_only_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
