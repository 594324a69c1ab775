/* SPDX-License-Identifier: Apache-2.0 */
/* The fleet file (swupdate-tool-fleet(1)): which states devices are in, and how many are in each.
 */
#include "internal.h"
#include "swt/io.h"

#include <string.h>

#define IN_ENTRY(member_) offsetof(struct swt_fleet_entry, member_)

static const struct swt_field state_fields[] = {
    {.key = "name",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_ENTRY(name),
     .help = "what the state is called; without it, the path of its root or device"},
    {.key = "count",
     .kind = SWT_FIELD_NUMBER,
     .offset = IN_ENTRY(count),
     .min = 1,
     .max = UINT32_MAX,
     .help = "how many devices are in it"},
    {.key = "root",
     .kind = SWT_FIELD_PATH,
     .offset = IN_ENTRY(root),
     .no_uri = "a root is a file",
     .help = "the root metadata that the devices hold, or a bundle that holds it"},
    {.key = "device",
     .kind = SWT_FIELD_PATH,
     .offset = IN_ENTRY(device),
     .no_uri = "a device is a folder",
     .help = "a device directory"},
    {.key = "floor",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_ENTRY(floor),
     .goes_with = "root",
     .why = "a device directory has a floor of its own",
     .help = "the lowest targets version that the devices accept, or none"},
};
static const struct swt_field_map state_map = {.name = "states",
                                               .fields = state_fields,
                                               .count = SWT_COUNT(state_fields),
                                               .either_of = {"root", "device"},
                                               .size = sizeof(struct swt_fleet_entry),
                                               .node_offset = IN_ENTRY(node)};

static const struct swt_field fleet_fields[] = {
    {.key = "states",
     .kind = SWT_FIELD_MAP_LIST,
     .required = true,
     .offset = offsetof(struct swt_fleet_file, states),
     .offset2 = offsetof(struct swt_fleet_file, state_count),
     .min = 1,
     .max = SWT_FLEET_MAX_STATES,
     .map = &state_map,
     .help = "the states that devices of the fleet are in"},
};
static const struct swt_field_map fleet_map = {
    .name = "", .fields = fleet_fields, .count = SWT_COUNT(fleet_fields)};

static int read_floor(struct swt_fleet_entry *entry, struct swt_error *err) {
    const char *text = entry->floor.text;
    uint64_t version;
    if (text == NULL || strcmp(text, "none") == 0)
        return 0;
    if (!swt_parse_uint(text, UINT32_MAX, &version)) {
        char shown[SWT_SHORT_TEXT];
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE,
                       "states.floor: expected a decimal number from 0 to %u or none, found '%s'",
                       UINT32_MAX, swt_short_text(text, shown));
        return swt_manifest_error_at(err, entry->floor.node);
    }
    entry->has_floor = true;
    entry->floor_version = (uint32_t)version;
    return 0;
}

static int complete(struct swt_fleet_entry *entry, const char *path, struct swt_arena *arena,
                    struct swt_error *err) {
    int rc = read_floor(entry, err);
    if (rc < 0)
        return rc;
    const struct swt_text *place = entry->root.text != NULL ? &entry->root : &entry->device;
    if (entry->name.text == NULL)
        entry->name = *place;
    if (!entry->count.given)
        entry->count.value = 1;
    entry->path = swt_path_resolve(path, place->text, arena, err);
    return entry->path == NULL ? -(int)err->code : 0;
}

static int fill(struct swt_slice bytes, const char *path, struct swt_arena *arena,
                struct swt_fleet_file *fleet, struct swt_error *err) {
    const char *file = swt_arena_text(arena, path, strlen(path), err);
    if (file == NULL)
        return -(int)err->code;
    struct swt_reading reading = {.arena = arena};
    struct swt_node *root;
    int rc = swt_scan_bytes(bytes, SWT_FLEET_MAX_BYTES, file, err);
    if (rc == 0)
        rc = swt_tree_read(bytes, file, &reading, &root, err);
    if (rc == 0)
        rc = swt_schema_apply(&reading, &fleet_map, root, fleet, err);
    for (size_t i = 0; rc == 0 && i < fleet->state_count; i++)
        rc = complete(&fleet->states[i], file, arena, err);
    return rc;
}

int swt_fleet_file_parse(struct swt_slice bytes, const char *path, struct swt_fleet_file **ret_file,
                         struct swt_error *err) {
    SWT_CLEANUP(swt_arena_cleanup) struct swt_arena *arena = NULL;
    int rc = swt_arena_new(&arena, err);
    if (rc < 0)
        return rc;
    struct swt_fleet_file *fleet = swt_arena_alloc(arena, 1, sizeof *fleet, err);
    if (fleet == NULL)
        return -(int)err->code;
    rc = fill(bytes, path, arena, fleet, err);
    if (rc < 0)
        return rc;
    fleet->owned = SWT_TAKE(arena);
    *ret_file = fleet;
    return 0;
}

int swt_fleet_file_load(const char *path, struct swt_fleet_file **ret_file, struct swt_error *err) {
    if (strcmp(path, "-") == 0) {
        (void)swt_fail(err, SWT_E_USAGE, "a fleet file is a file: its paths are relative to it");
        return swt_error_hint(err, "write ./- for a file of the name '-'");
    }
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = swt_read_file(path, SWT_FLEET_MAX_BYTES, &bytes, err);
    if (rc == -SWT_E_FILE_KIND) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "a fleet file holds at most 4 MiB");
        return swt_error_position(err, path, 1, 1);
    }
    return rc < 0 ? rc : swt_fleet_file_parse(swt_buf_slice(&bytes), path, ret_file, err);
}

void swt_fleet_file_free(struct swt_fleet_file *file) {
    /* The file's struct is one of its arena's pieces. */
    if (file != NULL)
        swt_arena_free(file->owned);
}

void swt_fleet_file_cleanup(struct swt_fleet_file **file) {
    swt_fleet_file_free(*file);
}
