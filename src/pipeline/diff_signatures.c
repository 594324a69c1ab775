/* SPDX-License-Identifier: Apache-2.0 */
/* Who signed: the keys that the signatures on root and targets metadata name, and what each is by
 * the root of its own file. That root is not authenticated, so neither is the signer. */
#include "diff.h"
#include "signing.h"

/* The signatures on one envelope. */
struct signed_by {
    const struct swt_envelope *envelope; /* NULL: there is none */
    struct swt_quorum quorum;            /* no states: there is no root to count by */
};

static void signed_by_done(struct signed_by *side) {
    swt_quorum_done(&side->quorum);
}

static int count(struct signed_by *side, const struct swt_root *root, bool of_root,
                 struct swt_error *err) {
    if (side->envelope == NULL || root == NULL)
        return 0;
    const struct swt_role *role = of_root ? &root->root : &root->targets;
    return swt_quorum_count(root, role, side->envelope, &side->quorum, err);
}

static const char *state_text(enum swt_signature_state state) {
    switch (state) {
    case SWT_SIGNATURE_GOOD:
    case SWT_SIGNATURE_REPEATED:
        return "good";
    case SWT_SIGNATURE_UNLISTED:
        return "unknown-key";
    case SWT_SIGNATURE_UNTRIED:
        return "unchecked";
    case SWT_SIGNATURE_BAD_LENGTH:
    case SWT_SIGNATURE_BAD:
        break;
    }
    return "bad";
}

/* What the key's signatures are: one that verifies counts, whatever stands beside it. NULL: there
 * is none. */
static const char *state_of(const struct signed_by *side, struct swt_slice id) {
    const char *text = NULL;
    for (size_t i = 0; side->envelope != NULL && i < side->envelope->signature_count; i++) {
        if (!swt_slice_equal(side->envelope->signatures[i].key_id, id))
            continue;
        if (side->quorum.states == NULL)
            return "unchecked";
        if (text == NULL || side->quorum.states[i] == SWT_SIGNATURE_GOOD)
            text = state_text(side->quorum.states[i]);
    }
    return text;
}

/* From place on, the next signature of that key; NULL: there is none. */
static const struct swt_signature *next_of(const struct swt_envelope *envelope, size_t *place,
                                           struct swt_slice id) {
    while (*place < envelope->signature_count) {
        const struct swt_signature *signature = &envelope->signatures[(*place)++];
        if (swt_slice_equal(signature->key_id, id))
            return signature;
    }
    return NULL;
}

/* Whether the key signed the same bytes in the same way; whatever covers other bytes is another
 * signature, of which nothing is to be said. */
static bool same_bytes(const struct signed_by *a, const struct signed_by *b, struct swt_slice id) {
    size_t place_a = 0;
    size_t place_b = 0;
    if (!swt_slice_equal(a->envelope->metadata, b->envelope->metadata))
        return true;
    for (;;) {
        const struct swt_signature *of_a = next_of(a->envelope, &place_a, id);
        const struct swt_signature *of_b = next_of(b->envelope, &place_b, id);
        if (of_a == NULL || of_b == NULL)
            return of_a == of_b;
        if (!swt_slice_equal(of_a->value, of_b->value))
            return false;
    }
}

/* ---- the list ---------------------------------------------------------------------------- */

static int put_type(const struct swt_diff *diff, json_t *entry, struct swt_slice id,
                    struct swt_error *err) {
    const struct swt_root_key *key = NULL;
    char type[16];
    if (diff->a.root != NULL)
        key = swt_root_find_key(diff->a.root, id);
    if (key == NULL && diff->b.root != NULL)
        key = swt_root_find_key(diff->b.root, id);
    return key == NULL
               ? 0
               : swt_json_set(entry, "type", json_string(swt_key_type_text(&key->key, type)), err);
}

static int tell(struct swt_diff *diff, json_t *list, const char *role, const struct signed_by *a,
                const struct signed_by *b, struct swt_slice id, struct swt_error *err) {
    const char *of_a = state_of(a, id);
    const char *of_b = state_of(b, id);
    json_t *entry = json_pack("{s:s}", "role", role);
    int rc = swt_json_add(list, entry, err);
    if (rc == 0)
        rc = swt_json_set(entry, "key_id", swt_json_hex(id), err);
    if (rc == 0)
        rc = put_type(diff, entry, id, err);
    if (rc == 0 && of_a != NULL)
        rc = swt_json_set(entry, "a", json_string(of_a), err);
    if (rc == 0 && of_b != NULL)
        rc = swt_json_set(entry, "b", json_string(of_b), err);
    if (rc < 0)
        return rc;
    if (!json_equal(json_object_get(entry, "a"), json_object_get(entry, "b"))) {
        diff->differences++;
        return 0;
    }
    if (same_bytes(a, b, id))
        return 0;
    return swt_diff_note(
        diff, err,
        "key %.12s signed the %s metadata twice: the signatures have other bytes and "
        "say the same",
        json_string_value(json_object_get(entry, "key_id")), role);
}

static bool names(const struct swt_envelope *envelope, struct swt_slice id, size_t before) {
    for (size_t i = 0; envelope != NULL && i < before; i++)
        if (swt_slice_equal(envelope->signatures[i].key_id, id))
            return true;
    return false;
}

/* Each key once, at its first signature; those of b that a does not name. */
static int tell_all(struct swt_diff *diff, json_t *list, const char *role,
                    const struct signed_by *a, const struct signed_by *b, struct swt_error *err) {
    const struct swt_envelope *envelopes[] = {a->envelope, b->envelope};
    size_t of_a = a->envelope == NULL ? 0 : a->envelope->signature_count;
    int rc = 0;
    for (size_t side = 0; side < 2; side++) {
        const struct swt_envelope *envelope = envelopes[side];
        for (size_t i = 0; envelope != NULL && i < envelope->signature_count && rc == 0; i++) {
            struct swt_slice id = envelope->signatures[i].key_id;
            if (!names(envelope, id, i) && (side == 0 || !names(a->envelope, id, of_a)))
                rc = tell(diff, list, role, a, b, id, err);
        }
    }
    return rc;
}

static int compare_role(struct swt_diff *diff, json_t *list, bool of_root,
                        const struct swt_envelope *envelope_a,
                        const struct swt_envelope *envelope_b, struct swt_error *err) {
    SWT_CLEANUP(signed_by_done) struct signed_by a = {.envelope = envelope_a};
    SWT_CLEANUP(signed_by_done) struct signed_by b = {.envelope = envelope_b};
    int rc = count(&a, diff->a.root, of_root, err);
    if (rc == 0)
        rc = count(&b, diff->b.root, of_root, err);
    return rc < 0 ? rc
                  : tell_all(diff, list, of_root ? SWT_ROLE_ROOT : SWT_ROLE_TARGETS, &a, &b, err);
}

int swt_diff_signatures(struct swt_diff *diff, struct swt_error *err) {
    json_t *list = swt_json_array(diff->document, "signatures", err);
    if (list == NULL)
        return -SWT_E_MEMORY;
    int rc = compare_role(diff, list, true, diff->a.root_envelope, diff->b.root_envelope, err);
    if (rc < 0 || diff->a.kind == SWT_KIND_ROOT)
        return rc;
    return compare_role(diff, list, false, &diff->a.bundle.targets_envelope,
                        &diff->b.bundle.targets_envelope, err);
}
