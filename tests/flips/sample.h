/* SPDX-License-Identifier: Apache-2.0 */
/* The bundles that are flipped, and the device that judges them; the same bytes in each run. */
#ifndef SWT_TESTS_SAMPLE_H
#define SWT_TESTS_SAMPLE_H

#include "judging.h"
#include "making.h"

#include "../../src/pipeline/forge.h"
#include "../../src/pipeline/user_manifest.h"

enum { ROOT1, ROOT2, ROOT3, TARGETS1, TARGETS2, TARGETS3, ED25519, KEYS };
static const char *const KEY_NAMES[KEYS] = {"root1",    "root2",    "root3",    "targets1",
                                            "targets2", "targets3", "ed25519-1"};
#define BIT(key_) (1U << (key_))
#define ANCHOR_ROOT_KEYS (BIT(ROOT1) | BIT(ROOT2))
#define ROTATED_ROOT_KEYS (BIT(ROOT2) | BIT(ROOT3))
#define TARGETS_VERSION 7

enum root_kind { NO_ROOT, ANCHOR_AS_ROOT, ROTATION };
/* Roles are met by 1 root key and by 2 targets keys. */
struct sample_plan {
    const char *name;
    size_t size;
    enum root_kind root;
    unsigned anchor_keys, rotated_keys; /* of the targets role, in both roots */
    unsigned root_signers, targets_signers;
    bool surplus; /* more than are needed, so that any one may be spoilt */
    uint32_t floor;
};
#define MOST_SIGNERS 8
#define MOST_MEMBERS 12
struct sample {
    const struct sample_plan *plan;
    enum swt_format format;
    const struct test_key *keys;
    struct swt_device_state state;
    struct swt_buf root; /* metadata that will be trusted */
    struct swt_buf root_envelope, targets_envelope;
    struct swt_buf user_manifest, bulk;
    struct swt_forge_member members[MOST_MEMBERS];
    size_t member_count;
    struct swt_buf bytes;   /* the bundle */
    struct swt_buf content; /* all that is accepted of it */
};

/* ---- roots ------------------------------------------------------------------------------- */

static inline size_t pick_keys(const struct test_key keys[KEYS], unsigned set,
                               struct swt_key ret_keys[KEYS]) {
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++)
        if ((set & BIT(i)) != 0)
            ret_keys[count++] = keys[i].key;
    return count;
}

static inline void make_root(const struct test_key keys[KEYS], uint32_t version, unsigned root_keys,
                             unsigned targets_keys, struct swt_buf *ret_metadata) {
    struct swt_key root[KEYS], targets[KEYS];
    struct swt_error err;
    const struct swt_root_spec spec = {.version = version,
                                       .root_keys = root,
                                       .root_key_count = pick_keys(keys, root_keys, root),
                                       .root_threshold = 1,
                                       .targets_keys = targets,
                                       .targets_key_count = pick_keys(keys, targets_keys, targets),
                                       .targets_threshold = 2};
    made(swt_root_encode(&spec, ret_metadata, &err), &err);
}

static inline void seal(const struct test_key keys[KEYS], const struct swt_buf *metadata,
                        unsigned signers, struct swt_buf *ret_envelope) {
    const struct test_key *signing[KEYS];
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++)
        if ((signers & BIT(i)) != 0)
            signing[count++] = &keys[i];
    test_seal(swt_buf_slice(metadata), signing, count, ret_envelope);
}

static inline void make_roots(struct sample *sample) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf metadata = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf envelope = {0};
    const struct sample_plan *plan = sample->plan;
    struct swt_error err;
    make_root(sample->keys, 1, ANCHOR_ROOT_KEYS, plan->anchor_keys, &metadata);
    /* What a device holds is trusted unsigned, too: a signature less to verify for each flip. */
    seal(sample->keys, &metadata, 0, &envelope);
    made(swt_root_source_decode(&envelope, "anchor", false, &sample->state.root, &err), &err);
    sample->state.knows_floor = true;
    sample->state.has_floor = true;
    sample->state.floor = plan->floor;
    if (plan->root == ROTATION)
        make_root(sample->keys, 2, ROTATED_ROOT_KEYS, plan->rotated_keys, &sample->root);
    else
        sample->root = SWT_MOVE(metadata);
    if (plan->root != NO_ROOT)
        seal(sample->keys, &sample->root, plan->root_signers, &sample->root_envelope);
}

/* ---- targets ----------------------------------------------------------------------------- */

/* A nested one, one of whole blocks, one in the same folder, one that needs tar's prefix, an empty
 * one. */
static const char STAGE[] = "the first stage";
static const uint8_t BLOCK[SWT_TAR_BLOCK] = {0x7f, 'E', 'L', 'F'};
#define LONG_NAME                                                                                  \
    "assets/a-name-of-ninety-six-bytes/which-is-more-than-the-name-of-a-member-holds/"             \
    "behind-targets/"                                                                              \
    "x"
_Static_assert(sizeof LONG_NAME - 1 == 96, "as long as it says");

static inline void add_payload(struct sample *sample, const char *name, struct swt_slice content) {
    sample->members[sample->member_count++] = (struct swt_forge_member){
        .kind = SWT_FORGE_PAYLOAD, .name = swt_slice_text(name), .content = content};
}

