/* SPDX-License-Identifier: Apache-2.0 */
/* The text files of a starter project; init.c makes its keys and root metadata. */
#ifndef SWT_PIPELINE_INIT_FILES_H
#define SWT_PIPELINE_INIT_FILES_H

#define SWT_INIT_ROOT_KEY "keys/dev-root.pem"
#define SWT_INIT_TARGETS_KEY "keys/dev-targets.pem"
#define SWT_INIT_ROOT "keys/root_metadata"

struct swt_init_file {
    const char *path;
    const char *what; /* a line for the report */
    const char *text; /* "@PRODUCT@" stands for the product's name */
};
/* A row without a path ends it. */
extern const struct swt_init_file swt_init_files[];

#endif
