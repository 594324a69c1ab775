/* SPDX-License-Identifier: Apache-2.0 */
#include "compression.h"

#include <archive.h>
#include <errno.h>
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

int swt_archive_fail(struct archive *archive, enum swt_code code, const char *what,
                     struct swt_error *err) {
    const char *said = archive_error_string(archive);
    /* Some of its faults come without a word. */
    if (said == NULL)
        return swt_fail(err, code, "%s", what);
    /* zstd's own lack of memory comes as a text only. */
    if (archive_errno(archive) == ENOMEM || strstr(said, "not enough memory") != NULL)
        return swt_fail_memory(err);
    return swt_fail(err, code, "%s: libarchive says: %s", what, said);
}

int swt_archive_check_filter(struct archive *archive, int result, enum swt_compression compression,
                             struct swt_error *err) {
    if (result == ARCHIVE_OK)
        return 0;
    if (result == ARCHIVE_FATAL)
        return swt_archive_fail(archive, SWT_E_IO, "cannot set up the compression", err);
    return swt_fail(err, SWT_E_COMPRESSION, "the libarchive of this machine was built without %s",
                    swt_compression_name(compression));
}
