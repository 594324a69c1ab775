/* SPDX-License-Identifier: Apache-2.0 */
/* RootMetadata: strict reading, then the rules, as for a root whose old quorum was met. */
#include "swt/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* With the keys that the targets role has already, the floor stays; without one of them it goes. */
static void check_root(const struct swt_root *root) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf unknown = {0};
    struct swt_error err;
    struct swt_root old = *root;
    if (swt_root_clears_floor(root, root) != (root->targets.key_id_count < root->targets.threshold))
        __builtin_trap();
    old.targets.key_id_count = 0;
    if (root->targets.threshold > 0 && !swt_root_clears_floor(&old, root))
        __builtin_trap();
    old.targets.key_ids = root->root.key_ids;
    old.targets.key_id_count = root->root.key_id_count;
    (void)swt_root_clears_floor(&old, root);
    if (swt_common_expired(&root->common, root->common.expires) !=
        (root->common.has_expires && root->common.expires_nanos <= 0))
        __builtin_trap();
    if (swt_root_unknown(root, &unknown, &err) < 0)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_error err;
    SWT_CLEANUP(swt_root_cleanup) struct swt_root *root = NULL;
    if (swt_root_decode(swt_slice_of(data, size), 0, &root, &err) < 0)
        return 0;
    check_root(root);
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
