/* SPDX-License-Identifier: Apache-2.0 */
/* Good bundles. A verifier that refuses one of them keeps devices from their updates. */
#include "fixture.h"

#include <string.h>

static void newer_version(struct swt_fixture_plan *plan) {
    plan->targets.common.version++;
}

static void expiring(struct swt_fixture_plan *plan) {
    plan->targets.common.has_expires = true;
    plan->targets.common.expires = SWT_FIXTURE_EXPIRES;
}

/* ---- signatures -------------------------------------------------------------------------- */

static void two_signatures(struct swt_fixture_plan *plan) {
    swt_plan_sign_too(&plan->targets_seal, SWT_CAST_TARGETS_2);
}

static void bad_beside(struct swt_fixture_plan *plan) {
    swt_plan_sign(&plan->targets_seal, SWT_CAST_TARGETS_2)->signing = SWT_SIGN_FLIPPED;
    swt_plan_sign_too(&plan->targets_seal, SWT_CAST_TARGETS);
}

static void mirrored(struct swt_fixture_plan *plan) {
    swt_plan_sign(&plan->targets_seal, SWT_CAST_TARGETS_2)->signing = SWT_SIGN_MIRRORED;
}

/* ---- roots ------------------------------------------------------------------------------- */

static void new_root_key(struct swt_fixture_plan *plan) {
    swt_plan_set_keys(plan, SWT_CAST_ROOT_NEW, SWT_CAST_TARGETS);
    swt_plan_sign_too(&plan->root_seal, SWT_CAST_ROOT_NEW);
}

static void new_targets_key(struct swt_fixture_plan *plan) {
    swt_plan_set_keys(plan, SWT_CAST_ROOT, SWT_CAST_TARGETS_NEW);
    swt_plan_sign(&plan->targets_seal, SWT_CAST_TARGETS_NEW);
}

static void version_9(struct swt_fixture_plan *plan) {
    plan->root.common.version = 9;
}

static void anchor_again(struct swt_fixture_plan *plan) {
    swt_fixture_anchors[SWT_ANCHOR].plan(plan);
}

static void version_1(struct swt_fixture_plan *plan) {
    plan->root.common.version = 1;
}

static void growing(struct swt_fixture_plan *plan) {
    plan->root.common.version = 3;
    swt_plan_add_key(plan, &plan->root.root, SWT_CAST_ROOT_2);
    swt_plan_add_key(plan, &plan->root.targets, SWT_CAST_TARGETS_2);
}

/* ---- targets ----------------------------------------------------------------------------- */

static void unknown_field(struct swt_fixture_plan *plan) {
    static const uint8_t FIELD[] = {0xc2, 0x0c, 4, 'm', 'o', 'r', 'e'}; /* 200: "more" */
    plan->targets.extra = swt_slice_of(FIELD, sizeof FIELD);
}

static void rename_to(struct swt_fixture_plan *plan, size_t len) {
    uint8_t *name = swt_plan_room(plan, len);
    memset(name, 'n', len);
    memcpy(name, SWT_FIXTURE_PREFIX, sizeof SWT_FIXTURE_PREFIX - 1);
    swt_plan_rename(plan, swt_slice_of(name, len));
}

static void name_33(struct swt_fixture_plan *plan) {
    rename_to(plan, 33);
}

static void name_100(struct swt_fixture_plan *plan) {
    rename_to(plan, SWT_MAX_NAME);
}

static void name_unicode(struct swt_fixture_plan *plan) {
    swt_plan_rename(plan, swt_slice_text(SWT_FIXTURE_PREFIX "für-α-☃"));
}

static void empty(struct swt_fixture_plan *plan) {
    swt_plan_replace(plan, swt_slice_text(""));
}

static void leave_out(struct swt_fixture_plan *plan) {
    swt_plan_leave_out(plan, plan->world->victim);
}

/* ---- containers -------------------------------------------------------------------------- */

static void reverse(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    for (size_t i = 0; i < bundle->count / 2; i++) {
        struct swt_forge_member member = bundle->members[i];
        bundle->members[i] = bundle->members[bundle->count - 1 - i];
        bundle->members[bundle->count - 1 - i] = member;
    }
}

