/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"

#include "swt/io.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void swt_json_cleanup(json_t **json) {
    json_decref(*json);
}

int swt_json_set(json_t *object, const char *name, json_t *value, struct swt_error *err) {
    if (value == NULL || json_object_set_new(object, name, value) < 0)
        return swt_fail_memory(err);
    return 0;
}

int swt_json_add(json_t *array, json_t *value, struct swt_error *err) {
    if (value == NULL || json_array_append_new(array, value) < 0)
        return swt_fail_memory(err);
    return 0;
}

json_t *swt_json_text(struct swt_slice text) {
    if (swt_utf8_valid(text))
        return json_stringn(text.len > 0 ? (const char *)text.data : "", text.len);
    struct swt_error err;
    SWT_CLEANUP(swt_buf_done) struct swt_buf safe = {0};
    if (swt_text_escape(&safe, text, &err) < 0)
        return NULL;
    return json_stringn(swt_buf_text(&safe), safe.len);
}

json_t *swt_json_path(const char *path) {
    return swt_json_text(swt_slice_text(path));
}

json_t *swt_json_hex(struct swt_slice bytes) {
    char *hex = malloc(SWT_HEX_SIZE(bytes.len));
    if (hex == NULL)
        return NULL;
    swt_hex_encode(bytes.data, bytes.len, hex);
    json_t *json = json_string(hex);
    free(hex);
    return json;
}

json_t *swt_json_sha256(struct swt_slice bytes) {
    uint8_t digest[SWT_DIGEST_SIZE];
    struct swt_error err;
    if (swt_sha256_of(bytes, digest, &err) < 0)
        return NULL;
    return swt_json_hex(swt_slice_of(digest, sizeof digest));
}

json_t *swt_json_base64(struct swt_slice bytes) {
    struct swt_error err;
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    if (swt_base64_encode(bytes, &text, &err) < 0)
        return NULL;
    return json_stringn(swt_buf_text(&text), text.len);
}

json_t *swt_json_time(int64_t time) {
    char text[SWT_TIME_TEXT];
    return json_string(swt_time_text(time, text));
}

json_t *swt_json_object(json_t *object, const char *name, struct swt_error *err) {
    json_t *value = json_object();
    return swt_json_set(object, name, value, err) < 0 ? NULL : value;
}

json_t *swt_json_array(json_t *object, const char *name, struct swt_error *err) {
    json_t *value = json_array();
    return swt_json_set(object, name, value, err) < 0 ? NULL : value;
}

int swt_json_put_key(json_t *object, const struct swt_public_key *key, struct swt_error *err) {
    char type[16];
    int rc = swt_json_set(object, "type", json_string(swt_key_type_text(&key->key, type)), err);
    if (rc == 0)
        rc = swt_json_set(object, "key_id", swt_json_hex(swt_slice_of(key->id, SWT_KEY_ID_SIZE)),
                          err);
    return rc;
}

static int add_ids(json_t *object, const char *name, const struct swt_slice *ids, size_t count,
                   struct swt_error *err) {
    json_t *array = swt_json_array(object, name, err);
    int rc = array == NULL ? -SWT_E_MEMORY : 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = swt_json_add(array, swt_json_hex(ids[i]), err);
    return rc;
}

static int make_quorum(const char *of, const struct swt_role *role,
                       const struct swt_slice *signed_ids, size_t signed_count, json_t **ret_json,
                       struct swt_error *err) {
    bool met = role->threshold > 0 && signed_count >= role->threshold;
    size_t missing = met ? 0 : role->threshold - signed_count;
    SWT_CLEANUP(swt_json_cleanup)
    json_t *json =
        json_pack("{s:s, s:I, s:I, s:b}", "of", of, "threshold", (json_int_t)role->threshold,
                  "missing", (json_int_t)missing, "met", met);
    if (json == NULL)
        return swt_fail_memory(err);
    int rc = add_ids(json, "keys", role->key_ids, role->key_id_count, err);
    if (rc == 0)
        rc = add_ids(json, "signed", signed_ids, signed_count, err);
    if (rc == 0)
        *ret_json = SWT_TAKE(json);
    return rc;
}

int swt_json_quorum(const char *of, const struct swt_root *root, const struct swt_role *role,
                    const struct swt_envelope *envelope, json_t **ret_json, struct swt_error *err) {
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    int rc = swt_quorum_count(root, role, envelope, &quorum, err);
    return rc < 0 ? rc : swt_json_quorum_counted(of, role, &quorum, ret_json, err);
}

int swt_json_quorum_counted(const char *of, const struct swt_role *role,
                            const struct swt_quorum *quorum, json_t **ret_json,
                            struct swt_error *err) {
    return make_quorum(of, role, quorum->signed_ids, quorum->signed_count, ret_json, err);
}

