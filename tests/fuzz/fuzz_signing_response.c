/* SPDX-License-Identifier: Apache-2.0 */
/* Signing responses: what was read, written again, is read as the same. */
#include "../../src/pipeline/document.h"
#include "../../src/pipeline/signing_response.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct swt_signing_response *response, struct swt_buf *ret_bytes) {
    SWT_CLEANUP(swt_json_cleanup) json_t *signatures = json_array();
    struct swt_error err;
    for (size_t i = 0; i < response->signatures.count; i++) {
        const struct swt_brought_signature *brought = &response->signatures.items[i];
        struct swt_signature signature = {swt_slice_of(brought->key_id, sizeof brought->key_id),
                                          swt_buf_slice(&brought->value)};
        if (swt_json_add_signature(signatures, &signature, brought->key_type, &err) < 0)
            __builtin_trap();
    }
    if (swt_signing_response_write(response->role, swt_slice_text("metadata"), signatures,
                                   ret_bytes, &err) < 0)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SWT_CLEANUP(swt_signing_response_done) struct swt_signing_response response = {0};
    SWT_CLEANUP(swt_signing_response_done) struct swt_signing_response again = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    struct swt_error err;
    if (swt_signing_response_read(swt_slice_of(data, size), "input", &response, &err) < 0)
        return 0;
    write_again(&response, &bytes);
    if (swt_signing_response_read(swt_buf_slice(&bytes), "again", &again, &err) < 0 ||
        again.signatures.count != response.signatures.count ||
        strcmp(again.role, response.role) != 0)
        __builtin_trap();
    return 0;
}
