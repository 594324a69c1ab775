/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the parts of a request agree. Each check stops somebody who wants a signature on one
 * thing from a person who sees another. */
#include "document.h"
#include "signing_request.h"
#include "signing_summary.h"
#include "user_manifest.h"

#include "swt/io.h"

#include <stdio.h>
#include <string.h>

static int check_sha256(const struct swt_signing_request *request, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *derived = swt_json_sha256(swt_buf_slice(&request->metadata));
    const json_t *given = json_object_get(request->file.json, "sha256");
    if (derived == NULL)
        return swt_fail_memory(err);
    if (json_equal(given, derived))
        return 0;
    return swt_signing_file_fail(&request->file, err,
                                 "sha256: the request says %s, the metadata has %s",
                                 json_string_value(given), json_string_value(derived));
}

static int check_user_manifest(const struct swt_signing_request *request, struct swt_error *err) {
    const struct swt_buf *bytes = &request->user_manifest;
    const struct swt_target *target =
        request->targets == NULL ? NULL : swt_user_manifest_target(request->targets);
    if (bytes->len == 0) {
        /* Without it, nobody would see which product this is. */
        return target == NULL || target->length == 0
                   ? 0
                   : swt_signing_file_fail(&request->file, err,
                                           "user_manifest: it is missing, the metadata lists it");
    }
    if (target == NULL)
        return swt_signing_file_fail(&request->file, err,
                                     "user_manifest: the metadata lists no such target first");
    uint8_t digest[SWT_DIGEST_SIZE];
    int rc = swt_sha256_of(swt_buf_slice(bytes), digest, err);
    if (rc < 0)
        return rc;
    if (target->length == bytes->len && memcmp(digest, target->sha256, sizeof digest) == 0)
        return 0;
    return swt_signing_file_fail(&request->file, err,
                                 "user_manifest: it does not have the length and SHA-256 that the "
                                 "metadata lists");
}

/* ---- quorums ----------------------------------------------------------------------------- */

static int fail_quorum(const struct swt_signing_request *request, size_t index, const char *member,
                       struct swt_error *err) {
    return swt_signing_file_fail(&request->file, err,
                                 "quorums[%zu].%s: not what the root metadata says", index, member);
}

static bool same_keys(const struct swt_role *a, const struct swt_role *b) {
    bool same = a->key_id_count == b->key_id_count;
    for (size_t i = 0; i < a->key_id_count && same; i++)
        same = swt_slice_equal(a->key_ids[i], b->key_ids[i]);
    return same;
}

static int check_quorums(const struct swt_signing_request *request, struct swt_error *err) {
    for (size_t i = 0; i < request->quorums.count; i++) {
        const struct swt_claimed_quorum *claimed = &request->claimed[i];
        const struct swt_signing_quorum *quorum = &request->quorums.items[i];
        if (strcmp(claimed->of, quorum->of) != 0)
            return swt_signing_file_fail(&request->file, err,
                                         "quorums[%zu].of: expected '%s', found '%s'", i,
                                         quorum->of, claimed->of);
        if (claimed->role.threshold != quorum->role->threshold)
            return fail_quorum(request, i, "threshold", err);
        if (!same_keys(&claimed->role, quorum->role))
            return fail_quorum(request, i, "keys", err);
    }
    return 0;
}

/* ---- signatures -------------------------------------------------------------------------- */

static bool is_listed(const struct swt_signing_request *request, struct swt_slice key_id) {
    for (size_t i = 0; i < request->quorums.count; i++)
        if (swt_role_lists(request->quorums.items[i].role, key_id))
            return true;
    return false;
}

/* What is wrong with a signature that is said to have been made; NULL: nothing that can be seen. */
static int judge_signature(const struct swt_signing_request *request, size_t index,
                           const char **ret_fault, struct swt_error *err) {
    const struct swt_signature *signature = &request->envelope.signatures[index];
    enum swt_signature_state state;
    *ret_fault = NULL;
    if (!is_listed(request, signature->key_id)) {
        *ret_fault = swt_signature_state_text(SWT_SIGNATURE_UNLISTED);
        return 0;
    }
    if (request->quorums.items[0].root == NULL)
        return 0;
    const struct swt_root_key *listed =
        swt_signing_quorums_key(&request->quorums, signature->key_id);
    if (listed == NULL || listed->key.type != request->signatures.items[index].key_type) {
        *ret_fault = "has another scheme than the key";
        return 0;
    }
    int rc = swt_signing_quorums_judge(&request->quorums, request->envelope.metadata, signature,
                                       &state, err);
    if (rc == 0 && state != SWT_SIGNATURE_GOOD)
        *ret_fault = swt_signature_state_text(state);
    return rc;
}

int swt_signing_request_check_signatures(const struct swt_signing_request *request,
                                         struct swt_error *err) {
    for (size_t i = 0; i < request->envelope.signature_count; i++) {
        const char *fault = NULL;
        int rc = swt_interrupted(err);
        if (rc == 0)
            rc = judge_signature(request, i, &fault, err);
        if (rc < 0)
            return rc;
        if (fault == NULL)
            continue;
        char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
        swt_hex_encode(request->signatures.items[i].key_id, SWT_KEY_ID_SIZE, id);
        return swt_signing_file_fail(&request->file, err,
                                     "signatures[%zu]: the signature of key %s %s", i, id, fault);
    }
    return 0;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int check_summary(const struct swt_signing_request *request, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    int rc = swt_summary_differs("summary", json_object_get(request->file.json, "summary"),
                                 request->summary, &text, err);
    return rc <= 0 ? rc : swt_signing_file_fail(&request->file, err, "%s", swt_buf_text(&text));
}

int swt_signing_request_check(const struct swt_signing_request *request, struct swt_error *err) {
    int rc = check_sha256(request, err);
    if (rc == 0)
        rc = check_user_manifest(request, err);
    if (rc == 0)
        rc = check_quorums(request, err);
    if (rc == 0)
        rc = swt_signing_request_check_signatures(request, err);
    return rc < 0 ? rc : check_summary(request, err);
}
