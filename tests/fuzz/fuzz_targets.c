/* SPDX-License-Identifier: Apache-2.0 */
/* TargetsMetadata: strict reading, then the rules. */
#include "swt/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_error err;
    SWT_CLEANUP(swt_targets_cleanup) struct swt_targets *targets = NULL;
    if (swt_targets_decode(swt_slice_of(data, size), 0, &targets, &err) < 0)
        return 0;
    SWT_CLEANUP(swt_buf_done) struct swt_buf unknown = {0};
    if (swt_targets_unknown(targets, &unknown, &err) < 0)
        __builtin_trap();
    const struct swt_target *a;
    const struct swt_target *b;
    (void)swt_targets_case_twins(targets, &a, &b);
    if (swt_targets_check_role(targets, &err) < 0 || swt_targets_check_entries(targets, &err) < 0)
        return 0;
    for (size_t i = 0; i < targets->target_count; i++) {
        if (swt_targets_find(targets, targets->targets[i].name) != &targets->targets[i])
            __builtin_trap();
    }
    return 0;
}
