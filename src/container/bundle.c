/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a bundle: what is the same whatever its form. */
#include "backend.h"

#include <stdlib.h>

#define LOAD_CHUNK ((size_t)16 * 1024)

int swt_bundle_error_at(const struct swt_bundle *bundle, uint64_t offset, struct swt_error *err) {
    swt_error_file(err, swt_reader_name(bundle->reader));
    return swt_error_offset(err, offset);
}

static int fail_short(const struct swt_bundle *bundle, const char *what, uint64_t missing,
                      uint64_t offset, struct swt_error *err) {
    char text[SWT_SIZE_TEXT];
    swt_fail(err, SWT_E_CONTAINER, "the file ends %s before the end of %s",
             swt_bytes_text(missing, text), what);
    return swt_bundle_error_at(bundle, offset, err);
}

int swt_bundle_load(struct swt_bundle *bundle, const char *what, uint64_t length,
                    struct swt_buf *ret_bytes, struct swt_error *err) {
    uint64_t start = swt_reader_offset(bundle->reader);
    char text[SWT_SIZE_TEXT];
    int r;

    if (length > SWT_MAX_ENVELOPE) {
        swt_fail(err, SWT_E_CONTAINER, "%s is declared with %s, more than the %zu that are allowed",
                 what, swt_bytes_text(length, text), SWT_MAX_ENVELOPE);
        return swt_bundle_error_at(bundle, start, err);
    }
    swt_buf_clear(ret_bytes);
    while (ret_bytes->len < length) {
        uint8_t chunk[LOAD_CHUNK];
        size_t want = length - ret_bytes->len < sizeof chunk ? (size_t)(length - ret_bytes->len)
                                                             : sizeof chunk;
        size_t len;
        r = swt_reader_read(bundle->reader, chunk, want, &len, err);
        if (r < 0)
            return r;
        r = swt_buf_append(ret_bytes, chunk, len, err);
        if (r < 0)
            return r;
        if (len < want)
            return fail_short(bundle, what, length - ret_bytes->len, start + ret_bytes->len, err);
    }
    return 0;
}

int swt_bundle_open(struct swt_reader *reader, enum swt_format format, bool allow_unknown,
                    struct swt_bundle **ret_bundle, struct swt_error *err) {
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = calloc(1, sizeof *bundle);
    if (!bundle)
        return swt_fail_memory(err);
    bundle->container = swt_container_of(format);
    bundle->format = format;
    bundle->reader = reader;
    bundle->allow_unknown = allow_unknown;

    int r = bundle->container->open(bundle, err);
    if (r < 0)
        return r;
    *ret_bundle = SWT_TAKE(bundle);
    return 0;
}

void swt_bundle_free(struct swt_bundle *bundle) {
    if (!bundle)
        return;
    bundle->container->close(bundle);
    swt_buf_done(&bundle->root);
    swt_buf_done(&bundle->targets);
    free(bundle);
}

void swt_bundle_cleanup(struct swt_bundle **bundle) {
    swt_bundle_free(*bundle);
}

enum swt_format swt_bundle_format(const struct swt_bundle *bundle) {
    return bundle->format;
}

bool swt_bundle_has_root(const struct swt_bundle *bundle) {
    return bundle->has_root;
}

struct swt_slice swt_bundle_root(const struct swt_bundle *bundle, uint64_t *ret_offset) {
    if (ret_offset)
        *ret_offset = bundle->root_offset;
    return swt_buf_slice(&bundle->root);
}

struct swt_slice swt_bundle_targets(const struct swt_bundle *bundle, uint64_t *ret_offset) {
    if (ret_offset)
        *ret_offset = bundle->targets_offset;
    return swt_buf_slice(&bundle->targets);
}

size_t swt_bundle_unknown_fields(const struct swt_bundle *bundle) {
    return bundle->unknown_fields;
}

/* A caller that goes on after an error could otherwise step over the fault and come to a good end:
 * what was consumed once is not judged again. */
static int refuse_failed(const struct swt_bundle *bundle, struct swt_error *err) {
    if (!bundle->failed)
        return 0;
    swt_fail(err, SWT_E_CONTAINER, "the bundle could not be read before this point");
    return swt_error_file(err, swt_reader_name(bundle->reader));
}

int swt_bundle_next(struct swt_bundle *bundle, struct swt_slice name, uint64_t length,
                    enum swt_payload_state *ret_state, struct swt_error *err) {
    int r = refuse_failed(bundle, err);
    bundle->name = name;
    if (r == 0)
        r = bundle->container->next(bundle, name, length, ret_state, err);
    bundle->failed = r < 0;
    return r;
}

static int fail_short_payload(const struct swt_bundle *bundle, struct swt_slice name,
                              uint64_t missing, uint64_t offset, struct swt_error *err) {
    char text[SWT_SIZE_TEXT];
    swt_fail(err, SWT_E_CONTAINER, "the file ends %s before the end of %s%.*s'",
             swt_bytes_text(missing, text), bundle->container->payload_shown, swt_shown_len(name),
             (const char *)name.data);
    return swt_bundle_error_at(bundle, offset, err);
}

int swt_bundle_read(struct swt_bundle *bundle, void *ret_data, size_t size, size_t *ret_len,
                    struct swt_error *err) {
    size_t want = size < bundle->left ? size : (size_t)bundle->left;
    size_t len = 0;
    int r = refuse_failed(bundle, err);
    if (r == 0 && want > 0)
        r = swt_reader_read(bundle->reader, ret_data, want, &len, err);
    if (r == 0 && len < want)
        r = fail_short_payload(bundle, bundle->name, bundle->left - len,
                               swt_reader_offset(bundle->reader), err);
    bundle->failed = r < 0;
    if (r < 0)
        return r;
    bundle->left -= len;
    *ret_len = len;
    return 0;
}

bool swt_bundle_has_ranges(const struct swt_bundle *bundle) {
    return swt_reader_seekable(bundle->reader);
}

struct swt_bundle_range swt_bundle_range(const struct swt_bundle *bundle) {
    return (struct swt_bundle_range){bundle->name, swt_reader_offset(bundle->reader), bundle->left};
}

int swt_bundle_read_range(const struct swt_bundle *bundle, struct swt_bundle_range *range,
                          void *ret_data, size_t size, size_t *ret_len, struct swt_error *err) {
    size_t want = size < range->length ? size : (size_t)range->length;
    size_t len = 0;
    int r = want == 0
                ? 0
                : swt_reader_read_at(bundle->reader, range->offset, ret_data, want, &len, err);
    if (r == 0 && len < want)
        r = fail_short_payload(bundle, range->name, range->length - len, range->offset + len, err);
    if (r < 0)
        return r;
    range->offset += len;
    range->length -= len;
    *ret_len = len;
    return 0;
}

int swt_bundle_end_payloads(struct swt_bundle *bundle, struct swt_error *err) {
    int r = refuse_failed(bundle, err);
    if (r == 0)
        r = bundle->container->end_payloads(bundle, err);
    bundle->failed = r < 0;
    return r;
}

int swt_bundle_finish(struct swt_bundle *bundle, struct swt_error *err) {
    int r = swt_bundle_end_payloads(bundle, err);
    if (r == 0)
        r = bundle->container->finish(bundle, err);
    bundle->failed = r < 0;
    return r;
}

int swt_bundle_list(struct swt_bundle *bundle,
                    int (*visit)(void *context, const struct swt_payload_info *payload,
                                 struct swt_error *err),
                    void *context, struct swt_error *err) {
    return bundle->container->list(bundle, visit, context, err);
}
