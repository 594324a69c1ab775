/* SPDX-License-Identifier: Apache-2.0 */
#include "strict.h"

#include "swt/metadata.h"

#include "tuf.pb-c.h"

#include <stdlib.h>

/* Of SignedMetadata and Signature in tuf.proto; what else there is, the strict scan has refused or
 * counted. */
enum { FIELD_METADATA = 1, FIELD_SIGNATURES = 2 };
enum { FIELD_KEY_ID = 1, FIELD_VALUE = 2 };

void swt_envelope_done(struct swt_envelope *envelope) {
    free(envelope->signatures);
    *envelope = (struct swt_envelope){0};
}

static int read_signature(const struct swt_wire_field *entry, struct swt_signature *ret_signature,
                          struct swt_error *err) {
    struct swt_wire wire = swt_wire_of(entry->bytes, entry->bytes_offset);
    struct swt_wire_field field;
    struct swt_signature signature = {0};
    int r;
    while ((r = swt_wire_next(&wire, &field, err)) > 0) {
        if (field.number == FIELD_KEY_ID)
            signature.key_id = field.bytes;
        else if (field.number == FIELD_VALUE)
            signature.value = field.bytes;
    }
    if (r == 0)
        *ret_signature = signature;
    return r;
}

static int count_signatures(struct swt_slice bytes, size_t *ret_count, struct swt_error *err) {
    struct swt_wire wire = swt_wire_of(bytes, 0);
    struct swt_wire_field field;
    size_t count = 0;
    int r;
    while ((r = swt_wire_next(&wire, &field, err)) > 0)
        count += field.number == FIELD_SIGNATURES;
    *ret_count = count;
    return r;
}

static int read_fields(struct swt_slice bytes, uint64_t base, struct swt_envelope *envelope,
                       struct swt_error *err) {
    struct swt_wire wire = swt_wire_of(bytes, base);
    struct swt_wire_field field;
    int r;
    while ((r = swt_wire_next(&wire, &field, err)) > 0) {
        if (field.number == FIELD_METADATA) {
            envelope->metadata = field.bytes;
            envelope->metadata_offset = field.bytes_offset;
        } else if (field.number == FIELD_SIGNATURES) {
            r = read_signature(&field, &envelope->signatures[envelope->signature_count], err);
            if (r < 0)
                return r;
            envelope->signature_count++;
        }
    }
    return r;
}

/* As in a bundle, so that what is an anchor can be in one. */
static int check_size(size_t len, struct swt_error *err) {
    return len <= SWT_MAX_SIGNED
               ? 0
               : swt_fail(err, SWT_E_METADATA, "the envelope has %zu bytes, expected at most %zu",
                          len, SWT_MAX_SIGNED);
}

int swt_envelope_decode(struct swt_slice bytes, uint64_t base, bool allow_unknown,
                        struct swt_envelope *ret_envelope, struct swt_error *err) {
    SWT_CLEANUP(swt_envelope_done)
    struct swt_envelope envelope = {.metadata_offset = base};
    if (check_size(bytes.len, err) < 0)
        return swt_error_offset(err, base);
    int r = swt_strict_scan(&tuf__signed_metadata__descriptor, bytes, base,
                            allow_unknown ? SWT_UNKNOWN_COUNTED : SWT_UNKNOWN_REFUSED,
                            &envelope.unknown_fields, err);
    if (r < 0)
        return r;
    size_t count = 0;
    r = count_signatures(bytes, &count, err);
    if (r < 0)
        return r;
    if (count > 0) {
        envelope.signatures = calloc(count, sizeof *envelope.signatures);
        if (envelope.signatures == NULL)
            return swt_fail_memory(err);
    }
    r = read_fields(bytes, base, &envelope, err);
    if (r < 0)
        return r;
    if (envelope.metadata.len > SWT_MAX_METADATA) {
        (void)swt_fail(err, SWT_E_METADATA, "the metadata has %zu bytes, expected at most %zu",
                       envelope.metadata.len, SWT_MAX_METADATA);
        return swt_error_offset(err, envelope.metadata_offset);
    }
    *ret_envelope = envelope;
    envelope.signatures = NULL;
    return 0;
}

/* One byte string for one content: ascending numbers, nothing written that is empty. */
static bool message_canonical(struct swt_slice bytes, bool is_envelope) {
    struct swt_wire wire = swt_wire_of(bytes, 0);
    struct swt_wire_field field;
    struct swt_error ignored;
    uint32_t last = 0;
    int r;
    while ((r = swt_wire_next(&wire, &field, &ignored)) > 0) {
        bool known = field.number <= 2;
        bool is_signature = is_envelope && field.number == FIELD_SIGNATURES;
        if (field.number < last || (known && field.type != SWT_WIRE_BYTES))
            return false;
        if (is_signature ? !message_canonical(field.bytes, false) : known && field.bytes.len == 0)
            return false;
        last = field.number;
    }
    return r == 0;
}

bool swt_envelope_canonical(struct swt_slice bytes) {
    return message_canonical(bytes, true);
}

static int put_unless_empty(struct swt_buf *buf, uint32_t number, struct swt_slice bytes,
                            struct swt_error *err) {
    return bytes.len == 0 ? 0 : swt_wire_put_bytes(buf, number, bytes, err);
}

static int put_signature(struct swt_buf *buf, const struct swt_signature *signature,
                         struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf entry = {0};
    int r = put_unless_empty(&entry, FIELD_KEY_ID, signature->key_id, err);
    if (r < 0)
        return r;
    r = put_unless_empty(&entry, FIELD_VALUE, signature->value, err);
    if (r < 0)
        return r;
    return swt_wire_put_bytes(buf, FIELD_SIGNATURES, swt_buf_slice(&entry), err);
}

int swt_envelope_encode(struct swt_slice metadata, const struct swt_signature *signatures,
                        size_t signature_count, struct swt_buf *ret_bytes, struct swt_error *err) {
    if (metadata.len > SWT_MAX_METADATA)
        return swt_fail(err, SWT_E_METADATA, "the metadata has %zu bytes, expected at most %zu",
                        metadata.len, SWT_MAX_METADATA);
    if (signature_count > SWT_MAX_SIGNATURES)
        return swt_fail(err, SWT_E_METADATA, "%zu signatures, expected at most %d", signature_count,
                        SWT_MAX_SIGNATURES);
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int r = put_unless_empty(&bytes, FIELD_METADATA, metadata, err);
    for (size_t i = 0; r == 0 && i < signature_count; i++)
        r = put_signature(&bytes, &signatures[i], err);
    if (r == 0)
        r = check_size(bytes.len, err);
    if (r < 0 || ret_bytes->len > 0)
        return r < 0 ? r : swt_buf_append_slice(ret_bytes, swt_buf_slice(&bytes), err);
    /* They are megabytes at times: as they are, not once more. */
    swt_buf_done(ret_bytes);
    *ret_bytes = SWT_MOVE(bytes);
    return 0;
}
