/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "swt/base.h"

#include <stdlib.h>
#include <string.h>

static void test_hex(void **state) {
    (void)state;
    uint8_t bytes[3] = {0x00, 0xaf, 0xff};
    char text[SWT_HEX_SIZE(3)];
    swt_hex_encode(bytes, 3, text);
    assert_string_equal(text, "00afff");
    swt_hex_encode(bytes, 0, text);
    assert_string_equal(text, "");

    uint8_t out[3] = {1, 2, 3};
    static const char *const refused[] = {"",       "00aff",   "00affff", "00afffff", "00afg0",
                                          " 00aff", "00afff ", "0x00af",  "00af\xffg"};
    for (size_t i = 0; i < SWT_COUNT(refused); i++)
        assert_false(swt_hex_decode(refused[i], out, 3));
    assert_memory_equal(out, "\1\2\3", 3);
    assert_true(swt_hex_decode("00AFfF", out, 3));
    assert_memory_equal(out, bytes, 3);
    assert_true(swt_hex_decode("", out, 0));
    assert_false(swt_hex_decode("0", out, 0));
}

static void test_utf8_well_formed(void **state) {
    (void)state;
    static const char *const good[] = {
        "",
        "plain",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2\x41",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
        "euro \xe2\x82\xac then \xe2\x28\xa1",
    };
    for (size_t i = 0; i < SWT_COUNT(good); i++)
        assert_true(swt_utf8_valid(swt_slice_text(good[i])));
    for (size_t i = 0; i < SWT_COUNT(bad); i++)
        assert_false(swt_utf8_valid(swt_slice_text(bad[i])));
    /* A slice ends where it ends, also in the midst of a character that goes on after it. */
    assert_false(swt_utf8_valid(swt_slice_of("\xe2\x82\xac", 2)));
    assert_true(swt_utf8_valid(swt_slice_of("a\0b", 3)));
    assert_true(swt_utf8_valid((struct swt_slice){0}));
}

static void test_utf8_next(void **state) {
    (void)state;
    uint32_t c;
    assert_int_equal(swt_utf8_next(swt_slice_text("a"), &c), 1);
    assert_int_equal(c, 'a');
    assert_int_equal(swt_utf8_next(swt_slice_text("\xc3\xa9"), &c), 2);
    assert_int_equal(c, 0xe9);
    assert_int_equal(swt_utf8_next(swt_slice_text("\xe2\x82\xac"), &c), 3);
    assert_int_equal(c, 0x20ac);
    assert_int_equal(swt_utf8_next(swt_slice_text("\xf4\x8f\xbf\xbf"), &c), 4);
    assert_int_equal(c, 0x10ffff);
    assert_int_equal(swt_utf8_next(swt_slice_text("\xff"), &c), 1);
    assert_int_equal(swt_utf8_next((struct swt_slice){0}, &c), 0);
}

static void test_control_characters(void **state) {
    (void)state;
    static const uint32_t controls[] = {0,      0x1f,   0x7f,   0x80,   0x9f,   0x61c,
                                        0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069};
    static const uint32_t others[] = {0x20,   0x7e,   0xa0,   0x61b,  0x61d,  0x200d,
                                      0x2010, 0x2029, 0x202f, 0x2065, 0x206a, 0x10ffff};
    for (size_t i = 0; i < SWT_COUNT(controls); i++)
        assert_true(swt_char_is_control(controls[i]));
    for (size_t i = 0; i < SWT_COUNT(others); i++)
        assert_false(swt_char_is_control(others[i]));
}

static void check_escape(const char *text, size_t len, const char *expected) {
    struct swt_error err;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    assert_int_equal(swt_text_escape(&buf, swt_slice_of(text, len), &err), 0);
    assert_string_equal(swt_buf_text(&buf), expected);
}

static void test_escape(void **state) {
    (void)state;
    check_escape("", 0, "");
    check_escape("plain \\ \xc3\xa9", 10, "plain \\ \xc3\xa9");
    check_escape("a\nb\tc\r", 6, "a\\nb\\tc\\x0d");
    check_escape("\x1b[31m\x7f", 6, "\\x1b[31m\\x7f");
    check_escape("\0x", 2, "\\x00x");
    check_escape("\xc2\x9b!", 3, "\\u{009b}!");
    check_escape("\xe2\x80\xae"
                 "cod",
                 6, "\\u{202e}cod");
    check_escape("ok\xff\xc3(", 5, "ok\\xff\\xc3(");
    check_escape("\xe2\x82", 2, "\\xe2\\x82");
}

/* Two names that look like one are told apart; what is seen stays as it is. */
static void test_escape_of_what_is_not_seen(void **state) {
    (void)state;
    static const struct {
        const char *text, *expected;
    } CASES[] = {{"app\u200bl", "app\\u{200b}l"},
                 {"app\u200c", "app\\u{200c}"},
                 {"app\u200d", "app\\u{200d}"},
                 {"\u2060app\u2064", "\\u{2060}app\\u{2064}"},
                 {"\ufeffapp", "\\u{feff}app"},
                 {"a\u00adp\u034fp\u180e", "a\\u{00ad}p\\u{034f}p\\u{180e}"},
                 {"a\u2028p\u2029", "a\\u{2028}p\\u{2029}"},
                 {"app\U000e0061", "app\\u{e0061}"},
                 {"e\u0301 \u200a\u2010\u2065 \u2764\ufe0f \u6771",
                  "e\u0301 \u200a\u2010\u2065 \u2764\ufe0f \u6771"}};
    for (size_t i = 0; i < SWT_COUNT(CASES); i++)
        check_escape(CASES[i].text, strlen(CASES[i].text), CASES[i].expected);
}

