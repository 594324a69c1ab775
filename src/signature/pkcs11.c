/* SPDX-License-Identifier: Apache-2.0 */
/* The backend of keys on PKCS#11 tokens. */
#include "p11.h"

#include <stdlib.h>
#include <string.h>

/* What a request names: its URI taken apart, and the token, found. */
struct place {
    struct swt_p11_uri uri;
    struct swt_p11_pin_source pin;
    uint64_t token;
    uint64_t flags;
    char *label; /* of the token */
};

static void place_done(struct place *place) {
    swt_p11_uri_done(&place->uri);
    free(place->label);
}

static int find_place(const struct swt_key_request *request, struct place *place,
                      struct swt_error *err) {
    struct swt_p11_reply reply SWT_CLEANUP(swt_p11_reply_done) = {0};
    int result = swt_p11_uri_parse(request->uri.text, &place->uri, err);
    if (result < 0)
        return result;
    place->pin = (struct swt_p11_pin_source){.source = request->source,
                                             .pin_source = place->uri.pin_source,
                                             .keyring = request->keyring};
    const struct swt_p11_message message = {.operation = SWT_P11_TOKEN,
                                            .uri = swt_slice_text(request->uri.text)};
    result = swt_p11_call(request->keyring, &message, NULL, SWT_P11_SECONDS, &reply, err);
    if (result < 0)
        return result;
    place->token = reply.message.token;
    place->flags = reply.message.flags;
    return swt_p11_message_text(reply.message.label, &place->label, err);
}

/* ---- public parts ------------------------------------------------------------------------ */

/* --public-key, when it is given. */
static int load_given(const struct swt_key_request *request, struct swt_public_key *ret_key,
                      struct swt_error *err) {
    const struct swt_key_source companion = {.uri = request->source->public_key};
    return companion.uri == NULL ? 0
                                 : swt_public_key_load(&companion, request->keyring, ret_key, err);
}

/* --public-key beside the token's own public part: must be the same. */
static int check_given(const struct swt_key_request *request, const struct swt_public_key *own,
                       enum swt_code fault, struct swt_error *err) {
    struct swt_public_key given SWT_CLEANUP(swt_public_key_done) = {0};
    int result = load_given(request, &given, err);
    if (result < 0 || request->source->public_key == NULL ||
        memcmp(own->id, given.id, sizeof own->id) == 0)
        return result;
    swt_fail(err, fault, "the token holds another public part of this key than '%s'",
             request->source->public_key);
    return swt_key_uri_blame(&request->uri, err);
}

static int fail_lone(struct swt_error *err) {
    swt_fail(err, SWT_E_KEY, "the token does not hold the public part of this key");
    return swt_error_hint(err, "give it with --public-key PUB; a trial signature tells whether it "
                               "is the key's");
}

/* ---- signing ----------------------------------------------------------------------------- */

struct token_key {
    struct swt_keyring *keyring;
    uint64_t key;
    uint64_t flags; /* the key's, and SWT_P11_PIN_PAD of the token */
    char *label;    /* of the token */
    bool unproven;
    struct swt_secret pin; /* for a key that wants it at each use, unless a person is asked */
};

static void token_key_done(struct token_key *key) {
    swt_secret_done(&key->pin);
    free(key->label);
}

static void close_key(void *state) {
    if (state != NULL)
        token_key_done(state);
    free(state);
}

static void token_key_cleanup(struct token_key **key) {
    close_key(*key);
}

/* The private key at place: its number, its flags, and its public part unless it is a lone one. */
static int find_private(const struct swt_key_request *request, struct place *place,
                        struct token_key *key, struct swt_notices *notices,
                        struct swt_public_key *own, struct swt_error *err) {
    struct swt_p11_reply reply SWT_CLEANUP(swt_p11_reply_done) = {0};
    int result = 0;
    if ((place->flags & SWT_P11_LOGIN_REQUIRED) != 0)
        result = swt_p11_log_in(&place->pin, place->token, place->label, notices, &key->pin, err);
    const struct swt_p11_message message = {.operation = SWT_P11_FIND_PRIVATE,
                                            .token = place->token,
                                            .uri = swt_slice_text(request->uri.text)};
    if (result >= 0)
        result = swt_p11_call(request->keyring, &message, NULL, SWT_P11_SECONDS, &reply, err);
    if (result < 0)
        return result;
    key->key = reply.message.key;
    key->flags = reply.message.flags | (place->flags & SWT_P11_PIN_PAD);
    return reply.message.key_type == 0 ? 0 : swt_p11_message_key(&reply.message, own, err);
}

