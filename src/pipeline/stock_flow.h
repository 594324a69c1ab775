/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of a stock Pigweed device's judgement, in its order, and what they share. */
#ifndef SWT_PIPELINE_STOCK_FLOW_H
#define SWT_PIPELINE_STOCK_FLOW_H

#include "stock.h"
#include "stock_bundle.h"

struct swt_stock_flow {
    const struct swt_stock_device *device;
    struct swt_stock_bundle *bundle;
    struct swt_stock_value trusted; /* SignedRootMetadata, as the device reads it back */
    bool cut;                       /* of it, only what was stored before is read */
    struct swt_stock_answer answer;
};

/* Each: 0 to go on, 1 when the device refuses (the answer says where and why), or an error. */
int swt_stock_upgrade_root(struct swt_stock_flow *flow, struct swt_error *err) SWT_CHECKED;
int swt_stock_verify_targets(struct swt_stock_flow *flow, struct swt_error *err) SWT_CHECKED;
int swt_stock_verify_payloads(struct swt_stock_flow *flow, struct swt_error *err) SWT_CHECKED;

/* Writes the answer; returns 1. */
int swt_stock_refuse(struct swt_stock_flow *flow, const char *step, enum swt_stock_status status,
                     const char *format, ...) SWT_PRINTF(4, 5);
/* What the device would go on to look at is more than is looked at: nothing is known. Returns 1. */
int swt_stock_give_up(struct swt_stock_flow *flow, const char *why);

/* The device's TargetsMetadata; NOT_FOUND when it holds none. */
struct swt_stock_value swt_stock_installed(const struct swt_stock_device *device);
/* The version in metadata (RootMetadata, TargetsMetadata). */
struct swt_stock_number swt_stock_version(struct swt_stock_value metadata);

#endif
