/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire format of a file that is not in memory: a small window moves over the framing and jumps
 * over values, however long they are. Strict as swt_wire_next is.
 */
#ifndef SWT_CONTAINER_WINDOW_H
#define SWT_CONTAINER_WINDOW_H

#include "backend.h"

#define SWT_WINDOW_SIZE ((size_t)8 * 1024)

struct swt_window {
    struct swt_bundle *bundle;
    uint64_t position; /* of the next byte to be parsed */
    uint64_t start;    /* of data, in the file */
    size_t len;
    uint8_t data[SWT_WINDOW_SIZE];
};

/* A tag, and for varints and fixed numbers what comes after it is passed; for BYTES position is at
 * the value, length its length, which lies within the message. */
struct swt_window_field {
    uint32_t number;
    enum swt_wire_type type;
    uint64_t offset; /* of the tag */
    uint64_t value_offset;
    uint64_t length;
};
/* The next field of a message that ends at end: 1, or 0 there, or SWT_E_CONTAINER. */
int swt_window_next(struct swt_window *window, uint64_t end, struct swt_window_field *ret_field,
                    struct swt_error *err) SWT_CHECKED;
/* Appends length bytes from position and moves past them. They lie in the file. */
int swt_window_take(struct swt_window *window, uint64_t length, struct swt_buf *ret_bytes,
                    struct swt_error *err) SWT_CHECKED;

#endif
