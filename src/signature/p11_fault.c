/* SPDX-License-Identifier: Apache-2.0 */
/* What a Cryptoki call answered, in words, with the name that the standard gives it. */
#include "p11.h"

#include <stdio.h>

#define ROW(name_, words_)                                                                         \
    { name_, #name_, words_, SWT_E_TOKEN_FAILED }
#define ROW_CODE(name_, words_, code_)                                                             \
    { name_, #name_, words_, code_ }
static const struct {
    CK_RV rv;
    const char *name;
    const char *words;
    enum swt_code code;
} rows[] = {
    ROW(CKR_CANCEL, "it was cancelled"),
    ROW(CKR_HOST_MEMORY, "the module is out of memory"),
    ROW(CKR_SLOT_ID_INVALID, "the slot is gone"),
    ROW(CKR_GENERAL_ERROR, "the module or the token failed"),
    ROW(CKR_FUNCTION_FAILED, "the token could not do it"),
    ROW(CKR_ARGUMENTS_BAD, "the module refuses the arguments"),
    ROW(CKR_NEED_TO_CREATE_THREADS, "the module needs threads of its own"),
    ROW(CKR_CANT_LOCK, "the module cannot lock"),
    ROW(CKR_ATTRIBUTE_READ_ONLY, "an attribute cannot be set"),
    ROW(CKR_ATTRIBUTE_SENSITIVE, "an attribute is not shown"),
    ROW(CKR_ATTRIBUTE_TYPE_INVALID, "the token does not know an attribute"),
    ROW(CKR_ATTRIBUTE_VALUE_INVALID, "the token refuses an attribute's value"),
    ROW(CKR_ACTION_PROHIBITED, "the token's policy prohibits it"),
    ROW(CKR_DATA_INVALID, "the token refuses the data"),
    ROW(CKR_DATA_LEN_RANGE, "the token refuses data of that length"),
    ROW(CKR_DEVICE_ERROR, "the device failed"),
    ROW(CKR_DEVICE_MEMORY, "the device's memory is full"),
    ROW(CKR_DEVICE_REMOVED, "the device was removed"),
    ROW(CKR_FUNCTION_CANCELED, "it was cancelled"),
    ROW(CKR_FUNCTION_NOT_SUPPORTED, "the module does not offer it"),
    ROW(CKR_KEY_HANDLE_INVALID, "the key is gone"),
    ROW(CKR_KEY_SIZE_RANGE, "the key's size does not fit the mechanism"),
    ROW(CKR_KEY_TYPE_INCONSISTENT, "the key's type does not fit the mechanism"),
    ROW_CODE(CKR_KEY_FUNCTION_NOT_PERMITTED, "the key may not be used for it", SWT_E_KEY_USAGE),
    ROW_CODE(CKR_MECHANISM_INVALID, "the token lacks the mechanism", SWT_E_MECHANISM),
    ROW_CODE(CKR_MECHANISM_PARAM_INVALID, "the token refuses the mechanism's parameters",
             SWT_E_MECHANISM),
    ROW(CKR_OBJECT_HANDLE_INVALID, "the object is gone"),
    ROW(CKR_OPERATION_ACTIVE, "another operation has not ended"),
    ROW(CKR_OPERATION_NOT_INITIALIZED, "the operation has not begun"),
    ROW_CODE(CKR_PIN_INCORRECT, "wrong PIN", SWT_E_PIN_WRONG),
    ROW_CODE(CKR_PIN_INVALID, "the PIN has characters that the token does not take",
             SWT_E_PIN_WRONG),
    ROW_CODE(CKR_PIN_LEN_RANGE, "the PIN is too short or too long", SWT_E_PIN_WRONG),
    ROW(CKR_PIN_EXPIRED, "the PIN has expired and must be changed"),
    ROW_CODE(CKR_PIN_LOCKED, "the PIN is locked", SWT_E_PIN_LOCKED),
    ROW(CKR_SESSION_CLOSED, "the session was closed"),
    ROW(CKR_SESSION_COUNT, "the token takes no further session"),
    ROW(CKR_SESSION_HANDLE_INVALID, "the session is gone: was the token taken out?"),
    ROW(CKR_SESSION_PARALLEL_NOT_SUPPORTED, "the token takes no such session"),
    ROW(CKR_SESSION_READ_ONLY, "the session may not write"),
    ROW(CKR_SESSION_EXISTS, "a session is open"),
    ROW(CKR_SESSION_READ_ONLY_EXISTS, "a session that may not write is open"),
    ROW(CKR_SESSION_READ_WRITE_SO_EXISTS, "the security officer is logged in"),
    ROW(CKR_TEMPLATE_INCOMPLETE, "the token wants further attributes"),
    ROW(CKR_TEMPLATE_INCONSISTENT, "the token refuses these attributes together"),
    ROW(CKR_TOKEN_NOT_PRESENT, "the token was taken out"),
    ROW(CKR_TOKEN_NOT_RECOGNIZED, "the token is not recognised"),
    ROW(CKR_TOKEN_WRITE_PROTECTED, "the token is write-protected"),
    ROW(CKR_USER_ALREADY_LOGGED_IN, "the user is logged in"),
    ROW(CKR_USER_NOT_LOGGED_IN, "the token wants a login that it did not announce"),
    ROW_CODE(CKR_USER_PIN_NOT_INITIALIZED, "the token has no user PIN yet", SWT_E_PIN_NEEDED),
    ROW(CKR_USER_TYPE_INVALID, "the token knows no such login"),
    ROW(CKR_USER_ANOTHER_ALREADY_LOGGED_IN, "another user is logged in"),
    ROW(CKR_USER_TOO_MANY_TYPES, "another user is logged in"),
    ROW(CKR_RANDOM_NO_RNG, "the token has no random numbers"),
    ROW_CODE(CKR_DOMAIN_PARAMS_INVALID, "the token does not take the curve", SWT_E_MECHANISM),
    ROW_CODE(CKR_CURVE_NOT_SUPPORTED, "the token does not take the curve", SWT_E_MECHANISM),
    ROW(CKR_BUFFER_TOO_SMALL, "the answer is larger than it should be"),
    ROW(CKR_INFORMATION_SENSITIVE, "the token does not show it"),
    ROW(CKR_CRYPTOKI_NOT_INITIALIZED, "the module is not initialised"),
    ROW(CKR_CRYPTOKI_ALREADY_INITIALIZED, "the module is initialised already"),
    ROW(CKR_MUTEX_BAD, "the module cannot lock"),
    ROW(CKR_MUTEX_NOT_LOCKED, "the module cannot lock"),
    ROW(CKR_FIPS_SELF_TEST_FAILED, "the token's self-test failed"),
    ROW(CKR_LIBRARY_LOAD_FAILED, "the module cannot load a library that it needs"),
    ROW(CKR_PUBLIC_KEY_INVALID, "the token refuses the public key"),
    ROW(CKR_FUNCTION_REJECTED, "the token or its user rejected it"),
};

static size_t row_of(CK_RV rv) {
    size_t i = 0;
    while (i < SWT_COUNT(rows) && rows[i].rv != rv)
        i++;
    return i;
}

const char *swt_p11_rv_text(CK_RV rv, char ret_text[96]) {
    size_t row = row_of(rv);
    if (row < SWT_COUNT(rows))
        (void)snprintf(ret_text, 96, "%s (%s)", rows[row].words, rows[row].name);
    else if (rv >= CKR_VENDOR_DEFINED)
        (void)snprintf(ret_text, 96, "an error of the vendor's own (CKR_VENDOR_DEFINED + 0x%lx)",
                       rv - CKR_VENDOR_DEFINED);
    else
        (void)snprintf(ret_text, 96, "an unexpected answer (CKR value 0x%lx)", rv);
    return ret_text;
}

int swt_p11_fail(struct swt_error *err, const char *function, CK_RV rv) {
    char text[96];
    size_t row = row_of(rv);
    swt_fail(err, row < SWT_COUNT(rows) ? rows[row].code : SWT_E_TOKEN_FAILED, "%s: %s", function,
             swt_p11_rv_text(rv, text));
    if (rv == CKR_PIN_EXPIRED)
        swt_error_hint(err, "pkcs11-tool --login --change-pin sets another");
    if (rv == CKR_USER_PIN_NOT_INITIALIZED)
        swt_error_hint(err, "pkcs11-tool --login --login-type so --init-pin sets one");
    return -(int)err->code;
}
