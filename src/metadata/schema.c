/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include "swt/metadata.h"

#include "tuf.pb-c.h"

#include <string.h>

static const struct swt_schema_rule rules[] = {
    {.message = &tuf__common_metadata__descriptor, .field = "spec_version", .text = true},
    {.message = &tuf__common_metadata__descriptor,
     .field = "role",
     .text = true,
     .is_explicit = true},
    {.message = &tuf__root_metadata__descriptor, .field = "keys", .cap = SWT_MAX_KEYS},
    {.message = &tuf__signature_requirement__descriptor, .field = "key_ids", .cap = SWT_MAX_KEYS},
    {.message = &tuf__key__descriptor, .field = "key_type", .closed = true},
    {.message = &tuf__key__descriptor, .field = "scheme", .closed = true},
    {.message = &tuf__targets_metadata__descriptor,
     .field = "target_files",
     .cap = SWT_MAX_TARGETS},
    {.message = &tuf__target_file__descriptor, .field = "file_name", .text = true},
    {.message = &tuf__target_file__descriptor, .field = "hashes", .cap = SWT_MAX_HASHES},
    {.message = &tuf__signed_metadata__descriptor,
     .field = "signatures",
     .cap = SWT_MAX_SIGNATURES},
    {.message = &tuf__manifest_entry__descriptor, .field = "key", .text = true},
};

const struct swt_schema_rule *swt_schema_rule_of(const ProtobufCMessageDescriptor *message,
                                                 const ProtobufCFieldDescriptor *field) {
    static const struct swt_schema_rule none = {0};
    for (size_t i = 0; i < SWT_COUNT(rules); i++) {
        if (rules[i].message == message && strcmp(rules[i].field, field->name) == 0)
            return &rules[i];
    }
    return &none;
}

static bool is_zero(const void *member, ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_BYTES:
        return ((const ProtobufCBinaryData *)member)->len == 0;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        return *(const uint64_t *)member == 0;
    case PROTOBUF_C_TYPE_BOOL:
        return !*(const protobuf_c_boolean *)member;
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_UINT32:
        return *(const uint32_t *)member == 0;
    default:
        return false; /* tuf.proto has no field of another scalar type */
    }
}

void swt_schema_drop_defaults(ProtobufCMessage *message) {
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        char *base = (char *)message;
        void *member = base + field->offset;
        void *quantifier = base + field->quantifier_offset;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE && field->label == PROTOBUF_C_LABEL_REPEATED) {
            ProtobufCMessage **children = *(ProtobufCMessage ***)member;
            for (size_t child = 0; child < *(size_t *)quantifier; child++)
                swt_schema_drop_defaults(children[child]);
        } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
            if (*(ProtobufCMessage **)member != NULL)
                swt_schema_drop_defaults(*(ProtobufCMessage **)member);
        } else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && is_zero(member, field->type) &&
                   !swt_schema_rule_of(message->descriptor, field)->is_explicit) {
            *(protobuf_c_boolean *)quantifier = false;
        }
    }
}
