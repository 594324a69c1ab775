/* SPDX-License-Identifier: Apache-2.0 */
/* The table of a fleet as text: states as rows, bundles as numbered columns that a legend above
 * names. What does not fit the width is told shorter, then in several tables. */
#include "columns.h"
#include "report.h"
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2
#define NAME_MIN ((size_t)12)

struct table {
    struct swt_output *out;
    const json_t *states;
    struct swt_style style;
    size_t width;
    size_t name_width;
    size_t count_width;
    size_t root_width;
    size_t floor_width;
    bool brief; /* "no" without the step */
};

static const char *text_of(const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    return text == NULL ? "" : text;
}

/* "1,200" */
static const char *count_text(json_int_t count, char ret_text[SWT_SIZE_TEXT]) {
    (void)swt_bytes_text((uint64_t)count, ret_text);
    ret_text[strcspn(ret_text, " ")] = '\0';
    return ret_text;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

/* ---- names ------------------------------------------------------------------------------- */

/* The name, escaped, cut to width columns and filled up to them. */
static int print_name(const struct table *table, const char *name, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf safe = {0};
    int rc = swt_text_escape(&safe, swt_slice_text(name), err);
    if (rc < 0)
        return rc;
    struct swt_slice text = swt_buf_slice(&safe);
    size_t room = table->name_width;
    bool cut = swt_columns_of(text) > room;
    if (cut) {
        room -= swt_terminal_utf8() ? 1 : 3;
        text.len = swt_columns_cut(text, room);
    }
    swt_output_bytes(table->out, text);
    swt_output_printf(table->out, "%s%*s",
                      !cut                  ? ""
                      : swt_terminal_utf8() ? "…"
                                            : "...",
                      (int)(room - swt_columns_of(text)), "");
    return 0;
}

static int measure_names(const json_t *states, size_t *ret_width, struct swt_error *err) {
    size_t i;
    const json_t *state;
    *ret_width = strlen("state");
    json_array_foreach(states, i, state) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf safe = {0};
        int rc = swt_text_escape(&safe, swt_slice_text(text_of(state, "name")), err);
        if (rc < 0)
            return rc;
        *ret_width = larger(*ret_width, swt_columns_of(swt_buf_slice(&safe)));
    }
    return 0;
}

/* ---- cells ------------------------------------------------------------------------------- */

static int cell_text(const struct table *table, const json_t *cell, struct swt_buf *ret_text,
                     struct swt_error *err) {
    const char *verdict = text_of(cell, "verdict");
    const char *mark = json_array_size(json_object_get(cell, "warnings")) > 0 ? "!" : "";
    if (strcmp(verdict, "accept") == 0)
        return swt_buf_printf(ret_text, err, "yes%s", mark);
    if (strcmp(verdict, "refuse") == 0)
        return table->brief ? swt_buf_printf(ret_text, err, "no")
                            : swt_buf_printf(ret_text, err, "no: %s", text_of(cell, "failed_step"));
    int rc = swt_buf_printf(ret_text, err, "after");
    size_t i;
    const json_t *bundle;
    json_array_foreach(json_object_get(cell, "after"), i, bundle) {
        if (rc == 0)
            rc = swt_buf_printf(ret_text, err, "%s%lld", i == 0 ? " " : ",",
                                (long long)json_integer_value(bundle) + 1);
    }
    return rc < 0 ? rc : swt_buf_printf(ret_text, err, "%s", mark);
}

static const char *cell_style(const struct table *table, const json_t *cell) {
    const char *verdict = text_of(cell, "verdict");
    if (strcmp(verdict, "refuse") == 0)
        return table->style.bad;
    bool warns = json_array_size(json_object_get(cell, "warnings")) > 0;
    return strcmp(verdict, "accept") == 0 && !warns ? table->style.good : table->style.warning;
}

static int measure_column(const struct table *table, size_t column, size_t *ret_width,
                          struct swt_error *err) {
    char number[32];
    size_t i;
    const json_t *state;
    *ret_width = (size_t)snprintf(number, sizeof number, "%zu", column + 1);
    json_array_foreach(table->states, i, state) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
        int rc =
            cell_text(table, json_array_get(json_object_get(state, "cells"), column), &text, err);
        if (rc < 0)
            return rc;
        *ret_width = larger(*ret_width, text.len);
    }
    return 0;
}

