/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as a C array, for headers that compile as C and as C++ without a warning. */
#ifndef SWT_PIPELINE_C_ARRAY_H
#define SWT_PIPELINE_C_ARRAY_H

#include "swt/base.h"

/* Whether names that start with it can be declared: a C identifier that is no keyword of C or C++,
 * and that neither language, nor a header of theirs, keeps for itself ("_x", "x__y", "x_", "x_t",
 * "NULL"). */
bool swt_c_name_valid(const char *name);
/* The start of a header, up to what swt_c_array_write needs: its guard, which name makes its own,
 * and what it includes. swt_c_header_end is its end. */
int swt_c_header_begin(struct swt_buf *text, const char *name, struct swt_error *err) SWT_CHECKED;
int swt_c_header_end(struct swt_buf *text, struct swt_error *err) SWT_CHECKED;
/* Appends the array "NAME", with a zero where there are no bytes, since C has no empty arrays, and
 * its true size as "NAME_size". */
int swt_c_array_write(struct swt_buf *text, const char *name, struct swt_slice bytes,
                      struct swt_error *err) SWT_CHECKED;
/* Appends the constant "NAME". */
int swt_c_number_write(struct swt_buf *text, const char *name, uint32_t number,
                       struct swt_error *err) SWT_CHECKED;

#endif
