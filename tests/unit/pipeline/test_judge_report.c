/* SPDX-License-Identifier: Apache-2.0 */
/* What the judge says of a bundle as a whole, of anchors and of roots, word for word: verdict,
 * expected, found and notes. */
#include "report.h"

static void without_a_root(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    judge_scene(&scene);
    ends(&scene, "");
    warns(&scene, 0);
    says(&scene, "anchor-given", "pass | one trust anchor | a device with root version 1 | ");
    says(&scene, "container",
         "pass | a canonical head with one targets metadata | a tar bundle, without a root | ");
    says(&scene, "envelope",
         "pass | envelopes in strict encoding | 1 signature on the targets metadata | ");
    says(&scene, "anchor",
         "pass | an anchor that keeps the rules of root metadata | root version 1, 2 root and 2 "
         "targets keys | ");
    says(&scene, "root-old-quorum",
         "skipped | the anchor's quorum on the new root |  | the bundle holds no root");
    says(&scene, "root-content",
         "skipped | a new root that keeps the rules |  | the bundle holds no root");
    says(&scene, "root-new-quorum",
         "skipped | the new root's own quorum |  | the bundle holds no root");
    says(&scene, "root-version",
         "skipped | a root version that is not lower |  | the bundle holds no root");
    says(&scene, "root-expiry", "pass | not expired at 2030-01-01T00:00:00Z | never expires | ");
    says(&scene, "floor",
         "pass | the device's targets version, or a real rotation | targets version 7 | ");
    says(&scene, "targets-quorum",
         "pass | signatures of 1 of the 2 targets keys | 1 of 1 (2fafd70992db...) | ");
    says(&scene, "targets-content",
         "pass | targets metadata with the role targets | targets version 7, 1 target | ");
    says(&scene, "targets-expiry", "pass | not expired at 2030-01-01T00:00:00Z | never expires | ");
    says(&scene, "targets-entries",
         "pass | valid unique names, each with a length and one SHA-256 | 1 target, 15 B | ");
    says(&scene, "targets-version", "pass | version 7 or higher | version 7 | ");
    says(&scene, "payloads",
         "pass | each listed payload with its length and hash, and no other | 1 match | ");
    says(&scene, "root-stripped",
         "skipped | the root that the bundle was built with, or a newer one |  | no user_manifest "
         "is at hand");
    says(&scene, "end", "pass | the end of the container, and nothing after it | 3,072 bytes | ");
    strike(&scene);
}

static void with_the_anchor(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    scene.has_root = true;
    scene.targets_signers |= BIT(TARGETS2);
    scene.target_count = 2;
    judge_scene(&scene);
    ends(&scene, "");
    says(&scene, "container",
         "pass | a canonical head with one targets metadata | a tar bundle, with a root | ");
    says(&scene, "envelope",
         "pass | envelopes in strict encoding | 2 signatures on the targets metadata, and a root "
         "| ");
    says(&scene, "root-old-quorum",
         "pass | signatures of 1 of the anchor's 2 root keys | 1 of 1 (bddcf2a88952...) | ");
    says(&scene, "root-content",
         "pass | a new root that keeps the rules | root version 1, 2 root and 2 targets keys | ");
    says(&scene, "root-new-quorum",
         "pass | signatures of 1 of its own 2 root keys | 1 of 1 (bddcf2a88952...) | ");
    says(&scene, "root-version", "pass | version 1 or higher | version 1 | the same root");
    says(&scene, "floor",
         "pass | the device's targets version, or a real rotation | targets version 7 | ");
    says(&scene, "targets-quorum",
         "pass | signatures of 1 of the 2 targets keys | 2 of 1 (2fafd70992db..., 8eac946f79cf...) "
         "| ");
    says(&scene, "targets-content",
         "pass | targets metadata with the role targets | targets version 7, 2 targets | ");
    says(&scene, "targets-entries",
         "pass | valid unique names, each with a length and one SHA-256 | 2 targets, 25 B | ");
    says(&scene, "payloads",
         "pass | each listed payload with its length and hash, and no other | 2 match | ");
    strike(&scene);
}

