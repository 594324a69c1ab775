/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

/* The program's only globals: what a handler can reach, and what the process was started with. */
static atomic_int caught_signal; /* threads ask for it, too */
static bool stdout_was_closed;

/*
 * A signal between the look at the flag and the system call that then blocks would be lost until
 * the next one. So the alarm rings each second from then on, and its EINTR ends that call.
 */
static void on_signal(int number) {
    if (number != SIGALRM)
        caught_signal = number;
    (void)alarm(1);
}

static void on_ignored(int number) {
    (void)number;
}

static void handle(int number, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

/* One that the parent chose to ignore (nohup, a shell's background job) stays ignored. */
static void handle_unless_ignored(int number) {
    struct sigaction before;
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        handle(number, on_signal, 0);
}

/* An output file must never become descriptor 1, where a report would be printed into it. */
static bool open_if_closed(int fd) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
        return false;
    /* All below fd are open by now, so that the lowest free one is fd. */
    int opened = open("/dev/null", O_RDWR);
    if (opened >= 0 && opened != fd)
        (void)close(opened);
    return true;
}

bool swt_stdout_was_closed(void) {
    return stdout_was_closed;
}

/* libcrypto 3 sets itself up at its first use, and dies when memory runs out meanwhile. Here there
 * is no half-written file yet that it would leave behind. A failure is told by the first real use.
 */
static void set_up_library(void) {
    swt_library_memory_setup();
    if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) == 1)
        EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL));
    ERR_clear_error();
}

void swt_io_setup(void) {
    (void)open_if_closed(STDIN_FILENO);
    stdout_was_closed = open_if_closed(STDOUT_FILENO);
    (void)open_if_closed(STDERR_FILENO);
    set_up_library();

    handle(SIGALRM, on_signal, 0);
    handle_unless_ignored(SIGINT);
    handle_unless_ignored(SIGTERM);
    handle_unless_ignored(SIGHUP);
    handle_unless_ignored(SIGQUIT);
    /* Handled by nothing, not SIG_IGN: that would be inherited by the signers we start. */
    handle(SIGPIPE, on_ignored, SA_RESTART);
    handle(SIGXFSZ, on_ignored, SA_RESTART);
    /* A parent that ignored it would leave us with children whose status nobody keeps. */
    handle(SIGCHLD, SIG_DFL, 0);
}

int swt_interrupted(struct swt_error *err) {
    int number = caught_signal;
    if (number == 0)
        return 0;
    if (number == SIGINT)
        return swt_fail(err, SWT_E_INTERRUPTED, "interrupted");
    return swt_fail(err, SWT_E_TERMINATED, "terminated");
}
