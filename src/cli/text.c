/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <string.h>

/* Texts of the table are ASCII, so that bytes are columns, with single blanks between the words. */
void swt_text_wrap(struct swt_output *out, struct swt_slice text, size_t now, size_t indent,
                   size_t width) {
    bool at_start = now <= indent;
    if (now < indent) {
        swt_output_printf(out, "%*s", (int)(indent - now), "");
        now = indent;
    }
    for (size_t i = 0; i < text.len;) {
        size_t len = 0;
        while (i + len < text.len && text.data[i + len] != ' ')
            len++;
        if (!at_start && now + 1 + len > width) {
            swt_output_printf(out, "\n%*s", (int)indent, "");
            now = indent;
        } else if (!at_start) {
            swt_output_printf(out, " ");
            now++;
        }
        swt_output_bytes(out, swt_slice_of(text.data + i, len));
        now += len;
        at_start = false;
        i += len + 1;
    }
    swt_output_printf(out, "\n");
}

#define LONGEST_WORD 40

static size_t smallest(size_t a, size_t b, size_t c) {
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Levenshtein's distance, with neighbours that changed places counting once: the usual slips. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len) {
    size_t rows[3][LONGEST_WORD + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above_that = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                above_that[j - 2] + 1 < row[j])
                row[j] = above_that[j - 2] + 1;
        }
    }
    return rows[a_len % 3][b_len];
}

struct swt_nearest swt_nearest_to(const char *word) {
    size_t len = strlen(word);
    /* Up to a third of the word may be wrong: more would be guessing. */
    return (struct swt_nearest){.word = word, .distance = (len + 2) / 3 + 1};
}

void swt_nearest_offer(struct swt_nearest *nearest, const char *candidate, size_t len) {
    size_t word_len = strlen(nearest->word);
    if (word_len == 0 || word_len > LONGEST_WORD || len > LONGEST_WORD)
        return;
    /* An abbreviation is not accepted, but it says what was meant. */
    bool abbreviated =
        word_len >= 2 && word_len < len && memcmp(nearest->word, candidate, word_len) == 0;
    size_t found = abbreviated ? 1 : distance(nearest->word, word_len, candidate, len);
    if (found < nearest->distance) {
        nearest->best = candidate;
        nearest->best_len = len;
        nearest->distance = found;
    }
}
