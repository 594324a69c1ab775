/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded, it makes one allocation of a program fail: the Nth after main began (SWT_FAULT_AT), or
 * with SWT_FAULT_FROM=1 that and all that follow. SWT_FAULT_COUNT=FD: at the end three numbers are
 * written there: of allocations, of blocks that were not freed, and of descriptors that are open.
 * SWT_FAULT_BLOCKS=1: who allocated each such block, too, on standard error. Those of the libraries
 * count too, but for libcrypto's; with SWT_FAULT_LIBRARY=1 libcrypto's are the only ones that do.
 * Those of glibc's name service and loader, of p11-kit and of libarchive with its compressors never
 * do: they die of them, or say that their input is broken. Nor do those of the module of
 * tests/pkcs11, nor those of a process that the program forks, which would be a second fault.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static long at;
static long from;
static long count_fd;
static long library;
static atomic_long count;
static struct library {
    const char *name;
    uintptr_t begin;
    uintptr_t end;
} crypto = {"/libcrypto.so", 0, 0},
  spared[] = {{"/libp11-kit.so", 0, 0}, {"/libarchive.so", 0, 0}, {"/libz.so", 0, 0},
              {"/liblzma.so", 0, 0},    {"/libzstd.so", 0, 0},    {"/mock-pkcs11.so", 0, 0}};
#define SPARED_COUNT (sizeof spared / sizeof spared[0])
static struct library loader = {"/ld-linux", 0, 0}; /* what it allocates for a thread stays */
static int armed; /* what happens before main is not the program's */
/* Allocating for libcrypto, which may be by the program's own function (CRYPTO_set_mem_functions).
 */
static _Thread_local int for_library;

static long number(const char *name) {
    const char *text = getenv(name);
    return text == NULL ? 0 : atol(text);
}

static int find_library(struct dl_phdr_info *object, size_t size, void *context) {
    struct library *found = context;
    (void)size;
    if (strstr(object->dlpi_name, found->name) == NULL)
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0)
            continue;
        found->begin = object->dlpi_addr + part->p_vaddr;
        found->end = found->begin + part->p_memsz;
    }
    return 1;
}

static int holds(const struct library *of, const void *caller) {
    return (uintptr_t)caller >= of->begin && (uintptr_t)caller < of->end;
}

static int is_spared(const void *caller) {
    for (size_t i = 0; i < SPARED_COUNT; i++)
        if (holds(&spared[i], caller))
            return 1;
    return 0;
}

static void find_libraries(void) {
    (void)dl_iterate_phdr(find_library, &crypto);
    (void)dl_iterate_phdr(find_library, &loader);
    for (size_t i = 0; i < SPARED_COUNT; i++)
        (void)dl_iterate_phdr(find_library, &spared[i]);
}

static void disarm(void) {
    armed = 0;
}

/* ---- blocks that are in use: by their addresses, each behind where it belongs at most ----------
 */

#define PLACES ((size_t)1 << 17)
static struct block {
    void *address;
    const void *caller;
} blocks[PLACES];
static size_t block_count;
static atomic_flag blocks_busy = ATOMIC_FLAG_INIT;

static size_t place_of(const void *address) {
    return (size_t)(((uintptr_t)address >> 4) * 0x9e3779b97f4a7c15U >> 47);
}

static void lock_blocks(void) {
    while (atomic_flag_test_and_set(&blocks_busy))
        ;
}

static void *keep(void *address, const void *caller) {
    /* What libcrypto does not free when it fails is its own matter. */
    if (address == NULL || !armed || holds(&loader, caller) || (library != 0 && for_library > 0))
        return address;
    lock_blocks();
    size_t place = place_of(address);
    while (blocks[place].address != NULL)
        place = (place + 1) % PLACES;
    blocks[place] = (struct block){address, caller};
    if (++block_count > PLACES / 2)
        abort(); /* no test has so many */
    atomic_flag_clear(&blocks_busy);
    return address;
}

/* Those behind it move up, or they would not be found. */
static void fill_hole(size_t hole) {
    for (size_t next = (hole + 1) % PLACES; blocks[next].address != NULL;
         next = (next + 1) % PLACES) {
        size_t wanted = place_of(blocks[next].address);
        if ((next - wanted) % PLACES < (next - hole) % PLACES)
            continue;
        blocks[hole] = blocks[next];
        hole = next;
    }
    blocks[hole].address = NULL;
}

static void drop(const void *address) {
    if (address == NULL)
        return;
    lock_blocks();
    size_t place = place_of(address);
    while (blocks[place].address != NULL && blocks[place].address != address)
        place = (place + 1) % PLACES;
    if (blocks[place].address != NULL) {
        block_count--;
        fill_hole(place);
    }
    atomic_flag_clear(&blocks_busy);
}

static void show_blocks(void) {
    for (size_t i = 0; i < PLACES; i++) {
        Dl_info found = {0};
        if (blocks[i].address == NULL)
            continue;
        (void)dladdr(blocks[i].caller, &found);
        (void)fprintf(stderr, "not freed: by %s+0x%tx\n", found.dli_fname,
                      (const char *)blocks[i].caller - (const char *)found.dli_fbase);
    }
}

