/* SPDX-License-Identifier: Apache-2.0 */
/* Good manifests, field by field. */
#include "manifest.h"

#include <locale.h>
#include <stdio.h>

static struct swt_manifest *load_good(const char *path) {
    struct swt_manifest *manifest = NULL;
    struct swt_error err = {0};
    if (swt_manifest_load(path, NULL, &manifest, &err) != 0)
        fail_msg("%s:%u:%u: %s", err.file, err.line, err.column, err.message);
    return manifest;
}

static void assert_text(struct swt_text text, const char *expected, unsigned line,
                        unsigned column) {
    assert_non_null(text.text);
    assert_string_equal(text.text, expected);
    assert_int_equal(text.node->line, line);
    assert_int_equal(text.node->column, column);
}

static void example(void **state) {
    (void)state;
    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *m = load_good("testdata/manifests/good/product.yaml");
    assert_text(m->name, "widget", 7, 9);
    assert_string_equal(m->name.node->file, "testdata/manifests/good/product.yaml");
    assert_text(m->vendor, "Acme", 8, 11);
    assert_int_equal(m->compatible.count, 2);
    assert_text(m->compatible.items[0], "widget-rev-b", 9, 16);
    assert_text(m->compatible.items[1], "widget-rev-c", 9, 30);
    assert_text(m->version, "1.4.0", 12, 12);
    assert_true(m->metadata_version.given);
    assert_int_equal(m->metadata_version.value, 42);
    assert_int_equal(m->metadata_version.node->line, 13);
    assert_text(m->expires, "2027-11-23T00:00:00Z", 14, 12);
    assert_int_equal(m->expires_time, 1826928000);
    assert_text(m->channel, "stable", 15, 12);
    assert_text(m->notes, "notes.md", 16, 10);
    assert_string_equal(m->notes_file, "testdata/manifests/good/notes.md");
    assert_text(m->vcs, "unknown", 17, 8);
    assert_text(m->min_version, "1.2.0", 20, 16);
    assert_text(m->sbom, "sbom.cdx.json", 47, 9);
    assert_text(m->sbom_format, "cyclonedx", 48, 11);
    assert_string_equal(m->sbom_file, "testdata/manifests/good/sbom.cdx.json");
    assert_text(m->format, "tar", 51, 11);
    assert_text(m->profile, "pigweed", 52, 12);
    assert_int_equal(m->max_size.value, 64 * 1024 * 1024);
    assert_true(m->user_manifest);
    assert_text(m->root_path, "keys/root_metadata", 8, 9);
    assert_string_equal(m->root_path.node->file, "testdata/manifests/good/common.yaml");
    assert_string_equal(m->root_file, "testdata/manifests/good/keys/root_metadata");
    assert_int_equal(m->key_paths.count, 1);
    assert_string_equal(m->key_files[0], "testdata/manifests/good/keys/targets.pem");
    assert_string_equal(m->meta->first->text, "REL-9");
    assert_int_equal(m->source_count, 2);
}

