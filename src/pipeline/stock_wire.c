/* SPDX-License-Identifier: Apache-2.0 */
#include "stock_wire.h"

#include "stock_fields.h"

#include <string.h>

#define VARINT_BYTES 10
#define RESERVED_FIRST 19000
#define RESERVED_LAST 19999

const char *swt_stock_status_name(enum swt_stock_status status) {
    switch (status) {
    case SWT_STOCK_OK:
        return "OK";
    case SWT_STOCK_NOT_FOUND:
        return "NOT_FOUND";
    case SWT_STOCK_DATA_LOSS:
        return "DATA_LOSS";
    case SWT_STOCK_OUT_OF_RANGE:
        return "OUT_OF_RANGE";
    case SWT_STOCK_FAILED_PRECONDITION:
        return "FAILED_PRECONDITION";
    case SWT_STOCK_RESOURCE_EXHAUSTED:
        return "RESOURCE_EXHAUSTED";
    case SWT_STOCK_INTERNAL:
        return "INTERNAL";
    case SWT_STOCK_UNAUTHENTICATED:
        return "UNAUTHENTICATED";
    }
    return "UNKNOWN";
}

/* ---- one field --------------------------------------------------------------------------- */

/* Its length, or 0. Redundant bytes pass, and bits beyond the 64th are dropped. */
static size_t read_varint(struct swt_slice bytes, uint64_t *ret_value) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.len && i < VARINT_BYTES; i++) {
        value |= (uint64_t)(bytes.data[i] & 0x7f) << (7 * i);
        if ((bytes.data[i] & 0x80) == 0) {
            *ret_value = value;
            return i + 1;
        }
    }
    return 0;
}

/* A key of more than 32 bits is no key. */
static bool key_valid(uint64_t key) {
    uint64_t number = key >> 3;
    unsigned type = key & 7;
    return key <= UINT32_MAX && number != 0 &&
           !(number >= RESERVED_FIRST && number <= RESERVED_LAST) &&
           (type == SWT_STOCK_VARINT || type == SWT_STOCK_FIXED64 || type == SWT_STOCK_DELIMITED ||
            type == SWT_STOCK_FIXED32);
}

bool swt_stock_field_read(struct swt_slice window, uint64_t left,
                          struct swt_stock_field *ret_field) {
    uint64_t key = 0;
    uint64_t number = 0;
    size_t key_len = read_varint(window, &key);
    if (key_len == 0 || !key_valid(key))
        return false;
    struct swt_stock_field field = {
        .number = (uint32_t)(key >> 3), .type = (enum swt_stock_type)(key & 7), .value = key_len};
    uint64_t size = field.type == SWT_STOCK_FIXED32 ? 4 : 8;
    if (field.type == SWT_STOCK_VARINT || field.type == SWT_STOCK_DELIMITED) {
        struct swt_slice rest = swt_slice_of(window.data + key_len, window.len - key_len);
        size = read_varint(rest, &number);
        if (size == 0)
            return false;
    }
    if (field.type == SWT_STOCK_VARINT)
        field.varint = number;
    if (field.type == SWT_STOCK_DELIMITED) {
        if (number > UINT32_MAX)
            return false;
        field.value += size;
        size = number;
    }
    if (size > left - field.value)
        return false;
    field.end = field.value + size;
    *ret_field = field;
    return true;
}

/* ---- messages in memory ------------------------------------------------------------------ */

struct swt_stock_value swt_stock_value_of(struct swt_slice bytes) {
    return (struct swt_stock_value){SWT_STOCK_OK, bytes};
}

struct swt_stock_value swt_stock_value_none(enum swt_stock_status status) {
    return (struct swt_stock_value){status, {NULL, 0}};
}

/* The next field of rest, which is moved past it; its first byte in *ret_start. */
static bool next_field(struct swt_slice *rest, const uint8_t **ret_start,
                       struct swt_stock_field *ret_field) {
    size_t window = rest->len < SWT_STOCK_WINDOW ? rest->len : SWT_STOCK_WINDOW;
    if (!swt_stock_field_read(swt_slice_of(rest->data, window), rest->len, ret_field))
        return false;
    *ret_start = rest->data;
    *rest = swt_slice_of(rest->data + ret_field->end, rest->len - (size_t)ret_field->end);
    return true;
}

