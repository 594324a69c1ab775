/* SPDX-License-Identifier: Apache-2.0 */
/* What the text of diff and its Markdown say alike. */
#include "report_diff.h"

#include <string.h>

const char *swt_diff_text_of(const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    return text == NULL ? "" : text;
}

int swt_diff_value_text(const json_t *value, bool quoted, struct swt_buf *ret_text,
                        struct swt_error *err) {
    swt_buf_clear(ret_text);
    if (json_is_string(value) && !quoted && json_string_length(value) > 0)
        return swt_text_escape(ret_text, swt_slice_text(json_string_value(value)), err);
    SWT_CLEANUP(swt_buf_done) struct swt_buf json = {0};
    int rc = swt_json_write(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII, &json, err);
    return rc < 0 ? rc : swt_text_escape(ret_text, swt_buf_slice(&json), err);
}

bool swt_diff_is_quoted(const json_t *field) {
    const json_t *a = json_object_get(field, "a");
    const json_t *b = json_object_get(field, "b");
    return a != NULL && b != NULL && json_is_string(a) != json_is_string(b);
}

int swt_diff_details_text(const json_t *details, struct swt_buf *ret_text, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    const char *name;
    json_t *value;
    int rc = 0;
    swt_buf_clear(ret_text);
    json_object_foreach((json_t *)details, name, value) {
        if (rc == 0 && ret_text->len > 0)
            rc = swt_buf_append(ret_text, ", ", 2, err);
        if (rc == 0)
            rc = swt_text_escape(ret_text, swt_slice_text(name), err);
        if (rc == 0)
            rc = swt_diff_value_text(value, false, &text, err);
        if (rc == 0)
            rc = swt_buf_printf(ret_text, err, " %s", swt_buf_text(&text));
    }
    return rc;
}

char swt_diff_mark(const json_t *object) {
    const json_t *a = json_object_get(object, "a");
    const json_t *b = json_object_get(object, "b");
    if (a == NULL)
        return '+';
    if (b == NULL)
        return '-';
    return json_equal(a, b) ? '=' : '~';
}

const char *swt_diff_size(const json_t *length, char ret_text[SWT_SIZE_TEXT]) {
    if (!json_is_string(length))
        return swt_size_text((uint64_t)json_integer_value(length), ret_text);
    size_t len = strnlen(json_string_value(length), SWT_SIZE_TEXT - sizeof " B");
    memcpy(ret_text, json_string_value(length), len);
    memcpy(ret_text + len, " B", sizeof " B");
    return ret_text;
}

const char *swt_diff_delta(const json_t *delta, char ret_text[SWT_SIZE_TEXT]) {
    json_int_t bytes = json_integer_value(delta);
    char *text = ret_text;
    ret_text[0] = '\0';
    if (!json_is_integer(delta))
        return ret_text;
    if (bytes != 0)
        *text++ = bytes < 0 ? '-' : '+';
    char size[SWT_SIZE_TEXT];
    (void)swt_size_text((uint64_t)(bytes < 0 ? -bytes : bytes), size);
    size_t len = strnlen(size, SWT_SIZE_TEXT - 2);
    memcpy(text, size, len);
    text[len] = '\0';
    return ret_text;
}

const char *swt_diff_kind(const json_t *side) {
    const char *container = swt_diff_text_of(side, "container");
    if (container[0] == '\0')
        return "root metadata";
    return strcmp(container, "tar") == 0 ? "tar bundle" : "pigweed bundle";
}

const char *swt_diff_state(const json_t *signature, const char *side) {
    const char *state = swt_diff_text_of(signature, side);
    return strcmp(state, "unknown-key") == 0 ? "unknown key" : state;
}
