/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a request; whether its parts agree is signing_check.c's. */
#include "signing_request.h"
#include "document.h"
#include "kind.h"
#include "signing_summary.h"
#include "user_manifest.h"

#include "swt/container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 96

void swt_signing_request_free(struct swt_signing_request *request) {
    if (request == NULL)
        return;
    json_decref(request->summary);
    swt_envelope_done(&request->envelope);
    swt_brought_signatures_done(&request->signatures);
    swt_targets_free(request->targets);
    swt_root_free(request->root);
    swt_root_source_done(&request->replaces);
    swt_buf_done(&request->user_manifest);
    swt_buf_done(&request->metadata);
    swt_signing_file_done(&request->file);
    free(request);
}

void swt_signing_request_cleanup(struct swt_signing_request **request) {
    swt_signing_request_free(*request);
}

/* A fault of what a member holds is the request's fault. */
static int inside(const struct swt_signing_request *request, const char *member,
                  struct swt_error *err) {
    if (swt_code_exit(err->code) != 3)
        return -(int)err->code;
    struct swt_error fault = *err;
    return swt_signing_file_fail(&request->file, err, "%s: %s", member, fault.message);
}

static bool is_root(const struct swt_signing_request *request) {
    return strcmp(request->role, SWT_ROLE_ROOT) == 0;
}

/* ---- members ----------------------------------------------------------------------------- */

static int note_unknown(struct swt_signing_request *request, struct swt_error *err) {
    static const char *const OF_TARGETS[] = {"schema",        "role",     "sha256",
                                             "summary",       "quorums",  "signatures",
                                             "user_manifest", "metadata", NULL};
    static const char *const OF_ROOT[] = {"schema",   "role",     "sha256",
                                          "summary",  "quorums",  "signatures",
                                          "replaces", "metadata", NULL};
    return swt_signing_file_note_unknown(&request->file, request->file.json, "",
                                         is_root(request) ? OF_ROOT : OF_TARGETS, err);
}

static int read_replaces(struct swt_signing_request *request, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    if (json_object_get(request->file.json, "replaces") == NULL)
        return 0;
    int rc = swt_signing_file_base64(&request->file, request->file.json, "", "replaces",
                                     SWT_MAX_ENVELOPE, &bytes, err);
    if (rc < 0)
        return rc;
    rc = swt_root_source_decode(&bytes, request->file.name, false, &request->replaces, err);
    if (rc == 0)
        rc = swt_root_check(request->replaces.root, err);
    if (rc < 0)
        return inside(request, "replaces", err);
    request->has_replaces = true;
    return 0;
}

static int decode(struct swt_signing_request *request, struct swt_slice bytes,
                  struct swt_error *err) {
    if (is_root(request))
        return swt_root_decode(bytes, 0, &request->root, err);
    return swt_targets_decode(bytes, 0, &request->targets, err);
}

/* Bytes of the other role say so themselves: told as such, not by the first field that does not
 * fit. */
static int refuse_other_role(const struct swt_signing_request *request, struct swt_slice bytes,
                             struct swt_error *err) {
    SWT_CLEANUP(swt_root_cleanup) struct swt_root *root = NULL;
    SWT_CLEANUP(swt_targets_cleanup) struct swt_targets *targets = NULL;
    struct swt_error ignored;
    const char *other = NULL;
    if (is_root(request) && swt_targets_decode(bytes, 0, &targets, &ignored) == 0 &&
        swt_targets_check_role(targets, &ignored) == 0)
        other = SWT_ROLE_TARGETS;
    if (!is_root(request) && swt_root_decode(bytes, 0, &root, &ignored) == 0 &&
        swt_slice_equal(root->common.role, swt_slice_text(SWT_ROLE_ROOT)))
        other = SWT_ROLE_ROOT;
    if (other == NULL)
        return 0;
    return swt_signing_file_fail(&request->file, err,
                                 "metadata: it is %s metadata, the role of the request is %s",
                                 other, request->role);
}

