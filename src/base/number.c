/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/base.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct size_unit {
    const char *name;
    unsigned shift;
} size_units[] = {{"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};

/* The digits at the start of text; the length read, 0 when there is no number or it is too big. */
static size_t read_digits(const char *text, uint64_t *ret_value) {
    uint64_t value = 0;
    size_t len = 0;
    for (; text[len] >= '0' && text[len] <= '9'; len++) {
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[len] - '0'), &value))
            return 0;
    }
    if (len > 1 && text[0] == '0')
        return 0;
    if (len > 0)
        *ret_value = value;
    return len;
}

bool swt_parse_uint(const char *text, uint64_t max, uint64_t *ret_value) {
    uint64_t value;
    size_t len = read_digits(text, &value);
    if (len == 0 || text[len] != '\0' || value > max)
        return false;
    *ret_value = value;
    return true;
}

bool swt_parse_size(const char *text, uint64_t *ret_bytes) {
    uint64_t value;
    size_t len = read_digits(text, &value);
    if (len == 0)
        return false;
    const char *unit = text + len;
    if (*unit == '\0') {
        *ret_bytes = value;
        return true;
    }
    if (*unit == ' ')
        unit++;
    for (size_t i = 0; i < SWT_COUNT(size_units); i++) {
        if (strcmp(unit, size_units[i].name) != 0)
            continue;
        if (value > UINT64_MAX >> size_units[i].shift)
            return false;
        *ret_bytes = value << size_units[i].shift;
        return true;
    }
    return false;
}

const char *swt_size_text(uint64_t bytes, char ret_text[SWT_SIZE_TEXT]) {
    size_t unit = 0;
    while (unit + 1 < SWT_COUNT(size_units) && bytes >> size_units[unit + 1].shift > 0)
        unit++;
    unsigned shift = size_units[unit].shift;
    uint64_t whole = bytes >> shift;
    uint64_t rest = bytes - (whole << shift);
    if (rest == 0) {
        (void)snprintf(ret_text, SWT_SIZE_TEXT, "%" PRIu64 " %s", whole, size_units[unit].name);
        return ret_text;
    }
    /* rest < 2^30, so nothing here overflows; shift is at least 10. */
    uint64_t tenths = (rest * 10 + (UINT64_C(1) << (shift - 1))) >> shift;
    whole += tenths / 10;
    tenths %= 10;
    if (whole == 1024 && unit + 1 < SWT_COUNT(size_units)) {
        whole = 1;
        unit++;
    }
    (void)snprintf(ret_text, SWT_SIZE_TEXT, "%" PRIu64 ".%u %s", whole, (unsigned)tenths,
                   size_units[unit].name);
    return ret_text;
}

const char *swt_bytes_text(uint64_t bytes, char ret_text[SWT_SIZE_TEXT]) {
    char digits[24];
    size_t count = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, bytes);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            ret_text[at++] = ',';
        ret_text[at++] = digits[i];
    }
    (void)snprintf(ret_text + at, SWT_SIZE_TEXT - at, bytes == 1 ? " byte" : " bytes");
    return ret_text;
}
