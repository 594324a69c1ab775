/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle's payloads read once more in the order of its metadata: compared with it, or copied into
 * another bundle while they are compared. For the jobs that change what is around the payloads. */
#ifndef SWT_PIPELINE_PAYLOADS_H
#define SWT_PIPELINE_PAYLOADS_H

#include "source.h"

/* What is done with payloads that the bundle leaves out (personalisation). */
enum swt_left_out { SWT_LEFT_OUT_REFUSED, SWT_LEFT_OUT_KEPT };

/*
 * Compares every payload with the metadata, to the end of the bundle; SWT_E_PAYLOAD names the one
 * that differs. ret_user_manifest (may be NULL) gets the first payload when it is a user_manifest
 * of at most SWT_MAX_USER_MANIFEST bytes. The source must be seekable when it is read again. Of its
 * progress this is the stage "read", and copying is "write".
 */
int swt_payloads_check(struct swt_bundle_source *source, enum swt_left_out left_out,
                       struct swt_buf *ret_user_manifest, struct swt_error *err) SWT_CHECKED;
/* The same where payloads may be left out, and are told: ret_present has a member for each target.
 */
int swt_payloads_survey(struct swt_bundle_source *source, bool *ret_present,
                        struct swt_buf *ret_user_manifest, struct swt_error *err) SWT_CHECKED;
/* Back to the first payload. Only for seekable sources. */
int swt_payloads_rewind(struct swt_bundle_source *source, struct swt_error *err) SWT_CHECKED;

/* Which payloads a copy shall go without. */
struct swt_payload_choice {
    /* Asked for each target in the metadata's order, before its payload is read; the payloads
     * before it matched. present: the source holds it. A copy never holds what the source lacks. */
    int (*leave_out)(void *context, const struct swt_target *target, bool present,
                     bool *ret_leave_out, struct swt_error *err);
    void *context;
};
/* A copy of the source's payloads under another head. */
struct swt_payload_copy {
    const struct swt_bundle_plan *plan; /* the head */
    enum swt_left_out left_out;
    const struct swt_payload_choice *choice; /* what it leaves out must match, too; NULL: nothing */
    struct swt_buf *user_manifest;           /* filled as in swt_payloads_check; may be NULL */
    /* Asked when every payload matched and nobody sees the copy yet: *plan is the head so far, and
     * gets other envelopes of the same lengths. For files only (swt_writer_makes_file). May be
     * NULL. */
    int (*seal)(void *context, struct swt_bundle_plan *plan, struct swt_error *err);
    void *context;
};
/* Writes it to output, and commits it when every payload matched. ret_size gets its size. */
int swt_payloads_copy(struct swt_bundle_source *source, const struct swt_payload_copy *copy,
                      const char *output, uint64_t *ret_size, struct swt_error *err) SWT_CHECKED;

#endif
