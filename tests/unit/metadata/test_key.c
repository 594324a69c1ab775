/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/support.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

static int check(uint32_t type, uint32_t scheme, const struct swt_buf *value,
                 struct swt_error *err) {
    struct swt_key key = {type, scheme, swt_buf_slice(value)};
    return swt_key_check(&key, err);
}

static void assert_refused(uint32_t type, const char *hex, const char *part) {
    struct swt_error err;
    struct swt_buf value = {0};
    buf_hex(&value, hex);
    if (check(type, type, &value, &err) == 0)
        fail_msg("accepted: %s", hex);
    assert_error(&err, SWT_E_PUBLIC_KEY, part);
    struct swt_key key = {type, type, swt_buf_slice(&value)};
    assert_int_equal(swt_key_signature_size(&key), 0);
    swt_buf_done(&value);
}

static void assert_accepted(uint32_t type, const char *hex) {
    struct swt_error err;
    struct swt_buf value = {0};
    buf_hex(&value, hex);
    if (check(type, type, &value, &err) < 0)
        fail_msg("refused: %s: %s", hex, err.message);
    swt_buf_done(&value);
}

/* ---- P-256 ------------------------------------------------------------------------------- */

static void test_p256(void **state) {
    (void)state;
    assert_accepted(SWT_KEY_P256, P256_A);
    assert_accepted(SWT_KEY_P256, P256_B);
    char hex[2 * 66 + 1];

    (void)snprintf(hex, sizeof hex, "%s", P256_A);
    hex[129] = hex[129] == '0' ? '1' : '0';
    assert_refused(SWT_KEY_P256, hex, "not on the curve");
    (void)snprintf(hex, sizeof hex, "06%s", &P256_A[2]); /* y is even: the hybrid form of it */
    assert_refused(SWT_KEY_P256, hex, "uncompressed");
    (void)snprintf(hex, sizeof hex, "02%.64s", &P256_A[2]);
    assert_refused(SWT_KEY_P256, hex, "65 bytes, found 33");
    (void)snprintf(hex, sizeof hex, "%s00", P256_A);
    assert_refused(SWT_KEY_P256, hex, "found 66");
    assert_refused(SWT_KEY_P256, &P256_A[2], "found 64");
    assert_refused(SWT_KEY_P256, "00", "found 1"); /* the point at infinity */
    assert_refused(SWT_KEY_P256, "", "found 0");
    (void)snprintf(hex, sizeof hex, "04%0128d", 0);
    assert_refused(SWT_KEY_P256, hex, "not on the curve");
    memset(hex + 2, 'f', 128);
    assert_refused(SWT_KEY_P256, hex, "not on the curve"); /* coordinates beyond p */
}

/* x + p encodes the same field element when it fits 32 bytes; x = 0 does: (0, sqrt(b)). */
static void test_p256_coordinate_is_reduced(void **state) {
    (void)state;
    const char *y = "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4";
    char hex[2 * 65 + 1];
    (void)snprintf(hex, sizeof hex, "04%064d%s", 0, y);
    assert_accepted(SWT_KEY_P256, hex);
    (void)snprintf(hex, sizeof hex,
                   "04ffffffff00000001000000000000000000000000ffffffffffffffffffffffff%s", y);
    assert_refused(SWT_KEY_P256, hex, "not on the curve");
}

/* ---- Ed25519 ----------------------------------------------------------------------------- */

static void test_ed25519(void **state) {
    (void)state;
    assert_accepted(SWT_KEY_ED25519, ED25519_A);
    assert_accepted(SWT_KEY_ED25519, ED25519_B);
    /* y = 3 is on the curve, y = 2 is not. */
    assert_accepted(SWT_KEY_ED25519,
                    "0300000000000000000000000000000000000000000000000000000000000000");
    assert_refused(SWT_KEY_ED25519,
                   "0200000000000000000000000000000000000000000000000000000000000000",
                   "not on the curve");
    assert_refused(SWT_KEY_ED25519, "", "32 bytes, found 0");
    assert_refused(SWT_KEY_ED25519, ED25519_A "00", "found 33");
}

static void test_ed25519_small_order(void **state) {
    (void)state;
    static const char *const points[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    };
    for (size_t i = 0; i < SWT_COUNT(points); i++)
        assert_refused(SWT_KEY_ED25519, points[i], "small order");
}

