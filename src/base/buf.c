/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_CAP_MIN 64

void swt_buf_done(struct swt_buf *buf) {
    free(buf->data);
    *buf = (struct swt_buf){0};
}

struct swt_slice swt_buf_slice(const struct swt_buf *buf) {
    return swt_slice_of(buf->data, buf->len);
}

const char *swt_buf_text(const struct swt_buf *buf) {
    return buf->data == NULL ? "" : (const char *)buf->data;
}

/* Makes room for more bytes and the NUL after them. */
static int reserve(struct swt_buf *buf, size_t more, struct swt_error *err) {
    size_t needed;
    if (__builtin_add_overflow(buf->len, more, &needed) ||
        __builtin_add_overflow(needed, (size_t)1, &needed))
        return swt_fail_memory(err);
    if (needed <= buf->cap)
        return 0;
    size_t cap = buf->cap < BUF_CAP_MIN ? BUF_CAP_MIN : buf->cap;
    while (cap < needed)
        cap = cap > SIZE_MAX / 2 ? needed : cap * 2;
    uint8_t *data = realloc(buf->data, cap);
    if (data == NULL)
        return swt_fail_memory(err);
    buf->data = data;
    buf->cap = cap;
    data[buf->len] = '\0';
    return 0;
}

int swt_buf_append(struct swt_buf *buf, const void *data, size_t len, struct swt_error *err) {
    if (len == 0)
        return 0;
    int r = reserve(buf, len, err);
    if (r < 0)
        return r;
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return 0;
}

int swt_buf_append_slice(struct swt_buf *buf, struct swt_slice slice, struct swt_error *err) {
    return swt_buf_append(buf, slice.data, slice.len, err);
}

int swt_buf_printf(struct swt_buf *buf, struct swt_error *err, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (len < 0)
        return swt_fail_errno(err, errno, "cannot format a text");
    int r = reserve(buf, (size_t)len, err);
    if (r < 0)
        return r;
    va_start(arguments, format);
    (void)vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, arguments);
    va_end(arguments);
    buf->len += (size_t)len;
    return 0;
}

void swt_buf_clear(struct swt_buf *buf) {
    buf->len = 0;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}
