/* SPDX-License-Identifier: Apache-2.0 */
#include "signing_summary.h"
#include "document.h"
#include "json_text.h"
#include "user_manifest.h"

#include <stdio.h>
#include <string.h>

/* ---- targets ----------------------------------------------------------------------------- */

static int set_text(json_t *summary, const char *name, const json_t *object, const char *member,
                    struct swt_error *err) {
    json_t *text = json_object_get(object, member);
    if (!json_is_string(text))
        return 0;
    return json_object_set(summary, name, text) < 0 ? swt_fail_memory(err) : 0;
}

int swt_summary_of_targets(const struct swt_targets *targets, struct swt_slice user_manifest,
                           json_t **ret_summary, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *details = NULL;
    SWT_CLEANUP(swt_json_cleanup) json_t *summary = json_object();
    if (summary == NULL)
        return swt_fail_memory(err);
    int rc = user_manifest.len > 0 ? swt_user_manifest_read(user_manifest, &details, err) : 0;
    const json_t *product = json_object_get(details, "product");
    if (rc == 0)
        rc = set_text(summary, "product", product, "name", err);
    if (rc == 0)
        rc = set_text(summary, "vendor", product, "vendor", err);
    if (rc == 0)
        rc = set_text(summary, "release", json_object_get(details, "release"), "version", err);
    if (rc == 0)
        rc = swt_json_set(summary, "version", json_integer((json_int_t)targets->common.version),
                          err);
    if (rc == 0 && targets->common.has_expires)
        rc = swt_json_set(summary, "expires", swt_json_time(targets->common.expires), err);
    if (rc == 0)
        rc = swt_json_set(summary, "unknown_fields",
                          json_integer((json_int_t)targets->unknown_fields), err);
    json_t *array = rc == 0 ? swt_json_array(summary, "targets", err) : NULL;
    if (rc == 0)
        rc = array == NULL ? -SWT_E_MEMORY : swt_json_targets(array, targets, details, err);
    if (rc == 0)
        *ret_summary = SWT_TAKE(summary);
    return rc;
}

/* ---- root -------------------------------------------------------------------------------- */

/* {old, new}; takes both over. */
static int set_change(json_t *object, const char *name, json_t *before, json_t *after,
                      struct swt_error *err) {
    json_t *change = swt_json_object(object, name, err);
    if (change == NULL) {
        json_decref(before);
        json_decref(after);
        return -SWT_E_MEMORY;
    }
    int rc = swt_json_set(change, "old", before, err);
    if (rc < 0)
        json_decref(after);
    return rc < 0 ? rc : swt_json_set(change, "new", after, err);
}

static json_t *expiry_json(const struct swt_root *root) {
    return root->common.has_expires ? swt_json_time(root->common.expires) : json_null();
}

/* The keys of role that other lists, or does not. */
static int set_keys(json_t *object, const char *name, const struct swt_root *root,
                    const struct swt_role *role, const struct swt_role *other, bool listed,
                    struct swt_error *err) {
    json_t *keys = swt_json_array(object, name, err);
    int rc = keys == NULL ? -SWT_E_MEMORY : 0;
    for (size_t i = 0; i < role->key_id_count && rc == 0; i++) {
        const struct swt_root_key *key = swt_root_find_key(root, role->key_ids[i]);
        char type[16];
        if (key == NULL || swt_role_lists(other, key->id) != listed)
            continue;
        json_t *json = json_pack("{s:s}", "type", swt_key_type_text(&key->key, type));
        rc = swt_json_add(keys, json, err);
        if (rc == 0)
            rc = swt_json_set(json, "key_id", swt_json_hex(key->id), err);
    }
    return rc;
}

static int set_role_change(json_t *changes, const char *name, const struct swt_root *old,
                           const struct swt_role *before, const struct swt_root *root,
                           const struct swt_role *after, struct swt_error *err) {
    json_t *change = swt_json_object(changes, name, err);
    if (change == NULL)
        return -SWT_E_MEMORY;
    int rc = set_change(change, "threshold", json_integer((json_int_t)before->threshold),
                        json_integer((json_int_t)after->threshold), err);
    if (rc == 0)
        rc = set_keys(change, "added", root, after, before, false, err);
    if (rc == 0)
        rc = set_keys(change, "removed", old, before, after, false, err);
    if (rc == 0)
        rc = set_keys(change, "kept", root, after, before, true, err);
    return rc;
}

