/* SPDX-License-Identifier: Apache-2.0 */
/* What may be how large. */
#include "build_job.h"

#include <stdlib.h>

int swt_build_check_max_size(const struct swt_build_job *job, size_t index, uint64_t size,
                             struct swt_error *err) {
    const struct swt_manifest_target *target = job->origins[index].target;
    if (target == NULL || !target->max_size.given || size <= target->max_size.value)
        return 0;
    char max[SWT_SIZE_TEXT];
    char over[SWT_SIZE_TEXT];
    char bytes[SWT_SIZE_TEXT];
    swt_fail(err, SWT_E_TARGET_TOO_LARGE, "target '%s': max_size %s exceeded by %s (%s is %s)",
             job->payloads[index].name, swt_size_text(target->max_size.value, max),
             swt_size_text(size - target->max_size.value, over), job->origins[index].file,
             swt_bytes_text(size, bytes));
    return swt_manifest_error_at(err, target->max_size.node);
}

int swt_build_check_profile(const struct swt_build_job *job, size_t index, uint64_t length,
                            struct swt_error *err) {
    int rc = swt_profile_check_payload(job->profile, swt_slice_text(job->payloads[index].name),
                                       length, err);
    if (rc == 0)
        return 0;
    swt_build_error_at(job, index, err);
    return swt_build_advise(job, err);
}

/* By what stat tells; a length is kept for the size of the bundle. */
static int check_size(struct swt_build_job *job, size_t index, struct swt_error *err) {
    struct swt_payload *payload = &job->payloads[index];
    uint64_t size;
    int rc = swt_payload_size(payload, &size, err);
    if (rc < 0) {
        job->origins[index].unreadable = true;
        swt_build_error_at(job, index, err);
        return swt_faults_keep(job->faults, err);
    }
    rc = swt_build_check_max_size(job, index, size, err);
    if (rc < 0)
        rc = swt_faults_keep(job->faults, err);
    /* What compression makes of it is not known yet: the least that there may be. */
    bool compressed = payload->compression != SWT_COMPRESSION_NONE;
    payload->original_length = size;
    payload->length = compressed ? job->profile->min_payload : size;
    job->origins[index].judged_original = size;
    job->origins[index].judged = payload->length;
    if (rc == 0)
        rc = swt_build_check_profile(job, index, payload->length, err);
    return rc < 0 ? swt_faults_keep(job->faults, err) : 0;
}

int swt_build_check_bundle(const struct swt_build_job *job, const struct swt_bundle_plan *plan,
                           uint64_t *ret_size, struct swt_error *err) {
    struct swt_payload_plan *payloads = calloc(job->payload_count + 1, sizeof *payloads);
    if (payloads == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < job->payload_count; i++)
        payloads[i] = (struct swt_payload_plan){swt_slice_text(job->payloads[i].name),
                                                job->payloads[i].length};
    int rc = swt_bundle_size(plan, payloads, job->payload_count, ret_size, err);
    free(payloads);
    const struct swt_number *max = &job->manifest->max_size;
    if (rc < 0)
        return swt_error_file(err, job->options->manifest);
    if (!max->given || *ret_size <= max->value)
        return 0;
    char limit[SWT_SIZE_TEXT];
    char over[SWT_SIZE_TEXT];
    char bytes[SWT_SIZE_TEXT];
    swt_fail(err, SWT_E_TARGET_TOO_LARGE, "bundle: max_size %s exceeded by %s (it is %s)",
             swt_size_text(max->value, limit), swt_size_text(*ret_size - max->value, over),
             swt_bytes_text(*ret_size, bytes));
    return swt_manifest_error_at(err, max->node);
}

int swt_build_check_unsigned(struct swt_build_job *job, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf draft = {0};
    uint64_t size;
    int rc = swt_build_encode(job, &draft, err);
    struct swt_bundle_plan plan = {.format = job->format,
                                   .has_root = job->has_root,
                                   .root = swt_buf_slice(&job->root.bytes),
                                   .targets = swt_buf_slice(&draft)};
    if (rc < 0 || job->oversize)
        return rc;
    rc = swt_build_check_bundle(job, &plan, &size, err);
    job->oversize = rc < 0;
    return rc < 0 ? swt_faults_keep(job->faults, err) : 0;
}

int swt_build_check_sizes(struct swt_build_job *job, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < job->payload_count && rc == 0; i++)
        rc = check_size(job, i, err);
    return rc < 0 ? rc : swt_build_check_unsigned(job, err);
}
