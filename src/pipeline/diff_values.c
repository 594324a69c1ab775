/* SPDX-License-Identifier: Apache-2.0 */
#include "diff.h"

#include <stdio.h>
#include <string.h>

/* What lies deeper, or under a longer name, is told as a part of what holds it: paths stay short,
 * however a file that somebody else wrote is nested. */
#define DEPTH_MAX 8
#define MEMBER_MAX 128

/* ---- paths ------------------------------------------------------------------------------- */

static bool is_plain(const char *member) {
    static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return member[0] != '\0' && member[strspn(member, PLAIN)] == '\0';
}

int swt_diff_path(const char *parent, const char *member, struct swt_buf *ret_path,
                  struct swt_error *err) {
    swt_buf_clear(ret_path);
    if (is_plain(member))
        return swt_buf_printf(ret_path, err, "%s%s%s", parent, parent[0] == '\0' ? "" : ".",
                              member);
    int rc = swt_buf_printf(ret_path, err, "%s[\"", parent);
    for (; *member != '\0' && rc == 0; member++) {
        if (*member == '"' || *member == '\\')
            rc = swt_buf_append(ret_path, "\\", 1, err);
        if (rc == 0)
            rc = swt_buf_append(ret_path, member, 1, err);
    }
    return rc < 0 ? rc : swt_buf_printf(ret_path, err, "\"]");
}

/* ---- comparing --------------------------------------------------------------------------- */

static bool members_are_short(const json_t *object) {
    const char *member;
    json_t *value;
    json_object_foreach((json_t *)object, member, value) {
        if (strlen(member) > MEMBER_MAX)
            return false;
    }
    return true;
}

/* One that only one side has is entered as well: each of its fields is one that came or went. */
static bool is_entered(const json_t *a, const json_t *b, unsigned depth) {
    return depth < DEPTH_MAX && (a == NULL || json_is_object(a)) &&
           (b == NULL || json_is_object(b)) && json_object_size(a) + json_object_size(b) > 0 &&
           members_are_short(a) && members_are_short(b);
}

static int tell(struct swt_diff *diff, json_t *fields, const char *path, const json_t *a,
                const json_t *b, struct swt_error *err) {
    json_t *field = json_object();
    int rc = swt_json_add(fields, field, err);
    if (rc == 0)
        rc = swt_json_set(field, "path", swt_json_path(path), err);
    if (rc == 0 && a != NULL)
        rc = swt_json_set(field, "a", json_incref((json_t *)a), err);
    if (rc == 0 && b != NULL)
        rc = swt_json_set(field, "b", json_incref((json_t *)b), err);
    diff->differences++;
    return rc;
}

static int compare(struct swt_diff *diff, json_t *fields, const char *path, const json_t *a,
                   const json_t *b, unsigned depth, struct swt_error *err);

/* The members of one side; of b, those that a lacks. */
static int compare_members(struct swt_diff *diff, json_t *fields, const char *path, const json_t *a,
                           const json_t *b, bool of_a, unsigned depth, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf inner = {0};
    const char *member;
    json_t *value;
    int rc = 0;
    json_object_foreach((json_t *)(of_a ? a : b), member, value) {
        if (rc < 0 || (!of_a && json_object_get(a, member) != NULL))
            continue;
        rc = swt_diff_path(path, member, &inner, err);
        if (rc == 0)
            rc = compare(diff, fields, swt_buf_text(&inner), json_object_get(a, member),
                         json_object_get(b, member), depth + 1, err);
    }
    return rc;
}

static int compare(struct swt_diff *diff, json_t *fields, const char *path, const json_t *a,
                   const json_t *b, unsigned depth, struct swt_error *err) {
    if (a == b || (a != NULL && b != NULL && json_equal(a, b)))
        return 0;
    if (!is_entered(a, b, depth))
        return tell(diff, fields, path, a, b, err);
    int rc = compare_members(diff, fields, path, a, b, true, depth, err);
    return rc < 0 ? rc : compare_members(diff, fields, path, a, b, false, depth, err);
}

int swt_diff_values(struct swt_diff *diff, json_t *fields, const char *path, const json_t *a,
                    const json_t *b, struct swt_error *err) {
    return compare(diff, fields, path, a, b, 0, err);
}

/* ---- what several parts share ------------------------------------------------------------ */

int swt_diff_note(struct swt_diff *diff, struct swt_error *err, const char *format, ...) {
    char text[sizeof err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return swt_json_add(diff->notes, swt_json_path(text), err);
}

int swt_diff_bytes(struct swt_diff *diff, json_t *fields, json_int_t before, struct swt_slice a,
                   struct swt_slice b, struct swt_error *err) {
    if (diff->differences > before || swt_slice_equal(a, b))
        return 0;
    SWT_CLEANUP(swt_json_cleanup) json_t *hash_a = swt_json_sha256(a);
    SWT_CLEANUP(swt_json_cleanup) json_t *hash_b = swt_json_sha256(b);
    if (hash_a == NULL || hash_b == NULL)
        return swt_fail_memory(err);
    return tell(diff, fields, "sha256", hash_a, hash_b, err);
}

int swt_diff_put_common(json_t *object, const struct swt_common *common, struct swt_error *err) {
    int rc = swt_json_set(object, "version", json_integer((json_int_t)common->version), err);
    if (rc == 0 && common->has_expires)
        rc = swt_json_set(object, "expires", swt_json_time(common->expires), err);
    if (rc == 0 && common->expires_nanos != 0)
        rc = swt_json_set(object, "expires_nanos", json_integer(common->expires_nanos), err);
    return rc < 0 ? rc
                  : swt_json_set(object, "spec_version", swt_json_text(common->spec_version), err);
}

int swt_diff_put_unknown(json_t *object, size_t count, struct swt_slice fields,
                         struct swt_error *err) {
    if (count == 0)
        return 0;
    json_t *unknown = swt_json_object(object, "unknown_fields", err);
    if (unknown == NULL)
        return -SWT_E_MEMORY;
    int rc = swt_json_set(unknown, "count", json_integer((json_int_t)count), err);
    return rc < 0 ? rc : swt_json_set(unknown, "sha256", swt_json_sha256(fields), err);
}
