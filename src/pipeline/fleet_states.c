/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the table: device directories, or what a fleet file lists. */
#include "device_directory.h"
#include "fleet.h"

#include <stdlib.h>
#include <string.h>

static int holds_all(void *context, const struct swt_target *target, bool *ret_holds,
                     struct swt_error *err) {
    (void)context;
    (void)target;
    (void)err;
    *ret_holds = true;
    return 0;
}

const struct swt_judge_device swt_fleet_holds_all = {.holds = holds_all};

void swt_fleet_row_done(struct swt_fleet_row *row) {
    swt_device_state_done(&row->state);
    free(row->lacks);
    free(row->directory);
    free(row->root_path);
    free(row->name);
    *row = (struct swt_fleet_row){0};
}

/* ---- what a directory holds -------------------------------------------------------------- */

static int row_holds(void *context, const struct swt_target *target, bool *ret_holds,
                     struct swt_error *err) {
    const struct swt_fleet_row *row = context;
    const struct swt_targets *targets = row->state.installed.manifest->targets;
    const struct swt_target *recorded = swt_targets_find(targets, target->name);
    (void)err;
    *ret_holds = recorded != NULL && !row->lacks[recorded - targets->targets];
    return 0;
}

static bool left_out_of_any(const struct swt_fleet *fleet, const struct swt_target *target) {
    for (size_t i = 0; i < fleet->bundle_count; i++) {
        const struct swt_fleet_bundle *bundle = &fleet->bundles[i];
        if (!bundle->finding.any_left_out)
            continue;
        const struct swt_targets *targets = bundle->judge.targets;
        const struct swt_target *listed = swt_targets_find(targets, target->name);
        if (listed != NULL && bundle->finding.left_out[listed - targets->targets])
            return true;
    }
    return false;
}

/* Of the targets that some bundle leaves out, those that the directory does not hold as its
 * manifest records them. */
static int find_lacks(const struct swt_fleet *fleet, const struct swt_device_directory *directory,
                      struct swt_fleet_row *row, struct swt_error *err) {
    if (row->state.installed.manifest == NULL)
        return 0;
    const struct swt_targets *targets = row->state.installed.manifest->targets;
    row->lacks = calloc(targets->target_count + 1, sizeof *row->lacks);
    if (row->lacks == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < targets->target_count; i++) {
        SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *file = NULL;
        if (!left_out_of_any(fleet, &targets->targets[i]))
            continue;
        int rc = swt_device_directory_held(directory, &targets->targets[i], &file, err);
        if (rc < 0)
            return rc;
        row->lacks[i] = file == NULL;
        if (row->lacks[i]) {
            row->own_device = (struct swt_judge_device){.holds = row_holds, .context = row};
            row->device = &row->own_device;
        }
    }
    return 0;
}

/* ---- reading ----------------------------------------------------------------------------- */

static int hint_unknown(struct swt_error *err) {
    return err->code == SWT_E_UNKNOWN_FIELD ? swt_error_hint(err, SWT_ALLOW_UNKNOWN_HINT)
                                            : -(int)err->code;
}

static int read_directory(const struct swt_fleet *fleet, const char *path,
                          struct swt_fleet_row *row, struct swt_error *err) {
    SWT_CLEANUP(swt_device_directory_done) struct swt_device_directory directory = {0};
    int rc = swt_device_directory_open(path, false, fleet->options->allow_unknown, &directory,
                                       &row->state, err);
    if (rc < 0)
        return hint_unknown(err);
    row->device = &swt_fleet_holds_all;
    row->directory = swt_strdup(path, err);
    if (row->directory != NULL)
        row->root_path = swt_format(err, "%s/current/root_metadata", path);
    return row->root_path == NULL ? -(int)err->code : 0;
}

static int read_root(const struct swt_fleet *fleet, const struct swt_fleet_entry *entry,
                     struct swt_fleet_row *row, struct swt_error *err) {
    int rc =
        swt_root_source_open(entry->path, fleet->options->allow_unknown, &row->state.root, err);
    if (rc < 0)
        return hint_unknown(err);
    row->device = &swt_fleet_holds_all;
    row->state.knows_floor = true;
    row->state.has_floor = entry->has_floor;
    row->state.floor = entry->floor_version;
    row->root_path = swt_strdup(entry->path, err);
    return row->root_path == NULL ? -(int)err->code : 0;
}

static int read_entry(const struct swt_fleet *fleet, const struct swt_fleet_entry *entry,
                      struct swt_fleet_row *row, struct swt_error *err) {
    row->count = entry->count.value;
    row->name = swt_strdup(entry->name.text, err);
    if (row->name == NULL)
        return -(int)err->code;
    int rc = entry->root.text != NULL ? read_root(fleet, entry, row, err)
                                      : read_directory(fleet, entry->path, row, err);
    if (rc == 0 || (swt_code_exit(err->code) != 3 && err->code != SWT_E_NOT_FOUND))
        return rc;
    return swt_error_context(err, "state '%s' (%s:%u:%u)", row->name, entry->node->file,
                             entry->node->line, entry->node->column);
}

static int make_rows(struct swt_fleet *fleet, size_t count, struct swt_error *err) {
    fleet->rows = calloc(count, sizeof *fleet->rows);
    if (fleet->rows == NULL)
        return swt_fail_memory(err);
    fleet->row_count = count;
    return 0;
}

static int read_file(struct swt_fleet *fleet, struct swt_error *err) {
    SWT_CLEANUP(swt_fleet_file_cleanup) struct swt_fleet_file *file = NULL;
    int rc = swt_fleet_file_load(fleet->options->file, &file, err);
    if (rc == 0)
        rc = make_rows(fleet, file->state_count, err);
    for (size_t i = 0; rc == 0 && i < fleet->row_count; i++)
        rc = read_entry(fleet, &file->states[i], &fleet->rows[i], err);
    return rc;
}

int swt_fleet_read_rows(struct swt_fleet *fleet, struct swt_error *err) {
    const struct swt_fleet_options *options = fleet->options;
    if (options->file != NULL)
        return read_file(fleet, err);
    int rc = make_rows(fleet, options->device_count, err);
    for (size_t i = 0; rc == 0 && i < fleet->row_count; i++) {
        struct swt_fleet_row *row = &fleet->rows[i];
        row->count = 1;
        row->name = swt_strdup(options->devices[i], err);
        rc = row->name == NULL ? -(int)err->code
                               : read_directory(fleet, options->devices[i], row, err);
    }
    return rc;
}

/* The directories are opened once more: thousands of them would not stay open. */
int swt_fleet_find_lacks(struct swt_fleet *fleet, struct swt_error *err) {
    bool any = false;
    for (size_t i = 0; i < fleet->bundle_count; i++)
        any |= fleet->bundles[i].finding.any_left_out;
    for (size_t i = 0; any && i < fleet->row_count; i++) {
        SWT_CLEANUP(swt_device_directory_done) struct swt_device_directory directory = {0};
        struct swt_fleet_row *row = &fleet->rows[i];
        if (row->directory == NULL)
            continue;
        struct swt_device_state state;
        int rc = swt_device_directory_open(row->directory, false, fleet->options->allow_unknown,
                                           &directory, &state, err);
        if (rc < 0)
            return hint_unknown(err);
        swt_device_state_done(&row->state);
        row->state = state;
        rc = find_lacks(fleet, &directory, row, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
