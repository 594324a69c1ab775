/* SPDX-License-Identifier: Apache-2.0 */
/* Steps 11 to 17: the targets metadata, the payloads, the recorded root, the end. */
#include "judge.h"
#include "user_manifest.h"

#include "swt/signature.h"

#include <stdlib.h>
#include <string.h>

/* ---- 11 to 14: the metadata -------------------------------------------------------------- */

int swt_judge_targets_quorum(struct swt_judge *judge, struct swt_step *step,
                             struct swt_error *err) {
    const struct swt_root *root = judge->trusted;
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    int rc = swt_step_expect(step, err, "signatures of %u of the %zu targets keys",
                             root->targets.threshold, root->targets.key_id_count);
    if (rc == 0)
        rc = swt_quorum_count(root, &root->targets, &judge->targets_envelope, &quorum, err);
    if (rc == 0)
        rc = swt_quorum_text(&quorum, &text, err);
    if (rc == 0)
        rc = quorum.met ? swt_step_pass(step, err, "%s", swt_buf_text(&text))
                        : swt_step_fail(step, err, "%s", swt_buf_text(&text));
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
    const struct swt_common *common = &judge->targets->common;
    char now[SWT_TIME_TEXT];
    char expires[SWT_TIME_TEXT];
    int rc = swt_step_expect(step, err, "not expired at %s", swt_time_text(judge->now, now));
    if (rc < 0)
        return rc;
    if (!common->has_expires)
        return swt_step_pass(step, err, "never expires");
    swt_time_text(common->expires, expires);
    return swt_common_expired(common, judge->now) ? swt_step_fail(step, err, "expired %s", expires)
                                                  : swt_step_pass(step, err, "expires %s", expires);
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
        uint64_t length = targets->targets[i].length;
        if (length > UINT64_MAX - total)
            return swt_step_fail(step, err, "the lengths add up to more than 2^64 bytes");
        total += length;
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
    uint32_t version = judge->targets->common.version;
    if (judge->options->self || !judge->has_device)
        return swt_step_skip(step, err, "version %u: rollback not judged", version);
    const struct swt_targets *installed = judge->device.manifest->targets;
    uint32_t floor = installed->common.version;
    int rc = judge->floor_cleared ? swt_step_expect(step, err, "any version")
                                  : swt_step_expect(step, err, "version %u or higher", floor);
    if (rc < 0)
        return rc;
    if (version < floor && !judge->floor_cleared)
        return swt_step_fail(step, err, "version %u: a rollback", version);
    rc = swt_step_pass(step, err, "version %u", version);
    if (rc == 0 && version == floor && !swt_slice_equal(installed->bytes, judge->targets->bytes))
        rc = swt_step_warn(step, err,
                           "the device holds other content of the same version; raise "
                           "the version");
    return rc;
}

/* ---- 15: payloads ------------------------------------------------------------------------ */

/* What one payload read told. */
struct payload_read {
    struct swt_sha256 *hash;
    uint8_t *chunk;
    size_t present;
    size_t left_out;
};

static void payload_read_done(struct payload_read *read) {
    swt_sha256_free(read->hash);
    free(read->chunk);
}

static int name_fault(struct swt_step *step, struct swt_slice name, const char *what,
                      struct swt_error *err) {
    return swt_step_fail(step, err, "'%.*s': %s", (int)name.len, (const char *)name.data, what);
}

/* Personalisation: the device has it already, as its manifest records. */
static bool device_has(const struct swt_judge *judge, const struct swt_target *target) {
    if (!judge->has_device)
        return false;
    const struct swt_target *held = swt_targets_find(judge->device.manifest->targets, target->name);
    return held != NULL && held->length == target->length && held->sha256 != NULL &&
           memcmp(held->sha256, target->sha256, SWT_DIGEST_SIZE) == 0;
}

/* user_manifest stands first, and is held in memory for the step on the recorded root. */
static bool is_user_manifest(const struct swt_judge *judge, const struct swt_target *target) {
    return target == &judge->targets->targets[0] && target->length <= SWT_MAX_USER_MANIFEST &&
           swt_slice_equal(target->name, swt_slice_text(SWT_USER_MANIFEST));
}

static int judge_left_out(struct swt_judge *judge, struct swt_step *step,
                          const struct swt_target *target, struct payload_read *read,
                          struct swt_error *err) {
    if (!judge->has_device)
        return name_fault(step, target->name, "its payload is missing", err);
    if (!device_has(judge, target))
        return name_fault(step, target->name,
                          "its payload is missing, and the device manifest records no such one",
                          err);
    read->left_out++;
    if (!is_user_manifest(judge, target))
        return 0;
    if (judge->device.manifest->has_user_manifest) {
        /* The device's copy counts only when it is the one that is signed here. */
        struct swt_slice copy = judge->device.manifest->user_manifest;
        uint8_t digest[SWT_SHA256_SIZE];
        int rc = swt_sha256_update(read->hash, copy.data, copy.len, err);
        if (rc == 0)
            rc = swt_sha256_finish(read->hash, digest, err);
        if (rc == 0 && memcmp(digest, target->sha256, sizeof digest) == 0)
            rc = swt_buf_append_slice(&judge->user_manifest, copy, err);
        if (rc < 0)
            return rc;
        judge->has_user_manifest = judge->user_manifest.len == target->length;
    }
    return swt_step_warn(step, err, "user_manifest is left out: a stock device would record none");
}

