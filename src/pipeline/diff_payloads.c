/* SPDX-License-Identifier: Apache-2.0 */
/* Where two payloads begin to differ: both are read once more, side by side, from where the
 * containers hold them. */
#include "diff.h"
#include "payloads.h"

#include <stdlib.h>
#include <string.h>

/* ---- where the payloads are -------------------------------------------------------------- */

struct places {
    const struct swt_targets *targets;
    uint64_t *offsets; /* for each target: of its first byte, in the file */
};

static void places_done(struct places *places) {
    free(places->offsets);
}

static int note_place(void *context, const struct swt_payload_info *payload,
                      struct swt_error *err) {
    (void)err;
    struct places *places = context;
    const struct swt_target *target = swt_targets_find(places->targets, payload->name);
    if (target != NULL)
        places->offsets[target - places->targets->targets] = payload->offset;
    return 0;
}

static int find_places(struct swt_diff_side *side, struct places *places, struct swt_error *err) {
    places->targets = side->bundle.targets;
    places->offsets = calloc(places->targets->target_count + 1, sizeof *places->offsets);
    if (places->offsets == NULL)
        return swt_fail_memory(err);
    int rc = swt_payloads_rewind(&side->bundle, err);
    if (rc == 0)
        rc = swt_bundle_list(side->bundle.body, note_place, places, err);
    return rc < 0 ? swt_error_file(err, swt_reader_name(side->reader)) : 0;
}

/* ---- two payloads ------------------------------------------------------------------------ */

struct stretch {
    struct swt_reader *reader;
    uint64_t offset;
    uint64_t length;
};

/* Other bytes than those that were hashed: all that was told of them would be wrong. */
static int changed_meanwhile(const struct stretch *stretch, struct swt_error *err) {
    swt_fail(err, SWT_E_FILE_CHANGED, "the file changed while it was read");
    return swt_error_file(err, swt_reader_name(stretch->reader));
}

static int read_chunk(const struct stretch *stretch, void *chunk, size_t size,
                      struct swt_error *err) {
    size_t len;
    int rc = swt_reader_read(stretch->reader, chunk, size, &len, err);
    return rc < 0 || len == size ? rc : changed_meanwhile(stretch, err);
}

static size_t first_difference(const uint8_t *a, const uint8_t *b, size_t len) {
    size_t i = 0;
    while (i < len && a[i] == b[i])
        i++;
    return i;
}

static uint64_t shorter(const struct stretch *a, const struct stretch *b) {
    return a->length < b->length ? a->length : b->length;
}

/* The first byte that differs; where one payload begins with the other, the first that the longer
 * one has more. chunks has room for two. */
static int compare(const struct stretch *a, const struct stretch *b, uint8_t *chunks,
                   const struct swt_progress *progress, uint64_t *ret_first,
                   struct swt_error *err) {
    uint64_t common = shorter(a, b);
    uint64_t done = 0;
    int rc = swt_reader_seek(a->reader, a->offset, err);
    if (rc == 0)
        rc = swt_reader_seek(b->reader, b->offset, err);
    while (rc == 0 && done < common) {
        size_t size = common - done < SWT_IO_CHUNK ? (size_t)(common - done) : SWT_IO_CHUNK;
        rc = read_chunk(a, chunks, size, err);
        if (rc == 0)
            rc = read_chunk(b, chunks + SWT_IO_CHUNK, size, err);
        if (rc < 0)
            return rc;
        size_t same = first_difference(chunks, chunks + SWT_IO_CHUNK, size);
        done += same;
        swt_progress_advance(progress, same);
        if (same < size)
            break;
    }
    if (rc < 0)
        return rc;
    if (done == a->length && done == b->length)
        return changed_meanwhile(b, err);
    swt_progress_advance(progress, common - done);
    *ret_first = done;
    return 0;
}

/* ---- all that changed -------------------------------------------------------------------- */

/* Whether the target of that place in b changed, and both payloads are at hand. */
static bool is_readable(const struct swt_diff *diff, const struct swt_diff_pairs *pairs, size_t b) {
    size_t a = pairs->a_of_b[b];
    return a != SWT_DIFF_NONE &&
           !swt_diff_same_payload(&diff->a.bundle.targets->targets[a],
                                  &diff->b.bundle.targets->targets[b]) &&
           diff->a.present[a] && diff->b.present[b];
}

static struct stretch stretch_of(const struct swt_diff_side *side, const struct places *places,
                                 size_t place) {
    return (struct stretch){side->reader, places->offsets[place],
                            side->bundle.targets->targets[place].length};
}

static int compare_all(struct swt_diff *diff, struct swt_diff_pairs *pairs, const struct places *a,
                       const struct places *b, uint8_t *chunks, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < b->targets->target_count && rc == 0; i++) {
        if (!is_readable(diff, pairs, i))
            continue;
        struct stretch of_a = stretch_of(&diff->a, a, pairs->a_of_b[i]);
        struct stretch of_b = stretch_of(&diff->b, b, i);
        rc = compare(&of_a, &of_b, chunks, diff->options->progress, &pairs->first[i], err);
    }
    return rc;
}

int swt_diff_payloads(struct swt_diff *diff, struct swt_diff_pairs *pairs, struct swt_error *err) {
    SWT_CLEANUP(places_done) struct places a = {0};
    SWT_CLEANUP(places_done) struct places b = {0};
    const struct swt_targets *targets = diff->b.bundle.targets;
    uint64_t total = 0;
    bool any = false;
    for (size_t i = 0; i < targets->target_count; i++) {
        pairs->first[i] = UINT64_MAX;
        if (is_readable(diff, pairs, i)) {
            uint64_t length = diff->a.bundle.targets->targets[pairs->a_of_b[i]].length;
            total += length < targets->targets[i].length ? length : targets->targets[i].length;
            any = true;
        }
    }
    if (!any)
        return 0;
    int rc = find_places(&diff->a, &a, err);
    if (rc == 0)
        rc = find_places(&diff->b, &b, err);
    if (rc < 0)
        return rc;
    uint8_t *chunks = malloc(2 * SWT_IO_CHUNK);
    if (chunks == NULL)
        return swt_fail_memory(err);
    swt_progress_begin(diff->options->progress, "compare", total);
    rc = compare_all(diff, pairs, &a, &b, chunks, err);
    free(chunks);
    return rc;
}
