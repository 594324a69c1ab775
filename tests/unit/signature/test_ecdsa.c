/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rand.h>

static const char order_text[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
static const char half_text[] = "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8";

static void scalar_of(const char *hex, int add, uint8_t ret_scalar[SWT_P256_SCALAR]) {
    BIGNUM *number = NULL;
    assert_true(BN_hex2bn(&number, hex) > 0);
    assert_true(add >= 0 ? BN_add_word(number, (BN_ULONG)add)
                         : BN_sub_word(number, (BN_ULONG)-add));
    assert_int_equal(BN_bn2binpad(number, ret_scalar, SWT_P256_SCALAR), SWT_P256_SCALAR);
    BN_free(number);
}

static void order_is_the_librarys(void **state) {
    (void)state;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    uint8_t raw[SWT_P256_RAW];
    assert_int_equal(BN_bn2binpad(EC_GROUP_get0_order(group), raw, SWT_P256_SCALAR),
                     SWT_P256_SCALAR);
    EC_GROUP_free(group);
    scalar_of("1", 0, raw + SWT_P256_SCALAR);
    assert_false(swt_p256_raw_valid(raw)); /* r = n */
    raw[SWT_P256_SCALAR - 1]--;
    assert_true(swt_p256_raw_valid(raw)); /* r = n - 1 */
}

static void the_range_of_r_and_s(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        int add;
        bool valid;
    } cases[] = {{"0", 0, false},        {"1", 0, true},         {order_text, -1, true},
                 {order_text, 0, false}, {order_text, 1, false}, {half_text, 0, true}};
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        uint8_t raw[SWT_P256_RAW];
        scalar_of(cases[i].hex, cases[i].add, raw);
        scalar_of("5", 0, raw + SWT_P256_SCALAR);
        assert_int_equal(swt_p256_raw_valid(raw), cases[i].valid);
        scalar_of("5", 0, raw);
        scalar_of(cases[i].hex, cases[i].add, raw + SWT_P256_SCALAR);
        assert_int_equal(swt_p256_raw_valid(raw), cases[i].valid);
    }
}

static void lowering(void **state) {
    (void)state;
    uint8_t raw[SWT_P256_RAW];
    uint8_t expected[SWT_P256_RAW];
    scalar_of("5", 0, raw);
    scalar_of("5", 0, expected);
    /* n/2 rounded down stays; one more is n - that. */
    scalar_of(half_text, 0, raw + SWT_P256_SCALAR);
    scalar_of(half_text, 0, expected + SWT_P256_SCALAR);
    swt_p256_raw_lower(raw);
    assert_memory_equal(raw, expected, sizeof raw);
    scalar_of(half_text, 1, raw + SWT_P256_SCALAR);
    swt_p256_raw_lower(raw);
    assert_memory_equal(raw, expected, sizeof raw);
    scalar_of(order_text, -1, raw + SWT_P256_SCALAR);
    scalar_of("1", 0, expected + SWT_P256_SCALAR);
    swt_p256_raw_lower(raw);
    assert_memory_equal(raw, expected, sizeof raw);
}

static void random_scalar(uint8_t ret_scalar[SWT_P256_SCALAR], int zeros) {
    do
        assert_int_equal(RAND_bytes(ret_scalar, SWT_P256_SCALAR), 1);
    while (ret_scalar[0] == 0xff);
    memset(ret_scalar, 0, (size_t)zeros);
    ret_scalar[SWT_P256_SCALAR - 1] |= 1;
}

/* Against the library's encoder, with integers of every length. */
static void der_is_the_librarys(void **state) {
    (void)state;
    for (int i = 0; i < 31 * 31; i++) {
        uint8_t raw[SWT_P256_RAW];
        uint8_t back[SWT_P256_RAW];
        uint8_t der[SWT_P256_DER_MAX];
        uint8_t *library = NULL;
        random_scalar(raw, i / 31);
        random_scalar(raw + SWT_P256_SCALAR, i % 31);
        ECDSA_SIG *signature = ECDSA_SIG_new();
        assert_int_equal(ECDSA_SIG_set0(signature, BN_bin2bn(raw, SWT_P256_SCALAR, NULL),
                                        BN_bin2bn(raw + SWT_P256_SCALAR, SWT_P256_SCALAR, NULL)),
                         1);
        int len = i2d_ECDSA_SIG(signature, &library);
        assert_int_equal(swt_p256_raw_to_der(raw, der), len);
        assert_memory_equal(der, library, (size_t)len);
        assert_true(swt_p256_raw_from_der(swt_slice_of(library, (size_t)len), back));
        assert_memory_equal(raw, back, sizeof raw);
        ECDSA_SIG_free(signature);
        OPENSSL_free(library);
    }
}

