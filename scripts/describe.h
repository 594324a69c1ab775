/* SPDX-License-Identifier: Apache-2.0 */
/* Build-time texts from the option table: manual pages (describe.c), completions (describe_*.c). */
#ifndef SWT_DESCRIBE_H
#define SWT_DESCRIBE_H

#include "../src/cli/command.h"
#include "../src/cli/help.h"
#include "../src/cli/text.h"

void describe_bash(struct swt_output *out);
void describe_zsh(struct swt_output *out);
void describe_fish(struct swt_output *out);

/* The tables of what swupdate-tool fixtures writes. */
void describe_fixtures(struct swt_output *out);
/* Text of a page, wrapped, with nothing in it that roff would take for its own. A word that starts
 * with a dash is an option: its dashes are not hyphens. */
void describe_prose(struct swt_output *out, const char *prose);

/* The first words of all names, each once, in the table's order; visit gets the command when the
 * word is its whole name, else NULL: a group. */
void describe_first_words(void (*visit)(struct swt_output *out, const char *word, size_t len,
                                        const struct swt_command *command),
                          struct swt_output *out);

#endif
