/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that behave, and all the ways in which they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/scratch.h"
#include "swt/io.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define OUTPUT_MAX 1000
#define SECONDS 20

static int run(const char *const *argv, struct swt_slice input, unsigned seconds, size_t max,
               struct swt_program_outcome *ret_outcome) {
    struct swt_program program = {argv, input, seconds, max};
    struct swt_error err = {0};
    return swt_program_run(&program, ret_outcome, &err);
}

/* The outcome of a shell's script, which must be one. */
static struct swt_program_outcome script(const char *text, struct swt_slice input,
                                         unsigned seconds) {
    const char *const argv[] = {"/bin/sh", "-c", text, NULL};
    struct swt_program_outcome outcome = {0};
    assert_int_equal(run(argv, input, seconds, OUTPUT_MAX, &outcome), 0);
    return outcome;
}

static void check(struct swt_program_outcome outcome, enum swt_program_end end, int number,
                  const char *output, const char *errors) {
    assert_int_equal(outcome.end, end);
    assert_int_equal(outcome.number, number);
    if (output != NULL)
        assert_string_equal(swt_buf_text(&outcome.output), output);
    if (errors != NULL)
        assert_string_equal(swt_buf_text(&outcome.errors), errors);
    swt_program_outcome_done(&outcome);
}

static const struct swt_slice nothing;

static double now(void) {
    struct timespec time;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &time), 0);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Dead or a zombie that nobody has waited for. */
static bool is_gone(long pid) {
    char path[64];
    char text[256] = "";
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return true;
    (void)!fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    const char *state = strrchr(text, ')');
    return state == NULL || state[2] == 'Z';
}

static bool goes(long pid) {
    double end = now() + 5;
    while (!is_gone(pid) && now() < end)
        (void)usleep(10000);
    return is_gone(pid);
}

static long number_in(const char *path) {
    long number = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%ld", &number) != 1)
        number = 0;
    (void)fclose(file);
    return number;
}

static long wait_for_number(const char *path) {
    double end = now() + 5;
    long number;
    while ((number = number_in(path)) == 0 && now() < end)
        (void)usleep(10000);
    return number;
}

/* ---- those that behave ------------------------------------------------------------------- */

static void streams_and_status(void **state) {
    (void)state;
    check(script("cat; echo err >&2", swt_slice_text("in"), SECONDS), SWT_PROGRAM_EXITED, 0, "in",
          "err\n");
    check(script("exit 3", nothing, SECONDS), SWT_PROGRAM_EXITED, 3, "", "");
}

static void arguments_are_passed_as_they_are(void **state) {
    (void)state;
    const char *const argv[] = {"/bin/echo", "a b", "$HOME;*", NULL};
    struct swt_program_outcome outcome = {0};
    assert_int_equal(run(argv, nothing, SECONDS, OUTPUT_MAX, &outcome), 0);
    check(outcome, SWT_PROGRAM_EXITED, 0, "a b $HOME;*\n", "");
}

static void much_input_and_output(void **state) {
    (void)state;
    const char *const argv[] = {"/bin/cat", NULL};
    size_t len = (size_t)4 * 1024 * 1024;
    uint8_t *data = malloc(len);
    assert_non_null(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 7 / 3);
    struct swt_program_outcome outcome = {0};
    assert_int_equal(run(argv, swt_slice_of(data, len), SECONDS, len, &outcome), 0);
    assert_int_equal(outcome.end, SWT_PROGRAM_EXITED);
    assert_true(swt_slice_equal(swt_buf_slice(&outcome.output), swt_slice_of(data, len)));
    swt_program_outcome_done(&outcome);
    free(data);
}

static void input_that_nobody_reads(void **state) {
    (void)state;
    size_t len = (size_t)1024 * 1024;
    void *data = calloc(1, len);
    assert_non_null(data);
    check(script("echo done", swt_slice_of(data, len), SECONDS), SWT_PROGRAM_EXITED, 0, "done\n",
          "");
    check(script("exec <&-; sleep 0.1; echo done", swt_slice_of(data, len), SECONDS),
          SWT_PROGRAM_EXITED, 0, "done\n", "");
    free(data);
}

