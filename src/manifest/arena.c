/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* A manifest of 10,000 targets is 50,000 items: they share blocks. Under a sanitizer each is an
 * allocation of its own, so that an overrun of any of them is seen. */
#if defined(__SANITIZE_ADDRESS__)
#define BLOCK ((size_t)0)
#else
#define BLOCK ((size_t)16 * 1024)
#endif
#define ALIGNMENT _Alignof(uint64_t) /* of all that a manifest is made of */

struct block {
    struct block *next;
    max_align_t data[];
};

struct swt_arena {
    struct block *blocks;
    uint8_t *free; /* in the first block, zeroed */
    size_t room;
};

int swt_arena_new(struct swt_arena **ret_arena, struct swt_error *err) {
    struct swt_arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        return swt_fail_memory(err);
    *ret_arena = arena;
    return 0;
}

void swt_arena_free(struct swt_arena *arena) {
    if (arena == NULL)
        return;
    struct block *block = arena->blocks;
    while (block != NULL) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}

void swt_arena_cleanup(struct swt_arena **arena) {
    swt_arena_free(*arena);
}

/* room: at least that much. */
static int add_block(struct swt_arena *arena, size_t room, struct swt_error *err) {
    struct block *block = calloc(1, sizeof *block + room);
    if (block == NULL)
        return swt_fail_memory(err);
    block->next = arena->blocks;
    arena->blocks = block;
    arena->free = (uint8_t *)block->data;
    arena->room = room;
    return 0;
}

/* Memory for text needs no alignment. */
static void *take(struct swt_arena *arena, size_t bytes, size_t alignment, struct swt_error *err) {
    size_t skipped = (size_t)(-(uintptr_t)arena->free) % alignment;
    if (arena->room < skipped || arena->room - skipped < bytes) {
        if (add_block(arena, bytes > BLOCK ? bytes : BLOCK, err) < 0)
            return NULL;
        skipped = 0;
    }
    void *item = arena->free + skipped;
    arena->free += skipped + bytes;
    arena->room -= skipped + bytes;
    return item;
}

void *swt_arena_alloc(struct swt_arena *arena, size_t count, size_t size, struct swt_error *err) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) {
        (void)swt_fail_memory(err);
        return NULL;
    }
    return take(arena, bytes, ALIGNMENT, err);
}

char *swt_arena_text(struct swt_arena *arena, const void *text, size_t len, struct swt_error *err) {
    if (len > SIZE_MAX / 2) {
        (void)swt_fail_memory(err);
        return NULL;
    }
    char *copy = take(arena, len + 1, 1, err);
    if (copy != NULL && len > 0)
        memcpy(copy, text, len);
    return copy;
}
