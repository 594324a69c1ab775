/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"
#include "terminal.h"

#include <string.h>

/* ---- the lines above the table ----------------------------------------------------------- */

static void print_label(struct swt_output *out, const char *label) {
    struct swt_style style = swt_style_of(out);
    swt_output_printf(out, "%s%-9s%s ", style.strong, label, style.reset);
}

static void print_title(struct swt_output *out, const json_t *document) {
    const char *kind = json_string_value(json_object_get(document, "kind"));
    swt_report_member(out, document, "file");
    swt_output_printf(out, ": ");
    if (json_object_get(document, "container") != NULL) {
        swt_report_member(out, document, "container");
        swt_output_printf(out, " bundle");
    } else {
        swt_output_printf(out, "%s",
                          strcmp(kind, "root") == 0 ? "root metadata" : "device manifest");
    }
    if (json_object_get(document, "size") != NULL) {
        swt_output_printf(out, ", ");
        swt_report_size(out, document, "size");
    }
    swt_output_printf(out, " (nothing was verified)\n");
}

static void print_product(struct swt_output *out, const json_t *document) {
    const json_t *user_manifest = json_object_get(document, "user_manifest");
    const json_t *product = json_object_get(user_manifest, "product");
    const json_t *release = json_object_get(user_manifest, "release");
    if (json_object_get(product, "name") != NULL) {
        print_label(out, "product");
        swt_report_member(out, product, "name");
        swt_report_optional(out, " (", product, "vendor", ")");
        swt_output_printf(out, "\n");
    }
    if (json_object_get(release, "version") != NULL) {
        print_label(out, "release");
        swt_report_member(out, release, "version");
        swt_report_optional(out, ", channel ", release, "channel", "");
        swt_report_optional(out, ", vcs ", release, "vcs", "");
        swt_output_printf(out, "\n");
    }
}

/* ---- root -------------------------------------------------------------------------------- */

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

