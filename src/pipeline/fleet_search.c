/* SPDX-License-Identifier: Apache-2.0 */
/* Breadth first over the states that bundles lead to: the shortest way to each bundle. */
#include "fleet.h"

#include <stdlib.h>

/* A state that was come to, and how. */
struct visit {
    size_t place;
    size_t from;     /* the visit before it */
    size_t bundle;   /* that was applied there */
    size_t depth;    /* bundles since the start */
    size_t rejected; /* of them */
};

struct search {
    struct swt_fleet_graph *graph;
    size_t bundle_count;
    struct visit *visits;
    size_t visit_count;
    size_t *visit_of; /* by place, plus 1; 0: not visited */
    size_t *found;    /* by bundle, plus 1: the visit that accepts it */
    size_t found_count;
};

static void search_done(struct search *search) {
    free(search->found);
    free(search->visit_of);
    free(search->visits);
}

void swt_fleet_cell_done(struct swt_fleet_cell *cell) {
    free(cell->after);
    free(cell->via);
    *cell = (struct swt_fleet_cell){0};
}

bool swt_fleet_serves(const struct swt_fleet_cell *cells, size_t bundle_count) {
    for (size_t i = 0; i < bundle_count; i++)
        if (cells[i].verdict != SWT_FLEET_REFUSE)
            return true;
    return false;
}

static int search_open(struct search *search, struct swt_error *err) {
    /* No state is added once there are as many as there may be. */
    size_t places = swt_fleet_graph_max(search->graph);
    search->visits = calloc(places, sizeof *search->visits);
    search->visit_of = calloc(places, sizeof *search->visit_of);
    search->found = calloc(search->bundle_count, sizeof *search->found);
    if (search->visits == NULL || search->visit_of == NULL || search->found == NULL)
        return swt_fail_memory(err);
    return 0;
}

static void visit_next(struct search *search, const struct visit *next) {
    size_t known = search->visit_of[next->place];
    if (known == 0) {
        search->visits[search->visit_count++] = *next;
        search->visit_of[next->place] = search->visit_count;
        return;
    }
    struct visit *other = &search->visits[known - 1];
    if (other->depth == next->depth && next->rejected < other->rejected)
        *other = *next;
}

static void note_accepted(struct search *search, size_t bundle, size_t index) {
    size_t known = search->found[bundle];
    const struct visit *visit = &search->visits[index];
    if (known == 0) {
        search->found[bundle] = index + 1;
        search->found_count++;
        return;
    }
    const struct visit *other = &search->visits[known - 1];
    if (other->depth == visit->depth && visit->rejected < other->rejected)
        search->found[bundle] = index + 1;
}

static int expand(struct search *search, size_t index, struct swt_error *err) {
    const struct visit visit = search->visits[index];
    for (size_t i = 0; i < search->bundle_count; i++) {
        struct swt_fleet_edge edge;
        int rc = swt_fleet_graph_edge(search->graph, visit.place, i, &edge, err);
        if (rc < 0)
            return rc;
        if (edge.accepted)
            note_accepted(search, i, index);
        const struct visit next = {.place = edge.next,
                                   .from = index,
                                   .bundle = i,
                                   .depth = visit.depth + 1,
                                   .rejected = visit.rejected + (edge.accepted ? 0 : 1)};
        visit_next(search, &next);
    }
    return 0;
}

/* The way back from the visit that accepts, or from the start. */
static int tell_way(const struct search *search, size_t bundle, struct swt_fleet_cell *ret_cell,
                    struct swt_error *err) {
    size_t at = search->found[bundle] == 0 ? 0 : search->found[bundle] - 1;
    struct swt_fleet_cell cell = {.after_count = search->visits[at].depth};
    cell.after = calloc(cell.after_count + 1, sizeof *cell.after);
    cell.via = calloc(cell.after_count + 1, sizeof *cell.via);
    if (cell.after == NULL || cell.via == NULL) {
        swt_fleet_cell_done(&cell);
        return swt_fail_memory(err);
    }
    if (search->found[bundle] != 0)
        cell.verdict = cell.after_count == 0 ? SWT_FLEET_ACCEPT : SWT_FLEET_ACCEPT_AFTER;
    cell.via[cell.after_count] = search->visits[at].place;
    for (size_t i = cell.after_count; i > 0; i--) {
        cell.after[i - 1] = search->visits[at].bundle;
        at = search->visits[at].from;
        cell.via[i - 1] = search->visits[at].place;
    }
    struct swt_fleet_edge edge;
    int rc = swt_fleet_graph_edge(search->graph, cell.via[cell.after_count], bundle, &edge, err);
    if (rc < 0) {
        swt_fleet_cell_done(&cell);
        return rc;
    }
    cell.last = edge.next;
    *ret_cell = cell;
    return 0;
}

int swt_fleet_search(struct swt_fleet_graph *graph, size_t start, size_t bundle_count,
                     struct swt_fleet_cell *ret_cells, struct swt_error *err) {
    SWT_CLEANUP(search_done)
    struct search search = {.graph = graph, .bundle_count = bundle_count};
    int rc = search_open(&search, err);
    if (rc < 0)
        return rc;
    visit_next(&search, &(struct visit){.place = start});
    size_t last_depth = SIZE_MAX; /* of the level that found the last bundle: it is ended */
    for (size_t i = 0; rc == 0 && i < search.visit_count && search.visits[i].depth <= last_depth;
         i++) {
        rc = expand(&search, i, err);
        if (search.found_count == bundle_count && last_depth == SIZE_MAX)
            last_depth = search.visits[i].depth;
    }
    for (size_t i = 0; rc == 0 && i < bundle_count; i++)
        rc = tell_way(&search, i, &ret_cells[i], err);
    return rc;
}
