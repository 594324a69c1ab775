/* SPDX-License-Identifier: Apache-2.0 */
/* The states that devices are in or come to, each once, and what each bundle makes of each, judged
 * once. Roots and manifests are shared between the states: bundles lead thousands of these to one.
 */
#include "document.h"
#include "fleet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of pairs of a root and a bundle: what is kept of them stays below some hundred megabytes. */
#define KNOWN_MAX 100000

struct state {
    struct swt_device_state state; /* root and manifest are of the pools */
    size_t root;                   /* its place there */
    const struct swt_judge_device *device;
    struct swt_fleet_edge *edges; /* NULL: none was asked for */
};

struct swt_fleet_graph {
    const struct swt_fleet_bundle *bundles;
    size_t bundle_count;
    struct state *states;
    size_t state_count;
    size_t state_max;
    bool full;
    struct swt_device_state *pool; /* each holds a root or a manifest */
    size_t pool_count;
    json_t *places; /* of states and pool, by a text that tells one from the others */
    json_t *known;  /* of a root and a bundle (swt_judge_known), by their places */
};

int swt_fleet_graph_new(const struct swt_fleet_bundle *bundles, size_t bundle_count,
                        size_t state_max, struct swt_fleet_graph **ret_graph,
                        struct swt_error *err) {
    struct swt_fleet_graph *graph = calloc(1, sizeof *graph);
    if (graph == NULL)
        return swt_fail_memory(err);
    graph->bundles = bundles;
    graph->bundle_count = bundle_count;
    graph->state_max = state_max;
    graph->states = calloc(state_max + 1, sizeof *graph->states);
    graph->pool = calloc(2 * state_max + 2, sizeof *graph->pool);
    graph->places = json_object();
    graph->known = json_object();
    if (graph->states == NULL || graph->pool == NULL || graph->places == NULL ||
        graph->known == NULL) {
        swt_fleet_graph_free(graph);
        return swt_fail_memory(err);
    }
    *ret_graph = graph;
    return 0;
}

void swt_fleet_graph_free(struct swt_fleet_graph *graph) {
    if (graph == NULL)
        return;
    for (size_t i = 0; i < graph->state_count; i++) {
        struct swt_fleet_edge *edges = graph->states[i].edges;
        for (size_t j = 0; edges != NULL && j < graph->bundle_count; j++) {
            json_decref(edges[j].failed);
            json_decref(edges[j].warnings);
        }
        free(edges);
    }
    for (size_t i = 0; i < graph->pool_count; i++)
        swt_device_state_done(&graph->pool[i]);
    json_decref(graph->places);
    json_decref(graph->known);
    free(graph->pool);
    free(graph->states);
    free(graph);
}

/* ---- each root, manifest and state once -------------------------------------------------- */

/* The place under name, or next, which is then the name's. */
static int find_place(struct swt_fleet_graph *graph, const char *name, size_t next,
                      size_t *ret_place, struct swt_error *err) {
    const json_t *known = json_object_get(graph->places, name);
    if (known != NULL) {
        *ret_place = (size_t)json_integer_value(known);
        return 0;
    }
    *ret_place = next;
    return swt_json_set(graph->places, name, json_integer((json_int_t)next), err);
}

/* "root SHA-256": where the pool has these bytes, or will have them. */
static int find_bytes(struct swt_fleet_graph *graph, const char *what, struct swt_slice bytes,
                      size_t *ret_place, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *hash = swt_json_sha256(bytes);
    SWT_CLEANUP(swt_buf_done) struct swt_buf name = {0};
    if (hash == NULL)
        return swt_fail_memory(err);
    int rc = swt_buf_printf(&name, err, "%s %s", what, json_string_value(hash));
    return rc < 0 ? rc : find_place(graph, swt_buf_text(&name), graph->pool_count, ret_place, err);
}

