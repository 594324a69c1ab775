/* SPDX-License-Identifier: Apache-2.0 */
#include "device_directory.h"

#include <stdlib.h>
#include <string.h>

static const char ROOT_FILE[] = "root_metadata";
static const char FLOOR_FILE[] = "floor";
static const char MANIFEST_FILE[] = "manifest";
static const char TARGETS_FOLDER[] = "targets";
static const char NO_FLOOR[] = "none";
#define FLOOR_SIZE 32 /* of its file, at most */

static void text_cleanup(char **text) {
    free(*text);
}

void swt_device_directory_done(struct swt_device_directory *directory) {
    swt_states_free(directory->states);
    *directory = (struct swt_device_directory){0};
}

/* ---- reading the state ------------------------------------------------------------------- */

/* Where a file of it must be there. */
static int open_file(const struct swt_device_directory *directory, const char *name,
                     struct swt_reader **ret_file, struct swt_error *err) {
    int rc = swt_states_open_file(directory->states, name, ret_file, err);
    return rc < 0 && err->code == SWT_E_NOT_FOUND ? swt_error_recode(err, SWT_E_DEVICE_STATE) : rc;
}

/* Bytes without root metadata in them may still read as an envelope with unknown fields: no device
 * was left with that by an update. */
static int decode_root(struct swt_buf *bytes, const char *path, bool allow_unknown,
                       struct swt_root_source *ret_root, struct swt_error *err) {
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope envelope = {0};
    int rc = swt_envelope_decode(swt_buf_slice(bytes), 0, true, &envelope, err);
    if (rc == 0 && envelope.metadata.len == 0)
        rc = swt_fail(err, SWT_E_DEVICE_STATE, "holds no root metadata");
    return rc < 0 ? swt_error_file(err, path)
                  : swt_root_source_decode(bytes, path, allow_unknown, ret_root, err);
}

static int read_root(const struct swt_device_directory *directory, bool allow_unknown,
                     struct swt_root_source *ret_root, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *file = NULL;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = open_file(directory, ROOT_FILE, &file, err);
    if (rc == 0)
        rc = swt_reader_read_all(file, SWT_MAX_SMALL_FILE, &bytes, err);
    if (rc == 0)
        rc = decode_root(&bytes, swt_reader_name(file), allow_unknown, ret_root, err);
    /* An unknown field has an option of its own, and a system that failed is no broken file. */
    if (rc < 0 && err->code != SWT_E_UNKNOWN_FIELD && swt_code_exit(err->code) == 3)
        return swt_error_recode(err, SWT_E_DEVICE_STATE);
    return rc;
}

static bool parse_floor(const struct swt_buf *bytes, struct swt_device_state *state) {
    char text[FLOOR_SIZE + 1];
    size_t len = bytes->len;
    uint64_t floor = 0;
    if (len > 0 && bytes->data[len - 1] == '\n')
        len--;
    if (len == 0 || len >= sizeof text || memchr(bytes->data, '\0', len) != NULL)
        return false;
    memcpy(text, bytes->data, len);
    text[len] = '\0';
    state->knows_floor = true;
    state->has_floor = strcmp(text, NO_FLOOR) != 0;
    if (state->has_floor && !swt_parse_uint(text, UINT32_MAX, &floor))
        return false;
    state->floor = (uint32_t)floor;
    return true;
}

static int read_floor(const struct swt_device_directory *directory, struct swt_device_state *state,
                      struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *file = NULL;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = open_file(directory, FLOOR_FILE, &file, err);
    if (rc == 0)
        rc = swt_reader_read_all(file, FLOOR_SIZE, &bytes, err);
    if (rc < 0 && err->code != SWT_E_FILE_KIND)
        return rc;
    if (rc == 0 && parse_floor(&bytes, state))
        return 0;
    swt_fail(err, SWT_E_DEVICE_STATE, "expected a number from 0 to %u, or '%s'", UINT32_MAX,
             NO_FLOOR);
    return swt_error_file(err, swt_reader_name(file));
}

/* Names in it become paths here, so it keeps the rules that its targets kept when it was installed.
 */
static int read_manifest(const struct swt_device_directory *directory,
                         struct swt_device_source *ret_manifest, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *file = NULL;
    SWT_CLEANUP(swt_device_source_done) struct swt_device_source source = {0};
    int rc = swt_states_open_file(directory->states, MANIFEST_FILE, &file, err);
    if (rc < 0)
        return err->code == SWT_E_NOT_FOUND ? 0 : rc;
    rc = swt_device_source_read(file, &source, err);
    if (rc == 0)
        rc = swt_targets_check_entries(source.manifest->targets, err);
    if (rc < 0) {
        if (swt_code_exit(err->code) == 3)
            swt_error_recode(err, SWT_E_DEVICE_MANIFEST);
        return swt_error_file(err, swt_reader_name(file));
    }
    *ret_manifest = SWT_MOVE(source);
    return 0;
}

int swt_device_directory_open(const char *path, bool change, bool allow_unknown,
                              struct swt_device_directory *ret_directory,
                              struct swt_device_state *ret_state, struct swt_error *err) {
    SWT_CLEANUP(swt_device_directory_done) struct swt_device_directory directory = {0};
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state state = {0};
    int rc = swt_states_open(path, change, &directory.states, err);
    if (rc == 0)
        rc = read_root(&directory, allow_unknown, &state.root, err);
    if (rc == 0)
        rc = read_floor(&directory, &state, err);
    if (rc == 0)
        rc = read_manifest(&directory, &state.installed, err);
    if (rc < 0 && err->code == SWT_E_DEVICE_STATE)
        return swt_error_hint(err, "swupdate-device(7) says what a device directory holds; "
                                   "swupdate-tool provision makes one");
    if (rc < 0)
        return rc;
    *ret_directory = SWT_MOVE(directory);
    *ret_state = SWT_MOVE(state);
    return 0;
}

