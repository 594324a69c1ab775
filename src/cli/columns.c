/* SPDX-License-Identifier: Apache-2.0 */
#include "columns.h"
#include "terminal.h"

#include <wchar.h>

/* The next character: its bytes, and *ret_columns of it. Where the locale knows none, one. */
static size_t next(struct swt_slice text, size_t *ret_columns) {
    uint32_t character;
    size_t len = swt_utf8_next(text, &character);
    int columns = wcwidth((wchar_t)character);
    *ret_columns = columns < 0 ? 1 : (size_t)columns;
    return len;
}

static struct swt_slice after(struct swt_slice text, size_t len) {
    return swt_slice_of(text.data + len, text.len - len);
}

size_t swt_columns_of(struct swt_slice text) {
    size_t columns = 0;
    while (text.len > 0) {
        size_t more;
        text = after(text, next(text, &more));
        columns += more;
    }
    return columns;
}

void swt_columns_blank(struct swt_output *out, size_t columns) {
    swt_output_printf(out, "%*s", (int)columns, "");
}

/* The bytes of the longest start of text that has at most width columns; *ret_columns of it. */
static size_t start_of(struct swt_slice text, size_t width, size_t *ret_columns) {
    size_t len = 0;
    size_t columns = 0;
    while (len < text.len) {
        size_t more;
        size_t step = next(after(text, len), &more);
        if (columns + more > width)
            break;
        columns += more;
        len += step;
    }
    *ret_columns = columns;
    return len;
}

/* What is left when so many columns at the start, at least, are gone; nothing that would combine
 * with what stands before it. */
static struct swt_slice end_of(struct swt_slice text, size_t gone) {
    size_t columns = 0;
    while (text.len > 0) {
        size_t more;
        size_t step = next(text, &more);
        if (columns >= gone && more > 0)
            break;
        columns += more;
        text = after(text, step);
    }
    return text;
}

void swt_columns_print(struct swt_output *out, struct swt_slice text, size_t width, size_t fill) {
    size_t columns = swt_columns_of(text);
    if (columns <= width) {
        swt_output_bytes(out, text);
    } else {
        const char *mark = swt_terminal_utf8() ? "…" : "...";
        size_t mark_columns = swt_terminal_utf8() ? 1 : 3;
        size_t room = width > mark_columns ? width - mark_columns : 0;
        size_t head_columns;
        size_t head = start_of(text, room - room / 2, &head_columns);
        struct swt_slice tail = end_of(text, columns - room / 2);
        swt_output_bytes(out, swt_slice_of(text.data, head));
        swt_output_printf(out, "%s", mark);
        swt_output_bytes(out, tail);
        columns = head_columns + mark_columns + swt_columns_of(tail);
    }
    if (columns < fill)
        swt_columns_blank(out, fill - columns);
}
