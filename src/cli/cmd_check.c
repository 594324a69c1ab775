/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"
#include "sarif.h"

#include <string.h>

/* As compilers do: editors and CI logs find the line. */
static void print_finding(struct swt_output *out, const struct swt_style *style, const json_t *file,
                          const json_t *finding) {
    bool warning = strcmp(json_string_value(json_object_get(finding, "level")), "warning") == 0;
    bool elsewhere = json_object_get(finding, "file") != NULL;
    swt_report_member(out, elsewhere ? finding : file, "file");
    swt_report_optional(out, ":", finding, "line", "");
    swt_report_optional(out, ":", finding, "column", "");
    swt_output_printf(out, ": %s%s%s: ", warning ? style->warning : style->bad,
                      warning ? "warning" : "error", style->reset);
    swt_report_member(out, finding, "message");
    swt_report_optional(out, " (", finding, "code", ")\n");
    if (json_object_get(finding, "hint") != NULL)
        swt_output_whole(out);
    swt_report_optional(out, "  hint: ", finding, "hint", "\n");
}

static void print_findings(struct swt_output *out, const struct swt_style *style,
                           const json_t *file) {
    size_t i;
    const json_t *finding;
    json_array_foreach(json_object_get(file, "findings"), i, finding) {
        print_finding(out, style, file, finding);
    }
    if (json_integer_value(json_object_get(file, "findings_omitted")) > 0)
        swt_report_optional(out, "and ", file, "findings_omitted", " more\n");
}

static void print_verdict(struct swt_output *out, const struct swt_style *style, const json_t *file,
                          const char *otherwise) {
    bool sound = json_is_true(json_object_get(file, "sound"));
    swt_output_printf(out, "%s%s%s: ", sound ? style->good : style->bad,
                      sound ? "sound" : otherwise, style->reset);
    swt_report_member(out, file, "file");
    swt_output_printf(out, ": ");
}

static void print_count(struct swt_output *out, const json_t *file, const char *name,
                        const char *one) {
    swt_report_member(out, file, name);
    swt_output_printf(out, " %s",
                      json_integer_value(json_object_get(file, name)) == 1 ? one : name);
}

static void print_audit_log(struct swt_output *out, const struct swt_style *style,
                            const json_t *file) {
    print_verdict(out, style, file, "damaged");
    print_count(out, file, "lines", "line");
    swt_output_printf(out, ", ");
    print_count(out, file, "signatures", "signature");
    swt_report_optional(out, ", ", file, "failed", " failed");
    swt_report_optional(out, ", ", file, "unfinished", " unfinished");
    swt_report_optional(out, "\nhead: ", file, "head", "\n");
}

static void print_root(struct swt_output *out, const struct swt_style *style, const json_t *file) {
    print_verdict(out, style, file, "unsound");
    swt_output_printf(out, "root metadata");
    swt_report_optional(out, ", version ", file, "root_version", "");
    swt_output_printf(out, "\n");
}

static void print_contents(struct swt_output *out, const json_t *file) {
    swt_report_optional(out, ", targets version ", file, "targets_version", "");
    if (json_object_get(file, "targets") != NULL) {
        swt_output_printf(out, ", ");
        print_count(out, file, "targets", "target");
    }
    swt_report_optional(out, ", root version ", file, "root_version", "");
}

static void print_manifest(struct swt_output *out, const struct swt_style *style,
                           const json_t *file) {
    print_verdict(out, style, file, "unsound");
    swt_output_printf(out, "manifest");
    print_contents(out, file);
    swt_output_printf(out, "\n");
}

static void print_bundle(struct swt_output *out, const struct swt_style *style,
                         const json_t *file) {
    print_verdict(out, style, file, "unsound");
    swt_report_member(out, file, "container");
    swt_output_printf(out, " bundle");
    print_contents(out, file);
    swt_output_printf(out,
                      json_is_true(json_object_get(file, "signatures_checked"))
                          ? "; checked by its own root, which proves nothing about the signer\n"
                          : "; signatures were not checked\n");
}

static void print_check(const struct swt_invocation *invocation, const json_t *document) {
    struct swt_output *out = invocation->out;
    struct swt_style style = swt_style_of(out);
    size_t i;
    const json_t *file;
    json_array_foreach(json_object_get(document, "files"), i, file) {
        const char *kind = json_string_value(json_object_get(file, "kind"));
        print_findings(out, &style, file);
        if (strcmp(kind, "audit-log") == 0)
            print_audit_log(out, &style, file);
        else if (strcmp(kind, "root") == 0)
            print_root(out, &style, file);
        else if (strcmp(kind, "manifest") == 0)
            print_manifest(out, &style, file);
        else
            print_bundle(out, &style, file);
    }
}

/* Quiet or not: it is what was asked for. */
static void print_sarif(const struct swt_invocation *invocation, json_t *document) {
    swt_output_json(invocation->out, swt_sarif(document));
    json_decref(document);
}

int swt_cmd_check(const struct swt_invocation *invocation, struct swt_error *err) {
    struct swt_option_values defines = swt_option_values(invocation, &swt_opt_define);
    const char *format = swt_option_value(invocation, &swt_opt_check_format);
    bool sarif = format != NULL && strcmp(format, "sarif") == 0;
    json_t *document;
    bool sound;
    struct swt_check_options options = {
        .files = invocation->arguments,
        .file_count = invocation->argument_count,
        .policy = swt_option_value(invocation, &swt_opt_policy),
        .expires_within = swt_option_value(invocation, &swt_opt_expires_within),
        .defines = defines.items,
        .define_count = defines.count,
        .progress = invocation->progress,
    };
    if (sarif && invocation->json)
        return swt_usage(invocation->command, err, "--format sarif and --json exclude each other");
    int rc = swt_check(&options, &sound, &document, err);
    if (rc < 0)
        return rc;
    if (sarif)
        print_sarif(invocation, document);
    else
        swt_report_result(invocation, document, NULL, print_check);
    return sound ? 0 : 1;
}
