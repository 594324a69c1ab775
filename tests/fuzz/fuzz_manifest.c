/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a product manifest. Seeds: testdata/corpus/manifest. */
#include <stdlib.h>
#include <string.h>

#include "swt/manifest.h"

static const char *const defines[] = {"SET=value", "EMPTY="};

static void expect(bool holds) {
    if (!holds)
        abort();
}

/* What a manifest that was accepted promises to its callers. */
static void check_manifest(const struct swt_manifest *manifest) {
    expect(manifest->name.text[0] != '\0');
    expect(manifest->version.text[0] != '\0');
    expect(manifest->metadata_version.value >= 1 && manifest->metadata_version.value <= UINT32_MAX);
    expect(manifest->target_count >= 1);
    for (size_t i = 0; i < manifest->target_count; i++) {
        const struct swt_manifest_target *target = &manifest->targets[i];
        expect(target->name.text[0] != '\0' && target->name.node->line > 0);
        expect(strncmp(target->path, "dir/", 4) == 0 || target->path[0] == '/');
    }
    for (size_t i = 0; i < manifest->key_paths.count; i++)
        expect(strncmp(manifest->key_files[i], "dir/", 4) == 0 || manifest->key_files[i][0] == '/');
    expect((manifest->root_file == NULL) == (manifest->root_path.text == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct swt_manifest_options options = {.defines = defines,
                                                 .define_count = SWT_COUNT(defines)};
    struct swt_manifest *manifest = NULL;
    struct swt_error err = {0};
    int rc =
        swt_manifest_parse(swt_slice_of(data, size), "dir/fuzz.yaml", &options, &manifest, &err);
    if (rc == 0) {
        check_manifest(manifest);
    } else {
        expect(rc == -(int)err.code && manifest == NULL && err.message[0] != '\0');
        expect(swt_code_exit(err.code) != 3 || (err.line > 0 && err.column > 0));
    }
    swt_manifest_free(manifest);
    return 0;
}