/* Root metadata has to keep its rules before anything is derived from it. */
static int read_metadata(struct swt_signing_request *request, struct swt_error *err) {
    int rc = swt_signing_file_base64(&request->file, request->file.json, "", "metadata",
                                     SWT_MAX_METADATA, &request->metadata, err);
    if (rc < 0)
        return rc;
    struct swt_slice bytes = swt_buf_slice(&request->metadata);
    rc = refuse_other_role(request, bytes, err);
    if (rc < 0)
        return rc;
    rc = decode(request, bytes, err);
    if (rc == 0 && is_root(request))
        rc = swt_root_check(request->root, err);
    if (rc == 0 && !is_root(request))
        rc = swt_targets_check_role(request->targets, err);
    if (rc == 0 && !is_root(request))
        rc = swt_targets_check_entries(request->targets, err);
    return rc < 0 ? inside(request, "metadata", err) : 0;
}

static int read_user_manifest(struct swt_signing_request *request, struct swt_error *err) {
    if (is_root(request) || json_object_get(request->file.json, "user_manifest") == NULL)
        return 0;
    return swt_signing_file_base64(&request->file, request->file.json, "", "user_manifest",
                                   SWT_MAX_USER_MANIFEST, &request->user_manifest, err);
}

static int read_quorum_keys(const struct swt_signing_request *request, const json_t *keys,
                            const char *path, struct swt_claimed_quorum *quorum,
                            struct swt_error *err) {
    size_t count = json_array_size(keys);
    if (count == 0 || count > SWT_MAX_KEYS)
        return swt_signing_file_fail(&request->file, err, "%skeys: %zu, expected 1 to %d", path,
                                     count, SWT_MAX_KEYS);
    quorum->role.key_ids = quorum->slices;
    for (size_t i = 0; i < count; i++) {
        char key_path[PATH_SIZE];
        struct swt_slice id = swt_slice_of(quorum->ids[i], SWT_KEY_ID_SIZE);
        (void)snprintf(key_path, sizeof key_path, "%skeys[%zu]", path, i);
        int rc = swt_signing_file_hash(&request->file, json_array_get(keys, i), key_path,
                                       quorum->ids[i], err);
        if (rc < 0)
            return rc;
        if (swt_role_lists(&quorum->role, id))
            return swt_signing_file_fail(&request->file, err, "%s: the key is listed twice",
                                         key_path);
        quorum->slices[i] = id;
        quorum->role.key_id_count++;
    }
    return 0;
}

static int read_quorum(struct swt_signing_request *request, const json_t *object, size_t index,
                       struct swt_error *err) {
    static const char *const KNOWN[] = {"of", "threshold", "keys", NULL};
    struct swt_claimed_quorum *quorum = &request->claimed[index];
    char path[PATH_SIZE / 2];
    json_t *of = NULL;
    json_t *threshold = NULL;
    json_t *keys = NULL;
    (void)snprintf(path, sizeof path, "quorums[%zu].", index);
    if (!json_is_object(object))
        return swt_signing_file_fail(&request->file, err, "quorums[%zu]: expected an object",
                                     index);
    int rc = swt_signing_file_note_unknown(&request->file, object, path, KNOWN, err);
    if (rc == 0)
        rc = swt_signing_file_member(&request->file, object, path, "of", JSON_STRING, &of, err);
    if (rc == 0)
        rc = swt_signing_file_member(&request->file, object, path, "threshold", JSON_INTEGER,
                                     &threshold, err);
    if (rc == 0)
        rc = swt_signing_file_member(&request->file, object, path, "keys", JSON_ARRAY, &keys, err);
    if (rc == 0)
        rc = read_quorum_keys(request, keys, path, quorum, err);
    if (rc < 0)
        return rc;
    json_int_t value = json_integer_value(threshold);
    if (value < 1 || value > (json_int_t)quorum->role.key_id_count)
        return swt_signing_file_fail(&request->file, err,
                                     "%sthreshold: %lld, expected 1 to the number of keys, %zu",
                                     path, (long long)value, quorum->role.key_id_count);
    quorum->role.threshold = (uint32_t)value;
    quorum->of = json_string_value(of);
    return 0;
}

