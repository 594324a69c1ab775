/* SPDX-License-Identifier: Apache-2.0 */
/* Every test in a child: a caught signal stays caught. */
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

static void check_child(int (*body)(void)) {
    pid_t child = fork();
    if (child == 0)
        _exit(body());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int signals_have_codes(int number, int code) {
    struct swt_error err;
    swt_io_setup();
    if (swt_interrupted(&err) != 0)
        return 1;
    (void)raise(number);
    return swt_interrupted(&err) != code || swt_interrupted(&err) != code;
}

static int on_int(void) {
    return signals_have_codes(SIGINT, -SWT_E_INTERRUPTED);
}

static int on_term(void) {
    return signals_have_codes(SIGTERM, -SWT_E_TERMINATED);
}

static int on_hup(void) {
    return signals_have_codes(SIGHUP, -SWT_E_TERMINATED);
}

static int on_quit(void) {
    return signals_have_codes(SIGQUIT, -SWT_E_TERMINATED);
}

static int on_ignored_hup(void) {
    (void)signal(SIGHUP, SIG_IGN);
    return signals_have_codes(SIGHUP, 0);
}

static void test_codes(void **state) {
    (void)state;
    check_child(on_int);
    check_child(on_term);
    check_child(on_hup);
    check_child(on_quit);
    check_child(on_ignored_hup);
}

static int writer_stops(void) {
    struct swt_error err;
    swt_io_setup();
    struct swt_writer *writer = NULL;
    if (swt_writer_open("out", NULL, &writer, &err) < 0 ||
        swt_writer_write(writer, "x", 1, &err) < 0)
        return 1;
    (void)raise(SIGTERM);
    if (swt_writer_write(writer, "x", 1, &err) != -SWT_E_TERMINATED)
        return 2;
    if (swt_writer_commit(writer, &err) != -SWT_E_TERMINATED)
        return 3;
    swt_writer_free(writer);
    return count_entries(".") != 0;
}

static int reader_stops(void) {
    struct swt_error err;
    swt_io_setup();
    struct swt_reader *reader = NULL;
    if (swt_reader_open("/dev/zero", &reader, &err) < 0)
        return 1;
    (void)raise(SIGINT);
    char data[1];
    size_t len;
    if (swt_reader_read(reader, data, 1, &len, &err) != -SWT_E_INTERRUPTED)
        return 2;
    swt_reader_free(reader);
    return swt_reader_open("/dev/zero", &reader, &err) != -SWT_E_INTERRUPTED;
}

static int staging_stops(void) {
    struct swt_error err;
    swt_io_setup();
    struct swt_staging *staging = NULL;
    if (swt_staging_open("out", false, &staging, &err) < 0 ||
        swt_staging_begin(staging, "a/b", &err) < 0)
        return 1;
    (void)raise(SIGINT);
    if (swt_staging_commit(staging, &err) != -SWT_E_INTERRUPTED)
        return 2;
    swt_staging_free(staging);
    return count_entries(".") != 0;
}

static int two_writers_stop(void) {
    struct swt_error err;
    swt_io_setup();
    struct swt_writer *first = NULL;
    struct swt_writer *second = NULL;
    if (swt_writer_open("first", NULL, &first, &err) < 0 ||
        swt_writer_open("second", NULL, &second, &err) < 0)
        return 1;
    (void)raise(SIGINT);
    if (swt_writer_commit_both(first, second, &err) != -SWT_E_INTERRUPTED)
        return 2;
    swt_writer_free(first);
    swt_writer_free(second);
    return count_entries(".") != 0;
}

static void test_each_loop_asks(void **state) {
    (void)state;
    check_child(writer_stops);
    check_child(reader_stops);
    check_child(staging_stops);
    check_child(two_writers_stop);
}

/* The signal that came between the look at the flag and the read that blocks: the alarm after it
 * must end the read. */
static int lost_signal_ends_a_read(void) {
    swt_io_setup();
    int ends[2];
    char data[1];
    if (pipe(ends) < 0)
        return 1;
    (void)raise(SIGTERM);
    return read(ends[0], data, 1) != -1 || errno != EINTR;
}

static int lost_signal_ends_an_open(void) {
    swt_io_setup();
    if (mkfifo("fifo", 0600) < 0)
        return 1;
    (void)raise(SIGTERM);
    return open("fifo", O_RDONLY) != -1 || errno != EINTR;
}

static void test_a_lost_signal_rings_again(void **state) {
    (void)state;
    check_child(lost_signal_ends_a_read);
    check_child(lost_signal_ends_an_open);
}

static int closed_descriptors(void) {
    struct swt_error err;
    (void)close(0);
    (void)close(1);
    (void)close(2);
    swt_io_setup();
    int fd = open("out", O_WRONLY | O_CREAT, 0666);
    if (fd != 3)
        return 1;
    if (write(2, "x", 1) != 1)
        return 2;
    if (swt_write_file("-", NULL, swt_slice_text("x"), &err) != -SWT_E_IO)
        return 3;
    /* A report that nobody wanted is no failure. */
    return write(1, "x", 1) != 1;
}

static void test_closed_descriptors_are_taken(void **state) {
    (void)state;
    check_child(closed_descriptors);
}

static int broken_pipe(void) {
    int ends[2];
    swt_io_setup();
    if (pipe(ends) < 0 || close(ends[0]) < 0)
        return 1;
    if (write(ends[1], "x", 1) != -1 || errno != EPIPE)
        return 2;
    /* What we start gets the default action back. */
    return system("kill -PIPE $$") == 0;
}

static void test_a_broken_pipe_is_an_error_of_its_write(void **state) {
    (void)state;
    check_child(broken_pipe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_codes),
        SCRATCH_TEST(test_each_loop_asks),
        SCRATCH_TEST(test_a_lost_signal_rings_again),
        SCRATCH_TEST(test_closed_descriptors_are_taken),
        SCRATCH_TEST(test_a_broken_pipe_is_an_error_of_its_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
