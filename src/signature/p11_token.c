/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: which are present, and which of them a URI means. */
#include "p11.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SLOTS 256
#define MAX_TOKENS 64
#define NAMED_TOKENS 6 /* in an error */

struct swt_slice swt_p11_text_field(const CK_UTF8CHAR *field, size_t size) {
    while (size > 0 && (field[size - 1] == ' ' || field[size - 1] == '\0'))
        size--;
    return swt_slice_of(field, size);
}

uint64_t swt_p11_token_flags(const struct swt_p11_token *token) {
    static const struct {
        CK_FLAGS theirs;
        uint64_t ours;
    } rows[] = {
        {CKF_LOGIN_REQUIRED, SWT_P11_LOGIN_REQUIRED},
        {CKF_PROTECTED_AUTHENTICATION_PATH, SWT_P11_PIN_PAD},
        {CKF_USER_PIN_COUNT_LOW, SWT_P11_COUNT_LOW},
        {CKF_USER_PIN_FINAL_TRY, SWT_P11_FINAL_TRY},
        {CKF_USER_PIN_LOCKED, SWT_P11_LOCKED},
    };
    uint64_t flags = token->login == SWT_P11_DONE ? SWT_P11_LOGGED_IN : 0;
    for (size_t i = 0; i < SWT_COUNT(rows); i++)
        if ((token->info.flags & rows[i].theirs) != 0)
            flags |= rows[i].ours;
    return flags;
}

static bool same_token(const CK_TOKEN_INFO *a, const CK_TOKEN_INFO *b) {
    return memcmp(a->serialNumber, b->serialNumber, sizeof a->serialNumber) == 0 &&
           memcmp(a->label, b->label, sizeof a->label) == 0;
}

/* The PIN of the one that was chosen is no other's to see. */
static int fail_exchanged(const CK_TOKEN_INFO *chosen, const CK_TOKEN_INFO *found,
                          struct swt_error *err) {
    struct swt_slice label = swt_p11_text_field(found->label, sizeof found->label);
    struct swt_slice serial = swt_p11_text_field(found->serialNumber, sizeof found->serialNumber);
    struct swt_slice old_label = swt_p11_text_field(chosen->label, sizeof chosen->label);
    struct swt_slice old_serial =
        swt_p11_text_field(chosen->serialNumber, sizeof chosen->serialNumber);
    swt_fail(err, SWT_E_TOKEN_FAILED,
             "another token is in the slot: expected '%.*s' (%.*s), found '%.*s' (%.*s)",
             (int)old_label.len, (const char *)old_label.data, (int)old_serial.len,
             (const char *)old_serial.data, (int)label.len, (const char *)label.data,
             (int)serial.len, (const char *)serial.data);
    return swt_error_hint(err, "leave the token where it is while the program runs");
}

int swt_p11_token_refresh(struct swt_p11_token *token, struct swt_error *err) {
    CK_TOKEN_INFO info;
    memset(&info, 0, sizeof info);
    CK_RV rv = SWT_P11_CALL(token->module, C_GetTokenInfo, token->slot, &info);
    if (rv != CKR_OK)
        return swt_p11_fail(err, "C_GetTokenInfo", rv);
    if (!same_token(&token->info, &info))
        return fail_exchanged(&token->info, &info, err);
    token->info = info;
    return 0;
}

/* The record of a token in a slot, which lives as long as the worker: its login does too. Another
 * token in the same slot has its own. */
static int token_of(struct swt_p11 *p11, struct swt_p11_module *module, CK_SLOT_ID slot,
                    const CK_TOKEN_INFO *info, struct swt_p11_token **ret_token,
                    struct swt_error *err) {
    for (size_t i = 0; i < p11->token_count; i++)
        if (p11->tokens[i]->module == module && p11->tokens[i]->slot == slot &&
            same_token(&p11->tokens[i]->info, info)) {
            *ret_token = p11->tokens[i];
            return 0;
        }
    struct swt_p11_token **tokens =
        reallocarray(p11->tokens, p11->token_count + 1, sizeof(struct swt_p11_token *));
    if (tokens == NULL)
        return swt_fail_memory(err);
    p11->tokens = tokens;
    struct swt_p11_token *token = calloc(1, sizeof *token);
    if (token == NULL)
        return swt_fail_memory(err);
    token->module = module;
    token->slot = slot;
    token->info = *info;
    p11->tokens[p11->token_count++] = token;
    *ret_token = token;
    return 0;
}

