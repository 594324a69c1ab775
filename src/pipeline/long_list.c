/* SPDX-License-Identifier: Apache-2.0 */
/* Items are lines of texts: a text of its own for each would take half as much memory again. */
#include "document.h"
#include "json_text.h"

#include "swt/pipeline.h"

#include <string.h>

#define ITEMS "items"
#define TEXT_SIZE ((size_t)2048) /* about; a text that is as long gets no further line */
/* What is longer is kept as the item: a text of escapes is up to six times as long. */
#define LONGEST_LINE ((size_t)64 * 1024)

json_t *swt_json_long_list(void) {
    return json_pack("{s:[]}", ITEMS);
}

int swt_long_list_add(json_t *list, json_t *item, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *owned = item;
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    if (owned == NULL)
        return swt_fail_memory(err);
    json_t *items = json_object_get(list, ITEMS);
    json_t *last = json_array_get(items, json_array_size(items) - 1);
    bool goes_on = json_is_string(last) && json_string_length(last) < TEXT_SIZE;
    int rc = 0;
    if (goes_on)
        rc = swt_buf_printf(&text, err, "%s\n", json_string_value(last));
    if (rc == 0)
        rc = swt_json_write(owned, JSON_COMPACT, &text, err);
    if (rc < 0)
        return rc;
    if (text.len > LONGEST_LINE)
        return swt_long_list_keep(list, SWT_TAKE(owned), err);
    if (!goes_on)
        return swt_json_add(items, json_stringn(swt_buf_text(&text), text.len), err);
    return json_string_setn(last, swt_buf_text(&text), text.len) < 0 ? swt_fail_memory(err) : 0;
}

int swt_long_list_keep(json_t *list, json_t *item, struct swt_error *err) {
    return swt_json_add(json_object_get(list, ITEMS), item, err);
}

/* No member of a document that is an object has just this one. */
bool swt_long_list_is(const json_t *value) {
    return json_object_size(value) == 1 && json_is_array(json_object_get(value, ITEMS));
}

static const json_t *items_of(const json_t *list) {
    return json_is_array(list) ? list : json_object_get(list, ITEMS);
}

size_t swt_long_list_size(const json_t *list) {
    size_t size = 0;
    size_t index;
    const json_t *item;
    json_array_foreach(items_of(list), index, item) {
        size++;
        for (const char *text = json_string_value(item); text != NULL; size += text != NULL) {
            text = strchr(text, '\n');
            text += text != NULL;
        }
    }
    return size;
}

bool swt_long_list_next(struct swt_long_list_place *place, json_t **ret_item) {
    json_t *item = json_array_get(items_of(place->list), place->text);
    if (item == NULL)
        return false;
    if (!json_is_string(item)) {
        place->text++;
        *ret_item = json_incref(item);
        return true;
    }
    const char *line = json_string_value(item) + place->offset;
    size_t len = strcspn(line, "\n");
    bool ends = line[len] == '\0';
    place->text += ends;
    place->offset = ends ? 0 : place->offset + len + 1;
    *ret_item = swt_json_again(line, len);
    return true;
}
