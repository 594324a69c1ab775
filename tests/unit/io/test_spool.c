/* SPDX-License-Identifier: Apache-2.0 */
/* A file without a name: its bytes come back from any offset, and nothing is left in its folder. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "scratch.h"

#include "swt/io.h"

static int enter(void **state) {
    return scratch_setup(state) == 0 && setenv("TMPDIR", ".", 1) == 0 ? 0 : -1;
}

static struct swt_spool *spool_of(const char *text) {
    struct swt_spool *spool = NULL;
    struct swt_error err = {0};
    assert_int_equal(swt_spool_new(&spool, &err), 0);
    assert_int_equal(swt_spool_write(spool, text, strlen(text), &err), 0);
    return spool;
}

static void check_read(struct swt_spool *spool, uint64_t offset, size_t size, const char *text) {
    char found[64];
    size_t len = 99;
    struct swt_error err = {0};
    assert_int_equal(swt_spool_read(spool, offset, found, size, &len, &err), 0);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(found, text, len);
}

static void any_offset(void **state) {
    (void)state;
    struct swt_error err = {0};
    SWT_CLEANUP(swt_spool_cleanup) struct swt_spool *spool = spool_of("abcdef");
    assert_int_equal(swt_spool_size(spool), 6);
    check_read(spool, 2, 3, "cde");
    check_read(spool, 5, 1, "f");
    check_read(spool, 0, 64, "abcdef");
    check_read(spool, 6, 64, "");
    /* Written on at its end, wherever it was read. */
    check_read(spool, 1, 1, "b");
    assert_int_equal(swt_spool_write(spool, "ghi", 3, &err), 0);
    assert_int_equal(swt_spool_size(spool), 9);
    check_read(spool, 4, 64, "efghi");
    size_t len = 99;
    char found;
    assert_int_equal(swt_spool_read(spool, 10, &found, 1, &len, &err), -SWT_E_IO);
    assert_int_equal(len, 99);
    check_read(spool, 8, 64, "i");
}

static void it_has_no_name(void **state) {
    (void)state;
    struct swt_spool *spool = spool_of("abc");
    assert_int_equal(count_entries("."), 0);
    swt_spool_free(spool);
    assert_int_equal(count_entries("."), 0);
    swt_spool_free(NULL);
}

static void killed(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        (void)spool_of("abc");
        (void)raise(SIGKILL);
        _exit(0);
    }
    int status;
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(count_entries("."), 0);
}

/* Where TMPDIR is chosen, nothing else is taken in its place. */
static void a_folder_that_is_not_there(void **state) {
    (void)state;
    struct swt_spool *spool = NULL;
    struct swt_error err = {0};
    assert_int_equal(setenv("TMPDIR", "none/such", 1), 0);
    assert_int_equal(swt_spool_new(&spool, &err), -SWT_E_NOT_FOUND);
    assert_null(spool);
    assert_string_equal(err.file, "none/such");
    assert_non_null(strstr(err.hint, "TMPDIR"));
    put_file("file", "");
    assert_int_equal(setenv("TMPDIR", "file", 1), 0);
    assert_int_equal(swt_spool_new(&spool, &err), -SWT_E_IO);
    assert_string_equal(err.file, "file");
}

static void without_a_choice(void **state) {
    (void)state;
    static const char *const choices[] = {NULL, ""};
    for (size_t i = 0; i < SWT_COUNT(choices); i++) {
        if (choices[i] == NULL)
            assert_int_equal(unsetenv("TMPDIR"), 0);
        else
            assert_int_equal(setenv("TMPDIR", choices[i], 1), 0);
        SWT_CLEANUP(swt_spool_cleanup) struct swt_spool *spool = spool_of("abc");
        check_read(spool, 0, 64, "abc");
        assert_int_equal(count_entries("."), 0);
    }
}

/* A file size limit stands for a disk that is full. */
static void full(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {.rlim_cur = 4, .rlim_max = 4};
        struct swt_error err = {0};
        SWT_CLEANUP(swt_spool_cleanup) struct swt_spool *spool = spool_of("abc");
        (void)signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
            _exit(2);
        int rc = swt_spool_write(spool, "defgh", 5, &err);
        _exit(rc < 0 && strcmp(err.file, ".") == 0 && strstr(err.hint, "TMPDIR") != NULL &&
                      swt_spool_size(spool) == 4
                  ? 0
                  : 1);
    }
    int status;
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define SPOOL_TEST(test_) cmocka_unit_test_setup_teardown(test_, enter, scratch_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(any_offset),       SPOOL_TEST(it_has_no_name),
        SPOOL_TEST(killed),           SPOOL_TEST(a_folder_that_is_not_there),
        SPOOL_TEST(without_a_choice), SPOOL_TEST(full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
