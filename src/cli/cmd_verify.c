/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "judgement.h"
#include "report.h"
#include "report_diff.h"

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

/* As diff shows it: a text that could be a number is in quotes. */
static void print_side(struct swt_output *out, const json_t *difference, const char *side,
                       const char *where) {
    struct swt_error err;
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    if (swt_diff_value_text(json_object_get(difference, side), swt_diff_is_quoted(difference),
                            &text, &err) < 0 &&
        out->failure.code == SWT_OK)
        out->failure = err;
    swt_output_printf(out, "%s %s", swt_buf_text(&text), where);
}

static void print_difference(struct swt_output *out, const json_t *difference) {
    bool bundle = json_object_get(difference, "a") != NULL;
    bool sources = json_object_get(difference, "b") != NULL;
    swt_output_printf(out, "  ");
    swt_report_member(out, difference, "path");
    if (bundle || sources)
        swt_output_printf(out, ": ");
    if (bundle)
        print_side(out, difference, "a", sources ? "in the bundle, " : "in the bundle only");
    if (sources)
        print_side(out, difference, "b", bundle ? "from the sources" : "from the sources only");
    swt_output_printf(out, "\n");
}

/* What differs from the sources, a line each. */
static void print_against(struct swt_output *out, const json_t *against) {
    const json_t *differences = json_object_get(against, "differences");
    if (json_array_size(differences) == 0)
        return;
    swt_report_optional(out, "differs from ", against, "manifest", ":\n");
    size_t i;
    const json_t *difference;
    json_array_foreach(differences, i, difference) {
        print_difference(out, difference);
    }
    if (json_integer_value(json_object_get(against, "differences_omitted")) > 0)
        swt_report_optional(out, "  and ", against, "differences_omitted", " more\n");
}

static void print_verify(const struct swt_invocation *invocation, const json_t *document) {
    if (swt_option_given(invocation, &swt_opt_self))
        swt_output_printf(invocation->out, "the file is judged by its own root (--self): this "
                                           "proves nothing about the signer\n");
    swt_report_steps(invocation, document);
    print_against(invocation->out, json_object_get(document, "against"));
    print_profile(invocation->out, json_object_get(document, "profile"));
}

static int read_against(const struct swt_invocation *invocation, struct swt_verify_options *options,
                        struct swt_error *err) {
    struct swt_option_values defines = swt_option_values(invocation, &swt_opt_define);
    options->against = swt_option_value(invocation, &swt_opt_against);
    options->defines = defines.items;
    options->define_count = defines.count;
    if (options->against == NULL && defines.count > 0)
        return swt_usage(invocation->command, err, "-D goes with --against");
    return 0;
}

int swt_cmd_verify(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_verify_options options = swt_judgement_options(invocation);
    const char *type = swt_option_value(invocation, &swt_opt_verify_type);
    options.profile = swt_option_value(invocation, &swt_opt_verify_profile);
    bool root = type != NULL && strcmp(type, "root") == 0;
    json_t *document;
    bool accepted;
    int rc = read_against(invocation, &options, err);
    if (rc < 0)
        return rc;
    rc = root ? swt_verify_root(invocation->arguments[0], &options, &accepted, &document, err)
              : swt_verify(invocation->arguments[0], &options, &accepted, &document, err);
    if (rc < 0)
        return rc;
    swt_report_result(invocation, document, NULL, print_verify);
    return accepted ? 0 : 1;
}
