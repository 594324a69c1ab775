/* SPDX-License-Identifier: Apache-2.0 */
/* What each step of the judge says, word for word: verdict, expected, found and notes. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *word(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/* "verdict | expected | found | note" of a step, or "" when it was not come to. */
static void says(const struct scene *scene, const char *slug, const char *expected) {
    char said[4096] = "";
    const json_t *steps = json_object_get(scene->document, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        if (strcmp(word(step, "step"), slug) == 0)
            (void)snprintf(said, sizeof said, "%s | %s | %s | %s", word(step, "verdict"),
                           word(step, "expected"), word(step, "found"), word(step, "note"));
    }
    assert_string_equal(said, expected);
}

static void warns(const struct scene *scene, json_int_t count) {
    assert_int_equal(json_integer_value(json_object_get(scene->document, "warnings")), count);
}

static void ends(const struct scene *scene, const char *failed_step) {
    assert_string_equal(word(scene->document, "failed_step"), failed_step);
    assert_string_equal(word(scene->document, "verdict"), *failed_step ? "reject" : "accept");
}

/* All but the steps. */
static void answers(const struct scene *scene, const char *expected) {
    json_t *rest = json_copy(scene->document);
    assert_int_equal(json_object_del(rest, "steps"), 0);
    char *text = json_dumps(rest, JSON_SORT_KEYS | JSON_COMPACT);
    assert_string_equal(text, expected);
    free(text);
    json_decref(rest);
}

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

/* Another root, of this version, signed by these. */
static void rotate(struct scene *scene, uint32_t version, unsigned signers) {
    set_scene(scene);
    scene->has_root = true;
    scene->root.version = version;
    scene->root.root_keys = BIT(ROOT2) | BIT(ROOT3);
    scene->root_signers = signers;
    judge_scene(scene);
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
         "warn | signatures of 1 of its own 2 root keys | 1 of 1 (c7dd0097209b...) | key "
         "2fafd70992db... signed too, for another role or root; signature of an unknown key "
         "cd324f7360bf... does not count");
    strike(&scene);
    rotate(&scene, 2, BIT(ROOT3) | BIT(TARGETS1));
    ends(&scene, "root-old-quorum");
    says(
        &scene, "root-old-quorum",
        "fail | signatures of 1 of the anchor's 2 root keys | 0 of 1 | signature of an unknown key "
        "c7dd0097209b... does not count; key 2fafd70992db... signed too, for another role or root");
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

static void floors(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    scene.floor = 8;
    judge_scene(&scene);
    ends(&scene, "targets-version");
    says(&scene, "floor",
         "pass | the device's targets version, or a real rotation | targets version 8 | ");
    says(&scene, "targets-version", "fail | version 8 or higher | version 7: a rollback | ");
    strike(&scene);
    scene.has_floor = false;
    judge_scene(&scene);
    ends(&scene, "");
    says(&scene, "floor",
         "pass | the device's targets version, or a real rotation | none: any targets version | ");
    says(&scene, "targets-version", "pass | any version | version 7 | ");
    strike(&scene);
    /* A rotation of the root keys alone clears no floor, one of the targets keys does. */
    set_scene(&scene);
    scene.has_root = true;
    scene.floor = 8;
    scene.root.version = 2;
    judge_scene(&scene);
    ends(&scene, "targets-version");
    scene.root.targets_keys = BIT(TARGETS3);
    scene.targets_signers = BIT(TARGETS3);
    judge_scene(&scene);
    ends(&scene, "");
    says(&scene, "floor",
         "pass | the device's targets version, or a real rotation | cleared: too few of the old "
         "targets keys are left for the new threshold (it was 8) | ");
    says(&scene, "targets-version", "pass | any version | version 7 | ");
    strike(&scene);
}

static void what_is_installed(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    scene.installed_version = 7;
    judge_scene(&scene);
    warns(&scene, 0);
    scene.installed_differs = true;
    judge_scene(&scene);
    ends(&scene, "");
    warns(&scene, 1);
    says(&scene, "targets-version",
         "warn | version 7 or higher | version 7 | the device holds other content of the same "
         "version; raise the version");
    scene.installed_version = 6;
    judge_scene(&scene);
    warns(&scene, 0);
    strike(&scene);
}

