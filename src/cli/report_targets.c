/* SPDX-License-Identifier: Apache-2.0 */
/* Targets as a table. */
#include "report.h"
#include "terminal.h"

#include <string.h>

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

static int print_target(struct swt_output *out, const json_t *target, const size_t widths[COLUMNS],
                        bool whole_hashes, struct swt_error *err) {
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
    else if (whole_hashes)
        swt_output_printf(out, "%s", hash);
    else
        swt_output_printf(out, "%.*s%s", HASH_SHOWN, hash, swt_terminal_utf8() ? "…" : "...");
    if (json_is_false(json_object_get(target, "present")))
        swt_output_printf(out, "  left out");
    const char *state = json_string_value(json_object_get(target, "state"));
    if (state != NULL && strcmp(state, "present") != 0)
        swt_output_printf(out, "  %s", state);
    swt_output_printf(out, "\n");
    return 0;
}

int swt_report_targets(struct swt_output *out, const json_t *targets, bool whole_hashes,
                       struct swt_error *err) {
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
        rc = print_target(out, target, widths, whole_hashes, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
