/* SPDX-License-Identifier: Apache-2.0 */
/* Steps 1 to 10: the anchor, the root in the bundle, and what a rotation does to the floor. */
#include "judge.h"

#include "swt/signature.h"

#include <stdio.h>
#include <string.h>

const char *swt_short_id(struct swt_slice id, char ret_text[SWT_SHORT_ID]) {
    enum { SHOWN = 6 };
    char hex[SWT_HEX_SIZE(SHOWN)];
    size_t len = id.len > SHOWN ? SHOWN : id.len;
    swt_hex_encode(id.data, len, hex);
    (void)snprintf(ret_text, SWT_SHORT_ID, "%s%s", id.len == 0 ? "(empty)" : hex,
                   id.len > SHOWN ? "..." : "");
    return ret_text;
}

static int quorum_text(const struct swt_quorum *quorum, struct swt_buf *ret_text,
                       struct swt_error *err) {
    char id[SWT_SHORT_ID];
    int rc = swt_buf_printf(ret_text, err, "%zu of %u", quorum->signed_count, quorum->threshold);
    for (size_t i = 0; rc == 0 && i < quorum->signed_count; i++)
        rc = swt_buf_printf(ret_text, err, "%s%s", i == 0 ? " (" : ", ",
                            swt_short_id(quorum->signed_ids[i], id));
    if (rc == 0 && quorum->signed_count > 0)
        rc = swt_buf_printf(ret_text, err, ")");
    return rc;
}

/* A key that the old or the new root knows is no stranger: during a rotation both sign. */
static bool known_key(const struct swt_judge *judge, struct swt_slice id) {
    return (judge->state->root.root != NULL &&
            swt_root_find_key(judge->state->root.root, id) != NULL) ||
           (judge->new_root != NULL && swt_root_find_key(judge->new_root, id) != NULL);
}

static int tell_signature(const struct swt_judge *judge, struct swt_step *step,
                          const struct swt_signature *signature, enum swt_signature_state state,
                          struct swt_error *err) {
    char id[SWT_SHORT_ID];
    swt_short_id(signature->key_id, id);
    switch (state) {
    case SWT_SIGNATURE_GOOD:
        return 0;
    case SWT_SIGNATURE_REPEATED:
        return swt_step_warn(step, err, "key %s signed more than once and counts once", id);
    case SWT_SIGNATURE_UNLISTED:
        return known_key(judge, signature->key_id)
                   ? swt_step_note(step, err,
                                   "signature of key %s, of another role or root, is not checked",
                                   id)
                   : swt_step_warn(step, err, "signature of an unknown key %s does not count", id);
    case SWT_SIGNATURE_BAD_LENGTH:
        return swt_step_warn(step, err, "signature of key %s has %zu bytes and does not count", id,
                             signature->value.len);
    case SWT_SIGNATURE_BAD:
        return swt_step_warn(step, err, "signature of key %s does not verify", id);
    case SWT_SIGNATURE_UNTRIED:
        return swt_step_warn(step, err, "signature of key %s was not tried, since too many are bad",
                             id);
    }
    return 0;
}

int swt_judge_tell_signatures(const struct swt_judge *judge, struct swt_step *step,
                              const struct swt_envelope *envelope, const struct swt_quorum *quorum,
                              struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < quorum->state_count; i++)
        rc = tell_signature(judge, step, &envelope->signatures[i], quorum->states[i], err);
    return rc;
}

int swt_judge_tell_quorum(struct swt_step *step, const struct swt_quorum *quorum,
                          struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    int rc = quorum_text(quorum, &text, err);
    if (rc < 0)
        return rc;
    return quorum->met ? swt_step_pass(step, err, "%s", swt_buf_text(&text))
                       : swt_step_fail(step, err, "%s", swt_buf_text(&text));
}

/* ---- 1 to 3: what is there --------------------------------------------------------------- */

int swt_judge_anchor_given(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    const struct swt_verify_options *options = judge->options;
    if (options->device != NULL)
        return swt_step_pass(step, err, "the device %s", options->device);
    if (options->root != NULL)
        return swt_step_pass(step, err, "%s", options->root);
    if (!options->self)
        return swt_step_pass(step, err, "a device with root version %u",
                             judge->state->root.root->common.version);
    if (judge->head_status == 0 && !judge->has_root) {
        int rc = swt_step_fail(step, err, "--self, but the bundle holds no root");
        return rc < 0 ? rc : swt_step_note(step, err, "--root ROOT gives the trust anchor");
    }
    int rc = swt_step_pass(step, err, "the bundle's own root");
    if (rc == 0)
        rc = swt_step_note(step, err, "--self proves nothing about the signer");
    return rc;
}

