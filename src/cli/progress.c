/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"
#include "rows.h"
#include "terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SILENCE 1000 /* milliseconds: shorter work needs no line */
#define PAUSE 100    /* between two lines */

/* Where the terminal echoes ^C, it must not wrap. */
#define ROOM_FOR_KEYS 3

#define ERASE "\r\033[K"

static int64_t clock_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* In one piece: pipes keep pieces of this size whole. A job never fails for what nobody sees. */
static void put(struct swt_progress_display *display, const char *text) {
    if (!display->broken && write(STDERR_FILENO, text, strlen(text)) < 0)
        display->broken = errno != EINTR && errno != EAGAIN;
}

static void tell_json(struct swt_progress_display *display) {
    char line[SWT_STAGE_LINE];
    swt_stage_json(&display->stage, line);
    put(display, line);
}

static void erase(struct swt_progress_display *display) {
    if (display->shown)
        put(display, ERASE);
    display->shown = false;
}

static void tell_line(struct swt_progress_display *display, int64_t now) {
    char line[SWT_STAGE_LINE];
    char text[SWT_STAGE_LINE + sizeof ERASE];
    if (now - display->begun < SILENCE)
        return;
    /* A job in the background has no business on the terminal; the shell has its prompt there. */
    if (!swt_terminal_is_ours(STDERR_FILENO)) {
        display->shown = false;
        return;
    }
    size_t columns = swt_terminal_columns(STDERR_FILENO);
    swt_stage_line(&display->stage, columns > ROOM_FOR_KEYS ? columns - ROOM_FOR_KEYS : 0,
                   display->utf8, line);
    (void)snprintf(text, sizeof text, ERASE "%s", line);
    put(display, text);
    display->shown = true;
}

static void tell(struct swt_progress_display *display, int64_t now) {
    if (display->json)
        tell_json(display);
    else
        tell_line(display, now);
    display->told = now;
    display->untold = false;
}

static void end_stage(struct swt_progress_display *display) {
    if (display->json && display->untold) {
        swt_stage_measure(&display->stage, clock_now());
        tell_json(display);
    }
    display->stage = (struct swt_stage){0};
    display->untold = false;
}

static void begin(void *context, const char *stage, uint64_t total) {
    struct swt_progress_display *display = context;
    int64_t now = clock_now();
    end_stage(display);
    display->stage = swt_stage_of(stage, total, now);
    if (display->begun < 0)
        display->begun = now;
    /* Many short stages would make a line flicker. */
    if (display->json || now - display->told >= PAUSE)
        tell(display, now);
}

static void advance(void *context, uint64_t bytes) {
    struct swt_progress_display *display = context;
    int64_t now = clock_now();
    if (display->stage.name == NULL)
        return;
    display->stage.bytes += bytes;
    display->untold = true;
    if (display->begun < 0)
        display->begun = now;
    if (now - display->told < PAUSE)
        return;
    swt_stage_measure(&display->stage, now);
    tell(display, now);
}

static void skip(void *context, uint64_t bytes) {
    struct swt_progress_display *display = context;
    display->stage.total -= bytes < display->stage.total ? bytes : display->stage.total;
    display->untold = true;
}

static bool is_word(const char *word, const char *expected) {
    return word != NULL && strcmp(word, expected) == 0;
}

struct swt_progress *swt_progress_display_init(struct swt_progress_display *ret_display,
                                               const struct swt_invocation *invocation) {
    const char *word = swt_option_value(invocation, &swt_opt_progress);
    *ret_display = (struct swt_progress_display){
        .progress = {begin, advance, skip, ret_display},
        .json = is_word(word, "always"),
        .utf8 = swt_terminal_utf8(),
        .begun = -1,
        .told = INT64_MIN / 2,
    };
    if (ret_display->json)
        return &ret_display->progress;
    bool wanted = !is_word(word, "never") && !invocation->quiet;
    return wanted && swt_terminal_colour(STDERR_FILENO) ? &ret_display->progress : NULL;
}

void swt_progress_display_done(struct swt_progress_display *display) {
    end_stage(display);
    erase(display);
}

void swt_progress_erase(const struct swt_progress *progress) {
    if (progress == NULL)
        return;
    struct swt_progress_display *display = progress->context;
    erase(display);
    display->begun = -1;
}
