/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles with a root that no device may take, anchors that none should have been given, and a root
 * that was taken out. */
#include "fixture.h"

#include <string.h>

/* ---- quorums ----------------------------------------------------------------------------- */

static void unsigned_root(struct swt_fixture_plan *plan) {
    plan->root_seal.signature_count = 0;
}

static void strangers(struct swt_fixture_plan *plan) {
    swt_plan_set_keys(plan, SWT_CAST_STRANGER, SWT_CAST_TARGETS_NEW);
    swt_plan_sign(&plan->root_seal, SWT_CAST_STRANGER);
    swt_plan_sign(&plan->targets_seal, SWT_CAST_TARGETS_NEW);
}

static void targets_key(struct swt_fixture_plan *plan) {
    swt_plan_set_keys(plan, SWT_CAST_TARGETS, SWT_CAST_TARGETS_2);
    swt_plan_sign(&plan->root_seal, SWT_CAST_TARGETS);
    swt_plan_sign(&plan->targets_seal, SWT_CAST_TARGETS_2);
}

static void without_old(struct swt_fixture_plan *plan) {
    swt_plan_set_keys(plan, SWT_CAST_ROOT_NEW, SWT_CAST_TARGETS);
    swt_plan_sign(&plan->root_seal, SWT_CAST_ROOT_NEW);
}

static void without_new(struct swt_fixture_plan *plan) {
    swt_plan_set_keys(plan, SWT_CAST_ROOT_NEW, SWT_CAST_TARGETS);
}

static void duplicate_old(struct swt_fixture_plan *plan) {
    swt_plan_sign_too(&plan->root_seal, SWT_CAST_ROOT);
    swt_plan_sign_too(&plan->targets_seal, SWT_CAST_TARGETS_2);
}

static void duplicate_new(struct swt_fixture_plan *plan) {
    swt_plan_add_key(plan, &plan->root.root, SWT_CAST_ROOT_NEW);
    plan->root.root.threshold = 2;
    swt_plan_sign_too(&plan->root_seal, SWT_CAST_ROOT);
}

/* ---- what a root says -------------------------------------------------------------------- */

static void role_targets(struct swt_fixture_plan *plan) {
    plan->root.common.role = SWT_ROLE_TARGETS;
}

static void role_missing(struct swt_fixture_plan *plan) {
    plan->root.common.role = NULL;
}

static void is_targets(struct swt_fixture_plan *plan) {
    plan->root_seal.content = SWT_CONTENT_TARGETS;
}

static void version_overflow(struct swt_fixture_plan *plan) {
    plan->root.common.version = UINT64_C(0x100000002);
}

static void expired(struct swt_fixture_plan *plan) {
    plan->root.common.has_expires = true;
    plan->root.common.expires = SWT_FIXTURE_EXPIRED;
}

static void rollback(struct swt_fixture_plan *plan) {
    swt_fixture_anchors[SWT_ANCHOR].plan(plan);
}

/* ---- thresholds -------------------------------------------------------------------------- */

static void root_threshold_0(struct swt_fixture_plan *plan) {
    plan->root.root.threshold = 0;
}

static void targets_threshold_0(struct swt_fixture_plan *plan) {
    plan->root.targets.threshold = 0;
}

/* Who signs twice shows which verifier counts signatures in place of keys. */
static void threshold_2(struct swt_fixture_plan *plan) {
    plan->root.targets.threshold = 2;
    swt_plan_sign_too(&plan->targets_seal, SWT_CAST_TARGETS)->signing = SWT_SIGN_AGAIN;
}

static void listed_twice(struct swt_fixture_plan *plan) {
    threshold_2(plan);
    plan->root.targets.ids[plan->root.targets.id_count++] = swt_plan_key_id(plan, SWT_CAST_TARGETS);
}

/* ---- keys -------------------------------------------------------------------------------- */

/* The targets key of the root, as a fresh P-256 key whatever was given. */
static struct swt_forge_key *fresh_targets_key(struct swt_fixture_plan *plan) {
    swt_plan_set_keys(plan, SWT_CAST_ROOT, SWT_CAST_TARGETS_NEW);
    swt_plan_sign(&plan->targets_seal, SWT_CAST_TARGETS_NEW);
    return &plan->root.keys[1];
}

