/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A public key as metadata holds it: type and scheme in a byte each, then its value. What passes
 * the rules is written back by the library as those very bytes, and is the same key as itself
 * alone.
 */
#include "../../src/metadata/key.h"
#include "swt/signature.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

/* One key under two byte strings would be counted twice. */
static void check_value(const struct swt_key *key, EVP_PKEY *pkey) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf value = {0};
    struct swt_key again;
    struct swt_key_identity identity = {0};
    struct swt_key_identity identity_again = {0};
    struct swt_error err;
    char text[16];
    require(swt_key_from_evp(pkey, &value, &again, &err) == 0);
    require(again.type == key->type && swt_key_same(key, &again));
    require(swt_slice_equal(again.value, key->value));
    require(swt_key_identify(key, &identity, &err) == 0);
    require(swt_key_identify(&again, &identity_again, &err) == 0);
    require(swt_key_identity_equal(&identity, &identity_again));
    require(strcmp(swt_key_type_text(key, text), "unknown") != 0);
    require(swt_key_scheme_text(key->type) != NULL);
}

/* A key that differs in one bit is another one, or none. */
static void check_other(const struct swt_key *key, size_t bit) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf value = {0};
    struct swt_error err;
    require(swt_buf_append_slice(&value, key->value, &err) == 0);
    value.data[bit / 8 % value.len] ^= (uint8_t)(1 << bit % 8);
    const struct swt_key other = {key->type, key->scheme, swt_buf_slice(&value)};
    uint8_t id[SWT_KEY_ID_SIZE];
    uint8_t other_id[SWT_KEY_ID_SIZE];
    swt_key_id(key, id);
    swt_key_id(&other, other_id);
    require(memcmp(id, other_id, sizeof id) != 0);
    bool same = swt_key_same(key, &other);
    require(key->type == SWT_KEY_RSA || !same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    EVP_PKEY *pkey = NULL;
    struct swt_error err;
    if (size < 2)
        return 0;
    const struct swt_key key = {data[0], data[1], swt_slice_of(data + 2, size - 2)};
    size_t length = swt_key_signature_size(&key);
    if (swt_key_to_evp(&key, &pkey, &err) < 0) {
        require(err.code == SWT_E_PUBLIC_KEY && length == 0);
        require(swt_key_check(&key, &err) < 0);
        return 0;
    }
    require(length >= 64);
    check_value(&key, pkey);
    check_other(&key, size * 5 + data[size - 1]);
    EVP_PKEY_free(pkey);
    return 0;
}
