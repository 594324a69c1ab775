/* SPDX-License-Identifier: Apache-2.0 */
/* Reading signing responses strictly, as requests are; and where a summary differs. */
#include "../../../src/pipeline/document.h"
#include "../../../src/pipeline/signing_response.h"
#include "../../../src/pipeline/signing_summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEAD                                                                                       \
    "{\"schema\":\"swupdate-tool/signing-response/1\",\"role\":\"root\",\"sha256\":\"" HASH "\""
#define SIGNATURE(id_) "{\"key_id\":\"" id_ "\",\"scheme\":\"ed25519\",\"signature\":\"AAEC\"}"

static void refused(const char *json, const char *message) {
    struct swt_signing_response response = {.role = "untouched"};
    struct swt_error err = {0};
    assert_int_equal(swt_signing_response_read(swt_slice_text(json), "r.json", &response, &err),
                     -SWT_E_SIGNING_RESPONSE);
    if (strncmp(err.message, message, strlen(message)) != 0)
        fail_msg("found '%s', expected '%s'", err.message, message);
    assert_string_equal(err.file, "r.json");
    assert_string_equal(response.role, "untouched");
}

static void test_a_response_is_read(void **state) {
    (void)state;
    SWT_CLEANUP(swt_signing_response_done) struct swt_signing_response response = {0};
    struct swt_error err;
    const char *json = " " HEAD ",\"signatures\":[" SIGNATURE(HASH) "," SIGNATURE(OTHER) "]}\n";
    assert_int_equal(swt_signing_response_read(swt_slice_text(json), "r.json", &response, &err), 0);
    assert_string_equal(response.role, "root");
    assert_int_equal(response.sha256[1], 0x11);
    assert_int_equal(response.signatures.count, 2);
    assert_int_equal(response.signatures.items[1].key_id[0], 0xff);
    assert_int_equal(response.signatures.items[1].key_type, SWT_KEY_ED25519);
    assert_int_equal(response.signatures.items[1].value.len, 3);
    assert_memory_equal(response.signatures.items[1].value.data, "\0\1\2", 3);
    assert_int_equal(json_array_size(response.file.unknown), 0);
}

static void test_what_is_no_response(void **state) {
    (void)state;
    refused("", "not JSON");
    refused("[]", "expected a JSON object");
    refused(HEAD ",\"signatures\":[" SIGNATURE(HASH) "]", "not JSON");
    refused(HEAD ",\"signatures\":[" SIGNATURE(HASH) "]} x", "not JSON");
    refused(HEAD ",\"role\":\"root\",\"signatures\":[" SIGNATURE(HASH) "]}",
            "not JSON: duplicate object key");
    refused("{\"schema\":\"swupdate-tool/signing-response/10\"}",
            "schema: expected 'swupdate-tool/signing-response/1'");
    refused("{\"schema\":\"swupdate-tool/signing-request/1\"}", "schema: expected");
    refused("{\"schema\":1}", "schema: expected a text, found a whole number");
    refused("{\"schema\":\"a\\u0000b\"}", "not JSON");
}

static void test_members_of_a_wrong_kind(void **state) {
    (void)state;
    refused(HEAD "}", "signatures is missing");
    refused(HEAD ",\"signatures\":{}}", "signatures: expected a list, found an object");
    refused(HEAD ",\"signatures\":[]}", "signatures: there is none");
    refused(HEAD ",\"signatures\":[1]}", "signatures[0]: expected an object");
    refused(HEAD ",\"signatures\":[{}]}", "signatures[0].key_id is missing");
    refused(HEAD ",\"signatures\":[" SIGNATURE("00") "]}",
            "signatures[0].key_id: expected 64 digits");
    refused(HEAD ",\"signatures\":[" SIGNATURE(HASH) "," SIGNATURE(HASH) "]}",
            "signatures[1]: the key " HASH " signs twice");
    refused(HEAD ",\"signatures\":[{\"key_id\":\"" HASH
                 "\",\"scheme\":\"rsa\",\"signature\":\"\"}]}",
            "signatures[0].scheme: expected one of ecdsa-sha2-nistp256, ed25519, "
            "rsassa-pss-sha256, found 'rsa'");
    refused(HEAD ",\"signatures\":[{\"key_id\":\"" HASH
                 "\",\"scheme\":\"ed25519\",\"signature\":\"\"}]}",
            "signatures[0].signature: 0 bytes");
    refused(HEAD ",\"signatures\":[{\"key_id\":\"" HASH
                 "\",\"scheme\":\"ed25519\",\"signature\":\"AB==\"}]}",
            "signatures[0].signature: not canonical base64");
}

