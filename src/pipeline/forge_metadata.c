/* SPDX-License-Identifier: Apache-2.0 */
#include "forge.h"

#include <string.h>

/* Field numbers of tuf.proto. */
enum { COMMON = 1 };
enum { SPEC_VERSION = 1, VERSION = 2, EXPIRES = 3, ROLE = 4 };
enum { SECONDS = 1 };
enum { ROOT_KEYS = 3, ROOT_ROOT = 4, ROOT_TARGETS = 7 };
enum { MAPPING_ID = 1, MAPPING_KEY = 2 };
enum { KEY_TYPE = 1, KEY_SCHEME = 2, KEY_VALUE = 3 };
enum { ROLE_IDS = 1, ROLE_THRESHOLD = 2 };
enum { TARGET_FILES = 2 };
enum { FILE_NAME = 1, FILE_LENGTH = 2, FILE_HASHES = 3 };
enum { HASH_FUNCTION = 1, HASH_VALUE = 2 };
enum { FUNCTION_SHA256 = 1 };

static int put_text(struct swt_buf *buf, uint32_t number, const char *text, struct swt_error *err) {
    return text == NULL ? 0 : swt_wire_put_bytes(buf, number, swt_slice_text(text), err);
}

static int put_nonzero(struct swt_buf *buf, uint32_t number, uint64_t value,
                       struct swt_error *err) {
    return value == 0 ? 0 : swt_wire_put_varint(buf, number, value, err);
}

/* A message inside of a message, which the first is put into. */
static int put_message(struct swt_buf *buf, uint32_t number, const struct swt_buf *message,
                       struct swt_error *err) {
    return swt_wire_put_bytes(buf, number, swt_buf_slice(message), err);
}

static int put_common(struct swt_buf *buf, const struct swt_forge_common *common,
                      struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf message = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf expires = {0};
    int rc = put_text(&message, SPEC_VERSION, SWT_SPEC_VERSION, err);
    if (rc == 0)
        rc = put_nonzero(&message, VERSION, common->version, err);
    if (rc == 0 && common->has_expires)
        rc = put_nonzero(&expires, SECONDS, (uint64_t)common->expires, err);
    if (rc == 0 && common->has_expires)
        rc = put_message(&message, EXPIRES, &expires, err);
    if (rc == 0)
        rc = put_text(&message, ROLE, common->role, err);
    if (rc == 0)
        rc = swt_buf_append_slice(&message, common->extra, err);
    return rc < 0 ? rc : put_message(buf, COMMON, &message, err);
}

static int put_key(struct swt_buf *buf, const struct swt_forge_key *entry, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf key = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf mapping = {0};
    int rc = swt_wire_put_varint(&key, KEY_TYPE, entry->key.type, err);
    if (rc == 0)
        rc = swt_wire_put_varint(&key, KEY_SCHEME, entry->key.scheme, err);
    if (rc == 0)
        rc = swt_wire_put_bytes(&key, KEY_VALUE, entry->key.value, err);
    if (rc == 0)
        rc = swt_wire_put_bytes(&mapping, MAPPING_ID, entry->id, err);
    if (rc == 0)
        rc = put_message(&mapping, MAPPING_KEY, &key, err);
    return rc < 0 ? rc : put_message(buf, ROOT_KEYS, &mapping, err);
}

static int put_role(struct swt_buf *buf, uint32_t number, const struct swt_forge_role *role,
                    struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf message = {0};
    int rc = 0;
    for (size_t i = 0; i < role->id_count && rc == 0; i++)
        rc = swt_wire_put_bytes(&message, ROLE_IDS, role->ids[i], err);
    if (rc == 0)
        rc = put_nonzero(&message, ROLE_THRESHOLD, role->threshold, err);
    return rc < 0 ? rc : put_message(buf, number, &message, err);
}

int swt_forge_root(const struct swt_forge_root *root, struct swt_buf *ret_bytes,
                   struct swt_error *err) {
    int rc = put_common(ret_bytes, &root->common, err);
    for (size_t i = 0; i < root->key_count && rc == 0; i++)
        rc = put_key(ret_bytes, &root->keys[i], err);
    if (rc == 0)
        rc = put_role(ret_bytes, ROOT_ROOT, &root->root, err);
    return rc < 0 ? rc : put_role(ret_bytes, ROOT_TARGETS, &root->targets, err);
}

static int put_hash(struct swt_buf *buf, struct swt_slice value, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf hash = {0};
    int rc = swt_wire_put_varint(&hash, HASH_FUNCTION, FUNCTION_SHA256, err);
    if (rc == 0)
        rc = swt_wire_put_bytes(&hash, HASH_VALUE, value, err);
    return rc < 0 ? rc : put_message(buf, FILE_HASHES, &hash, err);
}

static int put_target(struct swt_buf *buf, const struct swt_forge_target *target,
                      struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf file = {0};
    int rc = swt_wire_put_bytes(&file, FILE_NAME, target->name, err);
    if (rc == 0)
        rc = put_nonzero(&file, FILE_LENGTH, target->length, err);
    for (size_t i = 0; i < target->hash_count && rc == 0; i++)
        rc = put_hash(&file, target->hashes[i], err);
    return rc < 0 ? rc : put_message(buf, TARGET_FILES, &file, err);
}

int swt_forge_targets(const struct swt_forge_targets *targets, struct swt_buf *ret_bytes,
                      struct swt_error *err) {
    int rc = put_common(ret_bytes, &targets->common, err);
    for (size_t i = 0; i < targets->count && rc == 0; i++)
        rc = put_target(ret_bytes, &targets->items[i], err);
    return rc < 0 ? rc : swt_buf_append_slice(ret_bytes, targets->extra, err);
}
