/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../src/pipeline/c_array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_names(void **state) {
    (void)state;
    static const char *const GOOD[] = {"a", "Z9", "trust_anchor", "ints", "classes", "t", "MAX"};
    static const char *const BAD[] = {
        "",     "9a",      "a-b", "a b",     "a\n",  "\xc3\xa4", "_a",       "__a",
        "a__b", "uint8_t", "int", "wchar_t", "xor",  "nullptr",  "co_yield", "_Bool",
        "a.b",  "a;",      "x_",  "NULL",    "main", "unix",     "SIZE_MAX", "INT8_MIN"};
    for (size_t i = 0; i < SWT_COUNT(GOOD); i++)
        assert_true(swt_c_name_valid(GOOD[i]));
    for (size_t i = 0; i < SWT_COUNT(BAD); i++)
        assert_false(swt_c_name_valid(BAD[i]));
}

static void check_array(struct swt_slice bytes, const char *text) {
    struct swt_error err;
    struct swt_buf buf = {0};
    assert_int_equal(swt_c_array_write(&buf, "x", bytes, &err), 0);
    assert_string_equal(swt_buf_text(&buf), text);
    swt_buf_done(&buf);
}

static void test_arrays(void **state) {
    (void)state;
    static const uint8_t BYTES[13] = {0, 0xff, 0x7f, 0x80, 0x0a, 5, 6, 7, 8, 9, 10, 11, 12};
    check_array(swt_slice_of(BYTES, 0), "\nSWUPDATE_TOOL_UNUSED static const uint8_t x[] = {\n"
                                        "    0x00,\n};\n"
                                        "SWUPDATE_TOOL_UNUSED static const size_t x_size = 0;\n");
    check_array(swt_slice_of(BYTES, 13),
                "\nSWUPDATE_TOOL_UNUSED static const uint8_t x[] = {\n"
                "    0x00, 0xff, 0x7f, 0x80, 0x0a, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b,\n"
                "    0x0c,\n};\n"
                "SWUPDATE_TOOL_UNUSED static const size_t x_size = 13;\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