int swt_summary_of_root(const struct swt_root *root, const struct swt_root *old,
                        json_t **ret_summary, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *summary = NULL;
    int rc = swt_json_root(root, &summary, err);
    if (rc == 0 && old != NULL) {
        json_t *changes = swt_json_object(summary, "changes", err);
        if (changes == NULL)
            return -SWT_E_MEMORY;
        rc = set_change(changes, "version", json_integer((json_int_t)old->common.version),
                        json_integer((json_int_t)root->common.version), err);
        if (rc == 0)
            rc = set_change(changes, "expires", expiry_json(old), expiry_json(root), err);
        if (rc == 0)
            rc = set_role_change(changes, "root", old, &old->root, root, &root->root, err);
        if (rc == 0)
            rc = set_role_change(changes, "targets", old, &old->targets, root, &root->targets, err);
    }
    if (rc == 0)
        *ret_summary = SWT_TAKE(summary);
    return rc;
}

/* ---- comparing --------------------------------------------------------------------------- */

/* So much of a value is shown. */
#define SHOWN 80

static int put_value(const json_t *value, struct swt_buf *text, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf json = {0};
    if (value == NULL)
        return swt_buf_printf(text, err, "nothing");
    int rc = swt_json_write(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII, &json, err);
    return rc < 0 ? rc
                  : swt_buf_printf(text, err, "%.*s%s", SHOWN, swt_buf_text(&json),
                                   json.len > SHOWN ? "..." : "");
}

/* Back to the path of what is around. */
static void cut(struct swt_buf *text, size_t len) {
    text->len = len;
    text->data[len] = '\0';
}

/* The path of the place stands in text already. */
static int tell_difference(const json_t *given, const json_t *derived, struct swt_buf *text,
                           struct swt_error *err) {
    int rc = swt_buf_printf(text, err, ": the request says ");
    if (rc == 0)
        rc = put_value(given, text, err);
    if (rc == 0)
        rc = swt_buf_printf(text, err, ", what is signed says ");
    if (rc == 0)
        rc = put_value(derived, text, err);
    return rc < 0 ? rc : 1;
}

/* Goes on as long as both have the same shape: derived is shallow, so that this is too. */
static int compare(const json_t *given, const json_t *derived, struct swt_buf *text,
                   struct swt_error *err) {
    size_t here = text->len;
    if (json_equal(given, derived))
        return 0;
    if (json_is_object(given) && json_is_object(derived)) {
        const json_t *const SIDES[] = {derived, given};
        for (size_t side = 0; side < SWT_COUNT(SIDES); side++) {
            const char *name;
            json_t *ignored;
            json_object_foreach((json_t *)(uintptr_t)SIDES[side], name, ignored) {
                int rc = swt_buf_printf(text, err, ".%s", name);
                if (rc == 0)
                    rc = compare(json_object_get(given, name), json_object_get(derived, name), text,
                                 err);
                if (rc != 0)
                    return rc;
                cut(text, here);
            }
        }
    }
    if (json_is_array(given) && json_is_array(derived)) {
        size_t most = json_array_size(given) > json_array_size(derived) ? json_array_size(given)
                                                                        : json_array_size(derived);
        for (size_t i = 0; i < most; i++) {
            int rc = swt_buf_printf(text, err, "[%zu]", i);
            if (rc == 0)
                rc = compare(json_array_get(given, i), json_array_get(derived, i), text, err);
            if (rc != 0)
                return rc;
            cut(text, here);
        }
    }
    return tell_difference(given, derived, text, err);
}

int swt_summary_differs(const char *name, const json_t *given, const json_t *derived,
                        struct swt_buf *ret_text, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    int rc = swt_buf_printf(&text, err, "%s", name);
    if (rc == 0)
        rc = compare(given, derived, &text, err);
    if (rc > 0) {
        int appended = swt_buf_append_slice(ret_text, swt_buf_slice(&text), err);
        rc = appended < 0 ? appended : 1;
    }
    return rc;
}
