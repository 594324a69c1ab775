/* SPDX-License-Identifier: Apache-2.0 */
/* Another program, run to its end: its streams, its time, and that nothing of it stays behind. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STARTED_FD 3 /* in the child */
#define READ_SIZE 4096
#define PIPE_MAX ((size_t)1024 * 1024) /* what a pipe holds (pipe(7)) */
/* How long a wait may overlook that the child is dead or that a signal came. */
#define WAIT_MS 20
#define WAIT_MS_AT_END 1 /* its streams are closed: it is as good as dead */

/* ---- the child's side ------------------------------------------------------------------ */

/* A pipe's ends; -1 when closed. */
struct ends {
    int read;
    int write;
};
struct pipes {
    struct ends input, output, errors;
    struct ends started; /* closed by exec, or tells exec's errno */
};

static void pipes_done(struct pipes *pipes) {
    struct ends *const all[] = {&pipes->input, &pipes->output, &pipes->errors, &pipes->started};
    for (size_t i = 0; i < SWT_COUNT(all); i++) {
        swt_fd_cleanup(&all[i]->read);
        swt_fd_cleanup(&all[i]->write);
    }
}

static int pipes_open(struct pipes *pipes, struct swt_error *err) {
    struct ends *const all[] = {&pipes->input, &pipes->output, &pipes->errors, &pipes->started};
    for (size_t i = 0; i < SWT_COUNT(all); i++) {
        int fds[2];
        if (pipe2(fds, O_CLOEXEC) < 0)
            return swt_fail_errno(err, errno, "cannot make a pipe to a program");
        *all[i] = (struct ends){.read = fds[0], .write = fds[1]};
    }
    return 0;
}

/* The handlers are exec's to reset, what was ignored is not. */
static void default_signals(void) {
    const struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        (void)sigaction(number, &action, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* swt_io_setup made sure that 0 to 2 are open, so that no pipe is one of them. */
static bool place_descriptors(const struct pipes *pipes) {
    if (dup2(pipes->input.read, STDIN_FILENO) < 0 || dup2(pipes->output.write, STDOUT_FILENO) < 0 ||
        dup2(pipes->errors.write, STDERR_FILENO) < 0)
        return false;
    if (pipes->started.write != STARTED_FD && dup3(pipes->started.write, STARTED_FD, O_CLOEXEC) < 0)
        return false;
    /* Those of our caller too, who may have passed a PIN in one of them. */
    closefrom(STARTED_FD + 1);
    return true;
}

/* Between fork and exec: async-signal-safe calls only. */
static _Noreturn void become(const char *const *argv, const struct pipes *pipes, pid_t parent) {
    int fd = pipes->started.write;
    (void)setsid();
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE); /* it died before it could be asked for */
    default_signals();
    if (place_descriptors(pipes)) {
        fd = STARTED_FD;
        (void)execv(argv[0], (char *const *)argv);
    }
    int number = errno;
    (void)!write(fd, &number, sizeof number);
    _exit(EXIT_FAILURE);
}

/* ---- our side -------------------------------------------------------------------------- */

struct run {
    const struct swt_program *program;
    struct pipes pipes;
    pid_t child; /* 0: none, or waited for */
    size_t sent; /* of the input */
    struct timespec start;
    struct swt_program_outcome outcome;
};

/* Waits for the child to be dead, and keeps its status. */
static int reap(struct run *run, int *ret_status) {
    pid_t result;
    do
        result = waitpid(run->child, ret_status, 0);
    while (result < 0 && errno == EINTR);
    run->child = 0;
    return result < 0 ? -1 : 0;
}

/* While the child is not reaped nobody else can have its number. It makes its group on its way to
 * exec; until then there is the child alone. */
static void kill_all(const struct run *run) {
    (void)kill(-run->child, SIGKILL);
    (void)kill(run->child, SIGKILL);
}

static void run_done(struct run *run) {
    int status;
    if (run->child > 0) {
        kill_all(run);
        (void)reap(run, &status);
    }
    pipes_done(&run->pipes);
    swt_program_outcome_done(&run->outcome);
}

void swt_program_outcome_done(struct swt_program_outcome *outcome) {
    swt_buf_done(&outcome->output);
    swt_buf_done(&outcome->errors);
    *outcome = (struct swt_program_outcome){0};
}

static int spawn(struct run *run, struct swt_error *err) {
    sigset_t all;
    sigset_t before;
    pid_t parent = getpid();
    /* Until exec the child has our handlers: none of them may run in it. */
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before);
    pid_t child = fork();
    if (child == 0)
        become(run->program->argv, &run->pipes, parent);
    int errnum = errno;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (child < 0)
        return swt_fail_errno(err, errnum, "cannot start a process");
    run->child = child;
    return 0;
}

