/* SPDX-License-Identifier: Apache-2.0 */
#include "targets.h"

#include "strict.h"

#include <stdlib.h>
#include <string.h>

void swt_targets_free(struct swt_targets *targets) {
    if (targets == NULL)
        return;
    struct swt_targets_memory *memory = targets->message;
    swt_arena_done(&memory->arena);
    free(memory);
}

void swt_targets_cleanup(struct swt_targets **targets) {
    swt_targets_free(*targets);
}

static void take_hashes(const Tuf__TargetFile *message, struct swt_target *target) {
    for (size_t i = 0; i < message->n_hashes; i++) {
        const Tuf__Hash *hash = message->hashes[i];
        if (hash->function != TUF__HASH_FUNCTION__SHA256) {
            target->other_hashes++;
            continue;
        }
        target->sha256_count++;
        if (target->sha256 == NULL && hash->hash.len == SWT_DIGEST_SIZE)
            target->sha256 = hash->hash.data;
    }
}

/* ---- orders ------------------------------------------------------------------------------ */

/* The strict scan has seen to it that names are UTF-8. */
static uint32_t next_folded(struct swt_slice *text) {
    uint32_t character;
    size_t len = swt_utf8_next(*text, &character);
    *text = swt_slice_of(text->data + len, text->len - len);
    return swt_char_fold(character);
}

static int compare_folded(struct swt_slice a, struct swt_slice b) {
    while (a.len > 0 && b.len > 0) {
        uint32_t left = next_folded(&a);
        uint32_t right = next_folded(&b);
        if (left != right)
            return left < right ? -1 : 1;
    }
    return (a.len > b.len) - (a.len < b.len);
}

/* Targets of one array; ties in its order make the sorting stable. */
static int compare_position(const struct swt_target *a, const struct swt_target *b) {
    return (a > b) - (a < b);
}

static int order_by_name(const void *left, const void *right) {
    const struct swt_target *a = *(const struct swt_target *const *)left;
    const struct swt_target *b = *(const struct swt_target *const *)right;
    int order = swt_slice_compare(a->name, b->name);
    return order != 0 ? order : compare_position(a, b);
}

static int order_by_folded(const void *left, const void *right) {
    const struct swt_target *a = *(const struct swt_target *const *)left;
    const struct swt_target *b = *(const struct swt_target *const *)right;
    int order = compare_folded(a->name, b->name);
    return order != 0 ? order : order_by_name(left, right);
}

static int make_orders(struct swt_targets_memory *memory, struct swt_error *err) {
    size_t count = memory->targets.target_count;
    memory->by_name = swt_arena_array(&memory->arena, count, sizeof(struct swt_target *));
    memory->by_folded = swt_arena_array(&memory->arena, count, sizeof(struct swt_target *));
    if (memory->by_name == NULL || memory->by_folded == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        memory->by_name[i] = &memory->targets.targets[i];
        memory->by_folded[i] = &memory->targets.targets[i];
    }
    qsort(memory->by_name, count, sizeof(struct swt_target *), order_by_name);
    qsort(memory->by_folded, count, sizeof(struct swt_target *), order_by_folded);
    return 0;
}

/* ---- decoding ---------------------------------------------------------------------------- */

static int take_message(const Tuf__TargetsMetadata *message, struct swt_targets_memory *memory,
                        struct swt_error *err) {
    struct swt_targets *targets = &memory->targets;
    targets->common = swt_common_of(message->common_metadata);
    targets->targets =
        swt_arena_array(&memory->arena, message->n_target_files, sizeof *targets->targets);
    if (targets->targets == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < message->n_target_files; i++) {
        const Tuf__TargetFile *file = message->target_files[i];
        targets->targets[i].name = swt_message_slice(file->file_name);
        targets->targets[i].length = file->length;
        take_hashes(file, &targets->targets[i]);
    }
    targets->target_count = message->n_target_files;
    return make_orders(memory, err);
}

int swt_targets_decode(struct swt_slice bytes, uint64_t base, struct swt_targets **ret_targets,
                       struct swt_error *err) {
    struct swt_targets_memory *memory = calloc(1, sizeof *memory);
    if (memory == NULL)
        return swt_fail_memory(err);
    SWT_CLEANUP(swt_targets_cleanup) struct swt_targets *targets = &memory->targets;
    targets->message = memory;
    targets->bytes = bytes;
    ProtobufCMessage *message = NULL;
    int r = swt_message_read(&tuf__targets_metadata__descriptor, bytes, base, &memory->arena,
                             &message, &targets->unknown_fields, err);
    if (r < 0)
        return r;
    r = take_message((const Tuf__TargetsMetadata *)message, memory, err);
    if (r < 0)
        return r;
    *ret_targets = SWT_TAKE(targets);
    return 0;
}

int swt_targets_unknown(const struct swt_targets *targets, struct swt_buf *ret_fields,
                        struct swt_error *err) {
    return swt_strict_unknown(&tuf__targets_metadata__descriptor, targets->bytes, ret_fields, err);
}

/* ---- questions --------------------------------------------------------------------------- */

const struct swt_target *swt_targets_find(const struct swt_targets *targets,
                                          struct swt_slice name) {
    const struct swt_targets_memory *memory = targets->message;
    size_t low = 0;
    size_t high = targets->target_count;
    /* The lowest position whose name is not less: of equal names, the first in the metadata. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (swt_slice_compare(memory->by_name[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < targets->target_count && swt_slice_equal(memory->by_name[low]->name, name);
    return found ? memory->by_name[low] : NULL;
}

bool swt_targets_case_twins(const struct swt_targets *targets, const struct swt_target **ret_a,
                            const struct swt_target **ret_b) {
    const struct swt_targets_memory *memory = targets->message;
    for (size_t i = 1; i < targets->target_count; i++) {
        const struct swt_target *a = memory->by_folded[i - 1];
        const struct swt_target *b = memory->by_folded[i];
        if (compare_folded(a->name, b->name) != 0 || swt_slice_equal(a->name, b->name))
            continue;
        *ret_a = a < b ? a : b;
        *ret_b = a < b ? b : a;
        return true;
    }
    return false;
}
