/* SPDX-License-Identifier: Apache-2.0 */
/* Which file is what: by content, and by content alone. */
#include "../../../src/pipeline/kind.h"

#include "swt/container.h"
#include "swt/metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct swt_buf file_bytes(const char *path) {
    struct swt_error err;
    struct swt_buf bytes = {0};
    assert_int_equal(swt_read_file(path, 1 << 20, &bytes, &err), 0);
    return bytes;
}

/* The kind of these bytes, or the negative code. */
static int kind_of(struct swt_slice bytes) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    struct swt_error err;
    enum swt_kind kind = SWT_KIND_TAR_BUNDLE;
    assert_int_equal(swt_reader_open_memory(bytes, "memory", &reader, &err), 0);
    int rc = swt_kind_detect(reader, &kind, &err);
    assert_true(rc < 0 || swt_reader_offset(reader) == 0);
    return rc < 0 ? rc : (int)kind;
}

static void expect_file(const char *path, int kind) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = file_bytes(path);
    assert_int_equal(kind_of(swt_buf_slice(&bytes)), kind);
}

static void test_each_kind_is_known(void **state) {
    (void)state;
    expect_file("testdata/identity/one_target.signed_root.signed.pb", SWT_KIND_ROOT);
    expect_file("testdata/identity/two_plus_two_keys.signed_root.unsigned.pb", SWT_KIND_ROOT);
    expect_file("testdata/identity/one_target.manifest.pb", SWT_KIND_DEVICE_MANIFEST);
    expect_file("testdata/identity/user_manifest.manifest.pb", SWT_KIND_DEVICE_MANIFEST);
    expect_file("testdata/corpus/update_bundle/usual", SWT_KIND_UPDATE_BUNDLE);
    expect_file("testdata/corpus/tar/usual", SWT_KIND_TAR_BUNDLE);
}

static void expect_text(const char *text, int kind) {
    assert_int_equal(kind_of(swt_slice_text(text)), kind);
}

static void test_json_is_what_its_schema_says(void **state) {
    (void)state;
    expect_file("testdata/corpus/kind/signing_request", SWT_KIND_SIGNING_REQUEST);
    expect_file("testdata/corpus/kind/signing_response", SWT_KIND_SIGNING_RESPONSE);
    expect_text("\n {\n\"a\": [], \"schema\": \"swupdate-tool/signing-response/1\"}",
                SWT_KIND_SIGNING_RESPONSE);
    expect_text("{\"schema\":\"swupdate-tool/signing-request/7\"}", SWT_KIND_SIGNING_REQUEST);
    /* Broken: its reader tells where. */
    expect_text("{\"schema\": \"swupdate-tool/signing-request/1\", ", SWT_KIND_SIGNING_REQUEST);
    expect_text("{\"a\": {\"schema\": \"swupdate-tool/signing-request/1\"}}", -SWT_E_FILE_KIND);
    expect_text("[{\"schema\": \"swupdate-tool/signing-request/1\"}]", -SWT_E_FILE_KIND);
    expect_text("{\"schema\": 1}", -SWT_E_FILE_KIND);
}

/* A broken bundle is still a bundle, so that its fault is what is told. */
static void test_a_cut_bundle_is_a_bundle(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done)
    struct swt_buf bytes = file_bytes("testdata/corpus/update_bundle/usual");
    assert_int_equal(kind_of(swt_slice_of(bytes.data, bytes.len - 1)), SWT_KIND_UPDATE_BUNDLE);
}

static void test_what_fits_none_is_refused(void **state) {
    (void)state;
    static const char *const OTHERS[] = {"", "\n", "plain text\n", "{\"schema\": 1}", "\x0a\x00"};
    for (size_t i = 0; i < SWT_COUNT(OTHERS); i++)
        assert_int_equal(kind_of(swt_slice_text(OTHERS[i])), -SWT_E_FILE_KIND);
    /* The metadata without its envelope, and an envelope of targets metadata: no files of ours. */
    SWT_CLEANUP(swt_buf_done)
    struct swt_buf bare = file_bytes("testdata/identity/one_target.root_metadata.bin");
    assert_int_not_equal(kind_of(swt_buf_slice(&bare)), SWT_KIND_ROOT);
    SWT_CLEANUP(swt_buf_done)
    struct swt_buf targets = file_bytes("testdata/identity/one_target.targets_metadata.bin");
    SWT_CLEANUP(swt_buf_done) struct swt_buf envelope = {0};
    struct swt_error err;
    assert_int_equal(swt_envelope_encode(swt_buf_slice(&targets), NULL, 0, &envelope, &err), 0);
    assert_int_equal(kind_of(swt_buf_slice(&envelope)), -SWT_E_FILE_KIND);
}

