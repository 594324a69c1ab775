/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the words of a command line to an invocation: values put together by row, key-bound options
 * with their keys, nothing missing. Between options.c, which reads the words, and this file only.
 */
#ifndef SWT_CLI_INVOCATION_H
#define SWT_CLI_INVOCATION_H

#include "options.h"

struct swt_word {
    const struct swt_option *option; /* NULL: an argument */
    const char *value;               /* NULL: a flag */
};

/* SWT_E_USAGE as swt_options_parse says. */
int swt_invocation_make(const struct swt_command *command, const struct swt_word *words,
                        size_t count, struct swt_invocation *ret_invocation,
                        struct swt_error *err) SWT_CHECKED;

#endif