/* What stands where a bundle is expected, when it is none: worth a word beside the first fault. */
static const char *other_kind(const struct swt_judge *judge) {
    enum swt_kind kind;
    struct swt_error ignored;
    if (judge->root_only || !swt_reader_seekable(judge->reader) ||
        swt_reader_seek(judge->reader, 0, &ignored) < 0)
        return NULL;
    if (swt_kind_detect(judge->reader, &kind, &ignored) < 0)
        return ignored.code == SWT_E_FILE_KIND ? "the file is of no kind that is known here" : NULL;
    if (kind == SWT_KIND_DEVICE_MANIFEST)
        return "this is a device manifest";
    if (kind == SWT_KIND_SIGNING_REQUEST)
        return "this is a signing request";
    if (kind == SWT_KIND_SIGNING_RESPONSE)
        return "this is a signing response";
    if (kind == SWT_KIND_AUDIT_LOG)
        return "this is an audit log";
    if (kind != SWT_KIND_ROOT)
        return NULL;
    return judge->sink == NULL ? "this is root metadata: --type root judges it"
                               : "this is root metadata";
}

int swt_judge_container(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    if (judge->root_only && judge->head_status == 0)
        return swt_step_pass(step, err, "root metadata, no bundle");
    if (judge->head_status < 0) {
        const char *other = other_kind(judge);
        *err = judge->head_error;
        if (other != NULL)
            swt_error_hint(err, "%s", other);
        return swt_step_fault(step, err);
    }
    enum swt_format format = swt_bundle_format(judge->bundle);
    uint64_t offset = judge->root_offset;
    int rc = 0;
    if (judge->has_root)
        rc = swt_envelope_order_check(format, judge->root_bytes, offset, "root_metadata", err);
    if (rc == 0) {
        struct swt_slice targets = swt_bundle_targets(judge->bundle, &offset);
        rc = swt_envelope_order_check(format, targets, offset, "targets_metadata", err);
    }
    if (rc < 0)
        return swt_step_fault(step, err);
    rc = swt_step_pass(step, err, "%s, %s root", swt_kind_name(judge->kind),
                       judge->has_root ? "with a" : "without a");
    size_t unknown = swt_bundle_unknown_fields(judge->bundle);
    if (rc == 0 && unknown > 0)
        rc = swt_step_warn(step, err, "%zu unknown field%s that no signature covers", unknown,
                           unknown == 1 ? "" : "s");
    return rc;
}

int swt_judge_envelope(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    bool allow_unknown = judge->options->allow_unknown;
    int rc = 0;
    if (judge->has_root)
        rc = swt_envelope_decode(judge->root_bytes, judge->root_offset, allow_unknown,
                                 &judge->root_envelope, err);
    if (rc == 0 && !judge->root_only) {
        uint64_t offset;
        struct swt_slice bytes = swt_bundle_targets(judge->bundle, &offset);
        rc = swt_envelope_decode(bytes, offset, allow_unknown, &judge->targets_envelope, err);
    }
    if (rc < 0)
        return swt_step_fault(step, err);
    rc = swt_step_pass(step, err, "%zu signature%s on the targets metadata%s",
                       judge->targets_envelope.signature_count,
                       judge->targets_envelope.signature_count == 1 ? "" : "s",
                       judge->has_root ? ", and a root" : "");
    if (rc == 0 && judge->root_only)
        rc = swt_step_pass(step, err, "%zu signature%s", judge->root_envelope.signature_count,
                           judge->root_envelope.signature_count == 1 ? "" : "s");
    size_t unknown = judge->root_envelope.unknown_fields + judge->targets_envelope.unknown_fields;
    if (rc == 0 && unknown > 0)
        rc = swt_step_warn(step, err, "%zu unknown field%s that no signature covers", unknown,
                           unknown == 1 ? "" : "s");
    return rc;
}

/* ---- 4: the anchor ----------------------------------------------------------------------- */

/* --self: the bundle's own root plays the anchor. */
static int adopt_own_root(struct swt_judge *judge, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf copy = {0};
    int rc = swt_buf_append_slice(&copy, judge->root_bytes, err);
    if (rc < 0)
        return rc;
    return swt_root_source_decode(&copy, judge->file, judge->options->allow_unknown,
                                  &judge->own_state.root, err);
}

