/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures, good ones and bad ones. See mock.h. */
#include "mock.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <string.h>

#define SCALAR (MOCK_SIGNATURE / 2)

/* r and s of a DER signature. */
static bool raw_from_der(const unsigned char *der, size_t len, CK_BYTE ret_raw[MOCK_SIGNATURE]) {
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
    if (signature == NULL)
        return false;
    bool ok = BN_bn2binpad(ECDSA_SIG_get0_r(signature), ret_raw, SCALAR) == SCALAR &&
              BN_bn2binpad(ECDSA_SIG_get0_s(signature), ret_raw + SCALAR, SCALAR) == SCALAR;
    ECDSA_SIG_free(signature);
    return ok;
}

CK_RV mock_sign(CK_OBJECT_HANDLE key, const CK_BYTE *hash, CK_ULONG hash_len,
                CK_BYTE ret_signature[MOCK_SIGNATURE], CK_ULONG *ret_len) {
    unsigned char der[80];
    size_t len = sizeof der;
    EVP_PKEY *pkey = mock_object_key(key);
    EVP_PKEY_CTX *context = pkey == NULL ? NULL : EVP_PKEY_CTX_new(pkey, NULL);
    bool ok = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
              EVP_PKEY_sign(context, der, &len, hash, hash_len) == 1 &&
              raw_from_der(der, len, ret_signature);
    EVP_PKEY_CTX_free(context);
    if (!ok)
        return CKR_FUNCTION_FAILED;
    *ret_len = MOCK_SIGNATURE;
    if (mock_has("signature", "flipped"))
        ret_signature[MOCK_SIGNATURE - 1] ^= 1;
    if (mock_has("signature", "zero"))
        memset(ret_signature, 0, MOCK_SIGNATURE);
    if (mock_has("signature", "short"))
        *ret_len = MOCK_SIGNATURE - 1;
    if (mock_has("signature", "long"))
        *ret_len = MOCK_SIGNATURE + 1;
    if (mock_has("signature", "empty"))
        *ret_len = 0;
    if (mock_has("signature", "huge"))
        *ret_len = MOCK_HUGE;
    return CKR_OK;
}