static int print_cell(const struct table *table, const json_t *cell, size_t width, bool last,
                      struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    int rc = cell_text(table, cell, &text, err);
    if (rc < 0)
        return rc;
    swt_output_printf(table->out, "%*s%s%s%s%*s", GAP, "", cell_style(table, cell),
                      swt_buf_text(&text), table->style.reset, last ? 0 : (int)(width - text.len),
                      "");
    return 0;
}

/* ---- the table --------------------------------------------------------------------------- */

static size_t head_width(const struct table *table) {
    return table->name_width + table->count_width + table->root_width + table->floor_width +
           (size_t)3 * GAP;
}

/* What is wider than text may be still fits the table. */
static void begin_line(const struct table *table) {
    if (table->width > SWT_WIDTH_MAX)
        swt_output_whole(table->out);
}

static void print_heading(const struct table *table, const size_t *widths, size_t from, size_t to) {
    begin_line(table);
    swt_output_printf(table->out, "%s%-*s%*s%*s%*s", table->style.strong, (int)table->name_width,
                      "state", (int)table->count_width + GAP, "devices",
                      (int)table->root_width + GAP, "root", (int)table->floor_width + GAP, "floor");
    for (size_t i = from; i < to; i++)
        swt_output_printf(table->out, "%*s%-*zu", GAP, "", i + 1 == to ? 0 : (int)widths[i], i + 1);
    swt_output_printf(table->out, "%s\n", table->style.reset);
}

static int print_state(const struct table *table, const json_t *state, const size_t *widths,
                       size_t from, size_t to, struct swt_error *err) {
    char count[SWT_SIZE_TEXT];
    char floor[32] = "none";
    const json_t *given = json_object_get(state, "floor");
    if (json_is_integer(given))
        (void)snprintf(floor, sizeof floor, "%lld", (long long)json_integer_value(given));
    begin_line(table);
    int rc = print_name(table, text_of(state, "name"), err);
    if (rc < 0)
        return rc;
    swt_output_printf(table->out, "%*s%*lld%*s", (int)table->count_width + GAP,
                      count_text(json_integer_value(json_object_get(state, "count")), count),
                      (int)table->root_width + GAP,
                      (long long)json_integer_value(json_object_get(state, "root_version")),
                      (int)table->floor_width + GAP, floor);
    const json_t *cells = json_object_get(state, "cells");
    for (size_t i = from; rc == 0 && i < to; i++)
        rc = print_cell(table, json_array_get(cells, i), widths[i], i + 1 == to, err);
    swt_output_printf(table->out, "\n");
    return rc;
}

static int print_block(const struct table *table, const size_t *widths, size_t from, size_t to,
                       struct swt_error *err) {
    size_t i;
    const json_t *state;
    int rc = 0;
    print_heading(table, widths, from, to);
    json_array_foreach(table->states, i, state) {
        if (rc == 0)
            rc = print_state(table, state, widths, from, to, err);
    }
    return rc;
}

static void measure_head(struct table *table) {
    size_t i;
    const json_t *state;
    char text[SWT_SIZE_TEXT];
    table->count_width = strlen("devices");
    table->root_width = strlen("root");
    table->floor_width = strlen("floor");
    json_array_foreach(table->states, i, state) {
        const json_t *floor = json_object_get(state, "floor");
        (void)count_text(json_integer_value(json_object_get(state, "count")), text);
        table->count_width = larger(table->count_width, strlen(text));
        int len = snprintf(text, sizeof text, "%lld",
                           (long long)json_integer_value(json_object_get(state, "root_version")));
        table->root_width = larger(table->root_width, (size_t)len);
        len = snprintf(text, sizeof text, "%lld", (long long)json_integer_value(floor));
        table->floor_width = larger(table->floor_width, (size_t)len);
    }
}

/* The widths of the columns; *ret_total is that of all. */
static int measure_cells(const struct table *table, size_t *widths, size_t count, size_t *ret_total,
                         struct swt_error *err) {
    int rc = 0;
    *ret_total = head_width(table);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = measure_column(table, i, &widths[i], err);
        *ret_total += rc == 0 ? GAP + widths[i] : 0;
    }
    return rc;
}

/* Whole, then names cut, then steps left out. */
static int fit(struct table *table, size_t *widths, size_t count, struct swt_error *err) {
    size_t total;
    size_t whole = table->name_width;
    int rc = measure_cells(table, widths, count, &total, err);
    for (int i = 0; rc == 0 && i < 2 && total > table->width; i++) {
        size_t over = total - table->width;
        size_t least = whole < NAME_MIN ? whole : NAME_MIN;
        if (over + least <= table->name_width) {
            table->name_width -= over;
            return 0;
        }
        if (table->brief) {
            table->name_width = least;
            return 0;
        }
        table->brief = true;
        rc = measure_cells(table, widths, count, &total, err);
    }
    return rc;
}

