/* SPDX-License-Identifier: Apache-2.0 */
#include <ftw.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "swt/targets.h"

static char folder[] = "/tmp/test-glob-XXXXXX";
static uint64_t steps; /* left; each test begins with all of them */

static int enter(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int renew(void **state) {
    (void)state;
    steps = SWT_PATTERN_STEPS;
    return 0;
}

static int drop(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int leave(void **state) {
    (void)state;
    return chdir("/") == 0 ? nftw(folder, drop, 16, FTW_DEPTH | FTW_PHYS) : -1;
}

static void touch(const char *path) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static void make(const char *path) {
    assert_int_equal(mkdir(path, 0755), 0);
}

/* The matches, each followed by a space; "" where nothing matches. */
static void expect_in(const char *in, const char *pattern, const char *expected) {
    SWT_CLEANUP(swt_path_list_done) struct swt_path_list list = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf found = {0};
    struct swt_error err = {0};
    int rc = swt_payload_glob(in, pattern, 100, &steps, &list, &err);
    assert_int_equal(rc, expected[0] == '\0' ? -SWT_E_GLOB : 0);
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(swt_buf_printf(&found, &err, "%s ", list.items[i]), 0);
    assert_string_equal(swt_buf_text(&found), expected);
}

static void expect(const char *pattern, const char *expected) {
    expect_in("", pattern, expected);
}

static void test_names(void **state) {
    (void)state;
    make("n");
    static const char *const FILES[] = {"n/a.bin", "n/b.bin",    "n/B.bin", "n/.hidden.bin",
                                        "n/a",     "n/a.b.bin",  "n/[x]",   "n/*",
                                        "n/ü.bin", "n/\xff.bin", "n/a-b",   "n/a]b"};
    for (size_t i = 0; i < SWT_COUNT(FILES); i++)
        touch(FILES[i]);
    expect("n/*.bin", "n/B.bin n/a.b.bin n/a.bin n/b.bin n/ü.bin n/\xff.bin ");
    expect("n/?.bin", "n/B.bin n/a.bin n/b.bin n/ü.bin n/\xff.bin ");
    expect("n/[a-b].bin", "n/a.bin n/b.bin ");
    expect("n/[!a-b].bin", "n/B.bin n/ü.bin n/\xff.bin ");
    expect("n/[^aB\xc3\xbc].bin", "n/b.bin n/\xff.bin ");
    expect("n/[ü].bin", "n/ü.bin ");
    expect("n/.*", "n/.hidden.bin ");
    expect("n/.h*", "n/.hidden.bin ");
    expect("n/*hidden*", "");
    expect("n/a*b*n", "n/a.b.bin n/a.bin ");
    expect("n/a[]-]b", "n/a-b n/a]b ");
    expect("n/a[x-]b", "n/a-b ");
    expect("n/[[]x[]]", "n/[x] ");
    expect("n/\\[x\\]", "n/[x] ");
    expect("n/[x", "");
    expect("n/\\*", "n/* ");
    expect("n/a", "n/a ");
    expect("n/nothing", "");
    expect("n/*.img", "");
    expect("nowhere/*", "");
    expect("n/a/*", "");
    expect("", "");
}

static void test_folders(void **state) {
    (void)state;
    make("f");
    make("f/a");
    make("f/b");
    make("f/[a]");
    touch("f/a-x");
    touch("f/a/x");
    touch("f/b/x");
    touch("f/[a]/y");
    assert_int_equal(symlink("a", "f/link"), 0);
    assert_int_equal(symlink("nothing", "f/dangling"), 0);
    expect("f/*/x", "f/a/x f/b/x f/link/x ");
    expect("f//a//x", "f/a/x ");
    expect("./f/../f/b/*", "./f/../f/b/x ");
    /* Byte order of the whole path: '-' comes before '/'. */
    expect("f/a*", "f/a f/a-x ");
    expect("f/dangling", "f/dangling ");
    /* What the folder is called is no pattern. */
    expect_in("f/[a]/", "*", "f/[a]/y ");
    expect_in("f/a/", "../b/*", "f/a/../b/x ");
    char absolute[sizeof folder + 32];
    char found[sizeof folder + 32];
    (void)snprintf(absolute, sizeof absolute, "%s/f/b/*", folder);
    (void)snprintf(found, sizeof found, "%s/f/b/x ", folder);
    expect(absolute, found);
}

static void test_the_locale_changes_nothing(void **state) {
    (void)state;
    make("l");
    touch("l/Z");
    touch("l/a");
    touch("l/i");
    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    expect("l/*", "l/Z l/a l/i ");
    expect("l/[a-z]", "l/a l/i ");
    (void)setlocale(LC_ALL, "C");
}

static void test_a_hard_pattern_takes_no_time(void **state) {
    (void)state;
    char name[204];
    char pattern[204];
    make("h");
    memset(name, 'a', 202);
    memcpy(name, "h/", 2);
    name[202] = '\0';
    touch(name);
    (void)snprintf(pattern, sizeof pattern, "h/");
    for (size_t i = 0; i < 100; i++)
        memcpy(pattern + 2 + 2 * i, "*a", 3);
    pattern[201] = 'b';
    (void)alarm(20);
    expect(pattern, "");
    (void)alarm(0);
}

static void test_limits(void **state) {
    (void)state;
    SWT_CLEANUP(swt_path_list_done) struct swt_path_list list = {0};
    struct swt_error err = {0};
    make("m");
    touch("m/1");
    touch("m/2");
    assert_int_equal(swt_payload_glob("", "m/*", 2, &steps, &list, &err), 0);
    assert_int_equal(list.count, 2);
    swt_path_list_done(&list);
    assert_int_equal(swt_payload_glob("", "m/*", 1, &steps, &list, &err), -SWT_E_GLOB);
    assert_non_null(strstr(err.message, "more than 1 file"));
    assert_null(list.items);
    char deep[2 * 64 + 2] = "";
    for (size_t i = 0; i < 64; i++)
        memcpy(deep + 2 * i, "./", 3);
    deep[128] = 'm';
    deep[129] = '\0';
    assert_int_equal(swt_payload_glob("", deep, 1, &steps, &list, &err), -SWT_E_GLOB);
    assert_non_null(strstr(err.message, "levels"));
}

/* How many steps a pattern takes; none are left where it took all, and it has failed then. */
static uint64_t taken_by(const char *pattern, uint64_t left) {
    SWT_CLEANUP(swt_path_list_done) struct swt_path_list list = {0};
    struct swt_error err = {0};
    steps = left;
    int rc = swt_payload_glob("", pattern, 9, &steps, &list, &err);
    assert_int_equal(rc, steps > 0 ? 0 : -SWT_E_GLOB);
    if (rc < 0) {
        assert_non_null(strstr(err.message, "take too long"));
        assert_null(list.items);
    }
    return left - steps;
}

static void test_patterns_share_their_steps(void **state) {
    (void)state;
    make("s");
    touch("s/1");
    touch("s/2");
    for (size_t i = 0; i < 3; i++) {
        static const char *const patterns[] = {"s/*", "s/[1-9]", "?/1"};
        uint64_t whole = taken_by(patterns[i], SWT_PATTERN_STEPS);
        assert_in_range(whole, 500, 10000);
        assert_int_equal(taken_by(patterns[i], whole + 1), whole);
        /* Wherever they end, it is told, and never that nothing matches. */
        for (uint64_t left = 1; left <= whole; left++)
            assert_int_equal(taken_by(patterns[i], left), left);
    }
    /* A longer name, more files and a longer set take more. */
    assert_true(taken_by("s/[1-9a-z]", SWT_PATTERN_STEPS) > taken_by("s/[1-9]", SWT_PATTERN_STEPS));
    uint64_t before = taken_by("s/*", SWT_PATTERN_STEPS);
    touch("s/3");
    assert_true(taken_by("s/*", SWT_PATTERN_STEPS) > before);
}

static void test_a_folder_that_cannot_be_read_is_an_error(void **state) {
    (void)state;
    SWT_CLEANUP(swt_path_list_done) struct swt_path_list list = {0};
    struct swt_error err = {0};
    make("u");
    touch("u/x");
    /* For root no folder is unreadable; a link that leads to itself is, for everyone. */
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(swt_payload_glob("loop/", "*", 9, &steps, &list, &err), -SWT_E_IO);
    assert_string_equal(err.file, "loop/");
    if (geteuid() == 0)
        return;
    assert_int_equal(chmod("u", 0), 0);
    assert_int_equal(swt_payload_glob("", "u/*", 9, &steps, &list, &err), -SWT_E_IO);
    assert_int_equal(chmod("u", 0755), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_names, renew),
        cmocka_unit_test_setup(test_folders, renew),
        cmocka_unit_test_setup(test_the_locale_changes_nothing, renew),
        cmocka_unit_test_setup(test_a_hard_pattern_takes_no_time, renew),
        cmocka_unit_test_setup(test_limits, renew),
        cmocka_unit_test_setup(test_patterns_share_their_steps, renew),
        cmocka_unit_test_setup(test_a_folder_that_cannot_be_read_is_an_error, renew),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
