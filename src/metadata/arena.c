/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

struct swt_arena_block {
    struct swt_arena_block *previous;
    struct swt_arena_block *next;
    size_t size;
    max_align_t data[];
};

static void *block_alloc(void *context, size_t size) {
    struct swt_arena *arena = context;
    if (size > SWT_ARENA_MAX - arena->used) {
        arena->failed = true;
        return NULL;
    }
    struct swt_arena_block *block = malloc(sizeof *block + size);
    if (block == NULL) {
        arena->failed = true;
        return NULL;
    }
    *block = (struct swt_arena_block){.next = arena->blocks, .size = size};
    if (block->next != NULL)
        block->next->previous = block;
    arena->blocks = block;
    arena->used += size;
    return block->data;
}

static void block_free(void *context, void *pointer) {
    struct swt_arena *arena = context;
    if (pointer == NULL)
        return;
    struct swt_arena_block *block =
        (void *)((char *)pointer - offsetof(struct swt_arena_block, data));
    if (block->previous != NULL)
        block->previous->next = block->next;
    else
        arena->blocks = block->next;
    if (block->next != NULL)
        block->next->previous = block->previous;
    arena->used -= block->size;
    free(block);
}

void swt_arena_done(struct swt_arena *arena) {
    while (arena->blocks != NULL)
        block_free(arena, arena->blocks->data);
    *arena = (struct swt_arena){0};
}

void *swt_arena_array(struct swt_arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        arena->failed = true;
        return NULL;
    }
    void *data = block_alloc(arena, bytes);
    return data == NULL ? NULL : memset(data, 0, bytes);
}

ProtobufCAllocator swt_arena_allocator(struct swt_arena *arena) {
    return (ProtobufCAllocator){.alloc = block_alloc, .free = block_free, .allocator_data = arena};
}
