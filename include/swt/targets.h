/* SPDX-License-Identifier: Apache-2.0 */
/*
 * targets: payload sources. A file (or bytes in memory) → name, length, SHA-256; then its bytes
 * again, with the certainty that they are the ones that were hashed.
 */
#ifndef SWT_TARGETS_H
#define SWT_TARGETS_H

#include "swt/base.h"
#include "swt/io.h"

struct swt_payload {
    char *name;           /* target name */
    char *path;           /* source file, or NULL: memory */
    struct swt_buf bytes; /* when path is NULL */
    uint64_t length;
    uint8_t sha256[SWT_SHA256_SIZE];
    bool measured;
};
void swt_payload_done(struct swt_payload *payload);
/* Opens path (a regular file: others are SWT_E_IO), reads it once, sets length and sha256. */
int swt_payload_measure(struct swt_payload *payload, struct swt_error *err) SWT_CHECKED;
/* The size that stat tells, before anything is read: to refuse what is too large at once. */
int swt_payload_size(const struct swt_payload *payload, uint64_t *ret_size,
                     struct swt_error *err) SWT_CHECKED;
/* Reads again and hands every chunk to sink; SWT_E_FILE_CHANGED unless length and hash are the
 * measured ones. The sink has seen the bytes by then: its output must not be committed. */
int swt_payload_copy(const struct swt_payload *payload,
                     int (*sink)(void *context, const void *data, size_t len,
                                 struct swt_error *err),
                     void *context, struct swt_error *err) SWT_CHECKED;

#endif