/* The id of the last key of the targets role, in its list too. */
static void set_id(struct swt_fixture_plan *plan, struct swt_forge_key *key, struct swt_slice id) {
    key->id = id;
    plan->root.targets.ids[plan->root.targets.id_count - 1] = id;
    plan->targets_seal.signatures[plan->targets_seal.signature_count - 1].id = id;
}

/* As the key now is. */
static void derive_id(struct swt_fixture_plan *plan, struct swt_forge_key *key) {
    uint8_t *id = swt_plan_room(plan, SWT_KEY_ID_SIZE);
    swt_key_id(&key->key, id);
    set_id(plan, key, swt_slice_of(id, SWT_KEY_ID_SIZE));
}

static void make_up_id(struct swt_fixture_plan *plan, struct swt_forge_key *key) {
    uint8_t *id = swt_plan_room(plan, SWT_KEY_ID_SIZE);
    for (size_t i = 0; i < SWT_KEY_ID_SIZE; i++)
        id[i] = (uint8_t)i;
    set_id(plan, key, swt_slice_of(id, SWT_KEY_ID_SIZE));
}

static void id_not_derived(struct swt_fixture_plan *plan) {
    make_up_id(plan, fresh_targets_key(plan));
}

/* The key once more, with which its owner meets a threshold of two alone. */
static struct swt_forge_key *same_key_again(struct swt_fixture_plan *plan) {
    fresh_targets_key(plan);
    plan->root.targets.threshold = 2;
    swt_plan_sign_too(&plan->targets_seal, SWT_CAST_TARGETS_NEW);
    return swt_plan_add_key(plan, &plan->root.targets, SWT_CAST_TARGETS_NEW);
}

static void two_ids(struct swt_fixture_plan *plan) {
    make_up_id(plan, same_key_again(plan));
}

static void two_schemes(struct swt_fixture_plan *plan) {
    struct swt_forge_key *key = same_key_again(plan);
    key->key.scheme = SWT_KEY_ED25519;
    derive_id(plan, key);
}

static void in_both_roles(struct swt_fixture_plan *plan) {
    plan->root.targets.ids[0] = swt_plan_key_id(plan, SWT_CAST_ROOT);
    swt_plan_sign(&plan->targets_seal, SWT_CAST_ROOT);
}

static void duplicate_ids(struct swt_fixture_plan *plan) {
    swt_plan_add_key(plan, &plan->root.targets, SWT_CAST_TARGETS);
    plan->root.targets.id_count--;
}

static void without_its_key(struct swt_fixture_plan *plan) {
    swt_plan_add_key(plan, &plan->root.targets, SWT_CAST_TARGETS_2);
    plan->root.key_count--;
}

/* A key more, which signs nothing. */
static void other_key(struct swt_fixture_plan *plan, enum swt_key_type type,
                      struct swt_slice value) {
    struct swt_forge_key *key = swt_plan_add_key(plan, &plan->root.targets, SWT_CAST_TARGETS_2);
    uint8_t *id = swt_plan_room(plan, SWT_KEY_ID_SIZE);
    key->key = (struct swt_key){.type = type, .scheme = type, .value = value};
    swt_key_id(&key->key, id);
    key->id = swt_slice_of(id, SWT_KEY_ID_SIZE);
    plan->root.targets.ids[plan->root.targets.id_count - 1] = key->id;
}

static void off_the_curve(struct swt_fixture_plan *plan) {
    struct swt_slice value = swt_plan_key(plan, SWT_CAST_TARGETS_2)->value;
    uint8_t *point = swt_plan_copy(plan, value, 0);
    point[value.len - 1] ^= 1;
    other_key(plan, SWT_KEY_P256, swt_slice_of(point, value.len));
}

static void infinity(struct swt_fixture_plan *plan) {
    other_key(plan, SWT_KEY_P256, swt_slice_of("", 1));
}

static void small_order(struct swt_fixture_plan *plan) {
    static const uint8_t NEUTRAL[32] = {1};
    other_key(plan, SWT_KEY_ED25519, swt_slice_of(NEUTRAL, sizeof NEUTRAL));
}

