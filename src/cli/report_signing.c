/* SPDX-License-Identifier: Apache-2.0 */
/* Signing requests and responses as text. What a person decides by is printed whole: no hash is
 * shortened, no target left out. */
#include "report.h"

#include <string.h>

/* ---- targets ----------------------------------------------------------------------------- */

static void print_product(struct swt_output *out, const json_t *document, const json_t *summary) {
    swt_report_label(out, "product");
    if (json_object_get(summary, "product") != NULL) {
        swt_report_member(out, summary, "product");
        swt_report_optional(out, " (", summary, "vendor", ")");
    } else {
        swt_output_printf(out, "not known: %s",
                          json_is_true(json_object_get(document, "user_manifest"))
                              ? "user_manifest does not tell"
                              : "the request holds no user_manifest");
    }
    swt_output_printf(out, "\n");
    if (json_object_get(summary, "release") != NULL) {
        swt_report_label(out, "release");
        swt_report_member(out, summary, "release");
        swt_output_printf(out, "\n");
    }
}

static int print_targets(struct swt_output *out, const json_t *document, const json_t *summary,
                         struct swt_error *err) {
    print_product(out, document, summary);
    swt_report_label(out, "targets");
    swt_output_printf(out, "version ");
    swt_report_member(out, summary, "version");
    swt_report_expiry(out, summary);
    int rc = swt_report_targets(out, json_object_get(summary, "targets"), true, err);
    swt_output_printf(out, "\n");
    return rc;
}

/* ---- root -------------------------------------------------------------------------------- */

static void print_old_and_new(struct swt_output *out, const char *what, const json_t *change) {
    const json_t *before = json_object_get(change, "old");
    const json_t *after = json_object_get(change, "new");
    swt_output_printf(out, "          %s ", what);
    if (json_is_null(before))
        swt_output_printf(out, "never");
    swt_report_member(out, change, "old");
    if (json_equal(before, after)) {
        swt_output_printf(out, ", as before\n");
        return;
    }
    swt_output_printf(out, " -> ");
    if (json_is_null(after))
        swt_output_printf(out, "never");
    swt_report_member(out, change, "new");
    swt_output_printf(out, "\n");
}

static void print_keys(struct swt_output *out, const char *what, const json_t *change) {
    size_t i;
    const json_t *key;
    json_array_foreach(json_object_get(change, what), i, key) {
        swt_output_printf(out, "          %8s ", what);
        swt_report_member(out, key, "key_id");
        swt_report_optional(out, " ", key, "type", "");
        swt_output_printf(out, "\n");
    }
}

static void print_role_change(struct swt_output *out, const char *role, const json_t *changes) {
    const json_t *change = json_object_get(changes, role);
    swt_output_printf(out, "        %s:\n", role);
    print_old_and_new(out, "threshold", json_object_get(change, "threshold"));
    print_keys(out, "added", change);
    print_keys(out, "removed", change);
    print_keys(out, "kept", change);
}

static void print_root(struct swt_output *out, const json_t *document, const json_t *summary) {
    const json_t *quorums = json_object_get(document, "quorums");
    const json_t *changes = json_object_get(summary, "changes");
    swt_report_root(out, summary, json_array_get(quorums, json_array_size(quorums) - 1), NULL);
    if (changes == NULL) {
        swt_output_printf(out, "          it replaces no root\n");
        return;
    }
    swt_report_label(out, "changes");
    swt_output_printf(out, "against the root that it replaces\n");
    print_old_and_new(out, "version", json_object_get(changes, "version"));
    print_old_and_new(out, "expires", json_object_get(changes, "expires"));
    print_role_change(out, "root", changes);
    print_role_change(out, "targets", changes);
}

/* ---- the whole --------------------------------------------------------------------------- */

/* A value as JSON, so that its shape is seen; ASCII, and not endless. */
#define VALUE_SHOWN 200

static int print_unknown(struct swt_output *out, const json_t *document, struct swt_error *err) {
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(document, "unknown"), i, entry) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf value = {0};
        int rc = swt_json_write(json_object_get(entry, "value"),
                                JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII, &value, err);
        if (rc < 0)
            return rc;
        swt_output_printf(out, "unknown   member '");
        swt_report_member(out, entry, "member");
        swt_output_printf(out, "', which nothing here stands for: %.*s%s\n", VALUE_SHOWN,
                          swt_buf_text(&value), value.len > VALUE_SHOWN ? "..." : "");
    }
    return 0;
}

static void print_signed_bytes(struct swt_output *out, const json_t *document) {
    swt_report_label(out, "signed");
    swt_output_printf(out, "as ");
    swt_report_member(out, document, "role");
    swt_output_printf(out, ": the metadata with SHA-256 ");
    swt_report_member(out, document, "sha256");
    swt_output_printf(out, "\n");
}

int swt_report_request(struct swt_output *out, const json_t *document, struct swt_error *err) {
    const json_t *summary = json_object_get(document, "summary");
    int rc = 0;
    if (strcmp(json_string_value(json_object_get(document, "role")), "root") == 0)
        print_root(out, document, summary);
    else
        rc = print_targets(out, document, summary, err);
    print_signed_bytes(out, document);
    swt_report_quorums(out, json_object_get(document, "quorums"));
    if (!json_is_true(json_object_get(document, "signatures_checked")))
        swt_output_printf(out, "          who has signed is as the request says\n");
    return rc < 0 ? rc : print_unknown(out, document, err);
}

int swt_report_response(struct swt_output *out, const json_t *document, struct swt_error *err) {
    size_t i;
    const json_t *signature;
    print_signed_bytes(out, document);
    json_array_foreach(json_object_get(document, "signatures"), i, signature) {
        swt_output_printf(out, "          signature of ");
        swt_report_member(out, signature, "key_id");
        swt_report_optional(out, ", ", signature, "scheme", "");
        swt_output_printf(out, "\n");
    }
    return print_unknown(out, document, err);
}
