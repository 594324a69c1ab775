/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a device directory holds. Four bytes are the lengths of the link's text (0: it
 * is as it should be), of the floor, and, in two bytes, of the manifest (0: there is none); then
 * these, and root metadata. What is read is what stands there: this root, of which the judge says
 * whether it is sound, a floor that is a number or none, this manifest, and no target.
 */
#include "../../src/pipeline/device_directory.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char STATE[] = "state.1";
static char folder[] = "/dev/shm/swt-fuzz-XXXXXX";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

/* ---- the directory ------------------------------------------------------------------------- */

static const char *path_of(const char *name, char ret_path[PATH_MAX]) {
    (void)snprintf(ret_path, PATH_MAX, "%s/%s", folder, name);
    return ret_path;
}

static void remove_folder(void) {
    static const char *const files[] = {"state.1/root_metadata", "state.1/floor",
                                        "state.1/manifest", "current"};
    char path[PATH_MAX];
    for (size_t i = 0; i < SWT_COUNT(files); i++)
        (void)unlink(path_of(files[i], path));
    (void)rmdir(path_of(STATE, path));
    (void)rmdir(folder);
}

static void make_folder(void) {
    static bool made;
    char path[PATH_MAX];
    if (made)
        return;
    require(mkdtemp(folder) != NULL && mkdir(path_of(STATE, path), 0700) == 0);
    require(atexit(remove_folder) == 0);
    made = true;
}

static void put(const char *name, struct swt_slice bytes) {
    char path[PATH_MAX];
    int fd = open(path_of(name, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(fd >= 0 && write(fd, bytes.data, bytes.len) == (ssize_t)bytes.len);
    close(fd);
}

/* Whether there can be such a link. */
static bool put_link(struct swt_slice text) {
    char target[256] = "";
    char path[PATH_MAX];
    (void)unlink(path_of("current", path));
    if (text.len == 0)
        (void)snprintf(target, sizeof target, "%s", STATE);
    else
        memcpy(target, text.data, text.len);
    return symlink(target, path) == 0;
}

/* ---- what is promised ---------------------------------------------------------------------- */

static void check_floor(const struct swt_device_state *state, struct swt_slice floor) {
    char text[16];
    (void)snprintf(text, sizeof text, state->has_floor ? "%u" : "none", state->floor);
    require(state->knows_floor);
    require(floor.len >= strlen(text) && floor.len <= strlen(text) + 1);
    require(memcmp(floor.data, text, strlen(text)) == 0);
    require(floor.len == strlen(text) || floor.data[strlen(text)] == '\n');
}

static void check_manifest(const struct swt_device_directory *directory,
                           const struct swt_device_manifest *manifest) {
    struct swt_error err;
    require(swt_targets_check_entries(manifest->targets, &err) == 0);
    for (size_t i = 0; i < manifest->targets->target_count; i++) {
        struct swt_reader *file = NULL;
        require(swt_device_directory_target(directory, manifest->targets->targets[i].name, &file,
                                            &err) == 0);
        require(file == NULL);
    }
}

static void check_state(const struct swt_device_directory *directory,
                        const struct swt_device_state *state, struct swt_slice floor,
                        struct swt_slice manifest, struct swt_slice root) {
    check_floor(state, floor);
    require(state->root.root != NULL && swt_slice_equal(swt_buf_slice(&state->root.bytes), root));
    require((state->installed.manifest != NULL) == (manifest.len > 0));
    if (state->installed.manifest != NULL)
        check_manifest(directory, state->installed.manifest);
}

static void check_error(const struct swt_error *err) {
    require(err->code == SWT_E_DEVICE_STATE || err->code == SWT_E_DEVICE_MANIFEST ||
            err->code == SWT_E_UNKNOWN_FIELD);
    require(strncmp(err->file, folder, strlen(folder)) == 0 && err->message[0] != '\0');
}

static struct swt_slice take(struct swt_slice *rest, size_t len) {
    struct swt_slice taken = swt_slice_of(rest->data, len < rest->len ? len : rest->len);
    *rest = swt_slice_of(rest->data + taken.len, rest->len - taken.len);
    return taken;
}

static void fill(struct swt_slice floor, struct swt_slice manifest, struct swt_slice root) {
    char path[PATH_MAX];
    put("state.1/floor", floor);
    put("state.1/root_metadata", root);
    if (manifest.len > 0)
        put("state.1/manifest", manifest);
    else
        (void)unlink(path_of("state.1/manifest", path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SWT_CLEANUP(swt_device_directory_done) struct swt_device_directory directory = {0};
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state state = {0};
    struct swt_slice rest = swt_slice_of(data, size);
    struct swt_error err;
    if (size < 4)
        return 0;
    (void)take(&rest, 4);
    struct swt_slice link = take(&rest, data[0]);
    struct swt_slice floor = take(&rest, data[1]);
    struct swt_slice manifest = take(&rest, (size_t)data[2] << 8 | data[3]);
    make_folder();
    fill(floor, manifest, rest);
    if (!put_link(link))
        return 0;
    if (swt_device_directory_open(folder, false, false, &directory, &state, &err) == 0)
        check_state(&directory, &state, floor, manifest, rest);
    else
        check_error(&err);
    return 0;
}
