/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL takes any 32 bytes as an Ed25519 key and looks at them when it verifies, and then it
 * accepts points of small order and encodings of y that are not reduced. With a small-order key
 * one signature verifies for many messages, and two encodings of one point are one key under two
 * key ids. So the point is examined here, by the curve's equation
 *
 *     -x² + y² = 1 + d·x²·y²  (mod p),  p = 2²⁵⁵ - 19,  d = -121665/121666
 *
 * The key holds y and the parity of x, so with u = y² - 1 and v = d·y² + 1, x² = u/v. A point
 * exists exactly when u/v, or as well u·v, is a square (v is never zero, as -1/d is no square).
 * Its doubling has a y that depends on y alone:
 *
 *     y' = (y² + x²)/(2 + x² - y²) = (y²·v + u)/(2·v + u - y²·v)
 *
 * with a denominator that is never zero (the addition law is complete, as d is no square). The
 * order divides 8 exactly when three doublings end at the neutral point, the only one with y = 1.
 * No list of known bad encodings is trusted.
 */
#include "crypto.h"
#include "key.h"

#include <string.h>

struct field {
    BN_CTX *context;
    BIGNUM *p;
    BIGNUM *d;
    BIGNUM *y2; /* scratch: y² */
    BIGNUM *u;
    BIGNUM *v;
    BIGNUM *a;
};

/* The numbers belong to the context's frame. */
static bool field_setup(struct field *field) {
    BN_CTX_start(field->context);
    field->p = BN_CTX_get(field->context);
    field->d = BN_CTX_get(field->context);
    field->y2 = BN_CTX_get(field->context);
    field->u = BN_CTX_get(field->context);
    field->v = BN_CTX_get(field->context);
    field->a = BN_CTX_get(field->context);
    return field->a != NULL && BN_set_bit(field->p, 255) == 1 && BN_sub_word(field->p, 19) == 1 &&
           BN_set_word(field->a, 121666) == 1 &&
           BN_mod_inverse(field->d, field->a, field->p, field->context) != NULL &&
           BN_mul_word(field->d, 121665) == 1 &&
           BN_nnmod(field->d, field->d, field->p, field->context) == 1 &&
           BN_sub(field->d, field->p, field->d) == 1;
}

/* Sets y2, u and v for y. */
static bool field_set(struct field *field, const BIGNUM *y) {
    BN_CTX *context = field->context;
    return BN_mod_sqr(field->y2, y, field->p, context) == 1 &&
           BN_mod_sub(field->u, field->y2, BN_value_one(), field->p, context) == 1 &&
           BN_mod_mul(field->v, field->d, field->y2, field->p, context) == 1 &&
           BN_mod_add(field->v, field->v, BN_value_one(), field->p, context) == 1;
}

/* Replaces y with that of the doubled point. */
static bool field_double(struct field *field, BIGNUM *y) {
    BN_CTX *context = field->context;
    return field_set(field, y) &&
           BN_mod_mul(field->a, field->y2, field->v, field->p, context) == 1 &&
           BN_mod_add(y, field->a, field->u, field->p, context) == 1 &&
           BN_mod_lshift1(field->v, field->v, field->p, context) == 1 &&
           BN_mod_add(field->v, field->v, field->u, field->p, context) == 1 &&
           BN_mod_sub(field->v, field->v, field->a, field->p, context) == 1 &&
           BN_mod_inverse(field->v, field->v, field->p, context) != NULL &&
           BN_mod_mul(y, y, field->v, field->p, context) == 1;
}

static int fail_arithmetic(struct swt_error *err) {
    return swt_crypto_fail(err, "ed25519 key: it cannot be checked");
}

static int check_point(struct field *field, BIGNUM *y, struct swt_error *err) {
    if (BN_cmp(y, field->p) >= 0)
        return swt_fail(err, SWT_E_PUBLIC_KEY, "ed25519 key: the encoding is not canonical");
    if (!field_set(field, y) ||
        BN_mod_mul(field->a, field->u, field->v, field->p, field->context) != 1)
        return fail_arithmetic(err);
    /* 0 is the square of x = 0, the points with y = ±1, which the order below refuses: so a parity
     * bit of 1 on them, a second encoding, needs no word here. */
    int square = BN_kronecker(field->a, field->p, field->context);
    if (square < -1)
        return fail_arithmetic(err);
    if (square == -1)
        return swt_fail(err, SWT_E_PUBLIC_KEY, "ed25519 key: the point is not on the curve");
    for (int doubling = 0; doubling < 3; doubling++) {
        if (!field_double(field, y))
            return fail_arithmetic(err);
    }
    if (BN_is_one(y))
        return swt_fail(err, SWT_E_PUBLIC_KEY, "ed25519 key: the point has a small order");
    return 0;
}

static int check_value(struct swt_slice value, struct swt_error *err) {
    uint8_t encoded_y[SWT_ED25519_SIZE];
    memcpy(encoded_y, value.data, sizeof encoded_y);
    encoded_y[SWT_ED25519_SIZE - 1] &= 0x7f;

    SWT_CLEANUP(BN_CTX_free_cleanup) BN_CTX *context = BN_CTX_new();
    SWT_CLEANUP(BN_free_cleanup)
    BIGNUM *y = BN_lebin2bn(encoded_y, sizeof encoded_y, NULL);
    struct field field = {.context = context};
    if (context == NULL || y == NULL)
        return fail_arithmetic(err);
    int r = field_setup(&field) ? check_point(&field, y, err) : fail_arithmetic(err);
    BN_CTX_end(context);
    return r;
}

int swt_ed25519_load(struct swt_slice value, EVP_PKEY **ret_pkey, struct swt_error *err) {
    if (value.len != SWT_ED25519_SIZE)
        return swt_fail(err, SWT_E_PUBLIC_KEY, "ed25519 key: expected %d bytes, found %zu",
                        SWT_ED25519_SIZE, value.len);
    int r = check_value(value, err);
    if (r < 0)
        return r;
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, value.data, value.len);
    if (pkey == NULL)
        return swt_crypto_fail(err, "ed25519 key: the library refuses it");
    *ret_pkey = pkey;
    return 0;
}

int swt_ed25519_value(EVP_PKEY *pkey, struct swt_buf *ret_value, struct swt_error *err) {
    uint8_t value[SWT_ED25519_SIZE];
    size_t len = sizeof value;
    if (EVP_PKEY_get_raw_public_key(pkey, value, &len) != 1 || len != sizeof value)
        return swt_crypto_refuse(err, "ed25519 key: the public key cannot be read");
    return swt_buf_append(ret_value, value, sizeof value, err);
}
