/* SPDX-License-Identifier: Apache-2.0 */
/* Key files in each form that is read, and each that is refused with words of its own. */
#include "help.h"

#include <openssl/pkcs12.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/swt-key-files-XXXXXX";
static char path[sizeof dir + 32];

static int set_up(void **state) {
    (void)state;
    if (mkdtemp(dir) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/key", dir);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    (void)unlink(path);
    return rmdir(dir);
}

static void load_id(const char *uri, struct swt_keyring *keyring, uint8_t ret_id[SWT_KEY_ID_SIZE]) {
    struct swt_key_source source = {.uri = uri};
    struct swt_public_key key = {0};
    struct swt_error err = {0};
    assert_done(swt_public_key_load(&source, keyring, &key, &err), &err);
    memcpy(ret_id, key.id, sizeof key.id);
    swt_public_key_done(&key);
}

/* Every form of the key root1: one id, and the private ones sign. */
static void forms(void **state) {
    (void)state;
    static const struct {
        const char *uri;
        bool is_private;
        int asked;
    } cases[] = {
        {KEYS "root1.pem", true, 0},
        {"file:" KEYS "root1.pem", true, 0},
        {KEYS "root1.der", true, 0},
        {KEYS "root1-encrypted.pem", true, 1},
        {KEYS "root1-encrypted-sec1.pem", true, 1},
        {KEYS "root1-encrypted.der", true, 1},
        {KEYS "root1.p12", true, 1},
        {KEYS "root1-no-passphrase.p12", true, 0},
        {KEYS "root1-and-certificate.pem", true, 0},
        {KEYS "root1-and-public.pem", true, 0},
        {KEYS "root1.pub", false, 0},
        {KEYS "root1-public.der", false, 0},
    };
    uint8_t expected[SWT_KEY_ID_SIZE];
    load_id(KEYS "root1.pub", NULL, expected);
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        struct answer answer = {.text = PASSPHRASE};
        struct swt_keyring keyring = answer_keyring(&answer);
        struct swt_key_source source = {.uri = cases[i].uri};
        struct swt_signer *signer = NULL;
        struct swt_buf raw = {0};
        struct swt_error err = {0};
        uint8_t id[SWT_KEY_ID_SIZE];

        load_id(cases[i].uri, &keyring, id);
        assert_memory_equal(id, expected, sizeof id);
        assert_int_equal(answer.asked, cases[i].asked);
        int result = swt_signer_open(&source, &keyring, NULL, &signer, &err);
        if (!cases[i].is_private) {
            assert_error(result, &err, SWT_E_KEY, "a public key, where a private key is needed");
            assert_string_equal(err.file, cases[i].uri);
            continue;
        }
        assert_done(result, &err);
        assert_int_equal(answer.asked, 2 * cases[i].asked);
        assert_done(swt_signer_sign(signer, &TRIAL, MESSAGE, &raw, &err), &err);
        assert_memory_equal(swt_signer_key_id(signer), expected, sizeof expected);
        swt_buf_done(&raw);
        swt_signer_free(signer);
    }
}

static void other_keys_that_are_read(void **state) {
    (void)state;
    static const char *const cases[] = {
        KEYS "ec-with-parameters.pem", KEYS "ed25519-1-encrypted.pem", KEYS "rsa2048-encrypted.pem",
        KEYS "pigweed/root1.pem",      KEYS "pigweed/targets3.pem",    KEYS "pigweed/rogue.pem",
        KEYS "pigweed/spare1.pem",
    };
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        struct answer answer = {.text = PASSPHRASE};
        struct swt_keyring keyring = answer_keyring(&answer);
        struct swt_key_source source = {.uri = cases[i]};
        struct swt_signer *signer = NULL;
        struct swt_error err = {0};
        assert_done(swt_signer_open(&source, &keyring, NULL, &signer, &err), &err);
        swt_signer_free(signer);
    }
}

static void private_and_public_of_pigweed(void **state) {
    (void)state;
    uint8_t private_id[SWT_KEY_ID_SIZE];
    uint8_t public_id[SWT_KEY_ID_SIZE];
    load_id(KEYS "pigweed/root2.pem", NULL, private_id);
    load_id(KEYS "pigweed/root2.pem.pub", NULL, public_id);
    assert_memory_equal(private_id, public_id, sizeof public_id);
}

