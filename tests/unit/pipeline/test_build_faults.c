/* SPDX-License-Identifier: Apache-2.0 */
/* All that build would refuse, in one run: each fault once, none that follows from another. */
#include "../../../src/pipeline/build_job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test-faults-XXXXXX";
static const char *const FILES[] = {"a", "b", "empty", "m.yaml", "root", "sbom", "out/A", "out/a"};

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int enter(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL || chdir(folder) < 0 || mkdir("out", 0755) < 0)
        return -1;
    write_file("a", "abc");
    write_file("b", "bytes");
    write_file("empty", "");
    write_file("root", "no root");
    write_file("out/A", "1");
    write_file("out/a", "2");
    return 0;
}

static int leave(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(FILES); i++)
        (void)unlink(FILES[i]);
    return rmdir("out") == 0 && chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

#define HEAD                                                                                       \
    "schema: 1\n"                                                                                  \
    "product: {name: w}\n"                                                                         \
    "release: {version: 1, metadata_version: 1}\n"

/* The faults of the manifest as "line:column code;", in their order. */
static void expect(const char *yaml, const char *expected) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf found = {0};
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    SWT_CLEANUP(swt_faults_done) struct swt_faults faults = {0};
    const struct swt_build_options options = {.manifest = "m.yaml"};
    SWT_CLEANUP(swt_build_job_done)
    struct swt_build_job job = {.options = &options, .notices = &notices, .faults = &faults};
    struct swt_error err;
    write_file("m.yaml", yaml);
    assert_int_equal(swt_build_plan(&job, &err), 0);
    assert_int_equal(swt_build_measure(&job, &err), 0);
    for (size_t i = 0; i < faults.count; i++) {
        assert_string_equal(faults.items[i].file, "m.yaml");
        assert_int_equal(swt_buf_printf(&found, &err, "%u:%u %s;", faults.items[i].line,
                                        faults.items[i].column,
                                        swt_code_name(faults.items[i].code)),
                         0);
    }
    assert_string_equal(swt_buf_text(&found), expected);
    assert_int_equal(job.metadata.len > 0, faults.count == 0);
}

static void test_none(void **state) {
    (void)state;
    expect(HEAD "targets: [{file: a}, {file: b, compression: xz}]\n", "");
}

static void test_names(void **state) {
    (void)state;
    expect(HEAD "targets:\n"
                "  - {name: ../x, file: a}\n"
                "  - {name: dup, file: a}\n"
                "  - {name: dup, file: b}\n"
                "  - {name: d/e, file: a}\n"
                "  - {name: d, file: b}\n"
                "  - {name: Case, file: a}\n"
                "  - {name: case, file: b}\n"
                "  - {name: CASE, file: b}\n"
                "  - {files: out/*}\n",
           "7:12 target-name;5:5 target-name;8:5 target-name;13:13 target-name;12:5 target-name;"
           "11:5 target-name;");
}

static void test_files(void **state) {
    (void)state;
    expect(HEAD "targets:\n"
                "  - {name: 1, file: nothing}\n"
                "  - {name: 2, file: out}\n"
                "  - {name: 3, file: b, max_size: 1}\n"
                "  - {name: 4, file: empty}\n"
                "  - {files: '*.img'}\n"
                "bundle: {profile: pigweed, max_size: 1KiB}\n",
           "9:13 glob;5:5 not-found;6:5 io;7:34 target-too-large;8:5 profile;"
           "10:38 target-too-large;");
}

static void test_root_and_documents(void **state) {
    (void)state;
    write_file("sbom", "<bom/>");
    expect("schema: 1\n"
           "product: {name: w}\n"
           "release: {version: 1, metadata_version: 1, notes: none.md}\n"
           "targets: [{name: release_notes, file: a}]\n"
           "sbom: {file: sbom}\n"
           "signing: {root: root}\n",
           "6:17 metadata;3:51 target-name;3:51 not-found;5:14 sbom;");
}

static void test_what_is_only_known_once_read(void **state) {
    (void)state;
    write_file("sbom", "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"components\":["
                       "{\"name\":\"a\",\"hashes\":[{\"alg\":\"SHA-256\",\"content\":"
                       "\"0000000000000000000000000000000000000000000000000000000000000000\"}]},"
                       "{\"name\":\"b\",\"hashes\":[{\"alg\":\"SHA-256\",\"content\":"
                       "\"0000000000000000000000000000000000000000000000000000000000000000\"}]}]}");
    expect(HEAD "targets:\n"
                "  - {file: a, sha256: "
                "0000000000000000000000000000000000000000000000000000000000000000}\n"
                "  - {file: b}\n"
                "sbom: {file: sbom}\n",
           "5:23 target-hash;7:14 sbom;7:14 sbom;");
}

static void test_faults_of_the_manifest_itself(void **state) {
    (void)state;
    expect("schema: 1\n"
           "product: {name: [w]}\n"
           "release: {version: 1, metadata_version: 0}\n"
           "targets: [{file: nothing}, {name: [x], file: a}, {fiel: a}]\n",
           "2:17 manifest-value;3:41 manifest-value;4:35 manifest-value;4:51 manifest-key;"
           "4:11 not-found;");
}

/* Each is judged again without what was found: the time must have an end. */
static void test_many(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf yaml = {0};
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    SWT_CLEANUP(swt_faults_done) struct swt_faults faults = {0};
    const struct swt_build_options options = {.manifest = "m.yaml"};
    SWT_CLEANUP(swt_build_job_done)
    struct swt_build_job job = {.options = &options, .notices = &notices, .faults = &faults};
    struct swt_error err;
    assert_int_equal(swt_buf_printf(&yaml, &err, "%stargets:\n", HEAD), 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(swt_buf_printf(&yaml, &err,
                                        "  - {name: x%d, file: a}\n  - {name: X%d, file: a}\n", i,
                                        i),
                         0);
    write_file("m.yaml", swt_buf_text(&yaml));
    (void)alarm(30);
    assert_int_equal(swt_build_plan(&job, &err), 0);
    (void)alarm(0);
    assert_int_equal(faults.count, SWT_FAULTS_MAX);
    assert_true(faults.omitted > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_root_and_documents),
        cmocka_unit_test(test_what_is_only_known_once_read),
        cmocka_unit_test(test_faults_of_the_manifest_itself),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
