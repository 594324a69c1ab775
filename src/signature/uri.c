/* SPDX-License-Identifier: Apache-2.0 */
/* Key URIs: which text is a path and which names a scheme. */
#include "p11.h"

#include <string.h>

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
           swt_ascii_equal((const char *)uri->scheme.data, scheme, uri->scheme.len);
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

const char *swt_key_uri_path(const char *text) {
    struct swt_key_uri uri;
    struct swt_error ignored;
    return swt_key_uri_parse(text, &uri, &ignored) < 0 ? NULL : uri.path;
}

static int visit_pin_source(const char *text, swt_key_file_visit *visit, const void *context,
                            struct swt_error *err) {
    SWT_CLEANUP(swt_p11_uri_done) struct swt_p11_uri uri = {0};
    struct swt_error fault;
    if (swt_p11_uri_parse(text, &uri, &fault) < 0)
        return fault.code == SWT_E_MEMORY ? swt_fail_memory(err) : 0;
    return uri.pin_source == NULL ? 0 : visit(context, uri.pin_source, "a PIN file", err);
}

int swt_key_source_files(const struct swt_key_source *source, swt_key_file_visit *visit,
                         const void *context, struct swt_error *err) {
    const char *key = swt_key_uri_path(source->uri);
    const char *public_key =
        source->public_key == NULL ? NULL : swt_key_uri_path(source->public_key);
    int rc = key == NULL ? visit_pin_source(source->uri, visit, context, err)
                         : visit(context, key, "a key", err);
    if (rc == 0 && source->passphrase_file != NULL)
        rc = visit(context, source->passphrase_file, "a passphrase file", err);
    if (rc == 0 && public_key != NULL)
        rc = visit(context, public_key, "a public key", err);
    return rc;
}

int swt_key_uri_blame(const struct swt_key_uri *uri, struct swt_error *err) {
    if (uri->path != NULL)
        return swt_error_file(err, uri->path);
    return swt_error_context(err, "'%.*s'", (int)swt_key_uri_shown(uri->text), uri->text);
}
