/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines on a terminal: one that is too long becomes several, broken between its words.
 */
#ifndef SWT_CLI_FLOW_H
#define SWT_CLI_FLOW_H

#include "swt/base.h"

/*
 * Appends line, which has no newline, with newlines between its words where it takes more than
 * width columns; what follows them is indented by hang, or by less where a word fits only then. A
 * word that is too long stays whole, and so does a command line of this program, from its name up
 * to a parenthesis, a backtick or the end: both are there to be pasted.
 */
int swt_flow_line(struct swt_slice line, size_t hang, size_t width, struct swt_buf *ret_text,
                  struct swt_error *err) SWT_CHECKED;

#endif
