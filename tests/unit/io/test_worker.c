/* SPDX-License-Identifier: Apache-2.0 */
/* A worker that does what a vendor's module may do: crash, hang, exit, scribble, print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "swt/io.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SOCKET (STDERR_FILENO + 1)

/* What the worker is handed by fork. */
struct context {
    const struct swt_secret *before; /* a secret that was there before the worker */
    FILE *open_file;
    bool slow_end;
};

static bool is(struct swt_slice request, const char *word) {
    return swt_slice_equal(request, swt_slice_text(word));
}

static _Noreturn void hang(void) {
    for (;;)
        (void)pause();
}

static void write_raw(const void *data, size_t len) {
    if (write(SOCKET, data, len) != (ssize_t)len)
        _exit(9);
}

static int misbehave(struct swt_slice request) {
    if (is(request, "crash")) {
        (void)signal(SIGSEGV, SIG_DFL);
        (void)raise(SIGSEGV);
    } else if (is(request, "exit"))
        _exit(7);
    else if (is(request, "hang"))
        hang();
    else if (is(request, "close")) {
        (void)close(SOCKET);
        hang();
    } else if (is(request, "garbage"))
        write_raw("nonsense that is no header at all", 33);
    else if (is(request, "huge")) {
        const uint32_t header[3] = {2, UINT32_MAX, 0};
        write_raw(header, sizeof header);
    } else if (is(request, "code")) {
        static struct swt_error wild;
        const uint32_t header[3] = {3, sizeof wild, 0};
        memset(&wild, 'x', sizeof wild);
        write_raw(header, sizeof header);
        write_raw(&wild, sizeof wild);
    } else if (is(request, "unended")) {
        static struct swt_error wild;
        const uint32_t header[3] = {3, sizeof wild, 0};
        memset(&wild, 'x', sizeof wild);
        wild.code = SWT_E_TOKEN_FAILED;
        write_raw(header, sizeof header);
        write_raw(&wild, sizeof wild);
        hang();
    }
    return 0;
}

/* "fds": those that are open; "core": how the process is set up; "signals": how many of those that
 * a terminal sends do not end it. */
