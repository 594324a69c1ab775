/* SPDX-License-Identifier: Apache-2.0 */
/* The stock device's first stage: the root in the bundle, if any. */
#include "stock_fields.h"
#include "stock_flow.h"
#include "stock_signatures.h"

#include <inttypes.h>
#include <stdio.h>

/* by: SignedRootMetadata whose root role must have signed the new one. */
static int verify_root(struct swt_stock_flow *flow, struct swt_stock_value by, const char *step,
                       const char *whose, struct swt_error *err) {
    struct swt_stock_count count;
    struct swt_stock_value root = swt_stock_bytes(by, SWT_STOCK_SIGNED_METADATA);
    int rc = swt_stock_count_signatures(flow->bundle->root, root, SWT_STOCK_ROOT_ROLE, &count, err);
    if (rc < 0 || count.status == SWT_STOCK_OK)
        return rc;
    if (count.status == SWT_STOCK_RESOURCE_EXHAUSTED)
        return swt_stock_give_up(flow, count.fault);
    if (count.fault != NULL)
        return swt_stock_refuse(flow, step, SWT_STOCK_UNAUTHENTICATED,
                                "%s root role cannot be counted: %s", whose, count.fault);
    return swt_stock_refuse(flow, step, SWT_STOCK_UNAUTHENTICATED,
                            "%" PRIu64 " of the %" PRIu64 " signatures of %s root role",
                            count.verified, count.threshold, whose);
}

static int verify_version(struct swt_stock_flow *flow) {
    struct swt_stock_number trusted =
        swt_stock_version(swt_stock_bytes(flow->trusted, SWT_STOCK_SIGNED_METADATA));
    struct swt_stock_number incoming =
        swt_stock_version(swt_stock_bytes(flow->bundle->root, SWT_STOCK_SIGNED_METADATA));
    if (trusted.status != SWT_STOCK_OK)
        return swt_stock_refuse(flow, "root-version", trusted.status,
                                "the root that it holds has no version (0 is not written), so it "
                                "takes no other");
    if (incoming.status != SWT_STOCK_OK)
        return swt_stock_refuse(flow, "root-content", incoming.status,
                                incoming.status == SWT_STOCK_NOT_FOUND
                                    ? "the new root has no version (0 is not written)"
                                    : "the new root's version cannot be read");
    if (trusted.value > incoming.value)
        return swt_stock_refuse(flow, "root-version", SWT_STOCK_UNAUTHENTICATED,
                                "a rollback of the root from version %" PRIu64 " to %" PRIu64,
                                trusted.value, incoming.value);
    return 0;
}

/* The device goes on with the message that it opened before, which is as long as the old root. */
static void persist(struct swt_stock_flow *flow) {
    struct swt_slice root = flow->bundle->root.bytes;
    flow->answer.root_persisted = true;
    flow->cut = flow->trusted.bytes.len < root.len;
    if (flow->cut)
        root.len = flow->trusted.bytes.len;
    flow->trusted = swt_stock_value_of(root);
}

int swt_stock_upgrade_root(struct swt_stock_flow *flow, struct swt_error *err) {
    if (flow->bundle->root.status != SWT_STOCK_OK)
        return 0; /* unreadable is absent */
    int rc = verify_root(flow, flow->trusted, "root-old-quorum", "the device's", err);
    if (rc == 0)
        rc = verify_root(flow, flow->bundle->root, "root-new-quorum", "the new root's own", err);
    if (rc == 0)
        rc = verify_version(flow);
    if (rc == 0 && !flow->device->self)
        persist(flow);
    return rc;
}

int swt_stock_check_root(struct swt_slice root, bool has_version, char ret_reason[SWT_STOCK_REASON],
                         struct swt_error *err) {
    struct swt_stock_value envelope = swt_stock_value_of(root);
    struct swt_stock_value metadata = swt_stock_bytes(envelope, SWT_STOCK_SIGNED_METADATA);
    struct swt_stock_count own = {0};
    const char *role = "root";
    const char *fault = NULL;
    int rc = swt_stock_role_fault(metadata, SWT_STOCK_ROOT_ROLE, &fault, err);
    if (rc == 0 && fault == NULL) {
        rc = swt_stock_count_signatures(envelope, metadata, SWT_STOCK_ROOT_ROLE, &own, err);
        fault = own.fault;
    }
    if (rc == 0 && fault == NULL) {
        role = "targets";
        rc = swt_stock_role_fault(metadata, SWT_STOCK_TARGETS_ROLE, &fault, err);
    }
    if (rc < 0)
        return rc;
    bool unversioned = has_version && swt_stock_version(metadata).status != SWT_STOCK_OK;
    ret_reason[0] = '\0';
    if (fault != NULL)
        (void)snprintf(ret_reason, SWT_STOCK_REASON, "its %s role cannot be counted: %s", role,
                       fault);
    else if (unversioned)
        (void)snprintf(ret_reason, SWT_STOCK_REASON, "its version cannot be read");
    return 0;
}
