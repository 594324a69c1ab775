/* SPDX-License-Identifier: Apache-2.0 */
/* Options that the command line does not let through: each job refuses them itself. */
#include "swt/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MANIFEST "testdata/manifests/good/product.yaml"
#define BUNDLE "testdata/vectors/bundles/valid__self_with_root.pb"

/* What a job was given, and what it said of it. */
static struct swt_error err;
static struct swt_notices notices;
static json_t *document;
static bool answer;
static struct swt_keyring keyring;

static void refused(int result, const char *part) {
    if (result != -SWT_E_USAGE || strstr(err.message, part) == NULL)
        fail_msg("%d '%s', expected '%s'", result, err.message, part);
    assert_null(document);
    swt_notices_done(&notices);
    notices = (struct swt_notices){0};
}

static void keys(void **state) {
    (void)state;
    const struct swt_key_source key = {.uri = "/nonexistent/key"};
    const struct swt_keygen_options keygen = {.key = &key, .type = "dsa", .keyring = &keyring};
    const struct swt_sign_options sign = {.file = BUNDLE, .keyring = &keyring};
    refused(swt_keygen(&keygen, &document, &err), "'dsa' is no type of key");
    refused(swt_sign(&sign, &notices, &document, &err), "no key was given");
}

static void formats(void **state) {
    (void)state;
    const struct swt_convert_options convert = {
        .file = BUNDLE, .output = "/nonexistent/out", .format = "zip"};
    const struct swt_build_options build = {
        .manifest = MANIFEST, .format = "zip", .dry_run = true, .keyring = &keyring};
    const struct swt_build_options profile = {
        .manifest = MANIFEST, .profile = "other", .dry_run = true, .keyring = &keyring};
    const struct swt_verify_options verify = {.self = true, .profile = "other"};
    const struct swt_provision_options provision = {
        .root = BUNDLE, .output = "/nonexistent/out", .format = "zip"};
    refused(swt_convert(&convert, &notices, &document, &err), "'zip': expected tar or pigweed");
    refused(swt_build(&build, &notices, &document, &err), "'zip': expected tar or pigweed");
    refused(swt_build(&profile, &notices, &document, &err), "'other': expected generic or pigweed");
    refused(swt_verify(BUNDLE, &verify, &answer, &document, &err),
            "'other': expected generic or pigweed");
    refused(swt_provision(&provision, &notices, &answer, &document, &err),
            "'zip' is no format of provision");
}

#define MANY 100001
static void fleets(void **state) {
    (void)state;
    const char **names = calloc(MANY, sizeof *names);
    assert_non_null(names);
    for (size_t i = 0; i < MANY; i++)
        names[i] = BUNDLE;
    const struct swt_fleet_options none = {.devices = names, .device_count = 1};
    const struct swt_fleet_options bundles = {
        .bundles = names, .bundle_count = MANY, .devices = names, .device_count = 1};
    const struct swt_fleet_options devices = {
        .bundles = names, .bundle_count = 1, .devices = names, .device_count = MANY};
    refused(swt_fleet(&none, &document, &err), "no bundle was given");
    refused(swt_fleet(&bundles, &document, &err), "at most");
    refused(swt_fleet(&devices, &document, &err), "at most");
    free(names);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(formats),
        cmocka_unit_test(fleets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
