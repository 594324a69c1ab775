/* SPDX-License-Identifier: Apache-2.0 */
/* All faults of a manifest in one reading: each once, in the order of the file. */
#include "manifest.h"

#include <stdio.h>

static void faults_cleanup(struct swt_faults *faults) {
    swt_faults_done(faults);
}

/* What is left of text; the faults are "LINE:COLUMN CODE" lines, or those of messages. */
static struct swt_manifest *read_all(const char *text, const char *const *defines, size_t count,
                                     struct swt_faults *faults) {
    const struct swt_manifest_options options = {
        .defines = defines, .define_count = count, .faults = faults};
    struct swt_manifest *manifest = parse_good(text, &options);
    return manifest;
}

static void assert_faults(const char *text, const char *expected) {
    SWT_CLEANUP(faults_cleanup) struct swt_faults faults = {0};
    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *manifest = read_all(text, NULL, 0, &faults);
    SWT_CLEANUP(swt_buf_done) struct swt_buf found = {0};
    for (size_t i = 0; i < faults.count; i++) {
        const struct swt_error *fault = &faults.items[i];
        struct swt_error err;
        assert_int_equal(swt_buf_printf(&found, &err, "%u:%u %s\n", fault->line, fault->column,
                                        swt_code_name(fault->code)),
                         0);
    }
    if (strcmp(swt_buf_text(&found), expected) != 0)
        fail_msg("%s\nexpected\n%sfound\n%s", text, expected, swt_buf_text(&found));
    for (size_t i = 0; i < manifest->target_count; i++)
        assert_true(manifest->targets[i].path != NULL);
    /* Without faults, the same text is refused, or is not. */
    struct swt_manifest *strict = NULL;
    struct swt_error err = {0};
    assert_int_equal(parse(text, strlen(text), NULL, &strict, &err) < 0, faults.count > 0);
    swt_manifest_free(strict);
}

static void each_is_told_in_order(void **state) {
    (void)state;
    assert_faults(WHOLE, "");
    assert_faults("schema: 1\n"
                  "product: {name: '', vendr: Acme, compatible: [a, [b], '${NONE}', c]}\n"
                  "release:\n"
                  "  version: ${VERSION}\n"
                  "  metadata_version: 0\n"
                  "  expires: never\n"
                  "  expires: 2030-01-01\n"
                  "vars: {1A: x, LIST: [a]}\n"
                  "targets:\n"
                  "  - file: ${NONE}/a\n"
                  "  - {file: b, max_size: many, compression: rar}\n"
                  "  - {file: c/b}\n"
                  "  - d\n"
                  "  - {}\n"
                  "bundle: {format: zip}\n",
                  "2:17 manifest-value\n"
                  "2:21 manifest-key\n"
                  "2:50 manifest-value\n"
                  "2:55 variable\n"
                  "4:12 variable\n"
                  "5:21 manifest-value\n"
                  "6:12 manifest-value\n"
                  "7:3 manifest-key\n"
                  "8:8 variable\n"
                  "8:21 manifest-value\n"
                  "10:11 variable\n"
                  "11:25 manifest-value\n"
                  "11:44 manifest-value\n"
                  "12:12 target-name\n"
                  "13:5 manifest-value\n"
                  "14:5 manifest-key\n"
                  "15:18 manifest-value\n");
    assert_faults("meta: 1\n",
                  "1:1 manifest-key\n1:1 manifest-key\n1:1 manifest-key\n1:1 manifest-key\n"
                  "1:7 manifest-value\n");
}

static void no_fault_brings_others(void **state) {
    (void)state;
    /* Below an unknown key, or a value of the wrong kind, nothing is looked at. */
    assert_faults(WHOLE "metta: {a: '${NONE}', b: $}\n", "5:1 manifest-key\n");
    assert_faults(WHOLE "bundle: ['${NONE}']\n", "5:9 manifest-value\n");
    /* A key that was mistyped is not missing as well. */
    assert_faults("schema: 1\nprodukt: {name: w}\nrelease: {versoin: 1, metadata_version: 1}\n"
                  "targets: [{fil: a}]\n",
                  "2:1 manifest-key\n3:11 manifest-key\n4:12 manifest-key\n");
    /* Variables whose fault was told are not undefined. */
    assert_faults(WHOLE "vars: {A: [x]}\nbundle: {format: '${A}'}\n", "5:11 manifest-value\n");
    assert_faults(WHOLE "vars: [x]\nbundle: {format: '${A}'}\n", "5:7 manifest-value\n");
    assert_faults(WHOLE "vars: {A: [x]}\nmeta: {a: '${A:-b}', b: '${B}'}\n",
                  "5:11 manifest-value\n6:25 variable\n");
    /* Who knows which names these targets would have. */
    assert_faults(HEAD "targets:\n- {file: a, name: '${X}'}\n- {file: b/a}\n- {file: a, name: []}\n"
                       "- {files: '*', name: x}\n",
                  "5:19 variable\n7:19 manifest-value\n8:22 manifest-value\n");
    assert_faults(HEAD "targets:\n- {file: a, files: b, sha256: x}\n",
                  "5:13 manifest-key\n5:31 manifest-value\n");
    assert_faults(HEAD "targets:\n- {files: '${X}', sha256: x}\n",
                  "5:11 variable\n5:19 manifest-key\n");
    /* Another version of the format: all else may be right there. */
    assert_faults("schema: 2\nnew: 1\nrelease: 1\nvars: {A: b}\n", "1:9 manifest-value\n");
    assert_faults("schema: one\n" WHOLE, "1:9 manifest-value\n2:1 manifest-key\n");
    assert_faults(HEAD "targets: []\n", "4:10 manifest-value\n");
}

