/* SPDX-License-Identifier: Apache-2.0 */
/* What a judgement is asked to rest on: which options go together, and what is read of the files
 * that they name. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/swupdate-options.XXXXXX";
static const char *const FILES[] = {"bundle", "old", "root",     "next",   "manifest",
                                    "words",  "odd", "unsigned", "m.yaml", "log"};

static void write_bytes(const char *path, const struct swt_buf *bytes) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes->data, 1, bytes->len, file), bytes->len);
    assert_int_equal(fclose(file), 0);
}

static void write_scene(const char *path, const struct scene *scene) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    put_scene(scene, &bytes);
    write_bytes(path, &bytes);
}

/* bundle and old: of versions 7 and 6; manifest: of the device that installed 7. */
static int enter(void **state) {
    (void)state;
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state device = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf words = {0};
    struct swt_error err;
    struct scene scene;
    char source[4096];
    if (getenv("SWT_SOURCE") == NULL && setenv("SWT_SOURCE", getcwd(source, sizeof source), 1) < 0)
        return -1;
    for (size_t i = 0; i < KEYS; i++)
        test_key_load(&keys[i], KEY_NAMES[i]);
    if (mkdtemp(folder) == NULL || chdir(folder) < 0)
        return -1;
    set_scene(&scene);
    scene.has_root = true;
    scene.installed_version = 7;
    write_scene("bundle", &scene);
    scene.version = 6;
    write_scene("old", &scene);
    put_state(&scene, &device);
    write_bytes("root", &device.root.bytes);
    write_bytes("manifest", &device.installed.bytes);
    scene.targets_signers = 0;
    write_scene("unsigned", &scene);
    scene.root_only = true;
    scene.root.version = 2;
    write_scene("next", &scene);
    scene.unknown_unsigned = 1;
    write_scene("odd", &scene);
    made(swt_buf_printf(&words, &err, "words\n"), &err);
    write_bytes("words", &words);
    swt_buf_clear(&words);
    made(swt_buf_printf(&words, &err,
                        "schema: 1\nproduct: {name: w, vendor: v}\n"
                        "release: {version: 1.0.0, metadata_version: 7}\n"
                        "targets: [{file: words}]\n"),
         &err);
    write_bytes("m.yaml", &words);
    swt_buf_clear(&words);
    made(swt_buf_printf(&words, &err, "{\"schema\":\"%s\"}\n", SWT_AUDIT_LOG_SCHEMA), &err);
    write_bytes("log", &words);
    return 0;
}

static int leave(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(FILES); i++)
        (void)unlink(FILES[i]);
    for (size_t i = 0; i < KEYS; i++)
        test_key_done(&keys[i]);
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

/* ---- what is asked ----------------------------------------------------------------------- */

enum what { A_BUNDLE, A_ROOT };

static int judge_file(enum what what, const char *file, const struct swt_verify_options *options,
                      json_t **ret_document, struct swt_error *err) {
    bool accepted = false;
    int rc = what == A_ROOT ? swt_verify_root(file, options, &accepted, ret_document, err)
                            : swt_verify(file, options, &accepted, ret_document, err);
    if (rc == 0)
        assert_int_equal(accepted, json_object_get(*ret_document, "failed_step") == NULL);
    return rc;
}

static void refuses(enum what what, struct swt_verify_options options, enum swt_code code,
                    const char *message, const char *hint) {
    json_t *document = NULL;
    struct swt_error err = {0};
    int rc = judge_file(what, "bundle", &options, &document, &err);
    assert_int_equal(rc, -(int)code);
    assert_int_equal(err.code, code);
    assert_string_equal(err.message, message);
    assert_string_equal(err.hint, hint);
}

/* failed_step: "" for what is accepted. note: of the step that failed. */
static void judges(enum what what, const char *file, struct swt_verify_options options,
                   const char *failed_step, const char *note) {
    json_t *document = NULL;
    struct swt_error err = {0};
    options.time = SAMPLE_TIME;
    made(judge_file(what, file, &options, &document, &err), &err);
    const char *step = json_string_value(json_object_get(document, "failed_step"));
    assert_string_equal(step == NULL ? "" : step, failed_step);
    const json_t *steps = json_object_get(document, "steps");
    const json_t *last = json_array_get(steps, json_array_size(steps) - 1);
    const char *said = json_string_value(json_object_get(last, "note"));
    assert_string_equal(said == NULL ? "" : said, note);
    json_decref(document);
}

