/* SPDX-License-Identifier: Apache-2.0 */
/* SignedRootMetadata and SignedTargetsMetadata: what is canonical is what the encoder writes. */
#include "swt/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_error err;
    struct swt_slice bytes = swt_slice_of(data, size);
    bool canonical = swt_envelope_canonical(bytes);
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope tolerant = {0};
    (void)!swt_envelope_decode(bytes, 0, true, &tolerant, &err);
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope envelope = {0};
    if (swt_envelope_decode(bytes, 0, false, &envelope, &err) < 0)
        return 0;
    SWT_CLEANUP(swt_buf_done) struct swt_buf again = {0};
    if (swt_envelope_encode(envelope.metadata, envelope.signatures, envelope.signature_count,
                            &again, &err) < 0)
        __builtin_trap();
    if (swt_slice_equal(swt_buf_slice(&again), bytes) != canonical)
        __builtin_trap();
    return 0;
}
