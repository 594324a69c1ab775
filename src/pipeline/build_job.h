/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one build, shared by its stages: plan (build_plan.c: what goes in, all checks that
 * need no payload byte) and build (build.c: read, sign, write). */
#ifndef SWT_PIPELINE_BUILD_JOB_H
#define SWT_PIPELINE_BUILD_JOB_H

#include "profile.h"
#include "signing.h"
#include "source.h"

#include "swt/manifest.h"
#include "swt/pipeline.h"
#include "swt/targets.h"

struct swt_build_job {
    const struct swt_build_options *options;
    struct swt_notices *notices;
    struct swt_manifest *manifest;
    int64_t now;
    enum swt_format format;
    const struct swt_profile *profile; /* its limits are errors, or with advice_only warnings */
    bool advice_only;
    bool has_root;
    const char *root_path;
    struct swt_root_source root;
    struct swt_signers signers;
    struct swt_payload *payloads;               /* in bundle order */
    const struct swt_manifest_target **origins; /* of each payload; NULL: generated */
    size_t payload_count;
    struct swt_buf metadata; /* the TargetsMetadata */
};
void swt_build_job_done(struct swt_build_job *job);

/* Reads manifest and root, lists the payloads, refuses what can be refused unread. */
int swt_build_plan(struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;
/* The TargetsMetadata of the payloads as measured so far, appended to ret_bytes. */
int swt_build_encode(const struct swt_build_job *job, struct swt_buf *ret_bytes,
                     struct swt_error *err) SWT_CHECKED;
/* The size of the whole bundle, and its limits in the container and in the manifest. */
int swt_build_check_bundle(const struct swt_build_job *job, const struct swt_bundle_plan *plan,
                           uint64_t *ret_size, struct swt_error *err) SWT_CHECKED;
/* The size and profile limits of one payload; position and name are added to the error. */
int swt_build_check_size(const struct swt_build_job *job, size_t index, uint64_t size,
                         struct swt_error *err) SWT_CHECKED;
/* Where the profile was not asked for, an error of it becomes a warning: 0. All else stays. */
int swt_build_advise(const struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;
/* Moves an error to the manifest's node that named the file; returns -err->code. */
int swt_build_error_in(struct swt_error *err, const struct swt_node *node);
/* Adds the target's name and its place in the manifest to an error; returns -err->code. */
int swt_build_error_at(const struct swt_build_job *job, size_t index, struct swt_error *err);

#endif