static void what_is_left_out(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    scene.target_count = 3;
    scene.left_out = 1U << 1;
    judge_scene(&scene);
    ends(&scene, "payloads");
    says(&scene, "payloads",
         "fail | each listed payload with its length and hash, and no other | 'boot': its payload "
         "is missing | ");
    scene.installed_version = 6;
    judge_scene(&scene);
    ends(&scene, "");
    says(&scene, "payloads",
         "pass | each listed payload with its length and hash, and no other | 2 match, 1 left out "
         "that the device has | ");
    strike(&scene);
    set_scene(&scene);
    scene.target_count = 0;
    judge_scene(&scene);
    warns(&scene, 1);
    says(&scene, "targets-content",
         "pass | targets metadata with the role targets | targets version 7, 0 targets | ");
    says(&scene, "targets-entries",
         "warn | valid unique names, each with a length and one SHA-256 | 0 targets, 0 B | no "
         "target is listed");
    strike(&scene);
}

static void whose_signatures_do_not_count(void **state) {
    (void)state;
    static const uint8_t ID[SWT_KEY_ID_SIZE] = {0xab};
    static const uint8_t VALUE[TEST_SIGNATURE_SIZE] = {1};
    struct scene scene;
    set_scene(&scene);
    scene.targets_signers |= BIT(ROOT1) | BIT(ED25519);
    scene.extra[0] =
        (struct swt_signature){swt_slice_of(ID, sizeof ID), swt_slice_of(VALUE, sizeof VALUE)};
    scene.extra[1] = (struct swt_signature){swt_slice_of(keys[TARGETS2].id, SWT_KEY_ID_SIZE),
                                            swt_slice_of(VALUE, 5)};
    scene.extra[2] = (struct swt_signature){swt_slice_of(keys[TARGETS2].id, SWT_KEY_ID_SIZE),
                                            swt_slice_of(VALUE, sizeof VALUE)};
    scene.extra_count = 3;
    judge_scene(&scene);
    ends(&scene, "");
    warns(&scene, 1);
    says(&scene, "envelope",
         "pass | envelopes in strict encoding | 6 signatures on the targets metadata | ");
    says(&scene, "targets-quorum",
         "warn | signatures of 1 of the 2 targets keys | 1 of 1 (2fafd70992db...) | key "
         "bddcf2a88952... signed too, for another role or root; signature of an unknown key "
         "cd324f7360bf... does not count; signature of an unknown key ab0000000000... does not "
         "count; signature of key 8eac946f79cf... has 5 bytes and does not count; signature of key "
         "8eac946f79cf... does not verify");
    scene.options.strict = true;
    judge_scene(&scene);
    ends(&scene, "targets-quorum");
    says(&scene, "targets-quorum",
         "fail | signatures of 1 of the 2 targets keys | 1 of 1 (2fafd70992db...) | key "
         "bddcf2a88952... signed too, for another role or root; signature of an unknown key "
         "cd324f7360bf... does not count; signature of an unknown key ab0000000000... does not "
         "count; signature of key 8eac946f79cf... has 5 bytes and does not count; signature of key "
         "8eac946f79cf... does not verify; a warning rejects with --strict");
    strike(&scene);
    set_scene(&scene);
    scene.targets_signers = 0;
    judge_scene(&scene);
    ends(&scene, "targets-quorum");
    says(&scene, "envelope",
         "pass | envelopes in strict encoding | 0 signatures on the targets metadata | ");
    says(&scene, "targets-quorum",
         "fail | signatures of 1 of the 2 targets keys | not signed at all | ");
    scene.extra[0] = (struct swt_signature){swt_slice_of(ID, 2), swt_slice_of(VALUE, 1)};
    scene.extra[1] = (struct swt_signature){swt_slice_of(ID, 6), swt_slice_of(VALUE, 1)};
    scene.extra[2] = (struct swt_signature){swt_slice_of(ID, 7), swt_slice_of(VALUE, 1)};
    scene.extra_count = 3;
    judge_scene(&scene);
    says(&scene, "targets-quorum",
         "fail | signatures of 1 of the 2 targets keys | 0 of 1 | signature of an unknown key ab00 "
         "does not count; signature of an unknown key ab0000000000 does not count; signature of an "
         "unknown key ab0000000000... does not count");
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

static void unknown_fields(void **state) {
    (void)state;
    struct scene scene;
    rotate(&scene, 2, BIT(ROOT2));
    scene.format = SWT_FORMAT_PIGWEED;
    scene.unknown_signed = 1;
    judge_scene(&scene);
    ends(&scene, "");
    warns(&scene, 0);
    says(&scene, "root-content",
         "pass | a new root that keeps the rules | root version 2, 2 root and 2 targets keys | 1 "
         "unknown signed field");
    says(&scene, "targets-content",
         "pass | targets metadata with the role targets | targets version 7, 1 target | 1 unknown "
         "signed field");
    scene.unknown_signed = 2;
    judge_scene(&scene);
    says(&scene, "root-content",
         "pass | a new root that keeps the rules | root version 2, 2 root and 2 targets keys | 2 "
         "unknown signed fields");
    says(&scene, "targets-content",
         "pass | targets metadata with the role targets | targets version 7, 1 target | 2 unknown "
         "signed fields");
    scene.unknown_signed = 0;
    scene.unknown_outside = 1;
    judge_scene(&scene);
    ends(&scene, "container");
    says(&scene, "container",
         "fail | a canonical head with one targets metadata | at offset 915: unknown field 15 in "
         "the UpdateBundle | --allow-unknown makes an unknown field a warning");
    scene.options.allow_unknown = true;
    judge_scene(&scene);
    warns(&scene, 1);
    says(&scene, "container",
         "warn | a canonical head with one targets metadata | an UpdateBundle, with a root | 1 "
         "unknown field that no signature covers");
    scene.unknown_outside = 2;
    judge_scene(&scene);
    says(&scene, "container",
         "warn | a canonical head with one targets metadata | an UpdateBundle, with a root | 2 "
         "unknown fields that no signature covers");
    scene.unknown_outside = 0;
    scene.unknown_unsigned = 1;
    judge_scene(&scene);
    ends(&scene, "");
    warns(&scene, 2);
    says(&scene, "envelope",
         "warn | envelopes in strict encoding | 1 signature on the targets metadata, and a root | "
         "2 unknown fields that no signature covers");
    says(&scene, "anchor",
         "warn | an anchor that keeps the rules of root metadata | root version 1, 2 root and 2 "
         "targets keys | 1 unknown field in the anchor that no signature covers");
    scene.unknown_unsigned = 2;
    judge_scene(&scene);
    says(&scene, "envelope",
         "warn | envelopes in strict encoding | 1 signature on the targets metadata, and a root | "
         "4 unknown fields that no signature covers");
    says(&scene, "anchor",
         "warn | an anchor that keeps the rules of root metadata | root version 1, 2 root and 2 "
         "targets keys | 2 unknown fields in the anchor that no signature covers");
    scene.options.allow_unknown = false;
    judge_scene(&scene);
    ends(&scene, "envelope");
    says(&scene, "envelope",
         "fail | envelopes in strict encoding | at offset 705: SignedMetadata: unknown field 15, "
         "which no signature covers | --allow-unknown makes an unknown field a warning");
    strike(&scene);
}

static void odd_targets(void **state) {
    (void)state;
    static const char *const TWINS[] = {"app", "App", "data"};
    struct scene scene;
    set_scene(&scene);
    scene.target_count = 3;
    scene.names = TWINS;
    judge_scene(&scene);
    ends(&scene, "");
    warns(&scene, 1);
    says(&scene, "targets-entries",
         "warn | valid unique names, each with a length and one SHA-256 | 3 targets, 29 B | 'app' "
         "and 'App' differ only in case");
    strike(&scene);
    set_scene(&scene);
    scene.other_spec = true;
    judge_scene(&scene);
    ends(&scene, "");
    warns(&scene, 1);
    says(&scene, "targets-content",
         "warn | targets metadata with the role targets | targets version 7, 1 target | "
         "spec_version is '1.0.1', expected '0.0.1'");
    strike(&scene);
    set_scene(&scene);
    scene.other_hashes = 1;
    judge_scene(&scene);
    ends(&scene, "");
    warns(&scene, 1);
    says(&scene, "targets-entries",
         "warn | valid unique names, each with a length and one SHA-256 | 2 targets, 19 B | 1 hash "
         "of a function that is not known here");
    scene.other_hashes = 2;
    judge_scene(&scene);
    says(&scene, "targets-entries",
         "warn | valid unique names, each with a length and one SHA-256 | 2 targets, 19 B | 2 "
         "hashes of a function that is not known here");
    strike(&scene);
    set_scene(&scene);
    scene.spoilt = "the application";
    judge_scene(&scene);
    ends(&scene, "payloads");
    says(&scene, "payloads",
         "fail | 'app' with SHA-256 "
         "59b33147eed775afbd220ad5c1d10dfd17c401cb664c3c05a2e877c208d45bfb | SHA-256 "
         "b8ce3ff713f5b254e0614736f4f02b8ff2d57a9225c49eb5c59a238dd3ad4d06 | ");
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

/* What warns before it passes has warned. */
static void a_user_manifest_left_out(void **state) {
    (void)state;
    static const char *const OURS[] = {"user_manifest", "boot", "data"};
    struct scene scene;
    set_scene(&scene);
    scene.names = OURS;
    scene.target_count = 2;
    scene.left_out = 1;
    scene.installed_version = 6;
    judge_scene(&scene);
    ends(&scene, "");
    warns(&scene, 1);
    says(&scene, "payloads",
         "warn | each listed payload with its length and hash, and no other | 1 match, 1 left out "
         "that the device has | user_manifest is left out: a stock device would record none");
    scene.options.strict = true;
    judge_scene(&scene);
    ends(&scene, "payloads");
    strike(&scene);
}

/* ---- a step by itself -------------------------------------------------------------------- */

static void notes_come_to_an_end(void **state) {
    (void)state;
    SWT_CLEANUP(swt_step_done) struct swt_step step = {0};
    struct swt_error err;
    char text[249];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    /* 8 of 248 bytes and 7 times "; ": two less than the limit. */
    for (int i = 0; i < 8; i++)
        made(swt_step_note(&step, &err, "%s", text), &err);
    assert_int_equal(step.note.len, 1998);
    made(swt_buf_printf(&step.note, &err, "!?"), &err);
    for (int i = 0; i < 3; i++)
        made(swt_step_note(&step, &err, "one more"), &err);
    assert_int_equal(step.note.len, 2005);
    assert_memory_equal(step.note.data + 1997, "a!?; ...", 8);
}

static void a_step_is_said_again(void **state) {
    (void)state;
    for (int with_note = 0; with_note < 2; with_note++) {
        SWT_CLEANUP(swt_step_done) struct swt_step found = {0};
        SWT_CLEANUP(swt_step_done) struct swt_step step = {0};
        struct swt_error err;
        made(swt_step_expect(&step, &err, "anything"), &err);
        made(swt_step_fail(&found, &err, "something"), &err);
        if (with_note)
            made(swt_step_note(&found, &err, "a note"), &err);
        made(swt_step_repeat(&step, &found, &err), &err);
        assert_int_equal(step.verdict, SWT_FAIL);
        assert_string_equal(swt_buf_text(&step.expected), "anything");
        assert_string_equal(swt_buf_text(&step.found), "something");
        assert_string_equal(swt_buf_text(&step.note), with_note ? "a note" : "");
    }
}

/* A system that failed is no verdict. */
static void what_is_no_fault_of_the_file(void **state) {
    (void)state;
    SWT_CLEANUP(swt_step_done) struct swt_step step = {0};
    struct swt_error err;
    (void)swt_fail(&err, SWT_E_IO, "cannot read");
    assert_int_equal(swt_step_fault(&step, &err), -SWT_E_IO);
    assert_int_equal(step.verdict, SWT_PASS);
    (void)swt_fail(&err, SWT_E_METADATA, "no metadata");
    assert_int_equal(swt_step_fault(&step, &err), 0);
    assert_int_equal(step.verdict, SWT_FAIL);
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
        cmocka_unit_test(floors),
        cmocka_unit_test(what_is_installed),
        cmocka_unit_test(what_is_left_out),
        cmocka_unit_test(whose_signatures_do_not_count),
        cmocka_unit_test(the_answer),
        cmocka_unit_test(what_is_no_bundle),
        cmocka_unit_test(judged_by_itself),
        cmocka_unit_test(a_root_alone),
        cmocka_unit_test(unknown_fields),
        cmocka_unit_test(odd_targets),
        cmocka_unit_test(what_is_assumed),
        cmocka_unit_test(a_user_manifest_left_out),
        cmocka_unit_test(notes_come_to_an_end),
        cmocka_unit_test(a_step_is_said_again),
        cmocka_unit_test(what_is_no_fault_of_the_file),
        cmocka_unit_test(what_a_stock_device_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
