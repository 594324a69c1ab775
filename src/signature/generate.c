/* SPDX-License-Identifier: Apache-2.0 */
/* New key pairs. The private half leaves this file in a swt_secret only. */
#include "internal.h"

#include "swt/io.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

/* PBKDF2 with HMAC-SHA-256. The library's default of 2,048 would let a stolen file be tried some
 * hundred times faster; this costs a fraction of a second for each signing. */
#define KDF_ITERATIONS 600000
#define KDF_SALT_SIZE 16

static const struct kind_row {
    const char *name;
    const char *algorithm;
    const char *curve; /* NULL: not an EC key */
    size_t bits;       /* 0: not an RSA key */
} rows[] = {
    [SWT_KIND_P256] = {"ecdsa-p256", "EC", "P-256", 0},
    [SWT_KIND_ED25519] = {"ed25519", "ED25519", NULL, 0},
    [SWT_KIND_RSA_3072] = {"rsa-3072", "RSA", NULL, 3072},
    [SWT_KIND_RSA_4096] = {"rsa-4096", "RSA", NULL, 4096},
};

bool swt_key_kind_parse(const char *text, enum swt_key_kind *ret_kind) {
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        if (strcmp(text, rows[i].name) == 0) {
            *ret_kind = (enum swt_key_kind)i;
            return true;
        }
    }
    return false;
}

static void context_cleanup(EVP_PKEY_CTX **context) {
    EVP_PKEY_CTX_free(*context);
}

static int goes_on(EVP_PKEY_CTX *context) {
    struct swt_error ignored;
    (void)context;
    return swt_interrupted(&ignored) == 0;
}

/* The search for two primes takes seconds: it asks on its way whether it is to stop. */
static EVP_PKEY *generate_rsa(const struct kind_row *row) {
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *context SWT_CLEANUP(context_cleanup) =
        EVP_PKEY_CTX_new_from_name(NULL, row->algorithm, NULL);
    if (context == NULL || EVP_PKEY_keygen_init(context) != 1 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(context, (int)row->bits) != 1)
        return NULL;
    EVP_PKEY_CTX_set_cb(context, goes_on);
    return EVP_PKEY_generate(context, &pkey) == 1 ? pkey : NULL;
}

static EVP_PKEY *generate(const struct kind_row *row) {
    if (row->curve != NULL)
        return EVP_PKEY_Q_keygen(NULL, NULL, row->algorithm, row->curve);
    if (row->bits != 0)
        return generate_rsa(row);
    return EVP_PKEY_Q_keygen(NULL, NULL, row->algorithm);
}

static void pkcs8_cleanup(PKCS8_PRIV_KEY_INFO **info) {
    PKCS8_PRIV_KEY_INFO_free(*info); /* wipes the key in it */
}

static void encrypted_cleanup(X509_SIG **encrypted) {
    X509_SIG_free(*encrypted);
}

static void bio_cleanup(BIO **bio) {
    BIO_free(*bio);
}

static int write_pem(EVP_PKEY *pkey, const struct swt_secret *passphrase, BIO *bio,
                     struct swt_error *err) {
    PKCS8_PRIV_KEY_INFO *info SWT_CLEANUP(pkcs8_cleanup) = EVP_PKEY2PKCS8(pkey);
    X509_SIG *encrypted SWT_CLEANUP(encrypted_cleanup) = NULL;

    if (info == NULL)
        return swt_library_fail(err, SWT_E_KEY, "the new key cannot be encoded");
    if (passphrase == NULL)
        return PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info) == 1
                   ? 0
                   : swt_library_fail(err, SWT_E_KEY, "the new key cannot be encoded");
    encrypted = PKCS8_encrypt(NID_hmacWithSHA256, EVP_aes_256_cbc(), passphrase->data,
                              (int)passphrase->len, NULL, KDF_SALT_SIZE, KDF_ITERATIONS, info);
    if (encrypted == NULL || PEM_write_bio_PKCS8(bio, encrypted) != 1)
        return swt_library_fail(err, SWT_E_KEY, "the new key cannot be encrypted");
    return 0;
}

static int check_passphrase(const struct swt_secret *passphrase, struct swt_error *err) {
    if (passphrase == NULL)
        return 0;
    if (passphrase->data == NULL || passphrase->len == 0)
        return swt_fail(err, SWT_E_PASSPHRASE, "an empty passphrase protects nothing");
    if (passphrase->len > SWT_MAX_PASSPHRASE)
        return swt_fail(err, SWT_E_PASSPHRASE, "the passphrase is longer than %d bytes",
                        SWT_MAX_PASSPHRASE);
    return 0;
}

int swt_key_pair_generate(enum swt_key_kind kind, const struct swt_secret *passphrase,
                          struct swt_secret *ret_private_pem, struct swt_public_key *ret_key,
                          EVP_PKEY **ret_pkey, struct swt_error *err) {
    EVP_PKEY *pkey SWT_CLEANUP(swt_evp_pkey_cleanup) = NULL;
    struct swt_public_key key SWT_CLEANUP(swt_public_key_done) = {0};
    BIO *bio SWT_CLEANUP(bio_cleanup) = NULL;
    char *text = NULL;

    int result = check_passphrase(passphrase, err);
    if (result < 0)
        return result;
    ERR_clear_error();
    swt_process_hide();
    pkey = generate(&rows[kind]);
    result = swt_interrupted(err);
    if (result < 0)
        return result;
    if (pkey == NULL)
        return swt_library_fail(err, SWT_E_KEY, "a new key cannot be made");
    result = swt_public_key_from_evp(pkey, SWT_E_KEY, &key, err);
    if (result < 0)
        return result;
    bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    if (bio == NULL)
        return swt_fail_memory(err);
    result = write_pem(pkey, passphrase, bio, err);
    if (result < 0)
        return result;
    long len = BIO_get_mem_data(bio, &text);
    result = swt_secret_set(ret_private_pem, text, (size_t)len, err);
    if (result < 0)
        return result;
    *ret_key = SWT_MOVE(key);
    *ret_pkey = SWT_TAKE(pkey);
    return 0;
}

int swt_key_generate(enum swt_key_kind kind, const struct swt_secret *passphrase,
                     struct swt_secret *ret_private_pem, struct swt_public_key *ret_key,
                     struct swt_error *err) {
    EVP_PKEY *pkey SWT_CLEANUP(swt_evp_pkey_cleanup) = NULL;
    return swt_key_pair_generate(kind, passphrase, ret_private_pem, ret_key, &pkey, err);
}
