/* SPDX-License-Identifier: Apache-2.0 */
/* The memory that libcrypto allocates. */
#include "swt/base.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Globals, since the library hands its allocator no context.
 *
 * libcrypto 3.0 runs into null pointers where some of its allocations fail. So that it comes to the
 * end of the call that it is in, they are served from a reserve then, which is used up and never
 * filled again: whoever calls the library next is told of it by swt_library_starved.
 */
#define RESERVE ((size_t)8 * 1024 * 1024)
#define ALIGNMENT ((size_t)16)

static atomic_bool starved;
static char *reserve; /* NULL: there is none */
static atomic_size_t reserve_used;

bool swt_library_starved(void) {
    return starved;
}

/* A block of the reserve has its size in front of it. */
static void *from_reserve(size_t size) {
    starved = true;
    if (reserve == NULL || size > RESERVE / 4)
        return NULL;
    size_t whole = (size + 2 * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size_t at = atomic_fetch_add(&reserve_used, whole);
    if (at > RESERVE - whole)
        return NULL;
    memcpy(reserve + at, &size, sizeof size);
    return reserve + at + ALIGNMENT;
}

static bool is_of_reserve(const void *block) {
    return reserve != NULL && (uintptr_t)block - (uintptr_t)reserve < RESERVE;
}

static size_t size_of(void *block) {
    size_t size = 0;
    if (is_of_reserve(block))
        memcpy(&size, (char *)block - ALIGNMENT, sizeof size);
    else if (block != NULL)
        size = malloc_usable_size(block);
    return size;
}

static void *library_malloc(size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    void *block = malloc(size);
    return block != NULL || size == 0 ? block : from_reserve(size);
}

static void library_free(void *block, const char *file, int line) {
    (void)file;
    (void)line;
    swt_wipe(block, size_of(block));
    if (!is_of_reserve(block))
        free(block);
}

/* Never in place of the C library's own: that would leave the old bytes behind when it moves them.
 */
static void *library_realloc(void *old, size_t size, const char *file, int line) {
    if (size == 0) {
        library_free(old, file, line);
        return NULL;
    }
    void *block = library_malloc(size, file, line);
    if (block == NULL || old == NULL)
        return block;
    size_t held = size_of(old);
    memcpy(block, old, held < size ? held : size);
    library_free(old, file, line);
    return block;
}

void swt_library_memory_setup(void) {
    /* Refused when the library has allocated already: then it keeps the allocator that it has. */
    if (CRYPTO_set_mem_functions(library_malloc, library_realloc, library_free) != 1)
        return;
    /* Address space: it takes memory where it is used. */
    void *room = mmap(NULL, RESERVE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    reserve = room == MAP_FAILED ? NULL : room;
}
