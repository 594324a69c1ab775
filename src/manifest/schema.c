/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

/* One loop walks the table and the tree together. */

const char *swt_place_text(const struct swt_place *place, char ret_text[SWT_PLACE_TEXT]) {
    const char *map = place->map->name;
    (void)snprintf(ret_text, SWT_PLACE_TEXT, "%s%s%s", map, map[0] == '\0' ? "" : ".",
                   place->field->key);
    return ret_text;
}

const struct swt_field *swt_schema_find(const struct swt_field_map *map, const char *key) {
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->fields[i].key, key) == 0)
            return &map->fields[i];
    return NULL;
}

/* ---- unknown keys ------------------------------------------------------------------------ */

#define MAX_KEY ((size_t)32) /* no key of the table is longer, nor is one that was mistyped */

/* How many characters must be put in, left out or replaced to make b of a (Levenshtein). */
static size_t distance(const char *a, const char *b) {
    size_t row[MAX_KEY + 1];
    size_t b_len = strlen(b);
    if (b_len > MAX_KEY || strnlen(a, MAX_KEY + 1) > MAX_KEY)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_len];
}

static const char *nearest_key(const struct swt_field_map *map, const char *key) {
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < map->count; i++) {
        const char *known = map->fields[i].key;
        size_t found = distance(key, known);
        /* Up to a third of it mistyped; more is another word. */
        if (found < least && found <= strlen(known) / 3 + 1 && found < strlen(known)) {
            least = found;
            nearest = known;
        }
    }
    return nearest;
}

static int fail_unknown(const struct swt_field_map *map, const struct swt_node *node,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf known = {0};
    for (size_t i = 0; i < map->count; i++) {
        int rc = swt_buf_printf(&known, err, "%s%s", i == 0 ? "" : ", ", map->fields[i].key);
        if (rc < 0)
            return rc;
    }
    char shown[SWT_SHORT_TEXT];
    (void)swt_fail(err, SWT_E_MANIFEST_KEY, "unknown key '%s'%s%s; expected one of %s",
                   swt_short_text(node->key->text, shown), map->name[0] == '\0' ? "" : " in ",
                   map->name, swt_buf_text(&known));
    const char *nearest = nearest_key(map, node->key->text);
    if (nearest != NULL)
        (void)swt_error_hint(err, "did you mean '%s'?", nearest);
    return swt_manifest_error_at(err, node->key);
}

/* ---- fields ------------------------------------------------------------------------------ */

static int fail_kind(const struct swt_place *place, const struct swt_node *node,
                     const char *expected, struct swt_error *err) {
    char where[SWT_PLACE_TEXT];
    (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "%s: expected %s, found %s",
                   swt_place_text(place, where), expected, swt_tree_kind_text(node));
    return swt_manifest_error_at(err, node);
}

static int apply_text_item(struct swt_reading *reading, const struct swt_place *place,
                           struct swt_node *node, struct swt_text_list *list,
                           struct swt_error *err) {
    int rc = node->kind == SWT_NODE_TEXT ? swt_tree_expand(reading, node, err) : 0;
    if (rc < 0 || node->faulty)
        return rc;
    bool path = place->field->kind == SWT_FIELD_PATH_LIST;
    rc = swt_value_text(place, node, path, &list->items[list->count], err);
    if (rc < 0)
        return swt_reading_fault(reading, node, err);
    list->count++;
    return 0;
}

static int apply_text_list(struct swt_reading *reading, const struct swt_place *place,
                           struct swt_node *node, struct swt_text_list *ret_list,
                           struct swt_error *err) {
    bool path = place->field->kind == SWT_FIELD_PATH_LIST;
    if (node->kind != SWT_NODE_LIST)
        return fail_kind(place, node, path ? "a list of paths" : "a list of texts", err);
    struct swt_text_list list = {
        .items = swt_arena_alloc(reading->arena, swt_tree_count(node), sizeof *list.items, err)};
    if (list.items == NULL)
        return -(int)err->code;
    for (struct swt_node *child = node->first; child != NULL; child = child->next) {
        int rc = apply_text_item(reading, place, child, &list, err);
        if (rc < 0)
            return rc;
    }
    *ret_list = list;
    return 0;
}

static int check_item_count(const struct swt_reading *reading, const struct swt_place *place,
                            const struct swt_node *node, struct swt_error *err) {
    const struct swt_field *field = place->field;
    size_t count = swt_tree_count(node);
    char where[SWT_PLACE_TEXT];
    if (count < field->min && !reading->keys_unread) {
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "%s: expected at least one item, found none",
                       swt_place_text(place, where));
        return swt_manifest_error_at(err, node);
    }
    if (field->max > 0 && count > field->max) {
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "%s: expected at most %llu items, found %zu",
                       swt_place_text(place, where), (unsigned long long)field->max, count);
        return swt_manifest_error_at(err, node);
    }
    return 0;
}

