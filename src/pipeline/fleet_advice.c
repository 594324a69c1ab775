/* SPDX-License-Identifier: Apache-2.0 */
/* Advice for the states that no bundle serves: of all that would serve one the least, and one line
 * for all states that the same would serve. */
#include "fleet_advice.h"
#include "document.h"
#include "json_text.h"

#include <stdlib.h>
#include <string.h>

struct chains {
    struct swt_fleet_chain *items;
    size_t count;
};

static void chains_done(struct chains *chains) {
    for (size_t i = 0; i < chains->count; i++)
        swt_fleet_chain_done(&chains->items[i]);
    free(chains->items);
}

static int add_chain(struct chains *chains, struct swt_fleet_chain *chain, struct swt_error *err) {
    struct swt_fleet_chain *items =
        realloc(chains->items, (chains->count + 1) * sizeof *chains->items);
    if (items == NULL) {
        swt_fleet_chain_done(chain);
        return swt_fail_memory(err);
    }
    chains->items = items;
    items[chains->count++] = SWT_MOVE(*chain);
    return 0;
}

/* ---- what there is to try ---------------------------------------------------------------- */

/* A root that is at hand in the place of the bundle's own, unless it is an older one: that would
 * take the rotation back. Only where that alone is enough. */
static int try_roots(struct swt_fleet_advisor *advisor, size_t start, size_t bundle,
                     struct chains *chains, struct swt_error *err) {
    const struct swt_fleet_bundle *column = &advisor->fleet->bundles[bundle];
    size_t held = swt_fleet_advisor_root(advisor, start);
    for (size_t i = 0; i < advisor->root_count; i++) {
        const struct swt_fleet_root *root = &advisor->roots[i];
        const struct swt_root *own = column->root;
        bool is_useful = own == NULL ? i != held
                                     : root->source.root->common.version >= own->common.version &&
                                           !swt_slice_equal(own->bytes, root->source.root->bytes);
        bool follows = false;
        int rc = !is_useful ? 0 : swt_fleet_follows(advisor, held, i, &follows, err);
        if (rc < 0)
            return rc;
        if (!follows)
            continue;
        struct swt_fleet_chain chain;
        rc = swt_fleet_try(advisor, start, bundle, root, &chain, err);
        if (rc < 0)
            return rc;
        if (chain.serves && json_array_size(chain.acts) == 1)
            return add_chain(chains, &chain, err);
        swt_fleet_chain_done(&chain);
    }
    return 0;
}

/* A bundle whose root is older than the device's is helped by no signature. */
static bool has_older_root(const struct swt_fleet *fleet, size_t start, size_t bundle) {
    const struct swt_root *own = fleet->bundles[bundle].root;
    const struct swt_root *held = swt_fleet_graph_state(fleet->graph, start)->root.root;
    return own != NULL && own->common.version < held->common.version;
}

static int try_bundle(struct swt_fleet_advisor *advisor, size_t start, size_t bundle,
                      struct chains *chains, struct swt_error *err) {
    const struct swt_fleet *fleet = advisor->fleet;
    const struct swt_fleet_root *held = &advisor->roots[swt_fleet_advisor_root(advisor, start)];
    struct swt_fleet_chain chain;
    int rc = swt_fleet_try(advisor, start, bundle,
                           has_older_root(fleet, start, bundle) ? held : NULL, &chain, err);
    if (rc < 0)
        return rc;
    /* Another root mends nothing that is wrong with the file, nor a version or a payload. */
    const char *first = json_string_value(json_object_get(json_array_get(chain.acts, 0), "act"));
    static const char *const ROOTS[] = {"sign-root",  "sign-new-root", "sign-targets",
                                        "renew-root", "use-root",      "other"};
    bool try_more = false;
    for (size_t i = 0; i < SWT_COUNT(ROOTS); i++)
        try_more |= strcmp(first, ROOTS[i]) == 0;
    try_more &=
        !(chain.serves && json_array_size(chain.acts) == 1 && strcmp(first, "use-root") == 0);
    rc = add_chain(chains, &chain, err);
    return rc == 0 && try_more ? try_roots(advisor, start, bundle, chains, err) : rc;
}

