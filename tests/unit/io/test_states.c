/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/scratch.h"
#include "swt/io.h"

#include <sys/file.h>
#include <sys/wait.h>

static void add(struct swt_staging *next, const char *name, const char *text) {
    struct swt_error err;
    assert_int_equal(swt_staging_begin(next, name, &err), 0);
    assert_int_equal(swt_staging_write(next, text, strlen(text), &err), 0);
}

static struct swt_states *open_states(const char *path, bool change) {
    struct swt_error err;
    struct swt_states *states = NULL;
    assert_int_equal(swt_states_open(path, change, &states, &err), 0);
    return states;
}

static struct swt_staging *begin(struct swt_states *states) {
    struct swt_error err;
    struct swt_staging *next = NULL;
    assert_int_equal(swt_states_begin(states, &next, &err), 0);
    return next;
}

/* A directory "dev" whose state has the files a and deep/b. */
static void make_directory(void) {
    struct swt_error err;
    struct swt_states *states = NULL;
    assert_int_equal(swt_states_create("dev", &states, &err), 0);
    struct swt_staging *next = begin(states);
    add(next, "a", "one");
    add(next, "deep/b", "two");
    check_missing("dev");
    assert_int_equal(swt_states_commit(states, &err), 0);
    swt_states_free(states);
}

static void check_current(const char *folder) {
    char name[64] = "";
    assert_true(readlink("dev/current", name, sizeof name - 1) > 0);
    assert_string_equal(name, folder);
}

static void check_reads(const struct swt_states *states, const char *name, const char *text) {
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_reader *file = NULL;
    assert_int_equal(swt_states_open_file(states, name, &file, &err), 0);
    assert_int_equal(swt_reader_read_all(file, 64, &bytes, &err), 0);
    assert_string_equal(swt_buf_text(&bytes), text);
    swt_reader_free(file);
    swt_buf_done(&bytes);
}

static void check_open_fails(const char *path, int code, const char *file) {
    struct swt_error err;
    struct swt_states *states = NULL;
    assert_int_equal(swt_states_open(path, false, &states, &err), code);
    assert_null(states);
    assert_string_equal(err.file, file);
}

static void check_file_fails(const struct swt_states *states, const char *name, int code) {
    struct swt_error err;
    struct swt_reader *file = NULL;
    assert_int_equal(swt_states_open_file(states, name, &file, &err), code);
    assert_null(file);
}

static void test_a_directory_appears_whole(void **state) {
    (void)state;
    make_directory();
    assert_int_equal(count_entries("."), 1);
    assert_int_equal(count_entries("dev"), 2);
    check_current("state.1");
    check_file("dev/current/a", "one");
    check_file("dev/current/deep/b", "two");
    struct swt_states *states = open_states("dev", false);
    check_reads(states, "deep/b", "two");
    assert_string_equal(swt_states_path(states), "dev");
    swt_states_free(states);
}

static void test_a_directory_that_is_not_committed_is_gone(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_states *states = NULL;
    assert_int_equal(swt_states_create("dev//", &states, &err), 0);
    add(begin(states), "a/b/c", "x");
    swt_states_free(states);
    assert_int_equal(count_entries("."), 0);
}

static void test_only_an_empty_folder_is_replaced(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_states *states = NULL;
    assert_int_equal(mkdir("dev", 0755), 0);
    assert_int_equal(swt_states_create("dev", &states, &err), 0);
    add(begin(states), "a", "x");
    /* Somebody was faster. */
    put_file("dev/file", "precious");
    assert_int_equal(swt_states_commit(states, &err), -SWT_E_EXISTS);
    swt_states_free(SWT_TAKE(states));
    check_file("dev/file", "precious");
    assert_int_equal(count_entries("."), 1);

    assert_int_equal(swt_states_create("dev", &states, &err), -SWT_E_EXISTS);
    put_file("file", "x");
    assert_int_equal(swt_states_create("file", &states, &err), -SWT_E_EXISTS);
    assert_int_equal(symlink("nowhere", "link"), 0);
    assert_int_equal(swt_states_create("link", &states, &err), -SWT_E_EXISTS);
    assert_int_equal(swt_states_create("no/dev", &states, &err), -SWT_E_NOT_FOUND);
    assert_int_equal(swt_states_create("..", &states, &err), -SWT_E_IO);
    assert_int_equal(swt_states_create("/", &states, &err), -SWT_E_IO);
    assert_null(states);
    assert_int_equal(count_entries("."), 3);
}