static int pool_root(struct swt_fleet_graph *graph, const struct swt_root_source *root,
                     size_t *ret_place, struct swt_error *err) {
    int rc = find_bytes(graph, "root", swt_buf_slice(&root->bytes), ret_place, err);
    if (rc < 0 || *ret_place < graph->pool_count)
        return rc;
    const struct swt_device_state only = {.root = *root};
    rc = swt_device_state_copy(&only, &graph->pool[graph->pool_count], err);
    graph->pool_count += rc == 0 ? 1 : 0;
    return rc;
}

static int pool_manifest(struct swt_fleet_graph *graph, const struct swt_device_state *state,
                         size_t *ret_place, struct swt_error *err) {
    int rc = find_bytes(graph, "manifest", swt_buf_slice(&state->installed.bytes), ret_place, err);
    if (rc < 0 || *ret_place < graph->pool_count)
        return rc;
    /* With the root that comes with it: a manifest alone is no state. */
    rc = swt_device_state_copy(state, &graph->pool[graph->pool_count], err);
    graph->pool_count += rc == 0 ? 1 : 0;
    return rc;
}

int swt_fleet_graph_add(struct swt_fleet_graph *graph, const struct swt_device_state *state,
                        const struct swt_judge_device *device, bool *ret_found, size_t *ret_place,
                        struct swt_error *err) {
    struct state added = {.state = {.knows_floor = true,
                                    .has_floor = state->has_floor,
                                    .floor = state->has_floor ? state->floor : 0},
                          .device = device};
    size_t root;
    size_t manifest = 0;
    char name[128];
    *ret_found = false;
    /* Room for both: what is in the pool without a state does no harm. */
    if (graph->state_count == graph->state_max && graph->pool_count >= 2 * graph->state_max) {
        graph->full = true;
        return 0;
    }
    int rc = pool_root(graph, &state->root, &root, err);
    if (rc == 0 && state->installed.manifest != NULL)
        rc = pool_manifest(graph, state, &manifest, err);
    if (rc < 0)
        return rc;
    added.root = root;
    added.state.root = graph->pool[root].root;
    if (state->installed.manifest != NULL)
        added.state.installed = graph->pool[manifest].installed;
    (void)snprintf(name, sizeof name, "state %zu %zu %d %" PRIu32 " %p", root,
                   state->installed.manifest != NULL ? manifest + 1 : 0, added.state.has_floor,
                   added.state.floor, (const void *)device);
    if (graph->state_count == graph->state_max && json_object_get(graph->places, name) == NULL) {
        graph->full = true;
        return 0;
    }
    rc = find_place(graph, name, graph->state_count, ret_place, err);
    if (rc < 0)
        return rc;
    if (*ret_place == graph->state_count)
        graph->states[graph->state_count++] = added;
    *ret_found = true;
    return 0;
}

size_t swt_fleet_graph_count(const struct swt_fleet_graph *graph) {
    return graph->state_count;
}

size_t swt_fleet_graph_max(const struct swt_fleet_graph *graph) {
    return graph->state_max;
}

bool swt_fleet_graph_full(const struct swt_fleet_graph *graph) {
    return graph->full;
}

int swt_fleet_graph_extend(struct swt_fleet_graph *graph, size_t more, struct swt_error *err) {
    size_t max = graph->state_count + more;
    struct state *states = realloc(graph->states, (max + 1) * sizeof *states);
    if (states == NULL)
        return swt_fail_memory(err);
    graph->states = states;
    struct swt_device_state *pool = realloc(graph->pool, (2 * max + 2) * sizeof *pool);
    if (pool == NULL)
        return swt_fail_memory(err);
    graph->pool = pool;
    graph->state_max = max;
    graph->full = false;
    return 0;
}

const struct swt_device_state *swt_fleet_graph_state(const struct swt_fleet_graph *graph,
                                                     size_t place) {
    return &graph->states[place].state;
}

const struct swt_judge_device *swt_fleet_graph_device(const struct swt_fleet_graph *graph,
                                                      size_t place) {
    return graph->states[place].device;
}

