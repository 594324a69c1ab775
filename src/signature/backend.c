/* SPDX-License-Identifier: Apache-2.0 */
/* Which backend serves which key URI. */
#include "backend.h"

/* Schemes that this tool gives a meaning, whatever a provider that happens to be loaded says. */
static const struct {
    const char *scheme;
    const struct swt_backend *backend;
} rows[] = {
    {"pkcs11", &swt_backend_pkcs11},
    {"exec", &swt_backend_exec},
};

int swt_backend_find(const struct swt_key_uri *uri, const struct swt_backend **ret_backend,
                     struct swt_error *err) {
    const struct swt_backend *backend = uri->path != NULL ? &swt_backend_store : NULL;

    for (size_t i = 0; backend == NULL && i < SWT_COUNT(rows); i++)
        if (swt_key_uri_has_scheme(uri, rows[i].scheme))
            backend = rows[i].backend;
    if (backend == NULL && swt_store_serves(uri))
        backend = &swt_backend_store;
    if (backend == NULL) {
        swt_fail(err, SWT_E_KEY_SCHEME, "no signer serves '%.*s:'", (int)uri->scheme.len,
                 (const char *)uri->scheme.data);
        return swt_error_hint(err,
                              "a path that contains a colon is written ./PATH or file:PATH; for "
                              "others, OpenSSL must load a provider that reaches its device");
    }
    *ret_backend = backend;
    return 0;
}
