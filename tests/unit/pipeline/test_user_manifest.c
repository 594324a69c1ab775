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
    struct swt_recorded_root root;
    struct swt_error err;
    assert_int_equal(swt_user_manifest_root(swt_slice_text(json), &root, &err), 0);
    return root;
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
    struct swt_error err;
    assert_int_equal(swt_recorded_root_is(&root, swt_slice_text("abc"), &err), 1);
    assert_int_equal(swt_recorded_root_is(&root, swt_slice_text("abd"), &err), 0);
}

static enum swt_code compression_of(const char *targets, const char *name,
                                    struct swt_recorded_compression *ret_recorded) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    struct swt_error err = {0};
    json_t *json = NULL;
    assert_int_equal(swt_buf_printf(&text, &err, "{\"schema\":1,\"targets\":{%s}}", targets), 0);
    assert_int_equal(swt_user_manifest_read(swt_buf_slice(&text), &json, &err), 0);
    assert_non_null(json);
    int rc = swt_user_manifest_compression(json, name, ret_recorded, &err);
    json_decref(json);
    return (enum swt_code) - rc;
}

#define RECORD(type_, length_, hash_)                                                              \
    "\"a\":{\"compression\":{\"type\":" type_ ",\"length\":" length_ ",\"sha256\":\"" hash_ "\"}}"

static void test_the_recorded_compression(void **state) {
    (void)state;
    struct swt_recorded_compression recorded;
    assert_int_equal(compression_of(RECORD("\"xz\"", "0", HASH), "a", &recorded), SWT_OK);
    assert_int_equal(recorded.compression, SWT_COMPRESSION_XZ);
    assert_int_equal(recorded.length, 0);
    assert_int_equal(recorded.sha256[1], 0x11);
    assert_int_equal(
        compression_of(RECORD("\"zstd\"", "9223372036854775807", HASH), "a", &recorded), SWT_OK);
    assert_int_equal(recorded.length, INT64_MAX);
    /* Of another target, of a target that says nothing, of none. */
    assert_int_equal(compression_of(RECORD("\"xz\"", "0", HASH), "b", &recorded), SWT_OK);
    assert_int_equal(recorded.compression, SWT_COMPRESSION_NONE);
    assert_int_equal(compression_of("\"a\":{\"slot\":\"x\"}", "a", &recorded), SWT_OK);
    assert_int_equal(recorded.compression, SWT_COMPRESSION_NONE);
    assert_int_equal(compression_of("\"a\":[]", "a", &recorded), SWT_OK);
    assert_int_equal(recorded.compression, SWT_COMPRESSION_NONE);
}

static void test_a_compression_that_is_not_as_build_writes_it(void **state) {
    (void)state;
    static const char *const BROKEN[] = {
        RECORD("\"lz4\"", "1", HASH),     RECORD("\"none\"", "1", HASH),
        RECORD("1", "1", HASH),           RECORD("\"xz\"", "-1", HASH),
        RECORD("\"xz\"", "1.0", HASH),    RECORD("\"xz\"", "\"1\"", HASH),
        RECORD("\"xz\"", "1", HASH "00"), RECORD("\"xz\"", "1", ""),
        "\"a\":{\"compression\":null}",   "\"a\":{\"compression\":\"xz\"}",
        "\"a\":{\"compression\":{}}",     "\"a\":{\"compression\":[1]}",
    };
    for (size_t i = 0; i < SWT_COUNT(BROKEN); i++) {
        struct swt_recorded_compression recorded = {.length = 99};
        assert_int_equal(compression_of(BROKEN[i], "a", &recorded), SWT_E_COMPRESSION);
        assert_int_equal(recorded.length, 99);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_sorted_ascii_no_space),
        cmocka_unit_test(test_the_recorded_root),
        cmocka_unit_test(test_what_is_not_ours_names_no_root),
        cmocka_unit_test(test_a_root_is_compared_byte_for_byte),
        cmocka_unit_test(test_the_recorded_compression),
        cmocka_unit_test(test_a_compression_that_is_not_as_build_writes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
