/* SPDX-License-Identifier: Apache-2.0 */
/* Key URIs: which text is a path and which names a scheme. */
#include "p11.h"

#include <string.h>
#include <strings.h>

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 3986, 3.1. Returns the scheme's length, 0 when text does not begin with a scheme. */
static size_t scheme_length(const char *text) {
    if (!is_letter(text[0]))
        return 0;
    size_t len = 1;
    while (is_letter(text[len]) || (text[len] >= '0' && text[len] <= '9') ||
           (text[len] != '\0' && strchr("+.-", text[len]) != NULL))
        len++;
    return text[len] == ':' ? len : 0;
}

bool swt_key_uri_has_scheme(const struct swt_key_uri *uri, const char *scheme) {
    return uri->scheme.len == strlen(scheme) &&
           strncasecmp((const char *)uri->scheme.data, scheme, uri->scheme.len) == 0;
}

int swt_key_uri_parse(const char *text, struct swt_key_uri *ret_uri, struct swt_error *err) {
    struct swt_key_uri uri = {.text = text, .path = text};
    size_t len = scheme_length(text);

    if (strcmp(text, "-") == 0) {
        swt_fail(err, SWT_E_KEY, "'-': a key is not read from standard input");
        return swt_error_hint(err, "give /dev/stdin, or ./- for a file of that name");
    }
    if (len > 0) {
        uri.scheme = swt_slice_of(text, len);
        uri.path = NULL;
        if (swt_key_uri_has_scheme(&uri, "file")) {
            /* Taken literally, without percent-decoding: file: is how a name with a colon is
             * written. file:///a/b is the path ///a/b, which the system reads as /a/b. */
            uri.scheme = swt_slice_of(NULL, 0);
            uri.path = text + len + 1;
        }
    }
    if (uri.path != NULL && uri.path[0] == '\0')
        return swt_fail(err, SWT_E_KEY, "empty key URI, expected a path or SCHEME:...");
    *ret_uri = uri;
    return 0;
}

size_t swt_key_uri_shown(const char *text) {
    struct swt_key_uri uri;
    struct swt_error ignored;
    if (swt_key_uri_parse(text, &uri, &ignored) < 0 || uri.path != NULL)
        return strlen(text);
    if (swt_key_uri_has_scheme(&uri, "pkcs11"))
        return swt_p11_uri_shown(text);
    size_t rest = uri.scheme.len + 1;
    /* SCHEME://USER:PASSWORD@HOST, and whatever options a provider takes. */
    bool user = !swt_key_uri_has_scheme(&uri, "exec") && strchr(text + rest, '@') != NULL;
    return user ? rest : strcspn(text, "?");
}

int swt_key_uri_blame(const struct swt_key_uri *uri, struct swt_error *err) {
    if (uri->path != NULL)
        return swt_error_file(err, uri->path);
    return swt_error_context(err, "'%.*s'", (int)swt_key_uri_shown(uri->text), uri->text);
}
