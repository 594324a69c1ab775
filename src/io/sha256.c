/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/io.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

struct swt_sha256 {
    EVP_MD *method;
    EVP_MD_CTX *context;
};

static int fail(struct swt_error *err) {
    char reason[256];
    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
    ERR_clear_error();
    if (swt_library_starved())
        return swt_fail_memory(err);
    return swt_fail(err, SWT_E_IO, "cannot compute a SHA-256: %s", reason);
}

int swt_sha256_new(struct swt_sha256 **ret_hash, struct swt_error *err) {
    SWT_CLEANUP(swt_sha256_cleanup) struct swt_sha256 *hash = calloc(1, sizeof *hash);
    if (hash == NULL || swt_library_starved())
        return swt_fail_memory(err);
    hash->context = EVP_MD_CTX_new();
    if (hash->context == NULL)
        return swt_fail_memory(err);
    /* Fetched once: an implicit fetch at each start costs more than the hash of a small file. */
    hash->method = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (hash->method == NULL || EVP_DigestInit_ex2(hash->context, hash->method, NULL) != 1)
        return fail(err);
    *ret_hash = SWT_TAKE(hash);
    return 0;
}

int swt_sha256_update(struct swt_sha256 *hash, const void *data, size_t len,
                      struct swt_error *err) {
    return EVP_DigestUpdate(hash->context, data, len) == 1 ? 0 : fail(err);
}

int swt_sha256_finish(struct swt_sha256 *hash, uint8_t ret_digest[SWT_SHA256_SIZE],
                      struct swt_error *err) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_DigestFinal_ex(hash->context, digest, &len) != 1 || len != SWT_SHA256_SIZE ||
        EVP_DigestInit_ex2(hash->context, hash->method, NULL) != 1)
        return fail(err);
    for (size_t i = 0; i < SWT_SHA256_SIZE; i++)
        ret_digest[i] = digest[i];
    return 0;
}

void swt_sha256_free(struct swt_sha256 *hash) {
    if (hash == NULL)
        return;
    EVP_MD_CTX_free(hash->context);
    EVP_MD_free(hash->method);
    free(hash);
}

void swt_sha256_cleanup(struct swt_sha256 **hash) {
    swt_sha256_free(*hash);
}

int swt_sha256_of(struct swt_slice bytes, uint8_t ret_digest[SWT_SHA256_SIZE],
                  struct swt_error *err) {
    SWT_CLEANUP(swt_sha256_cleanup) struct swt_sha256 *hash = NULL;
    int r = swt_sha256_new(&hash, err);
    if (r == 0)
        r = swt_sha256_update(hash, bytes.data, bytes.len, err);
    return r < 0 ? r : swt_sha256_finish(hash, ret_digest, err);
}
