/* SPDX-License-Identifier: Apache-2.0 */
#include "columns.h"
#include "terminal.h"

#include <string.h>
#include <wchar.h>

static struct swt_slice rest_of(struct swt_slice text, size_t len) {
    return swt_slice_of(text.data + len, text.len - len);
}

/* "\033[1;31m" at the start of text: its length; 0 when there is none. */
static size_t colour_length(struct swt_slice text) {
    if (text.len < 2 || memcmp(text.data, "\033[", 2) != 0)
        return 0;
    const uint8_t *end = memchr(text.data, 'm', text.len);
    return end == NULL ? 0 : (size_t)(end - text.data) + 1;
}

/* One character, or a colour: its bytes, and its columns. */
static size_t next(struct swt_slice text, size_t *ret_columns) {
    *ret_columns = 1;
    if (text.len > 0 && text.data[0] >= ' ' && text.data[0] <= '~')
        return 1;
    size_t len = colour_length(text);
    *ret_columns = 0;
    if (len > 0)
        return len;
    uint32_t character;
    len = swt_utf8_next(text, &character);
    /* What the locale does not know takes one, as most characters do. */
    int columns = wcwidth((wchar_t)character);
    *ret_columns = columns < 0 ? 1 : (size_t)columns;
    return len;
}

size_t swt_columns_of(struct swt_slice text) {
    size_t all = 0;
    while (text.len > 0) {
        size_t columns;
        text = rest_of(text, next(text, &columns));
        all += columns;
    }
    return all;
}

size_t swt_columns_cut(struct swt_slice text, size_t columns) {
    size_t len = 0;
    while (len < text.len) {
        size_t taken;
        size_t step = next(rest_of(text, len), &taken);
        if (taken > columns)
            break;
        columns -= taken;
        len += step;
    }
    return len;
}

/* ---- printing ---------------------------------------------------------------------------- */

void swt_columns_blank(struct swt_output *out, size_t columns) {
    swt_output_printf(out, "%*s", (int)columns, "");
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
        text = rest_of(text, step);
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
        struct swt_slice head = swt_slice_of(text.data, swt_columns_cut(text, room - room / 2));
        struct swt_slice tail = end_of(text, columns - room / 2);
        swt_output_bytes(out, head);
        swt_output_printf(out, "%s", mark);
        swt_output_bytes(out, tail);
        columns = swt_columns_of(head) + mark_columns + swt_columns_of(tail);
    }
    if (columns < fill)
        swt_columns_blank(out, fill - columns);
}