static void root_versions(void **state) {
    (void)state;
    struct scene scene;
    rotate(&scene, 1, BIT(ROOT2));
    ends(&scene, "");
    warns(&scene, 1);
    says(&scene, "root-version",
         "warn | version 1 or higher | version 1 | another root of the same version: two roots of "
         "one version can be played against each other; raise the version");
    strike(&scene);
    rotate(&scene, 2, BIT(ROOT2));
    ends(&scene, "");
    warns(&scene, 0);
    says(&scene, "root-version", "pass | version 1 or higher | version 2 | a rotation");
    strike(&scene);
    rotate(&scene, 3, BIT(ROOT2));
    says(&scene, "root-version",
         "pass | version 1 or higher | version 3 | a rotation that skips 1 version");
    strike(&scene);
    rotate(&scene, 4, BIT(ROOT2));
    says(&scene, "root-version",
         "pass | version 1 or higher | version 4 | a rotation that skips 2 versions");
    strike(&scene);
    set_scene(&scene);
    scene.has_root = true;
    scene.anchor.version = 5;
    scene.root.version = 4;
    judge_scene(&scene);
    ends(&scene, "root-version");
    says(&scene, "root-version", "fail | version 5 or higher | version 4: a rollback | ");
    strike(&scene);
}

/* The new root, which knows whose signature it is, is read between the two quorums. */
static void who_signed_a_root(void **state) {
    (void)state;
    struct scene scene;
    rotate(&scene, 2, BIT(ROOT1) | BIT(ROOT3) | BIT(TARGETS1) | BIT(ED25519));
    ends(&scene, "");
    warns(&scene, 1);
    says(&scene, "root-old-quorum",
         "pass | signatures of 1 of the anchor's 2 root keys | 1 of 1 (bddcf2a88952...) | ");
    says(&scene, "root-new-quorum",
         "warn | signatures of 1 of its own 2 root keys | 1 of 1 (c7dd0097209b...) | signature of "
         "key "
         "2fafd70992db..., of another role or root, is not checked; signature of an unknown key "
         "cd324f7360bf... does not count");
    strike(&scene);
    rotate(&scene, 2, BIT(ROOT3) | BIT(TARGETS1));
    ends(&scene, "root-old-quorum");
    says(
        &scene, "root-old-quorum",
        "fail | signatures of 1 of the anchor's 2 root keys | 0 of 1 | signature of an unknown key "
        "c7dd0097209b... does not count; signature of key 2fafd70992db..., of another role or "
        "root, is not checked");
    says(&scene, "root-content", "");
    strike(&scene);
    rotate(&scene, 2, BIT(ROOT1));
    ends(&scene, "root-new-quorum");
    says(&scene, "root-new-quorum", "fail | signatures of 1 of its own 2 root keys | 0 of 1 | ");
    strike(&scene);
}

static void expire(int64_t expires, bool fails, const char *said) {
    struct scene scene;
    set_scene(&scene);
    scene.anchor.expires = expires;
    judge_scene(&scene);
    ends(&scene, fails ? "root-expiry" : "");
    says(&scene, "root-expiry", said);
    strike(&scene);
    set_scene(&scene);
    scene.expires = expires;
    judge_scene(&scene);
    ends(&scene, fails ? "targets-expiry" : "");
    says(&scene, "targets-expiry", said);
    strike(&scene);
}

static void expiry(void **state) {
    (void)state;
    expire(NOW - 1, true,
           "fail | not expired at 2030-01-01T00:00:00Z | expired 2029-12-31T23:59:59Z | ");
    expire(NOW, true,
           "fail | not expired at 2030-01-01T00:00:00Z | expired 2030-01-01T00:00:00Z | ");
    expire(NOW + 1, false,
           "pass | not expired at 2030-01-01T00:00:00Z | expires 2030-01-01T00:00:01Z | ");
}