static void targets_of_the_example(void **state) {
    (void)state;
    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *m = load_good("testdata/manifests/good/product.yaml");
    assert_int_equal(m->target_count, 5);
    assert_text(m->targets[0].name, "recovery", 5, 11);
    const struct swt_manifest_target *app = &m->targets[1];
    assert_int_equal(app->node->line, 27);
    assert_text(app->name, "app", 27, 11);
    assert_text(app->file, "out/app.bin", 28, 11);
    assert_string_equal(app->path, "testdata/manifests/good/out/app.bin");
    assert_text(app->type, "raw", 29, 11);
    assert_text(app->slot, "app", 30, 11);
    assert_text(app->version, "1.4.0", 31, 14);
    assert_true(app->max_size.given);
    assert_int_equal(app->max_size.value, 512 * 1024);
    assert_null(app->sha256.text);
    assert_null(app->compression.text);
    assert_int_equal(app->meta->kind, SWT_NODE_MAP);
    assert_string_equal(app->meta->first->key->text, "com.acme.board");
    assert_string_equal(app->meta->first->text, "rev-b");
    assert_null(app->meta->first->next);
    const struct swt_manifest_target *rootfs = &m->targets[2];
    assert_text(rootfs->compression, "zstd", 37, 18);
    assert_int_equal(rootfs->compatible.count, 1);
    assert_text(rootfs->compatible.items[0], "widget-rev-c", 38, 18);
    const struct swt_manifest_target *fonts = &m->targets[3];
    assert_text(fonts->name, "fonts/{stem}", 40, 11);
    assert_text(fonts->files, "out/fonts/*.ttf", 41, 12);
    assert_string_equal(fonts->path, "testdata/manifests/good/out/fonts/*.ttf");
    assert_null(fonts->file.text);
    const struct swt_manifest_target *boot = &m->targets[4];
    assert_text(boot->name, "bootloader.bin", 43, 11);
    assert_null(boot->type.text);
    assert_null(boot->slot.text);
    assert_null(boot->version.text);
    assert_false(boot->max_size.given);
    assert_non_null(boot->sha256.text);
    assert_null(boot->meta);
}

/* As projects of other build systems would write them. */
static void products_of_others(void **state) {
    (void)state;
    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *yocto = load_good("testdata/manifests/good/yocto/image.yaml");
    assert_int_equal(yocto->target_count, 4);
    assert_string_equal(yocto->compatible.items[0].text, "acme,gateway-imx8mp");
    assert_string_equal(yocto->targets[2].file.text, "tmp/deploy/images/gateway-imx8mp/"
                                                     "core-image-gateway-gateway-imx8mp.ext4");
    assert_string_equal(yocto->targets[2].compression.text, "xz");
    assert_string_equal(yocto->channel.text, "lab");

    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *zephyr = load_good("testdata/manifests/good/zephyr/product.yaml");
    assert_int_equal(zephyr->target_count, 3);
    assert_string_equal(zephyr->targets[0].name.text, "mcuboot");
    assert_string_equal(
        zephyr->targets[0].path,
        "testdata/manifests/good/zephyr/boards/prebuilt/nrf5340_sensor/mcuboot.bin");
    assert_string_equal(zephyr->targets[1].version.text, "2.7.1+0");
    assert_int_equal(zephyr->targets[2].max_size.value, 232 * 1024);
    assert_string_equal(zephyr->compatible.items[0].text, "nrf5340_sensor");
    assert_string_equal(zephyr->key_files[0],
                        "testdata/manifests/good/zephyr/boards/../keys/targets.pem");
    const struct swt_node *board = zephyr->meta->first;
    assert_string_equal(board->first->key->text, "vendor");
    assert_string_equal(board->first->next->text, "nrf5340");
    assert_string_equal(board->first->next->next->text, "mx25r64");

    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *nerves = load_good("testdata/manifests/good/nerves/firmware.yaml");
    assert_int_equal(nerves->target_count, 4);
    assert_string_equal(nerves->targets[0].compression.text, "zstd");
    assert_string_equal(nerves->targets[1].name.text, "boot/{name}");
    assert_string_equal(nerves->targets[3].name.text, "uboot-env.txt");
    assert_int_equal(nerves->metadata_version.value, 93);
    assert_string_equal(nerves->min_version.text, "0.8.0");
    assert_string_equal(nerves->sbom_format.text, "cyclonedx");
}

static void minimal(void **state) {
    (void)state;
    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *m = load_good("testdata/manifests/good/minimal.yaml");
    assert_string_equal(m->version.text, "1.10");
    assert_int_equal(m->target_count, 1);
    assert_string_equal(m->targets[0].name.text, "app.bin");
    assert_null(m->vendor.text);
    assert_int_equal(m->compatible.count, 0);
    assert_null(m->expires.text);
    assert_null(m->channel.text);
    assert_null(m->vcs.text);
    assert_null(m->format.text);
    assert_null(m->profile.text);
    assert_false(m->max_size.given);
    assert_true(m->user_manifest);
    assert_null(m->root_path.text);
    assert_null(m->root_file);
    assert_int_equal(m->key_paths.count, 0);
    assert_null(m->meta);
}

