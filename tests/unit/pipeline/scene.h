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
    const uint64_t *lengths; /* that the metadata says; NULL: those of the contents */
    unsigned left_out;       /* a bit a target */
    bool knows_floor, has_floor;
    uint32_t floor;
    uint32_t installed_version; /* 0: nothing was */
    bool installed_differs;
    const char *user_manifest; /* that the device recorded, or NULL */
    struct swt_verify_options options;
    enum swt_format format;
    const char *const *names, *const *contents; /* of the targets */
    bool root_only;
    /* How many unknown fields stand in the bundle (an UpdateBundle alone), in each envelope, and in
     * each signed metadata. */
    unsigned unknown_outside, unknown_unsigned, unknown_signed;
    bool root_disordered, targets_disordered; /* signatures before what they sign */
    bool other_spec;                          /* another spec_version of the targets */
    unsigned other_hashes;                    /* of one target more */
    const char *assumed;                      /* a step that is taken for passed, or NULL */
    const char *spoilt; /* where this stands first in the bundle, a bit is another */

    json_t *document;
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
                            .knows_floor = true,
                            .has_floor = true,
                            .floor = 7,
                            .format = SWT_FORMAT_TAR,
                            .names = NAMES,
                            .contents = CONTENTS,
                            .options = SAMPLE_OPTIONS};
}

static inline void strike(struct scene *scene) {
    json_decref(scene->document);
    scene->document = NULL;
}

/* A field that nobody knows, so many times. */
static inline void put_unknown(unsigned count, struct swt_buf *bytes) {
    static const uint8_t FIELD[] = {15U << 3, 1};
    struct swt_error err;
    for (unsigned i = 0; i < count; i++)
        made(swt_buf_append(bytes, FIELD, sizeof FIELD, &err), &err);
}

/* The first field of an envelope, its metadata, behind the others. */
static inline void disorder(struct swt_buf *envelope) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf copy = {0};
    size_t at = 1, len = 0;
    struct swt_error err;
    for (unsigned shift = 0;; shift += 7) {
        len |= (size_t)(envelope->data[at] & 0x7f) << shift;
        if ((envelope->data[at++] & 0x80) == 0)
            break;
    }
    at += len;
    made(swt_buf_append(&copy, envelope->data + at, envelope->len - at, &err), &err);
    made(swt_buf_append(&copy, envelope->data, at, &err), &err);
    swt_buf_done(envelope);
    *envelope = SWT_MOVE(copy);
}

