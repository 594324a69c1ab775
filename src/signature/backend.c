/* SPDX-License-Identifier: Apache-2.0 */
/* Which backend serves which key URI. */
#include "backend.h"

/* Schemes that this tool gives a meaning. A row without a backend keeps its scheme from a provider
 * that happens to be loaded, so that a URI never changes its meaning from one version to the next.
 */
static const struct {
    const char *scheme;
    const struct swt_backend *backend;
} rows[] = {
    {"pkcs11", NULL},
    {"exec", &swt_backend_exec},
};

int swt_backend_find(const struct swt_key_uri *uri, const struct swt_backend **ret_backend,
                     struct swt_error *err) {
    const struct swt_backend *backend = NULL;
    bool ours = uri->path != NULL;

    if (ours)
        backend = &swt_backend_store;
    for (size_t i = 0; !ours && i < SWT_COUNT(rows); i++) {
        if (swt_key_uri_has_scheme(uri, rows[i].scheme)) {
            backend = rows[i].backend;
            ours = true;
        }
    }
    if (!ours && swt_store_serves(uri))
        backend = &swt_backend_store;
    if (backend == NULL) {
        swt_fail(err, SWT_E_KEY_SCHEME, "no signer serves '%.*s:'", (int)uri->scheme.len,
                 (const char *)uri->scheme.data);
        if (!ours)
            swt_error_hint(err, "a path that contains a colon is written ./PATH or file:PATH; for "
                                "others, OpenSSL must load a provider that reaches its device");
        return -(int)err->code;
    }
    *ret_backend = backend;
    return 0;
}
