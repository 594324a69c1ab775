/* SPDX-License-Identifier: Apache-2.0 */
/* Signing requests: whatever comes, one that agrees with itself can be described. */
#include "../../src/pipeline/document.h"
#include "../../src/pipeline/signing_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SWT_CLEANUP(swt_signing_request_cleanup) struct swt_signing_request *request = NULL;
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_object();
    struct swt_error err;
    if (swt_signing_request_read(swt_slice_of(data, size), "input", &request, &err) < 0)
        return 0;
    (void)!swt_signing_request_check(request, &err);
    if (swt_signing_request_describe(request, document, &err) < 0)
        __builtin_trap();
    return 0;
}