static int start(struct run *run, struct swt_error *err) {
    struct pipes *pipes = &run->pipes;
    int r = pipes_open(pipes, err);
    if (r == 0)
        r = spawn(run, err);
    if (r < 0)
        return r;
    swt_fd_cleanup(&pipes->input.read);
    swt_fd_cleanup(&pipes->output.write);
    swt_fd_cleanup(&pipes->errors.write);
    swt_fd_cleanup(&pipes->started.write);
    /* Our ends only: those of the child block, as every program expects. */
    const int ours[] = {pipes->input.write, pipes->output.read, pipes->errors.read,
                        pipes->started.read};
    for (size_t i = 0; i < SWT_COUNT(ours); i++)
        if (fcntl(ours[i], F_SETFL, O_NONBLOCK) < 0)
            return swt_fail_errno(err, errno, "cannot set up a pipe to a program");
    return 0;
}

/* Writes what the pipe takes. A program that wants no more is none that failed. */
static int send_input(struct run *run, struct swt_error *err) {
    struct swt_slice input = run->program->input;
    ssize_t put = 0;
    if (run->sent < input.len)
        put = write(run->pipes.input.write, input.data + run->sent, input.len - run->sent);
    if (put < 0 && (errno == EAGAIN || errno == EINTR))
        return 0; /* it is asked for again */
    if (put < 0 && errno != EPIPE)
        return swt_fail_errno(err, errno, "cannot write to a program");
    run->sent = put < 0 ? input.len : run->sent + (size_t)put;
    if (run->sent == input.len)
        swt_fd_cleanup(&run->pipes.input.write);
    return 0;
}

/* From a descriptor that does not block: EINTR is not the end of what is there. */
static ssize_t read_some(int fd, void *ret_data, size_t size) {
    ssize_t got;
    do
        got = read(fd, ret_data, size);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Reads what is there, once: keeps as many bytes as max leaves room for. Returns how many came, 0
 * when there is nothing, and then *fd is closed if nothing will come. */
static int receive(int *fd, size_t max, struct swt_buf *buf, struct swt_error *err) {
    uint8_t data[READ_SIZE];
    if (*fd < 0)
        return 0;
    ssize_t got = read_some(*fd, data, sizeof data);
    if (got < 0 && errno == EAGAIN)
        return 0;
    if (got < 0)
        return swt_fail_errno(err, errno, "cannot read from a program");
    if (got == 0)
        swt_fd_cleanup(fd);
    size_t room = max - buf->len;
    int r = swt_buf_append(buf, data, (size_t)got < room ? (size_t)got : room, err);
    return r < 0 ? r : (int)got;
}

static int receive_output(struct run *run, struct swt_error *err) {
    struct swt_buf *output = &run->outcome.output;
    size_t before = output->len;
    int got = receive(&run->pipes.output.read, run->program->output_max, output, err);
    if (got > 0 && output->len - before < (size_t)got)
        run->outcome.end = SWT_PROGRAM_FLOODED;
    return got;
}

/* The end of it is kept: what a program says last is why it failed. */
static int receive_errors(struct run *run, struct swt_error *err) {
    struct swt_buf *errors = &run->outcome.errors;
    int got = receive(&run->pipes.errors.read, SIZE_MAX, errors, err);
    if (errors->len > SWT_PROGRAM_ERRORS_MAX) {
        size_t excess = errors->len - SWT_PROGRAM_ERRORS_MAX;
        memmove(errors->data, errors->data + excess, SWT_PROGRAM_ERRORS_MAX);
        errors->len = SWT_PROGRAM_ERRORS_MAX;
    }
    return got;
}

static int receive_start(struct run *run, struct swt_error *err) {
    int number;
    if (run->pipes.started.read < 0)
        return 0;
    ssize_t got = read_some(run->pipes.started.read, &number, sizeof number);
    if (got < 0 && errno == EAGAIN)
        return 0;
    if (got < 0)
        return swt_fail_errno(err, errno, "cannot start a program");
    swt_fd_cleanup(&run->pipes.started.read);
    if (got == (ssize_t)sizeof number) {
        run->outcome.end = SWT_PROGRAM_NOT_STARTED;
        run->outcome.number = number;
    }
    return 0;
}

/* Rounded up: 0 means that the time is over. */
static int64_t left_ms(const struct run *run) {
    const int64_t second = 1000000000;
    const int64_t millisecond = 1000000;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t passed =
        ((int64_t)now.tv_sec - run->start.tv_sec) * second + (now.tv_nsec - run->start.tv_nsec);
    int64_t left = (int64_t)run->program->seconds * second - passed;
    return left <= 0 ? 0 : (left + millisecond - 1) / millisecond;
}

/* Waits for one of the streams, for a short while, and moves what can be moved. */
static int move(struct run *run, int64_t left, struct swt_error *err) {
    struct pipes *pipes = &run->pipes;
    /* poll passes over descriptors of -1. */
    struct pollfd fds[] = {{.fd = pipes->input.write, .events = POLLOUT},
                           {.fd = pipes->output.read, .events = POLLIN},
                           {.fd = pipes->errors.read, .events = POLLIN},
                           {.fd = pipes->started.read, .events = POLLIN}};
    bool at_end = pipes->output.read < 0 && pipes->errors.read < 0;
    int64_t wait = at_end ? WAIT_MS_AT_END : WAIT_MS;
    int count = poll(fds, SWT_COUNT(fds), (int)(left < wait ? left : wait));
    if (count < 0 && errno != EINTR)
        return swt_fail_errno(err, errno, "cannot wait for a program");
    if (count <= 0)
        return 0;
    int r = 0;
    if (fds[0].revents != 0)
        r = send_input(run, err);
    if (r >= 0 && fds[1].revents != 0)
        r = receive_output(run, err);
    if (r >= 0 && fds[2].revents != 0)
        r = receive_errors(run, err);
    if (r >= 0 && fds[3].revents != 0)
        r = receive_start(run, err);
    return r < 0 ? r : 0;
}

/* 1 when the child is dead, whose number stays taken until it is reaped. */
static int is_dead(const struct run *run, struct swt_error *err) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)run->child, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno != EINTR)
        return swt_fail_errno(err, errno, "cannot wait for a program");
    return info.si_pid != 0;
}

