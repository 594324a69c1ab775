/* SPDX-License-Identifier: Apache-2.0 */
/* sign: adds signatures to a bundle or to root metadata. Nothing is signed unseen: the payloads are
 * compared with the metadata before a key is used. */
#include "document.h"
#include "output.h"
#include "payloads.h"
#include "signing.h"
#include "user_manifest.h"

#include <string.h>

/* What is signed, whatever file it stands in. */
struct subject {
    const char *role;                    /* "root" or "targets" */
    struct swt_signing_subject signing;  /* the same, for the audit log */
    const struct swt_envelope *envelope; /* borrowed */
    const struct swt_root *own_root;     /* whose role counts the signatures; NULL: nobody knows */
    struct swt_root_source other_root;   /* --root, when it was given */
    bool has_other_root;
};

static void subject_done(struct subject *subject) {
    swt_root_source_done(&subject->other_root);
}

static bool is_root_role(const struct subject *subject) {
    return strcmp(subject->role, SWT_ROLE_ROOT) == 0;
}

static const struct swt_role *role_of(const struct subject *subject, const struct swt_root *root) {
    return is_root_role(subject) ? &root->root : &root->targets;
}

/* --root: for root metadata the root that it replaces, whose keys sign too; for targets the root
 * that a bundle without one is to be judged by. */
static int read_other_root(struct subject *subject, const char *path, struct swt_error *err) {
    if (path == NULL)
        return 0;
    int rc = swt_root_source_open(path, false, &subject->other_root, err);
    if (rc < 0)
        return rc;
    rc = swt_root_check(subject->other_root.root, err);
    if (rc < 0)
        return swt_error_file(err, path);
    subject->has_other_root = true;
    if (subject->own_root == NULL)
        subject->own_root = subject->other_root.root;
    return 0;
}

/* The bundle's own root decides who may sign; whoever names another one should hear of it. */
static int warn_of_other_root(const struct subject *subject, const struct swt_signers *signers,
                              struct swt_notices *notices, struct swt_error *err) {
    struct swt_error ignored;
    if (!subject->has_other_root || subject->own_root == subject->other_root.root)
        return 0;
    struct swt_signing_roles roles = {{&subject->other_root.root->targets, NULL}, 1};
    if (swt_signers_check_listed(signers, &roles, subject->role, &ignored) == 0)
        return 0;
    return swt_notices_add(notices, err, SWT_WARNING,
                           "the bundle's own root lists the key, the one of --root does not");
}

/* Signing is no mistake, but no device will follow. */
static int warn_of_rollback(const struct subject *subject, struct swt_notices *notices,
                            struct swt_error *err) {
    if (!subject->has_other_root ||
        subject->own_root->common.version > subject->other_root.root->common.version)
        return 0;
    return swt_notices_add(notices, err, SWT_WARNING,
                           "the new root has version %u, the old one %u: devices take a higher one",
                           subject->own_root->common.version,
                           subject->other_root.root->common.version);
}

static int check_signers(const struct subject *subject, const struct swt_signers *signers,
                         struct swt_notices *notices, struct swt_error *err) {
    struct swt_signing_roles roles = {0};
    if (subject->own_root == NULL)
        return swt_notices_add(notices, err, SWT_WARNING,
                               "the bundle holds no root and --root was not given: nothing tells "
                               "whether the key may sign");
    roles.items[roles.count++] = role_of(subject, subject->own_root);
    if (is_root_role(subject) && subject->has_other_root)
        roles.items[roles.count++] = &subject->other_root.root->root;
    int rc = swt_signers_check_listed(signers, &roles, subject->role, err);
    if (rc < 0)
        return rc;
    return is_root_role(subject) ? warn_of_rollback(subject, notices, err)
                                 : warn_of_other_root(subject, signers, notices, err);
}

/* The quorums after signing, judged by the new envelope. */
static int add_quorums(const struct subject *subject, struct swt_slice envelope_bytes,
                       json_t *document, struct swt_error *err) {
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope envelope = {0};
    json_t *quorums = swt_json_array(document, "quorums", err);
    if (quorums == NULL)
        return -SWT_E_MEMORY;
    int rc = swt_envelope_decode(envelope_bytes, 0, false, &envelope, err);
    if (rc < 0 || subject->own_root == NULL)
        return rc;
    json_t *quorum = NULL;
    bool rotation = is_root_role(subject) && subject->has_other_root;
    if (rotation) {
        const struct swt_root *old = subject->other_root.root;
        rc = swt_json_quorum("old", old, &old->root, &envelope, &quorum, err);
        if (rc == 0)
            rc = swt_json_add(quorums, quorum, err);
    }
    if (rc == 0)
        rc = swt_json_quorum(rotation ? "new" : subject->role, subject->own_root,
                             role_of(subject, subject->own_root), &envelope, &quorum, err);
    return rc < 0 ? rc : swt_json_add(quorums, quorum, err);
}

