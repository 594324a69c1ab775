/* SPDX-License-Identifier: Apache-2.0 */
/* sign --request: the side of the person who holds a key and sees nothing but the request. It is
 * checked and shown, the person is asked, and only then a key is opened. */
#include "document.h"
#include "kind.h"
#include "output.h"
#include "signing_request.h"
#include "signing_response.h"

struct request_job {
    const struct swt_sign_request_options *options;
    struct swt_notices *notices;
    struct swt_signing_request *request;
    struct swt_root_source anchor;
    json_t *document; /* what is shown, then the answer */
    struct swt_signers signers;
    struct swt_signing_result result;
};

static void request_job_done(struct request_job *job) {
    swt_signing_result_done(&job->result);
    swt_signers_done(&job->signers);
    json_decref(job->document);
    swt_root_source_done(&job->anchor);
    swt_signing_request_free(job->request);
}

/* ---- reading ----------------------------------------------------------------------------- */

/* Another kind of file is told as such; what is no kind at all, by its first fault as a request. */
static int refuse_other_kind(struct swt_slice bytes, const char *name, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *memory = NULL;
    enum swt_kind kind = SWT_KIND_SIGNING_REQUEST;
    int rc = swt_reader_open_memory(bytes, name, &memory, err);
    if (rc == 0)
        rc = swt_kind_detect(memory, &kind, err);
    if (rc < 0)
        return err->code == SWT_E_FILE_KIND ? 0 : rc;
    if (kind == SWT_KIND_SIGNING_REQUEST)
        return 0;
    swt_fail(err, SWT_E_FILE_KIND, "expected a signing request, found %s", swt_kind_name(kind));
    return swt_error_file(err, name);
}

static int read_request(struct request_job *job, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = swt_reader_open(job->options->request, &reader, err);
    if (rc == 0)
        rc = swt_reader_read_all(reader, SWT_MAX_SIGNING_JSON, &bytes, err);
    if (rc == 0)
        rc = refuse_other_kind(swt_buf_slice(&bytes), swt_reader_name(reader), err);
    if (rc == 0)
        rc = swt_signing_request_read(swt_buf_slice(&bytes), job->options->request, &job->request,
                                      err);
    return rc != 0 ? rc : swt_signing_request_check(job->request, err);
}

/* ---- the anchor -------------------------------------------------------------------------- */

static int fail_anchor(const struct request_job *job, struct swt_error *err, const char *says,
                       const char *anchor_says) {
    return swt_signing_file_fail(&job->request->file, err, "the request %s, %s %s", says,
                                 job->options->root, anchor_says);
}

/* The quorum is the request's word until now. */
static int trust_targets(struct request_job *job, struct swt_error *err) {
    struct swt_signing_quorum *quorum = &job->request->quorums.items[0];
    const struct swt_root *anchor = job->anchor.root;
    if (swt_role_same(quorum->role, &anchor->targets)) {
        quorum->root = anchor;
        quorum->role = &anchor->targets;
        return swt_signing_request_check_signatures(job->request, err);
    }
    SWT_CLEANUP(swt_buf_done) struct swt_buf says = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf anchor_says = {0};
    int rc = swt_buf_printf(&says, err, "lets sign ");
    if (rc == 0)
        rc = swt_role_text(quorum->role, &says, err);
    if (rc == 0)
        rc = swt_buf_printf(&anchor_says, err, "lets sign ");
    if (rc == 0)
        rc = swt_role_text(&anchor->targets, &anchor_says, err);
    return rc < 0 ? rc : fail_anchor(job, err, swt_buf_text(&says), swt_buf_text(&anchor_says));
}

static int describe_root(const char *verb, const struct swt_root *root, struct swt_buf *ret_text,
                         struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *sha256 = swt_json_sha256(root->bytes);
    if (sha256 == NULL)
        return swt_fail_memory(err);
    return swt_buf_printf(ret_text, err, "%s version %u, SHA-256 %s", verb, root->common.version,
                          json_string_value(sha256));
}

/* The root that is replaced is the one that the signer trusts; a first one is that root itself. */
static int trust_root(struct request_job *job, struct swt_error *err) {
    const struct swt_signing_request *request = job->request;
    const struct swt_root *expected =
        request->has_replaces ? request->replaces.root : request->root;
    if (swt_slice_equal(expected->bytes, job->anchor.root->bytes))
        return 0;
    SWT_CLEANUP(swt_buf_done) struct swt_buf says = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf anchor_says = {0};
    int rc =
        describe_root(request->has_replaces ? "replaces the root of" : "replaces no root and is",
                      expected, &says, err);
    if (rc == 0)
        rc = describe_root("has", job->anchor.root, &anchor_says, err);
    return rc < 0 ? rc : fail_anchor(job, err, swt_buf_text(&says), swt_buf_text(&anchor_says));
}

