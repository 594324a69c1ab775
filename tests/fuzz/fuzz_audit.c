/* SPDX-License-Identifier: Apache-2.0 */
/* Audit logs: any bytes are judged, or are none; what passes for a line is written again alike. */
#include "../../src/signature/audit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count(void *context, const struct swt_audit_finding *finding, struct swt_error *err) {
    uint64_t *faults = context;
    (void)err;
    *faults += !finding->warning;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_audit_line_done) struct swt_audit_line line = {0};
    struct swt_audit_summary summary;
    struct swt_error err;
    uint64_t faults = 0;
    if (swt_reader_open_memory(swt_slice_of(data, size), "input", &reader, &err) < 0)
        return 0;
    if (swt_audit_check(reader, count, &faults, &summary, &err) >= 0 &&
        (faults != summary.faults || summary.lines == 0))
        __builtin_trap();
    if (swt_audit_line_parse(swt_slice_of(data, size), &line, &err) >= 0) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf again = {0};
        if (swt_audit_line_encode(line.object, &again, &err) >= 0 &&
            !swt_slice_equal(swt_buf_slice(&again), swt_slice_of(data, size)))
            __builtin_trap();
    }
    return 0;
}