static const char *output_of(const struct swt_sign_options *options) {
    return options->output != NULL ? options->output : options->file;
}

/* Nothing to add, and no copy asked for: the file stays untouched. */
static bool nothing_to_write(const struct swt_sign_options *options,
                             const struct swt_signing_result *result) {
    return json_array_size(result->added) == 0 && options->output == NULL;
}

static int make_document(const struct swt_sign_options *options, const struct subject *subject,
                         const struct swt_signing_result *result, json_t **ret_document,
                         struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *document =
        json_pack("{s:s, s:O, s:O, s:b}", "role", subject->role, "added", result->added, "already",
                  result->already, "written", !nothing_to_write(options, result));
    if (document == NULL)
        return swt_fail_memory(err);
    int rc = swt_json_set(document, "file", swt_json_path(output_of(options)), err);
    if (rc == 0)
        rc = add_quorums(subject, swt_buf_slice(&result->envelope), document, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

/* Opens the keys and signs. Whether there was something to add: result->added. */
static int sign_subject(const struct swt_sign_options *options, const struct subject *subject,
                        struct swt_notices *notices, struct swt_signing_result *ret_result,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_signers_done) struct swt_signers signers = {0};
    int rc = swt_signers_open(&options->keys, options->keyring, notices, &signers, err);
    if (rc == 0)
        rc = check_signers(subject, &signers, notices, err);
    if (rc == 0)
        rc = swt_signers_sign(&signers, &subject->signing, subject->envelope, options->replace,
                              ret_result, err);
    if (rc == 0 && ret_result->dropped > 0 && json_array_size(ret_result->added) > 0)
        rc = swt_notices_add(notices, err, SWT_NOTE,
                             "%zu signature%s of the same key did not verify and %s dropped",
                             ret_result->dropped, ret_result->dropped == 1 ? "" : "s",
                             ret_result->dropped == 1 ? "was" : "were");
    return rc;
}

static int sign_root_file(struct swt_reader *reader, const struct swt_sign_options *options,
                          struct swt_notices *notices, json_t **ret_document,
                          struct swt_error *err) {
    if (options->role != NULL && strcmp(options->role, SWT_ROLE_ROOT) != 0) {
        swt_fail(err, SWT_E_FILE_KIND, "root metadata is signed by the root role, not by '%s'",
                 options->role);
        return swt_error_file(err, options->file);
    }
    SWT_CLEANUP(swt_root_source_done) struct swt_root_source source = {0};
    int rc = swt_root_source_read(reader, false, &source, err);
    if (rc == 0 && swt_root_check(source.root, err) < 0)
        rc = swt_error_file(err, options->file);
    if (rc < 0)
        return rc;
    SWT_CLEANUP(subject_done)
    struct subject subject = {
        .role = SWT_ROLE_ROOT,
        .signing = {.role = SWT_ROLE_ROOT, .version = source.root->common.version},
        .envelope = &source.envelope,
        .own_root = source.root};
    SWT_CLEANUP(swt_signing_result_done) struct swt_signing_result result = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    rc = read_other_root(&subject, options->root, err);
    if (rc == 0)
        rc = sign_subject(options, &subject, notices, &result, err);
    if (rc == 0)
        rc = make_document(options, &subject, &result, &document, err);
    const struct swt_buf *bytes =
        json_array_size(result.added) > 0 ? &result.envelope : &source.bytes;
    if (rc == 0 && !nothing_to_write(options, &result))
        rc = swt_write_file(output_of(options), NULL, swt_buf_slice(bytes), err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

/* The bundle again, with the new envelope in its head. */
static int write_bundle(struct swt_bundle_source *source, const struct swt_sign_options *options,
                        const struct subject *subject, const struct swt_signing_result *result,
                        struct swt_error *err) {
    struct swt_bundle_plan plan = {.format = swt_bundle_format(source->bundle),
                                   .has_root = source->has_root};
    SWT_CLEANUP(swt_buf_done) struct swt_buf other = {0};
    const struct swt_envelope *kept =
        is_root_role(subject) ? &source->targets_envelope : &source->root_envelope;
    int rc =
        swt_envelope_encode(kept->metadata, kept->signatures, kept->signature_count, &other, err);
    if (rc < 0)
        return rc;
    plan.root = swt_buf_slice(is_root_role(subject) ? &result->envelope : &other);
    plan.targets = swt_buf_slice(is_root_role(subject) ? &other : &result->envelope);
    uint64_t size;
    rc = swt_payloads_rewind(source, err);
    return rc < 0 ? rc
                  : swt_payloads_copy(source, &plan, SWT_LEFT_OUT_REFUSED, output_of(options),
                                      &size, err);
}

static int sign_bundle(struct swt_bundle_source *source, const struct swt_sign_options *options,
                       struct swt_notices *notices, json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(subject_done)
    struct subject subject = {.role = options->role != NULL ? options->role : SWT_ROLE_TARGETS,
                              .envelope = &source->targets_envelope,
                              .own_root = source->root};
    subject.signing = (struct swt_signing_subject){.role = subject.role,
                                                   .version = source->targets->common.version};
    if (is_root_role(&subject)) {
        if (!source->has_root) {
            swt_fail(err, SWT_E_FILE_KIND, "the bundle holds no root to sign");
            return swt_error_file(err, options->file);
        }
        subject.envelope = &source->root_envelope;
        subject.signing.version = source->root->common.version;
    }
    SWT_CLEANUP(swt_signing_result_done) struct swt_signing_result result = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf user_manifest = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *ours = NULL;
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    int rc = swt_bundle_source_check(source, err);
    if (rc == 0)
        rc = read_other_root(&subject, options->root, err);
    if (rc == 0)
        rc = swt_payloads_check(source, SWT_LEFT_OUT_REFUSED, &user_manifest, err);
    ours = rc == 0 ? swt_user_manifest_read(swt_buf_slice(&user_manifest)) : NULL;
    subject.signing.product =
        json_string_value(json_object_get(json_object_get(ours, "product"), "name"));
    if (rc == 0)
        rc = sign_subject(options, &subject, notices, &result, err);
    if (rc == 0)
        rc = make_document(options, &subject, &result, &document, err);
    if (rc == 0 && !nothing_to_write(options, &result))
        rc = write_bundle(source, options, &subject, &result, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

static int check_log(const struct swt_sign_options *options, struct swt_error *err) {
    const char *log = options->keyring->audit_log;
    int rc = swt_log_spares(log, options->file, "the file to sign", err);
    if (rc == 0)
        rc = swt_log_spares(log, options->output, "the output", err);
    if (rc == 0)
        rc = swt_log_spares(log, options->root, "the root of --root", err);
    return rc < 0 ? rc : swt_log_spares_keys(log, &options->keys, err);
}

int swt_sign(const struct swt_sign_options *options, struct swt_notices *notices,
             json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_source_done) struct swt_bundle_source source = {0};
    enum swt_kind kind;
    if (options->keys.count == 0)
        return swt_fail(err, SWT_E_USAGE, "no key was given: --key URI");
    int rc = swt_output_spares_keys(options->output, &options->keys, err);
    if (rc == 0)
        rc = swt_output_spares(options->output, options->root, "the root of --root", err);
    if (rc == 0)
        rc = check_log(options, err);
    if (rc == 0)
        rc = swt_reader_open(options->file, &reader, err);
    if (rc < 0)
        return rc;
    if (!swt_reader_seekable(reader)) {
        swt_fail(err, SWT_E_USAGE,
                 "%s can't be read twice, as signing does: the payloads are "
                 "compared with the metadata before a key is used",
                 swt_reader_name(reader));
        return swt_error_hint(err, "write the bundle to a file first");
    }
    if (options->output == NULL && strcmp(options->file, "-") == 0)
        return swt_fail(err, SWT_E_USAGE, "standard input can't be signed in place: give -o");
    rc = swt_kind_detect(reader, &kind, err);
    if (rc < 0)
        return rc;
    if (kind == SWT_KIND_ROOT)
        return sign_root_file(reader, options, notices, ret_document, err);
    if (kind == SWT_KIND_DEVICE_MANIFEST) {
        swt_fail(err, SWT_E_FILE_KIND, "a device manifest is not signed");
        return swt_error_file(err, options->file);
    }
    rc = swt_bundle_source_open(SWT_TAKE(reader), kind, false, &source, err);
    return rc < 0 ? rc : sign_bundle(&source, options, notices, ret_document, err);
}
