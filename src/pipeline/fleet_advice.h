/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advice for states that no bundle serves. It is made of acts, each a JSON object: act, and what it
 * needs (keys, root_version, …). A chain of acts is what it takes for one bundle to be accepted,
 * found by judging again as if each had been done.
 */
#ifndef SWT_PIPELINE_FLEET_ADVICE_H
#define SWT_PIPELINE_FLEET_ADVICE_H

#include "fleet.h"

/* A root that somebody holds or a bundle carries: it might go into another bundle. */
struct swt_fleet_root {
    struct swt_root_source source; /* in the one encoding */
    const char *file;
    const char *holder; /* a state's name; NULL: a bundle carries it */
    size_t carrier;     /* that bundle */
};

struct swt_fleet_advisor {
    const struct swt_fleet *fleet;
    struct swt_fleet_root *roots;
    size_t root_count;
    unsigned char *follows; /* root_count squared; 0: not tried yet */
    json_t *known;          /* quorums that are met, by held root, root and bundle */
    json_t *tried;          /* chains, by all that they depend on (swt_fleet_try) */
};

/* ---- fleet_trial.c ----------------------------------------------------------------------- */

#define SWT_FLEET_NO_BUNDLE SIZE_MAX
struct swt_fleet_chain {
    size_t bundle; /* or SWT_FLEET_NO_BUNDLE: a stepping stone */
    json_t *acts;
    bool serves;     /* after these, the state is served */
    size_t progress; /* steps that were judged: how near it came */
};
void swt_fleet_chain_done(struct swt_fleet_chain *chain);
/* What it takes for a device in the state to accept the bundle. root (NULL: none) goes into the
 * bundle first. */
int swt_fleet_try(struct swt_fleet_advisor *advisor, size_t start, size_t bundle,
                  const struct swt_fleet_root *root, struct swt_fleet_chain *ret_chain,
                  struct swt_error *err) SWT_CHECKED;
/* Whether a device that trusts the one root comes to trust the other when it is sent it. */
int swt_fleet_follows(struct swt_fleet_advisor *advisor, size_t from, size_t to, bool *ret_follows,
                      struct swt_error *err) SWT_CHECKED;

/* ---- fleet_stones.c ---------------------------------------------------------------------- */

int swt_fleet_advisor_open(struct swt_fleet_advisor *advisor, const struct swt_fleet *fleet,
                           struct swt_error *err) SWT_CHECKED;
void swt_fleet_advisor_done(struct swt_fleet_advisor *advisor);
/* The place of the state's root among the advisor's. */
size_t swt_fleet_advisor_root(const struct swt_fleet_advisor *advisor, size_t start);
/* A way over roots that are at hand, each in a bundle yet to be made, to a state that is served.
 * Without one, ret_chain's acts are NULL. */
int swt_fleet_find_stones(struct swt_fleet_advisor *advisor, size_t start,
                          struct swt_fleet_chain *ret_chain, struct swt_error *err) SWT_CHECKED;

/* ---- fleet_advice_text.c ----------------------------------------------------------------- */

/* The line on an item of advice, which has its acts, states, count and roots already. */
int swt_fleet_advice_text(const struct swt_fleet *fleet, const json_t *item,
                          struct swt_buf *ret_text, struct swt_error *err) SWT_CHECKED;
/* "1,200 devices" */
int swt_fleet_devices_text(uint64_t count, struct swt_buf *ret_text,
                           struct swt_error *err) SWT_CHECKED;

#endif
