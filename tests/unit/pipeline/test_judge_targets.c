/* SPDX-License-Identifier: Apache-2.0 */
/* What the judge says of targets, payloads and signatures, word for word; and a step by itself. */
#include "report.h"

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

static void no_floor_is_known(void **state) {
    (void)state;
    struct scene scene;
    set_scene(&scene);
    scene.knows_floor = scene.has_floor = false;
    judge_scene(&scene);
    ends(&scene, "");
    says(&scene, "floor",
         "skipped | the device's targets version, or a real rotation |  | rollback not judged: no "
         "device manifest was given");
    says(&scene, "targets-version",
         "skipped | a targets version that is not below the floor |  | version 7: rollback not "
         "judged");
    strike(&scene);
}

static void the_sum_of_lengths(void **state) {
    (void)state;
    static const uint64_t MOST[] = {UINT64_MAX - 4, 4}, MORE_THAN_THAT[] = {UINT64_MAX - 4, 5};
    struct scene scene;
    set_scene(&scene);
    scene.target_count = 2;
    scene.left_out = 3;
    scene.lengths = MOST;
    judge_scene(&scene);
    ends(&scene, "payloads");
    scene.lengths = MORE_THAN_THAT;
    judge_scene(&scene);
    ends(&scene, "targets-entries");
    says(&scene, "targets-entries",
         "fail | valid unique names, each with a length and one SHA-256 | the lengths add up to "
         "more than 2^64 bytes | ");
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
         "warn | signatures of 1 of the 2 targets keys | 1 of 1 (2fafd70992db...) | signature of "
         "key "
         "bddcf2a88952..., of another role or root, is not checked; signature of an unknown key "
         "cd324f7360bf... does not count; signature of an unknown key ab0000000000... does not "
         "count; signature of key 8eac946f79cf... has 5 bytes and does not count; signature of key "
         "8eac946f79cf... does not verify");
    scene.options.strict = true;
    judge_scene(&scene);
    ends(&scene, "targets-quorum");
    says(&scene, "targets-quorum",
         "fail | signatures of 1 of the 2 targets keys | 1 of 1 (2fafd70992db...) | signature of "
         "key "
         "bddcf2a88952..., of another role or root, is not checked; signature of an unknown key "
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

/* The device's copy stands in for it where it is the one that is signed here. */
static void a_user_manifest_at_hand(void **state) {
    (void)state;
    static const char *const OURS[] = {"user_manifest", "boot", "data"};
    static const char *const COPIES[] = {"the application", "another one", NULL};
    const char *said = "skipped | the root that the bundle was built with, or a newer one |  | ";
    for (size_t i = 0; i <= SWT_COUNT(COPIES); i++) {
        bool present = i == SWT_COUNT(COPIES);
        char expected[256];
        struct scene scene;
        set_scene(&scene);
        scene.names = OURS;
        scene.target_count = 2;
        scene.left_out = present ? 0 : 1;
        scene.installed_version = 6;
        scene.user_manifest = present ? NULL : COPIES[i];
        judge_scene(&scene);
        ends(&scene, "");
        (void)snprintf(expected, sizeof expected, "%s%s", said,
                       present || i == 0 ? "user_manifest names no root"
                                         : "no user_manifest is at hand");
        says(&scene, "root-stripped", expected);
        strike(&scene);
    }
}

/* What root-stripped says of a device that has what the bundle leaves out. */
static void recorded_root_is(struct scene *scene, const char *copy, const char *expected) {
    static const char *const OURS[] = {SWT_USER_MANIFEST, "boot"};
    scene->names = OURS;
    scene->target_count = 2;
    scene->left_out = 1;
    scene->installed_version = 6;
    scene->user_manifest = copy;
    judge_scene(scene);
    says(scene, "root-stripped", expected);
}

#define STRIPPED "skipped | the root that the bundle was built with, or a newer one |  | "

/* A copy that is not there is none, even where the one that is signed is empty. */
static void an_empty_user_manifest(void **state) {
    (void)state;
    static const char *const EMPTY[] = {"", "the loader"};
    struct scene scene;
    set_scene(&scene);
    scene.contents = EMPTY;
    recorded_root_is(&scene, NULL, STRIPPED "no user_manifest is at hand");
    recorded_root_is(&scene, "", STRIPPED "user_manifest names no root");
    strike(&scene);
}

/* What is over the cap is carried only. */
static void the_largest_user_manifest(void **state) {
    (void)state;
    char *text = malloc(SWT_MAX_USER_MANIFEST + 2);
    const char *const LARGE[] = {text, "the loader"};
    struct scene scene;
    assert_non_null(text);
    memset(text, ' ', SWT_MAX_USER_MANIFEST + 2);
    set_scene(&scene);
    scene.contents = LARGE;
    text[SWT_MAX_USER_MANIFEST] = '\0';
    recorded_root_is(&scene, text, STRIPPED "user_manifest names no root");
    text[SWT_MAX_USER_MANIFEST] = ' ';
    text[SWT_MAX_USER_MANIFEST + 1] = '\0';
    recorded_root_is(&scene, text, STRIPPED "no user_manifest is at hand");
    strike(&scene);
    free(text);
}

/* The trusted root has version 2. */
static void the_recorded_root(void **state) {
    (void)state;
    static const struct {
        unsigned version;
        bool same;
        const char *verdict, *found;
    } CASES[] = {
        {1, false, "pass", "root version 2, a newer one | "},
        {2, true, "pass", "root version 2, the same | "},
        {2, false, "fail", "another root of version 2 | "},
        {3, false, "fail", "root version 2 | the root was stripped from the bundle"},
    };
    for (size_t i = 0; i < SWT_COUNT(CASES); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf root = {0};
        uint8_t digest[SWT_SHA256_SIZE];
        char hex[SWT_HEX_SIZE(SWT_SHA256_SIZE)], text[256], said[256];
        const char *const RECORDS[] = {text, "the loader"};
        struct swt_error err;
        struct scene scene;
        set_scene(&scene);
        scene.contents = RECORDS;
        scene.anchor.version = 2;
        put_root(&scene.anchor, &root);
        made(swt_sha256_of(swt_buf_slice(&root), digest, &err), &err);
        digest[0] ^= CASES[i].same ? 0 : 1;
        swt_hex_encode(digest, sizeof digest, hex);
        (void)snprintf(text, sizeof text,
                       "{\"schema\": %d, \"root\": {\"version\": %u, \"sha256\": \"%s\"}}",
                       SWT_USER_MANIFEST_SCHEMA, CASES[i].version, hex);
        (void)snprintf(said, sizeof said,
                       "%s | root version %u with SHA-256 %s, or a newer one | %s",
                       CASES[i].verdict, CASES[i].version, hex, CASES[i].found);
        recorded_root_is(&scene, text, said);
        strike(&scene);
    }
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
        cmocka_unit_test(floors),
        cmocka_unit_test(no_floor_is_known),
        cmocka_unit_test(the_sum_of_lengths),
        cmocka_unit_test(what_is_installed),
        cmocka_unit_test(what_is_left_out),
        cmocka_unit_test(whose_signatures_do_not_count),
        cmocka_unit_test(unknown_fields),
        cmocka_unit_test(odd_targets),
        cmocka_unit_test(a_user_manifest_left_out),
        cmocka_unit_test(a_user_manifest_at_hand),
        cmocka_unit_test(an_empty_user_manifest),
        cmocka_unit_test(the_largest_user_manifest),
        cmocka_unit_test(the_recorded_root),
        cmocka_unit_test(notes_come_to_an_end),
        cmocka_unit_test(a_step_is_said_again),
        cmocka_unit_test(what_is_no_fault_of_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
