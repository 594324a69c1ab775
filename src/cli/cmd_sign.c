/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

static void print_ids(struct swt_output *out, const json_t *document, const char *name,
                      const char *sentence) {
    size_t i;
    const json_t *id;
    json_array_foreach(json_object_get(document, name), i, id) {
        swt_report_member(out, document, "file");
        swt_output_printf(out, ": %s ", sentence);
        swt_output_escaped_text(out, json_string_value(id));
        swt_output_printf(out, "\n");
    }
}

static void print_sign(const struct swt_invocation *invocation, const json_t *document) {
    print_ids(invocation->out, document, "added", "signed with key");
    print_ids(invocation->out, document, "already", "signed already by key");
    if (json_array_size(json_object_get(document, "added")) == 0 &&
        json_is_true(json_object_get(document, "written"))) {
        swt_report_member(invocation->out, document, "file");
        swt_output_printf(invocation->out, ": a copy, nothing added\n");
    }
    swt_report_quorums(invocation->out, json_object_get(document, "quorums"));
}

int swt_cmd_sign(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_sign_options options = {
        .file = invocation->arguments[0],
        .output = swt_option_value(invocation, &swt_opt_output_signed),
        .role = swt_option_value(invocation, &swt_opt_role),
        .root = swt_option_value(invocation, &swt_opt_root_of_signers),
        .keys = swt_option_keys(invocation, &swt_opt_key),
        .replace = swt_option_given(invocation, &swt_opt_replace),
        .keyring = invocation->keyring,
    };
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document;
    int rc = options.output == NULL ? 0 : swt_report_beside(invocation, options.output, err);
    if (rc < 0)
        return rc;
    rc = swt_sign(&options, &notices, &document, err);
    if (rc < 0) {
        swt_report_notices(invocation, &notices);
        return rc;
    }
    swt_report_result(invocation, document, &notices, print_sign);
    return 0;
}
