/* SPDX-License-Identifier: Apache-2.0 */
/* The roots that are at hand, and ways over them: bundles that carry such a root, and are yet to be
 * made, as stepping stones. */
#include "document.h"
#include "fleet_advice.h"

#include <stdlib.h>
#include <string.h>

/* ---- the roots --------------------------------------------------------------------------- */

void swt_fleet_advisor_done(struct swt_fleet_advisor *advisor) {
    for (size_t i = 0; i < advisor->root_count; i++)
        swt_root_source_done(&advisor->roots[i].source);
    free(advisor->roots);
    free(advisor->follows);
    json_decref(advisor->known);
    json_decref(advisor->tried);
    *advisor = (struct swt_fleet_advisor){0};
}

/* Unless it is there: once each, whoever holds it. */
static int add_root(struct swt_fleet_advisor *advisor, const struct swt_envelope *envelope,
                    const struct swt_fleet_root *described, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = swt_envelope_encode(envelope->metadata, envelope->signatures,
                                 envelope->signature_count, &bytes, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < advisor->root_count; i++)
        if (swt_slice_equal(swt_buf_slice(&advisor->roots[i].source.bytes), swt_buf_slice(&bytes)))
            return 0;
    struct swt_fleet_root *root = &advisor->roots[advisor->root_count];
    *root = *described;
    rc = swt_root_source_decode(&bytes, described->file, false, &root->source, err);
    if (rc < 0)
        return rc;
    advisor->root_count++;
    return 0;
}

static int collect_roots(struct swt_fleet_advisor *advisor, struct swt_error *err) {
    const struct swt_fleet *fleet = advisor->fleet;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < fleet->row_count; i++) {
        const struct swt_fleet_row *row = &fleet->rows[i];
        const struct swt_fleet_root root = {.file = row->root_path, .holder = row->name};
        rc = add_root(advisor, &row->state.root.envelope, &root, err);
    }
    for (size_t i = 0; rc == 0 && i < fleet->bundle_count; i++) {
        const struct swt_fleet_bundle *bundle = &fleet->bundles[i];
        const struct swt_fleet_root root = {.file = bundle->file, .carrier = i};
        if (bundle->root != NULL)
            rc = add_root(advisor, &bundle->judge.root_envelope, &root, err);
    }
    return rc;
}

int swt_fleet_advisor_open(struct swt_fleet_advisor *advisor, const struct swt_fleet *fleet,
                           struct swt_error *err) {
    *advisor = (struct swt_fleet_advisor){.fleet = fleet};
    advisor->roots = calloc(fleet->row_count + fleet->bundle_count, sizeof *advisor->roots);
    if (advisor->roots == NULL)
        return swt_fail_memory(err);
    int rc = collect_roots(advisor, err);
    if (rc < 0)
        return rc;
    advisor->follows = calloc(advisor->root_count, advisor->root_count);
    advisor->known = json_object();
    advisor->tried = json_object();
    if (advisor->follows == NULL || advisor->known == NULL || advisor->tried == NULL)
        return swt_fail_memory(err);
    return 0;
}

size_t swt_fleet_advisor_root(const struct swt_fleet_advisor *advisor, size_t start) {
    const struct swt_envelope *held =
        &swt_fleet_graph_state(advisor->fleet->graph, start)->root.envelope;
    for (size_t i = 0; i < advisor->root_count; i++) {
        const struct swt_envelope *root = &advisor->roots[i].source.envelope;
        bool same = swt_slice_equal(root->metadata, held->metadata) &&
                    root->signature_count == held->signature_count;
        for (size_t j = 0; same && j < held->signature_count; j++)
            same = swt_slice_equal(root->signatures[j].key_id, held->signatures[j].key_id) &&
                   swt_slice_equal(root->signatures[j].value, held->signatures[j].value);
        if (same)
            return i;
    }
    return 0; /* not reached: the roots of all states are there */
}

/* ---- ways over them ---------------------------------------------------------------------- */

/* The state of a device that was sent a bundle with that root. */
static int rotate(const struct swt_fleet_advisor *advisor, size_t place, size_t root,
                  bool *ret_found, size_t *ret_place, struct swt_error *err) {
    const struct swt_device_state *before = swt_fleet_graph_state(advisor->fleet->graph, place);
    struct swt_device_state after = *before;
    after.root = advisor->roots[root].source; /* borrowed: the graph keeps a copy */
    after.has_floor =
        before->has_floor && !swt_root_clears_floor(before->root.root, after.root.root);
    return swt_fleet_graph_add(advisor->fleet->graph, &after,
                               swt_fleet_graph_device(advisor->fleet->graph, place), ret_found,
                               ret_place, err);
}

