/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded, it makes one allocation of a program fail: the Nth after main began (SWT_FAULT_AT), or
 * with SWT_FAULT_FROM=1 that and all that follow. SWT_FAULT_COUNT=FD: the number of allocations is
 * written there at the end. Those of the libraries count too, but for libcrypto's; with
 * SWT_FAULT_LIBRARY=1 libcrypto's are the only ones that do. Those of glibc's name service and
 * loader, of p11-kit and of libarchive with its compressors never do: they die of them, or say that
 * their input is broken. Nor do those of a process that the program forks, which would be a second
 * fault.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
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

static long at;
static long from;
static long count_fd;
static long library;
static atomic_long count;
static struct library {
    const char *name;
    uintptr_t begin;
    uintptr_t end;
} crypto = {"/libcrypto.so", 0, 0}, spared[] = {{"/libp11-kit.so", 0, 0},
                                                {"/libarchive.so", 0, 0},
                                                {"/libz.so", 0, 0},
                                                {"/liblzma.so", 0, 0},
                                                {"/libzstd.so", 0, 0}};
#define SPARED_COUNT (sizeof spared / sizeof spared[0])
static int armed; /* what happens before main is not the program's */

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
    for (size_t i = 0; i < SPARED_COUNT; i++)
        (void)dl_iterate_phdr(find_library, &spared[i]);
}

static void disarm(void) {
    armed = 0;
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
    char text[32];
    armed = 0;
    int len = snprintf(text, sizeof text, "%ld\n", atomic_load(&count));
    if (count_fd > 0 && len > 0)
        (void)syscall(SYS_write, (int)count_fd, text, (size_t)len);
}

static int fails(const void *caller) {
    if (!armed || holds(&crypto, caller) != (library != 0) || is_spared(caller))
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

void *malloc(size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}
