/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

static void print_convert(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    swt_report_member(out, document, "file");
    swt_output_printf(out, ": ");
    swt_report_member(out, document, "container");
    swt_output_printf(out, " bundle, ");
    swt_report_size(out, document, "size");
    swt_report_optional(out, " (from ", document, "from", ")\n");
}

int swt_cmd_convert(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_convert_options options = {
        .file = invocation->arguments[0],
        .output = swt_option_value(invocation, &swt_opt_output_converted),
        .format = swt_option_value(invocation, &swt_opt_format),
        .root = swt_option_value(invocation, &swt_opt_root_of_copy),
        .progress = invocation->progress,
    };
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document;
    int rc = swt_report_beside(invocation, options.output, err);
    if (rc < 0)
        return rc;
    rc = swt_convert(&options, &notices, &document, err);
    if (rc < 0) {
        swt_report_notices(invocation, &notices);
        return rc;
    }
    swt_report_result(invocation, document, &notices, print_convert);
    return 0;
}
