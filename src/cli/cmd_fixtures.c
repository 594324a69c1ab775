/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

#include <string.h>

static size_t count_expected(const json_t *fixtures, const char *expected) {
    size_t count = 0;
    size_t i;
    const json_t *fixture;
    json_array_foreach(fixtures, i, fixture) {
        count += strcmp(json_string_value(json_object_get(fixture, "expected")), expected) == 0;
    }
    return count;
}

/* Fresh keys; a given one is the caller's, who knows it. */
static void print_keys(struct swt_output *out, const json_t *keys) {
    size_t i;
    const json_t *key;
    json_array_foreach(keys, i, key) {
        if (!json_is_string(json_object_get(key, "file")))
            continue;
        swt_report_label(out, "test key");
        swt_report_short_id(out, json_object_get(key, "key_id"));
        swt_output_printf(out, " ");
        swt_report_member(out, key, "file");
        swt_output_printf(out, "\n");
    }
}

static void print_fixtures(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    const json_t *fixtures = json_object_get(document, "fixtures");
    swt_report_member(out, document, "directory");
    swt_output_printf(out, ": %zu good and %zu bad bundles of ", count_expected(fixtures, "accept"),
                      count_expected(fixtures, "reject"));
    swt_report_member(out, document, "product");
    swt_output_printf(out, ", version ");
    swt_report_member(out, document, "version");
    swt_output_printf(out, "; %zu anchors and %zu device manifests to judge them with\n",
                      json_array_size(json_object_get(document, "anchors")),
                      json_array_size(json_object_get(document, "device_manifests")));
    print_keys(out, json_object_get(document, "keys"));
}

int swt_cmd_fixtures(const struct swt_invocation *invocation, struct swt_error *err) {
    const char *format = swt_option_value(invocation, &swt_opt_fixture_format);
    struct swt_option_values defines = swt_option_values(invocation, &swt_opt_define);
    struct swt_fixtures_options options = {
        .directory = swt_option_value(invocation, &swt_opt_output_fixtures),
        .manifest = swt_option_value(invocation, &swt_opt_fixture_manifest),
        .defines = defines.items,
        .define_count = defines.count,
        .root_keys = swt_option_keys(invocation, &swt_opt_fixture_root_key),
        .targets_keys = swt_option_keys(invocation, &swt_opt_fixture_targets_key),
        .c_header = format != NULL && strcmp(format, "c-header") == 0,
        .keyring = invocation->keyring,
    };
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document;
    if (options.manifest == NULL && defines.count > 0)
        return swt_usage(invocation->command, err, "-D goes with --manifest");
    int rc = swt_fixtures(&options, &notices, &document, err);
    if (rc < 0) {
        swt_report_notices(invocation, &notices);
        return rc;
    }
    swt_report_result(invocation, document, &notices, print_fixtures);
    return 0;
}
