/* SPDX-License-Identifier: Apache-2.0 */
/* A tee's digest is the hash of what passed through it, with or without a thread, and one payload's
 * end, good or bad, leaves nothing to the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "swt/io.h"

/* Bytes that differ from chunk to chunk. */
static void fill(uint8_t *data, size_t len, size_t seed) {
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)((i * 31 + seed * 7919) >> 3);
}

static void pass(struct swt_tee *tee, size_t size, size_t step) {
    struct swt_error err = {0};
    for (size_t done = 0; done < size;) {
        uint8_t *chunk = NULL;
        size_t len = size - done < step ? size - done : step;
        assert_int_equal(swt_tee_room(tee, &chunk, &err), 0);
        fill(chunk, len, done);
        assert_int_equal(swt_tee_hash(tee, len, &err), 0);
        /* It may be read until the next room. */
        uint8_t expected[64];
        size_t shown = len < sizeof expected ? len : sizeof expected;
        fill(expected, shown, done);
        assert_memory_equal(chunk, expected, shown);
        done += len;
    }
}

static void check_digest(struct swt_tee *tee, size_t size, size_t step) {
    struct swt_error err = {0};
    uint8_t expected[SWT_SHA256_SIZE], found[SWT_SHA256_SIZE];
    SWT_CLEANUP(swt_sha256_cleanup) struct swt_sha256 *hash = NULL;
    uint8_t *data = malloc(step);
    assert_non_null(data);
    assert_int_equal(swt_sha256_new(&hash, &err), 0);
    for (size_t done = 0; done < size; done += step) {
        size_t len = size - done < step ? size - done : step;
        fill(data, len, done);
        assert_int_equal(swt_sha256_update(hash, data, len, &err), 0);
    }
    free(data);
    assert_int_equal(swt_sha256_finish(hash, expected, &err), 0);
    pass(tee, size, step);
    assert_int_equal(swt_tee_finish(tee, found, &err), 0);
    assert_memory_equal(found, expected, sizeof found);
}

static void one_after_the_other(void **state) {
    (void)state;
    struct swt_error err = {0};
    SWT_CLEANUP(swt_tee_cleanup) struct swt_tee *tee = NULL;
    assert_int_equal(swt_tee_new(&tee, &err), 0);
    static const size_t sizes[] = {
        0, 1, SWT_TEE_CHUNK, SWT_TEE_CHUNK + 1, 9 * 1024 * 1024 + 5, 3, 5 * 1024 * 1024};
    for (size_t i = 0; i < SWT_COUNT(sizes); i++)
        check_digest(tee, sizes[i], SWT_TEE_CHUNK);
    check_digest(tee, 4 * 1024 * 1024, 1000);
}

static void dropped(void **state) {
    (void)state;
    struct swt_error err = {0};
    SWT_CLEANUP(swt_tee_cleanup) struct swt_tee *tee = NULL;
    assert_int_equal(swt_tee_new(&tee, &err), 0);
    static const size_t sizes[] = {10, 6 * 1024 * 1024};
    for (size_t i = 0; i < SWT_COUNT(sizes); i++) {
        pass(tee, sizes[i], SWT_TEE_CHUNK);
        swt_tee_drop(tee);
        check_digest(tee, 3 * 1024 * 1024, SWT_TEE_CHUNK);
    }
    pass(tee, 6 * 1024 * 1024, SWT_TEE_CHUNK); /* freed with all of it under way */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_after_the_other),
                                       cmocka_unit_test(dropped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
