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

static int add(struct swt_signers *signers, struct swt_signer *signer, struct swt_error *err) {
    struct swt_signer **items =
        reallocarray(signers->items, signers->count + 1, sizeof(struct swt_signer *));
    if (items == NULL) {
        swt_signer_free(signer);
        return swt_fail_memory(err);
    }
    signers->items = items;
    items[signers->count++] = signer;
    return 0;
}

int swt_signers_add(struct swt_signers *signers, const struct swt_key_source *source,
                    struct swt_keyring *keyring, struct swt_notices *notices,
                    struct swt_error *err) {
    struct swt_signer *signer = NULL;
    int rc = swt_signer_open(source, keyring, notices, &signer, err);
    return rc < 0 ? rc : add(signers, signer, err);
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

int swt_signers_open_unproven(const struct swt_key_sources *sources, struct swt_keyring *keyring,
                              struct swt_notices *notices, struct swt_signers *ret_signers,
                              struct swt_error *err) {
    SWT_CLEANUP(swt_signers_done) struct swt_signers signers = {0};
    for (size_t i = 0; i < sources->count; i++) {
        struct swt_signer *signer = NULL;
        int rc = swt_signer_open_unproven(&sources->items[i], keyring, notices, &signer, err);
        if (rc == 0)
            rc = add(&signers, signer, err);
        if (rc < 0)
            return rc;
    }
    *ret_signers = SWT_MOVE(signers);
    return 0;
}

int swt_signers_prove(const struct swt_signers *signers, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < signers->count && rc == 0; i++)
        rc = swt_signer_prove(signers->items[i], err);
    return rc;
}

static struct swt_slice signer_id(const struct swt_signer *signer) {
    return swt_slice_of(swt_signer_key_id(signer), SWT_KEY_ID_SIZE);
}

/* Those of role that before (may be NULL) does not list. */
static int put_ids(const struct swt_role *role, const struct swt_role *before, struct swt_buf *text,
                   struct swt_error *err) {
    bool first = before == NULL;
    int rc = 0;
    for (size_t i = 0; i < role->key_id_count && rc == 0; i++) {
        struct swt_slice listed = role->key_ids[i];
        char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
        if (listed.len != SWT_KEY_ID_SIZE || (before != NULL && swt_role_lists(before, listed)))
            continue;
        swt_hex_encode(listed.data, listed.len, id);
        rc = swt_buf_printf(text, err, "%s%s", first ? "" : ", ", id);
        first = false;
    }
    return rc;
}

static int not_listed(const struct swt_signer *signer, const struct swt_signing_roles *roles,
                      const char *name, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf list = {0};
    char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
    int rc = 0;
    for (size_t r = 0; r < roles->count && rc == 0; r++)
        rc = put_ids(roles->items[r], r > 0 ? roles->items[0] : NULL, &list, err);
    if (rc < 0)
        return rc;
    swt_hex_encode(swt_signer_key_id(signer), SWT_KEY_ID_SIZE, id);
    return swt_fail(err, SWT_E_KEY_NOT_LISTED,
                    "%s: the %s role does not list its key id %s; it lists %s",
                    swt_signer_uri(signer), name, id, swt_buf_text(&list));
}

bool swt_role_same(const struct swt_role *a, const struct swt_role *b) {
    bool same = a->threshold == b->threshold && a->key_id_count == b->key_id_count;
    for (size_t i = 0; i < a->key_id_count && same; i++)
        same = swt_role_lists(b, a->key_ids[i]) && swt_role_lists(a, b->key_ids[i]);
    return same;
}

int swt_role_text(const struct swt_role *role, struct swt_buf *ret_text, struct swt_error *err) {
    int rc = swt_buf_printf(ret_text, err, "%u of ", role->threshold);
    return rc < 0 ? rc : put_ids(role, NULL, ret_text, err);
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

/* ---- the signatures of an envelope ------------------------------------------------------- */

int swt_signature_list_init(const struct swt_envelope *envelope, size_t room,
                            struct swt_signature_list *ret_list, struct swt_error *err) {
    struct swt_signature_list list = {0};
    list.items = calloc(envelope->signature_count + room + 1, sizeof *list.items);
    if (list.items == NULL)
        return swt_fail_memory(err);
    for (; list.count < envelope->signature_count; list.count++)
        list.items[list.count] = envelope->signatures[list.count];
    *ret_list = list;
    return 0;
}

void swt_signature_list_done(struct swt_signature_list *list) {
    free(list->items);
    *list = (struct swt_signature_list){0};
}

int swt_signature_list_has(struct swt_signature_list *list, struct swt_slice key_id,
                           const struct swt_key *key, struct swt_slice message, size_t *dropped,
                           struct swt_error *err) {
    /* The quorum of this one key: what it takes to tell is bounded, however many there are. */
    struct swt_root_key own = {.id = key_id, .key = *key};
    const struct swt_root root = {.keys = &own, .key_count = 1};
    const struct swt_role role = {.key_ids = &key_id, .key_id_count = 1, .threshold = 1};
    const struct swt_envelope envelope = {
        .metadata = message, .signatures = list->items, .signature_count = list->count};
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    int rc = swt_quorum_count(&root, &role, &envelope, &quorum, err);
    if (rc < 0)
        return rc;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        enum swt_signature_state state = quorum.states[i];
        bool keep = state == SWT_SIGNATURE_UNLISTED || state == SWT_SIGNATURE_GOOD ||
                    state == SWT_SIGNATURE_REPEATED;
        *dropped += !keep;
        if (keep)
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
    return quorum.met;
}

/* --replace: all of the key's signatures leave the list. */
static void drop_key(struct swt_signature_list *list, struct swt_slice key_id) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (!swt_slice_equal(list->items[i].key_id, key_id))
            list->items[kept++] = list->items[i];
    list->count = kept;
}

