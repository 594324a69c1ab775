/* SPDX-License-Identifier: Apache-2.0 */
/* A token's attributes as a public key: each form that tokens use, and the garbage that some send.
 */
#include "help.h"

#include "../../../src/signature/p11.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define P256 "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define ED25519_OID "\x06\x03\x2b\x65\x70"
#define ED25519_NAME                                                                               \
    "\x13\x0c"                                                                                     \
    "edwards25519"
#define BYTES(text_) swt_slice_of((text_), sizeof(text_) - 1)

static void load(const char *path, struct swt_public_key *ret_key) {
    const struct swt_key_source source = {.uri = path};
    struct swt_error err = {0};
    assert_done(swt_public_key_load(&source, &nobody, ret_key, &err), &err);
}

static EVP_PKEY *load_evp(const char *path) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    EVP_PKEY *pkey = PEM_read_PUBKEY(file, NULL, NULL, NULL);
    assert_non_null(pkey);
    (void)fclose(file);
    return pkey;
}

static void assert_key(const struct swt_p11_public_parts *parts,
                       const struct swt_public_key *expected) {
    struct swt_public_key key = {0};
    struct swt_error err = {0};
    int result = swt_p11_public_decode(parts, &key, &err);
    assert_done(result, &err);
    assert_int_equal(result, 1);
    assert_memory_equal(key.id, expected->id, sizeof key.id);
    swt_public_key_done(&key);
}

static void assert_refused(const struct swt_p11_public_parts *parts, const char *message) {
    struct swt_public_key key = {0};
    struct swt_error err = {0};
    assert_error(swt_p11_public_decode(parts, &key, &err), &err, SWT_E_PUBLIC_KEY, message);
    assert_int_equal(key.key.type, 0);
}

static void assert_too_few(const struct swt_p11_public_parts *parts) {
    struct swt_public_key key = {0};
    struct swt_error err = {0};
    assert_int_equal(swt_p11_public_decode(parts, &key, &err), 0);
}

/* prefix and the bare point. */
static struct swt_slice wrapped(const char *prefix, size_t len, struct swt_slice point,
                                uint8_t ret_bytes[80]) {
    memcpy(ret_bytes, prefix, len);
    memcpy(ret_bytes + len, point.data, point.len);
    return swt_slice_of(ret_bytes, len + point.len);
}

static void points(void **state) {
    (void)state;
    struct swt_public_key p256 = {0};
    struct swt_public_key ed25519 = {0};
    uint8_t bytes[80];
    load(KEYS "root1.pub", &p256);
    load(KEYS "ed25519-1.pub", &ed25519);

    struct swt_p11_public_parts parts = {.type = CKK_EC, .parameters = BYTES(P256)};
    assert_too_few(&parts);
    parts.point = p256.key.value;
    assert_key(&parts, &p256);
    parts.point = wrapped("\x04\x41", 2, p256.key.value, bytes);
    assert_key(&parts, &p256);
    parts.point = wrapped("\x03\x42\x00", 3, p256.key.value, bytes);
    assert_key(&parts, &p256);

    const struct swt_slice names[] = {BYTES(ED25519_OID), BYTES(ED25519_NAME)};
    for (size_t i = 0; i < SWT_COUNT(names); i++) {
        parts = (struct swt_p11_public_parts){.type = CKK_EC_EDWARDS, .parameters = names[i]};
        assert_too_few(&parts);
        parts.point = ed25519.key.value;
        assert_key(&parts, &ed25519);
        parts.point = wrapped("\x04\x20", 2, ed25519.key.value, bytes);
        assert_key(&parts, &ed25519);
        parts.point = wrapped("\x03\x21\x00", 3, ed25519.key.value, bytes);
        assert_key(&parts, &ed25519);
    }
    swt_public_key_done(&p256);
    swt_public_key_done(&ed25519);
}

static void bad_points(void **state) {
    (void)state;
    struct swt_public_key p256 = {0};
    uint8_t bytes[80];
    load(KEYS "root1.pub", &p256);
    struct swt_p11_public_parts parts = {.type = CKK_EC, .parameters = BYTES(P256)};
    for (size_t len = 1; len < 70; len++) {
        memset(bytes, 4, sizeof bytes);
        parts.point = swt_slice_of(bytes, len);
        assert_refused(&parts, "ecdsa-p256 key");
    }
    /* Compressed, hybrid, not on the curve, at infinity, of another curve's length, one too long.
     */
    memcpy(bytes, p256.key.value.data, 65);
    bytes[0] = 0x02;
    parts.point = swt_slice_of(bytes, 33);
    assert_refused(&parts, "expected 65 bytes");
    bytes[0] = 0x06;
    parts.point = swt_slice_of(bytes, 65);
    assert_refused(&parts, "uncompressed point");
    bytes[0] = 0x04;
    bytes[64] ^= 1;
    assert_refused(&parts, "ecdsa-p256 key");
    parts.point = BYTES("\x00");
    assert_refused(&parts, "expected 65 bytes");
    parts.point = wrapped("\x04\x42", 2, p256.key.value, bytes);
    assert_refused(&parts, "expected 65 bytes");
    parts.point = wrapped("\x03\x42\x01", 3, p256.key.value, bytes);
    assert_refused(&parts, "expected 65 bytes");

    parts = (struct swt_p11_public_parts){
        .type = CKK_EC_EDWARDS, .parameters = BYTES(ED25519_OID), .point = p256.key.value};
    assert_refused(&parts, "expected 32 bytes");
    memset(bytes, 0, sizeof bytes);
    parts.point = swt_slice_of(bytes, 32); /* of small order */
    assert_refused(&parts, "ed25519 key");
    swt_public_key_done(&p256);
}

