/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/base.h"

#include <string.h>

struct swt_slice swt_slice_of(const void *data, size_t len) {
    return (struct swt_slice){.data = data, .len = len};
}

struct swt_slice swt_slice_text(const char *text) {
    return swt_slice_of(text, strlen(text));
}

bool swt_slice_equal(struct swt_slice a, struct swt_slice b) {
    return a.len == b.len && swt_slice_compare(a, b) == 0;
}

int swt_slice_compare(struct swt_slice a, struct swt_slice b) {
    size_t common = a.len < b.len ? a.len : b.len;
    /* memcmp may not be given NULL, which an empty slice may hold. */
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}
