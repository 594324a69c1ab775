/* SPDX-License-Identifier: Apache-2.0 */
/* verify --profile pigweed: beside the verdict, what a stock Pigweed device would answer, as notes
 * at the steps where it decides otherwise. No verdict rests on it. */
#include "document.h"
#include "judge.h"
#include "profile.h"

#include <string.h>

#define STOCK_PROFILE "pigweed"

int swt_judge_check_profile(const struct swt_judge *judge, struct swt_error *err) {
    const char *name = judge->options->profile;
    if (name == NULL)
        return 0;
    if (swt_profile_find(name) == NULL)
        return swt_fail(err, SWT_E_USAGE, "--profile '%s': expected generic or pigweed", name);
    if (judge->root_only)
        return swt_fail(err, SWT_E_USAGE, "--profile goes with a bundle, not with root metadata");
    return 0;
}

int swt_judge_ask_stock(struct swt_judge *judge, struct swt_error *err) {
    const char *name = judge->options->profile;
    if (name == NULL || strcmp(name, STOCK_PROFILE) != 0)
        return 0;
    const struct swt_device_state *state = judge->state;
    struct swt_stock_device device = {.self = judge->options->self,
                                      .root = swt_buf_slice(&state->root.bytes),
                                      .has_manifest = state->installed.manifest != NULL,
                                      .manifest = swt_buf_slice(&state->installed.bytes)};
    judge->asks_stock = true;
    return swt_stock_judge(judge->reader, judge->kind, &device, judge->options->progress,
                           &judge->stock, err);
}

/* However much a step has to say: it is never the one note too many. */
static int start_note(struct swt_step *step, struct swt_error *err) {
    return swt_buf_printf(&step->note, err, "%sa stock Pigweed device ",
                          step->note.len ? "; " : "");
}

static const char *when_sent_again(const struct swt_stock_answer *stock) {
    return stock->second_time ? ", and accepts the same bundle when it is sent again" : "";
}

static int note_refusal(const struct swt_stock_answer *stock, struct swt_step *step,
                        struct swt_error *err) {
    int rc = start_note(step, err);
    return rc < 0 ? rc
                  : swt_buf_printf(&step->note, err, "refuses here: %s%s", stock->reason,
                                   when_sent_again(stock));
}

static int note_pass(const struct swt_stock_answer *stock, struct swt_step *step,
                     struct swt_error *err) {
    int rc = start_note(step, err);
    if (rc < 0)
        return rc;
    if (stock->accepted)
        return swt_buf_printf(&step->note, err, "passes this step and accepts the bundle");
    return swt_buf_printf(&step->note, err, "passes this step and refuses the bundle at %s: %s%s",
                          stock->step, stock->reason, when_sent_again(stock));
}

int swt_judge_note_stock(struct swt_judge *judge, const char *slug, struct swt_step *step,
                         struct swt_error *err) {
    const struct swt_stock_answer *stock = &judge->stock;
    if (!judge->asks_stock || !stock->known)
        return 0;
    bool here = stock->step != NULL && strcmp(stock->step, slug) == 0;
    judge->stock_refused |= here;
    if (step->verdict == SWT_FAIL)
        return judge->stock_refused ? 0 : note_pass(stock, step, err);
    return here ? note_refusal(stock, step, err) : 0;
}

static int set_answer(const struct swt_stock_answer *stock, json_t *profile,
                      struct swt_error *err) {
    int rc =
        swt_json_set(profile, "verdict", json_string(stock->accepted ? "accept" : "reject"), err);
    if (rc == 0)
        rc = swt_json_set(profile, "status", json_string(stock->status), err);
    if (rc == 0 && stock->step != NULL)
        rc = swt_json_set(profile, "step", json_string(stock->step), err);
    if (rc == 0 && stock->step != NULL)
        rc = swt_json_set(profile, "reason", swt_json_path(stock->reason), err);
    if (rc == 0)
        rc = swt_json_set(profile, "root_persisted", json_boolean(stock->root_persisted), err);
    if (rc == 0)
        rc = swt_json_set(profile, "accepted_when_sent_again", json_boolean(stock->second_time),
                          err);
    if (rc == 0)
        rc = swt_json_set(profile, "last_update", json_boolean(stock->last_update), err);
    return rc;
}

int swt_judge_stock_document(const struct swt_judge *judge, json_t *document,
                             struct swt_error *err) {
    if (!judge->asks_stock)
        return 0;
    json_t *profile = swt_json_object(document, "profile", err);
    if (profile == NULL)
        return -SWT_E_MEMORY;
    int rc = swt_json_set(profile, "name", json_string(STOCK_PROFILE), err);
    if (rc == 0 && judge->stock.known)
        return set_answer(&judge->stock, profile, err);
    if (rc == 0)
        rc = swt_json_set(profile, "verdict", json_string("unknown"), err);
    return rc < 0 ? rc : swt_json_set(profile, "reason", json_string(judge->stock.reason), err);
}
