/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWT_METADATA_TARGETS_H
#define SWT_METADATA_TARGETS_H

#include "message.h"

/* The fields of tuf.proto in TargetsMetadata, TargetFile and Hash. protobuf-c would make three
 * messages of each target, ten times what is kept of them: targets.c walks over the bytes that
 * passed the strict scan, so that each field is of its type and, unless it is repeated, there once;
 * targets_encode.c writes them in the order of their numbers, without what is zero or empty. */
enum { FIELD_COMMON = 1, FIELD_TARGET_FILES = 2 };
enum { FIELD_FILE_NAME = 1, FIELD_LENGTH = 2, FIELD_HASHES = 3 };
enum { FIELD_FUNCTION = 1, FIELD_HASH = 2 };

/* What targets->message points to. The orders are made once, when decoding: with 10,000 targets a
 * search by walking would be quadratic in the callers. */
struct swt_targets_memory {
    struct swt_targets targets;
    struct swt_arena arena;
    const struct swt_target **by_name;   /* bytewise, equal names in metadata order */
    const struct swt_target **by_folded; /* without case, then bytewise */
};

#endif
