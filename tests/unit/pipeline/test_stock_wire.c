/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf as a stock Pigweed device reads it: what it passes over, and where it ends. */
#include "../../../src/pipeline/stock_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(...)                                                                                 \
    swt_stock_value_of(                                                                            \
        swt_slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})))

static void assert_bytes(struct swt_stock_value value, const char *text) {
    assert_int_equal(value.status, SWT_STOCK_OK);
    assert_true(swt_slice_equal(value.bytes, swt_slice_text(text)));
}

static void assert_number(struct swt_stock_value message, uint64_t expected) {
    struct swt_stock_number number = swt_stock_uint64(message, 1);
    assert_int_equal(number.status, SWT_STOCK_OK);
    assert_true(number.value == expected);
}

static void test_the_first_field_wins(void **state) {
    (void)state;
    assert_bytes(swt_stock_bytes(BYTES(0x12, 1, 'x', 0x0a, 1, 'a', 0x0a, 1, 'b'), 1), "a");
    assert_number(BYTES(8, 1, 8, 2), 1);
}

static void test_another_wire_type_is_not_found(void **state) {
    (void)state;
    /* The first field of the number decides, also when a later one would fit. */
    assert_int_equal(swt_stock_bytes(BYTES(8, 1, 0x0a, 1, 'a'), 1).status, SWT_STOCK_NOT_FOUND);
    assert_int_equal(swt_stock_uint64(BYTES(0x0a, 1, 'a', 8, 1), 1).status, SWT_STOCK_NOT_FOUND);
    assert_int_equal(swt_stock_uint32(BYTES(0x0d, 1, 0, 0, 0), 1).status, SWT_STOCK_NOT_FOUND);
}

static void test_numbers(void **state) {
    (void)state;
    assert_number(BYTES(8, 0), 0); /* written, though it is the default */
    assert_int_equal(swt_stock_uint64(BYTES(0x10, 1), 1).status, SWT_STOCK_NOT_FOUND);
    assert_number(BYTES(8, 0x81, 0x80, 0), 1); /* redundant bytes */
    assert_number(BYTES(8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), UINT64_MAX);
    struct swt_stock_value large = BYTES(8, 0x80, 0x80, 0x80, 0x80, 0x10);
    assert_number(large, UINT64_C(1) << 32);
    assert_int_equal(swt_stock_uint32(large, 1).status, SWT_STOCK_FAILED_PRECONDITION);
    /* Eleven bytes are no varint, and the message ends. */
    assert_int_equal(
        swt_stock_uint64(BYTES(8, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0), 1)
            .status,
        SWT_STOCK_NOT_FOUND);
}

/* What stands behind broken framing is not found; what stands before it is. */
static void test_broken_framing_ends_a_message(void **state) {
    (void)state;
    static const struct {
        uint8_t bytes[12];
        size_t len;
    } broken[] = {
        {{0x00, 1}, 2},                            /* field number 0 */
        {{0x13, 0x14}, 2},                         /* a group */
        {{0x16, 1}, 2},                            /* wire types 6 */
        {{0x17, 1}, 2},                            /* and 7 */
        {{0xc0, 0xa3, 0x09, 1}, 4},                /* number 19000 */
        {{0xf8, 0xe1, 0x09, 1}, 4},                /* and 19999 */
        {{0x90, 0x80, 0x80, 0x80, 0x10, 1}, 6},    /* 2 with the 33rd bit set */
        {{0x12, 0x80, 0x80, 0x80, 0x80, 0x10}, 6}, /* a length of 2^32 */
    };
    for (size_t i = 0; i < SWT_COUNT(broken); i++) {
        uint8_t bytes[16] = {8, 1};
        memcpy(bytes + 2, broken[i].bytes, broken[i].len);
        struct swt_stock_value front = swt_stock_value_of(swt_slice_of(bytes, broken[i].len + 2));
        assert_number(front, 1);
        memcpy(bytes, broken[i].bytes, broken[i].len);
        memcpy(bytes + broken[i].len, "\x08\x01", 2);
        struct swt_stock_value behind = swt_stock_value_of(swt_slice_of(bytes, broken[i].len + 2));
        assert_int_equal(swt_stock_uint64(behind, 1).status, SWT_STOCK_NOT_FOUND);
    }
    /* Numbers beside the reserved ones are fields. */
    assert_number(BYTES(0xb8, 0xa3, 0x09, 1, 8, 1), 1);
    assert_number(BYTES(0x80, 0xe2, 0x09, 1, 8, 1), 1);
    assert_number(BYTES(0xf8, 0xff, 0xff, 0xff, 0x0f, 1, 8, 1), 1); /* 2^29-1 */
}