/* ---- judging ----------------------------------------------------------------------------- */

static int collect_warnings(const json_t *steps, json_t **ret_warnings, struct swt_error *err) {
    size_t i;
    const json_t *step;
    json_array_foreach(steps, i, step) {
        if (strcmp(json_string_value(json_object_get(step, "verdict")), "warn") != 0)
            continue;
        if (*ret_warnings == NULL)
            *ret_warnings = json_array();
        if (*ret_warnings == NULL)
            return swt_fail_memory(err);
        json_t *text = json_sprintf("%s: %s", json_string_value(json_object_get(step, "step")),
                                    json_string_value(json_object_get(step, "note")));
        int rc = swt_json_add(*ret_warnings, text, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The state that the judged bundle leaves behind. */
static int add_next(struct swt_fleet_graph *graph, size_t place, const struct swt_judge *judge,
                    struct swt_fleet_edge *edge, struct swt_error *err) {
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state next = {0};
    edge->next = (uint32_t)place;
    if (!edge->accepted && !judge->rotated)
        return 0;
    int rc = edge->accepted ? swt_judge_state_installed(judge, &next, err)
                            : swt_judge_state_rotated(judge, &next, err);
    bool found;
    size_t next_place;
    /* A device that installed a bundle holds all of its targets. */
    if (rc == 0)
        rc = swt_fleet_graph_add(
            graph, &next, edge->accepted ? &swt_fleet_holds_all : graph->states[place].device,
            &found, &next_place, err);
    if (rc == 0 && found)
        edge->next = (uint32_t)next_place;
    return rc;
}

/* Many states share a root: signatures are verified once for each root and bundle. */
static int run_judge(struct swt_fleet_graph *graph, size_t place, size_t bundle,
                     struct swt_judge *judge, struct swt_error *err) {
    char name[64];
    (void)snprintf(name, sizeof name, "%zu %zu", graph->states[place].root, bundle);
    judge->known = json_object_get(graph->known, name);
    int rc = swt_judge_run(judge, err);
    if (rc < 0 || judge->known != NULL || json_object_size(graph->known) >= KNOWN_MAX)
        return rc;
    json_t *known = NULL;
    rc = swt_judge_known(judge, &known, err);
    return rc < 0 ? rc : swt_json_set(graph->known, name, known, err);
}

static int judge_edge(struct swt_fleet_graph *graph, size_t place, size_t bundle,
                      struct swt_fleet_edge *edge, struct swt_error *err) {
    const struct swt_fleet_bundle *column = &graph->bundles[bundle];
    SWT_CLEANUP(swt_judge_done) struct swt_judge judge;
    swt_judge_open_again(&judge, &column->judge, &graph->states[place].state, &column->finding);
    judge.device = graph->states[place].device;
    int rc = swt_interrupted(err);
    if (rc == 0)
        rc = run_judge(graph, place, bundle, &judge, err);
    if (rc < 0)
        return rc;
    edge->accepted = judge.failed_step == NULL;
    if (edge->accepted)
        rc = collect_warnings(judge.steps, &edge->warnings, err);
    else
        edge->failed = json_incref(json_array_get(judge.steps, json_array_size(judge.steps) - 1));
    if (rc == 0)
        rc = add_next(graph, place, &judge, edge, err);
    edge->judged = rc == 0;
    return rc;
}

int swt_fleet_graph_edge(struct swt_fleet_graph *graph, size_t place, size_t bundle,
                         struct swt_fleet_edge *ret_edge, struct swt_error *err) {
    struct state *state = &graph->states[place];
    if (state->edges == NULL)
        state->edges = calloc(graph->bundle_count, sizeof *state->edges);
    if (state->edges == NULL)
        return swt_fail_memory(err);
    struct swt_fleet_edge *edge = &state->edges[bundle];
    int rc = edge->judged ? 0 : judge_edge(graph, place, bundle, edge, err);
    if (rc == 0)
        *ret_edge = *edge;
    return rc;
}
