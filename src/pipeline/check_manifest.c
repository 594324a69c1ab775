/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a product manifest: what build would refuse, all of it, found by build's own
 * stages (build_job.h) and by opening the keys that it names (check_manifest_keys.c). */
#include "check_manifest.h"

#include <stdlib.h>
#include <string.h>

/* ---- faults and warnings ----------------------------------------------------------------- */

static int tell_fault(struct swt_checked_file *file, const struct swt_error *fault,
                      struct swt_error *err) {
    bool elsewhere = fault->file[0] != '\0' && strcmp(fault->file, file->path) != 0;
    struct swt_finding finding = {.level = SWT_LEVEL_ERROR,
                                  .code = swt_code_name(fault->code),
                                  .message = fault->message,
                                  .hint = fault->hint,
                                  .path = elsewhere ? fault->file : NULL,
                                  .line = fault->line,
                                  .column = fault->column};
    return swt_check_add(file, &finding, err);
}

static int tell_faults(struct swt_checked_file *file, const struct swt_faults *faults,
                       struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < faults->count && rc == 0; i++)
        rc = tell_fault(file, &faults->items[i], err);
    file->omitted += faults->omitted;
    return rc;
}

static int tell_notices(struct swt_checked_file *file, const struct swt_notices *notices,
                        struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < notices->count && rc == 0; i++)
        if (notices->items[i].level == SWT_WARNING)
            rc = swt_check_find(file, err, SWT_LEVEL_WARNING, "build-warning", "%s",
                                notices->items[i].text);
    return rc;
}

/* ---- what is demanded --------------------------------------------------------------------- */

static int check_expiries(const struct swt_check *check, struct swt_checked_file *file,
                          const struct swt_build_job *job, struct swt_error *err) {
    const struct swt_manifest *manifest = job->manifest;
    int rc = 0;
    if (manifest->expires.text != NULL)
        rc = swt_check_expiry(check, file,
                              &(struct swt_expiring){.what = "the release",
                                                     .node = manifest->expires.node,
                                                     .expires = manifest->expires_time},
                              err);
    if (rc == 0 && job->has_root && job->root.root->common.has_expires)
        rc = swt_check_expiry(check, file,
                              &(struct swt_expiring){.what = "the root",
                                                     .node = manifest->root_path.node,
                                                     .expires = job->root.root->common.expires},
                              err);
    return rc;
}

/* A key that is missing may be one that is mistyped, a value one that is wrong. */
static bool has_unread(const struct swt_faults *faults) {
    for (size_t i = 0; i < faults->count; i++)
        switch (faults->items[i].code) {
        case SWT_E_MANIFEST_SYNTAX:
        case SWT_E_MANIFEST_KEY:
        case SWT_E_MANIFEST_VALUE:
        case SWT_E_VARIABLE:
        case SWT_E_INCLUDE:
            return true;
        default:
            break;
        }
    return faults->omitted > 0;
}

/* Only a build without a fault has a size. */
static int add_size(const struct swt_build_job *job, struct swt_policy_subject *subject,
                    struct swt_error *err) {
    struct swt_bundle_plan plan = {.format = job->format,
                                   .has_root = job->has_root,
                                   .root = swt_buf_slice(&job->root.bytes),
                                   .targets = swt_buf_slice(&job->metadata)};
    subject->has_size = job->metadata.len > 0;
    return subject->has_size ? swt_build_check_bundle(job, &plan, &subject->size, err) : 0;
}

static int add_release(const struct swt_build_job *job, struct swt_policy_subject *subject,
                       struct swt_error *err) {
    const struct swt_manifest *manifest = job->manifest;
    subject->targets_broken = has_unread(job->faults);
    subject->sbom_broken = subject->targets_broken;
    subject->has_version = manifest->metadata_version.given;
    subject->version = (uint32_t)manifest->metadata_version.value;
    subject->version_node = manifest->metadata_version.node;
    subject->has_expires = manifest->expires.text != NULL;
    subject->expires = manifest->expires_time;
    subject->expires_node = manifest->expires.node;
    subject->has_sbom = manifest->sbom.text != NULL;
    int rc = 0;
    for (size_t i = 0; i < job->payload_count && rc == 0; i++) {
        const struct swt_payload *payload = &job->payloads[i];
        uint64_t length =
            payload->length > payload->original_length ? payload->length : payload->original_length;
        rc = swt_policy_add_target(subject, swt_slice_text(payload->name), length,
                                   job->origins[i].node, err);
    }
    return rc < 0 ? rc : add_size(job, subject, err);
}