static void test_a_cut_field_is_not_there(void **state) {
    (void)state;
    static const uint8_t field[] = {0x0a, 3, 'a', 'b', 'c'};
    for (size_t len = 0; len < sizeof field; len++)
        assert_int_equal(swt_stock_bytes(swt_stock_value_of(swt_slice_of(field, len)), 1).status,
                         SWT_STOCK_NOT_FOUND);
    assert_bytes(swt_stock_bytes(swt_stock_value_of(swt_slice_of(field, sizeof field)), 1), "abc");
    assert_int_equal(swt_stock_uint64(BYTES(0x11, 1, 2, 3, 4, 5, 6, 7, 8, 1), 1).status,
                     SWT_STOCK_NOT_FOUND);
    assert_number(BYTES(0x11, 1, 2, 3, 4, 5, 6, 7, 8, 8, 1), 1);
    assert_number(BYTES(0x15, 1, 2, 3, 4, 8, 1), 1);
}

static void test_of_what_is_not_found_nothing_is_found(void **state) {
    (void)state;
    struct swt_stock_value none = swt_stock_value_none(SWT_STOCK_DATA_LOSS);
    assert_int_equal(swt_stock_bytes(none, 1).status, SWT_STOCK_NOT_FOUND);
    assert_int_equal(swt_stock_uint32(none, 1).status, SWT_STOCK_NOT_FOUND);
    assert_int_equal(swt_stock_map_get(none, 1, swt_slice_text("a")).status, SWT_STOCK_NOT_FOUND);
    struct swt_stock_each each = swt_stock_each_of(none, 1);
    assert_false(swt_stock_each_next(&each, &none));
}

static void test_repeated_fields(void **state) {
    (void)state;
    struct swt_stock_each each =
        swt_stock_each_of(BYTES(0x0a, 1, 'a', 0x12, 0, 8, 1, 0x0a, 0, 0x0b, 0x0a, 1, 'b'), 1);
    struct swt_stock_value value;
    assert_true(swt_stock_each_next(&each, &value));
    assert_bytes(value, "a");
    assert_true(swt_stock_each_next(&each, &value));
    assert_int_equal(value.status, SWT_STOCK_NOT_FOUND); /* another wire type */
    assert_true(swt_stock_each_next(&each, &value));
    assert_bytes(value, "");
    /* Broken framing is one element more, and the last. */
    assert_true(swt_stock_each_next(&each, &value));
    assert_int_equal(value.status, SWT_STOCK_DATA_LOSS);
    assert_false(swt_stock_each_next(&each, &value));
}

static void test_maps(void **state) {
    (void)state;
    struct swt_slice key = swt_slice_text("k");
    assert_bytes(swt_stock_map_get(BYTES(0x0a, 6, 0x0a, 1, 'k', 0x12, 1, 'a', 0x0a, 6, 0x0a, 1, 'k',
                                         0x12, 1, 'b'),
                                   1, key),
                 "a");
    /* The value may come first, and another entry before. */
    assert_bytes(swt_stock_map_get(
                     BYTES(0x0a, 3, 0x0a, 1, 'x', 0x0a, 6, 0x12, 1, 'a', 0x0a, 1, 'k'), 1, key),
                 "a");
    /* An entry without a key ends the search; one without a value is the one that was meant. */
    assert_int_equal(
        swt_stock_map_get(BYTES(0x0a, 3, 0x12, 1, 'a', 0x0a, 6, 0x0a, 1, 'k', 0x12, 1, 'a'), 1, key)
            .status,
        SWT_STOCK_NOT_FOUND);
    assert_int_equal(
        swt_stock_map_get(BYTES(0x0a, 3, 0x0a, 1, 'k', 0x0a, 6, 0x0a, 1, 'k', 0x12, 1, 'a'), 1, key)
            .status,
        SWT_STOCK_NOT_FOUND);
}

static void test_reading_cuts_and_fills(void **state) {
    (void)state;
    uint8_t data[4];
    memset(data, 0xff, sizeof data);
    assert_int_equal(swt_stock_read(BYTES('a', 'b'), data, sizeof data), SWT_STOCK_OK);
    assert_memory_equal(data, "ab\0\0", 4);
    assert_int_equal(swt_stock_read(BYTES('a', 'b', 'c', 'd', 'e'), data, sizeof data),
                     SWT_STOCK_OK);
    assert_memory_equal(data, "abcd", 4);
    struct swt_stock_value empty = swt_stock_value_of(swt_slice_of(NULL, 0));
    assert_int_equal(swt_stock_read(empty, data, sizeof data), SWT_STOCK_OUT_OF_RANGE);
    assert_int_equal(swt_stock_read(swt_stock_value_none(SWT_STOCK_DATA_LOSS), data, sizeof data),
                     SWT_STOCK_DATA_LOSS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_field_wins),
        cmocka_unit_test(test_another_wire_type_is_not_found),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_broken_framing_ends_a_message),
        cmocka_unit_test(test_a_cut_field_is_not_there),
        cmocka_unit_test(test_of_what_is_not_found_nothing_is_found),
        cmocka_unit_test(test_repeated_fields),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_reading_cuts_and_fills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
