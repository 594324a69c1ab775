/* SPDX-License-Identifier: Apache-2.0 */
/* fleet: which states of devices accept which bundles, at once, after others, or not. */
#include "fleet.h"
#include "document.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

static void fleet_done(struct swt_fleet *fleet) {
    for (size_t i = 0; fleet->cells != NULL && i < fleet->start_count * fleet->bundle_count; i++)
        swt_fleet_cell_done(&fleet->cells[i]);
    free(fleet->cells);
    swt_fleet_graph_free(fleet->graph);
    for (size_t i = 0; i < fleet->row_count; i++)
        swt_fleet_row_done(&fleet->rows[i]);
    free(fleet->rows);
    for (size_t i = 0; i < fleet->bundle_count; i++) {
        swt_root_free(fleet->bundles[i].root);
        swt_payload_finding_done(&fleet->bundles[i].finding);
        swt_judge_done(&fleet->bundles[i].judge);
    }
    free(fleet->bundles);
}

/* ---- the command line -------------------------------------------------------------------- */

static int check_options(const struct swt_fleet_options *options, struct swt_error *err) {
    if (options->file != NULL && options->device_count > 0)
        return swt_fail(err, SWT_E_USAGE,
                        "--device and --fleet both say which states there are, give one");
    if (options->file == NULL && options->device_count == 0) {
        swt_fail(err, SWT_E_USAGE, "no state of a device was given");
        return swt_error_hint(err, "--fleet FILE with the states of the fleet, or --device DIR for "
                                   "each device directory");
    }
    if (options->bundle_count == 0)
        return swt_fail(err, SWT_E_USAGE, "no bundle was given: --bundle BUNDLE, once for each");
    if (options->bundle_count > SWT_FLEET_MAX_BUNDLES)
        return swt_fail(err, SWT_E_USAGE, "%zu bundles were given, at most %d are compared",
                        options->bundle_count, SWT_FLEET_MAX_BUNDLES);
    if (options->device_count > SWT_FLEET_MAX_STATES)
        return swt_fail(err, SWT_E_USAGE, "%zu devices were given, at most %d are compared",
                        options->device_count, SWT_FLEET_MAX_STATES);
    return 0;
}

/* The page must not take the place of what it tells of. */
static int check_page(const struct swt_fleet *fleet, struct swt_error *err) {
    const struct swt_fleet_options *options = fleet->options;
    int rc = swt_output_spares(options->html, options->file, "the fleet file", err);
    for (size_t i = 0; rc == 0 && i < options->bundle_count; i++)
        rc = swt_output_spares(options->html, options->bundles[i], "a bundle", err);
    for (size_t i = 0; rc == 0 && i < fleet->row_count; i++) {
        const struct swt_fleet_row *row = &fleet->rows[i];
        rc = swt_output_spares(options->html, row->root_path, "the root of a state", err);
        if (rc == 0)
            rc = swt_output_spares_folder(options->html, row->directory, "a device directory", err);
    }
    return rc;
}

/* ---- the bundles ------------------------------------------------------------------------- */

/* No anchor is read with the file: the states come later. */
static const struct swt_device_state NO_STATE;

/* The bundle's own root, for what is said of it; what cannot be read is the judge's to tell. */
static int read_own_root(struct swt_fleet_bundle *bundle, struct swt_error *err) {
    const struct swt_envelope *envelope = &bundle->judge.root_envelope;
    if (!bundle->judge.has_root || envelope->metadata.data == NULL)
        return 0;
    int rc = swt_root_decode(envelope->metadata, envelope->metadata_offset, &bundle->root, err);
    if (rc == 0)
        rc = swt_root_check(bundle->root, err);
    if (rc == 0)
        return 0;
    swt_root_free(SWT_TAKE(bundle->root));
    return swt_code_exit(err->code) == 3 ? 0 : rc;
}