int swt_signature_list_add(struct swt_signature_list *list, struct swt_signature signature,
                           struct swt_error *err) {
    if (list->count >= SWT_MAX_SIGNATURES)
        return swt_fail(err, SWT_E_METADATA, "there are %d signatures already, no more are read",
                        SWT_MAX_SIGNATURES);
    list->items[list->count++] = signature;
    return 0;
}

/* ---- signing ----------------------------------------------------------------------------- */

void swt_signing_result_done(struct swt_signing_result *result) {
    swt_buf_done(&result->envelope);
    json_decref(result->added);
    json_decref(result->already);
    *result = (struct swt_signing_result){0};
}

/* The signatures that were made, one for each signer at most; the list points into them. */
struct made {
    struct swt_buf *items;
    size_t count;
};

static void made_done(struct made *made) {
    for (size_t i = 0; i < made->count; i++)
        swt_buf_done(&made->items[i]);
    free(made->items);
}

/* subject NULL: a draft. */
static int make_value(struct swt_signer *signer, const struct swt_signing_subject *subject,
                      struct swt_slice message, struct swt_buf *ret_value, struct swt_error *err) {
    static const uint8_t zeros[SWT_MAX_SIGNATURE];
    if (subject != NULL)
        return swt_signer_sign(signer, subject, message, ret_value, err);
    size_t size = swt_key_signature_size(swt_signer_key(signer));
    return size == 0 ? swt_fail_memory(err) : swt_buf_append(ret_value, zeros, size, err);
}

static int sign_one(struct swt_signature_list *list, struct made *made, struct swt_signer *signer,
                    const struct swt_signing_subject *subject, struct swt_slice message,
                    bool replace, struct swt_signing_result *result, struct swt_error *err) {
    struct swt_slice id = signer_id(signer);
    if (replace)
        drop_key(list, id);
    int rc =
        swt_signature_list_has(list, id, swt_signer_key(signer), message, &result->dropped, err);
    if (rc < 0)
        return rc;
    if (rc > 0)
        return swt_json_add(result->already, swt_json_hex(id), err);
    /* Before the key is used: a signature that finds no room would be made for nothing. */
    rc = swt_signature_list_add(list, (struct swt_signature){.key_id = id}, err);
    if (rc < 0)
        return rc;
    struct swt_signature *place = &list->items[list->count - 1];
    struct swt_buf *value = &made->items[made->count++];
    rc = make_value(signer, subject, message, value, err);
    if (rc < 0)
        return rc;
    place->value = swt_buf_slice(value);
    return swt_json_add(result->added, swt_json_hex(id), err);
}

static int sign_all(const struct swt_signers *signers, const struct swt_signing_subject *subject,
                    const struct swt_envelope *envelope, bool replace,
                    struct swt_signing_result *ret_result, struct swt_error *err) {
    SWT_CLEANUP(swt_signing_result_done)
    struct swt_signing_result result = {.added = json_array(), .already = json_array()};
    SWT_CLEANUP(swt_signature_list_done) struct swt_signature_list list = {0};
    SWT_CLEANUP(made_done)
    struct made made = {.items = calloc(signers->count + 1, sizeof(struct swt_buf))};
    if (made.items == NULL || result.added == NULL || result.already == NULL)
        return swt_fail_memory(err);
    int rc = swt_signature_list_init(envelope, signers->count, &list, err);
    for (size_t i = 0; i < signers->count && rc == 0; i++) {
        /* One key named twice signs once, also with --replace. */
        bool anew = replace;
        for (size_t j = 0; j < i; j++)
            anew &= !swt_slice_equal(signer_id(signers->items[i]), signer_id(signers->items[j]));
        rc = sign_one(&list, &made, signers->items[i], subject, envelope->metadata, anew, &result,
                      err);
    }
    if (rc == 0)
        rc = swt_envelope_encode(envelope->metadata, list.items, list.count, &result.envelope, err);
    if (rc == 0)
        *ret_result = SWT_MOVE(result);
    return rc;
}

int swt_signers_sign(const struct swt_signers *signers, const struct swt_signing_subject *subject,
                     const struct swt_envelope *envelope, bool replace,
                     struct swt_signing_result *ret_result, struct swt_error *err) {
    int rc = sign_all(signers, subject, envelope, replace, ret_result, err);
    for (size_t i = 0; i < signers->count; i++)
        swt_signer_drop_key(signers->items[i]);
    return rc;
}

int swt_signers_draft(const struct swt_signers *signers, const struct swt_envelope *envelope,
                      bool replace, struct swt_signing_result *ret_result, struct swt_error *err) {
    return sign_all(signers, NULL, envelope, replace, ret_result, err);
}
