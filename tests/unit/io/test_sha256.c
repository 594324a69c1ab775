/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "swt/io.h"

#include <string.h>

static void check_digest(struct swt_sha256 *hash, const char *expected) {
    struct swt_error err;
    uint8_t digest[SWT_SHA256_SIZE];
    char text[SWT_HEX_SIZE(SWT_SHA256_SIZE)];
    assert_int_equal(swt_sha256_finish(hash, digest, &err), 0);
    swt_hex_encode(digest, sizeof digest, text);
    assert_string_equal(text, expected);
}

/* The examples of FIPS 180-4; each finish starts anew. */
static void test_known_digests(void **state) {
    (void)state;
    struct swt_error err;
    SWT_CLEANUP(swt_sha256_cleanup) struct swt_sha256 *hash = NULL;
    assert_int_equal(swt_sha256_new(&hash, &err), 0);
    check_digest(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(swt_sha256_update(hash, "a", 1, &err), 0);
    assert_int_equal(swt_sha256_update(hash, "", 0, &err), 0);
    assert_int_equal(swt_sha256_update(hash, NULL, 0, &err), 0);
    assert_int_equal(swt_sha256_update(hash, "bc", 2, &err), 0);
    check_digest(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    char chunk[1000];
    memset(chunk, 'a', sizeof chunk);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(swt_sha256_update(hash, chunk, sizeof chunk, &err), 0);
    check_digest(hash, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    swt_sha256_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
