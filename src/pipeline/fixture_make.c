/* SPDX-License-Identifier: Apache-2.0 */
/* From a row of the tables, and a plan, to the bytes of a file. */
#include "fixture.h"

#include "swt/signature.h"

#include <stdlib.h>

/* ---- plans ------------------------------------------------------------------------------- */

static void plan_done(struct swt_fixture_plan *plan) {
    free(plan->targets.items);
    free(plan->payloads);
    free(plan->scratch);
}

/* A few more than there are, for the functions that add some. */
#define ROOM 2

static int plan_init(struct swt_fixture_plan *plan, const struct swt_fixture_world *world,
                     struct swt_error *err) {
    size_t count = world->payload_count;
    *plan = (struct swt_fixture_plan){
        .world = world,
        .root.common = {.version = 2, .role = SWT_ROLE_ROOT},
        .root_seal = {.content = SWT_CONTENT_ROOT},
        .targets.common = {.version = world->version, .role = SWT_ROLE_TARGETS},
        .targets.items = calloc(count + ROOM, sizeof(struct swt_forge_target)),
        .targets.count = count,
        .targets_seal = {.content = SWT_CONTENT_TARGETS},
        .payloads = calloc(count + ROOM, sizeof(struct swt_fixture_payload)),
        .payload_count = count,
        .scratch = malloc(SWT_FIXTURE_SCRATCH),
    };
    if (plan->targets.items == NULL || plan->payloads == NULL || plan->scratch == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        plan->payloads[i] = world->payloads[i];
        plan->targets.items[i] =
            (struct swt_forge_target){.name = world->payloads[i].name,
                                      .length = world->payloads[i].content.len,
                                      .hashes = {swt_slice_of(world->digests[i], SWT_DIGEST_SIZE)},
                                      .hash_count = 1};
    }
    swt_plan_set_keys(plan, SWT_CAST_ROOT, SWT_CAST_TARGETS);
    swt_plan_sign(&plan->root_seal, SWT_CAST_ROOT);
    swt_plan_sign(&plan->targets_seal, SWT_CAST_TARGETS);
    return 0;
}

/* plan_init, and then what a row has it altered by; NULL: nothing. */
static int plan_as(struct swt_fixture_plan *plan, const struct swt_fixture_world *world,
                   bool has_root, void (*alter)(struct swt_fixture_plan *plan),
                   struct swt_error *err) {
    int rc = plan_init(plan, world, err);
    plan->has_root = has_root;
    if (rc == 0 && alter != NULL)
        alter(plan);
    return rc == 0 && plan->starved ? swt_fail_memory(err) : rc;
}

/* ---- envelopes --------------------------------------------------------------------------- */

struct values {
    struct swt_buf items[SWT_FIXTURE_MAX_SIGNATURES];
};

static void values_done(struct values *values) {
    for (size_t i = 0; i < SWT_COUNT(values->items); i++)
        swt_buf_done(&values->items[i]);
}

static int seal(const struct swt_fixture_plan *plan, const struct swt_fixture_seal *seal,
                const char *role, struct swt_buf *ret_bytes, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf metadata = {0};
    SWT_CLEANUP(values_done) struct values values = {0};
    struct swt_signature signatures[SWT_FIXTURE_MAX_SIGNATURES];
    int rc = seal->content == SWT_CONTENT_ROOT ? swt_forge_root(&plan->root, &metadata, err)
                                               : swt_forge_targets(&plan->targets, &metadata, err);
    for (size_t i = 0; i < seal->signature_count && rc == 0; i++) {
        const struct swt_fixture_signature *from = &seal->signatures[i];
        rc = swt_fixture_sign(plan->world, role, from, swt_buf_slice(&metadata), &values.items[i],
                              err);
        signatures[i].key_id = from->id.data != NULL ? from->id : swt_plan_key_id(plan, from->key);
        signatures[i].value = swt_buf_slice(&values.items[i]);
    }
    if (rc < 0)
        return rc;
    return (seal->encode != NULL ? seal->encode : swt_envelope_encode)(
        swt_buf_slice(&metadata), signatures, seal->signature_count, ret_bytes, err);
}

