/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/base.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

void swt_wipe(void *data, size_t len) {
    if (data != NULL && len > 0)
        explicit_bzero(data, len);
}

/*
 * For the rest of the run: OpenSSL, stdio and the stack may hold copies longer than the secret is
 * held. What the program does itself through /proc/self/fd (io/newfile.c) Linux allows it all the
 * same; a program that it starts has its own setting again (exec).
 */
void swt_process_hide(void) {
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/*
 * Not inlined: its room must be where those functions had theirs. What moved bytes last still has
 * them in wide registers, which the loader saves on the stack as it binds a symbol: it moves zeros,
 * in each of the sizes for which it has registers of its own.
 */
__attribute__((noinline)) void swt_wipe_stack(void) {
    uint8_t room[(size_t)64 * 1024];
    swt_wipe(room, sizeof room);
    for (volatile size_t len = 16; len <= 2048; len = len * 2)
        memmove(room + 4096, room, len);
    swt_wipe(room, sizeof room);
}

/* What a secret of len bytes and its NUL occupies in whole pages; 0 when that overflows. */
static size_t pages_size(size_t len) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size;
    if (__builtin_add_overflow(len, page, &size))
        return 0;
    return size - size % page;
}

/*
 * A secret has pages of its own, so that keeping them out of core dumps, swap and forked processes
 * touches nothing else. All are best effort: a system may refuse (RLIMIT_MEMLOCK), and that stops
 * nobody's work.
 */
int swt_secret_set(struct swt_secret *secret, const void *data, size_t len, struct swt_error *err) {
    size_t size = pages_size(len);
    swt_process_hide();
    if (size == 0)
        return swt_fail_memory(err);
    char *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return swt_fail_memory(err);
    (void)madvise(copy, size, MADV_DONTDUMP);
    (void)madvise(copy, size, MADV_WIPEONFORK);
    (void)mlock(copy, size);
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    swt_secret_done(secret);
    *secret = (struct swt_secret){.data = copy, .len = len};
    return 0;
}

void swt_secret_done(struct swt_secret *secret) {
    if (secret->data != NULL) {
        size_t size = pages_size(secret->len);
        swt_wipe(secret->data, size);
        (void)munmap(secret->data, size);
    }
    *secret = (struct swt_secret){0};
}