static void quorum_done(struct swt_quorum *quorum) {
    swt_quorum_done(quorum);
}

int swt_judge_anchor(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    int rc = judge->options->self ? adopt_own_root(judge, err) : 0;
    if (rc == 0)
        rc = swt_root_check(judge->state->root.root, err);
    if (rc < 0)
        return swt_step_fault(step, err);
    const struct swt_root *anchor = judge->state->root.root;
    rc = swt_step_pass(step, err, "root version %u, %zu root and %zu targets keys",
                       anchor->common.version, anchor->root.key_id_count,
                       anchor->targets.key_id_count);
    /* What is provisioned is trusted as it is, but nobody should provision this. */
    struct swt_quorum *quorum = &judge->anchor_quorum;
    if (rc == 0)
        rc = swt_quorum_count(anchor, &anchor->root, &judge->state->root.envelope, quorum, err);
    size_t unknown = judge->state->root.envelope.unknown_fields;
    if (rc == 0 && unknown > 0)
        rc = swt_step_warn(step, err, "%zu unknown field%s in the anchor that no signature covers",
                           unknown, unknown == 1 ? "" : "s");
    if (rc == 0 && !quorum->met)
        rc = swt_step_warn(step, err, "the anchor is not signed by its own quorum (%zu of %u)",
                           quorum->signed_count, quorum->threshold);
    return rc;
}

/* ---- 5 to 9: the root in the bundle ------------------------------------------------------ */

static int skip_without_root(struct swt_step *step, struct swt_error *err) {
    return swt_step_skip(step, err, "the bundle holds no root");
}

static bool same_signatures(const struct swt_envelope *a, const struct swt_envelope *b) {
    bool same =
        swt_slice_equal(a->metadata, b->metadata) && a->signature_count == b->signature_count;
    for (size_t i = 0; i < a->signature_count && same; i++)
        same = swt_slice_equal(a->signatures[i].key_id, b->signatures[i].key_id) &&
               swt_slice_equal(a->signatures[i].value, b->signatures[i].value);
    return same;
}

/* A bundle mostly brings the anchor itself, whose signatures have been counted. */
static int count_old_quorum(struct swt_judge *judge, struct swt_error *err) {
    const struct swt_root_source *anchor = &judge->state->root;
    if (judge->anchor_quorum.states != NULL &&
        same_signatures(&anchor->envelope, &judge->root_envelope)) {
        judge->root_quorum = SWT_MOVE(judge->anchor_quorum);
        return 0;
    }
    return swt_quorum_count(anchor->root, &anchor->root->root, &judge->root_envelope,
                            &judge->root_quorum, err);
}

int swt_judge_root_old_quorum(struct swt_judge *judge, struct swt_step *step,
                              struct swt_error *err) {
    if (!judge->has_root)
        return skip_without_root(step, err);
    const struct swt_root *anchor = judge->state->root.root;
    int rc = swt_step_expect(step, err, "signatures of %u of the anchor's %zu root keys",
                             anchor->root.threshold, anchor->root.key_id_count);
    if (rc == 0)
        rc = count_old_quorum(judge, err);
    if (rc == 0)
        rc = swt_judge_tell_quorum(step, &judge->root_quorum, err);
    /* Which keys are strangers' is told at the new quorum, as the new root is not read yet, unless
     * it ends here. */
    if (rc == 0 && !judge->root_quorum.met)
        rc =
            swt_judge_tell_signatures(judge, step, &judge->root_envelope, &judge->root_quorum, err);
    return rc;
}

int swt_judge_root_content(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    if (!judge->has_root)
        return skip_without_root(step, err);
    int rc = swt_root_decode(judge->root_envelope.metadata, judge->root_envelope.metadata_offset,
                             &judge->new_root, err);
    if (rc == 0)
        rc = swt_root_check(judge->new_root, err);
    if (rc < 0)
        return swt_step_fault(step, err);
    const struct swt_root *root = judge->new_root;
    rc = swt_step_pass(step, err, "root version %u, %zu root and %zu targets keys",
                       root->common.version, root->root.key_id_count, root->targets.key_id_count);
    if (rc == 0 && root->unknown_fields > 0)
        rc = swt_step_note(step, err, "%zu unknown signed field%s", root->unknown_fields,
                           root->unknown_fields == 1 ? "" : "s");
    return rc;
}

/* What the new role does not list is told as the anchor's role counted it; a stranger's is what
 * neither root knows. */
