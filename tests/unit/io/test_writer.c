/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/scratch.h"
#include "swt/io.h"

#include <sys/resource.h>
#include <sys/wait.h>

static const struct swt_writer_options exclusive = {.exclusive = true};
static const struct swt_writer_options secret = {.secret = true};

static int write_text(const char *path, const struct swt_writer_options *options, const char *text,
                      struct swt_error *err) {
    return swt_write_file(path, options, swt_slice_text(text), err);
}

static void test_appears_at_commit_only(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_writer *writer = NULL;
    assert_int_equal(swt_writer_open("out", NULL, &writer, &err), 0);
    assert_int_equal(swt_writer_write(writer, "hello ", 6, &err), 0);
    assert_int_equal(swt_writer_write(writer, "world", 5, &err), 0);
    assert_int_equal(swt_writer_write(writer, NULL, 0, &err), 0);
    assert_true(swt_writer_offset(writer) == 11);
    check_missing("out");
    assert_int_equal(swt_writer_commit(writer, &err), 0);
    swt_writer_free(writer);
    check_file("out", "hello world");
    assert_int_equal(count_entries("."), 1);
}

static void test_abort_leaves_nothing(void **state) {
    (void)state;
    struct swt_error err;
    put_file("old", "old");
    struct swt_writer *writer = NULL;
    assert_int_equal(swt_writer_open("old", NULL, &writer, &err), 0);
    assert_int_equal(swt_writer_write(writer, "new", 3, &err), 0);
    swt_writer_free(writer);
    assert_int_equal(swt_writer_open("new", NULL, &writer, &err), 0);
    swt_writer_free(writer);
    swt_writer_free(NULL);
    check_file("old", "old");
    assert_int_equal(count_entries("."), 1);
}

static void test_mode_follows_the_umask_or_the_old_file(void **state) {
    (void)state;
    struct swt_error err;
    mode_t before = umask(027);
    assert_int_equal(write_text("new", NULL, "x", &err), 0);
    check_mode("new", 0640);
    put_file("old", "old");
    assert_int_equal(chmod("old", 0755), 0);
    assert_int_equal(write_text("old", NULL, "x", &err), 0);
    check_mode("old", 0755);
    assert_int_equal(chmod("old", 0444), 0);
    assert_int_equal(write_text("old", NULL, "y", &err), 0);
    check_mode("old", 0444);
    check_file("old", "y");
    (void)umask(before);
    assert_int_equal(count_entries("."), 2);
}

static void test_secret_is_the_owners_whatever_the_umask(void **state) {
    (void)state;
    struct swt_error err;
    mode_t before = umask(0);
    struct swt_writer *writer = NULL;
    assert_int_equal(swt_writer_open("key", &secret, &writer, &err), 0);
    assert_int_equal(swt_writer_commit(writer, &err), 0);
    swt_writer_free(writer);
    check_mode("key", 0600);
    put_file("old", "old");
    assert_int_equal(chmod("old", 0666), 0);
    assert_int_equal(write_text("old", &secret, "x", &err), 0);
    check_mode("old", 0600);
    (void)umask(0777);
    assert_int_equal(write_text("shut", &secret, "x", &err), 0);
    check_mode("shut", 0600);
    (void)umask(before);
}

