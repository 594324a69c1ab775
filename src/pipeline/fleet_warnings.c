/* SPDX-License-Identifier: Apache-2.0 */
/* What may go wrong although a bundle is accepted: the judge's warnings, and the traps of stock
 * Pigweed devices. */
#include "document.h"
#include "fleet_advice.h"
#include "fleet_document.h"
#include "stock.h"

#include <string.h>

/* ---- stock devices ----------------------------------------------------------------------- */

static bool all_p256(const struct swt_root *root) {
    for (size_t i = 0; i < root->key_count; i++)
        if (root->keys[i].key.type != SWT_KEY_P256)
            return false;
    return true;
}

/* No device with other keys is a stock one. */
static bool may_be_stock(const struct swt_device_state *state,
                         const struct swt_fleet_bundle *bundle) {
    return all_p256(state->root.root) && (bundle->root == NULL || all_p256(bundle->root));
}

static int add_text(json_t *warnings, struct swt_buf *text, struct swt_error *err) {
    return swt_json_add(warnings, swt_json_text(swt_buf_slice(text)), err);
}

static int warn_of_answer(const struct swt_stock_answer *answer, const char *where,
                          json_t *warnings, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    if (!answer->known || (answer->accepted && !answer->last_update))
        return 0;
    int rc = answer->accepted
                 ? swt_buf_printf(&text, err,
                                  "%sa stock Pigweed device accepts it and refuses every later "
                                  "update: its targets version is 0",
                                  where)
                 : swt_buf_printf(&text, err, "%sa stock Pigweed device refuses it at %s: %s%s",
                                  where, answer->step, answer->reason,
                                  answer->second_time ? "; it is accepted when sent again" : "");
    return rc < 0 ? rc : add_text(warnings, &text, err);
}

static int ask_stock(const struct swt_fleet *fleet, size_t place, size_t bundle, const char *where,
                     json_t *warnings, struct swt_error *err) {
    const struct swt_device_state *state = swt_fleet_graph_state(fleet->graph, place);
    const struct swt_fleet_bundle *column = &fleet->bundles[bundle];
    if (!may_be_stock(state, column))
        return 0;
    const struct swt_stock_device device = {
        .root = swt_buf_slice(&state->root.bytes),
        .has_manifest = state->installed.manifest != NULL,
        .manifest = swt_buf_slice(&state->installed.bytes),
        /* The judge accepts it: its payloads were hashed. */
        .payloads_match = true,
    };
    struct swt_stock_answer answer = {0};
    int rc = swt_reader_seek(column->judge.reader, 0, err);
    if (rc == 0)
        rc = swt_stock_judge(column->judge.reader, column->judge.kind, &device, NULL, &answer, err);
    return rc < 0 ? rc : warn_of_answer(&answer, where, warnings, err);
}

/* ---- one cell ---------------------------------------------------------------------------- */

/* Warnings of one bundle on the way; of a stone they say which it is. */
static int warn_of_edge(const struct swt_fleet *fleet, size_t place, size_t bundle, bool stone,
                        json_t *warnings, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf where = {0};
    struct swt_fleet_edge edge = {0};
    int rc = swt_fleet_graph_edge(fleet->graph, place, bundle, &edge, err);
    if (rc == 0 && stone)
        rc = swt_buf_printf(&where, err, "%s before it: ", fleet->bundles[bundle].file);
    size_t i;
    const json_t *warning;
    json_array_foreach(edge.warnings, i, warning) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
        if (rc == 0)
            rc = swt_buf_printf(&text, err, "%s%s", swt_buf_text(&where),
                                json_string_value(warning));
        if (rc == 0)
            rc = add_text(warnings, &text, err);
    }
    if (rc < 0 || !edge.accepted)
        return rc;
    return ask_stock(fleet, place, bundle, swt_buf_text(&where), warnings, err);
}

int swt_fleet_warn(const struct swt_fleet *fleet, const struct swt_fleet_cell *cell, size_t bundle,
                   json_t *warnings, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < cell->after_count; i++)
        rc = warn_of_edge(fleet, cell->via[i], cell->after[i], true, warnings, err);
    return rc < 0 ? rc
                  : warn_of_edge(fleet, cell->via[cell->after_count], bundle, false, warnings, err);
}

/* ---- all cells --------------------------------------------------------------------------- */

struct collection {
    const struct swt_fleet *fleet;
    json_t *counts; /* "BUNDLE WARNING": devices */
};

static int count_cell(const struct collection *collection, const json_t *cell, json_int_t devices,
                      struct swt_error *err) {
    size_t bundle = (size_t)json_integer_value(json_object_get(cell, "bundle"));
    size_t i;
    const json_t *warning;
    json_array_foreach(json_object_get(cell, "warnings"), i, warning) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf name = {0};
        int rc = swt_buf_printf(&name, err, "%s: %s", collection->fleet->bundles[bundle].file,
                                json_string_value(warning));
        SWT_CLEANUP(swt_json_cleanup) json_t *text = swt_json_text(swt_buf_slice(&name));
        if (rc == 0 && text == NULL)
            rc = swt_fail_memory(err);
        const char *key = json_string_value(text);
        if (rc == 0)
            rc = swt_json_set(collection->counts, key,
                              json_integer(devices + json_integer_value(
                                                         json_object_get(collection->counts, key))),
                              err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int add_counted(json_t *warnings, const json_t *counts, struct swt_error *err) {
    const char *name;
    json_t *count;
    json_object_foreach((json_t *)(uintptr_t)counts, name, count) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
        int rc = swt_buf_printf(&text, err, "%s (", name);
        if (rc == 0)
            rc = swt_fleet_devices_text((uint64_t)json_integer_value(count), &text, err);
        if (rc == 0)
            rc = swt_buf_printf(&text, err, ")");
        if (rc == 0)
            rc = add_text(warnings, &text, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int swt_fleet_collect_warnings(const struct swt_fleet *fleet, json_t *document,
                               struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *counts = json_object();
    json_t *warnings = swt_json_array(document, "warnings", err);
    if (counts == NULL || warnings == NULL)
        return swt_fail_memory(err);
    const struct collection collection = {fleet, counts};
    size_t i;
    size_t j;
    const json_t *row;
    const json_t *cell;
    json_array_foreach(json_object_get(document, "states"), i, row) {
        json_int_t devices = json_integer_value(json_object_get(row, "count"));
        json_array_foreach(json_object_get(row, "cells"), j, cell) {
            int rc = count_cell(&collection, cell, devices, err);
            if (rc < 0)
                return rc;
        }
    }
    int rc = add_counted(warnings, counts, err);
    if (rc == 0 && swt_fleet_graph_full(fleet->graph))
        rc = swt_json_add(warnings,
                          json_sprintf("the search for stepping stones ended at %d states: there "
                                       "may be more of them",
                                       SWT_FLEET_MAX_REACHED),
                          err);
    if (rc < 0 || !fleet->search_ended)
        return rc;
    return swt_json_add(warnings,
                        json_sprintf("the search ended at %d states: what is refused may be "
                                     "accepted after more bundles than were tried",
                                     SWT_FLEET_MAX_REACHED),
                        err);
}