/* ---- limits ------------------------------------------------------------------------------ */

static void closed_streams_do_not_mean_the_end(void **state) {
    (void)state;
    double start = now();
    check(script("echo out; exec >&- 2>&-; exec sleep 300", nothing, 1), SWT_PROGRAM_TIMEOUT, 0,
          "out\n", "");
    assert_true(now() - start >= 1 && now() - start < 5);
    check(script("exec >&- 2>&-; sleep 0.2; exit 4", nothing, SECONDS), SWT_PROGRAM_EXITED, 4, "",
          "");
}

static void a_hang_ends_at_the_limit(void **state) {
    (void)state;
    check(script("echo waiting >&2; sleep 300; echo", nothing, 1), SWT_PROGRAM_TIMEOUT, 0, "",
          "waiting\n");
    check(script("kill -STOP $$", nothing, 1), SWT_PROGRAM_TIMEOUT, 0, "", "");
    check(script("trap '' TERM INT HUP; while :; do :; done", nothing, 1), SWT_PROGRAM_TIMEOUT, 0,
          "", "");
}

static void a_flood_of_output_is_stopped(void **state) {
    (void)state;
    double start = now();
    struct swt_program_outcome outcome = script("yes", nothing, SECONDS);
    assert_int_equal(outcome.end, SWT_PROGRAM_FLOODED);
    assert_int_equal(outcome.output.len, OUTPUT_MAX);
    swt_program_outcome_done(&outcome);
    outcome = script("head -c 1001 /dev/zero", nothing, SECONDS);
    assert_int_equal(outcome.end, SWT_PROGRAM_FLOODED);
    swt_program_outcome_done(&outcome);
    outcome = script("head -c 1000 /dev/zero", nothing, SECONDS);
    assert_int_equal(outcome.end, SWT_PROGRAM_EXITED);
    assert_int_equal(outcome.output.len, OUTPUT_MAX);
    swt_program_outcome_done(&outcome);
    assert_true(now() - start < 10);
}

static void a_flood_of_errors_is_cut(void **state) {
    (void)state;
    struct swt_program_outcome outcome = script(
        "head -c 1000000 /dev/zero | tr '\\0' x >&2; printf last >&2; echo done", nothing, SECONDS);
    assert_int_equal(outcome.errors.len, SWT_PROGRAM_ERRORS_MAX);
    assert_memory_equal(outcome.errors.data + outcome.errors.len - 5, "xlast", 5);
    check(outcome, SWT_PROGRAM_EXITED, 0, "done\n", NULL);
    check(script("yes >&2", nothing, 1), SWT_PROGRAM_TIMEOUT, 0, "", NULL);
}

/* ---- what stays behind ------------------------------------------------------------------- */

static void a_background_process_is_killed(void **state) {
    (void)state;
    double start = now();
    /* It holds the pipes open. */
    check(script("sleep 300 & echo $! >pid; echo done", nothing, SECONDS), SWT_PROGRAM_EXITED, 0,
          "done\n", "");
    assert_true(now() - start < 5);
    assert_true(number_in("pid") > 0);
    assert_true(goes(number_in("pid")));

    check(script("sleep 300 & echo $! >pid; wait", nothing, 1), SWT_PROGRAM_TIMEOUT, 0, "", "");
    assert_true(goes(number_in("pid")));
}

static void one_that_left_the_group_is_not_waited_for(void **state) {
    (void)state;
    double start = now();
    check(script("setsid sleep 8 & sleep 0.1; echo done", nothing, SECONDS), SWT_PROGRAM_EXITED, 0,
          "done\n", "");
    /* It goes on writing into the pipes. */
    struct swt_program_outcome outcome =
        script("setsid sh -c 'echo $$ >pid; exec yes >&2' & sleep 0.2", nothing, SECONDS);
    assert_int_equal(outcome.end, SWT_PROGRAM_EXITED);
    swt_program_outcome_done(&outcome);
    assert_true(now() - start < 5);
    assert_true(number_in("pid") > 0);
    assert_true(goes(number_in("pid"))); /* of SIGPIPE */
}