int swt_device_directory_create(const char *path, struct swt_device_directory *ret_directory,
                                struct swt_error *err) {
    SWT_CLEANUP(swt_device_directory_done) struct swt_device_directory directory = {0};
    int rc = swt_states_create(path, &directory.states, err);
    if (rc == 0)
        *ret_directory = SWT_MOVE(directory);
    return rc;
}

/* ---- its targets ------------------------------------------------------------------------- */

static char *target_file(struct swt_slice name, struct swt_error *err) {
    return swt_format(err, "%s/%.*s", TARGETS_FOLDER, (int)name.len, (const char *)name.data);
}

int swt_device_directory_target(const struct swt_device_directory *directory, struct swt_slice name,
                                struct swt_reader **ret_file, struct swt_error *err) {
    SWT_CLEANUP(text_cleanup) char *path = target_file(name, err);
    if (path == NULL)
        return -SWT_E_MEMORY;
    struct swt_reader *file = NULL;
    int rc = swt_states_open_file(directory->states, path, &file, err);
    if (rc < 0 && err->code != SWT_E_NOT_FOUND && err->code != SWT_E_DEVICE_STATE)
        return rc;
    *ret_file = file;
    return 0;
}

static int hash_file(struct swt_reader *file, uint8_t ret_digest[SWT_SHA256_SIZE],
                     struct swt_error *err) {
    SWT_CLEANUP(swt_tee_cleanup) struct swt_tee *tee = NULL;
    int rc = swt_tee_new(&tee, err);
    for (size_t len = SWT_TEE_CHUNK; rc == 0 && len == SWT_TEE_CHUNK;) {
        uint8_t *chunk = NULL;
        rc = swt_tee_room(tee, &chunk, err);
        if (rc == 0)
            rc = swt_reader_read(file, chunk, SWT_TEE_CHUNK, &len, err);
        if (rc == 0)
            rc = swt_tee_hash(tee, len, err);
    }
    return rc < 0 ? rc : swt_tee_finish(tee, ret_digest, err);
}

int swt_device_directory_held(const struct swt_device_directory *directory,
                              const struct swt_target *target, struct swt_reader **ret_file,
                              struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *file = NULL;
    uint8_t digest[SWT_SHA256_SIZE];
    int rc = swt_device_directory_target(directory, target->name, &file, err);
    bool held = rc == 0 && file != NULL && swt_reader_size(file) == target->length;
    if (held)
        rc = hash_file(file, digest, err);
    if (rc < 0)
        return rc;
    held = held && memcmp(digest, target->sha256, sizeof digest) == 0;
    *ret_file = held ? SWT_TAKE(file) : NULL;
    return 0;
}

/* ---- the next state ---------------------------------------------------------------------- */

static int begin(struct swt_device_directory *directory, struct swt_error *err) {
    return directory->next != NULL ? 0 : swt_states_begin(directory->states, &directory->next, err);
}

int swt_device_directory_add(struct swt_device_directory *directory, struct swt_slice name,
                             struct swt_error *err) {
    SWT_CLEANUP(text_cleanup) char *path = target_file(name, err);
    int rc = path == NULL ? -SWT_E_MEMORY : begin(directory, err);
    return rc < 0 ? rc : swt_staging_begin(directory->next, path, err);
}

int swt_device_directory_write(struct swt_device_directory *directory, const void *data, size_t len,
                               struct swt_error *err) {
    return swt_staging_write(directory->next, data, len, err);
}

int swt_device_directory_keep(struct swt_device_directory *directory, struct swt_slice name,
                              struct swt_reader *file, struct swt_error *err) {
    SWT_CLEANUP(text_cleanup) char *path = target_file(name, err);
    int rc = path == NULL ? -SWT_E_MEMORY : begin(directory, err);
    return rc < 0 ? rc : swt_staging_keep(directory->next, path, file, err);
}

static int put_file(struct swt_staging *next, const char *name, struct swt_slice bytes,
                    struct swt_error *err) {
    int rc = swt_staging_begin(next, name, err);
    return rc < 0 ? rc : swt_staging_write(next, bytes.data, bytes.len, err);
}

static int put_state(struct swt_staging *next, const struct swt_device_state *state,
                     struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf floor = {0};
    int rc = state->has_floor ? swt_buf_printf(&floor, err, "%u\n", state->floor)
                              : swt_buf_printf(&floor, err, "%s\n", NO_FLOOR);
    if (rc == 0)
        rc = put_file(next, ROOT_FILE, swt_buf_slice(&state->root.bytes), err);
    if (rc == 0)
        rc = put_file(next, FLOOR_FILE, swt_buf_slice(&floor), err);
    if (rc == 0 && state->installed.manifest != NULL)
        rc = put_file(next, MANIFEST_FILE, swt_buf_slice(&state->installed.bytes), err);
    return rc;
}

int swt_device_directory_commit(struct swt_device_directory *directory,
                                const struct swt_device_state *state, struct swt_error *err) {
    int rc = begin(directory, err);
    if (rc == 0)
        rc = put_state(directory->next, state, err);
    if (rc < 0)
        return rc;
    directory->next = NULL;
    return swt_states_commit(directory->states, err);
}
