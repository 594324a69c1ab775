/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The last second of the year 9999: times after it have no text. */
#define LAST_TIME INT64_C(253402300799)

int swt_build_time(int64_t *ret_now, struct swt_error *err) {
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    uint64_t seconds;
    if (epoch == NULL) {
        *ret_now = (int64_t)time(NULL);
        return 0;
    }
    if (!swt_parse_uint(epoch, LAST_TIME, &seconds))
        return swt_fail(err, SWT_E_USAGE, "SOURCE_DATE_EPOCH is '%s', expected seconds since 1970",
                        epoch);
    *ret_now = (int64_t)seconds;
    return 0;
}

static const char DIGITS[] = "0123456789";

bool swt_span_written(const char *text) {
    size_t len = strspn(text, DIGITS);
    return len > 0 && text[len] != '\0' && strchr("hdwy", text[len]) != NULL &&
           text[len + 1] == '\0';
}

static bool date_written(const char *text) {
    return strspn(text, DIGITS) == strlen("2027") && text[strlen("2027")] == '-';
}

int swt_expiry_parse(const char *text, const char *option, int64_t now, int64_t *ret_expires,
                     struct swt_error *err) {
    int64_t span;
    if (swt_parse_time(text, ret_expires))
        return 0;
    if (swt_parse_span(text, &span) && span <= LAST_TIME - now) {
        *ret_expires = now + span;
        return 0;
    }
    if (swt_span_written(text))
        swt_fail(err, SWT_E_USAGE, "%s '%s' is too long: it ends after the year 9999", option,
                 text);
    else if (date_written(text))
        swt_fail(err, SWT_E_USAGE, "%s '%s' is no day or time from 1970 to 9999", option, text);
    else
        swt_fail(err, SWT_E_USAGE, "%s '%s' is neither a time nor a span", option, text);
    return swt_error_hint(err,
                          "write it as in 2027-11-23T00:00:00Z, 2027-11-23 (its last second), 90d "
                          "or 1y");
}
