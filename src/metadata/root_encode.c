/* SPDX-License-Identifier: Apache-2.0 */
#include "key.h"
#include "root.h"

#include <string.h>

/* One key of the spec with its derived id. */
struct new_key {
    const struct swt_key *key;
    uint8_t id[SWT_KEY_ID_SIZE];
};

/* The message in the making. A rotation starts from the base's message, unpacked anew: what nobody
 * touches stays, unknown fields at every depth too. */
struct draft {
    struct swt_arena arena;
    Tuf__RootMetadata *message;
    struct new_key *root_keys;
    struct new_key *targets_keys;
};

static void draft_done(struct draft *draft) {
    swt_arena_done(&draft->arena);
}

static struct swt_slice id_of(const struct new_key *key) {
    return swt_slice_of(key->id, sizeof key->id);
}

static bool keys_hold(const struct new_key *keys, size_t count, struct swt_slice id) {
    for (size_t i = 0; i < count; i++) {
        if (swt_slice_equal(id_of(&keys[i]), id))
            return true;
    }
    return false;
}

static int derive_keys(struct swt_arena *arena, const struct swt_key *keys, size_t count,
                       const char *role, struct new_key **ret_keys, struct swt_error *err) {
    struct new_key *derived = swt_arena_array(arena, count, sizeof *derived);
    if (derived == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        derived[i].key = &keys[i];
        if (!swt_key_derive_id(&keys[i], derived[i].id))
            return swt_fail_memory(err);
        if (keys_hold(derived, i, id_of(&derived[i]))) {
            char text[SWT_ID_TEXT];
            return swt_fail(err, SWT_E_ROOT_RULES, "the key %s is given twice for the %s role",
                            swt_root_id_text(id_of(&derived[i]), text), role);
        }
    }
    *ret_keys = derived;
    return 0;
}

static bool requirement_lists(const Tuf__SignatureRequirement *requirement, struct swt_slice id) {
    for (size_t i = 0; requirement != NULL && i < requirement->n_key_ids; i++) {
        if (swt_slice_equal(swt_message_slice(requirement->key_ids[i]), id))
            return true;
    }
    return false;
}

/* ---- common metadata --------------------------------------------------------------------- */

static int draft_common(struct draft *draft, const struct swt_root_spec *spec,
                        struct swt_error *err) {
    Tuf__CommonMetadata *common = draft->message->common_metadata;
    Tuf__Timestamp *expires = common != NULL ? common->expires : NULL;
    if (expires == NULL && (expires = swt_arena_array(&draft->arena, 1, sizeof *expires)) != NULL)
        tuf__timestamp__init(expires);
    if (expires == NULL)
        return swt_fail_memory(err);
    if (common == NULL) {
        common = swt_arena_array(&draft->arena, 1, sizeof *common);
        if (common == NULL)
            return swt_fail_memory(err);
        swt_common_init(common, SWT_ROLE_ROOT);
        draft->message->common_metadata = common;
    }
    swt_common_set(common, expires, spec->version, spec->has_expires, spec->expires);
    return 0;
}

/* ---- keys -------------------------------------------------------------------------------- */

static int append_key(struct draft *draft, const struct new_key *key, struct swt_error *err) {
    struct key_message {
        Tuf__KeyMapping mapping;
        Tuf__Key key;
    } *message = swt_arena_array(&draft->arena, 1, sizeof *message);
    if (message == NULL)
        return swt_fail_memory(err);
    tuf__key_mapping__init(&message->mapping);
    tuf__key__init(&message->key);
    message->mapping.has_key_id = true;
    message->mapping.key_id = swt_message_binary(id_of(key));
    message->mapping.key = &message->key;
    message->key.has_key_type = true;
    message->key.key_type = (Tuf__KeyType)key->key->type;
    message->key.has_scheme = true;
    message->key.scheme = (Tuf__KeyScheme)key->key->scheme;
    message->key.has_keyval = true;
    message->key.keyval = swt_message_binary(key->key->value);
    draft->message->keys[draft->message->n_keys++] = &message->mapping;
    return 0;
}

static bool has_key(const Tuf__RootMetadata *message, struct swt_slice id) {
    for (size_t i = 0; i < message->n_keys; i++) {
        if (swt_slice_equal(swt_message_slice(message->keys[i]->key_id), id))
            return true;
    }
    return false;
}

/* A root key leaves the keys with its role. A targets key stays when it is retired, so that a later
 * rotation can tell that it comes back; one that was in no role is not ours to drop. */
static bool key_stays(const Tuf__RootMetadata *old, const struct draft *draft,
                      const struct swt_root_spec *spec, struct swt_slice id) {
    return !requirement_lists(old->root_signature_requirement, id) ||
           keys_hold(draft->root_keys, spec->root_key_count, id) ||
           keys_hold(draft->targets_keys, spec->targets_key_count, id) ||
           requirement_lists(old->timestamp_signature_requirement, id) ||
           requirement_lists(old->snapshot_signature_requirement, id);
}

