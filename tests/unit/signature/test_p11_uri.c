/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 URIs: what is refused, that no PIN is repeated, and that what is written reads back. */
#include "help.h"

#include "../../../src/signature/p11.h"

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"pkcs11:token=T?pin-value=1234", "a PIN in the URI (pin-value) is refused"},
        {"pkcs11:token=T;pin-value=1234", "a PIN in the URI (pin-value) is refused"},
        {"pkcs11:pin-value=1234", "a PIN in the URI (pin-value) is refused"},
        {"pkcs11:?pin-value", "a PIN in the URI (pin-value) is refused"},
        {"pkcs11:token=T?pin-source=|cat%201234", "would run a command"},
        {"pkcs11:token=T?pin-source=%7Ccat%201234", "would run a command"},
        {"pkcs11:token=T?pin-source=fd:3", "neither a path nor file:PATH"},
        {"pkcs11:token=T?pin-source=https://1234", "neither a path nor file:PATH"},
        {"pkcs11:token=T?pin-source=", "neither a path nor file:PATH"},
        {"pkcs11:token=T;pin-source=/f", "'pin-source' belongs after the '?'"},
        {"pkcs11:token=T?object=x", "'object' belongs before the '?'"},
        {"pkcs11:module-path=/x", "'module-path' belongs after the '?'"},
        {"pkcs11:token=T;token=T", "'token' is given twice"},
        {"pkcs11:token=T?module-name=a&module-name=a", "'module-name' is given twice"},
        {"pkcs11:token=T;;object=x", "an empty attribute"},
        {"pkcs11:token=T;", "an empty attribute"},
        {"pkcs11:;token=T", "an empty attribute"},
        {"pkcs11:token=T?", "an empty attribute"},
        {"pkcs11:token", "'token' has no value"},
        {"pkcs11:1234", "an attribute that is not NAME=VALUE"},
        {"pkcs11:=1234", "an attribute that is not NAME=VALUE"},
        {"pkcs11:secret", "an attribute that is not NAME=VALUE"},
        {"pkcs11:tokne=T", "the attribute 'tokne' is not known"},
        {"pkcs11:Token=T", "the attribute 'Token' is not known"},
        {"pkcs11:token=T?x-pin=1234", "the attribute 'x-pin' is not known"},
        {"pkcs11:token=T?pinfile=/x", "the attribute 'pinfile' is not known"},
        {"pkcs11:object-type=private", "the attribute 'object-type' is not known"},
        {"pkcs11:p%69n-value=1234", "an attribute that is not NAME=VALUE"},
        {"pkcs11:token=a b", "a blank in a PKCS#11 URI"},
        {"pkcs11:token=a\tb", "a control character in a PKCS#11 URI"},
        {"pkcs11:token=a\nb", "a control character in a PKCS#11 URI"},
        {"pkcs11:token=%zz", "a '%' that two hexadecimal digits do not follow"},
        {"pkcs11:token=%4", "a '%' that two hexadecimal digits do not follow"},
        {"pkcs11:type=data", "none of private, public and cert"},
        {"pkcs11:type=secret-key", "none of private, public and cert"},
        {"pkcs11:type=banana", "its type is not known"},
        {"pkcs11:slot-id=x", "no PKCS#11 URI as RFC 7512 has it"},
        {"pkcs11:library-version=x", "its library-version is no version"},
        {"pkcs11:token=a-label-of-more-than-thirty-two-bytes", "longer than its field"},
    };
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        struct swt_p11_uri uri = {0};
        struct swt_error err = {0};
        struct swt_key_uri text = {0};
        struct swt_error ignored;
        assert_error(swt_p11_uri_parse(cases[i].text, &uri, &err), &err, SWT_E_KEY_URI,
                     cases[i].message);
        assert_null(uri.kit);
        assert_done(swt_key_uri_parse(cases[i].text, &text, &ignored), &ignored);
        swt_key_uri_blame(&text, &err);
        if (strstr(err.message, "1234") != NULL || strstr(err.hint, "1234") != NULL)
            fail_msg("it repeats the PIN: %s (%s)", err.message, err.hint);
    }
}

static void shown(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *shown;
    } cases[] = {
        {"pkcs11:", "pkcs11:"},
        {"pkcs11:token=T", "pkcs11:token=T"},
        {"pkcs11:token=T;object=x?pin-source=/f", "pkcs11:token=T;object=x"},
        {"pkcs11:token=T;pin-value=1;object=x", "pkcs11:token=T"},
        {"pkcs11:pin=1;object=x", "pkcs11:"},
        {"pkcs11:?pin-source=/f", "pkcs11:"},
        {"pkcs11:module-path=/x", "pkcs11:"},
    };
    for (size_t i = 0; i < SWT_COUNT(cases); i++)
        assert_int_equal(swt_p11_uri_shown(cases[i].text), strlen(cases[i].shown));
}

