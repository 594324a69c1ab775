/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the attributes of a token's object: what comes out as a key passed the rules for
 * keys. The input: a byte that chooses the type, then each attribute behind two bytes of length.
 */
#include "../../src/signature/p11.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct swt_slice take(struct swt_slice *rest) {
    if (rest->len < 2)
        return swt_slice_of(NULL, 0);
    size_t len = (size_t)rest->data[0] << 8 | rest->data[1];
    len = len < rest->len - 2 ? len : rest->len - 2;
    struct swt_slice taken = swt_slice_of(rest->data + 2, len);
    *rest = swt_slice_of(rest->data + 2 + len, rest->len - 2 - len);
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const CK_KEY_TYPE types[] = {CKK_RSA, CKK_EC, CKK_EC_EDWARDS, CKK_DSA};
    struct swt_public_key key = {0};
    struct swt_error err;
    if (size == 0)
        return 0;
    struct swt_slice rest = swt_slice_of(data + 1, size - 1);
    struct swt_p11_public_parts parts = {.type = types[data[0] % SWT_COUNT(types)]};
    parts.parameters = take(&rest);
    parts.point = take(&rest);
    parts.modulus = take(&rest);
    parts.exponent = take(&rest);
    parts.spki = take(&rest);
    parts.certificate = take(&rest);
    int result = swt_p11_public_decode(&parts, &key, &err);
    if (result < 0 && err.code != SWT_E_PUBLIC_KEY && err.code != SWT_E_MEMORY)
        abort();
    if (result > 0 && swt_key_check(&key.key, &err) < 0 && err.code != SWT_E_MEMORY)
        abort();
    swt_public_key_done(&key);
    return 0;
}
