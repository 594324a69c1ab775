/* SPDX-License-Identifier: Apache-2.0 */
#include "report_diff.h"
#include "columns.h"
#include "terminal.h"
#include "text.h"

#include <string.h>

#define INDENT 4 /* the mark and what is around it */
#define GAP 2
#define NAME_MIN ((size_t)8)
#define SHORT_ID_COLUMNS 15 /* at most */

static const char *arrow(void) {
    return swt_terminal_utf8() ? " → " : " -> ";
}

static size_t arrow_columns(void) {
    return swt_terminal_utf8() ? 3 : 4;
}

static const char *mark_style(const struct swt_diff_report *report, char mark) {
    switch (mark) {
    case '+':
        return report->style.good;
    case '-':
        return report->style.bad;
    case '=':
        return report->style.faint;
    default:
        return report->style.warning;
    }
}

void swt_diff_print_mark(const struct swt_diff_report *report, char mark) {
    swt_output_printf(report->out, "  %s%c%s ", mark_style(report, mark), mark,
                      report->style.reset);
}

/* Sections are parted by an empty line. */
static void print_title(const struct swt_diff_report *report, const char *title) {
    swt_output_printf(report->out, "\n%s%s%s\n", report->style.strong, title, report->style.reset);
}

/* Text on a line of its own below a mark, cut unless all is asked for. */
static void print_below(const struct swt_diff_report *report, const char *prefix,
                        struct swt_slice text) {
    size_t used = INDENT + GAP + strlen(prefix);
    swt_output_printf(report->out, "%*s%s", INDENT + GAP, "", prefix);
    swt_columns_print(report->out, text, report->verbose ? SIZE_MAX : report->width - used, 0);
    swt_output_printf(report->out, "\n");
}

/* ---- fields ------------------------------------------------------------------------------ */

struct field {
    char mark;
    struct swt_buf path, a, b;
};

static void field_done(struct field *field) {
    swt_buf_done(&field->path);
    swt_buf_done(&field->a);
    swt_buf_done(&field->b);
}

static int read_field(const json_t *json, struct field *field, struct swt_error *err) {
    const json_t *a = json_object_get(json, "a");
    const json_t *b = json_object_get(json, "b");
    bool quoted = swt_diff_is_quoted(json);
    field->mark = swt_diff_mark(json);
    int rc = swt_text_escape(&field->path, swt_slice_text(swt_diff_text_of(json, "path")), err);
    if (rc == 0 && a != NULL)
        rc = swt_diff_value_text(a, quoted, &field->a, err);
    if (rc == 0 && b != NULL)
        rc = swt_diff_value_text(b, quoted, &field->b, err);
    return rc;
}

static size_t path_columns(const struct field *field) {
    return swt_columns_of(swt_buf_slice(&field->path));
}

/* The columns that its values take beside each other. */
static size_t value_columns(const struct field *field) {
    return swt_columns_of(swt_buf_slice(&field->a)) + swt_columns_of(swt_buf_slice(&field->b)) +
           (field->mark == '~' ? arrow_columns() : 0);
}

/* Beside the path where there is room, else below it. */
static void print_field(const struct swt_diff_report *report, const struct field *field,
                        size_t path_width) {
    struct swt_slice a = swt_buf_slice(&field->a);
    struct swt_slice b = swt_buf_slice(&field->b);
    size_t path = path_columns(field) > path_width ? path_columns(field) : path_width;
    bool beside = INDENT + path + GAP + value_columns(field) <= report->width;
    swt_diff_print_mark(report, field->mark);
    swt_columns_print(report->out, swt_buf_slice(&field->path),
                      report->verbose ? SIZE_MAX : report->width - INDENT, beside ? path + GAP : 0);
    if (beside) {
        swt_output_bytes(report->out, a);
        swt_output_printf(report->out, "%s", field->mark == '~' ? arrow() : "");
        swt_output_bytes(report->out, b);
        swt_output_printf(report->out, "\n");
        return;
    }
    swt_output_printf(report->out, "\n");
    if (field->mark != '+')
        print_below(report, "- ", a);
    if (field->mark != '-')
        print_below(report, "+ ", b);
}

