/* SPDX-License-Identifier: Apache-2.0 */
/* A new key pair on a token. */
#include "p11.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define ID_SIZE 8
#define MAX_ATTRIBUTES 10

struct template {
    CK_ATTRIBUTE items[MAX_ATTRIBUTES];
    CK_ULONG count;
};

/* value outlives the template; no module writes into it. */
static void add(struct template *template, CK_ATTRIBUTE_TYPE type, const void *value, size_t len) {
    template->items[template->count++] = (CK_ATTRIBUTE){type, (void *)(uintptr_t)value, len};
}

static void add_flag(struct template *template, CK_ATTRIBUTE_TYPE type, bool value) {
    static const CK_BBOOL values[] = {CK_FALSE, CK_TRUE};
    add(template, type, &values[value], sizeof values[0]);
}

/* What is to be made, and how. */
static const uint8_t exponent[] = {1, 0, 1};
static const CK_ULONG bits_3072 = 3072;
static const CK_ULONG bits_4096 = 4096;
#define PARAMETERS(text_) CKA_EC_PARAMS, (text_), sizeof(text_) - 1
static const struct variant {
    enum swt_key_kind kind;
    CK_MECHANISM_TYPE mechanism;
    const char *mechanism_name;
    CK_ATTRIBUTE_TYPE attribute;
    const void *value;
    size_t value_len;
} variants[] = {
    {SWT_KIND_P256, CKM_EC_KEY_PAIR_GEN, "CKM_EC_KEY_PAIR_GEN",
     PARAMETERS("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07")},
    /* The curve by its OID (RFC 8410), which not every token knows, then by name (PKCS#11 3.0). */
    {SWT_KIND_ED25519, CKM_EC_EDWARDS_KEY_PAIR_GEN, "CKM_EC_EDWARDS_KEY_PAIR_GEN",
     PARAMETERS("\x06\x03\x2b\x65\x70")},
    {SWT_KIND_ED25519, CKM_EC_EDWARDS_KEY_PAIR_GEN, "CKM_EC_EDWARDS_KEY_PAIR_GEN",
     PARAMETERS("\x13\x0c"
                "edwards25519")},
    {SWT_KIND_RSA_3072, CKM_RSA_PKCS_KEY_PAIR_GEN, "CKM_RSA_PKCS_KEY_PAIR_GEN", CKA_MODULUS_BITS,
     &bits_3072, sizeof bits_3072},
    {SWT_KIND_RSA_4096, CKM_RSA_PKCS_KEY_PAIR_GEN, "CKM_RSA_PKCS_KEY_PAIR_GEN", CKA_MODULUS_BITS,
     &bits_4096, sizeof bits_4096},
};

/* Label and id of the new pair. */
struct name {
    CK_ATTRIBUTE label;
    CK_ATTRIBUTE id;
    uint8_t chosen[ID_SIZE];
};

static int choose_name(const struct swt_p11_uri *uri, struct name *ret_name,
                       struct swt_error *err) {
    if (uri->label == NULL)
        return swt_fail(err, SWT_E_KEY_URI, "the new key has no label");
    ret_name->label = *uri->label;
    if (uri->id != NULL && uri->id->ulValueLen > 0) {
        ret_name->id = *uri->id;
        return 0;
    }
    if (RAND_bytes(ret_name->chosen, sizeof ret_name->chosen) != 1)
        return swt_library_fail(err, SWT_E_KEY, "no random bytes for the id");
    ret_name->id = (CK_ATTRIBUTE){CKA_ID, ret_name->chosen, sizeof ret_name->chosen};
    return 0;
}

/* A second key of that label or id would make the first one ambiguous. */
static int check_free(struct swt_p11_token *token, const struct name *name,
                      const struct swt_p11_uri *uri, struct swt_error *err) {
    const struct swt_p11_pattern patterns[] = {
        {.class = CKO_PRIVATE_KEY, .label = &name->label},
        {.class = CKO_PRIVATE_KEY, .id = &name->id},
        {.class = CKO_PUBLIC_KEY, .label = &name->label},
        {.class = CKO_PUBLIC_KEY, .id = &name->id},
    };
    struct swt_p11_objects found;
    for (size_t i = 0; i < SWT_COUNT(patterns); i++) {
        int result = swt_p11_find(token, &patterns[i], &found, err);
        if (result < 0)
            return result;
        if (found.count == 0)
            continue;
        char *text = swt_p11_object_uri(token, found.handles[0], uri, err);
        if (text == NULL)
            return -(int)err->code;
        swt_fail(err, SWT_E_EXISTS, "the token has a key of that %s: %s",
                 patterns[i].label != NULL ? "label" : "id", text);
        free(text);
        return swt_error_hint(err, "choose another; a key on a token is never replaced");
    }
    return 0;
}

