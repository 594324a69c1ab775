/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libarchive, loaded where something is compressed or decompressed: it and the libraries that it is
 * made of would cost each run 4 MiB and half of its start, and few runs compress anything.
 */
#ifndef SWT_TARGETS_LIBARCHIVE_H
#define SWT_TARGETS_LIBARCHIVE_H

#include "swt/targets.h"

#include <archive.h>
#include <archive_entry.h>

#define SWT_ARCHIVE_CALLS(X)                                                                       \
    X(archive_errno)                                                                               \
    X(archive_error_string)                                                                        \
    X(archive_filter_bytes)                                                                        \
    X(archive_entry_new)                                                                           \
    X(archive_entry_set_filetype)                                                                  \
    X(archive_entry_free)                                                                          \
    X(archive_write_new)                                                                           \
    X(archive_write_add_filter)                                                                    \
    X(archive_write_set_filter_option)                                                             \
    X(archive_write_set_format_raw)                                                                \
    X(archive_write_set_bytes_per_block)                                                           \
    X(archive_write_set_bytes_in_last_block)                                                       \
    X(archive_write_open)                                                                          \
    X(archive_write_header)                                                                        \
    X(archive_write_data)                                                                          \
    X(archive_write_close)                                                                         \
    X(archive_write_free)                                                                          \
    X(archive_read_new)                                                                            \
    X(archive_read_append_filter)                                                                  \
    X(archive_read_support_format_raw)                                                             \
    X(archive_read_support_format_empty)                                                           \
    X(archive_read_open)                                                                           \
    X(archive_read_next_header)                                                                    \
    X(archive_read_data_block)                                                                     \
    X(archive_read_free)

/* The calls under their own names, with the types that archive.h gives them. */
struct swt_archive_calls {
#define SWT_ARCHIVE_CALL(name_) __typeof__(name_) *name_;
    SWT_ARCHIVE_CALLS(SWT_ARCHIVE_CALL)
#undef SWT_ARCHIVE_CALL
};

/* SWT_E_COMPRESSION where this machine has no libarchive that fits. It stays loaded. */
int swt_archive_load(struct swt_archive_calls *ret_calls, struct swt_error *err) SWT_CHECKED;

/* What libarchive calls the filter of a compression. */
int swt_archive_filter(enum swt_compression compression);
/* The fault of a call that did not return ARCHIVE_OK: a lack of memory, or code with what
 * libarchive says. */
int swt_archive_fail(const struct swt_archive_calls *calls, struct archive *archive,
                     enum swt_code code, const char *what, struct swt_error *err);
/* Of a call that adds a filter: libarchive takes a program for one that it was built without. */
int swt_archive_check_filter(const struct swt_archive_calls *calls, struct archive *archive,
                             int result, enum swt_compression compression,
                             struct swt_error *err) SWT_CHECKED;

#endif
