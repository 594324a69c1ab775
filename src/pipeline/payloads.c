/* SPDX-License-Identifier: Apache-2.0 */
#include "payloads.h"
#include "user_manifest.h"

#include <stdlib.h>
#include <string.h>

int swt_payload_hasher_init(struct swt_payload_hasher *ret_hasher, struct swt_error *err) {
    SWT_CLEANUP(swt_payload_hasher_done) struct swt_payload_hasher hasher = {0};
    int rc = swt_sha256_new(&hasher.hash, err);
    if (rc < 0)
        return rc;
    hasher.chunk = malloc(SWT_IO_CHUNK);
    if (hasher.chunk == NULL)
        return swt_fail_memory(err);
    *ret_hasher = SWT_MOVE(hasher);
    return 0;
}

void swt_payload_hasher_done(struct swt_payload_hasher *hasher) {
    swt_sha256_free(hasher->hash);
    free(hasher->chunk);
    *hasher = (struct swt_payload_hasher){0};
}

int swt_payload_hash(struct swt_payload_hasher *hasher, struct swt_bundle *bundle,
                     swt_chunk_function *sink, void *context, uint8_t ret_digest[SWT_SHA256_SIZE],
                     struct swt_error *err) {
    size_t len = 1;
    int rc = 0;
    while (rc == 0 && len > 0) {
        rc = swt_bundle_read(bundle, hasher->chunk, SWT_IO_CHUNK, &len, err);
        if (rc == 0)
            rc = swt_sha256_update(hasher->hash, hasher->chunk, len, err);
        if (rc == 0)
            swt_progress_advance(hasher->progress, len);
        if (rc == 0 && sink != NULL && len > 0)
            rc = sink(context, hasher->chunk, len, err);
    }
    return rc < 0 ? rc : swt_sha256_finish(hasher->hash, ret_digest, err);
}

uint64_t swt_payloads_size(const struct swt_targets *targets) {
    uint64_t size = 0;
    for (size_t i = 0; i < targets->target_count; i++) {
        uint64_t length = targets->targets[i].length;
        size = length > UINT64_MAX - size ? UINT64_MAX : size + length;
    }
    return size;
}

/* One run over the payloads. out, user_manifest, choice and present may be NULL. */
struct run {
    struct swt_bundle_source *source;
    enum swt_left_out left_out;
    struct swt_bundle_writer *out;
    struct swt_buf *user_manifest;
    const struct swt_payload_choice *choice;
    bool *present; /* for each target: the source holds its payload */
    bool copies;   /* the payload under way goes to out */
    bool keeps;    /* and into user_manifest */
};

static int payload_fault(const struct run *run, const struct swt_target *target, const char *what,
                         struct swt_error *err) {
    swt_fail(err, SWT_E_PAYLOAD, "payload '%.*s' %s", (int)target->name.len,
             (const char *)target->name.data, what);
    return swt_error_file(err, swt_reader_name(run->source->reader));
}

static int take_chunk(void *context, const void *data, size_t len, struct swt_error *err) {
    struct run *run = context;
    int rc = run->copies ? swt_bundle_writer_write(run->out, data, len, err) : 0;
    if (rc == 0 && run->keeps)
        rc = swt_buf_append(run->user_manifest, data, len, err);
    return rc;
}

static int run_payload(struct run *run, struct swt_payload_hasher *hasher,
                       const struct swt_target *target, struct swt_error *err) {
    uint8_t digest[SWT_SHA256_SIZE];
    int rc = run->copies ? swt_bundle_writer_begin(run->out, target->name, target->length, err) : 0;
    run->keeps =
        run->user_manifest != NULL && target == swt_user_manifest_target(run->source->targets);
    if (rc == 0)
        rc = swt_payload_hash(hasher, run->source->body, take_chunk, run, digest, err);
    if (rc < 0 || memcmp(digest, target->sha256, sizeof digest) == 0)
        return rc;
    return payload_fault(run, target, "does not have the SHA-256 that the targets metadata lists",
                         err);
}