/* What a search has found. */
struct search {
    struct swt_p11 *p11;
    const struct swt_p11_uri *uri;
    bool module_fits; /* the module at hand, by the library- attributes */
    struct swt_p11_token **fitting;
    size_t fitting_count;
    struct swt_buf others; /* URIs of tokens that do not fit, for the error */
    size_t other_count;
};

static void search_done(struct search *search) {
    free(search->fitting);
    swt_buf_done(&search->others);
}

static int name_other(struct search *search, const CK_TOKEN_INFO *info, struct swt_error *err) {
    if (search->other_count++ >= NAMED_TOKENS)
        return 0;
    char *uri = swt_p11_uri_format(info, swt_slice_of(NULL, 0), swt_slice_of(NULL, 0), search->uri,
                                   NULL, err);
    if (uri == NULL)
        return -(int)err->code;
    int result =
        swt_buf_printf(&search->others, err, "%s%s", search->other_count > 1 ? ", " : "", uri);
    free(uri);
    return result;
}

static int add_fitting(struct search *search, struct swt_p11_module *module, CK_SLOT_ID slot,
                       const CK_TOKEN_INFO *info, struct swt_error *err) {
    struct swt_p11_token *token = NULL;
    if (search->fitting_count == MAX_TOKENS)
        return swt_fail(err, SWT_E_MODULE_FAILED, "more than %d tokens are present", MAX_TOKENS);
    int result = token_of(search->p11, module, slot, info, &token, err);
    if (result < 0)
        return result;
    token->info = *info;
    search->fitting[search->fitting_count++] = token;
    return 0;
}

static bool slot_fits(const struct search *search, struct swt_p11_module *module, CK_SLOT_ID slot) {
    CK_SLOT_INFO info;
    memset(&info, 0, sizeof info);
    CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(search->uri->kit);
    if (wanted != (CK_SLOT_ID)-1 && wanted != slot)
        return false;
    return SWT_P11_CALL(module, C_GetSlotInfo, slot, &info) == CKR_OK &&
           p11_kit_uri_match_slot_info(search->uri->kit, &info) == 1;
}

static int search_slot(struct search *search, struct swt_p11_module *module, CK_SLOT_ID slot,
                       struct swt_error *err) {
    CK_TOKEN_INFO info;
    char text[96];
    memset(&info, 0, sizeof info);
    CK_RV rv = SWT_P11_CALL(module, C_GetTokenInfo, slot, &info);
    if (rv != CKR_OK) {
        /* A token that is being taken out, or a broken one beside the one that is meant. */
        (void)snprintf(search->p11->trouble, sizeof search->p11->trouble,
                       "%s: slot %lu: C_GetTokenInfo: %s", module->name, slot,
                       swt_p11_rv_text(rv, text));
        return 0;
    }
    if ((info.flags & CKF_TOKEN_INITIALIZED) == 0)
        return 0;
    if (search->module_fits && p11_kit_uri_match_token_info(search->uri->kit, &info) == 1 &&
        slot_fits(search, module, slot))
        return add_fitting(search, module, slot, &info, err);
    return name_other(search, &info, err);
}

static int search_module(struct search *search, struct swt_p11_module *module,
                         struct swt_error *err) {
    CK_SLOT_ID slots[MAX_SLOTS];
    CK_ULONG count = MAX_SLOTS;
    CK_INFO info;
    char text[96];

    memset(&info, 0, sizeof info);
    CK_RV rv = SWT_P11_CALL(module, C_GetInfo, &info);
    if (rv == CKR_OK)
        rv = SWT_P11_CALL(module, C_GetSlotList, CK_TRUE, slots, &count);
    if (rv != CKR_OK) {
        (void)snprintf(search->p11->trouble, sizeof search->p11->trouble, "%s: %s", module->name,
                       swt_p11_rv_text(rv, text));
        return 0;
    }
    if (count > MAX_SLOTS)
        return swt_fail(err, SWT_E_MODULE_FAILED, "%s tells of %lu slots, where %d were asked for",
                        module->name, count, MAX_SLOTS);
    search->module_fits = p11_kit_uri_match_module_info(search->uri->kit, &info) == 1;
    int result = 0;
    for (CK_ULONG i = 0; i < count && result >= 0; i++)
        result = search_slot(search, module, slots[i], err);
    return result;
}

