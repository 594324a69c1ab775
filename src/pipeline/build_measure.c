/* SPDX-License-Identifier: Apache-2.0 */
/* The payloads are read, and judged by what only reading tells. */
#include "build_job.h"
#include "document.h"
#include "user_manifest.h"

#include <string.h>

/* A pin is of the file, not of what compression makes of it. */
int swt_build_check_pin(const struct swt_build_job *job, size_t index, struct swt_error *err) {
    const struct swt_manifest_target *target = job->origins[index].target;
    const struct swt_payload *payload = &job->payloads[index];
    uint8_t pin[SWT_SHA256_SIZE];
    if (target == NULL || target->sha256.text == NULL ||
        !swt_hex_decode(target->sha256.text, pin, sizeof pin) ||
        memcmp(pin, swt_payload_original_sha256(payload), sizeof pin) == 0)
        return 0;
    char found[SWT_HEX_SIZE(SWT_SHA256_SIZE)];
    swt_hex_encode(swt_payload_original_sha256(payload), SWT_SHA256_SIZE, found);
    swt_fail(err, SWT_E_TARGET_HASH, "target '%s': sha256 is pinned to %s, but %s has %s",
             payload->name, target->sha256.text, job->origins[index].file, found);
    return swt_manifest_error_at(err, target->sha256.node);
}

/* What was judged by stat is judged again where it is another: the file may have grown since, and
 * only now it is known what compression made of it. */
static int check_again(struct swt_build_job *job, size_t index, struct swt_error *err) {
    const struct swt_payload *payload = &job->payloads[index];
    struct swt_build_origin *origin = &job->origins[index];
    int rc = 0;
    if (payload->original_length != origin->judged_original)
        rc = swt_build_check_max_size(job, index, payload->original_length, err);
    if (rc < 0)
        rc = swt_faults_keep(job->faults, err);
    if (rc == 0 && payload->length != origin->judged)
        rc = swt_build_check_profile(job, index, payload->length, err);
    if (rc < 0)
        return swt_faults_keep(job->faults, err);
    origin->judged_original = payload->original_length;
    origin->judged = payload->length;
    return 0;
}

/* ---- some of the payloads ---------------------------------------------------------------- */

static bool is_compressed(const struct swt_build_job *job, size_t index) {
    return job->payloads[index].compression != SWT_COMPRESSION_NONE;
}

/* Of payloads that stand beside each other: all are compressed, or none is. */
struct range {
    struct swt_build_job *job;
    size_t begin, end;
};

static int measure_one(void *context, size_t index, struct swt_lane *lane, struct swt_error *err) {
    const struct range *range = context;
    struct swt_payload *payload = &range->job->payloads[range->begin + index];
    if (range->job->origins[range->begin + index].unreadable || payload->measured)
        return 0;
    payload->spool = range->job->spool;
    return swt_payload_measure(payload, lane, err);
}

static int judge_one(void *context, size_t index, int result, struct swt_error *err) {
    const struct range *range = context;
    struct swt_build_job *job = range->job;
    index += range->begin;
    if (job->origins[index].unreadable)
        return 0;
    if (result < 0) {
        job->origins[index].unreadable = true;
        swt_build_error_at(job, index, err);
        return swt_faults_keep(job->faults, err);
    }
    int rc = check_again(job, index, err);
    if (rc == 0 && swt_build_check_pin(job, index, err) < 0)
        rc = swt_faults_keep(job->faults, err);
    return rc;
}

static uint64_t original_length(const struct swt_build_job *job, size_t begin, size_t end,
                                bool compressed_only) {
    uint64_t length = 0;
    for (size_t i = begin; i < end; i++)
        if (!job->origins[i].unreadable && (!compressed_only || is_compressed(job, i)))
            length += job->payloads[i].original_length;
    return length;
}

