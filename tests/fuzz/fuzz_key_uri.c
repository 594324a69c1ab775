/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a key URI: a pkcs11: one is refused, or its values are those that stand in the text,
 * and in no case does the blame for it show what follows pin-value or pin-source.
 */
#include "../../src/signature/p11.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

static void check_shown(const struct swt_key_uri *uri) {
    size_t shown = swt_p11_uri_shown(uri->text);
    require(shown <= strlen(uri->text));
    require(memmem(uri->text, shown, ";pin-", 5) == NULL);
    require(memmem(uri->text, shown, ":pin-", 5) == NULL || memchr(uri->text, '=', shown) != NULL);
    require(memchr(uri->text, '?', shown) == NULL);
}

static void check_parsed(const struct swt_p11_uri *uri) {
    require(p11_kit_uri_get_pin_value(uri->kit) == NULL);
    require(uri->pin_source == NULL || (uri->pin_source[0] != '|' && uri->pin_source[0] != '\0'));
    require(!uri->has_class || uri->class == CKO_PRIVATE_KEY || uri->class == CKO_PUBLIC_KEY ||
            uri->class == CKO_CERTIFICATE);
}

/* What may be logged is a part of the text that is read as a key of the same scheme. */
static void check_public(const struct swt_key_uri *uri) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf shown = {0};
    struct swt_error err;
    struct swt_error blame;
    swt_fail(&blame, SWT_E_KEY, "refused");
    require(swt_key_uri_blame(uri, &blame) == -SWT_E_KEY);
    require(swt_key_uri_shown(uri->text) <= strlen(uri->text));
    require(swt_key_uri_public(uri->text, &shown, &err) == 0);
    const char *text = swt_buf_text(&shown);
    require(shown.len <= strlen(uri->text));
    if (!swt_key_uri_has_scheme(uri, "pkcs11"))
        return;
    size_t path = strcspn(text, "?");
    require(memmem(text, path, ";pin-", 5) == NULL);
    require(strncmp(text + path, "?pin-", 5) != 0 && strstr(text + path, "&pin-") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_key_uri uri;
    struct swt_p11_uri parsed;
    struct swt_error err;
    char *text = strndup(size == 0 ? "" : (const char *)data, size);
    if (text == NULL)
        return 0;
    bool is_uri = swt_key_uri_parse(text, &uri, &err) >= 0;
    if (is_uri)
        check_public(&uri);
    if (is_uri && swt_key_uri_has_scheme(&uri, "pkcs11")) {
        check_shown(&uri);
        if (swt_p11_uri_parse(text, &parsed, &err) >= 0) {
            check_parsed(&parsed);
            swt_p11_uri_done(&parsed);
        } else {
            require(err.code == SWT_E_KEY_URI && strchr(err.message, '\n') == NULL);
        }
    }
    free(text);
    return 0;
}
