/* SPDX-License-Identifier: Apache-2.0 */
/* key list: the tokens that are present and what is on them. */
#include "document.h"

#include "swt/pipeline.h"

#include "swt/signature.h"

static int key_json(const struct swt_token_key *key, json_t **ret_json, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *json = json_pack("{s:b, s:b, s:b}", "private", key->has_private, "public",
                             key->has_public, "certificate", key->has_certificate);
    if (json == NULL)
        return swt_fail_memory(err);
    int rc = swt_json_set(json, "uri", swt_json_path(key->uri), err);
    if (rc == 0)
        rc = swt_json_set(json, "label", swt_json_path(key->label), err);
    if (rc == 0 && key->readable)
        rc = swt_json_put_key(json, &key->key, err);
    if (rc == 0)
        *ret_json = SWT_TAKE(json);
    return rc;
}

static int add_keys(json_t *token_json, const struct swt_token *token, struct swt_error *err) {
    json_t *keys = swt_json_array(token_json, "keys", err);
    int rc = keys == NULL ? -SWT_E_MEMORY : 0;
    for (size_t i = 0; i < token->key_count && rc == 0; i++) {
        json_t *key = NULL;
        rc = key_json(&token->keys[i], &key, err);
        if (rc == 0)
            rc = swt_json_add(keys, key, err);
    }
    return rc;
}

/* What is worst about the PIN. */
static const char *pin_text(const struct swt_token *token) {
    if (token->pin_locked)
        return "locked";
    if (token->pin_final_try)
        return "final-try";
    return token->pin_count_low ? "count-low" : "ready";
}

static int token_json(const struct swt_token *token, json_t **ret_json, struct swt_error *err) {
    const struct {
        const char *name;
        const char *value;
    } texts[] = {
        {"uri", token->uri},     {"label", token->label},   {"manufacturer", token->manufacturer},
        {"model", token->model}, {"serial", token->serial}, {"module", token->module},
    };
    SWT_CLEANUP(swt_json_cleanup)
    json_t *json = json_pack("{s:s, s:b, s:b}", "pin", pin_text(token), "pin_pad", token->pin_pad,
                             "logged_in", token->logged_in);
    if (json == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    for (size_t i = 0; i < SWT_COUNT(texts) && rc == 0; i++)
        rc = swt_json_set(json, texts[i].name, swt_json_path(texts[i].value), err);
    if (rc == 0)
        rc = add_keys(json, token, err);
    if (rc == 0)
        *ret_json = SWT_TAKE(json);
    return rc;
}

int swt_key_list(const struct swt_key_source *tokens, struct swt_keyring *keyring,
                 json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_token_list_done) struct swt_token_list list = {0};
    int rc = swt_tokens_list(tokens, keyring, &list, err);
    if (rc < 0)
        return rc;
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_object();
    json_t *array = swt_json_array(document, "tokens", err);
    if (array == NULL)
        return -(int)err->code;
    for (size_t i = 0; i < list.count; i++) {
        json_t *token = NULL;
        rc = token_json(&list.items[i], &token, err);
        if (rc == 0)
            rc = swt_json_add(array, token, err);
        if (rc < 0)
            return rc;
    }
    *ret_document = SWT_TAKE(document);
    return 0;
}
