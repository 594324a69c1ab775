/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this layer share. */
#ifndef SWT_TEST_SIGNATURE_HELP_H
#define SWT_TEST_SIGNATURE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/signature/internal.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS "testdata/keys/"
#define PASSPHRASE "test passphrase"

#define MESSAGE swt_slice_text("what the tests sign")
static const struct swt_signing_subject TRIAL = {.role = "trial"};

/* What keys share where nobody can be asked. The signers of a test that opens no token share it. */
static struct swt_keyring nobody __attribute__((unused));

/* The absolute path of the tests' own PKCS#11 module, owned; NULL: it is not built. */
static inline char *mock_module_path(void) {
    const char *build = getenv("SWT_BUILD");
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/tests/mock-pkcs11.so", build == NULL ? "build" : build);
    return realpath(path, NULL);
}

/* A prompt that answers text, or fails when text is NULL, and counts how often it was asked. */
struct answer {
    const char *text;
    int asked;
    char what[256];
};
static inline int answer_ask(void *context, const char *what, struct swt_secret *ret_secret,
                             struct swt_error *err) {
    struct answer *answer = context;
    answer->asked++;
    (void)snprintf(answer->what, sizeof answer->what, "%s", what);
    if (answer->text == NULL)
        return swt_fail(err, SWT_E_PASSPHRASE, "nobody is there");
    return swt_secret_set(ret_secret, answer->text, strlen(answer->text), err);
}
static inline struct swt_keyring answer_keyring(struct answer *answer) {
    return (struct swt_keyring){.prompt = {.ask = answer_ask, .context = answer}};
}

/* Fails the test with the error's own words. */
static inline void assert_done(int result, const struct swt_error *err) {
    if (result < 0)
        fail_msg("%s: %s (%s)", swt_code_name(err->code), err->message, err->hint);
    assert_int_equal(ERR_peek_error(), 0);
}
static inline void assert_error(int result, const struct swt_error *err, enum swt_code code,
                                const char *part) {
    if (result >= 0)
        fail_msg("no error, expected %s '%s'", swt_code_name(code), part);
    assert_int_equal(result, -(int)err->code);
    if (err->code != code || strstr(err->message, part) == NULL)
        fail_msg("%s '%s', expected %s '%s'", swt_code_name(err->code), err->message,
                 swt_code_name(code), part);
    assert_null(strstr(err->message, "reason("));
    assert_null(strchr(err->message, '\n'));
    assert_int_equal(ERR_peek_error(), 0);
}

static inline struct swt_signer *open_signer(const char *path) {
    struct swt_key_source source = {.uri = path};
    struct swt_signer *signer = NULL;
    struct swt_error err = {0};
    assert_done(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err);
    return signer;
}

static inline void write_bytes(const char *path, const void *data, size_t len) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}
static inline void write_text(const char *path, const char *text) {
    write_bytes(path, text, strlen(text));
}
static inline size_t read_bytes(const char *path, uint8_t *ret_data, size_t size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(ret_data, 1, size, file);
    assert_true(len < size);
    assert_int_equal(fclose(file), 0);
    return len;
}

static inline bool key_verifies(const struct swt_key *key, struct swt_slice message,
                                struct swt_slice value) {
    struct swt_error err;
    int good = swt_signature_judge(key, message, value, &err);
    assert_true(good >= 0);
    return good > 0;
}

#endif
