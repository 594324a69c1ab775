/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

static void print_payloads(struct swt_output *out, const char *label, const json_t *payloads) {
    size_t i;
    const json_t *payload;
    json_array_foreach(payloads, i, payload) {
        swt_output_printf(out, "%-8s  ", label);
        swt_report_member(out, payload, "name");
        swt_output_printf(out, " (");
        swt_report_size(out, payload, "length");
        swt_output_printf(out, ")\n");
    }
}

static void print_personalize(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    print_payloads(out, "left out", json_object_get(document, "left_out"));
    print_payloads(out, "kept", json_object_get(document, "kept"));
    swt_report_member(out, document, "file");
    swt_output_printf(out, ": ");
    swt_report_member(out, document, "container");
    swt_output_printf(out, " bundle, ");
    swt_report_size(out, document, "size");
    swt_output_printf(out, " (from ");
    swt_report_size(out, document, "from_size");
    swt_output_printf(out, ")\n");
}

int swt_cmd_personalize(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_personalize_options options = {
        .file = invocation->arguments[0],
        .device_manifest = swt_option_value(invocation, &swt_opt_personalized_for),
        .output = swt_option_value(invocation, &swt_opt_output_personalized),
        .progress = invocation->progress,
    };
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document;
    int rc = swt_report_beside(invocation, options.output, err);
    if (rc < 0)
        return rc;
    rc = swt_personalize(&options, &notices, &document, err);
    if (rc < 0) {
        swt_report_notices(invocation, &notices);
        return rc;
    }
    swt_report_result(invocation, document, &notices, print_personalize);
    return 0;
}
