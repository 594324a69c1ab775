/* SPDX-License-Identifier: Apache-2.0 */
#include "flow.h"
#include "columns.h"

#include <string.h>

static struct swt_slice rest_of(struct swt_slice text, size_t len) {
    return swt_slice_of(text.data + len, text.len - len);
}

#define PROGRAM "swupdate-tool"

static size_t blanks_at(struct swt_slice text) {
    size_t len = 0;
    while (len < text.len && text.data[len] == ' ')
        len++;
    return len;
}

static size_t word_at(struct swt_slice text) {
    size_t len = 0;
    while (len < text.len && text.data[len] != ' ')
        len++;
    const size_t name = strlen(PROGRAM);
    bool is_command = len >= name && memcmp(text.data + len - name, PROGRAM, name) == 0;
    while (is_command && len < text.len && text.data[len] != '`' && text.data[len] != ')')
        len++;
    /* With what follows the parenthesis: a comma, say. */
    while (is_command && len < text.len && text.data[len] != ' ')
        len++;
    return len;
}

/* A hash that fits only further to the left stands there: a terminal would cut it. */
static size_t indent_of(size_t columns, size_t hang, size_t width) {
    return hang + columns > width && columns < width ? width - columns : hang;
}

int swt_flow_line(struct swt_slice line, size_t hang, size_t width, struct swt_buf *ret_text,
                  struct swt_error *err) {
    if (swt_columns_of(line) <= width)
        return swt_buf_append_slice(ret_text, line, err);
    size_t column = 0;
    int rc = 0;
    while (rc == 0 && line.len > 0) {
        size_t blanks = blanks_at(line);
        struct swt_slice word = rest_of(line, blanks);
        word.len = word_at(word);
        line = rest_of(line, blanks + word.len);
        size_t columns = swt_columns_of(word);
        if (column + blanks > hang && column + blanks + columns > width) {
            column = indent_of(columns, hang, width);
            rc = swt_buf_printf(ret_text, err, "\n%*s", (int)column, "");
        } else {
            rc = swt_buf_printf(ret_text, err, "%*s", (int)blanks, "");
            column += blanks;
        }
        if (rc == 0)
            rc = swt_buf_append_slice(ret_text, word, err);
        column += columns;
    }
    return rc;
}
