/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told beside the result, on standard error: errors, warnings and notes, as text or, with
 * --json, as one JSON object a line. Text of files in them is escaped here.
 */
#ifndef SWT_CLI_ERROR_REPORT_H
#define SWT_CLI_ERROR_REPORT_H

#include "options.h"

/* command: NULL where none was chosen. */
void swt_report_error(const struct swt_command *command, bool json, const struct swt_error *error);

#endif