static void scalars_are_never_guessed(void **state) {
    (void)state;
    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *m = load_good("testdata/manifests/good/scalars.yaml");
    static const char *const compatible[] = {"010", "0x10", "1e3", "null", "yes", "-1", "~"};
    assert_string_equal(m->name.text, "NO");
    assert_string_equal(m->vendor.text, "12:30:45");
    assert_int_equal(m->compatible.count, SWT_COUNT(compatible));
    for (size_t i = 0; i < SWT_COUNT(compatible); i++)
        assert_string_equal(m->compatible.items[i].text, compatible[i]);
    assert_string_equal(m->version.text, "1.10");
    assert_int_equal(m->metadata_version.value, 42);
    assert_int_equal(m->expires_time, 1827014399);
    assert_null(m->channel.text);
    assert_string_equal(m->vcs.text, "0123456 789abcd");
    const struct swt_manifest_target *target = &m->targets[0];
    assert_string_equal(target->name.text, "null");
    assert_string_equal(target->path, "testdata/manifests/good/./a:b");
    assert_string_equal(target->type.text, ".inf");
    assert_string_equal(target->version.text, "2001-01-01");
    assert_int_equal(target->max_size.value, 1);
    assert_null(target->slot.text);
    const struct swt_node *price = target->meta->first;
    assert_string_equal(price->text, "$5");
    const struct swt_node *list = price->next;
    assert_int_equal(list->kind, SWT_NODE_LIST);
    assert_string_equal(list->first->text, "1");
    assert_null(list->first->key);
    assert_int_equal(list->first->next->kind, SWT_NODE_NULL);
    assert_string_equal(list->first->next->next->first->text, "two lines");
    assert_false(m->user_manifest);
    assert_null(m->format.text);
    assert_null(m->profile.text);
    assert_int_equal(m->meta->kind, SWT_NODE_MAP);
    assert_null(m->meta->first);
}

static void forms_that_are_accepted(void **state) {
    (void)state;
    static const char *const texts[] = {
        WHOLE,
        "---\n" WHOLE,
        "# comment with % in it\n\n---\n" WHOLE "...\n# more\n\n",
        "--- # comment\r\n" HEAD "targets:\r\n- file: a\r\n",
        HEAD "targets: [{file: a}]",
        WHOLE "meta: {text: \"tab\\tand\\nline\"}\n",
        WHOLE "meta:\n  text: |\n    a\n\n    b\n",
        WHOLE "meta: {\"<<\": quoted, \"&a\": \"*a\", \"!\": '!!str'}\n",
        WHOLE "meta: {a: [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}\n", /* level 16 */
        WHOLE "bundle:\nsigning: ~\nvars: null\nmeta: NULL\n",
        WHOLE "signing: {keys: []}\n",
        WHOLE "meta: {key: \"%TAG\n%TAG\"}\n",
        WHOLE "meta: {\xc3\xa4: \xe2\x82\xac, \xf0\x9f\x98\x80: x}\n",
        HEAD "targets: [{file: a, name: x}, {file: a, name: X}]\n",
        HEAD "targets: [{file: a, sha256: null, meta: }]\n",
        HEAD "targets: [{file: a, files: ~}, {file: , files: a}, {files: a, sha256: ~}]\n",
        HEAD "targets: [{files: a/*, name: '{stem}-{name}{name}'}]\n",
        HEAD "targets: [{files: '*'}, {files: '*', name: '{name}'}, {file: a, name: '{x}'}]\n",
        WHOLE "include:\nsbom:\nrequires: ~\n",
        WHOLE "include: []\nrequires: {}\n",
    };
    for (size_t i = 0; i < SWT_COUNT(texts); i++)
        swt_manifest_free(parse_good(texts[i], NULL));
}

