/* SPDX-License-Identifier: Apache-2.0 */
/* The roles that count the signatures of what is signed, and what they say of each. */
#include "signing.h"

#include "document.h"

#include <stdlib.h>

struct swt_signing_quorums swt_signing_quorums_of_root(const struct swt_root *root,
                                                       const struct swt_root *old) {
    struct swt_signing_quorums quorums = {0};
    if (old != NULL)
        quorums.items[quorums.count++] = (struct swt_signing_quorum){"old", old, &old->root};
    quorums.items[quorums.count++] =
        (struct swt_signing_quorum){old != NULL ? "new" : SWT_ROLE_ROOT, root, &root->root};
    return quorums;
}

struct swt_signing_roles swt_signing_roles_of(const struct swt_signing_quorums *quorums) {
    struct swt_signing_roles roles = {.count = quorums->count};
    for (size_t i = 0; i < quorums->count; i++)
        roles.items[i] = quorums->items[i].role;
    return roles;
}

const struct swt_root_key *swt_signing_quorums_key(const struct swt_signing_quorums *quorums,
                                                   struct swt_slice key_id) {
    for (size_t i = 0; i < quorums->count; i++) {
        const struct swt_signing_quorum *quorum = &quorums->items[i];
        const struct swt_root_key *key =
            swt_role_lists(quorum->role, key_id) ? swt_root_find_key(quorum->root, key_id) : NULL;
        if (key != NULL)
            return key;
    }
    return NULL;
}

int swt_signing_quorums_judge(const struct swt_signing_quorums *quorums, struct swt_slice message,
                              const struct swt_signature *signature,
                              enum swt_signature_state *ret_state, struct swt_error *err) {
    const struct swt_root_key *listed = swt_signing_quorums_key(quorums, signature->key_id);
    *ret_state = SWT_SIGNATURE_UNLISTED;
    if (listed == NULL)
        return 0;
    const struct swt_key *key = &listed->key;
    size_t size = swt_key_signature_size(key);
    if (size == 0)
        return swt_fail_memory(err);
    *ret_state = SWT_SIGNATURE_BAD_LENGTH;
    if (signature->value.len != size)
        return 0;
    int good = swt_signature_judge(key, message, signature->value, err);
    if (good < 0)
        return good;
    *ret_state = good > 0 ? SWT_SIGNATURE_GOOD : SWT_SIGNATURE_BAD;
    return 0;
}

/* What is better for a signature, of what two quorums say. */
static enum swt_signature_state better(enum swt_signature_state a, enum swt_signature_state b) {
    return a == SWT_SIGNATURE_UNLISTED || a == SWT_SIGNATURE_UNTRIED || b == SWT_SIGNATURE_GOOD ? b
                                                                                                : a;
}

int swt_signing_quorums_count(const struct swt_signing_quorums *quorums,
                              const struct swt_envelope *envelope,
                              struct swt_signature_states *ret_states, struct swt_error *err) {
    SWT_CLEANUP(swt_signature_states_done)
    struct swt_signature_states states = {
        calloc(envelope->signature_count + 1, sizeof *states.items)};
    int rc = states.items == NULL ? swt_fail_memory(err) : 0;
    for (size_t i = 0; i < envelope->signature_count && rc == 0; i++)
        states.items[i] = SWT_SIGNATURE_UNLISTED;
    for (size_t i = 0; i < quorums->count && rc == 0; i++) {
        const struct swt_signing_quorum *by = &quorums->items[i];
        SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
        rc = swt_quorum_count(by->root, by->role, envelope, &quorum, err);
        for (size_t j = 0; j < quorum.state_count && rc == 0; j++)
            if (quorum.states[j] != SWT_SIGNATURE_UNLISTED)
                states.items[j] = better(states.items[j], quorum.states[j]);
    }
    if (rc == 0)
        *ret_states = SWT_MOVE(states);
    return rc;
}

void swt_signature_states_done(struct swt_signature_states *states) {
    free(states->items);
    *states = (struct swt_signature_states){0};
}

const char *swt_signature_state_text(enum swt_signature_state state) {
    switch (state) {
    case SWT_SIGNATURE_GOOD:
        return "is good";
    case SWT_SIGNATURE_REPEATED:
        return "is there more than once";
    case SWT_SIGNATURE_UNLISTED:
        return "is by a key that the role does not list";
    case SWT_SIGNATURE_BAD_LENGTH:
        return "has a wrong length";
    case SWT_SIGNATURE_UNTRIED:
        return "was not tried, since too many are bad";
    case SWT_SIGNATURE_BAD:
        break;
    }
    return "does not verify";
}

int swt_signing_warn_of_rollback(const struct swt_root *root, const struct swt_root *old,
                                 struct swt_notices *notices, struct swt_error *err) {
    if (root->common.version > old->common.version)
        return 0;
    return swt_notices_add(notices, err, SWT_WARNING,
                           "the new root has version %u, the old one %u: devices take a higher one",
                           root->common.version, old->common.version);
}

int swt_json_quorums(const struct swt_signing_quorums *quorums, const struct swt_envelope *envelope,
                     json_t **ret_json, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *array = json_array();
    int rc = array == NULL ? swt_fail_memory(err) : 0;
    for (size_t i = 0; i < quorums->count && rc == 0; i++) {
        const struct swt_signing_quorum *quorum = &quorums->items[i];
        json_t *json = NULL;
        rc = quorum->root != NULL
                 ? swt_json_quorum(quorum->of, quorum->root, quorum->role, envelope, &json, err)
                 : swt_json_quorum_claimed(quorum->of, quorum->role, envelope, &json, err);
        if (rc == 0)
            rc = swt_json_add(array, json, err);
    }
    if (rc == 0)
        *ret_json = SWT_TAKE(array);
    return rc;
}
