/* SPDX-License-Identifier: Apache-2.0 */
/* Targets as a table; where a terminal is too narrow for one, below each other. */
#include "columns.h"
#include "report.h"
#include "terminal.h"

#include <string.h>
#include <unistd.h>

enum { NAME, SIZE, TYPE, SLOT, VERSION, HASH, STATE, COLUMNS };
static const struct column {
    const char *title;
    const char *member;
} TABLE[COLUMNS] = {
    [NAME] = {"NAME", "name"}, [SIZE] = {"SIZE", "length"},        [TYPE] = {"TYPE", "type"},
    [SLOT] = {"SLOT", "slot"}, [VERSION] = {"VERSION", "version"}, [HASH] = {"SHA-256", "sha256"},
    [STATE] = {"", "state"},
};

#define HASH_SHOWN 16
#define INDENT ((size_t)2)
#define GAP ((size_t)2)
#define NAME_MIN ((size_t)12)
/* Without a terminal, one text that is longer shifts its own line only. */
#define WIDEST ((size_t)40)

struct table {
    struct swt_output *out;
    const json_t *targets;
    bool whole_hashes;
    size_t width; /* of the terminal; 0: there is none */
    size_t widths[COLUMNS];
    bool stacked;
};

/* ---- cells ------------------------------------------------------------------------------- */

static int size_text(const json_t *length, struct swt_buf *ret_text, struct swt_error *err) {
    char size[SWT_SIZE_TEXT];
    if (json_is_string(length)) /* more than a file can have */
        return swt_buf_printf(ret_text, err, "%s B", json_string_value(length));
    return swt_buf_printf(ret_text, err, "%s",
                          swt_size_text((uint64_t)json_integer_value(length), size));
}

/* What is unusual about a payload; empty for most. */
static int state_text(const json_t *target, struct swt_buf *ret_text, struct swt_error *err) {
    const char *state = json_string_value(json_object_get(target, TABLE[STATE].member));
    if (json_is_false(json_object_get(target, "present")))
        return swt_buf_printf(ret_text, err, "left out");
    return swt_buf_printf(ret_text, err, "%s",
                          state == NULL || strcmp(state, "present") == 0 ? "" : state);
}

/* A cell's text, escaped; "-" where nothing is said. */
static int cell_text(const struct table *table, const json_t *target, size_t column,
                     struct swt_buf *ret_text, struct swt_error *err) {
    const json_t *value = json_object_get(target, TABLE[column].member);
    const char *text = json_string_value(value);
    swt_buf_clear(ret_text);
    if (column == SIZE)
        return size_text(value, ret_text, err);
    if (column == STATE)
        return state_text(target, ret_text, err);
    if (text == NULL)
        return swt_buf_printf(ret_text, err, "-");
    if (column == HASH && !table->whole_hashes)
        return swt_buf_printf(ret_text, err, "%.*s%s", HASH_SHOWN, text,
                              swt_terminal_utf8() ? "…" : "...");
    return swt_text_escape(ret_text, swt_slice_text(text), err);
}

static int measure_target(struct table *table, const json_t *target, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    for (size_t c = 0; c < COLUMNS; c++) {
        int rc = cell_text(table, target, c, &text, err);
        if (rc < 0)
            return rc;
        size_t width = swt_columns_of(swt_buf_slice(&text));
        if (table->width == 0 && c != HASH && width > WIDEST)
            width = WIDEST;
        table->widths[c] = width > table->widths[c] ? width : table->widths[c];
    }
    return 0;
}

/* Calls visit for each target. */
static int for_each(struct table *table,
                    int (*visit)(struct table *table, const json_t *target, struct swt_error *err),
                    struct swt_error *err) {
    int rc = 0;
    struct swt_long_list_place place = {.list = table->targets};
    json_t *target;
    while (rc == 0 && swt_long_list_next(&place, &target)) {
        rc = target == NULL ? swt_fail_memory(err) : visit(table, target, err);
        json_decref(target);
    }
    return rc;
}

/* On a terminal names get what the other columns leave; a longer one has a line of its own. */
static int measure(struct table *table, struct swt_error *err) {
    size_t others = INDENT;
    for (size_t c = 0; c < COLUMNS; c++)
        table->widths[c] = strlen(TABLE[c].title);
    int rc = for_each(table, measure_target, err);
    if (rc < 0)
        return rc;
    for (size_t c = 0; c < COLUMNS; c++)
        others += c == NAME || table->widths[c] == 0 ? 0 : GAP + table->widths[c];
    size_t *name = &table->widths[NAME];
    if (table->width == 0 || others + *name <= table->width)
        return 0;
    table->stacked = others + NAME_MIN > table->width;
    if (!table->stacked)
        *name = table->width - others;
    return 0;
}

/* ---- lines ------------------------------------------------------------------------------- */

static void print_heading(const struct table *table) {
    struct swt_style style = swt_style_of(table->out);
    swt_output_printf(table->out, "\n");
    if (table->stacked)
        return;
    swt_output_whole(table->out);
    swt_output_printf(table->out, "%s%*s", style.faint, (int)INDENT, "");
    for (size_t c = 0; c < HASH; c++)
        swt_output_printf(table->out, "%-*s", (int)(table->widths[c] + GAP), TABLE[c].title);
    swt_output_printf(table->out, "%s%s\n", TABLE[HASH].title, style.reset);
}

/* The rest is below the name where that takes too much of the line. */
static int print_row(struct table *table, const json_t *target, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    struct swt_output *out = table->out;
    size_t missing = INDENT;
    swt_output_whole(out);
    for (size_t c = 0; c < COLUMNS; c++) {
        int rc = cell_text(table, target, c, &text, err);
        if (rc < 0)
            return rc;
        size_t width = swt_columns_of(swt_buf_slice(&text));
        if (width == 0)
            continue;
        swt_columns_blank(out, missing);
        swt_output_bytes(out, swt_buf_slice(&text));
        missing = GAP + (table->widths[c] > width ? table->widths[c] - width : 0);
        if (c == NAME && width > table->widths[NAME] && table->width > 0) {
            swt_output_printf(out, "\n");
            swt_output_whole(out);
            missing = INDENT + table->widths[NAME] + GAP;
        }
    }
    swt_output_printf(out, "\n");
    return 0;
}

/* A name, and below it what else is said. */
static int print_stacked(struct table *table, const json_t *target, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    struct swt_output *out = table->out;
    for (size_t c = 0; c < COLUMNS; c++) {
        int rc = cell_text(table, target, c, &text, err);
        if (rc < 0)
            return rc;
        if (text.len == 0 || strcmp(swt_buf_text(&text), "-") == 0)
            continue;
        swt_output_printf(out, "  %s%s", swt_buf_text(&text), c == NAME ? "\n  " : "");
    }
    swt_output_printf(out, "\n");
    return 0;
}

int swt_report_targets(struct swt_output *out, const json_t *targets, bool whole_hashes,
                       struct swt_error *err) {
    struct table table = {.out = out,
                          .targets = targets,
                          .whole_hashes = whole_hashes,
                          .width = isatty(out->fd) ? swt_terminal_table_width(out->fd) : 0};
    int rc = measure(&table, err);
    if (rc < 0 || swt_long_list_size(targets) == 0)
        return rc;
    print_heading(&table);
    return for_each(&table, table.stacked ? print_stacked : print_row, err);
}
