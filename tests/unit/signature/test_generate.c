/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <unistd.h>

static char path[] = "/tmp/swt-generate-XXXXXX";

static int set_up(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state) {
    (void)state;
    return unlink(path);
}

static void names(void **state) {
    (void)state;
    enum swt_key_kind kind = SWT_KIND_RSA_4096;
    assert_true(swt_key_kind_parse("ecdsa-p256", &kind));
    assert_int_equal(kind, SWT_KIND_P256);
    assert_true(swt_key_kind_parse("ed25519", &kind));
    assert_int_equal(kind, SWT_KIND_ED25519);
    assert_true(swt_key_kind_parse("rsa-3072", &kind));
    assert_int_equal(kind, SWT_KIND_RSA_3072);
    assert_true(swt_key_kind_parse("rsa-4096", &kind));
    assert_int_equal(kind, SWT_KIND_RSA_4096);
    static const char *const wrong[] = {"", "rsa", "rsa-2048", "ECDSA-P256", "ed25519 ", "p256"};
    for (size_t i = 0; i < SWT_COUNT(wrong); i++)
        assert_false(swt_key_kind_parse(wrong[i], &kind));
    assert_int_equal(kind, SWT_KIND_RSA_4096);
}

/* The pair from generate, written and opened again, is one pair and signs. */
static void round_trip(enum swt_key_kind kind, const char *type, const char *passphrase) {
    struct swt_secret secret = {0};
    struct swt_secret pem = {0};
    struct swt_public_key key = {0};
    struct swt_public_key loaded = {0};
    struct swt_buf public_pem = {0};
    struct swt_buf raw = {0};
    struct swt_signer *signer = NULL;
    struct swt_error err = {0};
    struct answer answer = {.text = passphrase};
    struct swt_keyring keyring = answer_keyring(&answer);
    struct swt_key_source source = {.uri = path};
    char text[16];

    if (passphrase != NULL)
        assert_done(swt_secret_set(&secret, passphrase, strlen(passphrase), &err), &err);
    assert_done(swt_key_generate(kind, passphrase == NULL ? NULL : &secret, &pem, &key, &err),
                &err);
    assert_string_equal(swt_key_type_text(&key.key, text), type);
    const char *begin = passphrase == NULL ? "-----BEGIN PRIVATE KEY-----\n"
                                           : "-----BEGIN ENCRYPTED PRIVATE KEY-----\n";
    assert_int_equal(strncmp(pem.data, begin, strlen(begin)), 0);

    write_bytes(path, pem.data, pem.len);
    assert_done(swt_signer_open(&source, &keyring, NULL, &signer, &err), &err);
    assert_int_equal(answer.asked, passphrase != NULL);
    assert_memory_equal(swt_signer_key_id(signer), key.id, sizeof key.id);
    assert_done(swt_signer_sign(signer, &TRIAL, MESSAGE, &raw, &err), &err);

    assert_done(swt_public_key_pem(&key.key, &public_pem, &err), &err);
    write_bytes(path, public_pem.data, public_pem.len);
    assert_done(swt_public_key_load(&source, &nobody, &loaded, &err), &err);
    assert_memory_equal(loaded.id, key.id, sizeof key.id);
    assert_true(key_verifies(&loaded.key, MESSAGE, swt_buf_slice(&raw)));

    swt_signer_free(signer);
    swt_buf_done(&raw);
    swt_buf_done(&public_pem);
    swt_public_key_done(&loaded);
    swt_public_key_done(&key);
    swt_secret_done(&pem);
    swt_secret_done(&secret);
}

static void each_kind(void **state) {
    (void)state;
    round_trip(SWT_KIND_P256, "ecdsa-p256", NULL);
    round_trip(SWT_KIND_P256, "ecdsa-p256", PASSPHRASE);
    round_trip(SWT_KIND_ED25519, "ed25519", NULL);
    round_trip(SWT_KIND_ED25519, "ed25519", "p\xc3\xa4ss");
    round_trip(SWT_KIND_RSA_3072, "rsa-3072", NULL);
    round_trip(SWT_KIND_RSA_4096, "rsa-4096", PASSPHRASE);
}

/* It signs at once, and its PEM, opened later, is the same key. */
static void a_signer_of_a_new_key(void **state) {
    (void)state;
    struct swt_secret pem SWT_CLEANUP(swt_secret_done) = {0};
    struct swt_signer *signer SWT_CLEANUP(swt_signer_cleanup) = NULL;
    struct swt_signer *opened SWT_CLEANUP(swt_signer_cleanup) = NULL;
    struct swt_buf raw SWT_CLEANUP(swt_buf_done) = {0};
    struct swt_key_source source = {.uri = path};
    struct swt_error err = {0};

    assert_done(swt_signer_generate(SWT_KIND_P256, "keys/new.pem", &nobody, &pem, &signer, &err),
                &err);
    assert_string_equal(swt_signer_uri(signer), "keys/new.pem");
    assert_done(swt_signer_sign(signer, &TRIAL, MESSAGE, &raw, &err), &err);
    assert_true(key_verifies(swt_signer_key(signer), MESSAGE, swt_buf_slice(&raw)));
    write_bytes(path, pem.data, pem.len);
    assert_done(swt_signer_open(&source, &nobody, NULL, &opened, &err), &err);
    assert_memory_equal(swt_signer_key_id(opened), swt_signer_key_id(signer), SWT_KEY_ID_SIZE);
}

