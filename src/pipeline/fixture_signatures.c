/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles whose targets metadata lacks the quorum, whatever they carry in its place. */
#include "fixture.h"

static void unsigned_targets(struct swt_fixture_plan *plan) {
    plan->targets_seal.signature_count = 0;
}

static void stranger(struct swt_fixture_plan *plan) {
    swt_plan_sign(&plan->targets_seal, SWT_CAST_STRANGER);
}

static void stranger_as_listed(struct swt_fixture_plan *plan) {
    swt_plan_sign(&plan->targets_seal, SWT_CAST_STRANGER)->id =
        swt_plan_key_id(plan, SWT_CAST_TARGETS);
}

static void root_key(struct swt_fixture_plan *plan) {
    swt_plan_sign(&plan->targets_seal, SWT_CAST_ROOT);
}

static void retired(struct swt_fixture_plan *plan) {
    swt_plan_set_keys(plan, SWT_CAST_ROOT, SWT_CAST_TARGETS_NEW);
}

/* ---- one key counts once ----------------------------------------------------------------- */

static void twice(struct swt_fixture_plan *plan, enum swt_fixture_signing second) {
    swt_plan_sign(&plan->targets_seal, SWT_CAST_TARGETS_2);
    swt_plan_sign_too(&plan->targets_seal, SWT_CAST_TARGETS_2)->signing = second;
}

static void twice_the_same(struct swt_fixture_plan *plan) {
    twice(plan, SWT_SIGN_TRULY);
}

static void twice_anew(struct swt_fixture_plan *plan) {
    twice(plan, SWT_SIGN_AGAIN);
}

static void twice_mirrored(struct swt_fixture_plan *plan) {
    twice(plan, SWT_SIGN_MIRRORED);
}

/* ---- signatures that are none ------------------------------------------------------------ */

static void flipped(struct swt_fixture_plan *plan) {
    plan->targets_seal.signatures[0].signing = SWT_SIGN_FLIPPED;
}

static void short_by_one(struct swt_fixture_plan *plan) {
    plan->targets_seal.signatures[0].signing = SWT_SIGN_SHORT;
}

static void long_by_one(struct swt_fixture_plan *plan) {
    plan->targets_seal.signatures[0].signing = SWT_SIGN_LONG;
}

static void of_other_bytes(struct swt_fixture_plan *plan) {
    plan->targets_seal.signatures[0].signing = SWT_SIGN_OTHER;
}

static void key_id_long(struct swt_fixture_plan *plan) {
    struct swt_slice id = swt_plan_key_id(plan, SWT_CAST_TARGETS);
    plan->targets_seal.signatures[0].id = swt_slice_of(swt_plan_copy(plan, id, 1), id.len + 1);
}

static void key_id_short(struct swt_fixture_plan *plan) {
    struct swt_slice id = swt_plan_key_id(plan, SWT_CAST_TARGETS);
    plan->targets_seal.signatures[0].id = swt_slice_of(id.data, id.len - 1);
}

#define STEP "targets-quorum"

const struct swt_fixture swt_fixtures_signatures[] = {
    {"unsigned", "Nobody has signed the targets metadata.", STEP, .plan = unsigned_targets},
    {"signed-by-a-stranger", "The key is in no role of the anchor.", STEP, .plan = stranger},
    {"signed-by-a-stranger-as-listed",
     "A stranger's signature under the id of a key that is listed.", STEP,
     .plan = stranger_as_listed},
    {"signed-by-a-root-key", "A root key may sign roots, not targets.", STEP, .plan = root_key},
    {"signed-by-a-retired-key",
     "The new root in the bundle lists another targets key than the one that signed.", STEP,
     .root = true, .plan = retired},
    {"signatures-below-threshold", "One key has signed, the threshold is 2.", STEP,
     .anchor = SWT_ANCHOR_THRESHOLD_2},
    {"duplicate-signature", "One signature twice is one of the two that the threshold asks for.",
     STEP, .stock = SWT_STOCK_ACCEPTS, .evidence = "CVE-2020-15093",
     .anchor = SWT_ANCHOR_THRESHOLD_2, .plan = twice_the_same},
    {"duplicate-signature-anew", "Two different signatures of one key count as one.", STEP,
     .stock = SWT_STOCK_ACCEPTS, .evidence = "CVE-2020-15093", .anchor = SWT_ANCHOR_THRESHOLD_2,
     .plan = twice_anew},
    {"duplicate-signature-mirrored",
     "(r, n-s), which anybody can make of (r, s), is no second signature.", STEP,
     .stock = SWT_STOCK_ACCEPTS, .evidence = "CVE-2020-15093", .anchor = SWT_ANCHOR_THRESHOLD_2,
     .plan = twice_mirrored},
    {"signature-bit-flipped", "One bit of the signature is another.", STEP, .plan = flipped},
    {"signature-of-other-bytes", "A true signature by the right key, but not of this metadata.",
     STEP, .plan = of_other_bytes},
    {"signature-a-byte-short", "The first byte of the signature is missing.", STEP,
     .plan = short_by_one},
    {"signature-a-byte-long", "A byte follows the signature.", STEP, .stock = SWT_STOCK_ACCEPTS,
     .evidence = "CVE-2008-5077", .plan = long_by_one},
    {"signature-key-id-short", "The signature names 31 bytes of its key id.", STEP,
     .plan = key_id_short},
    {"signature-key-id-long", "A byte follows the key id that the signature names.", STEP,
     .stock = SWT_STOCK_ACCEPTS, .plan = key_id_long},
    {.name = NULL},
};
