/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <time.h>

#define SIGNERS 4

/* A root whose role lists the first three signers, 2 of 3; the fourth is nobody. */
struct scene {
    struct swt_signer *signers[SIGNERS];
    struct swt_root_key keys[3];
    struct swt_slice ids[3];
    struct swt_root root;
    struct swt_role role;
    struct swt_buf raw[SIGNERS]; /* good signatures */
    struct swt_signature signatures[SWT_MAX_SIGNATURES + 1];
    struct swt_envelope envelope;
    struct swt_quorum quorum;
};

static const char *const paths[SIGNERS] = {KEYS "root1.pem", KEYS "ed25519-1.pem",
                                           KEYS "rsa2048.pem", KEYS "root2.pem"};

static int set_up(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    struct swt_error err = {0};
    if (scene == NULL)
        return -1;
    scene->envelope.metadata = MESSAGE;
    scene->envelope.signatures = scene->signatures;
    for (size_t i = 0; i < SIGNERS; i++) {
        scene->signers[i] = open_signer(paths[i]);
        assert_done(swt_signer_sign(scene->signers[i], &TRIAL, MESSAGE, &scene->raw[i], &err),
                    &err);
    }
    for (size_t i = 0; i < 3; i++) {
        scene->ids[i] = swt_slice_of(swt_signer_key_id(scene->signers[i]), SWT_KEY_ID_SIZE);
        scene->keys[i].id = scene->ids[i];
        scene->keys[i].key = *swt_signer_key(scene->signers[i]);
    }
    scene->root.keys = scene->keys;
    scene->root.key_count = 3;
    scene->role = (struct swt_role){.key_ids = scene->ids, .key_id_count = 3, .threshold = 2};
    *state = scene;
    return 0;
}

static int tear_down(void **state) {
    struct scene *scene = *state;
    for (size_t i = 0; i < SIGNERS; i++) {
        swt_signer_free(scene->signers[i]);
        swt_buf_done(&scene->raw[i]);
    }
    swt_quorum_done(&scene->quorum);
    free(scene);
    return 0;
}

/* Adds value under the key id of signer number. */
static void add(struct scene *scene, size_t number, struct swt_slice value) {
    scene->signatures[scene->envelope.signature_count++] = (struct swt_signature){
        .key_id = swt_slice_of(swt_signer_key_id(scene->signers[number]), SWT_KEY_ID_SIZE),
        .value = value,
    };
}

static void add_good(struct scene *scene, size_t number) {
    add(scene, number, swt_buf_slice(&scene->raw[number]));
}

static void count(struct scene *scene, bool met, size_t signed_count) {
    struct swt_error err = {0};
    swt_quorum_done(&scene->quorum);
    assert_done(
        swt_quorum_count(&scene->root, &scene->role, &scene->envelope, &scene->quorum, &err), &err);
    assert_int_equal(scene->quorum.met, met);
    assert_int_equal(scene->quorum.signed_count, signed_count);
    assert_int_equal(scene->quorum.state_count, scene->envelope.signature_count);
    assert_int_equal(scene->quorum.threshold, scene->role.threshold);
}

static void nothing(void **state) {
    struct scene *scene = *state;
    count(scene, false, 0);
}

static void two_of_three(void **state) {
    struct scene *scene = *state;
    add_good(scene, 0);
    count(scene, false, 1);
    add_good(scene, 2);
    count(scene, true, 2);
    assert_int_equal(scene->quorum.states[0], SWT_SIGNATURE_GOOD);
    assert_int_equal(scene->quorum.states[1], SWT_SIGNATURE_GOOD);
    assert_true(swt_slice_equal(scene->quorum.signed_ids[0], scene->ids[0]));
    assert_true(swt_slice_equal(scene->quorum.signed_ids[1], scene->ids[2]));
    add_good(scene, 1);
    count(scene, true, 3);
}

