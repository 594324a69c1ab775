/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"
#include "swt/io.h"

#include <string.h>

/*
 * A manifest and what it includes: read depth first, so that a file comes after all that it adds
 * to. Merging them in that order lets each file win over what it includes, and a later include over
 * an earlier one. A file that is included again on another way was merged already; a second time
 * would make twins of its targets.
 */

struct source {
    const char *path;
    const struct source *includer;
    size_t depth;
    bool read;
    struct swt_variables variables; /* its own, behind those of the files that include it */
};
struct loader {
    struct swt_reading *reading;
    struct source sources[SWT_MANIFEST_MAX_FILES];
    size_t count;
    size_t bytes;
    bool full; /* too many files: told */
    struct swt_whole whole;
};

static struct swt_place include_place(void) {
    return (struct swt_place){.map = &swt_manifest_fields,
                              .field = swt_schema_find(&swt_manifest_fields, "include")};
}

static int read_source(struct loader *loader, struct source *source, struct swt_slice bytes,
                       struct swt_error *err);

/* ---- limits ------------------------------------------------------------------------------ */

/* Appends to ret_text the files from the one that is included again down to the last. */
static int put_chain(const struct source *source, const struct source *again,
                     struct swt_buf *ret_text, struct swt_error *err) {
    char shown[SWT_SHORT_TEXT];
    int rc = source == again ? 0 : put_chain(source->includer, again, ret_text, err);
    return rc < 0 ? rc
                  : swt_buf_printf(ret_text, err, "%s -> ", swt_short_text(source->path, shown));
}

static bool is_same(const struct source *source, const char *path) {
    return strcmp(source->path, path) == 0 || swt_same_file(source->path, path);
}

static int check_cycle(const struct source *includer, const char *path, struct swt_error *err) {
    for (const struct source *source = includer; source != NULL; source = source->includer) {
        if (!is_same(source, path))
            continue;
        SWT_CLEANUP(swt_buf_done) struct swt_buf chain = {0};
        char shown[SWT_SHORT_TEXT];
        int rc = put_chain(includer, source, &chain, err);
        if (rc < 0)
            return rc;
        (void)swt_fail(err, SWT_E_INCLUDE, "the include closes a circle: %s%s",
                       swt_buf_text(&chain), swt_short_text(path, shown));
        return swt_error_hint(err, "take one of these includes out");
    }
    return 0;
}

static int check_limits(struct loader *loader, const struct source *includer,
                        struct swt_error *err) {
    if (includer->depth == SWT_MANIFEST_MAX_INCLUDES)
        return swt_fail(err, SWT_E_INCLUDE, "includes are more than %d levels deep",
                        SWT_MANIFEST_MAX_INCLUDES);
    if (loader->count < SWT_MANIFEST_MAX_FILES)
        return 0;
    loader->full = true;
    return swt_fail(err, SWT_E_INCLUDE, "a manifest and what it includes are more than %d files",
                    SWT_MANIFEST_MAX_FILES);
}

/* ---- one include ------------------------------------------------------------------------- */

static int read_bytes(struct loader *loader, const char *path, struct swt_buf *ret_bytes,
                      struct swt_error *err) {
    char shown[SWT_SHORT_TEXT];
    /* To open a FIFO is to wait for its writer. */
    if (swt_is_special(path))
        return swt_fail(err, SWT_E_FILE_KIND,
                        "include: expected a file, found a device or FIFO: %s",
                        swt_short_text(path, shown));
    size_t left = SWT_MANIFEST_MAX_TOTAL - loader->bytes;
    size_t cap = left < SWT_MANIFEST_MAX_BYTES ? left : SWT_MANIFEST_MAX_BYTES;
    int rc = swt_read_file(path, cap, ret_bytes, err);
    if (rc == -SWT_E_FILE_KIND) {
        loader->bytes += cap;
        return cap < SWT_MANIFEST_MAX_BYTES
                   ? swt_fail(err, SWT_E_INCLUDE,
                              "a manifest and what it includes hold more than 4 MiB")
                   : swt_fail(err, SWT_E_INCLUDE, "include: %s holds more than 1 MiB",
                              swt_short_text(path, shown));
    }
    if (rc == -SWT_E_NOT_FOUND)
        (void)swt_error_hint(err, "a path is relative to the folder of the file that says it");
    if (rc < 0)
        return swt_error_context(err, "include: %s", swt_short_text(path, shown));
    loader->bytes += ret_bytes->len;
    return 0;
}

/* A file that cannot be read is told where it is included; what is wrong in it, where it stands. */
static int read_include(struct loader *loader, const struct source *includer, const char *path,
                        const struct swt_node *item, struct swt_error *err) {
    struct source *source = &loader->sources[loader->count++];
    *source = (struct source){.path = path,
                              .includer = includer,
                              .depth = includer->depth + 1,
                              .variables = {.outer = &includer->variables}};
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = read_bytes(loader, path, &bytes, err);
    if (rc < 0)
        return swt_manifest_error_at(err, item);
    return read_source(loader, source, swt_buf_slice(&bytes), err);
}

static int follow_path(struct loader *loader, const struct source *includer, const char *text,
                       const struct swt_node *item, struct swt_error *err) {
    const char *path = swt_path_resolve(includer->path, text, loader->reading->arena, err);
    if (path == NULL)
        return -(int)err->code;
    int rc = check_cycle(includer, path, err);
    if (rc < 0)
        return swt_manifest_error_at(err, item);
    for (size_t i = 0; i < loader->count; i++)
        if (is_same(&loader->sources[i], path))
            return 0;
    rc = check_limits(loader, includer, err);
    if (rc < 0)
        return swt_manifest_error_at(err, item);
    return read_include(loader, includer, path, item, err);
}

