/* SPDX-License-Identifier: Apache-2.0 */
/* Which errors are collected, and how many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "swt/base.h"

static int keep(enum swt_code code, size_t *ret_count) {
    struct swt_faults faults = {0};
    struct swt_error err;
    (void)swt_fail(&err, code, "a fault");
    int rc = swt_faults_keep(&faults, &err);
    *ret_count = faults.count;
    swt_faults_done(&faults);
    return rc;
}

static void what_a_file_is_mended_for_is_kept(void **state) {
    (void)state;
    static const enum swt_code codes[] = {SWT_E_MANIFEST_SYNTAX,
                                          SWT_E_MANIFEST_KEY,
                                          SWT_E_MANIFEST_VALUE,
                                          SWT_E_VARIABLE,
                                          SWT_E_TARGET_NAME,
                                          SWT_E_TARGET_HASH,
                                          SWT_E_TARGET_TOO_LARGE,
                                          SWT_E_GLOB,
                                          SWT_E_SBOM,
                                          SWT_E_INCLUDE,
                                          SWT_E_FILE_KIND,
                                          SWT_E_KEY,
                                          SWT_E_PASSPHRASE,
                                          SWT_E_KEY_NOT_LISTED,
                                          SWT_E_NOT_FOUND,
                                          SWT_E_IO};
    for (size_t i = 0; i < SWT_COUNT(codes); i++) {
        size_t count;
        assert_int_equal(keep(codes[i], &count), 0);
        assert_int_equal(count, 1);
    }
}

/* No change to a file would mend these. */
static void all_else_is_the_end(void **state) {
    (void)state;
    static const enum swt_code codes[] = {
        SWT_E_USAGE, SWT_E_MEMORY,         SWT_E_NO_SPACE,    SWT_E_EXISTS,    SWT_E_FILE_CHANGED,
        SWT_E_PIPE,  SWT_E_ANCHOR_REFUSED, SWT_E_INTERRUPTED, SWT_E_TERMINATED};
    for (size_t i = 0; i < SWT_COUNT(codes); i++) {
        size_t count;
        assert_int_equal(keep(codes[i], &count), -(int)codes[i]);
        assert_int_equal(count, 0);
    }
}

static void they_stay_whole_and_in_order(void **state) {
    (void)state;
    struct swt_faults faults = {0};
    for (unsigned i = 1; i <= 3; i++) {
        struct swt_error err;
        (void)swt_fail(&err, SWT_E_MANIFEST_VALUE, "fault %u", i);
        (void)swt_error_hint(&err, "hint %u", i);
        (void)swt_error_position(&err, "file", i, 7);
        assert_int_equal(swt_faults_keep(&faults, &err), 0);
    }
    assert_int_equal(faults.count, 3);
    assert_string_equal(faults.items[0].message, "fault 1");
    assert_string_equal(faults.items[2].hint, "hint 3");
    assert_string_equal(faults.items[1].file, "file");
    assert_int_equal(faults.items[1].line, 2);
    assert_int_equal(faults.items[1].column, 7);
    swt_faults_done(&faults);
    assert_int_equal(faults.count, 0);
    assert_null(faults.items);
    swt_faults_done(&faults);
}

static void nobody_collects(void **state) {
    (void)state;
    struct swt_error err;
    (void)swt_fail(&err, SWT_E_MANIFEST_KEY, "a fault");
    assert_int_equal(swt_faults_keep(NULL, &err), -SWT_E_MANIFEST_KEY);
    assert_string_equal(err.message, "a fault");
}

static void there_is_a_cap(void **state) {
    (void)state;
    struct swt_faults faults = {0};
    for (unsigned i = 0; i < SWT_FAULTS_MAX + 5; i++) {
        struct swt_error err;
        (void)swt_fail(&err, SWT_E_GLOB, "fault %u", i);
        assert_int_equal(swt_faults_keep(&faults, &err), 0);
    }
    assert_int_equal(faults.count, SWT_FAULTS_MAX);
    assert_int_equal(faults.omitted, 5);
    assert_string_equal(faults.items[SWT_FAULTS_MAX - 1].message, "fault 99");
    /* What is no fault is none when they are many, too. */
    struct swt_error err;
    (void)swt_fail_memory(&err);
    assert_int_equal(swt_faults_keep(&faults, &err), -SWT_E_MEMORY);
    assert_int_equal(faults.omitted, 5);
    swt_faults_done(&faults);
    assert_int_equal(faults.omitted, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_file_is_mended_for_is_kept),
        cmocka_unit_test(all_else_is_the_end),
        cmocka_unit_test(they_stay_whole_and_in_order),
        cmocka_unit_test(nobody_collects),
        cmocka_unit_test(there_is_a_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
