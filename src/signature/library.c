/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenSSL's error queue says, told apart as far as callers must. */
#include "internal.h"

#include <openssl/err.h>
#include <openssl/evperr.h>
#include <openssl/pemerr.h>
#include <stdio.h>

void swt_evp_pkey_cleanup(EVP_PKEY **pkey) {
    EVP_PKEY_free(*pkey);
}

/* Of several errors the last one tells most, but for one that a provider raised: what OpenSSL adds
 * is that the provider failed. And only providers add details that help a person: "the TPM is in DA
 * lockout mode". */
static void keep_reason(struct swt_library_fault *fault, bool *from_provider, unsigned long code,
                        const char *detail) {
    /* Without a text of its own it would print as reason(512), which helps nobody. */
    const char *text = ERR_reason_error_string(code);
    bool provider = !ERR_SYSTEM_ERROR(code) && ERR_GET_LIB(code) >= ERR_LIB_USER;
    if (text == NULL || (*from_provider && !provider))
        return;
    *from_provider = provider;
    fault->reason = text;
    (void)snprintf(fault->detail, sizeof fault->detail, "%s", provider ? detail : "");
}

struct swt_library_fault swt_library_fault_take(void) {
    struct swt_library_fault fault = {.memory = swt_library_starved()};
    bool from_provider = false;
    const char *detail = NULL;
    int flags = 0;
    unsigned long code;

    while ((code = ERR_get_error_all(NULL, NULL, NULL, &detail, &flags)) != 0) {
        int library = ERR_GET_LIB(code);
        int reason = ERR_GET_REASON(code);
        /* The second is all that a digest says that could not get its context. */
        if (reason == ERR_R_MALLOC_FAILURE ||
            (library == ERR_LIB_EVP && reason == EVP_R_INITIALIZATION_ERROR))
            fault.memory = true;
        if ((library == ERR_LIB_EVP && reason == ERR_R_UNSUPPORTED) ||
            (library == ERR_LIB_PEM && reason == PEM_R_UNSUPPORTED_ENCRYPTION))
            fault.algorithm = true;
        keep_reason(&fault, &from_provider, code, (flags & ERR_TXT_STRING) != 0 ? detail : "");
    }
    return fault;
}

int swt_library_fault_tell(const struct swt_library_fault *fault, struct swt_error *err,
                           enum swt_code code, const char *what) {
    if (fault->memory)
        return swt_fail_memory(err);
    return swt_fail(err, code, "%s%s%s%s%s", what, fault->reason != NULL ? ": " : "",
                    fault->reason != NULL ? fault->reason : "",
                    fault->detail[0] != '\0' ? ": " : "", fault->detail);
}

int swt_library_fail(struct swt_error *err, enum swt_code code, const char *what) {
    struct swt_library_fault fault = swt_library_fault_take();
    return swt_library_fault_tell(&fault, err, code, what);
}
