/* SPDX-License-Identifier: Apache-2.0 */
/* Which objects a key URI means: the private key, and its public part. */
#include "p11.h"

#include <stdlib.h>
#include <string.h>

#define NAMED_KEYS 8 /* in an error */

char *swt_p11_object_uri(struct swt_p11_token *token, CK_OBJECT_HANDLE object,
                         const struct swt_p11_uri *asked, struct swt_error *err) {
    struct swt_buf label SWT_CLEANUP(swt_buf_done) = {0};
    struct swt_buf id SWT_CLEANUP(swt_buf_done) = {0};
    if (swt_p11_attribute(token, object, CKA_LABEL, &label, err) < 0 ||
        swt_p11_attribute(token, object, CKA_ID, &id, err) < 0)
        return NULL;
    return swt_p11_uri_format(&token->info, swt_buf_slice(&label), swt_buf_slice(&id), asked, NULL,
                              err);
}

/* "URI, URI"; with at most NAMED_KEYS of them. */
static int name_objects(struct swt_p11_token *token, const struct swt_p11_objects *objects,
                        const struct swt_p11_uri *asked, struct swt_buf *names,
                        struct swt_error *err) {
    for (size_t i = 0; i < objects->count && i < NAMED_KEYS; i++) {
        char *uri = swt_p11_object_uri(token, objects->handles[i], asked, err);
        if (uri == NULL)
            return -(int)err->code;
        int result = swt_buf_printf(names, err, "%s%s", i > 0 ? ", " : "", uri);
        free(uri);
        if (result < 0)
            return result;
    }
    return objects->count > NAMED_KEYS ? swt_buf_append(names, ", ...", 5, err) : 0;
}

static int ambiguous(struct swt_p11_token *token, const struct swt_p11_objects *objects,
                     const struct swt_p11_uri *asked, const char *what, struct swt_error *err) {
    struct swt_buf names SWT_CLEANUP(swt_buf_done) = {0};
    int result = name_objects(token, objects, asked, &names, err);
    if (result < 0)
        return result;
    swt_fail(err, SWT_E_KEY_AMBIGUOUS, "%zu %s fit: %s", objects->count, what,
             swt_buf_text(&names));
    return swt_error_hint(err, "name one by its id; where that is the same too, delete or rename "
                               "one (pkcs11-tool)");
}

static int not_found(struct swt_p11_token *token, const struct swt_p11_uri *asked,
                     struct swt_error *err) {
    struct swt_p11_objects all;
    struct swt_buf names SWT_CLEANUP(swt_buf_done) = {0};
    const struct swt_p11_pattern pattern = {.class = CKO_PRIVATE_KEY};
    int result = swt_p11_find(token, &pattern, &all, err);
    if (result >= 0)
        result = name_objects(token, &all, asked, &names, err);
    if (result < 0)
        return result;
    if (all.count == 0) {
        swt_fail(err, SWT_E_KEY_NOT_FOUND, "the token holds no private key");
        return swt_error_hint(err, "'swupdate-tool keygen -o pkcs11:...' makes one there");
    }
    swt_fail(err, SWT_E_KEY_NOT_FOUND, "none of the token's %zu private key%s fits; there %s: %s",
             all.count, all.count == 1 ? "" : "s", all.count == 1 ? "is" : "are",
             swt_buf_text(&names));
    return swt_error_hint(err, "copy one of these URIs; 'swupdate-tool key list' prints all");
}

int swt_p11_private_find(struct swt_p11_token *token, const struct swt_p11_uri *uri,
                         CK_OBJECT_HANDLE *ret_object, struct swt_error *err) {
    struct swt_p11_objects found;
    const struct swt_p11_pattern pattern = {
        .class = CKO_PRIVATE_KEY, .label = uri->label, .id = uri->id};
    int result = swt_p11_find(token, &pattern, &found, err);
    if (result < 0)
        return result;
    if (found.count == 0)
        return not_found(token, uri, err);
    if (found.count > 1)
        return ambiguous(token, &found, uri, "private keys", err);
    *ret_object = found.handles[0];
    return 0;
}

/* ---- public parts ------------------------------------------------------------------------ */

/* Public keys of a token that fit, and the objects that hold them. */
struct candidates {
    struct swt_p11_objects objects;
    struct swt_public_key key; /* of the first; type 0: none yet */
    bool differ;
};

static void candidates_done(struct candidates *candidates) {
    swt_public_key_done(&candidates->key);
}

