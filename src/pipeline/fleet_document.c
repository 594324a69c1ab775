/* SPDX-License-Identifier: Apache-2.0 */
/* The table as JSON, swupdate-tool-fleet(1), "JSON". */
#include "fleet_document.h"
#include "document.h"
#include "fleet_advice.h"

#include <stdlib.h>
#include <string.h>

/* ---- columns ----------------------------------------------------------------------------- */

static int put_version(json_t *object, const char *name, uint32_t version, struct swt_error *err) {
    return swt_json_set(object, name, json_integer((json_int_t)version), err);
}

/* What is wrong with the bundle for every state, as far as it shows without one. */
static int put_fault(json_t *object, const struct swt_fleet_bundle *bundle, struct swt_error *err) {
    const struct swt_payload_finding *finding = &bundle->finding;
    const struct swt_step *step = finding->payloads.verdict == SWT_FAIL ? &finding->payloads
                                  : finding->end.verdict == SWT_FAIL    ? &finding->end
                                                                        : NULL;
    if (bundle->judge.head_status < 0)
        return swt_json_set(object, "fault", swt_json_path(bundle->judge.head_error.message), err);
    return step == NULL
               ? 0
               : swt_json_set(object, "fault", swt_json_text(swt_buf_slice(&step->found)), err);
}

static int add_column(json_t *columns, const struct swt_fleet_bundle *bundle,
                      struct swt_error *err) {
    const struct swt_judge *judge = &bundle->judge;
    json_t *object = json_object();
    int rc = swt_json_add(columns, object, err);
    if (rc == 0)
        rc = swt_json_set(object, "file", swt_json_path(bundle->file), err);
    if (rc == 0 && judge->head_status == 0)
        rc = swt_json_set(
            object, "container",
            json_string(swt_format_name(judge->kind == SWT_KIND_TAR_BUNDLE ? SWT_FORMAT_TAR
                                                                           : SWT_FORMAT_PIGWEED)),
            err);
    if (rc == 0 && bundle->root != NULL)
        rc = put_version(object, "root_version", bundle->root->common.version, err);
    if (rc == 0 && bundle->root != NULL)
        rc = swt_json_set(object, "root_sha256", swt_json_sha256(bundle->root->bytes), err);
    if (rc == 0 && judge->targets != NULL)
        rc = put_version(object, "targets_version", judge->targets->common.version, err);
    return rc < 0 ? rc : put_fault(object, bundle, err);
}

/* ---- cells ------------------------------------------------------------------------------- */

/* {root_version, floor} of a state; the floor is null where there is none. */
static int put_state(json_t *object, const struct swt_device_state *state, struct swt_error *err) {
    int rc = put_version(object, "root_version", state->root.root->common.version, err);
    if (rc < 0)
        return rc;
    return swt_json_set(object, "floor",
                        state->has_floor ? json_integer((json_int_t)state->floor) : json_null(),
                        err);
}

static int put_refusal(json_t *object, const json_t *step, struct swt_error *err) {
    static const char *const FROM[] = {"step", "expected", "found", "note"};
    static const char *const TO[] = {"failed_step", "expected", "found", "note"};
    for (size_t i = 0; i < SWT_COUNT(FROM); i++) {
        json_t *value = json_object_get(step, FROM[i]);
        if (value != NULL && json_object_set(object, TO[i], value) < 0)
            return swt_fail_memory(err);
    }
    return 0;
}

static int put_after(json_t *object, const struct swt_fleet_cell *cell, struct swt_error *err) {
    json_t *after = swt_json_array(object, "after", err);
    int rc = after == NULL ? -(int)err->code : 0;
    for (size_t i = 0; rc == 0 && i < cell->after_count; i++)
        rc = swt_json_add(after, json_integer((json_int_t)cell->after[i]), err);
    return rc;
}

static const char *verdict_name(enum swt_fleet_verdict verdict) {
    switch (verdict) {
    case SWT_FLEET_ACCEPT:
        return "accept";
    case SWT_FLEET_ACCEPT_AFTER:
        return "accept-after";
    case SWT_FLEET_REFUSE:
        return "refuse";
    }
    return "refuse";
}

