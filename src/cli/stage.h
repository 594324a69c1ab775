/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a stage of a job has come and how fast it goes, and how that is told: as a line for
 * people, or as JSON. Reads no clock and writes nothing.
 */
#ifndef SWT_CLI_STAGE_H
#define SWT_CLI_STAGE_H

#include "swt/base.h"

struct swt_stage {
    const char *name; /* NULL: none has begun */
    uint64_t total, bytes;
    double rate; /* bytes a second, smoothed; 0 while it is not known */
    /* When rate was measured last, and the bytes of that moment. */
    int64_t measured;
    uint64_t measured_bytes;
};
/* Times are milliseconds of a clock that never goes back. */
struct swt_stage swt_stage_of(const char *name, uint64_t total, int64_t now);
/* To be called now and then, with time between the calls. */
void swt_stage_measure(struct swt_stage *stage, int64_t now);
/* Whole seconds, never 0 while bytes are missing; false while nobody can tell. */
bool swt_stage_seconds_left(const struct swt_stage *stage, uint64_t *ret_seconds);

#define SWT_STAGE_LINE 512
/* The line, without a newline, in at most width columns: "verify  1.2 GiB of 2.0 GiB   60%  [####
 * ]  410.5 MiB/s  3 s left". What does not fit is left out, the least useful first. */
void swt_stage_line(const struct swt_stage *stage, size_t width, bool utf8,
                    char ret_line[SWT_STAGE_LINE]);
/* {"progress":{"stage":…,"bytes":N,"total":N,"rate":N,"seconds_left":N or null}} and a newline. */
void swt_stage_json(const struct swt_stage *stage, char ret_line[SWT_STAGE_LINE]);

#endif
