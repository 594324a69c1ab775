/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two files of check that are about product manifests. */
#ifndef SWT_PIPELINE_CHECK_MANIFEST_H
#define SWT_PIPELINE_CHECK_MANIFEST_H

#include "build_job.h"
#include "policy.h"

/* Signatures as long as those that the keys will make, of zeros: what they add to a bundle. */
struct swt_blank_signatures {
    struct swt_signature *items;
    size_t count;
};
void swt_blank_signatures_done(struct swt_blank_signatures *blanks);

/*
 * The keys of signing.keys: whether each can be opened, fits the profile and is listed by the root.
 * Faults are kept in the job, warnings are notices of it; who would sign is put into the subject,
 * and a signature of each into the blanks. No passphrase is asked for: of a key that needs one, the
 * public part beside it is looked at.
 */
int swt_check_manifest_keys(struct swt_build_job *job, struct swt_policy_subject *subject,
                            struct swt_blank_signatures *blanks, struct swt_error *err) SWT_CHECKED;

#endif
