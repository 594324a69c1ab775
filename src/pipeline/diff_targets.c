/* SPDX-License-Identifier: Apache-2.0 */
/* The targets of two bundles: which is which, and what became of each. */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

bool swt_diff_same_payload(const struct swt_target *a, const struct swt_target *b) {
    return a->length == b->length && memcmp(a->sha256, b->sha256, SWT_DIGEST_SIZE) == 0;
}

/* ---- which is which ---------------------------------------------------------------------- */

void swt_diff_pairs_done(struct swt_diff_pairs *pairs) {
    free(pairs->b_of_a);
    free(pairs->a_of_b);
    free(pairs->first);
    *pairs = (struct swt_diff_pairs){0};
}

static void pair_names(const struct swt_targets *a, const struct swt_targets *b,
                       struct swt_diff_pairs *pairs) {
    for (size_t i = 0; i < a->target_count; i++)
        pairs->b_of_a[i] = SWT_DIFF_NONE;
    for (size_t i = 0; i < b->target_count; i++) {
        const struct swt_target *found = swt_targets_find(a, b->targets[i].name);
        pairs->a_of_b[i] = found == NULL ? SWT_DIFF_NONE : (size_t)(found - a->targets);
        if (found != NULL)
            pairs->b_of_a[found - a->targets] = i;
    }
}

static int compare_payload(const struct swt_target *a, const struct swt_target *b) {
    int order = memcmp(a->sha256, b->sha256, SWT_DIGEST_SIZE);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* Of one array: equal contents stay in the order of their metadata. */
static int order_by_payload(const void *left, const void *right) {
    const struct swt_target *a = *(const struct swt_target *const *)left;
    const struct swt_target *b = *(const struct swt_target *const *)right;
    int order = compare_payload(a, b);
    return order != 0 ? order : (a > b) - (a < b);
}

/* The targets without a partner, sorted by their contents; to be freed. */
static const struct swt_target **list_single(const struct swt_targets *targets,
                                             const size_t *partners, size_t *ret_count) {
    const struct swt_target **list = calloc(targets->target_count + 1, sizeof(struct swt_target *));
    size_t count = 0;
    if (list == NULL)
        return NULL;
    for (size_t i = 0; i < targets->target_count; i++)
        if (partners[i] == SWT_DIFF_NONE)
            list[count++] = &targets->targets[i];
    qsort((void *)list, count, sizeof(struct swt_target *), order_by_payload);
    *ret_count = count;
    return list;
}

/* Of several with equal contents the first goes with the first, as the metadata lists them. */
static int pair_contents(const struct swt_targets *a, const struct swt_targets *b,
                         struct swt_diff_pairs *pairs, struct swt_error *err) {
    size_t count_a = 0;
    size_t count_b = 0;
    const struct swt_target **gone = list_single(a, pairs->b_of_a, &count_a);
    const struct swt_target **come = list_single(b, pairs->a_of_b, &count_b);
    int rc = gone == NULL || come == NULL ? swt_fail_memory(err) : 0;
    for (size_t i = 0, j = 0; rc == 0 && i < count_a && j < count_b;) {
        int order = compare_payload(gone[i], come[j]);
        if (order == 0) {
            pairs->b_of_a[gone[i] - a->targets] = (size_t)(come[j] - b->targets);
            pairs->a_of_b[come[j] - b->targets] = (size_t)(gone[i] - a->targets);
        }
        i += order <= 0;
        j += order >= 0;
    }
    free((void *)gone);
    free((void *)come);
    return rc;
}

int swt_diff_pairs_make(const struct swt_diff *diff, struct swt_diff_pairs *ret_pairs,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_diff_pairs_done) struct swt_diff_pairs pairs = {0};
    const struct swt_targets *a = diff->a.bundle.targets;
    const struct swt_targets *b = diff->b.bundle.targets;
    pairs.b_of_a = calloc(a->target_count + 1, sizeof *pairs.b_of_a);
    pairs.a_of_b = calloc(b->target_count + 1, sizeof *pairs.a_of_b);
    pairs.first = calloc(b->target_count + 1, sizeof *pairs.first);
    if (pairs.b_of_a == NULL || pairs.a_of_b == NULL || pairs.first == NULL)
        return swt_fail_memory(err);
    pair_names(a, b, &pairs);
    int rc = pair_contents(a, b, &pairs, err);
    if (rc == 0)
        *ret_pairs = SWT_MOVE(pairs);
    return rc;
}

