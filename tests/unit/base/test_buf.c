/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "swt/base.h"

#include <stdlib.h>
#include <string.h>

static void test_slices_compare_bytewise(void **state) {
    (void)state;
    struct swt_slice none = {0};
    assert_true(swt_slice_equal(none, swt_slice_text("")));
    assert_int_equal(swt_slice_compare(none, none), 0);
    assert_true(swt_slice_compare(none, swt_slice_text("a")) < 0);
    assert_true(swt_slice_compare(swt_slice_text("ab"), swt_slice_text("a")) > 0);
    assert_true(swt_slice_compare(swt_slice_text("b"), swt_slice_text("ab")) > 0);
    assert_true(swt_slice_compare(swt_slice_text("\xff"), swt_slice_text("a")) > 0);
    assert_false(swt_slice_equal(swt_slice_of("a\0b", 3), swt_slice_of("a\0c", 3)));
    assert_int_equal(swt_slice_text("abc").len, 3);
}

static void test_buf_grows_and_stays_text(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf buf = {0};
    assert_string_equal(swt_buf_text(&buf), "");
    assert_int_equal(swt_buf_append(&buf, NULL, 0, &err), 0);
    assert_null(buf.data);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(swt_buf_append(&buf, "ab", 2, &err), 0);
        assert_int_equal(buf.data[buf.len], 0);
    }
    assert_int_equal(buf.len, 20000);
    assert_int_equal(strlen(swt_buf_text(&buf)), 20000);
    swt_buf_clear(&buf);
    assert_string_equal(swt_buf_text(&buf), "");
    assert_int_equal(swt_buf_printf(&buf, &err, "%d-%s", 5, "x"), 0);
    assert_int_equal(swt_buf_printf(&buf, &err, "%s", ""), 0);
    assert_int_equal(swt_buf_append_slice(&buf, swt_slice_text("!"), &err), 0);
    assert_string_equal(swt_buf_text(&buf), "5-x!");
    assert_true(swt_slice_equal(swt_buf_slice(&buf), swt_slice_text("5-x!")));
    swt_buf_done(&buf);
    assert_string_equal(swt_buf_text(&buf), "");
}

static void test_buf_refuses_a_size_that_overflows(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf buf = {0};
    assert_int_equal(swt_buf_append(&buf, "abc", 3, &err), 0);
    assert_int_equal(swt_buf_append(&buf, "x", SIZE_MAX - 2, &err), -SWT_E_MEMORY);
    assert_int_equal(swt_buf_append(&buf, "x", SIZE_MAX - 3, &err), -SWT_E_MEMORY);
    assert_string_equal(swt_buf_text(&buf), "abc");
    swt_buf_done(&buf);
}

static void test_printf_writes_more_than_one_growth(void **state) {
    (void)state;
    struct swt_error err;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    assert_int_equal(swt_buf_printf(&buf, &err, "%100000d", 7), 0);
    assert_int_equal(buf.len, 100000);
    assert_int_equal(buf.data[99999], '7');
}

static void test_secret_copies_replaces_and_empties(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_secret secret = {0};
    assert_int_equal(swt_secret_set(&secret,
                                    "12\0"
                                    "34",
                                    5, &err),
                     0);
    assert_int_equal(secret.len, 5);
    assert_memory_equal(secret.data,
                        "12\0"
                        "34\0",
                        6);
    assert_int_equal(swt_secret_set(&secret, secret.data + 3, 2, &err), 0);
    assert_string_equal(secret.data, "34");
    assert_int_equal(swt_secret_set(&secret, NULL, 0, &err), 0);
    assert_string_equal(secret.data, "");
    char big[4096];
    memset(big, 'p', sizeof big);
    assert_int_equal(swt_secret_set(&secret, big, sizeof big, &err), 0);
    assert_int_equal(secret.data[4096], 0);
    assert_int_equal(swt_secret_set(&secret, big, SIZE_MAX, &err), -SWT_E_MEMORY);
    assert_int_equal(secret.len, 4096);
    swt_secret_done(&secret);
    assert_null(secret.data);
    assert_int_equal(secret.len, 0);
    swt_secret_done(&secret);
}

static void test_wipe_clears(void **state) {
    (void)state;
    char bytes[4] = "pin";
    swt_wipe(bytes, sizeof bytes);
    assert_memory_equal(bytes, "\0\0\0\0", 4);
    swt_wipe(NULL, 0);
}

static void test_take_leaves_null_behind(void **state) {
    (void)state;
    struct swt_error err;
    char *text = swt_strdup("text", &err);
    char *taken = SWT_TAKE(text);
    assert_null(text);
    assert_string_equal(taken, "text");
    free(taken);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices_compare_bytewise),
        cmocka_unit_test(test_buf_grows_and_stays_text),
        cmocka_unit_test(test_buf_refuses_a_size_that_overflows),
        cmocka_unit_test(test_printf_writes_more_than_one_growth),
        cmocka_unit_test(test_secret_copies_replaces_and_empties),
        cmocka_unit_test(test_wipe_clears),
        cmocka_unit_test(test_take_leaves_null_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
