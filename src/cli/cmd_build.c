/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

/* What compression saves, in one line. */
static void print_compression(struct swt_output *out, const json_t *targets) {
    uint64_t from = 0;
    uint64_t to = 0;
    size_t count = 0;
    struct swt_long_list_place place = {.list = targets};
    json_t *target;
    while (out->failure.code == SWT_OK && swt_long_list_next(&place, &target)) {
        if (target == NULL)
            (void)swt_fail_memory(&out->failure);
        const json_t *original = json_object_get(target, "original_length");
        if (original != NULL) {
            from += (uint64_t)json_integer_value(original);
            to += (uint64_t)json_integer_value(json_object_get(target, "length"));
            count++;
        }
        json_decref(target);
    }
    char before[SWT_SIZE_TEXT];
    char after[SWT_SIZE_TEXT];
    if (count > 0)
        swt_output_printf(out, "compressed: %zu target%s, %s to %s\n", count, count == 1 ? "" : "s",
                          swt_size_text(from, before), swt_size_text(to, after));
}

static void print_build(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    bool dry_run = json_is_true(json_object_get(document, "dry_run"));
    const json_t *quorums = json_object_get(document, "quorums");
    if (dry_run)
        swt_output_printf(out, "nothing was written (--dry-run)");
    else
        swt_report_member(out, document, "file");
    swt_output_printf(out, ": ");
    swt_report_member(out, document, "container");
    swt_output_printf(out, " bundle, ");
    swt_report_size(out, document, "size");
    swt_output_printf(out, ", ");
    swt_report_member(out, document, "product");
    swt_output_printf(out, " ");
    swt_report_member(out, document, "release");
    swt_output_printf(out, " (metadata version ");
    swt_report_member(out, document, "version");
    size_t targets = swt_long_list_size(json_object_get(document, "targets"));
    swt_output_printf(out, "), %zu target%s\n", targets, targets == 1 ? "" : "s");
    print_compression(out, json_object_get(document, "targets"));
    swt_report_quorums(out, quorums);
    if (!dry_run && json_array_size(json_object_get(document, "signed")) == 0)
        swt_output_printf(out, "unsigned: `swupdate-tool sign` adds signatures\n");
}

int swt_cmd_build(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_option_values defines = swt_option_values(invocation, &swt_opt_define);
    struct swt_build_options options = {
        .manifest = invocation->arguments[0],
        .output = swt_option_value(invocation, &swt_opt_output_bundle),
        .format = swt_option_value(invocation, &swt_opt_format),
        .profile = swt_option_value(invocation, &swt_opt_profile),
        .root = swt_option_value(invocation, &swt_opt_root_of_bundle),
        .keys = swt_option_keys(invocation, &swt_opt_key),
        .manifest_key = invocation->elsewhere,
        .defines = defines.items,
        .define_count = defines.count,
        .dry_run = swt_option_given(invocation, &swt_opt_dry_run),
        .depfile = swt_option_value(invocation, &swt_opt_depfile),
        .keyring = invocation->keyring,
        .progress = invocation->progress,
    };
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document;
    int rc = 0;
    if (options.output != NULL && !options.dry_run)
        rc = swt_report_beside(invocation, options.output, err);
    if (rc < 0)
        return rc;
    rc = swt_build(&options, &notices, &document, err);
    if (rc < 0) {
        swt_report_notices(invocation, &notices);
        return rc;
    }
    swt_report_result(invocation, document, &notices, print_build);
    return 0;
}
