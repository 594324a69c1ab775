/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of the plan, in order; container, profile, root and expiry. */
#include "build_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void swt_build_job_done(struct swt_build_job *job) {
    swt_buf_done(&job->metadata);
    swt_buf_done(&job->root_envelope);
    swt_signing_result_done(&job->signing);
    for (size_t i = 0; i < job->payload_count; i++)
        swt_payload_done(&job->payloads[i]);
    free(job->payloads);
    swt_spool_free(job->spool);
    swt_sbom_done(&job->sbom);
    free(job->origins);
    swt_signers_done(&job->signers);
    swt_root_source_done(&job->root);
    swt_manifest_free(job->manifest);
}

int swt_build_error_in(struct swt_error *err, const struct swt_node *node) {
    if (err->code == SWT_E_INTERRUPTED || err->code == SWT_E_TERMINATED)
        return -(int)err->code; /* no line of the manifest is at fault */
    /* The manifest's line is the place to mend; which file it was goes into the message. */
    char file[sizeof err->file];
    (void)snprintf(file, sizeof file, "%s", err->file);
    if (file[0] != '\0' && err->line > 0)
        swt_error_context(err, "%s:%u:%u", file, err->line, err->column);
    else if (file[0] != '\0')
        swt_error_context(err, "%s", file);
    err->file[0] = '\0';
    err->has_offset = false;
    return swt_manifest_error_at(err, node);
}

int swt_build_error_at(const struct swt_build_job *job, size_t index, struct swt_error *err) {
    const struct swt_node *node = job->origins[index].node;
    if (err->code == SWT_E_INTERRUPTED || err->code == SWT_E_TERMINATED)
        return -(int)err->code;
    if (node != NULL)
        swt_build_error_in(err, node);
    return swt_error_context(err, "target '%s'", job->payloads[index].name);
}

/* ---- the metadata ------------------------------------------------------------------------ */

int swt_build_encode(const struct swt_build_job *job, struct swt_buf *ret_bytes,
                     struct swt_error *err) {
    struct swt_target_spec *targets = calloc(job->payload_count + 1, sizeof *targets);
    if (targets == NULL)
        return swt_fail_memory(err);
    size_t count = 0;
    for (size_t i = 0; i < job->payload_count; i++) {
        if (job->origins[i].misnamed)
            continue;
        targets[count].name = swt_slice_text(job->payloads[i].name);
        targets[count].length = job->payloads[i].length;
        memcpy(targets[count++].sha256, job->payloads[i].sha256, SWT_SHA256_SIZE);
    }
    struct swt_targets_spec spec = {.version = (uint32_t)job->manifest->metadata_version.value,
                                    .has_expires = job->manifest->expires.text != NULL,
                                    .expires = job->manifest->expires_time,
                                    .targets = targets,
                                    .target_count = count};
    int rc = swt_targets_encode(&spec, ret_bytes, err);
    free(targets);
    return rc;
}

/* ---- format, profile, root --------------------------------------------------------------- */

static int choose_format(struct swt_build_job *job, struct swt_error *err) {
    const struct swt_build_options *options = job->options;
    if (options->format != NULL)
        return swt_format_parse(options->format, &job->format)
                   ? 0
                   : swt_fail(err, SWT_E_USAGE, "--format '%s': expected tar or pigweed",
                              options->format);
    if (options->output != NULL && swt_format_of_path(options->output, &job->format))
        return 0;
    job->format = SWT_FORMAT_TAR;
    if (job->manifest->format.text != NULL)
        (void)swt_format_parse(job->manifest->format.text,
                               &job->format); /* the schema checked it */
    return 0;
}

/* Without a profile, a bundle that stock devices are to read is held against theirs, as advice. */
static int choose_profile(struct swt_build_job *job, struct swt_error *err) {
    const char *name =
        job->options->profile != NULL ? job->options->profile : job->manifest->profile.text;
    job->advice_only = name == NULL && job->format == SWT_FORMAT_PIGWEED;
    if (name == NULL)
        name = job->advice_only ? "pigweed" : "generic";
    job->profile = swt_profile_find(name);
    if (job->profile == NULL)
        return swt_fail(err, SWT_E_USAGE, "--profile '%s': expected generic or pigweed", name);
    return 0;
}

