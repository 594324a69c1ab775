/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report_diff.h"

static int print_diff(const struct swt_invocation *invocation, const json_t *document, bool same,
                      struct swt_error *err) {
    if (same && invocation->quiet)
        return 0;
    if (swt_option_given(invocation, &swt_opt_markdown))
        return swt_markdown_diff(invocation->out, document, err);
    return swt_report_diff(invocation, document, err);
}

int swt_cmd_diff(const struct swt_invocation *invocation, struct swt_error *err) {
    const struct swt_diff_options options = {
        .a = invocation->arguments[0],
        .b = invocation->arguments[1],
        .allow_unknown = swt_option_given(invocation, &swt_opt_allow_unknown),
        .progress = invocation->progress,
    };
    json_t *document;
    bool same;
    if (invocation->json && swt_option_given(invocation, &swt_opt_markdown))
        return swt_usage(invocation->command, err, "--json and --markdown exclude each other");
    int rc = swt_diff(&options, &same, &document, err);
    if (rc < 0)
        return rc;
    if (invocation->json) {
        swt_output_json(invocation->out, document);
    } else {
        rc = print_diff(invocation, document, same, err);
        json_decref(document);
    }
    if (rc < 0)
        return rc;
    return same ? 0 : 1;
}
