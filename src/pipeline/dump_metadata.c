/* SPDX-License-Identifier: Apache-2.0 */
#include "dump.h"
#include "signing.h"

#include <stdio.h>
#include <string.h>

/* An expiry this near is worth a warning. */
#define EXPIRY_WARNING_DAYS 30
#define DAY_SECONDS 86400

int swt_dump_warn(struct dump *dump, struct swt_error *err, const char *format, ...) {
    char text[sizeof err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return swt_json_add(dump->warnings, swt_json_text(swt_slice_text(text)), err);
}

int swt_dump_warn_of_fault(struct dump *dump, int rc, const char *what, struct swt_error *err) {
    if (rc == 0 || swt_code_exit(err->code) != 3)
        return rc;
    struct swt_error fault = *err;
    return swt_dump_warn(dump, err, "%s: %s", what, fault.message);
}

static int warn_of_expiry(struct dump *dump, const struct swt_common *common, const char *what,
                          struct swt_error *err) {
    if (!common->has_expires)
        return 0;
    char text[SWT_TIME_TEXT];
    if (swt_common_expired(common, dump->now))
        return swt_dump_warn(dump, err, "%s expired %s", what,
                             swt_time_text(common->expires, text));
    int64_t days = (common->expires - dump->now) / DAY_SECONDS;
    if (days >= EXPIRY_WARNING_DAYS)
        return 0;
    return swt_dump_warn(dump, err, "%s expires in %lld day%s", what, (long long)days,
                         days == 1 ? "" : "s");
}

int swt_dump_warn_of_unknown(struct dump *dump, size_t unknown, struct swt_error *err) {
    return unknown == 0 ? 0
                        : swt_dump_warn(dump, err, "%zu unknown field%s that no signature covers",
                                        unknown, unknown == 1 ? "" : "s");
}

/* ---- signatures -------------------------------------------------------------------------- */

static int add_signature_ids(json_t *object, const struct swt_envelope *envelope,
                             struct swt_error *err) {
    json_t *ids = swt_json_array(object, "signatures", err);
    int rc = ids == NULL ? -SWT_E_MEMORY : 0;
    for (size_t i = 0; i < envelope->signature_count && rc == 0; i++)
        rc = swt_json_add(ids, swt_json_hex(envelope->signatures[i].key_id), err);
    return rc;
}

static int warn_of_quorum(struct dump *dump, const json_t *quorum, const char *what,
                          const struct swt_envelope *envelope, struct swt_error *err) {
    long long missing = json_integer_value(json_object_get(quorum, "missing"));
    if (envelope->signature_count == 0)
        return swt_dump_warn(dump, err, "%s is unsigned", what);
    if (missing == 0)
        return 0;
    return swt_dump_warn(dump, err, "%s needs %lld more signature%s", what, missing,
                         missing == 1 ? "" : "s");
}

/* Each signature that does not count, and why: who signed is the question. */
static int warn_of_signatures(struct dump *dump, const char *what,
                              const struct swt_envelope *envelope, const struct swt_quorum *quorum,
                              struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < quorum->state_count && rc == 0; i++) {
        if (quorum->states[i] == SWT_SIGNATURE_GOOD)
            continue;
        SWT_CLEANUP(swt_json_cleanup)
        json_t *id = swt_json_hex(envelope->signatures[i].key_id);
        if (id == NULL)
            return swt_fail_memory(err);
        rc = swt_dump_warn(dump, err, "a signature on %s, of key %s, %s", what,
                           json_string_value(id), swt_signature_state_text(quorum->states[i]));
    }
    return rc;
}

/* The signatures on an envelope; with a root that keeps its rules, what they count for. */
int swt_dump_signatures(struct dump *dump, json_t *object, const char *of,
                        const struct swt_root *root, const struct swt_role *role,
                        const struct swt_envelope *envelope, struct swt_error *err) {
    const char *what = strcmp(of, SWT_ROLE_ROOT) == 0 ? "the root" : "the targets metadata";
    int rc = add_signature_ids(object, envelope, err);
    if (rc < 0)
        return rc;
    if (root == NULL)
        return envelope->signature_count == 0 ? swt_dump_warn(dump, err, "%s is unsigned", what)
                                              : 0;
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    json_t *json = NULL;
    rc = swt_quorum_count(root, role, envelope, &quorum, err);
    if (rc == 0)
        rc = swt_json_quorum_counted(of, role, &quorum, &json, err);
    if (rc == 0)
        rc = swt_json_set(object, "quorum", json, err);
    if (rc == 0)
        rc = warn_of_signatures(dump, what, envelope, &quorum, err);
    return rc < 0 ? rc : warn_of_quorum(dump, json, what, envelope, err);
}

