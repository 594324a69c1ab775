/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "swt/base.h"

#include <string.h>

#define BYTES(text_) swt_slice_of(text_, sizeof(text_) - 1)

/* The message is refused at that offset, and the reader has not moved over it. */
static void check_refused_at(struct swt_slice bytes, uint64_t offset) {
    struct swt_error err;
    struct swt_wire wire = swt_wire_of(bytes, 1000);
    struct swt_wire_field field;
    struct swt_wire_field before;
    memset(&field, 0xa5, sizeof field);
    memcpy(&before, &field, sizeof field);
    assert_int_equal(swt_wire_next(&wire, &field, &err), -SWT_E_METADATA);
    assert_true(err.has_offset);
    assert_int_equal(err.offset, 1000 + offset);
    assert_int_equal(wire.position, 0);
    assert_memory_equal(&field, &before, sizeof field);
}

static void test_fields_of_each_type(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_wire wire = swt_wire_of(BYTES("\x08\x96\x01"
                                             "\x11\x01\x02\x03\x04\x05\x06\x07\x88"
                                             "\x1a\x03"
                                             "abc"
                                             "\x25\xff\xff\xff\xff"
                                             "\x2a\x00"),
                                       50);
    struct swt_wire_field field;
    assert_int_equal(swt_wire_next(&wire, &field, &err), 1);
    assert_int_equal(field.number, 1);
    assert_int_equal(field.type, SWT_WIRE_VARINT);
    assert_true(field.value == 150);
    assert_true(field.offset == 50);
    assert_int_equal(swt_wire_next(&wire, &field, &err), 1);
    assert_int_equal(field.number, 2);
    assert_int_equal(field.type, SWT_WIRE_64);
    assert_true(field.value == UINT64_C(0x8807060504030201));
    assert_int_equal(swt_wire_next(&wire, &field, &err), 1);
    assert_int_equal(field.number, 3);
    assert_int_equal(field.type, SWT_WIRE_BYTES);
    assert_true(swt_slice_equal(field.bytes, swt_slice_text("abc")));
    assert_true(field.offset == 62);
    assert_true(field.bytes_offset == 64);
    assert_int_equal(swt_wire_next(&wire, &field, &err), 1);
    assert_int_equal(field.type, SWT_WIRE_32);
    assert_true(field.value == UINT32_MAX);
    assert_int_equal(swt_wire_next(&wire, &field, &err), 1);
    assert_int_equal(field.number, 5);
    assert_int_equal(field.bytes.len, 0);
    assert_int_equal(swt_wire_next(&wire, &field, &err), 0);
    assert_int_equal(swt_wire_next(&wire, &field, &err), 0);
}

static void test_empty_message(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_wire wire = swt_wire_of((struct swt_slice){0}, 0);
    struct swt_wire_field field;
    assert_int_equal(swt_wire_next(&wire, &field, &err), 0);
}

static void test_field_numbers(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_wire_field field;
    struct swt_wire wire = swt_wire_of(BYTES("\xf8\xff\xff\xff\x0f\x00"), 0);
    assert_int_equal(swt_wire_next(&wire, &field, &err), 1);
    assert_int_equal(field.number, (1 << 29) - 1);
    check_refused_at(BYTES("\x00\x00"), 0);
    check_refused_at(BYTES("\x02\x00"), 0);
    check_refused_at(BYTES("\x80\x80\x80\x80\x10\x00"), 0); /* number 2^29 */
    check_refused_at(BYTES("\x88\x80\x80\x80\x10\x00"), 0); /* 1 in the low 32 bits */
    check_refused_at(BYTES("\x88\x80\x80\x80\x80\x80\x80\x80\x80\x01\x00"), 0);
}

static void test_groups_and_unknown_types(void **state) {
    (void)state;
    check_refused_at(BYTES("\x0b\x0c"), 0);
    check_refused_at(BYTES("\x0c"), 0);
    check_refused_at(BYTES("\x0e\x00"), 0);
    check_refused_at(BYTES("\x0f\x00"), 0);
}

static void test_varints_that_are_not_minimal(void **state) {
    (void)state;
    check_refused_at(BYTES("\x88\x00\x01"), 0); /* tag */
    check_refused_at(BYTES("\x08\x80\x00"), 1); /* value */
    check_refused_at(BYTES("\x08\x81\x80\x00"), 1);
    check_refused_at(BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), 1);
    check_refused_at(BYTES("\x0a\x81\x00x"), 1); /* length */
}

