/* SPDX-License-Identifier: Apache-2.0 */
/* diff in its parts: the job (diff.c), one of the two files (diff_side.c), trees of values
 * (diff_values.c), what user_manifest and metadata say (diff_metadata.c), targets (diff_targets.c)
 * and their bytes (diff_payloads.c), the roots (diff_root.c), who signed (diff_signatures.c). */
#ifndef SWT_PIPELINE_DIFF_H
#define SWT_PIPELINE_DIFF_H

#include "document.h"
#include "source.h"

#include "swt/pipeline.h"

struct swt_diff_side {
    const char *name; /* "a" or "b", as the document has it */
    struct swt_reader *reader;
    enum swt_kind kind;
    struct swt_bundle_source bundle;
    struct swt_root_source root_file;
    const struct swt_root *root; /* of either; NULL: the bundle holds none */
    const struct swt_envelope *root_envelope;
    struct swt_buf user_manifest;
    json_t *manifest; /* that, when it is ours; else NULL */
    bool *present;    /* for each target: the bundle holds its payload */
};

struct swt_diff {
    const struct swt_diff_options *options;
    json_t *document;
    json_t *notes;
    json_int_t differences;
    struct swt_diff_side a, b;
};

/* ---- diff_side.c ------------------------------------------------------------------------- */

/* Strictly, and by the rules: nothing broken is compared. */
int swt_diff_side_open(struct swt_diff_side *side, const char *name, const char *path,
                       bool allow_unknown, struct swt_error *err) SWT_CHECKED;
/* The payloads of a bundle, to its end: hashed, and which are there. */
int swt_diff_side_read(struct swt_diff_side *side, const struct swt_progress *progress,
                       struct swt_error *err) SWT_CHECKED;
void swt_diff_side_done(struct swt_diff_side *side);

/* ---- diff_values.c ----------------------------------------------------------------------- */

/*
 * Adds to fields each place where the two values differ: path, a, b; the side that lacks it has no
 * such member. Objects are entered; lists are compared as a whole. a and b may be NULL: not there.
 */
int swt_diff_values(struct swt_diff *diff, json_t *fields, const char *path, const json_t *a,
                    const json_t *b, struct swt_error *err) SWT_CHECKED;
/* The path of a member: "release.version", "targets[\"boot/loader\"]"; parent may be "". */
int swt_diff_path(const char *parent, const char *member, struct swt_buf *ret_path,
                  struct swt_error *err) SWT_CHECKED;
int swt_diff_note(struct swt_diff *diff, struct swt_error *err, const char *format, ...)
    SWT_PRINTF(3, 4) SWT_CHECKED;
/* What is the same in all that was told since the differences were so many, and yet has other
 * bytes: its hash is the difference. */
int swt_diff_bytes(struct swt_diff *diff, json_t *fields, json_int_t before, struct swt_slice a,
                   struct swt_slice b, struct swt_error *err) SWT_CHECKED;
/* Puts version, expires and spec_version into object. */
int swt_diff_put_common(json_t *object, const struct swt_common *common,
                        struct swt_error *err) SWT_CHECKED;
/* Puts what targets metadata says beside its targets, and what of them has no field: other hashes.
 */
int swt_diff_put_metadata(json_t *object, const struct swt_targets *targets,
                          struct swt_error *err) SWT_CHECKED;
/* Puts {count, sha256} of the unknown signed fields into object; nothing when there are none. */
int swt_diff_put_unknown(json_t *object, size_t count, struct swt_slice fields,
                         struct swt_error *err) SWT_CHECKED;

/* ---- diff_targets.c, diff_payloads.c, diff_metadata.c ------------------------------------- */

#define SWT_DIFF_NONE SIZE_MAX
/* Which target of one bundle is which of the other: by name, else by length and SHA-256. */
struct swt_diff_pairs {
    size_t *b_of_a; /* for each target of a: its place in b, or SWT_DIFF_NONE */
    size_t *a_of_b;
    uint64_t *first; /* for each target of b that changed: the first byte that differs, or
                      * UINT64_MAX when a payload is left out */
};
int swt_diff_pairs_make(const struct swt_diff *diff, struct swt_diff_pairs *ret_pairs,
                        struct swt_error *err) SWT_CHECKED;
void swt_diff_pairs_done(struct swt_diff_pairs *pairs);
/* The same bytes, as far as the metadata tells. */
bool swt_diff_same_payload(const struct swt_target *a, const struct swt_target *b);
/* Fills pairs->first: reads both payloads of each target that changed. */
int swt_diff_payloads(struct swt_diff *diff, struct swt_diff_pairs *pairs,
                      struct swt_error *err) SWT_CHECKED;
/* The members user_manifest, targets_metadata and targets. */
int swt_diff_bundles(struct swt_diff *diff, struct swt_error *err) SWT_CHECKED;
int swt_diff_user_manifests(struct swt_diff *diff, const struct swt_diff_pairs *pairs,
                            struct swt_error *err) SWT_CHECKED;
/* *ret_fields is borrowed. */
int swt_diff_targets_metadata(struct swt_diff *diff, json_t **ret_fields,
                              struct swt_error *err) SWT_CHECKED;

/* ---- diff_root.c, diff_signatures.c ------------------------------------------------------ */

int swt_diff_roots(struct swt_diff *diff, struct swt_error *err) SWT_CHECKED;
int swt_diff_signatures(struct swt_diff *diff, struct swt_error *err) SWT_CHECKED;

#endif
