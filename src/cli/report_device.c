/* SPDX-License-Identifier: Apache-2.0 */
/* What a device holds, or has been given, as text. */
#include "report.h"

#include <string.h>

void swt_report_floor(struct swt_output *out, const json_t *document) {
    if (json_is_null(json_object_get(document, "floor")))
        swt_output_printf(out, "floor none: any targets version\n");
    else
        swt_report_optional(out, "floor ", document, "floor", "\n");
}

static void print_target(struct swt_output *out, const json_t *target) {
    const char *from = json_string_value(json_object_get(target, "from"));
    swt_output_printf(out, "%s ",
                      from == NULL                  ? "recorded"
                      : strcmp(from, "device") == 0 ? "kept"
                                                    : "installed");
    swt_report_member(out, target, "name");
    swt_output_printf(out, " (");
    swt_report_size(out, target, "length");
    swt_output_printf(out, ")\n");
}

void swt_report_installed(struct swt_output *out, const json_t *targets) {
    swt_report_list(out, targets, print_target);
}
