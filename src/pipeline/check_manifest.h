/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two files of check that are about product manifests. */
#ifndef SWT_PIPELINE_CHECK_MANIFEST_H
#define SWT_PIPELINE_CHECK_MANIFEST_H

#include "build_job.h"
#include "policy.h"

/*
 * The keys of signing.keys: whether each can be opened, fits the profile and is listed by the root.
 * Faults are kept in the job, warnings are notices of it; who would sign is put into the subject.
 * No passphrase is asked for: of a key that needs one, the public part beside it is looked at.
 */
int swt_check_manifest_keys(struct swt_build_job *job, struct swt_policy_subject *subject,
                            struct swt_error *err) SWT_CHECKED;

#endif
