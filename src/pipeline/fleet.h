/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the fleet job share:
 *
 *   swt_fleet_read_rows     devices or a fleet file → rows                  fleet_states.c
 *   swt_fleet_graph_*       states, and what each bundle makes of each      fleet_graph.c
 *   swt_fleet_search        the shortest way from a state to each bundle    fleet_search.c
 *   swt_fleet_advise        what would serve the states that none serves    fleet_advice.c
 *   swt_fleet_document      all of it as JSON                               fleet_document.c
 *   swt_fleet_page          the JSON as an HTML page                        fleet_html.c
 */
#ifndef SWT_PIPELINE_FLEET_H
#define SWT_PIPELINE_FLEET_H

#include "device_state.h"
#include "judge.h"

#include "swt/manifest.h"
#include "swt/pipeline.h"

#define SWT_FLEET_MAX_BUNDLES 1000
/* States that bundles lead to, beside those of the rows; as many again that stepping stones lead
 * to.
 */
#define SWT_FLEET_MAX_REACHED 10000

/* A column: its file stays open, its payloads were read once. */
struct swt_fleet_bundle {
    const char *file;
    struct swt_judge judge;
    struct swt_payload_finding finding;
    struct swt_root *root; /* its own, where it can be read and keeps the rules; else NULL */
};

/* A row. */
struct swt_fleet_row {
    char *name;
    uint64_t count;
    char *root_path; /* a file that holds its root */
    struct swt_device_state state;
    const struct swt_judge_device *device; /* what it holds of its targets */
    struct swt_judge_device own_device;
    char *directory; /* NULL: it has none */
    bool *lacks;     /* by the place in its manifest; of a directory only */
    size_t start;    /* among the distinct states: those that rows start from come first */
};

struct swt_fleet {
    const struct swt_fleet_options *options;
    struct swt_verify_options judgement;
    struct swt_fleet_bundle *bundles;
    size_t bundle_count;
    struct swt_fleet_row *rows;
    size_t row_count;
    struct swt_fleet_graph *graph;
    size_t start_count;
    struct swt_fleet_cell *cells; /* start_count times bundle_count */
    bool search_ended;            /* for want of room: the cells may lack ways */
};

/* ---- fleet_states.c ---------------------------------------------------------------------- */

int swt_fleet_read_rows(struct swt_fleet *fleet, struct swt_error *err) SWT_CHECKED;
/* Once the bundles' payloads were found: whether the devices hold what some bundle leaves out. */
int swt_fleet_find_lacks(struct swt_fleet *fleet, struct swt_error *err) SWT_CHECKED;
void swt_fleet_row_done(struct swt_fleet_row *row);
/* A device that holds what its manifest records. */
extern const struct swt_judge_device swt_fleet_holds_all;

/* ---- fleet_graph.c: states, each once, and what each bundle makes of them ---------------- */

/* What a bundle does to a device in a state. */
struct swt_fleet_edge {
    bool judged;
    bool accepted;
    uint32_t next;  /* the state that it leaves behind; the same one where nothing was persisted */
    json_t *failed; /* refused: the step, as verify tells it */
    json_t *warnings; /* accepted: "STEP: TEXT" of each; NULL: none */
};

struct swt_fleet_graph;
int swt_fleet_graph_new(const struct swt_fleet_bundle *bundles, size_t bundle_count,
                        size_t state_max, struct swt_fleet_graph **ret_graph,
                        struct swt_error *err) SWT_CHECKED;
void swt_fleet_graph_free(struct swt_fleet_graph *graph);
/* The place of a state, of which a copy is kept; device tells what it holds of its targets and
 * outlives the graph. *ret_found false: there are
 * state_max already, and it is none of them. */
int swt_fleet_graph_add(struct swt_fleet_graph *graph, const struct swt_device_state *state,
                        const struct swt_judge_device *device, bool *ret_found, size_t *ret_place,
                        struct swt_error *err) SWT_CHECKED;
size_t swt_fleet_graph_count(const struct swt_fleet_graph *graph);
size_t swt_fleet_graph_max(const struct swt_fleet_graph *graph);
/* Whether a state was left out for want of room, since there is room for so many. */
bool swt_fleet_graph_full(const struct swt_fleet_graph *graph);
/* Room for so many states more than there are, whatever room was left. */
int swt_fleet_graph_extend(struct swt_fleet_graph *graph, size_t more,
                           struct swt_error *err) SWT_CHECKED;
const struct swt_device_state *swt_fleet_graph_state(const struct swt_fleet_graph *graph,
                                                     size_t place);
const struct swt_judge_device *swt_fleet_graph_device(const struct swt_fleet_graph *graph,
                                                      size_t place);
/* Judged when it is asked for the first time. */
int swt_fleet_graph_edge(struct swt_fleet_graph *graph, size_t place, size_t bundle,
                         struct swt_fleet_edge *ret_edge, struct swt_error *err) SWT_CHECKED;

/* ---- fleet_search.c ---------------------------------------------------------------------- */

enum swt_fleet_verdict { SWT_FLEET_REFUSE, SWT_FLEET_ACCEPT, SWT_FLEET_ACCEPT_AFTER };
struct swt_fleet_cell {
    enum swt_fleet_verdict verdict;
    size_t *after; /* the bundles that come first */
    size_t *via;   /* the state that each of these is applied to, then the one before the bundle */
    size_t after_count;
    size_t last; /* the state afterwards */
};
void swt_fleet_cell_done(struct swt_fleet_cell *cell);
/*
 * For each bundle, how a device in the state start comes to accept it: the fewest bundles before
 * it, each as a device would apply it; one that is refused counts for the root that it leaves, but
 * of ways of one length the one with the fewest of these is taken. Fills bundle_count cells.
 */
int swt_fleet_search(struct swt_fleet_graph *graph, size_t start, size_t bundle_count,
                     struct swt_fleet_cell *ret_cells, struct swt_error *err) SWT_CHECKED;
/* Whether any bundle is accepted, now or after others. */
bool swt_fleet_serves(const struct swt_fleet_cell *cells, size_t bundle_count);

/* ---- fleet_advice.c, fleet_document.c, fleet_html.c -------------------------------------- */

/* An array of what would serve the states that no bundle serves. */
int swt_fleet_advise(const struct swt_fleet *fleet, json_t **ret_advice,
                     struct swt_error *err) SWT_CHECKED;
int swt_fleet_document(const struct swt_fleet *fleet, json_t **ret_document,
                       struct swt_error *err) SWT_CHECKED;
/* Appends the page. */
int swt_fleet_page(const json_t *document, struct swt_buf *ret_page,
                   struct swt_error *err) SWT_CHECKED;

#endif
