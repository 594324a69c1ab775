/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed metadata for tests that judge in memory, by keys of testdata/keys. Signatures are the same
 * in each run, so that a bundle is, and what was found can be found again. What goes wrong here
 * ends the program.
 */
#ifndef SWT_TESTS_MAKING_H
#define SWT_TESTS_MAKING_H

#include "swt/io.h"
#include "swt/metadata.h"
#include "swt/signature.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void must(bool good, const char *what) {
    if (good)
        return;
    (void)fprintf(stderr, "%s\n", what);
    abort();
}

static inline void made(int rc, const struct swt_error *err) {
    must(rc >= 0, err->message);
}

/* ---- keys -------------------------------------------------------------------------------- */

struct test_key {
    EVP_PKEY *pkey;
    BIGNUM *scalar; /* of a P-256 key */
    struct swt_buf value;
    struct swt_key key;
    uint8_t id[SWT_KEY_ID_SIZE];
};

static inline void test_key_load(struct test_key *key, const char *name) {
    char path[4096];
    struct swt_error err;
    const char *source = getenv("SWT_SOURCE");
    (void)snprintf(path, sizeof path, "%s/testdata/keys/%s.pem", source == NULL ? "." : source,
                   name);
    FILE *file = fopen(path, "r");
    must(file != NULL, path);
    *key = (struct test_key){.pkey = PEM_read_PrivateKey(file, NULL, NULL, NULL)};
    (void)fclose(file);
    must(key->pkey != NULL, path);
    made(swt_key_from_evp(key->pkey, &key->value, &key->key, &err), &err);
    swt_key_id(&key->key, key->id);
    if (key->key.type == SWT_KEY_P256)
        must(EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &key->scalar) == 1, path);
}

static inline void test_key_done(struct test_key *key) {
    EVP_PKEY_free(key->pkey);
    BN_clear_free(key->scalar);
    swt_buf_done(&key->value);
}

/* ---- signatures -------------------------------------------------------------------------- */

#define TEST_SIGNATURE_SIZE 64 /* of both kinds of key */

/* ECDSA with a k that follows from key and message: the library would draw one. s is low. */
static inline bool sign_p256(const struct test_key *key, struct swt_slice message,
                             uint8_t ret_value[TEST_SIGNATURE_SIZE]) {
    static EC_GROUP *group;
    if (group == NULL)
        group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BN_CTX *context = BN_CTX_new();
    EC_POINT *point = EC_POINT_new(group);
    const BIGNUM *n = EC_GROUP_get0_order(group);
    BN_CTX_start(context);
    BIGNUM *k = BN_CTX_get(context);
    BIGNUM *r = BN_CTX_get(context);
    BIGNUM *s = BN_CTX_get(context);
    BIGNUM *e = BN_CTX_get(context);
    uint8_t seed[2 * SWT_SHA256_SIZE];
    uint8_t digest[SWT_SHA256_SIZE];
    SHA256(message.data, message.len, seed);
    bool good = s != NULL && e != NULL && BN_bin2bn(seed, SWT_SHA256_SIZE, e) != NULL &&
                BN_bn2binpad(key->scalar, seed + SWT_SHA256_SIZE, SWT_SHA256_SIZE) > 0 &&
                BN_bin2bn(SHA256(seed, sizeof seed, digest), sizeof digest, k) != NULL &&
                EC_POINT_mul(group, point, k, NULL, NULL, context) == 1 &&
                EC_POINT_get_affine_coordinates(group, point, r, NULL, context) == 1 &&
                BN_nnmod(r, r, n, context) == 1 && BN_mod_mul(s, r, key->scalar, n, context) == 1 &&
                BN_mod_add(s, s, e, n, context) == 1 && BN_mod_inverse(k, k, n, context) != NULL &&
                BN_mod_mul(s, s, k, n, context) == 1 && BN_sub(e, n, s) == 1;
    good = good && BN_bn2binpad(r, ret_value, TEST_SIGNATURE_SIZE / 2) > 0 &&
           BN_bn2binpad(BN_cmp(e, s) < 0 ? e : s, ret_value + TEST_SIGNATURE_SIZE / 2,
                        TEST_SIGNATURE_SIZE / 2) > 0;
    BN_CTX_end(context);
    EC_POINT_free(point);
    BN_CTX_free(context);
    return good;
}

static inline bool sign_ed25519(const struct test_key *key, struct swt_slice message,
                                uint8_t ret_value[TEST_SIGNATURE_SIZE]) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = TEST_SIGNATURE_SIZE;
    bool good =
        context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, key->pkey) == 1 &&
        EVP_DigestSign(context, ret_value, &len,
                       message.len == 0 ? (const uint8_t *)"" : message.data, message.len) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

static inline void test_sign(const struct test_key *key, struct swt_slice message,
                             uint8_t ret_value[TEST_SIGNATURE_SIZE]) {
    must(key->key.type == SWT_KEY_P256 ? sign_p256(key, message, ret_value)
                                       : sign_ed25519(key, message, ret_value),
         "cannot sign");
}

/* (r, n-s), which verifies as well, where n is the order of P-256. */
static inline void test_mirror(const uint8_t value[TEST_SIGNATURE_SIZE],
                               uint8_t ret_value[TEST_SIGNATURE_SIZE]) {
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *s = BN_bin2bn(value + TEST_SIGNATURE_SIZE / 2, TEST_SIGNATURE_SIZE / 2, NULL);
    BIGNUM *mirrored = BN_new();
    memcpy(ret_value, value, TEST_SIGNATURE_SIZE);
    /* s of another kind of key may be above n. */
    must(group != NULL && s != NULL && mirrored != NULL &&
             BN_sub(mirrored, EC_GROUP_get0_order(group), s) == 1 &&
             BN_bn2binpad(mirrored, ret_value + TEST_SIGNATURE_SIZE / 2, TEST_SIGNATURE_SIZE / 2) >
                 0,
         "cannot mirror a signature");
    BN_free(mirrored);
    BN_free(s);
    EC_GROUP_free(group);
}

/* Appends the envelope of metadata that these keys signed. */
static inline void test_seal(struct swt_slice metadata, const struct test_key *const *keys,
                             size_t key_count, struct swt_buf *ret_envelope) {
    uint8_t values[SWT_MAX_KEYS][TEST_SIGNATURE_SIZE];
    struct swt_signature signatures[SWT_MAX_KEYS];
    struct swt_error err;
    for (size_t i = 0; i < key_count; i++) {
        test_sign(keys[i], metadata, values[i]);
        signatures[i] = (struct swt_signature){swt_slice_of(keys[i]->id, SWT_KEY_ID_SIZE),
                                               swt_slice_of(values[i], TEST_SIGNATURE_SIZE)};
    }
    made(swt_envelope_encode(metadata, signatures, key_count, ret_envelope, &err), &err);
}

#endif