static void what_is_left(void **state) {
    (void)state;
    SWT_CLEANUP(faults_cleanup) struct swt_faults faults = {0};
    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *m = read_all("schema: 1\n"
                                      "product: {name: [], compatible: [a, [], b]}\n"
                                      "release: {metadata_version: x, channel: beta}\n"
                                      "targets:\n"
                                      "- {file: a, slot: '${NO}', type: raw}\n"
                                      "- {name: b}\n"
                                      "- {files: c/*, compression: xz}\n"
                                      "sbom: {file: x/}\n"
                                      "signing: {keys: [k1, 'exec:k2', k3]}\n",
                                      NULL, 0, &faults);
    assert_int_equal(faults.count, 8);
    assert_null(m->name.text);
    assert_int_equal(m->compatible.count, 2);
    assert_string_equal(m->compatible.items[1].text, "b");
    assert_null(m->version.text);
    assert_false(m->metadata_version.given);
    assert_string_equal(m->channel.text, "beta");
    assert_int_equal(m->target_count, 2);
    assert_null(m->targets[0].slot.text);
    assert_string_equal(m->targets[0].type.text, "raw");
    assert_string_equal(m->targets[1].path, "dir/c/*");
    assert_null(m->targets[1].name.text);
    assert_null(m->sbom.text);
    assert_null(m->sbom_file);
    assert_int_equal(m->key_paths.count, 2);
    assert_string_equal(m->key_files[1], "dir/k3");
}

static void defines_come_first(void **state) {
    (void)state;
    static const char *const defines[] = {"A=@/nonexistent", "SWT_TEST_NONE", "C=a\tb", "D=d"};
    SWT_CLEANUP(faults_cleanup) struct swt_faults faults = {0};
    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *m = read_all("new: 1\n" WHOLE "bundle: {format: '${A}'}\n"
                                      "meta: {a: '${SWT_TEST_NONE}', c: '${C}', d: '${D}'}\n",
                                      defines, SWT_COUNT(defines), &faults);
    assert_int_equal(faults.count, 4);
    assert_int_equal(faults.items[0].code, SWT_E_NOT_FOUND);
    assert_int_equal(faults.items[1].code, SWT_E_VARIABLE);
    assert_int_equal(faults.items[2].code, SWT_E_VARIABLE);
    assert_int_equal(faults.items[3].code, SWT_E_MANIFEST_KEY);
    assert_int_equal(m->source_count, 1);
    /* What is wrong with the command line itself is no fault of a manifest. */
    static const char *const wrong[] = {"=x"};
    const struct swt_manifest_options options = {
        .defines = wrong, .define_count = 1, .faults = &faults};
    struct swt_error err = {0};
    parse_bad(WHOLE, strlen(WHOLE), &options, &err);
    assert_int_equal(err.code, SWT_E_USAGE);
    assert_int_equal(faults.count, 4);
}

static void no_yaml_is_an_error(void **state) {
    (void)state;
    SWT_CLEANUP(faults_cleanup) struct swt_faults faults = {0};
    const struct swt_manifest_options options = {.faults = &faults};
    struct swt_error err = {0};
    parse_bad("a: [\n", 5, &options, &err);
    assert_error(&err, SWT_E_MANIFEST_SYNTAX, 2, 1, "a: [");
    assert_int_equal(faults.count, 0);
}

static void there_is_a_cap(void **state) {
    (void)state;
    SWT_CLEANUP(faults_cleanup) struct swt_faults faults = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    struct swt_error err = {0};
    assert_int_equal(swt_buf_printf(&text, &err, "%s", WHOLE), 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(swt_buf_printf(&text, &err, "key%d: '${A}'\n", i), 0);
    swt_manifest_free(read_all(swt_buf_text(&text), NULL, 0, &faults));
    assert_int_equal(faults.count, SWT_FAULTS_MAX);
    assert_int_equal(faults.omitted, 900);
    assert_int_equal(faults.items[99].line, 104);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_told_in_order), cmocka_unit_test(no_fault_brings_others),
        cmocka_unit_test(what_is_left),          cmocka_unit_test(defines_come_first),
        cmocka_unit_test(no_yaml_is_an_error),   cmocka_unit_test(there_is_a_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
