/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What lies this long behind counts for about a third of what the rate is. */
#define MEMORY 2.0

#define SECONDS_MAX 360000 /* 100 h: a guess that far tells nothing */

struct swt_stage swt_stage_of(const char *name, uint64_t total, int64_t now) {
    return (struct swt_stage){.name = name, .total = total, .measured = now};
}

void swt_stage_measure(struct swt_stage *stage, int64_t now) {
    double seconds = (double)(now - stage->measured) / 1000;
    if (seconds <= 0)
        return;
    double rate = (double)(stage->bytes - stage->measured_bytes) / seconds;
    /* The first measurement is all there is; a long one outweighs what was before it. */
    double weight = stage->rate > 0 ? seconds / (MEMORY + seconds) : 1;
    stage->rate += weight * (rate - stage->rate);
    stage->measured = now;
    stage->measured_bytes = stage->bytes;
}

bool swt_stage_seconds_left(const struct swt_stage *stage, uint64_t *ret_seconds) {
    uint64_t missing = stage->total > stage->bytes ? stage->total - stage->bytes : 0;
    if (missing == 0) {
        *ret_seconds = 0;
        return true;
    }
    if (stage->rate <= 0)
        return false;
    double seconds = (double)missing / stage->rate;
    if (seconds >= SECONDS_MAX)
        return false;
    *ret_seconds = seconds < 1 ? 1 : (uint64_t)(seconds + 0.5);
    return true;
}

/* ---- for people -------------------------------------------------------------------------- */

/* Always with one decimal, so that nothing jumps: "1.0 GiB". */
#define SIZE_TEXT 16
static const char *size_text(double bytes, char ret_text[SIZE_TEXT]) {
    static const char *const UNITS[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    for (; bytes >= 1023.95 && unit + 1 < SWT_COUNT(UNITS); unit++)
        bytes /= 1024;
    (void)snprintf(ret_text, SIZE_TEXT, "%.*f %s", unit == 0 ? 0 : 1, bytes, UNITS[unit]);
    return ret_text;
}

static void left_text(const struct swt_stage *stage, char ret_text[SIZE_TEXT]) {
    uint64_t seconds;
    ret_text[0] = '\0';
    if (!swt_stage_seconds_left(stage, &seconds) || seconds == 0)
        return;
    /* Rounded up: who comes back then finds it done. */
    if (seconds < 60)
        (void)snprintf(ret_text, SIZE_TEXT, "%u s left", (unsigned)seconds);
    else if (seconds <= 3600)
        (void)snprintf(ret_text, SIZE_TEXT, "%u min left", (unsigned)((seconds + 59) / 60));
    else
        (void)snprintf(ret_text, SIZE_TEXT, "%u h left", (unsigned)((seconds + 3599) / 3600));
}

/* 100 only when all is done. */
static unsigned percentage(const struct swt_stage *stage) {
    if (stage->bytes >= stage->total)
        return 100;
    return (unsigned)((double)stage->bytes / (double)stage->total * 100);
}

#define BAR_MIN 8
#define BAR_MAX 30

/* columns are the bar's, with its brackets. */
static size_t put_bar(const struct swt_stage *stage, size_t columns, bool utf8, char *ret_text) {
    size_t cells = columns - 2;
    size_t full = cells * percentage(stage) / 100;
    char *end = ret_text;
    *end++ = '[';
    for (size_t i = 0; i < cells; i++) {
        const char *cell = i < full ? (utf8 ? "█" : "#") : utf8 ? "░" : "-";
        end = stpcpy(end, cell);
    }
    (void)stpcpy(end, "]");
    return columns;
}

/* The fields in their order; which of them, after the bar, a line can do without, the first first.
 */
enum field { STAGE, BYTES, PERCENT, BAR, RATE, LEFT, FIELDS };
static const enum field LEAST[] = {BYTES, RATE, LEFT, STAGE};

struct fields {
    char text[FIELDS][128];
    size_t columns[FIELDS]; /* 0: left out */
};

static size_t width_of(const struct fields *fields) {
    size_t width = 0;
    for (size_t i = 0; i < FIELDS; i++)
        if (fields->columns[i] > 0)
            width += fields->columns[i] + (width > 0 ? 2 : 0);
    return width;
}

/* steady: each as wide as it becomes while the stage goes on, so that a bar does not jump. */
static void fill(const struct swt_stage *stage, bool steady, struct fields *fields) {
    char bytes[SIZE_TEXT];
    char total[SIZE_TEXT];
    const size_t size = sizeof fields->text[0];
    (void)snprintf(fields->text[STAGE], size, "%s", stage->name);
    (void)snprintf(fields->text[BYTES], size, "%*s of %s", steady ? 10 : 0,
                   size_text((double)stage->bytes, bytes), size_text((double)stage->total, total));
    (void)snprintf(fields->text[PERCENT], size, "%*u%%", steady ? 3 : 0, percentage(stage));
    (void)snprintf(fields->text[RATE], size, "%*s%s", steady ? 10 : 0,
                   stage->rate > 0 ? size_text(stage->rate, bytes) : "",
                   stage->rate > 0 ? "/s"
                   : steady        ? "  "
                                   : "");
    left_text(stage, bytes);
    (void)snprintf(fields->text[LEFT], size, "%-*s", steady ? 11 : 0, bytes);
    for (size_t i = 0; i < FIELDS; i++)
        fields->columns[i] = strlen(fields->text[i]);
}

void swt_stage_line(const struct swt_stage *stage, size_t width, bool utf8,
                    char ret_line[SWT_STAGE_LINE]) {
    struct fields fields = {0};
    fill(stage, true, &fields);
    size_t taken = width_of(&fields) + 2;
    if (taken + BAR_MIN <= width)
        fields.columns[BAR] = put_bar(stage, width - taken < BAR_MAX ? width - taken : BAR_MAX,
                                      utf8, fields.text[BAR]);
    else
        fill(stage, false, &fields);
    for (size_t i = 0; i < SWT_COUNT(LEAST) && width_of(&fields) > width; i++)
        fields.columns[LEAST[i]] = 0;
    char *end = ret_line;
    *end = '\0';
    for (size_t i = 0; i < FIELDS && width_of(&fields) <= width; i++) {
        if (fields.columns[i] > 0) {
            end = stpcpy(end, end == ret_line ? "" : "  ");
            end = stpcpy(end, fields.text[i]);
        }
    }
    while (end > ret_line && end[-1] == ' ')
        *--end = '\0';
}

/* ---- for programs ------------------------------------------------------------------------ */

void swt_stage_json(const struct swt_stage *stage, char ret_line[SWT_STAGE_LINE]) {
    char left[24] = "null";
    uint64_t seconds;
    if (swt_stage_seconds_left(stage, &seconds))
        (void)snprintf(left, sizeof left, "%" PRIu64, seconds);
    (void)snprintf(ret_line, SWT_STAGE_LINE,
                   "{\"progress\":{\"stage\":\"%s\",\"bytes\":%" PRIu64 ",\"total\":%" PRIu64
                   ",\"rate\":%.0f,\"seconds_left\":%s}}\n",
                   stage->name, stage->bytes, stage->total, stage->rate, left);
}
