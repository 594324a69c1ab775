/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

static void print_fleet(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_error *failure = &invocation->out->failure;
    struct swt_error err;
    if (swt_report_fleet(invocation, document, &err) < 0 && failure->code == SWT_OK)
        *failure = err;
}

int swt_cmd_fleet(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_option_values bundles = swt_option_values(invocation, &swt_opt_fleet_bundle);
    struct swt_option_values devices = swt_option_values(invocation, &swt_opt_fleet_device);
    const struct swt_fleet_options options = {
        .bundles = bundles.items,
        .bundle_count = bundles.count,
        .devices = devices.items,
        .device_count = devices.count,
        .file = swt_option_value(invocation, &swt_opt_fleet_file),
        .html = swt_option_value(invocation, &swt_opt_html),
        .time = swt_option_value(invocation, &swt_opt_time),
        .strict = swt_option_given(invocation, &swt_opt_strict),
        .allow_unknown = swt_option_given(invocation, &swt_opt_allow_unknown),
        .progress = invocation->progress,
    };
    json_t *document;
    int rc = options.html == NULL ? 0 : swt_report_beside(invocation, options.html, err);
    if (rc < 0)
        return rc;
    rc = swt_fleet(&options, &document, err);
    if (rc < 0)
        return rc;
    swt_report_result(invocation, document, NULL, print_fleet);
    return 0;
}
