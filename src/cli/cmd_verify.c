/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "judgement.h"
#include "report.h"

#include <string.h>

static void print_verify(const struct swt_invocation *invocation, const json_t *document) {
    if (swt_option_given(invocation, &swt_opt_self))
        swt_output_printf(invocation->out, "the file is judged by its own root (--self): this "
                                           "proves nothing about the signer\n");
    swt_report_steps(invocation, document);
}

int swt_cmd_verify(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_verify_options options = swt_judgement_options(invocation);
    const char *type = swt_option_value(invocation, &swt_opt_verify_type);
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
