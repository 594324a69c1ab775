/* SPDX-License-Identifier: Apache-2.0 */
/* Base64: one text for one byte string. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "swt/base.h"

#include <string.h>

static void expect_pair(const char *bytes, const char *text) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf out = {0};
    struct swt_error err;
    assert_int_equal(swt_base64_encode(swt_slice_text(bytes), &out, &err), 0);
    assert_string_equal(swt_buf_text(&out), text);
    swt_buf_clear(&out);
    assert_int_equal(swt_buf_append(&out, "-", 1, &err), 0);
    assert_int_equal(swt_base64_decode(swt_slice_text(text), &out, &err), 1);
    assert_int_equal(out.len, strlen(bytes) + 1);
    assert_memory_equal(out.data + 1, bytes, strlen(bytes));
}

/* RFC 4648, section 10. */
static void test_vectors_of_the_rfc(void **state) {
    (void)state;
    expect_pair("", "");
    expect_pair("f", "Zg==");
    expect_pair("fo", "Zm8=");
    expect_pair("foo", "Zm9v");
    expect_pair("foob", "Zm9vYg==");
    expect_pair("fooba", "Zm9vYmE=");
    expect_pair("foobar", "Zm9vYmFy");
}

static void test_every_byte_and_length(void **state) {
    (void)state;
    uint8_t bytes[512];
    struct swt_error err;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + i / 256);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
        SWT_CLEANUP(swt_buf_done) struct swt_buf back = {0};
        assert_int_equal(swt_base64_encode(swt_slice_of(bytes, len), &text, &err), 0);
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        assert_int_equal(swt_base64_decode(swt_buf_slice(&text), &back, &err), 1);
        assert_true(swt_slice_equal(swt_buf_slice(&back), swt_slice_of(bytes, len)));
    }
}

static void test_other_texts_are_refused(void **state) {
    (void)state;
    static const char *const REFUSED[] = {
        "Z",           "Zg",     "Zg=",          "Zg===",    "====",
        "=",           "Z===",   "Zh==",         "Zm9=",     "Zm9v\n",
        " Zm9v",       "Zm 9",   "Zm9vYg==Zm9v", "Zm9-",     "Zm9_",
        "Zg=v",        "Zg==\n", "Zg==Zg==",     "Zm9v====", "\xff\xff\xff\xff",
        "Zm9v\r\n\r\n"};
    for (size_t i = 0; i < SWT_COUNT(REFUSED); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
        struct swt_error err;
        assert_int_equal(swt_base64_decode(swt_slice_text(REFUSED[i]), &bytes, &err), 0);
        assert_int_equal(bytes.len, 0);
    }
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    struct swt_error err;
    assert_int_equal(swt_base64_decode(swt_slice_of("Zm\0v", 4), &bytes, &err), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_of_the_rfc),
        cmocka_unit_test(test_every_byte_and_length),
        cmocka_unit_test(test_other_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
