/* SPDX-License-Identifier: Apache-2.0 */
/* How a stock Pigweed device counts signatures: each that verifies counts, whoever made it before;
 * the first thing that cannot be read on the way ends it. */
#ifndef SWT_PIPELINE_STOCK_SIGNATURES_H
#define SWT_PIPELINE_STOCK_SIGNATURES_H

#include "stock_wire.h"

struct swt_stock_count {
    enum swt_stock_status status; /* OK: the threshold is met */
    const char *fault;            /* what could not be read; NULL: it was counted to the end */
    uint64_t threshold;
    uint64_t verified;
};
/*
 * The signatures of envelope (SignedRootMetadata, SignedTargetsMetadata) by the keys of root
 * (RootMetadata) for role, one of its fields. More than SWT_MAX_SIGNATURES are not looked at, nor
 * that many keys of a role: RESOURCE_EXHAUSTED and a fault, the one use of that status. errors are
 * lack of memory.
 */
int swt_stock_count_signatures(struct swt_stock_value envelope, struct swt_stock_value root,
                               uint32_t role, struct swt_stock_count *ret_count,
                               struct swt_error *err) SWT_CHECKED;
/* What of the role cannot be read, whoever signs: its threshold, or the key of an id of 32 bytes
 * that it lists. *ret_fault is NULL when all can. */
int swt_stock_role_fault(struct swt_stock_value root, uint32_t role, const char **ret_fault,
                         struct swt_error *err) SWT_CHECKED;

#endif
