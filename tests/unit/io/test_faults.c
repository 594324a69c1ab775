/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls below take the place of the C library's in this program, so that each of them
 * can fail when a test says so: file systems without O_TMPFILE or renameat2's flags, short writes,
 * and errors at every single call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/scratch.h"
#include "swt/io.h"

#include <errno.h>
#include <sys/syscall.h>

static struct {
    bool no_proc;    /* so no unnamed files */
    bool no_flags;   /* renameat2 knows none */
    bool no_links;   /* as on FAT */
    bool no_unlink;  /* the next one fails */
    bool crawl;      /* reads and writes move a byte, and EINTR comes before each */
    bool crawl_turn; /* EINTR is next */
    int fail_at;     /* this call, counted from 1, fails; 0: none */
    int calls;       /* so far */
    int fail_errno;  /* with that */
} fault;

static bool fails(void) {
    fault.calls++;
    if (fault.calls != fault.fail_at)
        return false;
    errno = fault.fail_errno;
    return true;
}

static bool refuses(bool refuse, int errnum) {
    if (refuse)
        errno = errnum;
    return refuse;
}

int faccessat(int folder, const char *path, int mode, int flags) {
    (void)flags;
    if (refuses(fault.no_proc, ENOENT) || fails())
        return -1;
    return (int)syscall(SYS_faccessat, folder, path, mode);
}

int renameat2(int old_folder, const char *old, int new_folder, const char *new, unsigned flags) {
    if (refuses(fault.no_flags && flags != 0, EINVAL) || fails())
        return -1;
    return (int)syscall(SYS_renameat2, old_folder, old, new_folder, new, flags);
}

int renameat(int old_folder, const char *old, int new_folder, const char *new) {
    return fails() ? -1 : (int)syscall(SYS_renameat2, old_folder, old, new_folder, new, 0);
}

int linkat(int old_folder, const char *old, int new_folder, const char *new, int flags) {
    if (refuses(fault.no_links, EPERM) || fails())
        return -1;
    return (int)syscall(SYS_linkat, old_folder, old, new_folder, new, flags);
}

int unlinkat(int folder, const char *path, int flags) {
    bool refused = refuses(fault.no_unlink, EIO);
    fault.no_unlink = false;
    return refused ? -1 : (int)syscall(SYS_unlinkat, folder, path, flags);
}

int mkdirat(int folder, const char *path, mode_t mode) {
    return fails() ? -1 : (int)syscall(SYS_mkdirat, folder, path, mode);
}

