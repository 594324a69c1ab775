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

static int take_hash(struct swt_target *target, const struct swt_wire_field *message,
                     struct swt_error *err) {
    struct swt_wire wire = swt_wire_of(message->bytes, message->bytes_offset);
    struct swt_wire_field field;
    uint64_t function = TUF__HASH_FUNCTION__UNKNOWN_HASH_FUNCTION;
    struct swt_slice hash = {0};
    int r;
    while ((r = swt_wire_next(&wire, &field, err)) > 0) {
        if (field.number == FIELD_FUNCTION)
            function = field.value;
        else if (field.number == FIELD_HASH)
            hash = field.bytes;
    }
    if (function != TUF__HASH_FUNCTION__SHA256) {
        target->other_hashes++;
        return r;
    }
    target->sha256_count++;
    if (target->sha256 == NULL && hash.len == SWT_DIGEST_SIZE)
        target->sha256 = hash.data;
    return r;
}

static int take_target(struct swt_target *target, const struct swt_wire_field *message,
                       struct swt_error *err) {
    struct swt_wire wire = swt_wire_of(message->bytes, message->bytes_offset);
    struct swt_wire_field field;
    int r;
    while ((r = swt_wire_next(&wire, &field, err)) > 0) {
        if (field.number == FIELD_FILE_NAME)
            target->name = field.bytes;
        else if (field.number == FIELD_LENGTH)
            target->length = field.value;
        else if (field.number == FIELD_HASHES)
            r = take_hash(target, &field, err);
        if (r < 0)
            return r;
    }
    return r;
}

static int count_targets(struct swt_slice bytes, size_t *ret_count, struct swt_error *err) {
    struct swt_wire wire = swt_wire_of(bytes, 0);
    struct swt_wire_field field;
    size_t count = 0;
    int r;
    while ((r = swt_wire_next(&wire, &field, err)) > 0)
        count += field.number == FIELD_TARGET_FILES;
    *ret_count = count;
    return r;
}

static int take_common(struct swt_targets_memory *memory, const struct swt_wire_field *field,
                       struct swt_error *err) {
    ProtobufCMessage *message = NULL;
    int r = swt_message_unpack(&tuf__common_metadata__descriptor, field->bytes, field->bytes_offset,
                               &memory->arena, &message, err);
    if (r == 0)
        memory->targets.common = swt_common_of((const Tuf__CommonMetadata *)message);
    return r;
}

static int take_fields(struct swt_targets_memory *memory, uint64_t base, struct swt_error *err) {
    struct swt_targets *targets = &memory->targets;
    struct swt_wire wire = swt_wire_of(targets->bytes, base);
    struct swt_wire_field field;
    size_t count;
    int r = count_targets(targets->bytes, &count, err);
    if (r < 0)
        return r;
    targets->targets = swt_arena_array(&memory->arena, count, sizeof *targets->targets);
    if (targets->targets == NULL)
        return swt_fail_memory(err);
    while ((r = swt_wire_next(&wire, &field, err)) > 0) {
        if (field.number == FIELD_COMMON)
            r = take_common(memory, &field, err);
        else if (field.number == FIELD_TARGET_FILES)
            r = take_target(&targets->targets[targets->target_count++], &field, err);
        if (r < 0)
            return r;
    }
    return r;
}

int swt_targets_decode(struct swt_slice bytes, uint64_t base, struct swt_targets **ret_targets,
                       struct swt_error *err) {
    struct swt_targets_memory *memory = calloc(1, sizeof *memory);
    if (memory == NULL)
        return swt_fail_memory(err);
    SWT_CLEANUP(swt_targets_cleanup) struct swt_targets *targets = &memory->targets;
    targets->message = memory;
    targets->bytes = bytes;
    int r = swt_message_scan(&tuf__targets_metadata__descriptor, bytes, base,
                             &targets->unknown_fields, err);
    if (r == 0)
        r = take_fields(memory, base, err);
    if (r == 0)
        r = make_orders(memory, err);
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
