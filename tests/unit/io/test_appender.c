/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that lines are appended to. The system calls below take the place of the C library's in
 * this program, so that each can fail when a test says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/scratch.h"
#include "swt/io.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct {
    int write_room; /* bytes that still fit, then ENOSPC; negative: any number */
    bool crawl;     /* a write moves a byte, and is interrupted every second time */
    bool turn;
    bool no_sync, no_cut, no_reserve;
} fault = {.write_room = -1};

ssize_t write(int fd, const void *data, size_t size) {
    if (fault.crawl && (fault.turn = !fault.turn)) {
        errno = EINTR;
        return -1;
    }
    if (fault.crawl && size > 1)
        size = 1;
    if (fault.write_room == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (fault.write_room > 0 && size > (size_t)fault.write_room)
        size = (size_t)fault.write_room;
    if (fault.write_room > 0)
        fault.write_room -= (int)size;
    return (ssize_t)syscall(SYS_write, fd, data, size);
}

static int result_of(bool refused, int errnum, long result) {
    if (!refused)
        return (int)result;
    errno = errnum;
    return -1;
}

int fdatasync(int fd) {
    return result_of(fault.no_sync, EIO, fault.no_sync ? 0 : syscall(SYS_fdatasync, fd));
}

int ftruncate(int fd, off_t size) {
    return result_of(fault.no_cut, EPERM, fault.no_cut ? 0 : syscall(SYS_ftruncate, fd, size));
}

int fallocate(int fd, int mode, off_t offset, off_t size) {
    (void)fd;
    (void)mode;
    (void)offset;
    (void)size;
    return result_of(true, fault.no_reserve ? ENOSPC : EOPNOTSUPP, 0);
}

#define CAP 64

static struct swt_appender *open_locked(const char *path) {
    struct swt_appender *appender = NULL;
    struct swt_error err;
    assert_int_equal(swt_appender_open(path, true, &appender, &err), 0);
    assert_int_equal(swt_appender_lock(appender, 1, false, &err), 0);
    return appender;
}

static int append_text(const char *path, const char *line, struct swt_error *err) {
    struct swt_appender *appender = open_locked(path);
    int result = swt_appender_append(appender, swt_slice_text(line), err);
    swt_appender_free(appender);
    return result;
}

/* NULL: the file is empty. */
static void expect_last(const char *path, const char *text) {
    struct swt_appender *appender = open_locked(path);
    struct swt_buf line = {0};
    struct swt_error err;
    bool found = false;
    assert_int_equal(swt_appender_last_line(appender, CAP, &line, &found, &err), 0);
    assert_int_equal(found, text != NULL);
    assert_string_equal(swt_buf_text(&line), text == NULL ? "" : text);
    swt_buf_done(&line);
    swt_appender_free(appender);
}

static void expect_no_last(const char *path, const char *part) {
    struct swt_appender *appender = open_locked(path);
    struct swt_buf line = {0};
    struct swt_error err;
    bool found;
    assert_int_equal(swt_appender_last_line(appender, CAP, &line, &found, &err), -SWT_E_FILE_KIND);
    assert_non_null(strstr(err.message, part));
    assert_string_equal(err.file, path);
    swt_appender_free(appender);
}

static void test_lines_are_appended(void **state) {
    (void)state;
    struct swt_error err;
    mode_t before = umask(027);
    expect_last("log", NULL);
    check_mode("log", 0640);
    (void)umask(before);
    assert_int_equal(append_text("log", "one\n", &err), 0);
    expect_last("log", "one");
    assert_int_equal(append_text("log", "two\n", &err), 0);
    expect_last("log", "two");
    check_file("log", "one\ntwo\n");
}

static void test_the_last_line_is_whole_and_short(void **state) {
    (void)state;
    char line[CAP + 3];
    memset(line, 'x', sizeof line);
    memcpy(line + CAP, "\n", 2);
    put_file("longest", line);
    line[CAP] = '\0';
    expect_last("longest", line);
    memcpy(line + CAP, "x\n", 3);
    put_file("too long", line);
    expect_no_last("too long", "longer than 64 bytes");
    FILE *file = fopen("longest after others", "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        assert_true(fputs("another\n", file) >= 0);
    line[CAP] = '\0';
    assert_true(fprintf(file, "%s\n", line) > 0);
    assert_int_equal(fclose(file), 0);
    expect_last("longest after others", line);
    put_file("torn", "one\ntw");
    expect_no_last("torn", "cut off");
    put_file("one torn", "x");
    expect_no_last("one torn", "cut off");
    put_file("blank", "\n");
    expect_last("blank", "");
    put_file("blank at the end", "one\n\n");
    expect_last("blank at the end", "");
}

static void test_only_regular_files(void **state) {
    (void)state;
    static const char *const OTHERS[] = {"fifo", ".", "/dev/null", "/dev/full", "link to a fifo"};
    struct swt_appender *appender = NULL;
    struct swt_error err;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(symlink("fifo", "link to a fifo"), 0);
    for (size_t i = 0; i < SWT_COUNT(OTHERS); i++) {
        assert_int_equal(swt_appender_open(OTHERS[i], true, &appender, &err), -SWT_E_FILE_KIND);
        assert_string_equal(err.file, OTHERS[i]);
    }
    assert_int_equal(swt_appender_open("none", false, &appender, &err), -SWT_E_NOT_FOUND);
    assert_int_equal(swt_appender_open("no/log", true, &appender, &err), -SWT_E_NOT_FOUND);
    assert_null(appender);
    check_missing("none");
}

static void test_links_are_followed(void **state) {
    (void)state;
    struct swt_error err;
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(symlink("folder/log", "link"), 0);
    assert_int_equal(append_text("link", "one\n", &err), 0);
    assert_int_equal(append_text("link", "two\n", &err), 0);
    check_file("folder/log", "one\ntwo\n");
}

static void test_one_at_a_time(void **state) {
    (void)state;
    struct swt_appender *first = open_locked("log");
    struct swt_appender *second = NULL;
    struct swt_error err;
    assert_int_equal(swt_appender_open("log", true, &second, &err), 0);
    assert_int_equal(swt_appender_lock(second, 1, false, &err), -SWT_E_IO);
    assert_non_null(strstr(err.message, "locked for 1 s"));
    assert_string_equal(err.file, "log");
    swt_appender_unlock(first);
    assert_int_equal(swt_appender_lock(second, 1, false, &err), 0);
    swt_appender_free(second);
    /* What is freed is unlocked. */
    assert_int_equal(swt_appender_lock(first, 1, false, &err), 0);
    swt_appender_free(first);
    swt_appender_free(NULL);
}

static void test_a_log_that_is_gone_is_none(void **state) {
    (void)state;
    struct swt_appender *appender = NULL;
    struct swt_error err;
    assert_int_equal(swt_appender_open("log", true, &appender, &err), 0);
    assert_int_equal(unlink("log"), 0);
    assert_int_equal(swt_appender_lock(appender, 1, false, &err), -SWT_E_IO);
    assert_non_null(strstr(err.message, "deleted"));
    swt_appender_free(appender);
}

static void test_short_writes_go_on(void **state) {
    (void)state;
    struct swt_error err;
    fault.crawl = true;
    int result = append_text("log", "one line\n", &err);
    fault.crawl = false;
    assert_int_equal(result, 0);
    check_file("log", "one line\n");
}

static void test_half_a_line_is_taken_back(void **state) {
    (void)state;
    struct swt_error err;
    put_file("log", "one\n");
    for (int room = 0; room < 4; room++) {
        fault.write_room = room;
        int result = append_text("log", "two\n", &err);
        fault.write_room = -1;
        assert_int_equal(result, -SWT_E_NO_SPACE);
        assert_string_equal(err.file, "log");
        check_file("log", "one\n");
    }
    fault.no_sync = true;
    assert_int_equal(append_text("log", "two\n", &err), -SWT_E_IO);
    fault.no_sync = false;
    check_file("log", "one\n");
    fault.no_reserve = true;
    assert_int_equal(append_text("log", "two\n", &err), -SWT_E_NO_SPACE);
    fault.no_reserve = false;
    check_file("log", "one\n");
}

/* As in a file that may only grow. */
static void test_what_cannot_be_taken_back_is_told(void **state) {
    (void)state;
    struct swt_error err;
    put_file("log", "one\n");
    fault.write_room = 2;
    fault.no_cut = true;
    int result = append_text("log", "two\n", &err);
    fault.write_room = -1;
    fault.no_cut = false;
    assert_int_equal(result, -SWT_E_NO_SPACE);
    assert_non_null(strstr(err.message, "damaged"));
    check_file("log", "one\ntw");
}

/* In a process of its own: the signal cannot be forgotten again. Its exit status says what failed.
 */
static int wait_after_signal(void) {
    struct swt_appender *holder = open_locked("log");
    struct swt_appender *appender = NULL;
    struct swt_error err;
    swt_io_setup();
    if (swt_appender_open("log", true, &appender, &err) < 0 || raise(SIGINT) != 0)
        return 1;
    if (swt_appender_lock(appender, 60, false, &err) != -SWT_E_INTERRUPTED)
        return 2;
    /* The second line of a use is still worth some seconds. */
    if (swt_appender_lock(appender, 1, true, &err) != -SWT_E_IO)
        return 3;
    swt_appender_unlock(holder);
    if (swt_appender_lock(appender, 60, true, &err) != 0)
        return 4;
    if (swt_appender_append(appender, swt_slice_text("x\n"), &err) != 0)
        return 5;
    swt_appender_free(holder);
    swt_appender_free(appender);
    return 0;
}

static void test_signals_end_the_wait(void **state) {
    (void)state;
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(wait_after_signal());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    check_file("log", "x\n");
}

static void test_places(void **state) {
    (void)state;
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(symlink("folder/new", "link"), 0);
    put_file("old", "");
    assert_int_equal(link("old", "folder/other name"), 0);
    assert_true(swt_same_place("new", "./new"));
    assert_true(swt_same_place("folder/new", "folder/../folder/new"));
    assert_true(swt_same_place("link", "folder/new"));
    assert_true(swt_same_place("old", "folder/other name"));
    assert_false(swt_same_place("new", "folder/new"));
    assert_false(swt_same_place("new", "newer"));
    assert_false(swt_same_place("nowhere/new", "new"));
    assert_false(swt_same_place("-", "-"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_lines_are_appended),
        SCRATCH_TEST(test_the_last_line_is_whole_and_short),
        SCRATCH_TEST(test_only_regular_files),
        SCRATCH_TEST(test_links_are_followed),
        SCRATCH_TEST(test_one_at_a_time),
        SCRATCH_TEST(test_a_log_that_is_gone_is_none),
        SCRATCH_TEST(test_short_writes_go_on),
        SCRATCH_TEST(test_half_a_line_is_taken_back),
        SCRATCH_TEST(test_what_cannot_be_taken_back_is_told),
        SCRATCH_TEST(test_signals_end_the_wait),
        SCRATCH_TEST(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
