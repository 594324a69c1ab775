/* SPDX-License-Identifier: Apache-2.0 */
/* The targets of a diff as a table with bars. What a narrow terminal has no room for goes to a line
 * below, and the bars go first. */
#include "columns.h"
#include "report_diff.h"
#include "terminal.h"

#include <stdio.h>
#include <string.h>

#define INDENT ((size_t)4)
#define GAP ((size_t)2)
#define NAME_MIN ((size_t)12)
#define NAME_BESIDE_BAR ((size_t)24)
#define BAR_MIN ((size_t)8)
#define BAR_MAX ((size_t)40)
#define HEX_TEXT 32
#define TITLE_NAME "NAME"
#define TITLE_DELTA "CHANGE"
#define TITLE_AT "FROM"

/* A row, as it is shown; from one entry of a list. */
struct row {
    char mark;
    struct swt_buf name;
    bool has_a, has_b;
    char a[SWT_SIZE_TEXT], b[SWT_SIZE_TEXT], delta[SWT_SIZE_TEXT];
    uint64_t length_a, length_b;
    char at[HEX_TEXT];  /* where the payloads begin to differ */
    struct swt_buf was; /* the name in A; or what user_manifest says */
};

static void row_done(struct row *row) {
    swt_buf_done(&row->name);
    swt_buf_done(&row->was);
}

struct table {
    const struct swt_diff_report *report;
    size_t name, a, b, delta, at, bar; /* widths; bar: 0 for none */
    bool delta_below, at_below;
    uint64_t longest;
};

/* ---- rows -------------------------------------------------------------------------------- */

static const struct list {
    const char *name;
    char mark;
} LISTS[] = {
    {"changed", '~'}, {"renamed", '>'}, {"added", '+'}, {"removed", '-'}, {"unchanged", '='}};

static size_t list_count(const struct swt_diff_report *report) {
    return report->verbose ? SWT_COUNT(LISTS) : SWT_COUNT(LISTS) - 1;
}

static void read_size(const json_t *length, char ret_text[SWT_SIZE_TEXT], uint64_t *ret_length) {
    (void)swt_diff_size(length, ret_text);
    *ret_length = json_is_integer(length) ? (uint64_t)json_integer_value(length) : UINT64_MAX;
}

static void read_sizes(const json_t *entry, struct row *row) {
    const json_t *a = entry;
    const json_t *b = entry;
    if (row->mark == '~') {
        a = json_object_get(entry, "a");
        b = json_object_get(entry, "b");
    }
    row->has_a = row->mark == '~' || row->mark == '-';
    row->has_b = row->mark != '-';
    if (row->has_a)
        read_size(json_object_get(a, "length"), row->a, &row->length_a);
    if (row->has_b)
        read_size(json_object_get(b, "length"), row->b, &row->length_b);
    if (!row->has_a && row->mark != '+')
        row->length_a = row->length_b;
}

static int read_row(const json_t *entry, char mark, struct row *row, struct swt_error *err) {
    const json_t *first = json_object_get(entry, "first_difference");
    row->mark = mark;
    read_sizes(entry, row);
    (void)swt_diff_delta(json_object_get(entry, "delta"), row->delta);
    if (json_is_integer(first))
        (void)snprintf(row->at, sizeof row->at, "0x%llx",
                       (unsigned long long)json_integer_value(first));
    int rc = swt_text_escape(
        &row->name, swt_slice_text(swt_diff_text_of(entry, mark == '>' ? "b" : "name")), err);
    if (rc == 0 && mark == '>')
        rc = swt_text_escape(&row->was, swt_slice_text(swt_diff_text_of(entry, "a")), err);
    if (rc == 0 && json_object_get(entry, "details") != NULL)
        rc = swt_diff_details_text(json_object_get(entry, "details"), &row->was, err);
    return rc;
}

/* Calls visit with each row, in the order of the table. */
static int each_row(struct table *table, const json_t *targets,
                    void (*visit)(struct table *table, const struct row *row, const json_t *entry),
                    struct swt_error *err) {
    for (size_t list = 0; list < list_count(table->report); list++) {
        size_t i;
        const json_t *entry;
        json_array_foreach(json_object_get(targets, LISTS[list].name), i, entry) {
            SWT_CLEANUP(row_done) struct row row = {0};
            int rc = read_row(entry, LISTS[list].mark, &row, err);
            if (rc < 0)
                return rc;
            visit(table, &row, entry);
        }
    }
    return 0;
}

/* ---- widths ------------------------------------------------------------------------------ */

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static void measure(struct table *table, const struct row *row, const json_t *entry) {
    (void)entry;
    table->name = larger(table->name, swt_columns_of(swt_buf_slice(&row->name)));
    table->a = larger(table->a, strlen(row->a));
    table->b = larger(table->b, strlen(row->b));
    table->delta = larger(table->delta, strlen(row->delta));
    table->at = larger(table->at, strlen(row->at));
    if (row->length_a > table->longest)
        table->longest = row->length_a;
    if (row->length_b > table->longest)
        table->longest = row->length_b;
}