static void passphrase_sources(void **state) {
    (void)state;
    struct swt_key_source source = {.uri = KEYS "root1-encrypted.pem", .passphrase_file = path};
    struct swt_signer *signer = NULL;
    struct swt_error err = {0};
    write_text(path, PASSPHRASE "\r\nsecond line\n");
    assert_done(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err);
    swt_signer_free(signer);

    int ends[2];
    char name[32];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], PASSPHRASE "\n", sizeof PASSPHRASE), sizeof PASSPHRASE);
    assert_int_equal(close(ends[1]), 0);
    (void)snprintf(name, sizeof name, "fd:%d", ends[0]);
    source.passphrase_file = name;
    assert_done(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err);
    swt_signer_free(signer);
    assert_int_equal(close(ends[0]), 0);

    assert_int_equal(setenv("SWT_TEST_PIN", PASSPHRASE, 1), 0);
    source.passphrase_file = NULL;
    source.passphrase_env = "SWT_TEST_PIN";
    struct swt_keyring keyring = {0};
    assert_done(swt_keyring_take_variable(&keyring, source.passphrase_env, &err), &err);
    assert_done(swt_signer_open(&source, &keyring, NULL, &signer, &err), &err);
    swt_signer_free(signer);
    swt_keyring_done(&keyring);
}

static const char *const encrypted[] = {
    KEYS "root1-encrypted.pem", KEYS "root1-encrypted-sec1.pem", KEYS "root1-encrypted.der",
    KEYS "root1.p12",           KEYS "ed25519-1-encrypted.pem",  KEYS "rsa2048-encrypted.pem",
};

static void wrong_passphrase(void **state) {
    (void)state;
    static const char *const wrong[] = {"wrong", "", "test passphrase "};
    for (size_t i = 0; i < SWT_COUNT(encrypted); i++) {
        for (size_t j = 0; j < SWT_COUNT(wrong); j++) {
            struct answer answer = {.text = wrong[j]};
            struct swt_keyring keyring = answer_keyring(&answer);
            struct swt_key_source source = {.uri = encrypted[i]};
            struct swt_signer *signer = NULL;
            struct swt_public_key key;
            struct swt_error err = {0};
            assert_error(swt_signer_open(&source, &keyring, NULL, &signer, &err), &err,
                         SWT_E_PASSPHRASE, "wrong passphrase for");
            assert_string_equal(err.file, encrypted[i]);
            assert_int_equal(answer.asked, 1);
            assert_non_null(strstr(answer.what, encrypted[i]));
            assert_error(swt_public_key_load(&source, &keyring, &key, &err), &err, SWT_E_PASSPHRASE,
                         "wrong passphrase for");
        }
    }
}

/* With many wrong ones the padding comes out right by chance now and then; the words stay. */
static void many_wrong_passphrases(void **state) {
    (void)state;
    for (int i = 0; i < 400; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "wrong %d", i);
        struct answer answer = {.text = text};
        struct swt_keyring keyring = answer_keyring(&answer);
        struct swt_key_source source = {.uri = KEYS "root1-encrypted-sec1.pem"};
        struct swt_signer *signer = NULL;
        struct swt_error err = {0};
        assert_error(swt_signer_open(&source, &keyring, NULL, &signer, &err), &err,
                     SWT_E_PASSPHRASE, "wrong passphrase for");
    }
}

static void no_passphrase(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(encrypted); i++) {
        struct answer answer = {.text = NULL};
        struct swt_keyring keyring = answer_keyring(&answer);
        struct swt_key_source source = {.uri = encrypted[i]};
        struct swt_signer *signer = NULL;
        struct swt_error err = {0};
        assert_error(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err, SWT_E_PASSPHRASE,
                     "is needed");
        assert_non_null(strstr(err.hint, "--passphrase-file"));
        assert_error(swt_signer_open(&source, &keyring, NULL, &signer, &err), &err,
                     SWT_E_PASSPHRASE, "nobody is there");
        assert_int_equal(answer.asked, 1);
        source.passphrase_file = "/nonexistent/passphrase";
        assert_error(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err, SWT_E_PASSPHRASE,
                     "/nonexistent/passphrase");
    }
}

