/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"
#include "columns.h"
#include "flow.h"
#include "progress.h"
#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A dump of 10,000 targets should not be one write, nor 10,000. */
#define PENDING_MAX ((size_t)64 * 1024)

void swt_output_init(struct swt_output *out, int fd) {
    *out = (struct swt_output){0};
    swt_output_redirect(out, fd);
}

void swt_output_redirect(struct swt_output *out, int fd) {
    out->fd = fd;
    out->width = isatty(fd) ? swt_terminal_width(fd) : 0;
}

void swt_output_done(struct swt_output *out) {
    swt_buf_done(&out->pending);
}

static const char *stream_name(int fd) {
    return fd == STDERR_FILENO ? "standard error" : "standard output";
}

/* What is pending is gone after this, whether it arrived or not. */
static void write_pending(struct swt_output *out) {
    struct swt_slice text = swt_buf_slice(&out->pending);
    if (text.len > 0)
        swt_progress_erase(out->progress);
    if (out->failure.code == SWT_OK && swt_fd_tell(out->fd, text, &out->failure) < 0)
        (void)swt_error_context(&out->failure, "%s", stream_name(out->fd));
    swt_buf_clear(&out->pending);
    out->line = 0;
}

/* ---- lines that fit ---------------------------------------------------------------------- */

#define WHOLE SIZE_MAX
/* A continuation that begins further right would have no room. */
#define HANG_MAX(width_) ((width_) / 2)

static struct swt_slice line_of(const struct swt_output *out) {
    if (out->pending.len == out->line)
        return swt_slice_text("");
    return swt_slice_of(out->pending.data + out->line, out->pending.len - out->line);
}

static size_t default_hang(struct swt_slice line) {
    size_t blanks = 0;
    while (blanks < line.len && line.data[blanks] == ' ')
        blanks++;
    return blanks + 2;
}

static int flow_line(struct swt_output *out, struct swt_slice line, struct swt_buf *ret_text) {
    size_t hang = out->hang;
    out->hang = 0;
    if (hang == WHOLE)
        return swt_buf_append_slice(ret_text, line, &out->failure);
    if (hang == 0 || hang > HANG_MAX(out->width))
        hang = default_hang(line);
    return swt_flow_line(line, hang < HANG_MAX(out->width) ? hang : HANG_MAX(out->width),
                         out->width, ret_text, &out->failure);
}

/* Lines that are complete get their breaks. */
static void flow(struct swt_output *out) {
    struct swt_slice text = line_of(out);
    const uint8_t *newline = memchr(text.data, '\n', text.len);
    SWT_CLEANUP(swt_buf_done) struct swt_buf broken = {0};
    int rc = 0;
    if (newline == NULL)
        return;
    while (rc == 0 && newline != NULL) {
        struct swt_slice line = swt_slice_of(text.data, (size_t)(newline - text.data));
        rc = flow_line(out, line, &broken);
        if (rc == 0)
            rc = swt_buf_append(&broken, "\n", 1, &out->failure);
        text = swt_slice_of(newline + 1, text.len - line.len - 1);
        newline = memchr(text.data, '\n', text.len);
    }
    size_t lines = broken.len;
    if (rc == 0)
        rc = swt_buf_append_slice(&broken, text, &out->failure);
    if (rc < 0)
        return;
    out->pending.len = out->line;
    if (swt_buf_append_slice(&out->pending, swt_buf_slice(&broken), &out->failure) == 0)
        out->line += lines;
}

void swt_output_hang(struct swt_output *out) {
    if (out->width > 0 && out->failure.code == SWT_OK)
        out->hang = swt_columns_of(line_of(out));
}

void swt_output_whole(struct swt_output *out) {
    out->hang = WHOLE;
}

static void after_append(struct swt_output *out) {
    if (out->width > 0)
        flow(out);
    if (out->pending.len >= PENDING_MAX)
        write_pending(out);
}

void swt_output_printf(struct swt_output *out, const char *format, ...) {
    if (out->failure.code != SWT_OK)
        return;
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int len = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (len < 0) {
        (void)swt_fail_memory(&out->failure);
        return;
    }
    swt_output_bytes(out, swt_slice_of(text, (size_t)len));
    free(text);
}

void swt_output_bytes(struct swt_output *out, struct swt_slice bytes) {
    while (bytes.len > PENDING_MAX && out->width == 0 && out->failure.code == SWT_OK) {
        swt_output_bytes(out, swt_slice_of(bytes.data, PENDING_MAX));
        bytes = swt_slice_of(bytes.data + PENDING_MAX, bytes.len - PENDING_MAX);
    }
    if (out->failure.code == SWT_OK &&
        swt_buf_append_slice(&out->pending, bytes, &out->failure) == 0)
        after_append(out);
}

void swt_output_escaped(struct swt_output *out, struct swt_slice text) {
    if (out->failure.code == SWT_OK && swt_text_escape(&out->pending, text, &out->failure) == 0)
        after_append(out);
}

void swt_output_escaped_text(struct swt_output *out, const char *text) {
    swt_output_escaped(out, swt_slice_text(text));
}

int swt_output_flush(struct swt_output *out, struct swt_error *err) {
    write_pending(out);
    if (out->failure.code == SWT_OK)
        return 0;
    *err = out->failure;
    return -(int)err->code;
}
