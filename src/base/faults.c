/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/base.h"

#include <stdlib.h>

static bool is_fault(enum swt_code code) {
    int status = swt_code_exit(code);
    return status == 3 || status == 4 || code == SWT_E_NOT_FOUND || code == SWT_E_IO;
}

void swt_faults_done(struct swt_faults *faults) {
    free(faults->items);
    *faults = (struct swt_faults){0};
}

int swt_faults_keep(struct swt_faults *faults, struct swt_error *err) {
    if (faults == NULL || !is_fault(err->code))
        return -(int)err->code;
    if (faults->count == SWT_FAULTS_MAX) {
        faults->omitted++;
        return 0;
    }
    /* One by one: a manifest that is sound needs none of their memory. */
    struct swt_error *items = realloc(faults->items, (faults->count + 1) * sizeof *items);
    if (items == NULL)
        return swt_fail_memory(err);
    faults->items = items;
    faults->items[faults->count++] = *err;
    return 0;
}
