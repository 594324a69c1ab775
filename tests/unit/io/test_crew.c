/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever runs first, pieces are prepared and finished in order, and the first fault in that order
 * is the one that is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "swt/io.h"

#define COUNT 300

struct job {
    size_t prepared, finished;
    atomic_size_t ran;
    bool was_run[COUNT];
    size_t bad_prepare, bad_run; /* COUNT: none */
    bool keeps_faults;
    size_t faults;
    uint64_t advanced, skipped;
};

static int prepare(void *context, size_t index, struct swt_error *err) {
    struct job *job = context;
    assert_int_equal(index, job->prepared);
    if (index == job->bad_prepare)
        return swt_fail(err, SWT_E_CONTAINER, "prepare %zu", index);
    job->prepared++;
    return 0;
}

static int run(void *context, size_t index, struct swt_lane *lane, struct swt_error *err) {
    struct job *job = context;
    /* Earlier pieces take longer. */
    if (index % 8 == 0)
        (void)usleep(2000);
    uint8_t *chunk = NULL;
    uint8_t digest[SWT_SHA256_SIZE];
    int rc = swt_tee_room(lane->tee, &chunk, err);
    if (rc < 0)
        return rc;
    memset(chunk, (int)index, 100);
    rc = swt_tee_hash(lane->tee, 100, err);
    if (rc == 0)
        rc = swt_tee_finish(lane->tee, digest, err);
    if (rc < 0)
        return rc;
    if (index >= job->bad_run)
        return swt_fail(err, SWT_E_PAYLOAD, "run %zu", index);
    swt_progress_advance(lane->progress, 3);
    swt_progress_skip(lane->progress, 1);
    job->was_run[index] = true;
    (void)atomic_fetch_add(&job->ran, 1);
    return 0;
}

static int finish(void *context, size_t index, int result, struct swt_error *err) {
    struct job *job = context;
    assert_int_equal(index, job->finished);
    job->finished++;
    if (result == 0) {
        assert_true(job->was_run[index]);
        return 0;
    }
    assert_int_equal(result, -(int)err->code);
    job->faults++;
    return job->keeps_faults ? 0 : result;
}

static void count_advanced(void *context, uint64_t bytes) {
    ((struct job *)context)->advanced += bytes;
}

static void count_skipped(void *context, uint64_t bytes) {
    ((struct job *)context)->skipped += bytes;
}

static int do_work(struct job *job, size_t count, uint64_t size, bool in_order,
                   struct swt_error *err) {
    const struct swt_progress progress = {
        .advance = count_advanced, .skip = count_skipped, .context = job};
    const struct swt_crew_work work = {.count = count,
                                       .size = size,
                                       .in_order = in_order,
                                       .prepare = prepare,
                                       .run = run,
                                       .finish = finish,
                                       .context = job,
                                       .progress = &progress};
    return swt_crew_run(&work, err);
}

static const struct {
    uint64_t size;
    bool in_order;
} ways[] = {{UINT64_MAX, false}, {UINT64_MAX, true}, {10, false}};

static void all_of_it(void **state) {
    (void)state;
    static const size_t counts[] = {0, 1, 2, 17, COUNT};
    for (size_t way = 0; way < SWT_COUNT(ways); way++)
        for (size_t i = 0; i < SWT_COUNT(counts); i++) {
            struct job job = {.bad_prepare = COUNT, .bad_run = COUNT};
            struct swt_error err = {0};
            assert_int_equal(do_work(&job, counts[i], ways[way].size, ways[way].in_order, &err), 0);
            assert_int_equal(job.finished, counts[i]);
            assert_int_equal(atomic_load(&job.ran), counts[i]);
            assert_int_equal(job.advanced, 3 * counts[i]);
            assert_int_equal(job.skipped, counts[i]);
        }
}

static void first_fault(void **state) {
    (void)state;
    static const struct {
        size_t bad_prepare, bad_run;
        const char *message;
        size_t finished;
    } rows[] = {{COUNT, 40, "run 40", 41},  {40, COUNT, "prepare 40", 40}, {41, 40, "run 40", 41},
                {40, 40, "prepare 40", 40}, {0, 0, "prepare 0", 0},        {COUNT, 0, "run 0", 1}};
    for (size_t way = 0; way < SWT_COUNT(ways); way++)
        for (size_t i = 0; i < SWT_COUNT(rows); i++) {
            struct job job = {.bad_prepare = rows[i].bad_prepare, .bad_run = rows[i].bad_run};
            struct swt_error err = {0};
            int rc = do_work(&job, COUNT, ways[way].size, ways[way].in_order, &err);
            assert_int_equal(rc, -(int)err.code);
            assert_string_equal(err.message, rows[i].message);
            assert_int_equal(job.finished, rows[i].finished);
        }
}

static void faults_are_kept(void **state) {
    (void)state;
    for (size_t way = 0; way < SWT_COUNT(ways); way++) {
        struct job job = {.bad_prepare = COUNT, .bad_run = 100, .keeps_faults = true};
        struct swt_error err = {0};
        assert_int_equal(do_work(&job, COUNT, ways[way].size, ways[way].in_order, &err), 0);
        assert_int_equal(job.faults, COUNT - 100);
        assert_int_equal(job.finished, COUNT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_of_it), cmocka_unit_test(first_fault),
                                       cmocka_unit_test(faults_are_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
