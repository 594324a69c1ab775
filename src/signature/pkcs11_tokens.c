/* SPDX-License-Identifier: Apache-2.0 */
/* What is on the tokens, and new keys there. */
#include "p11.h"

#include <stdlib.h>
#include <string.h>

/* ---- listing ----------------------------------------------------------------------------- */

static void key_done(struct swt_token_key *key) {
    free(key->uri);
    free(key->label);
    swt_public_key_done(&key->key);
}

static void token_done(struct swt_token *token) {
    for (size_t i = 0; i < token->key_count; i++)
        key_done(&token->keys[i]);
    free(token->keys);
    free(token->uri);
    free(token->label);
    free(token->manufacturer);
    free(token->model);
    free(token->serial);
    free(token->module);
}

void swt_token_list_done(struct swt_token_list *list) {
    for (size_t i = 0; i < list->count; i++)
        token_done(&list->items[i]);
    free(list->items);
    *list = (struct swt_token_list){0};
}

static int fill_key(const struct swt_p11_message *item, struct swt_token_key *key,
                    struct swt_error *err) {
    key->has_private = (item->flags & SWT_P11_HAS_PRIVATE) != 0;
    key->has_public = (item->flags & SWT_P11_HAS_PUBLIC) != 0;
    key->has_certificate = (item->flags & SWT_P11_HAS_CERTIFICATE) != 0;
    int result = swt_p11_message_text(item->uri, &key->uri, err);
    /* A label with a NUL in it cannot be shown whole; its URI can. */
    struct swt_slice label = item->label;
    if (label.len > 0)
        label.len = strnlen((const char *)label.data, label.len);
    if (result >= 0)
        result = swt_p11_message_text(label, &key->label, err);
    if (result < 0 || item->key_type == 0)
        return result;
    key->readable = true;
    return swt_p11_message_key(item, &key->key, err);
}

static int list_keys(const struct swt_key_source *source, struct swt_keyring *keyring,
                     uint64_t number, struct swt_token *token, struct swt_error *err) {
    struct swt_p11_reply reply SWT_CLEANUP(swt_p11_reply_done) = {0};
    const struct swt_p11_message request = {
        .operation = SWT_P11_LIST_KEYS, .token = number, .uri = swt_slice_text(source->uri)};
    struct swt_p11_message item;
    size_t position = 0;
    int result = swt_p11_call(keyring, &request, NULL, SWT_P11_SECONDS, &reply, err);
    while (result >= 0 &&
           (result = swt_p11_message_item(&reply.message, &position, &item, err)) > 0) {
        struct swt_token_key *keys = reallocarray(token->keys, token->key_count + 1, sizeof *keys);
        if (keys == NULL)
            return swt_fail_memory(err);
        token->keys = keys;
        keys[token->key_count] = (struct swt_token_key){0};
        result = fill_key(&item, &keys[token->key_count++], err);
    }
    return result;
}

static int fill_token(const struct swt_p11_message *item, struct swt_token *token,
                      struct swt_error *err) {
    const struct {
        struct swt_slice from;
        char **to;
    } texts[] = {
        {item->uri, &token->uri},       {item->label, &token->label},
        {item->model, &token->model},   {item->manufacturer, &token->manufacturer},
        {item->serial, &token->serial}, {item->module, &token->module},
    };
    token->pin_pad = (item->flags & SWT_P11_PIN_PAD) != 0;
    token->pin_count_low = (item->flags & SWT_P11_COUNT_LOW) != 0;
    token->pin_final_try = (item->flags & SWT_P11_FINAL_TRY) != 0;
    token->pin_locked = (item->flags & SWT_P11_LOCKED) != 0;
    for (size_t i = 0; i < SWT_COUNT(texts); i++) {
        struct swt_slice text = texts[i].from;
        if (text.len > 0)
            text.len = strnlen((const char *)text.data, text.len);
        int result = swt_p11_message_text(text, texts[i].to, err);
        if (result < 0)
            return result;
    }
    return 0;
}