static int read_payload(struct swt_judge *judge, struct swt_step *step,
                        const struct swt_target *target, struct payload_read *read,
                        struct swt_error *err) {
    bool keep = is_user_manifest(judge, target);
    const struct swt_payload_sink *sink = judge->sink;
    int rc = sink != NULL ? sink->begin(sink->context, target, err) : 0;
    if (rc < 0)
        return rc;
    for (;;) {
        size_t len;
        rc = swt_bundle_read(judge->bundle, read->chunk, SWT_IO_CHUNK, &len, err);
        if (rc < 0)
            return swt_step_fault(step, err);
        if (len == 0)
            break;
        rc = swt_sha256_update(read->hash, read->chunk, len, err);
        if (rc == 0 && keep)
            rc = swt_buf_append(&judge->user_manifest, read->chunk, len, err);
        if (rc == 0 && sink != NULL)
            rc = sink->write(sink->context, read->chunk, len, err);
        if (rc < 0)
            return rc;
    }
    uint8_t digest[SWT_SHA256_SIZE];
    rc = swt_sha256_finish(read->hash, digest, err);
    if (rc < 0)
        return rc;
    read->present++;
    judge->has_user_manifest |= keep;
    if (memcmp(digest, target->sha256, sizeof digest) == 0)
        return 0;
    char expected[SWT_HEX_SIZE(SWT_DIGEST_SIZE)];
    char found[SWT_HEX_SIZE(SWT_DIGEST_SIZE)];
    swt_hex_encode(target->sha256, SWT_DIGEST_SIZE, expected);
    swt_hex_encode(digest, SWT_DIGEST_SIZE, found);
    rc = swt_step_expect(step, err, "'%.*s' with SHA-256 %s", (int)target->name.len,
                         (const char *)target->name.data, expected);
    return rc < 0 ? rc : swt_step_fail(step, err, "SHA-256 %s", found);
}

int swt_judge_payloads(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    SWT_CLEANUP(payload_read_done) struct payload_read read = {0};
    int rc = swt_sha256_new(&read.hash, err);
    if (rc < 0)
        return rc;
    read.chunk = malloc(SWT_IO_CHUNK);
    if (read.chunk == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < judge->targets->target_count; i++) {
        const struct swt_target *target = &judge->targets->targets[i];
        enum swt_payload_state state;
        rc = swt_bundle_next(judge->bundle, target->name, target->length, &state, err);
        if (rc < 0)
            return swt_step_fault(step, err);
        rc = state == SWT_PAYLOAD_PRESENT ? read_payload(judge, step, target, &read, err)
                                          : judge_left_out(judge, step, target, &read, err);
        if (rc < 0 || step->verdict == SWT_FAIL)
            return rc;
    }
    rc = swt_bundle_end_payloads(judge->bundle, err);
    if (rc < 0)
        return swt_step_fault(step, err);
    if (read.left_out > 0)
        return swt_step_pass(step, err, "%zu match, %zu left out that the device has", read.present,
                             read.left_out);
    return swt_step_pass(step, err, "%zu match", read.present);
}

/* ---- 16 and 17 --------------------------------------------------------------------------- */

int swt_judge_root_stripped(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    if (!judge->has_user_manifest)
        return swt_step_skip(step, err, "no user_manifest is at hand");
    struct swt_recorded_root recorded =
        swt_user_manifest_root(swt_buf_slice(&judge->user_manifest));
    if (!recorded.given)
        return swt_step_skip(step, err, "user_manifest names no root");
    int rc = swt_step_expect(step, err, "root version %u with SHA-256 %s, or a newer one",
                             recorded.version, recorded.sha256);
    if (rc < 0)
        return rc;
    uint32_t version = judge->trusted->common.version;
    if (version > recorded.version)
        return swt_step_pass(step, err, "root version %u, a newer one", version);
    if (swt_recorded_root_is(&recorded, judge->trusted->bytes))
        return swt_step_pass(step, err, "root version %u, the same", version);
    if (version == recorded.version)
        return swt_step_fail(step, err, "another root of version %u", version);
    rc = swt_step_note(step, err, "the root was stripped from the bundle");
    return rc < 0 ? rc : swt_step_fail(step, err, "root version %u", version);
}

int swt_judge_end(struct swt_judge *judge, struct swt_step *step, struct swt_error *err) {
    if (judge->root_only)
        return swt_step_pass(step, err, "%zu bytes", judge->root_bytes.len);
    int rc = swt_bundle_finish(judge->bundle, err);
    if (rc < 0)
        return swt_step_fault(step, err);
    char size[SWT_SIZE_TEXT];
    uint64_t end = swt_reader_seekable(judge->reader) ? swt_reader_size(judge->reader)
                                                      : swt_reader_offset(judge->reader);
    return swt_step_pass(step, err, "%s", swt_bytes_text(end, size));
}
