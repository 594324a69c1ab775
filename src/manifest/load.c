/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include "swt/io.h"

#include <stdlib.h>
#include <string.h>

/* ---- targets ----------------------------------------------------------------------------- */

static int resolve_target(struct swt_manifest_target *target, const char *path,
                          struct swt_arena *arena, struct swt_error *err) {
    const char *file = target->file.text;
    if (target->name.text == NULL) {
        const char *slash = strrchr(file, '/');
        const char *base = slash == NULL ? file : slash + 1;
        if (base[0] == '\0') {
            char shown[SWT_SHORT_TEXT];
            (void)swt_fail(err, SWT_E_MANIFEST_VALUE,
                           "targets.file: expected a file, found the folder '%s'",
                           swt_short_text(file, shown));
            return swt_manifest_error_at(err, target->file.node);
        }
        target->name = (struct swt_text){.text = base, .node = target->file.node};
    }
    target->path = swt_path_resolve(path, file, arena, err);
    return target->path == NULL ? -(int)err->code : 0;
}

/* By name, then in file order. */
static int compare_targets(const void *left, const void *right) {
    const struct swt_manifest_target *a = *(const struct swt_manifest_target *const *)left;
    const struct swt_manifest_target *b = *(const struct swt_manifest_target *const *)right;
    int order = strcmp(a->name.text, b->name.text);
    return order != 0 ? order : a < b ? -1 : 1;
}

static void free_sorted(const struct swt_manifest_target ***sorted) {
    free(*sorted);
}

static int check_names_unique(const struct swt_manifest *manifest, struct swt_error *err) {
    size_t count = manifest->target_count;
    SWT_CLEANUP(free_sorted)
    const struct swt_manifest_target **sorted = calloc(count, sizeof(void *));
    if (sorted == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &manifest->targets[i];
    qsort(sorted, count, sizeof(void *), compare_targets);

    const struct swt_manifest_target *first = NULL;
    const struct swt_manifest_target *second = NULL;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[i - 1]->name.text, sorted[i]->name.text) == 0 &&
            (second == NULL || sorted[i] < second)) {
            first = sorted[i - 1];
            second = sorted[i];
        }
    }
    if (second == NULL)
        return 0;
    char shown[SWT_SHORT_TEXT];
    (void)swt_fail(err, SWT_E_TARGET_NAME, "target name '%s' is given twice; the first is at %u:%u",
                   swt_short_text(second->name.text, shown), first->name.node->line,
                   first->name.node->column);
    if (second->name.node == second->file.node)
        (void)swt_error_hint(err, "without a name, a target has the base name of its file");
    return swt_manifest_error_at(err, second->name.node);
}

/* ---- paths ------------------------------------------------------------------------------- */

static int resolve_paths(struct swt_manifest *manifest, const char *path, struct swt_arena *arena,
                         struct swt_error *err) {
    for (size_t i = 0; i < manifest->target_count; i++) {
        int rc = resolve_target(&manifest->targets[i], path, arena, err);
        if (rc < 0)
            return rc;
    }
    if (manifest->root_path.text != NULL) {
        manifest->root_file = swt_path_resolve(path, manifest->root_path.text, arena, err);
        if (manifest->root_file == NULL)
            return -(int)err->code;
    }
    size_t count = manifest->key_paths.count;
    manifest->key_files = swt_arena_alloc(arena, count, sizeof(char *), err);
    if (manifest->key_files == NULL)
        return -(int)err->code;
    for (size_t i = 0; i < count; i++) {
        const char *key = manifest->key_paths.items[i].text;
        manifest->key_files[i] = swt_path_resolve(path, key, arena, err);
        if (manifest->key_files[i] == NULL)
            return -(int)err->code;
    }
    return 0;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int build(struct swt_slice bytes, const char *path,
                 const struct swt_manifest_options *options, struct swt_arena *arena,
                 struct swt_manifest *manifest, struct swt_error *err) {
    const char *file = swt_arena_text(arena, path, strlen(path), err);
    if (file == NULL)
        return -(int)err->code;
    int rc = swt_scan_bytes(bytes, SWT_MANIFEST_MAX_BYTES, file, err);
    if (rc < 0)
        return rc;
    struct swt_node *root;
    rc = swt_tree_read(bytes, file, arena, &root, err);
    if (rc < 0)
        return rc;
    const struct swt_node *vars = swt_tree_find(root, "vars");
    struct swt_variables variables;
    rc = swt_variables_collect(options, vars, arena, &variables, err);
    if (rc < 0)
        return rc;
    rc = swt_variables_expand(&variables, root, vars, arena, err);
    if (rc < 0)
        return rc;
    manifest->user_manifest = true;
    rc = swt_schema_apply(&swt_manifest_fields, root, manifest, arena, err);
    if (rc < 0)
        return rc;
    rc = resolve_paths(manifest, file, arena, err);
    if (rc < 0)
        return rc;
    return check_names_unique(manifest, err);
}

int swt_manifest_parse(struct swt_slice bytes, const char *path,
                       const struct swt_manifest_options *options,
                       struct swt_manifest **ret_manifest, struct swt_error *err) {
    SWT_CLEANUP(swt_arena_cleanup) struct swt_arena *arena = NULL;
    int rc = swt_arena_new(&arena, err);
    if (rc < 0)
        return rc;
    struct swt_manifest *manifest = swt_arena_alloc(arena, 1, sizeof *manifest, err);
    if (manifest == NULL)
        return -(int)err->code;
    rc = build(bytes, path, options, arena, manifest, err);
    if (rc < 0)
        return rc;
    manifest->owned = SWT_TAKE(arena);
    *ret_manifest = manifest;
    return 0;
}

int swt_manifest_load(const char *path, const struct swt_manifest_options *options,
                      struct swt_manifest **ret_manifest, struct swt_error *err) {
    if (strcmp(path, "-") == 0) {
        (void)swt_fail(err, SWT_E_USAGE, "a manifest is a file: its paths are relative to it");
        return swt_error_hint(err, "write ./- for a file of the name '-'");
    }
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = swt_read_file(path, SWT_MANIFEST_MAX_BYTES, &bytes, err);
    if (rc == -SWT_E_FILE_KIND) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "a manifest holds at most 1 MiB");
        return swt_error_position(err, path, 1, 1);
    }
    if (rc < 0)
        return rc;
    return swt_manifest_parse(swt_buf_slice(&bytes), path, options, ret_manifest, err);
}

void swt_manifest_free(struct swt_manifest *manifest) {
    /* The manifest itself is one of its arena's pieces. */
    if (manifest != NULL)
        swt_arena_free(manifest->owned);
}

void swt_manifest_cleanup(struct swt_manifest **manifest) {
    swt_manifest_free(*manifest);
}