/* A compressor may take 100 MiB, so that there is one at a time. */
static int measure_range(struct range range, const struct swt_progress *progress,
                         struct swt_error *err) {
    struct swt_build_job *job = range.job;
    bool compressed = is_compressed(job, range.begin);
    /* One file for all that is compressed: descriptors are few. */
    int rc = compressed && job->spool == NULL ? swt_spool_new(&job->spool, err) : 0;
    if (rc < 0)
        return rc;
    const struct swt_crew_work work = {.count = range.end - range.begin,
                                       .size = original_length(job, range.begin, range.end, false),
                                       .in_order = compressed,
                                       .run = measure_one,
                                       .finish = judge_one,
                                       .context = &range,
                                       .progress = progress};
    return swt_crew_run(&work, err);
}

/* In the order of the bundle, but for the generated one. */
static int measure_targets(struct swt_build_job *job, bool compressed_only, struct swt_error *err) {
    int rc = 0;
    struct range range = {.job = job, .end = job->generated ? 1 : 0};
    while (range.end < job->payload_count && rc == 0) {
        range.begin = range.end++;
        bool compressed = is_compressed(job, range.begin);
        while (range.end < job->payload_count && is_compressed(job, range.end) == compressed)
            range.end++;
        if (compressed || !compressed_only)
            rc = measure_range(range, job->options->progress, err);
    }
    return rc;
}

/* ---- the generated one ------------------------------------------------------------------- */

/* One that nobody reads would tell nothing, not even the root that the bundle was built with. */
static int check_generated(struct swt_build_job *job, struct swt_error *err) {
    struct swt_slice bytes = swt_buf_slice(&job->payloads[0].bytes);
    if (swt_user_manifest_fits(bytes))
        return 0;
    char size[SWT_SIZE_TEXT];
    swt_fail(err, SWT_E_TARGET_TOO_LARGE,
             "the user_manifest would have %s: expected at most 4 MiB and %zu values",
             swt_bytes_text(bytes.len, size), SWT_MAX_USER_MANIFEST_VALUES);
    swt_error_hint(err, "patterns repeat the meta and compatible of their target for each file");
    swt_error_file(err, job->options->manifest);
    return swt_faults_keep(job->faults, err);
}

/* It tells what the others are, and how large it becomes is not known before: it counts for no
 * progress. */
static int measure_generated(struct swt_build_job *job, struct swt_error *err) {
    if (!job->generated)
        return 0;
    int rc = swt_build_generate(job, err);
    if (rc == 0)
        rc = check_generated(job, err);
    return rc < 0 ? rc : measure_range((struct range){job, 0, 1}, NULL, err);
}

/* ---- all of them ------------------------------------------------------------------------- */

int swt_build_measure(struct swt_build_job *job, struct swt_error *err) {
    swt_progress_begin(job->options->progress, "hash",
                       original_length(job, job->generated ? 1 : 0, job->payload_count, false));
    int rc = measure_targets(job, false, err);
    if (rc == 0)
        rc = swt_build_check_sbom(job, err);
    if (rc == 0)
        rc = measure_generated(job, err);
    if (rc == 0)
        rc = swt_build_check_unsigned(job, err);
    if (rc < 0 || (job->faults != NULL && job->faults->count > 0))
        return rc;
    return swt_build_encode(job, &job->metadata, err);
}

int swt_build_measure_compressed(struct swt_build_job *job, struct swt_error *err) {
    struct swt_error fault = {0};
    uint64_t total = original_length(job, 0, job->payload_count, true);
    if (total > 0)
        swt_progress_begin(job->options->progress, "compress", total);
    int rc = measure_targets(job, true, &fault);
    if (rc == 0)
        rc = measure_generated(job, &fault);
    if (rc == 0)
        rc = swt_build_check_unsigned(job, &fault);
    if (rc == 0)
        return swt_build_encode(job, &job->metadata, err);
    /* Those that were left out may have one that comes before it. */
    rc = swt_build_measure(job, err);
    if (rc < 0)
        return rc;
    *err = fault;
    return -(int)fault.code;
}
