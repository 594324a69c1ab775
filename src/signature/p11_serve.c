/* SPDX-License-Identifier: Apache-2.0 */
/* The requests that the worker serves. Tokens and keys have numbers from 1, so that 0 is none. */
#include "p11.h"

#include <stdlib.h>
#include <string.h>

struct request {
    struct swt_p11_message message;
    struct swt_p11_uri uri;      /* parsed, when the message has one */
    struct swt_p11_token *token; /* of its number; NULL when the message has none */
    struct swt_p11_key *key;     /* likewise */
    bool allow_final_try, pin_pad;
    struct swt_slice secret;
};

static void request_done(struct request *request) {
    swt_p11_uri_done(&request->uri);
}

static int bad_request(struct swt_error *err) {
    return swt_fail(err, SWT_E_MODULE_FAILED, "a request that the worker does not know");
}

static uint64_t token_number(const struct swt_p11 *p11, const struct swt_p11_token *token) {
    uint64_t i = 0;
    while (p11->tokens[i] != token)
        i++;
    return i + 1;
}

static int add_key(struct swt_p11 *p11, const struct swt_p11_key *key, struct swt_error *err) {
    struct swt_p11_key **keys =
        reallocarray(p11->keys, p11->key_count + 1, sizeof(struct swt_p11_key *));
    if (keys == NULL)
        return swt_fail_memory(err);
    p11->keys = keys;
    struct swt_p11_key *copy = malloc(sizeof *copy);
    if (copy == NULL)
        return swt_fail_memory(err);
    *copy = *key;
    keys[p11->key_count++] = copy;
    return 0;
}

/* ---- tokens ------------------------------------------------------------------------------ */

static int serve_token(struct swt_p11 *p11, const struct request *request, struct swt_buf *reply,
                       struct swt_error *err) {
    struct swt_p11_token *token;
    int result = swt_p11_token_find(p11, &request->uri, &token, err);
    if (result < 0)
        return result;
    const struct swt_p11_message answer = {
        .token = token_number(p11, token),
        .flags = swt_p11_token_flags(token),
        .label = swt_p11_text_field(token->info.label, sizeof token->info.label)};
    return swt_p11_message_put(reply, &answer, err);
}

static int serve_prepare(struct swt_p11 *p11, const struct request *request, struct swt_buf *reply,
                         struct swt_error *err) {
    (void)p11;
    int result = swt_p11_login_check(request->token, request->allow_final_try, err);
    if (result < 0)
        return result;
    const struct swt_p11_message answer = {.flags = swt_p11_token_flags(request->token)};
    return swt_p11_message_put(reply, &answer, err);
}

static int serve_prepare_use(struct swt_p11 *p11, const struct request *request,
                             struct swt_buf *reply, struct swt_error *err) {
    (void)p11;
    (void)reply;
    return swt_p11_use_check(request->key, request->allow_final_try, err);
}

static int serve_login(struct swt_p11 *p11, const struct request *request, struct swt_buf *reply,
                       struct swt_error *err) {
    (void)p11;
    (void)reply;
    return swt_p11_login(request->token, request->pin_pad, request->allow_final_try,
                         request->secret, err);
}

static int put_token(const struct swt_p11 *p11, const struct swt_p11_token *token,
                     const struct swt_p11_uri *asked, struct swt_buf *reply,
                     struct swt_error *err) {
    const CK_TOKEN_INFO *info = &token->info;
    const struct swt_slice none = {0};
    char *uri = swt_p11_uri_format(info, none, none, asked, NULL, err);
    if (uri == NULL)
        return -(int)err->code;
    const struct swt_p11_message item = {
        .token = token_number(p11, token),
        .flags = swt_p11_token_flags(token),
        .uri = swt_slice_text(uri),
        .label = swt_p11_text_field(info->label, sizeof info->label),
        .manufacturer = swt_p11_text_field(info->manufacturerID, sizeof info->manufacturerID),
        .model = swt_p11_text_field(info->model, sizeof info->model),
        .serial = swt_p11_text_field(info->serialNumber, sizeof info->serialNumber),
        .module = swt_slice_text(token->module->path != NULL ? token->module->path
                                                             : token->module->name)};
    int result = swt_p11_message_put_item(reply, &item, err);
    free(uri);
    return result;
}

