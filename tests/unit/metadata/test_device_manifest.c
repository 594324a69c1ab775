/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest that cannot be read must never be taken for one without a floor. */
#include "metadata/support.h"

#define GOOD                                                                                       \
    "0a180a0774617267657473"                                                                       \
    "120d"                                                                                         \
    "0a0b102a220774617267657473" /* version 42, role targets */

static void assert_refused(const char *hex, const char *part) {
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_device_manifest *manifest = NULL;
    buf_hex(&bytes, hex);
    if (swt_device_manifest_decode(swt_buf_slice(&bytes), &manifest, &err) == 0)
        fail_msg("accepted: %s", hex);
    assert_error(&err, SWT_E_DEVICE_MANIFEST, part);
    assert_null(manifest);
    assert_string_equal(err.hint, "");
    swt_buf_done(&bytes);
}

static void test_good(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_device_manifest *manifest = NULL;
    buf_hex(&bytes, GOOD "1200"); /* an empty user_manifest is one */
    assert_int_equal(swt_device_manifest_decode(swt_buf_slice(&bytes), &manifest, &err), 0);
    assert_int_equal(manifest->targets->common.version, 42);
    assert_true(manifest->has_user_manifest);
    assert_int_equal(manifest->user_manifest.len, 0);
    assert_int_equal(manifest->targets->bytes.len, 13);
    swt_device_manifest_free(manifest);
    swt_device_manifest_free(NULL);
    swt_buf_done(&bytes);
}

static void test_broken(void **state) {
    (void)state;
    assert_refused("", "the device manifest is empty");
    assert_refused("0a", "device manifest");
    assert_refused("0a0f0a0774617267657473", "past the end");
    assert_refused("120161", "holds no targets metadata");
    assert_refused("0a00", "delegated");
    assert_refused("0a0c0a04726f6f7412040a02102a", "role 'root': delegated");
    assert_refused("0a090a0774617267657473", "the targets metadata is empty");
    assert_refused("0a0b0a07746172676574731200", "the targets metadata is empty");
    assert_refused(GOOD GOOD, "occurs twice");
    assert_refused(GOOD "12001200", "user_manifest: the field occurs twice");
    assert_refused(GOOD "1a00", "unknown field 3");
    assert_refused("0a0f0a077461726765747312040a02102a", "role");
    assert_refused("0a110a0774617267657473"
                   "1204"
                   "0a02102a"
                   "1800",
                   "unknown field 3");
    assert_refused("0a180a07746172676574730a0774617267657473"
                   "1204"
                   "0a02102a",
                   "occurs twice");
    assert_refused("0a110a0774617267657473"
                   "1206"
                   "0a0410011002",
                   "version: the field occurs");
    assert_refused("0a0a0a08746172676574730012040a02102a", "NUL");
    assert_refused("0801", "wire type");
}

/* The end of the metadata is offset, counted in the whole file. */
static void test_offset(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_device_manifest *manifest = NULL;
    buf_hex(&bytes, "0a110a0774617267657473"
                    "1206"
                    "0a0410011002");
    assert_true(swt_device_manifest_decode(swt_buf_slice(&bytes), &manifest, &err) < 0);
    assert_true(err.has_offset);
    assert_int_equal(err.offset, 17);
    swt_buf_done(&bytes);
}

/* Unknown fields of the signed metadata come along: they were signed. */
static void test_unknown_fields_inside(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf metadata = {0};
    struct swt_buf bytes = {0};
    struct swt_device_manifest *manifest = NULL;
    buf_hex(&metadata, "0a0b102a220774617267657473f80701");
    const struct swt_slice user_manifest = swt_slice_text("{}");
    assert_int_equal(
        swt_device_manifest_encode(swt_buf_slice(&metadata), &user_manifest, &bytes, &err), 0);
    assert_int_equal(swt_device_manifest_decode(swt_buf_slice(&bytes), &manifest, &err), 0);
    assert_true(swt_slice_equal(manifest->targets->bytes, swt_buf_slice(&metadata)));
    assert_int_equal(manifest->targets->unknown_fields, 1);
    assert_true(swt_slice_equal(manifest->user_manifest, user_manifest));
    swt_device_manifest_free(manifest);
    swt_buf_done(&metadata);
    swt_buf_done(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_offset),
        cmocka_unit_test(test_unknown_fields_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
