/* SPDX-License-Identifier: Apache-2.0 */
/* The library's objects under the cleanup attribute, and its failures as errors of ours. */
#ifndef SWT_METADATA_CRYPTO_H
#define SWT_METADATA_CRYPTO_H

#include "swt/base.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#define SWT_CRYPTO_CLEANUP(type_, free_)                                                           \
    static inline void free_##_cleanup(type_ **object) {                                           \
        free_(*object);                                                                            \
    }
SWT_CRYPTO_CLEANUP(EVP_PKEY, EVP_PKEY_free)
SWT_CRYPTO_CLEANUP(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
SWT_CRYPTO_CLEANUP(BIGNUM, BN_free)
SWT_CRYPTO_CLEANUP(BN_CTX, BN_CTX_free)
SWT_CRYPTO_CLEANUP(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
SWT_CRYPTO_CLEANUP(OSSL_PARAM, OSSL_PARAM_free)
#undef SWT_CRYPTO_CLEANUP

/* The library sets itself up at its first use, and OpenSSL 3.0 then runs into a null pointer when
 * it gets no memory for it: asked before each use, false instead. */
bool swt_crypto_ready(void);

/* After a failed call: SWT_E_MEMORY when the library ran out of it, else SWT_E_PUBLIC_KEY and the
 * message; a lack of memory is not a bad key. Empties the library's error queue. */
int swt_crypto_fail(struct swt_error *err, const char *message);
/* After asking a key for what its provider may not have, which need not record an error. */
int swt_crypto_refuse(struct swt_error *err, const char *message);

/* A library key from public parameters; NULL on failure, the library's error queue says why. */
EVP_PKEY *swt_crypto_public_key(const char *type, OSSL_PARAM *parameters);

#endif
