/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys: from a key URI, from a library key, to PEM. */
#include "internal.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

void swt_public_key_done(struct swt_public_key *key) {
    swt_buf_done(&key->bytes);
    *key = (struct swt_public_key){0};
}

/* With a key id of zeros, which stands for a lack of memory, a signature would name no key. */
int swt_public_key_identify(struct swt_public_key *key, struct swt_error *err) {
    static const uint8_t none[SWT_KEY_ID_SIZE];
    swt_key_id(&key->key, key->id);
    return memcmp(key->id, none, sizeof none) == 0 ? swt_fail_memory(err) : 0;
}

int swt_public_key_from_evp(EVP_PKEY *pkey, enum swt_code fault, struct swt_public_key *ret_key,
                            struct swt_error *err) {
    struct swt_public_key key SWT_CLEANUP(swt_public_key_done) = {0};

    int result = swt_key_from_evp(pkey, &key.bytes, &key.key, err);
    ERR_clear_error();
    if (result < 0) {
        /* Metadata has one form of RSA key; a restriction to PSS would get lost in it. */
        if (err->code == SWT_E_PUBLIC_KEY && EVP_PKEY_is_a(pkey, "RSA-PSS"))
            swt_error_hint(err,
                           "RSA keys sign with PSS here, but must be of the type rsaEncryption");
        return err->code == SWT_E_PUBLIC_KEY ? swt_error_recode(err, fault) : result;
    }
    result = swt_public_key_identify(&key, err);
    if (result < 0)
        return result;
    *ret_key = SWT_MOVE(key);
    return 0;
}

int swt_public_key_copy(const struct swt_key *key, struct swt_public_key *ret_key,
                        struct swt_error *err) {
    struct swt_public_key copy SWT_CLEANUP(swt_public_key_done) = {.key = *key};
    int result = swt_buf_append_slice(&copy.bytes, key->value, err);
    if (result < 0)
        return result;
    copy.key.value = swt_buf_slice(&copy.bytes);
    result = swt_public_key_identify(&copy, err);
    if (result < 0)
        return result;
    *ret_key = SWT_MOVE(copy);
    return 0;
}

int swt_public_key_load(const struct swt_key_source *source, struct swt_keyring *keyring,
                        struct swt_public_key *ret_key, struct swt_error *err) {
    struct swt_key_request request = {.source = source, .keyring = keyring};
    const struct swt_backend *backend = NULL;
    struct swt_public_key key = {0};

    int result = swt_key_uri_parse(source->uri, &request.uri, err);
    if (result >= 0)
        result = swt_backend_find(&request.uri, &backend, err);
    if (result >= 0)
        result = backend->load_public(&request, &key, err);
    if (result >= 0)
        *ret_key = key;
    return result;
}

static void bio_cleanup(BIO **bio) {
    BIO_free(*bio);
}

int swt_public_key_pem(const struct swt_key *key, struct swt_buf *ret_pem, struct swt_error *err) {
    EVP_PKEY *pkey SWT_CLEANUP(swt_evp_pkey_cleanup) = NULL;
    BIO *bio SWT_CLEANUP(bio_cleanup) = NULL;
    char *text = NULL;

    int result = swt_key_to_evp(key, &pkey, err);
    if (result < 0)
        return result;
    bio = BIO_new(BIO_s_mem());
    if (bio == NULL || PEM_write_bio_PUBKEY(bio, pkey) != 1) {
        ERR_clear_error();
        return swt_fail_memory(err);
    }
    long len = BIO_get_mem_data(bio, &text);
    return swt_buf_append(ret_pem, text, (size_t)len, err);
}