static int add_candidate(struct swt_p11_token *token, CK_OBJECT_HANDLE object,
                         CK_OBJECT_CLASS class, struct candidates *candidates,
                         struct swt_error *err) {
    struct swt_public_key key SWT_CLEANUP(swt_public_key_done) = {0};
    int result = swt_p11_public_read(token, object, class, &key, err);
    if (result <= 0)
        return result;
    if (candidates->objects.count < SWT_P11_MAX_OBJECTS)
        candidates->objects.handles[candidates->objects.count++] = object;
    if (candidates->key.key.type == 0)
        candidates->key = SWT_MOVE(key);
    else if (memcmp(candidates->key.id, key.id, sizeof key.id) != 0)
        candidates->differ = true;
    return 0;
}

static int look(struct swt_p11_token *token, const struct swt_p11_pattern *pattern,
                struct candidates *candidates, struct swt_error *err) {
    struct swt_p11_objects found;
    int result = swt_p11_find(token, pattern, &found, err);
    for (size_t i = 0; result >= 0 && i < found.count; i++)
        result = add_candidate(token, found.handles[i], pattern->class, candidates, err);
    return result;
}

/* 1 and the key, or 0 when there is none; several that differ are an error. */
static int decide(struct swt_p11_token *token, struct candidates *candidates,
                  const struct swt_p11_uri *asked, struct swt_public_key *ret_key,
                  struct swt_error *err) {
    if (candidates->differ) {
        (void)!ambiguous(token, &candidates->objects, asked, "public keys", err);
        return err->code != SWT_E_KEY_AMBIGUOUS
                   ? -(int)err->code
                   : swt_error_hint(err, "name one by its id, or by what holds it: type=public or "
                                         "type=cert");
    }
    if (candidates->key.key.type == 0)
        return 0;
    *ret_key = SWT_MOVE(candidates->key);
    return 1;
}

/* Public objects with the private key's id, else with its label; certificates with its id. */
static int look_beside(struct swt_p11_token *token, CK_OBJECT_HANDLE object, CK_KEY_TYPE type,
                       struct candidates *candidates, struct swt_error *err) {
    struct swt_buf id SWT_CLEANUP(swt_buf_done) = {0};
    struct swt_buf label SWT_CLEANUP(swt_buf_done) = {0};
    int result = swt_p11_attribute(token, object, CKA_ID, &id, err);
    if (result >= 0)
        result = swt_p11_attribute(token, object, CKA_LABEL, &label, err);
    const CK_ATTRIBUTE with_id = {CKA_ID, id.data, id.len};
    const CK_ATTRIBUTE with_label = {CKA_LABEL, label.data, label.len};
    const struct swt_p11_pattern patterns[] = {
        {.class = CKO_PUBLIC_KEY, .id = &with_id, .type = &type},
        {.class = CKO_PUBLIC_KEY, .label = &with_label, .type = &type},
        {.class = CKO_CERTIFICATE, .id = &with_id},
    };
    for (size_t i = 0; i < SWT_COUNT(patterns) && result >= 0; i++) {
        bool known = (patterns[i].id != NULL ? id.len : label.len) > 0;
        if (known && candidates->key.key.type == 0)
            result = look(token, &patterns[i], candidates, err);
    }
    return result;
}

int swt_p11_public_of(struct swt_p11_token *token, CK_OBJECT_HANDLE object, CK_KEY_TYPE type,
                      const struct swt_p11_uri *asked, struct swt_public_key *ret_key,
                      struct swt_error *err) {
    struct candidates candidates SWT_CLEANUP(candidates_done) = {0};
    int result = look_beside(token, object, type, &candidates, err);
    if (result >= 0)
        result = decide(token, &candidates, asked, ret_key, err);
    return result == 0 ? swt_p11_public_read(token, object, CKO_PRIVATE_KEY, ret_key, err) : result;
}

int swt_p11_public_find(struct swt_p11_token *token, const struct swt_p11_uri *uri,
                        struct swt_public_key *ret_key, struct swt_error *err) {
    static const CK_OBJECT_CLASS classes[] = {CKO_PUBLIC_KEY, CKO_CERTIFICATE};
    struct candidates candidates SWT_CLEANUP(candidates_done) = {0};
    int result = 0;
    for (size_t i = 0; i < SWT_COUNT(classes) && result >= 0; i++) {
        const struct swt_p11_pattern pattern = {
            .class = classes[i], .label = uri->label, .id = uri->id};
        if (!uri->has_class || uri->class == classes[i])
            result = look(token, &pattern, &candidates, err);
    }
    return result < 0 ? result : decide(token, &candidates, uri, ret_key, err);
}