static void test_a_links_target_is_replaced(void **state) {
    (void)state;
    struct swt_error err;
    struct stat status;
    assert_int_equal(mkdir("folder", 0777), 0);
    put_file("folder/file", "old");
    assert_int_equal(chmod("folder/file", 0600), 0);
    assert_int_equal(symlink("file", "folder/second"), 0);
    assert_int_equal(symlink("folder/second", "first"), 0);
    assert_int_equal(write_text("first", NULL, "new", &err), 0);
    check_file("folder/file", "new");
    check_mode("folder/file", 0600);
    assert_int_equal(lstat("first", &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(lstat("folder/second", &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(count_entries("."), 2);
    assert_int_equal(count_entries("folder"), 2);
}

static void test_a_dangling_links_target_is_created(void **state) {
    (void)state;
    struct swt_error err;
    assert_int_equal(mkdir("folder", 0777), 0);
    assert_int_equal(symlink("folder/new", "link"), 0);
    assert_int_equal(write_text("link", &exclusive, "x", &err), -SWT_E_EXISTS);
    assert_int_equal(write_text("link", NULL, "new", &err), 0);
    check_file("folder/new", "new");
    check_file("link", "new");
    assert_int_equal(symlink("missing/new", "nowhere"), 0);
    assert_int_equal(write_text("nowhere", NULL, "x", &err), -SWT_E_NOT_FOUND);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(write_text("loop", NULL, "x", &err), -SWT_E_IO);
}

static void test_a_hard_link_keeps_the_old_bytes(void **state) {
    (void)state;
    struct swt_error err;
    put_file("a", "old");
    assert_int_equal(link("a", "b"), 0);
    assert_int_equal(write_text("a", NULL, "new", &err), 0);
    check_file("a", "new");
    check_file("b", "old");
}

static void test_refuses_what_is_no_file_name(void **state) {
    (void)state;
    struct swt_error err;
    assert_int_equal(mkdir("folder", 0777), 0);
    assert_int_equal(symlink("folder", "link"), 0);
    static const char *const refused[] = {"folder", "folder/", "link", ".", "..", "/", "", "new/"};
    for (size_t i = 0; i < SWT_COUNT(refused); i++) {
        struct swt_writer *writer = NULL;
        assert_int_equal(swt_writer_open(refused[i], NULL, &writer, &err), -SWT_E_IO);
        assert_null(writer);
        assert_string_equal(err.file, refused[i]);
    }
    assert_int_equal(write_text("missing/new", NULL, "x", &err), -SWT_E_NOT_FOUND);
    assert_string_equal(err.file, "missing/new");
    put_file("file", "x");
    assert_int_equal(write_text("file/new", NULL, "x", &err), -SWT_E_IO);
    assert_int_equal(count_entries("."), 3);
}

static void test_exclusive(void **state) {
    (void)state;
    struct swt_error err;
    put_file("old", "old");
    struct swt_writer *writer = NULL;
    assert_int_equal(swt_writer_open("old", &exclusive, &writer, &err), -SWT_E_EXISTS);
    assert_string_equal(err.file, "old");
    assert_int_equal(write_text("new", &exclusive, "new", &err), 0);
    check_file("new", "new");

    /* One that appears while we write is not replaced either. */
    assert_int_equal(swt_writer_open("late", &exclusive, &writer, &err), 0);
    put_file("late", "theirs");
    assert_int_equal(swt_writer_commit(writer, &err), -SWT_E_EXISTS);
    swt_writer_free(writer);
    check_file("late", "theirs");
    assert_int_equal(count_entries("."), 3);
}

static void open_both(const struct swt_writer_options *options, struct swt_writer *ret_both[2]) {
    static const char *const names[] = {"first", "second"};
    struct swt_error err;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(swt_writer_open(names[i], options, &ret_both[i], &err), 0);
        assert_int_equal(swt_writer_write(ret_both[i], "new", 3, &err), 0);
    }
}

static void withdraw_both(struct swt_writer *const both[2]) {
    for (size_t i = 0; i < 2; i++) {
        swt_writer_withdraw(both[i]);
        swt_writer_free(both[i]);
    }
}

static void test_two_that_belong_together(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_writer *both[2];
    open_both(&exclusive, both);
    put_file("second", "precious");
    assert_int_equal(swt_writer_commit_both(both[0], both[1], &err), -SWT_E_EXISTS);
    assert_string_equal(err.file, "second");
    withdraw_both(both);
    check_missing("first");
    check_file("second", "precious");

    put_file("first", "old");
    open_both(NULL, both);
    assert_int_equal(swt_writer_commit_both(both[0], both[1], &err), 0);
    assert_true(swt_writer_placed(both[0]) && swt_writer_placed(both[1]));
    withdraw_both(both);
    check_file("first", "new");
    check_file("second", "new");
    assert_int_equal(count_entries("."), 2);
}

/* What was replaced cannot come back. */
static void test_one_of_two_that_cannot_be_placed(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_writer *both[2];
    put_file("first", "old");
    open_both(NULL, both);
    assert_int_equal(mkdir("second", 0777), 0);
    assert_int_equal(swt_writer_commit_both(both[0], both[1], &err), -SWT_E_IO);
    assert_string_equal(err.file, "second");
    assert_true(swt_writer_placed(both[0]) && !swt_writer_placed(both[1]));
    withdraw_both(both);
    check_file("first", "new");
    assert_int_equal(count_entries("."), 2);
    assert_false(swt_writer_placed(NULL));
}

static void test_replaces_what_appears_meanwhile(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_writer *writer = NULL;
    assert_int_equal(swt_writer_open("out", NULL, &writer, &err), 0);
    assert_int_equal(swt_writer_write(writer, "ours", 4, &err), 0);
    put_file("out", "theirs");
    assert_int_equal(swt_writer_commit(writer, &err), 0);
    swt_writer_free(writer);
    check_file("out", "ours");
    assert_int_equal(count_entries("."), 1);

    /* A directory cannot be replaced; what we made goes. */
    assert_int_equal(swt_writer_open("folder", NULL, &writer, &err), 0);
    assert_int_equal(mkdir("folder", 0777), 0);
    assert_true(swt_writer_commit(writer, &err) < 0);
    swt_writer_free(writer);
    assert_int_equal(count_entries("."), 2);
}

static void test_long_names(void **state) {
    (void)state;
    struct swt_error err;
    char name[257];
    memset(name, 'n', sizeof name);
    name[255] = '\0';
    assert_int_equal(write_text(name, NULL, "1", &err), 0);
    assert_int_equal(write_text(name, NULL, "2", &err), 0);
    check_file(name, "2");
    name[255] = 'n';
    name[256] = '\0';
    assert_int_equal(write_text(name, NULL, "1", &err), -SWT_E_IO);
    assert_int_equal(count_entries("."), 1);
}

static void test_devices_are_streamed_to(void **state) {
    (void)state;
    struct swt_error err;
    assert_int_equal(write_text("/dev/null", NULL, "x", &err), 0);
    assert_int_equal(write_text("/dev/null", &exclusive, "x", &err), -SWT_E_EXISTS);
    assert_int_equal(write_text("/dev/full", NULL, "x", &err), -SWT_E_NO_SPACE);
    assert_string_equal(err.file, "/dev/full");
    struct stat status;
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
}

static int wait_for(pid_t child) {
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void test_a_fifo_is_streamed_to(void **state) {
    (void)state;
    struct swt_error err;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    size_t size = 1000000; /* more than a pipe holds: writes come back short */
    pid_t child = fork();
    if (child == 0) {
        int fd = open("fifo", O_RDONLY);
        char data[5000];
        size_t total = 0;
        for (ssize_t got; (got = read(fd, data, sizeof data)) > 0; total += (size_t)got)
            ;
        _exit(total == size ? 0 : 1);
    }
    uint8_t *data = calloc(1, size);
    assert_non_null(data);
    assert_int_equal(swt_write_file("fifo", NULL, swt_slice_of(data, size), &err), 0);
    free(data);
    assert_int_equal(wait_for(child), 0);
    struct stat status;
    assert_int_equal(lstat("fifo", &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
    assert_int_equal(count_entries("."), 1);
}

/* Each in a child, since it takes standard output away. 0 when the code is as expected. */
static int write_to_stdout(int fd, const char *path, int expected) {
    struct swt_error err;
    if (dup2(fd, 1) != 1)
        return 1;
    int r = write_text(path, NULL, "hello", &err);
    if (r != expected)
        return 2;
    return fcntl(1, F_GETFD) < 0 ? 3 : 0; /* nothing else may become descriptor 1 */
}

static void test_standard_output(void **state) {
    (void)state;
    swt_io_setup(); /* for SIGPIPE */
    int fd = open("out", O_WRONLY | O_CREAT, 0666);
    pid_t child = fork();
    if (child == 0)
        _exit(write_to_stdout(fd, "-", 0));
    assert_int_equal(wait_for(child), 0);
    assert_int_equal(close(fd), 0);
    check_file("out", "hello");
    check_missing("-");

    int full = open("/dev/full", O_WRONLY);
    child = fork();
    if (child == 0)
        _exit(write_to_stdout(full, "-", -SWT_E_NO_SPACE));
    assert_int_equal(wait_for(child), 0);
    assert_int_equal(close(full), 0);

    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(close(ends[0]), 0);
    child = fork();
    if (child == 0)
        _exit(write_to_stdout(ends[1], "-", -SWT_E_PIPE));
    assert_int_equal(wait_for(child), 0);
    assert_int_equal(close(ends[1]), 0);
}

static void test_dev_stdout_is_a_door_not_a_name(void **state) {
    (void)state;
    put_file("out", "old and longer");
    struct stat before, after;
    assert_int_equal(stat("out", &before), 0);
    int fd = open("out", O_WRONLY);
    pid_t child = fork();
    if (child == 0)
        _exit(write_to_stdout(fd, "/dev/stdout", 0));
    assert_int_equal(wait_for(child), 0);
    assert_int_equal(close(fd), 0);
    check_file("out", "hellond longer"); /* as "-" does: what there was is the caller's */
    assert_int_equal(stat("out", &after), 0);
    assert_true(before.st_ino == after.st_ino);
    assert_int_equal(count_entries("."), 1);
}

static void test_a_non_blocking_pipe_is_waited_for(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    pid_t child = fork();
    if (child == 0) {
        struct swt_error err;
        static uint8_t data[500000];
        (void)close(ends[0]);
        if (dup2(ends[1], 1) != 1)
            _exit(1);
        _exit(swt_write_file("-", NULL, swt_slice_of(data, sizeof data), &err) < 0);
    }
    assert_int_equal(close(ends[1]), 0);
    size_t total = 0;
    char data[4096];
    for (ssize_t got; (got = read(ends[0], data, sizeof data)) != 0;) {
        if (got > 0)
            total += (size_t)got;
        else
            (void)usleep(1000);
    }
    assert_int_equal(total, 500000);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(wait_for(child), 0);
}

/* A limit on file sizes stands in for a full disk: the write fails midway. */
static int write_over_the_limit(void) {
    struct swt_error err;
    static uint8_t data[100000];
    swt_io_setup();
    struct rlimit limit = {.rlim_cur = 50000, .rlim_max = 50000};
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
        return 1;
    return swt_write_file("old", NULL, swt_slice_of(data, sizeof data), &err) != -SWT_E_IO;
}

static void test_a_failed_write_leaves_the_old_file(void **state) {
    (void)state;
    put_file("old", "old");
    pid_t child = fork();
    if (child == 0)
        _exit(write_over_the_limit());
    assert_int_equal(wait_for(child), 0);
    check_file("old", "old");
    assert_int_equal(count_entries("."), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_appears_at_commit_only),
        SCRATCH_TEST(test_abort_leaves_nothing),
        SCRATCH_TEST(test_mode_follows_the_umask_or_the_old_file),
        SCRATCH_TEST(test_secret_is_the_owners_whatever_the_umask),
        SCRATCH_TEST(test_a_links_target_is_replaced),
        SCRATCH_TEST(test_a_dangling_links_target_is_created),
        SCRATCH_TEST(test_a_hard_link_keeps_the_old_bytes),
        SCRATCH_TEST(test_refuses_what_is_no_file_name),
        SCRATCH_TEST(test_exclusive),
        SCRATCH_TEST(test_two_that_belong_together),
        SCRATCH_TEST(test_one_of_two_that_cannot_be_placed),
        SCRATCH_TEST(test_replaces_what_appears_meanwhile),
        SCRATCH_TEST(test_long_names),
        SCRATCH_TEST(test_devices_are_streamed_to),
        SCRATCH_TEST(test_a_fifo_is_streamed_to),
        SCRATCH_TEST(test_standard_output),
        SCRATCH_TEST(test_dev_stdout_is_a_door_not_a_name),
        SCRATCH_TEST(test_a_non_blocking_pipe_is_waited_for),
        SCRATCH_TEST(test_a_failed_write_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
