/* SPDX-License-Identifier: Apache-2.0 */
/* The result of diff as text (report_diff.c, report_diff_targets.c) and as Markdown
 * (diff_markdown.c), from its document. */
#ifndef SWT_CLI_REPORT_DIFF_H
#define SWT_CLI_REPORT_DIFF_H

#include "report.h"

struct swt_diff_report {
    struct swt_output *out;
    struct swt_style style;
    size_t width;
    bool verbose; /* nothing is shortened, and what is the same is listed */
};

int swt_report_diff(const struct swt_invocation *invocation, const json_t *document,
                    struct swt_error *err) SWT_CHECKED;
/* "  + ", which a line starts with, in the colour of the mark. */
void swt_diff_print_mark(const struct swt_diff_report *report, char mark);
int swt_report_diff_targets(const struct swt_diff_report *report, const json_t *targets,
                            struct swt_error *err) SWT_CHECKED;
int swt_markdown_diff(struct swt_output *out, const json_t *document,
                      struct swt_error *err) SWT_CHECKED;

/* A value for people, escaped: a text as it is, all else as JSON; quoted: a text, too, so that "1"
 * is no 1. Replaces what ret_text held. */
int swt_diff_value_text(const json_t *value, bool quoted, struct swt_buf *ret_text,
                        struct swt_error *err) SWT_CHECKED;
/* Whether the texts of a field are to be quoted to be told apart. */
bool swt_diff_is_quoted(const json_t *field);
/* "type raw, slot app": what user_manifest says of a target; replaces what ret_text held. */
int swt_diff_details_text(const json_t *details, struct swt_buf *ret_text,
                          struct swt_error *err) SWT_CHECKED;
/* "+", "-", "~" or "=" by which of a and b there are, and whether they are equal. */
char swt_diff_mark(const json_t *object);
/* "12 KiB"; of a size that JSON's numbers cannot hold, its digits. */
const char *swt_diff_size(const json_t *length, char ret_text[SWT_SIZE_TEXT]);
/* "+15 KiB", "-3 B", "0 B"; "" where it is not known. */
const char *swt_diff_delta(const json_t *delta, char ret_text[SWT_SIZE_TEXT]);
/* "tar bundle", "root metadata" */
const char *swt_diff_kind(const json_t *side);
const char *swt_diff_text_of(const json_t *object, const char *member); /* "" when there is none */
/* "unknown key" for "unknown-key": the state of a signature. */
const char *swt_diff_state(const json_t *signature, const char *side);

#endif