/* last: the last step that was judged; of the sources there is a report when it is theirs. */
static void judges_last(enum what what, const char *file, struct swt_verify_options options,
                        const char *failed_step, const char *last) {
    json_t *document = NULL;
    struct swt_error err = {0};
    options.time = SAMPLE_TIME;
    made(judge_file(what, file, &options, &document, &err), &err);
    assert_string_equal(json_string_value(json_object_get(document, "failed_step")), failed_step);
    const json_t *steps = json_object_get(document, "steps");
    const json_t *step = json_array_get(steps, json_array_size(steps) - 1);
    assert_string_equal(json_string_value(json_object_get(step, "step")), last);
    assert_int_equal(json_object_get(document, "against") != NULL, strcmp(last, "against") == 0);
    json_decref(document);
}

static void one_anchor(void **state) {
    (void)state;
    const char *none = "no trust anchor was given";
    refuses(A_BUNDLE, (struct swt_verify_options){0}, SWT_E_USAGE, none,
            "--root ROOT with the root metadata that the device holds, --device DIR with its "
            "device directory, or --self to check the bundle against its own root");
    refuses(A_BUNDLE, (struct swt_verify_options){.root = "root", .device = "d"}, SWT_E_USAGE,
            "--root and --device are two trust anchors, give one", "");
    refuses(A_BUNDLE, (struct swt_verify_options){.root = "root", .self = true}, SWT_E_USAGE,
            "--root and --self are two trust anchors, give one", "");
    refuses(A_BUNDLE, (struct swt_verify_options){.device = "d", .self = true}, SWT_E_USAGE,
            "--device and --self are two trust anchors, give one", "");
    refuses(A_BUNDLE, (struct swt_verify_options){.device = "d", .device_manifest = "manifest"},
            SWT_E_USAGE,
            "--device d has a manifest of its own: --device-manifest goes with --root or --self",
            "");
    judges(A_BUNDLE, "bundle", (struct swt_verify_options){.root = "root"}, "", "");
    judges(A_BUNDLE, "bundle", (struct swt_verify_options){.self = true}, "", "");
}

static void no_anchor_of_its_own(void **state) {
    (void)state;
    refuses(A_BUNDLE, (struct swt_verify_options){.root = "bundle"}, SWT_E_USAGE,
            "--root bundle is the file under judgement itself",
            "--self checks it against its own root, which proves nothing about the signer");
    /* What is no bundle is told as that. */
    judges(A_BUNDLE, "root", (struct swt_verify_options){.root = "root"}, "container",
           "this is root metadata: --type root judges it");
    judges(A_BUNDLE, "next", (struct swt_verify_options){.root = "root"}, "container",
           "this is root metadata: --type root judges it");
}

static void an_anchor_with_an_unknown_field(void **state) {
    (void)state;
    refuses(A_BUNDLE, (struct swt_verify_options){.root = "odd"}, SWT_E_UNKNOWN_FIELD,
            "SignedMetadata: unknown field 15, which no signature covers",
            "--allow-unknown makes an unknown field a warning");
    refuses(A_BUNDLE, (struct swt_verify_options){.root = "missing"}, SWT_E_NOT_FOUND,
            "cannot open: No such file or directory", "");
    refuses(
        A_BUNDLE, (struct swt_verify_options){.root = "words"}, SWT_E_METADATA,
        "not root metadata, nor a bundle that holds it: SignedMetadata: field 14: expected wire "
        "type 0, 1, 2 or 5, found 7",
        "");
}

static void the_time(void **state) {
    (void)state;
    refuses(A_BUNDLE, (struct swt_verify_options){.root = "root", .time = "noon"}, SWT_E_USAGE,
            "--time 'noon': expected a date or a time like 2027-11-23T00:00:00Z", "");
}

/* With an anchor that somebody names, what was installed is the floor. */
static void a_device_manifest(void **state) {
    (void)state;
    const struct swt_verify_options with = {.root = "root", .device_manifest = "manifest"};
    judges(A_BUNDLE, "bundle", with, "", "");
    judges(A_BUNDLE, "old", with, "targets-version", "");
    judges(A_BUNDLE, "old", (struct swt_verify_options){.root = "root"}, "", "");
    judges(A_BUNDLE, "old",
           (struct swt_verify_options){.self = true, .device_manifest = "manifest"}, "", "");
}

