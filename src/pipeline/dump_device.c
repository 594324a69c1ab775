/* SPDX-License-Identifier: Apache-2.0 */
#include "device_directory.h"
#include "dump.h"

struct presence {
    const struct swt_device_directory *directory;
    size_t missing;
    size_t other_length;
};

/* Its file is looked at, not read. */
static int tell_target(void *context, const struct swt_target *target, json_t *json,
                       struct swt_error *err) {
    struct presence *presence = context;
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *file = NULL;
    int rc = swt_device_directory_target(presence->directory, target->name, &file, err);
    if (rc < 0)
        return rc;
    bool other_length = file != NULL && swt_reader_size(file) != target->length;
    presence->missing += file == NULL;
    presence->other_length += other_length;
    return swt_json_set(json, "state",
                        json_string(file == NULL   ? "missing"
                                    : other_length ? "other-length"
                                                   : "present"),
                        err);
}

static int tell_presence(struct dump *dump, const struct presence *presence,
                         struct swt_error *err) {
    int rc = 0;
    if (presence->missing > 0)
        rc = swt_dump_warn(dump, err, "the file%s of %zu target%s missing",
                           presence->missing == 1 ? "" : "s", presence->missing,
                           presence->missing == 1 ? " is" : "s are");
    if (rc == 0 && presence->other_length > 0)
        rc = swt_dump_warn(dump, err,
                           "the file%s of %zu target%s another length than the manifest lists",
                           presence->other_length == 1 ? "" : "s", presence->other_length,
                           presence->other_length == 1 ? " has" : "s have");
    return rc;
}

static int tell_installed(struct dump *dump, const struct swt_device_directory *directory,
                          const struct swt_device_state *state, struct swt_error *err) {
    const struct swt_device_manifest *manifest = state->installed.manifest;
    struct presence presence = {.directory = directory};
    if (manifest == NULL)
        return 0;
    int rc = swt_dump_manifest(dump, manifest, tell_target, &presence, err);
    if (rc == 0)
        rc = tell_presence(dump, &presence, err);
    uint32_t version = manifest->targets->common.version;
    if (rc == 0 && state->has_floor && state->floor != version)
        rc = swt_dump_warn(dump, err, "the floor is %u, the manifest has targets version %u",
                           state->floor, version);
    return rc;
}

int swt_dump_device(struct dump *dump, const char *path, struct swt_error *err) {
    SWT_CLEANUP(swt_device_directory_done) struct swt_device_directory directory = {0};
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state state = {0};
    bool sound;
    int rc = swt_device_directory_open(path, false, true, &directory, &state, err);
    if (rc == 0)
        rc = swt_dump_root(dump, dump->document, "root", state.root.root, &state.root.envelope,
                           &sound, err);
    if (rc == 0)
        rc = swt_json_set(dump->document, "floor", swt_device_floor_json(&state), err);
    if (rc == 0)
        rc = tell_installed(dump, &directory, &state, err);
    return rc < 0 ? rc : swt_dump_warn_of_unknown(dump, state.root.envelope.unknown_fields, err);
}
