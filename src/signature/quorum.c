/* SPDX-License-Identifier: Apache-2.0 */
/* Counting the distinct keys of a role that signed an envelope. */
#include "internal.h"

#include "swt/io.h"

#include <stdlib.h>

/* What one count may take: as much as hashing so many bytes. The first signature of each key is
 * tried whatever it takes, so that this stops nobody but who gives a key many that are bad. */
#define WORK_MAX ((uint64_t)64 * 1024 * 1024)
/* So many bytes are hashed in the time of a verification on a curve. */
#define CURVE_WORK ((uint64_t)64 * 1024)

/* A key of the root, made ready for its first signature. */
struct voter {
    EVP_PKEY *pkey;
    size_t signature_size;
    uint64_t work; /* of one verification */
    size_t signatures;
    bool counted;
};

/* A signature that may count. */
struct ballot {
    size_t key;  /* its place in the root */
    size_t rank; /* among those of its key, from 0 */
};

struct count {
    const struct swt_root *root;
    const struct swt_role *role;
    const struct swt_envelope *envelope;
    struct swt_message message;
    struct voter voters[SWT_MAX_KEYS]; /* by the key's place in the root */
    struct ballot *ballots;            /* one for each signature; those that cannot count: unset */
    enum swt_signature_state *states;
    size_t ranks;       /* the most signatures that one key has */
    uint64_t work_left; /* for more than the first */
};

static void count_done(struct count *count) {
    for (size_t i = 0; i < SWT_MAX_KEYS; i++)
        EVP_PKEY_free(count->voters[i].pkey);
    free(count->ballots);
}

/* RSA's grows with the square of the modulus; as if each had the longest exponent. Ed25519 hashes
 * the message for each signature, the others share one hash. */
static uint64_t work_of(const struct count *count, const struct swt_key *key, size_t size) {
    if (key->type == SWT_KEY_RSA)
        return (uint64_t)size * size;
    return CURVE_WORK + (key->type == SWT_KEY_ED25519 ? count->message.bytes.len : 0);
}

static int make_ready(struct count *count, size_t index, struct swt_error *err) {
    const struct swt_key *key = &count->root->keys[index].key;
    struct voter *voter = &count->voters[index];
    if (voter->pkey != NULL)
        return 0;
    /* The root's keys passed their check, so all that can be missing is memory. */
    if (swt_key_to_evp(key, &voter->pkey, err) < 0)
        return swt_fail_memory(err);
    voter->signature_size = swt_evp_signature_size(key->type, voter->pkey);
    if (voter->signature_size == 0)
        return swt_fail_memory(err);
    voter->work = work_of(count, key, voter->signature_size);
    return 0;
}

/* What can be told of a signature without a try: else it gets its place among those of its key. */
static int enter(struct count *count, size_t place, struct swt_error *err) {
    const struct swt_signature *signature = &count->envelope->signatures[place];
    count->states[place] = SWT_SIGNATURE_UNLISTED;
    if (signature->key_id.len != SWT_KEY_ID_SIZE || !swt_role_lists(count->role, signature->key_id))
        return 0;
    const struct swt_root_key *listed = swt_root_find_key(count->root, signature->key_id);
    if (listed == NULL)
        return 0;

    size_t index = (size_t)(listed - count->root->keys);
    struct voter *voter = &count->voters[index];
    int rc = make_ready(count, index, err);
    if (rc < 0)
        return rc;
    count->states[place] = SWT_SIGNATURE_BAD_LENGTH;
    if (signature->value.len != voter->signature_size)
        return 0;
    count->states[place] = SWT_SIGNATURE_UNTRIED;
    count->ballots[place] = (struct ballot){.key = index, .rank = voter->signatures++};
    if (voter->signatures > count->ranks)
        count->ranks = voter->signatures;
    return 0;
}

/* Whether there is work left for it, which is taken. */
static bool spend(struct count *count, const struct ballot *ballot) {
    uint64_t work = count->voters[ballot->key].work;
    if (ballot->rank > 0 && work > count->work_left)
        return false;
    count->work_left -= work < count->work_left ? work : count->work_left;
    return true;
}

static int try(struct count *count, size_t place, struct swt_error *err) {
    const struct ballot *ballot = &count->ballots[place];
    struct voter *voter = &count->voters[ballot->key];
    int rc = swt_interrupted(err);
    if (rc < 0 || !spend(count, ballot))
        return rc;
    int good = swt_message_verifies(&count->message, &count->root->keys[ballot->key].key,
                                    voter->pkey, count->envelope->signatures[place].value, err);
    if (good < 0)
        return good;
    /* Verified before it is called repeated: a bad signature is told as bad, and it never keeps
     * a good one by the same key from counting. (r, n-s) is the same key once more. */
    count->states[place] = SWT_SIGNATURE_BAD;
    if (good > 0)
        count->states[place] = voter->counted ? SWT_SIGNATURE_REPEATED : SWT_SIGNATURE_GOOD;
    voter->counted |= good > 0;
    return 0;
}

/* Round by round, one signature of each key that has not counted: what bad ones of one key take is
 * not missing for another. What counted keys have beside is nobody's vote, and comes last. */
static int try_all(struct count *count, struct swt_error *err) {
    size_t total = count->envelope->signature_count;
    for (size_t round = 0; round <= count->ranks; round++) {
        bool last = round == count->ranks;
        for (size_t i = 0; i < total; i++) {
            const struct ballot *ballot = &count->ballots[i];
            if (count->states[i] != SWT_SIGNATURE_UNTRIED ||
                !(last || (ballot->rank == round && !count->voters[ballot->key].counted)))
                continue;
            int rc = try(count, i, err);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int count_all(struct count *count, struct swt_quorum *quorum, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < quorum->state_count && rc == 0; i++)
        rc = enter(count, i, err);
    if (rc == 0)
        rc = try_all(count, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < quorum->state_count; i++)
        if (count->states[i] == SWT_SIGNATURE_GOOD)
            quorum->signed_ids[quorum->signed_count++] =
                count->root->keys[count->ballots[i].key].id;
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
    struct count count SWT_CLEANUP(count_done) = {
        .root = root, .role = role, .envelope = envelope, .work_left = WORK_MAX};

    if (root->key_count > SWT_MAX_KEYS)
        return swt_fail(err, SWT_E_METADATA, "%zu keys, at most %d are read", root->key_count,
                        SWT_MAX_KEYS);
    if (envelope->signature_count > SWT_MAX_SIGNATURES)
        return swt_fail(err, SWT_E_METADATA, "%zu signatures, at most %d are read",
                        envelope->signature_count, SWT_MAX_SIGNATURES);
    /* One at least: calloc(0) may give NULL. */
    quorum.states = calloc(envelope->signature_count + 1, sizeof *quorum.states);
    count.ballots = calloc(envelope->signature_count + 1, sizeof *count.ballots);
    if (quorum.states == NULL || count.ballots == NULL)
        return swt_fail_memory(err);
    count.states = quorum.states;
    int result = swt_message_init(envelope->metadata, &count.message, err);
    if (result >= 0)
        result = count_all(&count, &quorum, err);
    if (result < 0)
        return result;
    *ret_quorum = SWT_MOVE(quorum);
    return 0;
}

void swt_quorum_done(struct swt_quorum *quorum) {
    free(quorum->states);
    *quorum = (struct swt_quorum){0};
}