static inline void make_user_manifest(struct sample *sample) {
    static const char MANIFEST[] = "schema: 1\n"
                                   "product: {name: widget, vendor: Acme}\n"
                                   "release: {version: \"1.4.0\", metadata_version: 7}\n"
                                   "targets: [{file: app, type: raw, slot: app}]\n";
    SWT_CLEANUP(swt_manifest_cleanup) struct swt_manifest *manifest = NULL;
    SWT_CLEANUP(swt_root_cleanup) struct swt_root *root = NULL;
    struct swt_error err;
    made(swt_manifest_parse(swt_slice_text(MANIFEST), "widget.yaml", NULL, &manifest, &err), &err);
    made(swt_root_decode(swt_buf_slice(&sample->root), 0, &root, &err), &err);
    const struct swt_user_manifest_target target = {.name = "app", .origin = &manifest->targets[0]};
    const struct swt_user_manifest_spec spec = {
        .manifest = manifest, .targets = &target, .target_count = 1, .root = root};
    made(swt_user_manifest_write(&spec, &sample->user_manifest, &err), &err);
}

static inline void make_targets(struct sample *sample) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf metadata = {0};
    struct swt_target_spec targets[MOST_MEMBERS];
    struct swt_targets_spec spec = {.version = TARGETS_VERSION, .targets = targets};
    struct swt_error err;
    for (size_t i = 0; i < sample->member_count; i++) {
        const struct swt_forge_member *member = &sample->members[i];
        struct swt_target_spec *target = &targets[spec.target_count];
        if (member->kind != SWT_FORGE_PAYLOAD)
            continue;
        *target = (struct swt_target_spec){.name = member->name, .length = member->content.len};
        SHA256(member->content.len > 0 ? member->content.data : BLOCK, member->content.len,
               target->sha256);
        spec.target_count++;
    }
    made(swt_targets_encode(&spec, &metadata, &err), &err);
    swt_buf_clear(&sample->targets_envelope);
    seal(sample->keys, &metadata, sample->plan->targets_signers, &sample->targets_envelope);
}

/* ---- the bundle -------------------------------------------------------------------------- */

static inline void put_bundle(const struct sample *sample, struct swt_forge_member *members,
                              size_t count, struct swt_buf *ret_bytes) {
    const struct swt_forge_bundle bundle = {
        .format = sample->format, .members = members, .count = count, .end_blocks = 2};
    struct swt_error err;
    swt_buf_clear(ret_bytes);
    made(swt_forge_bundle(&bundle, ret_bytes, &err), &err);
}

static inline void make_members(struct sample *sample) {
    sample->member_count = 0;
    if (sample->plan->root != NO_ROOT)
        sample->members[sample->member_count++] = (struct swt_forge_member){
            .kind = SWT_FORGE_ROOT, .content = swt_buf_slice(&sample->root_envelope)};
    size_t head = sample->member_count++;
    add_payload(sample, SWT_USER_MANIFEST, swt_buf_slice(&sample->user_manifest));
    add_payload(sample, "app", swt_buf_slice(&sample->bulk));
    add_payload(sample, "fw/boot/stage1", swt_slice_text(STAGE));
    add_payload(sample, "fw/boot/stage2", swt_slice_of(BLOCK, sizeof BLOCK));
    add_payload(sample, LONG_NAME, swt_slice_text(STAGE));
    add_payload(sample, "assets/empty", swt_slice_of(BLOCK, 0));
    make_targets(sample);
    sample->members[head] = (struct swt_forge_member){
        .kind = SWT_FORGE_TARGETS, .content = swt_buf_slice(&sample->targets_envelope)};
    put_bundle(sample, sample->members, sample->member_count, &sample->bytes);
}

/* One payload has as many bytes as the bundle lacks. */
static inline void fill_up(struct sample *sample) {
    struct swt_error err;
    uint32_t state = 1;
    must(sample->bytes.len < sample->plan->size, "a bundle is larger than it is to be");
    for (size_t lacking = sample->plan->size - sample->bytes.len; lacking > 0; lacking--) {
        state = state * 1664525 + 1013904223;
        const uint8_t byte = (uint8_t)(state >> 24);
        made(swt_buf_append(&sample->bulk, &byte, 1, &err), &err);
    }
}

#define SAMPLE_TIME "2030-01-01T00:00:00Z"
static const struct swt_verify_options SAMPLE_OPTIONS = {.time = SAMPLE_TIME};

static inline void sample_make(struct sample *sample, const struct sample_plan *plan,
                               enum swt_format format, const struct test_key keys[KEYS]) {
    *sample = (struct sample){.plan = plan, .format = format, .keys = keys};
    const char *failed_step = NULL;
    struct swt_error err;
    make_roots(sample);
    make_user_manifest(sample);
    make_members(sample);
    fill_up(sample);
    make_members(sample);
    made(judge_bytes(swt_buf_slice(&sample->bytes), &sample->state, &SAMPLE_OPTIONS,
                     &sample->content, &failed_step, &err),
         &err);
    must(failed_step == NULL, failed_step);
}

static inline void sample_done(struct sample *sample) {
    swt_device_state_done(&sample->state);
    swt_buf_done(&sample->root);
    swt_buf_done(&sample->root_envelope);
    swt_buf_done(&sample->targets_envelope);
    swt_buf_done(&sample->user_manifest);
    swt_buf_done(&sample->bulk);
    swt_buf_done(&sample->bytes);
    swt_buf_done(&sample->content);
}

#endif
