/* SPDX-License-Identifier: Apache-2.0 */
/* Where a PIN comes from, and how it gets to the worker. */
#include "p11.h"

#include <stdlib.h>

bool swt_p11_pin_given(const struct swt_p11_pin_source *from) {
    return from->source->passphrase_file != NULL || from->source->passphrase_env != NULL ||
           from->pin_source != NULL;
}

int swt_p11_pin_read(const struct swt_p11_pin_source *from, const char *what,
                     struct swt_secret *ret_pin, struct swt_error *err) {
    struct swt_key_source source = {.passphrase_file = from->source->passphrase_file,
                                    .passphrase_env = from->source->passphrase_env};
    if (source.passphrase_file == NULL && source.passphrase_env == NULL)
        source.passphrase_file = from->pin_source;
    return swt_pin_read(&source, from->keyring, what, ret_pin, err);
}

static int warn_of_flags(uint64_t flags, const char *label, struct swt_notices *notices,
                         struct swt_error *err) {
    if (notices == NULL || (flags & SWT_P11_COUNT_LOW) == 0)
        return 0;
    return swt_notices_add(notices, err, SWT_WARNING,
                           "the token '%s': a wrong PIN was entered before; few tries are left",
                           label);
}

static int ask_pad(const struct swt_p11_pin_source *from, const char *label,
                   struct swt_error *err) {
    const struct swt_prompt *prompt = &from->keyring->prompt;
    char *what = swt_format(err, "enter the PIN on the reader of the token '%s'", label);
    if (what == NULL)
        return -(int)err->code;
    if (prompt->tell != NULL)
        prompt->tell(prompt->context, what);
    free(what);
    return 0;
}

static int ask_pin(const struct swt_p11_pin_source *from, const char *label,
                   struct swt_secret *ret_pin, struct swt_error *err) {
    char *what = swt_format(err, "PIN for the token '%s'", label);
    if (what == NULL)
        return -(int)err->code;
    int result = swt_p11_pin_read(from, what, ret_pin, err);
    free(what);
    return result;
}

int swt_p11_authenticate(const struct swt_p11_pin_source *from, uint64_t flags, const char *label,
                         struct swt_secret *ret_pin, struct swt_error *err) {
    return (flags & SWT_P11_PIN_PAD) != 0 ? ask_pad(from, label, err)
                                          : ask_pin(from, label, ret_pin, err);
}

int swt_p11_log_in(const struct swt_p11_pin_source *from, uint64_t token, const char *label,
                   struct swt_notices *notices, struct swt_secret *ret_pin, struct swt_error *err) {
    struct swt_p11_reply state SWT_CLEANUP(swt_p11_reply_done) = {0};
    struct swt_secret pin SWT_CLEANUP(swt_secret_done) = {0};
    uint64_t allow = from->keyring->allow_final_try ? SWT_P11_ALLOW_FINAL_TRY : 0;
    struct swt_p11_message request = {.operation = SWT_P11_PREPARE, .token = token, .flags = allow};

    int result = swt_p11_call(from->keyring, &request, NULL, SWT_P11_SECONDS, &state, err);
    if (result < 0 || (state.message.flags & SWT_P11_LOGGED_IN) != 0)
        return result;
    bool pad = (state.message.flags & SWT_P11_PIN_PAD) != 0;
    result = warn_of_flags(state.message.flags, label, notices, err);
    if (result >= 0)
        result = swt_p11_authenticate(from, state.message.flags, label, &pin, err);
    if (result < 0)
        return result;
    request.operation = SWT_P11_LOGIN;
    request.flags = allow | (pad ? SWT_P11_PIN_PAD : 0);
    result = swt_p11_call(from->keyring, &request, pad ? NULL : &pin,
                          pad ? SWT_P11_LONG_SECONDS : SWT_P11_SECONDS, NULL, err);
    if (result >= 0 && ret_pin != NULL)
        *ret_pin = SWT_MOVE(pin);
    return result;
}
