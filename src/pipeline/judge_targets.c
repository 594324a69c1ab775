/* SPDX-License-Identifier: Apache-2.0 */
/* Steps 11 to 17: the targets metadata, the payloads, the recorded root, the end. */
#include "judge.h"
#include "payload_walk.h"
#include "user_manifest.h"

#include "swt/signature.h"

#include <string.h>

/* ---- 11 to 14: the metadata -------------------------------------------------------------- */

int swt_judge_targets_quorum(struct swt_judge *judge, struct swt_step *step,
                             struct swt_error *err) {
    const struct swt_root *root = judge->trusted;
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    int rc = swt_step_expect(step, err, "signatures of %u of the %zu targets keys",
                             root->targets.threshold, root->targets.key_id_count);
    if (rc == 0)
        rc = swt_quorum_count(root, &root->targets, &judge->targets_envelope, &quorum, err);
    if (rc == 0)
        rc = swt_judge_tell_quorum(step, &quorum, err);
    if (rc == 0 && judge->targets_envelope.signature_count == 0)
        rc = swt_step_fail(step, err, "not signed at all");
    if (rc < 0)
        return rc;
    return swt_judge_tell_signatures(judge, step, &judge->targets_envelope, &quorum, err);
}

int swt_judge_targets_content(struct swt_judge *judge, struct swt_step *step,
                              struct swt_error *err) {
    int rc = swt_targets_decode(judge->targets_envelope.metadata,
                                judge->targets_envelope.metadata_offset, &judge->targets, err);
    if (rc == 0)
        rc = swt_targets_check_role(judge->targets, err);
    if (rc < 0)
        return swt_step_fault(step, err);
    const struct swt_targets *targets = judge->targets;
    rc = swt_step_pass(step, err, "targets version %u, %zu target%s", targets->common.version,
                       targets->target_count, targets->target_count == 1 ? "" : "s");
    if (rc == 0 && targets->unknown_fields > 0)
        rc = swt_step_note(step, err, "%zu unknown signed field%s", targets->unknown_fields,
                           targets->unknown_fields == 1 ? "" : "s");
    struct swt_slice spec = targets->common.spec_version;
    if (rc == 0 && !swt_slice_equal(spec, swt_slice_text(SWT_SPEC_VERSION)))
        rc = swt_step_warn(step, err, "spec_version is '%.*s', expected '%s'",
                           (int)(spec.len < 64 ? spec.len : 64), (const char *)spec.data,
                           SWT_SPEC_VERSION);
    return rc;
}

int swt_judge_targets_expiry(struct swt_judge *judge, struct swt_step *step,
                             struct swt_error *err) {
    return swt_judge_expiry(judge, step, &judge->targets->common, err);
}

int swt_judge_targets_entries(struct swt_judge *judge, struct swt_step *step,
                              struct swt_error *err) {
    const struct swt_targets *targets = judge->targets;
    int rc = swt_targets_check_entries(targets, err);
    if (rc < 0)
        return swt_step_fault(step, err);
    uint64_t total = 0;
    size_t other_hashes = 0;
    for (size_t i = 0; i < targets->target_count; i++) {
        total += targets->targets[i].length;
        other_hashes += targets->targets[i].other_hashes;
    }
    char size[SWT_SIZE_TEXT];
    rc = swt_step_pass(step, err, "%zu target%s, %s", targets->target_count,
                       targets->target_count == 1 ? "" : "s", swt_size_text(total, size));
    if (rc == 0 && targets->target_count == 0)
        rc = swt_step_warn(step, err, "no target is listed");
    if (rc == 0 && other_hashes > 0)
        rc = swt_step_warn(step, err, "%zu hash%s of a function that is not known here",
                           other_hashes, other_hashes == 1 ? "" : "es");
    const struct swt_target *a;
    const struct swt_target *b;
    if (rc == 0 && swt_targets_case_twins(targets, &a, &b))
        rc =
            swt_step_warn(step, err, "'%.*s' and '%.*s' differ only in case", (int)a->name.len,
                          (const char *)a->name.data, (int)b->name.len, (const char *)b->name.data);
    return rc;
}

int swt_judge_targets_version(struct swt_judge *judge, struct swt_step *step,
                              struct swt_error *err) {
    const struct swt_device_state *state = judge->state;
    uint32_t version = judge->targets->common.version;
    if (judge->options->self || !state->knows_floor)
        return swt_step_skip(step, err, "version %u: rollback not judged", version);
    bool has_floor = state->has_floor && !judge->floor_cleared;
    int rc = has_floor ? swt_step_expect(step, err, "version %u or higher", state->floor)
                       : swt_step_expect(step, err, "any version");
    if (rc < 0)
        return rc;
    if (has_floor && version < state->floor)
        return swt_step_fail(step, err, "version %u: a rollback", version);
    rc = swt_step_pass(step, err, "version %u", version);
    const struct swt_device_manifest *installed = state->installed.manifest;
    if (rc == 0 && installed != NULL && version == installed->targets->common.version &&
        !swt_slice_equal(installed->targets->bytes, judge->targets->bytes))
        rc = swt_step_warn(step, err,
                           "the device holds other content of the same version; raise "
                           "the version");
    return rc;
}

