/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* What the table cannot say about targets: their names, and where their files are. */

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

int swt_path_check_file(const struct swt_text *path, const char *place, struct swt_error *err) {
    if (base_of(path->text)[0] != '\0')
        return 0;
    char shown[SWT_SHORT_TEXT];
    (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "%s: expected a file, found the folder '%s'", place,
                   swt_short_text(path->text, shown));
    return swt_manifest_error_at(err, path->node);
}

/* ---- templates of names ------------------------------------------------------------------ */

static int check_template(const struct swt_text *name, struct swt_error *err) {
    static const char *const words[] = {"{name}", "{stem}"};
    bool found = false;
    const char *text = name->text;
    while (*(text += strcspn(text, "{}")) != '\0') {
        size_t word = 0;
        while (word < SWT_COUNT(words) && strncmp(text, words[word], strlen(words[word])) != 0)
            word++;
        if (word == SWT_COUNT(words)) {
            (void)swt_fail(err, SWT_E_MANIFEST_VALUE,
                           "targets.name: expected {name} or {stem}, found another brace");
            (void)swt_error_hint(err, "braces stand for nothing else in a name with 'files'");
            return swt_manifest_error_at(err, name->node);
        }
        found = true;
        text += strlen(words[word]);
    }
    if (found)
        return 0;
    char shown[SWT_SHORT_TEXT];
    (void)swt_fail(err, SWT_E_MANIFEST_VALUE,
                   "targets.name: expected {name} or {stem} in it, found '%s' for every file",
                   swt_short_text(name->text, shown));
    (void)swt_error_hint(err, "{name} is the base name of each file, {stem} the same without its "
                              "last extension");
    return swt_manifest_error_at(err, name->node);
}

/* ---- one target -------------------------------------------------------------------------- */

static int complete(struct swt_reading *reading, struct swt_manifest_target *target,
                    struct swt_error *err) {
    const struct swt_text *path = target->file.text != NULL ? &target->file : &target->files;
    int rc = 0;
    if (path == &target->files)
        rc = swt_path_check_file(path, "targets.files", err);
    else if (target->name.text == NULL)
        rc = swt_path_check_file(path, "targets.file", err);
    if (rc == 0 && path == &target->files && target->name.text != NULL)
        rc = check_template(&target->name, err);
    if (rc < 0)
        return rc;
    if (path == &target->file && target->name.text == NULL)
        target->name = (struct swt_text){.text = base_of(path->text), .node = path->node};
    target->path = swt_path_resolve(path->node->file, path->text, reading->arena, err);
    return target->path == NULL ? -(int)err->code : 0;
}

/* Faults of its path or name were told: who knows which target was meant. */
static bool is_lost(const struct swt_manifest_target *target) {
    const struct swt_node *name = swt_tree_find(target->node, "name");
    return (name != NULL && name->faulty) ||
           (target->file.text == NULL && target->files.text == NULL);
}

/* ---- twins ------------------------------------------------------------------------------- */

/* By name, then in file order. */
static int compare_targets(const void *left, const void *right) {
    const struct swt_manifest_target *a = *(const struct swt_manifest_target *const *)left;
    const struct swt_manifest_target *b = *(const struct swt_manifest_target *const *)right;
    int order = strcmp(a->name.text, b->name.text);
    return order != 0 ? order : a < b ? -1 : 1;
}

static void free_sorted(struct swt_manifest_target ***sorted) {
    free(*sorted);
}

static int fail_twin(const struct swt_manifest_target *first,
                     const struct swt_manifest_target *second, struct swt_error *err) {
    char shown[SWT_SHORT_TEXT];
    char file[SWT_SHORT_TEXT];
    const struct swt_node *node = first->name.node;
    bool elsewhere = strcmp(node->file, second->name.node->file) != 0;
    (void)swt_fail(
        err, SWT_E_TARGET_NAME, "target name '%s' is given twice; the first is at %s%s%u:%u",
        swt_short_text(second->name.text, shown), elsewhere ? swt_short_text(node->file, file) : "",
        elsewhere ? ":" : "", node->line, node->column);
    if (second->name.node == second->file.node)
        (void)swt_error_hint(err, "without a name, a target has the base name of its file");
    return swt_manifest_error_at(err, second->name.node);
}

/* The names of one that has a pattern are known once its files are. */
static size_t sort_names(const struct swt_manifest *manifest, struct swt_manifest_target **sorted) {
    size_t count = 0;
    for (size_t i = 0; i < manifest->target_count; i++)
        if (manifest->targets[i].file.text != NULL)
            sorted[count++] = &manifest->targets[i];
    qsort(sorted, count, sizeof(void *), compare_targets);
    return count;
}

/* A twin that was told has no path from then on. */
static int keep_twins(struct swt_reading *reading, struct swt_manifest_target **sorted,
                      size_t count, struct swt_error *err) {
    size_t first = 0;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[first]->name.text, sorted[i]->name.text) != 0) {
            first = i;
            continue;
        }
        (void)fail_twin(sorted[first], sorted[i], err);
        int rc = swt_reading_fault(reading, NULL, err);
        if (rc < 0)
            return rc;
        sorted[i]->path = NULL;
    }
    return 0;
}

static int check_names_unique(struct swt_reading *reading, struct swt_manifest *manifest,
                              struct swt_error *err) {
    SWT_CLEANUP(free_sorted)
    struct swt_manifest_target **sorted = calloc(manifest->target_count + 1, sizeof(void *));
    if (sorted == NULL)
        return swt_fail_memory(err);
    size_t count = sort_names(manifest, sorted);
    if (reading->faults != NULL)
        return keep_twins(reading, sorted, count, err);

    const struct swt_manifest_target *first = NULL;
    const struct swt_manifest_target *second = NULL;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[i - 1]->name.text, sorted[i]->name.text) == 0 &&
            (second == NULL || sorted[i] < second)) {
            first = sorted[i - 1];
            second = sorted[i];
        }
    }
    return second == NULL ? 0 : fail_twin(first, second, err);
}

/* ---- all of them ------------------------------------------------------------------------- */

static void leave_out_without_path(struct swt_manifest *manifest) {
    size_t count = 0;
    for (size_t i = 0; i < manifest->target_count; i++)
        if (manifest->targets[i].path != NULL)
            manifest->targets[count++] = manifest->targets[i];
    manifest->target_count = count;
}

int swt_targets_complete(struct swt_reading *reading, struct swt_manifest *manifest,
                         struct swt_error *err) {
    for (size_t i = 0; i < manifest->target_count; i++) {
        struct swt_manifest_target *target = &manifest->targets[i];
        int rc = is_lost(target) ? 0 : complete(reading, target, err);
        if (rc < 0)
            rc = swt_reading_fault(reading, NULL, err);
        if (rc < 0)
            return rc;
    }
    leave_out_without_path(manifest);
    int rc = check_names_unique(reading, manifest, err);
    leave_out_without_path(manifest);
    return rc;
}
