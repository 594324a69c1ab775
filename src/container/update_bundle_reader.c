/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an UpdateBundle: the index first, then each payload from where the index says. */
#include "update_bundle_index.h"

#include <stdlib.h>

static int check_file(struct swt_bundle *bundle, const char **ret_foreign, struct swt_error *err) {
    uint8_t head[SWT_TAR_MAGIC_END];
    size_t len;
    if (!swt_reader_seekable(bundle->reader)) {
        swt_fail(err, SWT_E_CONTAINER,
                 "an UpdateBundle can be read from a file only: its fields stand in any order");
        swt_error_hint(err, "give the file's name, or convert the bundle to the tar format");
        return swt_error_file(err, swt_reader_name(bundle->reader));
    }
    uint64_t size = swt_reader_size(bundle->reader);
    if (size == 0) {
        swt_fail(err, SWT_E_CONTAINER, "the file is empty");
        return swt_bundle_error_at(bundle, 0, err);
    }
    int r = swt_reader_seek(bundle->reader, 0, err);
    if (r < 0)
        return r;
    r = swt_reader_read(bundle->reader, head, sizeof head, &len, err);
    if (r < 0)
        return r;
    /* They say what the file is better than a wire type out of place does. */
    const char *foreign = swt_container_foreign(swt_slice_of(head, len));
    if (!foreign && swt_tar_magic(swt_slice_of(head, len)))
        foreign = "a tar archive";
    *ret_foreign = foreign;
    if (size > SWT_PIGWEED_MAX_BUNDLE && !foreign) {
        char text[SWT_SIZE_TEXT];
        swt_fail(err, SWT_E_CONTAINER,
                 "an UpdateBundle of %s is not accepted, as protobuf parsers stop at 2 GiB; the "
                 "tar format takes it",
                 swt_bytes_text(size, text));
        return swt_error_file(err, swt_reader_name(bundle->reader));
    }
    return 0;
}

int swt_update_bundle_open(struct swt_bundle *bundle, struct swt_error *err) {
    struct swt_index *index = calloc(1, sizeof *index);
    const char *foreign = NULL;
    if (!index)
        return swt_fail_memory(err);
    bundle->state = index;

    int r = check_file(bundle, &foreign, err);
    if (r < 0)
        return r;
    r = swt_index_read(bundle, index, err);
    if (foreign && (r == -SWT_E_CONTAINER || r == -SWT_E_UNKNOWN_FIELD)) {
        swt_fail(err, SWT_E_CONTAINER, "the file is %s, expected an UpdateBundle", foreign);
        return swt_bundle_error_at(bundle, 0, err);
    }
    return r;
}

void swt_update_bundle_close(struct swt_bundle *bundle) {
    struct swt_index *index = bundle->state;
    if (index)
        swt_index_done(index);
    free(index);
}

int swt_update_bundle_next(struct swt_bundle *bundle, struct swt_slice name, uint64_t length,
                           enum swt_payload_state *ret_state, struct swt_error *err) {
    struct swt_index_entry *entry = swt_index_find(bundle->state, name);
    bundle->left = 0;
    if (!entry) {
        *ret_state = SWT_PAYLOAD_ABSENT;
        return 0;
    }
    if (entry->length != length) {
        char found[SWT_SIZE_TEXT], wanted[SWT_SIZE_TEXT];
        swt_fail(err, SWT_E_CONTAINER,
                 "payload '%.*s': size is %s, but the targets metadata says %s",
                 swt_shown_len(name), (const char *)name.data, swt_bytes_text(entry->length, found),
                 swt_bytes_text(length, wanted));
        return swt_bundle_error_at(bundle, entry->offset, err);
    }
    int r = swt_reader_seek(bundle->reader, entry->value_offset, err);
    if (r < 0)
        return r;
    entry->asked = true;
    bundle->left = length;
    *ret_state = SWT_PAYLOAD_PRESENT;
    return 0;
}

int swt_update_bundle_end_payloads(struct swt_bundle *bundle, struct swt_error *err) {
    const struct swt_index *index = bundle->state;
    for (size_t i = 0; i < index->count; i++) {
        const struct swt_index_entry *entry = &index->entries[i];
        if (entry->asked)
            continue;
        swt_fail(err, SWT_E_CONTAINER, "payload '%.*s' is not listed in the targets metadata",
                 swt_shown_len(entry->name), (const char *)entry->name.data);
        return swt_bundle_error_at(bundle, entry->offset, err);
    }
    return 0;
}

/* The index read the framing to the end of the file. */
int swt_update_bundle_finish(struct swt_bundle *bundle, struct swt_error *err) {
    (void)bundle;
    (void)err;
    return 0;
}

int swt_update_bundle_list(struct swt_bundle *bundle,
                           int (*visit)(void *context, const struct swt_payload_info *payload,
                                        struct swt_error *err),
                           void *context, struct swt_error *err) {
    const struct swt_index *index = bundle->state;
    for (size_t i = 0; i < index->count; i++) {
        const struct swt_index_entry *entry = &index->entries[i];
        struct swt_payload_info info = {entry->name, entry->length, entry->value_offset};
        int r = visit(context, &info, err);
        if (r != 0)
            return r;
    }
    return 0;
}
