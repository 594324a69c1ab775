/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles whose envelope, which no signature covers, can be read in two ways. */
#include "fixture.h"

/* Field numbers of an envelope and its signatures (tuf.proto). */
enum { METADATA = 1, SIGNATURES = 2 };
enum { KEY_ID = 1, VALUE = 2 };

static int unknown_field(struct swt_slice metadata, const struct swt_signature *signatures,
                         size_t count, struct swt_buf *ret_bytes, struct swt_error *err) {
    int rc = swt_envelope_encode(metadata, signatures, count, ret_bytes, err);
    return rc < 0 ? rc : swt_wire_put_varint(ret_bytes, 100, 1, err);
}

/* What the first parser judges is not what the second one installs. */
static int metadata_twice(struct swt_slice metadata, const struct swt_signature *signatures,
                          size_t count, struct swt_buf *ret_bytes, struct swt_error *err) {
    int rc = swt_wire_put_bytes(ret_bytes, METADATA, metadata, err);
    return rc < 0 ? rc : swt_envelope_encode(metadata, signatures, count, ret_bytes, err);
}

static int wrong_wire_type(struct swt_slice metadata, const struct swt_signature *signatures,
                           size_t count, struct swt_buf *ret_bytes, struct swt_error *err) {
    int rc = swt_envelope_encode(metadata, signatures, count, ret_bytes, err);
    return rc < 0 ? rc : swt_wire_put_varint(ret_bytes, SIGNATURES, 1, err);
}

/* The signature without its message around it. */
static int bare_signature(const struct swt_signature *signature, struct swt_buf *ret_bytes,
                          struct swt_error *err) {
    int rc = swt_wire_put_bytes(ret_bytes, KEY_ID, signature->key_id, err);
    return rc < 0 ? rc : swt_wire_put_bytes(ret_bytes, VALUE, signature->value, err);
}

static int put_fields(struct swt_slice metadata, const struct swt_signature *signature,
                      struct swt_slice more, struct swt_buf *ret_bytes, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf message = {0};
    int rc = bare_signature(signature, &message, err);
    if (rc == 0)
        rc = swt_buf_append_slice(&message, more, err);
    if (rc == 0)
        rc = swt_wire_put_bytes(ret_bytes, METADATA, metadata, err);
    return rc < 0 ? rc : swt_wire_put_bytes(ret_bytes, SIGNATURES, swt_buf_slice(&message), err);
}

static int key_id_twice(struct swt_slice metadata, const struct swt_signature *signatures,
                        size_t count, struct swt_buf *ret_bytes, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf more = {0};
    (void)count;
    int rc = swt_wire_put_bytes(&more, VALUE, signatures[0].value, err);
    return rc < 0 ? rc : put_fields(metadata, &signatures[0], swt_buf_slice(&more), ret_bytes, err);
}

static int not_minimal(struct swt_slice metadata, const struct swt_signature *signatures,
                       size_t count, struct swt_buf *ret_bytes, struct swt_error *err) {
    static const uint8_t EMPTY_SIGNATURE[] = {0x12, 0x80, 0x00};
    int rc = swt_envelope_encode(metadata, signatures, count, ret_bytes, err);
    return rc < 0 ? rc : swt_buf_append(ret_bytes, EMPTY_SIGNATURE, sizeof EMPTY_SIGNATURE, err);
}

/* One more than may be there; each costs a verifier its time. */
static int many_signatures(struct swt_slice metadata, const struct swt_signature *signatures,
                           size_t count, struct swt_buf *ret_bytes, struct swt_error *err) {
    int rc = swt_envelope_encode(metadata, signatures, count, ret_bytes, err);
    for (size_t i = count; i <= SWT_MAX_SIGNATURES && rc == 0; i++)
        rc = swt_wire_put_bytes(ret_bytes, SIGNATURES, swt_slice_text(""), err);
    return rc;
}

#define ROW_PLAN(name_)                                                                            \
    static void with_##name_(struct swt_fixture_plan *plan) {                                      \
        plan->targets_seal.encode = name_;                                                         \
    }
ROW_PLAN(unknown_field)
ROW_PLAN(metadata_twice)
ROW_PLAN(wrong_wire_type)
ROW_PLAN(key_id_twice)
ROW_PLAN(not_minimal)
ROW_PLAN(many_signatures)

static void unknown_field_at_root(struct swt_fixture_plan *plan) {
    plan->root_seal.encode = unknown_field;
}

#define STEP "envelope"
#define ACCEPTS .stock = SWT_STOCK_ACCEPTS

const struct swt_fixture swt_fixtures_envelopes[] = {
    {"envelope-unknown-field", "A field beside metadata and signatures, which nothing covers.",
     STEP, ACCEPTS, .plan = with_unknown_field},
    {"envelope-of-root-unknown-field", "The same around the new root.", STEP, ACCEPTS, .root = true,
     .plan = unknown_field_at_root},
    {"envelope-metadata-twice",
     "The metadata is there twice: some parsers take the first, others "
     "the last.",
     STEP, ACCEPTS, .plan = with_metadata_twice},
    {"envelope-signature-twice", "A signature's value is there twice in one signature.", STEP,
     ACCEPTS, .plan = with_key_id_twice},
    {"envelope-wire-type-wrong", "A number stands among the signatures.", STEP, ACCEPTS,
     .plan = with_wrong_wire_type},
    {"envelope-varint-not-minimal", "A length in more bytes than it needs.", STEP, ACCEPTS,
     .plan = with_not_minimal},
    {"envelope-signatures-too-many",
     "There are 1,025 signatures, all but the first empty, and 1,024 may be there.", STEP, ACCEPTS,
     .evidence = "CVE-2020-6173", .plan = with_many_signatures},
    {.name = NULL},
};