/* ---- 15: payloads ------------------------------------------------------------------------ */

/* One run over the payloads. */
struct run {
    struct swt_judge *judge;
    struct swt_step *step;
    const struct swt_target *recorded; /* user_manifest, held for the device's manifest; or NULL */
    size_t present;
    size_t left_out;
};

static int name_fault(struct swt_step *step, struct swt_slice name, const char *what,
                      struct swt_error *err) {
    return swt_step_fail(step, err, "'%.*s': %s", (int)name.len, (const char *)name.data, what);
}

/* A device records the payload of this name, be it ours or the user's own. What is too large for
 * memory is carried only. */
static const struct swt_target *find_recorded(const struct swt_targets *targets) {
    const struct swt_target *target = swt_targets_find(targets, swt_slice_text(SWT_USER_MANIFEST));
    return target != NULL && target->length <= SWT_MAX_USER_MANIFEST ? target : NULL;
}

/* Personalisation: the device's manifest records it, and where its directory is at hand, it is
 * there. */
static int device_has(const struct swt_judge *judge, const struct swt_target *target, bool *ret_has,
                      struct swt_error *err) {
    *ret_has = swt_device_source_records(&judge->state->installed, target);
    if (!*ret_has || judge->device == NULL)
        return 0;
    return judge->device->holds(judge->device->context, target, ret_has, err);
}

/* The device's copy of user_manifest counts only when it is the one that is signed here. */
static int take_device_copy(struct swt_judge *judge, const struct swt_target *target,
                            struct swt_error *err) {
    const struct swt_device_manifest *device = judge->state->installed.manifest;
    uint8_t digest[SWT_SHA256_SIZE];
    if (!device->has_user_manifest)
        return 0;
    int rc = swt_sha256_of(device->user_manifest, digest, err);
    if (rc < 0 || memcmp(digest, target->sha256, sizeof digest) != 0)
        return rc;
    judge->has_user_manifest = true;
    return swt_buf_append_slice(&judge->user_manifest, device->user_manifest, err);
}

static int judge_left_out(struct run *run, const struct swt_target *target, struct swt_error *err) {
    struct swt_judge *judge = run->judge;
    if (judge->records != NULL) {
        judge->records->left_out[target - judge->targets->targets] = true;
        judge->records->any_left_out = true;
        return 0;
    }
    if (judge->state->installed.manifest == NULL)
        return name_fault(run->step, target->name, "its payload is missing", err);
    bool has;
    int rc = device_has(judge, target, &has, err);
    if (rc < 0)
        return rc;
    if (!has)
        return name_fault(run->step, target->name,
                          judge->device != NULL
                              ? "its payload is missing, and the device does not have it"
                              : "its payload is missing, and the device manifest records no such "
                                "one",
                          err);
    run->left_out++;
    if (run->recorded == NULL || target != run->recorded)
        return 0;
    rc = take_device_copy(judge, target, err);
    if (rc < 0)
        return rc;
    return swt_step_warn(run->step, err,
                         "user_manifest is left out: a stock device would record none");
}

static int judge_digest(struct run *run, const struct swt_target *target, const uint8_t *digest,
                        struct swt_error *err) {
    if (memcmp(digest, target->sha256, SWT_SHA256_SIZE) == 0) {
        run->present++;
        run->judge->has_user_manifest |= target == run->recorded;
        return 0;
    }
    char expected[SWT_HEX_SIZE(SWT_DIGEST_SIZE)];
    char found[SWT_HEX_SIZE(SWT_DIGEST_SIZE)];
    swt_hex_encode(target->sha256, SWT_DIGEST_SIZE, expected);
    swt_hex_encode(digest, SWT_DIGEST_SIZE, found);
    int rc = swt_step_expect(run->step, err, "'%.*s' with SHA-256 %s", (int)target->name.len,
                             (const char *)target->name.data, expected);
    return rc < 0 ? rc : swt_step_fail(run->step, err, "SHA-256 %s", found);
}

/* 1 when the step fails. */
static int judge_payload(void *context, const struct swt_target *target, const uint8_t *digest,
                         struct swt_error *err) {
    struct run *run = context;
    int rc =
        digest != NULL ? judge_digest(run, target, digest, err) : judge_left_out(run, target, err);
    if (rc < 0 || run->step->verdict == SWT_FAIL)
        return rc < 0 ? rc : 1;
    if (run->judge->records != NULL)
        run->judge->records->target_count++;
    return 0;
}

