/* SPDX-License-Identifier: Apache-2.0 */
/* A diff as Markdown of GitHub's flavour. Whatever comes from a file stands in a code span, where
 * nothing is markup, a link, a mention or a reference. */
#include "report_diff.h"

#include <string.h>

/* ---- code spans -------------------------------------------------------------------------- */

/* What a code span, or the cell of a table around it, could take for its own. */
static bool needs_entities(struct swt_slice text) {
    static const char OWN[] = "`|\\<>&";
    for (size_t i = 0; i < text.len; i++)
        if (strchr(OWN, text.data[i]) != NULL)
            return true;
    return text.len == 0 || text.data[0] == ' ' || text.data[text.len - 1] == ' ';
}

static bool is_harmless(uint8_t byte) {
    return byte >= 0x80 || byte == ' ' || (byte >= '0' && byte <= '9') ||
           (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* Escaped text, on one line. */
static void print_code(struct swt_output *out, struct swt_slice text) {
    if (!needs_entities(text)) {
        swt_output_printf(out, "`");
        swt_output_bytes(out, text);
        swt_output_printf(out, "`");
        return;
    }
    swt_output_printf(out, "<code>");
    for (size_t i = 0; i < text.len; i++) {
        if (is_harmless(text.data[i]))
            swt_output_bytes(out, swt_slice_of(text.data + i, 1));
        else
            swt_output_printf(out, "&#%d;", text.data[i]);
    }
    swt_output_printf(out, "</code>");
}

static int print_text(struct swt_output *out, const char *text, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf safe = {0};
    int rc = swt_text_escape(&safe, swt_slice_text(text), err);
    if (rc == 0)
        print_code(out, swt_buf_slice(&safe));
    return rc;
}

static int print_member(struct swt_output *out, const json_t *object, const char *member,
                        struct swt_error *err) {
    return print_text(out, swt_diff_text_of(object, member), err);
}

static const char *change_text(char mark) {
    return mark == '+' ? "added" : mark == '-' ? "removed" : mark == '~' ? "changed" : "same";
}

static void print_title(struct swt_output *out, const char *title, const char *heading) {
    swt_output_printf(out, "\n#### %s\n\n%s\n|", title, heading);
    for (const char *at = strchr(heading + 1, '|'); at != NULL; at = strchr(at + 1, '|'))
        swt_output_printf(out, " --- |");
    swt_output_printf(out, "\n");
}

/* ---- fields ------------------------------------------------------------------------------ */

static int print_value(struct swt_output *out, const json_t *field, const char *side,
                       struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    const json_t *value = json_object_get(field, side);
    if (value == NULL)
        return 0;
    int rc = swt_diff_value_text(value, swt_diff_is_quoted(field), &text, err);
    if (rc == 0)
        print_code(out, swt_buf_slice(&text));
    return rc;
}

static int print_field(struct swt_output *out, const json_t *field, struct swt_error *err) {
    swt_output_printf(out, "| %s | ", change_text(swt_diff_mark(field)));
    int rc = print_member(out, field, "path", err);
    if (rc < 0)
        return rc;
    swt_output_printf(out, " | ");
    rc = print_value(out, field, "a", err);
    if (rc < 0)
        return rc;
    swt_output_printf(out, " | ");
    rc = print_value(out, field, "b", err);
    swt_output_printf(out, " |\n");
    return rc;
}

static int print_fields(struct swt_output *out, const char *title, const json_t *section,
                        struct swt_error *err) {
    const json_t *fields = json_object_get(section, "fields");
    int rc = 0;
    size_t i;
    const json_t *field;
    if (json_array_size(fields) == 0)
        return 0;
    print_title(out, title, "| | Field | A | B |");
    json_array_foreach(fields, i, field) {
        if (rc == 0)
            rc = print_field(out, field, err);
    }
    return rc;
}

/* ---- targets ----------------------------------------------------------------------------- */

/* "| changed | `app` | 512 KiB | 527 KiB | +15 KiB | from 0x1f400 |" but for the last cell. */
static int print_target(struct swt_output *out, const char *change, const char *name,
                        const json_t *a, const json_t *b, struct swt_error *err) {
    char size[SWT_SIZE_TEXT];
    swt_output_printf(out, "| %s | ", change);
    int rc = print_text(out, name, err);
    swt_output_printf(out, " | %s",
                      a == NULL ? "" : swt_diff_size(json_object_get(a, "length"), size));
    swt_output_printf(out, " | %s | ",
                      b == NULL ? "" : swt_diff_size(json_object_get(b, "length"), size));
    return rc;
}

static int print_changed(struct swt_output *out, const json_t *entry, struct swt_error *err) {
    char delta[SWT_SIZE_TEXT];
    const json_t *first = json_object_get(entry, "first_difference");
    int rc = print_target(out, "changed", swt_diff_text_of(entry, "name"),
                          json_object_get(entry, "a"), json_object_get(entry, "b"), err);
    swt_output_printf(out, "%s | ", swt_diff_delta(json_object_get(entry, "delta"), delta));
    if (json_is_integer(first))
        swt_output_printf(out, "from 0x%llx", (unsigned long long)json_integer_value(first));
    swt_output_printf(out, " |\n");
    return rc;
}

static int print_renamed(struct swt_output *out, const json_t *entry, struct swt_error *err) {
    int rc = print_target(out, "renamed", swt_diff_text_of(entry, "b"), entry, entry, err);
    swt_output_printf(out, " | was ");
    if (rc == 0)
        rc = print_member(out, entry, "a", err);
    swt_output_printf(out, " |\n");
    return rc;
}

static int print_single(struct swt_output *out, const json_t *entry, bool added,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf details = {0};
    int rc = print_target(out, added ? "added" : "removed", swt_diff_text_of(entry, "name"),
                          added ? NULL : entry, added ? entry : NULL, err);
    if (rc == 0)
        rc = swt_diff_details_text(json_object_get(entry, "details"), &details, err);
    swt_output_printf(out, " | ");
    if (rc == 0 && details.len > 0)
        print_code(out, swt_buf_slice(&details));
    swt_output_printf(out, " |\n");
    return rc;
}

static int print_added(struct swt_output *out, const json_t *entry, struct swt_error *err) {
    return print_single(out, entry, true, err);
}

static int print_removed(struct swt_output *out, const json_t *entry, struct swt_error *err) {
    return print_single(out, entry, false, err);
}

static const char *presence(const json_t *entry, const char *side) {
    const json_t *present = json_object_get(entry, side);
    return present == NULL ? "" : json_is_true(present) ? "there" : "left out";
}

static int print_left_out(struct swt_output *out, const json_t *entry, struct swt_error *err) {
    swt_output_printf(out, "| payload | ");
    int rc = print_member(out, entry, "name", err);
    swt_output_printf(out, " | %s | %s | | |\n", presence(entry, "a"), presence(entry, "b"));
    return rc;
}

static int print_targets(struct swt_output *out, const json_t *targets, struct swt_error *err) {
    static const struct {
        const char *name;
        int (*print)(struct swt_output *out, const json_t *entry, struct swt_error *err);
    } LISTS[] = {{"changed", print_changed},
                 {"renamed", print_renamed},
                 {"added", print_added},
                 {"removed", print_removed},
                 {"left_out", print_left_out}};
    size_t unchanged = json_array_size(json_object_get(targets, "unchanged"));
    bool titled = false;
    for (size_t list = 0; list < SWT_COUNT(LISTS); list++) {
        size_t i;
        const json_t *entry;
        json_array_foreach(json_object_get(targets, LISTS[list].name), i, entry) {
            if (!titled)
                print_title(out, "Targets", "| | Name | A | B | Change | |");
            titled = true;
            int rc = LISTS[list].print(out, entry, err);
            if (rc < 0)
                return rc;
        }
    }
    if (json_is_true(json_object_get(targets, "reordered")))
        swt_output_printf(out, "\nThe order of the targets differs.\n");
    if (titled && unchanged > 0)
        swt_output_printf(out, "\n%zu unchanged.\n", unchanged);
    return 0;
}

/* ---- the root and who signed ------------------------------------------------------------- */

static int print_keys(struct swt_output *out, const json_t *root, struct swt_error *err) {
    const json_t *keys = json_object_get(root, "keys");
    int rc = 0;
    size_t i;
    const json_t *key;
    if (json_array_size(keys) == 0)
        return 0;
    print_title(out, "Keys of the root", "| | Role | Key | Type |");
    json_array_foreach(keys, i, key) {
        swt_output_printf(out, "| %s | %s | ", swt_diff_text_of(key, "change"),
                          swt_diff_text_of(key, "role"));
        if (rc == 0)
            rc = print_member(out, key, "key_id", err);
        swt_output_printf(out, " | %s |\n", swt_diff_text_of(key, "type"));
    }
    return rc;
}

static int print_signatures(struct swt_output *out, const json_t *signatures,
                            struct swt_error *err) {
    bool titled = false;
    int rc = 0;
    size_t i;
    const json_t *signature;
    json_array_foreach(signatures, i, signature) {
        char mark = swt_diff_mark(signature);
        if (mark == '=' || rc < 0)
            continue;
        if (!titled)
            print_title(out, "Signatures", "| | Role | Key | Type | A | B |");
        titled = true;
        swt_output_printf(out, "| %s | %s | ", change_text(mark),
                          swt_diff_text_of(signature, "role"));
        rc = print_member(out, signature, "key_id", err);
        swt_output_printf(out, " | %s | %s | %s |\n", swt_diff_text_of(signature, "type"),
                          swt_diff_state(signature, "a"), swt_diff_state(signature, "b"));
    }
    return rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int print_side(struct swt_output *out, const char *label, const json_t *side,
                      struct swt_error *err) {
    char size[SWT_SIZE_TEXT];
    swt_output_printf(out, "- **%s**: ", label);
    int rc = print_member(out, side, "file", err);
    swt_output_printf(out, " (%s, %s)\n", swt_diff_kind(side),
                      swt_diff_size(json_object_get(side, "size"), size));
    return rc;
}

static int print_head(struct swt_output *out, const json_t *document, struct swt_error *err) {
    long long count = json_integer_value(json_object_get(document, "differences"));
    if (count == 0)
        swt_output_printf(out, "### They do not differ\n\n");
    else
        swt_output_printf(out, "### %lld difference%s\n\n", count, count == 1 ? "" : "s");
    int rc = print_side(out, "A", json_object_get(document, "a"), err);
    if (rc == 0)
        rc = print_side(out, "B", json_object_get(document, "b"), err);
    swt_output_printf(out, "\nWhat the files say of themselves; nothing was authenticated.\n");
    return rc;
}

static void print_notes(struct swt_output *out, const json_t *notes) {
    size_t i;
    const json_t *note;
    json_array_foreach(notes, i, note) {
        swt_output_printf(out, "\nNote: %s.\n", json_string_value(note));
    }
}

int swt_markdown_diff(struct swt_output *out, const json_t *document, struct swt_error *err) {
    int rc = print_head(out, document, err);
    if (rc == 0)
        rc = print_fields(out, "user_manifest", json_object_get(document, "user_manifest"), err);
    if (rc == 0)
        rc = print_fields(out, "Targets metadata", json_object_get(document, "targets_metadata"),
                          err);
    if (rc == 0)
        rc = print_targets(out, json_object_get(document, "targets"), err);
    if (rc == 0)
        rc = print_fields(out, "Root", json_object_get(document, "root"), err);
    if (rc == 0)
        rc = print_keys(out, json_object_get(document, "root"), err);
    if (rc == 0)
        rc = print_signatures(out, json_object_get(document, "signatures"), err);
    if (rc == 0)
        print_notes(out, json_object_get(document, "notes"));
    return rc;
}