/* A PIN goes to one token: on each further one it would be a wrong try. */
static int check_single(const struct swt_p11_message *tokens, struct swt_error *err) {
    struct swt_p11_message item;
    size_t position = 0;
    size_t count = 0;
    int result;
    while ((result = swt_p11_message_item(tokens, &position, &item, err)) > 0)
        count++;
    if (result < 0 || count <= 1)
        return result;
    swt_fail(err, SWT_E_TOKEN_AMBIGUOUS, "a PIN is given, and %zu tokens fit", count);
    return swt_error_hint(err, "name the token that the PIN is for: pkcs11:token=LABEL");
}

static int list_token(const struct swt_p11_pin_source *pin, const struct swt_p11_message *item,
                      struct swt_token *token, struct swt_error *err) {
    /* On a reader with a PIN pad somebody would have to be asked. */
    bool log_in = swt_p11_pin_given(pin) && (item->flags & SWT_P11_LOGIN_REQUIRED) != 0 &&
                  (item->flags & SWT_P11_PIN_PAD) == 0;
    int result = fill_token(item, token, err);
    if (result >= 0 && log_in)
        result = swt_p11_log_in(pin, item->token, token->label, NULL, NULL, err);
    if (result < 0)
        return result;
    token->logged_in = log_in || (item->flags & SWT_P11_LOGGED_IN) != 0 ||
                       (item->flags & SWT_P11_LOGIN_REQUIRED) == 0;
    return list_keys(pin->source, pin->keyring, item->token, token, err);
}

static int list_all(const struct swt_p11_pin_source *pin, struct swt_token_list *list,
                    struct swt_error *err) {
    struct swt_p11_reply reply SWT_CLEANUP(swt_p11_reply_done) = {0};
    const struct swt_p11_message request = {.operation = SWT_P11_LIST_TOKENS,
                                            .uri = swt_slice_text(pin->source->uri)};
    struct swt_p11_message item;
    size_t position = 0;
    int result = swt_p11_call(pin->keyring, &request, NULL, SWT_P11_SECONDS, &reply, err);
    if (result >= 0 && swt_p11_pin_given(pin))
        result = check_single(&reply.message, err);
    while (result >= 0 &&
           (result = swt_p11_message_item(&reply.message, &position, &item, err)) > 0) {
        struct swt_token *items = reallocarray(list->items, list->count + 1, sizeof *items);
        if (items == NULL)
            return swt_fail_memory(err);
        list->items = items;
        items[list->count] = (struct swt_token){0};
        result = list_token(pin, &item, &items[list->count++], err);
    }
    return result;
}

/* Parses the URI of pin's source, for where else the PIN may come from. */
static int begin(struct swt_p11_pin_source *pin, struct swt_key_uri *ret_text,
                 struct swt_p11_uri *ret_uri, struct swt_error *err) {
    const char *text = pin->source->uri;
    if (swt_key_uri_parse(text, ret_text, err) < 0 || !swt_key_uri_has_scheme(ret_text, "pkcs11"))
        return swt_fail(err, SWT_E_KEY_URI, "'%.*s' is no PKCS#11 URI, expected pkcs11:...",
                        (int)swt_key_uri_shown(text), text);
    int result = swt_p11_uri_parse(text, ret_uri, err);
    if (result < 0)
        return swt_key_uri_blame(ret_text, err);
    pin->pin_source = ret_uri->pin_source;
    return 0;
}

int swt_tokens_list(const struct swt_key_source *source, struct swt_keyring *keyring,
                    struct swt_token_list *ret_list, struct swt_error *err) {
    struct swt_token_list list SWT_CLEANUP(swt_token_list_done) = {0};
    struct swt_p11_uri uri SWT_CLEANUP(swt_p11_uri_done) = {0};
    struct swt_p11_pin_source pin = {.source = source, .keyring = keyring};
    struct swt_key_uri text;
    int result = begin(&pin, &text, &uri, err);
    if (result < 0)
        return result;
    result = list_all(&pin, &list, err);
    if (result < 0)
        return swt_p11_blame(&text, err);
    *ret_list = SWT_MOVE(list);
    return 0;
}

