/* SPDX-License-Identifier: Apache-2.0 */
/* The one worker of a run, in which all PKCS#11 modules are. */
#include "p11.h"

#include <stdlib.h>

struct swt_tokens {
    struct swt_worker *worker;
    struct swt_p11 state; /* the worker works on its copy */
};

void swt_tokens_free(struct swt_tokens *tokens) {
    if (tokens == NULL)
        return;
    swt_worker_free(tokens->worker);
    free(tokens);
}

static int start(struct swt_keyring *keyring, struct swt_error *err) {
    if (keyring->tokens != NULL)
        return 0;
    struct swt_tokens *tokens = calloc(1, sizeof *tokens);
    if (tokens == NULL)
        return swt_fail_memory(err);
    const struct swt_worker_job job = {
        .serve = swt_p11_serve, .finish = swt_p11_finish, .context = &tokens->state};
    int result = swt_worker_start(&job, &tokens->worker, err);
    if (result < 0) {
        free(tokens);
        return result;
    }
    keyring->tokens = tokens;
    return 0;
}

static int start_for(struct swt_keyring *keyring, const char *uri, struct swt_error *err) {
    struct swt_key_uri parsed;
    struct swt_error ignored; /* who opens the key tells it */
    if (uri == NULL || swt_key_uri_parse(uri, &parsed, &ignored) < 0 ||
        !swt_key_uri_has_scheme(&parsed, "pkcs11"))
        return 0;
    return start(keyring, err) < 0 ? swt_p11_blame(&parsed, err) : 0;
}

int swt_keyring_prepare(struct swt_keyring *keyring, const struct swt_key_source *sources,
                        size_t count, struct swt_error *err) {
    int result = 0;
    for (size_t i = 0; i < count && result >= 0; i++) {
        result = start_for(keyring, sources[i].uri, err);
        if (result >= 0)
            result = start_for(keyring, sources[i].public_key, err);
    }
    return result;
}

void swt_p11_reply_done(struct swt_p11_reply *reply) {
    swt_buf_done(&reply->bytes);
    *reply = (struct swt_p11_reply){0};
}

int swt_p11_call(struct swt_keyring *keyring, const struct swt_p11_message *request,
                 const struct swt_secret *secret, unsigned seconds, struct swt_p11_reply *ret_reply,
                 struct swt_error *err) {
    struct swt_buf bytes SWT_CLEANUP(swt_buf_done) = {0};
    struct swt_p11_reply reply SWT_CLEANUP(swt_p11_reply_done) = {0};
    int result = swt_p11_message_put(&bytes, request, err);
    if (result >= 0)
        result = start(keyring, err);
    if (result >= 0)
        result = swt_worker_call(keyring->tokens->worker, swt_buf_slice(&bytes), secret,
                                 swt_signer_seconds(seconds), &reply.bytes, err);
    if (result >= 0)
        result = swt_p11_message_read(swt_buf_slice(&reply.bytes), &reply.message, err);
    if (result < 0)
        return result;
    if (ret_reply != NULL)
        *ret_reply = SWT_MOVE(reply);
    return 0;
}

int swt_p11_blame(const struct swt_key_uri *uri, struct swt_error *err) {
    bool own = err->code != SWT_E_MEMORY && err->code != SWT_E_INTERRUPTED &&
               err->code != SWT_E_TERMINATED;
    return own ? swt_key_uri_blame(uri, err) : -(int)err->code;
}
