/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a root (verification.md, step 4): one mutation, one refusal. */
#include "metadata/support.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

static int judge(const struct model *model, struct swt_error *err) {
    struct swt_buf bytes = {0};
    struct swt_root *root = NULL;
    model_write(model, &bytes);
    int r = swt_root_decode(swt_buf_slice(&bytes), 0, &root, err);
    if (r == 0)
        r = swt_root_check(root, err);
    swt_root_free(root);
    swt_buf_done(&bytes);
    return r;
}

static void assert_good(struct model *model) {
    struct swt_error err;
    if (judge(model, &err) < 0)
        fail_msg("refused: %s", err.message);
    model_done(model);
}

static void assert_bad(struct model *model, const char *part) {
    struct swt_error err;
    assert_true(judge(model, &err) < 0);
    assert_error(&err, SWT_E_ROOT_RULES, part);
    model_done(model);
}

static void test_plain_root_is_good(void **state) {
    (void)state;
    struct model model;
    model_init(&model);
    assert_good(&model);
    model_init(&model);
    model.has_expires = true;
    model.nanos = 999999999;
    assert_good(&model);
}

static void test_role_text(void **state) {
    (void)state;
    static const char *const others[] = {"targets", "", "Root", "root ", "roo"};
    struct model model;
    for (size_t i = 0; i < SWT_COUNT(others); i++) {
        model_init(&model);
        model.role = others[i];
        assert_bad(&model, "expected 'root'");
    }
    model_init(&model);
    model.role = NULL;
    assert_bad(&model, "the role is missing");
}

static void test_nothing_at_all(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_root *root = NULL;
    assert_int_equal(swt_root_decode(swt_slice_of("", 0), 0, &root, &err), 0);
    assert_true(swt_root_check(root, &err) < 0);
    assert_error(&err, SWT_E_ROOT_RULES, "the role is missing");
    swt_root_free(root);
}

static void test_expiry_nanos(void **state) {
    (void)state;
    struct model model;
    model_init(&model);
    model.has_expires = true;
    model.nanos = 1000000000;
    assert_bad(&model, "1000000000 nanoseconds");
    model_init(&model);
    model.has_expires = true;
    model.nanos = UINT64_MAX; /* -1 */
    assert_bad(&model, "-1 nanoseconds");
}

static void test_key_id_derived(void **state) {
    (void)state;
    struct model model;
    model_init(&model);
    buf_hex(&model.keys[1].id, "00112233");
    assert_bad(&model, "not derived");
    model_init(&model);
    model_key_id(&model, 0, &model.keys[1].id);
    assert_bad(&model, "not derived");
    /* the right id and a byte behind it */
    model_init(&model);
    model_key_id(&model, 1, &model.keys[1].id);
    buf_hex(&model.keys[1].id, "00");
    assert_bad(&model, "not derived");
}

static void test_key_valid(void **state) {
    (void)state;
    struct model model;
    model_init(&model);
    model.keys[1].value.data[64] ^= 1;
    assert_bad(&model, "key 2");
    model_init(&model);
    model.keys[1].scheme = SWT_KEY_RSA;
    assert_bad(&model, "do not belong together");
    model_init(&model);
    model.keys[1].type = model.keys[1].scheme = 0;
    assert_bad(&model, "type 0");
    model_init(&model);
    model.keys[1].type = model.keys[1].scheme = SWT_KEY_ED25519;
    assert_bad(&model, "found 65");
    /* a spare key must be valid as well: nobody may rely on it later */
    model_init(&model);
    model_add(&model, SWT_KEY_ED25519,
              "0100000000000000000000000000000000000000000000000000000000000000");
    assert_bad(&model, "small order");
}

static void test_key_mapping_without_key(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_root *root = NULL;
    struct model model;
    model_init(&model);
    model_write(&model, &bytes);
    put_slice(&bytes, 3, swt_slice_of(NULL, 0));
    assert_int_equal(swt_root_decode(swt_buf_slice(&bytes), 0, &root, &err), 0);
    assert_true(swt_root_check(root, &err) < 0);
    assert_error(&err, SWT_E_ROOT_RULES, "key 3 (id none)");
    swt_root_free(root);
    swt_buf_done(&bytes);
    model_done(&model);
}

static void test_same_key_twice(void **state) {
    (void)state;
    struct model model;
    model_init(&model);
    model_add(&model, SWT_KEY_P256, P256_A);
    assert_bad(&model, "the key id is that of key 1");
}

