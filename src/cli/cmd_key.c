/* SPDX-License-Identifier: Apache-2.0 */
/* key show, key list and key check. */
#include "command.h"
#include "report.h"

#include <string.h>

/* The list of that name in document, which is taken over, an empty line between two items. */
static void report_list(const struct swt_invocation *invocation, json_t *document, const char *name,
                        void (*print)(struct swt_output *out, const json_t *item)) {
    struct swt_output *out = invocation->out;
    if (invocation->json) {
        swt_output_json(out, document);
        return;
    }
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(document, name), i, item) {
        swt_output_printf(out, "%s", i == 0 ? "" : "\n");
        print(out, item);
    }
    json_decref(document);
}

/* ---- key show ---------------------------------------------------------------------------- */

int swt_cmd_key_show(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_key_sources keys = swt_option_keys(invocation, NULL);
    json_t *document = NULL;
    int rc = swt_key_show(&keys, invocation->keyring, &document, err);
    if (rc < 0)
        return rc;
    report_list(invocation, document, "keys", swt_report_key);
    return 0;
}

/* ---- key list ---------------------------------------------------------------------------- */

/* A URI stands alone in its line, so that it can be taken from there as it is. */
static void print_uri(struct swt_output *out, const char *indent, const json_t *object) {
    swt_output_whole(out);
    swt_output_printf(out, "%s", indent);
    swt_report_shell_word(out, json_string_value(json_object_get(object, "uri")));
    swt_output_printf(out, "\n");
}

static void print_parts(struct swt_output *out, const json_t *key) {
    static const char *const parts[][2] = {
        {"private", "private key"}, {"public", "public key"}, {"certificate", "certificate"}};
    bool first = true;
    swt_output_printf(out, "  holds:   ");
    for (size_t i = 0; i < SWT_COUNT(parts); i++) {
        if (!json_is_true(json_object_get(key, parts[i][0])))
            continue;
        swt_output_printf(out, "%s%s", first ? "" : ", ", parts[i][1]);
        first = false;
    }
    swt_output_printf(out, "\n");
}

static void print_listed_key(struct swt_output *out, const json_t *key) {
    swt_report_optional(out, "\n  key:     ", key, "label", "\n");
    if (json_object_get(key, "type") == NULL)
        swt_output_printf(out, "  type:    not known: no public part of a supported kind\n");
    swt_report_optional(out, "  type:    ", key, "type", "\n");
    swt_report_optional(out, "  key id:  ", key, "key_id", "\n");
    print_parts(out, key);
    print_uri(out, "  ", key);
}

static void print_pin(struct swt_output *out, const json_t *token) {
    static const char *const states[][2] = {
        {"count-low", "a wrong PIN was entered"},
        {"final-try", "one more wrong PIN locks it"},
        {"locked", "locked"},
    };
    const char *state = json_string_value(json_object_get(token, "pin"));
    for (size_t i = 0; i < SWT_COUNT(states); i++)
        if (strcmp(state, states[i][0]) == 0)
            swt_output_printf(out, "PIN:     %s\n", states[i][1]);
}

/* What is not seen, so that nobody takes the list for all that there is. */
static void print_unseen(struct swt_output *out, const json_t *token, bool any) {
    if (json_is_true(json_object_get(token, "logged_in"))) {
        if (!any)
            swt_output_printf(out, "\n  no keys\n");
        return;
    }
    bool pin_pad = json_is_true(json_object_get(token, "pin_pad"));
    swt_output_printf(out, "\n  %s: %s\n",
                      any ? "private keys are not shown" : "no key is shown without a login",
                      pin_pad ? "the PIN is entered on the reader, when a key is used"
                              : "give the PIN with --pin-file FILE or --pin-env NAME");
}

static void print_token(struct swt_output *out, const json_t *token) {
    const json_t *keys = json_object_get(token, "keys");
    size_t i;
    const json_t *key;
    swt_report_optional(out, "token:   ", token, "label", "\n");
    swt_report_optional(out, "model:   ", token, "manufacturer", " ");
    swt_report_member(out, token, "model");
    swt_report_optional(out, ", serial ", token, "serial", "\n");
    swt_report_optional(out, "module:  ", token, "module", "\n");
    print_pin(out, token);
    print_uri(out, "", token);
    json_array_foreach(keys, i, key) print_listed_key(out, key);
    print_unseen(out, token, json_array_size(keys) > 0);
}

int swt_cmd_key_list(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_key_sources tokens = swt_option_keys(invocation, NULL);
    json_t *document = NULL;
    int rc = swt_key_list(&tokens.items[0], invocation->keyring, &document, err);
    if (rc < 0)
        return rc;
    report_list(invocation, document, "tokens", print_token);
    return 0;
}

/* ---- key check --------------------------------------------------------------------------- */

static void print_check(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    swt_report_key(out, document);
    swt_output_printf(out, "signed, and its public key verifies the signature\n");
}

int swt_cmd_key_check(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_key_sources keys = swt_option_keys(invocation, NULL);
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document = NULL;
    int rc = swt_key_trial(&keys.items[0], invocation->keyring, &notices, &document, err);
    if (rc < 0) {
        swt_report_notices(invocation, &notices);
        return rc;
    }
    swt_report_result(invocation, document, &notices, print_check);
    return 0;
}
