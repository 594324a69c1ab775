/* SPDX-License-Identifier: Apache-2.0 */
/* New roots from old ones: what the spec does not name stays. */
#include "metadata/support.h"

#define UNKNOWN 100 /* a field number that nobody knows */

struct keys {
    struct swt_buf values[6];
    struct swt_key keys[6]; /* A, B, C of P-256, then Ed25519 A, B, then A again */
};

static void keys_init(struct keys *keys) {
    static const char *const hex[] = {P256_A, P256_B, P256_C, ED25519_A, ED25519_B, P256_A};
    memset(keys, 0, sizeof *keys);
    for (size_t i = 0; i < SWT_COUNT(hex); i++) {
        uint32_t type = strlen(hex[i]) == 64 ? SWT_KEY_ED25519 : SWT_KEY_P256;
        buf_hex(&keys->values[i], hex[i]);
        keys->keys[i] = (struct swt_key){type, type, swt_buf_slice(&keys->values[i])};
    }
}

static void keys_done(struct keys *keys) {
    for (size_t i = 0; i < SWT_COUNT(keys->values); i++)
        swt_buf_done(&keys->values[i]);
}

static void put_mark(struct swt_buf *buf, const char *mark) {
    put_text(buf, UNKNOWN, mark);
}

static void put_key(struct swt_buf *root, const struct swt_key *key, const char *mark) {
    uint8_t id[SWT_KEY_ID_SIZE];
    struct swt_buf mapping = {0};
    struct swt_buf message = {0};
    swt_key_id(key, id);
    put_slice(&mapping, 1, swt_slice_of(id, sizeof id));
    put_uint(&message, 1, key->type);
    put_uint(&message, 2, key->scheme);
    put_slice(&message, 3, key->value);
    put_mark(&message, mark);
    put_child(&mapping, 2, &message);
    put_mark(&mapping, mark);
    put_child(root, 3, &mapping);
}

static void put_role(struct swt_buf *root, uint32_t number, const struct swt_key *key) {
    uint8_t id[SWT_KEY_ID_SIZE];
    struct swt_buf role = {0};
    swt_key_id(key, id);
    put_slice(&role, 1, swt_slice_of(id, sizeof id));
    put_uint(&role, 2, 1);
    put_mark(&role, number == 4 ? "root-role" : number == 7 ? "targets-role" : "other-role");
    put_child(root, number, &role);
}

/* Spare key C first, then B (targets), Ed25519 A (timestamp), A (root); everything marked. */
static void make_base(const struct keys *keys, struct swt_buf *root) {
    struct swt_buf common = {0};
    struct swt_buf expires = {0};
    put_text(&common, 1, "0.0.7");
    put_uint(&common, 2, 9);
    put_uint(&expires, 1, 2000000000);
    put_uint(&expires, 2, 5);
    put_mark(&expires, "in-expires");
    put_child(&common, 3, &expires);
    put_text(&common, 4, "root");
    put_mark(&common, "in-common");
    put_child(root, 1, &common);
    put_uint(root, 2, 1);
    put_key(root, &keys->keys[2], "key-spare");
    put_key(root, &keys->keys[1], "key-targets");
    put_key(root, &keys->keys[3], "key-timestamp");
    put_key(root, &keys->keys[0], "key-root");
    put_role(root, 4, &keys->keys[0]);
    put_role(root, 5, &keys->keys[3]);
    put_role(root, 6, &keys->keys[3]);
    put_role(root, 7, &keys->keys[1]);
    put_mark(root, "in-root");
}

struct rotation {
    struct keys keys;
    struct swt_buf base_bytes;
    struct swt_root *base;
    struct swt_buf bytes;
    struct swt_root *root;
};

static void rotation_init(struct rotation *rotation) {
    struct swt_error err;
    memset(rotation, 0, sizeof *rotation);
    keys_init(&rotation->keys);
    make_base(&rotation->keys, &rotation->base_bytes);
    assert_int_equal(
        swt_root_decode(swt_buf_slice(&rotation->base_bytes), 0, &rotation->base, &err), 0);
    assert_int_equal(swt_root_check(rotation->base, &err), 0);
    assert_int_equal(rotation->base->unknown_fields, 15);
}

