/* SPDX-License-Identifier: Apache-2.0 */
/* The program's whole judgement of a bundle in memory, and all that it accepted of it. */
#ifndef SWT_TESTS_JUDGING_H
#define SWT_TESTS_JUDGING_H

#include "../../src/pipeline/judge.h"

#include <inttypes.h>
#include <stdlib.h>

/* What was accepted, as one text of bytes: two are the same when these are. */
static inline int put_part(struct swt_buf *content, struct swt_slice name, uint64_t length,
                           struct swt_error *err) {
    int rc = swt_buf_append_slice(content, name, err);
    return rc < 0 ? rc : swt_buf_printf(content, err, ": %" PRIu64 " bytes: ", length);
}

static inline int put_whole(struct swt_buf *content, const char *name, struct swt_slice bytes,
                            struct swt_error *err) {
    int rc = put_part(content, swt_slice_text(name), bytes.len, err);
    return rc < 0 ? rc : swt_buf_append_slice(content, bytes, err);
}

static inline int sink_begin(void *context, const struct swt_target *target,
                             struct swt_error *err) {
    return put_part(context, target->name, target->length, err);
}

static inline int sink_write(void *context, const void *data, size_t len, struct swt_error *err) {
    return swt_buf_append(context, data, len, err);
}

/*
 * 0: *ret_failed_step is the step that refused it, NULL for none. A bundle that is none is an
 * error, as anything else that kept it from being judged. content: as verify does when it is NULL;
 * else as extract does, which reads in another way, and of an accepted bundle it is filled with the
 * payloads that are there, the targets metadata, the trusted root metadata and the user_manifest.
 */
static inline int judge_bytes(struct swt_slice bytes, const struct swt_device_state *state,
                              const struct swt_verify_options *options, struct swt_buf *content,
                              const char **ret_failed_step, struct swt_error *err) {
    const struct swt_payload_sink sink = {sink_begin, sink_write, content};
    SWT_CLEANUP(swt_judge_done)
    struct swt_judge judge = {
        .authenticate = true, .state = state, .sink = content == NULL ? NULL : &sink};
    int rc = swt_reader_open_memory(bytes, "memory", &judge.reader, err);
    if (rc == 0)
        rc = swt_judge_open(&judge, "memory", options, err);
    if (rc == 0)
        rc = swt_judge_run(&judge, err);
    if (rc == 0 && content != NULL && judge.failed_step == NULL) {
        rc = put_whole(content, "targets metadata", judge.targets->bytes, err);
        if (rc == 0)
            rc = put_whole(content, "root metadata", judge.trusted->bytes, err);
        if (rc == 0 && judge.has_user_manifest)
            rc = put_whole(content, "user_manifest", swt_buf_slice(&judge.user_manifest), err);
    }
    if (rc == 0)
        *ret_failed_step = judge.failed_step;
    return rc;
}

#endif
