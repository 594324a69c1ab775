/* SPDX-License-Identifier: Apache-2.0 */
/* sign --attach: signatures that others made, on this file's own bytes or not at all. */
#include "document.h"
#include "kind.h"
#include "output.h"
#include "sign_subject.h"
#include "signing_response.h"

#include "swt/io.h"

#include <stdlib.h>
#include <string.h>

/* A signature that one of the files brought. */
struct brought {
    const struct swt_root_key *key;
    const char *from;
    bool from_copy;
    struct swt_buf value;
};

struct attach {
    struct swt_notices *notices;
    struct swt_sign_subject subject;
    struct brought *brought;
    size_t brought_count;
    struct swt_signature_list list;
    struct swt_signing_result result;
};

static void attach_done(struct attach *attach) {
    swt_signing_result_done(&attach->result);
    swt_signature_list_done(&attach->list);
    for (size_t i = 0; i < attach->brought_count; i++)
        swt_buf_done(&attach->brought[i].value);
    free(attach->brought);
    swt_sign_subject_done(&attach->subject);
}

static struct swt_slice metadata_of(const struct attach *attach) {
    return swt_sign_subject_envelope(&attach->subject)->metadata;
}

static void id_text(struct swt_slice id, char ret_text[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)]) {
    swt_hex_encode(id.data, id.len < SWT_KEY_ID_SIZE ? id.len : SWT_KEY_ID_SIZE, ret_text);
}

static int refuse(const char *file, struct swt_error *err, const char *format, ...)
    SWT_PRINTF(3, 4);