static void refuse(const char *uri, const char *private_words, const char *public_words) {
    struct answer answer = {.text = PASSPHRASE};
    struct swt_keyring keyring = answer_keyring(&answer);
    struct swt_key_source source = {.uri = uri};
    struct swt_signer *signer = NULL;
    struct swt_public_key key = {0};
    struct swt_error err = {0};
    assert_error(swt_signer_open(&source, &keyring, NULL, &signer, &err), &err, SWT_E_KEY,
                 private_words);
    assert_string_equal(err.file, uri);
    assert_error(swt_public_key_load(&source, &keyring, &key, &err), &err, SWT_E_PUBLIC_KEY,
                 public_words);
    assert_string_equal(err.file, uri);
    assert_null(signer);
    assert_null(key.bytes.data);
}

static void refused_files(void **state) {
    (void)state;
    static const struct {
        const char *uri;
        const char *private_words;
        const char *public_words;
    } cases[] = {
        {KEYS "two-keys.pem", "2 keys, expected one", "2 keys, expected one"},
        {KEYS "two-public-keys.pem", "2 keys, expected one", "2 keys, expected one"},
        {KEYS "root1-and-other-public.pem", "2 keys, expected one", "2 keys, expected one"},
        {KEYS "root1-certificate.pem", "a certificate, where a private key is needed",
         "a certificate, where a key is needed"},
        {KEYS "certificate-only.p12", "a certificate, where a private key is needed",
         "a certificate, where a key is needed"},
        {KEYS "p384.pem", "secp384r1", "secp384r1"},
        {KEYS "p384.pub", "a public key, where", "secp384r1"},
        {KEYS "secp256k1.pem", "secp256k1", "secp256k1"},
        {KEYS "x25519.pem", "X25519", "X25519"},
        {KEYS "ed448.pem", "ED448", "ED448"},
        {KEYS "dsa2048.pem", "DSA", "DSA"},
        {KEYS "rsa1024.pem", "1024", "1024"},
        {KEYS "rsa8200.pem", "8200", "8200"},
        {KEYS "rsa2048-exponent-3.pem", "exponent", "exponent"},
        {KEYS "rsa-pss.pem", "RSA-PSS", "RSA-PSS"},
        {KEYS "rsa-pss-sha512.pem", "RSA-PSS", "RSA-PSS"},
        {KEYS "openssh.pem", "OpenSSH", "OpenSSH"},
        {KEYS "broken.pem", "the PEM block 'PRIVATE KEY' is damaged", "'PRIVATE KEY' is damaged"},
        {KEYS "README.md", "neither PEM, DER nor PKCS#12", "neither PEM, DER nor PKCS#12"},
        {"testdata", "directory", "directory"},
    };
    for (size_t i = 0; i < SWT_COUNT(cases); i++)
        refuse(cases[i].uri, cases[i].private_words, cases[i].public_words);
}

/* Whatever stands behind the last object that is read could be a second key. */
static void many_objects(void **state) {
    (void)state;
    static char text[1 << 20], certificate[8192];
    uint8_t id[SWT_KEY_ID_SIZE];
    size_t certificate_len =
        read_bytes(KEYS "root1-certificate.pem", (uint8_t *)certificate, sizeof certificate);
    for (int count = 62; count <= 65; count++) {
        size_t len = read_bytes(KEYS "root1.pem", (uint8_t *)text, sizeof text);
        for (int i = 0; i < count; i++, len += certificate_len)
            memcpy(text + len, certificate, certificate_len);
        write_bytes(path, text, len);
        if (count <= 63)
            load_id(path, NULL, id);
        else
            refuse(path, "more than 64 objects", "more than 64 objects");
        len += read_bytes(KEYS "root2.pem", (uint8_t *)text + len, sizeof text - len);
        write_bytes(path, text, len);
        const char *words = count == 62 ? "2 keys, expected one" : "more than 64 objects";
        refuse(path, words, words);
    }
}

static void a_missing_file(void **state) {
    (void)state;
    struct swt_key_source source = {.uri = "/nonexistent/key.pem"};
    struct swt_signer *signer = NULL;
    struct swt_public_key key;
    struct swt_error err = {0};
    assert_error(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err, SWT_E_NOT_FOUND, "");
    assert_string_equal(err.file, "/nonexistent/key.pem");
    assert_error(swt_public_key_load(&source, &nobody, &key, &err), &err, SWT_E_NOT_FOUND, "");
}