/* ---- making a key ------------------------------------------------------------------------ */

/* Finds the key by its whole URI, as any command will, and has it sign. */
static int try_key(const struct swt_key_source *source, const char *uri,
                   struct swt_keyring *keyring, struct swt_public_key *ret_key,
                   struct swt_error *err) {
    struct swt_signer *signer SWT_CLEANUP(swt_signer_cleanup) = NULL;
    struct swt_key_source made = *source;
    made.uri = uri;
    int result = swt_signer_open(&made, keyring, NULL, &signer, err);
    if (result >= 0)
        result = swt_signer_trial(signer, err);
    return result < 0 ? result : swt_public_key_copy(swt_signer_key(signer), ret_key, err);
}

/* A key that did not sign as it should is no key to be found later. */
static int take_back(struct swt_keyring *keyring, uint64_t key, struct swt_error *err) {
    struct swt_error fault;
    const struct swt_p11_message request = {.operation = SWT_P11_DESTROY, .key = key};
    if (swt_p11_call(keyring, &request, NULL, SWT_P11_SECONDS, NULL, &fault) < 0)
        return swt_error_hint(err, "the new key is still on the token: %s", fault.message);
    return -(int)err->code;
}

static int generate(const struct swt_p11_pin_source *pin, enum swt_key_kind kind,
                    struct swt_p11_reply *reply, struct swt_error *err) {
    struct swt_p11_reply token SWT_CLEANUP(swt_p11_reply_done) = {0};
    struct swt_p11_message request = {.operation = SWT_P11_TOKEN,
                                      .uri = swt_slice_text(pin->source->uri)};
    char *label;
    int result = swt_p11_call(pin->keyring, &request, NULL, SWT_P11_SECONDS, &token, err);
    if (result >= 0)
        result = swt_p11_message_text(token.message.label, &label, err);
    if (result < 0)
        return result;
    if ((token.message.flags & SWT_P11_LOGIN_REQUIRED) != 0)
        result = swt_p11_log_in(pin, token.message.token, label, NULL, NULL, err);
    free(label);
    if (result < 0)
        return result;
    request.operation = SWT_P11_GENERATE;
    request.token = token.message.token;
    request.kind = kind;
    return swt_p11_call(pin->keyring, &request, NULL, SWT_P11_LONG_SECONDS, reply, err);
}

static int check_new(const struct swt_p11_uri *uri, struct swt_error *err) {
    if (uri->has_class)
        return swt_fail(err, SWT_E_KEY_URI, "a new key pair has no 'type='");
    if (uri->label != NULL && uri->label->ulValueLen > 0)
        return 0;
    swt_fail(err, SWT_E_KEY_URI, "the new key has no label");
    return swt_error_hint(err, "give it one: pkcs11:token=...;object=LABEL");
}

int swt_token_generate(const struct swt_key_source *source, enum swt_key_kind kind,
                       struct swt_keyring *keyring, char **ret_uri, struct swt_public_key *ret_key,
                       struct swt_error *err) {
    struct swt_p11_reply reply SWT_CLEANUP(swt_p11_reply_done) = {0};
    struct swt_p11_uri uri SWT_CLEANUP(swt_p11_uri_done) = {0};
    struct swt_p11_pin_source pin = {.source = source, .keyring = keyring};
    struct swt_key_uri text;
    char *made = NULL;
    int result = begin(&pin, &text, &uri, err);
    if (result < 0)
        return result;
    result = check_new(&uri, err);
    if (result >= 0)
        result = generate(&pin, kind, &reply, err);
    if (result < 0)
        return swt_p11_blame(&text, err);
    result = swt_p11_message_text(reply.message.uri, &made, err);
    if (result < 0)
        (void)swt_p11_blame(&text, err);
    else
        result = try_key(source, made, keyring, ret_key, err);
    if (result < 0) {
        free(made);
        return take_back(keyring, reply.message.key, err);
    }
    *ret_uri = made;
    return 0;
}