static int is_served(const struct swt_fleet *fleet, size_t place, bool *ret_served,
                     struct swt_error *err) {
    struct swt_fleet_cell *cells = calloc(fleet->bundle_count, sizeof *cells);
    if (cells == NULL)
        return swt_fail_memory(err);
    int rc = swt_fleet_search(fleet->graph, place, fleet->bundle_count, cells, err);
    if (rc == 0)
        *ret_served = swt_fleet_serves(cells, fleet->bundle_count);
    for (size_t i = 0; i < fleet->bundle_count; i++)
        swt_fleet_cell_done(&cells[i]);
    free(cells);
    return rc;
}

struct stone {
    size_t root;
    size_t place; /* of the state that it leads to */
    size_t from;  /* the stone before it; SIZE_MAX for the start */
};

static void stones_done(struct stone **stones) {
    free(*stones);
}

static int tell_stones(const struct swt_fleet_advisor *advisor, const struct stone *stones,
                       size_t last, struct swt_fleet_chain *ret_chain, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *act = json_pack("{s:s, s:[]}", "act", "stepping-stone", "roots");
    if (act == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    for (size_t i = last; rc == 0 && stones[i].from != SIZE_MAX; i = stones[i].from) {
        const struct swt_fleet_root *root = &advisor->roots[stones[i].root];
        json_t *object =
            json_pack("{s:I, s:o, s:o}", "root_version",
                      (json_int_t)root->source.root->common.version, "root_sha256",
                      swt_json_sha256(root->source.root->bytes), "file", swt_json_path(root->file));
        if (object != NULL && root->holder != NULL &&
            json_object_set_new(object, "holder", swt_json_path(root->holder)) < 0) {
            json_decref(object);
            object = NULL;
        }
        if (object == NULL || json_array_insert_new(json_object_get(act, "roots"), 0, object) < 0)
            rc = swt_fail_memory(err);
    }
    if (rc < 0)
        return rc;
    json_t *acts = json_pack("[O]", act);
    if (acts == NULL)
        return swt_fail_memory(err);
    *ret_chain =
        (struct swt_fleet_chain){.bundle = SWT_FLEET_NO_BUNDLE, .acts = acts, .serves = true};
    return 0;
}

/* Every root that the device at the stone comes to trust, and that no stone led to yet. */
static int add_stones(struct swt_fleet_advisor *advisor, struct stone *stones, size_t *count,
                      size_t at, struct swt_error *err) {
    for (size_t to = 0; to < advisor->root_count; to++) {
        bool known = false;
        for (size_t i = 0; i < *count; i++)
            known |= swt_slice_equal(advisor->roots[stones[i].root].source.root->bytes,
                                     advisor->roots[to].source.root->bytes);
        bool follows = false;
        int rc = known ? 0 : swt_fleet_follows(advisor, stones[at].root, to, &follows, err);
        if (rc < 0)
            return rc;
        if (!follows)
            continue;
        bool found;
        size_t place;
        rc = rotate(advisor, stones[at].place, to, &found, &place, err);
        if (rc < 0)
            return rc;
        if (found)
            stones[(*count)++] = (struct stone){.root = to, .place = place, .from = at};
    }
    return 0;
}

int swt_fleet_find_stones(struct swt_fleet_advisor *advisor, size_t start,
                          struct swt_fleet_chain *ret_chain, struct swt_error *err) {
    SWT_CLEANUP(stones_done)
    struct stone *stones = calloc(advisor->root_count + 1, sizeof *stones);
    if (stones == NULL)
        return swt_fail_memory(err);
    size_t count = 1;
    stones[0] = (struct stone){
        .root = swt_fleet_advisor_root(advisor, start), .place = start, .from = SIZE_MAX};
    for (size_t i = 0; i < count; i++) {
        bool served = false;
        int rc = i == 0 ? 0 : is_served(advisor->fleet, stones[i].place, &served, err);
        if (rc < 0)
            return rc;
        if (served)
            return tell_stones(advisor, stones, i, ret_chain, err);
        rc = add_stones(advisor, stones, &count, i, err);
        if (rc < 0)
            return rc;
    }
    *ret_chain = (struct swt_fleet_chain){.bundle = SWT_FLEET_NO_BUNDLE};
    return 0;
}
