/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "swt/base.h"

static void test_parse_uint(void **state) {
    (void)state;
    uint64_t value = 77;
    static const char *const refused[] = {
        "",
        "+1",
        "-1",
        " 1",
        "1 ",
        "01",
        "00",
        "0x10",
        "1e3",
        "1.0",
        "1,0",
        "\t1",
        "1\n",
        "a",
        "18446744073709551616",
        "99999999999999999999999",
    };
    for (size_t i = 0; i < SWT_COUNT(refused); i++)
        assert_false(swt_parse_uint(refused[i], UINT64_MAX, &value));
    assert_false(swt_parse_uint("256", 255, &value));
    assert_false(swt_parse_uint("1", 0, &value));
    assert_true(value == 77);
    assert_true(swt_parse_uint("0", 0, &value));
    assert_true(value == 0);
    assert_true(swt_parse_uint("255", 255, &value));
    assert_true(value == 255);
    assert_true(swt_parse_uint("18446744073709551615", UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
}

static void test_parse_size(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"512", 512},
        {"512 B", 512},
        {"8KiB", 8192},
        {"8 MiB", UINT64_C(8) << 20},
        {"2GiB", UINT64_C(2) << 30},
        {"17179869183 GiB", UINT64_C(17179869183) << 30},
        {"18446744073709551615", UINT64_MAX},
    };
    for (size_t i = 0; i < SWT_COUNT(good); i++) {
        uint64_t bytes = 1;
        assert_true(swt_parse_size(good[i].text, &bytes));
        assert_true(bytes == good[i].bytes);
    }
    static const char *const bad[] = {
        "",     " 8",    "8 ",    "8  KiB",          "8kib",
        "8 KB", "8K",    "-8",    "8.5 MiB",         "08",
        "KiB",  "8KiB ", "8 TiB", "17179869184 GiB", "18446744073709551616",
    };
    for (size_t i = 0; i < SWT_COUNT(bad); i++) {
        uint64_t bytes = 1;
        assert_false(swt_parse_size(bad[i], &bytes));
        assert_true(bytes == 1);
    }
}

static void test_size_text(void **state) {
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        {0, "0 B"},
        {1, "1 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1025, "1.0 KiB"},
        {1536, "1.5 KiB"},
        {65536, "64 KiB"},
        {8598323, "8.2 MiB"},
        {(1 << 20) - 1, "1.0 MiB"},
        {(1 << 30) - 1, "1.0 GiB"},
        {UINT64_C(3) << 40, "3072 GiB"},
        {UINT64_MAX, "17179869184.0 GiB"},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        char text[SWT_SIZE_TEXT];
        assert_string_equal(swt_size_text(rows[i].bytes, text), rows[i].text);
    }
}

static void test_bytes_text(void **state) {
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        {0, "0 bytes"},
        {1, "1 byte"},
        {999, "999 bytes"},
        {1000, "1,000 bytes"},
        {527360, "527,360 bytes"},
        {UINT64_MAX, "18,446,744,073,709,551,615 bytes"},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        char text[SWT_SIZE_TEXT];
        assert_string_equal(swt_bytes_text(rows[i].bytes, text), rows[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_uint),
        cmocka_unit_test(test_parse_size),
        cmocka_unit_test(test_size_text),
        cmocka_unit_test(test_bytes_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