int fsync(int fd) {
    return fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

static bool crawls(void) {
    if (!fault.crawl)
        return false;
    fault.crawl_turn = !fault.crawl_turn;
    errno = EINTR;
    return fault.crawl_turn;
}

ssize_t write(int fd, const void *data, size_t len) {
    if (crawls() || fails())
        return -1;
    return syscall(SYS_write, fd, data, fault.crawl && len > 1 ? 1 : len);
}

ssize_t read(int fd, void *data, size_t len) {
    if (crawls() || fails())
        return -1;
    return syscall(SYS_read, fd, data, fault.crawl && len > 1 ? 1 : len);
}

static int setup(void **state) {
    memset(&fault, 0, sizeof fault);
    return scratch_setup(state);
}

static int teardown(void **state) {
    memset(&fault, 0, sizeof fault);
    return scratch_teardown(state);
}

static int write_text(const char *path, bool exclusive, const char *text) {
    struct swt_error err;
    struct swt_writer_options options = {.exclusive = exclusive};
    return swt_write_file(path, &options, swt_slice_text(text), &err);
}

static void check_writer_works(void) {
    assert_int_equal(write_text("out", true, "first"), 0);
    check_file("out", "first");
    assert_int_equal(chmod("out", 0640), 0);
    assert_int_equal(write_text("out", false, "second"), 0);
    check_file("out", "second");
    check_mode("out", 0640);
    assert_int_equal(count_entries("."), 1);

    /* Exclusive to the end, and nothing of ours left behind. */
    struct swt_error err;
    struct swt_writer_options options = {.exclusive = true};
    struct swt_writer *writer = NULL;
    assert_int_equal(swt_writer_open("late", &options, &writer, &err), 0);
    put_file("late", "theirs");
    assert_int_equal(swt_writer_commit(writer, &err), -SWT_E_EXISTS);
    swt_writer_free(writer);
    check_file("late", "theirs");
    assert_int_equal(swt_writer_open("aborted", NULL, &writer, &err), 0);
    swt_writer_free(writer);
    assert_int_equal(count_entries("."), 2);
}

static void test_writer_without_unnamed_files(void **state) {
    (void)state;
    fault.no_proc = true;
    struct swt_error err;
    struct swt_writer *writer = NULL;
    assert_int_equal(swt_writer_open("shown", NULL, &writer, &err), 0);
    assert_int_equal(count_entries("."), 1); /* the temporary name: this is the path we mean */
    swt_writer_free(writer);
    check_writer_works();
}

static void test_writer_without_rename_flags(void **state) {
    (void)state;
    fault.no_proc = true;
    fault.no_flags = true;
    check_writer_works();
}

/* It is linked to its name, and its temporary one cannot be taken away. */
static void test_a_file_with_two_names_is_withdrawn(void **state) {
    (void)state;
    fault.no_proc = true;
    fault.no_flags = true;
    fault.no_unlink = true;
    assert_int_equal(write_text("out", true, "new"), -SWT_E_IO);
    assert_false(fault.no_unlink);
    assert_int_equal(count_entries("."), 0);
}

static void stage(struct swt_staging *staging, const char *name, const char *text) {
    struct swt_error err;
    assert_int_equal(swt_staging_begin(staging, name, &err), 0);
    assert_int_equal(swt_staging_write(staging, text, strlen(text), &err), 0);
}

static void check_staging_works(void) {
    struct swt_error err;
    assert_int_equal(mkdir("out", 0777), 0);
    put_file("out/old", "old");
    struct swt_staging *staging = NULL;
    assert_int_equal(swt_staging_open("out", true, &staging, &err), 0);
    stage(staging, "sub/new", "new");
    stage(staging, "old", "replaced");
    assert_int_equal(swt_staging_commit(staging, &err), 0);
    swt_staging_free(staging);
    check_file("out/sub/new", "new");
    check_file("out/old", "replaced");
    assert_int_equal(count_entries("out"), 2);

    /* The way back, with the same means. */
    assert_int_equal(swt_staging_open("out", true, &staging, &err), 0);
    stage(staging, "old", "worse");
    stage(staging, "x", "new");
    stage(staging, "x/y", "new");
    assert_int_equal(swt_staging_commit(staging, &err), -SWT_E_IO);
    swt_staging_free(staging);
    check_file("out/old", "replaced");
    assert_int_equal(count_entries("out"), 2);
}

static void test_staging_without_rename_flags(void **state) {
    (void)state;
    fault.no_flags = true;
    check_staging_works();
}

static void test_staging_with_rename_flags(void **state) {
    (void)state;
    fault.no_links = true; /* not needed then */
    check_staging_works();
}

static void test_interrupted_and_short_transfers_are_continued(void **state) {
    (void)state;
    struct swt_error err;
    fault.crawl = true;
    assert_int_equal(write_text("out", false, "byte by byte"), 0);
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    assert_int_equal(swt_read_file("out", 100, &bytes, &err), 0);
    assert_string_equal(swt_buf_text(&bytes), "byte by byte");
}

/*
 * Fails each call in turn until the whole comes through. A failure leaves the old file and nothing
 * else, unless all that was left to fail was the folder's fsync after the file was in place.
 */
static void fail_each_call_of_a_write(bool exclusive) {
    for (int at = 1;; at++) {
        assert_true(at < 100);
        if (!exclusive)
            put_file("out", "old");
        fault.calls = 0;
        fault.fail_at = at;
        fault.fail_errno = EIO;
        int r = write_text("out", exclusive, "new");
        bool reached = fault.calls >= at;
        fault.fail_at = 0;
        if (r == 0) {
            check_file("out", "new");
            assert_int_equal(unlink("out"), 0);
            assert_int_equal(count_entries("."), 0);
            if (!reached)
                return;
            continue;
        }
        assert_true(reached);
        assert_int_equal(r, -SWT_E_IO);
        struct stat status;
        if (stat("out", &status) == 0) {
            char found[8] = "";
            int fd = open("out", O_RDONLY);
            assert_int_equal(syscall(SYS_read, fd, found, sizeof found - 1), 3);
            assert_int_equal(close(fd), 0);
            assert_true(strcmp(found, "new") == 0 || (!exclusive && strcmp(found, "old") == 0));
            assert_int_equal(unlink("out"), 0);
        } else {
            assert_true(exclusive);
        }
        assert_int_equal(count_entries("."), 0);
    }
}

static void test_each_call_of_the_writer_may_fail(void **state) {
    (void)state;
    fail_each_call_of_a_write(false);
    fail_each_call_of_a_write(true);
    fault.no_proc = true;
    fail_each_call_of_a_write(false);
    fail_each_call_of_a_write(true);
    fault.no_flags = true;
    fail_each_call_of_a_write(true);
}

static int stage_three(void) {
    struct swt_error err;
    SWT_CLEANUP(swt_staging_cleanup) struct swt_staging *staging = NULL;
    int r = swt_staging_open("out", true, &staging, &err);
    static const char *const names[] = {"a", "sub/b", "old"};
    for (size_t i = 0; i < SWT_COUNT(names) && r == 0; i++) {
        r = swt_staging_begin(staging, names[i], &err);
        if (r == 0)
            r = swt_staging_write(staging, "new", 3, &err);
    }
    return r < 0 ? r : swt_staging_commit(staging, &err);
}

static void fail_each_call_of_a_staging(void) {
    for (int at = 1;; at++) {
        assert_true(at < 100);
        assert_int_equal(mkdir("out", 0777), 0);
        put_file("out/old", "old");
        fault.calls = 0;
        fault.fail_at = at;
        fault.fail_errno = ENOSPC;
        int r = stage_three();
        bool reached = fault.calls >= at;
        fault.fail_at = 0;
        if (r < 0) {
            assert_true(reached);
            assert_int_equal(r, -SWT_E_NO_SPACE);
            check_file("out/old", "old");
            assert_int_equal(count_entries("out"), 1);
        } else {
            check_file("out/old", "new");
            check_file("out/a", "new");
            check_file("out/sub/b", "new");
            assert_int_equal(count_entries("out"), 3);
            assert_int_equal(unlink("out/a"), 0);
            assert_int_equal(unlink("out/sub/b"), 0);
            assert_int_equal(rmdir("out/sub"), 0);
        }
        assert_int_equal(unlink("out/old"), 0);
        assert_int_equal(rmdir("out"), 0);
        if (!reached)
            return;
    }
}

static void test_each_call_of_the_staging_may_fail(void **state) {
    (void)state;
    fail_each_call_of_a_staging();
    fault.no_flags = true;
    fail_each_call_of_a_staging();
}

#define FAULT_TEST(test_) cmocka_unit_test_setup_teardown(test_, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        FAULT_TEST(test_writer_without_unnamed_files),
        FAULT_TEST(test_writer_without_rename_flags),
        FAULT_TEST(test_a_file_with_two_names_is_withdrawn),
        FAULT_TEST(test_staging_without_rename_flags),
        FAULT_TEST(test_staging_with_rename_flags),
        FAULT_TEST(test_interrupted_and_short_transfers_are_continued),
        FAULT_TEST(test_each_call_of_the_writer_may_fail),
        FAULT_TEST(test_each_call_of_the_staging_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
