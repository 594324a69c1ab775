/* SPDX-License-Identifier: Apache-2.0 */
/* A walk over payloads tells each in its turn, whether it reads one after the other or several at
 * once: both containers, payloads that are left out, kept or sent somewhere, and a walk that is
 * ended early. */
#include "../../../src/pipeline/payload_walk.h"

#include <openssl/sha.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/scratch.h"

#define COUNT 40
#define LEFT_OUT 7
#define KEPT 11

static uint8_t *contents[COUNT];
static uint8_t digests[COUNT][SWT_SHA256_SIZE];
static char names[COUNT][8];
static struct swt_target listed[COUNT + 1] = {[COUNT] = {.length = 1}}; /* one that is none */
static struct swt_targets targets = {.targets = listed, .target_count = COUNT};

static const char *const files[] = {[SWT_FORMAT_TAR] = "a.swb", [SWT_FORMAT_PIGWEED] = "a.pb"};

static void write_bundle(enum swt_format format) {
    struct swt_error err;
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = NULL;
    SWT_CLEANUP(swt_bundle_writer_cleanup) struct swt_bundle_writer *out = NULL;
    const struct swt_bundle_plan plan = {.format = format, .targets = swt_slice_text("targets")};
    assert_int_equal(swt_writer_open(files[format], NULL, &writer, &err), 0);
    assert_int_equal(swt_bundle_writer_new(writer, &plan, &out, &err), 0);
    for (size_t i = 0; i < COUNT; i++) {
        if (i == LEFT_OUT)
            continue;
        size_t len = (size_t)listed[i].length;
        assert_int_equal(swt_bundle_writer_begin(out, listed[i].name, len, &err), 0);
        assert_int_equal(swt_bundle_writer_write(out, contents[i], len, &err), 0);
    }
    assert_int_equal(swt_bundle_writer_finish(out, &err), 0);
    assert_int_equal(swt_writer_commit(writer, &err), 0);
}

static int make_bundles(void **state) {
    if (scratch_setup(state) != 0)
        return -1;
    for (size_t i = 0; i < COUNT; i++) {
        size_t len = i == 3 ? 0 : 150000 + 3001 * i;
        contents[i] = malloc(len + 1);
        assert_non_null(contents[i]);
        memset(contents[i], (int)i, len);
        SHA256(contents[i], len, digests[i]);
        snprintf(names[i], sizeof names[i], "t%02zu", i);
        listed[i] = (struct swt_target){
            .name = swt_slice_text(names[i]), .length = len, .sha256 = digests[i]};
    }
    write_bundle(SWT_FORMAT_TAR);
    write_bundle(SWT_FORMAT_PIGWEED);
    return 0;
}

static int drop_bundles(void **state) {
    for (size_t i = 0; i < COUNT; i++)
        free(contents[i]);
    return scratch_teardown(state);
}

struct job {
    size_t begun, judged;
    uint64_t written; /* of the payload under way */
    size_t stop;      /* judge ends the walk there; COUNT: not */
    int result;
    uint64_t moved;
};

static int begin(void *context, const struct swt_target *target, bool present,
                 struct swt_error *err) {
    (void)err;
    struct job *job = context;
    size_t index = (size_t)(target - listed);
    assert_int_equal(index, job->begun);
    assert_int_equal(index, job->judged);
    assert_int_equal(present, index != LEFT_OUT);
    job->begun++;
    job->written = 0;
    return 0;
}

static int take(void *context, const void *data, size_t len, struct swt_error *err) {
    (void)err;
    struct job *job = context;
    assert_memory_equal(data, contents[job->judged] + job->written, len);
    job->written += len;
    return 0;
}

static int judge(void *context, const struct swt_target *target, const uint8_t *digest,
                 struct swt_error *err) {
    struct job *job = context;
    size_t index = (size_t)(target - listed);
    assert_int_equal(index, job->judged);
    if (index == LEFT_OUT)
        assert_null(digest);
    else
        assert_memory_equal(digest, digests[index], SWT_SHA256_SIZE);
    if (job->begun > 0)
        assert_int_equal(job->written, index == LEFT_OUT ? 0 : target->length);
    if (index == job->stop)
        return job->result < 0 ? swt_fail(err, SWT_E_PAYLOAD, "stopped") : job->result;
    job->judged++;
    return 0;
}

static uint64_t total_length(void) {
    uint64_t total = 0;
    for (size_t i = 0; i < COUNT; i++)
        total += listed[i].length;
    return total;
}

static void begin_stage(void *context, const char *stage, uint64_t total) {
    struct job *job = context;
    assert_string_equal(stage, "verify");
    assert_int_equal(total, total_length());
    job->moved = 0;
}

static void count_moved(void *context, uint64_t bytes) {
    ((struct job *)context)->moved += bytes;
}

static int walk(enum swt_format format, bool sends, struct job *job, struct swt_buf *ret_kept) {
    struct swt_error err = {0};
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    const struct swt_progress progress = {begin_stage, count_moved, count_moved, job};
    assert_int_equal(swt_reader_open(files[format], &reader, &err), 0);
    assert_int_equal(swt_bundle_open(reader, format, false, &bundle, &err), 0);
    struct swt_payload_walk walk = {.bundle = bundle,
                                    .targets = &targets,
                                    .stage = "verify",
                                    .progress = &progress,
                                    .kept = &listed[KEPT],
                                    .kept_bytes = ret_kept,
                                    .judge = judge,
                                    .context = job};
    if (sends) {
        walk.begin = begin;
        walk.write = take;
    }
    int rc = swt_payload_walk(&walk, &err);
    if (rc < 0)
        assert_string_equal(err.message, "stopped");
    if (rc == 0)
        assert_int_equal(swt_bundle_finish(bundle, &err), 0);
    return rc;
}

static void to_the_end(void **state) {
    (void)state;
    for (int format = SWT_FORMAT_TAR; format <= SWT_FORMAT_PIGWEED; format++)
        for (int sends = 0; sends < 2; sends++) {
            SWT_CLEANUP(swt_buf_done) struct swt_buf kept = {0};
            struct job job = {.stop = COUNT};
            assert_int_equal(walk((enum swt_format)format, sends, &job, &kept), 0);
            assert_int_equal(job.judged, COUNT);
            assert_int_equal(job.moved, total_length());
            assert_int_equal(kept.len, listed[KEPT].length);
            assert_memory_equal(kept.data, contents[KEPT], kept.len);
        }
}

static void ended_by_the_judge(void **state) {
    (void)state;
    static const int results[] = {1, -SWT_E_PAYLOAD};
    static const size_t places[] = {0, LEFT_OUT, 20, COUNT - 1};
    for (int format = SWT_FORMAT_TAR; format <= SWT_FORMAT_PIGWEED; format++)
        for (size_t i = 0; i < SWT_COUNT(places); i++)
            for (size_t j = 0; j < SWT_COUNT(results); j++)
                for (int sends = 0; sends < 2; sends++) {
                    SWT_CLEANUP(swt_buf_done) struct swt_buf kept = {0};
                    struct job job = {.stop = places[i], .result = results[j]};
                    assert_int_equal(walk((enum swt_format)format, sends, &job, &kept), results[j]);
                    assert_int_equal(job.judged, places[i]);
                }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(to_the_end),
                                       cmocka_unit_test(ended_by_the_judge)};
    return cmocka_run_group_tests(tests, make_bundles, drop_bundles);
}
