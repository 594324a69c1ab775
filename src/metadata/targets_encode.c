/* SPDX-License-Identifier: Apache-2.0 */
#include "targets.h"

/* part is what the messages within are put together in. */
static int put_common(const struct swt_targets_spec *spec, struct swt_buf *part,
                      struct swt_buf *bytes, struct swt_error *err) {
    SWT_CLEANUP(swt_arena_done) struct swt_arena arena = {0};
    Tuf__CommonMetadata common;
    Tuf__Timestamp expires;
    swt_common_init(&common, SWT_ROLE_TARGETS);
    tuf__timestamp__init(&expires);
    swt_common_set(&common, &expires, spec->version, spec->has_expires, spec->expires);
    int r = swt_message_write(&common.base, &arena, part, err);
    return r < 0 ? r : swt_wire_put_bytes(bytes, FIELD_COMMON, swt_buf_slice(part), err);
}

static int put_target(const struct swt_target_spec *target, struct swt_buf *part,
                      struct swt_buf *bytes, struct swt_error *err) {
    struct swt_slice digest = swt_slice_of(target->sha256, sizeof target->sha256);
    SWT_CLEANUP(swt_buf_done) struct swt_buf hash = {0};
    int r = swt_wire_put_varint(&hash, FIELD_FUNCTION, TUF__HASH_FUNCTION__SHA256, err);
    if (r == 0)
        r = swt_wire_put_bytes(&hash, FIELD_HASH, digest, err);
    swt_buf_clear(part);
    if (r == 0 && target->name.len > 0)
        r = swt_wire_put_bytes(part, FIELD_FILE_NAME, target->name, err);
    if (r == 0 && target->length > 0)
        r = swt_wire_put_varint(part, FIELD_LENGTH, target->length, err);
    if (r == 0)
        r = swt_wire_put_bytes(part, FIELD_HASHES, swt_buf_slice(&hash), err);
    return r < 0 ? r : swt_wire_put_bytes(bytes, FIELD_TARGET_FILES, swt_buf_slice(part), err);
}

int swt_targets_encode(const struct swt_targets_spec *spec, struct swt_buf *ret_bytes,
                       struct swt_error *err) {
    if (spec->target_count > SWT_MAX_TARGETS)
        return swt_fail(err, SWT_E_TARGETS_RULES, "%zu targets, expected at most %d",
                        spec->target_count, SWT_MAX_TARGETS);
    SWT_CLEANUP(swt_buf_done) struct swt_buf part = {0};
    size_t before = ret_bytes->len;
    int r = put_common(spec, &part, ret_bytes, err);
    for (size_t i = 0; i < spec->target_count && r == 0; i++)
        r = put_target(&spec->targets[i], &part, ret_bytes, err);
    size_t size = ret_bytes->len - before;
    if (r == 0 && size > SWT_MAX_METADATA)
        r = swt_fail(err, SWT_E_METADATA, "%s: %zu bytes to write, expected at most %zu",
                     tuf__targets_metadata__descriptor.short_name, size, SWT_MAX_METADATA);
    if (r < 0)
        ret_bytes->len = before;
    return r;
}
