/* SPDX-License-Identifier: Apache-2.0 */
/* RootMetadata: strict reading, then the rules, as for a root whose old quorum was met. */
#include "swt/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_error err;
    SWT_CLEANUP(swt_root_cleanup) struct swt_root *root = NULL;
    if (swt_root_decode(swt_slice_of(data, size), 0, &root, &err) < 0)
        return 0;
    (void)swt_root_clears_floor(root, root);
    if (swt_root_check(root, &err) < 0)
        return 0;

    /* A sound root with the same keys is one that a rotation can write. */
    struct swt_key keys[2][SWT_MAX_KEYS];
    const struct swt_role *roles[2] = {&root->root, &root->targets};
    for (size_t role = 0; role < 2; role++) {
        for (size_t i = 0; i < roles[role]->key_id_count; i++)
            keys[role][i] = swt_root_find_key(root, roles[role]->key_ids[i])->key;
    }
    const struct swt_root_spec spec = {.base = root,
                                       .version = root->common.version,
                                       .root_keys = keys[0],
                                       .root_key_count = root->root.key_id_count,
                                       .root_threshold = root->root.threshold,
                                       .targets_keys = keys[1],
                                       .targets_key_count = root->targets.key_id_count,
                                       .targets_threshold = root->targets.threshold};
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    if (swt_root_encode(&spec, &bytes, &err) < 0)
        __builtin_trap();
    return 0;
}
