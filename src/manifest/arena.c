/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* Each item is an allocation of its own, so that a memory checker sees an overrun of any of them.
 */
struct chunk {
    struct chunk *next;
    max_align_t data[];
};

struct swt_arena {
    struct chunk *chunks;
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
    struct chunk *chunk = arena->chunks;
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(arena);
}

void swt_arena_cleanup(struct swt_arena **arena) {
    swt_arena_free(*arena);
}

void *swt_arena_alloc(struct swt_arena *arena, size_t count, size_t size, struct swt_error *err) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct chunk), &bytes)) {
        (void)swt_fail_memory(err);
        return NULL;
    }
    struct chunk *chunk = calloc(1, bytes);
    if (chunk == NULL) {
        (void)swt_fail_memory(err);
        return NULL;
    }
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk->data;
}

char *swt_arena_text(struct swt_arena *arena, const void *text, size_t len, struct swt_error *err) {
    if (len == SIZE_MAX) {
        (void)swt_fail_memory(err);
        return NULL;
    }
    char *copy = swt_arena_alloc(arena, len + 1, 1, err);
    if (copy != NULL && len > 0)
        memcpy(copy, text, len);
    return copy;
}
