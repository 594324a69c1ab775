/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stock Pigweed device says about a bundle. The input is what the device holds and what it
 * is sent: two bytes, the lengths of its root (in 8 bytes) and of its manifest (in 4 bytes); root,
 * manifest, UpdateBundle. The answer does not change when it is asked again, what is accepted has
 * no step at which it is refused, and self-verification keeps no root. The root is asked about by
 * itself, too.
 */
#include "../../src/pipeline/stock.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct swt_slice take(struct swt_slice *rest, size_t len) {
    struct swt_slice taken = swt_slice_of(rest->data, len < rest->len ? len : rest->len);
    *rest = swt_slice_of(rest->data + taken.len, rest->len - taken.len);
    return taken;
}

static struct swt_stock_answer ask(struct swt_slice bundle, const struct swt_stock_device *device) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    struct swt_stock_answer answer;
    struct swt_error err;
    if (swt_reader_open_memory(bundle, "fuzz", &reader, &err) < 0 ||
        swt_stock_judge(reader, SWT_KIND_UPDATE_BUNDLE, device, NULL, &answer, &err) < 0)
        abort();
    if (swt_reader_offset(reader) != 0 || (!answer.known && answer.accepted))
        __builtin_trap();
    /* Of what is more than is looked at nothing is known. */
    if (answer.known && (answer.accepted != (answer.step == NULL) ||
                         answer.accepted != (answer.reason[0] == '\0') ||
                         (answer.second_time && (answer.accepted || !answer.root_persisted))))
        __builtin_trap();
    return answer;
}

/* A root that will do where a version is asked for will do without. */
static void check_root(struct swt_slice root) {
    char reason[SWT_STOCK_REASON];
    char unversioned[SWT_STOCK_REASON];
    struct swt_error err;
    if (swt_stock_check_root(root, true, reason, &err) < 0 ||
        swt_stock_check_root(root, false, unversioned, &err) < 0)
        abort();
    if (reason[0] == '\0' && unversioned[0] != '\0')
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_slice rest = swt_slice_of(data, size);
    struct swt_slice lengths = take(&rest, 2);
    if (lengths.len < 2)
        return 0;
    struct swt_stock_device device = {.has_manifest = lengths.data[1] != 0};
    device.root = take(&rest, (size_t)lengths.data[0] * 8);
    check_root(device.root);
    device.manifest = take(&rest, (size_t)lengths.data[1] * 4);
    struct swt_stock_answer first = ask(rest, &device);
    struct swt_stock_answer second = ask(rest, &device);
    if (first.accepted != second.accepted || first.root_persisted != second.root_persisted ||
        strcmp(first.reason, second.reason) != 0)
        __builtin_trap();
    device.self = true;
    if (ask(rest, &device).root_persisted)
        __builtin_trap();
    return 0;
}
