/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "report.h"

#include <string.h>

static void print_finding(struct swt_output *out, const struct swt_style *style, const json_t *file,
                          const json_t *finding) {
    bool warning = strcmp(json_string_value(json_object_get(finding, "level")), "warning") == 0;
    swt_report_member(out, file, "file");
    swt_output_printf(out, ":");
    swt_report_member(out, finding, "line");
    swt_output_printf(out, ": %s%s%s: ", warning ? style->warning : style->bad,
                      warning ? "warning" : "fail", style->reset);
    swt_report_member(out, finding, "message");
    swt_output_printf(out, " (");
    swt_report_member(out, finding, "code");
    swt_output_printf(out, ")\n");
}

static void print_count(struct swt_output *out, const json_t *file, const char *name,
                        const char *one) {
    swt_report_member(out, file, name);
    swt_output_printf(out, " %s",
                      json_integer_value(json_object_get(file, name)) == 1 ? one : name);
}

static void print_audit_log(struct swt_output *out, const json_t *file) {
    struct swt_style style = swt_style_of(out);
    bool sound = json_is_true(json_object_get(file, "sound"));
    size_t i;
    const json_t *finding;
    json_array_foreach(json_object_get(file, "findings"), i, finding) {
        print_finding(out, &style, file, finding);
    }
    if (json_integer_value(json_object_get(file, "findings_omitted")) > 0) {
        swt_output_printf(out, "and ");
        swt_report_member(out, file, "findings_omitted");
        swt_output_printf(out, " more\n");
    }
    swt_output_printf(out, "%s%s%s: ", sound ? style.good : style.bad, sound ? "sound" : "damaged",
                      style.reset);
    swt_report_member(out, file, "file");
    swt_output_printf(out, ": ");
    print_count(out, file, "lines", "line");
    swt_output_printf(out, ", ");
    print_count(out, file, "signatures", "signature");
    swt_output_printf(out, ", ");
    swt_report_member(out, file, "failed");
    swt_output_printf(out, " failed, ");
    swt_report_member(out, file, "unfinished");
    swt_output_printf(out, " unfinished");
    swt_output_printf(out, "\nhead: ");
    swt_report_member(out, file, "head");
    swt_output_printf(out, "\n");
}

static void print_check(const struct swt_invocation *invocation, const json_t *document) {
    size_t i;
    const json_t *file;
    json_array_foreach(json_object_get(document, "files"), i, file) {
        print_audit_log(invocation->out, file);
    }
}

int swt_cmd_check(const struct swt_invocation *invocation, struct swt_error *err) {
    json_t *document;
    bool sound;
    int rc = swt_check(invocation->arguments, invocation->argument_count, &sound, &document, err);
    if (rc < 0)
        return rc;
    swt_report_result(invocation, document, NULL, print_check);
    return sound ? 0 : 1;
}
