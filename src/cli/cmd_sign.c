/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"
#include "terminal.h"

#include <string.h>
#include <unistd.h>

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

static void print_signatures(const struct swt_invocation *invocation, const json_t *document,
                             const char *added) {
    print_ids(invocation->out, document, "added", added);
    print_ids(invocation->out, document, "already", "signed already by key");
    if (json_array_size(json_object_get(document, "added")) == 0 &&
        json_is_true(json_object_get(document, "written"))) {
        swt_report_member(invocation->out, document, "file");
        swt_output_printf(invocation->out, ": a copy, nothing added\n");
    }
    swt_report_quorums(invocation->out, json_object_get(document, "quorums"));
}

static int report(const struct swt_invocation *invocation, int rc, json_t *document,
                  const struct swt_notices *notices,
                  void (*text)(const struct swt_invocation *invocation, const json_t *document)) {
    if (rc < 0)
        swt_report_notices(invocation, notices);
    else
        swt_report_result(invocation, document, notices, text);
    return rc;
}

/* ---- sign FILE --key --------------------------------------------------------------------- */

static void print_sign(const struct swt_invocation *invocation, const json_t *document) {
    print_signatures(invocation, document, "signed with key");
}

static int run_sign(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_sign_options options = {
        .file = invocation->arguments[0],
        .output = swt_option_value(invocation, &swt_opt_output_signed),
        .role = swt_option_value(invocation, &swt_opt_role),
        .root = swt_option_value(invocation, &swt_opt_root_of_signers),
        .keys = swt_option_keys(invocation, &swt_opt_key),
        .replace = swt_option_given(invocation, &swt_opt_replace),
        .keyring = invocation->keyring,
        .progress = invocation->progress,
    };
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document = NULL;
    int rc = swt_report_beside(invocation, options.output, err);
    if (rc < 0)
        return rc;
    rc = swt_sign(&options, &notices, &document, err);
    return report(invocation, rc, document, &notices, print_sign);
}

/* ---- sign FILE --export ------------------------------------------------------------------ */

static void print_export(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    swt_report_member(out, document, "file");
    swt_output_printf(out, ": signing request for ");
    swt_report_member(out, document, "role");
    swt_output_printf(out, " metadata, ");
    swt_report_size(out, document, "size");
    swt_output_printf(out, "\n");
    swt_report_quorums(out, json_object_get(document, "quorums"));
}

static int run_export(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_sign_export_options options = {
        .file = invocation->arguments[0],
        .request = swt_option_value(invocation, &swt_opt_export),
        .role = swt_option_value(invocation, &swt_opt_role),
        .root = swt_option_value(invocation, &swt_opt_root_of_signers),
        .progress = invocation->progress,
    };
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document = NULL;
    int rc = swt_report_beside(invocation, options.request, err);
    if (rc < 0)
        return rc;
    rc = swt_sign_export(&options, &notices, &document, err);
    return report(invocation, rc, document, &notices, print_export);
}

/* ---- sign --request ---------------------------------------------------------------------- */

struct person {
    const struct swt_invocation *invocation;
    bool asked;
};

static int print_request(struct swt_output *out, const json_t *document, struct swt_error *err) {
    struct swt_style style = swt_style_of(out);
    swt_report_member(out, document, "file");
    swt_output_printf(out, ": signing request for ");
    swt_report_member(out, document, "role");
    swt_output_printf(out, " metadata\n");
    if (!json_is_true(json_object_get(document, "anchor")))
        swt_output_printf(out,
                          "%swho may sign comes from the request and is not checked%s "
                          "(--root ANCHOR checks it)\n",
                          style.warning, style.reset);
    int rc = swt_report_request(out, document, err);
    swt_report_warnings(out, json_object_get(document, "warnings"));
    return rc;
}

/* On standard output, unless that is for a file or for JSON, or the person who is asked would not
 * see it there. A summary that did not arrive is nothing to be asked about. */
