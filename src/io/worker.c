/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The side of a worker that must not fail with it: whatever comes from there is taken for hostile,
 * and each wait has an end.
 */
#include "worker.h"

#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLICE_MS 200
#define FINISH_MS 2000
#define REAP_MS 1000

struct swt_worker {
    pid_t pid; /* 0: it has ended, and was waited for */
    int socket;
    struct swt_worker_shared *shared;
    bool failed;
    struct swt_error failure; /* what each further call says */
};

/* ---- time -------------------------------------------------------------------------------- */

static int64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A wait counts a slice at most: while both processes are stopped (Ctrl-Z), no time limit runs. */
static void count_down(int64_t *left, int64_t since) {
    int64_t passed = now_ms() - since;
    *left -= passed > SLICE_MS ? SLICE_MS : passed;
}

/* ---- its end ----------------------------------------------------------------------------- */

/* Waits for the end of a worker that is ending or was killed. False when it does not come: one that
 * hangs in a driver cannot even be killed, and nobody shall wait for that. */
static bool reap(struct swt_worker *worker, int64_t milliseconds, int *ret_status) {
    for (int64_t left = milliseconds; worker->pid > 0;) {
        pid_t pid = waitpid(worker->pid, ret_status, WNOHANG);
        if (pid == worker->pid || (pid < 0 && errno != EINTR))
            worker->pid = 0;
        else if (left <= 0)
            return false;
        else {
            int64_t since = now_ms();
            (void)poll(NULL, 0, 5);
            count_down(&left, since);
        }
    }
    return true;
}

static void kill_worker(struct swt_worker *worker) {
    int status;
    swt_wipe(worker->shared->secret, sizeof worker->shared->secret);
    if (worker->pid > 0)
        (void)kill(worker->pid, SIGKILL);
    (void)reap(worker, REAP_MS, &status);
}

/* What it was doing, as its note says: any bytes, which may change while they are read. */
static const char *doing(const struct swt_worker *worker, char ret_text[256]) {
    memcpy(ret_text, worker->shared->note, 256);
    ret_text[255] = '\0';
    return ret_text[0] == '\0' ? "the worker" : ret_text;
}

/* Keeps the error for the calls to come; the worker is of no use any more. */
static int give_up(struct swt_worker *worker, struct swt_error *err) {
    kill_worker(worker);
    worker->failed = true;
    worker->failure = *err;
    return -(int)err->code;
}

static int fail_gone(struct swt_worker *worker, struct swt_error *err) {
    char text[256];
    const char *what = doing(worker, text);
    int status = 0;
    const char *name;
    if (!reap(worker, REAP_MS, &status))
        (void)swt_fail(err, SWT_E_MODULE_FAILED, "%s closed the connection", what);
    else if (WIFSIGNALED(status) && (name = sigabbrev_np(WTERMSIG(status))) != NULL)
        (void)swt_fail(err, SWT_E_MODULE_FAILED, "%s crashed (SIG%s)", what, name);
    else if (WIFSIGNALED(status))
        (void)swt_fail(err, SWT_E_MODULE_FAILED, "%s crashed (signal %d)", what, WTERMSIG(status));
    else
        (void)swt_fail(err, SWT_E_MODULE_FAILED, "%s ended the process, with exit status %d", what,
                       WEXITSTATUS(status));
    return give_up(worker, err);
}

static int fail_nonsense(struct swt_worker *worker, const char *what, struct swt_error *err) {
    char text[256];
    (void)swt_fail(err, SWT_E_MODULE_FAILED, "%s damaged its process: %s", doing(worker, text),
                   what);
    return give_up(worker, err);
}

/* ---- sending and receiving --------------------------------------------------------------- */

struct call {
    struct swt_worker *worker;
    unsigned seconds;
    int64_t left; /* milliseconds */
};

/* Waits for one of events for a slice; 0 also when none came yet. */
static int wait_for(struct call *call, short events, struct swt_error *err) {
    struct swt_worker *worker = call->worker;
    char text[256];
    int r = swt_interrupted(err);
    if (r < 0)
        return give_up(worker, err);
    if (call->left <= 0) {
        (void)swt_fail(err, SWT_E_SIGNER_TIMEOUT, "%s did not answer within %u s",
                       doing(worker, text), call->seconds);
        return give_up(worker, err);
    }
    struct pollfd ready = {.fd = worker->socket, .events = events};
    int64_t since = now_ms();
    if (poll(&ready, 1, call->left < SLICE_MS ? (int)call->left : SLICE_MS) < 0 && errno != EINTR) {
        (void)swt_fail_errno(err, errno, "cannot wait for a worker");
        return give_up(worker, err);
    }
    count_down(&call->left, since);
    return 0;
}

/* One attempt failed: 0 to try again. */
static int after_failure(struct call *call, short events, struct swt_error *err) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return wait_for(call, events, err);
    int r = swt_interrupted(err);
    return r < 0 ? give_up(call->worker, err) : fail_gone(call->worker, err);
}

