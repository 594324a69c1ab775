/* SPDX-License-Identifier: Apache-2.0 */
/* Root metadata as text: the roles with their keys, and who of them has signed. */
#include "report.h"

void swt_report_label(struct swt_output *out, const char *label) {
    struct swt_style style = swt_style_of(out);
    swt_output_printf(out, "%s%-9s%s ", style.strong, label, style.reset);
    swt_output_hang(out);
}

static const json_t *find_key(const json_t *root, const json_t *id) {
    size_t i;
    const json_t *key;
    json_array_foreach(json_object_get(root, "keys"), i, key) {
        if (json_equal(json_object_get(key, "key_id"), id))
            return key;
    }
    return NULL;
}

static bool contains(const json_t *ids, const json_t *id) {
    size_t i;
    const json_t *other;
    json_array_foreach(ids, i, other) {
        if (json_equal(other, id))
            return true;
    }
    return false;
}

/* The keys of a role, one a line, with a mark on those that signed. */
static void print_role(struct swt_output *out, const json_t *root, const char *role,
                       const json_t *quorum) {
    struct swt_style style = swt_style_of(out);
    const json_t *object = json_object_get(root, role);
    const json_t *keys = json_object_get(object, "keys");
    swt_output_printf(out, "          %s: %lld of %zu key%s, + has signed\n", role,
                      (long long)json_integer_value(json_object_get(object, "threshold")),
                      json_array_size(keys), json_array_size(keys) == 1 ? "" : "s");
    size_t i;
    const json_t *id;
    json_array_foreach(keys, i, id) {
        bool signed_by = contains(json_object_get(quorum, "signed"), id);
        swt_output_printf(out, "  %s%s%s ", style.good, signed_by ? "+" : " ", style.reset);
        swt_output_escaped_text(out, json_string_value(id));
        swt_report_optional(out, " ", find_key(root, id), "type", "");
        swt_output_printf(out, "\n");
    }
}

void swt_report_expiry(struct swt_output *out, const json_t *object) {
    swt_report_optional(out, ", expires ", object, "expires", "");
    if (json_object_get(object, "expires") == NULL)
        swt_output_printf(out, ", never expires");
    json_int_t unknown = json_integer_value(json_object_get(object, "unknown_fields"));
    if (unknown > 0)
        swt_output_printf(out, ", %lld unknown signed field%s", (long long)unknown,
                          unknown == 1 ? "" : "s");
    swt_output_printf(out, "\n");
}

/* Keys that no role lists: targets keys that were retired, or those of other roles. */
static void print_spare_keys(struct swt_output *out, const json_t *root) {
    const json_t *root_ids = json_object_get(json_object_get(root, "root"), "keys");
    const json_t *targets_ids = json_object_get(json_object_get(root, "targets"), "keys");
    bool any = false;
    size_t i;
    const json_t *key;
    json_array_foreach(json_object_get(root, "keys"), i, key) {
        const json_t *id = json_object_get(key, "key_id");
        if (contains(root_ids, id) || contains(targets_ids, id))
            continue;
        swt_output_printf(out, "%s    ", any ? "" : "          in neither role:\n");
        swt_output_escaped_text(out, json_string_value(id));
        swt_report_optional(out, " ", key, "type", "\n");
        any = true;
    }
}

void swt_report_root(struct swt_output *out, const json_t *root, const json_t *root_quorum,
                     const json_t *targets_quorum) {
    swt_report_label(out, "root");
    swt_output_printf(out, "version ");
    swt_report_member(out, root, "version");
    swt_report_expiry(out, root);
    print_role(out, root, "root", root_quorum);
    print_role(out, root, "targets", targets_quorum);
    print_spare_keys(out, root);
}
