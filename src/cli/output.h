/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person (or --json) asked to see. Collected in memory and written in large pieces; the
 * first failure is kept, and main asks for it at the end: a result that did not arrive is exit 5,
 * or a signal's where one came while nobody read it, whatever the result was.
 */
#ifndef SWT_CLI_OUTPUT_H
#define SWT_CLI_OUTPUT_H

#include "swt/base.h"

#include <jansson.h>

struct swt_output {
    int fd;
    const struct swt_progress *progress; /* erased before anything is written; NULL: none */
    size_t width; /* of the terminal, where fd is one: longer lines are broken; else 0 */
    size_t line;  /* where the line under way begins in pending */
    size_t hang;  /* where its continuation is to begin; 0: two columns into it */
    struct swt_buf pending;
    struct swt_error failure; /* code SWT_OK while nothing failed */
};

void swt_output_init(struct swt_output *out, int fd);
void swt_output_redirect(struct swt_output *out, int fd); /* what comes goes to another stream */
void swt_output_done(struct swt_output *out);             /* drops what is pending */
/* The result is a short text: none of these fail; what went wrong is told by flush. The format's
 * own text is written as it is: text from a file goes through swt_output_escaped. */
void swt_output_printf(struct swt_output *out, const char *format, ...) SWT_PRINTF(2, 3);
void swt_output_bytes(struct swt_output *out, struct swt_slice bytes); /* as they are: a PEM */
/* Text from a file: control characters escaped. */
void swt_output_escaped(struct swt_output *out, struct swt_slice text);
void swt_output_escaped_text(struct swt_output *out, const char *text);
/* Where the line under way has to be broken, it goes on below this place. */
void swt_output_hang(struct swt_output *out);
/* The line under way is for pasting: it is not broken. */
void swt_output_whole(struct swt_output *out);
/* One JSON value, indented, and a newline; the members of an object have plain names. Takes the
 * reference; NULL is out of memory. */
void swt_output_json(struct swt_output *out, json_t *value);
/* Writes what is pending. The first failure of this output, or 0. */
int swt_output_flush(struct swt_output *out, struct swt_error *err) SWT_CHECKED;

#endif
