/* SPDX-License-Identifier: Apache-2.0 */
/* The fleet's document as a page that needs no other file: no script, no font, no link out. It is
 * XML as well as HTML, so that a test can read it strictly. */
#include "fleet_advice.h"

#include <string.h>

static const char HEAD[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
    "<title>Fleet</title>\n<style>\n"
    ":root{--back:#fff;--text:#1b1f24;--faint:#57606a;--line:#d0d7de;--yes:#116329;--after:#7d4e00;"
    "--no:#a40e26;--yes-back:#dafbe1;--after-back:#fff8c5;--no-back:#ffebe9}\n"
    "@media (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--faint:#9aa4af;"
    "--line:#30363d;--yes:#7ee787;--after:#e3b341;--no:#ff9492;--yes-back:#12261e;"
    "--after-back:#272115;--no-back:#2d1214}}\n"
    "body{margin:2rem;font:16px/1.5 "
    "system-ui,sans-serif;background:var(--back);color:var(--text)}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;margin:1rem 0}\n"
    "caption{text-align:left;font-weight:600;padding:.25rem 0}\n"
    "th,td{border:1px solid var(--line);padding:.3rem .6rem;text-align:left;vertical-align:top}\n"
    "td.number{text-align:right;font-variant-numeric:tabular-nums}\n"
    "th{font-weight:600}\n"
    ".yes{background:var(--yes-back);color:var(--yes)}\n"
    ".after{background:var(--after-back);color:var(--after)}\n"
    ".no{background:var(--no-back);color:var(--no)}\n"
    "td small{display:block;color:var(--faint)}\n"
    "</style>\n</head>\n<body>\n";

/* ---- pieces ------------------------------------------------------------------------------ */

/* Text of a file: control characters as the terminal shows them, then what HTML would take for its
 * own. */
static int put_text(struct swt_buf *page, const char *text, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf safe = {0};
    int rc = swt_text_escape(&safe, swt_slice_text(text), err);
    for (size_t i = 0; rc == 0 && i < safe.len; i++) {
        char byte = (char)safe.data[i];
        const char *entity = byte == '&'    ? "&amp;"
                             : byte == '<'  ? "&lt;"
                             : byte == '>'  ? "&gt;"
                             : byte == '"'  ? "&quot;"
                             : byte == '\'' ? "&#39;"
                                            : NULL;
        rc = entity != NULL ? swt_buf_append(page, entity, strlen(entity), err)
                            : swt_buf_append(page, &byte, 1, err);
    }
    return rc;
}

static int put(struct swt_buf *page, const char *before, const char *text, const char *after,
               struct swt_error *err) {
    int rc = swt_buf_append(page, before, strlen(before), err);
    if (rc == 0)
        rc = put_text(page, text == NULL ? "" : text, err);
    return rc < 0 ? rc : swt_buf_append(page, after, strlen(after), err);
}

static const char *text_of(const json_t *object, const char *member) {
    return json_string_value(json_object_get(object, member));
}

/* A number, or what stands for none. */
static int put_number(struct swt_buf *page, const json_t *object, const char *member,
                      const char *none, struct swt_error *err) {
    const json_t *number = json_object_get(object, member);
    if (!json_is_integer(number))
        return swt_buf_printf(page, err, "<td>%s</td>", none);
    return swt_buf_printf(page, err, "<td class=\"number\">%lld</td>",
                          (long long)json_integer_value(number));
}

/* ---- the bundles ------------------------------------------------------------------------- */

static int put_bundles(struct swt_buf *page, const json_t *bundles, struct swt_error *err) {
    int rc = swt_buf_printf(
        page, err,
        "<div class=\"wide\"><table>\n<caption>Bundles</caption>\n<thead><tr><th scope=\"col\">No."
        "</th><th scope=\"col\">File</th><th scope=\"col\">Container</th><th scope=\"col\">Root"
        "</th><th scope=\"col\">Targets</th><th scope=\"col\">Fault</th></tr></thead>\n<tbody>\n");
    size_t i;
    const json_t *bundle;
    json_array_foreach(bundles, i, bundle) {
        if (rc == 0)
            rc = swt_buf_printf(page, err, "<tr><th scope=\"row\">%zu</th>", i + 1);
        if (rc == 0)
            rc = put(page, "<td>", text_of(bundle, "file"), "</td>", err);
        if (rc == 0)
            rc = put(page, "<td>", text_of(bundle, "container"), "</td>", err);
        if (rc == 0)
            rc = put_number(page, bundle, "root_version", "none", err);
        if (rc == 0)
            rc = put_number(page, bundle, "targets_version", "unknown", err);
        if (rc == 0)
            rc = put(page, "<td>", text_of(bundle, "fault"), "</td></tr>\n", err);
    }
    return rc < 0 ? rc : swt_buf_printf(page, err, "</tbody>\n</table></div>\n");
}

/* ---- the states -------------------------------------------------------------------------- */

static int put_after(struct swt_buf *page, const json_t *cell, struct swt_error *err) {
    int rc = swt_buf_printf(page, err, "<td class=\"after\">after");
    size_t i;
    const json_t *bundle;
    json_array_foreach(json_object_get(cell, "after"), i, bundle) {
        if (rc == 0)
            rc = swt_buf_printf(page, err, "%s %lld", i == 0 ? "" : ",",
                                (long long)json_integer_value(bundle) + 1);
    }
    return rc;
}

/* What the device is when all was applied. */
static int put_afterwards(struct swt_buf *page, const json_t *cell, struct swt_error *err) {
    const json_t *floor = json_object_get(cell, "floor");
    int rc = swt_buf_printf(page, err, "<small>then root %lld, floor ",
                            (long long)json_integer_value(json_object_get(cell, "root_version")));
    if (rc < 0)
        return rc;
    return json_is_integer(floor)
               ? swt_buf_printf(page, err, "%lld</small>", (long long)json_integer_value(floor))
               : swt_buf_printf(page, err, "none</small>");
}

static int put_cell(struct swt_buf *page, const json_t *cell, struct swt_error *err) {
    const char *verdict = text_of(cell, "verdict");
    int rc = 0;
    if (strcmp(verdict, "accept") == 0)
        rc = swt_buf_printf(page, err, "<td class=\"yes\">yes");
    else if (strcmp(verdict, "accept-after") == 0)
        rc = put_after(page, cell, err);
    else
        rc = put(page, "<td class=\"no\">no: ", text_of(cell, "failed_step"), "", err);
    if (rc == 0 && text_of(cell, "expected") != NULL)
        rc = put(page, "<small>at once: expected ", text_of(cell, "expected"), "", err);
    if (rc == 0 && text_of(cell, "expected") != NULL)
        rc = put(page, ", found ", text_of(cell, "found"), "</small>", err);
    size_t i;
    const json_t *warning;
    json_array_foreach(json_object_get(cell, "warnings"), i, warning) {
        if (rc == 0)
            rc = put(page, "<small>warning: ", json_string_value(warning), "</small>", err);
    }
    if (rc == 0)
        rc = put_afterwards(page, cell, err);
    return rc < 0 ? rc : swt_buf_printf(page, err, "</td>");
}

static int put_state(struct swt_buf *page, const json_t *state, struct swt_error *err) {
    int rc = put(page, "<tr><th scope=\"row\">", text_of(state, "name"), "</th>", err);
    if (rc == 0)
        rc = put_number(page, state, "count", "0", err);
    if (rc == 0)
        rc = put_number(page, state, "root_version", "", err);
    if (rc == 0)
        rc = put_number(page, state, "floor", "none", err);
    size_t i;
    const json_t *cell;
    json_array_foreach(json_object_get(state, "cells"), i, cell) {
        if (rc == 0)
            rc = put_cell(page, cell, err);
    }
    return rc < 0 ? rc : swt_buf_printf(page, err, "</tr>\n");
}

static int put_states(struct swt_buf *page, const json_t *document, struct swt_error *err) {
    int rc = swt_buf_printf(
        page, err,
        "<div class=\"wide\"><table>\n<caption>Which state accepts which bundle</caption>\n<thead>"
        "<tr><th scope=\"col\">State</th><th scope=\"col\">Devices</th><th scope=\"col\">Root</th>"
        "<th scope=\"col\">Floor</th>");
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(document, "bundles"), i, item) {
        if (rc == 0)
            rc = swt_buf_printf(page, err, "<th scope=\"col\">%zu", i + 1);
        if (rc == 0)
            rc = put(page, "<small> ", text_of(item, "file"), "</small></th>", err);
    }
    if (rc == 0)
        rc = swt_buf_printf(page, err, "</tr></thead>\n<tbody>\n");
    json_array_foreach(json_object_get(document, "states"), i, item) {
        if (rc == 0)
            rc = put_state(page, item, err);
    }
    return rc < 0 ? rc : swt_buf_printf(page, err, "</tbody>\n</table></div>\n");
}

