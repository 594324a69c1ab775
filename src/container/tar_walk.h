/* SPDX-License-Identifier: Apache-2.0 */
/* From one member of a tar bundle to the next, and to its end; which members there may be is not
 * asked here. */
#ifndef SWT_CONTAINER_TAR_WALK_H
#define SWT_CONTAINER_TAR_WALK_H

#include "backend.h"

#define SWT_TAR_SKIP_CHUNK ((size_t)64 * 1024)

/* bundle->state */
struct swt_tar_state {
    uint8_t block[SWT_TAR_BLOCK]; /* the header that was read and not yet consumed */
    size_t block_len;             /* less where the file ends */
    uint64_t block_offset;
    bool has_block;
    struct swt_buf path;      /* of the current member */
    size_t padding;           /* after its value */
    uint64_t payloads_offset; /* where the head ends */
    uint8_t scratch[SWT_TAR_SKIP_CHUNK];
};

/* The next header is in state->block, whole. */
int swt_tar_peek(struct swt_bundle *bundle, struct swt_error *err) SWT_CHECKED;
/* The canonical member of that header, which is not a zero block. */
int swt_tar_identify_next(struct swt_bundle *bundle, struct swt_tar_member *ret_member,
                          struct swt_error *err) SWT_CHECKED;
/* folder and name become the path of the current member, for errors. */
int swt_tar_set_path(struct swt_bundle *bundle, const char *folder, struct swt_slice name,
                     struct swt_error *err) SWT_CHECKED;
/* Takes the header: the reader stands at the value, of that length, of the current member. */
int swt_tar_enter(struct swt_bundle *bundle, uint64_t length, struct swt_error *err) SWT_CHECKED;
/* To the next header: past what is left of the current payload, and its padding, which is zero. */
int swt_tar_leave(struct swt_bundle *bundle, struct swt_error *err) SWT_CHECKED;
/* The header is the first of two zero blocks, and there is nothing after. */
int swt_tar_check_end(struct swt_bundle *bundle, struct swt_error *err) SWT_CHECKED;

#endif
