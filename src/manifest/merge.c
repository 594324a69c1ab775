/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* Two files as one. Which lists are joined and which maps are merged is what the table says. */

struct entry {
    struct swt_node *node;
    bool used;
};
/* The values of one map, sorted by key. */
struct entries {
    struct entry *items;
    size_t count;
};
static int compare_entries(const void *left, const void *right) {
    const struct entry *a = left;
    const struct entry *b = right;
    return strcmp(a->node->key->text, b->node->key->text);
}

static void entries_done(struct entries *entries) {
    free(entries->items);
}

static int entries_init(struct entries *entries, const struct swt_node *map,
                        struct swt_error *err) {
    size_t count = swt_tree_count(map);
    entries->items = calloc(count + 1, sizeof *entries->items);
    if (entries->items == NULL)
        return swt_fail_memory(err);
    for (struct swt_node *child = map->first; child != NULL; child = child->next)
        entries->items[entries->count++].node = child;
    qsort(entries->items, count, sizeof *entries->items, compare_entries);
    return 0;
}

static struct entry *entries_find(const struct entries *entries, struct swt_node *node) {
    const struct entry wanted = {.node = node};
    return bsearch(&wanted, entries->items, entries->count, sizeof wanted, compare_entries);
}

static int merge_maps(const struct swt_field_map *map, struct swt_node *base, struct swt_node *over,
                      struct swt_error *err);

/* field is NULL where no table says what the value is: below meta, or of an unknown key. */
static int merge_values(const struct swt_field *field, bool free_map, struct swt_node *base,
                        struct swt_node *over, struct swt_node **ret_merged,
                        struct swt_error *err) {
    if (!swt_node_has_value(over)) {
        /* The fault of over matters only where nothing takes its place. */
        *ret_merged = swt_node_has_value(base) || base->faulty ? base : over;
        return 0;
    }
    *ret_merged = over;
    if (!swt_node_has_value(base))
        return 0;
    if (over->kind == SWT_NODE_LIST && base->kind == SWT_NODE_LIST && field != NULL &&
        field->kind == SWT_FIELD_MAP_LIST) {
        struct swt_node **end = &base->first;
        while (*end != NULL)
            end = &(*end)->next;
        *end = over->first;
        over->first = base->first;
        return 0;
    }
    bool maps = field == NULL ? free_map
                              : field->kind == SWT_FIELD_MAP || field->kind == SWT_FIELD_FREE_MAP ||
                                    field->kind == SWT_FIELD_VARIABLES;
    if (!maps || over->kind != SWT_NODE_MAP || base->kind != SWT_NODE_MAP)
        return 0;
    return merge_maps(field == NULL ? NULL : field->map, base, over, err);
}

static void free_nodes(struct swt_node ***nodes) {
    free(*nodes);
}

static void link_children(struct swt_node *map, struct swt_node *const *nodes, size_t count) {
    map->first = NULL;
    for (size_t i = count; i > 0; i--) {
        nodes[i - 1]->next = map->first;
        map->first = nodes[i - 1];
    }
}

/* over becomes the merged map; map is NULL where any keys may stand. */
static int merge_maps(const struct swt_field_map *map, struct swt_node *base, struct swt_node *over,
                      struct swt_error *err) {
    SWT_CLEANUP(entries_done) struct entries entries = {0};
    int rc = entries_init(&entries, over, err);
    if (rc < 0)
        return rc;
    SWT_CLEANUP(free_nodes)
    struct swt_node **merged = calloc(swt_tree_count(base) + entries.count + 1, sizeof(void *));
    if (merged == NULL)
        return swt_fail_memory(err);
    size_t count = 0;
    for (struct swt_node *node = base->first; node != NULL; node = node->next) {
        struct entry *entry = entries_find(&entries, node);
        merged[count++] = node;
        if (entry == NULL)
            continue;
        entry->used = true;
        const struct swt_field *field = map == NULL ? NULL : swt_schema_find(map, node->key->text);
        rc = merge_values(field, map == NULL, node, entry->node, &merged[count - 1], err);
        if (rc < 0)
            return rc;
    }
    for (struct swt_node *node = over->first; node != NULL; node = node->next) {
        const struct entry *entry = entries_find(&entries, node);
        if (entry == NULL || !entry->used)
            merged[count++] = node;
    }
    link_children(over, merged, count);
    return 0;
}

int swt_tree_merge(const struct swt_field_map *map, struct swt_node *base, struct swt_node *over,
                   struct swt_node **ret_merged, struct swt_error *err) {
    int rc = merge_maps(map, base, over, err);
    if (rc < 0)
        return rc;
    *ret_merged = over;
    return 0;
}
