/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/base.h"

#include <stdio.h>
#include <stdlib.h>

void swt_notices_done(struct swt_notices *notices) {
    for (size_t i = 0; i < notices->count; i++)
        free(notices->items[i].text);
    free(notices->items);
    *notices = (struct swt_notices){0};
}

int swt_notices_add(struct swt_notices *notices, struct swt_error *err, enum swt_notice_level level,
                    const char *format, ...) {
    /* The array has room for the next power of two, so that n notices cost O(n). */
    if ((notices->count & (notices->count - 1)) == 0) {
        size_t room = notices->count == 0 ? 1 : notices->count * 2;
        struct swt_notice *items = reallocarray(notices->items, room, sizeof *items);
        if (items == NULL)
            return swt_fail_memory(err);
        notices->items = items;
    }
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int len = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (len < 0)
        return swt_fail_memory(err);
    notices->items[notices->count++] = (struct swt_notice){.level = level, .text = text};
    return 0;
}
