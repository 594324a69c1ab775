/* SPDX-License-Identifier: Apache-2.0 */
/* How many private keys a PKCS#12 file holds (RFC 7292, 4). */
#include "internal.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>

static int count_bags(const STACK_OF(PKCS12_SAFEBAG) * bags) {
    int count = 0;
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        int nid = PKCS12_SAFEBAG_get_nid(sk_PKCS12_SAFEBAG_value(bags, i));
        count += nid == NID_keyBag || nid == NID_pkcs8ShroudedKeyBag;
    }
    return count;
}

static int count_in(PKCS7 *part, const char *text, int len) {
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    if (PKCS7_type_is_data(part))
        bags = PKCS12_unpack_p7data(part);
    else if (PKCS7_type_is_encrypted(part))
        bags = PKCS12_unpack_p7encdata(part, text, len);
    /* "No passphrase" is written in two ways: as an empty one, and as none. */
    if (bags == NULL && len == 0)
        bags = PKCS12_unpack_p7encdata(part, NULL, 0);
    int count = bags == NULL ? 0 : count_bags(bags);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return count;
}

int swt_pkcs12_count_keys(const struct swt_key_file *file, const struct swt_secret *passphrase) {
    const unsigned char *at = file->data;
    PKCS12 *pkcs12 = d2i_PKCS12(NULL, &at, (long)file->len);
    STACK_OF(PKCS7) *parts = pkcs12 == NULL ? NULL : PKCS12_unpack_authsafes(pkcs12);
    const char *text = passphrase == NULL || passphrase->data == NULL ? "" : passphrase->data;
    int len = passphrase == NULL ? 0 : (int)passphrase->len;
    int count = pkcs12 == NULL ? -1 : 0;

    for (int i = 0; i < sk_PKCS7_num(parts); i++)
        count += count_in(sk_PKCS7_value(parts, i), text, len);
    sk_PKCS7_pop_free(parts, PKCS7_free);
    PKCS12_free(pkcs12);
    ERR_clear_error();
    return count;
}
