/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto.h"
#include "key.h"

#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <string.h>

#define EXPONENT_MIN 65537
/* Bounds the time of a verification: a long exponent makes it as slow as signing. */
#define EXPONENT_BITS_MAX 64
/* A modulus and an exponent of the largest size, and what DER has around them. */
#define SPKI_SIZE_MAX (SWT_RSA_BITS_MAX / 8 + 64)

struct public_numbers {
    BIGNUM *n;
    BIGNUM *e;
};

static void numbers_done(struct public_numbers *numbers) {
    BN_free(numbers->n);
    BN_free(numbers->e);
}

/* From what the key's provider exports, since its single parameters may be told as the key stores
 * them: a TPM's exponent 65537 is a 0 there. */
static bool numbers_of(EVP_PKEY *pkey, struct public_numbers *numbers) {
    SWT_CLEANUP(OSSL_PARAM_free_cleanup) OSSL_PARAM *exported = NULL;
    if (EVP_PKEY_todata(pkey, EVP_PKEY_PUBLIC_KEY, &exported) != 1)
        return false;
    const OSSL_PARAM *n = OSSL_PARAM_locate_const(exported, OSSL_PKEY_PARAM_RSA_N);
    const OSSL_PARAM *e = OSSL_PARAM_locate_const(exported, OSSL_PKEY_PARAM_RSA_E);
    return n != NULL && e != NULL && OSSL_PARAM_get_BN(n, &numbers->n) == 1 &&
           OSSL_PARAM_get_BN(e, &numbers->e) == 1;
}

BIGNUM *swt_rsa_modulus(EVP_PKEY *pkey) {
    BIGNUM *n = NULL;
    return EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 ? n : NULL;
}

static int check_numbers(const struct public_numbers *numbers, struct swt_error *err) {
    int bits = BN_num_bits(numbers->n);
    if (bits < SWT_RSA_BITS_MIN || bits > SWT_RSA_BITS_MAX)
        return swt_fail(err, SWT_E_PUBLIC_KEY, "rsa key: %d bits, expected %d to %d", bits,
                        SWT_RSA_BITS_MIN, SWT_RSA_BITS_MAX);
    if (!BN_is_odd(numbers->n))
        return swt_fail(err, SWT_E_PUBLIC_KEY, "rsa key: the modulus is even");
    if (!BN_is_odd(numbers->e))
        return swt_fail(err, SWT_E_PUBLIC_KEY, "rsa key: the exponent is even");
    if (BN_num_bits(numbers->e) > EXPONENT_BITS_MAX)
        return swt_fail(err, SWT_E_PUBLIC_KEY,
                        "rsa key: an exponent of %d bits, expected at most %d",
                        BN_num_bits(numbers->e), EXPONENT_BITS_MAX);
    if (BN_get_word(numbers->e) < EXPONENT_MIN)
        return swt_fail(err, SWT_E_PUBLIC_KEY, "rsa key: exponent %lu, expected at least %d",
                        (unsigned long)BN_get_word(numbers->e), EXPONENT_MIN);
    return 0;
}

/* A key that holds the two numbers and nothing of the form that they came in. */
static EVP_PKEY *bare_key(const struct public_numbers *numbers) {
    SWT_CLEANUP(OSSL_PARAM_BLD_free_cleanup) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder == NULL ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, numbers->n) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, numbers->e) != 1)
        return NULL;
    SWT_CLEANUP(OSSL_PARAM_free_cleanup)
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    return parameters == NULL ? NULL : swt_crypto_public_key("RSA", parameters);
}

static int append_spki(EVP_PKEY *bare, struct swt_buf *ret_value, struct swt_error *err) {
    uint8_t *der = NULL;
    int len = i2d_PUBKEY(bare, &der);
    if (len <= 0)
        return swt_crypto_fail(err, "rsa key: it cannot be encoded");
    int r = swt_buf_append(ret_value, der, (size_t)len, err);
    OPENSSL_free(der);
    return r;
}

/* ---- reading: no tolerant decoder sees the bytes ----------------------------------------- */

