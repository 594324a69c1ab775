/* SPDX-License-Identifier: Apache-2.0 */
/* sign --export: what there is to sign, without the payloads, as a request that can travel. */
#include "document.h"
#include "kind.h"
#include "output.h"
#include "sign_subject.h"
#include "signing_request.h"
#include "signing_summary.h"

static int add_quorums(json_t *json, const struct swt_signing_quorums *quorums,
                       struct swt_error *err) {
    json_t *array = swt_json_array(json, "quorums", err);
    int rc = array == NULL ? -SWT_E_MEMORY : 0;
    for (size_t i = 0; i < quorums->count && rc == 0; i++) {
        const struct swt_signing_quorum *quorum = &quorums->items[i];
        json_t *object = json_pack("{s:s, s:I}", "of", quorum->of, "threshold",
                                   (json_int_t)quorum->role->threshold);
        rc = swt_json_add(array, object, err);
        json_t *keys = rc == 0 ? swt_json_array(object, "keys", err) : NULL;
        if (rc == 0 && keys == NULL)
            rc = -SWT_E_MEMORY;
        for (size_t j = 0; j < quorum->role->key_id_count && rc == 0; j++)
            rc = swt_json_add(keys, swt_json_hex(quorum->role->key_ids[j]), err);
    }
    return rc;
}

/* One that counts; others are noted. */
static int add_signature(json_t *array, const struct swt_sign_subject *subject,
                         const struct swt_signature *signature, enum swt_signature_state state,
                         struct swt_notices *notices, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *id = swt_json_hex(signature->key_id);
    if (id == NULL)
        return swt_fail_memory(err);
    if (state != SWT_SIGNATURE_GOOD)
        return swt_notices_add(notices, err, SWT_NOTE, "a signature of key %s %s: left out",
                               json_string_value(id), swt_signature_state_text(state));
    const struct swt_root_key *key = swt_signing_quorums_key(&subject->quorums, signature->key_id);
    return swt_json_add_signature(array, signature, key->key.type, err);
}

static int add_signatures(json_t *json, const struct swt_sign_subject *subject,
                          struct swt_notices *notices, struct swt_error *err) {
    const struct swt_envelope *envelope = swt_sign_subject_envelope(subject);
    SWT_CLEANUP(swt_signature_states_done) struct swt_signature_states states = {0};
    json_t *array = swt_json_array(json, "signatures", err);
    int rc = array == NULL ? -SWT_E_MEMORY : 0;
    if (rc == 0)
        rc = swt_signing_quorums_count(&subject->quorums, envelope, &states, err);
    for (size_t i = 0; i < envelope->signature_count && rc == 0; i++)
        rc = add_signature(array, subject, &envelope->signatures[i], states.items[i], notices, err);
    return rc;
}

static int make_summary(const struct swt_sign_subject *subject, json_t **ret_summary,
                        struct swt_error *err) {
    const struct swt_root_source *old = swt_sign_subject_replaces(subject);
    if (swt_sign_subject_is_root(subject))
        return swt_summary_of_root(subject->own_root, old != NULL ? old->root : NULL, ret_summary,
                                   err);
    return swt_summary_of_targets(subject->targets, swt_buf_slice(&subject->user_manifest),
                                  ret_summary, err);
}