static int append_keys(struct draft *draft, const struct new_key *keys, size_t count,
                       struct swt_error *err) {
    for (size_t i = 0; i < count; i++) {
        if (has_key(draft->message, id_of(&keys[i])))
            continue;
        int r = append_key(draft, &keys[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int draft_keys(struct draft *draft, const struct swt_root_spec *spec,
                      struct swt_error *err) {
    const Tuf__RootMetadata old = *draft->message;
    draft->message->n_keys = 0;
    draft->message->keys =
        swt_arena_array(&draft->arena, old.n_keys + spec->root_key_count + spec->targets_key_count,
                        sizeof(Tuf__KeyMapping *));
    if (draft->message->keys == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < old.n_keys; i++) {
        if (key_stays(&old, draft, spec, swt_message_slice(old.keys[i]->key_id)))
            draft->message->keys[draft->message->n_keys++] = old.keys[i];
    }
    int r = append_keys(draft, draft->root_keys, spec->root_key_count, err);
    return r < 0 ? r : append_keys(draft, draft->targets_keys, spec->targets_key_count, err);
}

/* ---- roles ------------------------------------------------------------------------------- */

static int draft_role(struct draft *draft, const struct new_key *keys, size_t count,
                      uint32_t threshold, Tuf__SignatureRequirement **requirement,
                      struct swt_error *err) {
    if (*requirement == NULL) {
        *requirement = swt_arena_array(&draft->arena, 1, sizeof **requirement);
        if (*requirement == NULL)
            return swt_fail_memory(err);
        tuf__signature_requirement__init(*requirement);
    }
    Tuf__SignatureRequirement *role = *requirement;
    const Tuf__SignatureRequirement old = *role;
    role->n_key_ids = 0;
    role->key_ids = swt_arena_array(&draft->arena, old.n_key_ids + count, sizeof *role->key_ids);
    if (role->key_ids == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < old.n_key_ids; i++) {
        if (keys_hold(keys, count, swt_message_slice(old.key_ids[i])))
            role->key_ids[role->n_key_ids++] = old.key_ids[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (!requirement_lists(&old, id_of(&keys[i])))
            role->key_ids[role->n_key_ids++] = swt_message_binary(id_of(&keys[i]));
    }
    role->has_threshold = true;
    role->threshold = threshold;
    return 0;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int draft_start(struct draft *draft, const struct swt_root_spec *spec,
                       struct swt_error *err) {
    if (spec->base != NULL) {
        size_t unknown;
        return swt_message_read(&tuf__root_metadata__descriptor, spec->base->bytes, 0,
                                &draft->arena, (ProtobufCMessage **)&draft->message, &unknown, err);
    }
    draft->message = swt_arena_array(&draft->arena, 1, sizeof *draft->message);
    if (draft->message == NULL)
        return swt_fail_memory(err);
    tuf__root_metadata__init(draft->message);
    return 0;
}

static int draft_fill(struct draft *draft, const struct swt_root_spec *spec,
                      struct swt_error *err) {
    int r = draft_start(draft, spec, err);
    if (r == 0)
        r = derive_keys(&draft->arena, spec->root_keys, spec->root_key_count, SWT_ROLE_ROOT,
                        &draft->root_keys, err);
    if (r == 0)
        r = derive_keys(&draft->arena, spec->targets_keys, spec->targets_key_count,
                        SWT_ROLE_TARGETS, &draft->targets_keys, err);
    if (r == 0)
        r = draft_common(draft, spec, err);
    if (r == 0)
        r = draft_keys(draft, spec, err);
    if (r == 0)
        r = draft_role(draft, draft->root_keys, spec->root_key_count, spec->root_threshold,
                       &draft->message->root_signature_requirement, err);
    if (r == 0)
        r = draft_role(draft, draft->targets_keys, spec->targets_key_count, spec->targets_threshold,
                       &draft->message->targets_signature_requirement, err);
    return r;
}

int swt_root_encode(const struct swt_root_spec *spec, struct swt_buf *ret_bytes,
                    struct swt_error *err) {
    if (spec->root_key_count > SWT_MAX_KEYS || spec->targets_key_count > SWT_MAX_KEYS)
        return swt_fail(err, SWT_E_ROOT_RULES,
                        "%zu root keys and %zu targets keys, expected at most %d",
                        spec->root_key_count, spec->targets_key_count, SWT_MAX_KEYS);
    SWT_CLEANUP(draft_done) struct draft draft = {0};
    int r = draft_fill(&draft, spec, err);
    if (r < 0)
        return r;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    r = swt_message_write(&draft.message->base, &draft.arena, &bytes, err);
    if (r < 0)
        return r;

    /* Nobody gets a root to sign that a reader would refuse. */
    SWT_CLEANUP(swt_root_cleanup) struct swt_root *root = NULL;
    r = swt_root_decode(swt_buf_slice(&bytes), 0, &root, err);
    if (r < 0)
        return r;
    r = swt_root_check(root, err);
    if (r < 0)
        return r;
    return swt_buf_append_slice(ret_bytes, swt_buf_slice(&bytes), err);
}
