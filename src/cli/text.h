/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people: lines that fit the terminal, and the word that was probably meant.
 */
#ifndef SWT_CLI_TEXT_H
#define SWT_CLI_TEXT_H

#include "output.h"

/*
 * Prints text wrapped between the words to width columns, its lines indented by indent; the cursor
 * stands at column now. Ends with a newline. Words that are too long get a line of their own.
 */
void swt_text_wrap(struct swt_output *out, struct swt_slice text, size_t now, size_t indent,
                   size_t width);

/* Looks for the candidate nearest to word: offer each, then ask. */
struct swt_nearest {
    const char *word;
    const char *best; /* NULL: nothing near enough */
    size_t best_len;
    size_t distance;
};
struct swt_nearest swt_nearest_to(const char *word);
void swt_nearest_offer(struct swt_nearest *nearest, const char *candidate, size_t len);

#endif
