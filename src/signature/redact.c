/* SPDX-License-Identifier: Apache-2.0 */
/* Key URIs as the audit log has them: enough to know the key, nothing that opens it. */
#include "audit.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* RFC 7512, 2.3, without pin-source and pin-value. What else there may be is a vendor's, and could
 * mean anything. */
static const char *const PUBLIC_ATTRIBUTES[] = {
    "token",
    "manufacturer",
    "serial",
    "model",
    "library-manufacturer",
    "library-version",
    "library-description",
    "object",
    "type",
    "id",
    "slot-description",
    "slot-manufacturer",
    "slot-id",
    "module-name",
    "module-path",
};

static bool is_public(const char *attribute, size_t name_len) {
    for (size_t i = 0; i < SWT_COUNT(PUBLIC_ATTRIBUTES); i++)
        if (strlen(PUBLIC_ATTRIBUTES[i]) == name_len &&
            memcmp(PUBLIC_ATTRIBUTES[i], attribute, name_len) == 0)
            return true;
    return false;
}

/* Readers of such URIs skip blanks, within a name too: then no name here is what it seems. */
static bool has_blanks(const char *text) {
    for (; *text != '\0'; text++)
        if (isspace((unsigned char)*text) || iscntrl((unsigned char)*text))
            return true;
    return false;
}

/* The public ones of the attributes in text up to end; *ret_sound false: one has no value. */
static int put_attributes(const char *text, const char *end, char separator, const char *first,
                          struct swt_buf *out, bool *ret_sound, struct swt_error *err) {
    const char between[] = {separator, '\0'};
    const char *before = first;
    while (text < end) {
        const char *next = memchr(text, separator, (size_t)(end - text));
        size_t len = (size_t)((next == NULL ? end : next) - text);
        const char *equals = memchr(text, '=', len);
        if (equals == NULL && len > 0) {
            *ret_sound = false;
            return 0;
        }
        if (equals != NULL && is_public(text, (size_t)(equals - text))) {
            int result = swt_buf_printf(out, err, "%s%.*s", before, (int)len, text);
            if (result < 0)
                return result;
            before = between;
        }
        text += len + 1;
    }
    return 0;
}

static int put_pkcs11(const char *text, struct swt_buf *out, bool *ret_sound,
                      struct swt_error *err) {
    const char *query = strchr(text, '?');
    const char *end = text + strlen(text);
    *ret_sound = !has_blanks(text);
    int result = put_attributes(text, query == NULL ? end : query, ';', "", out, ret_sound, err);
    if (result >= 0 && query != NULL)
        result = put_attributes(query + 1, end, '&', "?", out, ret_sound, err);
    /* A wrong separator makes an attribute part of the value before it. */
    if (result >= 0 && (strcasestr(swt_buf_text(out), "pin-value") != NULL ||
                        strcasestr(swt_buf_text(out), "pin-source") != NULL))
        *ret_sound = false;
    return result;
}

int swt_key_uri_redact(const struct swt_key_uri *uri, struct swt_buf *ret_text,
                       struct swt_error *err) {
    struct swt_buf shown SWT_CLEANUP(swt_buf_done) = {0};
    bool sound = true;
    int result;

    if (uri->path != NULL || swt_key_uri_has_scheme(uri, "exec"))
        return swt_buf_append(ret_text, uri->text, strlen(uri->text), err);
    const char *rest = uri->text + uri->scheme.len + 1;
    if (swt_key_uri_has_scheme(uri, "pkcs11")) {
        result = put_pkcs11(rest, &shown, &sound, err);
    } else {
        /* SCHEME://USER:PASSWORD@HOST, and whatever options a provider takes. */
        sound = strchr(rest, '@') == NULL;
        result = swt_buf_append(&shown, rest, strcspn(rest, "?"), err);
    }
    if (result >= 0)
        result = swt_buf_append(ret_text, uri->text, uri->scheme.len + 1, err);
    if (result >= 0 && sound)
        result = swt_buf_append_slice(ret_text, swt_buf_slice(&shown), err);
    return result;
}