static void death_by_a_signal(void **state) {
    (void)state;
    check(script("echo >&2; kill -SEGV $$", nothing, SECONDS), SWT_PROGRAM_SIGNALLED, SIGSEGV, "",
          "\n");
    check(script("kill -KILL $$", nothing, SECONDS), SWT_PROGRAM_SIGNALLED, SIGKILL, "", "");
}

static int killed_while_it_runs(void) {
    swt_io_setup();
    const char *const argv[] = {"/bin/sh", "-c", "echo $$ >pid; exec sleep 300", NULL};
    struct swt_program_outcome outcome;
    return run(argv, nothing, 300, OUTPUT_MAX, &outcome);
}

static void it_dies_with_its_parent(void **state) {
    (void)state;
    pid_t parent = fork();
    if (parent == 0)
        _exit(killed_while_it_runs() != 0);
    long pid = wait_for_number("pid");
    assert_true(pid > 0);
    assert_false(is_gone(pid));
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_true(goes(pid));
}

/* ---- what does not start ----------------------------------------------------------------- */

static void check_not_started(const char *path, int errnum) {
    const char *const argv[] = {path, NULL};
    struct swt_program_outcome outcome = {0};
    assert_int_equal(run(argv, nothing, SECONDS, OUTPUT_MAX, &outcome), 0);
    check(outcome, SWT_PROGRAM_NOT_STARTED, errnum, "", "");
}

static void execs_own_error(void **state) {
    (void)state;
    put_file("plain", "#!/bin/sh\n");
    put_file("no-interpreter", "#!/nowhere/sh\n");
    put_file("no-format", "echo\n");
    assert_int_equal(chmod("no-interpreter", 0755), 0);
    assert_int_equal(chmod("no-format", 0755), 0);
    check_not_started("./missing", ENOENT);
    check_not_started("./no-interpreter", ENOENT);
    check_not_started("./plain", EACCES);
    check_not_started(".", EACCES);
    check_not_started("./no-format", ENOEXEC);
    check_not_started("sh", ENOENT); /* no search */
}

/* ---- what it finds ----------------------------------------------------------------------- */

static void no_descriptor_but_three(void **state) {
    (void)state;
    int inherited = open("/dev/null", O_RDONLY);
    assert_true(inherited >= 0);
    assert_int_equal(dup2(inherited, 9), 9);
    assert_int_equal(dup2(inherited, 200), 200);
    /* 3 is the one by which the list is made. */
    check(script("exec ls /proc/self/fd", nothing, SECONDS), SWT_PROGRAM_EXITED, 0, "0\n1\n2\n3\n",
          "");
    assert_int_equal(fcntl(9, F_GETFD), 0); /* ours are still there */
    assert_int_equal(close(9), 0);
    assert_int_equal(close(200), 0);
    assert_int_equal(close(inherited), 0);
}

static void none_of_our_descriptors_is_left(void **state) {
    (void)state;
    size_t before = count_entries("/proc/self/fd");
    check(script("true", nothing, SECONDS), SWT_PROGRAM_EXITED, 0, "", "");
    check_not_started("./missing", ENOENT);
    check(script("sleep 300", nothing, 1), SWT_PROGRAM_TIMEOUT, 0, "", "");
    assert_int_equal(count_entries("/proc/self/fd"), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void a_session_of_its_own(void **state) {
    (void)state;
    check(script("read -r pid name status parent group session rest </proc/self/stat; "
                 "[ \"$$ $$\" = \"$group $session\" ] && echo own; (: </dev/tty) 2>&- || echo none",
                 nothing, SECONDS),
          SWT_PROGRAM_EXITED, 0, "own\nnone\n", "");
}

static void default_signals(void **state) {
    (void)state;
    sigset_t blocked;
    sigset_t before;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, &before), 0);
    assert_true(signal(SIGHUP, SIG_IGN) != SIG_ERR);
    /* The C library keeps 32 and 33 to itself: they stay as whoever started the test had them. */
    check(script("while read -r name value; do case $name in SigBlk:|SigIgn:) "
                 "echo $name $((0x$value & 0x7fffffff)) ;; esac; done </proc/self/status",
                 nothing, SECONDS),
          SWT_PROGRAM_EXITED, 0, "SigBlk: 0\nSigIgn: 0\n", "");
    assert_true(signal(SIGHUP, SIG_DFL) == SIG_IGN);
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &blocked), 0);
    assert_int_equal(sigismember(&blocked, SIGTERM), 1);
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

