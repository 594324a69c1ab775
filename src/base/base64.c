/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/base.h"

#include <string.h>

/* Three bytes are four digits of six bits. */
#define GROUP_BYTES ((size_t)3)
#define GROUP_DIGITS ((size_t)4)

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int swt_base64_encode(struct swt_slice bytes, struct swt_buf *ret_text, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < bytes.len && rc == 0; i += GROUP_BYTES) {
        size_t len = bytes.len - i < GROUP_BYTES ? bytes.len - i : GROUP_BYTES;
        uint32_t group = (uint32_t)bytes.data[i] << 16;
        if (len > 1)
            group |= (uint32_t)bytes.data[i + 1] << 8;
        if (len > 2)
            group |= bytes.data[i + 2];
        uint8_t digits[GROUP_DIGITS];
        for (size_t j = 0; j < GROUP_DIGITS; j++)
            digits[j] = (uint8_t)(j <= len ? DIGITS[group >> (18 - 6 * j) & 0x3f] : '=');
        rc = swt_buf_append(ret_text, digits, sizeof digits, err);
    }
    return rc;
}

/* 0 to 63, or -1. */
static int digit_value(uint8_t digit) {
    const char *place = digit == '\0' ? NULL : strchr(DIGITS, digit);
    return place == NULL ? -1 : (int)(place - DIGITS);
}

/* The bytes of a group, 0 when it is none: digits missing, padding that is not at the end of the
 * text, or bits beyond the last byte that are not zero, so that two texts would be the same bytes.
 */
static size_t read_group(const uint8_t *digits, bool last, uint8_t ret_bytes[GROUP_BYTES]) {
    size_t padding = 0;
    if (last && digits[3] == '=')
        padding = digits[2] == '=' ? 2 : 1;
    uint32_t group = 0;
    for (size_t i = 0; i < GROUP_DIGITS; i++) {
        int value = i < GROUP_DIGITS - padding ? digit_value(digits[i]) : 0;
        if (value < 0)
            return 0;
        group = group << 6 | (uint32_t)value;
    }
    if ((group & ((1U << 8 * padding) - 1)) != 0)
        return 0;
    ret_bytes[0] = (uint8_t)(group >> 16);
    ret_bytes[1] = (uint8_t)(group >> 8);
    ret_bytes[2] = (uint8_t)group;
    return GROUP_BYTES - padding;
}

int swt_base64_decode(struct swt_slice text, struct swt_buf *ret_bytes, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    if (text.len % GROUP_DIGITS != 0)
        return 0;
    for (size_t i = 0; i < text.len; i += GROUP_DIGITS) {
        uint8_t group[GROUP_BYTES];
        size_t len = read_group(text.data + i, i + GROUP_DIGITS == text.len, group);
        if (len == 0)
            return 0;
        int rc = swt_buf_append(&bytes, group, len, err);
        if (rc < 0)
            return rc;
    }
    int rc = swt_buf_append_slice(ret_bytes, swt_buf_slice(&bytes), err);
    return rc < 0 ? rc : 1;
}
