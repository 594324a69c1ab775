/* SPDX-License-Identifier: Apache-2.0 */
/* Between states.c, which opens a directory and reads its state, and states_next.c, which changes
 * it.
 */
#ifndef SWT_IO_STATES_H
#define SWT_IO_STATES_H

#include "internal.h"

#define SWT_CURRENT "current" /* the link */

struct swt_states {
    char *path; /* as it was named */
    int folder;
    int state;                /* the folder of the current state; -1 while there is none */
    char *name;               /* of it */
    struct swt_staging *next; /* fills the next one */
    char *next_name;
    struct swt_newfolder fresh; /* a directory that is being made */
};

/* What was begun and is not committed is removed. */
void swt_states_drop_next(struct swt_states *states);

#endif
