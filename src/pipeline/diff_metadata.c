/* SPDX-License-Identifier: Apache-2.0 */
/* What the targets metadata says besides its targets, and what user_manifest says. */
#include "diff.h"

#include <string.h>

/* ---- the targets metadata ---------------------------------------------------------------- */

/* A target's name as a text: the rules let none be longer, and none hold a NUL. */
static void name_text(struct swt_slice name, char ret_text[SWT_MAX_NAME + 1]) {
    memcpy(ret_text, name.data, name.len);
    ret_text[name.len] = '\0';
}

/* Hashes that nobody compares are counted: they are signed, too. */
static int put_other_hashes(json_t *object, const struct swt_targets *targets,
                            struct swt_error *err) {
    json_t *hashes = NULL;
    int rc = 0;
    for (size_t i = 0; i < targets->target_count && rc == 0; i++) {
        const struct swt_target *target = &targets->targets[i];
        char name[SWT_MAX_NAME + 1];
        if (target->other_hashes == 0)
            continue;
        if (hashes == NULL)
            hashes = swt_json_object(object, "other_hashes", err);
        if (hashes == NULL)
            return -SWT_E_MEMORY;
        name_text(target->name, name);
        rc = swt_json_set(hashes, name, json_integer((json_int_t)target->other_hashes), err);
    }
    return rc;
}

int swt_diff_put_metadata(json_t *object, const struct swt_targets *targets,
                          struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf unknown = {0};
    int rc = swt_diff_put_common(object, &targets->common, err);
    if (rc == 0)
        rc = put_other_hashes(object, targets, err);
    if (rc == 0)
        rc = swt_targets_unknown(targets, &unknown, err);
    return rc < 0 ? rc
                  : swt_diff_put_unknown(object, targets->unknown_fields, swt_buf_slice(&unknown),
                                         err);
}

int swt_diff_targets_metadata(struct swt_diff *diff, json_t **ret_fields, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *a = json_object();
    SWT_CLEANUP(swt_json_cleanup) json_t *b = json_object();
    json_t *metadata = swt_json_object(diff->document, "targets_metadata", err);
    json_t *fields = metadata == NULL ? NULL : swt_json_array(metadata, "fields", err);
    if (a == NULL || b == NULL || fields == NULL)
        return swt_fail_memory(err);
    int rc = swt_diff_put_metadata(a, diff->a.bundle.targets, err);
    if (rc == 0)
        rc = swt_diff_put_metadata(b, diff->b.bundle.targets, err);
    if (rc == 0)
        rc = swt_diff_values(diff, fields, "", a, b, err);
    *ret_fields = fields;
    return rc;
}

/* ---- what user_manifest says of the targets ---------------------------------------------- */

struct details {
    struct swt_diff *diff;
    json_t *fields;
    const json_t *a, *b; /* the member targets of each user_manifest; or NULL */
};

/* One target that both have, maybe under two names: the path has that of b. */
static int compare_pair(struct details *details, const struct swt_target *a,
                        const struct swt_target *b, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf path = {0};
    char name_a[SWT_MAX_NAME + 1];
    char name_b[SWT_MAX_NAME + 1];
    name_text(a->name, name_a);
    name_text(b->name, name_b);
    int rc = swt_diff_path("targets", name_b, &path, err);
    return rc < 0 ? rc
                  : swt_diff_values(details->diff, details->fields, swt_buf_text(&path),
                                    json_object_get(details->a, name_a),
                                    json_object_get(details->b, name_b), err);
}

static bool is_listed(const struct swt_diff_side *side, const char *name) {
    return swt_targets_find(side->bundle.targets, swt_slice_text(name)) != NULL;
}

/* What is said of a name that the metadata does not list: with of_a what A says, and B of the same
 * name; else what B alone says. */
