/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"
#include "json_text.h"

#include "swt/pipeline.h"

#define ITEMS "items"

json_t *swt_json_long_list(void) {
    return json_pack("{s:[]}", ITEMS);
}

int swt_long_list_add(json_t *list, json_t *item, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *owned = item;
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    if (item == NULL)
        return swt_fail_memory(err);
    int rc = swt_json_write(item, JSON_COMPACT, &text, err);
    return rc < 0 ? rc
                  : swt_json_add(json_object_get(list, ITEMS),
                                 json_stringn(swt_buf_text(&text), text.len), err);
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
    return json_array_size(items_of(list));
}

json_t *swt_long_list_item(const json_t *list, size_t index) {
    json_t *item = json_array_get(items_of(list), index);
    if (!json_is_string(item))
        return json_incref(item);
    return json_loadb(json_string_value(item), json_string_length(item), JSON_ALLOW_NUL, NULL);
}