/* ---- what became of each ----------------------------------------------------------------- */

struct lists {
    struct swt_diff *diff;
    const struct swt_diff_pairs *pairs;
    json_t *added, *removed, *renamed, *changed, *unchanged, *left_out;
};

static int put_payload(json_t *object, const struct swt_target *target, struct swt_error *err) {
    int rc = swt_json_set(object, "length", swt_json_length(target->length), err);
    return rc < 0 ? rc
                  : swt_json_set(object, "sha256",
                                 swt_json_hex(swt_slice_of(target->sha256, SWT_DIGEST_SIZE)), err);
}

/* One that only this side has, with what its user_manifest says of it. */
static int tell_single(const struct swt_diff_side *side, json_t *list,
                       const struct swt_target *target, struct swt_error *err) {
    json_t *entry = json_object();
    json_t *name = swt_json_text(target->name);
    int rc = swt_json_add(list, entry, err);
    if (rc == 0)
        rc = swt_json_set(entry, "name", name, err);
    if (rc == 0)
        rc = put_payload(entry, target, err);
    if (rc < 0)
        return rc;
    json_t *details =
        json_object_get(json_object_get(side->manifest, "targets"), json_string_value(name));
    return json_object_size(details) == 0
               ? 0
               : swt_json_set(entry, "details", json_incref(details), err);
}

static int tell_same(struct lists *lists, const struct swt_target *a, const struct swt_target *b,
                     struct swt_error *err) {
    bool renamed = !swt_slice_equal(a->name, b->name);
    json_t *entry = json_object();
    int rc = swt_json_add(renamed ? lists->renamed : lists->unchanged, entry, err);
    lists->diff->differences += renamed;
    if (rc == 0 && renamed)
        rc = swt_json_set(entry, "a", swt_json_text(a->name), err);
    if (rc == 0)
        rc = swt_json_set(entry, renamed ? "b" : "name", swt_json_text(b->name), err);
    return rc < 0 ? rc : put_payload(entry, b, err);
}

static int put_side(json_t *entry, const char *name, const struct swt_target *target,
                    struct swt_error *err) {
    json_t *side = swt_json_object(entry, name, err);
    return side == NULL ? -SWT_E_MEMORY : put_payload(side, target, err);
}

static int tell_changed(struct lists *lists, const struct swt_target *a, const struct swt_target *b,
                        uint64_t first, struct swt_error *err) {
    json_t *entry = json_object();
    int rc = swt_json_add(lists->changed, entry, err);
    lists->diff->differences++;
    if (rc == 0)
        rc = swt_json_set(entry, "name", swt_json_text(b->name), err);
    if (rc == 0)
        rc = put_side(entry, "a", a, err);
    if (rc == 0)
        rc = put_side(entry, "b", b, err);
    /* No file is longer; a payload that is left out may be said to be. */
    if (rc == 0 && a->length <= INT64_MAX && b->length <= INT64_MAX)
        rc = swt_json_set(entry, "delta",
                          json_integer((json_int_t)b->length - (json_int_t)a->length), err);
    return rc < 0 ? rc
                  : swt_json_set(entry, "first_difference",
                                 first == UINT64_MAX ? json_null() : swt_json_length(first), err);
}

/* ---- payloads that are left out ---------------------------------------------------------- */

static int put_presence(json_t *entry, const struct swt_diff_side *side, size_t place,
                        struct swt_error *err) {
    return place == SWT_DIFF_NONE
               ? 0
               : swt_json_set(entry, side->name, json_boolean(side->present[place]), err);
}

