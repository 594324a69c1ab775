/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded, it makes the library's signatures wrong, as a faulty token's are. */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

int EVP_DigestSign(void *context, unsigned char *signature, size_t *signature_len,
                   const unsigned char *message, size_t message_len);

int EVP_DigestSign(void *context, unsigned char *signature, size_t *signature_len,
                   const unsigned char *message, size_t message_len) {
    int (*next)(void *, unsigned char *, size_t *, const unsigned char *, size_t);
    void *symbol = dlsym(RTLD_NEXT, "EVP_DigestSign");
    memcpy(&next, &symbol, sizeof next);
    int result = next(context, signature, signature_len, message, message_len);
    if (result == 1 && signature != NULL && *signature_len > 0)
        signature[*signature_len - 1] ^= 1;
    return result;
}