static inline void spoil(const char *where, struct swt_buf *bytes) {
    uint8_t *found = memmem(bytes->data, bytes->len, where, strlen(where));
    must(found != NULL, where);
    *found ^= 1;
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

static const char MORE[] = "more";

/* As the fields of TargetsMetadata say: a name, a length, a SHA-256 and hashes of a function 2. */
static inline void put_more(unsigned other_hashes, struct swt_buf *metadata) {
    uint8_t target[128] = {2U << 3 | 2, 0, 1U << 3 | 2, 4,  'm', 'o', 'r', 'e',
                           2U << 3,     4, 3U << 3 | 2, 36, 8,   1,   18,  32};
    size_t len = 16;
    struct swt_error err;
    SHA256((const uint8_t *)MORE, strlen(MORE), target + len);
    len += SWT_SHA256_SIZE;
    for (unsigned i = 0; i < other_hashes; i++) {
        static const uint8_t HASH[] = {3U << 3 | 2, 5, 8, 2, 18, 1, 0xff};
        memcpy(target + len, HASH, sizeof HASH);
        len += sizeof HASH;
    }
    target[1] = (uint8_t)(len - 2);
    made(swt_buf_append(metadata, target, len, &err), &err);
}

static inline void put_targets(const struct scene *scene, bool differs, uint32_t version,
                               struct swt_buf *ret_metadata) {
    struct swt_target_spec targets[SWT_COUNT(NAMES)];
    struct swt_error err;
    for (size_t i = 0; i < scene->target_count; i++) {
        struct swt_slice content = swt_slice_text(scene->contents[i]);
        targets[i].name = swt_slice_text(scene->names[i]);
        targets[i].length = scene->lengths != NULL ? scene->lengths[i] : content.len;
        SHA256(content.data, content.len, targets[i].sha256);
    }
    const struct swt_targets_spec spec = {.version = version,
                                          .has_expires = scene->expires != 0 || differs,
                                          .expires = differs ? NOW + 1 : scene->expires,
                                          .targets = targets,
                                          .target_count = scene->target_count};
    made(swt_targets_encode(&spec, ret_metadata, &err), &err);
    if (scene->other_hashes > 0)
        put_more(scene->other_hashes, ret_metadata);
    if (scene->other_spec)
        spoil(SWT_SPEC_VERSION, ret_metadata);
    put_unknown(scene->unknown_signed, ret_metadata);
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
    put_unknown(scene->unknown_unsigned, ret_envelope);
}

static inline void put_scene(const struct scene *scene, struct swt_buf *ret_bundle) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf root = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf root_envelope = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf targets_envelope = {0};
    struct swt_forge_member members[3 + SWT_COUNT(NAMES)];
    size_t count = 0;
    struct swt_error err;
    put_root(&scene->root, &root);
    put_unknown(scene->unknown_signed, &root);
    seal(keys, &root, scene->root_signers, &root_envelope);
    put_unknown(scene->unknown_unsigned, &root_envelope);
    if (scene->root_only) {
        *ret_bundle = SWT_MOVE(root_envelope);
        return;
    }
    put_signed_targets(scene, &targets_envelope);
    if (scene->root_disordered)
        disorder(&root_envelope);
    if (scene->targets_disordered)
        disorder(&targets_envelope);
    if (scene->has_root)
        members[count++] = (struct swt_forge_member){.kind = SWT_FORGE_ROOT,
                                                     .content = swt_buf_slice(&root_envelope)};
    members[count++] = (struct swt_forge_member){.kind = SWT_FORGE_TARGETS,
                                                 .content = swt_buf_slice(&targets_envelope)};
    for (size_t i = 0; i < scene->target_count; i++)
        if ((scene->left_out & 1U << i) == 0)
            members[count++] =
                (struct swt_forge_member){.kind = SWT_FORGE_PAYLOAD,
                                          .name = swt_slice_text(scene->names[i]),
                                          .content = swt_slice_text(scene->contents[i])};
    if (scene->other_hashes > 0)
        members[count++] = (struct swt_forge_member){.kind = SWT_FORGE_PAYLOAD,
                                                     .name = swt_slice_text(MORE),
                                                     .content = swt_slice_text(MORE)};
    const struct swt_forge_bundle bundle = {
        .format = scene->format, .members = members, .count = count, .end_blocks = 2};
    made(swt_forge_bundle(&bundle, ret_bundle, &err), &err);
    put_unknown(scene->unknown_outside, ret_bundle);
    if (scene->spoilt != NULL)
        spoil(scene->spoilt, ret_bundle);
}

static inline void put_state(const struct scene *scene, struct swt_device_state *ret_state) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf metadata = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf envelope = {0};
    struct swt_error err;
    put_root(&scene->anchor, &metadata);
    seal(keys, &metadata, scene->anchor_signers, &envelope);
    put_unknown(scene->unknown_unsigned, &envelope);
    made(swt_root_source_decode(&envelope, "anchor", true, &ret_state->root, &err), &err);
    ret_state->knows_floor = scene->knows_floor;
    ret_state->has_floor = scene->has_floor;
    ret_state->floor = scene->floor;
    if (scene->installed_version == 0)
        return;
    swt_buf_clear(&metadata);
    put_targets(scene, scene->installed_differs, scene->installed_version, &metadata);
    struct swt_slice copy =
        swt_slice_text(scene->user_manifest != NULL ? scene->user_manifest : "");
    made(swt_device_manifest_encode(swt_buf_slice(&metadata),
                                    scene->user_manifest != NULL ? &copy : NULL,
                                    &ret_state->installed.bytes, &err),
         &err);
    made(swt_device_manifest_decode(swt_buf_slice(&ret_state->installed.bytes),
                                    &ret_state->installed.manifest, &err),
         &err);
}

/* ---- judging it -------------------------------------------------------------------------- */

