/* SPDX-License-Identifier: Apache-2.0 */
#include "compression.h"

#include <string.h>

static const char *const NAMES[] = {[SWT_COMPRESSION_NONE] = "none",
                                    [SWT_COMPRESSION_GZIP] = "gzip",
                                    [SWT_COMPRESSION_XZ] = "xz",
                                    [SWT_COMPRESSION_ZSTD] = "zstd"};

const char *swt_compression_name(enum swt_compression compression) {
    return NAMES[compression];
}

bool swt_compression_parse(const char *text, enum swt_compression *ret_compression) {
    for (size_t i = 0; i < SWT_COUNT(NAMES); i++) {
        if (strcmp(text, NAMES[i]) != 0)
            continue;
        *ret_compression = (enum swt_compression)i;
        return true;
    }
    return false;
}
