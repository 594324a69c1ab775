/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <inttypes.h>

/* Up to want bytes from position that lie before end; fewer only where end comes first. */
static int window_view(struct swt_window *window, uint64_t end, size_t want,
                       struct swt_slice *ret_bytes, struct swt_error *err) {
    struct swt_reader *reader = window->bundle->reader;
    if (want > end - window->position)
        want = (size_t)(end - window->position);

    bool inside = window->position >= window->start &&
                  window->position - window->start <= window->len &&
                  want <= window->len - (size_t)(window->position - window->start);
    if (!inside) {
        size_t len;
        int r = swt_reader_seek(reader, window->position, err);
        if (r < 0)
            return r;
        window->len = 0;
        r = swt_reader_read(reader, window->data, sizeof window->data, &len, err);
        if (r < 0)
            return r;
        window->start = window->position;
        window->len = len;
        if (len < want) {
            swt_fail(err, SWT_E_CONTAINER, "the file got shorter while it was read");
            return swt_bundle_error_at(window->bundle, window->position + len, err);
        }
    }
    *ret_bytes = swt_slice_of(window->data + (window->position - window->start), want);
    return 0;
}

static int read_varint(struct swt_window *window, uint64_t end, const char *what,
                       uint64_t *ret_value, struct swt_error *err) {
    struct swt_slice bytes = {0};
    int r = window_view(window, end, SWT_VARINT_MAX, &bytes, err);
    if (r < 0)
        return r;
    int len = swt_varint_read(bytes, ret_value);
    if (len <= 0) {
        swt_fail(err, SWT_E_CONTAINER,
                 len == 0 ? "the message ends within %s"
                          : "%s is a varint that is not minimal or over 64 bits",
                 what);
        return swt_bundle_error_at(window->bundle, window->position, err);
    }
    window->position += (uint64_t)len;
    return 0;
}

static int read_tag(struct swt_window *window, uint64_t end, struct swt_window_field *ret_field,
                    struct swt_error *err) {
    uint64_t offset = window->position;
    uint64_t tag = 0;
    int r = read_varint(window, end, "a field's tag", &tag, err);
    if (r < 0)
        return r;
    if (tag > UINT32_MAX) {
        swt_fail(err, SWT_E_CONTAINER, "a field's tag is over 32 bits");
        return swt_bundle_error_at(window->bundle, offset, err);
    }
    uint32_t number = (uint32_t)tag >> 3;
    unsigned type = (unsigned)tag & 7;
    if (number == 0) {
        swt_fail(err, SWT_E_CONTAINER, "a field has the number 0");
        return swt_bundle_error_at(window->bundle, offset, err);
    }
    if (type != SWT_WIRE_VARINT && type != SWT_WIRE_64 && type != SWT_WIRE_BYTES &&
        type != SWT_WIRE_32) {
        swt_fail(err, SWT_E_CONTAINER, "field %" PRIu32 " has the wire type %u (%s)", number, type,
                 type == 3 || type == 4 ? "a group" : "not in use");
        return swt_bundle_error_at(window->bundle, offset, err);
    }
    *ret_field = (struct swt_window_field){
        .number = number, .type = (enum swt_wire_type)type, .offset = offset};
    return 0;
}

int swt_window_next(struct swt_window *window, uint64_t end, struct swt_window_field *ret_field,
                    struct swt_error *err) {
    struct swt_window_field field = {0};
    uint64_t value;
    if (window->position == end)
        return 0;
    int r = read_tag(window, end, &field, err);
    if (r < 0)
        return r;

    if (field.type == SWT_WIRE_VARINT) {
        r = read_varint(window, end, "a field's value", &value, err);
        if (r < 0)
            return r;
        *ret_field = field;
        return 1;
    }
    if (field.type == SWT_WIRE_BYTES) {
        r = read_varint(window, end, "a field's length", &field.length, err);
        if (r < 0)
            return r;
    } else
        field.length = field.type == SWT_WIRE_64 ? 8 : 4;

    field.value_offset = window->position;
    if (field.length > end - window->position) {
        char length[SWT_SIZE_TEXT], left[SWT_SIZE_TEXT];
        swt_fail(err, SWT_E_CONTAINER, "field %" PRIu32 " has %s, but only %s are left in its %s",
                 field.number, swt_bytes_text(field.length, length),
                 swt_bytes_text(end - window->position, left),
                 end == swt_reader_size(window->bundle->reader) ? "file" : "message");
        return swt_bundle_error_at(window->bundle, field.offset, err);
    }
    if (field.type != SWT_WIRE_BYTES)
        window->position += field.length;
    *ret_field = field;
    return 1;
}

int swt_window_take(struct swt_window *window, uint64_t length, struct swt_buf *ret_bytes,
                    struct swt_error *err) {
    uint64_t end = window->position + length;
    while (window->position < end) {
        struct swt_slice bytes = {0};
        int r = window_view(window, end, sizeof window->data, &bytes, err);
        if (r < 0)
            return r;
        r = swt_buf_append_slice(ret_bytes, bytes, err);
        if (r < 0)
            return r;
        window->position += bytes.len;
    }
    return 0;
}