static void parsed(void **state) {
    (void)state;
    struct swt_p11_uri uri = {0};
    struct swt_error err = {0};
    assert_done(swt_p11_uri_parse("PKCS11:token=a%20b;object=x%3By;id=%00%ff;type=private"
                                  "?module-path=/m%20o.so&pin-source=file:/p%20q",
                                  &uri, &err),
                &err);
    assert_true(uri.has_class && uri.class == CKO_PRIVATE_KEY);
    assert_int_equal(uri.label->ulValueLen, 3);
    assert_memory_equal(uri.label->pValue, "x;y", 3);
    assert_int_equal(uri.id->ulValueLen, 2);
    assert_memory_equal(uri.id->pValue, "\0\xff", 2);
    assert_string_equal(uri.module_path, "/m o.so");
    assert_null(uri.module_name);
    assert_string_equal(uri.pin_source, "/p q");
    swt_p11_uri_done(&uri);

    assert_done(swt_p11_uri_parse("pkcs11:?pin-source=pin&module-name=m", &uri, &err), &err);
    assert_true(!uri.has_class && uri.label == NULL && uri.id == NULL && uri.module_path == NULL);
    assert_string_equal(uri.pin_source, "pin");
    swt_p11_uri_done(&uri);
    assert_done(swt_p11_uri_parse("pkcs11:", &uri, &err), &err);
    swt_p11_uri_done(&uri);
    assert_done(
        swt_p11_uri_parse("pkcs11:slot-id=5;library-version=2.6;slot-description=d", &uri, &err),
        &err);
    assert_int_equal(p11_kit_uri_get_slot_id(uri.kit), 5);
    swt_p11_uri_done(&uri);
}

static void pad(CK_UTF8CHAR *field, size_t size, const char *text) {
    memset(field, ' ', size);
    memcpy(field, text, strlen(text));
}

/* Whatever a token calls itself and its keys: the URI is plain ASCII and names the same. */
static void written(void **state) {
    (void)state;
    static const char *const labels[] = {"plain",  "a b;c",    "100%",     "Schl\xc3\xbcssel",
                                         "?&=#/|", "\x01\x7f", "\xff\xfe", "'\"$`"};
    for (size_t i = 0; i < SWT_COUNT(labels); i++) {
        CK_TOKEN_INFO token = {0};
        struct swt_p11_uri asked = {.module_path = "/a b/m.so"};
        struct swt_p11_uri uri = {0};
        struct swt_error err = {0};
        pad(token.label, sizeof token.label, labels[i]);
        pad(token.manufacturerID, sizeof token.manufacturerID, "M & Co");
        pad(token.model, sizeof token.model, "m");
        pad((CK_UTF8CHAR *)token.serialNumber, sizeof token.serialNumber, "00;1");
        char *text = swt_p11_uri_format(&token, swt_slice_text(labels[i]),
                                        swt_slice_of("\0\x01%", 3), &asked, NULL, &err);
        assert_non_null(text);
        for (const char *at = text; *at != '\0'; at++)
            assert_true(*at > ' ' && *at < 0x7f && strchr("'\"$`|", *at) == NULL);
        assert_done(swt_p11_uri_parse(text, &uri, &err), &err);
        assert_int_equal(p11_kit_uri_match_token_info(uri.kit, &token), 1);
        assert_int_equal(uri.label->ulValueLen, strlen(labels[i]));
        assert_memory_equal(uri.label->pValue, labels[i], strlen(labels[i]));
        assert_int_equal(uri.id->ulValueLen, 3);
        assert_memory_equal(uri.id->pValue, "\0\x01%", 3);
        assert_string_equal(uri.module_path, "/a b/m.so");
        pad(token.label, sizeof token.label, "another");
        assert_int_equal(p11_kit_uri_match_token_info(uri.kit, &token), 0);
        swt_p11_uri_done(&uri);
        free(text);
    }
}

/* No label and no id leave no attribute behind that would have to be empty. */
static void written_bare(void **state) {
    (void)state;
    CK_TOKEN_INFO token = {0};
    struct swt_p11_uri asked = {0};
    struct swt_error err = {0};
    struct swt_slice none = {0};
    pad(token.label, sizeof token.label, "T");
    pad(token.manufacturerID, sizeof token.manufacturerID, "M");
    pad(token.model, sizeof token.model, "m");
    pad((CK_UTF8CHAR *)token.serialNumber, sizeof token.serialNumber, "1");
    char *text = swt_p11_uri_format(&token, none, none, &asked, NULL, &err);
    assert_string_equal(text, "pkcs11:model=m;manufacturer=M;serial=1;token=T");
    free(text);
    text = swt_p11_uri_format(&token, none, none, &asked, "softhsm2", &err);
    assert_string_equal(text,
                        "pkcs11:model=m;manufacturer=M;serial=1;token=T?module-name=softhsm2");
    free(text);
}

static void time_limits(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned of_60, of_600;
    } cases[] = {
        {NULL, 60, 600}, {"1", 1, 1},     {"60", 60, 60},  {"5", 5, 5},
        {"0", 60, 600},  {"61", 60, 600}, {"", 60, 600},   {"x", 60, 600},
        {"5s", 60, 600}, {"-1", 60, 600}, {" 5", 60, 600}, {"99999999999999999999", 60, 600},
    };
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        if (cases[i].text == NULL)
            (void)unsetenv("SWUPDATE_TOOL_SIGNER_TIMEOUT");
        else
            (void)setenv("SWUPDATE_TOOL_SIGNER_TIMEOUT", cases[i].text, 1);
        assert_int_equal(swt_signer_seconds(60), cases[i].of_60);
        assert_int_equal(swt_signer_seconds(600), cases[i].of_600);
    }
    (void)unsetenv("SWUPDATE_TOOL_SIGNER_TIMEOUT");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused), cmocka_unit_test(shown),        cmocka_unit_test(parsed),
        cmocka_unit_test(written), cmocka_unit_test(written_bare), cmocka_unit_test(time_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