static size_t column(size_t width) {
    return width == 0 ? 0 : GAP + width;
}

static void leave_room_for_titles(struct table *table) {
    table->name = larger(table->name, strlen(TITLE_NAME));
    if (table->delta > 0)
        table->delta = larger(table->delta, strlen(TITLE_DELTA));
    if (table->at > 0)
        table->at = larger(table->at, strlen(TITLE_AT));
}

/* Whole with bars, then names cut, then without bars, then columns moved below. */
static void fit(struct table *table) {
    leave_room_for_titles(table);
    size_t width = table->report->width;
    size_t sizes = INDENT + column(table->a) + column(table->b);
    size_t used = sizes + column(table->delta) + column(table->at);
    size_t beside_bar = smaller(table->name, NAME_BESIDE_BAR);
    if (used + table->name + GAP + BAR_MIN <= width)
        beside_bar = table->name;
    if (used + beside_bar + GAP + BAR_MIN <= width) {
        table->name = beside_bar;
        table->bar = smaller(width - used - beside_bar - GAP, BAR_MAX);
        return;
    }
    size_t least = smaller(table->name, NAME_MIN);
    table->at_below = table->at > 0 && used + least > width;
    if (table->at_below)
        used -= column(table->at);
    table->delta_below = table->delta > 0 && used + least > width;
    if (table->delta_below)
        used -= column(table->delta);
    table->name = used + least > width ? least : smaller(table->name, width - used);
}

/* ---- bars -------------------------------------------------------------------------------- */

static void print_cells(const struct table *table, const char *style, const char *cell,
                        size_t count) {
    if (count == 0)
        return;
    swt_output_printf(table->report->out, "%s", style);
    for (size_t i = 0; i < count; i++)
        swt_output_printf(table->report->out, "%s", cell);
    swt_output_printf(table->report->out, "%s", table->report->style.reset);
}

static size_t scale(const struct table *table, uint64_t length) {
    if (length == 0 || table->longest == 0)
        return 0;
    size_t cells = (size_t)((double)length / (double)table->longest * (double)table->bar + 0.5);
    return smaller(larger(cells, 1), table->bar);
}

/* What both have, then what came, or what went. A change that is seen nowhere else has a cell. */
static void print_bar(const struct table *table, const struct row *row) {
    const struct swt_style *style = &table->report->style;
    bool utf8 = swt_terminal_utf8();
    size_t a = scale(table, row->length_a);
    size_t b = scale(table, row->length_b);
    size_t both = smaller(a, b);
    size_t rest = larger(a, b) - both;
    if (rest == 0 && row->length_a != row->length_b && both > 0) {
        both--;
        rest = 1;
    }
    bool grown = row->length_b > row->length_a;
    swt_columns_blank(table->report->out, GAP);
    print_cells(table, "", utf8 ? "█" : "#", both);
    print_cells(table, grown ? style->good : style->bad,
                grown ? (utf8 ? "▒" : "+") : (utf8 ? "░" : "-"), rest);
    if (!table->at_below && row->at[0] != '\0')
        swt_columns_blank(table->report->out, table->bar - both - rest);
}

/* ---- printing ---------------------------------------------------------------------------- */

static void print_right(const struct table *table, const char *text, size_t width) {
    if (width > 0)
        swt_output_printf(table->report->out, "%*s", (int)(GAP + width), text);
}

static void print_heading(const struct table *table) {
    struct swt_output *out = table->report->out;
    swt_output_printf(out, "%s%*s", table->report->style.faint, (int)INDENT, "");
    swt_columns_print(out, swt_slice_text(TITLE_NAME), table->name, table->name);
    print_right(table, "A", table->a);
    print_right(table, "B", table->b);
    if (!table->delta_below)
        print_right(table, TITLE_DELTA, table->delta);
    if (table->at > 0 && !table->at_below)
        swt_output_printf(out, "%*s%s", (int)(GAP + column(table->bar)), "", TITLE_AT);
    swt_output_printf(out, "%s\n", table->report->style.reset);
}

static void begin_below(const struct table *table) {
    swt_columns_blank(table->report->out, INDENT + GAP);
}

static void print_moved(const struct table *table, const struct row *row) {
    struct swt_output *out = table->report->out;
    bool delta = table->delta_below && row->delta[0] != '\0';
    bool at = table->at_below && row->at[0] != '\0';
    if (!delta && !at)
        return;
    begin_below(table);
    swt_output_printf(out, "%s%s", delta ? row->delta : "", delta && at ? ", " : "");
    swt_output_printf(out, "%s%s\n", at ? "differs from " : "", at ? row->at : "");
}

