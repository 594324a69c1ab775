/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <sched.h>
#include <signal.h>

/* What a thread here calls needs a few kilobytes, and some more under a sanitizer. */
#define STACK_SIZE ((size_t)512 * 1024)

bool swt_thread_start(pthread_t *ret_thread, void *(*function)(void *context), void *context) {
    pthread_attr_t attributes;
    sigset_t all, before;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    /* Signals are the caller's: its system calls are the ones that they must end. Those of a thread
     * are ended by the alarm, when the caller sends it there. */
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGALRM);
    bool started = pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
                   pthread_sigmask(SIG_SETMASK, &all, &before) == 0;
    if (started) {
        started = pthread_create(ret_thread, &attributes, function, context) == 0;
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    (void)pthread_attr_destroy(&attributes);
    return started;
}

unsigned swt_processors(void) {
    cpu_set_t set;
    /* More processors than the set can name: that is enough to know. */
    if (sched_getaffinity(0, sizeof set, &set) < 0)
        return CPU_SETSIZE;
    int count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}

bool swt_idle_take(struct swt_idle *idle) {
    int count = atomic_load(&idle->count);
    while (count > 0)
        if (atomic_compare_exchange_weak(&idle->count, &count, count - 1))
            return true;
    return false;
}

void swt_idle_give(struct swt_idle *idle) {
    (void)atomic_fetch_add(&idle->count, 1);
}
