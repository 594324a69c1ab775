/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as the value of an option: numbers, sizes, times, spans, and SOURCE_DATE_EPOCH. What is
 * taken has one way to be written, or one that means the same.
 */
#include "../../src/pipeline/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

static void check_uint(const char *text) {
    uint64_t value;
    uint64_t same;
    char again[24];
    if (!swt_parse_uint(text, UINT64_MAX, &value))
        return;
    (void)snprintf(again, sizeof again, "%" PRIu64, value);
    require(strcmp(again, text) == 0);
    require(swt_parse_uint(text, value, &same) && same == value);
    require(value == 0 || !swt_parse_uint(text, value - 1, &same));
}

/* What is shown of a size is read as that size where it is exact. */
static void check_size(const char *text) {
    uint64_t bytes;
    uint64_t again;
    char shown[SWT_SIZE_TEXT];
    char count[SWT_SIZE_TEXT];
    if (!swt_parse_size(text, &bytes))
        return;
    if (strchr(swt_size_text(bytes, shown), '.') == NULL)
        require(swt_parse_size(shown, &again) && again == bytes);
    const char *unit = strchr(swt_bytes_text(bytes, count), ' ');
    require(unit != NULL && strcmp(unit, bytes == 1 ? " byte" : " bytes") == 0);
}

static void check_time(const char *text) {
    int64_t time;
    int64_t again;
    char shown[SWT_TIME_TEXT];
    if (!swt_parse_time(text, &time))
        return;
    require(swt_parse_time(swt_time_text(time, shown), &again) && again == time);
    require(strncmp(shown, text, strlen("0000-00-00")) == 0);
    require(strlen(text) == strlen("0000-00-00") || strcmp(shown, text) == 0);
}

static void check_expiry(const char *text) {
    const int64_t now = INT64_C(1700000000);
    int64_t span;
    int64_t expires;
    struct swt_error err;
    char shown[SWT_TIME_TEXT];
    if (swt_parse_span(text, &span))
        require(span >= 0 && span % 3600 == 0);
    if (swt_expiry_parse(text, "--expires", now, &expires, &err) == 0)
        require(swt_time_text(expires, shown)[0] != '@');
    else
        require(err.code == SWT_E_USAGE);
}

static void check_epoch(const char *text) {
    int64_t now = -1;
    int64_t again;
    struct swt_error err;
    char shown[SWT_TIME_TEXT];
    require(setenv("SOURCE_DATE_EPOCH", text, 1) == 0);
    if (swt_build_time(&now, &err) < 0)
        require(err.code == SWT_E_USAGE && now == -1);
    else
        require(swt_parse_time(swt_time_text(now, shown), &again) && again == now);
    require(unsetenv("SOURCE_DATE_EPOCH") == 0);
    require(swt_build_time(&now, &err) == 0 && now > 0);
}

/* A number of eight bytes, as what is read from metadata. */
static void check_shown(const uint8_t *data) {
    uint64_t value;
    int64_t again;
    char shown[SWT_TIME_TEXT];
    char size_shown[SWT_SIZE_TEXT];
    memcpy(&value, data, sizeof value);
    (void)swt_time_text((int64_t)value, shown);
    require(shown[0] != '\0' && strlen(shown) < sizeof shown);
    if (swt_parse_time(shown, &again))
        require(again == (int64_t)value);
    require(strlen(swt_size_text(value, size_shown)) < sizeof size_shown);
    require(strlen(swt_bytes_text(value, size_shown)) < sizeof size_shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = strndup(size == 0 ? "" : (const char *)data, size);
    if (text == NULL)
        return 0;
    check_uint(text);
    check_size(text);
    check_time(text);
    check_expiry(text);
    check_epoch(text);
    if (size >= sizeof(uint64_t))
        check_shown(data);
    free(text);
    return 0;
}
