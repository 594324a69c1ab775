/* SPDX-License-Identifier: Apache-2.0 */
#include "originals.h"
#include "document.h"
#include "user_manifest.h"

#include <stdlib.h>
#include <string.h>

struct swt_original {
    char *name;
    json_t *entry; /* borrowed */
    struct swt_recorded_compression recorded;
    uint64_t offset; /* in the spool */
    uint64_t length; /* there */
};

void swt_originals_done(struct swt_originals *originals) {
    for (size_t i = 0; i < originals->count; i++)
        free(originals->items[i].name);
    free(originals->items);
    swt_spool_free(originals->spool);
    json_decref(originals->user_manifest);
}

/* ---- while the bundle is judged ---------------------------------------------------------- */

/* It was judged before any other payload: it is the first, or the device has it. */
static int look(struct swt_originals *originals, struct swt_error *err) {
    const struct swt_judge *judge = originals->judge;
    if (originals->has_looked)
        return 0;
    originals->has_looked = true;
    if (!judge->has_user_manifest || swt_user_manifest_target(judge->targets) == NULL)
        return 0;
    return swt_user_manifest_read(swt_buf_slice(&judge->user_manifest), &originals->user_manifest,
                                  err);
}

static int add(struct swt_originals *originals, const char *name, json_t *entry,
               const struct swt_recorded_compression *recorded, struct swt_error *err) {
    if ((originals->count & (originals->count - 1)) == 0) {
        size_t room = originals->count == 0 ? 1 : originals->count * 2;
        struct swt_original *items = reallocarray(originals->items, room, sizeof *items);
        if (items == NULL)
            return swt_fail_memory(err);
        originals->items = items;
    }
    int rc = originals->spool == NULL ? swt_spool_new(&originals->spool, err) : 0;
    if (rc < 0)
        return rc;
    char *copy = swt_strdup(name, err);
    if (copy == NULL)
        return -(int)err->code;
    originals->items[originals->count++] =
        (struct swt_original){.name = copy,
                              .entry = entry,
                              .recorded = *recorded,
                              .offset = swt_spool_size(originals->spool)};
    return 0;
}

int swt_originals_begin(struct swt_originals *originals, const char *name, json_t *entry,
                        bool *ret_has, struct swt_error *err) {
    struct swt_recorded_compression recorded = {0};
    struct swt_error fault = {0};
    *ret_has = false;
    if (strcmp(name, SWT_USER_MANIFEST) == 0)
        return 0;
    int rc = look(originals, err);
    if (rc < 0)
        return rc;
    /* Here it would count as a fault of the bundle: it is one, but no reason to reject it. */
    if (swt_user_manifest_compression(originals->user_manifest, name, &recorded, &fault) < 0 &&
        originals->fault.code == SWT_OK)
        originals->fault = fault;
    *ret_has = recorded.compression != SWT_COMPRESSION_NONE;
    return *ret_has ? add(originals, name, entry, &recorded, err) : 0;
}

int swt_originals_write(struct swt_originals *originals, const void *data, size_t len,
                        struct swt_error *err) {
    originals->items[originals->count - 1].length += len;
    return swt_spool_write(originals->spool, data, len, err);
}

/* ---- when it was accepted ---------------------------------------------------------------- */

struct making {
    struct swt_spool *spool;
    uint64_t offset, left; /* of the compressed bytes */
    struct swt_staging *staging;
    const struct swt_progress *progress;
};

static int read_compressed(void *context, void *ret_data, size_t size, size_t *ret_len,
                           struct swt_error *err) {
    struct making *making = context;
    size_t want = making->left < size ? (size_t)making->left : size;
    int rc = swt_spool_read(making->spool, making->offset, ret_data, want, ret_len, err);
    if (rc < 0)
        return rc;
    making->offset += *ret_len;
    making->left -= *ret_len;
    return 0;
}

static int write_original(void *context, const void *data, size_t len, struct swt_error *err) {
    const struct making *making = context;
    swt_progress_advance(making->progress, len);
    return swt_staging_write(making->staging, data, len, err);
}

static int make(const struct swt_original *original, struct making *making, struct swt_error *err) {
    const struct swt_recorded_compression *recorded = &original->recorded;
    struct swt_decompression what = {.compression = recorded->compression,
                                     .length = recorded->length,
                                     .source = read_compressed,
                                     .source_context = making,
                                     .sink = write_original,
                                     .sink_context = making};
    memcpy(what.sha256, recorded->sha256, sizeof what.sha256);
    making->offset = original->offset;
    making->left = original->length;
    int rc = swt_staging_begin(making->staging, original->name, err);
    if (rc == 0)
        rc = swt_decompress(&what, err);
    if (rc < 0 && err->code == SWT_E_COMPRESSION)
        return swt_error_context(err, "target '%s'", original->name);
    if (rc == 0)
        rc = swt_json_set(original->entry, "length", swt_json_length(recorded->length), err);
    return rc < 0 ? rc
                  : swt_json_set(original->entry, "compression",
                                 json_string(swt_compression_name(recorded->compression)), err);
}

/* What was asked for cannot be done, and compressed bytes in its place would pass for it. */
static int check_record(struct swt_originals *originals, struct swt_error *err) {
    int rc = look(originals, err);
    if (rc == 0 && originals->user_manifest == NULL)
        rc = swt_fail(err, SWT_E_COMPRESSION,
                      "no user_manifest of a build says which targets are compressed");
    if (rc == 0 && originals->fault.code != SWT_OK) {
        *err = originals->fault;
        rc = -(int)err->code;
    }
    return rc;
}

int swt_originals_make(struct swt_originals *originals, struct swt_staging *staging,
                       struct swt_error *err) {
    struct making making = {.spool = originals->spool,
                            .staging = staging,
                            .progress = originals->judge->options->progress};
    uint64_t total = 0;
    int rc = check_record(originals, err);
    for (size_t i = 0; i < originals->count; i++)
        total += originals->items[i].recorded.length;
    if (rc == 0 && originals->count > 0)
        swt_progress_begin(making.progress, "write", total);
    for (size_t i = 0; i < originals->count && rc == 0; i++)
        rc = make(&originals->items[i], &making, err);
    if (rc == 0 || err->code != SWT_E_COMPRESSION)
        return rc;
    (void)swt_error_hint(err, "without --decompress the targets are written as they are");
    return swt_error_file(err, originals->judge->file);
}