static void print_was(const struct table *table, const struct row *row) {
    const struct swt_diff_report *report = table->report;
    size_t used = INDENT + GAP + (row->mark == '>' ? strlen("was ") : 0);
    if (row->was.len == 0)
        return;
    begin_below(table);
    swt_output_printf(report->out, "%s", row->mark == '>' ? "was " : "");
    swt_columns_print(report->out, swt_buf_slice(&row->was),
                      report->verbose ? SIZE_MAX : report->width - used, 0);
    swt_output_printf(report->out, "\n");
}

/* -v: the whole hashes. */
static void print_hashes(const struct table *table, const json_t *entry) {
    const char *const SIDES[] = {"a", "b"};
    if (json_object_get(entry, "sha256") != NULL) {
        begin_below(table);
        swt_output_printf(table->report->out, "  %s\n", swt_diff_text_of(entry, "sha256"));
        return;
    }
    for (size_t i = 0; i < SWT_COUNT(SIDES); i++) {
        begin_below(table);
        swt_output_printf(table->report->out, "%c %s\n", i == 0 ? 'A' : 'B',
                          swt_diff_text_of(json_object_get(entry, SIDES[i]), "sha256"));
    }
}

static void print_row(struct table *table, const struct row *row, const json_t *entry) {
    const struct swt_diff_report *report = table->report;
    struct swt_output *out = report->out;
    struct swt_slice name = swt_buf_slice(&row->name);
    swt_diff_print_mark(report, row->mark);
    swt_columns_print(out, name,
                      report->verbose ? larger(table->name, swt_columns_of(name)) : table->name,
                      table->name);
    print_right(table, row->a, table->a);
    print_right(table, row->b, table->b);
    if (!table->delta_below)
        print_right(table, row->delta, table->delta);
    if (table->bar > 0)
        print_bar(table, row);
    if (!table->at_below && row->at[0] != '\0')
        swt_output_printf(out, "%*s%s", (int)GAP, "", row->at);
    swt_output_printf(out, "\n");
    print_moved(table, row);
    print_was(table, row);
    if (report->verbose)
        print_hashes(table, entry);
}

/* ---- what stands below the table --------------------------------------------------------- */

static const char *left_out_of(const json_t *entry) {
    bool a = json_is_false(json_object_get(entry, "a"));
    bool b = json_is_false(json_object_get(entry, "b"));
    return a && b ? "left out of both" : a ? "left out of A" : "left out of B";
}

static int print_left_out(const struct swt_diff_report *report, const json_t *list,
                          struct swt_error *err) {
    size_t i;
    const json_t *entry;
    json_array_foreach(list, i, entry) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf name = {0};
        int rc = swt_text_escape(&name, swt_slice_text(swt_diff_text_of(entry, "name")), err);
        if (rc < 0)
            return rc;
        const char *text = left_out_of(entry);
        swt_diff_print_mark(report, '!');
        swt_columns_print(report->out, swt_buf_slice(&name),
                          report->verbose ? SIZE_MAX : report->width - INDENT - 2 - strlen(text),
                          0);
        swt_output_printf(report->out, ": %s\n", text);
    }
    return 0;
}

static bool is_worth_a_title(const struct swt_diff_report *report, const json_t *targets) {
    size_t rows = json_array_size(json_object_get(targets, "left_out"));
    for (size_t i = 0; i < list_count(report); i++)
        rows += json_array_size(json_object_get(targets, LISTS[i].name));
    return rows > 0 || json_is_true(json_object_get(targets, "reordered"));
}

int swt_report_diff_targets(const struct swt_diff_report *report, const json_t *targets,
                            struct swt_error *err) {
    struct table table = {.report = report};
    size_t unchanged = json_array_size(json_object_get(targets, "unchanged"));
    if (!is_worth_a_title(report, targets))
        return 0;
    swt_output_printf(report->out, "\n%stargets%s\n", report->style.strong, report->style.reset);
    int rc = each_row(&table, targets, measure, err);
    if (rc == 0 && table.name > 0) {
        fit(&table);
        print_heading(&table);
        rc = each_row(&table, targets, print_row, err);
    }
    if (rc == 0)
        rc = print_left_out(report, json_object_get(targets, "left_out"), err);
    if (rc < 0)
        return rc;
    if (json_is_true(json_object_get(targets, "reordered"))) {
        swt_diff_print_mark(report, '~');
        swt_output_printf(report->out, "the order of the targets\n");
    }
    if (unchanged > 0 && !report->verbose)
        swt_output_printf(report->out, "%*s%zu unchanged\n", (int)INDENT, "", unchanged);
    return 0;
}
