/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of verification.md, step 4. */
#include "key.h"
#include "root.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *swt_root_id_text(struct swt_slice id, char ret_text[SWT_ID_TEXT]) {
    if (id.len == 0) {
        (void)snprintf(ret_text, SWT_ID_TEXT, "none");
        return ret_text;
    }
    size_t len = id.len < SWT_KEY_ID_SIZE ? id.len : SWT_KEY_ID_SIZE;
    swt_hex_encode(id.data, len, ret_text);
    if (id.len > len)
        memcpy(ret_text + 2 * len, "...", sizeof "...");
    return ret_text;
}

static int check_id(const struct swt_root_key *entry, struct swt_error *err) {
    uint8_t derived[SWT_KEY_ID_SIZE];
    if (!swt_key_derive_id(&entry->key, derived))
        return swt_fail_memory(err);
    if (swt_slice_equal(entry->id, swt_slice_of(derived, sizeof derived)))
        return 0;
    char text[SWT_ID_TEXT];
    return swt_fail(err, SWT_E_ROOT_RULES, "the key id is not derived from the key, expected %s",
                    swt_root_id_text(swt_slice_of(derived, sizeof derived), text));
}

/* Unique as ids, and as what signs: one key under two ids would count twice. */
static int check_unique(const struct swt_root *root, const struct swt_key_identity *identities,
                        size_t index, struct swt_error *err) {
    for (size_t i = 0; i < index; i++) {
        if (swt_slice_equal(root->keys[i].id, root->keys[index].id))
            return swt_fail(err, SWT_E_ROOT_RULES, "the key id is that of key %zu as well", i + 1);
        if (swt_key_identity_equal(&identities[i], &identities[index]))
            return swt_fail(err, SWT_E_ROOT_RULES, "it is the same key as key %zu", i + 1);
    }
    return 0;
}

static int check_key(const struct swt_root *root, struct swt_key_identity *identities, size_t index,
                     struct swt_error *err) {
    int r = swt_key_identify(&root->keys[index].key, &identities[index], err);
    if (r < 0)
        return err->code == SWT_E_PUBLIC_KEY ? swt_error_recode(err, SWT_E_ROOT_RULES) : r;
    r = check_id(&root->keys[index], err);
    if (r < 0)
        return r;
    return check_unique(root, identities, index, err);
}

static void free_identities(struct swt_key_identity **identities) {
    free(*identities);
}

static int check_keys(const struct swt_root *root, struct swt_error *err) {
    SWT_CLEANUP(free_identities)
    struct swt_key_identity *identities = calloc(root->key_count + 1, sizeof *identities);
    if (identities == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < root->key_count; i++) {
        int r = check_key(root, identities, i, err);
        if (r < 0) {
            char text[SWT_ID_TEXT];
            return swt_error_context(err, "key %zu (id %s)", i + 1,
                                     swt_root_id_text(root->keys[i].id, text));
        }
    }
    return 0;
}

static int check_role(const struct swt_root *root, const struct swt_role *role, const char *name,
                      struct swt_error *err) {
    char text[SWT_ID_TEXT];
    for (size_t i = 0; i < role->key_id_count; i++) {
        if (swt_role_find(role, role->key_ids[i]) != i)
            return swt_fail(err, SWT_E_ROOT_RULES, "the %s role lists the key id %s twice", name,
                            swt_root_id_text(role->key_ids[i], text));
        if (swt_root_find_key(root, role->key_ids[i]) == NULL)
            return swt_fail(err, SWT_E_ROOT_RULES,
                            "the %s role lists the key id %s, which is not in the keys", name,
                            swt_root_id_text(role->key_ids[i], text));
    }
    /* The ids of the role are distinct here, and of distinct keys. */
    if (role->threshold < 1 || role->threshold > role->key_id_count)
        return swt_fail(
            err, SWT_E_ROOT_RULES,
            "the threshold of the %s role is %lu, expected 1 to its number of keys, %zu", name,
            (unsigned long)role->threshold, role->key_id_count);
    return 0;
}

static int check_disjoint(const struct swt_root *root, struct swt_error *err) {
    char text[SWT_ID_TEXT];
    for (size_t i = 0; i < root->root.key_id_count; i++) {
        if (swt_role_lists(&root->targets, root->root.key_ids[i]))
            return swt_fail(err, SWT_E_ROOT_RULES,
                            "the key %s is in the root role and in the targets role",
                            swt_root_id_text(root->root.key_ids[i], text));
    }
    return 0;
}

int swt_root_check(const struct swt_root *root, struct swt_error *err) {
    int r = swt_common_check(&root->common, SWT_ROLE_ROOT, SWT_E_ROOT_RULES, err);
    if (r < 0)
        return r;
    r = check_keys(root, err);
    if (r < 0)
        return r;
    r = check_role(root, &root->root, SWT_ROLE_ROOT, err);
    if (r < 0)
        return r;
    r = check_role(root, &root->targets, SWT_ROLE_TARGETS, err);
    if (r < 0)
        return r;
    return check_disjoint(root, err);
}
