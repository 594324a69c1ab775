/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers are checked by the caller's thread, one after the other, and so are the hashes; only the
 * bytes between are read by whoever has time (swt_crew_run). What a later header says is not told
 * before the payloads that come before it were judged.
 */
#include "payload_walk.h"

/* A payload between its header and its judgement. */
struct piece {
    bool present;
    struct swt_bundle_range range;
    uint8_t digest[SWT_SHA256_SIZE];
};

struct run {
    const struct swt_payload_walk *walk;
    bool in_order; /* the bundle stands at the payload that is read */
    struct piece pieces[SWT_CREW_PIECES];
};

static int find_payload(void *context, size_t index, struct swt_error *err) {
    struct run *run = context;
    const struct swt_payload_walk *walk = run->walk;
    const struct swt_target *target = &walk->targets->targets[index];
    struct piece *piece = &run->pieces[index % SWT_CREW_PIECES];
    enum swt_payload_state state;
    int rc = swt_bundle_next(walk->bundle, target->name, target->length, &state, err);
    if (rc < 0)
        return rc;
    piece->present = state == SWT_PAYLOAD_PRESENT;
    piece->range = swt_bundle_range(walk->bundle);
    return walk->begin != NULL ? walk->begin(walk->context, target, piece->present, err) : 0;
}

/* Hashes the next chunk and hands it on. */
static int take_chunk(struct run *run, const struct swt_target *target, struct piece *piece,
                      struct swt_lane *lane, size_t *ret_len, struct swt_error *err) {
    const struct swt_payload_walk *walk = run->walk;
    uint8_t *chunk = NULL;
    size_t len = 0;
    int rc = swt_tee_room(lane->tee, &chunk, err);
    if (rc == 0 && run->in_order)
        rc = swt_bundle_read(walk->bundle, chunk, SWT_TEE_CHUNK, &len, err);
    else if (rc == 0)
        rc = swt_bundle_read_range(walk->bundle, &piece->range, chunk, SWT_TEE_CHUNK, &len, err);
    if (rc == 0)
        rc = swt_tee_hash(lane->tee, len, err);
    if (rc < 0)
        return rc;
    swt_progress_advance(lane->progress, len);
    *ret_len = len;
    /* There is one such payload, so no two threads ever write to the buffer. */
    if (target == walk->kept)
        rc = swt_buf_append(walk->kept_bytes, chunk, len, err);
    if (rc == 0 && walk->write != NULL && len > 0)
        rc = walk->write(walk->context, chunk, len, err);
    return rc;
}

static int read_payload(void *context, size_t index, struct swt_lane *lane, struct swt_error *err) {
    struct run *run = context;
    struct piece *piece = &run->pieces[index % SWT_CREW_PIECES];
    int rc = 0;
    for (size_t len = piece->present ? 1 : 0; rc == 0 && len > 0;)
        rc = take_chunk(run, &run->walk->targets->targets[index], piece, lane, &len, err);
    if (rc == 0)
        return swt_tee_finish(lane->tee, piece->digest, err);
    swt_tee_drop(lane->tee);
    return rc;
}

static int judge_payload(void *context, size_t index, int result, struct swt_error *err) {
    const struct run *run = context;
    const struct swt_payload_walk *walk = run->walk;
    const struct swt_target *target = &walk->targets->targets[index];
    const struct piece *piece = &run->pieces[index % SWT_CREW_PIECES];
    if (result < 0)
        return result;
    if (!piece->present)
        swt_progress_skip(walk->progress, target->length);
    return walk->judge(walk->context, target, piece->present ? piece->digest : NULL, err);
}

/* What the payloads have in all; more than a number holds is its largest. */
static uint64_t size_of(const struct swt_targets *targets) {
    uint64_t size = 0;
    for (size_t i = 0; i < targets->target_count; i++) {
        uint64_t length = targets->targets[i].length;
        size = length > UINT64_MAX - size ? UINT64_MAX : size + length;
    }
    return size;
}

int swt_payload_walk(const struct swt_payload_walk *walk, struct swt_error *err) {
    struct run run = {.walk = walk};
    const struct swt_crew_work work = {
        .count = walk->targets->target_count,
        .size = size_of(walk->targets),
        .in_order = walk->write != NULL || !swt_bundle_has_ranges(walk->bundle),
        .prepare = find_payload,
        .run = read_payload,
        .finish = judge_payload,
        .context = &run,
        .progress = walk->progress,
    };
    run.in_order = swt_crew_in_order(&work);
    swt_progress_begin(walk->progress, walk->stage, work.size);
    return swt_crew_run(&work, err);
}
