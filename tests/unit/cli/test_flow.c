/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on a terminal: where they are broken. */
#include "../../../src/cli/flow.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void expect_flow(const char *line, size_t hang, size_t width, const char *expected) {
    struct swt_error err;
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    assert_int_equal(swt_flow_line(swt_slice_text(line), hang, width, &text, &err), 0);
    assert_string_equal(swt_buf_text(&text), expected);
}

static void test_flow(void **state) {
    (void)state;
    expect_flow("", 2, 10, "");
    expect_flow("one two", 2, 7, "one two");
    expect_flow("one two", 2, 6, "one\n  two");
    expect_flow("note:  one two three", 7, 14, "note:  one two\n       three");
    /* Columns of a table that fit stay where they are. */
    expect_flow("a   b   cc", 4, 9, "a   b\n    cc");
    expect_flow("\033[31mone\033[0m two", 2, 7, "\033[31mone\033[0m two");
    expect_flow("\u6771\u4eac \u6771\u4eac", 2, 8, "\u6771\u4eac\n  \u6771\u4eac");
}

static void test_words_stay_whole(void **state) {
    (void)state;
    expect_flow("of key 0123456789abcdef that", 2, 12, "of key\n  0123456789abcdef\n  that");
    /* A break that gains nothing. */
    expect_flow("  + 0123456789abcdef", 4, 12, "  + 0123456789abcdef");
    /* One that fits only further to the left stands there. */
    expect_flow("found: SHA-256 0123456789ab, so", 7, 16,
                "found: SHA-256\n   0123456789ab,\n       so");
}

static void test_commands_stay_whole(void **state) {
    (void)state;
    expect_flow("put it in (swupdate-tool convert a -o b), then go on", 2, 20,
                "put it in\n  (swupdate-tool convert a -o b),\n  then go on");
    expect_flow("call `swupdate-tool sign b` then", 2, 20,
                "call\n  `swupdate-tool sign b`\n  then");
    expect_flow("try swupdate-tool verify b --self", 2, 20, "try\n  swupdate-tool verify b --self");
    expect_flow("swupdate-tool: verify: not found", 2, 20, "swupdate-tool:\n  verify: not found");
}

static int utf8(void **state) {
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") == NULL ? -1 : 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flow),
        cmocka_unit_test(test_words_stay_whole),
        cmocka_unit_test(test_commands_stay_whole),
    };
    return cmocka_run_group_tests(tests, utf8, NULL);
}
