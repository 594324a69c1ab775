/* SPDX-License-Identifier: Apache-2.0 */
#include "payloads.h"
#include "payload_walk.h"
#include "user_manifest.h"

#include <string.h>

/* One run over the payloads. out, user_manifest, choice and present may be NULL. */
struct run {
    struct swt_bundle_source *source;
    enum swt_left_out left_out;
    struct swt_bundle_writer *out;
    struct swt_buf *user_manifest;
    const struct swt_payload_choice *choice; /* of what goes to out */
    bool *present;                           /* for each target: the source holds its payload */
    bool copies;                             /* the payload under way goes to out */
};

/* ---- what the walk does with each -------------------------------------------------------- */

static int payload_fault(const struct run *run, const struct swt_target *target, const char *what,
                         struct swt_error *err) {
    swt_fail(err, SWT_E_PAYLOAD, "payload '%.*s' %s", (int)target->name.len,
             (const char *)target->name.data, what);
    return swt_error_file(err, swt_reader_name(run->source->reader));
}

static int judge_payload(void *context, const struct swt_target *target, const uint8_t *digest,
                         struct swt_error *err) {
    const struct run *run = context;
    if (run->present != NULL)
        run->present[target - run->source->targets->targets] = digest != NULL;
    if (digest == NULL)
        return run->left_out == SWT_LEFT_OUT_KEPT ? 0
                                                  : payload_fault(run, target, "is missing", err);
    if (memcmp(digest, target->sha256, SWT_SHA256_SIZE) == 0)
        return 0;
    return payload_fault(run, target, "does not have the SHA-256 that the targets metadata lists",
                         err);
}

static int begin_copy(void *context, const struct swt_target *target, bool present,
                      struct swt_error *err) {
    struct run *run = context;
    bool left_out = false;
    int rc = run->choice != NULL
                 ? run->choice->leave_out(run->choice->context, target, present, &left_out, err)
                 : 0;
    run->copies = present && !left_out;
    if (rc < 0)
        return rc;
    if (!run->copies)
        return swt_bundle_writer_leave_out(run->out, target->name, target->length, err);
    return swt_bundle_writer_begin(run->out, target->name, target->length, err);
}

static int write_copy(void *context, const void *data, size_t len, struct swt_error *err) {
    struct run *run = context;
    return run->copies ? swt_bundle_writer_write(run->out, data, len, err) : 0;
}

static int run_all(struct run *run, struct swt_error *err) {
    struct swt_bundle_source *source = run->source;
    struct swt_payload_walk walk = {.bundle = source->body,
                                    .targets = source->targets,
                                    .stage = "read",
                                    .progress = source->progress,
                                    .judge = judge_payload,
                                    .context = run};
    if (run->user_manifest != NULL) {
        walk.kept = swt_user_manifest_target(source->targets);
        walk.kept_bytes = run->user_manifest;
    }
    if (run->out != NULL) {
        walk.stage = "write";
        walk.begin = begin_copy;
        walk.write = write_copy;
    }
    int rc = swt_payload_walk(&walk, err);
    if (rc == 0)
        rc = swt_bundle_finish(source->body, err);
    return rc < 0 ? swt_error_file(err, swt_reader_name(source->reader)) : 0;
}

/* ---- the jobs ---------------------------------------------------------------------------- */

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
