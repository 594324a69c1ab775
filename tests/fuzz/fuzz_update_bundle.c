/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UpdateBundles: without unknown fields a bundle has the very size that the writer gives it, as
 * nothing in it can be encoded in two ways; each payload is found by its name, once.
 */
#include "swt/container.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SEEN 256

struct seen {
    struct swt_slice bytes;
    struct swt_payload_info payloads[MAX_SEEN];
    struct swt_payload_plan plans[MAX_SEEN];
    size_t count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int see(void *context, const struct swt_payload_info *payload, struct swt_error *err) {
    struct seen *seen = context;
    (void)err;
    if (seen->count == MAX_SEEN)
        return 1;
    if (payload->name.len == 0 || payload->offset > seen->bytes.len ||
        payload->length > seen->bytes.len - payload->offset)
        __builtin_trap();
    seen->plans[seen->count] = (struct swt_payload_plan){payload->name, payload->length};
    seen->payloads[seen->count++] = *payload;
    return 0;
}

static void check_range(const struct swt_bundle *bundle, const struct swt_payload_info *payload,
                        struct swt_slice bytes) {
    struct swt_bundle_range range = swt_bundle_range(bundle);
    uint8_t chunk[64];
    struct swt_error err;
    size_t len;
    if (!swt_bundle_has_ranges(bundle) || range.offset != payload->offset ||
        range.length != payload->length ||
        swt_bundle_read_range(bundle, &range, chunk, sizeof chunk, &len, &err) < 0 ||
        memcmp(chunk, bytes.data + payload->offset, len) != 0 ||
        range.length != payload->length - len)
        __builtin_trap();
}

/* Last first: the order is free. */
static void read_seen(struct swt_bundle *bundle, const struct seen *seen) {
    struct swt_error err;
    for (size_t i = seen->count; i-- > 0;) {
        const struct swt_payload_info *payload = &seen->payloads[i];
        enum swt_payload_state state;
        uint8_t chunk[64];
        size_t len;
        if (swt_bundle_next(bundle, payload->name, payload->length, &state, &err) < 0 ||
            state != SWT_PAYLOAD_PRESENT)
            __builtin_trap();
        check_range(bundle, payload, seen->bytes);
        if (swt_bundle_read(bundle, chunk, sizeof chunk, &len, &err) < 0 ||
            len != (payload->length < sizeof chunk ? payload->length : sizeof chunk) ||
            memcmp(chunk, seen->bytes.data + payload->offset, len) != 0)
            __builtin_trap();
    }
    if (swt_bundle_finish(bundle, &err) < 0)
        __builtin_trap();
}

/* What the bundle does not hold: a payload by another name, or of another length. */
static void ask_wrongly(struct swt_reader *reader, const struct seen *seen, bool by_length) {
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    struct swt_error err;
    enum swt_payload_state state;
    if (swt_bundle_open(reader, SWT_FORMAT_PIGWEED, false, &bundle, &err) < 0 ||
        swt_bundle_format(bundle) != SWT_FORMAT_PIGWEED || swt_bundle_unknown_fields(bundle) != 0)
        __builtin_trap();
    bool has_name = false;
    for (size_t i = 0; i < seen->count; i++)
        has_name |= swt_slice_equal(seen->payloads[i].name, swt_slice_text("\1"));
    if (!has_name && (swt_bundle_next(bundle, swt_slice_text("\1"), 1, &state, &err) < 0 ||
                      state != SWT_PAYLOAD_ABSENT))
        __builtin_trap();
    if (seen->count == 0)
        return;
    if ((by_length && swt_bundle_next(bundle, seen->payloads[0].name, seen->payloads[0].length + 1,
                                      &state, &err) == 0) ||
        swt_bundle_end_payloads(bundle, &err) == 0)
        __builtin_trap();
}

static void check_size(const struct swt_bundle *bundle, const struct seen *seen) {
    const struct swt_bundle_plan plan = {.format = SWT_FORMAT_PIGWEED,
                                         .has_root = swt_bundle_has_root(bundle),
                                         .root = swt_bundle_root(bundle, NULL),
                                         .targets = swt_bundle_targets(bundle, NULL)};
    struct swt_error err;
    uint64_t size;
    if (swt_bundle_size(&plan, seen->plans, seen->count, &size, &err) < 0 ||
        size != seen->bytes.len)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *tolerant = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    static struct seen seen;
    struct swt_error err;

    seen.bytes = swt_slice_of(data, size);
    seen.count = 0;
    if (swt_reader_open_memory(seen.bytes, "fuzz", &reader, &err) < 0)
        abort();
    bool tolerated = swt_bundle_open(reader, SWT_FORMAT_PIGWEED, true, &tolerant, &err) == 0;
    bool accepted = swt_bundle_open(reader, SWT_FORMAT_PIGWEED, false, &bundle, &err) == 0;
    if (accepted != (tolerated && swt_bundle_unknown_fields(tolerant) == 0))
        __builtin_trap();
    if (!accepted || swt_bundle_list(bundle, see, &seen, &err) != 0)
        return 0;
    read_seen(bundle, &seen);
    check_size(bundle, &seen);
    ask_wrongly(reader, &seen, false);
    ask_wrongly(reader, &seen, true);
    return 0;
}
