/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads that are compressed: the same bytes everywhere, which anybody can decompress. */
#include <limits.h>
#include <locale.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compression_help.h"

static void names(void **state) {
    (void)state;
    enum swt_compression found;
    assert_true(swt_compression_parse("none", &found) && found == SWT_COMPRESSION_NONE);
    for (size_t i = 0; i < SWT_COUNT(ALL); i++)
        assert_true(swt_compression_parse(swt_compression_name(ALL[i]), &found) && found == ALL[i]);
    static const char *const OTHERS[] = {"", "gz", "GZIP", "gzip ", "bzip2", "lzma"};
    for (size_t i = 0; i < SWT_COUNT(OTHERS); i++)
        assert_false(swt_compression_parse(OTHERS[i], &found));
}

static void round_trips(void **state) {
    (void)state;
    static const size_t SIZES[] = {0,       1, 3, SWT_IO_CHUNK - 1, SWT_IO_CHUNK, SWT_IO_CHUNK + 1,
                                   3U << 20};
    for (size_t i = 0; i < SWT_COUNT(ALL); i++)
        for (size_t j = 0; j < SWT_COUNT(SIZES); j++) {
            uint8_t *data = mixed(SIZES[j]);
            SWT_CLEANUP(swt_buf_done) struct swt_buf compressed = {0};
            SWT_CLEANUP(swt_buf_done) struct swt_buf again = {0};
            compress(data, SIZES[j], ALL[i], &compressed);
            accepted(swt_buf_slice(&compressed), ALL[i], data, SIZES[j]);
            compress(data, SIZES[j], ALL[i], &again);
            assert_true(swt_slice_equal(swt_buf_slice(&compressed), swt_buf_slice(&again)));
            free(data);
        }
}

static void in_small_steps(void **state) {
    (void)state;
    uint8_t *data = mixed(100000);
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf compressed = {0};
        SWT_CLEANUP(run_done) struct run run = {0};
        compress(data, 100000, ALL[i], &compressed);
        run.bytes = swt_buf_slice(&compressed);
        for (run.step = 1; run.step < 20; run.step++)
            assert_int_equal(decompress(&run, ALL[i], data, 100000), 0);
    }
    free(data);
}

static void nothing_of_this_machine(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf compressed = {0};
    static const uint8_t HEADER[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3};
    compress(TEXT, TEXT_LEN, SWT_COMPRESSION_GZIP, &compressed);
    assert_memory_equal(compressed.data, HEADER, sizeof HEADER);
}

/* Time, locale and processors are others than in the test before. */
static void the_same_everywhere(void **state) {
    (void)state;
    cpu_set_t all, one;
    CPU_ZERO(&one);
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    for (size_t i = 0; CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    uint8_t *data = mixed(1U << 20);
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf here = {0};
        SWT_CLEANUP(swt_buf_done) struct swt_buf there = {0};
        compress(data, 1U << 20, ALL[i], &here);
        assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
        assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
        assert_int_equal(usleep(1100000), 0);
        compress(data, 1U << 20, ALL[i], &there);
        assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
        assert_non_null(setlocale(LC_ALL, "C"));
        assert_true(swt_slice_equal(swt_buf_slice(&here), swt_buf_slice(&there)));
    }
    free(data);
}

/* What devices and people have in the place of our own reader. */
static void real_tools(void **state) {
    (void)state;
    char folder[] = "/tmp/test-compression-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    static const size_t SIZES[] = {0, 1, 3U << 20};
    for (size_t i = 0; i < SWT_COUNT(ALL); i++)
        for (size_t j = 0; j < SWT_COUNT(SIZES); j++) {
            char command[128];
            uint8_t *data = mixed(SIZES[j]);
            SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
            struct swt_error err = {0};
            compress(data, SIZES[j], ALL[i], &bytes);
            assert_int_equal(swt_write_file("packed", NULL, swt_buf_slice(&bytes), &err), 0);
            assert_int_equal(swt_write_file("original", NULL, swt_slice_of(data, SIZES[j]), &err),
                             0);
            (void)snprintf(command, sizeof command, "%s -dc <packed | cmp - original",
                           swt_compression_name(ALL[i]));
            assert_int_equal(system(command), 0);
            free(data);
        }
    assert_int_equal(system("rm packed original"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void one_spool_for_many(void **state) {
    (void)state;
    struct swt_error err = {0};
    SWT_CLEANUP(swt_spool_cleanup) struct swt_spool *spool = NULL;
    assert_int_equal(swt_spool_new(&spool, &err), 0);
    struct swt_payload payloads[6];
    for (size_t i = 0; i < SWT_COUNT(payloads); i++) {
        payloads[i] = payload_of(TEXT, TEXT_LEN - i, ALL[i % SWT_COUNT(ALL)]);
        payloads[i].spool = spool;
        assert_int_equal(measure(&payloads[i], &err), 0);
        assert_ptr_equal(payloads[i].spool, spool);
    }
    for (size_t i = SWT_COUNT(payloads); i-- > 0;) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
        assert_int_equal(copy(&payloads[i], append, &bytes, &err), 0);
        accepted(swt_buf_slice(&bytes), payloads[i].compression, TEXT, TEXT_LEN - i);
        swt_payload_done(&payloads[i]);
    }
}

static void of_a_file(void **state) {
    (void)state;
    char path[] = "/tmp/test-compression-XXXXXX";
    struct swt_error err = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, TEXT, TEXT_LEN), TEXT_LEN);
    SWT_CLEANUP(swt_payload_done)
    struct swt_payload payload = {.path = strdup(path), .compression = SWT_COMPRESSION_XZ};
    assert_int_equal(measure(&payload, &err), 0);
    /* Compressed bytes are at hand, whatever becomes of the source. */
    assert_int_equal(unlink(path), 0);
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    assert_int_equal(copy(&payload, append, &bytes, &err), 0);
    accepted(swt_buf_slice(&bytes), SWT_COMPRESSION_XZ, TEXT, TEXT_LEN);
    assert_int_equal(close(fd), 0);
    assert_int_equal(measure(&payload, &err), -SWT_E_NOT_FOUND);
    assert_false(payload.measured);
}

/* What compressing takes of memory, and the limit of it, whatever the size of the payload. Under a
 * sanitizer its own memory would be measured. */
#define LARGE ((off_t)64 << 20)
#define LIMIT ((long)128 << 10) /* KiB */

static long peak(enum swt_compression compression) {
    struct swt_error err = {0};
    struct rusage usage = {0};
    char path[] = "/tmp/test-compression-XXXXXX";
    int fd = mkstemp(path);
    bool made = fd >= 0 && ftruncate(fd, LARGE) == 0;
    struct swt_payload payload = {.path = path, .compression = compression};
    int rc = made ? measure(&payload, &err) : -1;
    (void)unlink(path);
    return rc < 0 || getrusage(RUSAGE_SELF, &usage) < 0 ? LONG_MAX : usage.ru_maxrss;
}

static void memory(void **state) {
    (void)state;
#ifndef __SANITIZE_ADDRESS__
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(peak(ALL[i]) <= LIMIT ? 0 : 1);
        int status = 0;
        assert_true(child > 0 && waitpid(child, &status, 0) == child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
#else
    (void)peak;
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory), /* before this process has memory that its children start with */
        cmocka_unit_test(names),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(nothing_of_this_machine),
        cmocka_unit_test(the_same_everywhere),
        cmocka_unit_test(real_tools),
        cmocka_unit_test(one_spool_for_many),
        cmocka_unit_test(of_a_file),
        cmocka_unit_test(in_small_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
