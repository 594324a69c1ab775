/* SPDX-License-Identifier: Apache-2.0 */
/* What is made of what an external signer prints, and how long it may take. */
#include "help.h"

#define DER_64 64

static struct swt_slice file_text(const char *path, char *text, size_t size) {
    return swt_slice_of(text, read_bytes(path, (uint8_t *)text, size));
}

static struct swt_public_key key_of(const char *path) {
    struct swt_key_source source = {.uri = path};
    struct swt_public_key key = {0};
    struct swt_error err = {0};
    assert_done(swt_public_key_load(&source, &nobody, &key, &err), &err);
    return key;
}

/* ---- the public key ---------------------------------------------------------------------- */

static void a_public_pem_of_each_kind(void **state) {
    (void)state;
    static const char *const paths[] = {KEYS "root1.pub", KEYS "ed25519-1.pub", KEYS "rsa3072.pub"};
    for (size_t i = 0; i < SWT_COUNT(paths); i++) {
        char text[8192];
        struct swt_public_key printed = {0};
        struct swt_public_key expected = key_of(paths[i]);
        struct swt_error err = {0};
        assert_done(swt_exec_public_key(file_text(paths[i], text, sizeof text), SWT_E_PUBLIC_KEY,
                                        &printed, &err),
                    &err);
        assert_memory_equal(printed.id, expected.id, sizeof printed.id);
        swt_public_key_done(&printed);
        swt_public_key_done(&expected);
    }
}

static void check_refused(const char *text, size_t len, const char *part) {
    static const enum swt_code faults[] = {SWT_E_PUBLIC_KEY, SWT_E_KEY};
    for (size_t i = 0; i < SWT_COUNT(faults); i++) {
        struct swt_public_key key;
        struct swt_error err = {0};
        assert_error(swt_exec_public_key(swt_slice_of(text, len), faults[i], &key, &err), &err,
                     faults[i], part);
    }
}

static void what_is_no_public_pem(void **state) {
    (void)state;
    char text[16384];
    check_refused(NULL, 0, "no PEM");
    check_refused("", 0, "no PEM");
    check_refused("no such key\n", 12, "no PEM");
    check_refused("\0\xff", 2, "no PEM");

    struct swt_slice pem = file_text(KEYS "root1.pem", text, sizeof text);
    check_refused(text, pem.len, "the PEM block 'PRIVATE KEY'");
    pem = file_text(KEYS "root1-encrypted.pem", text, sizeof text);
    check_refused(text, pem.len, "the PEM block 'ENCRYPTED PRIVATE KEY'");
    pem = file_text(KEYS "p384.pub", text, sizeof text);
    check_refused(text, pem.len, "P-256");

    pem = file_text(KEYS "root1.pub", text, sizeof text);
    memcpy(text + pem.len, text, pem.len);
    check_refused(text, pem.len * 2, "several PEM blocks");
    check_refused(text, pem.len - 30, "no PEM");
    /* A second one need not be whole, nor anything else behind it. */
    static const char *const seconds[] = {
        "-----BEGIN PUBLIC KEY-----\nA*AA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMFkw", "-----BEGIN"};
    for (size_t i = 0; i < SWT_COUNT(seconds); i++) {
        memcpy(text + pem.len, seconds[i], strlen(seconds[i]));
        check_refused(text, pem.len + strlen(seconds[i]), "several PEM blocks");
    }
    text[pem.len] = '\0';
    char *algorithm = strstr(text, "MFkw");
    assert_non_null(algorithm);
    algorithm[3] = 'v';
    check_refused(text, pem.len, "damaged");
}

/* ---- the signature ----------------------------------------------------------------------- */

static void check_signature(const struct swt_key *key, struct swt_slice printed,
                            struct swt_slice expected) {
    struct swt_buf raw = {0};
    struct swt_error err = {0};
    assert_done(swt_exec_signature(key, printed, &raw, &err), &err);
    assert_true(swt_slice_equal(swt_buf_slice(&raw), expected));
    swt_buf_done(&raw);
}

static void check_no_signature(const struct swt_key *key, struct swt_slice printed) {
    struct swt_buf raw = {0};
    struct swt_error err = {0};
    assert_error(swt_exec_signature(key, printed, &raw, &err), &err, SWT_E_BAD_SIGNATURE,
                 "'sign' printed ");
    assert_int_equal(raw.len, 0);
    assert_non_null(strstr(err.hint, "no base64"));
}

