/* SPDX-License-Identifier: Apache-2.0 */
/* user_manifest: any bytes are ours or not, and what they name as root can be compared. */
#include "../../src/pipeline/user_manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_compressions(struct swt_slice bytes) {
    json_t *json = NULL;
    struct swt_error err;
    const char *name;
    json_t *target;
    if (swt_user_manifest_read(bytes, &json, &err) < 0 || json == NULL)
        return;
    if (!swt_user_manifest_fits(bytes))
        __builtin_trap();
    json_object_foreach(json_object_get(json, "targets"), name, target) {
        struct swt_recorded_compression recorded;
        int rc = swt_user_manifest_compression(json, name, &recorded, &err);
        bool given = json_object_get(target, "compression") != NULL;
        if (rc == 0 ? given != (recorded.compression != SWT_COMPRESSION_NONE)
                    : err.code != SWT_E_COMPRESSION)
            __builtin_trap();
    }
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_slice bytes = swt_slice_of(data, size);
    struct swt_recorded_root recorded;
    struct swt_error err;
    if (swt_user_manifest_root(bytes, &recorded, &err) < 0)
        __builtin_trap();
    if (recorded.given && swt_recorded_root_is(&recorded, bytes, &err) != 0)
        __builtin_trap(); /* it holds its own SHA-256 */
    check_compressions(bytes);
    return 0;
}
