/* SPDX-License-Identifier: Apache-2.0 */
/* Text in columns: what is wide, what takes none, and where it is cut. */
#include "../../../src/cli/columns.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_shown(const char *text, size_t width, size_t fill, const char *expected) {
    struct swt_output out;
    swt_output_init(&out, -1);
    swt_columns_print(&out, swt_slice_text(text), width, fill);
    assert_int_equal(out.failure.code, SWT_OK);
    assert_string_equal(swt_buf_text(&out.pending), expected);
    swt_output_done(&out);
}

static void test_widths(void **state) {
    (void)state;
    assert_int_equal(swt_columns_of(swt_slice_text("")), 0);
    assert_int_equal(swt_columns_of(swt_slice_text("app")), 3);
    assert_int_equal(swt_columns_of(swt_slice_text("\u00e4")), 1);
    assert_int_equal(swt_columns_of(swt_slice_text("\u4e16\u754c")), 4);
    assert_int_equal(swt_columns_of(swt_slice_text("e\u0301")), 1);
}

static size_t columns(const char *text) {
    return swt_columns_of(swt_slice_text(text));
}

static void test_colours_and_bad_bytes(void **state) {
    (void)state;
    assert_int_equal(columns(""), 0);
    assert_int_equal(columns("a b"), 3);
    assert_int_equal(columns("e\u0301t\u00e9"), 3);
    assert_int_equal(columns("\u6771\u4eac.bin"), 8);
    assert_int_equal(columns("\033[32mpass\033[0m"), 4);
    assert_int_equal(columns("a\xff"), 2);
    assert_int_equal(columns("\033[3"), 3); /* no colour: it has no end */
}

static void test_cut(void **state) {
    (void)state;
    struct swt_slice text = swt_slice_text("a\u6771e\u0301z");
    assert_int_equal(swt_columns_cut(text, 0), 0);
    assert_int_equal(swt_columns_cut(text, 1), 1);
    assert_int_equal(swt_columns_cut(text, 2), 1); /* no half of a character */
    assert_int_equal(swt_columns_cut(text, 3), 4);
    assert_int_equal(swt_columns_cut(text, 4), 7); /* with the accent that stands on it */
    assert_int_equal(swt_columns_cut(text, 9), text.len);
}

static void test_the_middle_is_cut(void **state) {
    (void)state;
    assert_shown("abcdefgh", 8, 0, "abcdefgh");
    assert_shown("abcdefgh", 7, 0, "abc\u2026fgh");
    assert_shown("abcdefgh", 6, 0, "abc\u2026gh");
    assert_shown("abcdefgh", 1, 0, "\u2026");
    assert_shown("abc", 8, 5, "abc  ");
}

static void test_wide_characters_are_not_halved(void **state) {
    (void)state;
    static const char FOUR[] = "\u4e00\u4e8c\u4e09\u56db";
    assert_shown(FOUR, 8, 8, FOUR);
    assert_shown(FOUR, 7, 7, "\u4e00\u2026\u56db  ");
    assert_shown(FOUR, 5, 5, "\u4e00\u2026\u56db");
    assert_shown(FOUR, 4, 4, "\u4e00\u2026 ");
}

/* What combines stays with its character, or goes with it. */
static void test_combining_characters(void **state) {
    (void)state;
    assert_shown("e\u0301bcdefg", 5, 0, "e\u0301b\u2026fg");
    assert_shown("abcdefe\u0301g", 4, 0, "ab\u2026g");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_colours_and_bad_bytes),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_the_middle_is_cut),
        cmocka_unit_test(test_wide_characters_are_not_halved),
        cmocka_unit_test(test_combining_characters),
    };
    if (setlocale(LC_ALL, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
