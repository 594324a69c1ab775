/* SPDX-License-Identifier: Apache-2.0 */
/* What it would take for a state to accept a bundle: the bundle is judged, the step that fails
 * becomes an act, and it is judged again as if that had been done, until nothing fails. */
#include "document.h"
#include "fleet_advice.h"

#include <stdio.h>
#include <string.h>

void swt_fleet_chain_done(struct swt_fleet_chain *chain) {
    json_decref(chain->acts);
    *chain = (struct swt_fleet_chain){0};
}

/* ---- acts -------------------------------------------------------------------------------- */

static json_t *new_act(const char *name, struct swt_error *err) {
    json_t *act = json_pack("{s:s}", "act", name);
    if (act == NULL)
        (void)swt_fail_memory(err);
    return act;
}

static bool has_signed(const struct swt_quorum *quorum, struct swt_slice id) {
    for (size_t i = 0; i < quorum->signed_count; i++)
        if (swt_slice_equal(quorum->signed_ids[i], id))
            return true;
    return false;
}

/* {act, keys, needed}: how many more of which keys. */
static int sign_act(const char *name, const struct swt_role *role, const struct swt_quorum *quorum,
                    json_t **ret_act, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *act = new_act(name, err);
    json_t *keys = act == NULL ? NULL : swt_json_array(act, "keys", err);
    int rc = keys == NULL ? -(int)err->code : 0;
    for (size_t i = 0; rc == 0 && i < role->key_id_count; i++)
        if (!has_signed(quorum, role->key_ids[i]))
            rc = swt_json_add(keys, swt_json_hex(role->key_ids[i]), err);
    if (rc == 0)
        rc = swt_json_set(act, "needed",
                          json_integer((json_int_t)(role->threshold - quorum->signed_count)), err);
    if (rc == 0)
        *ret_act = SWT_TAKE(act);
    return rc;
}

/* What the step says itself. */
static int step_act(const char *name, const json_t *step, json_t **ret_act, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *act = new_act(name, err);
    if (act == NULL)
        return -(int)err->code;
    static const char *const MEMBERS[] = {"step", "expected", "found", "note"};
    for (size_t i = 0; i < SWT_COUNT(MEMBERS); i++) {
        json_t *value = json_object_get(step, MEMBERS[i]);
        if (value != NULL && json_object_set(act, MEMBERS[i], value) < 0)
            return swt_fail_memory(err);
    }
    *ret_act = SWT_TAKE(act);
    return 0;
}

/* Whether --strict refuses what is signed however many more sign. */
static int has_strangers(const struct swt_judge *judge, const struct swt_envelope *envelope,
                         const struct swt_quorum *quorum, bool *ret_has, struct swt_error *err) {
    SWT_CLEANUP(swt_step_done) struct swt_step told = {.verdict = SWT_PASS};
    *ret_has = false;
    if (!judge->options->strict)
        return 0;
    int rc = swt_judge_tell_signatures(judge, &told, envelope, quorum, err);
    *ret_has = told.verdict == SWT_WARN;
    return rc;
}

static int count_act(const char *name, const struct swt_judge *judge, const struct swt_root *root,
                     const struct swt_role *role, const struct swt_envelope *envelope,
                     const json_t *last, json_t **ret_act, struct swt_error *err) {
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *act = NULL;
    bool strangers = false;
    int rc = swt_quorum_count(root, role, envelope, &quorum, err);
    if (rc == 0)
        rc = has_strangers(judge, envelope, &quorum, &strangers, err);
    if (rc == 0 && strangers)
        return step_act("other", last, ret_act, err);
    if (rc == 0)
        rc = sign_act(name, role, &quorum, &act, err);
    if (rc == 0)
        rc = swt_json_set(act, "root_version", json_integer((json_int_t)root->common.version), err);
    if (rc == 0)
        *ret_act = SWT_TAKE(act);
    return rc;
}

static int expiry_act(const char *name, const struct swt_common *common, json_t **ret_act,
                      struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *act = new_act(name, err);
    int rc = act == NULL ? -(int)err->code
                         : swt_json_set(act, "expires", swt_json_time(common->expires), err);
    if (rc == 0 && strcmp(name, "renew-root") == 0)
        rc = swt_json_set(act, "root_version", json_integer((json_int_t)common->version), err);
    if (rc == 0)
        *ret_act = SWT_TAKE(act);
    return rc;
}

static int number_act(const char *name, const char *member, uint32_t number, json_t **ret_act,
                      struct swt_error *err) {
    json_t *act = json_pack("{s:s, s:I}", "act", name, member, (json_int_t)number);
    if (act == NULL)
        return swt_fail_memory(err);
    *ret_act = act;
    return 0;
}

