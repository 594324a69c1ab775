/* SPDX-License-Identifier: Apache-2.0 */
#include "key.h"

#include "crypto.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

bool swt_key_derive_id(const struct swt_key *key, uint8_t ret_id[SWT_KEY_ID_SIZE]) {
    const uint8_t head[] = {(uint8_t)key->type, (uint8_t)key->scheme};
    EVP_MD_CTX *context = swt_crypto_ready() ? EVP_MD_CTX_new() : NULL;
    bool ok = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(context, head, sizeof head) == 1 &&
              EVP_DigestUpdate(context, key->value.data, key->value.len) == 1 &&
              EVP_DigestFinal_ex(context, ret_id, NULL) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

void swt_key_id(const struct swt_key *key, uint8_t ret_id[SWT_KEY_ID_SIZE]) {
    if (!swt_key_derive_id(key, ret_id)) {
        /* Out of memory. Zeros name no key, so what is looked up with them is not found. */
        memset(ret_id, 0, SWT_KEY_ID_SIZE);
        ERR_clear_error();
    }
}

int swt_key_to_evp(const struct swt_key *key, EVP_PKEY **ret_pkey, struct swt_error *err) {
    /* One point under two types or schemes would be one key under two key ids. */
    if (key->type != key->scheme)
        return swt_fail(err, SWT_E_PUBLIC_KEY, "key type %u and scheme %u do not belong together",
                        (unsigned)key->type, (unsigned)key->scheme);
    if (!swt_crypto_ready())
        return swt_fail_memory(err);
    switch (key->type) {
    case SWT_KEY_P256:
        return swt_p256_load(key->value, ret_pkey, err);
    case SWT_KEY_ED25519:
        return swt_ed25519_load(key->value, ret_pkey, err);
    case SWT_KEY_RSA:
        return swt_rsa_load(key->value, ret_pkey, err);
    default:
        return swt_fail(err, SWT_E_PUBLIC_KEY, "key type %u is not supported", (unsigned)key->type);
    }
}

int swt_key_check(const struct swt_key *key, struct swt_error *err) {
    SWT_CLEANUP(EVP_PKEY_free_cleanup) EVP_PKEY *pkey = NULL;
    return swt_key_to_evp(key, &pkey, err);
}

int swt_key_identify(const struct swt_key *key, struct swt_key_identity *ret_identity,
                     struct swt_error *err) {
    SWT_CLEANUP(EVP_PKEY_free_cleanup) EVP_PKEY *pkey = NULL;
    int r = swt_key_to_evp(key, &pkey, err);
    if (r < 0)
        return r;
    if (key->type != SWT_KEY_RSA) {
        /* The check lets one encoding of each point through, so equal points are equal bytes. */
        memcpy(ret_identity->bytes, key->value.data, key->value.len);
        ret_identity->len = key->value.len;
        return 0;
    }
    SWT_CLEANUP(BN_free_cleanup) BIGNUM *modulus = swt_rsa_modulus(pkey);
    if (modulus == NULL)
        return swt_crypto_fail(err, "rsa key: the modulus cannot be read");
    ret_identity->len = (size_t)BN_bn2bin(modulus, ret_identity->bytes);
    return 0;
}

bool swt_key_identity_equal(const struct swt_key_identity *a, const struct swt_key_identity *b) {
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool swt_key_same(const struct swt_key *a, const struct swt_key *b) {
    if (a->type != b->type)
        return false;
    if (swt_slice_equal(a->value, b->value))
        return true;
    if (a->type != SWT_KEY_RSA)
        return false;
    struct swt_key_identity identity_a = {0};
    struct swt_key_identity identity_b = {0};
    struct swt_error ignored;
    return swt_key_identify(a, &identity_a, &ignored) == 0 &&
           swt_key_identify(b, &identity_b, &ignored) == 0 &&
           swt_key_identity_equal(&identity_a, &identity_b);
}

int swt_key_from_evp(EVP_PKEY *pkey, struct swt_buf *ret_value, struct swt_key *ret_key,
                     struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf value = {0};
    struct swt_key key = {0};
    int r;
    if (EVP_PKEY_is_a(pkey, "EC")) {
        key.type = SWT_KEY_P256;
        r = swt_p256_value(pkey, &value, err);
    } else if (EVP_PKEY_is_a(pkey, "ED25519")) {
        key.type = SWT_KEY_ED25519;
        r = swt_ed25519_value(pkey, &value, err);
    } else if (EVP_PKEY_is_a(pkey, "RSA")) {
        key.type = SWT_KEY_RSA;
        r = swt_rsa_value(pkey, &value, err);
    } else {
        const char *name = EVP_PKEY_get0_type_name(pkey);
        return swt_fail(err, SWT_E_PUBLIC_KEY,
                        "expected a P-256, Ed25519 or RSA key, found one of type %s",
                        name != NULL ? name : "unknown");
    }
    if (r < 0)
        return r;
    key.scheme = key.type;
    key.value = swt_buf_slice(&value);
    r = swt_key_check(&key, err);
    if (r < 0)
        return r;
    size_t start = ret_value->len;
    r = swt_buf_append_slice(ret_value, key.value, err);
    if (r < 0)
        return r;
    key.value = swt_slice_of(ret_value->data + start, value.len);
    *ret_key = key;
    return 0;
}

const char *swt_key_type_text(const struct swt_key *key, char ret_text[16]) {
    const char *text = "unknown";
    if (key->type == SWT_KEY_P256)
        text = "ecdsa-p256";
    else if (key->type == SWT_KEY_ED25519)
        text = "ed25519";
    else if (key->type == SWT_KEY_RSA)
        text = "rsa";
    (void)snprintf(ret_text, 16, "%s", text);
    if (key->type == SWT_KEY_RSA) {
        SWT_CLEANUP(EVP_PKEY_free_cleanup) EVP_PKEY *pkey = NULL;
        struct swt_error ignored;
        if (swt_rsa_load(key->value, &pkey, &ignored) == 0)
            (void)snprintf(ret_text, 16, "rsa-%d", EVP_PKEY_get_bits(pkey));
    }
    return ret_text;
}

const char *swt_key_scheme_text(uint32_t key_type) {
    static const char *const names[] = {[SWT_KEY_RSA] = "rsassa-pss-sha256",
                                        [SWT_KEY_ED25519] = "ed25519",
                                        [SWT_KEY_P256] = "ecdsa-sha2-nistp256"};
    return key_type < SWT_COUNT(names) ? names[key_type] : NULL;
}

size_t swt_evp_signature_size(uint32_t key_type, const EVP_PKEY *pkey) {
    return key_type == SWT_KEY_RSA ? ((size_t)EVP_PKEY_get_bits(pkey) + 7) / 8 : 64;
}

size_t swt_key_signature_size(const struct swt_key *key) {
    SWT_CLEANUP(EVP_PKEY_free_cleanup) EVP_PKEY *pkey = NULL;
    struct swt_error ignored;
    if (swt_key_to_evp(key, &pkey, &ignored) < 0)
        return 0;
    return swt_evp_signature_size(key->type, pkey);
}