static void test_ed25519_not_canonical(void **state) {
    (void)state;
    /* y + p for each y of 0 to 18, with both parities. */
    for (unsigned y = 0; y < 19; y++) {
        char hex[65];
        (void)snprintf(hex, sizeof hex, "%02x%.60s7f", 0xed + y,
                       "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
        assert_refused(SWT_KEY_ED25519, hex, "not canonical");
        hex[62] = 'f';
        assert_refused(SWT_KEY_ED25519, hex, "not canonical");
    }
}

/* ---- RSA: DER written here, so that it can be wrong in one place ------------------------- */

struct spki {
    const char *exponent;  /* hex of the INTEGER's content */
    const char *algorithm; /* hex of the AlgorithmIdentifier */
    unsigned bits;
    unsigned low_byte;        /* of the modulus */
    unsigned modulus_padding; /* zero bytes more than DER has */
    bool long_lengths;        /* one length byte more than DER has */
    bool trailing;
};

#define RSA_ENCRYPTION "300d06092a864886f70d0101010500"
#define RSA(bits_, low_byte_, exponent_)                                                           \
    {                                                                                              \
        .bits = (bits_), .low_byte = (low_byte_), .exponent = (exponent_),                         \
        .algorithm = RSA_ENCRYPTION                                                                \
    }
#define SPKI_2048 .bits = 2048, .low_byte = 0xc7, .exponent = "010001", .algorithm = RSA_ENCRYPTION

static void put_bytes(struct swt_buf *buf, const void *data, size_t len) {
    struct swt_error err;
    assert_int_equal(swt_buf_append(buf, data, len, &err), 0);
}

static void put_tlv(struct swt_buf *buf, uint8_t tag, struct swt_buf *content, bool long_length) {
    uint8_t head[5] = {tag};
    size_t len = 2;
    if (content->len > 0xff || long_length) {
        head[1] = 0x82;
        head[2] = (uint8_t)(content->len >> 8);
        head[3] = (uint8_t)content->len;
        len = 4;
        if (content->len > 0xff && long_length) {
            memmove(head + 3, head + 2, 2);
            head[1] = 0x83;
            head[2] = 0;
            len = 5;
        }
    } else if (content->len > 0x7f) {
        head[1] = 0x81;
        head[2] = (uint8_t)content->len;
        len = 3;
    } else {
        head[1] = (uint8_t)content->len;
    }
    put_bytes(buf, head, len);
    put_bytes(buf, content->data, content->len);
    swt_buf_done(content);
}

static void make_spki(const struct spki *spki, struct swt_buf *value) {
    static const uint8_t zero = 0;
    uint8_t modulus[2048];
    size_t size = (spki->bits + 7) / 8;
    memset(modulus, 0x5a, size);
    modulus[0] = (uint8_t)(1 << ((spki->bits - 1) % 8));
    modulus[size - 1] = (uint8_t)spki->low_byte;

    struct swt_buf n = {0};
    struct swt_buf e = {0};
    struct swt_buf numbers = {0};
    struct swt_buf bits = {0};
    struct swt_buf info = {0};
    for (unsigned i = 0; i < spki->modulus_padding + (modulus[0] >> 7); i++)
        put_bytes(&n, &zero, 1);
    put_bytes(&n, modulus, size);
    buf_hex(&e, spki->exponent);
    put_tlv(&numbers, 0x02, &n, false);
    put_tlv(&numbers, 0x02, &e, false);
    put_bytes(&bits, &zero, 1);
    put_tlv(&bits, 0x30, &numbers, spki->long_lengths);
    buf_hex(&info, spki->algorithm);
    put_tlv(&info, 0x03, &bits, false);
    put_tlv(value, 0x30, &info, false);
    if (spki->trailing)
        put_bytes(value, &zero, 1);
}

static void test_rsa_accepted(void **state) {
    (void)state;
    static const struct spki good[] = {
        {SPKI_2048},
        RSA(2049, 1, "010001"),
        RSA(3072, 1, "010003"),
        RSA(8192, 1, "00ffffffffffffffff"),
    };
    for (size_t i = 0; i < SWT_COUNT(good); i++) {
        struct swt_error err;
        struct swt_buf value = {0};
        make_spki(&good[i], &value);
        if (check(SWT_KEY_RSA, SWT_KEY_RSA, &value, &err) < 0)
            fail_msg("row %zu refused: %s", i, err.message);
        struct swt_key key = {SWT_KEY_RSA, SWT_KEY_RSA, swt_buf_slice(&value)};
        assert_int_equal(swt_key_signature_size(&key), (good[i].bits + 7) / 8);
        char text[16];
        char expected[16];
        (void)snprintf(expected, sizeof expected, "rsa-%u", good[i].bits);
        assert_string_equal(swt_key_type_text(&key, text), expected);
        swt_buf_done(&value);
    }
}

static void test_rsa_refused(void **state) {
    (void)state;
    static const struct {
        struct spki spki;
        const char *part;
    } rows[] = {
        {RSA(2047, 1, "010001"), "2047 bits"},
        {RSA(1024, 1, "010001"), "1024 bits"},
        {RSA(8193, 1, "010001"), "8193 bits"},
        {RSA(16384, 1, "010001"), "expected at most"},
        {RSA(2048, 2, "010001"), "modulus is even"},
        {RSA(2048, 1, "01"), "exponent 1,"},
        {RSA(2048, 1, "03"), "exponent 3,"},
        {RSA(2048, 1, "00ffff"), "exponent 65535"},
        {RSA(2048, 1, "010000"), "exponent is even"},
        {RSA(2048, 1, "00"), "exponent is even"},
        {RSA(2048, 1, "010000000000000001"), "exponent of 65 bits"},
        {{SPKI_2048, .modulus_padding = 1}, "rsa key"},
        {RSA(2048, 1, "00010001"), "rsa key"},
        {RSA(2048, 1, "810001"), "rsa key"},
        {{SPKI_2048, .long_lengths = true}, "not canonical"},
        {{SPKI_2048, .trailing = true}, "not canonical"},
        /* rsaEncryption without its NULL; id-RSASSA-PSS; the obsolete rsa of X.500 */
        {{.bits = 2048,
          .low_byte = 1,
          .exponent = "010001",
          .algorithm = "300b06092a864886f70d010101"},
         "rsa key"},
        {{.bits = 2048,
          .low_byte = 1,
          .exponent = "010001",
          .algorithm = "300b06092a864886f70d01010a"},
         "rsa key"},
        {{.bits = 2048, .low_byte = 1, .exponent = "010001", .algorithm = "30080604550801010500"},
         "rsa key"},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        struct swt_error err;
        struct swt_buf value = {0};
        make_spki(&rows[i].spki, &value);
        if (check(SWT_KEY_RSA, SWT_KEY_RSA, &value, &err) == 0)
            fail_msg("row %zu accepted", i);
        assert_error(&err, SWT_E_PUBLIC_KEY, rows[i].part);
        swt_buf_done(&value);
    }
    assert_refused(SWT_KEY_RSA, "", "rsa key");
    assert_refused(SWT_KEY_RSA, "3000", "rsa key");
    assert_refused(SWT_KEY_RSA, P256_A, "rsa key");
}

/* A P-256 key as SubjectPublicKeyInfo under the type of RSA. */
static void test_rsa_of_other_algorithm(void **state) {
    (void)state;
    assert_refused(SWT_KEY_RSA, "3059301306072a8648ce3d020106082a8648ce3d030107034200" P256_A,
                   "RSA");
}

/* ---- the kinds together ------------------------------------------------------------------ */

static void test_type_and_scheme_agree(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf value = {0};
    buf_hex(&value, P256_A);
    for (uint32_t type = 0; type < 5; type++) {
        for (uint32_t scheme = 0; scheme < 5; scheme++) {
            int r = check(type, scheme, &value, &err);
            assert_int_equal(r == 0, type == SWT_KEY_P256 && scheme == SWT_KEY_P256);
        }
    }
    assert_true(check(259, 259, &value, &err) < 0);
    swt_buf_done(&value);
}

static void test_same(void **state) {
    (void)state;
    struct swt_buf p256_a = {0};
    struct swt_buf p256_b = {0};
    struct swt_buf rsa_a = {0};
    struct swt_buf rsa_other_exponent = {0};
    struct swt_buf rsa_b = {0};
    buf_hex(&p256_a, P256_A);
    buf_hex(&p256_b, P256_B);
    make_spki(&(struct spki){SPKI_2048}, &rsa_a);
    make_spki(
        &(struct spki){
            .bits = 2048, .low_byte = 0xc7, .exponent = "010003", .algorithm = RSA_ENCRYPTION},
        &rsa_other_exponent);
    make_spki(
        &(struct spki){
            .bits = 2048, .low_byte = 0xc9, .exponent = "010001", .algorithm = RSA_ENCRYPTION},
        &rsa_b);
    const struct swt_key a = {SWT_KEY_P256, SWT_KEY_P256, swt_buf_slice(&p256_a)};
    const struct swt_key b = {SWT_KEY_P256, SWT_KEY_P256, swt_buf_slice(&p256_b)};
    const struct swt_key r = {SWT_KEY_RSA, SWT_KEY_RSA, swt_buf_slice(&rsa_a)};
    const struct swt_key r3 = {SWT_KEY_RSA, SWT_KEY_RSA, swt_buf_slice(&rsa_other_exponent)};
    const struct swt_key r9 = {SWT_KEY_RSA, SWT_KEY_RSA, swt_buf_slice(&rsa_b)};
    assert_true(swt_key_same(&a, &a));
    assert_false(swt_key_same(&a, &b));
    assert_false(swt_key_same(&a, &r));
    assert_true(swt_key_same(&r, &r));
    assert_true(swt_key_same(&r, &r3));
    assert_false(swt_key_same(&r, &r9));
    swt_buf_done(&p256_a);
    swt_buf_done(&p256_b);
    swt_buf_done(&rsa_a);
    swt_buf_done(&rsa_other_exponent);
    swt_buf_done(&rsa_b);
}

static void test_id(void **state) {
    (void)state;
    struct swt_buf value = {0};
    uint8_t id[SWT_KEY_ID_SIZE];
    char text[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
    buf_hex(&value, P256_A);
    swt_key_id(&(struct swt_key){SWT_KEY_P256, SWT_KEY_P256, swt_buf_slice(&value)}, id);
    swt_hex_encode(id, sizeof id, text);
    assert_string_equal(text, "4f392777c97393e4c58d187f8fa10bd4dc7c66b611a2eebf6275b472792d4581");
    swt_buf_done(&value);
}

static void assert_round_trip(EVP_PKEY *pkey, uint32_t type, const char *name) {
    struct swt_error err;
    struct swt_buf value = {0};
    struct swt_key key;
    char text[16];
    assert_non_null(pkey);
    put_bytes(&value, "x", 1); /* appended behind what is there */
    assert_int_equal(swt_key_from_evp(pkey, &value, &key, &err), 0);
    assert_int_equal(key.type, type);
    assert_int_equal(key.scheme, type);
    assert_ptr_equal(key.value.data, value.data + 1);
    assert_int_equal(key.value.len, value.len - 1);
    assert_string_equal(swt_key_type_text(&key, text), name);
    EVP_PKEY *again = NULL;
    assert_int_equal(swt_key_to_evp(&key, &again, &err), 0);
    assert_int_equal(EVP_PKEY_eq(pkey, again), 1);
    EVP_PKEY_free(again);
    EVP_PKEY_free(pkey);
    swt_buf_done(&value);
}

static void test_library_keys(void **state) {
    (void)state;
    assert_round_trip(EVP_EC_gen("P-256"), SWT_KEY_P256, "ecdsa-p256");
    assert_round_trip(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), SWT_KEY_ED25519, "ed25519");
    assert_round_trip(EVP_RSA_gen(2048), SWT_KEY_RSA, "rsa-2048");
    /* One whose file asks for compressed points is still written uncompressed. */
    EVP_PKEY *compressed = EVP_EC_gen("P-256");
    assert_int_equal(EVP_PKEY_set_utf8_string_param(compressed, "point-format", "compressed"), 1);
    assert_round_trip(compressed, SWT_KEY_P256, "ecdsa-p256");
}

static void assert_not_taken(EVP_PKEY *pkey, const char *part) {
    struct swt_error err;
    struct swt_buf value = {0};
    struct swt_key key = {.type = 77};
    assert_non_null(pkey);
    assert_true(swt_key_from_evp(pkey, &value, &key, &err) < 0);
    assert_error(&err, SWT_E_PUBLIC_KEY, part);
    assert_int_equal(value.len, 0);
    assert_int_equal(key.type, 77);
    EVP_PKEY_free(pkey);
    swt_buf_done(&value);
}

static void test_library_keys_of_other_kinds(void **state) {
    (void)state;
    assert_not_taken(EVP_EC_gen("P-384"), "secp384r1");
    assert_not_taken(EVP_EC_gen("secp256k1"), "secp256k1");
    assert_not_taken(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), "X25519");
    assert_not_taken(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), "ED448");
    assert_not_taken(EVP_RSA_gen(1024), "1024 bits");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_p256),
        cmocka_unit_test(test_p256_coordinate_is_reduced),
        cmocka_unit_test(test_ed25519),
        cmocka_unit_test(test_ed25519_small_order),
        cmocka_unit_test(test_ed25519_not_canonical),
        cmocka_unit_test(test_rsa_accepted),
        cmocka_unit_test(test_rsa_refused),
        cmocka_unit_test(test_rsa_of_other_algorithm),
        cmocka_unit_test(test_type_and_scheme_agree),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_id),
        cmocka_unit_test(test_library_keys),
        cmocka_unit_test(test_library_keys_of_other_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