static int begin_payload(void *context, const struct swt_target *target, bool present,
                         struct swt_error *err) {
    const struct swt_payload_sink *sink = ((struct run *)context)->judge->sink;
    return present ? sink->begin(sink->context, target, err) : 0;
}

static int write_payload(void *context, const void *data, size_t len, struct swt_error *err) {
    const struct swt_payload_sink *sink = ((struct run *)context)->judge->sink;
    return sink->write(sink->context, data, len, err);
}

static int tell_payloads(const struct run *run, struct swt_error *err) {
    if (run->left_out > 0)
        return swt_step_pass(run->step, err, "%zu match, %zu left out that the device has",
                             run->present, run->left_out);
    return swt_step_pass(run->step, err, "%zu match", run->present);
}

/* The same verdict from what was found when the payloads were read: only those that are left out
 * depend on the device. */
static int judge_found_payloads(struct run *run, struct swt_error *err) {
    struct swt_judge *judge = run->judge;
    struct swt_step *step = run->step;
    const struct swt_payload_finding *finding = judge->finding;
    for (size_t i = 0; i < finding->target_count; i++) {
        const struct swt_target *target = &judge->targets->targets[i];
        int rc = finding->left_out[i] ? judge_left_out(run, target, err) : 0;
        if (rc < 0 || step->verdict == SWT_FAIL)
            return rc;
        run->present += finding->left_out[i] ? 0 : 1;
    }
    if (finding->payloads.verdict == SWT_FAIL)
        return swt_step_repeat(step, &finding->payloads, err);
    if (finding->has_user_manifest) {
        judge->has_user_manifest = true;
        int rc = swt_buf_append_slice(&judge->user_manifest, swt_buf_slice(&finding->user_manifest),
                                      err);
        if (rc < 0)
            return rc;
    }
    return tell_payloads(run, err);
}

int swt_judge_payloads(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    struct run run = {.judge = judge, .step = step, .recorded = find_recorded(judge->targets)};
    if (judge->finding != NULL)
        return judge_found_payloads(&run, err);
    struct swt_payload_walk walk = {.bundle = judge->bundle,
                                    .targets = judge->targets,
                                    .stage = judge->records != NULL ? "read" : "verify",
                                    .progress = judge->options->progress,
                                    .kept = run.recorded,
                                    .kept_bytes = &judge->user_manifest,
                                    .judge = judge_payload,
                                    .context = &run};
    if (judge->sink != NULL) {
        walk.begin = begin_payload;
        walk.write = write_payload;
    }
    int rc = swt_payload_walk(&walk, err);
    if (rc == 0)
        rc = swt_bundle_end_payloads(judge->bundle, err);
    if (rc < 0)
        return swt_step_fault(step, err);
    return rc == 0 ? tell_payloads(&run, err) : 0;
}

/* ---- 16 and 17 --------------------------------------------------------------------------- */

int swt_judge_root_stripped(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    if (!judge->has_user_manifest || swt_user_manifest_target(judge->targets) == NULL)
        return swt_step_skip(step, err, "no user_manifest is at hand");
    struct swt_recorded_root recorded;
    int rc = swt_user_manifest_root(swt_buf_slice(&judge->user_manifest), &recorded, err);
    if (rc < 0)
        return rc;
    if (!recorded.given)
        return swt_step_skip(step, err, "user_manifest names no root");
    rc = swt_step_expect(step, err, "root version %u with SHA-256 %s, or a newer one",
                         recorded.version, recorded.sha256);
    if (rc < 0)
        return rc;
    uint32_t version = judge->trusted->common.version;
    if (version > recorded.version)
        return swt_step_pass(step, err, "root version %u, a newer one", version);
    rc = swt_recorded_root_is(&recorded, judge->trusted->bytes, err);
    if (rc != 0)
        return rc < 0 ? rc : swt_step_pass(step, err, "root version %u, the same", version);
    if (version == recorded.version)
        return swt_step_fail(step, err, "another root of version %u", version);
    rc = swt_step_note(step, err, "the root was stripped from the bundle");
    return rc < 0 ? rc : swt_step_fail(step, err, "root version %u", version);
}

int swt_judge_end(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    char size[SWT_SIZE_TEXT];
    if (judge->root_only)
        return swt_step_pass(step, err, "%s", swt_bytes_text(judge->root_bytes.len, size));
    if (judge->finding != NULL)
        return swt_step_repeat(step, &judge->finding->end, err);
    int rc = swt_bundle_finish(judge->bundle, err);
    if (rc < 0)
        return swt_step_fault(step, err);
    uint64_t end = swt_reader_seekable(judge->reader) ? swt_reader_size(judge->reader)
                                                      : swt_reader_offset(judge->reader);
    return swt_step_pass(step, err, "%s", swt_bytes_text(end, size));
}
