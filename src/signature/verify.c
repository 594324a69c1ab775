/* SPDX-License-Identifier: Apache-2.0 */
/* One signature, one key, one message. */
#include "internal.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

int swt_message_init(struct swt_slice bytes, struct swt_message *ret_message,
                     struct swt_error *err) {
    struct swt_message message = {.bytes = bytes};
    size_t len = 0;
    const void *data = bytes.len == 0 ? (const void *)"" : bytes.data;

    if (swt_library_starved() ||
        EVP_Q_digest(NULL, "SHA256", NULL, data, bytes.len, message.sha256, &len) != 1 ||
        len != sizeof message.sha256) {
        ERR_clear_error();
        return swt_fail_memory(err);
    }
    *ret_message = message;
    return 0;
}

bool swt_pss_configure(EVP_PKEY_CTX *context) {
    /* A fixed salt length on both sides: left to the library, it would accept any. The hash of MGF1
     * is that of the signature unless another is set, and not every provider can be told. */
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0;
}

static void parameters_cleanup(EVP_PKEY_CTX **context) {
    EVP_PKEY_CTX_free(*context);
}

static void context_cleanup(EVP_MD_CTX **context) {
    EVP_MD_CTX_free(*context);
}

/* What the library refused: a signature that is no good, unless it ran out of memory. */
static int refused(struct swt_error *err) {
    return swt_library_fault_take().memory ? swt_fail_memory(err) : 0;
}

/* ECDSA and RSA-PSS sign the digest, which is known already. */
static int digest_verifies(const struct swt_message *message, bool pss, EVP_PKEY *pkey,
                           struct swt_slice value, struct swt_error *err) {
    EVP_PKEY_CTX *context SWT_CLEANUP(parameters_cleanup) =
        EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    /* The key passed its check: nothing but memory can be missing up to here. */
    if (context == NULL || EVP_PKEY_verify_init(context) <= 0 ||
        EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) <= 0 ||
        (pss && !swt_pss_configure(context)))
        return swt_fail_memory(err);
    bool good = EVP_PKEY_verify(context, value.data, value.len, message->sha256,
                                sizeof message->sha256) == 1;
    return good ? 1 : refused(err);
}

static int p256_verifies(const struct swt_message *message, EVP_PKEY *pkey, struct swt_slice value,
                         struct swt_error *err) {
    uint8_t der[SWT_P256_DER_MAX];
    if (value.len != SWT_P256_RAW || !swt_p256_raw_valid(value.data))
        return 0;
    size_t len = swt_p256_raw_to_der(value.data, der);
    return digest_verifies(message, false, pkey, swt_slice_of(der, len), err);
}

static int ed25519_verifies(const struct swt_message *message, EVP_PKEY *pkey,
                            struct swt_slice value, struct swt_error *err) {
    const uint8_t *data = message->bytes.len == 0 ? (const uint8_t *)"" : message->bytes.data;
    EVP_MD_CTX *context SWT_CLEANUP(context_cleanup) = EVP_MD_CTX_new();
    if (context == NULL ||
        EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, pkey, NULL) <= 0)
        return swt_fail_memory(err);
    bool good = EVP_DigestVerify(context, value.data, value.len, data, message->bytes.len) == 1;
    return good ? 1 : refused(err);
}

int swt_message_verifies(const struct swt_message *message, const struct swt_key *key,
                         EVP_PKEY *pkey, struct swt_slice value, struct swt_error *err) {
    int result = 0;
    if (swt_library_starved())
        return swt_fail_memory(err);
    ERR_clear_error();
    if (key->type == SWT_KEY_P256)
        result = p256_verifies(message, pkey, value, err);
    else if (key->type == SWT_KEY_ED25519)
        result = ed25519_verifies(message, pkey, value, err);
    else if (key->type == SWT_KEY_RSA)
        result = digest_verifies(message, true, pkey, value, err);
    ERR_clear_error();
    return result;
}

int swt_signature_judge(const struct swt_key *key, struct swt_slice message, struct swt_slice value,
                        struct swt_error *err) {
    EVP_PKEY *pkey SWT_CLEANUP(swt_evp_pkey_cleanup) = NULL;
    struct swt_message prepared = {0};

    int result = swt_key_to_evp(key, &pkey, err);
    if (result < 0)
        return err->code == SWT_E_MEMORY ? result : 0;
    size_t size = swt_evp_signature_size(key->type, pkey);
    if (size == 0)
        return swt_fail_memory(err);
    if (value.len != size)
        return 0;
    result = swt_message_init(message, &prepared, err);
    return result < 0 ? result : swt_message_verifies(&prepared, key, pkey, value, err);
}
