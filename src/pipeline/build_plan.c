/* SPDX-License-Identifier: Apache-2.0 */
#include "build_job.h"
#include "clock.h"
#include "output.h"
#include "user_manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void swt_build_job_done(struct swt_build_job *job) {
    swt_buf_done(&job->metadata);
    for (size_t i = 0; i < job->payload_count; i++)
        swt_payload_done(&job->payloads[i]);
    free(job->payloads);
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
    if (file[0] != '\0')
        swt_error_context(err, "%s", file);
    err->file[0] = '\0';
    err->has_offset = false;
    return swt_manifest_error_at(err, node);
}

int swt_build_error_at(const struct swt_build_job *job, size_t index, struct swt_error *err) {
    const struct swt_manifest_target *origin = job->origins[index];
    if (err->code == SWT_E_INTERRUPTED || err->code == SWT_E_TERMINATED)
        return -(int)err->code;
    if (origin == NULL)
        return swt_error_context(err, "target '%s'", job->payloads[index].name);
    swt_build_error_in(err, origin->node);
    return swt_error_context(err, "target '%s'", job->payloads[index].name);
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

static int read_root(struct swt_build_job *job, struct swt_error *err) {
    const char *path = job->options->root != NULL ? job->options->root : job->manifest->root_file;
    if (path == NULL)
        return 0;
    job->root_path = path;
    int rc = swt_root_source_open(path, false, &job->root, err);
    job->has_root = rc == 0;
    if (rc == 0)
        rc = swt_root_check(job->root.root, err);
    if (rc == 0 && swt_profile_check_root(job->profile, job->root.root, err) < 0)
        rc = swt_build_advise(job, err);
    if (rc == 0)
        return warn_of_root(job, err);
    swt_error_file(err, path);
    return job->options->root != NULL ? rc : swt_build_error_in(err, job->manifest->root_path.node);
}

/* ---- the payloads ------------------------------------------------------------------------ */

static int add_payload(struct swt_build_job *job, const char *name, const char *path,
                       const struct swt_manifest_target *origin, struct swt_error *err) {
    struct swt_payload *payload = &job->payloads[job->payload_count];
    job->origins[job->payload_count++] = origin;
    payload->name = swt_strdup(name, err);
    if (payload->name == NULL)
        return -SWT_E_MEMORY;
    if (path == NULL)
        return 0;
    payload->path = swt_strdup(path, err);
    return payload->path == NULL ? -SWT_E_MEMORY : 0;
}

static bool is_user_manifest(const struct swt_manifest_target *target) {
    return strcmp(target->name.text, SWT_USER_MANIFEST) == 0;
}

/* user_manifest comes first, the user's own or the generated one; then the manifest's order. */
static int list_payloads(struct swt_build_job *job, struct swt_error *err) {
    const struct swt_manifest *manifest = job->manifest;
    job->payloads = calloc(manifest->target_count + 1, sizeof *job->payloads);
    job->origins = calloc(manifest->target_count + 1, sizeof(const struct swt_manifest_target *));
    if (job->payloads == NULL || job->origins == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    for (size_t i = 0; i < manifest->target_count && rc == 0; i++)
        if (is_user_manifest(&manifest->targets[i]))
            rc = add_payload(job, SWT_USER_MANIFEST, manifest->targets[i].path,
                             &manifest->targets[i], err);
    if (rc == 0 && job->payload_count == 0 && manifest->user_manifest) {
        rc = add_payload(job, SWT_USER_MANIFEST, NULL, NULL, err);
        if (rc == 0)
            rc = swt_user_manifest_write(manifest, job->has_root ? job->root.root : NULL,
                                         &job->payloads[0].bytes, err);
    }
    for (size_t i = 0; i < manifest->target_count && rc == 0; i++)
        if (!is_user_manifest(&manifest->targets[i]))
            rc = add_payload(job, manifest->targets[i].name.text, manifest->targets[i].path,
                             &manifest->targets[i], err);
    if (rc == 0 && job->payload_count > SWT_MAX_TARGETS)
        rc = swt_fail(err, SWT_E_TARGETS_RULES, "%zu targets, a bundle holds %d at most",
                      job->payload_count, SWT_MAX_TARGETS);
    return rc;
}

/* ---- names and sizes --------------------------------------------------------------------- */

int swt_build_encode(const struct swt_build_job *job, struct swt_buf *ret_bytes,
                     struct swt_error *err) {
    struct swt_target_spec *targets = calloc(job->payload_count + 1, sizeof *targets);
    if (targets == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < job->payload_count; i++) {
        targets[i].name = swt_slice_text(job->payloads[i].name);
        targets[i].length = job->payloads[i].length;
        memcpy(targets[i].sha256, job->payloads[i].sha256, sizeof targets[i].sha256);
    }
    struct swt_targets_spec spec = {.version = (uint32_t)job->manifest->metadata_version.value,
                                    .has_expires = job->manifest->expires.text != NULL,
                                    .expires = job->manifest->expires_time,
                                    .targets = targets,
                                    .target_count = job->payload_count};
    int rc = swt_targets_encode(&spec, ret_bytes, err);
    free(targets);
    return rc;
}

/* The first payload that lies in another's folder; NULL when there is none. */
static const struct swt_manifest_target *find_in_folder(const struct swt_build_job *job,
                                                        const struct swt_targets *targets) {
    for (size_t i = 0; i < targets->target_count; i++) {
        struct swt_slice name = targets->targets[i].name;
        for (size_t len = 0; len < name.len; len++)
            if (name.data[len] == '/' &&
                swt_targets_find(targets, swt_slice_of(name.data, len)) != NULL)
                return job->origins[i];
    }
    return NULL;
}

static int fail_names(const struct swt_build_job *job, const struct swt_manifest_target *origin,
                      struct swt_error *err) {
    return origin != NULL ? swt_manifest_error_at(err, origin->node)
                          : swt_error_file(err, job->options->manifest);
}

/* What the names are to each other is judged on metadata as a verifier would see it, before any
 * payload is read: lengths and hashes are zero yet. */
static int check_names(const struct swt_build_job *job, struct swt_error *err) {
    for (size_t i = 0; i < job->payload_count; i++)
        if (swt_target_name_check(swt_slice_text(job->payloads[i].name), err) < 0)
            return fail_names(job, job->origins[i], err);
    SWT_CLEANUP(swt_buf_done) struct swt_buf draft = {0};
    SWT_CLEANUP(swt_targets_cleanup) struct swt_targets *targets = NULL;
    int rc = swt_build_encode(job, &draft, err);
    if (rc == 0)
        rc = swt_targets_decode(swt_buf_slice(&draft), 0, &targets, err);
    if (rc != 0)
        return swt_error_file(err, job->options->manifest);
    if (swt_targets_check_entries(targets, err) < 0)
        return fail_names(job, find_in_folder(job, targets), err);
    const struct swt_target *a;
    const struct swt_target *b;
    if (!swt_targets_case_twins(targets, &a, &b))
        return 0;
    swt_fail(err, SWT_E_TARGET_NAME,
             "targets '%.*s' and '%.*s' differ only in case: where file systems fold case "
             "they are one file",
             (int)a->name.len, (const char *)a->name.data, (int)b->name.len,
             (const char *)b->name.data);
    /* Targets stand in the order of the payloads. */
    const struct swt_target *later = a > b ? a : b;
    return fail_names(job, job->origins[later - targets->targets], err);
}

static int check_max_size(const struct swt_build_job *job, size_t index, uint64_t size,
                          struct swt_error *err) {
    const struct swt_manifest_target *origin = job->origins[index];
    if (origin == NULL || !origin->max_size.given || size <= origin->max_size.value)
        return 0;
    char max[SWT_SIZE_TEXT];
    char over[SWT_SIZE_TEXT];
    char bytes[SWT_SIZE_TEXT];
    swt_fail(err, SWT_E_TARGET_TOO_LARGE, "target '%s': max_size %s exceeded by %s (%s is %s)",
             job->payloads[index].name, swt_size_text(origin->max_size.value, max),
             swt_size_text(size - origin->max_size.value, over), origin->file.text,
             swt_bytes_text(size, bytes));
    return swt_manifest_error_at(err, origin->max_size.node);
}

int swt_build_check_size(const struct swt_build_job *job, size_t index, uint64_t size,
                         struct swt_error *err) {
    int rc = check_max_size(job, index, size, err);
    if (rc < 0)
        return rc;
    rc = swt_profile_check_payload(job->profile, swt_slice_text(job->payloads[index].name), size,
                                   err);
    if (rc < 0) {
        swt_build_error_at(job, index, err);
        rc = swt_build_advise(job, err);
    }
    return rc;
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

/* Sizes by stat: what is over its budget is told before gigabytes are read and a key is used. The
 * signatures are not counted yet; the bundle's size is judged again with them. */
static int check_sizes(struct swt_build_job *job, struct swt_error *err) {
    for (size_t i = 0; i < job->payload_count; i++) {
        struct swt_payload *payload = &job->payloads[i];
        int rc = swt_payload_size(payload, &payload->length, err);
        if (rc < 0)
            return swt_build_error_at(job, i, err);
        rc = swt_build_check_size(job, i, payload->length, err);
        if (rc < 0)
            return rc;
    }
    SWT_CLEANUP(swt_buf_done) struct swt_buf draft = {0};
    uint64_t size;
    int rc = swt_build_encode(job, &draft, err);
    struct swt_bundle_plan plan = {.format = job->format,
                                   .has_root = job->has_root,
                                   .root = swt_buf_slice(&job->root.bytes),
                                   .targets = swt_buf_slice(&draft)};
    return rc < 0 ? rc : swt_build_check_bundle(job, &plan, &size, err);
}

static int warn_of_expiry(const struct swt_build_job *job, struct swt_error *err) {
    if (job->manifest->expires.text == NULL || job->manifest->expires_time > job->now)
        return 0;
    return swt_notices_add(job->notices, err, SWT_WARNING,
                           "release.expires %s is past: verify will refuse the bundle",
                           job->manifest->expires.text);
}

/* What neither the output nor the audit log may be. */
static int check_inputs(const struct swt_build_job *job, const char *file,
                        int (*spares)(const char *file, const char *path, const char *what,
                                      struct swt_error *err),
                        int (*spares_keys)(const char *file, const struct swt_key_sources *keys,
                                           struct swt_error *err),
                        struct swt_error *err) {
    int rc = spares(file, job->options->manifest, "the manifest", err);
    if (rc == 0)
        rc = spares(file, job->root_path, "the root", err);
    if (rc == 0)
        rc = spares_keys(file, &job->options->keys, err);
    for (size_t i = 0; i < job->manifest->key_paths.count && rc == 0; i++)
        rc = spares(file, job->manifest->key_files[i], "a key", err);
    for (size_t i = 0; i < job->payload_count && rc == 0; i++)
        rc = spares(file, job->payloads[i].path, "a payload", err);
    return rc;
}

static int check_output(const struct swt_build_job *job, struct swt_error *err) {
    const char *output = job->options->output;
    const char *log = job->options->keyring->audit_log;
    int rc = check_inputs(job, output, swt_output_spares, swt_output_spares_keys, err);
    if (rc == 0)
        rc = check_inputs(job, log, swt_log_spares, swt_log_spares_keys, err);
    return rc < 0 ? rc : swt_log_spares(log, output, "the output", err);
}

int swt_build_plan(struct swt_build_job *job, struct swt_error *err) {
    struct swt_manifest_options manifest = {.defines = job->options->defines,
                                            .define_count = job->options->define_count};
    int rc = swt_build_time(&job->now, err);
    if (rc == 0)
        rc = swt_manifest_load(job->options->manifest, &manifest, &job->manifest, err);
    if (rc == 0)
        rc = choose_format(job, err);
    if (rc == 0)
        rc = choose_profile(job, err);
    if (rc == 0)
        rc = warn_of_expiry(job, err);
    if (rc == 0)
        rc = read_root(job, err);
    if (rc == 0)
        rc = list_payloads(job, err);
    if (rc == 0)
        rc = check_output(job, err);
    if (rc == 0)
        rc = check_names(job, err);
    return rc < 0 ? rc : check_sizes(job, err);
}
