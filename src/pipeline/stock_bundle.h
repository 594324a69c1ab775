/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The UpdateBundle as a stock Pigweed device sees it: the first root, the first "targets", and the
 * payloads by name, each the first of its name. Of a file only its framing and its metadata are
 * read into memory. A tar bundle stands for the UpdateBundle with the same content.
 */
#ifndef SWT_PIPELINE_STOCK_BUNDLE_H
#define SWT_PIPELINE_STOCK_BUNDLE_H

#include "kind.h"
#include "stock_names.h"

struct swt_stock_bundle {
    struct swt_reader *reader;      /* borrowed */
    struct swt_stock_value root;    /* SignedRootMetadata */
    struct swt_stock_value targets; /* SignedTargetsMetadata */
    const char *unreadable;         /* NULL, or why there is nothing that a device could be asked */
    const char *excess;             /* NULL, or what of it is more than is looked at */
    struct swt_bundle *tar;         /* NULL for an UpdateBundle */
    struct swt_buf root_bytes;
    struct swt_buf targets_bytes;
    size_t fields_left;
    const struct swt_progress *progress; /* of hashing; or NULL */
};
/* errors are the system's; what is wrong with the bytes is in the bundle. */
int swt_stock_bundle_open(struct swt_reader *reader, enum swt_kind kind,
                          struct swt_stock_bundle *ret_bundle, struct swt_error *err) SWT_CHECKED;
void swt_stock_bundle_done(struct swt_stock_bundle *bundle);

/* Where the payloads of these names are; one pass over the bundle. */
int swt_stock_bundle_find(struct swt_stock_bundle *bundle, struct swt_stock_names *names,
                          struct swt_error *err) SWT_CHECKED;
/* The SHA-256 of a readable payload, computed once. */
int swt_stock_bundle_hash(const struct swt_stock_bundle *bundle, struct swt_tee *tee,
                          struct swt_stock_name *payload, struct swt_error *err) SWT_CHECKED;

#endif
