/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include "schema.h"
#include "strict.h"

int swt_message_scan(const ProtobufCMessageDescriptor *type, struct swt_slice bytes, uint64_t base,
                     size_t *ret_unknown, struct swt_error *err) {
    if (bytes.len > SWT_MAX_METADATA) {
        (void)swt_fail(err, SWT_E_METADATA, "%s: %zu bytes, expected at most %zu", type->short_name,
                       bytes.len, SWT_MAX_METADATA);
        return swt_error_offset(err, base);
    }
    return swt_strict_scan(type, bytes, base, SWT_UNKNOWN_COUNTED, ret_unknown, err);
}

int swt_message_unpack(const ProtobufCMessageDescriptor *type, struct swt_slice bytes,
                       uint64_t base, struct swt_arena *arena, ProtobufCMessage **ret_message,
                       struct swt_error *err) {
    ProtobufCAllocator allocator = swt_arena_allocator(arena);
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, bytes.len, bytes.data);
    if (message == NULL && arena->failed)
        return swt_fail_memory(err);
    if (message == NULL) {
        (void)swt_fail(err, SWT_E_METADATA, "%s: the message cannot be unpacked", type->short_name);
        return swt_error_offset(err, base);
    }
    *ret_message = message;
    return 0;
}

int swt_message_read(const ProtobufCMessageDescriptor *type, struct swt_slice bytes, uint64_t base,
                     struct swt_arena *arena, ProtobufCMessage **ret_message, size_t *ret_unknown,
                     struct swt_error *err) {
    int r = swt_message_scan(type, bytes, base, ret_unknown, err);
    return r < 0 ? r : swt_message_unpack(type, bytes, base, arena, ret_message, err);
}

int swt_message_write(ProtobufCMessage *message, struct swt_arena *arena, struct swt_buf *ret_bytes,
                      struct swt_error *err) {
    swt_schema_drop_defaults(message);
    size_t size = protobuf_c_message_get_packed_size(message);
    if (size > SWT_MAX_METADATA)
        return swt_fail(err, SWT_E_METADATA, "%s: %zu bytes to write, expected at most %zu",
                        message->descriptor->short_name, size, SWT_MAX_METADATA);
    uint8_t *packed = swt_arena_array(arena, size, 1);
    if (packed == NULL)
        return swt_fail_memory(err);
    size = protobuf_c_message_pack(message, packed);
    return swt_buf_append(ret_bytes, packed, size, err);
}

struct swt_slice swt_message_slice(ProtobufCBinaryData data) {
    return swt_slice_of(data.data, data.len);
}

ProtobufCBinaryData swt_message_binary(struct swt_slice slice) {
    return (ProtobufCBinaryData){.len = slice.len, .data = (uint8_t *)(uintptr_t)slice.data};
}
