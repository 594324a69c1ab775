/* SPDX-License-Identifier: Apache-2.0 */
/* Key URIs as people and the audit log see them: enough to know the key, nothing that opens it. */
#include "p11.h"

#include <string.h>

int swt_key_uri_public(const char *text, struct swt_buf *ret_text, struct swt_error *err) {
    struct swt_key_uri uri;
    int result = swt_key_uri_parse(text, &uri, err);
    if (result < 0)
        return result;
    if (swt_key_uri_has_scheme(&uri, "pkcs11"))
        return swt_p11_uri_public(text, ret_text, err);
    size_t len = swt_key_uri_has_scheme(&uri, "exec") ? strlen(text) : swt_key_uri_shown(text);
    return swt_buf_append(ret_text, text, len, err);
}
