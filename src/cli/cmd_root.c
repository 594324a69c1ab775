/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

static void print_root(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    swt_report_member(out, document, "file");
    swt_output_printf(out, ": root metadata version ");
    swt_report_member(out, document, "version");
    swt_report_optional(out, ", expires ", document, "expires", "");
    if (json_object_get(document, "expires") == NULL)
        swt_output_printf(out, ", never expires");
    swt_output_printf(out, "\n");
    swt_report_quorums(out, json_object_get(document, "quorums"));
}

/* What create and rotate have in common. */
static int read_options(const struct swt_invocation *invocation, struct swt_root_options *options,
                        struct swt_error *err) {
    uint64_t root_threshold = 0;
    uint64_t targets_threshold = 0;
    uint64_t version = 0;
    int rc = swt_option_number(invocation, &swt_opt_root_threshold, 1, UINT32_MAX, 0,
                               &root_threshold, err);
    if (rc == 0)
        rc = swt_option_number(invocation, &swt_opt_targets_threshold, 1, UINT32_MAX, 0,
                               &targets_threshold, err);
    if (rc == 0)
        rc = swt_option_number(invocation, &swt_opt_root_version, 1, UINT32_MAX, 0, &version, err);
    if (rc < 0)
        return rc;
    options->output = swt_option_value(invocation, &swt_opt_output_root);
    options->root_keys = swt_option_keys(invocation, &swt_opt_root_key);
    options->targets_keys = swt_option_keys(invocation, &swt_opt_targets_key);
    options->root_threshold = (uint32_t)root_threshold;
    options->targets_threshold = (uint32_t)targets_threshold;
    options->version = (uint32_t)version;
    options->expires = swt_option_value(invocation, &swt_opt_expires);
    options->sign_with = swt_option_keys(invocation, &swt_opt_sign_with);
    options->keyring = invocation->keyring;
    return swt_report_beside(invocation, options->output, err);
}

static int make_root(const struct swt_invocation *invocation,
                     const struct swt_root_options *options, struct swt_error *err) {
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document;
    int rc = swt_root_make(options, &notices, &document, err);
    if (rc < 0) {
        swt_report_notices(invocation, &notices);
        return rc;
    }
    swt_report_result(invocation, document, &notices, print_root);
    return 0;
}

int swt_cmd_root_create(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_root_options options = {0};
    int rc = read_options(invocation, &options, err);
    return rc < 0 ? rc : make_root(invocation, &options, err);
}

int swt_cmd_root_rotate(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_root_options options = {.old_path = invocation->arguments[0]};
    int rc = read_options(invocation, &options, err);
    if (rc < 0)
        return rc;
    options.add_root_keys = swt_option_keys(invocation, &swt_opt_add_root_key);
    options.add_targets_keys = swt_option_keys(invocation, &swt_opt_add_targets_key);
    struct swt_option_values removed = swt_option_values(invocation, &swt_opt_remove_root_key);
    options.remove_root_keys = removed.items;
    options.remove_root_key_count = removed.count;
    removed = swt_option_values(invocation, &swt_opt_remove_targets_key);
    options.remove_targets_keys = removed.items;
    options.remove_targets_key_count = removed.count;
    return make_root(invocation, &options, err);
}
