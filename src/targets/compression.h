/* SPDX-License-Identifier: Apache-2.0 */
/* What compress.c and decompress.c share, and what payload.c uses of them. */
#ifndef SWT_TARGETS_COMPRESSION_H
#define SWT_TARGETS_COMPRESSION_H

#include "swt/targets.h"

struct archive;

/* The fault of a call of libarchive that gave result: a lack of memory, or code with what it says.
 */
int swt_archive_fail(struct archive *archive, enum swt_code code, const char *what,
                     struct swt_error *err);
/* Of a call that adds a filter: libarchive takes a program for one that it was built without. */
int swt_archive_check_filter(struct archive *archive, int result, enum swt_compression compression,
                             struct swt_error *err) SWT_CHECKED;

struct swt_compressor;
/* Compressed bytes go to sink, the last of them at finish. */
int swt_compressor_new(enum swt_compression compression, swt_bytes_sink *sink, void *context,
                       struct swt_compressor **ret_compressor, struct swt_error *err) SWT_CHECKED;
int swt_compressor_write(struct swt_compressor *compressor, const void *data, size_t len,
                         struct swt_error *err) SWT_CHECKED;
int swt_compressor_finish(struct swt_compressor *compressor, struct swt_error *err) SWT_CHECKED;
void swt_compressor_free(struct swt_compressor *compressor);
void swt_compressor_cleanup(struct swt_compressor **compressor);

#endif
