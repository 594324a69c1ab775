/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MAX 1024
#define WIDTH_ELSEWHERE 80

size_t swt_terminal_columns(int fd) {
    struct winsize size;
    if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_ELSEWHERE;
    return size.ws_col;
}

size_t swt_terminal_table_width(int fd) {
    size_t columns = swt_terminal_columns(fd);
    return columns < SWT_WIDTH_MIN ? SWT_WIDTH_MIN : columns;
}

size_t swt_terminal_width(int fd) {
    size_t columns = swt_terminal_table_width(fd);
    return columns > SWT_WIDTH_MAX ? SWT_WIDTH_MAX : columns;
}

bool swt_terminal_is_ours(int fd) {
    pid_t foreground = tcgetpgrp(fd);
    return foreground < 0 || foreground == getpgrp();
}

static bool set_in_environment(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

bool swt_terminal_colour(int fd) {
    const char *term = getenv("TERM");
    return isatty(fd) && term != NULL && strcmp(term, "dumb") != 0 &&
           !set_in_environment("NO_COLOR") && !set_in_environment("CI");
}

bool swt_terminal_utf8(void) {
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* ---- asking ------------------------------------------------------------------------------ */

struct terminal {
    int fd;
    bool silenced;
    struct termios before;
};

/* Ctrl-Z: blocked while there is no echo, which the shell would inherit. */
static sigset_t stop_signal(void) {
    sigset_t stop;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTSTP);
    return stop;
}

static bool stop_is_asked_for(void) {
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGTSTP) == 1;
}

/* A stop that was asked for comes here. */
static void restore(struct terminal *terminal) {
    const sigset_t stop = stop_signal();
    if (!terminal->silenced)
        return;
    /* The newline that the person typed was not echoed. */
    (void)!write(terminal->fd, "\n", 1);
    (void)tcsetattr(terminal->fd, TCSAFLUSH, &terminal->before);
    terminal->silenced = false;
    (void)sigprocmask(SIG_UNBLOCK, &stop, NULL);
}

static void terminal_done(struct terminal *terminal) {
    restore(terminal);
    if (terminal->fd >= 0)
        (void)close(terminal->fd);
}

static int silence(struct terminal *terminal, struct swt_error *err) {
    if (tcgetattr(terminal->fd, &terminal->before) != 0)
        return swt_fail_errno(err, errno, "the terminal's settings cannot be read");
    struct termios quiet = terminal->before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    quiet.c_lflag |= ICANON | ISIG;
    const sigset_t stop = stop_signal();
    (void)sigprocmask(SIG_BLOCK, &stop, NULL);
    terminal->silenced = true;
    /* TCSAFLUSH drops what was typed ahead, when it was still echoed. */
    if (tcsetattr(terminal->fd, TCSAFLUSH, &quiet) != 0)
        return swt_fail_errno(err, errno, "the terminal's echo cannot be turned off");
    return 0;
}

static int write_question(int fd, const char *what, const char *end, struct swt_error *err) {
    struct swt_buf question = {0};
    int r = swt_text_escape(&question, swt_slice_text(what), err);
    if (r == 0)
        r = swt_buf_printf(&question, err, "%s", end);
    if (r == 0 && swt_fd_tell(fd, swt_buf_slice(&question), err) < 0)
        r = swt_error_context(err, "the terminal");
    swt_buf_done(&question);
    return r;
}

/* One line without its newline; of one that is too long, SECRET_MAX bytes. 1 when a stop is blocked
 * and was asked for. poll's time limit is for that one, and for a signal that came before poll
 * began. */
static int read_line(int fd, char ret_line[SECRET_MAX], size_t *ret_len, struct swt_error *err) {
    size_t len = 0;
    for (;;) {
        int r = swt_interrupted(err);
        if (r < 0)
            return r;
        if (stop_is_asked_for())
            return 1;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int events = poll(&ready, 1, 200);
        if (events < 0 && errno != EINTR)
            return swt_fail_errno(err, errno, "the terminal cannot be read");
        if (events <= 0)
            continue;
        ssize_t got = read(fd, ret_line + len, SECRET_MAX - len);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return swt_fail_errno(err, errno, "the terminal cannot be read");
        len += (size_t)got;
        if (len > 0 && ret_line[len - 1] == '\n') {
            *ret_len = len - 1;
            return 0;
        }
        if (got == 0 || len == SECRET_MAX) {
            *ret_len = len;
            return 0;
        }
    }
}

/* Both must be a terminal: where one is not, a script runs the program, and a question would hang.
 */
bool swt_terminal_can_ask(void) {
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static int open_terminal(void) {
    return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static int ask(void *context, const char *what, struct swt_secret *ret_secret,
               struct swt_error *err) {
    swt_progress_erase(context);
    SWT_CLEANUP(terminal_done) struct terminal terminal = {.fd = -1};
    if (swt_terminal_can_ask())
        terminal.fd = open_terminal();
    if (terminal.fd < 0) {
        (void)swt_fail(err, SWT_E_PASSPHRASE, "%s is needed, and there is no terminal to ask on",
                       what);
        return swt_error_hint(err, "give --passphrase-file FILE or --pin-env NAME");
    }
    char line[SECRET_MAX];
    size_t len = 0;
    int r;
    do {
        restore(&terminal);
        r = silence(&terminal, err);
        if (r == 0)
            r = write_question(terminal.fd, what, ": ", err);
        if (r == 0)
            r = read_line(terminal.fd, line, &len, err);
    } while (r > 0);
    if (r == 0 && len == SECRET_MAX)
        r = swt_fail(err, SWT_E_PASSPHRASE, "the passphrase is longer than %d bytes",
                     SECRET_MAX - 1);
    if (r == 0 && len == 0)
        r = swt_fail(err, SWT_E_PASSPHRASE, "%s: nothing was entered", what);
    if (r == 0)
        r = swt_secret_set(ret_secret, line, len, err);
    swt_wipe(line, sizeof line);
    return r;
}

static void tell(void *context, const char *what) {
    struct swt_error err;
    struct swt_buf line = {0};
    swt_progress_erase(context);
    /* Where it cannot be said, the reader's own display may still do. */
    if (swt_text_escape(&line, swt_slice_text(what), &err) >= 0 &&
        swt_buf_append(&line, "\n", 1, &err) >= 0)
        (void)!write(STDERR_FILENO, line.data, line.len);
    swt_buf_done(&line);
}

struct swt_prompt swt_terminal_prompt(struct swt_progress *progress) {
    return (struct swt_prompt){.ask = ask, .tell = tell, .context = progress};
}

static bool is_yes(const char *line, size_t len) {
    while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
        len--;
    while (len > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    return (len == 1 && strncasecmp(line, "y", len) == 0) ||
           (len == 3 && strncasecmp(line, "yes", len) == 0);
}

int swt_terminal_confirm(const char *question, struct swt_error *err) {
    SWT_CLEANUP(terminal_done) struct terminal terminal = {.fd = open_terminal()};
    char line[SECRET_MAX];
    size_t len = 0;
    if (terminal.fd < 0)
        return swt_fail_errno(err, errno, "the terminal cannot be opened");
    (void)tcflush(terminal.fd, TCIFLUSH);
    int r = write_question(terminal.fd, question, " [y/N] ", err);
    if (r == 0)
        r = read_line(terminal.fd, line, &len, err);
    if (r < 0)
        return r;
    if (is_yes(line, len))
        return 0;
    return swt_fail(err, SWT_E_DECLINED, "not signed: the answer was not yes");
}
