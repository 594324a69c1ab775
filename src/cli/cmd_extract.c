/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "judgement.h"
#include "report.h"

static void print_file(struct swt_output *out, const json_t *file) {
    swt_output_printf(out, "extracted ");
    swt_report_member(out, file, "path");
    swt_output_printf(out, " (");
    swt_report_size(out, file, "length");
    if (json_object_get(file, "compression") != NULL) {
        swt_output_printf(out, ", was ");
        swt_report_member(out, file, "compression");
    }
    swt_output_printf(out, ")\n");
}

static void print_extract(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    if (swt_option_given(invocation, &swt_opt_no_verify))
        swt_output_printf(out, "no signature is verified (--no-verify)\n");
    swt_report_steps(invocation, document);
    swt_report_list(out, json_object_get(document, "extracted"), print_file);
}

int swt_cmd_extract(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_extract_options options = {
        .verify = swt_judgement_options(invocation),
        .no_verify = swt_option_given(invocation, &swt_opt_no_verify),
        .directory = swt_option_value(invocation, &swt_opt_directory),
        .names = invocation->arguments + 1,
        .name_count = invocation->argument_count - 1,
        .decompress = swt_option_given(invocation, &swt_opt_decompress),
        .force = swt_option_given(invocation, &swt_opt_force),
    };
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document;
    bool accepted;
    int rc = swt_extract(invocation->arguments[0], &options, &notices, &accepted, &document, err);
    if (rc < 0)
        return rc;
    swt_report_result(invocation, document, &notices, print_extract);
    return accepted ? 0 : 1;
}
