/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle and the device that judges it, as a test describes them, and the report of it. */
#ifndef SWT_TESTS_SCENE_H
#define SWT_TESTS_SCENE_H

#include "../../flips/sample.h"

static struct test_key keys[KEYS];

/* ---- what is judged ---------------------------------------------------------------------- */

struct root_plan {
    uint32_t version;
    unsigned root_keys, targets_keys;
    uint32_t root_threshold, targets_threshold;
    int64_t expires; /* 0: never */
};

#define MOST_EXTRA 4
struct scene {
    struct root_plan anchor, root;
    bool has_root;
    unsigned anchor_signers, root_signers, targets_signers;
    struct swt_signature extra[MOST_EXTRA]; /* after these, on the targets */
    size_t extra_count;
    uint32_t version; /* of the targets */
    int64_t expires;
    size_t target_count;
    unsigned left_out; /* a bit a target */
    bool has_floor;
    uint32_t floor;
    uint32_t installed_version; /* 0: nothing was */
    bool installed_differs;
    struct swt_verify_options options;

    json_t *document;
    struct swt_buf targets_metadata;
};

#define NOW 1893456000
static const struct root_plan ROOT_PLAN = {.version = 1,
                                           .root_keys = BIT(ROOT1) | BIT(ROOT2),
                                           .targets_keys = BIT(TARGETS1) | BIT(TARGETS2),
                                           .root_threshold = 1,
                                           .targets_threshold = 1};
static const char *const NAMES[] = {"app", "boot", "data"};
static const char *const CONTENTS[] = {"the application", "the loader", "data"};

/* A device with floor 7, a bundle of version 7 with one target, signed by one key. */
static inline void set_scene(struct scene *scene) {
    *scene = (struct scene){.anchor = ROOT_PLAN,
                            .root = ROOT_PLAN,
                            .anchor_signers = BIT(ROOT1),
                            .root_signers = BIT(ROOT1),
                            .targets_signers = BIT(TARGETS1),
                            .version = 7,
                            .target_count = 1,
                            .has_floor = true,
                            .floor = 7,
                            .options = SAMPLE_OPTIONS};
}

static inline void strike(struct scene *scene) {
    json_decref(scene->document);
    scene->document = NULL;
}

static inline void put_root(const struct root_plan *plan, struct swt_buf *ret_metadata) {
    struct swt_key root[KEYS], targets[KEYS];
    struct swt_error err;
    const struct swt_root_spec spec = {.version = plan->version,
                                       .has_expires = plan->expires != 0,
                                       .expires = plan->expires,
                                       .root_keys = root,
                                       .root_key_count = pick_keys(keys, plan->root_keys, root),
                                       .root_threshold = plan->root_threshold,
                                       .targets_keys = targets,
                                       .targets_key_count =
                                           pick_keys(keys, plan->targets_keys, targets),
                                       .targets_threshold = plan->targets_threshold};
    made(swt_root_encode(&spec, ret_metadata, &err), &err);
}

static inline void put_targets(const struct scene *scene, bool differs, uint32_t version,
                               struct swt_buf *ret_metadata) {
    struct swt_target_spec targets[SWT_COUNT(NAMES)];
    struct swt_error err;
    for (size_t i = 0; i < scene->target_count; i++) {
        struct swt_slice content = swt_slice_text(CONTENTS[i]);
        targets[i].name = swt_slice_text(NAMES[i]);
        targets[i].length = content.len;
        SHA256(content.data, content.len, targets[i].sha256);
    }
    const struct swt_targets_spec spec = {.version = version,
                                          .has_expires = scene->expires != 0 || differs,
                                          .expires = differs ? NOW + 1 : scene->expires,
                                          .targets = targets,
                                          .target_count = scene->target_count};
    made(swt_targets_encode(&spec, ret_metadata, &err), &err);
}

