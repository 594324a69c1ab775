/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what comes back from the worker of the tokens: it is refused or read, and a key in
 * it passed the rules for keys.
 */
#include "../../src/signature/p11.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

static void use(const struct swt_p11_message *message) {
    struct swt_public_key key = {0};
    struct swt_error err;
    char *text = NULL;
    if (swt_p11_message_text(message->label, &text, &err) >= 0)
        require(strlen(text) == message->label.len);
    free(text);
    if (message->key_type != 0 && swt_p11_message_key(message, &key, &err) >= 0)
        require(swt_key_check(&key.key, &err) >= 0 || err.code == SWT_E_MEMORY);
    swt_public_key_done(&key);
}

static void walk(struct swt_slice bytes, unsigned depth) {
    struct swt_p11_message message;
    struct swt_p11_message item;
    struct swt_error err;
    struct swt_buf again = {0};
    size_t position = 0;
    int result;
    if (swt_p11_message_read(bytes, &message, &err) < 0) {
        require(err.code == SWT_E_MODULE_FAILED);
        return;
    }
    use(&message);
    size_t items = 0;
    while ((result = swt_p11_message_item(&message, &position, &item, &err)) > 0) {
        items++;
        if (depth < DEPTH_MAX)
            walk(item.bytes, depth + 1);
    }
    /* A field that is written though it is zero makes the bytes longer, never shorter. */
    if (result == 0 && items == 0 && swt_p11_message_put(&again, &message, &err) >= 0)
        require(again.len <= bytes.len);
    swt_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    walk(swt_slice_of(data, size), 0);
    return 0;
}
