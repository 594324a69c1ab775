/* SPDX-License-Identifier: Apache-2.0 */
/* The backend of key files (PEM, DER, PKCS#12) and of what OpenSSL's providers serve. */
#include "internal.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool swt_store_serves(const struct swt_key_uri *uri) {
    char scheme[64];
    if (uri->scheme.len >= sizeof scheme)
        return false;
    memcpy(scheme, uri->scheme.data, uri->scheme.len);
    scheme[uri->scheme.len] = '\0';
    OSSL_STORE_LOADER *loader = OSSL_STORE_LOADER_fetch(NULL, scheme, NULL);
    OSSL_STORE_LOADER_free(loader);
    ERR_clear_error();
    return loader != NULL;
}

static void asker_cleanup(struct swt_asker **asker) {
    if (*asker != NULL)
        swt_asker_done(*asker);
    free(*asker);
}

/* A PIN that nobody uses is a fault to tell before the signature: a key of a TPM would be tried
 * without it, and each such try counts towards the TPM's lockout. */
static int check_asked(const struct swt_key_request *request, const struct swt_asker *asker,
                       struct swt_error *err) {
    const struct swt_key_source *source = request->source;
    if (asker->asked || (source->passphrase_file == NULL && source->passphrase_env == NULL))
        return 0;
    swt_fail(err, SWT_E_KEY, "a PIN is given, and the key's provider did not ask for it");
    swt_error_hint(err, "a key of a TPM that has a password is named handle:NUMBER?pass");
    return swt_key_uri_blame(&request->uri, err);
}

/* file stays empty for what a provider serves. */
static int load(const struct swt_key_request *request, bool need_private, enum swt_code fault,
                struct swt_key_file *file, struct swt_key_objects *ret_objects,
                struct swt_error *err) {
    const struct swt_key_uri *uri = &request->uri;
    struct swt_asker *asker SWT_CLEANUP(asker_cleanup) = calloc(1, sizeof *asker);
    struct stat status;

    if (asker == NULL)
        return swt_fail_memory(err);
    asker->request = request;
    /* A file may hold a private key where a public one is wanted. */
    swt_process_hide();
    if (uri->path != NULL) {
        int result = swt_key_file_read(uri, fault, file, err);
        if (result < 0)
            return result;
        if (file->len == 0) {
            swt_key_file_refuse(file, fault, err);
            return swt_key_uri_blame(uri, err);
        }
    } else if (lstat(uri->text, &status) == 0) {
        /* OSSL_STORE tries every URI as a file's name first: one that somebody put there would
         * stand in for the provider's key. */
        swt_fail(err, fault,
                 "a file of that very name exists, so it is not clear which key is meant");
        swt_error_hint(err,
                       "a file is written ./NAME; for the provider's key, go to another folder");
        return swt_key_uri_blame(uri, err);
    }
    struct swt_key_objects objects SWT_CLEANUP(swt_key_objects_done) = {0};
    int result =
        swt_key_objects_load(request, uri->path != NULL ? file : NULL, asker, fault, &objects, err);
    if (result >= 0 && uri->path == NULL && need_private)
        result = check_asked(request, asker, err);
    if (result >= 0)
        *ret_objects = SWT_MOVE(objects);
    return result;
}

static int public_part(const struct swt_key_request *request, EVP_PKEY *pkey, enum swt_code fault,
                       struct swt_public_key *ret_key, struct swt_error *err) {
    struct swt_public_key own SWT_CLEANUP(swt_public_key_done) = {0};
    struct swt_public_key given SWT_CLEANUP(swt_public_key_done) = {0};
    /* --public-key: for a key whose store does not have its public part. */
    struct swt_key_source companion = {.uri = request->source->public_key};

    if (companion.uri != NULL) {
        int result = swt_public_key_load(&companion, request->keyring, &given, err);
        if (result < 0)
            return result;
    }
    int result = swt_public_key_from_evp(pkey, fault, &own, err);
    if (result < 0 && (companion.uri == NULL || err->code == SWT_E_MEMORY))
        return swt_key_uri_blame(&request->uri, err);
    if (result >= 0 && companion.uri != NULL && memcmp(own.id, given.id, sizeof own.id) != 0) {
        swt_fail(err, fault, "'%s' is not the public part of this key", companion.uri);
        return swt_key_uri_blame(&request->uri, err);
    }
    struct swt_public_key *chosen = result >= 0 ? &own : &given;
    *ret_key = SWT_MOVE(*chosen);
    return 0;
}

/* A file with a public point that is not the private key's would put a key into a root that nobody
 * can sign with. A provider's private key cannot be looked at. */
static int check_pair(const struct swt_key_request *request, EVP_PKEY *pkey, enum swt_code fault,
                      struct swt_error *err) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool good = context != NULL && EVP_PKEY_pairwise_check(context) == 1;
    bool memory = swt_library_fault_take().memory || context == NULL;
    EVP_PKEY_CTX_free(context);
    if (good)
        return 0;
    if (memory)
        return swt_fail_memory(err);
    swt_fail(err, fault, "the private and the public part in this key do not belong together");
    return swt_key_uri_blame(&request->uri, err);
}

/* The one key of the request and its public part; *ret_exposed: a private key in a file that others
 * may read. */
