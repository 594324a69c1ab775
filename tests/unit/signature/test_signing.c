/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures by each kind of key, verified with the library's own calls and not with ours. */
#include "help.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

static EVP_PKEY *public_of(const char *path) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    EVP_PKEY *pkey = PEM_read_PUBKEY(file, NULL, NULL, NULL);
    assert_non_null(pkey);
    (void)fclose(file);
    return pkey;
}

static bool library_verifies(EVP_PKEY *pkey, bool pss, const char *digest, struct swt_slice message,
                             const uint8_t *value, size_t len) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    assert_int_equal(EVP_DigestVerifyInit_ex(context, &parameters, digest, NULL, NULL, pkey, NULL),
                     1);
    if (pss) {
        assert_true(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md_name(parameters, "SHA256", NULL) > 0);
    }
    bool good = EVP_DigestVerify(context, value, len, message.data, message.len) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}

/* Signs and returns the signature; checks key id and state on the way. */
static struct swt_buf sign(const char *path, struct swt_slice message) {
    struct swt_signer *signer = open_signer(path);
    struct swt_buf raw = {0};
    struct swt_error err = {0};
    uint8_t id[SWT_KEY_ID_SIZE];
    assert_string_equal(swt_signer_uri(signer), path);
    swt_key_id(swt_signer_key(signer), id);
    assert_memory_equal(id, swt_signer_key_id(signer), sizeof id);
    assert_done(swt_signer_sign(signer, &TRIAL, message, &raw, &err), &err);
    assert_true(key_verifies(swt_signer_key(signer), message, swt_buf_slice(&raw)));
    swt_signer_free(signer);
    return raw;
}

static void p256(void **state) {
    (void)state;
    EVP_PKEY *pkey = public_of(KEYS "root1.pub");
    BIGNUM *half = NULL;
    assert_true(BN_hex2bn(&half, "7fffffff800000007fffffffffffffff"
                                 "de737d56d38bcf4279dce5617e3192a8") > 0);
    for (int i = 0; i < 32; i++) {
        struct swt_buf raw = sign(KEYS "root1.pem", MESSAGE);
        uint8_t *der = NULL;
        assert_int_equal(raw.len, 64);
        ECDSA_SIG *signature = ECDSA_SIG_new();
        BIGNUM *s = BN_bin2bn(raw.data + 32, 32, NULL);
        assert_true(BN_cmp(s, half) <= 0);
        assert_int_equal(ECDSA_SIG_set0(signature, BN_bin2bn(raw.data, 32, NULL), s), 1);
        int len = i2d_ECDSA_SIG(signature, &der);
        assert_true(library_verifies(pkey, false, "SHA256", MESSAGE, der, (size_t)len));
        assert_false(
            library_verifies(pkey, false, "SHA256", swt_slice_text("other"), der, (size_t)len));
        OPENSSL_free(der);
        ECDSA_SIG_free(signature);
        swt_buf_done(&raw);
    }
    BN_free(half);
    EVP_PKEY_free(pkey);
}

static void ed25519(void **state) {
    (void)state;
    EVP_PKEY *pkey = public_of(KEYS "ed25519-1.pub");
    struct swt_buf raw = sign(KEYS "ed25519-1.pem", MESSAGE);
    assert_int_equal(raw.len, 64);
    assert_true(library_verifies(pkey, false, NULL, MESSAGE, raw.data, raw.len));
    swt_buf_done(&raw);
    EVP_PKEY_free(pkey);
}

static void rsa(void **state) {
    (void)state;
    static const struct {
        const char *private_path;
        const char *public_path;
        size_t size;
    } cases[] = {{KEYS "rsa2048.pem", KEYS "rsa2048.pub", 256},
                 {KEYS "rsa3072.pem", KEYS "rsa3072.pub", 384}};
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        EVP_PKEY *pkey = public_of(cases[i].public_path);
        struct swt_buf raw = sign(cases[i].private_path, MESSAGE);
        assert_int_equal(raw.len, cases[i].size);
        assert_true(library_verifies(pkey, true, "SHA256", MESSAGE, raw.data, raw.len));
        swt_buf_done(&raw);
        EVP_PKEY_free(pkey);
    }
}

static void an_empty_and_a_large_message(void **state) {
    (void)state;
    static const char *const paths[] = {KEYS "root1.pem", KEYS "ed25519-1.pem", KEYS "rsa2048.pem"};
    size_t len = SWT_MAX_METADATA;
    uint8_t *data = calloc(1, len);
    assert_non_null(data);
    for (size_t i = 0; i < SWT_COUNT(paths); i++) {
        struct swt_buf raw = sign(paths[i], swt_slice_of(NULL, 0));
        swt_buf_done(&raw);
        raw = sign(paths[i], swt_slice_of(data, len));
        swt_buf_done(&raw);
    }
    free(data);
}

static void the_signature_is_appended(void **state) {
    (void)state;
    struct swt_signer *signer = open_signer(KEYS "root1.pem");
    struct swt_buf raw = {0};
    struct swt_error err = {0};
    assert_done(swt_buf_append(&raw, "head", 4, &err), &err);
    assert_done(swt_signer_sign(signer, &TRIAL, MESSAGE, &raw, &err), &err);
    assert_int_equal(raw.len, 4 + 64);
    assert_memory_equal(raw.data, "head", 4);
    assert_true(key_verifies(swt_signer_key(signer), MESSAGE, swt_slice_of(raw.data + 4, 64)));
    swt_buf_done(&raw);
    swt_signer_free(signer);
}

static void free_of_nothing(void **state) {
    (void)state;
    swt_signer_free(NULL);
    struct swt_public_key key = {0};
    swt_public_key_done(&key);
    struct swt_quorum quorum = {0};
    swt_quorum_done(&quorum);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p256),
        cmocka_unit_test(ed25519),
        cmocka_unit_test(rsa),
        cmocka_unit_test(an_empty_and_a_large_message),
        cmocka_unit_test(the_signature_is_appended),
        cmocka_unit_test(free_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
