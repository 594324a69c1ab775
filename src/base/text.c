/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool swt_ascii_equal(const char *a, const char *b, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (lower(a[i]) != lower(b[i]) || a[i] == '\0')
            return false;
    return true;
}

char *swt_strdup(const char *text, struct swt_error *err) {
    char *copy = strdup(text);
    if (copy == NULL)
        (void)swt_fail_memory(err);
    return copy;
}

char *swt_format(struct swt_error *err, const char *format, ...) {
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int len = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (len < 0) {
        (void)swt_fail_memory(err);
        return NULL;
    }
    return text;
}

void swt_hex_encode(const uint8_t *data, size_t len, char *ret_text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        ret_text[2 * i] = digits[data[i] >> 4];
        ret_text[2 * i + 1] = digits[data[i] & 15];
    }
    ret_text[2 * len] = '\0';
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool swt_hex_decode(const char *text, uint8_t *ret_data, size_t len) {
    /* Checked as a whole first: an output is written only on success. The scan ends at the NUL. */
    for (size_t i = 0; i / 2 < len; i++)
        if (hex_digit(text[i]) < 0)
            return false;
    if (text[2 * len] != '\0')
        return false;
    for (size_t i = 0; i < len; i++)
        ret_data[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return true;
}

/* ---- a word for a shell ------------------------------------------------------------------ */

static int append_quoted(struct swt_buf *buf, const char *text, struct swt_error *err) {
    int rc = 0;
    for (size_t len = strcspn(text, "'"); rc == 0 && text[len] != '\0'; len = strcspn(text, "'")) {
        rc = swt_buf_printf(buf, err, "%.*s'\\''", (int)len, text);
        text += len + 1;
    }
    return rc < 0 ? rc : swt_buf_append_slice(buf, swt_slice_text(text), err);
}

int swt_shell_word(struct swt_buf *buf, const char *text, struct swt_error *err) {
    static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    bool plain = text[0] != '\0' && text[strspn(text, PLAIN)] == '\0';
    const char *quote = plain ? "" : "'";
    bool is_option = text[0] == '-' && text[1] != '\0';
    int rc = swt_buf_printf(buf, err, "%s%s", quote, is_option ? "./" : "");
    if (rc == 0)
        rc = append_quoted(buf, text, err);
    return rc < 0 ? rc : swt_buf_append_slice(buf, swt_slice_text(quote), err);
}
