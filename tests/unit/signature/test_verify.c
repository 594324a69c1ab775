/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

struct signed_message {
    struct swt_signer *signer;
    const struct swt_key *key;
    struct swt_buf raw;
};

static struct signed_message sign(const char *path) {
    struct signed_message made = {.signer = open_signer(path)};
    struct swt_error err = {0};
    made.key = swt_signer_key(made.signer);
    assert_done(swt_signer_sign(made.signer, &TRIAL, MESSAGE, &made.raw, &err), &err);
    return made;
}

static void done(struct signed_message *made) {
    swt_buf_done(&made->raw);
    swt_signer_free(made->signer);
}

static bool verifies(const struct signed_message *made, const void *value, size_t len) {
    bool good = key_verifies(made->key, MESSAGE, swt_slice_of(value, len));
    assert_int_equal(ERR_peek_error(), 0);
    return good;
}

static const char *const all[] = {KEYS "root1.pem", KEYS "ed25519-1.pem", KEYS "rsa2048.pem"};

static void lengths(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(all); i++) {
        struct signed_message made = sign(all[i]);
        struct swt_error err = {0};
        size_t len = made.raw.len;
        assert_true(verifies(&made, made.raw.data, len));
        assert_done(swt_buf_append(&made.raw, "", 1, &err), &err);
        assert_false(verifies(&made, made.raw.data, len + 1));
        for (size_t cut = 0; cut < len; cut++)
            assert_false(verifies(&made, made.raw.data, cut));
        assert_false(verifies(&made, NULL, 0));
        done(&made);
    }
}

static void each_bit(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(all); i++) {
        struct signed_message made = sign(all[i]);
        for (size_t bit = 0; bit < made.raw.len * 8; bit++) {
            made.raw.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_false(verifies(&made, made.raw.data, made.raw.len));
            made.raw.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        assert_true(verifies(&made, made.raw.data, made.raw.len));
        done(&made);
    }
}

static void another_message_or_key(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(all); i++) {
        struct signed_message made = sign(all[i]);
        struct swt_slice value = swt_buf_slice(&made.raw);
        assert_false(key_verifies(made.key, swt_slice_text("other"), value));
        assert_false(key_verifies(made.key, swt_slice_of(NULL, 0), value));
        struct swt_signer *other = open_signer(i == 0   ? KEYS "root2.pem"
                                               : i == 1 ? KEYS "ed25519-2.pem"
                                                        : KEYS "rsa3072.pem");
        assert_false(key_verifies(swt_signer_key(other), MESSAGE, value));
        swt_signer_free(other);
        done(&made);
    }
}

static void a_key_that_fails_its_check(void **state) {
    (void)state;
    struct signed_message made = sign(KEYS "root1.pem");
    uint8_t point[65];
    memcpy(point, made.key->value.data, sizeof point);
    struct swt_key key = *made.key;
    struct swt_slice value = swt_buf_slice(&made.raw);
    key.value = swt_slice_of(point, sizeof point);
    assert_true(key_verifies(&key, MESSAGE, value));
    point[0] = (uint8_t)(0x06 + (point[64] & 1)); /* hybrid */
    assert_false(key_verifies(&key, MESSAGE, value));
    point[0] = 0x04;
    point[64] ^= 1; /* not on the curve */
    assert_false(key_verifies(&key, MESSAGE, value));
    point[64] ^= 1;
    key.value.len--;
    assert_false(key_verifies(&key, MESSAGE, value));
    key.value.len++;
    key.scheme = SWT_KEY_ED25519;
    assert_false(key_verifies(&key, MESSAGE, value));
    key.type = 9;
    key.scheme = 9;
    assert_false(key_verifies(&key, MESSAGE, value));
    done(&made);
}