static void made_files(void **state) {
    (void)state;
    uint8_t *data = calloc(1, 2 << 20);
    assert_non_null(data);

    write_text(path, "");
    refuse(path, "the file is empty", "the file is empty");
    write_text(path, "just text\n");
    refuse(path, "neither PEM, DER nor PKCS#12", "neither PEM, DER nor PKCS#12");
    write_text(path, "-----BEGIN PRIVATE KEY-----\n");
    refuse(path, "'PRIVATE KEY' is damaged", "'PRIVATE KEY' is damaged");
    write_text(path, "-----BEGIN ");
    refuse(path, "no private key", "no key");
    write_bytes(path, "\x30\x82\x01\x00xyz", 7);
    refuse(path, "damaged DER", "damaged DER");
    write_bytes(path, data, 1 << 20);
    refuse(path, "neither PEM", "neither PEM");
    write_bytes(path, data, (1 << 20) + 1);
    refuse(path, "over 1048576 bytes", "over 1048576 bytes");

    /* Each prefix of a key in DER and PEM: an error with words, never a crash. */
    static const char *const whole[] = {KEYS "root1.der", KEYS "root1.pem", KEYS "root1.p12",
                                        KEYS "root1-encrypted.der"};
    for (size_t i = 0; i < SWT_COUNT(whole); i++) {
        size_t len = read_bytes(whole[i], data, 1 << 20);
        for (size_t cut = 0; cut < len - 30; cut += 1 + cut / 16) {
            struct answer answer = {.text = PASSPHRASE};
            struct swt_keyring keyring = answer_keyring(&answer);
            struct swt_key_source source = {.uri = path};
            struct swt_signer *signer = NULL;
            struct swt_error err = {0};
            write_bytes(path, data, cut);
            assert_error(swt_signer_open(&source, &keyring, NULL, &signer, &err), &err, SWT_E_KEY,
                         "");
        }
    }
    free(data);
}

static void a_good_key_beside_a_broken_one(void **state) {
    (void)state;
    uint8_t data[4096];
    size_t len = read_bytes(KEYS "root1.pem", data, sizeof data);
    len += read_bytes(KEYS "broken.pem", data + len, sizeof data - len);
    write_bytes(path, data, len);
    refuse(path, "is damaged", "is damaged");
}

static void text_around_a_key(void **state) {
    (void)state;
    uint8_t data[4096] = "# a comment\n\n";
    size_t len = strlen((char *)data);
    uint8_t id[SWT_KEY_ID_SIZE];
    uint8_t expected[SWT_KEY_ID_SIZE];
    len += read_bytes(KEYS "root1.pem", data + len, sizeof data - len);
    len += (size_t)snprintf((char *)data + len, sizeof data - len, "and an end\n");
    write_bytes(path, data, len);
    load_id(path, NULL, id);
    load_id(KEYS "root1.pub", NULL, expected);
    assert_memory_equal(id, expected, sizeof id);
}

/* Not "wrong passphrase": no passphrase would open it. */
static void a_cipher_that_is_missing(void **state) {
    (void)state;
    uint8_t data[4096] = {0};
    size_t len = read_bytes(KEYS "root1-encrypted-sec1.pem", data, sizeof data);
    char *cipher = strstr((char *)data, "AES-128-CBC");
    if (cipher == NULL)
        fail_msg("no cipher in the key file");
    else
        cipher[0] = 'X';
    write_bytes(path, data, len);
    refuse(path, "an algorithm that this OpenSSL does not offer",
           "an algorithm that this OpenSSL does not offer");
}