/* Both places are those of one target, or one of them is SWT_DIFF_NONE. */
static int tell_presence(struct lists *lists, size_t place_a, size_t place_b,
                         struct swt_error *err) {
    struct swt_diff *diff = lists->diff;
    const struct swt_diff_side *a = &diff->a;
    const struct swt_diff_side *b = &diff->b;
    bool in_a = place_a == SWT_DIFF_NONE || a->present[place_a];
    bool in_b = place_b == SWT_DIFF_NONE || b->present[place_b];
    if (in_a && in_b)
        return 0;
    const struct swt_target *target = place_b != SWT_DIFF_NONE
                                          ? &b->bundle.targets->targets[place_b]
                                          : &a->bundle.targets->targets[place_a];
    json_t *entry = json_object();
    int rc = swt_json_add(lists->left_out, entry, err);
    if (rc == 0)
        rc = swt_json_set(entry, "name", swt_json_text(target->name), err);
    if (rc == 0)
        rc = put_presence(entry, a, place_a, err);
    if (rc == 0)
        rc = put_presence(entry, b, place_b, err);
    diff->differences += in_a != in_b;
    return rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int tell_of_b(struct lists *lists, size_t place, struct swt_error *err) {
    const struct swt_diff_side *b = &lists->diff->b;
    const struct swt_target *target = &b->bundle.targets->targets[place];
    size_t place_a = lists->pairs->a_of_b[place];
    int rc;
    if (place_a == SWT_DIFF_NONE) {
        lists->diff->differences++;
        rc = tell_single(b, lists->added, target, err);
    } else {
        const struct swt_target *old = &lists->diff->a.bundle.targets->targets[place_a];
        rc = swt_diff_same_payload(old, target)
                 ? tell_same(lists, old, target, err)
                 : tell_changed(lists, old, target, lists->pairs->first[place], err);
    }
    return rc < 0 ? rc : tell_presence(lists, place_a, place, err);
}

static int tell_removed(struct lists *lists, struct swt_error *err) {
    const struct swt_targets *a = lists->diff->a.bundle.targets;
    int rc = 0;
    for (size_t i = 0; i < a->target_count && rc == 0; i++) {
        if (lists->pairs->b_of_a[i] != SWT_DIFF_NONE)
            continue;
        lists->diff->differences++;
        rc = tell_single(&lists->diff->a, lists->removed, &a->targets[i], err);
        if (rc == 0)
            rc = tell_presence(lists, i, SWT_DIFF_NONE, err);
    }
    return rc;
}

/* Whether the targets that both have stand in another order. */
static bool is_reordered(const struct swt_diff *diff, const struct swt_diff_pairs *pairs) {
    size_t least = 0;
    for (size_t i = 0; i < diff->b.bundle.targets->target_count; i++) {
        if (pairs->a_of_b[i] == SWT_DIFF_NONE)
            continue;
        if (pairs->a_of_b[i] < least)
            return true;
        least = pairs->a_of_b[i];
    }
    return false;
}

static int make_lists(struct lists *lists, json_t *object, struct swt_error *err) {
    const struct {
        const char *name;
        json_t **list;
    } LISTS[] = {{"changed", &lists->changed},   {"renamed", &lists->renamed},
                 {"added", &lists->added},       {"removed", &lists->removed},
                 {"left_out", &lists->left_out}, {"unchanged", &lists->unchanged}};
    for (size_t i = 0; i < SWT_COUNT(LISTS); i++) {
        *LISTS[i].list = swt_json_array(object, LISTS[i].name, err);
        if (*LISTS[i].list == NULL)
            return -SWT_E_MEMORY;
    }
    return 0;
}

static int compare_targets(struct swt_diff *diff, struct swt_diff_pairs *pairs,
                           struct swt_error *err) {
    struct lists lists = {.diff = diff, .pairs = pairs};
    bool reordered = is_reordered(diff, pairs);
    json_t *object = swt_json_object(diff->document, "targets", err);
    if (object == NULL)
        return -SWT_E_MEMORY;
    diff->differences += reordered;
    int rc = swt_json_set(object, "reordered", json_boolean(reordered), err);
    if (rc == 0)
        rc = make_lists(&lists, object, err);
    for (size_t i = 0; rc == 0 && i < diff->b.bundle.targets->target_count; i++)
        rc = tell_of_b(&lists, i, err);
    return rc < 0 ? rc : tell_removed(&lists, err);
}

int swt_diff_bundles(struct swt_diff *diff, struct swt_error *err) {
    SWT_CLEANUP(swt_diff_pairs_done) struct swt_diff_pairs pairs = {0};
    json_t *fields = NULL;
    int rc = swt_diff_pairs_make(diff, &pairs, err);
    if (rc == 0)
        rc = swt_diff_payloads(diff, &pairs, err);
    if (rc == 0)
        rc = swt_diff_user_manifests(diff, &pairs, err);
    json_int_t before = diff->differences;
    if (rc == 0)
        rc = swt_diff_targets_metadata(diff, &fields, err);
    if (rc == 0)
        rc = compare_targets(diff, &pairs, err);
    return rc < 0 ? rc
                  : swt_diff_bytes(diff, fields, before, diff->a.bundle.targets->bytes,
                                   diff->b.bundle.targets->bytes, err);
}