/* An expired anchor does not matter once there is a newer root. */
static void an_expired_anchor(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    scene.anchor.expires = NOW - 1;
    scene.has_root = true;
    scene.root.version = 2;
    judge_scene(&scene);
    ends(&scene, "");
    says(&scene, "root-expiry", "pass | not expired at 2030-01-01T00:00:00Z | never expires | ");
    strike(&scene);
}

static void an_anchor_unsigned(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    scene.anchor_signers = 0;
    judge_scene(&scene);
    ends(&scene, "");
    warns(&scene, 1);
    says(&scene, "anchor",
         "warn | an anchor that keeps the rules of root metadata | root version 1, 2 root and 2 "
         "targets keys | the anchor is not signed by its own quorum (0 of 1)");
    scene.options.strict = true;
    judge_scene(&scene);
    ends(&scene, "anchor");
    says(&scene, "anchor",
         "fail | an anchor that keeps the rules of root metadata | root version 1, 2 root and 2 "
         "targets keys | the anchor is not signed by its own quorum (0 of 1); a warning rejects "
         "with --strict");
    strike(&scene);
}

static void the_answer(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    judge_scene(&scene);
    answers(&scene, "{\"authenticated\":true,\"container\":\"tar\",\"file\":\"memory\",\"root_"
                    "version\":1,\"strict\":false,\"targets_version\":7,\"time\":\"2030-01-01T00:"
                    "00:00Z\",\"verdict\":\"accept\",\"warnings\":0}");
    scene.format = SWT_FORMAT_PIGWEED;
    judge_scene(&scene);
    answers(&scene, "{\"authenticated\":true,\"container\":\"pigweed\",\"file\":\"memory\",\"root_"
                    "version\":1,\"strict\":false,\"targets_version\":7,\"time\":\"2030-01-01T00:"
                    "00:00Z\",\"verdict\":\"accept\",\"warnings\":0}");
    says(&scene, "container",
         "pass | a canonical head with one targets metadata | an UpdateBundle, without a root | ");
    scene.version = 6;
    judge_scene(&scene);
    answers(&scene,
            "{\"authenticated\":false,\"container\":\"pigweed\",\"failed_step\":\"targets-"
            "version\",\"file\":\"memory\",\"root_version\":1,\"strict\":false,\"targets_version\":"
            "6,\"time\":\"2030-01-01T00:00:00Z\",\"verdict\":\"reject\",\"warnings\":0}");
    strike(&scene);
    rotate(&scene, 4, BIT(ROOT2));
    answers(&scene, "{\"authenticated\":true,\"container\":\"tar\",\"file\":\"memory\",\"root_"
                    "version\":4,\"strict\":false,\"targets_version\":7,\"time\":\"2030-01-01T00:"
                    "00:00Z\",\"verdict\":\"accept\",\"warnings\":0}");
    strike(&scene);
    set_scene(&scene);
    scene.targets_signers = BIT(TARGETS3);
    judge_scene(&scene);
    answers(&scene, "{\"authenticated\":false,\"container\":\"tar\",\"failed_step\":\"targets-"
                    "quorum\",\"file\":\"memory\",\"root_version\":1,\"strict\":false,\"time\":"
                    "\"2030-01-01T00:00:00Z\",\"verdict\":\"reject\",\"warnings\":0}");
    strike(&scene);
}