static void test_varints_over_64_bits(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_wire_field field;
    struct swt_wire wire = swt_wire_of(BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 0);
    assert_int_equal(swt_wire_next(&wire, &field, &err), 1);
    assert_true(field.value == UINT64_MAX);
    check_refused_at(BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), 1);
    check_refused_at(BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), 1);
    check_refused_at(BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), 1);
    check_refused_at(BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), 1);
}

static void test_what_ends_too_early(void **state) {
    (void)state;
    check_refused_at(BYTES("\x88"), 0);
    check_refused_at(BYTES("\x08"), 1);
    check_refused_at(BYTES("\x08\x80"), 1);
    check_refused_at(BYTES("\x09\x01\x02\x03\x04\x05\x06\x07"), 1);
    check_refused_at(BYTES("\x0d\x01\x02\x03"), 1);
    check_refused_at(BYTES("\x0a"), 1);
    check_refused_at(BYTES("\x0a\x02x"), 1);
}

/* Lengths whose sum with a position wraps round in 32 or 64 bits. */
static void test_lengths_that_overflow(void **state) {
    (void)state;
    check_refused_at(BYTES("\x0a\xff\xff\xff\xff\x0f"), 1);
    check_refused_at(BYTES("\x0a\xff\xff\xff\xff\x07"), 1);
    check_refused_at(BYTES("\x0a\x80\x80\x80\x80\x10x"), 1);
    check_refused_at(BYTES("\x0a\x81\x80\x80\x80\x10x"), 1);
    check_refused_at(BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 1);
    check_refused_at(BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), 1);
    check_refused_at(BYTES("\x0a\xf5\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 1);
}

static void test_varint_read_for_streams(void **state) {
    (void)state;
    uint64_t value = 9;
    assert_int_equal(swt_varint_read((struct swt_slice){0}, &value), 0);
    assert_int_equal(swt_varint_read(BYTES("\x80"), &value), 0);
    assert_int_equal(swt_varint_read(BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff"), &value), 0);
    assert_int_equal(swt_varint_read(BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80"), &value),
                     -1);
    assert_int_equal(swt_varint_read(BYTES("\x80\x00"), &value), -1);
    assert_true(value == 9);
    assert_int_equal(swt_varint_read(BYTES("\x00\xff"), &value), 1);
    assert_true(value == 0);
    assert_int_equal(swt_varint_read(BYTES("\xac\x02rest"), &value), 2);
    assert_true(value == 300);
}

static void test_varints_survive_the_round_trip(void **state) {
    (void)state;
    for (unsigned shift = 0; shift < 64; shift++)
        for (int delta = -1; delta <= 1; delta++) {
            uint64_t value = (UINT64_C(1) << shift) + (uint64_t)(int64_t)delta;
            uint8_t bytes[SWT_VARINT_MAX];
            size_t len = swt_varint_write(value, bytes);
            assert_int_equal(len, swt_varint_size(value));
            uint64_t back = ~value;
            assert_int_equal(swt_varint_read(swt_slice_of(bytes, len), &back), len);
            assert_true(back == value);
            for (size_t cut = 0; cut < len; cut++)
                assert_int_equal(swt_varint_read(swt_slice_of(bytes, cut), &back), 0);
        }
    assert_int_equal(swt_varint_size(0), 1);
    assert_int_equal(swt_varint_size(UINT64_MAX), SWT_VARINT_MAX);
}

static void test_put(void **state) {
    (void)state;
    struct swt_error err;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    assert_int_equal(swt_wire_put_varint(&buf, 1, 150, &err), 0);
    assert_int_equal(swt_wire_put_varint(&buf, 2, 0, &err), 0);
    assert_int_equal(swt_wire_put_bytes(&buf, 16, swt_slice_text("ab"), &err), 0);
    assert_int_equal(swt_wire_put_bytes(&buf, 3, (struct swt_slice){0}, &err), 0);
    assert_true(swt_slice_equal(swt_buf_slice(&buf), BYTES("\x08\x96\x01"
                                                           "\x10\x00"
                                                           "\x82\x01\x02"
                                                           "ab"
                                                           "\x1a\x00")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_of_each_type),
        cmocka_unit_test(test_empty_message),
        cmocka_unit_test(test_field_numbers),
        cmocka_unit_test(test_groups_and_unknown_types),
        cmocka_unit_test(test_varints_that_are_not_minimal),
        cmocka_unit_test(test_varints_over_64_bits),
        cmocka_unit_test(test_what_ends_too_early),
        cmocka_unit_test(test_lengths_that_overflow),
        cmocka_unit_test(test_varint_read_for_streams),
        cmocka_unit_test(test_varints_survive_the_round_trip),
        cmocka_unit_test(test_put),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
