/* SPDX-License-Identifier: Apache-2.0 */
#include "sign_subject.h"
#include "document.h"
#include "output.h"
#include "payloads.h"
#include "user_manifest.h"

#include <stdlib.h>
#include <string.h>

void swt_sign_subject_done(struct swt_sign_subject *subject) {
    swt_root_source_done(&subject->other_root);
    swt_root_source_done(&subject->root_file);
    swt_bundle_source_done(&subject->bundle);
    swt_buf_done(&subject->user_manifest);
    free(subject->product);
    *subject = (struct swt_sign_subject){0};
}

bool swt_sign_subject_is_root(const struct swt_sign_subject *subject) {
    return strcmp(subject->signing.role, SWT_ROLE_ROOT) == 0;
}

const struct swt_envelope *swt_sign_subject_envelope(const struct swt_sign_subject *subject) {
    if (!subject->is_bundle)
        return &subject->root_file.envelope;
    return swt_sign_subject_is_root(subject) ? &subject->bundle.root_envelope
                                             : &subject->bundle.targets_envelope;
}

const struct swt_root_source *swt_sign_subject_replaces(const struct swt_sign_subject *subject) {
    return swt_sign_subject_is_root(subject) && subject->has_other_root ? &subject->other_root
                                                                        : NULL;
}

bool swt_sign_subject_overrules(const struct swt_sign_subject *subject) {
    return !swt_sign_subject_is_root(subject) && subject->has_other_root &&
           subject->own_root != NULL;
}

/* ---- reading ----------------------------------------------------------------------------- */

static int read_other_root(struct swt_sign_subject *subject, const char *path,
                           struct swt_error *err) {
    if (path == NULL)
        return 0;
    int rc = swt_root_source_open(path, false, &subject->other_root, err);
    if (rc < 0)
        return rc;
    subject->has_other_root = true;
    rc = swt_root_check(subject->other_root.root, err);
    return rc < 0 ? swt_error_file(err, path) : 0;
}

static int read_root_file(struct swt_sign_subject *subject, struct swt_reader *reader,
                          const char *role, const char *root, struct swt_error *err) {
    if (role != NULL && strcmp(role, SWT_ROLE_ROOT) != 0) {
        swt_fail(err, SWT_E_FILE_KIND, "root metadata is signed by the root role, not by '%s'",
                 role);
        return swt_error_file(err, subject->file);
    }
    subject->signing.role = SWT_ROLE_ROOT;
    int rc = swt_root_source_read(reader, false, &subject->root_file, err);
    if (rc == 0 && swt_root_check(subject->root_file.root, err) < 0)
        rc = swt_error_file(err, subject->file);
    if (rc < 0)
        return rc;
    subject->own_root = subject->root_file.root;
    return read_other_root(subject, root, err);
}

static int read_bundle(struct swt_sign_subject *subject, struct swt_reader *reader,
                       enum swt_kind kind, const char *role, const char *root,
                       struct swt_error *err) {
    struct swt_bundle_source *bundle = &subject->bundle;
    subject->signing.role = SWT_ROLE_TARGETS;
    int rc = swt_bundle_source_open(reader, kind, false, bundle, err);
    if (rc < 0)
        return rc;
    subject->is_bundle = true;
    bundle->progress = subject->progress;
    subject->own_root = bundle->root;
    if (role != NULL && strcmp(role, SWT_ROLE_ROOT) == 0) {
        if (!bundle->has_root) {
            swt_fail(err, SWT_E_FILE_KIND, "the bundle holds no root to sign");
            return swt_error_file(err, subject->file);
        }
        subject->signing.role = SWT_ROLE_ROOT;
    } else {
        subject->targets = bundle->targets;
    }
    rc = swt_bundle_source_check(bundle, err);
    return rc < 0 ? rc : read_other_root(subject, root, err);
}

/* A bundle's own root decides who may sign; --root only where there is none. */
static void set_quorums(struct swt_sign_subject *subject) {
    const struct swt_root *other = subject->has_other_root ? subject->other_root.root : NULL;
    if (swt_sign_subject_is_root(subject)) {
        subject->quorums = swt_signing_quorums_of_root(subject->own_root, other);
        subject->signing.version = subject->own_root->common.version;
        return;
    }
    const struct swt_root *root = subject->own_root != NULL ? subject->own_root : other;
    subject->signing.version = subject->targets->common.version;
    if (root != NULL)
        subject->quorums =
            (struct swt_signing_quorums){{{SWT_ROLE_TARGETS, root, &root->targets}}, 1};
}