static void what_is_no_bundle(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    scene.spoilt = "targets_metadata";
    judge_scene(&scene);
    ends(&scene, "container");
    answers(&scene,
            "{\"authenticated\":false,\"failed_step\":\"container\",\"file\":\"memory\",\"strict\":"
            "false,\"time\":\"2030-01-01T00:00:00Z\",\"verdict\":\"reject\",\"warnings\":0}");
    says(&scene, "container",
         "fail | a canonical head with one targets metadata | at offset 0: member "
         "'uargets_metadata': the header's checksum is 5393, but its bytes add up to 5394 | ");
    says(&scene, "envelope", "");
    scene.options.self = true;
    judge_scene(&scene);
    ends(&scene, "container");
    says(
        &scene, "anchor-given",
        "pass | one trust anchor | the bundle's own root | --self proves nothing about the signer");
    strike(&scene);
}

/* In a tar there is one order, in an UpdateBundle any. */
static void the_order_in_an_envelope(void **state) {
    (void)state;
    struct scene scene;
    for (int i = 0; i < 2; i++) {
        set_scene(&scene);
        scene.has_root = true;
        scene.root_disordered = i == 0;
        scene.targets_disordered = i == 1;
        judge_scene(&scene);
        ends(&scene, "container");
        scene.format = SWT_FORMAT_PIGWEED;
        judge_scene(&scene);
        ends(&scene, "");
        strike(&scene);
    }
}

static void judged_by_itself(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    scene.options.self = true;
    judge_scene(&scene);
    ends(&scene, "anchor-given");
    says(&scene, "anchor-given",
         "fail | one trust anchor | --self, but the bundle holds no root | --root ROOT gives the "
         "trust anchor");
    scene.has_root = true;
    scene.root.version = 3;
    scene.version = 6;
    judge_scene(&scene);
    ends(&scene, "");
    answers(&scene, "{\"authenticated\":false,\"container\":\"tar\",\"file\":\"memory\",\"root_"
                    "version\":3,\"strict\":false,\"targets_version\":6,\"time\":\"2030-01-01T00:"
                    "00:00Z\",\"verdict\":\"accept\",\"warnings\":0}");
    says(
        &scene, "anchor-given",
        "pass | one trust anchor | the bundle's own root | --self proves nothing about the signer");
    says(&scene, "anchor",
         "pass | an anchor that keeps the rules of root metadata | root version 3, 2 root and 2 "
         "targets keys | ");
    says(&scene, "root-old-quorum",
         "pass | signatures of 1 of the anchor's 2 root keys | 1 of 1 (bddcf2a88952...) | ");
    says(&scene, "root-version", "pass | version 3 or higher | version 3 | the same root");
    says(&scene, "floor",
         "skipped | the device's targets version, or a real rotation |  | rollback not judged: "
         "--self knows no device");
    says(&scene, "targets-version",
         "skipped | a targets version that is not below the floor |  | version 6: rollback not "
         "judged");
    scene.root_signers = 0;
    judge_scene(&scene);
    ends(&scene, "root-old-quorum");
    warns(&scene, 1); /* that its own quorum did not sign it */
    strike(&scene);
}

static void a_root_alone(void **state) {
    (void)state;
    struct scene scene;
    rotate(&scene, 2, BIT(ROOT2));
    scene.root_only = true;
    judge_scene(&scene);
    ends(&scene, "");
    answers(&scene,
            "{\"authenticated\":true,\"file\":\"memory\",\"root_version\":2,\"strict\":false,"
            "\"time\":\"2030-01-01T00:00:00Z\",\"verdict\":\"accept\",\"warnings\":0}");
    says(&scene, "container",
         "pass | a canonical head with one targets metadata | root metadata, no bundle | ");
    says(&scene, "envelope", "pass | envelopes in strict encoding | 1 signature | ");
    says(&scene, "root-old-quorum",
         "pass | signatures of 1 of the anchor's 2 root keys | 1 of 1 (2ad58f90ed24...) | ");
    says(&scene, "root-expiry", "pass | not expired at 2030-01-01T00:00:00Z | never expires | ");
    says(&scene, "floor", "");
    says(&scene, "targets-quorum", "");
    says(&scene, "payloads", "");
    says(&scene, "end", "pass | the end of the container, and nothing after it | 702 bytes | ");
    scene.root_signers |= BIT(ROOT1);
    scene.options.allow_unknown = true;
    scene.unknown_unsigned = 1;
    judge_scene(&scene);
    ends(&scene, "");
    says(&scene, "envelope",
         "warn | envelopes in strict encoding | 2 signatures | 1 unknown field that no signature "
         "covers");
    strike(&scene);
}