static int try_all(struct swt_fleet_advisor *advisor, size_t start, struct chains *chains,
                   struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < advisor->fleet->bundle_count; i++)
        rc = try_bundle(advisor, start, i, chains, err);
    struct swt_fleet_chain stones = {0};
    if (rc == 0)
        rc = swt_fleet_find_stones(advisor, start, &stones, err);
    return rc == 0 && stones.acts != NULL ? add_chain(chains, &stones, err) : rc;
}

/* ---- the best of it ---------------------------------------------------------------------- */

static const char *kind_of(const struct swt_fleet_chain *chain) {
    return json_string_value(json_object_get(json_array_get(chain->acts, 0), "act"));
}

static uint32_t targets_version(const struct swt_fleet *fleet, size_t bundle) {
    const struct swt_targets *targets =
        bundle == SWT_FLEET_NO_BUNDLE ? NULL : fleet->bundles[bundle].judge.targets;
    return targets == NULL ? 0 : targets->common.version;
}

/* Fewer acts, then the newer bundle; where nothing serves, what comes nearest. */
static bool is_better(const struct swt_fleet *fleet, const struct swt_fleet_chain *a,
                      const struct swt_fleet_chain *b) {
    if (a->serves != b->serves)
        return a->serves;
    if (!a->serves && a->progress != b->progress)
        return a->progress > b->progress;
    if (json_array_size(a->acts) != json_array_size(b->acts))
        return json_array_size(a->acts) < json_array_size(b->acts);
    return targets_version(fleet, a->bundle) > targets_version(fleet, b->bundle);
}

/* Whether it is told: the best of its kind, and none serves with fewer acts. */
static bool is_told(const struct swt_fleet *fleet, const struct chains *chains, size_t index) {
    const struct swt_fleet_chain *chain = &chains->items[index];
    for (size_t i = 0; i < chains->count; i++) {
        const struct swt_fleet_chain *other = &chains->items[i];
        if (i == index)
            continue;
        bool one_is_enough = !chain->serves || strcmp(kind_of(chain), kind_of(other)) == 0;
        if (other->serves &&
            (!chain->serves || json_array_size(other->acts) < json_array_size(chain->acts)))
            return false;
        if (one_is_enough && is_better(fleet, other, chain))
            return false;
        if (one_is_enough && i < index && !is_better(fleet, chain, other))
            return false;
    }
    return true;
}

/* ---- one line for many states ------------------------------------------------------------ */

/* The same act whatever the floors are: above the highest of them. */
static int take_above(json_t *acts, json_int_t *ret_above, struct swt_error *err) {
    size_t i;
    json_t *act;
    json_array_foreach(acts, i, act) {
        json_t *above = json_object_get(act, "above");
        if (above == NULL)
            continue;
        *ret_above = json_integer_value(above);
        if (json_object_set_new(act, "above", json_null()) < 0)
            return swt_fail_memory(err);
    }
    return 0;
}

static int raise_above(json_t *item, json_int_t above, struct swt_error *err) {
    size_t i;
    json_t *act;
    json_array_foreach(json_object_get(item, "acts"), i, act) {
        json_t *known = json_object_get(act, "above");
        if (known == NULL || (json_is_integer(known) && json_integer_value(known) >= above))
            continue;
        if (json_object_set_new(act, "above", json_integer(above)) < 0)
            return swt_fail_memory(err);
    }
    return 0;
}

static int new_item(const struct swt_fleet_chain *chain, const json_t *acts, json_t **ret_item,
                    struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *item = json_pack("{s:o, s:b, s:[], s:i, s:[]}", "acts", json_deep_copy(acts), "serves",
                             chain->serves, "states", "count", 0, "root_versions");
    if (item == NULL)
        return swt_fail_memory(err);
    if (chain->bundle != SWT_FLEET_NO_BUNDLE &&
        json_object_set_new(item, "bundle", json_integer((json_int_t)chain->bundle)) < 0)
        return swt_fail_memory(err);
    *ret_item = SWT_TAKE(item);
    return 0;
}

/* Sorted, each once. */
static int add_version(json_t *versions, uint32_t version, struct swt_error *err) {
    size_t i = 0;
    while (i < json_array_size(versions) &&
           json_integer_value(json_array_get(versions, i)) < (json_int_t)version)
        i++;
    if (i < json_array_size(versions) &&
        json_integer_value(json_array_get(versions, i)) == (json_int_t)version)
        return 0;
    return json_array_insert_new(versions, i, json_integer((json_int_t)version)) < 0
               ? swt_fail_memory(err)
               : 0;
}

