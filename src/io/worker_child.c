/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's own side: what it gives up before it starts, and its loop. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET (STDERR_FILENO + 1)
#define START_FAILED 1

struct swt_worker_port {
    struct swt_worker_shared *shared;
};

void swt_worker_note(struct swt_worker_port *port, const char *what) {
    (void)snprintf(port->shared->note, sizeof port->shared->note, "%s", what);
}

/* What ends or stops the other process is for that one to decide, not for each of the two. A module
 * that talks to a daemon must not die of its end. */
static void reset_signals(void) {
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL);
    for (size_t i = 0; i < SWT_COUNT(ignored); i++)
        (void)signal(ignored[i], SIG_IGN);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_from(int first) {
    if (close_range((unsigned)first, ~0U, 0) == 0)
        return;
    long end = sysconf(_SC_OPEN_MAX);
    for (int fd = first; fd < end; fd++)
        (void)close(fd);
}

/* Standard input and output lead nowhere: a module that prints must not write into a bundle. */
static bool keep_only(int socket) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        dup2(socket, SOCKET) < 0)
        return false;
    (void)fcntl(SOCKET, F_SETFD, FD_CLOEXEC);
    close_from(SOCKET + 1);
    return true;
}

static void guard(pid_t parent) {
    const struct rlimit no_core = {0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(START_FAILED); /* it ended before it could be asked for its end */
    swt_process_hide();
    (void)setrlimit(RLIMIT_CORE, &no_core);
}

/* False at the end, or when the connection failed, which is the same to the worker. */
static bool receive(void *ret_data, size_t size) {
    uint8_t *data = ret_data;
    for (size_t len = 0; len < size;) {
        ssize_t got = recv(SOCKET, data + len, size - len, 0);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        len += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool transmit(const void *bytes, size_t size) {
    const uint8_t *data = bytes;
    for (size_t len = 0; len < size;) {
        ssize_t put = send(SOCKET, data + len, size - len, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR)
            return false;
        len += put > 0 ? (size_t)put : 0;
    }
    return true;
}

static bool answer(uint32_t kind, const void *bytes, size_t len) {
    const struct swt_worker_header header = {.kind = kind, .len = (uint32_t)len};
    return transmit(&header, sizeof header) && transmit(bytes, len);
}

static bool serve_one(const struct swt_worker_job *job, struct swt_worker_port *port,
                      struct swt_slice request, size_t secret_len) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf reply = {0};
    struct swt_error err = {0};
    int r = job->serve(job->context, port, request, swt_slice_of(port->shared->secret, secret_len),
                       &reply, &err);
    /* Before the answer: after it, the memory is the next request's. */
    swt_wipe(port->shared->secret, sizeof port->shared->secret);
    if (r >= 0 && reply.len > SWT_WORKER_FRAME)
        r = swt_fail(&err, SWT_E_MODULE_FAILED, "an answer of %zu bytes, expected at most %zu",
                     reply.len, SWT_WORKER_FRAME);
    return r < 0 ? answer(SWT_WORKER_ERROR, &err, sizeof err)
                 : answer(SWT_WORKER_REPLY, reply.data, reply.len);
}

static bool next_request(const struct swt_worker_job *job, struct swt_worker_port *port) {
    struct swt_worker_header header;
    if (!receive(&header, sizeof header))
        return false;
    uint8_t *request = malloc((size_t)header.len + 1);
    if (request == NULL) {
        struct swt_error err = {0};
        (void)swt_fail_memory(&err);
        (void)answer(SWT_WORKER_ERROR, &err, sizeof err);
        return false;
    }
    bool good = receive(request, header.len) &&
                serve_one(job, port, swt_slice_of(request, header.len), header.secret_len);
    swt_wipe(request, header.len);
    free(request);
    return good;
}

_Noreturn void swt_worker_main(const struct swt_worker_job *job, int socket,
                               struct swt_worker_shared *shared, pid_t parent) {
    struct swt_worker_port port = {.shared = shared};
    reset_signals();
    guard(parent);
    if (!keep_only(socket))
        _exit(START_FAILED);
    (void)mlock(shared, sizeof *shared);
    while (next_request(job, &port))
        ;
    if (job->finish != NULL)
        job->finish(job->context);
    /* Not exit(): buffers and handlers of the process that was forked are not the worker's. */
    _exit(0);
}
