/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict wire reader on any bytes: it ends, stays inside its slice, and what it accepts written
 * again is the same bytes, since each value has one encoding.
 */
#include "swt/base.h"

#include <stdlib.h>

#define DEPTH_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

static void check_written(struct swt_slice bytes, const struct swt_wire_field *field) {
    struct swt_buf again = {0};
    struct swt_error err;
    int r = field->type == SWT_WIRE_BYTES
                ? swt_wire_put_bytes(&again, field->number, field->bytes, &err)
                : swt_wire_put_varint(&again, field->number, field->value, &err);
    require(r == 0 && swt_slice_equal(swt_buf_slice(&again), bytes));
    swt_buf_done(&again);
}

static void check_field(struct swt_slice bytes, uint64_t base, const struct swt_wire_field *field,
                        size_t end) {
    uint8_t varint[SWT_VARINT_MAX];
    size_t tag = swt_varint_write((uint64_t)field->number << 3 | field->type, varint);
    size_t start = (size_t)(field->offset - base);
    require(field->number >= 1 && field->number < UINT32_C(1) << 29);
    require(swt_slice_equal(swt_slice_of(varint, tag), swt_slice_of(bytes.data + start, tag)));
    switch (field->type) {
    case SWT_WIRE_VARINT:
        check_written(swt_slice_of(bytes.data + start, end - start), field);
        break;
    case SWT_WIRE_64:
        require(end - start == tag + 8);
        break;
    case SWT_WIRE_32:
        require(end - start == tag + 4 && field->value <= UINT32_MAX);
        break;
    case SWT_WIRE_BYTES:
        check_written(swt_slice_of(bytes.data + start, end - start), field);
        require(field->bytes.data == bytes.data + (field->bytes_offset - base));
        break;
    }
}

static void walk(struct swt_slice bytes, uint64_t base, unsigned depth) {
    struct swt_error err;
    struct swt_wire wire = swt_wire_of(bytes, base);
    struct swt_wire_field field;
    int r;
    for (size_t before = 0; (r = swt_wire_next(&wire, &field, &err)) > 0; before = wire.position) {
        require(wire.position > before && wire.position <= bytes.len);
        require(field.offset == base + before);
        check_field(bytes, base, &field, wire.position);
        if (field.type == SWT_WIRE_BYTES && depth < DEPTH_MAX)
            walk(field.bytes, field.bytes_offset, depth + 1);
    }
    if (r == 0)
        require(wire.position == bytes.len);
    else
        require(r == -SWT_E_METADATA && err.has_offset && err.offset >= base &&
                err.offset <= base + bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    walk(swt_slice_of(data, size), 1, 0);
    return 0;
}