static int find_key(const struct swt_key_request *request, bool need_private, enum swt_code fault,
                    EVP_PKEY **ret_pkey, struct swt_public_key *ret_key, bool *ret_exposed,
                    struct swt_error *err) {
    struct swt_key_file file SWT_CLEANUP(swt_key_file_done) = {0};
    struct swt_key_objects objects SWT_CLEANUP(swt_key_objects_done) = {0};
    struct swt_public_key key SWT_CLEANUP(swt_public_key_done) = {0};
    EVP_PKEY *pkey = NULL; /* borrowed from objects */

    int result = load(request, need_private, fault, &file, &objects, err);
    if (result < 0)
        return result;
    result = swt_key_objects_pick(&objects, need_private, fault, &pkey, err);
    if (result < 0)
        return swt_key_uri_blame(&request->uri, err);
    bool is_private = pkey == objects.private_key;
    result = public_part(request, pkey, fault, &key, err);
    if (result >= 0 && is_private && request->uri.path != NULL)
        result = check_pair(request, pkey, fault, err);
    if (result < 0)
        return result;
    *ret_key = SWT_MOVE(key);
    *ret_exposed = file.exposed && is_private;
    if (ret_pkey != NULL) {
        EVP_PKEY_up_ref(pkey);
        *ret_pkey = pkey;
    }
    return 0;
}

static int load_key(const struct swt_key_request *request, bool need_private, enum swt_code fault,
                    EVP_PKEY **ret_pkey, struct swt_public_key *ret_key, bool *ret_exposed,
                    struct swt_error *err) {
    int result = find_key(request, need_private, fault, ret_pkey, ret_key, ret_exposed, err);
    swt_wipe_stack();
    return result;
}

static int store_load_public(const struct swt_key_request *request, struct swt_public_key *ret_key,
                             struct swt_error *err) {
    bool exposed;
    return load_key(request, false, SWT_E_PUBLIC_KEY, NULL, ret_key, &exposed, err);
}

static int store_open(const struct swt_key_request *request, struct swt_notices *notices,
                      struct swt_public_key *ret_key, void **ret_state, struct swt_error *err) {
    EVP_PKEY *pkey SWT_CLEANUP(swt_evp_pkey_cleanup) = NULL;
    struct swt_public_key key SWT_CLEANUP(swt_public_key_done) = {0};
    bool exposed = false;

    int result = load_key(request, true, SWT_E_KEY, &pkey, &key, &exposed, err);
    if (result >= 0 && exposed && notices != NULL)
        result = swt_notices_add(notices, err, SWT_WARNING,
                                 "%s: this private key can be read by others than its owner "
                                 "(chmod 600 mends that)",
                                 request->uri.path);
    if (result < 0)
        return result;
    *ret_key = SWT_MOVE(key);
    *ret_state = SWT_TAKE(pkey);
    return 0;
}

static void context_cleanup(EVP_MD_CTX **context) {
    EVP_MD_CTX_free(*context);
}

static int append_signature(const struct swt_key *key, struct swt_slice value,
                            struct swt_buf *ret_raw, struct swt_error *err) {
    uint8_t raw[SWT_P256_RAW];
    if (key->type != SWT_KEY_P256)
        return swt_buf_append_slice(ret_raw, value, err);
    if (!swt_p256_raw_from_der(value, raw))
        return swt_library_starved()
                   ? swt_fail_memory(err)
                   : swt_fail(err, SWT_E_SIGN,
                              "the key's ECDSA signature is not DER of two valid integers");
    return swt_buf_append(ret_raw, raw, sizeof raw, err);
}

/*
 * The operation comes from the provider that holds the key. Left to itself OpenSSL takes the first
 * provider that knows the algorithm, hands it the public part of a TPM's key, which is all that can
 * be handed over, and tells then that the private key is missing.
 */
static void prefer_provider_of(EVP_PKEY *pkey, char *ret_query, size_t size) {
    const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(pkey);
    const char *name = provider == NULL ? NULL : OSSL_PROVIDER_get0_name(provider);
    (void)snprintf(ret_query, size, "%s%s",
                   name == NULL ? "" : "?provider=", name == NULL ? "" : name);
}

static int store_sign(void *state, const struct swt_key *key, struct swt_slice message,
                      struct swt_buf *ret_raw, struct swt_error *err) {
    EVP_PKEY *pkey = state;
    EVP_MD_CTX *context SWT_CLEANUP(context_cleanup) = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL; /* owned by context */
    const char *digest = key->type == SWT_KEY_ED25519 ? NULL : "SHA256";
    const uint8_t *data = message.len == 0 ? (const uint8_t *)"" : message.data;
    size_t len = 0;
    char query[128];

    if (context == NULL)
        return swt_fail_memory(err);
    ERR_clear_error();
    prefer_provider_of(pkey, query, sizeof query);
    if (EVP_DigestSignInit_ex(context, &parameters, digest, NULL, query, pkey, NULL) <= 0 ||
        (key->type == SWT_KEY_RSA && !swt_pss_configure(parameters)))
        return swt_library_fail(err, SWT_E_SIGN, "the key refuses the signature scheme");
    if (EVP_DigestSign(context, NULL, &len, data, message.len) <= 0)
        return swt_library_fail(err, SWT_E_SIGN, "the key failed to sign");
    uint8_t *value = malloc(len == 0 ? 1 : len);
    if (value == NULL)
        return swt_fail_memory(err);
    int result = EVP_DigestSign(context, value, &len, data, message.len) <= 0
                     ? swt_library_fail(err, SWT_E_SIGN, "the key failed to sign")
                     : append_signature(key, swt_slice_of(value, len), ret_raw, err);
    free(value);
    swt_wipe_stack();
    return result;
}

static void store_close(void *state) {
    EVP_PKEY_free(state);
}

const struct swt_backend swt_backend_store = {
    .load_public = store_load_public,
    .open = store_open,
    .sign = store_sign,
    .close = store_close,
};
