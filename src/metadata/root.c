/* SPDX-License-Identifier: Apache-2.0 */
#include "root.h"

#include "key.h"
#include "strict.h"

#include <stdlib.h>
#include <string.h>

/* What root->message points to. */
struct root_memory {
    struct swt_root root;
    struct swt_arena arena;
};

void swt_root_free(struct swt_root *root) {
    if (root == NULL)
        return;
    struct root_memory *memory = root->message;
    swt_arena_done(&memory->arena);
    free(memory);
}

void swt_root_cleanup(struct swt_root **root) {
    swt_root_free(*root);
}

static int take_role(const Tuf__SignatureRequirement *message, struct swt_arena *arena,
                     struct swt_role *role, struct swt_error *err) {
    if (message == NULL)
        return 0;
    role->key_ids = swt_arena_array(arena, message->n_key_ids, sizeof *role->key_ids);
    if (role->key_ids == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < message->n_key_ids; i++)
        role->key_ids[i] = swt_message_slice(message->key_ids[i]);
    role->key_id_count = message->n_key_ids;
    role->threshold = message->threshold;
    return 0;
}

static int take_keys(const Tuf__RootMetadata *message, struct swt_arena *arena,
                     struct swt_root *root, struct swt_error *err) {
    root->keys = swt_arena_array(arena, message->n_keys, sizeof *root->keys);
    if (root->keys == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < message->n_keys; i++) {
        const Tuf__KeyMapping *mapping = message->keys[i];
        struct swt_root_key *entry = &root->keys[i];
        entry->id = swt_message_slice(mapping->key_id);
        if (mapping->key == NULL)
            continue;
        entry->key.type = (uint32_t)mapping->key->key_type;
        entry->key.scheme = (uint32_t)mapping->key->scheme;
        entry->key.value = swt_message_slice(mapping->key->keyval);
    }
    root->key_count = message->n_keys;
    return 0;
}

static int take_message(const Tuf__RootMetadata *message, struct root_memory *memory,
                        struct swt_error *err) {
    struct swt_root *root = &memory->root;
    root->common = swt_common_of(message->common_metadata);
    root->consistent_snapshot = message->consistent_snapshot;
    root->has_timestamp = message->timestamp_signature_requirement != NULL;
    root->has_snapshot = message->snapshot_signature_requirement != NULL;
    int r = take_keys(message, &memory->arena, root, err);
    if (r < 0)
        return r;
    r = take_role(message->root_signature_requirement, &memory->arena, &root->root, err);
    if (r < 0)
        return r;
    return take_role(message->targets_signature_requirement, &memory->arena, &root->targets, err);
}

int swt_root_decode(struct swt_slice bytes, uint64_t base, struct swt_root **ret_root,
                    struct swt_error *err) {
    struct root_memory *memory = calloc(1, sizeof *memory);
    if (memory == NULL)
        return swt_fail_memory(err);
    SWT_CLEANUP(swt_root_cleanup) struct swt_root *root = &memory->root;
    root->message = memory;
    root->bytes = bytes;
    ProtobufCMessage *message = NULL;
    int r = swt_message_read(&tuf__root_metadata__descriptor, bytes, base, &memory->arena, &message,
                             &root->unknown_fields, err);
    if (r < 0)
        return r;
    r = take_message((const Tuf__RootMetadata *)message, memory, err);
    if (r < 0)
        return r;
    *ret_root = SWT_TAKE(root);
    return 0;
}

int swt_root_unknown(const struct swt_root *root, struct swt_buf *ret_fields,
                     struct swt_error *err) {
    return swt_strict_unknown(&tuf__root_metadata__descriptor, root->bytes, ret_fields, err);
}

const struct swt_root_key *swt_root_find_key(const struct swt_root *root, struct swt_slice id) {
    for (size_t i = 0; i < root->key_count; i++) {
        if (swt_slice_equal(root->keys[i].id, id))
            return &root->keys[i];
    }
    return NULL;
}

size_t swt_role_find(const struct swt_role *role, struct swt_slice id) {
    size_t i = 0;
    while (i < role->key_id_count && !swt_slice_equal(role->key_ids[i], id))
        i++;
    return i;
}

bool swt_role_lists(const struct swt_role *role, struct swt_slice key_id) {
    return swt_role_find(role, key_id) < role->key_id_count;
}

/* Whether the old targets role has this key of the new one, maybe under another RSA exponent. */
static bool role_has_key(const struct swt_root *old_root, const struct swt_root_key *key) {
    for (size_t i = 0; i < old_root->targets.key_id_count; i++) {
        const struct swt_root_key *old_key =
            swt_root_find_key(old_root, old_root->targets.key_ids[i]);
        if (old_key != NULL && swt_key_same(&old_key->key, &key->key))
            return true;
    }
    return false;
}

bool swt_root_clears_floor(const struct swt_root *old_root, const struct swt_root *new_root) {
    size_t shared = 0;
    for (size_t i = 0; i < new_root->targets.key_id_count; i++) {
        struct swt_slice id = new_root->targets.key_ids[i];
        const struct swt_root_key *key = swt_root_find_key(new_root, id);
        if (swt_role_lists(&old_root->targets, id) || (key != NULL && role_has_key(old_root, key)))
            shared++;
    }
    return shared < new_root->targets.threshold;
}