static void rotation_done(struct rotation *rotation) {
    swt_root_free(rotation->base);
    swt_root_free(rotation->root);
    swt_buf_done(&rotation->base_bytes);
    swt_buf_done(&rotation->bytes);
    keys_done(&rotation->keys);
}

static void rotate(struct rotation *rotation, const struct swt_root_spec *spec) {
    struct swt_error err;
    if (swt_root_encode(spec, &rotation->bytes, &err) < 0)
        fail_msg("%s", err.message);
    assert_int_equal(swt_root_decode(swt_buf_slice(&rotation->bytes), 0, &rotation->root, &err), 0);
}

static bool holds(const struct rotation *rotation, const char *text) {
    return memmem(rotation->bytes.data, rotation->bytes.len, text, strlen(text)) != NULL;
}

static void assert_key(const struct rotation *rotation, size_t index, size_t key) {
    assert_true(index < rotation->root->key_count);
    assert_true(
        swt_slice_equal(rotation->root->keys[index].key.value, rotation->keys.keys[key].value));
}

static void assert_listed(const struct rotation *rotation, const struct swt_role *role,
                          size_t index, size_t key) {
    uint8_t id[SWT_KEY_ID_SIZE];
    swt_key_id(&rotation->keys.keys[key], id);
    assert_true(index < role->key_id_count);
    assert_true(swt_slice_equal(role->key_ids[index], swt_slice_of(id, sizeof id)));
}

