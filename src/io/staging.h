/* SPDX-License-Identifier: Apache-2.0 */
/* Between staging.c, which writes the files, and placing.c, which moves them into place. */
#ifndef SWT_IO_STAGING_H
#define SWT_IO_STAGING_H

#include "internal.h"

#include <stdio.h>

enum staged_state {
    STAGED_WAITING,  /* its number in the hidden folder is the new file */
    STAGED_NEW,      /* in place, nothing was there */
    STAGED_REPLACED, /* in place; its number in the hidden folder is the old file */
};

struct staged_file {
    char *name; /* below the folder */
    enum staged_state state;
};

struct swt_staging {
    char *dir;
    int dir_fd;
    bool made_dir;
    struct swt_newfolder fresh; /* dir, until it appears with all that is in it */
    bool force;
    bool committed;
    char *hidden; /* its name in dir */
    int left;     /* errno, when it could not be removed */
    int hidden_fd;
    int file_fd;      /* of the last file, while it is written */
    uint64_t written; /* to it */
    struct staged_file *files;
    size_t count;
    char **made_folders; /* below dir by swt_staging_place, in that order */
    size_t made_count;
};

#define STAGED_NUMBER_SIZE 24
static inline const char *swt_staged_number(size_t index, char ret_text[STAGED_NUMBER_SIZE]) {
    (void)snprintf(ret_text, STAGED_NUMBER_SIZE, "%zu", index);
    return ret_text;
}

/* Names the file in dir that err is about; returns -err->code. */
int swt_staging_fail(const struct swt_staging *staging, const char *name, struct swt_error *err);
/* Checks every place, then moves all files, or none. */
int swt_staging_place(struct swt_staging *staging, struct swt_error *err) SWT_CHECKED;

#endif
