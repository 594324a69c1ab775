/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

static void print_apply(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    swt_report_steps(invocation, document);
    swt_report_optional(out, "root persisted: version ", document, "root_persisted", "\n");
    swt_report_installed(out, json_object_get(document, "installed"));
    swt_report_floor(out, document);
}

int swt_cmd_apply(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_verify_options options = {
        .device = swt_option_value(invocation, &swt_opt_updated_device),
        .time = swt_option_value(invocation, &swt_opt_time),
        .strict = swt_option_given(invocation, &swt_opt_strict),
        .allow_unknown = swt_option_given(invocation, &swt_opt_allow_unknown),
        .progress = invocation->progress,
    };
    json_t *document;
    bool accepted;
    int rc = swt_apply(invocation->arguments[0], &options, &accepted, &document, err);
    if (rc < 0)
        return rc;
    swt_report_result(invocation, document, NULL, print_apply);
    return accepted ? 0 : 1;
}