/* A million one-byte fields must not be walked to decide. */
static void test_many_fields_end_the_search(void **state) {
    (void)state;
    enum { SIZE = 1 << 20 };
    static uint8_t bytes[SIZE];
    for (size_t i = 0; i + 1 < SIZE; i += 2)
        bytes[i] = 0x30; /* field 6, varint 0 */
    assert_int_equal(kind_of(swt_slice_of(bytes, SIZE)), -SWT_E_FILE_KIND);
}

/* What it is as an anchor. */
static int kind_of_root_file(struct swt_slice bytes) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    struct swt_error err;
    enum swt_kind kind = SWT_KIND_TAR_BUNDLE;
    assert_int_equal(swt_reader_open_memory(bytes, "memory", &reader, &err), 0);
    assert_int_equal(swt_kind_of_root_file(reader, &kind, &err), 0);
    assert_int_equal(swt_reader_offset(reader), 0);
    return (int)kind;
}

static void expect_with_first(const char *path, struct swt_slice first, int kind) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = file_bytes(path);
    SWT_CLEANUP(swt_buf_done) struct swt_buf whole = {0};
    struct swt_error err;
    assert_int_equal(swt_buf_append_slice(&whole, first, &err), 0);
    assert_int_equal(swt_buf_append_slice(&whole, swt_buf_slice(&bytes), &err), 0);
    assert_int_equal(kind_of(swt_buf_slice(&whole)), kind);
    assert_int_equal(kind_of_root_file(swt_buf_slice(&whole)), kind);
}

/* An anchor is of the same kind as everywhere, whatever field comes first. */
static void test_the_first_field_does_not_decide(void **state) {
    (void)state;
    static const char *const FIRST[] = {
        "",                /* nothing */
        "\xa0\x06\x01",    /* field 100, a number */
        "\xa2\x06\x02yz",  /* field 100, bytes */
        "\x20\x01",        /* field 4, a number: no payload */
        "\x28\x01\x20\x01" /* fields 5 and 4, numbers */
    };
    for (size_t i = 0; i < SWT_COUNT(FIRST); i++) {
        struct swt_slice first = swt_slice_text(FIRST[i]);
        expect_with_first("testdata/identity/one_target.signed_root.signed.pb", first,
                          SWT_KIND_ROOT);
        expect_with_first("testdata/corpus/update_bundle/usual", first, SWT_KIND_UPDATE_BUNDLE);
    }
}

/* The map entry is longer than the metadata in it. */
static void test_the_largest_device_manifest(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done)
    struct swt_buf bytes = file_bytes("testdata/identity/one_target.targets_metadata.bin");
    SWT_CLEANUP(swt_buf_done) struct swt_buf manifest = {0};
    struct swt_error err;
    static const uint8_t zeros[SWT_MAX_METADATA];
    /* A field that nobody knows, with a tag of 2 bytes and a length of 4, fills it up. */
    assert_int_equal(swt_wire_put_bytes(
                         &bytes, 100, swt_slice_of(zeros, SWT_MAX_METADATA - 6 - bytes.len), &err),
                     0);
    assert_int_equal(bytes.len, SWT_MAX_METADATA);
    assert_int_equal(swt_device_manifest_encode(swt_buf_slice(&bytes), NULL, &manifest, &err), 0);
    assert_int_equal(kind_of(swt_buf_slice(&manifest)), SWT_KIND_DEVICE_MANIFEST);
    struct swt_device_manifest *decoded = NULL;
    assert_int_equal(swt_device_manifest_decode(swt_buf_slice(&manifest), &decoded, &err), 0);
    swt_device_manifest_free(decoded);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_is_known),
        cmocka_unit_test(test_json_is_what_its_schema_says),
        cmocka_unit_test(test_a_cut_bundle_is_a_bundle),
        cmocka_unit_test(test_what_fits_none_is_refused),
        cmocka_unit_test(test_many_fields_end_the_search),
        cmocka_unit_test(test_the_first_field_does_not_decide),
        cmocka_unit_test(test_the_largest_device_manifest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
