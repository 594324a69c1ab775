/* SPDX-License-Identifier: Apache-2.0 */
/* A build to what cannot be written to out of order, as a pipe: all is measured and signed. */
#include "build_job.h"

struct writing {
    struct swt_build_job *job;
    struct swt_bundle_writer *out;
};

static int write_chunk(void *context, const void *data, size_t len, struct swt_error *err) {
    return swt_bundle_writer_write(context, data, len, err);
}

/* Each payload is hashed again while it is copied: what is in the bundle is what was signed. */
static int write_one(void *context, size_t index, struct swt_lane *lane, struct swt_error *err) {
    const struct writing *writing = context;
    struct swt_payload *payload = &writing->job->payloads[index];
    int rc =
        swt_bundle_writer_begin(writing->out, swt_slice_text(payload->name), payload->length, err);
    return rc < 0 ? rc : swt_payload_copy(payload, lane, write_chunk, writing->out, err);
}

uint64_t swt_build_begin_write(const struct swt_build_job *job) {
    uint64_t total = 0;
    for (size_t i = 0; i < job->payload_count; i++)
        total += job->payloads[i].length;
    swt_progress_begin(job->options->progress, "write", total);
    return total;
}

static int write_payloads(struct swt_build_job *job, struct swt_bundle_writer *out,
                          struct swt_error *err) {
    struct writing writing = {job, out};
    uint64_t total = swt_build_begin_write(job);
    const struct swt_crew_work work = {.count = job->payload_count,
                                       .size = total,
                                       .in_order = true,
                                       .run = write_one,
                                       .context = &writing,
                                       .progress = job->options->progress};
    return swt_crew_run(&work, err);
}

int swt_build_write(struct swt_build_job *job, struct swt_writer **ret_writer,
                    struct swt_error *err) {
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = NULL;
    SWT_CLEANUP(swt_bundle_writer_cleanup) struct swt_bundle_writer *out = NULL;
    struct swt_bundle_plan plan = swt_build_bundle_plan(job);
    int rc = swt_writer_open(job->options->output, NULL, &writer, err);
    if (rc == 0)
        rc = swt_bundle_writer_new(writer, &plan, &out, err);
    if (rc == 0)
        rc = write_payloads(job, out, err);
    if (rc == 0)
        rc = swt_bundle_writer_finish(out, err);
    if (rc == 0)
        *ret_writer = SWT_TAKE(writer);
    return rc;
}
