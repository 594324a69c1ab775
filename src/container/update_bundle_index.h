/* SPDX-License-Identifier: Apache-2.0 */
/* Where everything stands in an UpdateBundle. */
#ifndef SWT_CONTAINER_UPDATE_BUNDLE_INDEX_H
#define SWT_CONTAINER_UPDATE_BUNDLE_INDEX_H

#include "backend.h"

struct swt_index_entry {
    struct swt_slice name; /* points into names */
    uint64_t offset;       /* of the map entry's tag */
    uint64_t value_offset;
    uint64_t length;
    bool asked;
};
struct swt_index {
    struct swt_index_entry *entries; /* in the order of the file */
    size_t count;
    size_t cap;
    struct swt_index_entry **sorted; /* by name */
    struct swt_buf names;
    uint64_t root_field; /* offsets of the tags, for the error about a second one */
    uint64_t targets_field;
    bool has_targets;
};
/* Reads the framing of the whole file, loads both envelopes into bundle, and sorts the names.
 * SWT_E_CONTAINER for anything but one strictly encoded UpdateBundle with targets metadata. */
int swt_index_read(struct swt_bundle *bundle, struct swt_index *ret_index,
                   struct swt_error *err) SWT_CHECKED;
void swt_index_done(struct swt_index *index);
struct swt_index_entry *swt_index_find(const struct swt_index *index, struct swt_slice name);

#endif