static void root_metadata(void **state) {
    (void)state;
    const struct swt_verify_options by_root = {.root = "root"};
    refuses(A_ROOT, (struct swt_verify_options){.root = "root", .device_manifest = "manifest"},
            SWT_E_USAGE, "--device-manifest goes with a bundle, not with root metadata", "");
    refuses(A_ROOT, (struct swt_verify_options){.root = "root", .against = "m.yaml"}, SWT_E_USAGE,
            "--against goes with a bundle: root metadata has no manifest", "");
    judges(A_ROOT, "next", by_root, "", "");
    judges(A_ROOT, "bundle", by_root, "container", "");
}

/* Judged at the end of all, and where but the signatures of the targets are missing. */
static void the_sources(void **state) {
    (void)state;
    judges_last(A_BUNDLE, "bundle",
                (struct swt_verify_options){.root = "root", .against = "m.yaml"}, "against",
                "against");
    judges_last(A_BUNDLE, "unsigned",
                (struct swt_verify_options){.root = "root", .against = "m.yaml"}, "targets-quorum",
                "against");
    judges_last(A_BUNDLE, "old",
                (struct swt_verify_options){
                    .root = "root", .device_manifest = "manifest", .against = "m.yaml"},
                "targets-version", "targets-version");
    judges_last(A_BUNDLE, "unsigned", (struct swt_verify_options){.root = "root"}, "targets-quorum",
                "targets-quorum");
}

static void what_else_is_there(void **state) {
    (void)state;
    static const char *const KINDS[][2] = {
        {"testdata/corpus/kind/signing_request", "this is a signing request"},
        {"testdata/corpus/kind/signing_response", "this is a signing response"},
        {"testdata/identity/one_target.manifest.pb", "this is a device manifest"}};
    const struct swt_verify_options by_root = {.root = "root"};
    judges(A_BUNDLE, "words", by_root, "container", "the file is of no kind that is known here");
    judges(A_BUNDLE, "manifest", by_root, "container", "this is a device manifest");
    judges(A_BUNDLE, "log", by_root, "container", "this is an audit log");
    for (size_t i = 0; i < SWT_COUNT(KINDS); i++) {
        char path[8192];
        (void)snprintf(path, sizeof path, "%s/%s", getenv("SWT_SOURCE"), KINDS[i][0]);
        judges(A_BUNDLE, path, by_root, "container", KINDS[i][1]);
    }
}

static void without_verifying(void **state) {
    (void)state;
    static const struct {
        struct swt_verify_options options;
        const char *refused;
    } ROWS[] = {
        {{.root = "root"}, "--root"},      {{.device = "d"}, "--device"},
        {{.self = true}, "--self"},        {{.device_manifest = "manifest"}, "--device-manifest"},
        {{.time = SAMPLE_TIME}, "--time"}, {{.strict = true}, "--strict"}};
    for (size_t i = 0; i < SWT_COUNT(ROWS); i++) {
        const struct swt_extract_options options = {
            .verify = ROWS[i].options, .no_verify = true, .directory = "out"};
        char message[256];
        struct swt_notices notices = {0};
        bool accepted;
        json_t *document;
        struct swt_error err = {0};
        assert_int_equal(swt_extract("bundle", &options, &notices, &accepted, &document, &err),
                         -SWT_E_USAGE);
        (void)snprintf(message, sizeof message, "%s judges, --no-verify does not: give one",
                       ROWS[i].refused);
        assert_string_equal(err.message, message);
    }
    const struct swt_extract_options nothing = {.directory = "out"};
    struct swt_notices notices = {0};
    bool accepted;
    json_t *document;
    struct swt_error err = {0};
    assert_int_equal(swt_extract("bundle", &nothing, &notices, &accepted, &document, &err),
                     -SWT_E_USAGE);
    assert_non_null(strstr(err.hint, "against its own root, or --no-verify"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_anchor),
        cmocka_unit_test(no_anchor_of_its_own),
        cmocka_unit_test(an_anchor_with_an_unknown_field),
        cmocka_unit_test(the_time),
        cmocka_unit_test(a_device_manifest),
        cmocka_unit_test(root_metadata),
        cmocka_unit_test(what_else_is_there),
        cmocka_unit_test(without_verifying),
        cmocka_unit_test(the_sources),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