/* The variables of other includes have no say in which file this is. */
static int follow(struct loader *loader, const struct source *includer, struct swt_node *item,
                  struct swt_error *err) {
    const struct swt_place place = include_place();
    struct swt_text text = {0};
    loader->reading->variables = &includer->variables;
    int rc = item->kind == SWT_NODE_TEXT ? swt_tree_expand(loader->reading, item, err) : 0;
    if (rc == 0 && !item->faulty)
        rc = swt_value_text(&place, item, true, &text, err);
    if (rc == 0 && text.text != NULL)
        rc = follow_path(loader, includer, text.text, item, err);
    if (rc < 0)
        rc = swt_reading_fault(loader->reading, item, err);
    loader->whole.keys_unread |= item->faulty;
    return rc;
}

static int check_include_list(const struct swt_node *list, struct swt_error *err) {
    size_t count = swt_tree_count(list);
    if (list->kind != SWT_NODE_LIST)
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "include: expected a list of paths, found %s",
                       swt_tree_kind_text(list));
    else if (count > SWT_MANIFEST_MAX_FILES)
        (void)swt_fail(err, SWT_E_INCLUDE, "include: expected at most %d files, found %zu",
                       SWT_MANIFEST_MAX_FILES, count);
    else
        return 0;
    return swt_manifest_error_at(err, list);
}

static int read_includes(struct loader *loader, const struct source *source,
                         const struct swt_node *root, struct swt_error *err) {
    struct swt_node *list = swt_tree_find(root, "include");
    if (!swt_node_has_value(list))
        return 0;
    int rc = check_include_list(list, err);
    if (rc < 0) {
        loader->whole.keys_unread = true;
        return swt_reading_fault(loader->reading, list, err);
    }
    for (struct swt_node *item = list->first; rc == 0 && item != NULL; item = item->next)
        if (!loader->full)
            rc = follow(loader, source, item, err);
    return rc;
}

/* ---- one file ---------------------------------------------------------------------------- */

/* A file of another version of the format may have keys that are unknown here: its fault is told,
 * and nothing else of it. */
static int check_schema(struct loader *loader, const struct source *source, struct swt_node *root,
                        struct swt_error *err) {
    const struct swt_place place = {.map = &swt_manifest_fields,
                                    .field = swt_schema_find(&swt_manifest_fields, "schema")};
    struct swt_node *schema = swt_tree_find(root, place.field->key);
    if (!swt_node_has_value(schema))
        return 0;
    char nothing;
    loader->reading->variables = &source->variables;
    int rc = schema->kind == SWT_NODE_TEXT ? swt_tree_expand(loader->reading, schema, err) : 0;
    if (rc == 0 && !schema->faulty)
        rc = swt_value_apply(&place, schema, &nothing, err); /* is only checked */
    if (rc < 0)
        rc = swt_reading_fault(loader->reading, schema, err);
    uint64_t version;
    if (rc == 0 && schema->faulty && schema->kind == SWT_NODE_TEXT &&
        swt_parse_uint(schema->text, UINT64_MAX, &version)) {
        root->first = NULL;
        loader->whole.keys_unread = true;
    }
    return rc;
}

static int merge(struct loader *loader, struct swt_node *root, struct swt_error *err) {
    struct swt_node **whole = &loader->whole.root;
    if (*whole != NULL)
        return swt_tree_merge(&swt_manifest_fields, *whole, root, whole, err);
    *whole = root;
    return 0;
}

static int read_source(struct loader *loader, struct source *source, struct swt_slice bytes,
                       struct swt_error *err) {
    struct swt_reading *reading = loader->reading;
    struct swt_node *root = NULL;
    source->read = true;
    int rc = swt_scan_bytes(bytes, SWT_MANIFEST_MAX_BYTES, source->path, err);
    if (rc == 0)
        rc = swt_tree_read(bytes, source->path, reading, &root, err);
    if (rc == 0)
        rc = swt_variables_collect(reading, swt_tree_find(root, "vars"), source->variables.outer,
                                   &source->variables, err);
    loader->whole.variables_unread |= source->variables.unread;
    if (rc == 0)
        rc = check_schema(loader, source, root, err);
    if (rc == 0)
        rc = read_includes(loader, source, root, err);
    return rc == 0 ? merge(loader, root, err) : rc;
}

int swt_whole_read(struct swt_reading *reading, struct swt_slice bytes, const char *path,
                   const struct swt_variables *defines, struct swt_whole *ret_whole,
                   struct swt_error *err) {
    struct loader *loader = swt_arena_alloc(reading->arena, 1, sizeof *loader, err);
    const char **files =
        swt_arena_alloc(reading->arena, SWT_MANIFEST_MAX_FILES, sizeof *files, err);
    if (loader == NULL || files == NULL)
        return -(int)err->code;
    *loader = (struct loader){
        .reading = reading, .bytes = bytes.len, .count = 1, .whole = {.files = files}};
    loader->sources[0] = (struct source){.path = path, .variables = {.outer = defines}};
    int rc = read_source(loader, &loader->sources[0], bytes, err);
    if (rc < 0)
        return rc;
    struct swt_whole whole = loader->whole;
    whole.variables_unread |= whole.keys_unread;
    for (size_t i = 0; i < loader->count; i++)
        if (loader->sources[i].read)
            files[whole.file_count++] = loader->sources[i].path;
    *ret_whole = whole;
    return 0;
}
