/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of a bundle's targets, each once, and what goes by each. A device looks every name up
 * anew; here each list is passed over once, with the same answer.
 */
#ifndef SWT_PIPELINE_STOCK_NAMES_H
#define SWT_PIPELINE_STOCK_NAMES_H

#include "stock_wire.h"

#include "swt/io.h"

struct swt_stock_name {
    struct swt_slice name;
    /* The payload in the bundle: the first entry of that name decides. */
    bool seen;
    bool readable; /* it has bytes: these */
    uint64_t offset;
    uint64_t length;
    bool hashed;
    uint8_t sha256[SWT_SHA256_SIZE];
    /* The target in the device's manifest. */
    struct swt_stock_value installed;
};
struct swt_stock_names {
    struct swt_stock_name *items; /* sorted */
    size_t count;
};
/* Those that targets (TargetsMetadata) lists, SWT_MAX_TARGETS at most: false when there are more.
 */
int swt_stock_names_collect(struct swt_stock_value targets, struct swt_stock_names *ret_names,
                            bool *ret_all, struct swt_error *err) SWT_CHECKED;
void swt_stock_names_done(struct swt_stock_names *names);
struct swt_stock_name *swt_stock_names_find(const struct swt_stock_names *names,
                                            struct swt_slice name); /* or NULL */
/* Fills in what targets, those of the device's manifest, say. */
void swt_stock_names_look_up(struct swt_stock_names *names, struct swt_stock_value targets);

#endif
