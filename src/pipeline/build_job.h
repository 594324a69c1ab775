/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of one build, shared by its stages: plan (build_plan.c, build_payloads.c,
 * build_names.c, build_limits.c: what goes in, all checks that need no payload byte); then either
 * pack (build_pack.c: into a file, each payload is hashed while it is copied), or measure
 * (build_measure.c: lengths and hashes) and write (build_write.c: to a pipe). build.c has them in
 * order. What only wants to know what a bundle would be plans and measures, with neither output nor
 * keys nor keyring.
 */
#ifndef SWT_PIPELINE_BUILD_JOB_H
#define SWT_PIPELINE_BUILD_JOB_H

#include "profile.h"
#include "sbom.h"
#include "signing.h"
#include "source.h"

#include "swt/manifest.h"
#include "swt/pipeline.h"
#include "swt/targets.h"

#define SWT_RELEASE_NOTES "release_notes"

/* Why a payload is there. */
struct swt_build_origin {
    const struct swt_manifest_target *target; /* NULL: notes, SBOM, or generated */
    const struct swt_node *node;              /* the place in the manifest; NULL: generated */
    const char *file; /* as the manifest names it, or the match of a pattern; NULL: generated */
    bool misnamed;    /* a fault of its name was kept: it is compared with no other name */
    bool unreadable;  /* a fault of its file was kept: it has no length and no hash */
    uint64_t judged;  /* its length, as it was last held against the limits */
    uint64_t judged_original;
};

struct swt_build_job {
    const struct swt_build_options *options;
    struct swt_notices *notices;
    struct swt_faults *faults; /* NULL: the first fault is the end; else it is kept here */
    struct swt_manifest *manifest;
    int64_t now; /* the caller's: what is past is warned of */
    enum swt_format format;
    const struct swt_profile *profile; /* its limits are errors, or with advice_only warnings */
    bool advice_only;
    bool has_root; /* false, too, where a fault of the root was kept */
    const char *root_path;
    struct swt_root_source root;
    const struct swt_root *recorded_root; /* in user_manifest in the place of root; or NULL */
    struct swt_signers signers;
    struct swt_spool *spool;          /* of what is compressed */
    struct swt_payload *payloads;     /* in bundle order */
    struct swt_build_origin *origins; /* of each payload */
    size_t payload_count;
    bool unlisted;  /* patterns that were not looked at have more */
    bool generated; /* the first payload is the user_manifest that we write */
    bool has_sbom;  /* it is the last payload */
    struct swt_sbom sbom;
    bool oversize;                     /* that the bundle is too large was kept */
    struct swt_buf metadata;           /* the TargetsMetadata, once measured */
    struct swt_buf root_envelope;      /* as it goes into the bundle */
    struct swt_signing_result signing; /* of metadata; before all is measured, a draft of it */
    uint64_t size;                     /* of the bundle, once there is a draft */
};
void swt_build_job_done(struct swt_build_job *job);

/*
 * Reads manifest and root, lists the payloads, refuses what can be refused unread. With faults
 * all that would be refused is kept, and 0 returned; an error then is a command line that is
 * wrong, a manifest that is no YAML, or the system's. A manifest with faults lacks members
 * (swt_manifest_options), and so does the job.
 */
