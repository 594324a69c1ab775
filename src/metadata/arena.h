/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of one decoded object: all of it is freed at once. Each allocation is a block of its own,
 * so that sanitizers see its bounds.
 */
#ifndef SWT_METADATA_ARENA_H
#define SWT_METADATA_ARENA_H

#include "swt/base.h"

#include <protobuf-c/protobuf-c.h>

/* Far more than metadata within the caps unpacks to: a bound that holds even if the strict reader
 * and protobuf-c should ever disagree about what is in a message. */
#define SWT_ARENA_MAX ((size_t)64 * 1024 * 1024)

struct swt_arena_block;
struct swt_arena {
    struct swt_arena_block *blocks;
    size_t used;
    bool failed; /* an allocation was refused; tells a lack of memory from a malformed message */
};

void swt_arena_done(struct swt_arena *arena);
/* count * size zeroed bytes, never NULL for an empty array; NULL when there is no memory. */
void *swt_arena_array(struct swt_arena *arena, size_t count, size_t size);
/* For protobuf-c; the arena must outlive the allocator. */
ProtobufCAllocator swt_arena_allocator(struct swt_arena *arena);

#endif