static inline void put_signed_targets(const struct scene *scene, struct swt_buf *ret_envelope) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf metadata = {0};
    uint8_t values[KEYS][TEST_SIGNATURE_SIZE];
    struct swt_signature signatures[KEYS + MOST_EXTRA];
    size_t count = 0;
    struct swt_error err;
    put_targets(scene, false, scene->version, &metadata);
    for (size_t i = 0; i < KEYS; i++)
        if ((scene->targets_signers & BIT(i)) != 0) {
            test_sign(&keys[i], swt_buf_slice(&metadata), values[i]);
            signatures[count++] =
                (struct swt_signature){swt_slice_of(keys[i].id, SWT_KEY_ID_SIZE),
                                       swt_slice_of(values[i], TEST_SIGNATURE_SIZE)};
        }
    for (size_t i = 0; i < scene->extra_count; i++)
        signatures[count++] = scene->extra[i];
    made(swt_envelope_encode(swt_buf_slice(&metadata), signatures, count, ret_envelope, &err),
         &err);
}

static inline void put_scene(const struct scene *scene, struct swt_buf *ret_bundle) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf root = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf root_envelope = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf targets_envelope = {0};
    struct swt_forge_member members[2 + SWT_COUNT(NAMES)];
    size_t count = 0;
    struct swt_error err;
    put_root(&scene->root, &root);
    seal(keys, &root, scene->root_signers, &root_envelope);
    put_signed_targets(scene, &targets_envelope);
    if (scene->has_root)
        members[count++] = (struct swt_forge_member){.kind = SWT_FORGE_ROOT,
                                                     .content = swt_buf_slice(&root_envelope)};
    members[count++] = (struct swt_forge_member){.kind = SWT_FORGE_TARGETS,
                                                 .content = swt_buf_slice(&targets_envelope)};
    for (size_t i = 0; i < scene->target_count; i++)
        if ((scene->left_out & 1U << i) == 0)
            members[count++] = (struct swt_forge_member){.kind = SWT_FORGE_PAYLOAD,
                                                         .name = swt_slice_text(NAMES[i]),
                                                         .content = swt_slice_text(CONTENTS[i])};
    const struct swt_forge_bundle bundle = {
        .format = SWT_FORMAT_TAR, .members = members, .count = count, .end_blocks = 2};
    made(swt_forge_bundle(&bundle, ret_bundle, &err), &err);
}

static inline void put_state(const struct scene *scene, struct swt_device_state *ret_state) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf metadata = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf envelope = {0};
    struct swt_error err;
    put_root(&scene->anchor, &metadata);
    seal(keys, &metadata, scene->anchor_signers, &envelope);
    made(swt_root_source_decode(&envelope, "anchor", false, &ret_state->root, &err), &err);
    ret_state->knows_floor = true;
    ret_state->has_floor = scene->has_floor;
    ret_state->floor = scene->floor;
    if (scene->installed_version == 0)
        return;
    swt_buf_clear(&metadata);
    put_targets(scene, scene->installed_differs, scene->installed_version, &metadata);
    made(swt_device_manifest_encode(swt_buf_slice(&metadata), NULL, &ret_state->installed.bytes,
                                    &err),
         &err);
    made(swt_device_manifest_decode(swt_buf_slice(&ret_state->installed.bytes),
                                    &ret_state->installed.manifest, &err),
         &err);
}

static inline void judge_scene(struct scene *scene) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bundle = {0};
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state state = {0};
    SWT_CLEANUP(swt_judge_done)
    struct swt_judge judge = {.authenticate = true, .state = &state};
    struct swt_error err;
    strike(scene);
    put_scene(scene, &bundle);
    put_state(scene, &state);
    made(swt_reader_open_memory(swt_buf_slice(&bundle), "memory", &judge.reader, &err), &err);
    made(swt_judge_open(&judge, "memory", &scene->options, &err), &err);
    made(swt_judge_run(&judge, &err), &err);
    made(swt_judge_document(&judge, &scene->document, &err), &err);
}

#endif
