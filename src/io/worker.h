/* SPDX-License-Identifier: Apache-2.0 */
/* What the two ends of a worker's connection share. */
#ifndef SWT_IO_WORKER_H
#define SWT_IO_WORKER_H

#include "swt/io.h"

#include <sys/types.h>

/* Memory of both processes. The worker's code may write anything here at any time. */
struct swt_worker_shared {
    char note[256];
    char secret[SWT_WORKER_SECRET];
};

/* Ahead of each frame. Both ends are one program: no byte order to agree upon. */
struct swt_worker_header {
    uint32_t kind;
    uint32_t len;
    uint32_t secret_len; /* of a request */
};
enum { SWT_WORKER_REQUEST = 1, SWT_WORKER_REPLY, SWT_WORKER_ERROR };

/* In the forked process, whose parent is parent. Never returns. */
_Noreturn void swt_worker_main(const struct swt_worker_job *job, int socket,
                               struct swt_worker_shared *shared, pid_t parent);

#endif
