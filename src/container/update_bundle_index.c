/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the framing of an UpdateBundle. Stock parsers take the first, the last or a merge
 * of what is there twice, so that one file could hold two releases; here each thing is there once,
 * or the file is refused.
 */
#include "update_bundle_index.h"

#include "window.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_UNKNOWN_FIELDS 1024

struct scan {
    struct swt_bundle *bundle;
    struct swt_index *index;
    struct swt_window window;
};

/* One entry of a map field; key and value may come in either order. */
struct map_entry {
    const char *map;
    uint64_t offset; /* of the entry's tag */
    bool has_key;
    bool has_value;
    struct swt_buf key;
    uint64_t value_offset;
    uint64_t value_length;
};

static void map_entry_done(struct map_entry *entry) {
    swt_buf_done(&entry->key);
}

/* ---- fields ------------------------------------------------------------------------------ */

/* A field of this design's that is no string of bytes: never skipped as an unknown one would be. */
static int expect_bytes(const struct scan *scan, const struct swt_window_field *field,
                        const char *what, struct swt_error *err) {
    if (field->type == SWT_WIRE_BYTES)
        return 0;
    swt_fail(err, SWT_E_CONTAINER, "%s (field %" PRIu32 ") has the wire type %d, expected %d", what,
             field->number, (int)field->type, SWT_WIRE_BYTES);
    return swt_bundle_error_at(scan->bundle, field->offset, err);
}

/* Nothing covers an unknown field: bytes that an attacker may choose. map: the field is in an entry
 * of it; NULL: in the UpdateBundle itself. */
static int skip_unknown(struct scan *scan, const struct swt_window_field *field, const char *map,
                        struct swt_error *err) {
    if (!scan->bundle->allow_unknown) {
        const char *name = map                                    ? ""
                           : field->number == SWT_FIELD_TIMESTAMP ? " (timestamp_metadata)"
                           : field->number == SWT_FIELD_SNAPSHOT  ? " (snapshot_metadata)"
                                                                  : "";
        swt_fail(err, SWT_E_UNKNOWN_FIELD, "unknown field %" PRIu32 "%s in %s%s", field->number,
                 name, map ? "an entry of " : "the UpdateBundle", map ? map : "");
        return swt_bundle_error_at(scan->bundle, field->offset, err);
    }
    if (scan->bundle->unknown_fields == MAX_UNKNOWN_FIELDS) {
        swt_fail(err, SWT_E_CONTAINER, "there are more than %d unknown fields", MAX_UNKNOWN_FIELDS);
        return swt_bundle_error_at(scan->bundle, field->offset, err);
    }
    scan->bundle->unknown_fields++;
    if (field->type == SWT_WIRE_BYTES)
        scan->window.position = field->value_offset + field->length;
    return 0;
}

static int load_envelope(struct scan *scan, const char *what, uint64_t offset, uint64_t length,
                         struct swt_buf *ret_bytes, struct swt_error *err) {
    int r = swt_reader_seek(scan->bundle->reader, offset, err);
    return r < 0 ? r : swt_bundle_load(scan->bundle, what, length, ret_bytes, err);
}

/* ---- map entries ------------------------------------------------------------------------- */

static int read_key(struct scan *scan, const struct swt_window_field *field,
                    struct map_entry *entry, struct swt_error *err) {
    if (entry->has_key) {
        swt_fail(err, SWT_E_CONTAINER, "an entry of %s has two keys", entry->map);
        return swt_bundle_error_at(scan->bundle, field->offset, err);
    }
    if (field->length > SWT_MAX_PAYLOAD_KEY) {
        swt_fail(err, SWT_E_CONTAINER, "a key of %s has %" PRIu64 " bytes, more than %d",
                 entry->map, field->length, SWT_MAX_PAYLOAD_KEY);
        return swt_bundle_error_at(scan->bundle, field->offset, err);
    }
    int r = swt_window_take(&scan->window, field->length, &entry->key, err);
    if (r < 0)
        return r;
    struct swt_slice key = swt_buf_slice(&entry->key);
    if (key.len == 0)
        swt_fail(err, SWT_E_CONTAINER, "an entry of %s has an empty key", entry->map);
    else if (memchr(key.data, 0, key.len))
        swt_fail(err, SWT_E_CONTAINER, "a key of %s holds a NUL", entry->map);
    else if (!swt_utf8_valid(key))
        swt_fail(err, SWT_E_CONTAINER, "a key of %s is not UTF-8", entry->map);
    else {
        entry->has_key = true;
        return 0;
    }
    return swt_bundle_error_at(scan->bundle, field->offset, err);
}

