/* SPDX-License-Identifier: Apache-2.0 */
/* build: manifest → payloads → targets metadata → signatures → bundle. */
#include "build_job.h"
#include "document.h"

/* ---- signing ----------------------------------------------------------------------------- */

static int check_signers(const struct swt_build_job *job, struct swt_error *err) {
    const struct swt_signers *signers = &job->signers;
    for (size_t i = 0; i < signers->count; i++) {
        int rc = swt_profile_check_key(job->profile, swt_signer_key(signers->items[i]), err);
        if (rc == 0)
            continue;
        swt_error_context(err, "%s", swt_signer_uri(signers->items[i]));
        rc = swt_build_advise(job, err);
        if (rc < 0)
            return rc;
    }
    if (job->has_root) {
        struct swt_signing_roles roles = {{&job->root.root->targets, NULL}, 1};
        return swt_signers_check_listed(signers, &roles, SWT_ROLE_TARGETS, err);
    }
    if (signers->count == 0)
        return 0;
    return swt_notices_add(job->notices, err, SWT_WARNING,
                           "there is no root: nothing tells whether the key may sign");
}

/* A fault of what the manifest names is told at its line. */
static int open_manifest_keys(struct swt_build_job *job, struct swt_error *err) {
    const struct swt_text_list *paths = &job->manifest->key_paths;
    for (size_t i = 0; i < paths->count; i++) {
        struct swt_key_source source = {.uri = job->manifest->key_files[i]};
        int rc = swt_signers_add(&job->signers, &source, job->options->keyring, job->notices, err);
        if (rc < 0)
            return swt_build_error_in(err, paths->items[i].node);
    }
    return 0;
}

/* --key, else the manifest's keys. Before the payloads are read: a wrong passphrase is told at
 * once. */
static int open_signers(struct swt_build_job *job, struct swt_error *err) {
    if (job->options->dry_run)
        return 0;
    int rc = job->options->keys.count > 0
                 ? swt_signers_open(&job->options->keys, job->options->keyring, job->notices,
                                    &job->signers, err)
                 : open_manifest_keys(job, err);
    return rc < 0 ? rc : check_signers(job, err);
}

static int sign(struct swt_build_job *job, struct swt_signing_result *ret_signing,
                struct swt_error *err) {
    struct swt_envelope unsigned_targets = {.metadata = swt_buf_slice(&job->metadata)};
    struct swt_signing_subject subject = {.role = SWT_ROLE_TARGETS,
                                          .product = job->manifest->name.text,
                                          .version =
                                              (uint32_t)job->manifest->metadata_version.value};
    int rc = swt_signers_sign(&job->signers, &subject, &unsigned_targets, false, ret_signing, err);
    swt_buf_done(&job->metadata); /* the envelope holds it */
    return rc;
}

/* ---- writing ----------------------------------------------------------------------------- */

static int write_chunk(void *context, const void *data, size_t len, struct swt_error *err) {
    struct swt_bundle_writer *out = context;
    return swt_bundle_writer_write(out, data, len, err);
}

/* The depfile first: a new bundle beside an old depfile would look as if it were up to date when
 * an input changes that only the new one tells; an old bundle beside a new depfile does not. */
static int commit(const struct swt_build_job *job, struct swt_writer *bundle,
                  struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    if (job->options->depfile != NULL) {
        int rc = swt_build_depfile(job, &text, err);
        if (rc == 0)
            rc = swt_write_file(job->options->depfile, NULL, swt_buf_slice(&text), err);
        if (rc < 0)
            return rc;
    }
    return swt_writer_commit(bundle, err);
}

/* Each payload is hashed again while it is copied: what is in the bundle is what was signed. */
static int write_bundle(const struct swt_build_job *job, const struct swt_bundle_plan *plan,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = NULL;
    SWT_CLEANUP(swt_bundle_writer_cleanup) struct swt_bundle_writer *out = NULL;
    uint64_t total = 0;
    for (size_t i = 0; i < job->payload_count; i++)
        total += job->payloads[i].length;
    swt_progress_begin(job->options->progress, "write", total);
    int rc = swt_writer_open(job->options->output, NULL, &writer, err);
    if (rc == 0)
        rc = swt_bundle_writer_new(writer, plan, &out, err);
    for (size_t i = 0; i < job->payload_count && rc == 0; i++) {
        const struct swt_payload *payload = &job->payloads[i];
        rc = swt_bundle_writer_begin(out, swt_slice_text(payload->name), payload->length, err);
        if (rc == 0)
            rc = swt_payload_copy(payload, job->options->progress, write_chunk, out, err);
    }
    if (rc == 0)
        rc = swt_bundle_writer_finish(out, err);
    return rc < 0 ? rc : commit(job, writer, err);
}

/* ---- the answer -------------------------------------------------------------------------- */