static int fail_kind(enum swt_kind kind, const char *file, struct swt_error *err) {
    swt_fail(err, SWT_E_FILE_KIND, "expected a bundle or root metadata, found %s",
             swt_kind_name(kind));
    swt_error_file(err, file);
    if (kind == SWT_KIND_SIGNING_REQUEST)
        return swt_error_hint_name(err, "swupdate-tool sign --request ", file,
                                   " --key URI -o RESPONSE");
    if (kind == SWT_KIND_SIGNING_RESPONSE)
        return swt_error_hint_name(err, "swupdate-tool sign FILE --attach ", file, "");
    return -(int)err->code;
}

int swt_sign_subject_open(const char *file, const char *role, const char *root,
                          const struct swt_progress *progress, struct swt_sign_subject *ret_subject,
                          struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_sign_subject_done)
    struct swt_sign_subject subject = {.file = file, .progress = progress};
    enum swt_kind kind;
    int rc = swt_reader_open(file, &reader, err);
    if (rc < 0)
        return rc;
    if (!swt_reader_seekable(reader)) {
        swt_fail(err, SWT_E_USAGE,
                 "%s can't be read twice, as signing may: the payloads are "
                 "compared with the metadata before a key is used",
                 swt_reader_name(reader));
        return swt_error_hint(err, "write the bundle to a file first");
    }
    rc = swt_kind_detect_among(reader, "a bundle or root metadata", &kind, err);
    if (rc < 0)
        return rc;
    if (kind != SWT_KIND_ROOT && !swt_kind_is_bundle(kind))
        return fail_kind(kind, file, err);
    if (kind == SWT_KIND_ROOT)
        rc = read_root_file(&subject, reader, role, root, err);
    else
        rc = read_bundle(&subject, SWT_TAKE(reader), kind, role, root, err);
    if (rc < 0)
        return rc;
    set_quorums(&subject);
    *ret_subject = SWT_MOVE(subject);
    return 0;
}

/* ---- payloads ---------------------------------------------------------------------------- */

/* For the audit log and for people; none when the user_manifest is not ours. */
static int read_product(struct swt_sign_subject *subject, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *json = NULL;
    if (subject->user_manifest.len == 0)
        return 0;
    int rc = swt_user_manifest_read(swt_buf_slice(&subject->user_manifest), &json, err);
    const char *name = json_string_value(json_object_get(json_object_get(json, "product"), "name"));
    if (rc < 0 || name == NULL)
        return rc;
    subject->product = swt_strdup(name, err);
    subject->signing.product = subject->product;
    return subject->product == NULL ? -SWT_E_MEMORY : 0;
}

int swt_sign_subject_check(struct swt_sign_subject *subject, struct swt_error *err) {
    if (!subject->is_bundle)
        return 0;
    int rc =
        swt_payloads_check(&subject->bundle, SWT_LEFT_OUT_REFUSED, &subject->user_manifest, err);
    return rc < 0 ? rc : read_product(subject, err);
}

/* ---- who may sign ------------------------------------------------------------------------ */

int swt_sign_subject_warn_of_rollback(const struct swt_sign_subject *subject,
                                      struct swt_notices *notices, struct swt_error *err) {
    const struct swt_root_source *old = swt_sign_subject_replaces(subject);
    return old == NULL ? 0
                       : swt_signing_warn_of_rollback(subject->own_root, old->root, notices, err);
}

int swt_sign_subject_need_quorums(const struct swt_sign_subject *subject, struct swt_error *err) {
    if (subject->quorums.count > 0)
        return 0;
    swt_fail(err, SWT_E_USAGE,
             "%s holds no root, and --root was not given: nothing tells which keys may sign",
             subject->file);
    return swt_error_hint(err, "give --root ROOT");
}

/* ---- writing ----------------------------------------------------------------------------- */

int swt_sign_in_place_check(const char *file, const char *output, struct swt_error *err) {
    bool makes_file = false;
    if (output != NULL)
        return swt_output_in_place(output, file, err);
    if (strcmp(file, "-") == 0)
        return swt_fail(err, SWT_E_USAGE, "standard input can't be signed in place: give -o");
    /* To be opened for writing would empty what is behind /dev/stdin. */
    int rc = swt_writer_makes_file(file, &makes_file, err);
    if (rc < 0 || makes_file)
        return rc;
    swt_fail(err, SWT_E_USAGE, "it is no regular file, so it can't be signed in place: give -o");
    return swt_error_file(err, file);
}

static bool has_added(const struct swt_signing_result *result) {
    return json_array_size(result->added) > 0;
}