static int use_root_act(const struct swt_fleet_root *root, json_t **ret_act,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *act = NULL;
    int rc = number_act("use-root", "root_version", root->source.root->common.version, &act, err);
    if (rc == 0)
        rc = swt_json_set(act, "root_sha256", swt_json_sha256(root->source.root->bytes), err);
    if (rc == 0)
        rc = swt_json_set(act, "file", swt_json_path(root->file), err);
    if (rc == 0)
        *ret_act = SWT_TAKE(act);
    return rc;
}

/* ---- from the step that failed to the act that mends it ---------------------------------- */

/* Which steps an act mends without the judge knowing more: the rest of the judgement is told as if
 * it were done. The others end the trial. */
static bool goes_on(const char *step) {
    static const char *const STEPS[] = {
        "root-old-quorum", "root-new-quorum", "root-expiry", "targets-quorum",
        "targets-expiry",  "targets-version", "payloads",    "end"};
    for (size_t i = 0; i < SWT_COUNT(STEPS); i++)
        if (strcmp(step, STEPS[i]) == 0)
            return true;
    return false;
}

static bool is_built_wrong(const char *step) {
    static const char *const STEPS[] = {"container",       "envelope",        "root-content",
                                        "targets-content", "targets-entries", "end"};
    for (size_t i = 0; i < SWT_COUNT(STEPS); i++)
        if (strcmp(step, STEPS[i]) == 0)
            return true;
    return false;
}

static int quorum_act(const struct swt_judge *judge, const json_t *last, json_t **ret_act,
                      struct swt_error *err) {
    const char *step = judge->failed_step;
    if (strcmp(step, "root-old-quorum") == 0)
        /* Whose root keys these are, the states of the advice tell. */
        return sign_act("sign-root", &judge->state->root.root->root, &judge->root_quorum, ret_act,
                        err);
    if (strcmp(step, "root-new-quorum") == 0)
        return count_act("sign-new-root", judge, judge->new_root, &judge->new_root->root,
                         &judge->root_envelope, last, ret_act, err);
    return count_act("sign-targets", judge, judge->trusted, &judge->trusted->targets,
                     &judge->targets_envelope, last, ret_act, err);
}

static int make_act(const struct swt_judge *judge, const json_t *last, json_t **ret_act,
                    struct swt_error *err) {
    const char *step = judge->failed_step;
    /* A warning is of other content of the bundle's own version, whatever the floor is. */
    uint32_t above = judge->failed_warning && judge->targets != NULL
                         ? judge->targets->common.version
                         : judge->state->floor;
    /* No version is above the last one: only a root that clears the floor helps. */
    if (strcmp(step, "targets-version") == 0 && above < UINT32_MAX)
        return number_act("raise-version", "above", above, ret_act, err);
    if (strcmp(step, "payloads") == 0)
        return step_act(judge->finding->payloads.verdict == SWT_FAIL ? "rebuild" : "send-whole",
                        last, ret_act, err);
    /* With --strict: what the warning says, no signature and no new file mends. */
    if (judge->failed_warning || strcmp(step, "targets-version") == 0)
        return step_act("other", last, ret_act, err);
    if (strstr(step, "quorum") != NULL)
        return quorum_act(judge, last, ret_act, err);
    /* Nor is there a root after the last one. */
    if (strcmp(step, "root-expiry") == 0 && judge->trusted->common.version < UINT32_MAX)
        return expiry_act("renew-root", &judge->trusted->common, ret_act, err);
    if (strcmp(step, "targets-expiry") == 0)
        return expiry_act("renew-targets", &judge->targets->common, ret_act, err);
    return step_act(is_built_wrong(step) ? "rebuild" : "other", last, ret_act, err);
}

#define MAX_ASSUMED 8
/* What is kept of them stays below some hundred megabytes. */
#define KNOWN_MAX 100000
struct trial {
    json_t *known; /* the advisor's */
    char name[96]; /* of what this trial adds to it */
    const struct swt_fleet_bundle *column;
    const struct swt_device_state *state;
    const struct swt_judge_device *device;
    const struct swt_fleet_root *root;
    const char *assumed[MAX_ASSUMED];
    size_t assumed_count;
};

/* Many states share a root: quorums that are met are counted once. The old root's is not kept: the
 * step on the new root's rests on it, and an act on who has signed. */
static int keep_known(const struct trial *trial, const struct swt_judge *judge,
                      struct swt_error *err) {
    json_t *known = NULL;
    int rc = swt_judge_known(judge, &known, err);
    if (rc < 0)
        return rc;
    (void)json_object_del(known, "root-old-quorum");
    for (size_t i = 0; i < trial->assumed_count; i++)
        (void)json_object_del(known, trial->assumed[i]);
    if (judge->failed_step != NULL)
        (void)json_object_del(known, judge->failed_step);
    return swt_json_set(trial->known, trial->name, known, err);
}