/* A PIN is kept for a key that wants it at each use, and only where nobody could be asked again. */
static int keep_pin(const struct place *place, struct token_key *key, struct swt_error *err) {
    bool at_use = (key->flags & SWT_P11_ALWAYS_AUTHENTICATE) != 0 &&
                  (key->flags & SWT_P11_PIN_PAD) == 0 && swt_p11_pin_given(&place->pin);
    if (!at_use) {
        swt_secret_done(&key->pin);
        return 0;
    }
    /* None yet: another key of the token has logged in. */
    return key->pin.data != NULL
               ? 0
               : swt_p11_pin_read(&place->pin, "PIN for the token", &key->pin, err);
}

static int check_usable(const struct token_key *key, const struct swt_public_key *public_key,
                        struct swt_error *err) {
    const struct swt_p11_message message = {
        .operation = SWT_P11_CHECK, .key = key->key, .key_type = public_key->key.type};
    return swt_p11_call(key->keyring, &message, NULL, SWT_P11_SECONDS, NULL, err);
}

static int check_class(const struct swt_p11_uri *uri, struct swt_error *err) {
    if (!uri->has_class || uri->class == CKO_PRIVATE_KEY)
        return 0;
    swt_fail(err, SWT_E_KEY_URI, "it names a %s, which cannot sign",
             uri->class == CKO_PUBLIC_KEY ? "public key" : "certificate");
    return swt_error_hint(err, "leave out 'type=', or say type=private");
}

static int open_key(const struct swt_key_request *request, struct place *place,
                    struct token_key *key, struct swt_notices *notices,
                    struct swt_public_key *public_key, struct swt_error *err) {
    int result = find_place(request, place, err);
    if (result >= 0)
        result = check_class(&place->uri, err);
    if (result >= 0)
        result = find_private(request, place, key, notices, public_key, err);
    if (result >= 0)
        result = keep_pin(place, key, err);
    if (result < 0)
        return err->code == SWT_E_PUBLIC_KEY ? swt_error_recode(err, SWT_E_KEY) : result;
    key->label = SWT_TAKE(place->label);
    key->unproven = public_key->key.type == 0;
    if (key->unproven && request->source->public_key == NULL)
        return fail_lone(err);
    return 0;
}

static int pkcs11_open(const struct swt_key_request *request, struct swt_notices *notices,
                       struct swt_public_key *ret_key, void **ret_state, struct swt_error *err) {
    struct place place SWT_CLEANUP(place_done) = {0};
    struct swt_public_key public_key SWT_CLEANUP(swt_public_key_done) = {0};
    struct token_key *key SWT_CLEANUP(token_key_cleanup) = calloc(1, sizeof *key);
    if (key == NULL)
        return swt_fail_memory(err);
    key->keyring = request->keyring;

    int result = open_key(request, &place, key, notices, &public_key, err);
    if (result < 0)
        return swt_p11_blame(&request->uri, err);
    result = key->unproven ? load_given(request, &public_key, err)
                           : check_given(request, &public_key, SWT_E_KEY, err);
    if (result < 0)
        return result;
    result = check_usable(key, &public_key, err);
    if (result < 0)
        return swt_p11_blame(&request->uri, err);
    *ret_key = SWT_MOVE(public_key);
    *ret_state = SWT_TAKE(key);
    return 0;
}

static bool pkcs11_unproven(const void *state) {
    const struct token_key *key = state;
    return key->unproven;
}

/* A login for this one use: what the token says of its PIN is asked first. */
static int authenticate(const struct token_key *key, struct swt_secret *ret_pin,
                        struct swt_error *err) {
    const struct swt_key_source nothing = {0};
    const struct swt_p11_pin_source person = {.source = &nothing, .keyring = key->keyring};
    const struct swt_p11_message prepare = {
        .operation = SWT_P11_PREPARE_USE,
        .key = key->key,
        .flags = key->keyring->allow_final_try ? SWT_P11_ALLOW_FINAL_TRY : 0};
    int result = swt_p11_call(key->keyring, &prepare, NULL, SWT_P11_SECONDS, NULL, err);
    if (result < 0 || key->pin.data != NULL)
        return result;
    return swt_p11_authenticate(&person, key->flags, key->label, ret_pin, err);
}