static int show(void *context, const json_t *document, struct swt_error *err) {
    const struct person *person = context;
    const struct swt_invocation *invocation = person->invocation;
    int fd = invocation->out->fd;
    if (invocation->quiet && !person->asked)
        return 0;
    if (invocation->json || (person->asked && !isatty(fd)))
        fd = STDERR_FILENO;
    struct swt_output out;
    swt_output_init(&out, fd);
    int rc = print_request(&out, document, err);
    if (rc == 0)
        rc = swt_output_flush(&out, err);
    swt_output_done(&out);
    return rc;
}

static int ask(void *context, const json_t *document, struct swt_error *err) {
    (void)context;
    struct swt_output question;
    const json_t *keys = json_object_get(document, "keys");
    size_t i;
    const json_t *uri;
    swt_output_init(&question, STDERR_FILENO); /* it is a text, and not written there */
    swt_output_printf(&question, "sign this ");
    swt_report_member(&question, document, "role");
    swt_output_printf(&question, " metadata with");
    json_array_foreach(keys, i, uri) {
        swt_output_printf(&question, i == 0 ? " " : ", ");
        swt_output_escaped_text(&question, json_string_value(uri));
    }
    swt_output_printf(&question, "?");
    int rc = question.failure.code == SWT_OK
                 ? swt_terminal_confirm(swt_buf_text(&question.pending), err)
                 : swt_fail_memory(err);
    swt_output_done(&question);
    return rc;
}

static int run_request(const struct swt_invocation *invocation, struct swt_error *err) {
    struct person person = {invocation, !swt_option_given(invocation, &swt_opt_yes)};
    struct swt_sign_request_options options = {
        .request = swt_option_value(invocation, &swt_opt_request),
        .output = swt_option_value(invocation, &swt_opt_output_signed),
        .root = swt_option_value(invocation, &swt_opt_root_of_signers),
        .keys = swt_option_keys(invocation, &swt_opt_key),
        .keyring = invocation->keyring,
        .confirm = {.show = show, .ask = person.asked ? ask : NULL, .context = &person},
    };
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document = NULL;
    if (person.asked && !swt_terminal_can_ask())
        return swt_usage(invocation->command, err,
                         "there is no terminal to ask on: --yes signs without a question");
    int rc = swt_report_beside(invocation, options.output, err);
    if (rc < 0)
        return rc;
    rc = swt_sign_request(&options, &notices, &document, err);
    return report(invocation, rc, document, &notices, print_sign);
}

/* ---- sign FILE --attach ------------------------------------------------------------------ */

static void print_attach(const struct swt_invocation *invocation, const json_t *document) {
    print_signatures(invocation, document, "added the signature of key");
}

static int run_attach(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_option_values responses = swt_option_values(invocation, &swt_opt_attach);
    struct swt_sign_attach_options options = {
        .file = invocation->arguments[0],
        .output = swt_option_value(invocation, &swt_opt_output_signed),
        .role = swt_option_value(invocation, &swt_opt_role),
        .root = swt_option_value(invocation, &swt_opt_root_of_signers),
        .responses = responses.items,
        .response_count = responses.count,
        .progress = invocation->progress,
    };
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document = NULL;
    int rc = swt_report_beside(invocation, options.output, err);
    if (rc < 0)
        return rc;
    rc = swt_sign_attach(&options, &notices, &document, err);
    return report(invocation, rc, document, &notices, print_attach);
}

/* The parser has seen to it that the options are those of one form. */
int swt_cmd_sign(const struct swt_invocation *invocation, struct swt_error *err) {
    if (swt_option_given(invocation, &swt_opt_export))
        return run_export(invocation, err);
    if (swt_option_given(invocation, &swt_opt_request))
        return run_request(invocation, err);
    if (swt_option_given(invocation, &swt_opt_attach))
        return run_attach(invocation, err);
    return run_sign(invocation, err);
}
