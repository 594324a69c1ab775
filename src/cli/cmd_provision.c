/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

#include <string.h>

static const char *format_text(const json_t *document) {
    const char *format = json_string_value(json_object_get(document, "format"));
    return strcmp(format, "raw") == 0        ? "root metadata"
           : strcmp(format, "c-header") == 0 ? "C header"
                                             : "device directory";
}

static void print_provision(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    const json_t *root = json_object_get(document, "root");
    if (json_object_get(document, "steps") != NULL)
        swt_report_steps(invocation, document);
    if (root == NULL)
        return;
    swt_report_member(out, document, "file");
    swt_output_printf(out, ": %s\n", format_text(document));
    swt_report_root(out, root, json_object_get(root, "quorum"), NULL);
    swt_report_installed(out, json_object_get(document, "targets"));
    swt_report_floor(out, document);
}

int swt_cmd_provision(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_provision_options options = {
        .root = swt_option_value(invocation, &swt_opt_provisioned_root),
        .bundle = swt_option_value(invocation, &swt_opt_factory_bundle),
        .output = swt_option_value(invocation, &swt_opt_output_provisioned),
        .format = swt_option_value(invocation, &swt_opt_provision_format),
        .name = swt_option_value(invocation, &swt_opt_symbol_name),
        .progress = invocation->progress,
    };
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document;
    bool accepted;
    int rc = swt_report_beside(invocation, options.output, err);
    if (rc < 0)
        return rc;
    rc = swt_provision(&options, &notices, &accepted, &document, err);
    if (rc < 0) {
        swt_report_notices(invocation, &notices);
        return rc;
    }
    swt_report_result(invocation, document, &notices, print_provision);
    return accepted ? 0 : 1;
}