static int apply_map_item(struct swt_reading *reading, const struct swt_place *place,
                          struct swt_node *node, char *item, struct swt_error *err) {
    const struct swt_field_map *map = place->field->map;
    if (node->kind != SWT_NODE_MAP) {
        (void)fail_kind(place, node, "a map", err);
        return swt_reading_fault(reading, node, err);
    }
    *(const struct swt_node **)(void *)(item + map->node_offset) = node;
    return swt_schema_apply(reading, map, node, item, err);
}

static int apply_map_list(struct swt_reading *reading, const struct swt_place *place,
                          struct swt_node *node, char *target, struct swt_error *err) {
    const struct swt_field_map *map = place->field->map;
    if (node->kind != SWT_NODE_LIST)
        return fail_kind(place, node, "a list of maps", err);
    int rc = check_item_count(reading, place, node, err);
    if (rc < 0)
        return rc;
    char *items = swt_arena_alloc(reading->arena, swt_tree_count(node), map->size, err);
    if (items == NULL)
        return -(int)err->code;
    size_t count = 0;
    for (struct swt_node *child = node->first; child != NULL; child = child->next) {
        rc = apply_map_item(reading, place, child, items + count * map->size, err);
        if (rc < 0)
            return rc;
        count += !child->faulty;
    }
    /* The pointer there is to the item's own struct, which only the table knows. */
    memcpy(target + place->field->offset, &items, sizeof items);
    *(size_t *)(void *)(target + place->field->offset2) = count;
    return 0;
}

static int apply_free_map(struct swt_reading *reading, const struct swt_place *place,
                          struct swt_node *node, char *target, struct swt_error *err) {
    if (node->kind != SWT_NODE_MAP)
        return fail_kind(place, node, "a map", err);
    *(const struct swt_node **)(void *)(target + place->field->offset) = node;
    return swt_tree_expand(reading, node, err);
}

static int apply_value(struct swt_reading *reading, const struct swt_place *place,
                       struct swt_node *node, char *target, struct swt_error *err) {
    int rc = node->kind == SWT_NODE_TEXT ? swt_tree_expand(reading, node, err) : 0;
    return rc < 0 || node->faulty ? rc : swt_value_apply(place, node, target, err);
}

static int apply_kind(struct swt_reading *reading, const struct swt_place *place,
                      struct swt_node *node, char *target, struct swt_error *err) {
    const struct swt_field *field = place->field;
    switch (field->kind) {
    case SWT_FIELD_MAP:
        if (node->kind != SWT_NODE_MAP)
            return fail_kind(place, node, "a map", err);
        return swt_schema_apply(reading, field->map, node, target, err);
    case SWT_FIELD_FREE_MAP:
        return apply_free_map(reading, place, node, target, err);
    case SWT_FIELD_MAP_LIST:
        return apply_map_list(reading, place, node, target, err);
    case SWT_FIELD_TEXT_LIST:
    case SWT_FIELD_PATH_LIST:
        return apply_text_list(reading, place, node,
                               (struct swt_text_list *)(void *)(target + field->offset), err);
    case SWT_FIELD_SCHEMA:
    case SWT_FIELD_VARIABLES:
    case SWT_FIELD_INCLUDE:
        return 0;
    case SWT_FIELD_TEXT:
    case SWT_FIELD_PATH:
    case SWT_FIELD_SHA256:
    case SWT_FIELD_CHOICE:
    case SWT_FIELD_TIME:
    case SWT_FIELD_NUMBER:
    case SWT_FIELD_SIZE:
    case SWT_FIELD_BOOL:
        return apply_value(reading, place, node, target, err);
    }
    return 0;
}

static int apply_child(struct swt_reading *reading, const struct swt_field_map *map,
                       struct swt_node *node, char *target, struct swt_error *err) {
    const struct swt_place place = {.map = map, .field = swt_schema_find(map, node->key->text)};
    int rc;
    if (place.field == NULL)
        rc = fail_unknown(map, node, err);
    else if (swt_node_has_value(node))
        rc = apply_kind(reading, &place, node, target, err);
    else
        return 0;
    return rc < 0 ? swt_reading_fault(reading, node, err) : 0;
}

/* ---- which keys go together -------------------------------------------------------------- */

static struct swt_node *find_given(const struct swt_node *root, const char *key) {
    struct swt_node *node = key == NULL ? NULL : swt_tree_find(root, key);
    return node == NULL || node->kind == SWT_NODE_NULL ? NULL : node;
}

