/* SPDX-License-Identifier: Apache-2.0 */
/* The memory that libcrypto allocates. */
#include "swt/base.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A global, since the library hands its allocator no context. Never reset: whatever the library has
 * set up without memory may refuse at any time later. */
static atomic_bool starved;

bool swt_library_starved(void) {
    return starved;
}

static void *library_malloc(size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    void *block = malloc(size);
    if (block == NULL && size > 0)
        starved = true;
    return block;
}

static void library_free(void *block, const char *file, int line) {
    (void)file;
    (void)line;
    swt_wipe(block, block == NULL ? 0 : malloc_usable_size(block));
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
    size_t held = malloc_usable_size(old);
    memcpy(block, old, held < size ? held : size);
    library_free(old, file, line);
    return block;
}

void swt_library_memory_setup(void) {
    /* Refused when the library has allocated already: then it keeps the allocator that it has. */
    (void)CRYPTO_set_mem_functions(library_malloc, library_realloc, library_free);
}