static void test_a_change_is_one_rename(void **state) {
    (void)state;
    struct swt_error err;
    make_directory();
    struct swt_states *states = open_states("dev", true);
    struct swt_staging *next = begin(states);
    add(next, "a", "new");
    check_file("dev/current/a", "one");
    check_reads(states, "a", "one");
    assert_int_equal(swt_states_commit(states, &err), 0);
    check_current("state.2");
    check_file("dev/current/a", "new");
    check_missing("dev/current/deep");
    assert_int_equal(count_entries("dev"), 2);
    /* The same object goes on. */
    check_reads(states, "a", "new");
    check_file_fails(states, "deep/b", -SWT_E_NOT_FOUND);
    add(begin(states), "a", "newer");
    assert_int_equal(swt_states_commit(states, &err), 0);
    check_current("state.3");
    swt_states_free(states);
    assert_int_equal(count_entries("dev"), 2);
    assert_int_equal(count_entries("dev/state.3"), 1);
}

static void test_a_change_that_is_dropped_leaves_nothing(void **state) {
    (void)state;
    make_directory();
    struct swt_states *states = open_states("dev", true);
    add(begin(states), "x/y/z", "new");
    assert_int_equal(count_entries("dev"), 3);
    swt_states_free(states);
    assert_int_equal(count_entries("dev"), 2);
    check_file("dev/current/a", "one");
}

