/* SPDX-License-Identifier: Apache-2.0 */
/* The stock device's second stage: the targets metadata, its signatures and its version. */
#include "stock_fields.h"
#include "stock_flow.h"
#include "stock_signatures.h"

#include <inttypes.h>

static int refuse_root(struct swt_stock_flow *flow, enum swt_stock_status status) {
    if (flow->cut)
        return swt_stock_refuse(flow, "root-version", status,
                                "it persists the new root, which is longer, but reads it back up "
                                "to the %zu bytes of the old one",
                                flow->trusted.bytes.len);
    return swt_stock_refuse(flow, "anchor", status, "the root that it holds cannot be read");
}

/* Signatures count; unsigned is a class of its own to self-verification. */
static int verify_signatures(struct swt_stock_flow *flow, struct swt_stock_value root,
                             struct swt_error *err) {
    struct swt_stock_count count;
    int rc = swt_stock_count_signatures(flow->bundle->targets, root, SWT_STOCK_TARGETS_ROLE, &count,
                                        err);
    if (rc < 0 || count.status == SWT_STOCK_OK ||
        (flow->device->self && count.status == SWT_STOCK_NOT_FOUND))
        return rc;
    if (count.status == SWT_STOCK_RESOURCE_EXHAUSTED)
        return swt_stock_give_up(flow, count.fault);
    if (count.fault != NULL)
        return swt_stock_refuse(flow, "targets-quorum", SWT_STOCK_UNAUTHENTICATED,
                                "the targets role cannot be counted: %s", count.fault);
    return swt_stock_refuse(flow, "targets-quorum", SWT_STOCK_UNAUTHENTICATED,
                            "%" PRIu64 " of the %" PRIu64 " signatures of the targets role",
                            count.verified, count.threshold);
}

/* A manifest that lacks its targets switches this off. Version 0 is absent on the wire, and what is
 * absent is no version. */
static int verify_version(struct swt_stock_flow *flow) {
    struct swt_stock_value installed = swt_stock_installed(flow->device);
    struct swt_stock_number incoming =
        swt_stock_version(swt_stock_bytes(flow->bundle->targets, SWT_STOCK_SIGNED_METADATA));
    flow->answer.last_update = incoming.status != SWT_STOCK_OK;
    if (installed.status == SWT_STOCK_NOT_FOUND)
        return 0;
    struct swt_stock_number floor = swt_stock_version(installed);
    if (floor.status != SWT_STOCK_OK)
        return swt_stock_refuse(flow, "targets-version", floor.status,
                                "the manifest that it holds has no version (0 is not written), so "
                                "it takes no update any more");
    if (incoming.status != SWT_STOCK_OK)
        return swt_stock_refuse(flow, "targets-version", incoming.status,
                                incoming.status == SWT_STOCK_NOT_FOUND
                                    ? "the targets metadata has no version (0 is not written)"
                                    : "the targets version cannot be read");
    if (floor.value > incoming.value)
        return swt_stock_refuse(flow, "targets-version", SWT_STOCK_UNAUTHENTICATED,
                                "a rollback of the targets from version %" PRIu64 " to %" PRIu64,
                                floor.value, incoming.value);
    return 0;
}

int swt_stock_verify_targets(struct swt_stock_flow *flow, struct swt_error *err) {
    if (flow->device->self && flow->trusted.status != SWT_STOCK_OK)
        return 0; /* nothing to verify them with */
    if (flow->bundle->targets.status != SWT_STOCK_OK)
        return swt_stock_refuse(flow, "container", flow->bundle->targets.status,
                                "it finds no targets metadata");
    struct swt_stock_value root = swt_stock_bytes(flow->trusted, SWT_STOCK_SIGNED_METADATA);
    if (root.status != SWT_STOCK_OK)
        return refuse_root(flow, root.status);
    struct swt_stock_value role = swt_stock_bytes(root, SWT_STOCK_TARGETS_ROLE);
    if (role.status != SWT_STOCK_OK)
        return swt_stock_refuse(flow, "targets-quorum", role.status,
                                "the root has no targets role");
    int rc = verify_signatures(flow, root, err);
    return rc != 0 || flow->device->self ? rc : verify_version(flow);
}
