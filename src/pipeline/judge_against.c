/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify --against: the metadata built again from the sources, compared byte for byte. What differs
 * is named: a field of the metadata or of user_manifest, or a target. So that a second person can
 * tell what a bundle contains before they sign it.
 */
#include "build_job.h"
#include "diff.h"
#include "judge.h"
#include "user_manifest.h"

#include <string.h>

/* So many are told; a bundle of another product has no end of them. */
#define DIFFERENCES_MAX 100

struct against {
    struct swt_judge *judge;
    struct swt_step *step;
    struct swt_build_job job;
    struct swt_notices notices; /* of the build: verify has no use for them */
    struct swt_diff differ;
    json_t *differences; /* path, and where they have it: a, the bundle, and b, the sources */
};

static void against_done(struct against *against) {
    swt_build_job_done(&against->job);
    swt_notices_done(&against->notices);
    json_decref(against->differences);
}

/* ---- building again ---------------------------------------------------------------------- */

/* 1 or 0. */
static int is_recorded(const struct swt_judge *judge, const struct swt_root *root,
                       struct swt_error *err) {
    if (root == NULL || swt_user_manifest_target(judge->targets) == NULL)
        return 0;
    struct swt_recorded_root recorded;
    int rc = swt_user_manifest_root(swt_buf_slice(&judge->user_manifest), &recorded, err);
    return rc < 0 || !recorded.given ? rc : swt_recorded_root_is(&recorded, root->bytes, err);
}

/* Nobody but the bundle vouches for the judged root then: no reason to forget the sources' own. */
static bool is_ruled_out(const struct swt_judge *judge, const struct swt_root *own) {
    return own != NULL && judge->options->self;
}

/*
 * build --root replaces the manifest's root, and what it was is recorded in user_manifest. A root
 * that was judged here, the bundle's own or the anchor, may stand in for it: who may sign is what
 * the steps before this one are about. Another than the manifest's is a warning: it may be the one
 * that the release is to do away with.
 */
static int choose_root(struct against *against, struct swt_error *err) {
    const struct swt_judge *judge = against->judge;
    struct swt_build_job *job = &against->job;
    const struct swt_root *own = job->has_root ? job->root.root : NULL;
    const struct swt_root *judged[] = {judge->new_root, judge->trusted};
    int rc = is_recorded(judge, own, err);
    if (rc != 0 || is_ruled_out(judge, own))
        return rc < 0 ? rc : 0;
    for (size_t i = 0; i < SWT_COUNT(judged); i++) {
        rc = is_recorded(judge, judged[i], err);
        if (rc < 0)
            return rc;
        if (rc == 0)
            continue;
        job->recorded_root = judged[i];
        return own == NULL
                   ? swt_step_note(against->step, err,
                                   "built with root version %u, which the manifest does not name",
                                   judged[i]->common.version)
                   : swt_step_warn(against->step, err,
                                   "built with root version %u, which is not the manifest's",
                                   judged[i]->common.version);
    }
    return 0;
}

static int build_again(struct against *against, const struct swt_build_options *options,
                       struct swt_error *err) {
    against->job = (struct swt_build_job){
        .options = options, .notices = &against->notices, .now = against->judge->now};
    int rc = swt_build_plan(&against->job, err);
    if (rc == 0)
        rc = choose_root(against, err);
    return rc < 0 ? rc : swt_build_measure(&against->job, err);
}

/* ---- both sides as values ---------------------------------------------------------------- */

static int put_target(json_t *targets, const struct swt_target *target, struct swt_error *err) {
    char name[SWT_MAX_NAME + 1]; /* the names were judged */
    memcpy(name, target->name.data, target->name.len);
    name[target->name.len] = '\0';
    json_t *object = swt_json_object(targets, name, err);
    int rc = object == NULL ? -SWT_E_MEMORY : 0;
    if (rc == 0)
        rc = swt_json_set(object, "length", swt_json_length(target->length), err);
    return rc < 0 ? rc
                  : swt_json_set(object, "sha256",
                                 swt_json_hex(swt_slice_of(target->sha256, SWT_DIGEST_SIZE)), err);
}

static int put_metadata(const struct swt_targets *targets, json_t **ret_value,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *value = json_object();
    json_t *list = swt_json_object(value, "targets", err);
    int rc = list == NULL ? -SWT_E_MEMORY : swt_diff_put_metadata(value, targets, err);
    for (size_t i = 0; i < targets->target_count && rc == 0; i++)
        rc = put_target(list, &targets->targets[i], err);
    if (rc == 0)
        *ret_value = SWT_TAKE(value);
    return rc;
}

/* user_manifest in both, when both are ours; what differs in it is told in the place of its hash.
 */
static int compare_user_manifests(struct against *against, json_t *bundle, json_t *sources,
                                  struct swt_error *err) {
    const struct swt_judge *judge = against->judge;
    SWT_CLEANUP(swt_json_cleanup) json_t *a = NULL;
    SWT_CLEANUP(swt_json_cleanup) json_t *b = NULL;
    if (swt_user_manifest_target(judge->targets) == NULL)
        return 0;
    /* What is left out, or is the user's own file, has no bytes here, and reads as none of ours. */
    int rc = swt_user_manifest_read(swt_buf_slice(&judge->user_manifest), &a, err);
    if (rc == 0)
        rc = swt_user_manifest_read(swt_buf_slice(&against->job.payloads[0].bytes), &b, err);
    if (rc < 0 || a == NULL || b == NULL)
        return rc;
    rc = swt_diff_values(&against->differ, against->differences, SWT_USER_MANIFEST, a, b, err);
    if (rc < 0 || json_array_size(against->differences) == 0)
        return rc;
    (void)json_object_del(json_object_get(bundle, "targets"), SWT_USER_MANIFEST);
    (void)json_object_del(json_object_get(sources, "targets"), SWT_USER_MANIFEST);
    return 0;
}

