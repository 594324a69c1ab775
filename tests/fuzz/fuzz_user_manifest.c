/* SPDX-License-Identifier: Apache-2.0 */
/* user_manifest: any bytes are ours or not, and what they name as root can be compared. */
#include "../../src/pipeline/user_manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_slice bytes = swt_slice_of(data, size);
    struct swt_recorded_root recorded = swt_user_manifest_root(bytes);
    if (recorded.given && swt_recorded_root_is(&recorded, bytes))
        __builtin_trap(); /* it holds its own SHA-256 */
    return 0;
}