static int run_target(struct run *run, struct swt_payload_hasher *hasher,
                      const struct swt_target *target, struct swt_error *err) {
    enum swt_payload_state state;
    bool left_out = false;
    int rc = swt_bundle_next(run->source->body, target->name, target->length, &state, err);
    bool present = rc == 0 && state == SWT_PAYLOAD_PRESENT;
    if (rc == 0 && run->choice != NULL)
        rc = run->choice->leave_out(run->choice->context, target, present, &left_out, err);
    if (rc < 0)
        return rc;
    run->copies = run->out != NULL && !left_out;
    if (run->present != NULL)
        run->present[target - run->source->targets->targets] = present;
    if (present)
        return run_payload(run, hasher, target, err);
    swt_progress_skip(hasher->progress, target->length);
    return run->left_out == SWT_LEFT_OUT_KEPT ? 0 : payload_fault(run, target, "is missing", err);
}

static int run_all(struct run *run, struct swt_error *err) {
    const struct swt_targets *targets = run->source->targets;
    SWT_CLEANUP(swt_payload_hasher_done) struct swt_payload_hasher hasher = {0};
    int rc = swt_payload_hasher_init(&hasher, err);
    hasher.progress = run->source->progress;
    swt_progress_begin(hasher.progress, run->out != NULL ? "write" : "read",
                       swt_payloads_size(targets));
    for (size_t i = 0; i < targets->target_count && rc == 0; i++)
        rc = run_target(run, &hasher, &targets->targets[i], err);
    if (rc == 0)
        rc = swt_bundle_finish(run->source->body, err);
    return rc < 0 ? swt_error_file(err, swt_reader_name(run->source->reader)) : 0;
}

int swt_payloads_check(struct swt_bundle_source *source, enum swt_left_out left_out,
                       struct swt_buf *ret_user_manifest, struct swt_error *err) {
    struct run run = {.source = source, .left_out = left_out, .user_manifest = ret_user_manifest};
    return run_all(&run, err);
}

int swt_payloads_survey(struct swt_bundle_source *source, bool *ret_present,
                        struct swt_buf *ret_user_manifest, struct swt_error *err) {
    struct run run = {
        .source = source, .left_out = SWT_LEFT_OUT_KEPT, .user_manifest = ret_user_manifest};
    run.present = ret_present;
    return run_all(&run, err);
}

int swt_payloads_rewind(struct swt_bundle_source *source, struct swt_error *err) {
    /* The head stays decoded, and points into the first bundle; a second one delivers payloads. */
    swt_bundle_free(source->again);
    source->again = NULL;
    int rc = swt_reader_seek(source->reader, 0, err);
    if (rc == 0)
        rc = swt_bundle_open(source->reader, swt_bundle_format(source->bundle),
                             swt_bundle_unknown_fields(source->bundle) > 0, &source->again, err);
    if (rc == 0)
        source->body = source->again;
    return rc;
}

static int seal(const struct swt_payload_copy *copy, struct swt_bundle_writer *out,
                struct swt_error *err) {
    struct swt_bundle_plan plan = *copy->plan;
    int rc = copy->seal(copy->context, &plan, err);
    return rc < 0 ? rc : swt_bundle_writer_head(out, &plan, err);
}

int swt_payloads_copy(struct swt_bundle_source *source, const struct swt_payload_copy *copy,
                      const char *output, uint64_t *ret_size, struct swt_error *err) {
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = NULL;
    SWT_CLEANUP(swt_bundle_writer_cleanup) struct swt_bundle_writer *out = NULL;
    struct run run = {.source = source,
                      .left_out = copy->left_out,
                      .user_manifest = copy->user_manifest,
                      .choice = copy->choice};
    int rc = swt_writer_open(output, NULL, &writer, err);
    if (rc == 0)
        rc = swt_bundle_writer_new(writer, copy->plan, &out, err);
    run.out = out;
    if (rc == 0)
        rc = run_all(&run, err);
    if (rc == 0)
        rc = swt_bundle_writer_finish(out, err);
    if (rc == 0 && copy->seal != NULL)
        rc = seal(copy, out, err);
    if (rc < 0)
        return rc;
    *ret_size = swt_writer_offset(writer);
    return swt_writer_commit(writer, err);
}