/* Targets of the same names in another order. */
static bool is_reordered(const struct swt_targets *bundle, const struct swt_targets *sources) {
    bool moved = false;
    if (bundle->target_count != sources->target_count)
        return false;
    for (size_t i = 0; i < bundle->target_count; i++) {
        struct swt_slice name = bundle->targets[i].name;
        if (swt_targets_find(sources, name) == NULL)
            return false;
        moved |= !swt_slice_equal(name, sources->targets[i].name);
    }
    return moved;
}

/* What no field shows: an order, or else another encoding of the same. */
static int compare_rest(struct against *against, const struct swt_targets *sources,
                        struct swt_error *err) {
    const char *path = NULL;
    if (is_reordered(against->judge->targets, sources))
        path = "order of the targets";
    else if (json_array_size(against->differences) == 0)
        path = "encoding of the metadata";
    return path == NULL ? 0
                        : swt_json_add(against->differences, json_pack("{s:s}", "path", path), err);
}

/* A compressor of another version makes other bytes of the same file: what it was made of tells. */
static int note_compression(struct against *against, struct swt_error *err) {
    const struct swt_build_job *job = &against->job;
    for (size_t i = 0; i < job->payload_count; i++) {
        const struct swt_payload *payload = &job->payloads[i];
        const struct swt_target *target =
            swt_targets_find(against->judge->targets, swt_slice_text(payload->name));
        if (payload->compression == SWT_COMPRESSION_NONE || target == NULL ||
            memcmp(target->sha256, payload->sha256, SWT_DIGEST_SIZE) == 0)
            continue;
        return swt_step_note(against->step, err,
                             "'%s' is compressed (%s): another version of the compressor makes "
                             "other bytes of the same file",
                             payload->name, swt_compression_name(payload->compression));
    }
    return 0;
}

static int compare(struct against *against, struct swt_error *err) {
    SWT_CLEANUP(swt_targets_cleanup) struct swt_targets *targets = NULL;
    SWT_CLEANUP(swt_json_cleanup) json_t *bundle = NULL;
    SWT_CLEANUP(swt_json_cleanup) json_t *sources = NULL;
    int rc = swt_targets_decode(swt_buf_slice(&against->job.metadata), 0, &targets, err);
    if (rc == 0)
        rc = put_metadata(against->judge->targets, &bundle, err);
    if (rc == 0)
        rc = put_metadata(targets, &sources, err);
    if (rc == 0)
        rc = compare_user_manifests(against, bundle, sources, err);
    if (rc == 0)
        rc = swt_diff_values(&against->differ, against->differences, "", bundle, sources, err);
    if (rc == 0)
        rc = compare_rest(against, targets, err);
    return rc < 0 ? rc : note_compression(against, err);
}

/* ---- the answer -------------------------------------------------------------------------- */

static int tell(struct against *against, bool same, struct swt_error *err) {
    struct swt_judge *judge = against->judge;
    size_t count = json_array_size(against->differences);
    const json_t *first = json_array_get(against->differences, 0);
    size_t omitted = 0;
    for (; count > DIFFERENCES_MAX + omitted; omitted++)
        (void)json_array_remove(against->differences, DIFFERENCES_MAX);
    judge->against = json_pack("{s:b, s:O, s:I}", "same", same, "differences", against->differences,
                               "differences_omitted", (json_int_t)omitted);
    int rc = judge->against == NULL ? swt_fail_memory(err)
                                    : swt_json_set(judge->against, "manifest",
                                                   swt_json_path(judge->options->against), err);
    if (rc < 0)
        return rc;
    if (same)
        return swt_step_pass(against->step, err, "the same, byte for byte: %zu targets",
                             judge->targets->target_count);
    return swt_step_fail(against->step, err, "%zu difference%s: %s%s", count, count == 1 ? "" : "s",
                         json_string_value(json_object_get(first, "path")),
                         count == 1 ? "" : ", ...");
}

int swt_judge_against(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    const struct swt_verify_options *given = judge->options;
    const struct swt_build_options options = {
        .manifest = given->against,
        .format = swt_format_name(judge->kind == SWT_KIND_TAR_BUNDLE ? SWT_FORMAT_TAR
                                                                     : SWT_FORMAT_PIGWEED),
        .defines = given->defines,
        .define_count = given->define_count,
        .progress = given->progress};
    SWT_CLEANUP(against_done)
    struct against against = {.judge = judge, .step = step, .differences = json_array()};
    if (against.differences == NULL)
        return swt_fail_memory(err);
    int rc = swt_step_expect(step, err, "the metadata that %s builds", given->against);
    if (rc == 0)
        rc = build_again(&against, &options, err);
    if (rc < 0)
        return rc;
    bool same =
        swt_slice_equal(judge->targets_envelope.metadata, swt_buf_slice(&against.job.metadata));
    if (!same)
        rc = compare(&against, err);
    return rc < 0 ? rc : tell(&against, same, err);
}
