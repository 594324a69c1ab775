/* SPDX-License-Identifier: Apache-2.0 */
/* Signing on a token: which mechanism, whether the key may, and the two calls. */
#include "p11.h"

#include <string.h>

/* Larger than any signature here: RSA of 8192 bits has 1,024 bytes. */
#define MAX_SIGNATURE 2048

struct mechanism {
    CK_MECHANISM_TYPE type;
    const char *name;
    bool digest; /* it takes our SHA-256, else the message */
    bool pss;
};
/* By enum swt_key_type; the first that the token has. */
static const struct mechanism mechanisms[][2] = {
    [SWT_KEY_RSA] = {{CKM_RSA_PKCS_PSS, "CKM_RSA_PKCS_PSS", true, true},
                     {CKM_SHA256_RSA_PKCS_PSS, "CKM_SHA256_RSA_PKCS_PSS", false, true}},
    [SWT_KEY_ED25519] = {{CKM_EDDSA, "CKM_EDDSA", false, false}},
    [SWT_KEY_P256] = {{CKM_ECDSA, "CKM_ECDSA", true, false}},
};

int swt_p11_mechanism(struct swt_p11_token *token, CK_MECHANISM_TYPE type, CK_FLAGS *ret_flags,
                      struct swt_error *err) {
    CK_MECHANISM_INFO info;
    memset(&info, 0, sizeof info);
    CK_RV rv = SWT_P11_CALL(token->module, C_GetMechanismInfo, token->slot, type, &info);
    if (rv != CKR_OK && rv != CKR_MECHANISM_INVALID)
        return swt_p11_fail(err, "C_GetMechanismInfo", rv);
    *ret_flags = rv == CKR_OK ? info.flags : 0;
    return 0;
}

static int choose(struct swt_p11_token *token, uint32_t type,
                  const struct mechanism **ret_mechanism, struct swt_error *err) {
    if (type >= SWT_COUNT(mechanisms) || mechanisms[type][0].name == NULL)
        return swt_fail(err, SWT_E_MECHANISM, "no mechanism for a key of type %u", (unsigned)type);
    const struct mechanism *row = mechanisms[type];
    for (size_t i = 0; i < SWT_COUNT(mechanisms[0]) && row[i].name != NULL; i++) {
        CK_FLAGS flags = 0;
        int result = swt_p11_mechanism(token, row[i].type, &flags, err);
        if (result < 0)
            return result;
        if ((flags & CKF_SIGN) != 0) {
            *ret_mechanism = &row[i];
            return 0;
        }
    }
    swt_fail(err, SWT_E_MECHANISM, "the token does not sign with %s%s%s", row[0].name,
             row[1].name != NULL ? " or " : "", row[1].name != NULL ? row[1].name : "");
    return swt_error_hint(err,
                          "a key of another type may do: 'pkcs11-tool -M' lists what the token "
                          "can");
}

int swt_p11_usable(struct swt_p11_token *token, CK_OBJECT_HANDLE object, uint32_t type,
                   struct swt_error *err) {
    const struct mechanism *mechanism;
    bool signs = true;
    int result = swt_p11_attribute_flag(token, object, CKA_SIGN, &signs, err);
    if (result < 0)
        return result;
    if (!signs) {
        swt_fail(err, SWT_E_KEY_USAGE, "the key may not sign: its attribute CKA_SIGN is false");
        return swt_error_hint(err,
                              "make a key that may, as in 'swupdate-tool keygen -o pkcs11:...'");
    }
    return choose(token, type, &mechanism, err);
}

static int begin(struct swt_p11_key *key, const struct mechanism *mechanism,
                 const struct swt_p11_signing *signing, struct swt_error *err) {
    struct swt_p11_token *token = key->token;
    CK_RSA_PKCS_PSS_PARAMS pss = {
        .hashAlg = CKM_SHA256, .mgf = CKG_MGF1_SHA256, .sLen = SWT_DIGEST_SIZE};
    CK_MECHANISM call = {.mechanism = mechanism->type};
    if (mechanism->pss) {
        call.pParameter = &pss;
        call.ulParameterLen = sizeof pss;
    }
    CK_RV rv = SWT_P11_CALL(token->module, C_SignInit, token->session, &call, key->object);
    if (rv != CKR_OK)
        return swt_p11_fail(err, "C_SignInit", rv);
    return key->always_authenticate ? swt_p11_use_login(key, signing->pin_pad, signing->pin, err)
                                    : 0;
}

int swt_p11_sign(struct swt_p11_key *key, const struct swt_p11_signing *signing,
                 struct swt_buf *ret_value, struct swt_error *err) {
    struct swt_p11_token *token = key->token;
    const struct mechanism *mechanism;
    CK_BYTE value[MAX_SIGNATURE] = {0};
    CK_ULONG len = sizeof value;

    int result = swt_p11_session(token, err);
    if (result >= 0)
        result = choose(token, signing->type, &mechanism, err);
    if (result >= 0 && key->always_authenticate)
        result = swt_p11_use_check(key, signing->allow_final_try, err);
    if (result >= 0)
        result = begin(key, mechanism, signing, err);
    if (result < 0)
        return result;
    struct swt_slice data = mechanism->digest ? signing->digest : signing->message;
    CK_RV rv = SWT_P11_CALL(token->module, C_Sign, token->session, (CK_BYTE *)(uintptr_t)data.data,
                            data.len, value, &len);
    if (rv != CKR_OK)
        return swt_p11_fail(err, "C_Sign", rv);
    if (len > sizeof value)
        return swt_fail(err, SWT_E_MODULE_FAILED,
                        "C_Sign tells of a signature of %lu bytes, where there was room for %d",
                        len, MAX_SIGNATURE);
    return swt_buf_append(ret_value, value, len, err);
}