static void what_is_assumed(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    scene.version = 6;
    scene.assumed = "targets-version";
    judge_scene(&scene);
    ends(&scene, "");
    says(&scene, "targets-version", "pass | version 7 or higher | version 6: a rollback | ");
    scene.assumed = "payloads";
    judge_scene(&scene);
    ends(&scene, "targets-version");
    strike(&scene);
}

static void what_a_stock_device_says(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    scene.format = SWT_FORMAT_PIGWEED;
    scene.options.profile = "pigweed";
    judge_scene(&scene);
    assert_string_equal(word(json_object_get(scene.document, "profile"), "verdict"), "accept");
    scene.anchor_signers = 0;
    scene.options.strict = true;
    judge_scene(&scene);
    ends(&scene, "anchor");
    says(&scene, "anchor",
         "fail | an anchor that keeps the rules of root metadata | root version 1, 2 root and 2 "
         "targets keys | the anchor is not signed by its own quorum (0 of 1); a warning rejects "
         "with --strict; a stock Pigweed device passes this step and accepts the bundle");
    strike(&scene);
}

static int keep_root(void *context, const struct swt_judge *judge, struct swt_error *err) {
    unsigned *kept = context;
    assert_true(judge->rotated);
    return (*kept)++ == 0 ? 0 : swt_fail(err, SWT_E_IO, "cannot be kept");
}

/* A device keeps a new root before anything of the targets is judged, and but one that it can keep
 * is gone on with. */
static void a_rotation_is_kept(void **state) {
    (void)state;
    for (unsigned kept = 0, i = 0; i < 2; i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf bundle = {0};
        SWT_CLEANUP(swt_device_state_done) struct swt_device_state held = {0};
        const struct swt_judge_device device = {.rotate = keep_root, .context = &kept};
        SWT_CLEANUP(swt_judge_done)
        struct swt_judge judge = {.authenticate = true, .state = &held, .device = &device};
        struct swt_error err;
        struct scene scene;
        set_scene(&scene);
        scene.has_root = true;
        scene.root.version = 2;
        put_scene(&scene, &bundle);
        put_state(&scene, &held);
        open_scene(&judge, swt_buf_slice(&bundle), &scene.options);
        assert_int_equal(swt_judge_run(&judge, &err), i == 0 ? 0 : -SWT_E_IO);
        assert_int_equal(kept, i + 1);
        assert_int_equal(judge.targets != NULL, i == 0);
        if (i > 0)
            continue;
        made(swt_judge_document(&judge, &scene.document, &err), &err);
        says(&scene, "floor",
             "pass | the device's targets version, or a real rotation | targets version 7 | ");
        strike(&scene);
    }
}

int main(void) {
    for (size_t i = 0; i < KEYS; i++)
        test_key_load(&keys[i], KEY_NAMES[i]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_root),
        cmocka_unit_test(with_the_anchor),
        cmocka_unit_test(root_versions),
        cmocka_unit_test(who_signed_a_root),
        cmocka_unit_test(expiry),
        cmocka_unit_test(an_expired_anchor),
        cmocka_unit_test(an_anchor_unsigned),
        cmocka_unit_test(the_answer),
        cmocka_unit_test(what_is_no_bundle),
        cmocka_unit_test(the_order_in_an_envelope),
        cmocka_unit_test(judged_by_itself),
        cmocka_unit_test(a_root_alone),
        cmocka_unit_test(what_is_assumed),
        cmocka_unit_test(a_rotation_is_kept),
        cmocka_unit_test(what_a_stock_device_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