/* Names that a URI would read otherwise. */
static void odd_names(void **state) {
    (void)state;
    static const char *const names[] = {"a%41b", "a:b", "pkcs11:x", "-", "a b?c=d#e"};
    uint8_t data[4096];
    uint8_t id[SWT_KEY_ID_SIZE];
    uint8_t expected[SWT_KEY_ID_SIZE];
    char *before = getcwd(NULL, 0);
    size_t len = read_bytes(KEYS "root1.pem", data, sizeof data);
    load_id(KEYS "root1.pub", NULL, expected);
    assert_non_null(before);
    assert_int_equal(chdir(dir), 0);
    for (size_t i = 0; i < SWT_COUNT(names); i++) {
        char uri[64];
        write_bytes(names[i], data, len);
        (void)snprintf(uri, sizeof uri, "file:%s", names[i]);
        load_id(uri, NULL, id);
        assert_memory_equal(id, expected, sizeof id);
        (void)snprintf(uri, sizeof uri, "./%s", names[i]);
        load_id(uri, NULL, id);
        assert_memory_equal(id, expected, sizeof id);
        assert_int_equal(unlink(names[i]), 0);
    }
    assert_int_equal(chdir(before), 0);
    free(before);
}

/* The point of one key beside the scalar of another: what it signs would verify with neither. */
static void a_pair_that_is_none(void **state) {
    (void)state;
    uint8_t data[4096];
    uint8_t other[4096];
    size_t len = read_bytes(KEYS "root1.der", data, sizeof data);
    struct swt_key_source source = {.uri = KEYS "root2.pub"};
    struct swt_public_key key = {0};
    struct swt_error err = {0};
    assert_done(swt_public_key_load(&source, &nobody, &key, &err), &err);
    memcpy(other, key.key.value.data, key.key.value.len);
    memcpy(data + len - 65, other, 65);
    write_bytes(path, data, len);
    refuse(path, "do not belong together", "do not belong together");
    swt_public_key_done(&key);
}

static void the_public_key_option(void **state) {
    (void)state;
    struct swt_key_source source = {.uri = KEYS "root1.pem", .public_key = KEYS "root1.pub"};
    struct swt_signer *signer = NULL;
    struct swt_error err = {0};
    assert_done(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err);
    swt_signer_free(signer);
    signer = NULL;
    source.public_key = KEYS "root2.pub";
    assert_error(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err, SWT_E_KEY,
                 "is not the public part of this key");
    source.public_key = KEYS "root1-certificate.pem";
    assert_error(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err, SWT_E_PUBLIC_KEY,
                 "a certificate");
}

static void readable_by_others(void **state) {
    (void)state;
    static const struct {
        mode_t mode;
        const char *from;
        size_t warnings;
    } cases[] = {
        {0600, KEYS "root1.pem", 0}, {0400, KEYS "root1.pem", 0}, {0640, KEYS "root1.pem", 1},
        {0604, KEYS "root1.pem", 1}, {0644, KEYS "root1.der", 1},
    };
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        uint8_t data[4096];
        size_t len = read_bytes(cases[i].from, data, sizeof data);
        struct swt_notices notices = {0};
        struct swt_key_source source = {.uri = path};
        struct swt_signer *signer = NULL;
        struct swt_error err = {0};
        (void)unlink(path);
        write_bytes(path, data, len);
        assert_int_equal(chmod(path, cases[i].mode), 0);
        assert_done(swt_signer_open(&source, &nobody, &notices, &signer, &err), &err);
        assert_int_equal(notices.count, cases[i].warnings);
        if (notices.count > 0) {
            assert_int_equal(notices.items[0].level, SWT_WARNING);
            assert_non_null(strstr(notices.items[0].text, path));
        }
        swt_signer_free(signer);
        swt_notices_done(&notices);
    }
    assert_int_equal(chmod(path, 0644), 0);
}

static void a_key_on_a_descriptor(void **state) {
    (void)state;
    uint8_t data[4096];
    size_t len = read_bytes(KEYS "root1.pem", data, sizeof data);
    int ends[2];
    char name[32];
    struct swt_notices notices = {0};
    struct swt_key_source source = {.uri = name};
    struct swt_signer *signer = NULL;
    struct swt_error err = {0};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], data, len), len);
    assert_int_equal(close(ends[1]), 0);
    (void)snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    assert_done(swt_signer_open(&source, &nobody, &notices, &signer, &err), &err);
    assert_int_equal(notices.count, 0);
    swt_signer_free(signer);
    assert_int_equal(close(ends[0]), 0);
    swt_notices_done(&notices);
}