static void one_key_twice(void **state) {
    struct scene *scene = *state;
    struct swt_buf again = {0};
    struct swt_error err = {0};
    add_good(scene, 0);
    add_good(scene, 0);
    count(scene, false, 1);
    assert_int_equal(scene->quorum.states[1], SWT_SIGNATURE_REPEATED);
    assert_done(swt_signer_sign(scene->signers[0], &TRIAL, MESSAGE, &again, &err), &err);
    add(scene, 0, swt_buf_slice(&again));
    count(scene, false, 1);
    assert_int_equal(scene->quorum.states[2], SWT_SIGNATURE_REPEATED);
    swt_buf_done(&again);
}

static void one_key_twice_with_the_other_s(void **state) {
    struct scene *scene = *state;
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                      0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    uint8_t other[64];
    memcpy(other, scene->raw[0].data, sizeof other);
    int borrow = 0;
    for (int i = 31; i >= 0; i--) {
        int difference = order[i] - other[32 + i] - borrow;
        borrow = difference < 0;
        other[32 + i] = (uint8_t)difference;
    }
    add_good(scene, 0);
    add(scene, 0, swt_slice_of(other, sizeof other));
    count(scene, false, 1);
    assert_int_equal(scene->quorum.states[0], SWT_SIGNATURE_GOOD);
    assert_int_equal(scene->quorum.states[1], SWT_SIGNATURE_REPEATED);
}

static void a_bad_one_then_a_good_one(void **state) {
    struct scene *scene = *state;
    uint8_t bad[64];
    memcpy(bad, scene->raw[0].data, sizeof bad);
    bad[10] ^= 1;
    add(scene, 0, swt_slice_of(bad, sizeof bad));
    add_good(scene, 0);
    add_good(scene, 1);
    add(scene, 0, swt_slice_of(bad, sizeof bad));
    count(scene, true, 2);
    assert_int_equal(scene->quorum.states[0], SWT_SIGNATURE_BAD);
    assert_int_equal(scene->quorum.states[1], SWT_SIGNATURE_GOOD);
    assert_int_equal(scene->quorum.states[2], SWT_SIGNATURE_GOOD);
    assert_int_equal(scene->quorum.states[3], SWT_SIGNATURE_BAD);
}

static void unlisted_keys(void **state) {
    struct scene *scene = *state;
    static const uint8_t long_id[33];
    add_good(scene, 3);
    add_good(scene, 0);
    add_good(scene, 0);
    scene->signatures[2].key_id = swt_slice_of(NULL, 0);
    add_good(scene, 1);
    scene->signatures[3].key_id.len = 31;
    add_good(scene, 1);
    scene->signatures[4].key_id = swt_slice_of(long_id, sizeof long_id);
    count(scene, false, 1);
    assert_int_equal(scene->quorum.states[0], SWT_SIGNATURE_UNLISTED);
    assert_int_equal(scene->quorum.states[1], SWT_SIGNATURE_GOOD);
    assert_int_equal(scene->quorum.states[2], SWT_SIGNATURE_UNLISTED);
    assert_int_equal(scene->quorum.states[3], SWT_SIGNATURE_UNLISTED);
    assert_int_equal(scene->quorum.states[4], SWT_SIGNATURE_UNLISTED);
}

/* In the root's keys, but not in this role: the roles must not stand in for each other. */
static void a_key_of_the_other_role(void **state) {
    struct scene *scene = *state;
    scene->role.key_id_count = 2;
    add_good(scene, 0);
    add_good(scene, 2);
    count(scene, false, 1);
    assert_int_equal(scene->quorum.states[1], SWT_SIGNATURE_UNLISTED);
}

static void an_id_without_a_key(void **state) {
    struct scene *scene = *state;
    scene->root.key_count = 2;
    add_good(scene, 2);
    count(scene, false, 0);
    assert_int_equal(scene->quorum.states[0], SWT_SIGNATURE_UNLISTED);
}

static void another_keys_label(void **state) {
    struct scene *scene = *state;
    scene->keys[1].key = *swt_signer_key(scene->signers[3]); /* both P-256: equal lengths */
    add(scene, 0, swt_buf_slice(&scene->raw[3]));
    add_good(scene, 0);
    count(scene, false, 1);
    assert_int_equal(scene->quorum.states[0], SWT_SIGNATURE_BAD);
}

