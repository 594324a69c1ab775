/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

static void paths(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *path;
    } cases[] = {
        {"key.pem", "key.pem"},
        {"keys/key.pem", "keys/key.pem"},
        {"/abs/key.pem", "/abs/key.pem"},
        {"./a:b", "./a:b"},
        {"keys/a:b", "keys/a:b"},
        {"1a:b", "1a:b"},
        {"a b:c", "a b:c"},
        {":a", ":a"},
        {"file:a:b", "a:b"},
        {"FILE:a", "a"},
        {"file:a%20b", "a%20b"},
        {"file:///etc/key.pem", "///etc/key.pem"},
        {"file:-", "-"},
        {"./-", "./-"},
        {"-", NULL},
        {"", NULL},
        {"file:", NULL},
    };
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        struct swt_key_uri uri;
        struct swt_error err = {0};
        int result = swt_key_uri_parse(cases[i].text, &uri, &err);
        if (cases[i].path == NULL) {
            assert_int_equal(result, -SWT_E_KEY);
        } else {
            assert_done(result, &err);
            assert_string_equal(uri.path, cases[i].path);
            assert_int_equal(uri.scheme.len, 0);
        }
    }
}

static void schemes(void **state) {
    (void)state;
    static const char *const cases[] = {"handle:0x810001", "a:b", "a+b.c-9:x", "https://host/key"};
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        struct swt_key_uri uri;
        struct swt_error err = {0};
        struct swt_signer *signer = NULL;
        struct swt_public_key key;
        struct swt_key_source source = {.uri = cases[i]};
        char expected[64];

        assert_done(swt_key_uri_parse(cases[i], &uri, &err), &err);
        assert_null(uri.path);
        assert_int_equal(uri.scheme.len, strcspn(cases[i], ":"));
        (void)snprintf(expected, sizeof expected, "no signer serves '%.*s:'",
                       (int)strcspn(cases[i], ":"), cases[i]);
        assert_error(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err, SWT_E_KEY_SCHEME,
                     expected);
        assert_null(signer);
        assert_error(swt_public_key_load(&source, &nobody, &key, &err), &err, SWT_E_KEY_SCHEME,
                     expected);
    }
}

static void a_long_scheme(void **state) {
    (void)state;
    char text[4096];
    struct swt_key_source source = {.uri = text};
    struct swt_signer *signer = NULL;
    struct swt_error err = {0};
    memset(text, 'a', sizeof text);
    text[sizeof text - 2] = ':';
    text[sizeof text - 1] = '\0';
    assert_error(swt_signer_open(&source, &nobody, NULL, &signer, &err), &err, SWT_E_KEY_SCHEME,
                 "no signer serves 'aaaa");
}

static void blame_leaves_the_query_out(void **state) {
    (void)state;
    struct swt_key_uri uri;
    struct swt_error err = {0};
    assert_done(swt_key_uri_parse("handle:0x81?pin-value=1234", &uri, &err), &err);
    swt_fail(&err, SWT_E_KEY, "it failed");
    assert_int_equal(swt_key_uri_blame(&uri, &err), -SWT_E_KEY);
    assert_string_equal(err.message, "'handle:0x81': it failed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),
        cmocka_unit_test(schemes),
        cmocka_unit_test(a_long_scheme),
        cmocka_unit_test(blame_leaves_the_query_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
