/* SPDX-License-Identifier: Apache-2.0 */
/* user_manifest: canonical JSON out of the product manifest, and what is read of it. */
#include "../../../src/pipeline/user_manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_json(const char *yaml, const char *json) {
    SWT_CLEANUP(swt_manifest_cleanup) struct swt_manifest *manifest = NULL;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    struct swt_error err;
    assert_int_equal(swt_manifest_parse(swt_slice_text(yaml), "m.yaml", NULL, &manifest, &err), 0);
    struct swt_user_manifest_target targets[2] = {{0}};
    assert_true(manifest->target_count <= SWT_COUNT(targets));
    for (size_t i = 0; i < manifest->target_count; i++)
        targets[i] = (struct swt_user_manifest_target){.name = manifest->targets[i].name.text,
                                                       .origin = &manifest->targets[i]};
    const struct swt_user_manifest_spec spec = {
        .manifest = manifest, .targets = targets, .target_count = manifest->target_count};
    assert_int_equal(swt_user_manifest_write(&spec, &bytes, &err), 0);
    assert_string_equal(swt_buf_text(&bytes), json);
}

static void test_keys_sorted_ascii_no_space(void **state) {
    (void)state;
    expect_json("schema: 1\n"
                "product: {vendor: \"Ü\", name: widget}\n"
                "release: {version: 1.10, metadata_version: 7}\n"
                "targets:\n"
                "  - {name: b, file: b.bin, slot: x, meta: {z: [1, {y: NO}], a: }}\n"
                "  - {file: a.bin}\n"
                "meta: {ticket: 010}\n",
                "{\"meta\":{\"ticket\":\"010\"},"
                "\"product\":{\"name\":\"widget\",\"vendor\":\"\\u00DC\"},"
                "\"release\":{\"metadata_version\":7,\"version\":\"1.10\"},\"schema\":1,"
                "\"targets\":{\"a.bin\":{},\"b\":{\"meta\":{\"z\":[\"1\",{\"y\":\"NO\"}]},"
                "\"slot\":\"x\"}}}");
}

static struct swt_recorded_root recorded(const char *json) {
    return swt_user_manifest_root(swt_slice_text(json));
}

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_the_recorded_root(void **state) {
    (void)state;
    struct swt_recorded_root root =
        recorded("{\"schema\":1,\"root\":{\"version\":4,\"sha256\":\"" HASH "\"}}");
    assert_true(root.given);
    assert_int_equal(root.version, 4);
    assert_string_equal(root.sha256, HASH);
}

static void test_what_is_not_ours_names_no_root(void **state) {
    (void)state;
    static const char *const OTHERS[] = {
        "", "null", "[]", "{\"schema\":2,\"root\":{\"version\":4,\"sha256\":\"" HASH "\"}}",
        "{\"schema\":\"1\",\"root\":{\"version\":4,\"sha256\":\"" HASH "\"}}",
        "{\"schema\":1,\"root\":{\"version\":-1,\"sha256\":\"" HASH "\"}}",
        "{\"schema\":1,\"root\":{\"version\":4294967296,\"sha256\":\"" HASH "\"}}",
        "{\"schema\":1,\"root\":{\"version\":4,\"sha256\":\"00\"}}", "{\"schema\":1,\"root\":[]}",
        /* two answers in one text are none */
        "{\"schema\":1,\"schema\":1,\"root\":{\"version\":4,\"sha256\":\"" HASH "\"}}",
        "{\"schema\":1,\"root\":{\"version\":4,\"sha256\":\"" HASH "\"}} x"};
    for (size_t i = 0; i < SWT_COUNT(OTHERS); i++)
        assert_false(recorded(OTHERS[i]).given);
}

static void test_a_root_is_compared_byte_for_byte(void **state) {
    (void)state;
    /* SHA-256 of "abc" */
    struct swt_recorded_root root =
        recorded("{\"schema\":1,\"root\":{\"version\":1,\"sha256\":"
                 "\"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD\"}}");
    assert_true(root.given);
    assert_true(swt_recorded_root_is(&root, swt_slice_text("abc")));
    assert_false(swt_recorded_root_is(&root, swt_slice_text("abd")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_sorted_ascii_no_space),
        cmocka_unit_test(test_the_recorded_root),
        cmocka_unit_test(test_what_is_not_ours_names_no_root),
        cmocka_unit_test(test_a_root_is_compared_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