static int check_either(struct swt_reading *reading, const struct swt_field_map *map,
                        const struct swt_node *root, struct swt_error *err) {
    struct swt_node *first = find_given(root, map->either_of[0]);
    struct swt_node *second = find_given(root, map->either_of[1]);
    if (first == NULL || second == NULL)
        return 0;
    (void)swt_fail(err, SWT_E_MANIFEST_KEY, "%s: expected '%s' or '%s', found both", map->name,
                   map->either_of[0], map->either_of[1]);
    (void)swt_error_hint(err, "leave one of them out");
    (void)swt_manifest_error_at(err, second->key);
    return swt_reading_fault(reading, second, err);
}

static int check_company(struct swt_reading *reading, const struct swt_field_map *map,
                         const struct swt_node *root, struct swt_error *err) {
    bool one = find_given(root, map->either_of[0]) != NULL;
    bool other = find_given(root, map->either_of[1]) != NULL;
    for (size_t i = 0; one != other && i < map->count; i++) {
        const struct swt_field *field = &map->fields[i];
        struct swt_node *node = field->goes_with == NULL ? NULL : find_given(root, field->key);
        if (node == NULL || find_given(root, field->goes_with) != NULL)
            continue;
        (void)swt_fail(err, SWT_E_MANIFEST_KEY, "%s: '%s' goes with '%s': %s", map->name,
                       field->key, field->goes_with, field->why);
        (void)swt_error_hint(err, "leave '%s' out, or give '%s'", field->key, field->goes_with);
        (void)swt_manifest_error_at(err, node->key);
        int rc = swt_reading_fault(reading, node, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* An unknown key was told whose nearest one is key: that key is not missing as well. */
static bool is_mistyped(const struct swt_field_map *map, const struct swt_node *root,
                        const char *key) {
    for (const struct swt_node *child = root->first; child != NULL; child = child->next) {
        if (!child->faulty || swt_schema_find(map, child->key->text) != NULL)
            continue;
        const char *nearest = nearest_key(map, child->key->text);
        if (nearest != NULL && strcmp(nearest, key) == 0)
            return true;
    }
    return false;
}

static int check_one_of(struct swt_reading *reading, const struct swt_field_map *map,
                        const struct swt_node *root, struct swt_error *err) {
    const char *const *keys = map->either_of;
    if (keys[0] == NULL || find_given(root, keys[0]) != NULL || find_given(root, keys[1]) != NULL ||
        is_mistyped(map, root, keys[0]) || is_mistyped(map, root, keys[1]))
        return 0;
    const struct swt_node *empty = swt_tree_find(root, keys[0]);
    if (empty == NULL)
        empty = swt_tree_find(root, keys[1]);
    if (empty == NULL)
        (void)swt_fail(err, SWT_E_MANIFEST_KEY, "missing key '%s' or '%s' in %s", keys[0], keys[1],
                       map->name);
    else
        (void)swt_fail(err, SWT_E_MANIFEST_KEY, "no value for the required key '%s' in %s",
                       empty->key->text, map->name);
    (void)swt_error_hint(err, "%s: %s", keys[0], swt_schema_find(map, keys[0])->help);
    (void)swt_manifest_error_at(err, empty == NULL ? root : empty->key);
    return swt_reading_fault(reading, NULL, err);
}

static int check_required(struct swt_reading *reading, const struct swt_field_map *map,
                          const struct swt_node *root, struct swt_error *err) {
    for (size_t i = 0; i < map->count; i++) {
        const struct swt_field *field = &map->fields[i];
        if (!field->required || find_given(root, field->key) != NULL ||
            is_mistyped(map, root, field->key))
            continue;
        const struct swt_node *given = swt_tree_find(root, field->key);
        const char *fault = given == NULL ? "missing key" : "no value for the required key";
        (void)swt_fail(err, SWT_E_MANIFEST_KEY, "%s '%s'%s%s", fault, field->key,
                       map->name[0] == '\0' ? "" : " in ", map->name);
        (void)swt_error_hint(err, "%s: %s", field->key, field->help);
        (void)swt_manifest_error_at(err, given == NULL ? root : given->key);
        int rc = swt_reading_fault(reading, NULL, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int swt_schema_apply(struct swt_reading *reading, const struct swt_field_map *map,
                     struct swt_node *root, void *target, struct swt_error *err) {
    int rc = check_either(reading, map, root, err);
    if (rc == 0)
        rc = check_company(reading, map, root, err);
    for (struct swt_node *child = root->first; rc == 0 && child != NULL; child = child->next)
        rc = apply_child(reading, map, child, target, err);
    if (rc == 0)
        rc = check_one_of(reading, map, root, err);
    /* An item of a list stands in one file alone; the rest may stand in one that was not read. */
    if (rc == 0 && (map->size > 0 || !reading->keys_unread))
        rc = check_required(reading, map, root, err);
    return rc;
}