int swt_build_plan(struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;
/* Reads each payload once: lengths, hashes, pins, and the metadata that says so. The same with
 * faults; then there is metadata only where no fault was kept, here or before. */
int swt_build_measure(struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;
/* Of all that, what the size of the bundle takes: what is compressed, and the user_manifest that we
 * write, whose bytes say nothing of the others. The metadata has zeros for hashes that are not
 * known. The first fault is the one that swt_build_measure would find. For who keeps no faults. */
int swt_build_measure_compressed(struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;
/* The file that was read is the one that the manifest wants. */
int swt_build_check_pin(const struct swt_build_job *job, size_t index,
                        struct swt_error *err) SWT_CHECKED;

/* Signs the metadata, or, as a draft, leaves zeros where signatures will be, and judges the size of
 * the whole bundle (build.c). */
int swt_build_sign(struct swt_build_job *job, bool draft, struct swt_error *err) SWT_CHECKED;
/* What stands before the payloads; borrowed from the job. */
struct swt_bundle_plan swt_build_bundle_plan(const struct swt_build_job *job);
/* In place of swt_build_measure, swt_build_sign and swt_build_write, where the output is a regular
 * file: reads each payload once. The caller commits *ret_writer. */
int swt_build_pack(struct swt_build_job *job, struct swt_writer **ret_writer,
                   struct swt_error *err) SWT_CHECKED;
/* Writes what was measured and signed to any output: reads each payload again. Likewise. */
int swt_build_write(struct swt_build_job *job, struct swt_writer **ret_writer,
                    struct swt_error *err) SWT_CHECKED;

/* Which payloads, from what (build_payloads.c). Needs no more than options, faults and manifest:
 * no payload is looked at, but the folders of patterns are. */
int swt_build_list_payloads(struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;

/* ---- stages, and what they share ----------------------------------------------------------- */

/* Begins the stage of progress that writes all payloads; how many bytes they have. */
uint64_t swt_build_begin_write(const struct swt_build_job *job);

/* The JSON of a user_manifest that stands before the other payloads, as they are measured so far;
 * root may be NULL. */
int swt_build_write_user_manifest(const struct swt_build_job *job, const struct swt_root *root,
                                  struct swt_buf *ret_json, struct swt_error *err) SWT_CHECKED;
/* Writes it into the first payload, when it is the generated one. */
int swt_build_generate(struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;
/* The manifest's key of that index, with what the options say of it. */
struct swt_key_source swt_build_manifest_key(const struct swt_build_job *job, size_t index);
/* That nothing is written onto what is read, nor onto itself (build_files.c). */
int swt_build_check_outputs(const struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;
/* The rule for the output: all that was read, but for what the system or a token keeps. */
int swt_build_depfile(const struct swt_build_job *job, struct swt_buf *ret_text,
                      struct swt_error *err) SWT_CHECKED;
/* What the names are by themselves and to each other (build_names.c). */
int swt_build_check_names(struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;
/* Sizes by stat: what is over its budget is told before gigabytes are read and a key is used. */
int swt_build_check_sizes(struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;

/* Reads the SBOM, when there is one; after the sizes (build_sbom.c). */
int swt_build_read_sbom(struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;
/* What it says of the payloads, which are measured, against what they are. */
int swt_build_check_sbom(struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;

/* The TargetsMetadata of the payloads as measured so far, without those that are misnamed,
 * appended to ret_bytes. */
int swt_build_encode(const struct swt_build_job *job, struct swt_buf *ret_bytes,
                     struct swt_error *err) SWT_CHECKED;
/* The size of the whole bundle, and its limits in the container and in the manifest. */
int swt_build_check_bundle(const struct swt_build_job *job, const struct swt_bundle_plan *plan,
                           uint64_t *ret_size, struct swt_error *err) SWT_CHECKED;
/* The same before anything is signed; a fault is kept. */
int swt_build_check_unsigned(struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;
/* The max_size of one payload, by the size of its file; position and name are in the error. */
int swt_build_check_max_size(const struct swt_build_job *job, size_t index, uint64_t size,
                             struct swt_error *err) SWT_CHECKED;
/* The profile's limits of a payload of that length in the bundle; likewise. */
int swt_build_check_profile(const struct swt_build_job *job, size_t index, uint64_t length,
                            struct swt_error *err) SWT_CHECKED;
/* Where the profile was not asked for, an error of it becomes a warning: 0. All else stays. */
int swt_build_advise(const struct swt_build_job *job, struct swt_error *err) SWT_CHECKED;
/* Moves an error to the manifest's node that named the file; returns -err->code. */
int swt_build_error_in(struct swt_error *err, const struct swt_node *node);
/* What follows the last slash of path. */
const char *swt_build_base_name(const char *path);
/* Adds the target's name and its place in the manifest to an error; returns -err->code. */
int swt_build_error_at(const struct swt_build_job *job, size_t index, struct swt_error *err);

#endif
