/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles whose payloads are not those of the targets metadata. */
#include "fixture.h"

static void bit_flipped(struct swt_fixture_plan *plan) {
    struct swt_fixture_payload *payload = swt_plan_payload(plan);
    uint8_t *content = swt_plan_copy(plan, payload->content, 0);
    content[payload->content.len / 2] ^= 1;
    payload->content.data = content;
}

static void hash_flipped(struct swt_fixture_plan *plan) {
    struct swt_forge_target *listed = swt_plan_listed(plan);
    uint8_t *hash = swt_plan_copy(plan, listed->hashes[0], 0);
    hash[SWT_DIGEST_SIZE - 1] ^= 1;
    listed->hashes[0].data = hash;
}

static void length_more(struct swt_fixture_plan *plan) {
    swt_plan_listed(plan)->length++;
}

static void length_less(struct swt_fixture_plan *plan) {
    swt_plan_listed(plan)->length--;
}

static void byte_appended(struct swt_fixture_plan *plan) {
    struct swt_slice *content = &swt_plan_payload(plan)->content;
    *content = swt_slice_of(swt_plan_copy(plan, *content, 1), content->len + 1);
}

static void byte_missing(struct swt_fixture_plan *plan) {
    swt_plan_payload(plan)->content.len--;
}

static void emptied(struct swt_fixture_plan *plan) {
    swt_plan_payload(plan)->content.len = 0;
}

static void exchanged(struct swt_fixture_plan *plan) {
    struct swt_fixture_payload *other = &plan->payloads[plan->world->other];
    struct swt_slice content = other->content;
    other->content = swt_plan_payload(plan)->content;
    swt_plan_payload(plan)->content = content;
}

static void missing(struct swt_fixture_plan *plan) {
    swt_plan_leave_out(plan, plan->world->victim);
}

static void empty_and_missing(struct swt_fixture_plan *plan) {
    swt_plan_replace(plan, swt_slice_text(""));
    missing(plan);
}

static void changed_and_left_out(struct swt_fixture_plan *plan) {
    struct swt_slice content = swt_plan_payload(plan)->content;
    uint8_t *changed = swt_plan_copy(plan, content, 0);
    changed[0] ^= 1;
    plan->targets.common.version++;
    swt_plan_replace(plan, swt_slice_of(changed, content.len));
    missing(plan);
}

static void renamed_and_left_out(struct swt_fixture_plan *plan) {
    plan->targets.common.version++;
    swt_plan_rename(plan, swt_slice_text(SWT_FIXTURE_PREFIX "unknown"));
    missing(plan);
}

static void not_listed(struct swt_fixture_plan *plan) {
    plan->payloads[plan->payload_count++] = (struct swt_fixture_payload){
        swt_slice_text(SWT_FIXTURE_PREFIX "unlisted"), swt_plan_payload(plan)->content};
}

static void again(struct swt_fixture_plan *plan) {
    plan->payloads[plan->payload_count++] = *swt_plan_payload(plan);
}

static void again_changed(struct swt_fixture_plan *plan) {
    struct swt_fixture_payload *payload = &plan->payloads[plan->payload_count++];
    *payload = *swt_plan_payload(plan);
    uint8_t *content = swt_plan_copy(plan, payload->content, 0);
    content[0] ^= 1;
    payload->content.data = content;
}

#define STEP "payloads"
#define ACCEPTS .stock = SWT_STOCK_ACCEPTS

const struct swt_fixture swt_fixtures_payloads[] = {
    {"payload-bit-flipped", "One bit of a payload is another.", STEP, .plan = bit_flipped},
    {"payload-hash-flipped", "One bit of a payload's hash is another, and signed.", STEP,
     .plan = hash_flipped},
    {"payload-length-one-more", "The signed length is one byte more than the payload has.", STEP,
     .plan = length_more},
    {"payload-length-one-less", "The signed length is one byte less than the payload has.", STEP,
     .plan = length_less},
    {"payload-longer", "A byte was appended to a payload.", STEP, .plan = byte_appended},
    {"payload-shorter", "The last byte of a payload is missing.", STEP, .plan = byte_missing},
    {"payload-emptied", "A payload is there, but empty.", STEP, .plan = emptied},
    {"payload-missing", "A payload that is listed is not there, and the device has nothing.", STEP,
     .plan = missing},
    {"payload-missing-empty",
     "A payload that is listed is not there; that it is empty makes no difference.", STEP,
     .plan = empty_and_missing},
    {"payloads-exchanged", "Two payloads have each other's content.", STEP, .plan = exchanged},
    {"payload-not-listed", "A payload is there that the metadata does not list.", STEP, ACCEPTS,
     .plan = not_listed},
    {"payload-twice", "A payload is there twice.", STEP, .pigweed_step = "container", ACCEPTS,
     .evidence = "CVE-2013-4787", .plan = again},
    {"payload-twice-changed", "A payload is there twice, the second one changed.", STEP,
     .pigweed_step = "container", ACCEPTS, .evidence = "CVE-2013-4787", .plan = again_changed},
    {"left-out-changed",
     "A payload is left out, and the device has one of that name with other content.", STEP,
     .device = SWT_DEVICE, .plan = changed_and_left_out},
    {"left-out-unknown", "A payload is left out, and the device has none of that name.", STEP,
     .device = SWT_DEVICE, .plan = renamed_and_left_out},
    {.name = NULL},
};
