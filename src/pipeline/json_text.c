/* SPDX-License-Identifier: Apache-2.0 */
#include "json_text.h"

#include <stdlib.h>

/* Each value but the first follows one of these signs; text between quotes does not count. */
bool swt_json_within(struct swt_slice json, const struct swt_json_limits *limits) {
    size_t values = 0;
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < json.len; i++) {
        uint8_t byte = json.data[i];
        if (quoted && byte == '\\')
            i++;
        else if (byte == '"')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (byte == '[' || byte == '{')
            depth++;
        else if ((byte == ']' || byte == '}') && depth > 0)
            depth--;
        if (!quoted && (byte == ',' || byte == ':' || byte == '[' || byte == '{'))
            values++;
        if (values > limits->values || depth > limits->depth)
            return false;
    }
    return true;
}

/* jansson tells a lack of memory as a fault of the text, or passes over it. Its allocator has no
 * context to note one in. */
static _Thread_local bool memory_lacked;

static void *allocate(size_t size) {
    void *memory = malloc(size);
    memory_lacked |= memory == NULL;
    return memory;
}

/* flags are jansson's. NULL: why, or memory_lacked. */
static json_t *load(struct swt_slice bytes, size_t flags, json_error_t *why) {
    json_malloc_t usual_malloc;
    json_free_t usual_free;
    json_get_alloc_funcs(&usual_malloc, &usual_free);
    memory_lacked = false;
    json_set_alloc_funcs(allocate, free);
    json_t *json = json_loadb(bytes.len > 0 ? (const char *)bytes.data : "", bytes.len, flags, why);
    json_set_alloc_funcs(usual_malloc, usual_free);
    if (!memory_lacked)
        return json;
    json_decref(json);
    return NULL;
}

json_t *swt_json_again(const char *text, size_t len) {
    json_error_t ignored;
    return load(swt_slice_of((const uint8_t *)text, len), JSON_ALLOW_NUL, &ignored);
}

int swt_json_parse(struct swt_slice bytes, const char *name, const struct swt_json_limits *limits,
                   enum swt_code fault, json_t **ret_json, struct swt_error *err) {
    if (!swt_json_within(bytes, limits)) {
        swt_fail(err, fault, "more than %zu values, or more than %zu levels", limits->values,
                 limits->depth);
        return swt_error_file(err, name);
    }
    json_error_t why;
    json_t *json = load(bytes, JSON_REJECT_DUPLICATES, &why);
    if (json != NULL) {
        *ret_json = json;
        return 0;
    }
    if (memory_lacked)
        return swt_fail_memory(err);
    swt_fail(err, fault, "not JSON: %s", why.text);
    return why.line > 0 ? swt_error_position(err, name, (unsigned)why.line,
                                             why.column > 0 ? (unsigned)why.column : 1)
                        : swt_error_file(err, name);
}