/* Where it is; a payload's bytes are not touched yet. */
static int read_value(struct scan *scan, const struct swt_window_field *field,
                      struct map_entry *entry, struct swt_error *err) {
    if (entry->has_value) {
        swt_fail(err, SWT_E_CONTAINER, "an entry of %s has two values", entry->map);
        return swt_bundle_error_at(scan->bundle, field->offset, err);
    }
    entry->has_value = true;
    entry->value_offset = field->value_offset;
    entry->value_length = field->length;
    scan->window.position = field->value_offset + field->length;
    return 0;
}

static int read_map_entry(struct scan *scan, const struct swt_window_field *top,
                          struct map_entry *entry, struct swt_error *err) {
    struct swt_window_field field;
    uint64_t end = top->value_offset + top->length;
    int r = expect_bytes(scan, top, entry->map, err);
    if (r < 0)
        return r;
    entry->offset = top->offset;

    while ((r = swt_window_next(&scan->window, end, &field, err)) > 0) {
        if (field.number == SWT_FIELD_ENTRY_KEY) {
            r = expect_bytes(scan, &field, "a map entry's key", err);
            if (r == 0)
                r = read_key(scan, &field, entry, err);
        } else if (field.number == SWT_FIELD_ENTRY_VALUE) {
            r = expect_bytes(scan, &field, "a map entry's value", err);
            if (r == 0)
                r = read_value(scan, &field, entry, err);
        } else
            r = skip_unknown(scan, &field, entry->map, err);
        if (r < 0)
            return r;
    }
    if (r == 0 && !(entry->has_key && entry->has_value)) {
        swt_fail(err, SWT_E_CONTAINER, "an entry of %s has no %s", entry->map,
                 entry->has_key ? "value" : "key");
        r = swt_bundle_error_at(scan->bundle, top->offset, err);
    }
    return r;
}

/* ---- the three fields of an UpdateBundle ------------------------------------------------- */

static int read_root(struct scan *scan, const struct swt_window_field *field,
                     struct swt_error *err) {
    struct swt_bundle *bundle = scan->bundle;
    int r = expect_bytes(scan, field, "root_metadata", err);
    if (r < 0)
        return r;
    if (bundle->has_root) {
        swt_fail(err, SWT_E_CONTAINER,
                 "a second root_metadata (the first is at offset %" PRIu64 ")",
                 scan->index->root_field);
        return swt_bundle_error_at(bundle, field->offset, err);
    }
    r = load_envelope(scan, "root_metadata", field->value_offset, field->length, &bundle->root,
                      err);
    if (r < 0)
        return r;
    bundle->has_root = true;
    bundle->root_offset = field->value_offset;
    scan->index->root_field = field->offset;
    scan->window.position = field->value_offset + field->length;
    return 0;
}

static int read_targets(struct scan *scan, const struct swt_window_field *field,
                        struct swt_error *err) {
    struct swt_bundle *bundle = scan->bundle;
    SWT_CLEANUP(map_entry_done) struct map_entry entry = {.map = "targets_metadata"};
    int r = read_map_entry(scan, field, &entry, err);
    if (r < 0)
        return r;
    struct swt_slice key = swt_buf_slice(&entry.key);
    if (!swt_slice_equal(key, swt_slice_text(SWT_TARGETS_MAP_KEY))) {
        swt_fail(err, SWT_E_CONTAINER,
                 "targets_metadata has the key '%.*s', expected '%s' (delegated targets metadata "
                 "is not supported)",
                 swt_shown_len(key), (const char *)key.data, SWT_TARGETS_MAP_KEY);
        return swt_bundle_error_at(bundle, field->offset, err);
    }
    if (scan->index->has_targets) {
        swt_fail(err, SWT_E_CONTAINER,
                 "a second targets_metadata (the first is at offset %" PRIu64 ")",
                 scan->index->targets_field);
        return swt_bundle_error_at(bundle, field->offset, err);
    }
    r = load_envelope(scan, "targets_metadata", entry.value_offset, entry.value_length,
                      &bundle->targets, err);
    if (r < 0)
        return r;
    bundle->targets_offset = entry.value_offset;
    scan->index->has_targets = true;
    scan->index->targets_field = field->offset;
    return 0;
}

static int index_reserve(struct swt_index *index, struct swt_error *err) {
    if (index->count < index->cap)
        return 0;
    size_t cap = index->cap ? index->cap * 2 : 64; /* SWT_MAX_PAYLOADS bounds it */
    struct swt_index_entry *entries = reallocarray(index->entries, cap, sizeof *entries);
    if (!entries)
        return swt_fail_memory(err);
    index->entries = entries;
    index->cap = cap;
    return 0;
}