/* Until the child is dead, or the outcome is another. */
static int attend(struct run *run, struct swt_error *err) {
    int dead = 0;
    while (dead == 0 && run->outcome.end == SWT_PROGRAM_EXITED) {
        int r = swt_interrupted(err);
        if (r < 0)
            return r;
        int64_t left = left_ms(run);
        if (left == 0) {
            run->outcome.end = SWT_PROGRAM_TIMEOUT;
            return 0;
        }
        r = move(run, left, err);
        if (r < 0)
            return r;
        dead = is_dead(run, err);
    }
    return dead < 0 ? dead : 0;
}

/* What the dead left in the pipes. Not up to their end: a process that fled from the group may hold
 * them open; and not for ever: it may go on writing. */
static int drain(struct run *run, struct swt_error *err) {
    int got = receive_start(run, err);
    if (got < 0)
        return got;
    do
        got = receive_output(run, err);
    while (got > 0 && run->outcome.end == SWT_PROGRAM_EXITED);
    if (got < 0)
        return got;
    size_t drained = 0;
    do {
        got = receive_errors(run, err);
        drained += got > 0 ? (size_t)got : 0;
    } while (got > 0 && drained < PIPE_MAX);
    return got < 0 ? got : 0;
}

static int finish(struct run *run, struct swt_error *err) {
    int status = 0;
    kill_all(run);
    int r = drain(run, err);
    if (r < 0)
        return r;
    if (reap(run, &status) < 0)
        return swt_fail_errno(err, errno, "cannot wait for a program");
    if (run->outcome.end != SWT_PROGRAM_EXITED)
        return 0;
    if (WIFSIGNALED(status)) {
        run->outcome.end = SWT_PROGRAM_SIGNALLED;
        run->outcome.number = WTERMSIG(status);
    } else {
        run->outcome.number = WEXITSTATUS(status);
    }
    return 0;
}

int swt_program_run(const struct swt_program *program, struct swt_program_outcome *ret_outcome,
                    struct swt_error *err) {
    const struct ends none = {-1, -1};
    SWT_CLEANUP(run_done)
    struct run run = {.program = program, .pipes = {none, none, none, none}};
    (void)clock_gettime(CLOCK_MONOTONIC, &run.start);
    int r = start(&run, err);
    if (r == 0)
        r = attend(&run, err);
    if (r == 0)
        r = finish(&run, err);
    if (r < 0)
        return r;
    *ret_outcome = SWT_MOVE(run.outcome);
    return 0;
}
