/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tar bundles: what is read to a good end is, byte for byte, what the writer makes of it, and the
 * listing agrees with reading by name.
 */
#include "swt/container.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SEEN 64

struct seen {
    struct swt_slice bytes;
    char names[MAX_SEEN][SWT_TAR_BLOCK];
    struct swt_payload_plan payloads[MAX_SEEN];
    size_t count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int see(void *context, const struct swt_payload_info *payload, struct swt_error *err) {
    struct seen *seen = context;
    uint8_t header[SWT_TAR_BLOCK];
    char *name = seen->names[seen->count];
    char path[SWT_TAR_BLOCK] = "targets/";
    if (seen->count == MAX_SEEN)
        return 1;
    if (payload->name.len == 0 || payload->offset < SWT_TAR_BLOCK ||
        payload->offset > seen->bytes.len || payload->length > seen->bytes.len - payload->offset)
        __builtin_trap();
    memcpy(name, payload->name.data, payload->name.len);
    name[payload->name.len] = 0;
    memcpy(path + strlen(path), name, payload->name.len + 1);
    if (swt_tar_header(path, payload->length, header, err) < 0 ||
        memcmp(header, seen->bytes.data + payload->offset - SWT_TAR_BLOCK, SWT_TAR_BLOCK) != 0)
        __builtin_trap();
    seen->payloads[seen->count++] =
        (struct swt_payload_plan){swt_slice_text(name), payload->length};
    return 0;
}

/* All of the payload that next came to, without moving on. */
static void check_range(const struct swt_bundle *bundle, struct swt_slice bytes) {
    struct swt_bundle_range range = swt_bundle_range(bundle);
    const struct swt_bundle_range whole = range;
    uint8_t chunk[300];
    struct swt_error err;
    size_t len = 1;
    if (!swt_bundle_has_ranges(bundle))
        __builtin_trap();
    while (len > 0 && swt_bundle_read_range(bundle, &range, chunk, sizeof chunk, &len, &err) == 0)
        if (memcmp(chunk, bytes.data + range.offset - len, len) != 0)
            __builtin_trap();
    if (len == 0 && range.offset != whole.offset + whole.length)
        __builtin_trap();
}

/* What the bundle does not hold: a payload by another name, or of another length. */
static void ask_wrongly(struct swt_reader *reader, const struct seen *seen, bool by_name) {
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    struct swt_error err;
    enum swt_payload_state state = SWT_PAYLOAD_ABSENT;
    if (swt_reader_seek(reader, 0, &err) < 0 ||
        swt_bundle_open(reader, SWT_FORMAT_TAR, false, &bundle, &err) < 0 ||
        swt_bundle_format(bundle) != SWT_FORMAT_TAR || swt_bundle_unknown_fields(bundle) != 0)
        __builtin_trap();
    int rc = by_name ? swt_bundle_next(bundle, swt_slice_text("\1"), 1, &state, &err)
                     : swt_bundle_next(bundle, seen->payloads[0].name, seen->payloads[0].length + 1,
                                       &state, &err);
    if (rc == 0 && (state != SWT_PAYLOAD_ABSENT || !by_name))
        __builtin_trap();
    if (seen->count > 0 && swt_bundle_end_payloads(bundle, &err) == 0)
        __builtin_trap();
    if (rc < 0 && swt_bundle_finish(bundle, &err) == 0)
        __builtin_trap();
}

/* By name, in the order of the listing. */
static int read_seen(struct swt_bundle *bundle, const struct seen *seen, struct swt_error *err) {
    for (size_t i = 0; i < seen->count; i++) {
        enum swt_payload_state state;
        uint8_t chunk[700];
        size_t len;
        int r =
            swt_bundle_next(bundle, seen->payloads[i].name, seen->payloads[i].length, &state, err);
        if (r < 0)
            return r;
        if (state != SWT_PAYLOAD_PRESENT)
            __builtin_trap();
        check_range(bundle, seen->bytes);
        /* Some are read in part, and the rest is skipped. */
        r = swt_bundle_read(bundle, chunk, sizeof chunk, &len, err);
        if (r < 0)
            return r;
    }
    return swt_bundle_finish(bundle, err);
}

static void check_size(const struct swt_bundle *bundle, const struct seen *seen) {
    uint64_t root_offset = 0;
    uint64_t targets_offset = 0;
    const struct swt_bundle_plan plan = {.format = SWT_FORMAT_TAR,
                                         .has_root = swt_bundle_has_root(bundle),
                                         .root = swt_bundle_root(bundle, &root_offset),
                                         .targets = swt_bundle_targets(bundle, &targets_offset)};
    struct swt_error err;
    uint64_t size;
    if (swt_bundle_size(&plan, seen->payloads, seen->count, &size, &err) < 0 ||
        size != seen->bytes.len)
        __builtin_trap();
    struct swt_slice root = swt_slice_of(seen->bytes.data + root_offset, plan.root.len);
    struct swt_slice targets = swt_slice_of(seen->bytes.data + targets_offset, plan.targets.len);
    if (!swt_slice_equal(plan.root, root) || !swt_slice_equal(plan.targets, targets))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *again = NULL;
    static struct seen seen;
    struct swt_error err;

    seen.bytes = swt_slice_of(data, size);
    seen.count = 0;
    if (swt_reader_open_memory(seen.bytes, "fuzz", &reader, &err) < 0)
        abort();
    if (swt_bundle_open(reader, SWT_FORMAT_TAR, false, &bundle, &err) < 0)
        return 0;
    int listed = swt_bundle_list(bundle, see, &seen, &err);
    if (listed > 0)
        return 0;
    if (swt_reader_seek(reader, 0, &err) < 0 ||
        swt_bundle_open(reader, SWT_FORMAT_TAR, false, &again, &err) < 0)
        __builtin_trap();
    int finished = read_seen(again, &seen, &err);
    if ((listed == 0) != (finished == 0))
        __builtin_trap();
    if (finished == 0)
        check_size(again, &seen);
    ask_wrongly(reader, &seen, true);
    if (seen.count > 0)
        ask_wrongly(reader, &seen, false);
    return 0;
}