static int read_payload(struct scan *scan, const struct swt_window_field *field,
                        struct swt_error *err) {
    struct swt_index *index = scan->index;
    SWT_CLEANUP(map_entry_done) struct map_entry entry = {.map = "target_payloads"};
    if (index->count == SWT_MAX_PAYLOADS) {
        swt_fail(err, SWT_E_CONTAINER, "there are more than %d payloads", SWT_MAX_PAYLOADS);
        return swt_bundle_error_at(scan->bundle, field->offset, err);
    }
    int r = read_map_entry(scan, field, &entry, err);
    if (r == 0)
        r = index_reserve(index, err);
    if (r == 0)
        r = swt_buf_append_slice(&index->names, swt_buf_slice(&entry.key), err);
    if (r < 0)
        return r;
    /* names moves while it grows: only the length of each is known until the end of the file. */
    index->entries[index->count++] = (struct swt_index_entry){
        .name = {.data = NULL, .len = entry.key.len},
        .offset = entry.offset,
        .value_offset = entry.value_offset,
        .length = entry.value_length,
    };
    return 0;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b) {
    const struct swt_index_entry *left = *(struct swt_index_entry *const *)a;
    const struct swt_index_entry *right = *(struct swt_index_entry *const *)b;
    int order = swt_slice_compare(left->name, right->name);
    return order != 0 ? order : (left->offset > right->offset) - (left->offset < right->offset);
}

static int index_sort(struct scan *scan, struct swt_error *err) {
    struct swt_index *index = scan->index;
    if (index->count == 0)
        return 0;
    index->sorted = reallocarray(NULL, index->count, sizeof(struct swt_index_entry *));
    if (!index->sorted)
        return swt_fail_memory(err);
    const uint8_t *name = index->names.data;
    for (size_t i = 0; i < index->count; i++) {
        index->entries[i].name.data = name;
        name += index->entries[i].name.len;
        index->sorted[i] = &index->entries[i];
    }
    qsort(index->sorted, index->count, sizeof(struct swt_index_entry *), compare_names);
    for (size_t i = 1; i < index->count; i++) {
        const struct swt_index_entry *before = index->sorted[i - 1], *here = index->sorted[i];
        if (!swt_slice_equal(before->name, here->name))
            continue;
        swt_fail(err, SWT_E_CONTAINER,
                 "payload '%.*s' is there twice (at the offsets %" PRIu64 " and %" PRIu64 ")",
                 swt_shown_len(here->name), (const char *)here->name.data, before->offset,
                 here->offset);
        return swt_bundle_error_at(scan->bundle, here->offset, err);
    }
    return 0;
}

static int read_fields(struct scan *scan, uint64_t size, struct swt_error *err) {
    struct swt_window_field field;
    int r;
    while ((r = swt_window_next(&scan->window, size, &field, err)) > 0) {
        if (field.number == SWT_FIELD_ROOT)
            r = read_root(scan, &field, err);
        else if (field.number == SWT_FIELD_TARGETS)
            r = read_targets(scan, &field, err);
        else if (field.number == SWT_FIELD_PAYLOADS)
            r = read_payload(scan, &field, err);
        else
            r = skip_unknown(scan, &field, NULL, err);
        if (r < 0)
            return r;
    }
    return r;
}

int swt_index_read(struct swt_bundle *bundle, struct swt_index *ret_index, struct swt_error *err) {
    SWT_CLEANUP(swt_index_done) struct swt_index index = {0};
    struct scan scan = {.bundle = bundle, .index = &index, .window = {.bundle = bundle}};
    int r = read_fields(&scan, swt_reader_size(bundle->reader), err);
    if (r == 0)
        r = index_sort(&scan, err);
    if (r < 0)
        return r;
    if (!index.has_targets) {
        swt_fail(err, SWT_E_CONTAINER, "there is no targets_metadata");
        return swt_error_file(err, swt_reader_name(bundle->reader));
    }
    *ret_index = SWT_MOVE(index);
    return 0;
}

void swt_index_done(struct swt_index *index) {
    free(index->entries);
    free(index->sorted);
    swt_buf_done(&index->names);
}

static int compare_key(const void *key, const void *element) {
    const struct swt_slice *name = key;
    const struct swt_index_entry *entry = *(struct swt_index_entry *const *)element;
    return swt_slice_compare(*name, entry->name);
}

struct swt_index_entry *swt_index_find(const struct swt_index *index, struct swt_slice name) {
    if (index->count == 0)
        return NULL;
    struct swt_index_entry **found =
        bsearch(&name, index->sorted, index->count, sizeof(struct swt_index_entry *), compare_key);
    return found ? *found : NULL;
}
