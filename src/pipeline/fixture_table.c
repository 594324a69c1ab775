/* SPDX-License-Identifier: Apache-2.0 */
/* What bundles are judged with, and the list of the tables. */
#include "fixture.h"

/* ---- anchors ----------------------------------------------------------------------------- */

/* Four keys, so that a rotated root with a key or a signature more is no longer than the anchor: a
 * stock device would refuse it for that alone. */
static void first(struct swt_fixture_plan *plan) {
    plan->root.common.version = 1;
    swt_plan_add_key(plan, &plan->root.root, SWT_CAST_ROOT_2);
    swt_plan_add_key(plan, &plan->root.targets, SWT_CAST_TARGETS_2);
}

static void threshold_2(struct swt_fixture_plan *plan) {
    first(plan);
    plan->root.root.threshold = 2;
    plan->root.targets.threshold = 2;
    swt_plan_sign_too(&plan->root_seal, SWT_CAST_ROOT_2);
}

static void expired(struct swt_fixture_plan *plan) {
    first(plan);
    plan->root.common.has_expires = true;
    plan->root.common.expires = SWT_FIXTURE_EXPIRED;
}

static void version_0(struct swt_fixture_plan *plan) {
    first(plan);
    plan->root.common.version = 0;
}

static void shared_key(struct swt_fixture_plan *plan) {
    first(plan);
    plan->root.root.ids[1] = swt_plan_key_id(plan, SWT_CAST_TARGETS);
}

static void threshold_0(struct swt_fixture_plan *plan) {
    first(plan);
    plan->root.root.threshold = 0;
}

const struct swt_fixture_state swt_fixture_anchors[SWT_ANCHORS] = {
    [SWT_ANCHOR] = {"anchor.root",
                    "Root version 1 lists two root and two targets keys; one of each is "
                    "enough.",
                    first},
    [SWT_ANCHOR_2] = {"anchor-2.root", "Root version 2, its successor, lists one key a role.",
                      NULL},
    [SWT_ANCHOR_THRESHOLD_2] = {"anchor-threshold-2.root",
                                "Root version 1 lists two keys a role, and both must sign.",
                                threshold_2},
    [SWT_ANCHOR_EXPIRED] = {"anchor-expired.root", "Root version 1 expired in 2001.", expired},
    [SWT_ANCHOR_VERSION_0] = {"anchor-version-0.root",
                              "Root version 0, with the keys of the first.", version_0},
    [SWT_ANCHOR_SHARED_KEY] = {"anchor-shared-key.root",
                               "It breaks a rule: a key is in both roles.", shared_key},
    [SWT_ANCHOR_THRESHOLD_0] = {"anchor-threshold-0.root",
                                "It breaks a rule: the threshold of the root role is 0.",
                                threshold_0},
};

/* ---- devices ----------------------------------------------------------------------------- */

static void newer(struct swt_fixture_plan *plan) {
    plan->targets.common.version++;
}

static void oldest(struct swt_fixture_plan *plan) {
    plan->targets.common.version = 0;
}

const struct swt_fixture_state swt_fixture_devices[SWT_DEVICES] = {
    [SWT_DEVICE_NONE] = {NULL, "Nothing was installed.", NULL},
    [SWT_DEVICE] = {"device.manifest", "The device has installed the bundle good.", NULL},
    [SWT_DEVICE_NEWER] = {"device-newer.manifest", "The device has installed the version after it.",
                          newer},
    [SWT_DEVICE_VERSION_0] = {"device-version-0.manifest", "The device has installed a version 0.",
                              oldest},
};

/* ---- all --------------------------------------------------------------------------------- */

const struct swt_fixture_table swt_fixture_tables[] = {
    {"Good bundles", swt_fixtures_good},
    {"Signatures of the targets", swt_fixtures_signatures},
    {"Roots and anchors", swt_fixtures_roots},
    {"Targets metadata", swt_fixtures_targets},
    {"Payloads", swt_fixtures_payloads},
    {"Envelopes", swt_fixtures_envelopes},
    {"Containers", swt_fixtures_containers},
    {NULL, NULL},
};

const char *swt_fixture_step(const struct swt_fixture *fixture, enum swt_format format) {
    return format == SWT_FORMAT_PIGWEED && fixture->pigweed_step != NULL ? fixture->pigweed_step
                                                                         : fixture->step;
}
