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

static const struct swt_field *find_field(const struct swt_field_map *map, const char *key) {
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

static int apply_text_list(const struct swt_place *place, const struct swt_node *node,
                           struct swt_text_list *ret_list, struct swt_arena *arena,
                           struct swt_error *err) {
    bool path = place->field->kind == SWT_FIELD_PATH_LIST;
    if (node->kind != SWT_NODE_LIST)
        return fail_kind(place, node, path ? "a list of paths" : "a list of texts", err);
    struct swt_text_list list = {
        .items = swt_arena_alloc(arena, swt_tree_count(node), sizeof *list.items, err)};
    if (list.items == NULL)
        return -(int)err->code;
    for (const struct swt_node *child = node->first; child != NULL; child = child->next) {
        int rc = swt_value_text(place, child, path, &list.items[list.count], err);
        if (rc < 0)
            return rc;
        list.count++;
    }
    *ret_list = list;
    return 0;
}

static int apply_map_list(const struct swt_place *place, const struct swt_node *node, char *target,
                          struct swt_arena *arena, struct swt_error *err) {
    const struct swt_field_map *map = place->field->map;
    if (node->kind != SWT_NODE_LIST)
        return fail_kind(place, node, "a list of maps", err);
    size_t count = swt_tree_count(node);
    if (count < place->field->min) {
        char where[SWT_PLACE_TEXT];
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "%s: expected at least one item, found none",
                       swt_place_text(place, where));
        return swt_manifest_error_at(err, node);
    }
    if (place->field->max > 0 && count > place->field->max) {
        char where[SWT_PLACE_TEXT];
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE, "%s: expected at most %llu items, found %zu",
                       swt_place_text(place, where), (unsigned long long)place->field->max, count);
        return swt_manifest_error_at(err, node);
    }
    char *items = swt_arena_alloc(arena, count, map->size, err);
    if (items == NULL)
        return -(int)err->code;
    char *item = items;
    for (const struct swt_node *child = node->first; child != NULL; child = child->next) {
        if (child->kind != SWT_NODE_MAP)
            return fail_kind(place, child, "a map", err);
        *(const struct swt_node **)(void *)(item + map->node_offset) = child;
        int rc = swt_schema_apply(map, child, item, arena, err);
        if (rc < 0)
            return rc;
        item += map->size;
    }
    /* The pointer there is to the item's own struct, which only the table knows. */
    memcpy(target + place->field->offset, &items, sizeof(void *));
    *(size_t *)(void *)(target + place->field->offset2) = count;
    return 0;
}

static int apply_field(const struct swt_place *place, const struct swt_node *node, char *target,
                       struct swt_arena *arena, struct swt_error *err) {
    const struct swt_field *field = place->field;
    if (node->kind == SWT_NODE_NULL)
        return 0;
    switch (field->kind) {
    case SWT_FIELD_MAP:
        if (node->kind != SWT_NODE_MAP)
            return fail_kind(place, node, "a map", err);
        return swt_schema_apply(field->map, node, target, arena, err);
    case SWT_FIELD_FREE_MAP:
        if (node->kind != SWT_NODE_MAP)
            return fail_kind(place, node, "a map", err);
        *(const struct swt_node **)(void *)(target + field->offset) = node;
        return 0;
    case SWT_FIELD_MAP_LIST:
        return apply_map_list(place, node, target, arena, err);
    case SWT_FIELD_TEXT_LIST:
    case SWT_FIELD_PATH_LIST:
        return apply_text_list(
            place, node, (struct swt_text_list *)(void *)(target + field->offset), arena, err);
    case SWT_FIELD_VARIABLES:
        return 0;
    case SWT_FIELD_SCHEMA:
    case SWT_FIELD_TEXT:
    case SWT_FIELD_PATH:
    case SWT_FIELD_SHA256:
    case SWT_FIELD_CHOICE:
    case SWT_FIELD_TIME:
    case SWT_FIELD_NUMBER:
    case SWT_FIELD_SIZE:
    case SWT_FIELD_BOOL:
        return swt_value_apply(place, node, target, err);
    }
    return 0;
}

static int check_required(const struct swt_field_map *map, const struct swt_node *root,
                          struct swt_error *err) {
    for (size_t i = 0; i < map->count; i++) {
        const struct swt_field *field = &map->fields[i];
        if (!field->required)
            continue;
        const struct swt_node *given = swt_tree_find(root, field->key);
        if (given != NULL && given->kind != SWT_NODE_NULL)
            continue;
        const char *fault = given == NULL ? "missing key" : "no value for the required key";
        (void)swt_fail(err, SWT_E_MANIFEST_KEY, "%s '%s'%s%s", fault, field->key,
                       map->name[0] == '\0' ? "" : " in ", map->name);
        (void)swt_error_hint(err, "%s: %s", field->key, field->help);
        return swt_manifest_error_at(err, given == NULL ? root : given->key);
    }
    return 0;
}

int swt_schema_apply(const struct swt_field_map *map, const struct swt_node *root, void *target,
                     struct swt_arena *arena, struct swt_error *err) {
    /* First: a manifest of another schema may have keys that are unknown here. */
    for (size_t i = 0; i < map->count; i++) {
        const struct swt_place place = {.map = map, .field = &map->fields[i]};
        const struct swt_node *given = swt_tree_find(root, place.field->key);
        if (place.field->kind == SWT_FIELD_SCHEMA && given != NULL) {
            int rc = apply_field(&place, given, target, arena, err);
            if (rc < 0)
                return rc;
        }
    }
    for (const struct swt_node *child = root->first; child != NULL; child = child->next) {
        const struct swt_place place = {.map = map, .field = find_field(map, child->key->text)};
        if (place.field == NULL)
            return fail_unknown(map, child, err);
        int rc = apply_field(&place, child, target, arena, err);
        if (rc < 0)
            return rc;
    }
    return check_required(map, root, err);
}