int swt_build_advise(const struct swt_build_job *job, struct swt_error *err) {
    if (!job->advice_only || err->code != SWT_E_PROFILE)
        return -(int)err->code;
    struct swt_error advice = *err;
    return swt_notices_add(job->notices, err, SWT_WARNING, "%s", advice.message);
}

static int warn_of_root(const struct swt_build_job *job, struct swt_error *err) {
    const struct swt_root *root = job->root.root;
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    int rc = swt_quorum_count(root, &root->root, &job->root.envelope, &quorum, err);
    if (rc == 0 && !quorum.met)
        rc = swt_notices_add(job->notices, err, SWT_WARNING,
                             "%s is not signed by its own quorum yet (%zu of %" PRIu32 ")",
                             job->root_path, quorum.signed_count, quorum.threshold);
    char expires[SWT_TIME_TEXT];
    if (rc == 0 && swt_common_expired(&root->common, job->now))
        rc = swt_notices_add(job->notices, err, SWT_WARNING, "%s expired %s", job->root_path,
                             swt_time_text(root->common.expires, expires));
    return rc;
}

/* A root that --root named has no place in the manifest. */
static int keep_of_root(struct swt_build_job *job, struct swt_error *err) {
    swt_error_file(err, job->root_path);
    if (job->options->root == NULL)
        swt_build_error_in(err, job->manifest->root_path.node);
    return swt_faults_keep(job->faults, err);
}

static int keep_misfit(struct swt_build_job *job, struct swt_error *err) {
    return swt_build_advise(job, err) < 0 ? keep_of_root(job, err) : 0;
}

/* Each key of the root by itself, so that all that misfit are told. */
static int check_root_profile(struct swt_build_job *job, struct swt_error *err) {
    const struct swt_root *root = job->root.root;
    int rc = 0;
    if (swt_profile_check_version(job->profile, root, err) < 0)
        rc = keep_misfit(job, err);
    for (size_t i = 0; i < root->key_count && rc == 0; i++)
        if (swt_profile_check_key(job->profile, &root->keys[i].key, err) < 0)
            rc = keep_misfit(job, err);
    if (rc == 0 && swt_profile_check_reading(job->profile, &job->root, err) < 0)
        rc = keep_misfit(job, err);
    return rc;
}

static int read_root(struct swt_build_job *job, struct swt_error *err) {
    const char *path = job->options->root != NULL ? job->options->root : job->manifest->root_file;
    if (path == NULL)
        return 0;
    job->root_path = path;
    int rc = swt_root_source_open(path, false, &job->root, err);
    if (rc == 0)
        rc = swt_root_check(job->root.root, err);
    if (rc < 0)
        return keep_of_root(job, err);
    job->has_root = true;
    rc = check_root_profile(job, err);
    return rc < 0 ? rc : warn_of_root(job, err);
}

/* ---- the whole --------------------------------------------------------------------------- */

static int warn_of_expiry(const struct swt_build_job *job, struct swt_error *err) {
    if (job->manifest->expires.text == NULL || job->manifest->expires_time > job->now)
        return 0;
    return swt_notices_add(job->notices, err, SWT_WARNING,
                           "release.expires %s is past: verify will refuse the bundle",
                           job->manifest->expires.text);
}

int swt_build_plan(struct swt_build_job *job, struct swt_error *err) {
    struct swt_manifest_options manifest = {.defines = job->options->defines,
                                            .define_count = job->options->define_count,
                                            .faults = job->faults};
    int rc = swt_manifest_load(job->options->manifest, &manifest, &job->manifest, err);
    if (rc == 0)
        rc = choose_format(job, err);
    if (rc == 0)
        rc = choose_profile(job, err);
    if (rc == 0)
        rc = warn_of_expiry(job, err);
    if (rc == 0)
        rc = read_root(job, err);
    if (rc == 0)
        rc = swt_build_list_payloads(job, err);
    if (rc == 0)
        rc = swt_build_generate(job, err); /* as long as it can be said yet */
    if (rc == 0)
        rc = swt_build_check_outputs(job, err);
    if (rc == 0)
        rc = swt_build_check_names(job, err);
    if (rc == 0)
        rc = swt_build_check_sizes(job, err);
    if (rc == 0)
        rc = swt_build_read_sbom(job, err);
    return rc;
}
