/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows of the fixture tables alter a plan with. */
#include "fixture.h"

#include "swt/io.h"
#include "swt/signature.h"

#include <assert.h>
#include <string.h>

uint8_t *swt_plan_room(struct swt_fixture_plan *plan, size_t len) {
    /* The world bounds what a plan holds (fixture_world.c), and a fixture makes up a few copies. */
    assert(plan->scratch_len + len <= SWT_FIXTURE_SCRATCH);
    uint8_t *room = plan->scratch + plan->scratch_len;
    memset(room, 0, len);
    plan->scratch_len += len;
    return room;
}

uint8_t *swt_plan_copy(struct swt_fixture_plan *plan, struct swt_slice bytes, size_t room) {
    uint8_t *copy = swt_plan_room(plan, bytes.len + room);
    memcpy(copy, bytes.data, bytes.len);
    return copy;
}

/* ---- keys and signatures ----------------------------------------------------------------- */

const struct swt_key *swt_plan_key(const struct swt_fixture_plan *plan, enum swt_fixture_key key) {
    return swt_signer_key(plan->world->signers[key]);
}

struct swt_slice swt_plan_key_id(const struct swt_fixture_plan *plan, enum swt_fixture_key key) {
    return swt_slice_of(swt_signer_key_id(plan->world->signers[key]), SWT_KEY_ID_SIZE);
}

struct swt_forge_key *swt_plan_add_key(struct swt_fixture_plan *plan, struct swt_forge_role *role,
                                       enum swt_fixture_key key) {
    assert(plan->root.key_count < SWT_FORGE_MAX_KEYS && role->id_count < SWT_FORGE_MAX_KEYS);
    struct swt_forge_key *entry = &plan->root.keys[plan->root.key_count++];
    *entry = (struct swt_forge_key){*swt_plan_key(plan, key), swt_plan_key_id(plan, key)};
    role->ids[role->id_count++] = entry->id;
    return entry;
}

void swt_plan_set_keys(struct swt_fixture_plan *plan, enum swt_fixture_key root,
                       enum swt_fixture_key targets) {
    plan->root.key_count = 0;
    plan->root.root = (struct swt_forge_role){.threshold = 1};
    plan->root.targets = (struct swt_forge_role){.threshold = 1};
    swt_plan_add_key(plan, &plan->root.root, root);
    swt_plan_add_key(plan, &plan->root.targets, targets);
}

struct swt_fixture_signature *swt_plan_sign(struct swt_fixture_seal *seal,
                                            enum swt_fixture_key key) {
    seal->signature_count = 0;
    return swt_plan_sign_too(seal, key);
}

struct swt_fixture_signature *swt_plan_sign_too(struct swt_fixture_seal *seal,
                                                enum swt_fixture_key key) {
    assert(seal->signature_count < SWT_FIXTURE_MAX_SIGNATURES);
    struct swt_fixture_signature *signature = &seal->signatures[seal->signature_count++];
    *signature = (struct swt_fixture_signature){.key = key};
    return signature;
}

/* ---- targets and payloads ---------------------------------------------------------------- */

struct swt_forge_target *swt_plan_listed(struct swt_fixture_plan *plan) {
    return &plan->targets.items[plan->world->victim];
}

struct swt_fixture_payload *swt_plan_payload(struct swt_fixture_plan *plan) {
    return &plan->payloads[plan->world->victim];
}

void swt_plan_rename(struct swt_fixture_plan *plan, struct swt_slice name) {
    swt_plan_listed(plan)->name = name;
    swt_plan_payload(plan)->name = name;
}

static void set_content(struct swt_fixture_plan *plan, size_t index, struct swt_slice content) {
    uint8_t digest[SWT_DIGEST_SIZE];
    struct swt_error err;
    if (swt_sha256_of(content, digest, &err) < 0) {
        plan->starved = true;
        return;
    }
    plan->payloads[index].content = content;
    plan->targets.items[index].length = content.len;
    plan->targets.items[index].hashes[0] =
        swt_slice_of(swt_plan_copy(plan, swt_slice_of(digest, sizeof digest), 0), sizeof digest);
}

void swt_plan_replace(struct swt_fixture_plan *plan, struct swt_slice content) {
    set_content(plan, plan->world->victim, content);
}

void swt_plan_record_root(struct swt_fixture_plan *plan) {
    set_content(plan, 0, swt_buf_slice(&plan->world->rooted));
}

void swt_plan_leave_out(struct swt_fixture_plan *plan, size_t index) {
    plan->payload_count--;
    memmove(&plan->payloads[index], &plan->payloads[index + 1],
            (plan->payload_count - index) * sizeof *plan->payloads);
}

/* ---- members ----------------------------------------------------------------------------- */

struct swt_forge_member *swt_plan_member(struct swt_forge_bundle *bundle, enum swt_forge_kind kind,
                                         size_t index) {
    for (size_t i = 0; i < bundle->count; i++)
        if (bundle->members[i].kind == kind && index-- == 0)
            return &bundle->members[i];
    assert(!"a member that every plan has");
    return NULL;
}

void swt_plan_insert(struct swt_forge_bundle *bundle, size_t at, struct swt_forge_member member) {
    memmove(&bundle->members[at + 1], &bundle->members[at],
            (bundle->count - at) * sizeof *bundle->members);
    bundle->members[at] = member;
    bundle->count++;
}