/* Nothing is signed without its log, with no key. */
static void a_new_key_is_not_signed_with_unlogged(void **state) {
    (void)state;
    struct swt_secret pem SWT_CLEANUP(swt_secret_done) = {0};
    struct swt_signer *signer SWT_CLEANUP(swt_signer_cleanup) = NULL;
    struct swt_keyring keyring = {.audit_log = "/dev"};
    struct swt_error err = {0};
    assert_true(swt_signer_generate(SWT_KIND_P256, "new.pem", &keyring, &pem, &signer, &err) < 0);
    assert_null(signer);
    assert_null(pem.data);
}

static void two_calls_make_two_keys(void **state) {
    (void)state;
    struct swt_secret pem = {0};
    struct swt_public_key first = {0};
    struct swt_public_key second = {0};
    struct swt_error err = {0};
    assert_done(swt_key_generate(SWT_KIND_P256, NULL, &pem, &first, &err), &err);
    assert_done(swt_key_generate(SWT_KIND_P256, NULL, &pem, &second, &err), &err);
    assert_memory_not_equal(first.id, second.id, sizeof first.id);
    swt_public_key_done(&first);
    swt_public_key_done(&second);
    swt_secret_done(&pem);
}

static void the_encryption(void **state) {
    (void)state;
    struct swt_secret secret = {0};
    struct swt_secret pem = {0};
    struct swt_public_key key = {0};
    struct swt_error err = {0};
    assert_done(swt_secret_set(&secret, PASSPHRASE, strlen(PASSPHRASE), &err), &err);
    assert_done(swt_key_generate(SWT_KIND_P256, &secret, &pem, &key, &err), &err);

    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509_SIG *encrypted = PEM_read_bio_PKCS8(bio, NULL, NULL, NULL);
    assert_non_null(encrypted);
    const X509_ALGOR *algorithm;
    const ASN1_OBJECT *object;
    const void *parameter;
    int type;
    X509_SIG_get0(encrypted, &algorithm, NULL);
    X509_ALGOR_get0(&object, &type, &parameter, algorithm);
    assert_int_equal(OBJ_obj2nid(object), NID_pbes2);
    PBE2PARAM *pbes2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
    assert_non_null(pbes2);
    assert_int_equal(OBJ_obj2nid(pbes2->encryption->algorithm), NID_aes_256_cbc);
    assert_int_equal(OBJ_obj2nid(pbes2->keyfunc->algorithm), NID_id_pbkdf2);
    PBKDF2PARAM *kdf =
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), pbes2->keyfunc->parameter);
    assert_non_null(kdf);
    assert_true(ASN1_INTEGER_get(kdf->iter) >= 600000);
    assert_int_equal(OBJ_obj2nid(kdf->prf->algorithm), NID_hmacWithSHA256);
    assert_int_equal(kdf->salt->value.octet_string->length, 16);
    PBKDF2PARAM_free(kdf);
    PBE2PARAM_free(pbes2);
    X509_SIG_free(encrypted);
    BIO_free(bio);
    swt_public_key_done(&key);
    swt_secret_done(&pem);
    swt_secret_done(&secret);
}

static void passphrases_that_are_none(void **state) {
    (void)state;
    struct swt_secret secret = {0};
    struct swt_secret pem = {0};
    struct swt_public_key key = {0};
    struct swt_error err = {0};
    char text[SWT_MAX_PASSPHRASE + 1];
    memset(text, 'x', sizeof text);
    assert_error(swt_key_generate(SWT_KIND_P256, &secret, &pem, &key, &err), &err, SWT_E_PASSPHRASE,
                 "empty passphrase");
    assert_done(swt_secret_set(&secret, "", 0, &err), &err);
    assert_error(swt_key_generate(SWT_KIND_P256, &secret, &pem, &key, &err), &err, SWT_E_PASSPHRASE,
                 "empty passphrase");
    assert_done(swt_secret_set(&secret, text, sizeof text, &err), &err);
    assert_error(swt_key_generate(SWT_KIND_P256, &secret, &pem, &key, &err), &err, SWT_E_PASSPHRASE,
                 "longer than");
    assert_null(pem.data);
    assert_null(key.bytes.data);
    swt_secret_done(&secret);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(each_kind),
        cmocka_unit_test(a_signer_of_a_new_key),
        cmocka_unit_test(a_new_key_is_not_signed_with_unlogged),
        cmocka_unit_test(two_calls_make_two_keys),
        cmocka_unit_test(the_encryption),
        cmocka_unit_test(passphrases_that_are_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