static int describe(struct swt_slice request, struct swt_buf *reply, struct swt_error *err) {
    struct rlimit core;
    if (is(request, "fds")) {
        for (int fd = 0; fd < 64; fd++) {
            char link[64];
            char path[32];
            (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
            ssize_t len = readlink(path, link, sizeof link - 1);
            if (len < 0)
                continue;
            link[len] = '\0';
            if (fd == STDERR_FILENO)
                (void)snprintf(link, sizeof link, "stderr");
            link[strcspn(link, "[")] = '\0';
            if (swt_buf_printf(reply, err, "%d=%s ", fd, link) < 0)
                return -(int)err->code;
        }
        return 0;
    }
    if (is(request, "core")) {
        assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
        return swt_buf_printf(reply, err, "%d %d %d", (int)core.rlim_cur, (int)core.rlim_max,
                              prctl(PR_GET_DUMPABLE));
    }
    if (is(request, "signals")) {
        static const int numbers[] = {SIGINT, SIGHUP, SIGQUIT};
        for (size_t i = 0; i < SWT_COUNT(numbers); i++)
            (void)raise(numbers[i]);
        return swt_buf_printf(reply, err, "%zu", SWT_COUNT(numbers));
    }
    return 1;
}

static int serve(void *context, struct swt_worker_port *port, struct swt_slice request,
                 struct swt_slice secret, struct swt_buf *reply, struct swt_error *err) {
    const struct context *own = context;
    swt_worker_note(port, "the call");
    if (is(request, "long note")) {
        char text[1000];
        memset(text, 'n', sizeof text);
        text[sizeof text - 1] = '\0';
        swt_worker_note(port, text);
        hang();
    }
    if (is(request, "error")) {
        swt_fail(err, SWT_E_PIN_WRONG, "it is wrong");
        return swt_error_hint(err, "try another");
    }
    if (is(request, "secret"))
        return swt_buf_append_slice(reply, secret, err);
    if (is(request, "secret before"))
        return swt_buf_append(reply, own->before->data, own->before->len, err);
    if (is(request, "pid"))
        return swt_buf_printf(reply, err, "%d", (int)getpid());
    if (is(request, "print")) {
        printf("text of the worker\n");
        (void)fflush(stdout);
        return 0;
    }
    if (is(request, "flood")) {
        void *zeros = calloc(1, SWT_WORKER_FRAME + 1);
        int result = swt_buf_append(reply, zeros, SWT_WORKER_FRAME + 1, err);
        free(zeros);
        return result;
    }
    int result = describe(request, reply, err);
    if (result <= 0)
        return result;
    result = misbehave(request);
    return result < 0 ? result : swt_buf_append_slice(reply, request, err);
}

static void finish(void *context) {
    const struct context *own = context;
    if (own->slow_end)
        hang();
}

static struct swt_worker *start(struct context *context) {
    struct swt_worker *worker = NULL;
    struct swt_error err = {0};
    const struct swt_worker_job job = {.serve = serve, .finish = finish, .context = context};
    assert_int_equal(swt_worker_start(&job, &worker, &err), 0);
    return worker;
}

static int call(struct swt_worker *worker, const char *request, unsigned seconds,
                struct swt_buf *reply, struct swt_error *err) {
    swt_buf_clear(reply);
    return swt_worker_call(worker, swt_slice_text(request), NULL, seconds, reply, err);
}

static void answers(struct swt_worker *worker, const char *request, const char *expected) {
    struct swt_buf reply = {0};
    struct swt_error err = {0};
    if (call(worker, request, 10, &reply, &err) < 0)
        fail_msg("%s: %s", request, err.message);
    assert_string_equal(swt_buf_text(&reply), expected);
    swt_buf_done(&reply);
}

static void fails(struct swt_worker *worker, const char *request, unsigned seconds,
                  enum swt_code code, const char *message) {
    struct swt_buf reply = {0};
    struct swt_error err = {0};
    int result = call(worker, request, seconds, &reply, &err);
    if (result != -(int)code || strcmp(err.message, message) != 0)
        fail_msg("%s: %d '%s', expected '%s'", request, result, err.message, message);
    assert_int_equal(reply.len, 0);
    swt_buf_done(&reply);
}

static double now(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* This process has no child, running or ended. */
static void assert_no_child(void) {
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* ---- when all is well -------------------------------------------------------------------- */

static void requests(void **state) {
    (void)state;
    struct context context = {0};
    struct swt_worker *worker = start(&context);
    struct swt_error err = {0};
    struct swt_buf reply = {0};
    answers(worker, "echo", "echo");
    answers(worker, "", "");
    assert_int_equal(call(worker, "error", 10, &reply, &err), -SWT_E_PIN_WRONG);
    assert_string_equal(err.message, "it is wrong");
    assert_string_equal(err.hint, "try another");
    answers(worker, "still there", "still there");
    swt_worker_free(worker);
    swt_worker_free(NULL);
    assert_no_child();
}

static void large_frames(void **state) {
    (void)state;
    struct context context = {0};
    struct swt_worker *worker = start(&context);
    struct swt_error err = {0};
    struct swt_buf reply = {0};
    uint8_t *bytes = malloc(SWT_WORKER_FRAME + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < SWT_WORKER_FRAME; i++)
        bytes[i] = (uint8_t)(i * 2654435761U >> 13);
    struct swt_slice request = swt_slice_of(bytes, SWT_WORKER_FRAME);
    assert_int_equal(swt_worker_call(worker, request, NULL, 60, &reply, &err), 0);
    assert_true(swt_slice_equal(swt_buf_slice(&reply), request));
    request.len++;
    assert_int_equal(swt_worker_call(worker, request, NULL, 60, &reply, &err),
                     -SWT_E_MODULE_FAILED);
    assert_int_equal(call(worker, "flood", 60, &reply, &err), -SWT_E_MODULE_FAILED);
    answers(worker, "still there", "still there");
    free(bytes);
    swt_buf_done(&reply);
    swt_worker_free(worker);
}

/* A secret is there for its call only; one made before the worker is not there at all. */
static void secrets(void **state) {
    (void)state;
    struct swt_secret secret = {0};
    struct swt_error err = {0};
    struct swt_buf reply = {0};
    assert_int_equal(swt_secret_set(&secret, "12345", 5, &err), 0);
    struct context context = {.before = &secret};
    struct swt_worker *worker = start(&context);
    answers(worker, "secret", "");
    /* Often: a wipe that came late would hit the next call's. */
    for (int i = 0; i < 500; i++) {
        swt_buf_clear(&reply);
        assert_int_equal(
            swt_worker_call(worker, swt_slice_text("secret"), &secret, 10, &reply, &err), 0);
        assert_string_equal(swt_buf_text(&reply), "12345");
    }
    answers(worker, "secret", "");
    swt_buf_clear(&reply);
    assert_int_equal(call(worker, "secret before", 10, &reply, &err), 0);
    assert_int_equal(reply.len, 5);
    assert_memory_equal(reply.data, "\0\0\0\0\0", 5);
    assert_string_equal(secret.data, "12345");
    swt_buf_done(&reply);
    swt_secret_done(&secret);
    swt_worker_free(worker);
}

static void what_it_holds(void **state) {
    (void)state;
    struct context context = {.open_file = fopen("/dev/zero", "rb")};
    assert_non_null(context.open_file);
    struct swt_worker *worker = start(&context);
    answers(worker, "fds", "0=/dev/null 1=/dev/null 2=stderr 3=socket: ");
    answers(worker, "core", "0 0 0");
    answers(worker, "signals", "3");
    swt_worker_free(worker);
    (void)fclose(context.open_file);
}

/* ---- when it is not ---------------------------------------------------------------------- */

static void ends(void **state) {
    (void)state;
    static const struct {
        const char *request;
        const char *message;
    } cases[] = {
        {"crash", "the call crashed (SIGSEGV)"},
        {"exit", "the call ended the process, with exit status 7"},
        {"close", "the call closed the connection"},
        {"garbage", "the call damaged its process: an answer that is none"},
        {"huge", "the call damaged its process: an answer that is none"},
        {"code", "the call damaged its process: an error of no known code"},
    };
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        struct context context = {0};
        struct swt_worker *worker = start(&context);
        fails(worker, cases[i].request, 10, SWT_E_MODULE_FAILED, cases[i].message);
        assert_no_child();
        /* It is not started again. */
        fails(worker, "echo", 10, SWT_E_MODULE_FAILED, cases[i].message);
        swt_worker_free(worker);
    }
}

/* The texts of an error have an end, whatever came. */
static void an_error_without_end(void **state) {
    (void)state;
    struct context context = {0};
    struct swt_worker *worker = start(&context);
    struct swt_error err = {0};
    struct swt_buf reply = {0};
    assert_int_equal(call(worker, "unended", 10, &reply, &err), -SWT_E_TOKEN_FAILED);
    assert_true(strlen(err.message) < sizeof err.message);
    assert_true(strlen(err.hint) < sizeof err.hint);
    assert_string_equal(err.file, "");
    swt_worker_free(worker);
    assert_no_child();
}

static void time_limit(void **state) {
    (void)state;
    struct context context = {0};
    struct swt_worker *worker = start(&context);
    double begin = now();
    fails(worker, "hang", 1, SWT_E_SIGNER_TIMEOUT, "the call did not answer within 1 s");
    assert_true(now() - begin > 0.9 && now() - begin < 3);
    assert_no_child();
    fails(worker, "echo", 1, SWT_E_SIGNER_TIMEOUT, "the call did not answer within 1 s");
    swt_worker_free(worker);
}

static void a_long_note(void **state) {
    (void)state;
    struct context context = {0};
    struct swt_worker *worker = start(&context);
    struct swt_error err = {0};
    struct swt_buf reply = {0};
    assert_int_equal(call(worker, "long note", 1, &reply, &err), -SWT_E_SIGNER_TIMEOUT);
    assert_int_equal(strspn(err.message, "n"), 255);
    swt_worker_free(worker);
}

static void a_slow_end(void **state) {
    (void)state;
    struct context context = {.slow_end = true};
    struct swt_worker *worker = start(&context);
    answers(worker, "echo", "echo");
    double begin = now();
    swt_worker_free(worker);
    assert_true(now() - begin > 1.5 && now() - begin < 4);
    assert_no_child();
}

static bool is_running(pid_t pid) {
    return kill(pid, 0) == 0;
}

/* The worker dies with the process that started it, even if that is killed. */
static void dies_with_its_parent(void **state) {
    (void)state;
    int ends_of_pipe[2];
    pid_t pid = 0;
    assert_int_equal(pipe(ends_of_pipe), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct context context = {0};
        struct swt_worker *worker = start(&context);
        struct swt_buf reply = {0};
        struct swt_error err;
        if (call(worker, "pid", 10, &reply, &err) < 0)
            _exit(1);
        pid = (pid_t)strtol(swt_buf_text(&reply), NULL, 10);
        if (write(ends_of_pipe[1], &pid, sizeof pid) != sizeof pid)
            _exit(1);
        (void)raise(SIGKILL);
    }
    assert_int_equal(read(ends_of_pipe[0], &pid, sizeof pid), sizeof pid);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    for (int i = 0; i < 100 && is_running(pid); i++)
        (void)usleep(20000);
    /* Its new parent may not wait for it; a zombie runs no more. */
    char path[64];
    char text[256] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        (void)!fgets(text, sizeof text, file);
        (void)fclose(file);
        assert_non_null(strstr(text, ") Z "));
    }
    (void)close(ends_of_pipe[0]);
    (void)close(ends_of_pipe[1]);
}

/* Ctrl-C: in a process of its own, since the flag stays up. */
static void interrupt(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct context context = {0};
        struct swt_buf reply = {0};
        struct swt_error err;
        swt_io_setup();
        struct swt_worker *worker = start(&context);
        pid_t killer = fork();
        if (killer == 0) {
            (void)usleep(300000);
            (void)kill(getppid(), SIGINT);
            _exit(0);
        }
        double begin = now();
        int result = call(worker, "hang", 60, &reply, &err);
        bool quick = now() - begin < 2;
        (void)waitpid(killer, NULL, 0);
        bool gone = waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
        swt_worker_free(worker);
        _exit(result == -SWT_E_INTERRUPTED && quick && gone ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),   cmocka_unit_test(large_frames),
        cmocka_unit_test(secrets),    cmocka_unit_test(what_it_holds),
        cmocka_unit_test(ends),       cmocka_unit_test(an_error_without_end),
        cmocka_unit_test(time_limit), cmocka_unit_test(a_long_note),
        cmocka_unit_test(a_slow_end), cmocka_unit_test(dies_with_its_parent),
        cmocka_unit_test(interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