/* The rows that start from that state join the item. */
static int add_rows(const struct swt_fleet *fleet, size_t start, json_t *item,
                    struct swt_error *err) {
    json_int_t count = json_integer_value(json_object_get(item, "count"));
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < fleet->row_count; i++) {
        if (fleet->rows[i].start != start)
            continue;
        count += (json_int_t)fleet->rows[i].count;
        rc = swt_json_add(json_object_get(item, "states"), json_integer((json_int_t)i), err);
        if (rc == 0)
            rc = add_version(json_object_get(item, "root_versions"),
                             fleet->rows[i].state.root.root->common.version, err);
    }
    return rc < 0 ? rc : swt_json_set(item, "count", json_integer(count), err);
}

static int join_item(const struct swt_fleet *fleet, json_t *items, size_t start,
                     const struct swt_fleet_chain *chain, struct swt_error *err) {
    json_int_t above = 0;
    int rc = take_above(chain->acts, &above, err);
    if (rc < 0)
        return rc;
    SWT_CLEANUP(swt_json_cleanup)
    json_t *key = json_pack("[I, b, O]", (json_int_t)chain->bundle, chain->serves, chain->acts);
    SWT_CLEANUP(swt_buf_done) struct swt_buf name = {0};
    if (key == NULL)
        return swt_fail_memory(err);
    rc = swt_json_write(key, JSON_COMPACT | JSON_SORT_KEYS, &name, err);
    if (rc < 0)
        return rc;
    json_t *item = json_object_get(items, swt_buf_text(&name));
    if (item == NULL) {
        rc = new_item(chain, chain->acts, &item, err);
        if (rc == 0)
            rc = swt_json_set(items, swt_buf_text(&name), item, err);
    }
    if (rc == 0)
        rc = raise_above(item, above, err);
    return rc < 0 ? rc : add_rows(fleet, start, item, err);
}

static int advise_state(struct swt_fleet_advisor *advisor, size_t start, json_t *items,
                        struct swt_error *err) {
    SWT_CLEANUP(chains_done) struct chains chains = {0};
    int rc = try_all(advisor, start, &chains, err);
    for (size_t i = 0; rc == 0 && i < chains.count; i++)
        if (is_told(advisor->fleet, &chains, i))
            rc = join_item(advisor->fleet, items, start, &chains.items[i], err);
    return rc;
}

/* ---- all of it --------------------------------------------------------------------------- */

/* Those that serve come first, then those of many devices; the order of the states else. */
static bool comes_before(const json_t *a, const json_t *b) {
    bool a_serves = json_is_true(json_object_get(a, "serves"));
    if (a_serves != json_is_true(json_object_get(b, "serves")))
        return a_serves;
    return json_integer_value(json_object_get(a, "count")) >
           json_integer_value(json_object_get(b, "count"));
}

static int put_item(const struct swt_fleet *fleet, json_t *advice, json_t *item,
                    struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    int rc = swt_fleet_advice_text(fleet, item, &text, err);
    if (rc == 0)
        rc = swt_json_set(item, "text", swt_json_text(swt_buf_slice(&text)), err);
    if (rc < 0)
        return rc;
    size_t at = json_array_size(advice);
    while (at > 0 && comes_before(item, json_array_get(advice, at - 1)))
        at--;
    return json_array_insert(advice, at, item) < 0 ? swt_fail_memory(err) : 0;
}

int swt_fleet_advise(const struct swt_fleet *fleet, json_t **ret_advice, struct swt_error *err) {
    SWT_CLEANUP(swt_fleet_advisor_done) struct swt_fleet_advisor advisor = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *items = json_object();
    SWT_CLEANUP(swt_json_cleanup) json_t *advice = json_array();
    if (items == NULL || advice == NULL)
        return swt_fail_memory(err);
    int rc = swt_fleet_advisor_open(&advisor, fleet, err);
    for (size_t i = 0; rc == 0 && i < fleet->start_count; i++)
        if (!swt_fleet_serves(&fleet->cells[i * fleet->bundle_count], fleet->bundle_count))
            rc = advise_state(&advisor, i, items, err);
    const char *name;
    json_t *item;
    json_object_foreach(items, name, item) {
        if (rc == 0)
            rc = put_item(fleet, advice, item, err);
    }
    if (rc == 0)
        *ret_advice = SWT_TAKE(advice);
    return rc;
}