static void curves(void **state) {
    (void)state;
    static const struct {
        const char *parameters;
        size_t len;
        const char *name;
    } cases[] = {
        {"\x06\x05\x2b\x81\x04\x00\x22", 7, "secp384r1"},
        {"\x06\x05\x2b\x81\x04\x00\x0a", 7, "secp256k1"},
        {"\x13\x0a"
         "edwards448",
         12, "edwards448"},
        {"\x30\x03\x02\x01\x01", 5, "explicit parameters"},
        {"\x06\x08\x2a\x86\x48", 5, "unknown parameters"},
        {"\xff", 1, "unknown parameters"},
        {"\x13", 1, "unknown parameters"},
        {"\x06", 1, "unknown parameters"},
        {P256 "\x00", 11, "found one of curve"},
    };
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        const struct swt_p11_public_parts parts = {
            .type = CKK_EC, .parameters = swt_slice_of(cases[i].parameters, cases[i].len)};
        assert_refused(&parts, cases[i].name);
    }
    assert_too_few(&(struct swt_p11_public_parts){.type = CKK_EC});
    assert_refused(&(struct swt_p11_public_parts){.type = CKK_DSA}, "the PKCS#11 type 0x1");
    assert_refused(&(struct swt_p11_public_parts){.type = CK_UNAVAILABLE_INFORMATION},
                   "the PKCS#11 type 0xf");
}

static struct swt_slice number(EVP_PKEY *pkey, const char *name, uint8_t ret_bytes[1024]) {
    BIGNUM *value = NULL;
    assert_int_equal(EVP_PKEY_get_bn_param(pkey, name, &value), 1);
    ret_bytes[0] = 0; /* a leading zero, which some tokens keep */
    int len = BN_bn2bin(value, ret_bytes + 1);
    BN_free(value);
    return swt_slice_of(ret_bytes, (size_t)len + 1);
}

static void rsa(void **state) {
    (void)state;
    struct swt_public_key expected = {0};
    uint8_t n[1024];
    uint8_t e[1024];
    uint8_t huge[2000] = {1};
    load(KEYS "rsa3072.pub", &expected);
    EVP_PKEY *pkey = load_evp(KEYS "rsa3072.pub");
    struct swt_p11_public_parts parts = {.type = CKK_RSA,
                                         .modulus = number(pkey, OSSL_PKEY_PARAM_RSA_N, n)};
    assert_too_few(&parts);
    parts.exponent = number(pkey, OSSL_PKEY_PARAM_RSA_E, e);
    assert_key(&parts, &expected);
    parts.modulus = swt_slice_of(parts.modulus.data + 1, parts.modulus.len - 1);
    assert_key(&parts, &expected);

    struct swt_p11_public_parts bad = parts;
    bad.modulus.len -= 1; /* even, most likely, and of 3064 bits: some fault is told */
    bad.exponent = BYTES("\x03");
    assert_refused(&bad, "rsa key");
    bad = parts;
    bad.modulus.len = 128;
    assert_refused(&bad, "rsa key: 1024 bits");
    bad.modulus = swt_slice_of(huge, sizeof huge);
    assert_refused(&bad, "a modulus of 2000");
    bad = parts;
    bad.exponent = BYTES("\x00");
    assert_refused(&bad, "");
    EVP_PKEY_free(pkey);
    swt_public_key_done(&expected);
}

/* What a private key may carry besides: its SubjectPublicKeyInfo; and a certificate. */
static void encoded(void **state) {
    (void)state;
    struct swt_public_key expected = {0};
    uint8_t bytes[4096];
    load(KEYS "root1.pub", &expected);
    size_t len = read_bytes(KEYS "root1-public.der", bytes, sizeof bytes);
    struct swt_p11_public_parts parts = {
        .type = CKK_EC, .parameters = BYTES(P256), .spki = swt_slice_of(bytes, len)};
    assert_key(&parts, &expected);
    for (size_t cut = 1; cut < len; cut++) {
        parts.spki.len = cut;
        assert_refused(&parts, "the token's public key cannot be read");
    }
    parts.spki.len = len + 1; /* something after it */
    assert_refused(&parts, "the token's public key cannot be read");

    FILE *file = fopen(KEYS "root1-certificate.pem", "r");
    assert_non_null(file);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    assert_non_null(certificate);
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    assert_true(size > 0);
    parts = (struct swt_p11_public_parts){.certificate = swt_slice_of(der, (size_t)size)};
    assert_key(&parts, &expected);
    for (size_t cut = 1; cut < (size_t)size; cut += 7) {
        parts.certificate.len = cut;
        assert_refused(&parts, "the token's certificate cannot be read");
    }
    OPENSSL_free(der);
    X509_free(certificate);
    swt_public_key_done(&expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points), cmocka_unit_test(bad_points), cmocka_unit_test(curves),
        cmocka_unit_test(rsa),    cmocka_unit_test(encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
