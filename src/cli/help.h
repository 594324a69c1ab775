/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --help, from the table. scripts/describe.c makes the man pages and completions from the same.
 */
#ifndef SWT_CLI_HELP_H
#define SWT_CLI_HELP_H

#include "options.h"
#include "output.h"

/* All commands; or, with group "root", those whose name starts with that word. */
void swt_help_overview(struct swt_output *out, const char *group, size_t width);
void swt_help_command(struct swt_output *out, const struct swt_command *command, size_t width);

/* Whether command is "GROUP something". */
bool swt_command_in_group(const struct swt_command *command, const char *group);

#endif