static int tell_both_quorums(const struct swt_judge *judge, struct swt_step *step,
                             const struct swt_quorum *own, struct swt_error *err) {
    const struct swt_quorum *old = &judge->root_quorum;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < own->state_count; i++) {
        enum swt_signature_state state = own->states[i];
        if (state == SWT_SIGNATURE_UNLISTED)
            state = old->states[i];
        rc = tell_signature(judge, step, &judge->root_envelope.signatures[i], state, err);
    }
    return rc;
}

int swt_judge_root_new_quorum(struct swt_judge *judge, struct swt_step *step,
                              struct swt_error *err) {
    if (!judge->has_root)
        return skip_without_root(step, err);
    const struct swt_root *root = judge->new_root;
    SWT_CLEANUP(quorum_done) struct swt_quorum counted = {0};
    /* The same root has the same quorum over the same signatures. */
    bool same = swt_slice_equal(root->bytes, judge->state->root.root->bytes);
    const struct swt_quorum *own = same ? &judge->root_quorum : &counted;
    int rc = swt_step_expect(step, err, "signatures of %u of its own %zu root keys",
                             root->root.threshold, root->root.key_id_count);
    if (rc == 0 && !same)
        rc = swt_quorum_count(root, &root->root, &judge->root_envelope, &counted, err);
    if (rc == 0)
        rc = swt_judge_tell_quorum(step, own, err);
    return rc < 0 ? rc : tell_both_quorums(judge, step, own, err);
}

int swt_judge_root_version(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    if (!judge->has_root)
        return skip_without_root(step, err);
    uint32_t old_version = judge->state->root.root->common.version;
    uint32_t version = judge->new_root->common.version;
    int rc = swt_step_expect(step, err, "version %u or higher", old_version);
    if (rc < 0)
        return rc;
    if (version < old_version)
        return swt_step_fail(step, err, "version %u: a rollback", version);
    rc = swt_step_pass(step, err, "version %u", version);
    if (rc < 0)
        return rc;
    if (version == old_version) {
        if (swt_slice_equal(judge->new_root->bytes, judge->state->root.root->bytes))
            return swt_step_note(step, err, "the same root");
        return swt_step_warn(step, err,
                             "another root of the same version: two roots of one version "
                             "can be played against each other; raise the version");
    }
    if (version - old_version > 1)
        return swt_step_note(step, err, "a rotation that skips %u version%s",
                             version - old_version - 1, version - old_version == 2 ? "" : "s");
    return swt_step_note(step, err, "a rotation");
}

int swt_judge_root_expiry(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    judge->trusted = judge->has_root ? judge->new_root : judge->state->root.root;
    return swt_judge_expiry(judge, step, &judge->trusted->common, err);
}

int swt_judge_expiry(const struct swt_judge *judge, struct swt_step *step,
                     const struct swt_common *common, struct swt_error *err) {
    char now[SWT_TIME_TEXT];
    char expires[SWT_TIME_TEXT];
    int rc = swt_step_expect(step, err, "not expired at %s", swt_time_text(judge->now, now));
    if (rc < 0)
        return rc;
    if (!common->has_expires)
        return swt_step_pass(step, err, "never expires");
    swt_time_text(common->expires, expires);
    return swt_common_expired(common, judge->now) ? swt_step_fail(step, err, "expired %s", expires)
                                                  : swt_step_pass(step, err, "expires %s", expires);
}

/* ---- 10: the floor ----------------------------------------------------------------------- */

int swt_judge_floor(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    if (judge->options->self)
        return swt_step_skip(step, err, "rollback not judged: --self knows no device");
    const struct swt_device_state *state = judge->state;
    judge->rotated =
        judge->has_root && !swt_slice_equal(judge->new_root->bytes, state->root.root->bytes);
    /* An added key is no rotation: whoever holds the old quorum could still sign old targets. */
    judge->floor_cleared = judge->rotated && state->has_floor &&
                           swt_root_clears_floor(state->root.root, judge->new_root);
    if (judge->rotated && judge->device != NULL && judge->device->rotate != NULL) {
        int rc = judge->device->rotate(judge->device->context, judge, err);
        if (rc < 0)
            return rc;
    }
    if (!state->knows_floor)
        return swt_step_skip(step, err, "rollback not judged: no device manifest was given");
    if (!state->has_floor)
        return swt_step_pass(step, err, "none: any targets version");
    if (judge->floor_cleared)
        return swt_step_pass(step, err,
                             "cleared: too few of the old targets keys are left for the "
                             "new threshold (it was %u)",
                             state->floor);
    return swt_step_pass(step, err, "targets version %u", state->floor);
}