static bool der_read(struct swt_slice *rest, uint8_t tag, struct swt_slice *ret_content) {
    if (rest->len < 2 || rest->data[0] != tag)
        return false;
    size_t head = 2;
    size_t len = rest->data[1];
    if (len >= 0x80) {
        size_t count = len - 0x80;
        if (count == 0 || count > 3 || count > rest->len - head)
            return false;
        len = 0;
        for (size_t i = 0; i < count; i++)
            len = len << 8 | rest->data[head++];
    }
    if (len > rest->len - head)
        return false;
    *ret_content = swt_slice_of(rest->data + head, len);
    *rest = swt_slice_of(rest->data + head + len, rest->len - head - len);
    return true;
}

static bool der_skip(struct swt_slice *rest, const uint8_t *expected, size_t len) {
    if (rest->len < len || memcmp(rest->data, expected, len) != 0)
        return false;
    *rest = swt_slice_of(rest->data + len, rest->len - len);
    return true;
}

/* The contents of the two INTEGERs. Signs and lengths that DER does not write pass here: the
 * comparison with the canonical form finds them. */
static bool spki_read(struct swt_slice value, struct swt_slice *ret_n, struct swt_slice *ret_e) {
    /* AlgorithmIdentifier: rsaEncryption with NULL parameters (RFC 3279, 2.3.1) */
    static const uint8_t algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                        0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    static const uint8_t no_unused_bits[] = {0x00};
    struct swt_slice info;
    struct swt_slice key;
    struct swt_slice numbers;
    return der_read(&value, 0x30, &info) && der_skip(&info, algorithm, sizeof algorithm) &&
           der_read(&info, 0x03, &key) && der_skip(&key, no_unused_bits, sizeof no_unused_bits) &&
           der_read(&key, 0x30, &numbers) && der_read(&numbers, 0x02, ret_n) &&
           der_read(&numbers, 0x02, ret_e);
}

int swt_rsa_load(struct swt_slice value, EVP_PKEY **ret_pkey, struct swt_error *err) {
    if (value.len > SPKI_SIZE_MAX)
        return swt_fail(err, SWT_E_PUBLIC_KEY, "rsa key: %zu bytes, expected at most %d", value.len,
                        SPKI_SIZE_MAX);
    struct swt_slice n;
    struct swt_slice e;
    if (!spki_read(value, &n, &e))
        return swt_fail(err, SWT_E_PUBLIC_KEY,
                        "rsa key: expected the DER of an RSA SubjectPublicKeyInfo");
    SWT_CLEANUP(numbers_done)
    struct public_numbers numbers = {.n = BN_bin2bn(n.data, (int)n.len, NULL),
                                     .e = BN_bin2bn(e.data, (int)e.len, NULL)};
    if (numbers.n == NULL || numbers.e == NULL)
        return swt_crypto_fail(err, "rsa key: its numbers cannot be read");
    int r = check_numbers(&numbers, err);
    if (r < 0)
        return r;

    /* Written again from the numbers alone: any other algorithm identifier, parameter, length form,
     * padding or trailing byte, each a second key id for one key, shows as a difference. */
    SWT_CLEANUP(EVP_PKEY_free_cleanup) EVP_PKEY *bare = bare_key(&numbers);
    if (bare == NULL)
        return swt_crypto_fail(err, "rsa key: the library refuses it");
    SWT_CLEANUP(swt_buf_done) struct swt_buf canonical = {0};
    r = append_spki(bare, &canonical, err);
    if (r < 0)
        return r;
    if (!swt_slice_equal(value, swt_buf_slice(&canonical)))
        return swt_fail(err, SWT_E_PUBLIC_KEY, "rsa key: the DER is not canonical");
    *ret_pkey = SWT_TAKE(bare);
    return 0;
}

int swt_rsa_value(EVP_PKEY *pkey, struct swt_buf *ret_value, struct swt_error *err) {
    SWT_CLEANUP(numbers_done) struct public_numbers numbers = {0};
    if (!numbers_of(pkey, &numbers))
        return swt_crypto_refuse(err, "rsa key: the public key cannot be read");
    SWT_CLEANUP(EVP_PKEY_free_cleanup) EVP_PKEY *bare = bare_key(&numbers);
    if (bare == NULL)
        return swt_crypto_fail(err, "rsa key: the library refuses it");
    return append_spki(bare, ret_value, err);
}