static int fill_cell(const struct swt_fleet *fleet, size_t start, size_t bundle, json_t *object,
                     struct swt_error *err) {
    const struct swt_fleet_cell *cell = &fleet->cells[start * fleet->bundle_count + bundle];
    int rc = swt_json_set(object, "bundle", json_integer((json_int_t)bundle), err);
    if (rc == 0)
        rc = swt_json_set(object, "verdict", json_string(verdict_name(cell->verdict)), err);
    if (rc == 0 && cell->verdict == SWT_FLEET_ACCEPT_AFTER)
        rc = put_after(object, cell, err);
    /* Also where others make it accepted: why it is not at once. */
    struct swt_fleet_edge edge;
    if (rc == 0)
        rc = swt_fleet_graph_edge(fleet->graph, start, bundle, &edge, err);
    if (rc == 0 && cell->verdict != SWT_FLEET_ACCEPT)
        rc = put_refusal(object, edge.failed, err);
    if (rc == 0)
        rc = put_state(object, swt_fleet_graph_state(fleet->graph, cell->last), err);
    json_t *warnings = rc < 0 ? NULL : swt_json_array(object, "warnings", err);
    if (rc == 0 && warnings == NULL)
        rc = -(int)err->code;
    if (rc == 0 && cell->verdict != SWT_FLEET_REFUSE)
        rc = swt_fleet_warn(fleet, cell, bundle, warnings, err);
    return rc;
}

static int make_cells(const struct swt_fleet *fleet, size_t start, json_t **ret_cells,
                      struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *cells = json_array();
    if (cells == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < fleet->bundle_count; i++) {
        json_t *object = json_object();
        int rc = swt_json_add(cells, object, err);
        if (rc == 0)
            rc = fill_cell(fleet, start, i, object, err);
        if (rc < 0)
            return rc;
    }
    *ret_cells = SWT_TAKE(cells);
    return 0;
}

/* ---- rows -------------------------------------------------------------------------------- */

static bool is_served(const struct swt_fleet *fleet, const struct swt_fleet_row *row) {
    return swt_fleet_serves(&fleet->cells[row->start * fleet->bundle_count], fleet->bundle_count);
}

static int add_row(const struct swt_fleet *fleet, const struct swt_fleet_row *row, json_t *rows,
                   json_t *cells, struct swt_error *err) {
    json_t *object =
        json_pack("{s:o, s:I}", "name", swt_json_path(row->name), "count", (json_int_t)row->count);
    int rc = swt_json_add(rows, object, err);
    if (rc == 0)
        rc = put_state(object, &row->state, err);
    if (rc == 0)
        rc = swt_json_set(object, "root_sha256", swt_json_sha256(row->state.root.root->bytes), err);
    if (rc == 0)
        rc = swt_json_set(object, "served", json_boolean(is_served(fleet, row)), err);
    /* Rows of one state share their cells. */
    if (rc == 0)
        rc = swt_json_set(object, "cells", json_incref(cells), err);
    return rc;
}

static int add_rows(const struct swt_fleet *fleet, json_t *document, struct swt_error *err) {
    json_t *rows = swt_json_array(document, "states", err);
    SWT_CLEANUP(swt_json_cleanup) json_t *cells = json_array(); /* by start */
    if (rows == NULL || cells == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < fleet->start_count; i++) {
        json_t *made = NULL;
        int rc = make_cells(fleet, i, &made, err);
        if (rc == 0)
            rc = swt_json_add(cells, made, err);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; i < fleet->row_count; i++) {
        const struct swt_fleet_row *row = &fleet->rows[i];
        int rc = add_row(fleet, row, rows, json_array_get(cells, row->start), err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int add_totals(const struct swt_fleet *fleet, json_t *document, struct swt_error *err) {
    uint64_t devices = 0;
    uint64_t served = 0;
    for (size_t i = 0; i < fleet->row_count; i++) {
        devices += fleet->rows[i].count;
        served += is_served(fleet, &fleet->rows[i]) ? fleet->rows[i].count : 0;
    }
    return swt_json_set(
        document, "totals",
        json_pack("{s:I, s:I}", "devices", (json_int_t)devices, "served", (json_int_t)served), err);
}

/* ---- all of it --------------------------------------------------------------------------- */

static int add_advice(const struct swt_fleet *fleet, json_t *document, struct swt_error *err) {
    json_t *advice = NULL;
    int rc = swt_fleet_advise(fleet, &advice, err);
    return rc < 0 ? rc : swt_json_set(document, "advice", advice, err);
}

int swt_fleet_document(const struct swt_fleet *fleet, json_t **ret_document,
                       struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *document = json_pack("{s:o, s:b}", "time", swt_json_time(fleet->bundles[0].judge.now),
                                 "strict", fleet->options->strict);
    json_t *columns = document == NULL ? NULL : swt_json_array(document, "bundles", err);
    if (columns == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < fleet->bundle_count; i++)
        rc = add_column(columns, &fleet->bundles[i], err);
    if (rc == 0)
        rc = add_rows(fleet, document, err);
    if (rc == 0)
        rc = add_advice(fleet, document, err);
    if (rc == 0)
        rc = add_totals(fleet, document, err);
    if (rc == 0)
        rc = swt_fleet_collect_warnings(fleet, document, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
