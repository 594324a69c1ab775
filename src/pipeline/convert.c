/* SPDX-License-Identifier: Apache-2.0 */
/* convert: another container around the same signed bytes, without a key. */
#include "document.h"
#include "output.h"
#include "payloads.h"
#include "user_manifest.h"

#include "swt/pipeline.h"
#include "swt/signature.h"

#include <string.h>

static int choose_format(const struct swt_convert_options *options, enum swt_format from,
                         enum swt_format *ret_format, struct swt_error *err) {
    if (options->format != NULL)
        return swt_format_parse(options->format, ret_format)
                   ? 0
                   : swt_fail(err, SWT_E_USAGE, "--format '%s': expected tar or pigweed",
                              options->format);
    if (swt_format_of_path(options->output, ret_format))
        return 0;
    bool same = options->root != NULL;
    *ret_format = same ? from : from == SWT_FORMAT_TAR ? SWT_FORMAT_PIGWEED : SWT_FORMAT_TAR;
    return 0;
}

/* A root that user_manifest contradicts would make every verifier reject the bundle (step 16). */
static int check_recorded_root(const struct swt_convert_options *options,
                               const struct swt_root *root, const struct swt_buf *user_manifest,
                               struct swt_error *err) {
    struct swt_recorded_root recorded;
    int rc = swt_user_manifest_root(swt_buf_slice(user_manifest), &recorded, err);
    if (rc < 0 || !recorded.given || root->common.version > recorded.version)
        return rc;
    rc = swt_recorded_root_is(&recorded, root->bytes, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    swt_fail(err, SWT_E_ROOT_CONFLICT,
             "root version %u is not the root that the bundle was built with (version %u, SHA-256 "
             "%s), nor a newer one",
             root->common.version, recorded.version, recorded.sha256);
    return swt_error_file(err, options->root);
}

/* Verifiers will count the bundle's signatures by the root that is put in. */
static int warn_of_signers(const struct swt_bundle_source *source, const struct swt_root *root,
                           struct swt_notices *notices, struct swt_error *err) {
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    int rc = swt_quorum_count(root, &root->targets, &source->targets_envelope, &quorum, err);
    if (rc < 0 || quorum.met)
        return rc;
    return swt_notices_add(notices, err, SWT_WARNING,
                           "the targets metadata is signed by %zu of the %u targets keys that the "
                           "new root asks for",
                           quorum.signed_count, quorum.threshold);
}

/* The root to put in. Its own quorum is not asked for: it may be signed later. */
static int read_new_root(const struct swt_convert_options *options,
                         struct swt_bundle_source *source, struct swt_root_source *ret_root,
                         struct swt_notices *notices, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf user_manifest = {0};
    SWT_CLEANUP(swt_root_source_done) struct swt_root_source root = {0};
    if (!swt_reader_seekable(source->reader))
        return swt_fail(err, SWT_E_USAGE, "--root needs a bundle in a file: it is read twice");
    int rc = swt_root_source_open(options->root, false, &root, err);
    if (rc == 0 && swt_root_check(root.root, err) < 0)
        rc = swt_error_file(err, options->root);
    if (rc == 0)
        rc = swt_payloads_check(source, SWT_LEFT_OUT_KEPT, &user_manifest, err);
    if (rc == 0)
        rc = swt_payloads_rewind(source, err);
    if (rc == 0)
        rc = check_recorded_root(options, root.root, &user_manifest, err);
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    if (rc == 0)
        rc = swt_quorum_count(root.root, &root.root->root, &root.envelope, &quorum, err);
    if (rc == 0 && !quorum.met)
        rc = swt_notices_add(notices, err, SWT_WARNING,
                             "the root is not signed by its own quorum yet (%zu of %u)",
                             quorum.signed_count, quorum.threshold);
    if (rc == 0)
        rc = warn_of_signers(source, root.root, notices, err);
    if (rc < 0)
        return rc;
    *ret_root = SWT_MOVE(root);
    return 0;
}

static int encode(const struct swt_envelope *envelope, struct swt_buf *ret_bytes,
                  struct swt_error *err) {
    return swt_envelope_encode(envelope->metadata, envelope->signatures, envelope->signature_count,
                               ret_bytes, err);
}

static int make_document(const struct swt_convert_options *options, enum swt_format from,
                         enum swt_format to, uint64_t size, json_t **ret_document,
                         struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *document = json_pack("{s:s, s:s, s:I}", "from", swt_format_name(from), "container",
                                 swt_format_name(to), "size", (json_int_t)size);
    if (document == NULL)
        return swt_fail_memory(err);
    int rc = swt_json_set(document, "file", swt_json_path(options->output), err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

int swt_convert(const struct swt_convert_options *options, struct swt_notices *notices,
                json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_source_done) struct swt_bundle_source source = {0};
    SWT_CLEANUP(swt_root_source_done) struct swt_root_source root = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf root_bytes = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf targets_bytes = {0};
    struct swt_bundle_plan plan = {0};
    enum swt_kind kind = SWT_KIND_TAR_BUNDLE;
    int rc = swt_output_spares(options->output, options->root, "the root of --root", err);
    if (rc == 0)
        rc = swt_output_in_place(options->output, options->file, err);
    if (rc == 0)
        rc = swt_reader_open(options->file, &reader, err);
    if (rc == 0)
        rc = swt_kind_expect_bundle(reader, &kind, err);
    if (rc == 0)
        rc = swt_bundle_source_open(SWT_TAKE(reader), kind, false, &source, err);
    if (rc == 0)
        rc = swt_bundle_source_check(&source, err);
    source.progress = options->progress;
    enum swt_format from = rc == 0 ? swt_bundle_format(source.bundle) : SWT_FORMAT_TAR;
    if (rc == 0)
        rc = choose_format(options, from, &plan.format, err);
    if (rc == 0 && options->root != NULL)
        rc = read_new_root(options, &source, &root, notices, err);
    plan.has_root = source.has_root || options->root != NULL;
    if (rc == 0 && plan.has_root)
        rc = encode(options->root != NULL ? &root.envelope : &source.root_envelope, &root_bytes,
                    err);
    if (rc == 0)
        rc = encode(&source.targets_envelope, &targets_bytes, err);
    if (rc < 0)
        return rc;
    plan.root = swt_buf_slice(&root_bytes);
    plan.targets = swt_buf_slice(&targets_bytes);
    const struct swt_payload_copy copy = {.plan = &plan, .left_out = SWT_LEFT_OUT_KEPT};
    uint64_t size;
    rc = swt_payloads_copy(&source, &copy, options->output, &size, err);
    return rc < 0 ? rc : make_document(options, from, plan.format, size, ret_document, err);
}
