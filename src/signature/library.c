/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenSSL's error queue says, told apart as far as callers must. */
#include "internal.h"

#include <openssl/err.h>
#include <openssl/evperr.h>
#include <openssl/pemerr.h>

void swt_evp_pkey_cleanup(EVP_PKEY **pkey) {
    EVP_PKEY_free(*pkey);
}

struct swt_library_fault swt_library_fault_take(void) {
    struct swt_library_fault fault = {0};
    unsigned long code;

    while ((code = ERR_get_error()) != 0) {
        int library = ERR_GET_LIB(code);
        int reason = ERR_GET_REASON(code);
        /* The second is all that a digest says that could not get its context. */
        if (reason == ERR_R_MALLOC_FAILURE ||
            (library == ERR_LIB_EVP && reason == EVP_R_INITIALIZATION_ERROR))
            fault.memory = true;
        if ((library == ERR_LIB_EVP && reason == ERR_R_UNSUPPORTED) ||
            (library == ERR_LIB_PEM && reason == PEM_R_UNSUPPORTED_ENCRYPTION))
            fault.algorithm = true;
        /* Without a text of its own it would print as reason(512), which helps nobody. */
        const char *text = ERR_reason_error_string(code);
        if (text != NULL)
            fault.reason = text;
    }
    return fault;
}

int swt_library_fail(struct swt_error *err, enum swt_code code, const char *what) {
    struct swt_library_fault fault = swt_library_fault_take();
    if (fault.memory)
        return swt_fail_memory(err);
    return swt_fail(err, code, "%s%s%s", what, fault.reason != NULL ? ": " : "",
                    fault.reason != NULL ? fault.reason : "");
}
