/* SPDX-License-Identifier: Apache-2.0 */
/* What an SBOM is taken to say. */
#include "../../../src/pipeline/sbom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define A "aa7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define B "BB7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"

/* The claims as "kind name[|name]=first byte of the hash;". */
static void expect(const char *json, const char *format, const char *claims) {
    SWT_CLEANUP(swt_sbom_done) struct swt_sbom sbom = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf found = {0};
    struct swt_error err;
    assert_int_equal(swt_sbom_parse(swt_slice_text(json), "sbom", &sbom, &err), 0);
    assert_string_equal(sbom.format, format);
    for (size_t i = 0; i < sbom.claim_count; i++) {
        const struct swt_sbom_claim *claim = &sbom.claims[i];
        assert_int_equal(swt_buf_printf(&found, &err, "%s %s%s%s=%02x;", claim->kind,
                                        claim->names[0], claim->names[1] != NULL ? "|" : "",
                                        claim->names[1] != NULL ? claim->names[1] : "",
                                        claim->sha256[0]),
                         0);
    }
    assert_string_equal(swt_buf_text(&found), claims);
}

static void refuse(const char *json, const char *message) {
    SWT_CLEANUP(swt_sbom_done) struct swt_sbom sbom = {0};
    struct swt_error err;
    assert_int_equal(swt_sbom_parse(swt_slice_text(json), "sbom", &sbom, &err), -SWT_E_SBOM);
    if (strstr(err.message, message) == NULL)
        fail_msg("'%s' lacks '%s'", err.message, message);
    assert_string_equal(err.file, "sbom");
}

#define CYCLONEDX "\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\""
#define SHA256_A "\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"" A "\"}]"
#define SHA256_B "\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"" B "\"}]"

static void test_cyclonedx(void **state) {
    (void)state;
    expect("{" CYCLONEDX "}", "cyclonedx", "");
    expect("{" CYCLONEDX ",\"components\":null,\"metadata\":{}}", "cyclonedx", "");
    expect("{" CYCLONEDX ",\"metadata\":{\"component\":{\"name\":\"w\"," SHA256_B
           "}},\"components\":[{\"name\":\"a\"," SHA256_A ",\"components\":[{\"name\":\"in\","
           "\"components\":[{\"name\":\"deep\"," SHA256_B "}]}]},{\"name\":\"none\"},{" SHA256_A
           "},{\"name\":\"sha1\",\"hashes\":[{\"alg\":\"SHA-1\",\"content\":\"x\"},{}]}]}",
           "cyclonedx", "component w=bb;component a=aa;component deep=bb;");
}

#define CHECKSUMS_A                                                                                \
    "\"checksums\":[{\"algorithm\":\"SHA1\",\"checksumValue\":\"x\"},"                             \
    "{\"algorithm\":\"SHA256\",\"checksumValue\":\"" A "\"}]"

static void test_spdx(void **state) {
    (void)state;
    expect("{\"spdxVersion\":\"SPDX-2.2\"}", "spdx", "");
    expect("{\"spdxVersion\":\"SPDX-2.3\",\"files\":[{\"fileName\":\"./f\"," CHECKSUMS_A
           "},{\"fileName\":\"none\"}],\"packages\":[{\"name\":\"p\",\"packageFileName\":\"p."
           "img\"," CHECKSUMS_A "},{\"name\":\"q\"," CHECKSUMS_A
           "},{\"packageFileName\":\"r\"," CHECKSUMS_A "},{" CHECKSUMS_A "}]}",
           "spdx", "file ./f=aa;package p|p.img=aa;package q=aa;package r=aa;");
}

static void test_what_is_refused(void **state) {
    (void)state;
    refuse("", "not JSON");
    refuse("[1", "not JSON");
    refuse("{\"bomFormat\":\"CycloneDX\",\"bomFormat\":\"CycloneDX\"}", "not JSON");
    refuse(" \n<bom/>", "it is XML");
    refuse("SPDXVersion: SPDX-2.3\n", "tag-value");
    refuse("\xef\xbb\xbf{}", "byte order mark");
    refuse("[]", "neither");
    refuse("{\"bomFormat\":\"other\"}", "neither");
    refuse("{\"spdxVersion\":\"SPDX-1.2\"}", "'SPDX-1.2'");
    refuse("{\"@graph\":[]}", "JSON-LD");
    refuse("{\"bomFormat\":\"CycloneDX\"}", "specVersion");
    refuse("{" CYCLONEDX ",\"components\":[1]}", "components: expected a list of objects");
    refuse("{" CYCLONEDX ",\"components\":[{\"name\":\"x\",\"hashes\":[{\"alg\":\"SHA-256\"}]}]}",
           "component 'x': its SHA-256 is not 64 hexadecimal digits");
    refuse("{" CYCLONEDX ",\"components\":[{\"name\":[]}]}", "name: expected a text");
    refuse("{\"spdxVersion\":\"SPDX-2.3\",\"files\":{}}", "files: expected a list");
}

static void test_limits(void **state) {
    (void)state;
    SWT_CLEANUP(swt_sbom_done) struct swt_sbom sbom = {0};
    struct swt_error err;
    size_t size = SWT_MAX_SBOM + 1;
    char *big = malloc(size);
    assert_non_null(big);
    memset(big, ' ', size);
    assert_int_equal(swt_sbom_parse(swt_slice_of(big, size), "sbom", &sbom, &err), -SWT_E_SBOM);
    assert_non_null(strstr(err.message, "16 MiB"));
    memset(big, '[', 129);
    assert_int_equal(swt_sbom_parse(swt_slice_of(big, 129), "sbom", &sbom, &err), -SWT_E_SBOM);
    assert_non_null(strstr(err.message, "levels"));
    free(big);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cyclonedx),
        cmocka_unit_test(test_spdx),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