static int seal_root(const struct swt_fixture_plan *plan, struct swt_buf *ret_bytes,
                     struct swt_error *err) {
    return seal(plan, &plan->root_seal, SWT_ROLE_ROOT, ret_bytes, err);
}

/* ---- anchors and device manifests -------------------------------------------------------- */

int swt_fixture_make_anchor(const struct swt_fixture_world *world, enum swt_fixture_anchor anchor,
                            struct swt_buf *ret_bytes, struct swt_error *err) {
    SWT_CLEANUP(plan_done) struct swt_fixture_plan plan = {0};
    int rc = plan_as(&plan, world, false, swt_fixture_anchors[anchor].plan, err);
    return rc < 0 ? rc : seal_root(&plan, ret_bytes, err);
}

int swt_fixture_make_device(const struct swt_fixture_world *world, enum swt_fixture_device device,
                            struct swt_buf *ret_bytes, struct swt_error *err) {
    SWT_CLEANUP(plan_done) struct swt_fixture_plan plan = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf metadata = {0};
    int rc = plan_as(&plan, world, false, swt_fixture_devices[device].plan, err);
    if (rc == 0)
        rc = swt_forge_targets(&plan.targets, &metadata, err);
    return rc < 0 ? rc
                  : swt_device_manifest_encode(swt_buf_slice(&metadata), &plan.payloads[0].content,
                                               ret_bytes, err);
}

/* ---- bundles ----------------------------------------------------------------------------- */

static void members_cleanup(struct swt_forge_member **members) {
    free(*members);
}

static int make_bundle(struct swt_fixture_plan *plan, const struct swt_fixture *fixture,
                       enum swt_format format, struct swt_buf *ret_bytes, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf root = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf targets = {0};
    SWT_CLEANUP(members_cleanup)
    struct swt_forge_member *members = calloc(plan->payload_count + 2 + ROOM, sizeof *members);
    struct swt_forge_bundle bundle = {.format = format, .members = members, .end_blocks = 2};
    if (members == NULL)
        return swt_fail_memory(err);
    int rc = plan->has_root ? seal_root(plan, &root, err) : 0;
    if (rc == 0)
        rc = seal(plan, &plan->targets_seal, SWT_ROLE_TARGETS, &targets, err);
    if (rc < 0)
        return rc;
    if (plan->has_root)
        members[bundle.count++] =
            (struct swt_forge_member){.kind = SWT_FORGE_ROOT, .content = swt_buf_slice(&root)};
    members[bundle.count++] =
        (struct swt_forge_member){.kind = SWT_FORGE_TARGETS, .content = swt_buf_slice(&targets)};
    for (size_t i = 0; i < plan->payload_count; i++)
        members[bundle.count++] = (struct swt_forge_member){.kind = SWT_FORGE_PAYLOAD,
                                                            .name = plan->payloads[i].name,
                                                            .content = plan->payloads[i].content};
    if (fixture->arrange != NULL)
        fixture->arrange(plan, &bundle);
    return swt_forge_bundle(&bundle, ret_bytes, err);
}

int swt_fixture_make(const struct swt_fixture_world *world, const struct swt_fixture *fixture,
                     enum swt_format format, struct swt_buf *ret_bytes, struct swt_error *err) {
    SWT_CLEANUP(plan_done) struct swt_fixture_plan plan = {0};
    int rc = plan_as(&plan, world, fixture->root, fixture->plan, err);
    if (rc == 0)
        rc = make_bundle(&plan, fixture, format, ret_bytes, err);
    return rc < 0 ? swt_error_context(err, "fixture %s", fixture->name) : rc;
}
