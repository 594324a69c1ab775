/* SPDX-License-Identifier: Apache-2.0 */
/* What the metadata tests share: bytes from files and hex, messages written field by field, and a
 * root that can be broken in one place. */
#ifndef TEST_METADATA_SUPPORT_H
#define TEST_METADATA_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "swt/metadata.h"

/* P-256 points of testdata/identity, and two public keys of RFC 8032, section 7.1. */
#define P256_A                                                                                     \
    "04d1098f9c9c2cc9b314cd817b3dd8a0d393c3565cdf7c7d3bef978d63f89e6711"                           \
    "f1bdf886bcbe6c08f94d4e06d73d87ca69186c2bcd56cb6f8833d481ca899396"
#define P256_B                                                                                     \
    "04acc06af5b9da88ce8995c4b514675d5dca0ab4f602dc5ae42097f9f84c0fee26"                           \
    "9976a730111ce72408e1ce3b9003df0e55b807e089d2fcd3c77e358632c3ec2c"
#define P256_C                                                                                     \
    "047cb41eb660c69b60d3b87b25d85f438d160322f84eee8f0208482f14ddd344c7"                           \
    "2270165ccae6af88e2b9f4aab1414da69ad2533feea3217638094d5a6b0efed1"
#define ED25519_A "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define ED25519_B "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"

static inline void buf_hex(struct swt_buf *buf, const char *hex) {
    struct swt_error err;
    size_t len = strlen(hex) / 2;
    uint8_t bytes[2048];
    assert_true(len <= sizeof bytes);
    assert_true(swt_hex_decode(hex, bytes, len));
    assert_int_equal(swt_buf_append(buf, bytes, len, &err), 0);
}

static inline void buf_file(struct swt_buf *buf, const char *path) {
    struct swt_error err;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s: not found; run the tests from the top folder", path);
    uint8_t chunk[4096];
    for (size_t len; (len = fread(chunk, 1, sizeof chunk, file)) > 0;)
        assert_int_equal(swt_buf_append(buf, chunk, len, &err), 0);
    assert_int_equal(ferror(file), 0);
    (void)fclose(file);
}

/* ---- messages, field by field ------------------------------------------------------------ */

static inline void put_uint(struct swt_buf *buf, uint32_t number, uint64_t value) {
    struct swt_error err;
    assert_int_equal(swt_wire_put_varint(buf, number, value, &err), 0);
}

static inline void put_slice(struct swt_buf *buf, uint32_t number, struct swt_slice bytes) {
    struct swt_error err;
    assert_int_equal(swt_wire_put_bytes(buf, number, bytes, &err), 0);
}

static inline void put_text(struct swt_buf *buf, uint32_t number, const char *text) {
    put_slice(buf, number, swt_slice_text(text));
}

/* As a nested message; child is freed. */
static inline void put_child(struct swt_buf *buf, uint32_t number, struct swt_buf *child) {
    put_slice(buf, number, swt_buf_slice(child));
    swt_buf_done(child);
}

/* ---- a root, built from what a test sets ------------------------------------------------- */

#define MODEL_KEYS 70
struct model_key {
    struct swt_buf value;
    uint32_t type;
    uint32_t scheme;
    struct swt_buf id; /* derived unless the test sets it */
};
struct model_role {
    size_t keys[MODEL_KEYS]; /* positions in the keys; one past them: an id that is not there */
    size_t count;
    uint32_t threshold;
    bool absent;
};
struct model {
    const char *role; /* NULL: none */
    uint32_t version;
    bool has_expires;
    uint64_t nanos;
    struct model_key keys[MODEL_KEYS];
    size_t key_count;
    struct model_role root;
    struct model_role targets;
};

static inline void model_add(struct model *model, uint32_t type, const char *hex) {
    struct model_key *key = &model->keys[model->key_count++];
    key->type = type;
    key->scheme = type;
    buf_hex(&key->value, hex);
}

/* Key 0 is the root's, key 1 is the targets'. */
static inline void model_init(struct model *model) {
    memset(model, 0, sizeof *model);
    model->role = "root";
    model->version = 1;
    model_add(model, SWT_KEY_P256, P256_A);
    model_add(model, SWT_KEY_P256, P256_B);
    model->root = (struct model_role){.keys = {0}, .count = 1, .threshold = 1};
    model->targets = (struct model_role){.keys = {1}, .count = 1, .threshold = 1};
}

static inline void model_done(struct model *model) {
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        swt_buf_done(&model->keys[i].value);
        swt_buf_done(&model->keys[i].id);
    }
}

static inline void model_key_id(const struct model *model, size_t index, struct swt_buf *id) {
    struct swt_error err;
    const struct model_key *key = &model->keys[index];
    uint8_t derived[SWT_KEY_ID_SIZE];
    swt_key_id(&(struct swt_key){key->type, key->scheme, swt_buf_slice(&key->value)}, derived);
    struct swt_slice bytes =
        key->id.len > 0 ? swt_buf_slice(&key->id) : swt_slice_of(derived, sizeof derived);
    assert_int_equal(swt_buf_append_slice(id, bytes, &err), 0);
}

static inline void model_put_role(const struct model *model, const struct model_role *role,
                                  struct swt_buf *buf, uint32_t number) {
    struct swt_buf message = {0};
    if (role->absent)
        return;
    for (size_t i = 0; i < role->count; i++) {
        struct swt_buf id = {0};
        model_key_id(model, role->keys[i], &id);
        put_child(&message, 1, &id);
    }
    if (role->threshold != 0)
        put_uint(&message, 2, role->threshold);
    put_child(buf, number, &message);
}

static inline void model_write(const struct model *model, struct swt_buf *buf) {
    struct swt_buf common = {0};
    put_text(&common, 1, "0.0.1");
    put_uint(&common, 2, model->version);
    if (model->has_expires) {
        struct swt_buf expires = {0};
        put_uint(&expires, 1, 2000000000);
        put_uint(&expires, 2, model->nanos);
        put_child(&common, 3, &expires);
    }
    if (model->role != NULL)
        put_text(&common, 4, model->role);
    put_child(buf, 1, &common);
    for (size_t i = 0; i < model->key_count; i++) {
        struct swt_buf mapping = {0};
        struct swt_buf id = {0};
        struct swt_buf key = {0};
        model_key_id(model, i, &id);
        put_child(&mapping, 1, &id);
        put_uint(&key, 1, model->keys[i].type);
        put_uint(&key, 2, model->keys[i].scheme);
        put_slice(&key, 3, swt_buf_slice(&model->keys[i].value));
        put_child(&mapping, 2, &key);
        put_child(buf, 3, &mapping);
    }
    model_put_role(model, &model->root, buf, 4);
    model_put_role(model, &model->targets, buf, 7);
}

/* The message must name what is wrong: a refusal for another reason proves nothing. */
static inline void assert_error(const struct swt_error *err, enum swt_code code, const char *part) {
    if (err->code != code || strstr(err->message, part) == NULL)
        fail_msg("expected %s with '%s', found %s: %s", swt_code_name(code), part,
                 swt_code_name(err->code), err->message);
}

#endif
