/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framing of an UpdateBundle: minimal varints, and map entries with key and value always, as
 * Pigweed's own tool writes them.
 */
#include "backend.h"

#include <string.h>

static int put_tag(uint32_t number, uint64_t length, struct swt_buf *ret_bytes,
                   struct swt_error *err) {
    uint8_t bytes[2 * SWT_VARINT_MAX];
    size_t len = swt_varint_write((uint64_t)number << 3 | SWT_WIRE_BYTES, bytes);
    len += swt_varint_write(length, bytes + len);
    return swt_buf_append(ret_bytes, bytes, len, err);
}

static size_t field_size(uint32_t number, uint64_t length) {
    return swt_varint_size((uint64_t)number << 3) + swt_varint_size(length);
}

static int put_map_entry(uint32_t number, struct swt_slice key, uint64_t length,
                         struct swt_buf *ret_bytes, struct swt_error *err) {
    uint64_t entry = field_size(SWT_FIELD_ENTRY_KEY, key.len) + key.len +
                     field_size(SWT_FIELD_ENTRY_VALUE, length) + length;
    int r = put_tag(number, entry, ret_bytes, err);
    if (r == 0)
        r = swt_wire_put_bytes(ret_bytes, SWT_FIELD_ENTRY_KEY, key, err);
    if (r == 0)
        r = put_tag(SWT_FIELD_ENTRY_VALUE, length, ret_bytes, err);
    return r;
}

int swt_update_bundle_member_head(const struct swt_member *member, struct swt_buf *ret_bytes,
                                  struct swt_error *err) {
    switch (member->kind) {
    case SWT_MEMBER_ROOT:
        return put_tag(SWT_FIELD_ROOT, member->length, ret_bytes, err);
    case SWT_MEMBER_TARGETS:
        return put_map_entry(SWT_FIELD_TARGETS, swt_slice_text(SWT_TARGETS_MAP_KEY), member->length,
                             ret_bytes, err);
    case SWT_MEMBER_PAYLOAD:
        break;
    }
    if (!swt_utf8_valid(member->name) || member->name.len > SWT_MAX_PAYLOAD_KEY)
        return swt_fail(err, SWT_E_CONTAINER,
                        "the payload name '%.*s' does not fit in an UpdateBundle: it must be UTF-8 "
                        "of at most %d bytes",
                        swt_shown_len(member->name), (const char *)member->name.data,
                        SWT_MAX_PAYLOAD_KEY);
    return put_map_entry(SWT_FIELD_PAYLOADS, member->name, member->length, ret_bytes, err);
}

size_t swt_update_bundle_member_tail(uint64_t length) {
    (void)length;
    return 0;
}