static long count_descriptors(void) {
    long found = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL)
        found++;
    if (folder != NULL)
        (void)closedir(folder);
    return found;
}

__attribute__((constructor)) static void begin(void) {
    at = number("SWT_FAULT_AT");
    from = number("SWT_FAULT_FROM");
    count_fd = number("SWT_FAULT_COUNT");
    library = number("SWT_FAULT_LIBRARY");
    find_libraries();
    (void)pthread_atfork(NULL, NULL, disarm);
    (void)unsetenv("LD_PRELOAD"); /* what the program starts has no faults */
    armed = 1;
}

__attribute__((destructor)) static void end(void) {
    char text[96];
    int whole = armed; /* the program's own process, with all its blocks */
    armed = 0;
    if (stdout->_IO_buf_base != NULL)
        drop(stdout->_IO_buf_base); /* which the C library never frees */
    int len = snprintf(text, sizeof text, "%ld %zu %ld\n", atomic_load(&count), block_count,
                       count_descriptors());
    if (!whole)
        return;
    if (number("SWT_FAULT_BLOCKS") != 0)
        show_blocks();
    if (count_fd > 0 && len > 0)
        (void)syscall(SYS_write, (int)count_fd, text, (size_t)len);
}

static int fails(const void *caller) {
    int by_library = for_library > 0 || holds(&crypto, caller);
    if (!armed || by_library != (library != 0) || is_spared(caller))
        return 0;
    long number_of_it = atomic_fetch_add(&count, 1) + 1;
    if (at == 0 || (number_of_it != at && !(from != 0 && number_of_it > at)))
        return 0;
    errno = ENOMEM;
    return 1;
}

struct passwd *getpwuid(uid_t uid) {
    struct passwd *(*next)(uid_t);
    void *symbol = dlsym(RTLD_NEXT, "getpwuid");
    memcpy(&next, &symbol, sizeof next);
    int before = armed;
    armed = 0;
    struct passwd *user = next(uid);
    armed = before;
    return user;
}

/* glibc's loader dies of them. What it loaded is spared from then on. */
void *dlopen(const char *name, int flags) {
    void *(*next)(const char *, int);
    void *symbol = dlsym(RTLD_NEXT, "dlopen");
    memcpy(&next, &symbol, sizeof next);
    int before = armed;
    armed = 0;
    void *loaded = next(name, flags);
    find_libraries();
    armed = before;
    return loaded;
}

static struct {
    void *(*allocate)(size_t size, const char *file, int line);
    void *(*reallocate)(void *old, size_t size, const char *file, int line);
} given;

static void *library_malloc(size_t size, const char *file, int line) {
    for_library++;
    void *block = given.allocate(size, file, line);
    for_library--;
    return block;
}

static void *library_realloc(void *old, size_t size, const char *file, int line) {
    for_library++;
    void *block = given.reallocate(old, size, file, line);
    for_library--;
    return block;
}

int CRYPTO_set_mem_functions(void *(*allocate)(size_t, const char *, int),
                             void *(*reallocate)(void *, size_t, const char *, int),
                             void (*release)(void *, const char *, int));

int CRYPTO_set_mem_functions(void *(*allocate)(size_t, const char *, int),
                             void *(*reallocate)(void *, size_t, const char *, int),
                             void (*release)(void *, const char *, int)) {
    int (*next)(void *(*)(size_t, const char *, int), void *(*)(void *, size_t, const char *, int),
                void (*)(void *, const char *, int));
    void *symbol = dlsym(RTLD_NEXT, "CRYPTO_set_mem_functions");
    memcpy(&next, &symbol, sizeof next);
    given.allocate = allocate;
    given.reallocate = reallocate;
    return next(library_malloc, library_realloc, release);
}

/* ---- the allocator ------------------------------------------------------------------------------
 */

void *malloc(size_t size) {
    const void *caller = __builtin_return_address(0);
    return fails(caller) ? NULL : keep(__libc_malloc(size), caller);
}

void *calloc(size_t n, size_t size) {
    const void *caller = __builtin_return_address(0);
    return fails(caller) ? NULL : keep(__libc_calloc(n, size), caller);
}

void *realloc(void *old, size_t size) {
    const void *caller = __builtin_return_address(0);
    if (fails(caller))
        return NULL;
    drop(old); /* before another thread is given its address */
    void *block = __libc_realloc(old, size);
    (void)keep(block == NULL && size > 0 ? old : block, caller);
    return block;
}

void *memalign(size_t alignment, size_t size) {
    const void *caller = __builtin_return_address(0);
    return fails(caller) ? NULL : keep(__libc_memalign(alignment, size), caller);
}

void *aligned_alloc(size_t alignment, size_t size) {
    const void *caller = __builtin_return_address(0);
    return fails(caller) ? NULL : keep(__libc_memalign(alignment, size), caller);
}

int posix_memalign(void **ret_block, size_t alignment, size_t size) {
    const void *caller = __builtin_return_address(0);
    void *block = fails(caller) ? NULL : keep(__libc_memalign(alignment, size), caller);
    if (block == NULL)
        return ENOMEM;
    *ret_block = block;
    return 0;
}

void free(void *block) {
    int before = errno;
    drop(block);
    __libc_free(block);
    errno = before;
}