static const char order_text[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

static void the_other_s(void **state) {
    (void)state;
    struct signed_message made = sign(KEYS "root1.pem");
    BIGNUM *order = NULL;
    BIGNUM *s = BN_bin2bn(made.raw.data + 32, 32, NULL);
    assert_true(BN_hex2bn(&order, order_text) > 0);
    assert_int_equal(BN_sub(s, order, s), 1);
    assert_int_equal(BN_bn2binpad(s, made.raw.data + 32, 32), 32);
    assert_true(verifies(&made, made.raw.data, 64)); /* (r, n-s) */
    BN_free(order);
    BN_free(s);
    done(&made);
}

static void r_or_s_out_of_range(void **state) {
    (void)state;
    struct signed_message made = sign(KEYS "root1.pem");
    uint8_t order[32];
    assert_true(swt_hex_decode(order_text, order, sizeof order));
    for (size_t half = 0; half < 2; half++) {
        uint8_t raw[64];
        memcpy(raw, made.raw.data, sizeof raw);
        memset(raw + half * 32, 0, 32);
        assert_false(verifies(&made, raw, sizeof raw));
        memcpy(raw + half * 32, order, 32);
        assert_false(verifies(&made, raw, sizeof raw));
        memset(raw + half * 32, 0xff, 32);
        assert_false(verifies(&made, raw, sizeof raw));
    }
    uint8_t zero[64] = {0};
    assert_false(verifies(&made, zero, sizeof zero));
    done(&made);
}

static void der_in_place_of_raw(void **state) {
    (void)state;
    struct signed_message made = sign(KEYS "root1.pem");
    uint8_t der[SWT_P256_DER_MAX];
    size_t len = swt_p256_raw_to_der(made.raw.data, der);
    assert_false(verifies(&made, der, len));
    done(&made);
}

static void salts(void **state) {
    (void)state;
    static const struct {
        int salt;
        const char *mgf1;
        const char *digest;
        int padding;
        bool good;
    } cases[] = {
        {32, "SHA256", "SHA256", RSA_PKCS1_PSS_PADDING, true},
        {20, "SHA256", "SHA256", RSA_PKCS1_PSS_PADDING, false},
        {0, "SHA256", "SHA256", RSA_PKCS1_PSS_PADDING, false},
        {31, "SHA256", "SHA256", RSA_PKCS1_PSS_PADDING, false},
        {33, "SHA256", "SHA256", RSA_PKCS1_PSS_PADDING, false},
        {222, "SHA256", "SHA256", RSA_PKCS1_PSS_PADDING, false},
        {32, "SHA1", "SHA256", RSA_PKCS1_PSS_PADDING, false},
        {32, "SHA512", "SHA512", RSA_PKCS1_PSS_PADDING, false},
        {-1, NULL, "SHA256", RSA_PKCS1_PADDING, false},
    };
    FILE *file = fopen(KEYS "rsa2048.pem", "r");
    assert_non_null(file);
    EVP_PKEY *pkey = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    struct swt_signer *signer = open_signer(KEYS "rsa2048.pem");
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        EVP_PKEY_CTX *parameters = NULL;
        uint8_t value[256];
        size_t len = sizeof value;
        assert_int_equal(
            EVP_DigestSignInit_ex(context, &parameters, cases[i].digest, NULL, NULL, pkey, NULL),
            1);
        assert_true(EVP_PKEY_CTX_set_rsa_padding(parameters, cases[i].padding) > 0);
        if (cases[i].mgf1 != NULL) {
            assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, cases[i].salt) > 0);
            assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md_name(parameters, cases[i].mgf1, NULL) > 0);
        }
        struct swt_slice message = MESSAGE;
        assert_int_equal(EVP_DigestSign(context, value, &len, message.data, message.len), 1);
        assert_int_equal(key_verifies(swt_signer_key(signer), message, swt_slice_of(value, len)),
                         cases[i].good);
        EVP_MD_CTX_free(context);
    }
    swt_signer_free(signer);
    EVP_PKEY_free(pkey);
}

/* Ed25519: S and S+L are one number modulo L; RFC 8032, 5.1.7 takes S below L only. */
static void ed25519_s_plus_l(void **state) {
    (void)state;
    static const uint8_t l[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                  0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    struct signed_message made = sign(KEYS "ed25519-1.pem");
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += made.raw.data[32 + i] + l[i];
        made.raw.data[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_false(verifies(&made, made.raw.data, made.raw.len));
    done(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths),
        cmocka_unit_test(each_bit),
        cmocka_unit_test(another_message_or_key),
        cmocka_unit_test(a_key_that_fails_its_check),
        cmocka_unit_test(the_other_s),
        cmocka_unit_test(r_or_s_out_of_range),
        cmocka_unit_test(der_in_place_of_raw),
        cmocka_unit_test(salts),
        cmocka_unit_test(ed25519_s_plus_l),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