static void test_same_keys_keep_everything(void **state) {
    (void)state;
    struct rotation rotation;
    rotation_init(&rotation);
    const struct swt_root_spec spec = {.base = rotation.base,
                                       .version = 10,
                                       .has_expires = true,
                                       .expires = 2100000000,
                                       .root_keys = &rotation.keys.keys[0],
                                       .root_key_count = 1,
                                       .root_threshold = 1,
                                       .targets_keys = &rotation.keys.keys[1],
                                       .targets_key_count = 1,
                                       .targets_threshold = 1};
    rotate(&rotation, &spec);
    static const char *const marks[] = {
        "in-common",     "in-root",  "in-expires", "key-spare",    "key-targets",
        "key-timestamp", "key-root", "root-role",  "targets-role", "other-role",
    };
    for (size_t i = 0; i < SWT_COUNT(marks); i++) {
        if (!holds(&rotation, marks[i]))
            fail_msg("lost the unknown field '%s'", marks[i]);
    }
    const struct swt_root *root = rotation.root;
    assert_int_equal(root->unknown_fields, 15);
    assert_int_equal(root->common.version, 10);
    assert_true(root->common.has_expires);
    assert_int_equal(root->common.expires, 2100000000);
    assert_int_equal(root->common.expires_nanos, 0);
    assert_true(swt_slice_equal(root->common.spec_version, swt_slice_text("0.0.7")));
    assert_true(root->consistent_snapshot);
    assert_true(root->has_timestamp);
    assert_true(root->has_snapshot);
    assert_int_equal(root->key_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(swt_slice_equal(root->keys[i].id, rotation.base->keys[i].id));
    rotation_done(&rotation);
}

static void test_keys_leave_and_come(void **state) {
    (void)state;
    struct rotation rotation;
    rotation_init(&rotation);
    /* B is retired and stays in the keys; the spare C becomes the targets key; Ed25519 B comes as a
     * second root key, named before A: kept keys stay in their order all the same. */
    const struct swt_key root_keys[] = {rotation.keys.keys[4], rotation.keys.keys[0]};
    const struct swt_root_spec spec = {.base = rotation.base,
                                       .version = 10,
                                       .root_keys = root_keys,
                                       .root_key_count = 2,
                                       .root_threshold = 2,
                                       .targets_keys = &rotation.keys.keys[2],
                                       .targets_key_count = 1,
                                       .targets_threshold = 1};
    rotate(&rotation, &spec);
    const struct swt_root *root = rotation.root;
    assert_int_equal(root->key_count, 5);
    assert_key(&rotation, 0, 2);
    assert_key(&rotation, 1, 1);
    assert_key(&rotation, 2, 3);
    assert_key(&rotation, 3, 0);
    assert_key(&rotation, 4, 4);
    assert_int_equal(root->root.key_id_count, 2);
    assert_listed(&rotation, &root->root, 0, 0);
    assert_listed(&rotation, &root->root, 1, 4);
    assert_int_equal(root->root.threshold, 2);
    assert_int_equal(root->targets.key_id_count, 1);
    assert_listed(&rotation, &root->targets, 0, 2);
    assert_false(root->common.has_expires);
    assert_true(holds(&rotation, "key-targets"));
    assert_true(holds(&rotation, "root-role"));
    assert_true(holds(&rotation, "targets-role"));
    rotation_done(&rotation);
}

/* A root key that leaves its role is gone. */
static void test_root_key_leaves(void **state) {
    (void)state;
    struct rotation rotation;
    rotation_init(&rotation);
    const struct swt_root_spec spec = {.base = rotation.base,
                                       .version = 10,
                                       .root_keys = &rotation.keys.keys[4],
                                       .root_key_count = 1,
                                       .root_threshold = 1,
                                       .targets_keys = &rotation.keys.keys[1],
                                       .targets_key_count = 1,
                                       .targets_threshold = 1};
    rotate(&rotation, &spec);
    assert_int_equal(rotation.root->key_count, 4);
    assert_key(&rotation, 3, 4);
    assert_false(holds(&rotation, "key-root"));
    rotation_done(&rotation);
}

/* A key that leaves both roles, but that the timestamp role lists, stays in the keys. */
static void test_timestamp_key_stays(void **state) {
    (void)state;
    struct rotation rotation;
    rotation_init(&rotation);
    struct swt_root_spec spec = {.base = rotation.base,
                                 .version = 10,
                                 .root_keys = &rotation.keys.keys[0],
                                 .root_key_count = 1,
                                 .root_threshold = 1,
                                 .targets_keys = &rotation.keys.keys[3],
                                 .targets_key_count = 1,
                                 .targets_threshold = 1};
    rotate(&rotation, &spec);
    swt_root_free(rotation.base);
    rotation.base = SWT_TAKE(rotation.root);
    swt_buf_done(&rotation.base_bytes);
    rotation.base_bytes = rotation.bytes;
    rotation.bytes = (struct swt_buf){0};

    spec.base = rotation.base;
    spec.version = 11;
    spec.targets_keys = &rotation.keys.keys[1];
    rotate(&rotation, &spec);
    assert_int_equal(rotation.root->key_count, 4);
    assert_key(&rotation, 0, 2);
    assert_key(&rotation, 1, 1);
    assert_key(&rotation, 2, 3);
    assert_key(&rotation, 3, 0);
    rotation_done(&rotation);
}

/* Zeros that the base wrote explicitly are left out, as proto3 does. */
static void test_explicit_zeros_are_dropped(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf plain = {0};
    struct swt_buf with_zeros = {0};
    struct swt_buf made[2] = {{0}, {0}};
    struct model model;
    model_init(&model);
    model_write(&model, &plain);
    model_write(&model, &with_zeros);
    put_uint(&with_zeros, 2, 0);
    const struct swt_buf *bases[] = {&plain, &with_zeros};
    struct keys keys;
    keys_init(&keys);
    for (size_t i = 0; i < 2; i++) {
        struct swt_root *base = NULL;
        assert_int_equal(swt_root_decode(swt_buf_slice(bases[i]), 0, &base, &err), 0);
        const struct swt_root_spec spec = {.base = base,
                                           .version = 2,
                                           .root_keys = &keys.keys[0],
                                           .root_key_count = 1,
                                           .root_threshold = 1,
                                           .targets_keys = &keys.keys[1],
                                           .targets_key_count = 1,
                                           .targets_threshold = 1};
        assert_int_equal(swt_root_encode(&spec, &made[i], &err), 0);
        swt_root_free(base);
    }
    assert_true(swt_slice_equal(swt_buf_slice(&made[0]), swt_buf_slice(&made[1])));
    swt_buf_done(&plain);
    swt_buf_done(&with_zeros);
    swt_buf_done(&made[0]);
    swt_buf_done(&made[1]);
    keys_done(&keys);
    model_done(&model);
}

static void assert_not_encoded(const struct swt_root_spec *spec, const char *part) {
    struct swt_error err;
    struct swt_buf bytes = {0};
    assert_true(swt_root_encode(spec, &bytes, &err) < 0);
    assert_error(&err, SWT_E_ROOT_RULES, part);
    assert_int_equal(bytes.len, 0);
}

static void test_bad_specs(void **state) {
    (void)state;
    struct keys keys;
    keys_init(&keys);
    const struct swt_root_spec good = {.version = 1,
                                       .root_keys = &keys.keys[0],
                                       .root_key_count = 1,
                                       .root_threshold = 1,
                                       .targets_keys = &keys.keys[1],
                                       .targets_key_count = 1,
                                       .targets_threshold = 1};
    struct swt_root_spec spec = good;
    spec.root_threshold = 0;
    assert_not_encoded(&spec, "threshold of the root role is 0");
    spec = good;
    spec.targets_threshold = 2;
    assert_not_encoded(&spec, "threshold of the targets role is 2");
    spec = good;
    spec.targets_keys = &keys.keys[0];
    assert_not_encoded(&spec, "in the root role and in the targets role");
    spec = good;
    spec.root_key_count = 0;
    assert_not_encoded(&spec, "threshold of the root role");
    const struct swt_key twice[] = {keys.keys[0], keys.keys[5]};
    spec = good;
    spec.root_keys = twice;
    spec.root_key_count = 2;
    assert_not_encoded(&spec, "given twice for the root role");
    spec = good;
    spec.root_key_count = SIZE_MAX;
    assert_not_encoded(&spec, "expected at most 64");
    struct swt_key bad = keys.keys[1];
    bad.value.len--;
    spec = good;
    spec.targets_keys = &bad;
    assert_not_encoded(&spec, "found 64");
    keys_done(&keys);
}

static void test_expiry_of_a_new_root(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_root *root = NULL;
    struct keys keys;
    keys_init(&keys);
    const struct swt_root_spec spec = {.version = UINT32_MAX,
                                       .has_expires = true,
                                       .expires = 253402300799,
                                       .root_keys = &keys.keys[3],
                                       .root_key_count = 2,
                                       .root_threshold = 2,
                                       .targets_keys = &keys.keys[1],
                                       .targets_key_count = 1,
                                       .targets_threshold = 1};
    assert_int_equal(swt_buf_append(&bytes, "x", 1, &err), 0);
    assert_int_equal(swt_root_encode(&spec, &bytes, &err), 0);
    assert_int_equal(swt_root_decode(swt_slice_of(bytes.data + 1, bytes.len - 1), 1, &root, &err),
                     0);
    assert_int_equal(root->common.version, UINT32_MAX);
    assert_int_equal(root->common.expires, 253402300799);
    assert_int_equal(root->root.key_id_count, 2);
    swt_root_free(root);
    swt_buf_done(&bytes);
    keys_done(&keys);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_keys_keep_everything),
        cmocka_unit_test(test_keys_leave_and_come),
        cmocka_unit_test(test_root_key_leaves),
        cmocka_unit_test(test_timestamp_key_stays),
        cmocka_unit_test(test_explicit_zeros_are_dropped),
        cmocka_unit_test(test_bad_specs),
        cmocka_unit_test(test_expiry_of_a_new_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
