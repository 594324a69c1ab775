// SPDX-License-Identifier: Apache-2.0
/* Runs a command and writes to a file what it took: "WALL USER SYSTEM PEAK STATUS", times in
 * nanoseconds, the peak in KiB, the status as a shell would have it. Children that the command
 * waits for count too.
 *
 *   measure FILE COMMAND [ARG...]
 *
 * A program of its own, since a process that is forked starts with the peak of what forked it: that
 * of an interpreter is more than what is measured here. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t nanoseconds(struct timeval time) {
    return ((int64_t)time.tv_sec * 1000000 + time.tv_usec) * 1000;
}

static int fail(const char *what) {
    (void)fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    return 127;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        (void)fprintf(stderr, "usage: measure FILE COMMAND [ARG...]\n");
        return 2;
    }
    int64_t start = now();
    pid_t child = fork();
    if (child < 0)
        return fail("cannot fork");
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execvp(argv[2], argv + 2);
        _exit(fail(argv[2]));
    }
    int status;
    struct rusage usage;
    pid_t ended;
    while ((ended = wait4(child, &status, 0, &usage)) < 0 && errno == EINTR)
        ;
    int64_t wall = now() - start;
    if (ended < 0)
        return fail("cannot wait");
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    FILE *file = fopen(argv[1], "w");
    if (file == NULL)
        return fail(argv[1]);
    int len =
        fprintf(file, "%" PRId64 " %" PRId64 " %" PRId64 " %ld %d\n", wall,
                nanoseconds(usage.ru_utime), nanoseconds(usage.ru_stime), usage.ru_maxrss, code);
    if (fclose(file) != 0 || len < 0)
        return fail(argv[1]);
    return 0;
}