static int nothing_found(const struct search *search, struct swt_error *err) {
    const char *trouble = search->p11->trouble;
    if (search->other_count == 0) {
        swt_fail(err, SWT_E_NO_TOKEN, "no token is present%s%s", trouble[0] == '\0' ? "" : "; ",
                 trouble);
        return swt_error_hint(err, "insert it, and see that its module is configured for p11-kit "
                                   "or named by module-path");
    }
    bool many = search->other_count > NAMED_TOKENS;
    swt_fail(err, SWT_E_TOKEN_NOT_FOUND, "no token fits; there %s %zu%s: %s",
             search->other_count == 1 ? "is" : "are", search->other_count,
             many ? ", among them" : "", swt_buf_text(&search->others));
    return swt_error_hint(err, "'swupdate-tool key list' prints the URIs of tokens and their keys");
}

int swt_p11_tokens_find(struct swt_p11 *p11, const struct swt_p11_uri *uri,
                        struct swt_p11_token ***ret_tokens, size_t *ret_count,
                        struct swt_error *err) {
    struct search search SWT_CLEANUP(search_done) = {.p11 = p11, .uri = uri};
    int result = swt_p11_load(p11, uri, err);
    if (result < 0)
        return result;
    search.fitting = calloc(MAX_TOKENS, sizeof(struct swt_p11_token *));
    if (search.fitting == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < p11->module_count && result >= 0; i++)
        if (swt_p11_module_fits(p11->modules[i], uri))
            result = search_module(&search, p11->modules[i], err);
    if (result >= 0 && search.fitting_count == 0)
        result = nothing_found(&search, err);
    if (result < 0)
        return result;
    *ret_tokens = SWT_TAKE(search.fitting);
    *ret_count = search.fitting_count;
    return 0;
}

/* The URI of one of several that fit; with the module's name where nothing else tells them apart.
 */
static int name_fitting(struct swt_buf *names, struct swt_p11_token *const *tokens, size_t count,
                        const struct swt_p11_uri *uri, bool with_module, struct swt_error *err) {
    int result = 0;
    for (size_t i = 0; i < count && i < NAMED_TOKENS && result >= 0; i++) {
        char *text =
            swt_p11_uri_format(&tokens[i]->info, swt_slice_of(NULL, 0), swt_slice_of(NULL, 0), uri,
                               with_module ? tokens[i]->module->name : NULL, err);
        if (text == NULL)
            return -(int)err->code;
        result = swt_buf_printf(names, err, "%s%s", i > 0 ? ", " : "", text);
        free(text);
    }
    return result;
}

static int ambiguous(struct swt_p11_token *const *tokens, size_t count,
                     const struct swt_p11_uri *uri, struct swt_error *err) {
    struct swt_buf names SWT_CLEANUP(swt_buf_done) = {0};
    bool same_module = true;
    for (size_t i = 1; i < count; i++)
        same_module = same_module && tokens[i]->module == tokens[0]->module;
    int result = name_fitting(&names, tokens, count, uri, !same_module, err);
    if (result < 0)
        return result;
    swt_fail(err, SWT_E_TOKEN_AMBIGUOUS, "%zu tokens fit: %s%s", count, swt_buf_text(&names),
             count > NAMED_TOKENS ? ", ..." : "");
    return swt_error_hint(err, "name one by its serial, or by slot-id where that is the same too");
}

int swt_p11_token_find(struct swt_p11 *p11, const struct swt_p11_uri *uri,
                       struct swt_p11_token **ret_token, struct swt_error *err) {
    struct swt_p11_token **tokens;
    size_t count;
    int result = swt_p11_tokens_find(p11, uri, &tokens, &count, err);
    if (result < 0)
        return result;
    if (count > 1)
        result = ambiguous(tokens, count, uri, err);
    else
        *ret_token = tokens[0];
    free(tokens);
    return result;
}
