/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with an audit log. */
#include "check.h"

#include "swt/signature.h"

static int add_finding(void *context, const struct swt_audit_finding *finding,
                       struct swt_error *err) {
    struct swt_finding told = {.level = finding->warning ? SWT_LEVEL_WARNING : SWT_LEVEL_ERROR,
                               .code = finding->code,
                               .message = finding->message,
                               .line = finding->line};
    return swt_check_add(context, &told, err);
}

int swt_check_audit_log(struct swt_checked_file *file, struct swt_reader *reader,
                        struct swt_error *err) {
    struct swt_audit_summary summary;
    int rc = swt_audit_check(reader, add_finding, file, &summary, err);
    if (rc < 0)
        return rc;
    json_t *counts = json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}", "kind", "audit-log", "lines",
                               (json_int_t)summary.lines, "signatures",
                               (json_int_t)summary.signatures, "failed", (json_int_t)summary.failed,
                               "unfinished", (json_int_t)summary.unfinished, "head", summary.head);
    rc = counts == NULL || json_object_update(file->json, counts) < 0 ? swt_fail_memory(err) : 0;
    json_decref(counts);
    return rc;
}
