/* SPDX-License-Identifier: Apache-2.0 */
/* What payload.c uses of compress.c. */
#ifndef SWT_TARGETS_COMPRESSION_H
#define SWT_TARGETS_COMPRESSION_H

#include "swt/targets.h"

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