/* What people look at stands first, what only programs read at the end. */
static int make_request(const struct swt_sign_subject *subject, struct swt_notices *notices,
                        json_t *json, struct swt_error *err) {
    const struct swt_root_source *old = swt_sign_subject_replaces(subject);
    struct swt_slice metadata = swt_sign_subject_envelope(subject)->metadata;
    json_t *summary = NULL;
    int rc = swt_json_set(json, "schema", json_string(SWT_SIGNING_REQUEST_SCHEMA "1"), err);
    if (rc == 0)
        rc = swt_json_set(json, "role", json_string(subject->signing.role), err);
    if (rc == 0)
        rc = swt_json_set(json, "sha256", swt_json_sha256(metadata), err);
    if (rc == 0)
        rc = make_summary(subject, &summary, err);
    if (rc == 0)
        rc = swt_json_set(json, "summary", summary, err);
    if (rc == 0)
        rc = add_quorums(json, &subject->quorums, err);
    if (rc == 0)
        rc = add_signatures(json, subject, notices, err);
    if (rc == 0 && old != NULL)
        rc = swt_json_set(json, "replaces", swt_json_base64(swt_buf_slice(&old->bytes)), err);
    if (rc == 0 && subject->targets != NULL && subject->user_manifest.len > 0)
        rc = swt_json_set(json, "user_manifest",
                          swt_json_base64(swt_buf_slice(&subject->user_manifest)), err);
    return rc < 0 ? rc : swt_json_set(json, "metadata", swt_json_base64(metadata), err);
}

/* The request as its reader sees it: one that the other side would refuse is not sent round. */
static int check_request(const char *path, const struct swt_buf *bytes, json_t *document,
                         struct swt_error *err) {
    SWT_CLEANUP(swt_signing_request_cleanup) struct swt_signing_request *request = NULL;
    char size[SWT_SIZE_TEXT];
    if (bytes->len > SWT_MAX_SIGNING_JSON)
        return swt_fail(err, SWT_E_SIGNING_REQUEST, "the request has %s, at most %zu are read",
                        swt_bytes_text(bytes->len, size), SWT_MAX_SIGNING_JSON);
    int rc = swt_signing_request_read(swt_buf_slice(bytes), path, &request, err);
    if (rc == 0)
        rc = swt_signing_request_check(request, err);
    return rc < 0 ? rc : swt_signing_request_describe(request, document, err);
}

/* Whoever gives --root has a reason to: that it decides nothing should be heard. */
static int warn_of_other_root(const struct swt_sign_subject *subject, struct swt_notices *notices,
                              struct swt_error *err) {
    if (!swt_sign_subject_overrules(subject) ||
        swt_role_same(&subject->own_root->targets, &subject->other_root.root->targets))
        return 0;
    return swt_notices_add(notices, err, SWT_WARNING,
                           "the bundle's own root tells who may sign; the one of --root differs");
}

static int export_subject(const struct swt_sign_export_options *options,
                          const struct swt_sign_subject *subject, struct swt_notices *notices,
                          json_t *document, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *json = json_object();
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    if (json == NULL)
        return swt_fail_memory(err);
    int rc = swt_sign_subject_warn_of_rollback(subject, notices, err);
    if (rc == 0)
        rc = warn_of_other_root(subject, notices, err);
    if (rc == 0)
        rc = make_request(subject, notices, json, err);
    if (rc == 0)
        rc = swt_signing_file_write(json, &bytes, err);
    if (rc == 0)
        rc = check_request(options->request, &bytes, document, err);
    if (rc == 0)
        rc = swt_json_set(document, "size", json_integer((json_int_t)bytes.len), err);
    return rc < 0 ? rc : swt_write_file(options->request, NULL, swt_buf_slice(&bytes), err);
}

int swt_sign_export(const struct swt_sign_export_options *options, struct swt_notices *notices,
                    json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_sign_subject_done) struct swt_sign_subject subject = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_object();
    if (document == NULL)
        return swt_fail_memory(err);
    int rc = swt_output_spares(options->request, options->file, "the file to sign", err);
    if (rc == 0)
        rc = swt_output_spares(options->request, options->root, "the root of --root", err);
    if (rc == 0)
        rc = swt_sign_subject_open(options->file, options->role, options->root, options->progress,
                                   &subject, err);
    if (rc == 0)
        rc = swt_sign_subject_check(&subject, err);
    if (rc == 0)
        rc = swt_sign_subject_need_quorums(&subject, err);
    if (rc == 0)
        rc = swt_json_set(document, "file", swt_json_path(options->request), err);
    if (rc == 0)
        rc = export_subject(options, &subject, notices, document, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