static int refuse(const char *file, struct swt_error *err, const char *format, ...) {
    char message[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    (void)swt_fail(err, SWT_E_SIGNING_RESPONSE, "%s", message);
    return swt_error_file(err, file);
}

/* ---- what was brought -------------------------------------------------------------------- */

/* Takes a good signature in, once for each key. What two copies of the file share is merged; a key
 * that signs in two responses is one that somebody wants to be counted twice. */
static int take(struct attach *attach, const struct swt_signature *signature, const char *from,
                bool from_copy, struct swt_error *err) {
    const struct swt_root_key *key =
        swt_signing_quorums_key(&attach->subject.quorums, signature->key_id);
    for (size_t i = 0; i < attach->brought_count; i++) {
        const struct brought *earlier = &attach->brought[i];
        if (earlier->key != key)
            continue;
        if (from_copy || earlier->from_copy)
            return 0;
        char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
        id_text(key->id, id);
        return refuse(from, err, "the key %s signs here and in %s", id, earlier->from);
    }
    struct brought *items = reallocarray(attach->brought, attach->brought_count + 1, sizeof *items);
    if (items == NULL)
        return swt_fail_memory(err);
    attach->brought = items;
    struct brought *brought = &items[attach->brought_count++];
    *brought = (struct brought){.key = key, .from = from, .from_copy = from_copy};
    return swt_buf_append_slice(&brought->value, signature->value, err);
}

/* ---- responses --------------------------------------------------------------------------- */

static int refuse_key(const struct attach *attach, struct swt_slice id, const char *from,
                      struct swt_error *err) {
    const struct swt_signing_quorums *quorums = &attach->subject.quorums;
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    char hex[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
    int rc = 0;
    for (size_t i = 0; i < quorums->count && rc == 0; i++) {
        rc = swt_buf_printf(&text, err, "%s%s: ", i > 0 ? "; " : "", quorums->items[i].of);
        if (rc == 0)
            rc = swt_role_text(quorums->items[i].role, &text, err);
    }
    id_text(id, hex);
    return rc < 0 ? rc
                  : refuse(from, err, "the key %s may not sign; who may is %s", hex,
                           swt_buf_text(&text));
}

static int take_signature(struct attach *attach, const struct swt_brought_signature *brought,
                          const char *from, struct swt_error *err) {
    struct swt_signature signature = {swt_slice_of(brought->key_id, sizeof brought->key_id),
                                      swt_buf_slice(&brought->value)};
    const struct swt_signing_quorums *quorums = &attach->subject.quorums;
    const struct swt_root_key *key = swt_signing_quorums_key(quorums, signature.key_id);
    char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
    enum swt_signature_state state;
    id_text(signature.key_id, id);
    if (key == NULL)
        return refuse_key(attach, signature.key_id, from, err);
    if (key->key.type != brought->key_type)
        return refuse(from, err, "the signature of key %s is %s, the key signs with %s", id,
                      swt_key_scheme_text(brought->key_type), swt_key_scheme_text(key->key.type));
    int rc = swt_signing_quorums_judge(quorums, metadata_of(attach), &signature, &state, err);
    if (rc < 0)
        return rc;
    if (state != SWT_SIGNATURE_GOOD)
        return refuse(from, err, "the signature of key %s %s", id, swt_signature_state_text(state));
    return take(attach, &signature, from, false, err);
}

static int note_unknown(const struct attach *attach, const struct swt_signing_response *response,
                        const char *from, struct swt_error *err) {
    size_t i;
    const json_t *entry;
    int rc = 0;
    json_array_foreach(response->file.unknown, i, entry) {
        rc = swt_notices_add(attach->notices, err, SWT_NOTE, "%s: unknown member '%s'", from,
                             json_string_value(json_object_get(entry, "member")));
        if (rc < 0)
            break;
    }
    return rc;
}

/* Of these very bytes: a response to an older request of the same release is not. */
static int check_sha256(const struct attach *attach, const struct swt_signing_response *response,
                        const char *from, struct swt_error *err) {
    struct swt_slice metadata = metadata_of(attach);
    uint8_t digest[SWT_DIGEST_SIZE];
    char own[SWT_HEX_SIZE(SWT_DIGEST_SIZE)];
    char other[SWT_HEX_SIZE(SWT_DIGEST_SIZE)];
    int rc = swt_sha256_of(metadata, digest, err);
    if (rc < 0)
        return rc;
    if (memcmp(digest, response->sha256, sizeof digest) == 0)
        return 0;
    swt_hex_encode(digest, sizeof digest, own);
    swt_hex_encode(response->sha256, sizeof digest, other);
    return refuse(from, err, "signed are other bytes: SHA-256 %s, the %s metadata of %s has %s",
                  other, attach->subject.signing.role, attach->subject.file, own);
}

static int attach_response(struct attach *attach, struct swt_reader *reader, const char *from,
                           struct swt_error *err) {
    SWT_CLEANUP(swt_signing_response_done) struct swt_signing_response response = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = swt_reader_read_all(reader, SWT_MAX_SIGNING_JSON, &bytes, err);
    if (rc == 0)
        rc = swt_signing_response_read(swt_buf_slice(&bytes), from, &response, err);
    if (rc != 0)
        return rc;
    if (strcmp(response.role, attach->subject.signing.role) != 0)
        return refuse(from, err, "it signs as %s, the signatures of %s are added", response.role,
                      attach->subject.signing.role);
    rc = note_unknown(attach, &response, from, err);
    if (rc == 0)
        rc = check_sha256(attach, &response, from, err);
    for (size_t i = 0; i < response.signatures.count && rc == 0; i++)
        rc = take_signature(attach, &response.signatures.items[i], from, err);
    return rc;
}

/* ---- signed copies ----------------------------------------------------------------------- */

/* A copy may hold what its maker liked: what does not count here is passed over and told. */
static int take_envelope(struct attach *attach, const struct swt_envelope *envelope,
                         const char *from, struct swt_error *err) {
    if (!swt_slice_equal(envelope->metadata, metadata_of(attach)))
        return refuse(from, err, "it holds other %s metadata than %s", attach->subject.signing.role,
                      attach->subject.file);
    SWT_CLEANUP(swt_signature_states_done) struct swt_signature_states states = {0};
    int rc = swt_signing_quorums_count(&attach->subject.quorums, envelope, &states, err);
    size_t taken = 0;
    for (size_t i = 0; i < envelope->signature_count && rc == 0; i++) {
        const struct swt_signature *signature = &envelope->signatures[i];
        enum swt_signature_state state = states.items[i];
        if (state == SWT_SIGNATURE_GOOD || state == SWT_SIGNATURE_REPEATED) {
            rc = take(attach, signature, from, true, err);
            taken++;
            continue;
        }
        char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
        id_text(signature->key_id, id);
        rc = swt_notices_add(attach->notices, err, SWT_NOTE,
                             "%s: a signature of key %s %s: not taken", from, id,
                             swt_signature_state_text(state));
    }
    if (rc == 0 && taken == 0)
        return refuse(from, err, "it holds no signature that counts here");
    return rc;
}

static int attach_copy(struct attach *attach, struct swt_reader **reader, enum swt_kind kind,
                       const char *from, struct swt_error *err) {
    SWT_CLEANUP(swt_root_source_done) struct swt_root_source root = {0};
    SWT_CLEANUP(swt_bundle_source_done) struct swt_bundle_source bundle = {0};
    bool wants_root = swt_sign_subject_is_root(&attach->subject);
    if (wants_root) {
        int rc = swt_root_source_read(*reader, false, &root, err);
        return rc < 0 ? rc : take_envelope(attach, &root.envelope, from, err);
    }
    if (kind == SWT_KIND_ROOT)
        return refuse(from, err, "it is root metadata, the signatures of targets are added");
    int rc = swt_bundle_source_open(SWT_TAKE(*reader), kind, false, &bundle, err);
    return rc < 0 ? rc : take_envelope(attach, &bundle.targets_envelope, from, err);
}

static int attach_file(struct attach *attach, const char *path, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *pipe = NULL;
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    enum swt_kind kind = SWT_KIND_TAR_BUNDLE;
    int rc = swt_reader_open(path, &reader, err);
    if (rc == 0 && !swt_reader_seekable(reader)) {
        pipe = SWT_TAKE(reader);
        rc = swt_reader_read_all(pipe, SWT_MAX_SIGNING_JSON, &bytes, err);
        if (rc == 0)
            rc = swt_reader_open_memory(swt_buf_slice(&bytes), path, &reader, err);
    }
    if (rc == 0)
        rc = swt_kind_detect_among(reader, "a signing response or a signed copy", &kind, err);
    if (rc < 0)
        return rc;
    if (kind == SWT_KIND_SIGNING_RESPONSE)
        return attach_response(attach, reader, path, err);
    if (kind == SWT_KIND_ROOT || swt_kind_is_bundle(kind))
        return attach_copy(attach, &reader, kind, path, err);
    swt_fail(err, SWT_E_FILE_KIND, "expected a signing response or a signed copy, found %s",
             swt_kind_name(kind));
    return swt_error_file(err, path);
}

/* ---- the whole --------------------------------------------------------------------------- */

static int warn_of_other_root(const struct attach *attach, struct swt_slice key_id,
                              struct swt_error *err) {
    const struct swt_sign_subject *subject = &attach->subject;
    if (!swt_sign_subject_overrules(subject) ||
        swt_role_lists(&subject->other_root.root->targets, key_id))
        return 0;
    char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
    id_text(key_id, id);
    return swt_notices_add(attach->notices, err, SWT_WARNING,
                           "the bundle's own root lists the key %s, the one of --root does not",
                           id);
}

/* Adds what was brought to the signatures that the file has. */
static int merge(struct attach *attach, struct swt_error *err) {
    const struct swt_envelope *envelope = swt_sign_subject_envelope(&attach->subject);
    struct swt_signing_result *result = &attach->result;
    *result = (struct swt_signing_result){.added = json_array(), .already = json_array()};
    if (result->added == NULL || result->already == NULL)
        return swt_fail_memory(err);
    int rc = swt_signature_list_init(envelope, attach->brought_count, &attach->list, err);
    for (size_t i = 0; i < attach->brought_count && rc == 0; i++) {
        const struct brought *brought = &attach->brought[i];
        rc = swt_signature_list_has(&attach->list, brought->key->id, &brought->key->key,
                                    envelope->metadata, &result->dropped, err);
        bool there = rc > 0;
        if (rc == 0)
            rc = swt_signature_list_add(
                &attach->list,
                (struct swt_signature){brought->key->id, swt_buf_slice(&brought->value)}, err);
        if (rc < 0 && err->code == SWT_E_METADATA) /* no room for it */
            return swt_error_file(err, attach->subject.file);
        if (rc >= 0)
            rc = swt_json_add(there ? result->already : result->added,
                              swt_json_hex(brought->key->id), err);
        if (rc == 0 && !there)
            rc = warn_of_other_root(attach, brought->key->id, err);
    }
    return rc < 0 ? rc
                  : swt_envelope_encode(envelope->metadata, attach->list.items, attach->list.count,
                                        &result->envelope, err);
}

static int check_output(const struct swt_sign_attach_options *options, struct swt_error *err) {
    int rc = swt_sign_in_place_check(options->file, options->output, err);
    if (rc == 0)
        rc = swt_output_spares(options->output, options->root, "the root of --root", err);
    for (size_t i = 0; i < options->response_count && rc == 0; i++)
        rc = swt_output_spares(options->output, options->responses[i], "what is attached", err);
    return rc;
}

int swt_sign_attach(const struct swt_sign_attach_options *options, struct swt_notices *notices,
                    json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(attach_done) struct attach attach = {.notices = notices};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    int rc = check_output(options, err);
    if (rc == 0)
        rc = swt_sign_subject_open(options->file, options->role, options->root, options->progress,
                                   &attach.subject, err);
    if (rc == 0)
        rc = swt_sign_subject_need_quorums(&attach.subject, err);
    if (rc == 0)
        rc = swt_sign_subject_warn_of_rollback(&attach.subject, notices, err);
    for (size_t i = 0; i < options->response_count && rc == 0; i++)
        rc = attach_file(&attach, options->responses[i], err);
    if (rc == 0)
        rc = merge(&attach, err);
    if (rc == 0)
        rc = swt_sign_subject_document(&attach.subject, &attach.result, options->output, &document,
                                       err);
    if (rc == 0)
        rc = swt_sign_subject_write(&attach.subject, &attach.result, NULL, options->output, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