/* Each prefix, each with a byte more, each single byte changed to a wrong tag or length. */
static void der_that_is_cut_or_longer(void **state) {
    (void)state;
    uint8_t raw[SWT_P256_RAW];
    uint8_t der[SWT_P256_DER_MAX + 1] = {0};
    random_scalar(raw, 0);
    random_scalar(raw + SWT_P256_SCALAR, 3);
    size_t len = swt_p256_raw_to_der(raw, der);
    for (size_t cut = 0; cut < len; cut++) {
        /* In a block of its own, so that a sanitizer sees a read past the end. */
        uint8_t *copy = malloc(cut + 1);
        assert_non_null(copy);
        memcpy(copy, der, cut);
        assert_false(swt_p256_raw_from_der(swt_slice_of(copy, cut), raw));
        if (cut >= 2) {
            copy[1] = (uint8_t)(cut - 2);
            assert_false(swt_p256_raw_from_der(swt_slice_of(copy, cut), raw));
        }
        free(copy);
    }
    assert_false(swt_p256_raw_from_der(swt_slice_of(der, len + 1), raw));
    der[1]++;
    assert_false(swt_p256_raw_from_der(swt_slice_of(der, len + 1), raw));
    assert_false(swt_p256_raw_from_der(swt_slice_of(NULL, 0), raw));
}

static void malformed_der(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        bool valid;
    } cases[] = {
#define CASE(text_, valid_) {(text_), sizeof(text_) - 1, (valid_)}
        CASE("\x30\x06\x02\x01\x01\x02\x01\x01", true),
        CASE("\x30\x07\x02\x02\x00\x80\x02\x01\x01", true),
        CASE("\x31\x06\x02\x01\x01\x02\x01\x01", false),         /* a set */
        CASE("\x30\x80\x02\x01\x01\x02\x01\x01\x00\x00", false), /* indefinite length */
        CASE("\x30\x81\x06\x02\x01\x01\x02\x01\x01", false),     /* long form */
        CASE("\x30\x07\x02\x81\x01\x01\x02\x01\x01", false),
        CASE("\x30\x06\x02\x01\x00\x02\x01\x01", false),             /* r = 0 */
        CASE("\x30\x06\x02\x01\x01\x02\x01\x00", false),             /* s = 0 */
        CASE("\x30\x06\x02\x01\x81\x02\x01\x01", false),             /* negative */
        CASE("\x30\x07\x02\x02\x00\x01\x02\x01\x01", false),         /* leading zero */
        CASE("\x30\x05\x02\x00\x02\x01\x01", false),                 /* empty integer */
        CASE("\x30\x06\x03\x01\x01\x02\x01\x01", false),             /* no integer */
        CASE("\x30\x03\x02\x01\x01", false),                         /* one integer */
        CASE("\x30\x09\x02\x01\x01\x02\x01\x01\x02\x01\x01", false), /* three */
        CASE("\x30\x06\x02\x04\x01\x02\x01\x01", false),             /* past the end */
        CASE("\x30\x00", false),
#undef CASE
    };
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        uint8_t raw[SWT_P256_RAW] = {0x5a};
        assert_int_equal(swt_p256_raw_from_der(swt_slice_of(cases[i].bytes, cases[i].len), raw),
                         cases[i].valid);
        assert_int_equal(raw[0], cases[i].valid ? 0 : 0x5a);
    }
}

static void integers_of_33_bytes(void **state) {
    (void)state;
    uint8_t raw[SWT_P256_RAW];
    uint8_t der[8 + 33] = {0x30, 6 + 32, 0x02, 33, 0x01};
    memcpy(der + 5 + 32, "\x02\x01\x01", 3);
    assert_false(swt_p256_raw_from_der(swt_slice_of(der, 5 + 32 + 3), raw));
    der[4] = 0;
    memset(der + 5, 0xff, 32); /* above n */
    assert_false(swt_p256_raw_from_der(swt_slice_of(der, 5 + 32 + 3), raw));
    der[6] = 0;
    der[7] = 0;
    der[8] = 0;
    der[9] = 0;
    assert_true(swt_p256_raw_from_der(swt_slice_of(der, 5 + 32 + 3), raw));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_the_librarys),
        cmocka_unit_test(the_range_of_r_and_s),
        cmocka_unit_test(lowering),
        cmocka_unit_test(der_is_the_librarys),
        cmocka_unit_test(der_that_is_cut_or_longer),
        cmocka_unit_test(malformed_der),
        cmocka_unit_test(integers_of_33_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