static int check_anchor(struct request_job *job, struct swt_error *err) {
    if (job->options->root == NULL)
        return 0;
    int rc = swt_root_source_open(job->options->root, false, &job->anchor, err);
    if (rc == 0 && swt_root_check(job->anchor.root, err) < 0)
        rc = swt_error_file(err, job->options->root);
    if (rc < 0)
        return rc;
    return job->request->root != NULL ? trust_root(job, err) : trust_targets(job, err);
}

/* ---- showing and asking ------------------------------------------------------------------ */

/* Told with the summary, not at the end: whoever is asked should have read them. */
static int add_warnings(const struct request_job *job, struct swt_error *err) {
    const struct swt_signing_request *request = job->request;
    SWT_CLEANUP(swt_notices_done) struct swt_notices warnings = {0};
    json_t *array = swt_json_array(job->document, "warnings", err);
    int rc = array == NULL ? -SWT_E_MEMORY : 0;
    if (rc == 0 && request->has_replaces)
        rc = swt_signing_warn_of_rollback(request->root, request->replaces.root, &warnings, err);
    for (size_t i = 0; i < warnings.count && rc == 0; i++)
        rc = swt_json_add(array, json_string(warnings.items[i].text), err);
    return rc;
}

static int show(struct request_job *job, struct swt_error *err) {
    const struct swt_sign_request_options *options = job->options;
    job->document = json_object();
    if (job->document == NULL)
        return swt_fail_memory(err);
    int rc = swt_json_set(job->document, "file", swt_json_path(options->request), err);
    if (rc == 0)
        rc = swt_signing_request_describe(job->request, job->document, err);
    if (rc == 0)
        rc = swt_json_set(job->document, "anchor", json_boolean(options->root != NULL), err);
    if (rc == 0)
        rc = add_warnings(job, err);
    return rc < 0 ? rc : options->confirm.show(options->confirm.context, job->document, err);
}

/* The signature that the request has of the signer's key; NULL: none. */
static const struct swt_signature *existing(const struct request_job *job, size_t signer) {
    const struct swt_envelope *envelope = &job->request->envelope;
    struct swt_slice id =
        swt_slice_of(swt_signer_key_id(job->signers.items[signer]), SWT_KEY_ID_SIZE);
    for (size_t i = 0; i < envelope->signature_count; i++)
        if (swt_slice_equal(envelope->signatures[i].key_id, id))
            return &envelope->signatures[i];
    return NULL;
}

/* The key is at hand here, whatever is known of the others: 1 when it has signed, 0 when not. */
static int has_signed(const struct request_job *job, size_t signer, struct swt_error *err) {
    const struct swt_signing_request *request = job->request;
    const struct swt_signature *signature = existing(job, signer);
    if (signature == NULL)
        return 0;
    const struct swt_key *key = swt_signer_key(job->signers.items[signer]);
    size_t index = (size_t)(signature - request->envelope.signatures);
    int good = 0;
    if (request->signatures.items[index].key_type == key->type)
        good = swt_signature_judge(key, request->envelope.metadata, signature->value, err);
    if (good != 0)
        return good;
    return swt_signing_file_fail(&request->file, err,
                                 "signatures[%zu]: it is said to be by %s, and is not", index,
                                 swt_signer_uri(job->signers.items[signer]));
}

/* What the request says of the keys that are given: each that has signed did. */
static int check_claims(const struct request_job *job, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < job->signers.count && rc >= 0; i++)
        rc = has_signed(job, i, err);
    return rc < 0 ? rc : 0;
}

static int ask(const struct request_job *job, struct swt_error *err) {
    const struct swt_key_sources *sources = &job->options->keys;
    const struct swt_confirm *confirm = &job->options->confirm;
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_pack("{s:s}", "role", job->request->role);
    if (confirm->ask == NULL)
        return 0;
    if (document == NULL)
        return swt_fail_memory(err);
    json_t *keys = swt_json_array(document, "keys", err);
    int rc = keys == NULL ? -SWT_E_MEMORY : 0;
    for (size_t i = 0; i < sources->count && rc == 0; i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf uri = {0};
        rc = swt_key_uri_public(sources->items[i].uri, &uri, err);
        if (rc == 0)
            rc = swt_json_add(keys, swt_json_text(swt_buf_slice(&uri)), err);
    }
    return rc < 0 ? rc : confirm->ask(confirm->context, document, err);
}

