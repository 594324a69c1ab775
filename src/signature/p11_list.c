/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a token, each put together of the objects that belong to it. */
#include "p11.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct swt_buf id;
    struct swt_buf label;
    CK_OBJECT_HANDLE objects[3]; /* by their place in classes */
    bool has[3];
    struct swt_public_key key;
};
static const CK_OBJECT_CLASS classes[3] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_CERTIFICATE};
static const uint64_t class_flags[3] = {SWT_P11_HAS_PRIVATE, SWT_P11_HAS_PUBLIC,
                                        SWT_P11_HAS_CERTIFICATE};

struct entries {
    struct entry *items;
    size_t count;
};

static void entry_done(struct entry *entry) {
    swt_buf_done(&entry->id);
    swt_buf_done(&entry->label);
    swt_public_key_done(&entry->key);
}

static void entries_done(struct entries *entries) {
    for (size_t i = 0; i < entries->count; i++)
        entry_done(&entries->items[i]);
    free(entries->items);
}

/* By id where both have one, else by label. */
static bool belongs(const struct entry *entry, const struct entry *object) {
    if (entry->id.len > 0 && object->id.len > 0)
        return swt_slice_equal(swt_buf_slice(&entry->id), swt_buf_slice(&object->id));
    return entry->label.len > 0 &&
           swt_slice_equal(swt_buf_slice(&entry->label), swt_buf_slice(&object->label));
}

static bool fits(const struct entry *entry, const struct swt_p11_uri *uri) {
    return (uri->id == NULL ||
            swt_slice_equal(swt_buf_slice(&entry->id),
                            swt_slice_of(uri->id->pValue, uri->id->ulValueLen))) &&
           (uri->label == NULL ||
            swt_slice_equal(swt_buf_slice(&entry->label),
                            swt_slice_of(uri->label->pValue, uri->label->ulValueLen)));
}

static int add_object(struct swt_p11_token *token, CK_OBJECT_HANDLE object, size_t class,
                      struct entries *entries, struct swt_error *err) {
    struct entry next SWT_CLEANUP(entry_done) = {0};
    int result = swt_p11_attribute(token, object, CKA_ID, &next.id, err);
    if (result >= 0)
        result = swt_p11_attribute(token, object, CKA_LABEL, &next.label, err);
    if (result < 0)
        return result;
    for (size_t i = 0; i < entries->count; i++) {
        struct entry *entry = &entries->items[i];
        if (entry->has[class] || !belongs(entry, &next))
            continue;
        entry->objects[class] = object;
        entry->has[class] = true;
        return 0;
    }
    struct entry *items = reallocarray(entries->items, entries->count + 1, sizeof *items);
    if (items == NULL)
        return swt_fail_memory(err);
    entries->items = items;
    next.objects[class] = object;
    next.has[class] = true;
    items[entries->count++] = SWT_MOVE(next);
    return 0;
}

static int collect(struct swt_p11_token *token, struct entries *entries, struct swt_error *err) {
    struct swt_p11_objects found;
    for (size_t class = 0; class < SWT_COUNT(classes); class ++) {
        const struct swt_p11_pattern pattern = {.class = classes[class]};
        int result = swt_p11_find(token, &pattern, &found, err);
        for (size_t i = 0; i < found.count && result >= 0; i++)
            result = add_object(token, found.handles[i], class, entries, err);
        if (result < 0)
            return result;
    }
    return 0;
}

/* The key of the first object that shows one: public object, certificate, private key. A kind that
 * is not supported leaves the entry without. */
static int read_key(struct swt_p11_token *token, struct entry *entry, struct swt_error *err) {
    static const size_t order[] = {1, 2, 0};
    for (size_t i = 0; i < SWT_COUNT(order); i++) {
        size_t class = order[i];
        if (!entry->has[class])
            continue;
        int result =
            swt_p11_public_read(token, entry->objects[class], classes[class], &entry->key, err);
        if (result > 0)
            return 0;
        if (result < 0 && err->code != SWT_E_PUBLIC_KEY)
            return result;
    }
    return 0;
}

static int put_entry(struct swt_p11_token *token, const struct entry *entry,
                     const struct swt_p11_uri *uri, struct swt_buf *ret_reply,
                     struct swt_error *err) {
    char *text = swt_p11_uri_format(&token->info, swt_buf_slice(&entry->label),
                                    swt_buf_slice(&entry->id), uri, NULL, err);
    if (text == NULL)
        return -(int)err->code;
    struct swt_p11_message item = {.uri = swt_slice_text(text),
                                   .label = swt_buf_slice(&entry->label),
                                   .key_type = entry->key.key.type,
                                   .value = entry->key.key.value};
    for (size_t class = 0; class < SWT_COUNT(classes); class ++)
        if (entry->has[class])
            item.flags |= class_flags[class];
    int result = swt_p11_message_put_item(ret_reply, &item, err);
    free(text);
    return result;
}

int swt_p11_list_keys(struct swt_p11_token *token, const struct swt_p11_uri *uri,
                      struct swt_buf *ret_reply, struct swt_error *err) {
    struct entries entries SWT_CLEANUP(entries_done) = {0};
    int result = collect(token, &entries, err);
    for (size_t i = 0; i < entries.count && result >= 0; i++) {
        if (!fits(&entries.items[i], uri))
            continue;
        result = read_key(token, &entries.items[i], err);
        if (result >= 0)
            result = put_entry(token, &entries.items[i], uri, ret_reply, err);
    }
    return result;
}
