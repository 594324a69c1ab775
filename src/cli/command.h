/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cmd_*.c needs: the rows it asks for, its output, and how it tells notices. A
 * command function reads its invocation into a struct of its own, calls the pipeline and reports.
 */
#ifndef SWT_CLI_COMMAND_H
#define SWT_CLI_COMMAND_H

#include "options.h"
#include "output.h"
#include "rows.h"

/* The table of commands (commands.c), in the order of the help; a row with name NULL ends it. */
extern const struct swt_command swt_commands[];

int swt_cmd_init(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_keygen(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_key_show(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_key_list(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_key_check(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_root_create(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_root_rotate(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_build(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_sign(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_verify(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_dump(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_extract(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_convert(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_diff(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_provision(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_apply(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_fleet(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_personalize(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_fixtures(const struct swt_invocation *invocation, struct swt_error *err);
int swt_cmd_check(const struct swt_invocation *invocation, struct swt_error *err);

/*
 * To be called by a command that writes a file to path (its -o) before it reports: with "-" the
 * file goes to standard output, so the report goes to standard error, and --json is SWT_E_USAGE.
 */
int swt_report_beside(const struct swt_invocation *invocation, const char *path,
                      struct swt_error *err) SWT_CHECKED;
/* Prints notices on standard error: "swupdate-tool: COMMAND: warning: …" (with --json, each a JSON
 * object on a line of its own); -q leaves out the notes, never a warning. */
void swt_report_notices(const struct swt_invocation *invocation, const struct swt_notices *notices);
/* [{"level": "warning", "message": …}], for a result that holds them too. NULL: out of memory. */
json_t *swt_notices_json(const struct swt_notices *notices);

#endif