static int check_mechanism(struct swt_p11_token *token, const struct variant *variant,
                           struct swt_error *err) {
    CK_FLAGS flags = 0;
    int result = swt_p11_mechanism(token, variant->mechanism, &flags, err);
    if (result < 0)
        return result;
    return (flags & CKF_GENERATE_KEY_PAIR) != 0
               ? 0
               : swt_fail(err, SWT_E_MECHANISM, "the token makes no such keys: it lacks %s",
                          variant->mechanism_name);
}

static CK_RV make_pair(struct swt_p11_token *token, CK_SESSION_HANDLE session,
                       const struct variant *variant, const struct name *name,
                       struct swt_p11_key *key) {
    struct template public = {0};
    struct template private = {0};
    CK_MECHANISM mechanism = {variant->mechanism, NULL, 0};

    add_flag(&public, CKA_TOKEN, true);
    add_flag(&public, CKA_VERIFY, true);
    add(&public, CKA_LABEL, name->label.pValue, name->label.ulValueLen);
    add(&public, CKA_ID, name->id.pValue, name->id.ulValueLen);
    add(&public, variant->attribute, variant->value, variant->value_len);
    if (variant->attribute == CKA_MODULUS_BITS)
        add(&public, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent);
    add_flag(&private, CKA_TOKEN, true);
    add_flag(&private, CKA_PRIVATE, true);
    add_flag(&private, CKA_SENSITIVE, true);
    add_flag(&private, CKA_EXTRACTABLE, false);
    add_flag(&private, CKA_SIGN, true);
    add(&private, CKA_LABEL, name->label.pValue, name->label.ulValueLen);
    add(&private, CKA_ID, name->id.pValue, name->id.ulValueLen);
    return SWT_P11_CALL(token->module, C_GenerateKeyPair, session, &mechanism, public.items,
                        public.count, private.items, private.count, &key->public_object,
                        &key->object);
}

static int make_of_kind(struct swt_p11_token *token, CK_SESSION_HANDLE session,
                        enum swt_key_kind kind, const struct name *name, struct swt_p11_key *key,
                        struct swt_error *err) {
    CK_RV rv = CKR_MECHANISM_INVALID;
    for (size_t i = 0; i < SWT_COUNT(variants) && rv != CKR_OK; i++) {
        if (variants[i].kind != kind)
            continue;
        int result = check_mechanism(token, &variants[i], err);
        if (result < 0)
            return result;
        rv = make_pair(token, session, &variants[i], name, key);
    }
    return rv == CKR_OK ? 0 : swt_p11_fail(err, "C_GenerateKeyPair", rv);
}

/* A session that may write, for one action. */
static int open_writing(struct swt_p11_token *token, CK_SESSION_HANDLE *ret_session,
                        struct swt_error *err) {
    /* The other session first: it keeps the login when this one is closed. */
    int result = swt_p11_session(token, err);
    if (result < 0)
        return result;
    CK_RV rv = SWT_P11_CALL(token->module, C_OpenSession, token->slot,
                            CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, ret_session);
    return rv == CKR_OK ? 0 : swt_p11_fail(err, "C_OpenSession", rv);
}

int swt_p11_generate(struct swt_p11_token *token, const struct swt_p11_uri *uri,
                     enum swt_key_kind kind, struct swt_p11_key *ret_key, char **ret_uri,
                     struct swt_error *err) {
    struct swt_p11_key key = {.token = token};
    struct name name;
    CK_SESSION_HANDLE session;
    int result = choose_name(uri, &name, err);
    if (result >= 0)
        result = check_free(token, &name, uri, err);
    if (result >= 0)
        result = open_writing(token, &session, err);
    if (result < 0)
        return result;
    result = make_of_kind(token, session, kind, &name, &key, err);
    (void)SWT_P11_CALL(token->module, C_CloseSession, session);
    if (result < 0)
        return result;
    /* As the token says: one that chooses ids itself does not keep ours. */
    char *text = swt_p11_object_uri(token, key.object, uri, err);
    if (text == NULL) {
        struct swt_error fault;
        if (swt_p11_destroy(&key, &fault) < 0)
            return swt_error_hint(err, "the new key is still on the token: %s", fault.message);
        return -(int)err->code;
    }
    *ret_key = key;
    *ret_uri = text;
    return 0;
}

int swt_p11_destroy(const struct swt_p11_key *key, struct swt_error *err) {
    CK_SESSION_HANDLE session;
    int result = open_writing(key->token, &session, err);
    if (result < 0)
        return result;
    CK_RV first = SWT_P11_CALL(key->token->module, C_DestroyObject, session, key->object);
    CK_RV second = SWT_P11_CALL(key->token->module, C_DestroyObject, session, key->public_object);
    (void)SWT_P11_CALL(key->token->module, C_CloseSession, session);
    if (first != CKR_OK || second != CKR_OK)
        return swt_p11_fail(err, "C_DestroyObject", first != CKR_OK ? first : second);
    return 0;
}
