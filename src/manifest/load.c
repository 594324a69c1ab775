/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include "swt/io.h"

#include <string.h>

/* ---- faults ------------------------------------------------------------------------------ */

int swt_reading_fault(struct swt_reading *reading, struct swt_node *node, struct swt_error *err) {
    int rc = swt_faults_keep(reading->faults, err);
    if (rc == 0 && node != NULL)
        node->faulty = true;
    return rc;
}

/* Which of the files read it stands in; what has no position, as a -D, comes first. */
static size_t rank_of(const struct swt_error *fault, const struct swt_whole *whole) {
    size_t rank = 0;
    if (fault->line == 0)
        return 0;
    while (rank < whole->file_count &&
           strncmp(whole->files[rank], fault->file, sizeof fault->file - 1) != 0)
        rank++;
    return rank + 1;
}

static bool comes_after(const struct swt_error *a, const struct swt_error *b,
                        const struct swt_whole *whole) {
    size_t rank_a = rank_of(a, whole);
    size_t rank_b = rank_of(b, whole);
    if (rank_a != rank_b)
        return rank_a > rank_b;
    return a->line != b->line ? a->line > b->line : a->column > b->column;
}

/* They were found stage by stage; a reader goes through the files. By insertion: they are few, and
 * those of one place stay in their order. */
static void sort_faults(struct swt_faults *faults, size_t first, const struct swt_whole *whole) {
    for (size_t i = first + 1; faults != NULL && i < faults->count; i++) {
        struct swt_error fault = faults->items[i];
        size_t place = i;
        for (; place > first && comes_after(&faults->items[place - 1], &fault, whole); place--)
            faults->items[place] = faults->items[place - 1];
        faults->items[place] = fault;
    }
}

/* ---- paths ------------------------------------------------------------------------------- */

static int resolve(struct swt_reading *reading, const struct swt_text *path, char **ret_file,
                   struct swt_error *err) {
    if (path->text == NULL)
        return 0;
    *ret_file = swt_path_resolve(path->node->file, path->text, reading->arena, err);
    return *ret_file == NULL ? -(int)err->code : 0;
}

static int resolve_sbom(struct swt_reading *reading, struct swt_manifest *manifest,
                        struct swt_error *err) {
    if (manifest->sbom.text == NULL)
        return 0;
    int rc = swt_path_check_file(&manifest->sbom, "sbom.file", err);
    if (rc == 0)
        return resolve(reading, &manifest->sbom, &manifest->sbom_file, err);
    manifest->sbom = (struct swt_text){0};
    return swt_reading_fault(reading, NULL, err);
}

static int resolve_paths(struct swt_reading *reading, struct swt_manifest *manifest,
                         struct swt_error *err) {
    int rc = resolve(reading, &manifest->notes, &manifest->notes_file, err);
    if (rc == 0)
        rc = resolve(reading, &manifest->root_path, &manifest->root_file, err);
    if (rc == 0)
        rc = resolve_sbom(reading, manifest, err);
    if (rc < 0)
        return rc;
    size_t count = manifest->key_paths.count;
    manifest->key_files = swt_arena_alloc(reading->arena, count, sizeof(char *), err);
    if (manifest->key_files == NULL)
        return -(int)err->code;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = resolve(reading, &manifest->key_paths.items[i], &manifest->key_files[i], err);
    return rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int list_sources(const struct swt_whole *whole, const struct swt_variables *defines,
                        struct swt_arena *arena, struct swt_manifest *manifest,
                        struct swt_error *err) {
    const char **sources =
        swt_arena_alloc(arena, whole->file_count + defines->count, sizeof *sources, err);
    if (sources == NULL)
        return -(int)err->code;
    for (size_t i = 0; i < whole->file_count; i++)
        sources[manifest->source_count++] = whole->files[i];
    for (size_t i = 0; i < defines->count; i++) {
        const char *file = defines->items[i].file;
        if (file == NULL || defines->items[i].value == NULL)
            continue;
        char *copy = swt_arena_text(arena, file, strlen(file), err);
        if (copy == NULL)
            return -(int)err->code;
        sources[manifest->source_count++] = copy;
    }
    manifest->sources = sources;
    return 0;
}

static int fill(struct swt_reading *reading, const struct swt_whole *whole,
                const struct swt_variables *defines, struct swt_manifest *manifest,
                struct swt_error *err) {
    struct swt_variables variables;
    int rc = swt_variables_collect(reading, swt_tree_find(whole->root, "vars"), defines, &variables,
                                   err);
    if (rc < 0)
        return rc;
    variables.unread |= whole->variables_unread;
    reading->variables = &variables;
    reading->keys_unread = whole->keys_unread;
    manifest->user_manifest = true;
    rc = swt_schema_apply(reading, &swt_manifest_fields, whole->root, manifest, err);
    if (rc == 0)
        rc = resolve_paths(reading, manifest, err);
    if (rc == 0)
        rc = swt_targets_complete(reading, manifest, err);
    reading->variables = NULL;
    return rc;
}

static int build(struct swt_slice bytes, const char *path,
                 const struct swt_manifest_options *options, struct swt_arena *arena,
                 struct swt_manifest *manifest, struct swt_error *err) {
    struct swt_reading reading = {.arena = arena,
                                  .faults = options == NULL ? NULL : options->faults};
    size_t first = reading.faults == NULL ? 0 : reading.faults->count;
    struct swt_variables defines = {0};
    struct swt_whole whole = {0};
    const char *file = swt_arena_text(arena, path, strlen(path), err);
    if (file == NULL)
        return -(int)err->code;
    int rc = swt_variables_define(&reading, options, &defines, err);
    if (rc == 0)
        rc = swt_whole_read(&reading, bytes, file, &defines, &whole, err);
    if (rc < 0)
        return rc;
    rc = fill(&reading, &whole, &defines, manifest, err);
    sort_faults(reading.faults, first, &whole);
    return rc < 0 ? rc : list_sources(&whole, &defines, arena, manifest, err);
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