/* ---- root and targets metadata ----------------------------------------------------------- */

/* *ret_sound: the root keeps its rules, so that signatures can be counted by it. */
int swt_dump_root(struct dump *dump, json_t *parent, const char *name, const struct swt_root *root,
                  const struct swt_envelope *envelope, bool *ret_sound, struct swt_error *err) {
    json_t *json;
    int rc = swt_json_root(root, &json, err);
    if (rc == 0 && name != NULL)
        rc = swt_json_set(parent, name, json, err);
    if (rc == 0 && name == NULL) {
        rc = json_object_update(parent, json) < 0 ? swt_fail_memory(err) : 0;
        json_decref(json);
        json = parent;
    }
    if (rc < 0)
        return rc;
    rc = swt_root_check(root, err);
    *ret_sound = rc == 0;
    rc = swt_dump_warn_of_fault(dump, rc, "the root breaks a rule", err);
    if (rc == 0)
        rc = swt_dump_signatures(dump, json, SWT_ROLE_ROOT, *ret_sound ? root : NULL, &root->root,
                                 envelope, err);
    return rc < 0 ? rc : warn_of_expiry(dump, &root->common, "the root", err);
}

int swt_dump_metadata(struct dump *dump, const struct swt_targets *targets, json_t **ret_json,
                      struct swt_error *err) {
    json_t *json = swt_json_object(dump->document, "targets_metadata", err);
    if (json == NULL)
        return -SWT_E_MEMORY;
    int rc = swt_json_set(json, "version", json_integer((json_int_t)targets->common.version), err);
    if (rc == 0)
        rc = swt_json_set(json, "spec_version", swt_json_text(targets->common.spec_version), err);
    if (rc == 0)
        rc = swt_json_set(json, "unknown_fields", json_integer((json_int_t)targets->unknown_fields),
                          err);
    if (rc == 0 && targets->common.has_expires)
        rc = swt_json_set(json, "expires", swt_json_time(targets->common.expires), err);
    if (rc == 0)
        rc = swt_dump_warn_of_fault(dump, swt_targets_check_role(targets, err),
                                    "the targets metadata", err);
    if (rc == 0)
        rc = swt_dump_warn_of_fault(dump, swt_targets_check_entries(targets, err),
                                    "the targets metadata", err);
    if (rc == 0)
        rc = warn_of_expiry(dump, &targets->common, "the targets metadata", err);
    *ret_json = json;
    return rc;
}

static int add_meta(json_t *target, const json_t *user_manifest, struct swt_error *err) {
    const json_t *details = json_object_get(user_manifest, "targets");
    const char *name = json_string_value(json_object_get(target, "name"));
    json_t *meta = json_object_get(json_object_get(details, name), "meta");
    return json_is_object(meta) && json_object_set(target, "meta", meta) < 0 ? swt_fail_memory(err)
                                                                             : 0;
}

int swt_dump_targets(struct dump *dump, const struct swt_targets *targets,
                     const json_t *user_manifest, swt_dump_target_details *details, void *context,
                     struct swt_error *err) {
    json_t *list = swt_json_long_list();
    int rc = swt_json_set(dump->document, "targets", list, err);
    for (size_t i = 0; i < targets->target_count && rc == 0; i++) {
        SWT_CLEANUP(swt_json_cleanup) json_t *target = NULL;
        rc = swt_json_target(&targets->targets[i], user_manifest, &target, err);
        if (rc == 0)
            rc = add_meta(target, user_manifest, err);
        if (rc == 0 && details != NULL)
            rc = details(context, &targets->targets[i], target, err);
        if (rc == 0)
            rc = swt_long_list_add(list, SWT_TAKE(target), err);
    }
    return rc;
}