static int serve_list_tokens(struct swt_p11 *p11, const struct request *request,
                             struct swt_buf *reply, struct swt_error *err) {
    struct swt_p11_token **tokens;
    size_t count;
    int result = swt_p11_tokens_find(p11, &request->uri, &tokens, &count, err);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0; i++)
        result = put_token(p11, tokens[i], &request->uri, reply, err);
    free(tokens);
    return result;
}

static int serve_list_keys(struct swt_p11 *p11, const struct request *request,
                           struct swt_buf *reply, struct swt_error *err) {
    (void)p11;
    return swt_p11_list_keys(request->token, &request->uri, reply, err);
}

/* ---- keys -------------------------------------------------------------------------------- */

static int serve_find_public(struct swt_p11 *p11, const struct request *request,
                             struct swt_buf *reply, struct swt_error *err) {
    struct swt_public_key key SWT_CLEANUP(swt_public_key_done) = {0};
    (void)p11;
    int result = swt_p11_public_find(request->token, &request->uri, &key, err);
    if (result < 0)
        return result;
    const struct swt_p11_message answer = {.key_type = key.key.type, .value = key.key.value};
    return swt_p11_message_put(reply, &answer, err);
}

static int look_at_key(struct swt_p11_token *token, const struct request *request,
                       struct swt_p11_key *key, struct swt_public_key *public_key,
                       struct swt_buf *label, struct swt_error *err) {
    CK_KEY_TYPE type = CK_UNAVAILABLE_INFORMATION;
    int result = swt_p11_private_find(token, &request->uri, &key->object, err);
    if (result >= 0)
        result = swt_p11_attribute_number(token, key->object, CKA_KEY_TYPE, &type, err);
    if (result >= 0)
        result = swt_p11_public_of(token, key->object, type, &request->uri, public_key, err);
    if (result >= 0)
        result = swt_p11_attribute_flag(token, key->object, CKA_ALWAYS_AUTHENTICATE,
                                        &key->always_authenticate, err);
    if (result >= 0)
        result = swt_p11_attribute(token, key->object, CKA_LABEL, label, err);
    return result < 0 ? result : 0;
}

static int serve_find_private(struct swt_p11 *p11, const struct request *request,
                              struct swt_buf *reply, struct swt_error *err) {
    struct swt_public_key public_key SWT_CLEANUP(swt_public_key_done) = {0};
    struct swt_buf label SWT_CLEANUP(swt_buf_done) = {0};
    struct swt_p11_key key = {.token = request->token};
    int result = look_at_key(key.token, request, &key, &public_key, &label, err);
    if (result >= 0)
        result = add_key(p11, &key, err);
    if (result < 0)
        return result;
    const struct swt_p11_message answer = {
        .key = p11->key_count,
        .flags = key.always_authenticate ? SWT_P11_ALWAYS_AUTHENTICATE : 0,
        .label = swt_buf_slice(&label),
        .key_type = public_key.key.type,
        .value = public_key.key.value};
    return swt_p11_message_put(reply, &answer, err);
}

static uint32_t key_type(const struct swt_p11_message *message) {
    return message->key_type > UINT32_MAX ? 0 : (uint32_t)message->key_type;
}

static int serve_check(struct swt_p11 *p11, const struct request *request, struct swt_buf *reply,
                       struct swt_error *err) {
    (void)p11;
    (void)reply;
    return swt_p11_usable(request->key->token, request->key->object, key_type(&request->message),
                          err);
}

static int serve_sign(struct swt_p11 *p11, const struct request *request, struct swt_buf *reply,
                      struct swt_error *err) {
    struct swt_buf value SWT_CLEANUP(swt_buf_done) = {0};
    const struct swt_p11_message *message = &request->message;
    const struct swt_p11_signing signing = {.type = key_type(message),
                                            .digest = message->digest,
                                            .message = message->message,
                                            .pin_pad = request->pin_pad,
                                            .allow_final_try = request->allow_final_try,
                                            .pin = request->secret};
    (void)p11;
    int result = swt_p11_sign(request->key, &signing, &value, err);
    if (result < 0)
        return result;
    const struct swt_p11_message answer = {.value = swt_buf_slice(&value)};
    return swt_p11_message_put(reply, &answer, err);
}