/* ---- signing ----------------------------------------------------------------------------- */

static int sign(struct request_job *job, struct swt_error *err) {
    const struct swt_signing_request *request = job->request;
    struct swt_signing_roles roles = swt_signing_roles_of(&request->quorums);
    int rc = swt_signers_open(&job->options->keys, job->options->keyring, job->notices,
                              &job->signers, err);
    if (rc == 0)
        rc = swt_signers_check_listed(&job->signers, &roles, request->role, err);
    if (rc == 0)
        rc = check_claims(job, err);
    if (rc < 0)
        return rc;
    struct swt_signing_subject subject = {
        .role = request->role,
        .product = json_string_value(json_object_get(request->summary, "product")),
        .version = request->root != NULL ? request->root->common.version
                                         : request->targets->common.version};
    return swt_signers_sign(&job->signers, &subject, &request->envelope, false, &job->result, err);
}

/* ---- the response ------------------------------------------------------------------------ */

/* Of each key that was given, once: also of one that had signed before. */
static int list_signatures(const struct request_job *job, const struct swt_envelope *envelope,
                           json_t *array, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < envelope->signature_count && rc == 0; i++) {
        const struct swt_signature *signature = &envelope->signatures[i];
        const struct swt_key *key = NULL;
        for (size_t j = 0; j < job->signers.count && key == NULL; j++)
            if (swt_slice_equal(
                    signature->key_id,
                    swt_slice_of(swt_signer_key_id(job->signers.items[j]), SWT_KEY_ID_SIZE)))
                key = swt_signer_key(job->signers.items[j]);
        if (key != NULL)
            rc = swt_json_add_signature(array, signature, key->type, err);
    }
    return rc;
}

static int finish_document(struct request_job *job, const struct swt_envelope *envelope,
                           struct swt_error *err) {
    json_t *quorums = NULL;
    int rc = swt_json_set(job->document, "file", swt_json_path(job->options->output), err);
    if (rc == 0)
        rc = swt_json_set(job->document, "request", swt_json_path(job->options->request), err);
    if (rc == 0)
        rc = swt_json_set(job->document, "added", json_incref(job->result.added), err);
    if (rc == 0)
        rc = swt_json_set(job->document, "already", json_incref(job->result.already), err);
    if (rc == 0)
        rc = swt_json_quorums(&job->request->quorums, envelope, &quorums, err);
    return rc < 0 ? rc : swt_json_set(job->document, "quorums", quorums, err);
}

static int respond(struct request_job *job, struct swt_error *err) {
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope envelope = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *signatures = json_array();
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    if (signatures == NULL)
        return swt_fail_memory(err);
    int rc = swt_envelope_decode(swt_buf_slice(&job->result.envelope), 0, false, &envelope, err);
    if (rc == 0)
        rc = list_signatures(job, &envelope, signatures, err);
    if (rc == 0)
        rc = swt_signing_response_write(job->request->role, envelope.metadata, signatures, &bytes,
                                        err);
    if (rc == 0)
        rc = finish_document(job, &envelope, err);
    return rc < 0 ? rc : swt_write_file(job->options->output, NULL, swt_buf_slice(&bytes), err);
}

static int check_places(const struct swt_sign_request_options *options, struct swt_error *err) {
    const char *log = options->keyring->audit_log;
    int rc = swt_output_spares_keys(options->output, &options->keys, err);
    if (rc == 0)
        rc = swt_output_spares(options->output, options->request, "the request", err);
    if (rc == 0)
        rc = swt_output_spares(options->output, options->root, "the root of --root", err);
    if (rc == 0)
        rc = swt_log_spares(log, options->request, "the request", err);
    if (rc == 0)
        rc = swt_log_spares(log, options->output, "the response", err);
    if (rc == 0)
        rc = swt_log_spares(log, options->root, "the root of --root", err);
    return rc < 0 ? rc : swt_log_spares_keys(log, &options->keys, err);
}

int swt_sign_request(const struct swt_sign_request_options *options, struct swt_notices *notices,
                     json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(request_job_done) struct request_job job = {.options = options, .notices = notices};
    int rc = check_places(options, err);
    if (rc == 0)
        rc = read_request(&job, err);
    if (rc == 0)
        rc = check_anchor(&job, err);
    if (rc == 0)
        rc = show(&job, err);
    if (rc == 0)
        rc = ask(&job, err);
    if (rc == 0)
        rc = sign(&job, err);
    if (rc == 0)
        rc = respond(&job, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(job.document);
    return rc;
}
