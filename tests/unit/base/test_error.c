/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "swt/base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void test_fail_clears_what_an_older_error_left(void **state) {
    (void)state;
    struct swt_error err;
    memset(&err, 0xff, sizeof err);
    assert_int_equal(swt_fail(&err, SWT_E_PAYLOAD, "expected %d, found %s", 3, "four"),
                     -SWT_E_PAYLOAD);
    assert_int_equal(err.code, SWT_E_PAYLOAD);
    assert_string_equal(err.message, "expected 3, found four");
    assert_string_equal(err.hint, "");
    assert_string_equal(err.file, "");
    assert_int_equal(err.line, 0);
    assert_int_equal(err.column, 0);
    assert_false(err.has_offset);
}

static void test_additions_keep_the_code(void **state) {
    (void)state;
    struct swt_error err;
    (void)swt_fail(&err, SWT_E_KEY, "broken");
    assert_int_equal(swt_error_context(&err, "key %d", 7), -SWT_E_KEY);
    assert_int_equal(swt_error_context(&err, "role %s", "root"), -SWT_E_KEY);
    assert_string_equal(err.message, "role root: key 7: broken");
    assert_int_equal(swt_error_hint(&err, "try %s", "harder"), -SWT_E_KEY);
    assert_string_equal(err.hint, "try harder");
    assert_int_equal(swt_error_file(&err, "first"), -SWT_E_KEY);
    assert_int_equal(swt_error_file(&err, "second"), -SWT_E_KEY);
    assert_string_equal(err.file, "first");
    assert_int_equal(swt_error_offset(&err, UINT64_MAX), -SWT_E_KEY);
    assert_true(err.has_offset);
    assert_true(err.offset == UINT64_MAX);
    assert_int_equal(swt_error_position(&err, "third", 4, 9), -SWT_E_KEY);
    assert_string_equal(err.file, "third");
    assert_int_equal(err.line, 4);
    assert_int_equal(err.column, 9);
    assert_int_equal(swt_error_recode(&err, SWT_E_PUBLIC_KEY), -SWT_E_PUBLIC_KEY);
    assert_int_equal(err.code, SWT_E_PUBLIC_KEY);
    assert_string_equal(err.hint, "try harder");
}

static void test_an_error_may_quote_itself(void **state) {
    (void)state;
    struct swt_error err;
    (void)swt_fail(&err, SWT_E_IO, "inner");
    (void)swt_fail(&err, SWT_E_KEY, "outer (%s)", err.message);
    assert_string_equal(err.message, "outer (inner)");
    (void)swt_error_context(&err, "again %s", err.message);
    assert_string_equal(err.message, "again outer (inner): outer (inner)");
    (void)swt_error_position(&err, "file", 1, 1);
    (void)swt_error_position(&err, err.file, 2, 1);
    assert_string_equal(err.file, "file");
}

static void test_long_texts_are_cut_and_say_so(void **state) {
    (void)state;
    struct swt_error err;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)swt_fail(&err, SWT_E_IO, "%s", text);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_string_equal(err.message + sizeof err.message - 5, "x...");
    (void)swt_error_context(&err, "context");
    assert_memory_equal(err.message, "context: xxx", 12);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    (void)swt_error_hint(&err, "%s", text);
    assert_int_equal(strlen(err.hint), sizeof err.hint - 1);
    (void)swt_error_file(&err, text);
    assert_int_equal(strlen(err.file), sizeof err.file - 1);
}

static void test_a_hint_names_a_file_for_a_shell(void **state) {
    (void)state;
    struct swt_error err;
    char name[sizeof err.hint];
    (void)swt_fail(&err, SWT_E_IO, "cannot");
    assert_int_equal(swt_error_hint_name(&err, "tool ", "a b", " -x"), -SWT_E_IO);
    assert_string_equal(err.hint, "tool 'a b' -x");
    /* As long as fits, and a byte more: a word that is cut would be another name. */
    memset(name, 'x', sizeof name);
    name[sizeof err.hint - 9] = '\0';
    (void)swt_error_hint_name(&err, "tool ", name, " -x");
    assert_int_equal(strlen(err.hint), sizeof err.hint - 1);
    assert_string_equal(err.hint + sizeof err.hint - 5, "x -x");
    name[sizeof err.hint - 9] = 'x';
    name[sizeof err.hint - 8] = '\0';
    (void)swt_error_hint_name(&err, "tool ", name, " -x");
    assert_string_equal(err.hint, "tool FILE -x");
}

static void test_errno_maps_to_codes(void **state) {
    (void)state;
    static const struct {
        int errnum;
        enum swt_code code;
    } rows[] = {
        {ENOENT, SWT_E_NOT_FOUND}, {EEXIST, SWT_E_EXISTS}, {ENOSPC, SWT_E_NO_SPACE},
        {EDQUOT, SWT_E_NO_SPACE},  {EPIPE, SWT_E_PIPE},    {ENOMEM, SWT_E_MEMORY},
        {EIO, SWT_E_IO},           {EACCES, SWT_E_IO},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        struct swt_error err;
        assert_int_equal(swt_fail_errno(&err, rows[i].errnum, "cannot %s", "act"),
                         -(int)rows[i].code);
        assert_memory_equal(err.message, "cannot act: ", 12);
        assert_string_equal(err.message + 12, strerror(rows[i].errnum));
    }
    struct swt_error err;
    assert_int_equal(swt_fail_memory(&err), -SWT_E_MEMORY);
}

static void test_the_table_has_a_row_for_each_code(void **state) {
    (void)state;
    assert_string_equal(swt_code_name(SWT_E_TARGET_TOO_LARGE), "target-too-large");
    assert_int_equal(swt_code_exit(SWT_OK), 0);
    assert_int_equal(swt_code_exit(SWT_E_USAGE), 2);
    assert_int_equal(swt_code_exit(SWT_E_INTERRUPTED), 130);
    assert_int_equal(swt_code_exit(SWT_E_TERMINATED), 143);
    for (int a = 1; a < SWT_CODE_COUNT; a++) {
        assert_true(swt_code_exit((enum swt_code)a) >= 1);
        assert_true(strlen(swt_code_meaning((enum swt_code)a)) > 0);
        for (int b = 1; b < a; b++)
            assert_string_not_equal(swt_code_name((enum swt_code)a),
                                    swt_code_name((enum swt_code)b));
    }
    assert_string_equal(swt_code_name(SWT_CODE_COUNT), "unknown");
    assert_int_equal(swt_code_exit((enum swt_code) - 1), 5);
}

static void test_notices_keep_their_order(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_notices notices = {0};
    for (int i = 0; i < 1000; i++)
        assert_int_equal(
            swt_notices_add(&notices, &err, i % 2 ? SWT_WARNING : SWT_NOTE, "notice %d", i), 0);
    assert_int_equal(notices.count, 1000);
    assert_string_equal(notices.items[0].text, "notice 0");
    assert_string_equal(notices.items[999].text, "notice 999");
    assert_int_equal(notices.items[999].level, SWT_WARNING);
    swt_notices_done(&notices);
    assert_int_equal(notices.count, 0);
    swt_notices_done(&notices);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail_clears_what_an_older_error_left),
        cmocka_unit_test(test_additions_keep_the_code),
        cmocka_unit_test(test_an_error_may_quote_itself),
        cmocka_unit_test(test_long_texts_are_cut_and_say_so),
        cmocka_unit_test(test_a_hint_names_a_file_for_a_shell),
        cmocka_unit_test(test_errno_maps_to_codes),
        cmocka_unit_test(test_the_table_has_a_row_for_each_code),
        cmocka_unit_test(test_notices_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