static void rsa_1024(struct swt_fixture_plan *plan) {
    /* SubjectPublicKeyInfo up to the modulus, and the exponent 65537 behind it. */
    static const uint8_t HEAD[] = {0x30, 0x81, 0x9f, 0x30, 13,   6, 9,    0x2a, 0x86, 0x48,
                                   0x86, 0xf7, 13,   1,    1,    1, 5,    0,    3,    0x81,
                                   0x8d, 0,    0x30, 0x81, 0x89, 2, 0x81, 0x81, 0};
    static const uint8_t EXPONENT[] = {2, 3, 1, 0, 1};
    size_t modulus = 128;
    size_t len = sizeof HEAD + modulus + sizeof EXPONENT;
    uint8_t *value = swt_plan_room(plan, len);
    memcpy(value, HEAD, sizeof HEAD);
    memset(value + sizeof HEAD, 0xa7, modulus); /* odd, and as long as it can be */
    memcpy(value + sizeof HEAD + modulus, EXPONENT, sizeof EXPONENT);
    other_key(plan, SWT_KEY_RSA, swt_slice_of(value, len));
}

static void hybrid(struct swt_fixture_plan *plan) {
    struct swt_forge_key *key = fresh_targets_key(plan);
    uint8_t *point = swt_plan_copy(plan, key->key.value, 0);
    point[0] = (uint8_t)(6 + (point[key->key.value.len - 1] & 1));
    key->key.value.data = point;
    derive_id(plan, key);
}

static void compressed(struct swt_fixture_plan *plan) {
    struct swt_forge_key *key = fresh_targets_key(plan);
    uint8_t *point = swt_plan_copy(plan, key->key.value, 0);
    point[0] = (uint8_t)(2 + (point[key->key.value.len - 1] & 1));
    key->key.value = swt_slice_of(point, 1 + key->key.value.len / 2);
    derive_id(plan, key);
}

static void with_a_byte_more(struct swt_fixture_plan *plan) {
    struct swt_forge_key *key = fresh_targets_key(plan);
    key->key.value = swt_slice_of(swt_plan_copy(plan, key->key.value, 1), key->key.value.len + 1);
    derive_id(plan, key);
}

static void of_another_type(struct swt_fixture_plan *plan) {
    struct swt_forge_key *key = fresh_targets_key(plan);
    key->key.type = SWT_KEY_ED25519;
    key->key.scheme = SWT_KEY_ED25519;
    derive_id(plan, key);
}

/* ---- a root that is not there ------------------------------------------------------------ */

static void replaced(struct swt_fixture_plan *plan) {
    swt_plan_record_root(plan);
    plan->root.common.has_expires = true;
    plan->root.common.expires = SWT_FIXTURE_EXPIRES;
}

#define CONTENT "root-content"
#define ACCEPTS .stock = SWT_STOCK_ACCEPTS