static int print_table(const struct swt_invocation *invocation, const json_t *document,
                       struct swt_error *err) {
    size_t count = json_array_size(json_object_get(document, "bundles"));
    struct table table = {.out = invocation->out,
                          .states = json_object_get(document, "states"),
                          .style = swt_style_of(invocation->out),
                          .width = swt_terminal_table_width(invocation->out->fd)};
    size_t *widths = calloc(count + 1, sizeof *widths);
    if (widths == NULL)
        return swt_fail_memory(err);
    measure_head(&table);
    int rc = measure_names(table.states, &table.name_width, err);
    if (rc == 0)
        rc = fit(&table, widths, count, err);
    for (size_t from = 0; rc == 0 && from < count;) {
        size_t to = from;
        size_t used = head_width(&table);
        while (to < count && (to == from || used + GAP + widths[to] <= table.width))
            used += GAP + widths[to++];
        swt_output_printf(invocation->out, "\n");
        rc = print_block(&table, widths, from, to, err);
        from = to;
    }
    free(widths);
    return rc;
}

/* ---- around it --------------------------------------------------------------------------- */

static void print_legend(struct swt_output *out, const json_t *bundles) {
    struct swt_style style = swt_style_of(out);
    size_t i;
    const json_t *bundle;
    json_array_foreach(bundles, i, bundle) {
        swt_output_printf(out, "%s%3zu%s  ", style.strong, i + 1, style.reset);
        swt_output_hang(out);
        swt_report_member(out, bundle, "file");
        swt_report_optional(out, ", root ", bundle, "root_version", "");
        swt_report_optional(out, ", targets ", bundle, "targets_version", "");
        if (json_object_get(bundle, "fault") != NULL)
            swt_output_printf(out, ", %sbroken%s: ", style.bad, style.reset);
        swt_report_member(out, bundle, "fault");
        swt_output_printf(out, "\n");
    }
}

/* -v: each refusal in full. */
static void print_refusals(struct swt_output *out, const json_t *document) {
    size_t i;
    size_t j;
    const json_t *state;
    const json_t *cell;
    swt_output_printf(out, "\n");
    json_array_foreach(json_object_get(document, "states"), i, state) {
        json_array_foreach(json_object_get(state, "cells"), j, cell) {
            if (strcmp(text_of(cell, "verdict"), "accept") == 0)
                continue;
            swt_report_member(out, state, "name");
            swt_output_printf(out, ", %zu: ", j + 1);
            swt_report_member(out, cell, "failed_step");
            swt_report_optional(out, ": expected ", cell, "expected", "");
            swt_report_optional(out, ", found ", cell, "found", "");
            swt_report_optional(out, " (", cell, "note", ")");
            swt_output_printf(out, "\n");
        }
    }
}

static void print_advice(struct swt_output *out, const json_t *advice) {
    struct swt_style style = swt_style_of(out);
    size_t i;
    const json_t *item;
    json_array_foreach(advice, i, item) {
        swt_output_printf(out, "%s%sadvice:%s ", i == 0 ? "\n" : "", style.strong, style.reset);
        swt_output_hang(out);
        swt_report_member(out, item, "text");
        swt_output_printf(out, "\n");
    }
}

static void print_totals(struct swt_output *out, const json_t *totals) {
    struct swt_style style = swt_style_of(out);
    json_int_t devices = json_integer_value(json_object_get(totals, "devices"));
    json_int_t served = json_integer_value(json_object_get(totals, "served"));
    char text[SWT_SIZE_TEXT];
    swt_output_printf(out, "\n%s%s of ", served == devices ? style.good : style.bad,
                      count_text(served, text));
    swt_output_printf(out, "%s device%s%s accept a bundle, at once or after others\n",
                      count_text(devices, text), devices == 1 ? "" : "s", style.reset);
}

int swt_report_fleet(const struct swt_invocation *invocation, const json_t *document,
                     struct swt_error *err) {
    struct swt_output *out = invocation->out;
    print_legend(out, json_object_get(document, "bundles"));
    int rc = print_table(invocation, document, err);
    if (rc < 0)
        return rc;
    if (invocation->verbose)
        print_refusals(out, document);
    print_advice(out, json_object_get(document, "advice"));
    swt_report_warnings(out, json_object_get(document, "warnings"));
    print_totals(out, json_object_get(document, "totals"));
    return 0;
}