static inline void open_scene(struct swt_judge *judge, struct swt_slice bundle,
                              const struct swt_verify_options *options) {
    struct swt_error err;
    made(swt_reader_open_memory(bundle, "memory", &judge->reader, &err), &err);
    made(swt_judge_open(judge, "memory", options, &err), &err);
}

/* As one of many states, by what was found before: the answer is the same. */
static inline void judge_again(const struct scene *scene, struct swt_slice bundle,
                               const struct swt_device_state *state) {
    static const struct swt_device_state NOTHING;
    SWT_CLEANUP(swt_payload_finding_done) struct swt_payload_finding finding = {0};
    SWT_CLEANUP(swt_judge_done)
    struct swt_judge first = {.authenticate = true, .state = &NOTHING};
    json_t *known = NULL;
    struct swt_error err;
    open_scene(&first, bundle, &scene->options);
    made(swt_judge_find_payloads(&first, &finding, &err), &err);
    for (int i = 0; i < 2; i++) {
        struct swt_judge judge;
        json_t *document = NULL;
        swt_judge_open_again(&judge, &first, state, &finding);
        judge.known = known;
        made(swt_judge_run(&judge, &err), &err);
        made(swt_judge_document(&judge, &document, &err), &err);
        must(json_equal(document, scene->document), "another answer by what was found before");
        json_decref(document);
        json_decref(known);
        known = NULL;
        made(swt_judge_known(&judge, &known, &err), &err);
        /* A warning that rejects is judged each time. */
        if (judge.failed_warning)
            (void)json_object_del(known, judge.failed_step);
        swt_judge_done(&judge);
    }
    json_decref(known);
}

/* What the device remembers of what was accepted, and had it ended after the rotation. */
static inline void check_states(const struct swt_judge *judge) {
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state rotated = {0};
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state after = {0};
    const struct swt_device_state *before = judge->state;
    const bool has_floor = before->has_floor && !judge->floor_cleared;
    struct swt_error err;
    made(swt_judge_state_rotated(judge, &rotated, &err), &err);
    made(swt_judge_state_installed(judge, &after, &err), &err);
    must(swt_slice_equal(rotated.root.root->bytes, judge->trusted->bytes) &&
             swt_slice_equal(after.root.root->bytes, judge->trusted->bytes),
         "another root is remembered");
    must(rotated.root.envelope.signature_count == (judge->rotated
                                                       ? judge->root_envelope.signature_count
                                                       : before->root.envelope.signature_count),
         "other signatures are remembered");
    must(rotated.knows_floor == before->knows_floor && rotated.has_floor == has_floor &&
             rotated.floor == (judge->floor_cleared ? 0 : before->floor),
         "another floor after the rotation");
    must((rotated.installed.manifest == NULL) == (before->installed.manifest == NULL),
         "another manifest after the rotation");
    must(after.knows_floor && after.has_floor && after.floor == judge->targets->common.version,
         "another floor");
    must(swt_slice_equal(after.installed.manifest->targets->bytes, judge->targets->bytes) &&
             after.installed.manifest->has_user_manifest == judge->has_user_manifest,
         "another manifest");
}

static inline void judge_scene(struct scene *scene) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bundle = {0};
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state state = {0};
    SWT_CLEANUP(swt_judge_done)
    struct swt_judge judge = {.authenticate = true, .state = &state, .root_only = scene->root_only};
    struct swt_error err;
    strike(scene);
    put_scene(scene, &bundle);
    put_state(scene, &state);
    open_scene(&judge, swt_buf_slice(&bundle), &scene->options);
    judge.assumed = &scene->assumed;
    judge.assumed_count = scene->assumed != NULL;
    if (scene->options.self)
        judge.state = &judge.own_state; /* which holds nothing before its own root */
    made(swt_judge_run(&judge, &err), &err);
    made(swt_judge_document(&judge, &scene->document, &err), &err);
    if (scene->options.self || scene->root_only || scene->assumed != NULL ||
        scene->options.profile != NULL)
        return;
    judge_again(scene, swt_buf_slice(&bundle), &state);
    if (judge.failed_step == NULL)
        check_states(&judge);
}

#endif