/* The first field of that number; false: there is none. */
static bool first_field(struct swt_stock_value message, uint32_t number, const uint8_t **ret_start,
                        struct swt_stock_field *ret_field) {
    struct swt_slice rest = message.bytes;
    while (next_field(&rest, ret_start, ret_field))
        if (ret_field->number == number)
            return true;
    return false;
}

static struct swt_stock_value bytes_of(const uint8_t *start, const struct swt_stock_field *field) {
    if (field->type != SWT_STOCK_DELIMITED)
        return swt_stock_value_none(SWT_STOCK_NOT_FOUND);
    return swt_stock_value_of(
        swt_slice_of(start + field->value, (size_t)(field->end - field->value)));
}

struct swt_stock_value swt_stock_bytes(struct swt_stock_value message, uint32_t number) {
    const uint8_t *start = NULL;
    struct swt_stock_field field;
    if (!first_field(message, number, &start, &field))
        return swt_stock_value_none(SWT_STOCK_NOT_FOUND);
    return bytes_of(start, &field);
}

static struct swt_stock_number number_in(struct swt_stock_value message, uint32_t number,
                                         uint64_t max) {
    const uint8_t *start = NULL;
    struct swt_stock_field field;
    struct swt_stock_number answer = {.status = SWT_STOCK_OK};
    if (!first_field(message, number, &start, &field) || field.type != SWT_STOCK_VARINT)
        answer.status = SWT_STOCK_NOT_FOUND;
    else if (field.varint > max)
        answer.status = SWT_STOCK_FAILED_PRECONDITION;
    else
        answer.value = field.varint;
    return answer;
}

struct swt_stock_number swt_stock_uint32(struct swt_stock_value message, uint32_t number) {
    return number_in(message, number, UINT32_MAX);
}

struct swt_stock_number swt_stock_uint64(struct swt_stock_value message, uint32_t number) {
    return number_in(message, number, UINT64_MAX);
}

struct swt_stock_each swt_stock_each_of(struct swt_stock_value message, uint32_t number) {
    return (struct swt_stock_each){.rest = message.bytes, .number = number};
}

bool swt_stock_each_next(struct swt_stock_each *each, struct swt_stock_value *ret_value) {
    const uint8_t *start = NULL;
    struct swt_stock_field field;
    while (next_field(&each->rest, &start, &field)) {
        if (field.number != each->number)
            continue;
        *ret_value = bytes_of(start, &field);
        return true;
    }
    if (each->rest.len == 0)
        return false;
    each->rest = swt_slice_of(NULL, 0);
    *ret_value = swt_stock_value_none(SWT_STOCK_DATA_LOSS);
    return true;
}

struct swt_stock_value swt_stock_map_get(struct swt_stock_value message, uint32_t number,
                                         struct swt_slice key) {
    struct swt_stock_each each = swt_stock_each_of(message, number);
    struct swt_stock_value entry;
    while (swt_stock_each_next(&each, &entry)) {
        struct swt_stock_value found = swt_stock_bytes(entry, SWT_STOCK_ENTRY_KEY);
        if (found.status != SWT_STOCK_OK)
            return found;
        if (swt_slice_equal(found.bytes, key))
            return swt_stock_bytes(entry, SWT_STOCK_ENTRY_VALUE);
    }
    return swt_stock_value_none(SWT_STOCK_NOT_FOUND);
}

enum swt_stock_status swt_stock_read(struct swt_stock_value value, uint8_t *ret_data, size_t size) {
    if (value.status != SWT_STOCK_OK)
        return value.status;
    if (value.bytes.len == 0)
        return SWT_STOCK_OUT_OF_RANGE;
    size_t len = value.bytes.len < size ? value.bytes.len : size;
    memset(ret_data, 0, size);
    memcpy(ret_data, value.bytes.data, len);
    return SWT_STOCK_OK;
}
