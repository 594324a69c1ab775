/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

bool swt_crypto_ready(void) {
    return !swt_library_starved() && OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) == 1 &&
           OSSL_LIB_CTX_get0_global_default() != NULL;
}

int swt_crypto_fail(struct swt_error *err, const char *message) {
    /* No error at all: there was no memory for the queue itself. */
    bool memory = ERR_peek_error() == 0 || swt_library_starved();
    for (unsigned long error; (error = ERR_get_error()) != 0;)
        memory = memory || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
    return memory ? swt_fail_memory(err) : swt_fail(err, SWT_E_PUBLIC_KEY, "%s", message);
}

int swt_crypto_refuse(struct swt_error *err, const char *message) {
    ERR_clear_error();
    return swt_library_starved() ? swt_fail_memory(err)
                                 : swt_fail(err, SWT_E_PUBLIC_KEY, "%s", message);
}

EVP_PKEY *swt_crypto_public_key(const char *type, OSSL_PARAM *parameters) {
    SWT_CLEANUP(EVP_PKEY_CTX_free_cleanup)
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return NULL;
    return pkey;
}
