/* SPDX-License-Identifier: Apache-2.0 */
/* The payloads are read, once, and judged by what only reading tells. */
#include "build_job.h"
#include "document.h"
#include "user_manifest.h"

#include <string.h>

/* A pin is of the file, not of what compression makes of it. */
static int check_pin(const struct swt_build_job *job, size_t index, struct swt_error *err) {
    const struct swt_manifest_target *target = job->origins[index].target;
    const struct swt_payload *payload = &job->payloads[index];
    uint8_t pin[SWT_SHA256_SIZE];
    if (target == NULL || target->sha256.text == NULL ||
        !swt_hex_decode(target->sha256.text, pin, sizeof pin) ||
        memcmp(pin, payload->original_sha256, sizeof pin) == 0)
        return 0;
    char found[SWT_HEX_SIZE(SWT_SHA256_SIZE)];
    swt_hex_encode(payload->original_sha256, SWT_SHA256_SIZE, found);
    swt_fail(err, SWT_E_TARGET_HASH, "target '%s': sha256 is pinned to %s, but %s has %s",
             payload->name, target->sha256.text, job->origins[index].file, found);
    return swt_manifest_error_at(err, target->sha256.node);
}

/* What was judged by stat is judged again where it is another: the file may have grown since, and
 * only now it is known what compression made of it. */
static int check_again(struct swt_build_job *job, size_t index, uint64_t planned,
                       uint64_t planned_original, struct swt_error *err) {
    const struct swt_payload *payload = &job->payloads[index];
    int rc = 0;
    if (payload->original_length != planned_original)
        rc = swt_build_check_max_size(job, index, payload->original_length, err);
    if (rc < 0)
        rc = swt_faults_keep(job->faults, err);
    if (rc == 0 && payload->length != planned)
        rc = swt_build_check_profile(job, index, payload->length, err);
    return rc < 0 ? swt_faults_keep(job->faults, err) : 0;
}

static int measure(struct swt_build_job *job, size_t index, struct swt_error *err) {
    struct swt_payload *payload = &job->payloads[index];
    uint64_t planned = payload->length;
    uint64_t planned_original = payload->original_length;
    int rc = 0;
    if (job->origins[index].unreadable)
        return 0;
    /* One file for all that is compressed: descriptors are few. */
    if (payload->compression != SWT_COMPRESSION_NONE && job->spool == NULL)
        rc = swt_spool_new(&job->spool, err);
    if (rc < 0)
        return rc;
    payload->spool = job->spool;
    /* How large the generated one becomes is not known before the others were read. */
    bool counts = index > 0 || !job->generated;
    if (swt_payload_measure(payload, counts ? job->options->progress : NULL, err) < 0) {
        job->origins[index].unreadable = true;
        swt_build_error_at(job, index, err);
        return swt_faults_keep(job->faults, err);
    }
    rc = check_again(job, index, planned, planned_original, err);
    if (rc == 0 && check_pin(job, index, err) < 0)
        rc = swt_faults_keep(job->faults, err);
    return rc;
}

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

/* The generated one comes last: it tells what the others are. */
static int measure_all(struct swt_build_job *job, struct swt_error *err) {
    size_t first = job->generated ? 1 : 0;
    int rc = 0;
    for (size_t i = first; i < job->payload_count && rc == 0; i++)
        rc = measure(job, i, err);
    if (rc == 0)
        rc = swt_build_check_sbom(job, err);
    if (rc == 0)
        rc = swt_build_generate(job, err);
    if (rc < 0 || first == 0)
        return rc;
    rc = check_generated(job, err);
    return rc < 0 ? rc : measure(job, 0, err);
}

int swt_build_measure(struct swt_build_job *job, struct swt_error *err) {
    uint64_t total = 0;
    for (size_t i = job->generated ? 1 : 0; i < job->payload_count; i++)
        total += job->origins[i].unreadable ? 0 : job->payloads[i].original_length;
    swt_progress_begin(job->options->progress, "hash", total);
    int rc = measure_all(job, err);
    if (rc == 0)
        rc = swt_build_check_unsigned(job, err);
    if (rc < 0 || (job->faults != NULL && job->faults->count > 0))
        return rc;
    return swt_build_encode(job, &job->metadata, err);
}
