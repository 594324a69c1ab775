/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

int swt_cmd_keygen(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_key_sources outputs = swt_option_keys(invocation, &swt_opt_output_key);
    const struct swt_key_source *key = &outputs.items[0];
    bool encrypt = key->passphrase_file != NULL || key->passphrase_env != NULL;
    struct swt_keygen_options options = {
        .path = key->uri,
        .type = swt_option_value(invocation, &swt_opt_key_type),
        .passphrase = encrypt ? key : NULL,
        .prompt = &invocation->prompt,
        .force = swt_option_given(invocation, &swt_opt_force),
    };
    json_t *document = NULL;
    int rc = swt_keygen(&options, &document, err);
    if (rc < 0)
        return rc;
    struct swt_output *out = invocation->out;
    if (invocation->json) {
        swt_output_json(out, document);
        return 0;
    }
    swt_output_printf(out, "private key: ");
    swt_output_escaped_text(out, json_string_value(json_object_get(document, "private")));
    swt_output_printf(out, "%s\npublic key:  ", encrypt ? " (encrypted)" : "");
    swt_output_escaped_text(out, json_string_value(json_object_get(document, "public")));
    swt_output_printf(out, "\ntype:        %s\nkey id:      %s\n",
                      json_string_value(json_object_get(document, "type")),
                      json_string_value(json_object_get(document, "key_id")));
    json_decref(document);
    return 0;
}
