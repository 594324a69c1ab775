/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SWT_METADATA_TARGETS_H
#define SWT_METADATA_TARGETS_H

#include "message.h"

/* What targets->message points to. The orders are made once, when decoding: with 10,000 targets a
 * search by walking would be quadratic in the callers. */
struct swt_targets_memory {
    struct swt_targets targets;
    struct swt_arena arena;
    const struct swt_target **by_name;   /* bytewise, equal names in metadata order */
    const struct swt_target **by_folded; /* ASCII case folded, then bytewise */
};

#endif