static PKCS8_PRIV_KEY_INFO *pkcs8_of(const char *name) {
    uint8_t data[4096];
    struct swt_key_objects objects = {0};
    struct swt_key_file file = {.data = data};
    struct swt_key_source source = {.uri = name};
    struct swt_key_request request = {.source = &source};
    struct swt_asker asker = {.request = &request};
    struct swt_error err = {0};
    assert_done(swt_key_uri_parse(name, &request.uri, &err), &err);
    file.len = read_bytes(name, data, sizeof data);
    assert_done(swt_key_objects_load(&request, &file, &asker, SWT_E_KEY, &objects, &err), &err);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(objects.private_key);
    assert_non_null(info);
    swt_key_objects_done(&objects);
    return info;
}

/* OSSL_STORE tells of the first key only; which one is meant would be a guess. */
static void two_keys_in_a_pkcs12(void **state) {
    (void)state;
    static const char *const passphrases[] = {PASSPHRASE, ""};
    for (size_t i = 0; i < SWT_COUNT(passphrases); i++) {
        STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
        STACK_OF(PKCS7) *parts = NULL;
        static const char *const names[] = {KEYS "root1.pem", KEYS "root2.pem"};
        for (size_t j = 0; j < SWT_COUNT(names); j++) {
            PKCS8_PRIV_KEY_INFO *info = pkcs8_of(names[j]);
            EVP_PKEY *pkey = EVP_PKCS82PKEY(info);
            assert_non_null(PKCS12_add_key(&bags, pkey, 0, 2048, NID_aes_256_cbc, passphrases[i]));
            EVP_PKEY_free(pkey);
            PKCS8_PRIV_KEY_INFO_free(info);
        }
        assert_int_equal(PKCS12_add_safe(&parts, bags, NID_aes_256_cbc, 2048, passphrases[i]), 1);
        PKCS12 *pkcs12 = PKCS12_add_safes(parts, 0);
        assert_int_equal(PKCS12_set_mac(pkcs12, passphrases[i], -1, NULL, 0, 2048, EVP_sha256()),
                         1);
        uint8_t *der = NULL;
        int len = i2d_PKCS12(pkcs12, &der);
        assert_true(len > 0);
        write_bytes(path, der, (size_t)len);
        OPENSSL_free(der);
        PKCS12_free(pkcs12);
        sk_PKCS7_pop_free(parts, PKCS7_free);
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
        refuse(path, "2 keys, expected one", "2 keys, expected one");
    }
}

static void public_pem(void **state) {
    (void)state;
    static const char *const names[] = {KEYS "root1.pub", KEYS "ed25519-1.pub", KEYS "rsa2048.pub"};
    for (size_t i = 0; i < SWT_COUNT(names); i++) {
        struct swt_key_source source = {.uri = names[i]};
        struct swt_public_key key = {0};
        struct swt_buf pem = {0};
        struct swt_error err = {0};
        uint8_t data[4096];
        size_t len = read_bytes(names[i], data, sizeof data);
        data[len] = '\0';
        assert_done(swt_public_key_load(&source, &nobody, &key, &err), &err);
        assert_done(swt_public_key_pem(&key.key, &pem, &err), &err);
        assert_string_equal(swt_buf_text(&pem), strstr((char *)data, "-----BEGIN"));
        key.key.value.len--;
        assert_error(swt_public_key_pem(&key.key, &pem, &err), &err, SWT_E_PUBLIC_KEY, "");
        swt_buf_done(&pem);
        swt_public_key_done(&key);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(other_keys_that_are_read),
        cmocka_unit_test(private_and_public_of_pigweed),
        cmocka_unit_test(passphrase_sources),
        cmocka_unit_test(wrong_passphrase),
        cmocka_unit_test(many_wrong_passphrases),
        cmocka_unit_test(no_passphrase),
        cmocka_unit_test(refused_files),
        cmocka_unit_test(many_objects),
        cmocka_unit_test(a_missing_file),
        cmocka_unit_test(made_files),
        cmocka_unit_test(a_good_key_beside_a_broken_one),
        cmocka_unit_test(text_around_a_key),
        cmocka_unit_test(a_cipher_that_is_missing),
        cmocka_unit_test(odd_names),
        cmocka_unit_test(a_pair_that_is_none),
        cmocka_unit_test(the_public_key_option),
        cmocka_unit_test(readable_by_others),
        cmocka_unit_test(a_key_on_a_descriptor),
        cmocka_unit_test(two_keys_in_a_pkcs12),
        cmocka_unit_test(public_pem),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