static void print_expiry(struct swt_output *out, const json_t *object) {
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

/* targets_quorum: who signed the targets metadata, by this root; NULL where there is none. */
static void print_root(struct swt_output *out, const json_t *root, const json_t *targets_quorum) {
    print_label(out, "root");
    swt_output_printf(out, "version ");
    swt_report_member(out, root, "version");
    print_expiry(out, root);
    print_role(out, root, "root", json_object_get(root, "quorum"));
    print_role(out, root, "targets", targets_quorum);
    print_spare_keys(out, root);
}

/* ---- targets ----------------------------------------------------------------------------- */

static void print_metadata(struct swt_output *out, const json_t *metadata) {
    print_label(out, "targets");
    swt_output_printf(out, "version ");
    swt_report_member(out, metadata, "version");
    print_expiry(out, metadata);
    const json_t *signatures = json_object_get(metadata, "signatures");
    if (json_object_get(metadata, "quorum") != NULL || signatures == NULL)
        return;
    size_t i;
    const json_t *id;
    json_array_foreach(signatures, i, id) {
        swt_output_printf(out, "          signature of ");
        swt_output_escaped_text(out, json_string_value(id));
        swt_output_printf(out, ", not counted: no sound root is at hand\n");
    }
}

enum { COLUMNS = 5, HASH_SHOWN = 16, WIDEST = 24 };
static const struct column {
    const char *title;
    const char *member; /* NULL: the size */
} TABLE[COLUMNS] = {
    {"NAME", "name"}, {"SIZE", NULL}, {"TYPE", "type"}, {"SLOT", "slot"}, {"VERSION", "version"}};

/* A cell's text, escaped; "-" where nothing is said. */
static int cell_text(const json_t *target, const struct column *column, struct swt_buf *ret_text,
                     struct swt_error *err) {
    if (column->member == NULL) {
        char size[SWT_SIZE_TEXT];
        const json_t *length = json_object_get(target, "length");
        if (json_is_string(length)) /* more than a file can have */
            return swt_buf_printf(ret_text, err, "%s B", json_string_value(length));
        return swt_buf_printf(ret_text, err, "%s",
                              swt_size_text((uint64_t)json_integer_value(length), size));
    }
    const char *text = json_string_value(json_object_get(target, column->member));
    return text == NULL ? swt_buf_printf(ret_text, err, "-")
                        : swt_text_escape(ret_text, swt_slice_text(text), err);
}

/* Characters, not bytes: names are UTF-8. */
static size_t text_width(const struct swt_buf *text) {
    size_t width = 0;
    for (size_t i = 0; i < text->len; i++)
        width += (text->data[i] & 0xc0) != 0x80;
    return width;
}

static int measure_columns(const json_t *targets, size_t ret_widths[COLUMNS],
                           struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    for (size_t c = 0; c < COLUMNS; c++)
        ret_widths[c] = strlen(TABLE[c].title);
    size_t i;
    const json_t *target;
    json_array_foreach(targets, i, target) {
        for (size_t c = 0; c < COLUMNS; c++) {
            swt_buf_clear(&text);
            int rc = cell_text(target, &TABLE[c], &text, err);
            if (rc < 0)
                return rc;
            /* One long name shifts its own line only. */
            size_t width = text_width(&text) < WIDEST ? text_width(&text) : WIDEST;
            if (width > ret_widths[c])
                ret_widths[c] = width;
        }
    }
    return 0;
}

static void pad(struct swt_output *out, size_t width, size_t used) {
    swt_output_printf(out, "%*s", (int)(width > used ? width - used : 0) + 2, "");
}

static int print_target(const struct swt_invocation *invocation, const json_t *target,
                        const size_t widths[COLUMNS], struct swt_error *err) {
    struct swt_output *out = invocation->out;
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    swt_output_printf(out, "  ");
    for (size_t c = 0; c < COLUMNS; c++) {
        swt_buf_clear(&text);
        int rc = cell_text(target, &TABLE[c], &text, err);
        if (rc < 0)
            return rc;
        swt_output_printf(out, "%s", swt_buf_text(&text));
        pad(out, widths[c], text_width(&text));
    }
    const char *hash = json_string_value(json_object_get(target, "sha256"));
    if (hash == NULL)
        swt_output_printf(out, "-");
    else if (invocation->verbose)
        swt_output_printf(out, "%s", hash);
    else
        swt_output_printf(out, "%.*s%s", HASH_SHOWN, hash, swt_terminal_utf8() ? "…" : "...");
    if (json_is_false(json_object_get(target, "present")))
        swt_output_printf(out, "  left out");
    swt_output_printf(out, "\n");
    return 0;
}

static int print_targets(const struct swt_invocation *invocation, const json_t *targets,
                         struct swt_error *err) {
    struct swt_output *out = invocation->out;
    struct swt_style style = swt_style_of(out);
    size_t widths[COLUMNS];
    int rc = measure_columns(targets, widths, err);
    if (rc < 0 || json_array_size(targets) == 0)
        return rc;
    swt_output_printf(out, "\n%s  ", style.faint);
    for (size_t c = 0; c < COLUMNS; c++) {
        swt_output_printf(out, "%s", TABLE[c].title);
        pad(out, widths[c], strlen(TABLE[c].title));
    }
    swt_output_printf(out, "SHA-256%s\n", style.reset);
    size_t i;
    const json_t *target;
    json_array_foreach(targets, i, target) {
        rc = print_target(invocation, target, widths, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- the whole --------------------------------------------------------------------------- */

static void print_warnings(struct swt_output *out, const json_t *warnings) {
    struct swt_style style = swt_style_of(out);
    size_t i;
    const json_t *warning;
    json_array_foreach(warnings, i, warning) {
        swt_output_printf(out, "%s%swarning:%s ", i == 0 ? "\n" : "", style.warning, style.reset);
        swt_output_escaped_text(out, json_string_value(warning));
        swt_output_printf(out, "\n");
    }
}

static int print_dump(const struct swt_invocation *invocation, const json_t *document,
                      struct swt_error *err) {
    struct swt_output *out = invocation->out;
    const json_t *metadata = json_object_get(document, "targets_metadata");
    const json_t *root = json_object_get(document, "root");
    const char *kind = json_string_value(json_object_get(document, "kind"));
    print_title(out, document);
    print_product(out, document);
    if (strcmp(kind, "root") == 0)
        print_root(out, document, NULL);
    else if (root != NULL)
        print_root(out, root, json_object_get(metadata, "quorum"));
    if (metadata != NULL)
        print_metadata(out, metadata);
    int rc = print_targets(invocation, json_object_get(document, "targets"), err);
    print_warnings(out, json_object_get(document, "warnings"));
    return rc;
}

int swt_cmd_dump(const struct swt_invocation *invocation, struct swt_error *err) {
    json_t *document;
    int rc = swt_dump(invocation->arguments[0], &document, err);
    if (rc < 0)
        return rc;
    if (invocation->json) {
        swt_output_json(invocation->out, document);
        return 0;
    }
    rc = print_dump(invocation, document, err);
    json_decref(document);
    return rc;
}