/* So wide that values stand in one column; a long path shifts its own line only. */
static int measure_paths(const struct swt_diff_report *report, const json_t *fields,
                         size_t *ret_width, struct swt_error *err) {
    size_t widest = report->width / 3;
    size_t i;
    const json_t *json;
    *ret_width = 0;
    json_array_foreach(fields, i, json) {
        SWT_CLEANUP(field_done) struct field field = {0};
        int rc = read_field(json, &field, err);
        if (rc < 0)
            return rc;
        size_t columns = path_columns(&field);
        if (columns > *ret_width && columns <= widest)
            *ret_width = columns;
    }
    return 0;
}

static int print_fields(const struct swt_diff_report *report, const json_t *fields,
                        struct swt_error *err) {
    size_t width;
    size_t i;
    const json_t *json;
    int rc = measure_paths(report, fields, &width, err);
    json_array_foreach(fields, i, json) {
        SWT_CLEANUP(field_done) struct field field = {0};
        if (rc == 0)
            rc = read_field(json, &field, err);
        if (rc < 0)
            return rc;
        print_field(report, &field, width);
    }
    return rc;
}

static int print_section(const struct swt_diff_report *report, const char *title,
                         const json_t *section, struct swt_error *err) {
    const json_t *fields = json_object_get(section, "fields");
    if (json_array_size(fields) == 0)
        return 0;
    print_title(report, title);
    return print_fields(report, fields, err);
}

/* ---- the root and who signed ------------------------------------------------------------- */

/* "targets 1234567890ab… ed25519"; returns its columns. */
static size_t print_key(const struct swt_diff_report *report, const json_t *object) {
    const json_t *id = json_object_get(object, "key_id");
    const char *type = swt_diff_text_of(object, "type");
    size_t columns = json_string_length(id);
    swt_output_printf(report->out, "%-7s ", swt_diff_text_of(object, "role"));
    if (report->verbose) {
        swt_output_printf(report->out, "%s", json_string_value(id));
    } else {
        swt_report_short_id(report->out, id);
        columns = SHORT_ID_COLUMNS;
    }
    swt_output_printf(report->out, "%s%s", type[0] == '\0' ? "" : " ", type);
    return strlen("targets ") + columns + 1 + strlen(type);
}

/* Of which only one has a root: which version came or went. */
static void print_root_change(const struct swt_diff_report *report, const json_t *root) {
    const json_t *a = json_object_get(root, "a");
    const json_t *b = json_object_get(root, "b");
    if (json_is_null(a) == json_is_null(b))
        return;
    swt_diff_print_mark(report, json_is_null(a) ? '+' : '-');
    swt_output_printf(report->out, "root metadata, only in %s\n", json_is_null(a) ? "B" : "A");
}

static int print_root(const struct swt_diff_report *report, const json_t *root,
                      struct swt_error *err) {
    const json_t *fields = json_object_get(root, "fields");
    const json_t *keys = json_object_get(root, "keys");
    size_t i;
    const json_t *key;
    if (json_array_size(fields) > 0) {
        print_title(report, "root");
        print_root_change(report, root);
    }
    int rc = print_fields(report, fields, err);
    if (rc < 0)
        return rc;
    if (json_array_size(keys) > 0)
        print_title(report, "keys of the root");
    json_array_foreach(keys, i, key) {
        swt_diff_print_mark(report,
                            strcmp(swt_diff_text_of(key, "change"), "added") == 0 ? '+' : '-');
        print_key(report, key);
        swt_output_printf(report->out, "\n");
    }
    return 0;
}

/* Its states beside the key where there is room, else below it. */
static int print_signature(const struct swt_diff_report *report, const json_t *signature,
                           struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf states = {0};
    char mark = swt_diff_mark(signature);
    int rc =
        swt_buf_printf(&states, err, "%s%s%s", mark == '=' ? "" : swt_diff_state(signature, "a"),
                       mark == '~' ? arrow() : "", swt_diff_state(signature, "b"));
    if (rc < 0)
        return rc;
    swt_diff_print_mark(report, mark);
    size_t used = INDENT + print_key(report, signature);
    if (used + GAP + swt_columns_of(swt_buf_slice(&states)) <= report->width)
        swt_output_printf(report->out, ": ");
    else
        swt_output_printf(report->out, "\n%*s", INDENT + GAP, "");
    swt_output_printf(report->out, "%s\n", swt_buf_text(&states));
    return 0;
}

