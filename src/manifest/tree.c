/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

const char *swt_short_text(const char *text, char ret_text[SWT_SHORT_TEXT]) {
    static const char ellipsis[] = "...";
    size_t len = strnlen(text, SWT_SHORT_TEXT);
    if (len < SWT_SHORT_TEXT) {
        memcpy(ret_text, text, len + 1);
        return ret_text;
    }
    len = SWT_SHORT_TEXT - sizeof ellipsis;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    memcpy(ret_text, text, len);
    memcpy(ret_text + len, ellipsis, sizeof ellipsis);
    return ret_text;
}

int swt_manifest_error_at(struct swt_error *err, const struct swt_node *node) {
    if (node == NULL)
        return -(int)err->code;
    return swt_error_position(err, node->file, node->line, node->column);
}

struct swt_node *swt_tree_find(const struct swt_node *map, const char *key) {
    for (struct swt_node *child = map->first; child != NULL; child = child->next)
        if (strcmp(child->key->text, key) == 0)
            return child;
    return NULL;
}

size_t swt_tree_count(const struct swt_node *node) {
    size_t count = 0;
    for (const struct swt_node *child = node->first; child != NULL; child = child->next)
        count++;
    return count;
}

const char *swt_tree_kind_text(const struct swt_node *node) {
    switch (node->kind) {
    case SWT_NODE_NULL:
        return "nothing";
    case SWT_NODE_TEXT:
        return "a single value";
    case SWT_NODE_LIST:
        return "a list";
    case SWT_NODE_MAP:
        return "a map";
    }
    return "nothing";
}

bool swt_text_has_control(const char *text, size_t len, bool lines, uint32_t *ret_char) {
    struct swt_slice rest = swt_slice_of(text, len);
    while (rest.len > 0) {
        uint32_t character;
        size_t step = swt_utf8_next(rest, &character);
        if (swt_char_is_control(character) &&
            !(lines && (character == '\n' || character == '\t'))) {
            *ret_char = character;
            return true;
        }
        rest = swt_slice_of(rest.data + step, rest.len - step);
    }
    return false;
}

/* ---- duplicate keys ---------------------------------------------------------------------- */

static bool stands_before(const struct swt_node *a, const struct swt_node *b) {
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* By text, then by place, so that of two equal keys the later one comes second. */
static int compare_keys(const void *left, const void *right) {
    const struct swt_node *a = *(const struct swt_node *const *)left;
    const struct swt_node *b = *(const struct swt_node *const *)right;
    int order = strcmp(a->text, b->text);
    if (order != 0)
        return order;
    return stands_before(a, b) ? -1 : 1;
}

static void free_keys(struct swt_node ***keys) {
    free(*keys);
}

static int fail_twin(const struct swt_node *first, const struct swt_node *second,
                     struct swt_error *err) {
    char shown[SWT_SHORT_TEXT];
    (void)swt_fail(err, SWT_E_MANIFEST_KEY, "key '%s' is given twice; the first is at %u:%u",
                   swt_short_text(second->text, shown), first->line, first->column);
    return swt_manifest_error_at(err, second);
}

/* keys are sorted. The twins that were told stay out of what is read of map. */
static int keep_twins(struct swt_reading *reading, struct swt_node *map,
                      struct swt_node *const *keys, size_t count, struct swt_error *err) {
    size_t first = 0;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(keys[first]->text, keys[i]->text) != 0) {
            first = i;
            continue;
        }
        (void)fail_twin(keys[first], keys[i], err);
        int rc = swt_reading_fault(reading, keys[i], err);
        if (rc < 0)
            return rc;
    }
    struct swt_node **place = &map->first;
    while (*place != NULL) {
        if ((*place)->key->faulty)
            *place = (*place)->next;
        else
            place = &(*place)->next;
    }
    return 0;
}

int swt_tree_check_keys(struct swt_reading *reading, struct swt_node *map, struct swt_error *err) {
    size_t count = swt_tree_count(map);
    if (count < 2)
        return 0;
    SWT_CLEANUP(free_keys) struct swt_node **keys = calloc(count, sizeof(void *));
    if (keys == NULL)
        return swt_fail_memory(err);
    size_t filled = 0;
    for (const struct swt_node *child = map->first; child != NULL; child = child->next)
        keys[filled++] = child->key;
    qsort(keys, count, sizeof(void *), compare_keys);
    if (reading->faults != NULL)
        return keep_twins(reading, map, keys, count, err);

    const struct swt_node *first = NULL;
    const struct swt_node *second = NULL;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(keys[i - 1]->text, keys[i]->text) == 0 &&
            (second == NULL || stands_before(keys[i], second))) {
            first = keys[i - 1];
            second = keys[i];
        }
    }
    return second == NULL ? 0 : fail_twin(first, second, err);
}
