/* SPDX-License-Identifier: Apache-2.0 */
#include "strict.h"

#include "swt/metadata.h"

#include "tuf.pb-c.h"

#include <stdlib.h>

/* Of Manifest and its map entries in tuf.proto. */
enum { FIELD_TARGETS_METADATA = 1, FIELD_USER_MANIFEST = 2 };
enum { FIELD_ENTRY_KEY = 1, FIELD_ENTRY_VALUE = 2 };

struct entry {
    struct swt_slice key;
    struct swt_slice value;
    uint64_t value_offset;
};

void swt_device_manifest_free(struct swt_device_manifest *manifest) {
    if (manifest == NULL)
        return;
    swt_targets_free(manifest->targets);
    free(manifest);
}

void swt_device_manifest_cleanup(struct swt_device_manifest **manifest) {
    swt_device_manifest_free(*manifest);
}

static int read_entry(const struct swt_wire_field *field, struct entry *ret_entry,
                      struct swt_error *err) {
    struct swt_wire wire = swt_wire_of(field->bytes, field->bytes_offset);
    struct swt_wire_field member;
    struct entry entry = {0};
    int r;
    while ((r = swt_wire_next(&wire, &member, err)) > 0) {
        if (member.number == FIELD_ENTRY_KEY) {
            entry.key = member.bytes;
        } else if (member.number == FIELD_ENTRY_VALUE) {
            entry.value = member.bytes;
            entry.value_offset = member.bytes_offset;
        }
    }
    if (r == 0)
        *ret_entry = entry;
    return r;
}

static int take_entry(struct swt_device_manifest *manifest, const struct swt_wire_field *field,
                      struct swt_error *err) {
    struct entry entry;
    int r = read_entry(field, &entry, err);
    if (r < 0)
        return r;
    if (!swt_slice_equal(entry.key, swt_slice_text(SWT_ROLE_TARGETS))) {
        (void)swt_fail(err, SWT_E_DEVICE_MANIFEST,
                       "the metadata of a role '%.*s': delegated targets are not supported",
                       (int)(entry.key.len < 64 ? entry.key.len : 64),
                       entry.key.len > 0 ? (const char *)entry.key.data : "");
        return swt_error_offset(err, field->offset);
    }
    if (manifest->targets != NULL) {
        (void)swt_fail(err, SWT_E_DEVICE_MANIFEST, "the targets metadata occurs twice");
        return swt_error_offset(err, field->offset);
    }
    /* It would read as version 0, which is no floor. */
    if (entry.value.len == 0) {
        (void)swt_fail(err, SWT_E_DEVICE_MANIFEST, "the targets metadata is empty");
        return swt_error_offset(err, field->offset);
    }
    return swt_targets_decode(entry.value, entry.value_offset, &manifest->targets, err);
}

static int read_fields(struct swt_device_manifest *manifest, struct swt_slice bytes,
                       struct swt_error *err) {
    struct swt_wire wire = swt_wire_of(bytes, 0);
    struct swt_wire_field field;
    int r;
    while ((r = swt_wire_next(&wire, &field, err)) > 0) {
        if (field.number == FIELD_TARGETS_METADATA) {
            r = take_entry(manifest, &field, err);
            if (r < 0)
                return r;
        } else if (field.number == FIELD_USER_MANIFEST) {
            manifest->has_user_manifest = true;
            manifest->user_manifest = field.bytes;
        }
    }
    return r;
}

static int decode(struct swt_slice bytes, struct swt_device_manifest *manifest,
                  struct swt_error *err) {
    size_t unknown;
    int r =
        swt_strict_scan(&tuf__manifest__descriptor, bytes, 0, SWT_UNKNOWN_REFUSED, &unknown, err);
    if (r < 0)
        return r;
    r = read_fields(manifest, bytes, err);
    if (r < 0)
        return r;
    if (manifest->targets == NULL)
        return swt_fail(err, SWT_E_DEVICE_MANIFEST, "it holds no targets metadata");
    /* Without its role it could be any message, whose version is no floor. */
    return swt_targets_check_role(manifest->targets, err);
}

int swt_device_manifest_decode(struct swt_slice bytes, struct swt_device_manifest **ret_manifest,
                               struct swt_error *err) {
    SWT_CLEANUP(swt_device_manifest_cleanup)
    struct swt_device_manifest *manifest = calloc(1, sizeof *manifest);
    if (manifest == NULL)
        return swt_fail_memory(err);
    if (bytes.len == 0)
        return swt_fail(err, SWT_E_DEVICE_MANIFEST, "the device manifest is empty");
    if (decode(bytes, manifest, err) < 0) {
        if (err->code != SWT_E_MEMORY)
            (void)swt_error_recode(err, SWT_E_DEVICE_MANIFEST);
        return swt_error_context(err, "device manifest");
    }
    *ret_manifest = SWT_TAKE(manifest);
    return 0;
}

static int put_entry(struct swt_buf *buf, struct swt_slice targets_metadata,
                     struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf entry = {0};
    int r = swt_wire_put_bytes(&entry, FIELD_ENTRY_KEY, swt_slice_text(SWT_ROLE_TARGETS), err);
    if (r == 0)
        r = swt_wire_put_bytes(&entry, FIELD_ENTRY_VALUE, targets_metadata, err);
    if (r == 0)
        r = swt_wire_put_bytes(buf, FIELD_TARGETS_METADATA, swt_buf_slice(&entry), err);
    return r;
}

int swt_device_manifest_encode(struct swt_slice targets_metadata,
                               const struct swt_slice *user_manifest, struct swt_buf *ret_bytes,
                               struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int r = put_entry(&bytes, targets_metadata, err);
    if (r == 0 && user_manifest != NULL)
        r = swt_wire_put_bytes(&bytes, FIELD_USER_MANIFEST, *user_manifest, err);
    return r < 0 ? r : swt_buf_append_slice(ret_bytes, swt_buf_slice(&bytes), err);
}
