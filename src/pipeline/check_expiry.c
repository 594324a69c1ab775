/* SPDX-License-Identifier: Apache-2.0 */
/* --expires-within: what a nightly job wants to hear of before devices do. */
#include "check.h"

#include <stdio.h>

enum { HOUR = 60 * 60, DAY = 24 * HOUR };

bool swt_check_expires_within(const struct swt_check *check, int64_t expires) {
    return check->within > 0 && expires <= check->now + check->within;
}

/* ", in 3 days", ", in 5 hours" */
static void put_left(int64_t left, char *ret_text, size_t size) {
    long long count = (long long)(left >= DAY ? left / DAY : left / HOUR);
    const char *unit = left >= DAY ? "day" : "hour";
    (void)snprintf(ret_text, size, ", in %lld %s%s", count, unit, count == 1 ? "" : "s");
}

int swt_check_expiry(const struct swt_check *check, struct swt_checked_file *file,
                     const struct swt_expiring *expiring, struct swt_error *err) {
    if (!swt_check_expires_within(check, expiring->expires))
        return 0;
    bool past = expiring->expires <= check->now;
    if (past && expiring->told_as != NULL && swt_check_has(file, expiring->told_as))
        return 0;
    char expires[SWT_TIME_TEXT];
    char left[40] = "";
    char message[256];
    swt_time_text(expiring->expires, expires);
    if (!past)
        put_left(expiring->expires - check->now, left, sizeof left);
    (void)snprintf(message, sizeof message, "%s %s %s%s", expiring->what,
                   past ? "expired" : "expires", expires, left);
    struct swt_finding finding = {
        .level = SWT_LEVEL_ERROR, .code = "expires-within", .message = message};
    swt_finding_at(&finding, file, expiring->node);
    return swt_check_add(file, &finding, err);
}