const struct swt_fixture swt_fixtures_roots[] = {
    {"root-unsigned", "Nobody has signed the new root.", "root-old-quorum", .root = true,
     .plan = unsigned_root},
    {"root-of-strangers", "Strangers made a root of their own, and the bundle to go with it.",
     "root-old-quorum", .root = true, .plan = strangers},
    {"root-signed-by-a-targets-key", "A targets key may not make itself the root key.",
     "root-old-quorum", .root = true, .plan = targets_key},
    {"rotation-without-old-quorum", "Only the new root key has signed the new root.",
     "root-old-quorum", .evidence = "CVE-2020-15163", .root = true, .plan = without_old},
    {"rotation-without-new-quorum", "Only the old root key has signed the new root.",
     "root-new-quorum", .evidence = "CVE-2020-15163", .root = true, .plan = without_new},
    {"rotation-duplicate-signature-old",
     "One old root key has signed twice, the old threshold is 2.", "root-old-quorum", ACCEPTS,
     .evidence = "CVE-2020-15093", .anchor = SWT_ANCHOR_THRESHOLD_2, .root = true,
     .plan = duplicate_old},
    {"rotation-duplicate-signature-new",
     "One new root key has signed twice, the new threshold is 2.", "root-new-quorum", ACCEPTS,
     .evidence = "CVE-2020-15093", .root = true, .plan = duplicate_new},
    {"root-role-targets", "The new root says that its role is targets.", CONTENT, ACCEPTS,
     .root = true, .plan = role_targets},
    {"root-role-missing", "The new root does not say its role.", CONTENT, ACCEPTS, .root = true,
     .plan = role_missing},
    {"root-is-targets", "Targets metadata in the place of the root, signed by the root key.",
     CONTENT, .root = true, .plan = is_targets},
    {"root-version-overflow", "A version of 0x100000002, which is 2 to who drops high bits.",
     CONTENT, .root = true, .plan = version_overflow},
    {"root-threshold-zero", "The threshold of the root role is 0: nobody has to sign.", CONTENT,
     .evidence = "CVE-2026-23992", .root = true, .plan = root_threshold_0},
    {"targets-threshold-zero", "The threshold of the targets role is 0: nobody has to sign.",
     CONTENT, .evidence = "CVE-2026-23992", .root = true, .plan = targets_threshold_0},
    {"targets-threshold-above-keys", "The threshold is 2, there is one key, and it signs twice.",
     CONTENT, ACCEPTS, .root = true, .plan = threshold_2},
    {"role-lists-a-key-twice", "One key is listed twice, and signs twice for a threshold of 2.",
     CONTENT, ACCEPTS, .root = true, .plan = listed_twice},
    {"role-lists-an-unknown-key", "A key id of the targets role is in no key.", CONTENT, ACCEPTS,
     .root = true, .plan = without_its_key},
    {"key-id-not-derived", "The key id is not the hash of the key.", CONTENT, ACCEPTS, .root = true,
     .plan = id_not_derived},
    {"key-ids-duplicate", "A key is there twice under its id.", CONTENT, ACCEPTS, .root = true,
     .plan = duplicate_ids},
    {"key-in-both-roles", "The root key is a targets key too, and has signed the targets.", CONTENT,
     ACCEPTS, .root = true, .plan = in_both_roles},
    {"one-key-two-ids", "One key under two ids is one of the two that the threshold asks for.",
     CONTENT, ACCEPTS, .root = true, .plan = two_ids},
    {"one-key-two-schemes",
     "One key under another scheme has another id, derived as it should be, and is one key still.",
     CONTENT, ACCEPTS, .root = true, .plan = two_schemes},
    {"point-off-the-curve", "The point of a key, though of one that signs nothing, is none.",
     CONTENT, ACCEPTS, .root = true, .plan = off_the_curve},
    {"point-compressed", "The point is in the compressed form: one key has one form.", CONTENT,
     .root = true, .plan = compressed},
    {"point-hybrid", "The point is in the hybrid form: one key has one form.", CONTENT,
     .root = true, .plan = hybrid},
    {"point-at-infinity", "A key, though one that signs nothing, is the point at infinity.",
     CONTENT, ACCEPTS, .root = true, .plan = infinity},
    {"key-of-small-order",
     "An Ed25519 key of small order, under which anybody can sign; it is one that signs nothing.",
     CONTENT, ACCEPTS, .root = true, .plan = small_order},
    {"key-of-1024-bits", "An RSA key of 1024 bits, though one that signs nothing.", CONTENT,
     ACCEPTS, .root = true, .plan = rsa_1024},
    {"point-with-a-byte-more", "A byte follows the point: one key has one form.", CONTENT, ACCEPTS,
     .root = true, .plan = with_a_byte_more},
    {"key-of-another-type", "A P-256 point that is called an Ed25519 key.", CONTENT, ACCEPTS,
     .root = true, .plan = of_another_type},
    {"root-rollback", "The new root has version 1, the anchor has version 2.", "root-version",
     .anchor = SWT_ANCHOR_2, .root = true, .plan = rollback},
    {"root-expired", "The new root expired in 2001.", "root-expiry", ACCEPTS, .root = true,
     .plan = expired},
    {"anchor-expired", "The anchor expired in 2001, and the bundle holds no other root.",
     "root-expiry", ACCEPTS, .anchor = SWT_ANCHOR_EXPIRED},
    {"anchor-with-a-shared-key", "The anchor has a key in both roles.", "anchor", ACCEPTS,
     .anchor = SWT_ANCHOR_SHARED_KEY},
    {"anchor-with-threshold-zero", "The anchor lets nobody sign for the root role.", "anchor",
     ACCEPTS, .evidence = "CVE-2026-23992", .anchor = SWT_ANCHOR_THRESHOLD_0},
    {"root-stripped",
     "The bundle was built with root version 2, which somebody took out to keep devices from it.",
     "root-stripped", ACCEPTS, .plan = swt_plan_record_root},
    {"root-replaced", "The bundle holds another root of version 2 than it was built with.",
     "root-stripped", ACCEPTS, .root = true, .plan = replaced},
    {.name = NULL},
};