const struct swt_fixture swt_fixtures_good[] = {
    {"good", "Nothing is wrong with it, and nothing is special about it.", .step = NULL},
    {"good-for-a-device", "The device has this very release.", .device = SWT_DEVICE},
    {"good-newer-version", "The version is higher than the device's.", .device = SWT_DEVICE,
     .plan = newer_version},
    {"good-expiring", "It expires in 2099, long after it is judged.", .plan = expiring},
    {"good-two-signatures", "Both keys have signed, as the threshold of 2 asks for.",
     .anchor = SWT_ANCHOR_THRESHOLD_2, .plan = two_signatures},
    {"good-bad-signature-besides",
     "A signature that does not verify does not count, and keeps no good one from counting.",
     .plan = bad_beside},
    {"good-high-s", "(r, n-s) is as good an ECDSA signature as (r, s).", .plan = mirrored},
    {"good-rotation", "The new root is signed by the old root key, which is its own too.",
     .root = true, .plan = swt_plan_record_root},
    {"good-rotation-of-root-key", "The new root is signed by the old root key and by its own.",
     .root = true, .plan = new_root_key},
    {"good-rotation-of-targets-key",
     "The new root lists a new targets key, and that has signed the targets.", .root = true,
     .plan = new_targets_key},
    {"good-rotation-to-a-lower-version",
     "A real rotation of the targets keys clears the floor: the device goes back by one version, "
     "as "
     "new people signed it.",
     .stock = SWT_STOCK_REFUSES, .device = SWT_DEVICE_NEWER, .root = true, .plan = new_targets_key},
    {"good-rotation-that-skips", "From root version 1 to 9, signed by the anchor's quorum.",
     .root = true, .plan = version_9},
    {"good-root-known", "The bundle holds the anchor itself.", .root = true, .plan = anchor_again},
    {"good-root-of-same-version",
     "Another root of the anchor's version, signed by its quorum: worth a warning, no more.",
     .root = true, .plan = version_1},
    {"good-root-left-out",
     "The bundle was built with root version 2, which it does not hold and the device has.",
     .anchor = SWT_ANCHOR_2, .plan = swt_plan_record_root},
    {"good-root-that-grows",
     "The new root is longer than the one that the device holds: a device must not read it back by "
     "the old length.",
     .stock = SWT_STOCK_REFUSES, .anchor = SWT_ANCHOR_2, .root = true, .plan = growing},
    {"good-root-after-expiry", "The anchor has expired, the new root has not.",
     .anchor = SWT_ANCHOR_EXPIRED, .root = true},
    {"good-root-after-version-0", "The anchor has version 0, which is a version like others.",
     .stock = SWT_STOCK_REFUSES, .anchor = SWT_ANCHOR_VERSION_0, .root = true},
    {"good-device-of-version-0", "The device has version 0, which is a version like others.",
     .stock = SWT_STOCK_REFUSES, .device = SWT_DEVICE_VERSION_0},
    {"good-unknown-signed-field",
     "Signed metadata may hold fields that a device does not know; their quorum vouches for them.",
     .plan = unknown_field},
    {"good-name-of-33-bytes", "A target name may have up to 100 bytes.", .stock = SWT_STOCK_REFUSES,
     .plan = name_33},
    {"good-name-of-100-bytes", "A target name may have up to 100 bytes.",
     .stock = SWT_STOCK_REFUSES, .plan = name_100},
    {"good-name-unicode", "A target name is UTF-8.", .plan = name_unicode},
    {"good-empty-target", "A target may be empty; its length of 0 is left out on the wire.",
     .stock = SWT_STOCK_REFUSES, .plan = empty},
    {"good-personalised", "The device has the very payload that is left out.", .device = SWT_DEVICE,
     .plan = leave_out},
    {"good-order-of-fields", "The fields of an UpdateBundle may stand in any order.",
     .containers = SWT_IN_PIGWEED, .root = true, .arrange = reverse},
    {.name = NULL},
};
