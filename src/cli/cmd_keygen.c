/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

static void print_keygen(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    if (json_object_get(document, "uri") != NULL) {
        swt_report_key(out, document);
        return;
    }
    bool encrypted = json_is_true(json_object_get(document, "encrypted"));
    swt_report_optional(out, "private key: ", document, "private",
                        encrypted ? " (encrypted)\n" : "\n");
    swt_report_optional(out, "public key:  ", document, "public", "\n");
    swt_report_optional(out, "type:        ", document, "type", "\n");
    swt_report_optional(out, "key id:      ", document, "key_id", "\n");
}

int swt_cmd_keygen(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_key_sources outputs = swt_option_keys(invocation, &swt_opt_output_key);
    struct swt_keygen_options options = {
        .key = &outputs.items[0],
        .type = swt_option_value(invocation, &swt_opt_key_type),
        .keyring = invocation->keyring,
        .force = swt_option_given(invocation, &swt_opt_force),
    };
    json_t *document;
    int rc = swt_keygen(&options, &document, err);
    if (rc < 0)
        return rc;
    swt_report_result(invocation, document, NULL, print_keygen);
    return 0;
}
