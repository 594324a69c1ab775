/* SPDX-License-Identifier: Apache-2.0 */
/* What an output must not replace: another input of the same command, a private key above all. FILE
 * itself may be replaced; that is what an output onto the input means. An audit log is none of the
 * other files. */
#ifndef SWT_PIPELINE_OUTPUT_H
#define SWT_PIPELINE_OUTPUT_H

#include "swt/pipeline.h"

/* SWT_E_USAGE when output and path are one file. what names it: "the manifest". path may be NULL.
 */
int swt_output_spares(const char *output, const char *path, const char *what,
                      struct swt_error *err) SWT_CHECKED;
/* SWT_E_USAGE when output, which may be NULL, is file but would not replace it as a whole: an open
 * descriptor of it. */
int swt_output_in_place(const char *output, const char *file, struct swt_error *err) SWT_CHECKED;
/* SWT_E_USAGE when output would lie anywhere in folder, of which there may be none (NULL). */
int swt_output_spares_folder(const char *output, const char *folder, const char *what,
                             struct swt_error *err) SWT_CHECKED;
/* swt_output_spares for each file that the keys name. */
int swt_output_spares_keys(const char *output, const struct swt_key_sources *keys,
                           struct swt_error *err) SWT_CHECKED;
/* SWT_E_USAGE when the audit log, of which there may be none (NULL), is path, or will be once both
 * are there: lines would be written into it, or it would be replaced. */
int swt_log_spares(const char *log, const char *path, const char *what,
                   struct swt_error *err) SWT_CHECKED;
int swt_log_spares_keys(const char *log, const struct swt_key_sources *keys,
                        struct swt_error *err) SWT_CHECKED;

#endif
