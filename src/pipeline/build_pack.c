/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build into a file, which reads each payload once: lengths are known before hashes are, and so
 * is where all has its place. What is hashed is what is written.
 */
#include "build_job.h"

#include <stdlib.h>

struct pack {
    struct swt_build_job *job;
    struct swt_writer *writer;
    struct swt_bundle_writer *out;
    uint64_t *offsets; /* of each payload in the file */
};

static void pack_done(struct pack *pack) {
    swt_bundle_writer_free(pack->out);
    swt_writer_free(pack->writer);
    free(pack->offsets);
}

/* ---- the bundle without its payloads ----------------------------------------------------- */

static int lay_out(struct pack *pack, struct swt_error *err) {
    const struct swt_build_job *job = pack->job;
    struct swt_bundle_plan plan = swt_build_bundle_plan(job);
    pack->offsets = calloc(job->payload_count + 1, sizeof *pack->offsets);
    if (pack->offsets == NULL)
        return swt_fail_memory(err);
    int rc = swt_writer_open(job->options->output, NULL, &pack->writer, err);
    if (rc == 0)
        rc = swt_bundle_writer_new(pack->writer, &plan, &pack->out, err);
    for (size_t i = 0; i < job->payload_count && rc == 0; i++) {
        const struct swt_payload *payload = &job->payloads[i];
        rc =
            swt_bundle_writer_begin(pack->out, swt_slice_text(payload->name), payload->length, err);
        if (rc == 0)
            rc = swt_bundle_writer_skip(pack->out, &pack->offsets[i], err);
    }
    return rc < 0 ? rc : swt_bundle_writer_finish(pack->out, err);
}

/* ---- the payloads ------------------------------------------------------------------------ */

/* Where the next chunk of a payload goes. */
struct place {
    const struct swt_writer *writer;
    uint64_t offset;
    bool failed;
};

static int write_chunk(void *context, const void *data, size_t len, struct swt_error *err) {
    struct place *place = context;
    int rc = swt_writer_write_at(place->writer, place->offset, data, len, err);
    place->offset += len;
    place->failed = rc < 0;
    return rc;
}

static int fill_one(void *context, size_t index, struct swt_lane *lane, struct swt_error *err) {
    const struct pack *pack = context;
    struct place place = {.writer = pack->writer, .offset = pack->offsets[index]};
    int rc = swt_payload_copy(&pack->job->payloads[index], lane, write_chunk, &place, err);
    /* That the output is full is no fault of the target. */
    return rc < 0 && !place.failed ? swt_build_error_at(pack->job, index, err) : rc;
}

static int judge_one(void *context, size_t index, int result, struct swt_error *err) {
    const struct pack *pack = context;
    return result < 0 ? result : swt_build_check_pin(pack->job, index, err);
}

static int fill(struct pack *pack, struct swt_error *err) {
    const struct swt_build_job *job = pack->job;
    uint64_t total = swt_build_begin_write(job);
    const struct swt_crew_work work = {.count = job->payload_count,
                                       .size = total,
                                       .run = fill_one,
                                       .finish = judge_one,
                                       .context = pack,
                                       .progress = job->options->progress};
    return swt_crew_run(&work, err);
}

/* ---- the whole --------------------------------------------------------------------------- */

/* Hashes and signatures take the place of the zeros of the draft. */
static int sign(struct pack *pack, struct swt_error *err) {
    int rc = swt_build_encode(pack->job, &pack->job->metadata, err);
    if (rc == 0)
        rc = swt_build_sign(pack->job, false, err);
    if (rc < 0)
        return rc;
    struct swt_bundle_plan plan = swt_build_bundle_plan(pack->job);
    return swt_bundle_writer_head(pack->out, &plan, err);
}

int swt_build_pack(struct swt_build_job *job, struct swt_writer **ret_writer,
                   struct swt_error *err) {
    SWT_CLEANUP(pack_done) struct pack pack = {.job = job};
    int rc = swt_build_measure_compressed(job, err);
    if (rc == 0)
        rc = swt_build_sign(job, true, err);
    if (rc == 0)
        rc = lay_out(&pack, err);
    if (rc == 0)
        rc = fill(&pack, err);
    if (rc == 0)
        rc = swt_build_check_sbom(job, err);
    if (rc == 0)
        rc = sign(&pack, err);
    if (rc == 0)
        *ret_writer = SWT_TAKE(pack.writer);
    return rc;
}
