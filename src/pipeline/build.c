/* SPDX-License-Identifier: Apache-2.0 */
/* build: manifest → payloads → targets metadata → signatures → bundle. */
#include "build_job.h"
#include "clock.h"
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

/* A passphrase is for the one key that the manifest names, or nobody knows for which. */
static int check_manifest_key(const struct swt_build_job *job, struct swt_error *err) {
    const struct swt_key_source *given = &job->options->manifest_key;
    size_t count = job->manifest->key_paths.count;
    bool secret = given->passphrase_file != NULL || given->passphrase_env != NULL;
    if (count == 1 || (!secret && given->public_key == NULL))
        return 0;
    const char *what = secret ? "a passphrase or PIN" : "a public key";
    if (count == 0)
        return swt_fail(err, SWT_E_USAGE, "%s is given, but no key", what);
    (void)swt_fail(err, SWT_E_USAGE, "%s is given, and the manifest names %zu keys", what, count);
    return swt_error_hint(err, "name each with --key, and behind it what belongs to it");
}

/* A fault of what the manifest names is told at its line. */
static int open_manifest_keys(struct swt_build_job *job, struct swt_error *err) {
    const struct swt_text_list *paths = &job->manifest->key_paths;
    for (size_t i = 0; i < paths->count; i++) {
        struct swt_key_source source = swt_build_manifest_key(job, i);
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

static int encode_root(struct swt_build_job *job, struct swt_error *err) {
    if (!job->has_root)
        return 0;
    const struct swt_envelope *root = &job->root.envelope;
    return swt_envelope_encode(root->metadata, root->signatures, root->signature_count,
                               &job->root_envelope, err);
}

struct swt_bundle_plan swt_build_bundle_plan(const struct swt_build_job *job) {
    return (struct swt_bundle_plan){.format = job->format,
                                    .has_root = job->has_root,
                                    .root = swt_buf_slice(&job->root_envelope),
                                    .targets = swt_buf_slice(&job->signing.envelope)};
}

int swt_build_sign(struct swt_build_job *job, bool draft, struct swt_error *err) {
    struct swt_signing_subject subject = {.role = SWT_ROLE_TARGETS,
                                          .product = job->manifest->name.text,
                                          .version =
                                              (uint32_t)job->manifest->metadata_version.value};
    struct swt_envelope targets = {.metadata = swt_buf_slice(&job->metadata)};
    swt_signing_result_done(&job->signing);
    int rc = draft ? swt_signers_draft(&job->signers, &targets, false, &job->signing, err)
                   : swt_signers_sign(&job->signers, &subject, &targets, false, &job->signing, err);
    swt_buf_done(&job->metadata); /* the envelope holds it */
    if (rc < 0)
        return rc;
    struct swt_bundle_plan plan = swt_build_bundle_plan(job);
    return swt_build_check_bundle(job, &plan, &job->size, err);
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
    return rc < 0 ? rc
                  : swt_json_set(target, "original_sha256",
                                 swt_json_hex(swt_slice_of(swt_payload_original_sha256(payload),
                                                           SWT_SHA256_SIZE)),
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
static int add_signatures(const struct swt_build_job *job, json_t *document,
                          struct swt_error *err) {
    const struct swt_signing_result *signing = &job->signing;
    int rc = json_object_set(document, "signed", signing->added) < 0 ? swt_fail_memory(err) : 0;
    json_t *quorums = rc == 0 ? swt_json_array(document, "quorums", err) : NULL;
    if (rc == 0 && quorums == NULL)
        rc = -SWT_E_MEMORY;
    if (rc < 0 || !job->has_root)
        return rc;
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope envelope = {0};
    json_t *quorum = NULL;
    rc = swt_envelope_decode(swt_buf_slice(&signing->envelope), 0, false, &envelope, err);
    if (rc == 0)
        rc = swt_json_quorum(SWT_ROLE_TARGETS, job->root.root, &job->root.root->targets, &envelope,
                             &quorum, err);
    return rc < 0 ? rc : swt_json_add(quorums, quorum, err);
}

static int make_document(const struct swt_build_job *job, json_t **ret_document,
                         struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *document = json_pack(
        "{s:s, s:I, s:s, s:s, s:I, s:b}", "container", swt_format_name(job->format), "size",
        (json_int_t)job->size, "product", job->manifest->name.text, "release",
        job->manifest->version.text, "version", (json_int_t)job->manifest->metadata_version.value,
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
        rc = add_signatures(job, document, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

/* ---- the stages -------------------------------------------------------------------------- */

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

/* All of it is in the writer, whose commit is the last that can fail. */
static int build_bundle(struct swt_build_job *job, struct swt_writer **ret_writer,
                        json_t **ret_document, struct swt_error *err) {
    bool packs = false;
    int rc = job->options->dry_run ? 0 : swt_writer_makes_file(job->options->output, &packs, err);
    if (rc == 0 && packs)
        rc = swt_build_pack(job, ret_writer, err);
    if (rc == 0 && !packs)
        rc = swt_build_measure(job, err);
    if (rc == 0 && !packs)
        rc = swt_build_sign(job, false, err);
    if (rc == 0)
        rc = make_document(job, ret_document, err);
    if (rc == 0 && !packs && !job->options->dry_run)
        rc = swt_build_write(job, ret_writer, err);
    return rc;
}

int swt_build(const struct swt_build_options *options, struct swt_notices *notices,
              json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_build_job_done)
    struct swt_build_job job = {.options = options, .notices = notices};
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = NULL;
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    int rc = swt_build_time(&job.now, err);
    if (rc == 0)
        rc = swt_build_plan(&job, err);
    if (rc == 0)
        rc = check_manifest_key(&job, err);
    if (rc == 0)
        rc = open_signers(&job, err);
    if (rc == 0)
        rc = encode_root(&job, err);
    if (rc == 0)
        rc = build_bundle(&job, &writer, &document, err);
    if (rc == 0 && !options->dry_run)
        rc = commit(&job, writer, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
