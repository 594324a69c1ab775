/* SPDX-License-Identifier: Apache-2.0 */
/* Key URIs as the audit log has them: enough to know the key, nothing that opens it. */
#include "audit.h"
#include "p11.h"

#include <string.h>

int swt_key_uri_redact(const struct swt_key_uri *uri, struct swt_buf *ret_text,
                       struct swt_error *err) {
    if (swt_key_uri_has_scheme(uri, "pkcs11"))
        return swt_p11_uri_public(uri->text, ret_text, err);
    size_t len = strlen(uri->text);
    if (uri->path == NULL && !swt_key_uri_has_scheme(uri, "exec")) {
        /* SCHEME://USER:PASSWORD@HOST, and whatever options a provider takes. */
        const char *rest = uri->text + uri->scheme.len + 1;
        len = strchr(rest, '@') != NULL ? uri->scheme.len + 1 : strcspn(uri->text, "?");
    }
    return swt_buf_append(ret_text, uri->text, len, err);
}