static void test_a_file_stays_one_file(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_reader *file = NULL;
    struct stat before;
    struct stat after;
    make_directory();
    assert_int_equal(stat("dev/current/deep/b", &before), 0);
    struct swt_states *states = open_states("dev", true);
    struct swt_staging *next = begin(states);
    assert_int_equal(swt_states_open_file(states, "deep/b", &file, &err), 0);
    /* The file that is open, whatever its name leads to meanwhile. */
    assert_int_equal(rename("dev/current/deep/b", "dev/current/deep/old"), 0);
    put_file("dev/current/deep/b", "planted");
    assert_int_equal(swt_staging_keep(next, "other/c", file, &err), 0);
    swt_reader_free(file);
    assert_int_equal(swt_states_commit(states, &err), 0);
    swt_states_free(states);
    check_file("dev/current/other/c", "two");
    assert_int_equal(stat("dev/current/other/c", &after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
}

static void test_current_leads_to_a_folder_beside_it_only(void **state) {
    (void)state;
    static const char *const TARGETS[] = {
        ".",       "..",   "../dev/state.1", "state.1/",    "state.1/.", "/tmp",
        "missing", "file", "link",           "deep/folder", ""};
    make_directory();
    assert_int_equal(mkdir("dev/deep", 0755), 0);
    assert_int_equal(mkdir("dev/deep/folder", 0755), 0);
    assert_int_equal(symlink("state.1", "dev/link"), 0);
    put_file("dev/file", "x");
    for (size_t i = 0; TARGETS[i][0] != '\0'; i++) {
        assert_int_equal(unlink("dev/current"), 0);
        assert_int_equal(symlink(TARGETS[i], "dev/current"), 0);
        check_open_fails("dev", -SWT_E_DEVICE_STATE, "dev/current");
    }
    assert_int_equal(unlink("dev/current"), 0);
    check_open_fails("dev", -SWT_E_DEVICE_STATE, "dev/current");
    put_file("dev/current", "state.1");
    check_open_fails("dev", -SWT_E_DEVICE_STATE, "dev/current");
    check_open_fails("dev/file", -SWT_E_DEVICE_STATE, "dev/file");
    check_open_fails("nothing", -SWT_E_NOT_FOUND, "nothing");
}

static void test_no_link_is_followed_to_a_file(void **state) {
    (void)state;
    make_directory();
    put_file("secret", "x");
    assert_int_equal(symlink("../../secret", "dev/current/link"), 0);
    assert_int_equal(symlink("deep", "dev/current/folder"), 0);
    assert_int_equal(mkfifo("dev/current/pipe", 0644), 0);
    struct swt_states *states = open_states("dev", false);
    check_file_fails(states, "link", -SWT_E_DEVICE_STATE);
    check_file_fails(states, "folder/b", -SWT_E_DEVICE_STATE);
    check_file_fails(states, "pipe", -SWT_E_DEVICE_STATE);
    check_file_fails(states, "deep", -SWT_E_DEVICE_STATE);
    check_file_fails(states, "a/b", -SWT_E_DEVICE_STATE);
    check_file_fails(states, "../../secret", -SWT_E_DEVICE_STATE);
    check_file_fails(states, "deep/../a", -SWT_E_DEVICE_STATE);
    check_file_fails(states, "/etc/passwd", -SWT_E_DEVICE_STATE);
    check_file_fails(states, "", -SWT_E_DEVICE_STATE);
    check_file_fails(states, "missing", -SWT_E_NOT_FOUND);
    check_file_fails(states, "missing/b", -SWT_E_NOT_FOUND);
    swt_states_free(states);
}

static void test_leftovers_are_removed_and_nothing_else(void **state) {
    (void)state;
    struct swt_error err;
    make_directory();
    put_file("precious", "x");
    assert_int_equal(mkdir("dev/state.9", 0755), 0);
    assert_int_equal(mkdir("dev/state.9/a", 0755), 0);
    assert_int_equal(symlink("../../..", "dev/state.9/a/up"), 0);
    put_file("dev/state.9/a/file", "x");
    assert_int_equal(symlink("state.9", "dev/.current.abcDEF"), 0);
    put_file("dev/.current.abcDEG", "a file, no link of ours");
    assert_int_equal(symlink("/", "dev/state.7"), 0);
    assert_int_equal(mkdir("dev/state.08", 0755), 0);
    assert_int_equal(mkdir("dev/state.", 0755), 0);
    struct swt_states *states = open_states("dev", true);
    (void)begin(states);
    assert_int_equal(swt_states_commit(states, &err), 0);
    swt_states_free(states);
    check_missing("dev/state.9");
    check_missing("dev/.current.abcDEF");
    check_file("dev/.current.abcDEG", "a file, no link of ours");
    check_file("precious", "x");
    assert_int_equal(count_entries("dev"), 6);
    check_current("state.2");
}

static void test_numbers_that_are_taken_or_too_high(void **state) {
    (void)state;
    struct swt_error err;
    make_directory();
    assert_int_equal(rename("dev/state.1", "dev/state.4294967295"), 0);
    assert_int_equal(unlink("dev/current"), 0);
    assert_int_equal(symlink("state.4294967295", "dev/current"), 0);
    put_file("dev/state.1", "taken");
    struct swt_states *states = open_states("dev", true);
    (void)begin(states);
    assert_int_equal(swt_states_commit(states, &err), 0);
    swt_states_free(states);
    check_current("state.2");
    check_file("dev/state.1", "taken");
    check_missing("dev/state.4294967295");
}

/* A child that opens the directory; what it exits with is whether that worked at once. */
static bool child_can_lock(int operation) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open("dev", O_RDONLY | O_DIRECTORY);
        _exit(fd >= 0 && flock(fd, operation | LOCK_NB) == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status == 0;
}

static void test_one_changes_and_many_read(void **state) {
    (void)state;
    make_directory();
    struct swt_states *reader = open_states("dev", false);
    assert_true(child_can_lock(LOCK_SH));
    assert_false(child_can_lock(LOCK_EX));
    struct swt_states *other = open_states("dev", false);
    swt_states_free(reader);
    swt_states_free(other);
    struct swt_states *writer = open_states("dev", true);
    assert_false(child_can_lock(LOCK_SH));
    swt_states_free(writer);
    assert_true(child_can_lock(LOCK_EX));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_a_directory_appears_whole),
        SCRATCH_TEST(test_a_directory_that_is_not_committed_is_gone),
        SCRATCH_TEST(test_only_an_empty_folder_is_replaced),
        SCRATCH_TEST(test_a_change_is_one_rename),
        SCRATCH_TEST(test_a_change_that_is_dropped_leaves_nothing),
        SCRATCH_TEST(test_a_file_stays_one_file),
        SCRATCH_TEST(test_current_leads_to_a_folder_beside_it_only),
        SCRATCH_TEST(test_no_link_is_followed_to_a_file),
        SCRATCH_TEST(test_leftovers_are_removed_and_nothing_else),
        SCRATCH_TEST(test_numbers_that_are_taken_or_too_high),
        SCRATCH_TEST(test_one_changes_and_many_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