static int read_quorums(struct swt_signing_request *request, struct swt_error *err) {
    json_t *array;
    int rc = swt_signing_file_member(&request->file, request->file.json, "", "quorums", JSON_ARRAY,
                                     &array, err);
    if (rc < 0)
        return rc;
    size_t expected = request->has_replaces ? 2 : 1;
    if (json_array_size(array) != expected)
        return swt_signing_file_fail(&request->file, err, "quorums: %zu, expected %zu",
                                     json_array_size(array), expected);
    for (size_t i = 0; i < expected && rc == 0; i++)
        rc = read_quorum(request, json_array_get(array, i), i, err);
    request->claimed_count = expected;
    return rc;
}

/* ---- what follows from them -------------------------------------------------------------- */

static int derive(struct swt_signing_request *request, struct swt_error *err) {
    if (is_root(request)) {
        const struct swt_root *old = request->has_replaces ? request->replaces.root : NULL;
        request->quorums = swt_signing_quorums_of_root(request->root, old);
        return swt_summary_of_root(request->root, old, &request->summary, err);
    }
    request->quorums =
        (struct swt_signing_quorums){{{SWT_ROLE_TARGETS, NULL, &request->claimed[0].role}}, 1};
    return swt_summary_of_targets(request->targets, swt_buf_slice(&request->user_manifest),
                                  &request->summary, err);
}

static int read_members(struct swt_signing_request *request, struct swt_error *err) {
    json_t *ignored;
    int rc = swt_signing_file_role(&request->file, &request->role, err);
    if (rc == 0)
        rc = note_unknown(request, err);
    /* Compared with what is derived, member by member (signing_check.c). */
    if (rc == 0)
        rc = swt_signing_file_member(&request->file, request->file.json, "", "summary", JSON_OBJECT,
                                     &ignored, err);
    if (rc == 0)
        rc = swt_signing_file_member(&request->file, request->file.json, "", "sha256", JSON_STRING,
                                     &ignored, err);
    if (rc == 0)
        rc = read_metadata(request, err);
    if (rc == 0)
        rc = is_root(request) ? read_replaces(request, err) : read_user_manifest(request, err);
    if (rc == 0)
        rc = read_quorums(request, err);
    if (rc == 0)
        rc = swt_brought_signatures_read(&request->file, &request->signatures, err);
    if (rc == 0)
        rc = swt_brought_signatures_envelope(
            &request->signatures, swt_buf_slice(&request->metadata), &request->envelope, err);
    return rc < 0 ? rc : derive(request, err);
}

int swt_signing_request_read(struct swt_slice bytes, const char *name,
                             struct swt_signing_request **ret_request, struct swt_error *err) {
    SWT_CLEANUP(swt_signing_request_cleanup)
    struct swt_signing_request *request = calloc(1, sizeof *request);
    if (request == NULL)
        return swt_fail_memory(err);
    int rc = swt_signing_file_read(bytes, name, SWT_SIGNING_REQUEST_SCHEMA, SWT_E_SIGNING_REQUEST,
                                   &request->file, err);
    if (rc == 0)
        rc = read_members(request, err);
    if (rc == 0)
        *ret_request = SWT_TAKE(request);
    return rc;
}

/* ---- showing ----------------------------------------------------------------------------- */

int swt_signing_request_describe(const struct swt_signing_request *request, json_t *document,
                                 struct swt_error *err) {
    json_t *quorums = NULL;
    int rc = swt_json_set(document, "role", json_string(request->role), err);
    if (rc == 0)
        rc = swt_json_set(document, "sha256", swt_json_sha256(swt_buf_slice(&request->metadata)),
                          err);
    if (rc == 0)
        rc = swt_json_set(document, "summary", json_incref(request->summary), err);
    if (rc == 0 && !is_root(request))
        rc = swt_json_set(document, "user_manifest", json_boolean(request->user_manifest.len > 0),
                          err);
    if (rc == 0)
        rc = swt_json_quorums(&request->quorums, &request->envelope, &quorums, err);
    if (rc == 0)
        rc = swt_json_set(document, "quorums", quorums, err);
    if (rc == 0)
        rc = swt_json_set(document, "signatures_checked",
                          json_boolean(request->quorums.items[0].root != NULL), err);
    return rc < 0 ? rc : swt_json_set(document, "unknown", json_incref(request->file.unknown), err);
}
