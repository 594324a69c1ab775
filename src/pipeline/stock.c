/* SPDX-License-Identifier: Apache-2.0 */
#include "stock_flow.h"

#include "stock_fields.h"

#include <stdarg.h>
#include <stdio.h>

int swt_stock_refuse(struct swt_stock_flow *flow, const char *step, enum swt_stock_status status,
                     const char *format, ...) {
    va_list args;
    flow->answer.step = step;
    flow->answer.status = swt_stock_status_name(status);
    va_start(args, format);
    (void)vsnprintf(flow->answer.reason, sizeof flow->answer.reason, format, args);
    va_end(args);
    return 1;
}

int swt_stock_give_up(struct swt_stock_flow *flow, const char *why) {
    flow->answer = (struct swt_stock_answer){.known = false};
    (void)snprintf(flow->answer.reason, sizeof flow->answer.reason, "%s", why);
    return 1;
}

struct swt_stock_value swt_stock_installed(const struct swt_stock_device *device) {
    if (!device->has_manifest)
        return swt_stock_value_none(SWT_STOCK_NOT_FOUND);
    return swt_stock_map_get(swt_stock_value_of(device->manifest), SWT_STOCK_MANIFEST_TARGETS,
                             swt_slice_text(SWT_ROLE_TARGETS));
}

struct swt_stock_number swt_stock_version(struct swt_stock_value metadata) {
    return swt_stock_uint32(swt_stock_bytes(metadata, SWT_STOCK_COMMON), SWT_STOCK_VERSION);
}

bool swt_stock_root_grows(size_t old_len, struct swt_slice new_root) {
    struct swt_slice kept =
        swt_slice_of(new_root.data, old_len < new_root.len ? old_len : new_root.len);
    return swt_stock_bytes(swt_stock_value_of(new_root), SWT_STOCK_SIGNED_METADATA).status ==
               SWT_STOCK_OK &&
           swt_stock_bytes(swt_stock_value_of(kept), SWT_STOCK_SIGNED_METADATA).status !=
               SWT_STOCK_OK;
}

/* 1 when more of the bundle would have to be read than is. */
static int check_excess(struct swt_stock_flow *flow) {
    return flow->bundle->excess == NULL ? 0 : swt_stock_give_up(flow, flow->bundle->excess);
}

static int run_stages(struct swt_stock_flow *flow, struct swt_error *err) {
    int rc = check_excess(flow);
    flow->trusted =
        flow->device->self ? flow->bundle->root : swt_stock_value_of(flow->device->root);
    if (rc == 0)
        rc = swt_stock_upgrade_root(flow, err);
    if (rc == 0)
        rc = swt_stock_verify_targets(flow, err);
    if (rc == 0)
        rc = swt_stock_verify_payloads(flow, err);
    if (rc < 0)
        return rc;
    if (check_excess(flow) != 0) /* in the payloads' framing: they are not missing */
        rc = 1;
    flow->answer.accepted = rc == 0;
    flow->answer.last_update &= rc == 0;
    return 0;
}

/* What becomes of the same bundle when it is sent again: the device holds the whole root then. */
static int judge_again(struct swt_stock_flow *first, struct swt_error *err) {
    struct swt_stock_device device = *first->device;
    device.root = first->bundle->root.bytes;
    struct swt_stock_flow again = {
        .device = &device, .bundle = first->bundle, .answer = {.known = true}};
    int rc = run_stages(&again, err);
    first->answer.second_time = again.answer.accepted;
    if (rc == 0 && !again.answer.known)
        first->answer = again.answer;
    return rc;
}

static int judge_bundle(struct swt_stock_bundle *bundle, const struct swt_stock_device *device,
                        struct swt_stock_answer *ret_answer, struct swt_error *err) {
    struct swt_stock_flow flow = {
        .device = device,
        .bundle = bundle,
        .answer = {.known = true, .status = swt_stock_status_name(SWT_STOCK_OK)}};
    int rc = run_stages(&flow, err);
    if (rc == 0 && flow.cut && flow.answer.known && !flow.answer.accepted)
        rc = judge_again(&flow, err);
    if (rc == 0)
        *ret_answer = flow.answer;
    return rc;
}

int swt_stock_judge(struct swt_reader *reader, enum swt_kind kind,
                    const struct swt_stock_device *device, const struct swt_progress *progress,
                    struct swt_stock_answer *ret_answer, struct swt_error *err) {
    SWT_CLEANUP(swt_stock_bundle_done) struct swt_stock_bundle bundle = {0};
    struct swt_stock_answer answer = {.known = false};
    int rc = swt_stock_bundle_open(reader, kind, &bundle, err);
    bundle.progress = progress;
    if (rc == 0 && bundle.unreadable == NULL)
        rc = judge_bundle(&bundle, device, &answer, err);
    if (rc == 0 && swt_reader_seekable(reader))
        rc = swt_reader_seek(reader, 0, err);
    if (rc < 0)
        return rc;
    if (bundle.unreadable != NULL)
        (void)snprintf(answer.reason, sizeof answer.reason, "%s", bundle.unreadable);
    *ret_answer = answer;
    return 0;
}