static void test_format(void **state) {
    (void)state;
    struct swt_error err;
    char *text = swt_format(&err, "%s/%d", "a", 3);
    assert_string_equal(text, "a/3");
    free(text);
}

static void test_folding(void **state) {
    (void)state;
    static const struct {
        uint32_t from, to;
    } CASES[] = {{'A', 'a'},       {'Z', 'z'},       {'a', 'a'},       {'[', '['},
                 {0xc9, 0xe9},     {0xd7, 0xd7},     {0xe9, 0xe9},     {0x100, 0x101},
                 {0x101, 0x101},   {0x139, 0x13a},   {0x178, 0xff},    {0x17d, 0x17e},
                 {0x391, 0x3b1},   {0x3c2, 0x3c3},   {0x410, 0x430},   {0x401, 0x451},
                 {0x4c0, 0x4cf},   {0x4c1, 0x4c2},   {0x531, 0x561},   {0x1e9e, 0xdf},
                 {0x1ea0, 0x1ea1}, {0xff21, 0xff41}, {0x4e00, 0x4e00}, {0x1f600, 0x1f600}};
    for (size_t i = 0; i < SWT_COUNT(CASES); i++)
        assert_int_equal(swt_char_fold(CASES[i].from), CASES[i].to);
}

static void test_ascii_equal(void **state) {
    (void)state;
    assert_true(swt_ascii_equal("PIN-value", "pin-VALUE", 9));
    assert_true(swt_ascii_equal("@[`{", "@[`{", 4));
    assert_false(swt_ascii_equal("@[", "`{", 2));
    assert_true(swt_ascii_equal("pin1", "PIN2", 3));
    assert_false(swt_ascii_equal("pin", "pin2", 4));
    assert_false(swt_ascii_equal("pi", "pi", 3));
    /* Latin-5: no letter beyond ASCII is another's case. */
    assert_false(swt_ascii_equal("P\xddN", "pin", 3));
    assert_false(swt_ascii_equal("p\xfdn", "PIN", 3));
}

static uint64_t hash_char(uint64_t hash, uint32_t character) {
    for (unsigned i = 0; i < 4; i++)
        hash = (hash ^ (character >> 8 * i & 0xff)) * UINT64_C(0x100000001b3);
    return hash;
}

/*
 * All of Unicode, by what Python 3.11 (unicodedata 14.0.0) makes of it:
 *
 *     hash, count = 0xcbf29ce484222325, 0
 *     for c in range(0x110000):
 *         folded = next((f for f in (chr(c).casefold(), chr(c).lower()) if len(f) == 1), chr(c))
 *         if folded != chr(c):
 *             count += 1
 *             for byte in c.to_bytes(4, "little") + ord(folded).to_bytes(4, "little"):
 *                 hash = (hash ^ byte) * 0x100000001b3 % 2**64
 */
static void test_folding_of_every_character(void **state) {
    (void)state;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    unsigned count = 0;
    for (uint32_t character = 0; character < 0x110000; character++) {
        uint32_t folded = swt_char_fold(character);
        assert_int_equal(swt_char_fold(folded), folded);
        if (folded == character)
            continue;
        count++;
        hash = hash_char(hash_char(hash, character), folded);
    }
    assert_int_equal(count, 1454);
    assert_int_equal(hash, UINT64_C(0x7eea48eba006ec1a));
}

static void test_shell_word(void **state) {
    (void)state;
    static const struct {
        const char *text, *word;
    } CASES[] = {{"out/app_1.swb", "out/app_1.swb"},
                 {"%+,-./:=@_", "%+,-./:=@_"},
                 {"", "''"},
                 {"two words", "'two words'"},
                 {"r;touch PWNED;.json", "'r;touch PWNED;.json'"},
                 {"$(id)`id`\\", "'$(id)`id`\\'"},
                 {"it's", "'it'\\''s'"},
                 {"'", "''\\'''"},
                 {"~root", "'~root'"},
                 {"\xc3\xa9", "'\xc3\xa9'"},
                 {"-", "-"},
                 {"-dash", "./-dash"},
                 {"-a b", "'./-a b'"},
                 {"--", "./--"}};
    for (size_t i = 0; i < SWT_COUNT(CASES); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        struct swt_error err;
        assert_int_equal(swt_shell_word(&buf, CASES[i].text, &err), 0);
        assert_string_equal(swt_buf_text(&buf), CASES[i].word);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_utf8_well_formed),
        cmocka_unit_test(test_utf8_next),
        cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_escape_of_what_is_not_seen),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_ascii_equal),
        cmocka_unit_test(test_folding_of_every_character),
        cmocka_unit_test(test_shell_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
