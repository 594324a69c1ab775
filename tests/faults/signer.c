/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded, it makes the library's signatures wrong, as a faulty token's are; or, where
 * SWT_SIGNER_RUN holds a command, runs that at the moment when a key is used and leaves the
 * signature as it is.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int EVP_DigestSign(void *context, unsigned char *signature, size_t *signature_len,
                   const unsigned char *message, size_t message_len);

int EVP_DigestSign(void *context, unsigned char *signature, size_t *signature_len,
                   const unsigned char *message, size_t message_len) {
    int (*next)(void *, unsigned char *, size_t *, const unsigned char *, size_t);
    const char *command = getenv("SWT_SIGNER_RUN");
    void *symbol = dlsym(RTLD_NEXT, "EVP_DigestSign");
    memcpy(&next, &symbol, sizeof next);
    if (command != NULL && signature != NULL) {
        (void)unsetenv("LD_PRELOAD");
        if (system(command) != 0)
            abort();
    }
    int result = next(context, signature, signature_len, message, message_len);
    if (command == NULL && result == 1 && signature != NULL && *signature_len > 0)
        signature[*signature_len - 1] ^= 1;
    return result;
}
