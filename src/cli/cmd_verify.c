/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "judgement.h"
#include "report.h"

#include <string.h>

/* The last line, after the verdict: what a device of the profile would answer. */
static void print_profile(struct swt_output *out, const json_t *profile) {
    const char *verdict = json_string_value(json_object_get(profile, "verdict"));
    if (verdict == NULL)
        return;
    swt_output_printf(out, "stock Pigweed device: ");
    if (strcmp(verdict, "accept") == 0)
        swt_output_printf(out, "accepts");
    else if (strcmp(verdict, "unknown") == 0)
        swt_report_optional(out, "unknown: ", profile, "reason", "");
    else {
        swt_report_optional(out, "refuses at ", profile, "step", ": ");
        swt_report_member(out, profile, "reason");
    }
    if (json_is_true(json_object_get(profile, "accepted_when_sent_again")))
        swt_output_printf(out, ", and accepts the same bundle when it is sent again");
    if (strcmp(verdict, "accept") == 0 && json_is_true(json_object_get(profile, "last_update")))
        swt_output_printf(out, ", and no update after it");
    swt_output_printf(out, "\n");
}

static void print_verify(const struct swt_invocation *invocation, const json_t *document) {
    if (swt_option_given(invocation, &swt_opt_self))
        swt_output_printf(invocation->out, "the file is judged by its own root (--self): this "
                                           "proves nothing about the signer\n");
    swt_report_steps(invocation, document);
    print_profile(invocation->out, json_object_get(document, "profile"));
}

int swt_cmd_verify(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_verify_options options = swt_judgement_options(invocation);
    const char *type = swt_option_value(invocation, &swt_opt_verify_type);
    options.profile = swt_option_value(invocation, &swt_opt_verify_profile);
    bool root = type != NULL && strcmp(type, "root") == 0;
    json_t *document;
    bool accepted;
    int rc = root ? swt_verify_root(invocation->arguments[0], &options, &accepted, &document, err)
                  : swt_verify(invocation->arguments[0], &options, &accepted, &document, err);
    if (rc < 0)
        return rc;
    swt_report_result(invocation, document, NULL, print_verify);
    return accepted ? 0 : 1;
}
