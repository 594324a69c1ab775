/* SPDX-License-Identifier: Apache-2.0 */
/* The time that building and root commands take for now, and the expiries that they are given. */
#ifndef SWT_PIPELINE_CLOCK_H
#define SWT_PIPELINE_CLOCK_H

#include "swt/base.h"

/* SOURCE_DATE_EPOCH where it is set, else the system's time. SWT_E_USAGE for a broken one. */
int swt_build_time(int64_t *ret_now, struct swt_error *err) SWT_CHECKED;
/* Whether text is written as a span, of whatever length: "12h", "99999999d". */
bool swt_span_written(const char *text);
/* A T of cli.md: a time, a date, or a span from now. SWT_E_USAGE names option. */
int swt_expiry_parse(const char *text, const char *option, int64_t now, int64_t *ret_expires,
                     struct swt_error *err) SWT_CHECKED;

#endif
