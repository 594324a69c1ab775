/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWT_METADATA_STRICT_H
#define SWT_METADATA_STRICT_H

#include "swt/base.h"

#include <protobuf-c/protobuf-c.h>

enum swt_unknown { SWT_UNKNOWN_REFUSED, SWT_UNKNOWN_COUNTED };

/*
 * Reads bytes as a message of that type, strictly (formats.md, "Read strictly"), before protobuf-c
 * sees them: where parsers of protobuf differ, nothing is accepted. base is the offset of bytes in
 * the file. SWT_E_METADATA with the offset. Counts unknown fields at any depth (ret_unknown).
 */
int swt_strict_scan(const ProtobufCMessageDescriptor *type, struct swt_slice bytes, uint64_t base,
                    enum swt_unknown policy, size_t *ret_unknown,
                    struct swt_error *err) SWT_CHECKED;
/* Of bytes that passed the scan: appends each unknown field, at any depth, in their order: the name
 * of its message and a NUL, then the field's bytes. */
int swt_strict_unknown(const ProtobufCMessageDescriptor *type, struct swt_slice bytes,
                       struct swt_buf *ret_fields, struct swt_error *err) SWT_CHECKED;

#endif