static void wrong_lengths(void **state) {
    struct scene *scene = *state;
    uint8_t longer[65] = {0};
    memcpy(longer, scene->raw[0].data, 64);
    add(scene, 0, swt_slice_of(longer, 63));
    add(scene, 0, swt_slice_of(longer, 65));
    add(scene, 0, swt_slice_of(NULL, 0));
    add(scene, 1, swt_slice_of(longer, 65));
    add(scene, 2, swt_slice_of(longer, 64));
    count(scene, false, 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(scene->quorum.states[i], SWT_SIGNATURE_BAD_LENGTH);
}

static void a_threshold_of_zero(void **state) {
    struct scene *scene = *state;
    scene->role.threshold = 0;
    count(scene, false, 0);
    add_good(scene, 0);
    count(scene, false, 1);
}

static void other_metadata(void **state) {
    struct scene *scene = *state;
    scene->envelope.metadata = swt_slice_text("what they did not sign");
    add_good(scene, 0);
    add_good(scene, 1);
    add_good(scene, 2);
    count(scene, false, 0);
}

static double seconds(void) {
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* By listed keys and of the right length, over the largest metadata, so that each costs its
 * verification. Hashing anew for each would be 4 GiB. */
static void junk_in_bounded_time(void **state) {
    struct scene *scene = *state;
    uint8_t *metadata = calloc(1, SWT_MAX_METADATA);
    uint8_t junk[256] = {0x11, [32] = 0x22};
    assert_non_null(metadata);
    scene->envelope.metadata = swt_slice_of(metadata, SWT_MAX_METADATA);
    for (size_t i = 0; i < SWT_MAX_SIGNATURES; i++) {
        size_t number = i % 2 == 0 ? 0 : 2;
        add(scene, number, swt_slice_of(junk, scene->raw[number].len));
    }
    double start = seconds();
    count(scene, false, 0);
    assert_true(seconds() - start < 10); /* a tenth of a second, with room for a sanitizer */
    assert_int_equal(scene->quorum.states[SWT_MAX_SIGNATURES - 1], SWT_SIGNATURE_BAD);
    free(metadata);
}

/* Ed25519 hashes the message for each signature: past what all may take, none is tried. Those of a
 * key that has few are, whatever another key has. */
static void ed25519_junk_in_bounded_time(void **state) {
    struct scene *scene = *state;
    uint8_t *metadata = calloc(1, SWT_MAX_METADATA);
    uint8_t junk[64] = {0};
    assert_non_null(metadata);
    scene->envelope.metadata = swt_slice_of(metadata, SWT_MAX_METADATA);
    memcpy(junk, scene->raw[1].data, 32);
    for (size_t i = 0; i < SWT_MAX_SIGNATURES - 1; i++)
        add(scene, 1, swt_slice_of(junk, sizeof junk));
    add(scene, 2, swt_slice_of(scene->raw[2].data, scene->raw[2].len));
    double start = seconds();
    count(scene, false, 0);
    assert_true(seconds() - start < 10); /* a tenth of a second; all would be six */
    assert_int_equal(scene->quorum.states[0], SWT_SIGNATURE_BAD);
    assert_int_equal(scene->quorum.states[1], SWT_SIGNATURE_BAD);
    assert_int_equal(scene->quorum.states[SWT_MAX_SIGNATURES - 2], SWT_SIGNATURE_UNTRIED);
    assert_int_equal(scene->quorum.states[SWT_MAX_SIGNATURES - 1], SWT_SIGNATURE_BAD);
    free(metadata);
}

/* What does not count cannot keep the others from counting: first come those of keys that have
 * not, and what was not tried is no vote. */
static void good_ones_among_ed25519_junk(void **state) {
    struct scene *scene = *state;
    struct swt_buf good[2] = {{0}};
    struct swt_error err = {0};
    uint8_t *metadata = calloc(1, SWT_MAX_METADATA);
    uint8_t junk[64] = {0};
    assert_non_null(metadata);
    scene->envelope.metadata = swt_slice_of(metadata, SWT_MAX_METADATA);
    for (size_t i = 0; i < 2; i++)
        assert_done(
            swt_signer_sign(scene->signers[i], &TRIAL, scene->envelope.metadata, &good[i], &err),
            &err);
    memcpy(junk, good[1].data, 32);
    add(scene, 0, swt_buf_slice(&good[0]));
    add(scene, 1, swt_slice_of(junk, sizeof junk));
    add(scene, 1, swt_buf_slice(&good[1])); /* the second of its key */
    for (size_t i = 3; i < 102; i++)
        add(scene, 1, swt_slice_of(junk, sizeof junk));
    add(scene, 0, swt_buf_slice(&good[0]));
    add(scene, 1, swt_buf_slice(&good[1]));
    count(scene, true, 2);
    assert_int_equal(scene->quorum.states[1], SWT_SIGNATURE_BAD);
    assert_int_equal(scene->quorum.states[2], SWT_SIGNATURE_GOOD);
    assert_int_equal(scene->quorum.states[3], SWT_SIGNATURE_BAD);
    assert_int_equal(scene->quorum.states[101], SWT_SIGNATURE_UNTRIED);
    assert_int_equal(scene->quorum.states[103], SWT_SIGNATURE_UNTRIED);
    assert_true(swt_slice_equal(scene->quorum.signed_ids[1], scene->ids[1]));
    for (size_t i = 0; i < 2; i++)
        swt_buf_done(&good[i]);
    free(metadata);
}

/* Puts the key of a file in the place of signer number. */
static void replace_signer(struct scene *scene, size_t number, const char *path) {
    swt_signer_free(scene->signers[number]);
    swt_buf_done(&scene->raw[number]);
    scene->signers[number] = open_signer(path);
    scene->ids[number] = swt_slice_of(swt_signer_key_id(scene->signers[number]), SWT_KEY_ID_SIZE);
    scene->keys[number].id = scene->ids[number];
    scene->keys[number].key = *swt_signer_key(scene->signers[number]);
}

/* Nor can junk of one key keep the second of another from being tried, which hashes 4 MiB too. */
static void a_good_one_behind_ed25519_junk(void **state) {
    struct scene *scene = *state;
    struct swt_buf good = {0};
    struct swt_error err = {0};
    uint8_t *metadata = calloc(1, SWT_MAX_METADATA);
    uint8_t junk[64] = {0x11, [32] = 0x22};
    assert_non_null(metadata);
    replace_signer(scene, 0, KEYS "ed25519-2.pem");
    scene->envelope.metadata = swt_slice_of(metadata, SWT_MAX_METADATA);
    assert_done(swt_signer_sign(scene->signers[0], &TRIAL, scene->envelope.metadata, &good, &err),
                &err);
    for (size_t i = 0; i < 50; i++)
        add(scene, 1, swt_slice_of(junk, sizeof junk));
    add(scene, 0, swt_slice_of(junk, sizeof junk));
    add(scene, 0, swt_buf_slice(&good));
    count(scene, false, 1);
    assert_int_equal(scene->quorum.states[49], SWT_SIGNATURE_UNTRIED);
    assert_int_equal(scene->quorum.states[50], SWT_SIGNATURE_BAD);
    assert_int_equal(scene->quorum.states[51], SWT_SIGNATURE_GOOD);
    swt_buf_done(&good);
    free(metadata);
}

/* The first of each key is tried, whatever all together take: here 256 MiB are hashed. */
static void every_key_of_the_largest_root(void **state) {
    struct scene *scene = *state;
    struct swt_root_key keys[SWT_MAX_KEYS];
    struct swt_slice ids[SWT_MAX_KEYS];
    uint8_t id[SWT_MAX_KEYS][SWT_KEY_ID_SIZE] = {{0}};
    struct swt_buf good = {0};
    struct swt_error err = {0};
    uint8_t *metadata = calloc(1, SWT_MAX_METADATA);
    assert_non_null(metadata);
    scene->envelope.metadata = swt_slice_of(metadata, SWT_MAX_METADATA);
    assert_done(swt_signer_sign(scene->signers[1], &TRIAL, scene->envelope.metadata, &good, &err),
                &err);
    for (size_t i = 0; i < SWT_MAX_KEYS; i++) { /* one key under many ids */
        id[i][0] = (uint8_t)i;
        ids[i] = swt_slice_of(id[i], SWT_KEY_ID_SIZE);
        keys[i] = (struct swt_root_key){.id = ids[i], .key = *swt_signer_key(scene->signers[1])};
        scene->signatures[i] =
            (struct swt_signature){.key_id = ids[i], .value = swt_buf_slice(&good)};
    }
    scene->envelope.signature_count = SWT_MAX_KEYS;
    scene->root.keys = keys;
    scene->root.key_count = SWT_MAX_KEYS;
    scene->role =
        (struct swt_role){.key_ids = ids, .key_id_count = SWT_MAX_KEYS, .threshold = SWT_MAX_KEYS};
    count(scene, true, SWT_MAX_KEYS);
    swt_buf_done(&good);
    free(metadata);
}

/* What may be tried of one key is 64 MiB worth of hashing: all that an envelope holds on a curve;
 * on a modulus of 384 bytes 455, as each is worth its square. */
static void junk_up_to_the_limit(void **state) {
    struct scene *scene = *state;
    uint8_t junk[384] = {0x11, [32] = 0x22};
    for (size_t i = 0; i < SWT_MAX_SIGNATURES; i++)
        add(scene, 0, swt_slice_of(junk, 64));
    count(scene, false, 0);
    for (size_t i = 0; i < SWT_MAX_SIGNATURES; i++)
        assert_int_equal(scene->quorum.states[i], SWT_SIGNATURE_BAD);
    replace_signer(scene, 2, KEYS "rsa3072.pem");
    scene->envelope.signature_count = 0;
    for (size_t i = 0; i < 460; i++)
        add(scene, 2, swt_slice_of(junk, sizeof junk));
    count(scene, false, 0);
    assert_int_equal(scene->quorum.states[454], SWT_SIGNATURE_BAD);
    assert_int_equal(scene->quorum.states[455], SWT_SIGNATURE_UNTRIED);
}

static void more_than_the_caps(void **state) {
    struct scene *scene = *state;
    struct swt_error err = {0};
    scene->envelope.signature_count = SWT_MAX_SIGNATURES + 1;
    assert_error(
        swt_quorum_count(&scene->root, &scene->role, &scene->envelope, &scene->quorum, &err), &err,
        SWT_E_METADATA, "1025 signatures");
    scene->envelope.signature_count = 0;
    scene->root.key_count = SWT_MAX_KEYS + 1;
    assert_error(
        swt_quorum_count(&scene->root, &scene->role, &scene->envelope, &scene->quorum, &err), &err,
        SWT_E_METADATA, "65 keys");
}

#define SCENE_TEST(test_) cmocka_unit_test_setup_teardown(test_, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(nothing),
        SCENE_TEST(two_of_three),
        SCENE_TEST(one_key_twice),
        SCENE_TEST(one_key_twice_with_the_other_s),
        SCENE_TEST(a_bad_one_then_a_good_one),
        SCENE_TEST(unlisted_keys),
        SCENE_TEST(a_key_of_the_other_role),
        SCENE_TEST(an_id_without_a_key),
        SCENE_TEST(another_keys_label),
        SCENE_TEST(wrong_lengths),
        SCENE_TEST(a_threshold_of_zero),
        SCENE_TEST(other_metadata),
        SCENE_TEST(junk_in_bounded_time),
        SCENE_TEST(ed25519_junk_in_bounded_time),
        SCENE_TEST(good_ones_among_ed25519_junk),
        SCENE_TEST(a_good_one_behind_ed25519_junk),
        SCENE_TEST(every_key_of_the_largest_root),
        SCENE_TEST(junk_up_to_the_limit),
        SCENE_TEST(more_than_the_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
