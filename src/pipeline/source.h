/* SPDX-License-Identifier: Apache-2.0 */
/* What a job reads before it does its work: a bundle with its decoded head, a root, a device
 * manifest; each opened once, from a path. */
#ifndef SWT_PIPELINE_SOURCE_H
#define SWT_PIPELINE_SOURCE_H

#include "kind.h"

#include "swt/base.h"
#include "swt/container.h"
#include "swt/io.h"
#include "swt/metadata.h"

/* Signed root metadata from a file of its own or out of a bundle, strictly read. */
struct swt_root_source {
    struct swt_buf bytes; /* the SignedRootMetadata; the rest points into it */
    struct swt_envelope envelope;
    struct swt_root *root;
    bool from_bundle; /* whose unknown fields the envelope counts too */
};
/* SWT_E_FILE_KIND for another kind of file or a bundle without a root; SWT_E_METADATA. */
int swt_root_source_open(const char *path, bool allow_unknown, struct swt_root_source *ret_source,
                         struct swt_error *err) SWT_CHECKED;
/* The same from a file that is open, at its start. */
int swt_root_source_read(struct swt_reader *reader, bool allow_unknown,
                         struct swt_root_source *ret_source, struct swt_error *err) SWT_CHECKED;
/* From bytes that are at hand; takes them over. path is for errors. */
int swt_root_source_decode(struct swt_buf *bytes, const char *path, bool allow_unknown,
                           struct swt_root_source *ret_source, struct swt_error *err) SWT_CHECKED;
void swt_root_source_done(struct swt_root_source *source);

_Static_assert(SWT_MAX_SIGNED == SWT_MAX_ENVELOPE, "an anchor is what fits into a bundle");
/* A whole SignedRootMetadata or device manifest is never larger than this. */
#define SWT_MAX_SMALL_FILE (2 * SWT_MAX_ENVELOPE)

struct swt_device_source {
    struct swt_buf bytes;
    struct swt_device_manifest *manifest;
};
int swt_device_source_open(const char *path, struct swt_device_source *ret_source,
                           struct swt_error *err) SWT_CHECKED;
/* The same from a file that is open, at its start. */
int swt_device_source_read(struct swt_reader *reader, struct swt_device_source *ret_source,
                           struct swt_error *err) SWT_CHECKED;
void swt_device_source_done(struct swt_device_source *source);
/* Whether the device recorded a payload of that name, length and SHA-256. */
bool swt_device_source_records(const struct swt_device_source *source,
                               const struct swt_target *target);

/* In a tar bundle the fields of an envelope ascend: there is one byte string for one content.
 * SWT_E_CONTAINER. An UpdateBundle may order them, as protobuf does. */
int swt_envelope_order_check(enum swt_format format, struct swt_slice envelope, uint64_t offset,
                             const char *member, struct swt_error *err) SWT_CHECKED;

/* A bundle whose head was read and decoded strictly, for the jobs that do not judge it. */
struct swt_bundle_source {
    struct swt_reader *reader;
    struct swt_bundle *bundle; /* the head; the envelopes point into it */
    struct swt_bundle *again;  /* the same file once more (payloads.c), or NULL */
    struct swt_bundle *body;   /* bundle or again: what delivers the payloads */
    bool has_root;
    struct swt_envelope root_envelope;
    struct swt_root *root;
    struct swt_envelope targets_envelope;
    struct swt_targets *targets;
    const struct swt_progress *progress; /* of what is done with the payloads; set by the job */
};
/* Takes reader over. kind is one of the two bundles. */
int swt_bundle_source_open(struct swt_reader *reader, enum swt_kind kind, bool allow_unknown,
                           struct swt_bundle_source *ret_source, struct swt_error *err) SWT_CHECKED;
/* The rules of root and targets: what breaks them is no input for any job but dump. */
int swt_bundle_source_check(const struct swt_bundle_source *source,
                            struct swt_error *err) SWT_CHECKED;
void swt_bundle_source_done(struct swt_bundle_source *source);

#endif