int swt_json_quorum_claimed(const char *of, const struct swt_role *role,
                            const struct swt_envelope *envelope, json_t **ret_json,
                            struct swt_error *err) {
    struct swt_slice ids[SWT_MAX_KEYS];
    size_t count = 0;
    for (size_t i = 0; i < envelope->signature_count && count < SWT_COUNT(ids); i++)
        if (swt_role_lists(role, envelope->signatures[i].key_id))
            ids[count++] = envelope->signatures[i].key_id;
    return make_quorum(of, role, ids, count, ret_json, err);
}

static int add_role(json_t *object, const char *name, const struct swt_role *role,
                    struct swt_error *err) {
    json_t *json = swt_json_object(object, name, err);
    if (json == NULL)
        return -SWT_E_MEMORY;
    int rc = swt_json_set(json, "threshold", json_integer((json_int_t)role->threshold), err);
    return rc < 0 ? rc : add_ids(json, "keys", role->key_ids, role->key_id_count, err);
}

static int add_keys(json_t *object, const struct swt_root *root, struct swt_error *err) {
    json_t *keys = swt_json_array(object, "keys", err);
    int rc = keys == NULL ? -SWT_E_MEMORY : 0;
    for (size_t i = 0; i < root->key_count && rc == 0; i++) {
        char type[16];
        json_t *key = json_pack("{s:s}", "type", swt_key_type_text(&root->keys[i].key, type));
        rc = swt_json_add(keys, key, err);
        if (rc == 0)
            rc = swt_json_set(key, "key_id", swt_json_hex(root->keys[i].id), err);
    }
    return rc;
}

int swt_json_root(const struct swt_root *root, json_t **ret_json, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *json = json_pack("{s:I, s:I}", "version", (json_int_t)root->common.version,
                             "unknown_fields", (json_int_t)root->unknown_fields);
    if (json == NULL)
        return swt_fail_memory(err);
    int rc = swt_json_set(json, "sha256", swt_json_sha256(root->bytes), err);
    if (rc == 0)
        rc = swt_json_set(json, "spec_version", swt_json_text(root->common.spec_version), err);
    if (rc == 0 && root->common.has_expires)
        rc = swt_json_set(json, "expires", swt_json_time(root->common.expires), err);
    if (rc == 0)
        rc = add_keys(json, root, err);
    if (rc == 0)
        rc = add_role(json, "root", &root->root, err);
    if (rc == 0)
        rc = add_role(json, "targets", &root->targets, err);
    if (rc == 0)
        *ret_json = SWT_TAKE(json);
    return rc;
}

/* What user_manifest says of a target, and only that: it must not pass for metadata. */
static int add_details(json_t *target, const json_t *details, struct swt_error *err) {
    static const char *const TEXTS[] = {"type", "slot", "version"};
    for (size_t i = 0; i < SWT_COUNT(TEXTS); i++) {
        json_t *text = json_object_get(details, TEXTS[i]);
        if (json_is_string(text) && json_object_set(target, TEXTS[i], text) < 0)
            return swt_fail_memory(err);
    }
    return 0;
}

json_t *swt_json_length(uint64_t length) {
    char text[32];
    if (length <= INT64_MAX)
        return json_integer((json_int_t)length);
    (void)snprintf(text, sizeof text, "%" PRIu64, length);
    return json_string(text);
}

int swt_json_target(const struct swt_target *target, const json_t *user_manifest, json_t **ret_json,
                    struct swt_error *err) {
    const json_t *details = json_object_get(user_manifest, "targets");
    SWT_CLEANUP(swt_json_cleanup) json_t *json = json_object();
    json_t *name = swt_json_text(target->name);
    int rc = swt_json_set(json, "name", name, err);
    if (rc == 0)
        rc = swt_json_set(json, "length", swt_json_length(target->length), err);
    if (rc == 0 && target->sha256 != NULL)
        rc = swt_json_set(json, "sha256",
                          swt_json_hex(swt_slice_of(target->sha256, SWT_DIGEST_SIZE)), err);
    if (rc == 0)
        rc = add_details(json, json_object_get(details, json_string_value(name)), err);
    if (rc == 0)
        *ret_json = SWT_TAKE(json);
    return rc;
}

int swt_json_targets(json_t *array, const struct swt_targets *targets, const json_t *user_manifest,
                     struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < targets->target_count && rc == 0; i++) {
        json_t *json = NULL;
        rc = swt_json_target(&targets->targets[i], user_manifest, &json, err);
        if (rc == 0)
            rc = swt_json_add(array, json, err);
    }
    return rc;
}