/* One judgement; the act that it asks for is added, and *ret_more tells whether to go on. */
static int judge_once(struct trial *trial, struct swt_fleet_chain *chain, bool *ret_more,
                      struct swt_error *err) {
    SWT_CLEANUP(swt_judge_done) struct swt_judge judge;
    swt_judge_open_again(&judge, &trial->column->judge, trial->state, &trial->column->finding);
    judge.device = trial->device;
    judge.assumed = trial->assumed;
    judge.assumed_count = trial->assumed_count;
    if (trial->root != NULL) {
        judge.has_root = true;
        judge.root_bytes = swt_buf_slice(&trial->root->source.bytes);
        judge.root_offset = 0;
    }
    judge.known = json_object_get(trial->known, trial->name);
    int rc = swt_judge_run(&judge, err);
    if (rc == 0 && json_object_size(trial->known) < KNOWN_MAX)
        rc = keep_known(trial, &judge, err);
    if (rc < 0)
        return rc;
    size_t steps = json_array_size(judge.steps);
    chain->progress = steps;
    chain->serves = judge.failed_step == NULL;
    *ret_more = false;
    if (chain->serves)
        return 0;
    json_t *act = NULL;
    rc = make_act(&judge, json_array_get(judge.steps, steps - 1), &act, err);
    if (rc < 0)
        return rc;
    bool mends = strcmp(json_string_value(json_object_get(act, "act")), "other") != 0 &&
                 goes_on(judge.failed_step) && trial->assumed_count < MAX_ASSUMED;
    rc = swt_json_add(chain->acts, act, err);
    if (rc < 0 || !mends)
        return rc;
    trial->assumed[trial->assumed_count++] = judge.failed_step;
    *ret_more = true;
    return 0;
}

int swt_fleet_try(struct swt_fleet_advisor *advisor, size_t start, size_t bundle,
                  const struct swt_fleet_root *root, struct swt_fleet_chain *ret_chain,
                  struct swt_error *err) {
    const struct swt_fleet *fleet = advisor->fleet;
    SWT_CLEANUP(swt_fleet_chain_done)
    struct swt_fleet_chain chain = {.bundle = bundle, .acts = json_array()};
    struct trial trial = {.known = advisor->known,
                          .column = &fleet->bundles[bundle],
                          .state = swt_fleet_graph_state(fleet->graph, start),
                          .device = swt_fleet_graph_device(fleet->graph, start),
                          .root = root};
    (void)snprintf(trial.name, sizeof trial.name, "%zu %zu %zu",
                   swt_fleet_advisor_root(advisor, start),
                   root == NULL ? advisor->root_count : (size_t)(root - advisor->roots), bundle);
    if (chain.acts == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    if (root != NULL) {
        json_t *act = NULL;
        rc = use_root_act(root, &act, err);
        if (rc == 0)
            rc = swt_json_add(chain.acts, act, err);
    }
    bool more = rc == 0;
    while (rc == 0 && more) {
        rc = swt_interrupted(err);
        if (rc == 0)
            rc = judge_once(&trial, &chain, &more, err);
    }
    if (rc == 0)
        *ret_chain = SWT_MOVE(chain);
    return rc;
}

/* ---- roots alone ------------------------------------------------------------------------- */

int swt_fleet_follows(struct swt_fleet_advisor *advisor, size_t from, size_t to, bool *ret_follows,
                      struct swt_error *err) {
    enum { UNKNOWN, NO, YES };
    unsigned char *known = &advisor->follows[from * advisor->root_count + to];
    if (*known == UNKNOWN) {
        const struct swt_root_source *root = &advisor->roots[to].source;
        struct swt_device_state state = {.root = advisor->roots[from].source};
        struct swt_judge file = {.options = &advisor->fleet->judgement,
                                 .file = advisor->roots[to].file,
                                 .root_only = true,
                                 .now = advisor->fleet->bundles[0].judge.now,
                                 .kind = SWT_KIND_ROOT,
                                 .has_root = true,
                                 .root_bytes = swt_buf_slice(&root->bytes)};
        SWT_CLEANUP(swt_judge_done) struct swt_judge judge;
        swt_judge_open_again(&judge, &file, &state, NULL);
        int rc = swt_judge_run(&judge, err);
        if (rc < 0)
            return rc;
        *known = judge.failed_step == NULL ? YES : NO;
    }
    *ret_follows = *known == YES;
    return 0;
}
