/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions and logins. A PIN that is wrong costs one of a few tries, after which the token locks:
 * so there is one C_Login a token and run, even after a failure, and none that the token's flags
 * advise against.
 */
#include "p11.h"

#include <string.h>

int swt_p11_session(struct swt_p11_token *token, struct swt_error *err) {
    if (token->has_session)
        return 0;
    CK_RV rv = SWT_P11_CALL(token->module, C_OpenSession, token->slot, CKF_SERIAL_SESSION, NULL,
                            NULL, &token->session);
    if (rv != CKR_OK)
        return swt_p11_fail(err, "C_OpenSession", rv);
    token->has_session = true;
    return 0;
}

static int fail_locked(struct swt_error *err) {
    swt_fail(err, SWT_E_PIN_LOCKED, "the PIN of the token is locked");
    return swt_error_hint(err, "the token's security officer can unlock it: pkcs11-tool --login "
                               "--login-type so --init-pin");
}

/* p11-kit can be told to print each call, and would print the PIN. */
static int check_unlogged(const struct swt_p11_token *token, struct swt_error *err) {
    if (!swt_p11_module_logged(token->module))
        return 0;
    swt_fail(err, SWT_E_TOKEN_FAILED,
             "p11-kit would print the PIN: its configuration logs all calls of '%s'",
             token->module->name);
    return swt_error_hint(err, "take 'log-calls: yes' out of pkcs11.conf, or out of the module's "
                               "own file (pkcs11.conf(5))");
}

/* What the token's flags say, read anew. */
static int check_flags(struct swt_p11_token *token, bool allow_final_try, struct swt_error *err) {
    int result = check_unlogged(token, err);
    if (result >= 0)
        result = swt_p11_token_refresh(token, err);
    if (result < 0)
        return result;
    if ((token->info.flags & CKF_USER_PIN_LOCKED) != 0)
        return fail_locked(err);
    if ((token->info.flags & CKF_USER_PIN_FINAL_TRY) != 0 && !allow_final_try) {
        swt_fail(err, SWT_E_PIN_FINAL_TRY,
                 "one try of the PIN is left: a wrong one would lock the token");
        return swt_error_hint(err, "when you are sure of the PIN, give --allow-final-try");
    }
    return 0;
}

int swt_p11_login_check(struct swt_p11_token *token, bool allow_final_try, struct swt_error *err) {
    if (token->login == SWT_P11_DONE)
        return 0;
    if (token->login == SWT_P11_REFUSED) {
        *err = token->refusal;
        return -(int)err->code;
    }
    return check_flags(token, allow_final_try, err);
}

/* After a login that failed: says how many tries are left, as far as the flags tell. */
static int refused(struct swt_p11_token *token, CK_RV rv, struct swt_error *err) {
    struct swt_error ignored;
    swt_p11_fail(err, "C_Login", rv);
    if (err->code == SWT_E_PIN_LOCKED)
        return fail_locked(err);
    if (err->code != SWT_E_PIN_WRONG)
        return -(int)err->code;
    if (swt_p11_token_refresh(token, &ignored) < 0)
        return -(int)err->code;
    if ((token->info.flags & CKF_USER_PIN_LOCKED) != 0)
        return swt_error_hint(err, "the PIN is locked by this: the token's security officer can "
                                   "unlock it");
    if ((token->info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
        return swt_error_hint(err, "one try is left: the next wrong PIN locks the token");
    return swt_error_hint(err, "it was tried once, and is not tried again in this run; a few wrong "
                               "PINs lock a token");
}

/* The module does not write into a PIN, though its type would let it. */
static CK_RV call_login(const struct swt_p11_token *token, CK_USER_TYPE user, bool pin_pad,
                        struct swt_slice pin) {
    CK_UTF8CHAR *text = pin_pad ? NULL : (CK_UTF8CHAR *)(uintptr_t)pin.data;
    return SWT_P11_CALL(token->module, C_Login, token->session, user, text, pin_pad ? 0 : pin.len);
}

int swt_p11_login(struct swt_p11_token *token, bool pin_pad, bool allow_final_try,
                  struct swt_slice pin, struct swt_error *err) {
    /* The session first: it ends with the token that is looked at then. */
    int result = swt_p11_session(token, err);
    if (result >= 0)
        result = swt_p11_login_check(token, allow_final_try, err);
    if (result < 0 || token->login == SWT_P11_DONE)
        return result;
    CK_RV rv = call_login(token, CKU_USER, pin_pad, pin);
    if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN) {
        token->login = SWT_P11_DONE;
        return 0;
    }
    result = refused(token, rv, err);
    token->login = SWT_P11_REFUSED;
    token->refusal = *err;
    return result;
}

int swt_p11_use_check(struct swt_p11_key *key, bool allow_final_try, struct swt_error *err) {
    if (key->refused) {
        *err = key->refusal;
        return -(int)err->code;
    }
    return check_flags(key->token, allow_final_try, err);
}

/* Ends the operation that waits for its login, by the one way that all modules know. The session
 * after it comes first: with the last one the login would end. */
static void renew_session(struct swt_p11_token *token) {
    struct swt_error ignored;
    CK_SESSION_HANDLE old = token->session;
    token->has_session = false;
    if (swt_p11_session(token, &ignored) >= 0)
        (void)SWT_P11_CALL(token->module, C_CloseSession, old);
    else
        token->has_session = true;
}

int swt_p11_use_login(struct swt_p11_key *key, bool pin_pad, struct swt_slice pin,
                      struct swt_error *err) {
    CK_RV rv = call_login(key->token, CKU_CONTEXT_SPECIFIC, pin_pad, pin);
    if (rv == CKR_OK)
        return 0;
    int result = refused(key->token, rv, err);
    key->refused = true;
    key->refusal = *err;
    renew_session(key->token);
    return result;
}

void swt_p11_session_close(struct swt_p11_token *token) {
    if (!token->has_session)
        return;
    if (token->login == SWT_P11_DONE)
        (void)SWT_P11_CALL(token->module, C_Logout, token->session);
    (void)SWT_P11_CALL(token->module, C_CloseSession, token->session);
    token->has_session = false;
}
