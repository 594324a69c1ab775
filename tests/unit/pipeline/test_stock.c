/* SPDX-License-Identifier: Apache-2.0 */
/* A stock device with a manifest that verify would not read: its anti-rollback is off. And the rule
 * of roots that grow. */
#include "../../../src/pipeline/stock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define VECTORS "testdata/vectors/"

static struct swt_buf file_bytes(const char *path) {
    struct swt_error err;
    struct swt_buf bytes = {0};
    assert_int_equal(swt_read_file(path, 1 << 20, &bytes, &err), 0);
    return bytes;
}

/* The bundle holds version 1, of which the root is trusted and nothing else is wrong. */
static struct swt_stock_answer ask(const struct swt_slice *manifest) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf root = file_bytes(VECTORS "trusted/base.root.pb");
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    struct swt_error err;
    struct swt_stock_answer answer;
    struct swt_stock_device device = {.root = swt_buf_slice(&root),
                                      .has_manifest = manifest != NULL};
    if (manifest != NULL)
        device.manifest = *manifest;
    assert_int_equal(
        swt_reader_open(VECTORS "bundles/targets_rollback__minus_one.pb", &reader, &err), 0);
    assert_int_equal(swt_stock_judge(reader, SWT_KIND_UPDATE_BUNDLE, &device, NULL, &answer, &err),
                     0);
    assert_int_equal(swt_reader_offset(reader), 0);
    assert_true(answer.known);
    return answer;
}

static void test_a_broken_manifest_is_none(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = file_bytes(VECTORS "trusted/base.manifest.pb");
    struct swt_slice whole = swt_buf_slice(&bytes);
    struct swt_stock_answer answer = ask(&whole);
    assert_false(answer.accepted);
    assert_string_equal(answer.step, "targets-version");
    assert_true(ask(NULL).accepted);
    struct swt_slice cut = swt_slice_of(bytes.data, bytes.len - 1);
    assert_true(ask(&cut).accepted);
    struct swt_slice empty = swt_slice_of(NULL, 0);
    assert_true(ask(&empty).accepted);
    bytes.data[5] ^= 1; /* the key is another than "targets" */
    assert_true(ask(&whole).accepted);
}

static void test_a_root_grows_past_the_old_length(void **state) {
    (void)state;
    static const uint8_t root[] = {0x0a, 3, 'a', 'b', 'c', 0x12, 1, 's'};
    static const uint8_t turned[] = {0x12, 1, 's', 0x0a, 3, 'a', 'b', 'c'};
    static const uint8_t none[] = {0x12, 1, 's'};
    for (size_t old = 0; old <= sizeof root + 1; old++) {
        assert_int_equal(swt_stock_root_grows(old, swt_slice_of(root, sizeof root)), old < 5);
        assert_int_equal(swt_stock_root_grows(old, swt_slice_of(turned, sizeof turned)), old < 8);
        assert_false(swt_stock_root_grows(old, swt_slice_of(none, sizeof none)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_broken_manifest_is_none),
        cmocka_unit_test(test_a_root_grows_past_the_old_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
