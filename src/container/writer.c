/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a bundle: what is the same whatever its form. */
#include "backend.h"

#include <stdlib.h>

struct swt_bundle_writer {
    const struct swt_container *container;
    struct swt_writer *writer; /* borrowed */
    size_t payload_count;
    uint64_t total;      /* planned up to and with the current member */
    struct swt_buf head; /* of the current member */
    struct swt_buf name; /* of the current payload */
    uint64_t left;       /* of its bytes */
    size_t tail;         /* zero bytes after them */
    bool failed;         /* an error was returned: the output must not be finished */
};

static int put_zeros(struct swt_bundle_writer *out, size_t count, struct swt_error *err) {
    static const uint8_t zeros[2 * SWT_TAR_BLOCK];
    while (count > 0) {
        size_t len = count < sizeof zeros ? count : sizeof zeros;
        int r = swt_writer_write(out->writer, zeros, len, err);
        if (r < 0)
            return r;
        count -= len;
    }
    return 0;
}

/* Writes what stands before the member's value. */
static int begin_member(struct swt_bundle_writer *out, const struct swt_member *member,
                        struct swt_error *err) {
    swt_buf_clear(&out->head);
    int r = swt_member_plan(out->container, member, &out->head, &out->total, err);
    if (r == 0)
        r = swt_writer_write(out->writer, out->head.data, out->head.len, err);
    if (r < 0)
        return r;
    out->left = member->length;
    out->tail = out->container->member_tail(member->length);
    return 0;
}

/* The sizes were announced by who measured the source, so another one means that it changed. */
static int end_member(struct swt_bundle_writer *out, struct swt_error *err) {
    char text[SWT_SIZE_TEXT];
    if (out->left > 0)
        return swt_fail(err, SWT_E_FILE_CHANGED, "payload '%.*s' is %s shorter than was announced",
                        swt_shown_len(swt_buf_slice(&out->name)), swt_buf_text(&out->name),
                        swt_bytes_text(out->left, text));
    int r = put_zeros(out, out->tail, err);
    if (r < 0)
        return r;
    out->tail = 0;
    return 0;
}

static int put_envelope(struct swt_bundle_writer *out, enum swt_member_kind kind,
                        struct swt_slice bytes, struct swt_error *err) {
    const struct swt_member member = {.kind = kind, .length = bytes.len};
    int r = begin_member(out, &member, err);
    if (r == 0 && bytes.len > 0)
        r = swt_writer_write(out->writer, bytes.data, bytes.len, err);
    if (r < 0)
        return r;
    out->left = 0;
    return end_member(out, err);
}

int swt_bundle_writer_new(struct swt_writer *writer, const struct swt_bundle_plan *plan,
                          struct swt_bundle_writer **ret_out, struct swt_error *err) {
    SWT_CLEANUP(swt_bundle_writer_cleanup)
    struct swt_bundle_writer *out = calloc(1, sizeof *out);
    int r = 0;
    if (!out)
        return swt_fail_memory(err);
    out->container = swt_container_of(plan->format);
    out->writer = writer;

    if (plan->has_root)
        r = put_envelope(out, SWT_MEMBER_ROOT, plan->root, err);
    if (r == 0)
        r = put_envelope(out, SWT_MEMBER_TARGETS, plan->targets, err);
    if (r < 0)
        return r;
    *ret_out = SWT_TAKE(out);
    return 0;
}

static int refuse_failed(const struct swt_bundle_writer *out, struct swt_error *err) {
    return out->failed
               ? swt_fail(err, SWT_E_IO, "the bundle could not be written before this point")
               : 0;
}

static int begin_payload(struct swt_bundle_writer *out, struct swt_slice name, uint64_t length,
                         struct swt_error *err) {
    const struct swt_member member = {SWT_MEMBER_PAYLOAD, name, length};
    int r = end_member(out, err);
    if (r < 0)
        return r;
    if (out->payload_count == SWT_MAX_PAYLOADS)
        return swt_fail(err, SWT_E_CONTAINER, "there are more than %d payloads", SWT_MAX_PAYLOADS);
    r = begin_member(out, &member, err);
    if (r < 0)
        return r;
    out->payload_count++;
    swt_buf_clear(&out->name);
    return swt_buf_append_slice(&out->name, name, err);
}

int swt_bundle_writer_begin(struct swt_bundle_writer *out, struct swt_slice name, uint64_t length,
                            struct swt_error *err) {
    int r = refuse_failed(out, err);
    if (r == 0)
        r = begin_payload(out, name, length, err);
    out->failed = r < 0;
    return r;
}

int swt_bundle_writer_write(struct swt_bundle_writer *out, const void *data, size_t len,
                            struct swt_error *err) {
    int r = refuse_failed(out, err);
    if (r == 0 && len > out->left) {
        r = swt_fail(err, SWT_E_FILE_CHANGED, "payload '%.*s' is longer than was announced",
                     swt_shown_len(swt_buf_slice(&out->name)), swt_buf_text(&out->name));
    }
    if (r == 0 && len > 0)
        r = swt_writer_write(out->writer, data, len, err);
    out->failed = r < 0;
    if (r < 0)
        return r;
    out->left -= len;
    return 0;
}

int swt_bundle_writer_finish(struct swt_bundle_writer *out, struct swt_error *err) {
    int r = refuse_failed(out, err);
    if (r == 0)
        r = end_member(out, err);
    if (r == 0)
        r = put_zeros(out, out->container->end_size, err);
    out->failed = r < 0;
    return r;
}

void swt_bundle_writer_free(struct swt_bundle_writer *out) {
    if (!out)
        return;
    swt_buf_done(&out->head);
    swt_buf_done(&out->name);
    free(out);
}

void swt_bundle_writer_cleanup(struct swt_bundle_writer **out) {
    swt_bundle_writer_free(*out);
}