static int judge_by_policy(const struct swt_check *check, struct swt_checked_file *file,
                           const struct swt_build_job *job, struct swt_policy_subject *subject,
                           struct swt_error *err) {
    int rc = 0;
    subject->root_broken = job->root_path != NULL && !job->has_root;
    subject->root_node = job->manifest->root_path.node;
    if (job->has_root)
        rc = swt_policy_add_root(subject, &job->root, err);
    if (rc == 0)
        rc = add_release(job, subject, err);
    return rc < 0 ? rc : swt_policy_judge(check, file, subject, err);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static int describe(struct swt_checked_file *file, const struct swt_build_job *job,
                    struct swt_error *err) {
    int rc = 0;
    if (job->manifest->metadata_version.given)
        rc = swt_json_set(file->json, "targets_version",
                          json_integer((json_int_t)job->manifest->metadata_version.value), err);
    if (rc == 0)
        rc = swt_json_set(file->json, "targets", json_integer((json_int_t)job->payload_count), err);
    if (rc == 0 && job->has_root)
        rc = swt_json_set(file->json, "root_version",
                          json_integer((json_int_t)job->root.root->common.version), err);
    return rc;
}

/* What fits unsigned may be too large once its keys have signed it: then build refuses it. */
static int check_signed_size(struct swt_build_job *job, const struct swt_blank_signatures *blanks,
                             struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf envelope = {0};
    uint64_t size;
    if (job->metadata.len == 0)
        return 0;
    int rc = swt_envelope_encode(swt_buf_slice(&job->metadata), blanks->items, blanks->count,
                                 &envelope, err);
    struct swt_bundle_plan plan = {.format = job->format,
                                   .has_root = job->has_root,
                                   .root = swt_buf_slice(&job->root.bytes),
                                   .targets = swt_buf_slice(&envelope)};
    if (rc < 0)
        return rc;
    rc = swt_build_check_bundle(job, &plan, &size, err);
    return rc < 0 ? swt_faults_keep(job->faults, err) : 0;
}

/* What was told of the parts is told before what is demanded of the whole. */
static int check_whole(const struct swt_check *check, struct swt_checked_file *file,
                       struct swt_build_job *job, struct swt_error *err) {
    SWT_CLEANUP(swt_policy_subject_done)
    struct swt_policy_subject subject = {.kind = SWT_SUBJECT_MANIFEST};
    SWT_CLEANUP(swt_blank_signatures_done) struct swt_blank_signatures blanks = {0};
    int rc = swt_check_manifest_keys(job, &subject, &blanks, err);
    if (rc == 0)
        rc = check_signed_size(job, &blanks, err);
    if (rc == 0)
        rc = tell_faults(file, job->faults, err);
    if (rc == 0)
        rc = tell_notices(file, job->notices, err);
    if (rc == 0)
        rc = check_expiries(check, file, job, err);
    if (rc == 0)
        rc = judge_by_policy(check, file, job, &subject, err);
    return rc < 0 ? rc : describe(file, job, err);
}

int swt_check_manifest(const struct swt_check *check, struct swt_checked_file *file,
                       struct swt_error *err) {
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    SWT_CLEANUP(swt_faults_done) struct swt_faults faults = {0};
    struct swt_build_options options = {.manifest = file->path,
                                        .defines = check->options->defines,
                                        .define_count = check->options->define_count,
                                        .dry_run = true,
                                        .progress = check->options->progress};
    SWT_CLEANUP(swt_build_job_done)
    struct swt_build_job job = {
        .options = &options, .notices = &notices, .faults = &faults, .now = check->now};
    int rc = swt_json_set(file->json, "kind", json_string("manifest"), err);
    if (rc == 0)
        rc = swt_build_plan(&job, err);
    if (rc == 0)
        rc = swt_build_measure(&job, err);
    if (rc == 0)
        return check_whole(check, file, &job, err);
    /* What is no YAML has no more to tell. */
    if (swt_code_exit(err->code) != 3)
        return rc;
    rc = swt_faults_keep(&faults, err);
    return rc < 0 ? rc : tell_faults(file, &faults, err);
}