static int pkcs11_sign(void *state, const struct swt_key *public_key, struct swt_slice message,
                       struct swt_buf *ret_raw, struct swt_error *err) {
    struct token_key *key = state;
    struct swt_p11_reply reply SWT_CLEANUP(swt_p11_reply_done) = {0};
    struct swt_secret asked SWT_CLEANUP(swt_secret_done) = {0};
    struct swt_message hashed;
    bool at_use = (key->flags & SWT_P11_ALWAYS_AUTHENTICATE) != 0;
    bool pad = at_use && (key->flags & SWT_P11_PIN_PAD) != 0;

    int result = swt_message_init(message, &hashed, err);
    if (result >= 0 && at_use)
        result = authenticate(key, &asked, err);
    if (result < 0)
        return result;
    const struct swt_p11_message request = {
        .operation = SWT_P11_SIGN,
        .key = key->key,
        .key_type = public_key->type,
        .flags = (pad ? SWT_P11_PIN_PAD : 0) |
                 (key->keyring->allow_final_try ? SWT_P11_ALLOW_FINAL_TRY : 0),
        .digest = swt_slice_of(hashed.sha256, sizeof hashed.sha256),
        .message = public_key->type == SWT_KEY_P256 ? swt_slice_of(NULL, 0) : message};
    const struct swt_secret *pin = key->pin.data != NULL ? &key->pin : &asked;
    result = swt_p11_call(key->keyring, &request, at_use && !pad ? pin : NULL,
                          pad ? SWT_P11_LONG_SECONDS : SWT_P11_SECONDS, &reply, err);
    return result < 0 ? result : swt_buf_append_slice(ret_raw, reply.message.value, err);
}

/* ---- the public part alone --------------------------------------------------------------- */

/* What is visible without a login, if the URI does not ask for the private key: 1, or 0. */
static int find_visible(const struct swt_key_request *request, const struct place *place,
                        struct swt_public_key *ret_key, struct swt_error *err) {
    struct swt_p11_reply reply SWT_CLEANUP(swt_p11_reply_done) = {0};
    if (place->uri.has_class && place->uri.class == CKO_PRIVATE_KEY)
        return 0;
    const struct swt_p11_message message = {.operation = SWT_P11_FIND_PUBLIC,
                                            .token = place->token,
                                            .uri = swt_slice_text(request->uri.text)};
    int result = swt_p11_call(request->keyring, &message, NULL, SWT_P11_SECONDS, &reply, err);
    if (result < 0 || reply.message.key_type == 0)
        return result;
    result = swt_p11_message_key(&reply.message, ret_key, err);
    return result < 0 ? result : 1;
}

/* What is visible after the login only: the object that the URI asks for, or the private key. */
static int find_hidden(const struct swt_key_request *request, struct place *place,
                       struct swt_public_key *ret_key, struct swt_error *err) {
    struct token_key key SWT_CLEANUP(token_key_done) = {.keyring = request->keyring};
    if (!place->uri.has_class || place->uri.class == CKO_PRIVATE_KEY) {
        int result = find_private(request, place, &key, NULL, ret_key, err);
        return result < 0 ? result : ret_key->key.type != 0;
    }
    int result = 0;
    if ((place->flags & SWT_P11_LOGIN_REQUIRED) != 0)
        result = swt_p11_log_in(&place->pin, place->token, place->label, NULL, NULL, err);
    if (result >= 0)
        result = find_visible(request, place, ret_key, err);
    if (result == 0)
        return swt_fail(err, SWT_E_KEY_NOT_FOUND, "the token holds no such %s",
                        place->uri.class == CKO_PUBLIC_KEY ? "public key" : "certificate");
    return result;
}

/* A lone private key with --public-key: opening it as a signer makes the trial signature. */
static int prove(const struct swt_key_request *request, struct swt_public_key *ret_key,
                 struct swt_error *err) {
    struct swt_signer *signer SWT_CLEANUP(swt_signer_cleanup) = NULL;
    int result = swt_signer_open(request->source, request->keyring, NULL, &signer, err);
    return result < 0 ? result : swt_public_key_copy(swt_signer_key(signer), ret_key, err);
}

static int pkcs11_load_public(const struct swt_key_request *request, struct swt_public_key *ret_key,
                              struct swt_error *err) {
    struct place place SWT_CLEANUP(place_done) = {0};
    struct swt_public_key own SWT_CLEANUP(swt_public_key_done) = {0};
    int result = find_place(request, &place, err);
    if (result >= 0)
        result = find_visible(request, &place, &own, err);
    if (result == 0)
        result = find_hidden(request, &place, &own, err);
    if (result == 0 && request->source->public_key != NULL)
        return prove(request, ret_key, err);
    if (result == 0)
        result = fail_lone(err);
    if (result < 0)
        return swt_p11_blame(&request->uri, err);
    result = check_given(request, &own, SWT_E_PUBLIC_KEY, err);
    if (result < 0)
        return result;
    *ret_key = SWT_MOVE(own);
    return 0;
}

const struct swt_backend swt_backend_pkcs11 = {
    .load_public = pkcs11_load_public,
    .open = pkcs11_open,
    .unproven = pkcs11_unproven,
    .sign = pkcs11_sign,
    .close = close_key,
};
