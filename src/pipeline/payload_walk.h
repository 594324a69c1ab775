/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over the payloads of a bundle, in the order of its metadata: each is found, read once and
 * hashed, and told with its hash. Where the bytes go nowhere and the bundle can be read at any
 * place, several are hashed at once; what is told, and the first fault, are the same.
 */
#ifndef SWT_PIPELINE_PAYLOAD_WALK_H
#define SWT_PIPELINE_PAYLOAD_WALK_H

#include "swt/container.h"
#include "swt/io.h"
#include "swt/metadata.h"

struct swt_payload_walk {
    struct swt_bundle *bundle;
    const struct swt_targets *targets;
    const char *stage; /* of progress */
    const struct swt_progress *progress;
    /* The payload whose bytes are kept in memory, too; NULL: none. What is there after a fault is
     * worth nothing. */
    const struct swt_target *kept;
    struct swt_buf *kept_bytes;
    /* Where payloads go: begin before each, also one that is not present, when all that are before
     * it were judged. Both NULL: nowhere. */
    int (*begin)(void *context, const struct swt_target *target, bool present,
                 struct swt_error *err);
    int (*write)(void *context, const void *data, size_t len, struct swt_error *err);
    /* For each target in order. digest: of its payload, which has the length that is listed; NULL:
     * the bundle leaves it out. What is not 0 ends the walk. */
    int (*judge)(void *context, const struct swt_target *target, const uint8_t *digest,
                 struct swt_error *err);
    void *context;
};
/* 0 past the last payload, what judge returned, or the first error of the bundle or of begin and
 * write, for that target's turn. */
int swt_payload_walk(const struct swt_payload_walk *walk, struct swt_error *err) SWT_CHECKED;

#endif
