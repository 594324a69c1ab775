/* SPDX-License-Identifier: Apache-2.0 */
/* Two roots: what they say, and which keys each role has. */
#include "diff.h"

#include <string.h>

/* ---- what they say ----------------------------------------------------------------------- */

static int put_threshold(json_t *object, const char *name, const struct swt_role *role,
                         struct swt_error *err) {
    json_t *json = swt_json_object(object, name, err);
    if (json == NULL)
        return -SWT_E_MEMORY;
    return swt_json_set(json, "threshold", json_integer((json_int_t)role->threshold), err);
}

/* Roles that no device of ours evaluates, and what is false, are there or not. */
static int put_flags(json_t *object, const struct swt_root *root, struct swt_error *err) {
    const struct {
        const char *name;
        bool given;
    } FLAGS[] = {{"consistent_snapshot", root->consistent_snapshot},
                 {"timestamp_role", root->has_timestamp},
                 {"snapshot_role", root->has_snapshot}};
    int rc = 0;
    for (size_t i = 0; i < SWT_COUNT(FLAGS) && rc == 0; i++)
        if (FLAGS[i].given)
            rc = swt_json_set(object, FLAGS[i].name, json_true(), err);
    return rc;
}

static int describe(const struct swt_root *root, json_t *object, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf unknown = {0};
    int rc = swt_diff_put_common(object, &root->common, err);
    if (rc == 0)
        rc = put_threshold(object, "root", &root->root, err);
    if (rc == 0)
        rc = put_threshold(object, "targets", &root->targets, err);
    if (rc == 0)
        rc = put_flags(object, root, err);
    if (rc == 0)
        rc = swt_root_unknown(root, &unknown, err);
    return rc < 0
               ? rc
               : swt_diff_put_unknown(object, root->unknown_fields, swt_buf_slice(&unknown), err);
}

static int compare_fields(struct swt_diff *diff, json_t *fields, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *a = json_object();
    SWT_CLEANUP(swt_json_cleanup) json_t *b = json_object();
    if (a == NULL || b == NULL)
        return swt_fail_memory(err);
    int rc = diff->a.root != NULL ? describe(diff->a.root, a, err) : 0;
    if (rc == 0 && diff->b.root != NULL)
        rc = describe(diff->b.root, b, err);
    return rc < 0 ? rc : swt_diff_values(diff, fields, "", a, b, err);
}

/* ---- keys -------------------------------------------------------------------------------- */

/* A role, and how a root's keys are asked for it. */
struct role {
    const char *name;
    bool (*lists)(const struct swt_root *root, struct swt_slice id);
};

static bool root_role_lists(const struct swt_root *root, struct swt_slice id) {
    return swt_role_lists(&root->root, id);
}

static bool targets_role_lists(const struct swt_root *root, struct swt_slice id) {
    return swt_role_lists(&root->targets, id);
}

/* Keys of roles that are carried, or of none. */
static bool no_role_lists(const struct swt_root *root, struct swt_slice id) {
    return swt_root_find_key(root, id) != NULL && !root_role_lists(root, id) &&
           !targets_role_lists(root, id);
}

static int tell_key(struct swt_diff *diff, json_t *keys, const char *role, const char *change,
                    const struct swt_root_key *key, struct swt_error *err) {
    char type[16];
    json_t *json = json_pack("{s:s, s:s, s:s}", "role", role, "change", change, "type",
                             swt_key_type_text(&key->key, type));
    int rc = swt_json_add(keys, json, err);
    diff->differences++;
    return rc < 0 ? rc : swt_json_set(json, "key_id", swt_json_hex(key->id), err);
}

/* The keys that role has in root and not in other. */
static int tell_keys(struct swt_diff *diff, json_t *keys, const struct role *role,
                     const struct swt_root *root, const struct swt_root *other, const char *change,
                     struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; root != NULL && i < root->key_count && rc == 0; i++) {
        const struct swt_root_key *key = &root->keys[i];
        if (role->lists(root, key->id) && (other == NULL || !role->lists(other, key->id)))
            rc = tell_key(diff, keys, role->name, change, key, err);
    }
    return rc;
}

static int compare_keys(struct swt_diff *diff, json_t *keys, struct swt_error *err) {
    static const struct role ROLES[] = {{SWT_ROLE_ROOT, root_role_lists},
                                        {SWT_ROLE_TARGETS, targets_role_lists},
                                        {"none", no_role_lists}};
    const struct swt_root *a = diff->a.root;
    const struct swt_root *b = diff->b.root;
    int rc = 0;
    for (size_t i = 0; i < SWT_COUNT(ROLES) && rc == 0; i++) {
        rc = tell_keys(diff, keys, &ROLES[i], a, b, "removed", err);
        if (rc == 0)
            rc = tell_keys(diff, keys, &ROLES[i], b, a, "added", err);
    }
    return rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int put_side(json_t *object, const struct swt_diff_side *side, struct swt_error *err) {
    if (side->root == NULL)
        return swt_json_set(object, side->name, json_null(), err);
    json_t *json = swt_json_object(object, side->name, err);
    if (json == NULL)
        return -SWT_E_MEMORY;
    int rc =
        swt_json_set(json, "version", json_integer((json_int_t)side->root->common.version), err);
    return rc < 0 ? rc : swt_json_set(json, "sha256", swt_json_sha256(side->root->bytes), err);
}

int swt_diff_roots(struct swt_diff *diff, struct swt_error *err) {
    json_t *object = swt_json_object(diff->document, "root", err);
    json_int_t before = diff->differences;
    if (object == NULL)
        return -SWT_E_MEMORY;
    int rc = put_side(object, &diff->a, err);
    if (rc == 0)
        rc = put_side(object, &diff->b, err);
    if (rc < 0)
        return rc;
    json_t *fields = swt_json_array(object, "fields", err);
    json_t *keys = fields == NULL ? NULL : swt_json_array(object, "keys", err);
    if (keys == NULL)
        return -SWT_E_MEMORY;
    rc = compare_fields(diff, fields, err);
    if (rc == 0)
        rc = compare_keys(diff, keys, err);
    if (rc < 0 || diff->a.root == NULL || diff->b.root == NULL)
        return rc;
    return swt_diff_bytes(diff, fields, before, diff->a.root->bytes, diff->b.root->bytes, err);
}
