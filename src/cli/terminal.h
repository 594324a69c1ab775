/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal: how wide it is, what it shows, and asking a person, for a secret or a yes.
 */
#ifndef SWT_CLI_TERMINAL_H
#define SWT_CLI_TERMINAL_H

#include "options.h"

#define SWT_WIDTH_MIN 40
#define SWT_WIDTH_MAX 100

/* Columns of the terminal on fd; 80 where it is none, or does not tell. */
size_t swt_terminal_columns(int fd);
/* Whether the terminal on fd has this program in its foreground, or does not tell. */
bool swt_terminal_is_ours(int fd);

/* Columns for text on fd: those of the terminal up to 100, 80 where it is none. */
size_t swt_terminal_width(int fd);
/* The same for tables, which may be as wide as the terminal. */
size_t swt_terminal_table_width(int fd);
/* Colour and lines that are rewritten only where fd is a terminal, TERM is not "dumb", and NO_COLOR
 * and CI are unset or empty. */
bool swt_terminal_colour(int fd);
/* Whether the locale that main set shows UTF-8. */
bool swt_terminal_utf8(void);
/* Asks on /dev/tty without echo, which is restored whatever happens; Ctrl-Z stops with echo, and
 * the question comes again afterwards. SWT_E_PASSPHRASE with a hint where nobody can be asked or
 * nothing was entered; SWT_E_INTERRUPTED, SWT_E_TERMINATED. Tells on standard error, a line each.
 * progress may be NULL; its line is erased before. */
struct swt_prompt swt_terminal_prompt(struct swt_progress *progress);
/* Whether there is a person to ask: standard input and standard error are a terminal. */
bool swt_terminal_can_ask(void);
/* Asks "question [y/N]" on /dev/tty. 0 for y or yes; SWT_E_DECLINED for any other answer and for
 * the end of input; SWT_E_INTERRUPTED, SWT_E_TERMINATED. What was typed before the question is no
 * answer to it. */
int swt_terminal_confirm(const char *question, struct swt_error *err) SWT_CHECKED;

#endif