/* Two RSA keys of one modulus: different ids, different values, one signer. */
static void add_rsa(struct model *model, const BIGNUM *n, unsigned long exponent) {
    struct swt_error err;
    struct swt_key key;
    struct model_key *entry = &model->keys[model->key_count++];
    BIGNUM *e = BN_new();
    assert_int_equal(BN_set_word(e, exponent), 1);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n), 1);
    assert_int_equal(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e), 1);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *pkey = NULL;
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    assert_int_equal(swt_key_from_evp(pkey, &entry->value, &key, &err), 0);
    entry->type = entry->scheme = SWT_KEY_RSA;
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(e);
}

static BIGNUM *some_modulus(int low_bits) {
    BIGNUM *n = BN_new();
    assert_int_equal(BN_set_bit(n, 2047), 1);
    assert_int_equal(BN_add_word(n, (BN_ULONG)low_bits), 1);
    return n;
}

static void test_one_modulus_under_two_exponents(void **state) {
    (void)state;
    BIGNUM *n = some_modulus(1);
    BIGNUM *other = some_modulus(3);
    struct model model;
    model_init(&model);
    add_rsa(&model, n, 65537);
    add_rsa(&model, other, 65537);
    assert_good(&model);
    model_init(&model);
    add_rsa(&model, n, 65537);
    add_rsa(&model, n, 65539);
    assert_bad(&model, "the same key as key 3");
    BN_free(n);
    BN_free(other);
}

static void test_spare_keys_are_allowed(void **state) {
    (void)state;
    struct model model;
    model_init(&model);
    model_add(&model, SWT_KEY_P256, P256_C);
    model_add(&model, SWT_KEY_ED25519, ED25519_A);
    assert_good(&model);
}

static void test_role_lists_known_keys(void **state) {
    (void)state;
    struct model model;
    model_init(&model);
    model_add(&model, SWT_KEY_P256, P256_C);
    model.key_count--; /* its id is known, its key is not written */
    model.targets.keys[model.targets.count++] = 2;
    assert_bad(&model, "the targets role lists the key id 38f0b9243dd322c5");
}

static void test_role_lists_a_key_twice(void **state) {
    (void)state;
    struct model model;
    model_init(&model);
    model.root.keys[model.root.count++] = 0;
    assert_bad(&model, "the root role lists the key id 4f39");
    model_init(&model);
    model.targets.keys[model.targets.count++] = 1;
    model.targets.threshold = 2;
    assert_bad(&model, "twice");
}

static void test_thresholds(void **state) {
    (void)state;
    struct model model;
    for (unsigned role = 0; role < 2; role++) {
        static const uint32_t bad[] = {0, 2, UINT32_MAX};
        for (size_t i = 0; i < SWT_COUNT(bad); i++) {
            model_init(&model);
            *(role ? &model.targets.threshold : &model.root.threshold) = bad[i];
            assert_bad(&model, role ? "threshold of the targets role" : "threshold of the root");
        }
        model_init(&model);
        (role ? &model.targets : &model.root)->absent = true;
        assert_bad(&model, "threshold of the");
        model_init(&model);
        (role ? &model.targets : &model.root)->count = 0;
        assert_bad(&model, "number of keys, 0");
    }
    model_init(&model);
    model_add(&model, SWT_KEY_P256, P256_C);
    model.root.keys[model.root.count++] = 2;
    model.root.threshold = 2;
    assert_good(&model);
}

static void test_no_key_in_both_roles(void **state) {
    (void)state;
    struct model model;
    model_init(&model);
    model.targets.keys[model.targets.count++] = 0;
    assert_bad(&model, "in the root role and in the targets role");
}

static void test_expired(void **state) {
    (void)state;
    struct swt_common common = {.has_expires = true, .expires = 100};
    assert_false(swt_common_expired(&common, 99));
    assert_true(swt_common_expired(&common, 100));
    assert_true(swt_common_expired(&common, 101));
    common.expires_nanos = 1;
    assert_false(swt_common_expired(&common, 100));
    assert_true(swt_common_expired(&common, 101));
    common = (struct swt_common){.has_expires = true, .expires = -5};
    assert_true(swt_common_expired(&common, 0));
    common = (struct swt_common){.expires = 100};
    assert_false(swt_common_expired(&common, INT64_MAX));
}

/* ---- step 10 ----------------------------------------------------------------------------- */

static struct swt_root *decode_model(struct model *model, struct swt_buf *bytes) {
    struct swt_error err;
    struct swt_root *root = NULL;
    model_write(model, bytes);
    assert_int_equal(swt_root_decode(swt_buf_slice(bytes), 0, &root, &err), 0);
    assert_int_equal(swt_root_check(root, &err), 0);
    return root;
}