static int open_bundle(struct swt_fleet *fleet, size_t index, struct swt_error *err) {
    struct swt_fleet_bundle *bundle = &fleet->bundles[index];
    bundle->file = fleet->options->bundles[index];
    bundle->judge.state = &NO_STATE;
    int rc = swt_judge_open(&bundle->judge, bundle->file, &fleet->judgement, err);
    if (rc < 0)
        return rc;
    if (!swt_reader_seekable(bundle->judge.reader)) {
        swt_fail(err, SWT_E_USAGE, "a bundle that is judged by many states must be a regular file");
        return swt_error_file(err, bundle->file);
    }
    for (size_t i = 0; i < index; i++)
        if (swt_reader_same_file(fleet->bundles[i].judge.reader, bundle->judge.reader))
            return swt_fail(err, SWT_E_USAGE, "--bundle %s and --bundle %s are one file",
                            fleet->bundles[i].file, bundle->file);
    /* All judgements are of one time. */
    bundle->judge.now = fleet->bundles[0].judge.now;
    rc = swt_judge_find_payloads(&bundle->judge, &bundle->finding, err);
    return rc < 0 ? rc : read_own_root(bundle, err);
}

static int open_bundles(struct swt_fleet *fleet, struct swt_error *err) {
    const struct swt_fleet_options *options = fleet->options;
    fleet->bundles = calloc(options->bundle_count, sizeof *fleet->bundles);
    if (fleet->bundles == NULL)
        return swt_fail_memory(err);
    fleet->bundle_count = options->bundle_count;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < options->bundle_count; i++)
        rc = open_bundle(fleet, i, err);
    return rc;
}

/* ---- the table --------------------------------------------------------------------------- */

static int add_starts(struct swt_fleet *fleet, struct swt_error *err) {
    int rc = swt_fleet_graph_new(fleet->bundles, fleet->bundle_count,
                                 fleet->row_count + SWT_FLEET_MAX_REACHED, &fleet->graph, err);
    for (size_t i = 0; rc == 0 && i < fleet->row_count; i++) {
        struct swt_fleet_row *row = &fleet->rows[i];
        bool found;
        rc = swt_fleet_graph_add(fleet->graph, &row->state, row->device, &found, &row->start, err);
    }
    if (rc == 0)
        fleet->start_count = swt_fleet_graph_count(fleet->graph);
    return rc;
}

static int fill_cells(struct swt_fleet *fleet, struct swt_error *err) {
    fleet->cells = calloc(fleet->start_count * fleet->bundle_count, sizeof *fleet->cells);
    if (fleet->cells == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < fleet->start_count; i++)
        rc = swt_fleet_search(fleet->graph, i, fleet->bundle_count,
                              &fleet->cells[i * fleet->bundle_count], err);
    /* What advice tries takes no room from the table, and does not make it incomplete. */
    fleet->search_ended = swt_fleet_graph_full(fleet->graph);
    return rc < 0 ? rc : swt_fleet_graph_extend(fleet->graph, SWT_FLEET_MAX_REACHED, err);
}

static int write_page(const char *path, const json_t *document, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf page = {0};
    int rc = swt_fleet_page(document, &page, err);
    return rc < 0 ? rc : swt_write_file(path, NULL, swt_buf_slice(&page), err);
}

int swt_fleet(const struct swt_fleet_options *options, json_t **ret_document,
              struct swt_error *err) {
    SWT_CLEANUP(fleet_done)
    struct swt_fleet fleet = {.options = options,
                              .judgement = {.time = options->time,
                                            .strict = options->strict,
                                            .allow_unknown = options->allow_unknown,
                                            .progress = options->progress}};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    int rc = check_options(options, err);
    /* What is quick to read comes first: payloads may be large. */
    if (rc == 0)
        rc = swt_fleet_read_rows(&fleet, err);
    if (rc == 0)
        rc = check_page(&fleet, err);
    if (rc == 0)
        rc = open_bundles(&fleet, err);
    if (rc == 0)
        rc = swt_fleet_find_lacks(&fleet, err);
    if (rc == 0)
        rc = add_starts(&fleet, err);
    if (rc == 0)
        rc = fill_cells(&fleet, err);
    if (rc == 0)
        rc = swt_fleet_document(&fleet, &document, err);
    if (rc == 0 && options->html != NULL)
        rc = write_page(options->html, document, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
