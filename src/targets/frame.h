/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outer form of compressed bytes, walked through before libarchive sees them. Its filters take
 * several members, streams or frames for one, do not tell what follows them, do not compare gzip's
 * trailer, and get a dictionary of a gigabyte where a header asks for one; here all of this is
 * refused. What is inside of a block is the filter's to judge. (Of gzip, members in front of the
 * last are seen where the first starts like that of an empty file.)
 */
#ifndef SWT_TARGETS_FRAME_H
#define SWT_TARGETS_FRAME_H

#include "swt/targets.h"

struct swt_frame;
/* Looks at the bytes that it waited for, and says what comes next. */
typedef int swt_frame_step(struct swt_frame *frame, struct swt_error *err);

struct swt_frame {
    enum swt_compression compression;
    swt_frame_step *step; /* for the next need bytes, after skip others; NULL: they are the last */
    uint8_t bytes[64];
    size_t have;
    size_t need;
    uint64_t skip;
    uint64_t taken; /* bytes that were walked through */
    uint64_t unit;  /* where those that step looks at begin */

    bool has_checksum; /* zstd */

    unsigned check_size; /* xz: of a block */
    uint8_t control;     /* of the chunk */
    uint64_t blocks;
    uint64_t start; /* of the block or the index */
    uint64_t number;
    unsigned shift;
    uint64_t numbers; /* still to come in the index */
    bool counts;      /* the next one says how many */

    bool starts_empty; /* gzip: its first block holds nothing */
    uint8_t tail[8];
};

void swt_frame_init(struct swt_frame *frame, enum swt_compression compression);
/* No bytes: they have ended. */
int swt_frame_take(struct swt_frame *frame, struct swt_slice bytes,
                   struct swt_error *err) SWT_CHECKED;
/* After the end: whether it is one member, of an original of this length and CRC-32. */
int swt_frame_check_gzip(const struct swt_frame *frame, uint64_t length, uint32_t crc,
                         struct swt_error *err) SWT_CHECKED;

#endif
