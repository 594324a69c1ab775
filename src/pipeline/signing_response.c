/* SPDX-License-Identifier: Apache-2.0 */
#include "signing_response.h"
#include "document.h"
#include "json_text.h"
#include "kind.h"

void swt_signing_response_done(struct swt_signing_response *response) {
    swt_brought_signatures_done(&response->signatures);
    swt_signing_file_done(&response->file);
    *response = (struct swt_signing_response){0};
}

int swt_signing_response_read(struct swt_slice bytes, const char *name,
                              struct swt_signing_response *ret_response, struct swt_error *err) {
    static const char *const KNOWN[] = {"schema", "role", "sha256", "signatures", NULL};
    SWT_CLEANUP(swt_signing_response_done) struct swt_signing_response response = {0};
    struct swt_signing_file *file = &response.file;
    json_t *sha256;
    int rc = swt_signing_file_read(bytes, name, SWT_SIGNING_RESPONSE_SCHEMA, SWT_E_SIGNING_RESPONSE,
                                   file, err);
    if (rc == 0)
        rc = swt_signing_file_note_unknown(file, file->json, "", KNOWN, err);
    if (rc == 0)
        rc = swt_signing_file_role(file, &response.role, err);
    if (rc == 0)
        rc = swt_signing_file_member(file, file->json, "", "sha256", JSON_STRING, &sha256, err);
    if (rc == 0)
        rc = swt_signing_file_hash(file, sha256, "sha256", response.sha256, err);
    if (rc == 0)
        rc = swt_brought_signatures_read(file, &response.signatures, err);
    if (rc == 0 && response.signatures.count == 0)
        rc = swt_signing_file_fail(file, err, "signatures: there is none");
    if (rc == 0)
        *ret_response = SWT_MOVE(response);
    return rc;
}

int swt_signing_response_describe(const struct swt_signing_response *response, json_t *document,
                                  struct swt_error *err) {
    json_t *array = NULL;
    int rc = swt_json_set(document, "role", json_string(response->role), err);
    if (rc == 0)
        rc = swt_json_set(document, "sha256",
                          swt_json_hex(swt_slice_of(response->sha256, sizeof response->sha256)),
                          err);
    if (rc == 0) {
        array = swt_json_array(document, "signatures", err);
        rc = array == NULL ? -SWT_E_MEMORY : 0;
    }
    for (size_t i = 0; i < response->signatures.count && rc == 0; i++) {
        const struct swt_brought_signature *signature = &response->signatures.items[i];
        json_t *json = json_pack("{s:s}", "scheme", swt_key_scheme_text(signature->key_type));
        rc = swt_json_add(array, json, err);
        if (rc == 0)
            rc = swt_json_set(
                json, "key_id",
                swt_json_hex(swt_slice_of(signature->key_id, sizeof signature->key_id)), err);
    }
    return rc < 0 ? rc
                  : swt_json_set(document, "unknown", json_incref(response->file.unknown), err);
}

int swt_signing_response_write(const char *role, struct swt_slice metadata, json_t *signatures,
                               struct swt_buf *ret_bytes, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *json = json_object();
    if (json == NULL)
        return swt_fail_memory(err);
    int rc = swt_json_set(json, "schema", json_string(SWT_SIGNING_RESPONSE_SCHEMA "1"), err);
    if (rc == 0)
        rc = swt_json_set(json, "role", json_string(role), err);
    if (rc == 0)
        rc = swt_json_set(json, "sha256", swt_json_sha256(metadata), err);
    if (rc == 0)
        rc = swt_json_set(json, "signatures", json_incref(signatures), err);
    return rc < 0 ? rc : swt_signing_file_write(json, ret_bytes, err);
}