static int send_all(struct call *call, const void *bytes, size_t size, struct swt_error *err) {
    const uint8_t *data = bytes;
    for (size_t len = 0; len < size;) {
        ssize_t put =
            send(call->worker->socket, data + len, size - len, MSG_NOSIGNAL | MSG_DONTWAIT);
        int r = put < 0 ? after_failure(call, POLLOUT, err) : 0;
        if (r < 0)
            return r;
        len += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

static int receive_all(struct call *call, void *ret_data, size_t size, struct swt_error *err) {
    uint8_t *data = ret_data;
    for (size_t len = 0; len < size;) {
        ssize_t got = recv(call->worker->socket, data + len, size - len, MSG_DONTWAIT);
        if (got == 0)
            errno = ECONNRESET;
        int r = got <= 0 ? after_failure(call, POLLIN, err) : 0;
        if (r < 0)
            return r;
        len += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

/* An error that serve told; it came through a process that may be damaged. */
static int take_error(struct call *call, struct swt_error *err) {
    struct swt_error told;
    int r = receive_all(call, &told, sizeof told, err);
    if (r < 0)
        return r;
    bool known = told.code > SWT_OK && told.code < SWT_CODE_COUNT &&
                 told.code != SWT_E_INTERRUPTED && told.code != SWT_E_TERMINATED;
    if (!known)
        return fail_nonsense(call->worker, "an error of no known code", err);
    told.message[sizeof told.message - 1] = '\0';
    told.hint[sizeof told.hint - 1] = '\0';
    (void)swt_fail(err, told.code, "%s", told.message);
    return told.hint[0] == '\0' ? -(int)err->code : swt_error_hint(err, "%s", told.hint);
}

static int take_reply(struct call *call, size_t len, struct swt_buf *ret_reply,
                      struct swt_error *err) {
    uint8_t *bytes = malloc(len + 1);
    if (bytes == NULL) {
        (void)swt_fail_memory(err);
        return give_up(call->worker, err);
    }
    int r = receive_all(call, bytes, len, err);
    if (r == 0)
        r = swt_buf_append(ret_reply, bytes, len, err);
    free(bytes);
    return r;
}

static int exchange(struct call *call, struct swt_slice request, uint32_t secret_len,
                    struct swt_buf *ret_reply, struct swt_error *err) {
    struct swt_worker_header header = {
        .kind = SWT_WORKER_REQUEST, .len = (uint32_t)request.len, .secret_len = secret_len};
    int r = send_all(call, &header, sizeof header, err);
    if (r == 0)
        r = send_all(call, request.data, request.len, err);
    if (r == 0)
        r = receive_all(call, &header, sizeof header, err);
    if (r < 0)
        return r;
    if (header.kind == SWT_WORKER_ERROR && header.len == sizeof(struct swt_error))
        return take_error(call, err);
    if (header.kind == SWT_WORKER_REPLY && header.len <= SWT_WORKER_FRAME)
        return take_reply(call, header.len, ret_reply, err);
    return fail_nonsense(call->worker, "an answer that is none", err);
}

int swt_worker_call(struct swt_worker *worker, struct swt_slice request,
                    const struct swt_secret *secret, unsigned seconds, struct swt_buf *ret_reply,
                    struct swt_error *err) {
    struct call call = {.worker = worker, .seconds = seconds, .left = (int64_t)seconds * 1000};
    size_t secret_len = secret == NULL ? 0 : secret->len;
    int r = swt_interrupted(err);
    if (r < 0)
        return r;
    if (worker->failed) {
        *err = worker->failure;
        return -(int)err->code;
    }
    if (request.len > SWT_WORKER_FRAME || secret_len > SWT_WORKER_SECRET)
        return swt_fail(err, SWT_E_MODULE_FAILED, "a request of %zu bytes is too large",
                        request.len);
    worker->shared->note[0] = '\0';
    if (secret_len > 0)
        memcpy(worker->shared->secret, secret->data, secret_len);
    r = exchange(&call, request, (uint32_t)secret_len, ret_reply, err);
    swt_wipe(worker->shared->secret, sizeof worker->shared->secret);
    return r;
}

/* ---- start and end ----------------------------------------------------------------------- */

static struct swt_worker_shared *share(struct swt_error *err) {
    size_t size = sizeof(struct swt_worker_shared);
    void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        (void)swt_fail_memory(err);
        return NULL;
    }
    /* As struct swt_secret does, and for the same reasons. */
    (void)madvise(shared, size, MADV_DONTDUMP);
    (void)mlock(shared, size);
    return shared;
}

void swt_worker_free(struct swt_worker *worker) {
    if (worker == NULL)
        return;
    int status;
    /* The end of the requests is what tells it to finish. */
    if (worker->socket >= 0)
        (void)shutdown(worker->socket, SHUT_WR);
    if (worker->failed || !reap(worker, FINISH_MS, &status))
        kill_worker(worker);
    swt_fd_cleanup(&worker->socket);
    (void)munmap(worker->shared, sizeof *worker->shared);
    free(worker);
}

int swt_worker_start(const struct swt_worker_job *job, struct swt_worker **ret_worker,
                     struct swt_error *err) {
    int ends[2];
    struct swt_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return swt_fail_memory(err);
    worker->shared = share(err);
    if (worker->shared == NULL) {
        free(worker);
        return -(int)err->code;
    }
    worker->socket = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        (void)swt_fail_errno(err, errno, "cannot start a process");
        swt_worker_free(worker);
        return -(int)err->code;
    }
    worker->socket = ends[0];
    pid_t parent = getpid();
    worker->pid = fork();
    if (worker->pid == 0)
        swt_worker_main(job, ends[1], worker->shared, parent);
    int errnum = errno;
    (void)close(ends[1]);
    if (worker->pid < 0) {
        worker->pid = 0;
        (void)swt_fail_errno(err, errnum, "cannot start a process");
        swt_worker_free(worker);
        return -(int)err->code;
    }
    *ret_worker = worker;
    return 0;
}
