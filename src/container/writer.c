/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a bundle: what is the same whatever its form. */
#include "backend.h"

#include <stdlib.h>

struct swt_bundle_writer {
    const struct swt_container *container;
    struct swt_writer *writer; /* borrowed */
    size_t root_length;        /* of the envelopes in the head */
    size_t targets_length;
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

/* ---- the head ---------------------------------------------------------------------------- */

static int encode_envelope(const struct swt_container *container, enum swt_member_kind kind,
                           struct swt_slice bytes, struct swt_buf *head, uint64_t *total,
                           struct swt_error *err) {
    static const uint8_t zeros[SWT_TAR_BLOCK];
    const struct swt_member member = {.kind = kind, .length = bytes.len};
    int r = swt_member_plan(container, &member, head, total, err);
    if (r == 0)
        r = swt_buf_append_slice(head, bytes, err);
    return r < 0 ? r : swt_buf_append(head, zeros, container->member_tail(bytes.len), err);
}

static int encode_head(const struct swt_container *container, const struct swt_bundle_plan *plan,
                       struct swt_buf *ret_head, uint64_t *total, struct swt_error *err) {
    int r = 0;
    if (plan->has_root)
        r = encode_envelope(container, SWT_MEMBER_ROOT, plan->root, ret_head, total, err);
    return r < 0 ? r
                 : encode_envelope(container, SWT_MEMBER_TARGETS, plan->targets, ret_head, total,
                                   err);
}

int swt_bundle_writer_new(struct swt_writer *writer, const struct swt_bundle_plan *plan,
                          struct swt_bundle_writer **ret_out, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf head = {0};
    SWT_CLEANUP(swt_bundle_writer_cleanup)
    struct swt_bundle_writer *out = calloc(1, sizeof *out);
    if (!out)
        return swt_fail_memory(err);
    out->container = swt_container_of(plan->format);
    out->writer = writer;
    int r = encode_head(out->container, plan, &head, &out->total, err);
    if (r == 0)
        r = swt_writer_write(writer, head.data, head.len, err);
    if (r < 0)
        return r;
    out->root_length = plan->has_root ? plan->root.len : 0;
    out->targets_length = plan->targets.len;
    *ret_out = SWT_TAKE(out);
    return 0;
}

int swt_bundle_writer_head(struct swt_bundle_writer *out, const struct swt_bundle_plan *plan,
                           struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf head = {0};
    uint64_t total = 0;
    if ((plan->has_root ? plan->root.len : 0) != out->root_length ||
        plan->targets.len != out->targets_length)
        return swt_fail(err, SWT_E_IO, "the head of the bundle is not as long as was planned");
    int r = encode_head(out->container, plan, &head, &total, err);
    return r < 0 ? r : swt_writer_write_at(out->writer, 0, head.data, head.len, err);
}

/* ---- payloads ---------------------------------------------------------------------------- */

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

int swt_bundle_writer_leave_out(struct swt_bundle_writer *out, struct swt_slice name,
                                uint64_t length, struct swt_error *err) {
    const struct swt_member member = {SWT_MEMBER_PAYLOAD, name, length};
    int r = refuse_failed(out, err);
    if (r == 0)
        r = swt_member_check_left_out(out->container, &member, err);
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

int swt_bundle_writer_skip(struct swt_bundle_writer *out, uint64_t *ret_offset,
                           struct swt_error *err) {
    uint64_t offset = swt_writer_offset(out->writer);
    int r = refuse_failed(out, err);
    if (r == 0)
        r = swt_writer_skip(out->writer, out->left, err);
    out->failed = r < 0;
    if (r < 0)
        return r;
    out->left = 0;
    *ret_offset = offset;
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
