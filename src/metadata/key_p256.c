/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto.h"
#include "key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <string.h>

#define COORDINATE_SIZE 32
#define UNCOMPRESSED 0x04

int swt_p256_load(struct swt_slice value, EVP_PKEY **ret_pkey, struct swt_error *err) {
    if (value.len != SWT_P256_POINT_SIZE)
        return swt_fail(err, SWT_E_PUBLIC_KEY, "ecdsa-p256 key: expected %d bytes, found %zu",
                        SWT_P256_POINT_SIZE, value.len);
    /* The library also takes hybrid points (06, 07), a second form of the same key. */
    if (value.data[0] != UNCOMPRESSED)
        return swt_fail(err, SWT_E_PUBLIC_KEY,
                        "ecdsa-p256 key: expected an uncompressed point (04), found %02x",
                        value.data[0]);
    char group[] = SN_X9_62_prime256v1;
    uint8_t point[SWT_P256_POINT_SIZE];
    memcpy(point, value.data, sizeof point);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end()};
    SWT_CLEANUP(EVP_PKEY_free_cleanup) EVP_PKEY *pkey = swt_crypto_public_key("EC", parameters);
    if (pkey == NULL)
        return swt_crypto_fail(err, "ecdsa-p256 key: the point is not on the curve");
    SWT_CLEANUP(EVP_PKEY_CTX_free_cleanup)
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    /* The quick check leaves out the point's order. P-256 has a prime number of points, so each of
     * them but infinity has that order; to multiply it out takes as long as a signature. */
    if (context == NULL || EVP_PKEY_public_check_quick(context) != 1)
        return swt_crypto_fail(err, "ecdsa-p256 key: the point is not valid");
    *ret_pkey = SWT_TAKE(pkey);
    return 0;
}

/* The coordinates, since the point itself comes in the form, maybe compressed, that the key's file
 * prefers. */
static bool coordinates_of(EVP_PKEY *pkey, uint8_t point[SWT_P256_POINT_SIZE]) {
    BIGNUM *x = NULL;
    BIGNUM *y = NULL;
    bool ok = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
              EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
              BN_bn2binpad(x, point + 1, COORDINATE_SIZE) == COORDINATE_SIZE &&
              BN_bn2binpad(y, point + 1 + COORDINATE_SIZE, COORDINATE_SIZE) == COORDINATE_SIZE;
    BN_free(x);
    BN_free(y);
    point[0] = UNCOMPRESSED;
    return ok;
}

/* For providers of tokens that tell the point only. */
static bool point_of(EVP_PKEY *pkey, uint8_t point[SWT_P256_POINT_SIZE]) {
    size_t len = 0;
    return EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point,
                                           SWT_P256_POINT_SIZE, &len) == 1 &&
           len == SWT_P256_POINT_SIZE;
}

int swt_p256_value(EVP_PKEY *pkey, struct swt_buf *ret_value, struct swt_error *err) {
    char group[64];
    if (EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) != 1)
        return swt_crypto_refuse(err, "expected a P-256 key, found one of an unnamed curve");
    if (strcmp(group, SN_X9_62_prime256v1) != 0 && strcmp(group, "P-256") != 0)
        return swt_fail(err, SWT_E_PUBLIC_KEY, "expected a P-256 key, found one of curve %s",
                        group);
    uint8_t point[SWT_P256_POINT_SIZE];
    if (!coordinates_of(pkey, point) && !point_of(pkey, point))
        return swt_crypto_refuse(err, "ecdsa-p256 key: the public point cannot be read");
    ERR_clear_error(); /* of the attempt that failed */
    return swt_buf_append(ret_value, point, sizeof point, err);
}
