/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf's wire format without its tolerance: parsers differ in what they make of a varint with
 * padding, a group or a cut-off value, and where two readers of one bundle differ, an attacker
 * chooses which of them is right.
 */
#include "swt/base.h"

#include <assert.h>
#include <inttypes.h>

#define FIELD_NUMBER_MAX ((UINT32_C(1) << 29) - 1)

struct swt_wire swt_wire_of(struct swt_slice bytes, uint64_t base) {
    return (struct swt_wire){.bytes = bytes, .base = base};
}

int swt_varint_read(struct swt_slice bytes, uint64_t *ret_value) {
    uint64_t value = 0;
    for (size_t i = 0; i < SWT_VARINT_MAX; i++) {
        if (i == bytes.len)
            return 0;
        uint8_t byte = bytes.data[i];
        /* The tenth byte holds bit 63 and nothing more, so it cannot be continued either. */
        if (i == SWT_VARINT_MAX - 1 && byte > 1)
            return -1;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (byte == 0 && i > 0)
            return -1;
        *ret_value = value;
        return (int)i + 1;
    }
    return -1;
}

size_t swt_varint_write(uint64_t value, uint8_t ret_bytes[SWT_VARINT_MAX]) {
    size_t len = 0;
    for (; value >= 0x80; value >>= 7)
        ret_bytes[len++] = (uint8_t)(value | 0x80);
    ret_bytes[len++] = (uint8_t)value;
    return len;
}

size_t swt_varint_size(uint64_t value) {
    size_t len = 1;
    for (; value >= 0x80; value >>= 7)
        len++;
    return len;
}

static struct swt_slice rest_of(const struct swt_wire *wire) {
    return swt_slice_of(wire->bytes.data + wire->position, wire->bytes.len - wire->position);
}

static int fail_at(const struct swt_wire *wire, struct swt_error *err) {
    return swt_error_offset(err, wire->base + wire->position);
}

static int read_varint(struct swt_wire *wire, const char *what, uint64_t *ret_value,
                       struct swt_error *err) {
    int len = swt_varint_read(rest_of(wire), ret_value);
    if (len < 0) {
        (void)swt_fail(err, SWT_E_METADATA, "%s is not a minimal varint of at most 64 bits", what);
        return fail_at(wire, err);
    }
    if (len == 0) {
        (void)swt_fail(err, SWT_E_METADATA, "%s is cut off by the end of its message", what);
        return fail_at(wire, err);
    }
    wire->position += (size_t)len;
    return 0;
}

static int read_tag(struct swt_wire *wire, struct swt_wire_field *field, struct swt_error *err) {
    const struct swt_wire before = *wire;
    uint64_t tag = 0;
    int r = read_varint(wire, "a field's tag", &tag, err);
    if (r < 0)
        return r;
    /* A tag over 32 bits is a field number over 2^29-1; some parsers drop the high bits. */
    uint64_t number = tag >> 3;
    if (number == 0 || number > FIELD_NUMBER_MAX) {
        (void)swt_fail(err, SWT_E_METADATA,
                       "a field number must be from 1 to 536870911, found %" PRIu64, number);
        return fail_at(&before, err);
    }
    field->number = (uint32_t)number;
    switch (tag & 7) {
    case SWT_WIRE_VARINT:
    case SWT_WIRE_64:
    case SWT_WIRE_BYTES:
    case SWT_WIRE_32:
        field->type = (enum swt_wire_type)(tag & 7);
        return 0;
    default:
        (void)swt_fail(err, SWT_E_METADATA,
                       "field %" PRIu32 ": expected wire type 0, 1, 2 or 5, found %u%s",
                       field->number, (unsigned)(tag & 7),
                       (tag & 7) == 3 || (tag & 7) == 4 ? " (a group)" : "");
        return fail_at(&before, err);
    }
}

static int read_fixed(struct swt_wire *wire, struct swt_wire_field *field, size_t size,
                      struct swt_error *err) {
    struct swt_slice rest = rest_of(wire);
    if (rest.len < size) {
        (void)swt_fail(err, SWT_E_METADATA,
                       "field %" PRIu32 ": a value of %zu bytes goes past the end of its message, "
                       "which has %zu left",
                       field->number, size, rest.len);
        return fail_at(wire, err);
    }
    for (size_t i = 0; i < size; i++)
        field->value |= (uint64_t)rest.data[i] << (8 * i);
    wire->position += size;
    return 0;
}

static int read_bytes(struct swt_wire *wire, struct swt_wire_field *field, struct swt_error *err) {
    const struct swt_wire before = *wire;
    uint64_t len = 0;
    int r = read_varint(wire, "a field's length", &len, err);
    if (r < 0)
        return r;
    struct swt_slice rest = rest_of(wire);
    if (len > rest.len) {
        (void)swt_fail(err, SWT_E_METADATA,
                       "field %" PRIu32 ": a length of %" PRIu64 " goes past the end of its "
                       "message, which has %zu bytes left",
                       field->number, len, rest.len);
        return fail_at(&before, err);
    }
    field->bytes = swt_slice_of(rest.data, (size_t)len);
    field->bytes_offset = wire->base + wire->position;
    wire->position += (size_t)len;
    return 0;
}

int swt_wire_next(struct swt_wire *wire, struct swt_wire_field *ret_field, struct swt_error *err) {
    if (wire->position == wire->bytes.len)
        return 0;
    struct swt_wire ahead = *wire;
    struct swt_wire_field field = {.offset = wire->base + wire->position};
    int r = read_tag(&ahead, &field, err);
    if (r < 0)
        return r;
    switch (field.type) {
    case SWT_WIRE_VARINT:
        r = read_varint(&ahead, "a field's value", &field.value, err);
        break;
    case SWT_WIRE_64:
        r = read_fixed(&ahead, &field, 8, err);
        break;
    case SWT_WIRE_BYTES:
        r = read_bytes(&ahead, &field, err);
        break;
    case SWT_WIRE_32:
        r = read_fixed(&ahead, &field, 4, err);
        break;
    }
    if (r < 0)
        return r;
    *wire = ahead;
    *ret_field = field;
    return 1;
}

static int put_varint(struct swt_buf *buf, uint64_t value, struct swt_error *err) {
    uint8_t bytes[SWT_VARINT_MAX];
    return swt_buf_append(buf, bytes, swt_varint_write(value, bytes), err);
}

static int put_tag(struct swt_buf *buf, uint32_t number, enum swt_wire_type type,
                   struct swt_error *err) {
    assert(number >= 1 && number <= FIELD_NUMBER_MAX);
    return put_varint(buf, (uint64_t)number << 3 | type, err);
}

int swt_wire_put_varint(struct swt_buf *buf, uint32_t number, uint64_t value,
                        struct swt_error *err) {
    int r = put_tag(buf, number, SWT_WIRE_VARINT, err);
    return r < 0 ? r : put_varint(buf, value, err);
}

int swt_wire_put_bytes(struct swt_buf *buf, uint32_t number, struct swt_slice bytes,
                       struct swt_error *err) {
    int r = put_tag(buf, number, SWT_WIRE_BYTES, err);
    if (r < 0)
        return r;
    r = put_varint(buf, bytes.len, err);
    return r < 0 ? r : swt_buf_append_slice(buf, bytes, err);
}