static void escapes_and_positions_in_characters(void **state) {
    (void)state;
    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *m =
        parse_good("schema: 1\nproduct: {vendor: \"\xc3\xa4\\u20ac\", name: w}\n"
                   "release: {version: 1, metadata_version: 4294967295}\ntargets: [{file: a}]\n",
                   NULL);
    assert_text(m->vendor, "\xc3\xa4\xe2\x82\xac", 2, 19);
    assert_text(m->name, "w", 2, 36);
    assert_int_equal(m->metadata_version.value, UINT32_MAX);
}

struct path_row {
    const char *manifest;
    const char *file;
    const char *path;
};

/* A folder or file of a strange name never becomes a URI or standard input. */
static void paths(void **state) {
    (void)state;
    static const struct path_row rows[] = {
        {"product.yaml", "a.bin", "a.bin"},
        {"./product.yaml", "a.bin", "./a.bin"},
        {"dir/product.yaml", "../a.bin", "dir/../a.bin"},
        {"/abs/product.yaml", "a.bin", "/abs/a.bin"},
        {"dir/product.yaml", "/abs/a.bin", "/abs/a.bin"},
        {"product.yaml", "-", "./-"},
        {"dir/product.yaml", "-", "dir/-"},
        {"exec:x/product.yaml", "a.bin", "./exec:x/a.bin"},
        {"exec:x/product.yaml", "/a.bin", "/a.bin"},
        {"-/product.yaml", "a.bin", "./-/a.bin"},
        {"product.yaml", "./pkcs11:a", "./pkcs11:a"},
        {"product.yaml", "a/b:c", "a/b:c"},
        {"product.yaml", "1:c", "1:c"},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       HEAD "targets: [{file: '%s', name: x}]\n"
                            "signing: {root: '%s', keys: ['%s']}\n",
                       rows[i].file, rows[i].file, rows[i].file);
        SWT_CLEANUP(swt_manifest_cleanup) struct swt_manifest *m = NULL;
        struct swt_error err = {0};
        int rc = swt_manifest_parse(swt_slice_text(text), rows[i].manifest, NULL, &m, &err);
        assert_int_equal(rc, 0);
        assert_string_equal(m->targets[0].path, rows[i].path);
        assert_string_equal(m->root_file, rows[i].path);
        assert_string_equal(m->key_files[0], rows[i].path);
        assert_string_equal(m->targets[0].file.text, rows[i].file);
    }
}

static void locale_changes_nothing(void **state) {
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "tr_TR.UTF-8", "C.UTF-8", "C"};
    for (size_t i = 0; i < SWT_COUNT(locales); i++) {
        if (setlocale(LC_ALL, locales[i]) == NULL)
            continue;
        setenv("TZ", "Asia/Kathmandu", 1);
        example(state);
        scalars_are_never_guessed(state);
    }
    unsetenv("TZ");
    setlocale(LC_ALL, "C");
}

static void errors_of_reading(void **state) {
    (void)state;
    struct swt_manifest *m = NULL;
    struct swt_error err = {0};
    assert_int_equal(swt_manifest_load("testdata/manifests/none.yaml", NULL, &m, &err),
                     -SWT_E_NOT_FOUND);
    assert_string_equal(err.file, "testdata/manifests/none.yaml");
    assert_int_equal(swt_manifest_load("testdata/manifests", NULL, &m, &err), -SWT_E_IO);
    assert_int_equal(swt_manifest_load("-", NULL, &m, &err), -SWT_E_USAGE);
    assert_int_equal(swt_manifest_load("/dev/zero", NULL, &m, &err), -SWT_E_MANIFEST_SYNTAX);
    assert_string_equal(err.file, "/dev/zero");
    assert_null(m);
    swt_manifest_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example),
        cmocka_unit_test(targets_of_the_example),
        cmocka_unit_test(products_of_others),
        cmocka_unit_test(minimal),
        cmocka_unit_test(scalars_are_never_guessed),
        cmocka_unit_test(forms_that_are_accepted),
        cmocka_unit_test(escapes_and_positions_in_characters),
        cmocka_unit_test(paths),
        cmocka_unit_test(locale_changes_nothing),
        cmocka_unit_test(errors_of_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