static int serve_generate(struct swt_p11 *p11, const struct request *request, struct swt_buf *reply,
                          struct swt_error *err) {
    struct swt_p11_key key;
    char *uri = NULL;
    if (request->message.kind > SWT_KIND_RSA_4096)
        return bad_request(err);
    int result = swt_p11_generate(request->token, &request->uri,
                                  (enum swt_key_kind)request->message.kind, &key, &uri, err);
    if (result < 0)
        return result;
    result = add_key(p11, &key, err);
    if (result >= 0) {
        const struct swt_p11_message answer = {.key = p11->key_count, .uri = swt_slice_text(uri)};
        result = swt_p11_message_put(reply, &answer, err);
    }
    free(uri);
    if (result < 0) {
        /* Nobody learns of the pair, and its label would be taken at the next try. */
        struct swt_error fault;
        if (swt_p11_destroy(&key, &fault) < 0)
            return swt_error_hint(err, "the new key is still on the token: %s", fault.message);
    }
    return result;
}

static int serve_destroy(struct swt_p11 *p11, const struct request *request, struct swt_buf *reply,
                         struct swt_error *err) {
    (void)p11;
    (void)reply;
    return swt_p11_destroy(request->key, err);
}

/* ---- all --------------------------------------------------------------------------------- */

static int read_request(const struct swt_p11 *p11, struct swt_slice bytes, struct request *request,
                        struct swt_error *err) {
    int result = swt_p11_message_read(bytes, &request->message, err);
    if (result < 0)
        return result;
    const struct swt_p11_message *message = &request->message;
    if (message->token > p11->token_count || message->key > p11->key_count)
        return bad_request(err);
    request->token = message->token == 0 ? NULL : p11->tokens[message->token - 1];
    request->key = message->key == 0 ? NULL : p11->keys[message->key - 1];
    request->pin_pad = (message->flags & SWT_P11_PIN_PAD) != 0;
    request->allow_final_try = (message->flags & SWT_P11_ALLOW_FINAL_TRY) != 0;
    if (message->uri.len == 0)
        return 0;
    char *text;
    result = swt_p11_message_text(message->uri, &text, err);
    if (result < 0)
        return result;
    result = swt_p11_uri_parse(text, &request->uri, err);
    free(text);
    return result;
}

#define URI 1U
#define TOKEN 2U
#define KEY 4U
static const struct row {
    int (*serve)(struct swt_p11 *p11, const struct request *request, struct swt_buf *reply,
                 struct swt_error *err);
    unsigned needs;
} rows[] = {
    [SWT_P11_TOKEN] = {serve_token, URI},
    [SWT_P11_PREPARE] = {serve_prepare, TOKEN},
    [SWT_P11_LOGIN] = {serve_login, TOKEN},
    [SWT_P11_FIND_PUBLIC] = {serve_find_public, TOKEN | URI},
    [SWT_P11_FIND_PRIVATE] = {serve_find_private, TOKEN | URI},
    [SWT_P11_CHECK] = {serve_check, KEY},
    [SWT_P11_PREPARE_USE] = {serve_prepare_use, KEY},
    [SWT_P11_SIGN] = {serve_sign, KEY},
    [SWT_P11_LIST_TOKENS] = {serve_list_tokens, URI},
    [SWT_P11_LIST_KEYS] = {serve_list_keys, TOKEN | URI},
    [SWT_P11_GENERATE] = {serve_generate, TOKEN | URI},
    [SWT_P11_DESTROY] = {serve_destroy, KEY},
};

int swt_p11_serve(void *context, struct swt_worker_port *port, struct swt_slice request,
                  struct swt_slice secret, struct swt_buf *ret_reply, struct swt_error *err) {
    struct request parsed SWT_CLEANUP(request_done) = {.secret = secret};
    struct swt_p11 *p11 = context;
    p11->port = port;
    int result = read_request(p11, request, &parsed, err);
    if (result < 0)
        return result;
    unsigned has = (parsed.uri.kit != NULL ? URI : 0) | (parsed.token != NULL ? TOKEN : 0) |
                   (parsed.key != NULL ? KEY : 0);
    uint64_t operation = parsed.message.operation;
    if (operation >= SWT_COUNT(rows) || rows[operation].serve == NULL ||
        (rows[operation].needs & ~has) != 0)
        return bad_request(err);
    return rows[operation].serve(p11, &parsed, ret_reply, err);
}

void swt_p11_finish(void *context) {
    struct swt_p11 *p11 = context;
    for (size_t i = 0; i < p11->token_count; i++) {
        swt_p11_session_close(p11->tokens[i]);
        free(p11->tokens[i]);
    }
    free(p11->tokens);
    for (size_t i = 0; i < p11->key_count; i++)
        free(p11->keys[i]);
    free(p11->keys);
    swt_p11_unload(p11);
}
