/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that make and ninja read alike: what an output is made of. */
#ifndef SWT_PIPELINE_DEPFILE_H
#define SWT_PIPELINE_DEPFILE_H

#include "swt/base.h"

/*
 * Appends the rule, and an empty one for each input, so that one that is gone asks for a new
 * output, and is no error. Inputs are sorted and told once. SWT_E_USAGE names a file whose name
 * one of the two programs would read as something else.
 */
int swt_depfile_write(const char *output, const char *const *inputs, size_t count,
                      struct swt_buf *ret_text, struct swt_error *err) SWT_CHECKED;

#endif
