/* SPDX-License-Identifier: Apache-2.0 */
#include "diff.h"
#include "payloads.h"
#include "user_manifest.h"

#include <stdlib.h>

void swt_diff_side_done(struct swt_diff_side *side) {
    free(side->present);
    json_decref(side->manifest);
    swt_buf_done(&side->user_manifest);
    swt_root_source_done(&side->root_file);
    if (side->bundle.reader == NULL)
        swt_reader_free(side->reader);
    swt_bundle_source_done(&side->bundle);
    *side = (struct swt_diff_side){0};
}

static int read_root(struct swt_diff_side *side, bool allow_unknown, struct swt_error *err) {
    int rc = swt_root_source_read(side->reader, allow_unknown, &side->root_file, err);
    if (rc < 0)
        return rc;
    side->root = side->root_file.root;
    side->root_envelope = &side->root_file.envelope;
    rc = swt_root_check(side->root, err);
    return rc < 0 ? swt_error_file(err, swt_reader_name(side->reader)) : 0;
}

static int read_bundle(struct swt_diff_side *side, bool allow_unknown, struct swt_error *err) {
    struct swt_bundle_source *bundle = &side->bundle;
    struct swt_reader *reader = SWT_TAKE(side->reader);
    int rc = swt_bundle_source_open(reader, side->kind, allow_unknown, bundle, err);
    if (rc < 0)
        return rc;
    side->reader = reader;
    side->root = bundle->root;
    side->root_envelope = bundle->has_root ? &bundle->root_envelope : NULL;
    return swt_bundle_source_check(bundle, err);
}

static int refuse_kind(const struct swt_diff_side *side, struct swt_error *err) {
    swt_fail(err, SWT_E_FILE_KIND, "expected a bundle or root metadata, found %s",
             swt_kind_name(side->kind));
    return swt_error_file(err, swt_reader_name(side->reader));
}

int swt_diff_side_open(struct swt_diff_side *side, const char *name, const char *path,
                       bool allow_unknown, struct swt_error *err) {
    side->name = name;
    int rc = swt_reader_open(path, &side->reader, err);
    if (rc < 0)
        return rc;
    if (!swt_reader_seekable(side->reader)) {
        swt_fail(err, SWT_E_USAGE,
                 "%s can't be read twice, as diff does to find where payloads differ",
                 swt_reader_name(side->reader));
        return swt_error_hint(err, "write the bundle to a file first");
    }
    rc = swt_kind_detect_among(side->reader, "a bundle or root metadata", &side->kind, err);
    if (rc < 0)
        return rc;
    if (side->kind == SWT_KIND_ROOT)
        return read_root(side, allow_unknown, err);
    return swt_kind_is_bundle(side->kind) ? read_bundle(side, allow_unknown, err)
                                          : refuse_kind(side, err);
}

int swt_diff_side_read(struct swt_diff_side *side, const struct swt_progress *progress,
                       struct swt_error *err) {
    side->present = calloc(side->bundle.targets->target_count + 1, sizeof *side->present);
    if (side->present == NULL)
        return swt_fail_memory(err);
    side->bundle.progress = progress;
    int rc = swt_payloads_survey(&side->bundle, side->present, &side->user_manifest, err);
    if (rc < 0 || side->user_manifest.len == 0)
        return rc;
    return swt_user_manifest_read(swt_buf_slice(&side->user_manifest), &side->manifest, err);
}
