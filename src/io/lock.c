/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>

#define SECOND INT64_C(1000000000)
#define LOCK_PAUSE 20000000L /* nanoseconds between two tries */
#define STOPPING_SECONDS 5   /* what a run that is asked to stop waits at most */

static int64_t monotonic_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

/* Tries again and again: a signal that comes just before a flock that waits would be lost. */
int swt_fd_lock(int fd, int operation, unsigned seconds, bool urgent, struct swt_error *err) {
    const int64_t start = monotonic_now();
    int64_t wait = seconds * SECOND;
    while (flock(fd, operation | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return swt_fail_errno(err, errno, "cannot lock");
        int r = swt_interrupted(err);
        if (r < 0 && !urgent)
            return r;
        if (r < 0 && wait > STOPPING_SECONDS * SECOND)
            wait = STOPPING_SECONDS * SECOND;
        if (monotonic_now() - start >= wait)
            return swt_fail(err, SWT_E_IO, "another process has kept it locked for %lld s",
                            (long long)(wait / SECOND));
        const struct timespec pause = {.tv_nsec = LOCK_PAUSE};
        (void)nanosleep(&pause, NULL);
    }
    return 0;
}