static int print_signatures(const struct swt_diff_report *report, const json_t *signatures,
                            struct swt_error *err) {
    size_t i;
    const json_t *signature;
    bool titled = false;
    int rc = 0;
    json_array_foreach(signatures, i, signature) {
        if (rc < 0 || (swt_diff_mark(signature) == '=' && !report->verbose))
            continue;
        if (!titled)
            print_title(report, "signatures");
        titled = true;
        rc = print_signature(report, signature, err);
    }
    return rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

/* "A  old.swb: tar bundle, 12 KiB": the name is what gives way. */
static int print_side(const struct swt_diff_report *report, const char *label, const json_t *side,
                      struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf name = {0};
    char size[SWT_SIZE_TEXT];
    const char *kind = swt_diff_kind(side);
    (void)swt_diff_size(json_object_get(side, "size"), size);
    int rc = swt_text_escape(&name, swt_slice_text(swt_diff_text_of(side, "file")), err);
    if (rc < 0)
        return rc;
    size_t used = strlen(label) + GAP + strlen(": , ") + strlen(kind) + strlen(size);
    size_t room = report->width > used + NAME_MIN ? report->width - used : NAME_MIN;
    swt_output_printf(report->out, "%s%s%s  ", report->style.strong, label, report->style.reset);
    swt_columns_print(report->out, swt_buf_slice(&name), report->verbose ? SIZE_MAX : room, 0);
    swt_output_printf(report->out, ": %s, %s\n", kind, size);
    return 0;
}

static void print_notes(const struct swt_diff_report *report, const json_t *notes) {
    size_t i;
    const json_t *note;
    json_array_foreach(notes, i, note) {
        swt_output_printf(report->out, "%snote: ", i == 0 ? "\n" : "");
        swt_text_wrap(report->out, swt_slice_text(json_string_value(note)), strlen("note: "),
                      strlen("note: "), report->width);
    }
}

static void print_total(const struct swt_diff_report *report, const json_t *document) {
    long long count = json_integer_value(json_object_get(document, "differences"));
    if (count == 0)
        swt_output_printf(report->out, "\n%sthey do not differ%s\n", report->style.good,
                          report->style.reset);
    else
        swt_output_printf(report->out, "\n%s%lld difference%s%s\n", report->style.warning, count,
                          count == 1 ? "" : "s", report->style.reset);
}

/* A table that is read across: beyond this, eyes lose the line. */
#define WIDTH_MAX 200

static size_t table_width(int fd) {
    size_t width = swt_terminal_table_width(fd);
    return width > WIDTH_MAX ? WIDTH_MAX : width;
}

int swt_report_diff(const struct swt_invocation *invocation, const json_t *document,
                    struct swt_error *err) {
    const struct swt_diff_report report = {.out = invocation->out,
                                           .style = swt_style_of(invocation->out),
                                           .width = table_width(invocation->out->fd),
                                           .verbose = invocation->verbose};
    swt_text_wrap(report.out,
                  swt_slice_text("what the files say of themselves; nothing was authenticated"), 0,
                  0, report.width);
    int rc = print_side(&report, "A", json_object_get(document, "a"), err);
    if (rc == 0)
        rc = print_side(&report, "B", json_object_get(document, "b"), err);
    if (rc == 0)
        rc = print_section(&report, "user_manifest", json_object_get(document, "user_manifest"),
                           err);
    if (rc == 0)
        rc = print_section(&report, "targets metadata",
                           json_object_get(document, "targets_metadata"), err);
    if (rc == 0)
        rc = swt_report_diff_targets(&report, json_object_get(document, "targets"), err);
    if (rc == 0)
        rc = print_root(&report, json_object_get(document, "root"), err);
    if (rc == 0)
        rc = print_signatures(&report, json_object_get(document, "signatures"), err);
    if (rc < 0)
        return rc;
    print_notes(&report, json_object_get(document, "notes"));
    print_total(&report, document);
    return 0;
}
