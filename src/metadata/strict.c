/* SPDX-License-Identifier: Apache-2.0 */
#include "strict.h"

#include "schema.h"

#include "swt/metadata.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Of one message of tuf.proto; RootMetadata has the most. */
#define FIELDS_MAX 8

struct scan {
    enum swt_unknown policy;
    size_t unknown;
    struct swt_buf *fields; /* gets the unknown ones; or NULL */
};

struct place {
    const ProtobufCMessageDescriptor *message;
    const ProtobufCFieldDescriptor *field;
    const struct swt_schema_rule *rule;
};

static int scan_message(struct scan *scan, const ProtobufCMessageDescriptor *type,
                        struct swt_slice bytes, uint64_t base, struct swt_error *err);

static int fail_at(const struct place *place, uint64_t offset, struct swt_error *err,
                   const char *format, ...) SWT_PRINTF(4, 5);
static int fail_at(const struct place *place, uint64_t offset, struct swt_error *err,
                   const char *format, ...) {
    char reason[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    (void)swt_fail(err, SWT_E_METADATA, "%s.%s: %s", place->message->short_name, place->field->name,
                   reason);
    return swt_error_offset(err, offset);
}

static enum swt_wire_type wire_type_of(ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return SWT_WIRE_BYTES;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return SWT_WIRE_64;
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return SWT_WIRE_32;
    default:
        return SWT_WIRE_VARINT;
    }
}

static bool fits_int32(uint64_t value) {
    /* Negative numbers stand as 64-bit two's complement on the wire. */
    return value <= INT32_MAX || value >= (uint64_t)(int64_t)INT32_MIN;
}

static bool fits(ProtobufCType type, uint64_t value) {
    switch (type) {
    case PROTOBUF_C_TYPE_BOOL:
        return value <= 1;
    case PROTOBUF_C_TYPE_UINT32:
        return value <= UINT32_MAX;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
        return fits_int32(value);
    default:
        return true;
    }
}

static int scan_varint(const struct place *place, const struct swt_wire_field *found,
                       struct swt_error *err) {
    if (!fits(place->field->type, found->value))
        return fail_at(place, found->offset, err,
                       "the value %" PRIu64 " is out of the range of its type", found->value);
    if (place->rule->closed && protobuf_c_enum_descriptor_get_value(
                                   place->field->descriptor, (int)(int64_t)found->value) == NULL)
        return fail_at(place, found->offset, err, "expected a known number, found %" PRId64,
                       (int64_t)found->value);
    return 0;
}

static int scan_bytes(struct scan *scan, const struct place *place,
                      const struct swt_wire_field *found, struct swt_error *err) {
    if (place->field->type == PROTOBUF_C_TYPE_MESSAGE)
        return scan_message(scan, place->field->descriptor, found->bytes, found->bytes_offset, err);
    if (!place->rule->text)
        return 0;
    if (!swt_utf8_valid(found->bytes))
        return fail_at(place, found->bytes_offset, err, "the text is not valid UTF-8");
    const uint8_t *nul =
        found->bytes.len > 0 ? memchr(found->bytes.data, 0, found->bytes.len) : NULL;
    if (nul != NULL)
        return fail_at(place, found->bytes_offset + (uint64_t)(nul - found->bytes.data), err,
                       "the text holds a NUL byte");
    return 0;
}

static int scan_known(struct scan *scan, const struct place *place, unsigned count,
                      const struct swt_wire_field *found, struct swt_error *err) {
    enum swt_wire_type expected = wire_type_of(place->field->type);
    if (found->type != expected)
        return fail_at(place, found->offset, err, "expected wire type %d, found %d", (int)expected,
                       (int)found->type);
    if (place->field->label != PROTOBUF_C_LABEL_REPEATED && count > 1)
        return fail_at(place, found->offset, err, "the field occurs twice");
    if (place->rule->cap > 0 && count > place->rule->cap)
        return fail_at(place, found->offset, err, "more than %u entries", place->rule->cap);
    return expected == SWT_WIRE_BYTES ? scan_bytes(scan, place, found, err)
                                      : scan_varint(place, found, err);
}

static int scan_unknown(struct scan *scan, const ProtobufCMessageDescriptor *type,
                        const struct swt_wire_field *found, struct swt_slice field,
                        struct swt_error *err) {
    if (scan->policy == SWT_UNKNOWN_REFUSED) {
        (void)swt_fail(err, SWT_E_UNKNOWN_FIELD,
                       "%s: unknown field %" PRIu32 ", which no signature covers", type->short_name,
                       found->number);
        return swt_error_offset(err, found->offset);
    }
    if (++scan->unknown > SWT_MAX_UNKNOWN) {
        (void)swt_fail(err, SWT_E_METADATA, "%s: more than %d unknown fields", type->short_name,
                       SWT_MAX_UNKNOWN);
        return swt_error_offset(err, found->offset);
    }
    if (scan->fields == NULL)
        return 0;
    int r = swt_buf_append(scan->fields, type->short_name, strlen(type->short_name) + 1, err);
    return r < 0 ? r : swt_buf_append_slice(scan->fields, field, err);
}

/* Recursion ends where tuf.proto does: no message holds itself, unknown fields are not entered. */
static int scan_message(struct scan *scan, const ProtobufCMessageDescriptor *type,
                        struct swt_slice bytes, uint64_t base, struct swt_error *err) {
    unsigned counts[FIELDS_MAX] = {0};
    if (type->n_fields > FIELDS_MAX)
        return swt_fail(err, SWT_E_METADATA, "%s has more fields than the reader can count",
                        type->short_name);
    struct swt_wire wire = swt_wire_of(bytes, base);
    struct swt_wire_field found;
    size_t start = 0;
    int r;
    for (; (r = swt_wire_next(&wire, &found, err)) > 0; start = wire.position) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(type, found.number);
        if (field == NULL) {
            struct swt_slice whole = swt_slice_of(bytes.data + start, wire.position - start);
            r = scan_unknown(scan, type, &found, whole, err);
        } else {
            struct place place = {type, field, swt_schema_rule_of(type, field)};
            unsigned *count = &counts[field - type->fields];
            r = scan_known(scan, &place, ++*count, &found, err);
        }
        if (r < 0)
            return r;
    }
    return r < 0 ? swt_error_context(err, "%s", type->short_name) : 0;
}

int swt_strict_scan(const ProtobufCMessageDescriptor *type, struct swt_slice bytes, uint64_t base,
                    enum swt_unknown policy, size_t *ret_unknown, struct swt_error *err) {
    struct scan scan = {.policy = policy};
    int r = scan_message(&scan, type, bytes, base, err);
    if (r < 0)
        return r;
    *ret_unknown = scan.unknown;
    return 0;
}

int swt_strict_unknown(const ProtobufCMessageDescriptor *type, struct swt_slice bytes,
                       struct swt_buf *ret_fields, struct swt_error *err) {
    struct scan scan = {.policy = SWT_UNKNOWN_COUNTED, .fields = ret_fields};
    return scan_message(&scan, type, bytes, 0, err);
}