static void raw_or_der(void **state) {
    (void)state;
    struct swt_public_key key = key_of(KEYS "root1.pub");
    uint8_t raw[SWT_P256_RAW];
    uint8_t der[SWT_P256_DER_MAX + 1];
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (uint8_t)(i + 1);
    size_t len = swt_p256_raw_to_der(raw, der);
    struct swt_slice expected = swt_slice_of(raw, sizeof raw);

    check_signature(&key.key, expected, expected);
    check_signature(&key.key, swt_slice_of(der, len), expected);

    der[len] = '\n';
    check_no_signature(&key.key, swt_slice_of(der, len + 1));
    check_no_signature(&key.key, swt_slice_of(der, len - 1));
    check_no_signature(&key.key, swt_slice_of(NULL, 0));
    check_no_signature(&key.key, swt_slice_of(raw, sizeof raw - 1));
    swt_public_key_done(&key);
}

static void der_of_64_bytes_is_taken_for_raw(void **state) {
    (void)state;
    struct swt_public_key key = key_of(KEYS "root1.pub");
    uint8_t raw[SWT_P256_RAW] = {0};
    uint8_t der[SWT_P256_DER_MAX];
    raw[6] = 1; /* r of 26 bytes, s of 32 */
    raw[SWT_P256_SCALAR] = 1;
    assert_int_equal(swt_p256_raw_to_der(raw, der), DER_64);
    check_signature(&key.key, swt_slice_of(der, DER_64), swt_slice_of(der, DER_64));
    swt_public_key_done(&key);
}

static void other_keys_have_one_form(void **state) {
    (void)state;
    uint8_t bytes[512] = {0};
    struct swt_public_key ed25519 = key_of(KEYS "ed25519-1.pub");
    struct swt_public_key rsa = key_of(KEYS "rsa3072.pub");
    check_signature(&ed25519.key, swt_slice_of(bytes, 64), swt_slice_of(bytes, 64));
    check_no_signature(&ed25519.key, swt_slice_of(bytes, 65));
    check_signature(&rsa.key, swt_slice_of(bytes, 384), swt_slice_of(bytes, 384));
    check_no_signature(&rsa.key, swt_slice_of(bytes, 256));
    bytes[0] = 0x30; /* DER is ECDSA's */
    bytes[1] = 6;
    memcpy(bytes + 2, "\x02\x01\x01\x02\x01\x01", 6);
    check_no_signature(&ed25519.key, swt_slice_of(bytes, 8));
    swt_public_key_done(&ed25519);
    swt_public_key_done(&rsa);
}

/* ---- the time ---------------------------------------------------------------------------- */

static void the_environment_lowers_the_limit(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned seconds;
    } cases[] = {{"1", 1},   {"59", 59},  {"60", 60},  {"0", 60},  {"61", 60},
                 {"-1", 60}, {"1.5", 60}, {"10s", 60}, {" 5", 60}, {"", 60}};
    assert_int_equal(unsetenv("SWUPDATE_TOOL_SIGNER_TIMEOUT"), 0);
    assert_int_equal(swt_signer_seconds(60), 60);
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        assert_int_equal(setenv("SWUPDATE_TOOL_SIGNER_TIMEOUT", cases[i].text, 1), 0);
        assert_int_equal(swt_signer_seconds(60), cases[i].seconds);
    }
    assert_int_equal(unsetenv("SWUPDATE_TOOL_SIGNER_TIMEOUT"), 0);
}

/* ---- the URI ----------------------------------------------------------------------------- */

static void check_uri(const char *uri, const struct swt_key_source *options, const char *part,
                      const char *hint) {
    struct swt_key_source source = *options;
    struct swt_signer *signer = NULL;
    struct swt_public_key key;
    struct swt_error err = {0};
    source.uri = uri;
    assert_error(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err, SWT_E_KEY, part);
    assert_non_null(strstr(err.hint, hint));
    assert_null(signer);
    assert_error(swt_public_key_load(&source, &nobody, &key, &err), &err, SWT_E_KEY, part);
}

static void a_path_and_no_pin(void **state) {
    (void)state;
    const struct swt_key_source none = {0};
    check_uri("exec:", &none, "'exec:': a signer is named by a path", "exec:./NAME");
    check_uri("exec:signer", &none, "'exec:signer': a signer is named by a path", "exec:./NAME");
    check_uri("EXEC:signer", &none, "a signer is named by a path", "exec:./NAME");
    check_uri("exec:/bin/true", &(struct swt_key_source){.passphrase_file = "f"}, "no PIN",
              "leave the option out");
    check_uri("exec:/bin/true", &(struct swt_key_source){.passphrase_env = "E"}, "no PIN",
              "leave the option out");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_public_pem_of_each_kind),
        cmocka_unit_test(what_is_no_public_pem),
        cmocka_unit_test(raw_or_der),
        cmocka_unit_test(der_of_64_bytes_is_taken_for_raw),
        cmocka_unit_test(other_keys_have_one_form),
        cmocka_unit_test(the_environment_lowers_the_limit),
        cmocka_unit_test(a_path_and_no_pin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
