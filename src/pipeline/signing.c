/* SPDX-License-Identifier: Apache-2.0 */
#include "signing.h"
#include "document.h"

#include <stdlib.h>
#include <string.h>

void swt_signers_done(struct swt_signers *signers) {
    for (size_t i = 0; i < signers->count; i++)
        swt_signer_free(signers->items[i]);
    free(signers->items);
    *signers = (struct swt_signers){0};
}

int swt_signers_add(struct swt_signers *signers, const struct swt_key_source *source,
                    struct swt_keyring *keyring, struct swt_notices *notices,
                    struct swt_error *err) {
    struct swt_signer **items =
        reallocarray(signers->items, signers->count + 1, sizeof(struct swt_signer *));
    if (items == NULL)
        return swt_fail_memory(err);
    signers->items = items;
    int rc = swt_signer_open(source, keyring, notices, &items[signers->count], err);
    signers->count += rc == 0;
    return rc;
}

int swt_signers_open(const struct swt_key_sources *sources, struct swt_keyring *keyring,
                     struct swt_notices *notices, struct swt_signers *ret_signers,
                     struct swt_error *err) {
    SWT_CLEANUP(swt_signers_done) struct swt_signers signers = {0};
    for (size_t i = 0; i < sources->count; i++) {
        int rc = swt_signers_add(&signers, &sources->items[i], keyring, notices, err);
        if (rc < 0)
            return rc;
    }
    *ret_signers = SWT_MOVE(signers);
    return 0;
}

static struct swt_slice signer_id(const struct swt_signer *signer) {
    return swt_slice_of(swt_signer_key_id(signer), SWT_KEY_ID_SIZE);
}

/* "listed are 4f39…, 8c84…": whole ids, to be compared with what key show prints. */
static int not_listed(const struct swt_signer *signer, const struct swt_signing_roles *roles,
                      const char *name, struct swt_error *err) {
    struct swt_error list_error;
    SWT_CLEANUP(swt_buf_done) struct swt_buf list = {0};
    char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
    int rc = 0;
    for (size_t r = 0; r < roles->count && rc == 0; r++)
        for (size_t i = 0; i < roles->items[r]->key_id_count && rc == 0; i++) {
            struct swt_slice listed = roles->items[r]->key_ids[i];
            if (r > 0 && swt_role_lists(roles->items[0], listed))
                continue;
            if (listed.len != SWT_KEY_ID_SIZE)
                continue; /* can't be: the root keeps its rules */
            swt_hex_encode(listed.data, listed.len, id);
            rc = swt_buf_printf(&list, &list_error, "%s%s", list.len > 0 ? ", " : "", id);
        }
    swt_hex_encode(swt_signer_key_id(signer), SWT_KEY_ID_SIZE, id);
    return swt_fail(err, SWT_E_KEY_NOT_LISTED,
                    "%s: the %s role does not list its key id %s; it lists %s",
                    swt_signer_uri(signer), name, id, swt_buf_text(&list));
}

int swt_signers_check_listed(const struct swt_signers *signers,
                             const struct swt_signing_roles *roles, const char *name,
                             struct swt_error *err) {
    for (size_t i = 0; i < signers->count; i++) {
        struct swt_slice id = signer_id(signers->items[i]);
        bool listed = false;
        for (size_t r = 0; r < roles->count; r++)
            listed |= swt_role_lists(roles->items[r], id);
        if (!listed)
            return not_listed(signers->items[i], roles, name, err);
    }
    return 0;
}

void swt_signing_result_done(struct swt_signing_result *result) {
    swt_buf_done(&result->envelope);
    json_decref(result->added);
    json_decref(result->already);
    *result = (struct swt_signing_result){0};
}

/* The signatures of the envelope to be: those kept, then those made. */
struct signature_list {
    struct swt_signature *items;
    size_t count;
    struct swt_buf *made; /* one for each signer; their bytes stand in items */
    size_t made_count;
};

static void signature_list_done(struct signature_list *list) {
    for (size_t i = 0; i < list->made_count; i++)
        swt_buf_done(&list->made[i]);
    free(list->made);
    free(list->items);
}

/* Whether the signer's key has signed: 1 or 0. Its signatures that do not verify, or with replace
 * all of them, leave the list. */
static int has_signed(struct signature_list *list, const struct swt_signer *signer,
                      struct swt_slice message, bool replace, size_t *dropped,
                      struct swt_error *err) {
    struct swt_slice id = signer_id(signer);
    int signed_already = 0;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        bool own = swt_slice_equal(list->items[i].key_id, id);
        int good = 0;
        if (own && !replace)
            good = swt_signature_judge(swt_signer_key(signer), message, list->items[i].value, err);
        if (good < 0)
            return good;
        signed_already |= good;
        *dropped += own && !replace && good == 0;
        if (!own || good > 0)
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
    return signed_already;
}

static int sign_one(struct signature_list *list, struct swt_signer *signer,
                    const struct swt_signing_subject *subject, struct swt_slice message,
                    bool replace, struct swt_signing_result *result, struct swt_error *err) {
    struct swt_slice id = signer_id(signer);
    int rc = has_signed(list, signer, message, replace, &result->dropped, err);
    if (rc < 0)
        return rc;
    if (rc > 0)
        return swt_json_add(result->already, swt_json_hex(id), err);
    if (list->count >= SWT_MAX_SIGNATURES)
        return swt_fail(err, SWT_E_METADATA, "there are %d signatures already, no more are read",
                        SWT_MAX_SIGNATURES);
    struct swt_buf *made = &list->made[list->made_count++];
    rc = swt_signer_sign(signer, subject, message, made, err);
    if (rc < 0)
        return rc;
    list->items[list->count++] = (struct swt_signature){id, swt_buf_slice(made)};
    return swt_json_add(result->added, swt_json_hex(id), err);
}

int swt_signers_sign(const struct swt_signers *signers, const struct swt_signing_subject *subject,
                     const struct swt_envelope *envelope, bool replace,
                     struct swt_signing_result *ret_result, struct swt_error *err) {
    SWT_CLEANUP(swt_signing_result_done)
    struct swt_signing_result result = {.added = json_array(), .already = json_array()};
    SWT_CLEANUP(signature_list_done) struct signature_list list = {0};
    list.items =
        calloc(envelope->signature_count + signers->count + 1, sizeof(struct swt_signature));
    list.made = calloc(signers->count + 1, sizeof(struct swt_buf));
    if (list.items == NULL || list.made == NULL || result.added == NULL || result.already == NULL)
        return swt_fail_memory(err);
    for (; list.count < envelope->signature_count; list.count++)
        list.items[list.count] = envelope->signatures[list.count];
    for (size_t i = 0; i < signers->count; i++) {
        /* One key named twice signs once, also with --replace. */
        bool anew = replace;
        for (size_t j = 0; j < i; j++)
            anew &= !swt_slice_equal(signer_id(signers->items[i]), signer_id(signers->items[j]));
        int rc =
            sign_one(&list, signers->items[i], subject, envelope->metadata, anew, &result, err);
        if (rc < 0)
            return rc;
    }
    int rc = swt_envelope_encode(envelope->metadata, list.items, list.count, &result.envelope, err);
    if (rc < 0)
        return rc;
    *ret_result = SWT_MOVE(result);
    return 0;
}