/* ---- signals that come meanwhile --------------------------------------------------------- */

static void on_usr1(int number) {
    (void)number;
}

static void signals_that_mean_nothing(void **state) {
    (void)state;
    const struct sigaction action = {.sa_handler = on_usr1};
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    pid_t parent = getpid();
    pid_t pest = fork();
    if (pest == 0)
        for (;;) {
            if (kill(parent, SIGUSR1) < 0 || getppid() != parent)
                _exit(0);
            (void)usleep(300);
        }
    for (int i = 0; i < 20; i++)
        check(script("head -c 900 /dev/zero | tr '\\0' x | wc -c; exit 2", nothing, SECONDS),
              SWT_PROGRAM_EXITED, 2, "900\n", "");
    much_input_and_output(NULL);
    assert_int_equal(kill(pest, SIGKILL), 0);
    assert_int_equal(waitpid(pest, NULL, 0), pest);
}

static void check_child(int (*body)(void)) {
    pid_t child = fork();
    if (child == 0)
        _exit(body());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int interrupted(void) {
    swt_io_setup();
    pid_t self = getpid();
    pid_t other = fork();
    if (other == 0) {
        (void)wait_for_number("pid");
        _exit(kill(self, SIGINT) < 0);
    }
    const char *const argv[] = {"/bin/sh", "-c",
                                "trap '' INT TERM; echo $$ >pid; sleep 300; :", NULL};
    struct swt_program program = {argv, {0}, 300, OUTPUT_MAX};
    struct swt_program_outcome outcome;
    struct swt_error err;
    double start = now();
    int r = swt_program_run(&program, &outcome, &err);
    (void)waitpid(other, NULL, 0);
    if (r != -SWT_E_INTERRUPTED)
        return 1;
    if (now() - start > 5)
        return 2;
    return !goes(number_in("pid"));
}

static void an_interrupt_kills_it(void **state) {
    (void)state;
    check_child(interrupted);
}

static int with_ignored_children(void) {
    (void)signal(SIGCHLD, SIG_IGN);
    swt_io_setup();
    struct swt_program_outcome outcome = script("exit 3", nothing, SECONDS);
    return outcome.end != SWT_PROGRAM_EXITED || outcome.number != 3;
}

static void a_parent_that_ignores_its_children(void **state) {
    (void)state;
    check_child(with_ignored_children);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(streams_and_status),
        SCRATCH_TEST(arguments_are_passed_as_they_are),
        SCRATCH_TEST(much_input_and_output),
        SCRATCH_TEST(input_that_nobody_reads),
        SCRATCH_TEST(closed_streams_do_not_mean_the_end),
        SCRATCH_TEST(a_hang_ends_at_the_limit),
        SCRATCH_TEST(a_flood_of_output_is_stopped),
        SCRATCH_TEST(a_flood_of_errors_is_cut),
        SCRATCH_TEST(a_background_process_is_killed),
        SCRATCH_TEST(one_that_left_the_group_is_not_waited_for),
        SCRATCH_TEST(death_by_a_signal),
        SCRATCH_TEST(it_dies_with_its_parent),
        SCRATCH_TEST(execs_own_error),
        SCRATCH_TEST(no_descriptor_but_three),
        SCRATCH_TEST(none_of_our_descriptors_is_left),
        SCRATCH_TEST(a_session_of_its_own),
        SCRATCH_TEST(default_signals),
        SCRATCH_TEST(signals_that_mean_nothing),
        SCRATCH_TEST(an_interrupt_kills_it),
        SCRATCH_TEST(a_parent_that_ignores_its_children),
    };
    swt_io_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