/* Keys: 0 root, 1 and 2 P-256, 3 Ed25519, 4 RSA; roles by the letters of the positions. */
static bool clears(const char *old_keys, uint32_t old_threshold, const char *new_keys,
                   uint32_t new_threshold, bool other_exponent) {
    BIGNUM *n = some_modulus(1);
    struct model models[2];
    struct swt_buf bytes[2] = {{0}, {0}};
    struct swt_root *roots[2];
    for (size_t i = 0; i < 2; i++) {
        model_init(&models[i]);
        model_add(&models[i], SWT_KEY_P256, P256_C);
        model_add(&models[i], SWT_KEY_ED25519, ED25519_A);
        add_rsa(&models[i], n, i == 1 && other_exponent ? 65539 : 65537);
        const char *keys = i == 0 ? old_keys : new_keys;
        models[i].targets.count = 0;
        for (; *keys != '\0'; keys++)
            models[i].targets.keys[models[i].targets.count++] = (size_t)(*keys - '0');
        models[i].targets.threshold = i == 0 ? old_threshold : new_threshold;
        roots[i] = decode_model(&models[i], &bytes[i]);
    }
    bool answer = swt_root_clears_floor(roots[0], roots[1]);
    for (size_t i = 0; i < 2; i++) {
        swt_root_free(roots[i]);
        swt_buf_done(&bytes[i]);
        model_done(&models[i]);
    }
    BN_free(n);
    return answer;
}

static void test_clears_floor(void **state) {
    (void)state;
    assert_false(clears("1", 1, "1", 1, false));
    assert_true(clears("1", 1, "2", 1, false));
    assert_false(clears("1", 1, "12", 1, false)); /* a key merely added */
    assert_true(clears("1", 1, "12", 2, false));
    assert_false(clears("12", 2, "123", 2, false));
    assert_true(clears("12", 2, "23", 2, false));
    assert_false(clears("12", 2, "23", 1, false));
    assert_false(clears("4", 1, "4", 1, false));
    assert_false(clears("4", 1, "4", 1, true)); /* the same modulus is the same key */
}

static void test_lookups(void **state) {
    (void)state;
    struct model model;
    struct swt_buf bytes = {0};
    struct swt_buf id = {0};
    model_init(&model);
    struct swt_root *root = decode_model(&model, &bytes);
    model_key_id(&model, 1, &id);
    assert_ptr_equal(swt_root_find_key(root, swt_buf_slice(&id)), &root->keys[1]);
    assert_true(swt_role_lists(&root->targets, swt_buf_slice(&id)));
    assert_false(swt_role_lists(&root->root, swt_buf_slice(&id)));
    assert_null(swt_root_find_key(root, swt_slice_of(id.data, id.len - 1)));
    swt_root_free(root);
    swt_buf_done(&id);
    swt_buf_done(&bytes);
    model_done(&model);
}

/* 64 RSA keys of the largest size: the check stays quick. */
static void test_many_keys(void **state) {
    (void)state;
    struct swt_error err;
    struct model model;
    model_init(&model);
    BIGNUM *n = BN_new();
    assert_int_equal(BN_set_bit(n, 8191), 1);
    assert_int_equal(BN_add_word(n, 1), 1);
    while (model.key_count < SWT_MAX_KEYS) {
        add_rsa(&model, n, 65537);
        assert_int_equal(BN_add_word(n, 2), 1);
        model.root.keys[model.root.count++] = model.key_count - 1;
    }
    model.root.threshold = (uint32_t)model.root.count;
    assert_int_equal(judge(&model, &err), 0);
    model.keys[model.key_count++] = (struct model_key){.type = 1, .scheme = 1};
    assert_true(judge(&model, &err) < 0);
    assert_error(&err, SWT_E_METADATA, "more than 64");
    BN_free(n);
    model_done(&model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_root_is_good),
        cmocka_unit_test(test_role_text),
        cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_expiry_nanos),
        cmocka_unit_test(test_key_id_derived),
        cmocka_unit_test(test_key_valid),
        cmocka_unit_test(test_key_mapping_without_key),
        cmocka_unit_test(test_same_key_twice),
        cmocka_unit_test(test_one_modulus_under_two_exponents),
        cmocka_unit_test(test_spare_keys_are_allowed),
        cmocka_unit_test(test_role_lists_known_keys),
        cmocka_unit_test(test_role_lists_a_key_twice),
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_no_key_in_both_roles),
        cmocka_unit_test(test_expired),
        cmocka_unit_test(test_clears_floor),
        cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_many_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