/* ---- the lists --------------------------------------------------------------------------- */

/* Items are texts, or objects with one. */
static int put_list(struct swt_buf *page, const char *heading, const json_t *items,
                    struct swt_error *err) {
    if (json_array_size(items) == 0)
        return 0;
    int rc = put(page, "<h2>", heading, "</h2>\n<ul>\n", err);
    size_t i;
    const json_t *item;
    json_array_foreach(items, i, item) {
        const char *text = json_is_string(item) ? json_string_value(item) : text_of(item, "text");
        if (rc == 0)
            rc = put(page, "<li>", text, "</li>\n", err);
    }
    return rc < 0 ? rc : swt_buf_printf(page, err, "</ul>\n");
}

static int put_totals(struct swt_buf *page, const json_t *document, struct swt_error *err) {
    const json_t *totals = json_object_get(document, "totals");
    int rc = put(page, "<h1>Fleet</h1>\n<p>Judged at ", text_of(document, "time"), ": ", err);
    if (rc == 0)
        rc = swt_fleet_devices_text(
            (uint64_t)json_integer_value(json_object_get(totals, "devices")), page, err);
    if (rc == 0)
        rc = swt_buf_printf(page, err, ", a bundle serves ");
    if (rc == 0)
        rc = swt_fleet_devices_text((uint64_t)json_integer_value(json_object_get(totals, "served")),
                                    page, err);
    return rc < 0 ? rc : swt_buf_printf(page, err, ".</p>\n");
}

int swt_fleet_page(const json_t *document, struct swt_buf *ret_page, struct swt_error *err) {
    int rc = swt_buf_append(ret_page, HEAD, strlen(HEAD), err);
    if (rc == 0)
        rc = put_totals(ret_page, document, err);
    if (rc == 0)
        rc = put_bundles(ret_page, json_object_get(document, "bundles"), err);
    if (rc == 0)
        rc = put_states(ret_page, document, err);
    if (rc == 0)
        rc = put_list(ret_page, "Advice", json_object_get(document, "advice"), err);
    if (rc == 0)
        rc = put_list(ret_page, "Warnings", json_object_get(document, "warnings"), err);
    return rc < 0 ? rc : swt_buf_printf(ret_page, err, "</body>\n</html>\n");
}
