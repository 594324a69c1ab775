/* SPDX-License-Identifier: Apache-2.0 */
/* Text in the columns of a terminal, where a character takes one, two or none of them. */
#ifndef SWT_CLI_COLUMNS_H
#define SWT_CLI_COLUMNS_H

#include "output.h"

/* Text is UTF-8 and has no control characters (swt_text_escape), but colours, which take none. */
size_t swt_columns_of(struct swt_slice text);
/* The longest start of text that takes no more than columns, in bytes; no character is split. */
size_t swt_columns_cut(struct swt_slice text, size_t columns);
/* Prints text in at most width columns; what is longer loses its middle. Fills up to fill. */
void swt_columns_print(struct swt_output *out, struct swt_slice text, size_t width, size_t fill);
void swt_columns_blank(struct swt_output *out, size_t columns);

#endif
