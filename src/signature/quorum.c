/* SPDX-License-Identifier: Apache-2.0 */
/* Counting the distinct keys of a role that signed an envelope. */
#include "internal.h"

#include "swt/io.h"

#include <stdlib.h>

/* A key of the root, made ready for its first signature. */
struct voter {
    EVP_PKEY *pkey;
    size_t signature_size;
    bool counted;
};

struct count {
    const struct swt_root *root;
    const struct swt_role *role;
    struct swt_message message;
    struct voter voters[SWT_MAX_KEYS]; /* by the key's place in the root */
};

static void count_done(struct count *count) {
    for (size_t i = 0; i < SWT_MAX_KEYS; i++)
        EVP_PKEY_free(count->voters[i].pkey);
}

/* The state of one signature; *ret_index is its key's place when it is good. */
static int judge(struct count *count, const struct swt_signature *signature,
                 enum swt_signature_state *ret_state, size_t *ret_index, struct swt_error *err) {
    *ret_state = SWT_SIGNATURE_UNLISTED;
    if (signature->key_id.len != SWT_KEY_ID_SIZE || !swt_role_lists(count->role, signature->key_id))
        return 0;
    const struct swt_root_key *listed = swt_root_find_key(count->root, signature->key_id);
    if (listed == NULL)
        return 0;

    size_t index = (size_t)(listed - count->root->keys);
    struct voter *voter = &count->voters[index];
    if (voter->pkey == NULL) {
        /* The root's keys passed their check, so all that can be missing is memory. */
        if (swt_key_to_evp(&listed->key, &voter->pkey, err) < 0)
            return swt_fail_memory(err);
        voter->signature_size = swt_evp_signature_size(listed->key.type, voter->pkey);
        if (voter->signature_size == 0)
            return swt_fail_memory(err);
    }
    *ret_state = SWT_SIGNATURE_BAD_LENGTH;
    if (signature->value.len != voter->signature_size)
        return 0;

    *ret_state = SWT_SIGNATURE_BAD;
    int good =
        swt_message_verifies(&count->message, &listed->key, voter->pkey, signature->value, err);
    if (good <= 0)
        return good;

    /* Verified before it is called repeated: a bad signature is told as bad, and it never keeps
     * a good one by the same key from counting. (r, n-s) is the same key once more. */
    *ret_state = voter->counted ? SWT_SIGNATURE_REPEATED : SWT_SIGNATURE_GOOD;
    voter->counted = true;
    *ret_index = index;
    return 0;
}

static int count_all(struct count *count, const struct swt_envelope *envelope,
                     struct swt_quorum *quorum, struct swt_error *err) {
    for (size_t i = 0; i < envelope->signature_count; i++) {
        size_t index = 0;
        int result = swt_interrupted(err);
        if (result >= 0)
            result = judge(count, &envelope->signatures[i], &quorum->states[i], &index, err);
        if (result < 0)
            return result;
        if (quorum->states[i] == SWT_SIGNATURE_GOOD)
            quorum->signed_ids[quorum->signed_count++] = count->root->keys[index].id;
    }
    /* A threshold of 0 would be met by nobody's signature. */
    quorum->met = quorum->threshold > 0 && quorum->signed_count >= quorum->threshold;
    return 0;
}

int swt_quorum_count(const struct swt_root *root, const struct swt_role *role,
                     const struct swt_envelope *envelope, struct swt_quorum *ret_quorum,
                     struct swt_error *err) {
    struct swt_quorum quorum SWT_CLEANUP(swt_quorum_done) = {
        .threshold = role->threshold,
        .state_count = envelope->signature_count,
    };
    struct count count SWT_CLEANUP(count_done) = {.root = root, .role = role};

    if (root->key_count > SWT_MAX_KEYS)
        return swt_fail(err, SWT_E_METADATA, "%zu keys, at most %d are read", root->key_count,
                        SWT_MAX_KEYS);
    if (envelope->signature_count > SWT_MAX_SIGNATURES)
        return swt_fail(err, SWT_E_METADATA, "%zu signatures, at most %d are read",
                        envelope->signature_count, SWT_MAX_SIGNATURES);
    /* One at least: calloc(0) may give NULL. */
    quorum.states = calloc(envelope->signature_count + 1, sizeof *quorum.states);
    if (quorum.states == NULL)
        return swt_fail_memory(err);
    int result = swt_message_init(envelope->metadata, &count.message, err);
    if (result >= 0)
        result = count_all(&count, envelope, &quorum, err);
    if (result < 0)
        return result;
    *ret_quorum = SWT_MOVE(quorum);
    return 0;
}

void swt_quorum_done(struct swt_quorum *quorum) {
    free(quorum->states);
    *quorum = (struct swt_quorum){0};
}
