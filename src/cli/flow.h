/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines on a terminal: how wide a text is there, and a line that is too long as several, broken
 * between its words.
 */
#ifndef SWT_CLI_FLOW_H
#define SWT_CLI_FLOW_H

#include "swt/base.h"

/* Columns that text takes: characters may take none or two, colours take none. */
size_t swt_columns_of(struct swt_slice text);
/* The longest start of text that takes no more than columns, in bytes; no character is split. */
size_t swt_columns_cut(struct swt_slice text, size_t columns);

/*
 * Appends line, which has no newline, with newlines between its words where it takes more than
 * width columns; what follows them is indented by hang. A word that is too long stays whole, and so
 * does a command line of this program, from its name up to a parenthesis, a backtick or the end:
 * both are there to be pasted.
 */
int swt_flow_line(struct swt_slice line, size_t hang, size_t width, struct swt_buf *ret_text,
                  struct swt_error *err) SWT_CHECKED;

#endif
