/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a product manifest, and as files that it includes: lines "=====" part the input,
 * and the parts are 0.yaml, which is the manifest, 1.yaml, 2.yaml, ... Seeds:
 * testdata/corpus/manifest.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "swt/manifest.h"

#define MAX_PARTS 8
static const char line[] = "\n=====\n";
static const char *const defines[] = {"SET=value", "EMPTY="};

static char folder[] = "/tmp/swt-fuzz-XXXXXX";

static void expect(bool holds) {
    if (!holds)
        abort();
}

/* ---- files ------------------------------------------------------------------------------- */

static const char *path_of(unsigned part, char ret_path[PATH_MAX]) {
    (void)snprintf(ret_path, PATH_MAX, "%s/%u.yaml", folder, part);
    return ret_path;
}

static void remove_folder(void) {
    (void)rmdir(folder);
}

static void make_folder(void) {
    static bool made;
    if (!made)
        expect(mkdtemp(folder) != NULL && atexit(remove_folder) == 0);
    made = true;
}

static void remove_parts(unsigned count) {
    char path[PATH_MAX];
    for (unsigned i = 0; i < count; i++)
        (void)unlink(path_of(i, path));
}

/* Writes the parts of an input that has more than one; *ret_first is the manifest. */
static unsigned write_parts(struct swt_slice input, struct swt_slice *ret_first) {
    unsigned count = 0;
    bool last = false;
    while (!last) {
        const uint8_t *end =
            input.len == 0 ? NULL : memmem(input.data, input.len, line, strlen(line));
        last = end == NULL || count + 1 == MAX_PARTS;
        size_t len = last ? input.len : (size_t)(end + 1 - input.data);
        struct swt_slice part = swt_slice_of(input.data, len);
        if (count == 0)
            *ret_first = part;
        if (count == 0 && last)
            return 0;
        char path[PATH_MAX];
        FILE *file = fopen(path_of(count++, path), "wb");
        expect(file != NULL && fwrite(part.data, 1, part.len, file) == part.len);
        expect(fclose(file) == 0);
        if (!last) {
            size_t used = len + strlen(line) - 1;
            input = swt_slice_of(input.data + used, input.len - used);
        }
    }
    return count;
}

/* ---- what is promised -------------------------------------------------------------------- */

static void expect_path(const char *path) {
    expect(strncmp(path, folder, strlen(folder)) == 0 || path[0] == '/');
}

/* What a manifest that was accepted promises to its callers. */
static void check_manifest(const struct swt_manifest *manifest) {
    expect(manifest->name.text[0] != '\0');
    expect(manifest->version.text[0] != '\0');
    expect(manifest->metadata_version.value >= 1 && manifest->metadata_version.value <= UINT32_MAX);
    expect(manifest->target_count >= 1);
}

/* The same where faults are collected. */
static void check_rest(const struct swt_manifest *manifest) {
    for (size_t i = 0; i < manifest->target_count; i++) {
        const struct swt_manifest_target *target = &manifest->targets[i];
        expect((target->file.text == NULL) != (target->files.text == NULL));
        expect(target->file.text == NULL || target->name.text[0] != '\0');
        expect(target->name.text == NULL || target->name.node->line > 0);
        expect(target->sha256.text == NULL || target->files.text == NULL);
        expect_path(target->path);
    }
    for (size_t i = 0; i < manifest->key_paths.count; i++)
        expect_path(manifest->key_files[i]);
    expect((manifest->root_file == NULL) == (manifest->root_path.text == NULL));
    expect((manifest->notes_file == NULL) == (manifest->notes.text == NULL));
    expect((manifest->sbom_file == NULL) == (manifest->sbom.text == NULL));
    expect(manifest->source_count >= 1);
}

static void check_error(const struct swt_error *err) {
    expect(err->message[0] != '\0');
    expect(swt_code_exit(err->code) != 3 || (err->line > 0 && err->column > 0));
}

/* Whether the manifest is refused. */
static bool read_strictly(struct swt_slice bytes, const char *path) {
    const struct swt_manifest_options options = {.defines = defines,
                                                 .define_count = SWT_COUNT(defines)};
    struct swt_manifest *manifest = NULL;
    struct swt_error err = {0};
    int rc = swt_manifest_parse(bytes, path, &options, &manifest, &err);
    if (rc == 0) {
        check_manifest(manifest);
        check_rest(manifest);
    } else {
        expect(rc == -(int)err.code && manifest == NULL);
        check_error(&err);
    }
    swt_manifest_free(manifest);
    return rc < 0;
}

static bool read_with_faults(struct swt_slice bytes, const char *path) {
    struct swt_faults faults = {0};
    const struct swt_manifest_options options = {
        .defines = defines, .define_count = SWT_COUNT(defines), .faults = &faults};
    struct swt_manifest *manifest = NULL;
    struct swt_error err = {0};
    int rc = swt_manifest_parse(bytes, path, &options, &manifest, &err);
    if (rc == 0)
        check_rest(manifest);
    else
        check_error(&err);
    for (size_t i = 0; i < faults.count; i++)
        check_error(&faults.items[i]);
    bool refused = rc < 0 || faults.count > 0;
    if (!refused)
        check_manifest(manifest);
    swt_faults_done(&faults);
    swt_manifest_free(manifest);
    return refused;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    make_folder();
    char path[PATH_MAX];
    struct swt_slice manifest = {0};
    unsigned parts = write_parts(swt_slice_of(data, size), &manifest);
    (void)path_of(0, path);
    expect(read_strictly(manifest, path) == read_with_faults(manifest, path));
    remove_parts(parts);
    return 0;
}