static void test_levels_and_values_have_a_limit(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf json = {0};
    struct swt_error err;
    assert_int_equal(swt_buf_printf(&json, &err, HEAD ",\"x\":"), 0);
    for (size_t i = 0; i < 300000; i++)
        assert_int_equal(swt_buf_append(&json, i < 16 ? "[" : "1,", i < 16 ? 1 : 2, &err), 0);
    refused(swt_buf_text(&json), "more than 262144 values, or more than 16 levels");
    swt_buf_clear(&json);
    assert_int_equal(swt_buf_printf(&json, &err, HEAD ",\"x\":[[0"), 0);
    for (size_t i = 0; i < 270000; i++)
        assert_int_equal(swt_buf_append(&json, ",1", 2, &err), 0);
    refused(swt_buf_text(&json), "more than 262144 values, or more than 16 levels");
}

static void test_unknown_members_are_kept(void **state) {
    (void)state;
    SWT_CLEANUP(swt_signing_response_done) struct swt_signing_response response = {0};
    struct swt_error err;
    const char *json = HEAD ",\"a\":[1],\"signatures\":[{\"key_id\":\"" HASH
                            "\",\"scheme\":\"ed25519\",\"b\":\"c\",\"signature\":\"AAEC\"}]}";
    assert_int_equal(swt_signing_response_read(swt_slice_text(json), "r.json", &response, &err), 0);
    assert_int_equal(json_array_size(response.file.unknown), 2);
    json_t *entry = json_array_get(response.file.unknown, 1);
    assert_string_equal(json_string_value(json_object_get(entry, "member")), "signatures[0].b");
    assert_string_equal(json_string_value(json_object_get(entry, "value")), "c");
}

static void differs(const char *given, const char *derived, const char *text) {
    SWT_CLEANUP(swt_json_cleanup) json_t *a = json_loads(given, JSON_DECODE_ANY, NULL);
    SWT_CLEANUP(swt_json_cleanup) json_t *b = json_loads(derived, JSON_DECODE_ANY, NULL);
    SWT_CLEANUP(swt_buf_done) struct swt_buf found = {0};
    struct swt_error err;
    assert_true(a != NULL && b != NULL);
    assert_int_equal(swt_summary_differs("s", a, b, &found, &err), text != NULL);
    assert_string_equal(swt_buf_text(&found), text == NULL ? "" : text);
}

#define SAYS ": the request says "
#define SIGNED ", what is signed says "

static void test_the_first_difference(void **state) {
    (void)state;
    differs("{\"a\":1,\"b\":[{\"c\":\"d\"}]}", "{\"b\":[{\"c\":\"d\"}],\"a\":1}", NULL);
    differs("{\"a\":1}", "{\"a\":2}", "s.a" SAYS "1" SIGNED "2");
    differs("{\"a\":\"1\"}", "{\"a\":1}", "s.a" SAYS "\"1\"" SIGNED "1");
    differs("{}", "{\"a\":1}", "s.a" SAYS "nothing" SIGNED "1");
    differs("{\"a\":1}", "{}", "s.a" SAYS "1" SIGNED "nothing");
    differs("{\"a\":[1,{\"b\":2}]}", "{\"a\":[1,{\"b\":3}]}", "s.a[1].b" SAYS "2" SIGNED "3");
    differs("{\"a\":[1]}", "{\"a\":[1,2]}", "s.a[1]" SAYS "nothing" SIGNED "2");
    differs("{\"a\":[1,2]}", "{\"a\":[1]}", "s.a[1]" SAYS "2" SIGNED "nothing");
    differs("{\"a\":1,\"b\":1}", "{\"b\":2,\"a\":2}", "s.b" SAYS "1" SIGNED "2");
    differs("[]", "{}", "s" SAYS "[]" SIGNED "{}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_response_is_read),
        cmocka_unit_test(test_what_is_no_response),
        cmocka_unit_test(test_members_of_a_wrong_kind),
        cmocka_unit_test(test_levels_and_values_have_a_limit),
        cmocka_unit_test(test_unknown_members_are_kept),
        cmocka_unit_test(test_the_first_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
