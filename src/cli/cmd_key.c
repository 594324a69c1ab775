/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

int swt_cmd_key_show(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_key_sources keys = swt_option_keys(invocation, NULL);
    json_t *document = NULL;
    int rc = swt_key_show(&keys, invocation->keyring, &document, err);
    if (rc < 0)
        return rc;
    struct swt_output *out = invocation->out;
    if (invocation->json) {
        swt_output_json(out, document);
        return 0;
    }
    size_t i;
    const json_t *key;
    json_array_foreach(json_object_get(document, "keys"), i, key) {
        swt_output_printf(out, "%skey:    ", i == 0 ? "" : "\n");
        swt_output_escaped_text(out, json_string_value(json_object_get(key, "uri")));
        swt_output_printf(out, "\ntype:   %s\nkey id: %s\n%s",
                          json_string_value(json_object_get(key, "type")),
                          json_string_value(json_object_get(key, "key_id")),
                          json_string_value(json_object_get(key, "pem")));
    }
    json_decref(document);
    return 0;
}