int swt_sign_subject_document(const struct swt_sign_subject *subject,
                              const struct swt_signing_result *result, const char *output,
                              json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope envelope = {0};
    SWT_CLEANUP(swt_json_cleanup)
    json_t *document =
        json_pack("{s:s, s:O, s:O, s:b}", "role", subject->signing.role, "added", result->added,
                  "already", result->already, "written", has_added(result) || output != NULL);
    json_t *quorums = NULL;
    if (document == NULL)
        return swt_fail_memory(err);
    int rc =
        swt_json_set(document, "file", swt_json_path(output != NULL ? output : subject->file), err);
    if (rc == 0)
        rc = swt_envelope_decode(swt_buf_slice(&result->envelope), 0, false, &envelope, err);
    if (rc == 0)
        rc = swt_json_quorums(&subject->quorums, &envelope, &quorums, err);
    if (rc == 0)
        rc = swt_json_set(document, "quorums", quorums, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

/* One writing of the file. */
struct writing {
    struct swt_sign_subject *subject;
    const struct swt_signing_result *draft;
    const struct swt_sign_seal *seal;
    const char *path;
};

/* All that there is was compared. */
static int make_envelope(const struct writing *writing, struct swt_slice *ret_envelope,
                         struct swt_error *err) {
    if (writing->seal != NULL)
        return writing->seal->make(writing->seal->context, ret_envelope, err);
    *ret_envelope = swt_buf_slice(&writing->draft->envelope);
    return 0;
}

static struct swt_slice *signed_part(const struct swt_sign_subject *subject,
                                     struct swt_bundle_plan *plan) {
    return swt_sign_subject_is_root(subject) ? &plan->root : &plan->targets;
}

static int seal_copy(void *context, struct swt_bundle_plan *plan, struct swt_error *err) {
    const struct writing *writing = context;
    int rc = read_product(writing->subject, err);
    return rc < 0 ? rc : make_envelope(writing, signed_part(writing->subject, plan), err);
}

/* The bundle again, with another envelope in its head. drafted: it is still to be sealed. */
static int copy_bundle(struct writing *writing, struct swt_slice envelope, bool drafted,
                       struct swt_error *err) {
    struct swt_bundle_source *source = &writing->subject->bundle;
    SWT_CLEANUP(swt_buf_done) struct swt_buf other = {0};
    bool is_root = swt_sign_subject_is_root(writing->subject);
    const struct swt_envelope *kept = is_root ? &source->targets_envelope : &source->root_envelope;
    int rc =
        swt_envelope_encode(kept->metadata, kept->signatures, kept->signature_count, &other, err);
    if (rc < 0)
        return rc;
    struct swt_bundle_plan plan = {.format = swt_bundle_format(source->bundle),
                                   .has_root = source->has_root,
                                   .root = swt_buf_slice(&other),
                                   .targets = swt_buf_slice(&other)};
    *signed_part(writing->subject, &plan) = envelope;
    struct swt_payload_copy copy = {.plan = &plan, .left_out = SWT_LEFT_OUT_REFUSED};
    if (drafted) {
        copy.user_manifest = &writing->subject->user_manifest;
        copy.seal = seal_copy;
        copy.context = writing;
    }
    uint64_t size;
    return swt_payloads_copy(source, &copy, writing->path, &size, err);
}

/* To a pipe or device, which keeps what it got: all is compared and signed before. */
static int stream_bundle(struct writing *writing, struct swt_error *err) {
    struct swt_slice envelope = {0};
    int rc = swt_sign_subject_check(writing->subject, err);
    if (rc == 0)
        rc = make_envelope(writing, &envelope, err);
    if (rc == 0)
        rc = swt_payloads_rewind(&writing->subject->bundle, err);
    return rc < 0 ? rc : copy_bundle(writing, envelope, false, err);
}

static int write_bundle(struct writing *writing, struct swt_error *err) {
    bool makes_file;
    int rc = swt_writer_makes_file(writing->path, &makes_file, err);
    if (rc < 0)
        return rc;
    if (!makes_file)
        return stream_bundle(writing, err);
    bool drafted = writing->seal != NULL;
    return copy_bundle(writing, swt_buf_slice(&writing->draft->envelope), drafted, err);
}

/* A root that gets no signature stays as it is, byte for byte. */
static int write_root(struct writing *writing, struct swt_error *err) {
    struct swt_slice envelope;
    int rc = make_envelope(writing, &envelope, err);
    if (rc < 0)
        return rc;
    if (!has_added(writing->draft))
        envelope = swt_buf_slice(&writing->subject->root_file.bytes);
    return swt_write_file(writing->path, NULL, envelope, err);
}

int swt_sign_subject_write(struct swt_sign_subject *subject, const struct swt_signing_result *draft,
                           const struct swt_sign_seal *seal, const char *output,
                           struct swt_error *err) {
    struct writing writing = {subject, draft, seal, output != NULL ? output : subject->file};
    if (has_added(draft) || output != NULL)
        return subject->is_bundle ? write_bundle(&writing, err) : write_root(&writing, err);
    struct swt_slice ignored;
    int rc = swt_sign_subject_check(subject, err);
    return rc < 0 ? rc : make_envelope(&writing, &ignored, err);
}
