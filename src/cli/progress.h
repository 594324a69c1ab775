/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress of a job, told on standard error while it runs: a line that is rewritten, on a terminal
 * and from the second second on, or lines of JSON. What cannot be written there is dropped.
 */
#ifndef SWT_CLI_PROGRESS_H
#define SWT_CLI_PROGRESS_H

#include "options.h"
#include "stage.h"

struct swt_progress_display {
    struct swt_progress progress; /* what jobs get; its context is this struct, which stays put */
    bool json;
    bool utf8;
    struct swt_stage stage;
    int64_t begun; /* the work, in milliseconds; -1: none has */
    int64_t told;  /* when something was written last */
    bool untold;   /* the stage has come on since */
    bool shown;    /* the line is on the terminal */
    bool broken;   /* nobody reads it */
};
/* What jobs are to be given: as --progress says, which is auto when it was not given. NULL where
 * nothing is to be shown. */
struct swt_progress *swt_progress_display_init(struct swt_progress_display *ret_display,
                                               const struct swt_invocation *invocation);
/* The end of the last stage. */
void swt_progress_display_done(struct swt_progress_display *display);
/* To be called before anything else is written to a terminal; progress is a display's, or NULL. The
 * line comes back when work goes on for another second. */
void swt_progress_erase(const struct swt_progress *progress);

#endif
