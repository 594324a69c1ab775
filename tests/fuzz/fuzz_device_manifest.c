/* SPDX-License-Identifier: Apache-2.0 */
/* A device's Manifest: what is read is what the encoder makes of the same content. */
#include "swt/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_error err;
    SWT_CLEANUP(swt_device_manifest_cleanup) struct swt_device_manifest *manifest = NULL;
    if (swt_device_manifest_decode(swt_slice_of(data, size), &manifest, &err) < 0)
        return 0;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    if (swt_device_manifest_encode(manifest->targets->bytes,
                                   manifest->has_user_manifest ? &manifest->user_manifest : NULL,
                                   &bytes, &err) < 0)
        __builtin_trap();
    SWT_CLEANUP(swt_device_manifest_cleanup) struct swt_device_manifest *again = NULL;
    if (swt_device_manifest_decode(swt_buf_slice(&bytes), &again, &err) < 0 ||
        !swt_slice_equal(again->targets->bytes, manifest->targets->bytes))
        __builtin_trap();
    return 0;
}
