/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three kinds of keys, each in its file: reading a keyval, with all the checks, and writing
 * one from a library key.
 */
#ifndef SWT_METADATA_KEY_H
#define SWT_METADATA_KEY_H

#include "swt/metadata.h"

#include <openssl/bn.h>

#define SWT_P256_POINT_SIZE 65
#define SWT_ED25519_SIZE 32
#define SWT_RSA_BITS_MIN 2048
#define SWT_RSA_BITS_MAX 8192

/* What makes two keys one: the point, or the modulus alone, since whoever factored it can sign
 * under any exponent. */
struct swt_key_identity {
    uint8_t bytes[SWT_RSA_BITS_MAX / 8];
    size_t len;
};
/* Checks the key as swt_key_check does. */
int swt_key_identify(const struct swt_key *key, struct swt_key_identity *ret_identity,
                     struct swt_error *err) SWT_CHECKED;
bool swt_key_identity_equal(const struct swt_key_identity *a, const struct swt_key_identity *b);

/* swt_key_id that tells when it failed, which is for want of memory. */
bool swt_key_derive_id(const struct swt_key *key, uint8_t ret_id[SWT_KEY_ID_SIZE]) SWT_CHECKED;

/* A kind's keyval, checked, as a library key. SWT_E_PUBLIC_KEY; SWT_E_MEMORY. */
int swt_p256_load(struct swt_slice value, EVP_PKEY **ret_pkey, struct swt_error *err) SWT_CHECKED;
int swt_ed25519_load(struct swt_slice value, EVP_PKEY **ret_pkey,
                     struct swt_error *err) SWT_CHECKED;
int swt_rsa_load(struct swt_slice value, EVP_PKEY **ret_pkey, struct swt_error *err) SWT_CHECKED;

/* The keyval of a library key of that kind, appended; not yet checked. */
int swt_p256_value(EVP_PKEY *pkey, struct swt_buf *ret_value, struct swt_error *err) SWT_CHECKED;
int swt_ed25519_value(EVP_PKEY *pkey, struct swt_buf *ret_value, struct swt_error *err) SWT_CHECKED;
int swt_rsa_value(EVP_PKEY *pkey, struct swt_buf *ret_value, struct swt_error *err) SWT_CHECKED;

/* The modulus of an RSA library key; the caller frees it. NULL on failure. */
BIGNUM *swt_rsa_modulus(EVP_PKEY *pkey);

#endif