static int compare_unlisted(struct details *details, bool of_a, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf path = {0};
    const struct swt_diff_side *a = &details->diff->a;
    const struct swt_diff_side *b = &details->diff->b;
    const char *name;
    json_t *value;
    int rc = 0;
    json_object_foreach((json_t *)(of_a ? details->a : details->b), name, value) {
        const json_t *said_a = is_listed(a, name) ? NULL : json_object_get(details->a, name);
        const json_t *said_b = is_listed(b, name) ? NULL : json_object_get(details->b, name);
        if (rc < 0 || of_a != (said_a != NULL))
            continue;
        rc = swt_diff_path("targets", name, &path, err);
        if (rc == 0)
            rc = swt_diff_values(details->diff, details->fields, swt_buf_text(&path), said_a,
                                 said_b, err);
    }
    return rc;
}

/* What is said of targets that came or went is told with them (diff_targets.c). */
static int compare_details(struct details *details, const struct swt_diff_pairs *pairs,
                           struct swt_error *err) {
    const struct swt_targets *a = details->diff->a.bundle.targets;
    const struct swt_targets *b = details->diff->b.bundle.targets;
    int rc = 0;
    for (size_t i = 0; i < b->target_count && rc == 0; i++)
        if (pairs->a_of_b[i] != SWT_DIFF_NONE)
            rc = compare_pair(details, &a->targets[pairs->a_of_b[i]], &b->targets[i], err);
    if (rc == 0)
        rc = compare_unlisted(details, true, err);
    return rc < 0 ? rc : compare_unlisted(details, false, err);
}

/* ---- user_manifest ----------------------------------------------------------------------- */

static const char *state_of(const struct swt_diff_side *side) {
    if (side->manifest != NULL)
        return "read";
    return swt_targets_find(side->bundle.targets, swt_slice_text(SWT_USER_MANIFEST)) == NULL
               ? "none"
               : "foreign";
}

static int tell_state(struct swt_diff *diff, json_t *object, const struct swt_diff_side *side,
                      struct swt_error *err) {
    const char *state = state_of(side);
    int rc = swt_json_set(object, side->name, json_string(state), err);
    if (rc < 0 || strcmp(state, "foreign") != 0)
        return rc;
    return swt_diff_note(diff, err,
                         "the user_manifest of %s cannot be read as one that build writes: its "
                         "fields were not compared",
                         side == &diff->a ? "A" : "B");
}

/* Without its member targets, when that is a map: *ret_targets then is it, borrowed. Not json_copy,
 * which passes over a lack of memory. */
static int split(const json_t *manifest, json_t *rest, const json_t **ret_targets,
                 struct swt_error *err) {
    const char *member;
    json_t *value;
    json_object_foreach((json_t *)manifest, member, value) {
        if (strcmp(member, "targets") == 0 && json_is_object(value))
            *ret_targets = value;
        else if (json_object_set(rest, member, value) < 0)
            return swt_fail_memory(err);
    }
    return 0;
}

int swt_diff_user_manifests(struct swt_diff *diff, const struct swt_diff_pairs *pairs,
                            struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *a = json_object();
    SWT_CLEANUP(swt_json_cleanup) json_t *b = json_object();
    json_t *object = swt_json_object(diff->document, "user_manifest", err);
    if (a == NULL || b == NULL || object == NULL)
        return swt_fail_memory(err);
    int rc = tell_state(diff, object, &diff->a, err);
    if (rc == 0)
        rc = tell_state(diff, object, &diff->b, err);
    struct details details = {.diff = diff};
    if (rc == 0)
        rc = split(diff->a.manifest, a, &details.a, err);
    if (rc == 0)
        rc = split(diff->b.manifest, b, &details.b, err);
    if (rc < 0)
        return rc;
    details.fields = swt_json_array(object, "fields", err);
    if (details.fields == NULL)
        return -SWT_E_MEMORY;
    rc = swt_diff_values(diff, details.fields, "", a, b, err);
    return rc < 0 ? rc : compare_details(&details, pairs, err);
}