static int add_compression(const struct swt_payload *payload, json_t *target,
                           struct swt_error *err) {
    if (payload->compression == SWT_COMPRESSION_NONE)
        return 0;
    int rc = swt_json_set(target, "compression",
                          json_string(swt_compression_name(payload->compression)), err);
    if (rc == 0)
        rc =
            swt_json_set(target, "original_length", swt_json_length(payload->original_length), err);
    return rc < 0
               ? rc
               : swt_json_set(target, "original_sha256",
                              swt_json_hex(swt_slice_of(payload->original_sha256, SWT_SHA256_SIZE)),
                              err);
}

static int add_targets(const struct swt_build_job *job, json_t *document, struct swt_error *err) {
    json_t *targets = swt_json_long_list();
    int rc = swt_json_set(document, "targets", targets, err);
    for (size_t i = 0; i < job->payload_count && rc == 0; i++) {
        const struct swt_payload *payload = &job->payloads[i];
        SWT_CLEANUP(swt_json_cleanup)
        json_t *target =
            json_pack("{s:s, s:I}", "name", payload->name, "length", (json_int_t)payload->length);
        rc = swt_json_set(target, "sha256",
                          swt_json_hex(swt_slice_of(payload->sha256, SWT_SHA256_SIZE)), err);
        if (rc == 0)
            rc = add_compression(payload, target, err);
        if (rc == 0)
            rc = swt_long_list_add(targets, SWT_TAKE(target), err);
    }
    return rc;
}

/* Who signed; with a root also what is missing. */
static int add_signatures(const struct swt_build_job *job, const struct swt_signing_result *signing,
                          json_t *document, struct swt_error *err) {
    int rc = json_object_set(document, "signed", signing->added) < 0 ? swt_fail_memory(err) : 0;
    json_t *quorums = rc == 0 ? swt_json_array(document, "quorums", err) : NULL;
    if (rc == 0 && quorums == NULL)
        rc = -SWT_E_MEMORY;
    if (rc < 0 || !job->has_root)
        return rc;
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope envelope = {0};
    json_t *quorum;
    rc = swt_envelope_decode(swt_buf_slice(&signing->envelope), 0, false, &envelope, err);
    if (rc == 0)
        rc = swt_json_quorum(SWT_ROLE_TARGETS, job->root.root, &job->root.root->targets, &envelope,
                             &quorum, err);
    return rc < 0 ? rc : swt_json_add(quorums, quorum, err);
}

static int make_document(const struct swt_build_job *job, const struct swt_signing_result *signing,
                         uint64_t size, json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *document = json_pack("{s:s, s:I, s:s, s:s, s:I, s:b}", "container",
                                 swt_format_name(job->format), "size", (json_int_t)size, "product",
                                 job->manifest->name.text, "release", job->manifest->version.text,
                                 "version", (json_int_t)job->manifest->metadata_version.value,
                                 "dry_run", job->options->dry_run);
    if (document == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    if (job->options->output != NULL)
        rc = swt_json_set(document, "file", swt_json_path(job->options->output), err);
    if (rc == 0 && job->options->depfile != NULL)
        rc = swt_json_set(document, "depfile", swt_json_path(job->options->depfile), err);
    if (rc == 0 && job->manifest->expires.text != NULL)
        rc = swt_json_set(document, "expires", swt_json_time(job->manifest->expires_time), err);
    if (rc == 0 && job->has_root)
        rc = swt_json_set(document, "root_version",
                          json_integer((json_int_t)job->root.root->common.version), err);
    if (rc == 0)
        rc = add_targets(job, document, err);
    if (rc == 0)
        rc = add_signatures(job, signing, document, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

int swt_build(const struct swt_build_options *options, struct swt_notices *notices,
              json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_build_job_done)
    struct swt_build_job job = {.options = options, .notices = notices};
    SWT_CLEANUP(swt_signing_result_done) struct swt_signing_result signing = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf root = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    uint64_t size;
    int rc = swt_build_plan(&job, err);
    if (rc == 0)
        rc = open_signers(&job, err);
    if (rc == 0)
        rc = swt_build_measure(&job, err);
    if (rc == 0)
        rc = sign(&job, &signing, err);
    if (rc == 0 && job.has_root)
        rc = swt_envelope_encode(job.root.envelope.metadata, job.root.envelope.signatures,
                                 job.root.envelope.signature_count, &root, err);
    struct swt_bundle_plan plan = {.format = job.format,
                                   .has_root = job.has_root,
                                   .root = swt_buf_slice(&root),
                                   .targets = swt_buf_slice(&signing.envelope)};
    if (rc == 0)
        rc = swt_build_check_bundle(&job, &plan, &size, err);
    if (rc == 0)
        rc = make_document(&job, &signing, size, &document, err);
    if (rc == 0 && !options->dry_run)
        rc = write_bundle(&job, &plan, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
