/* SPDX-License-Identifier: Apache-2.0 */
/* Device profiles: the limits of one kind of device (swupdate-manifest(5), "profile"). */
#ifndef SWT_PIPELINE_PROFILE_H
#define SWT_PIPELINE_PROFILE_H

#include "source.h"

#include "swt/base.h"
#include "swt/metadata.h"

struct swt_profile {
    const char *name;
    size_t max_name;      /* bytes */
    uint64_t min_payload; /* bytes */
    uint64_t max_payload; /* bytes */
    bool only_p256;
};
/* NULL when there is none of that name. */
const struct swt_profile *swt_profile_find(const char *name);
/* What a payload, a root or a key exceeds: SWT_E_PROFILE. */
int swt_profile_check_payload(const struct swt_profile *profile, struct swt_slice name,
                              uint64_t length, struct swt_error *err) SWT_CHECKED;
int swt_profile_check_version(const struct swt_profile *profile, const struct swt_root *root,
                              struct swt_error *err) SWT_CHECKED;
int swt_profile_check_key(const struct swt_profile *profile, const struct swt_key *key,
                          struct swt_error *err) SWT_CHECKED;
/* The same of how the device reads a root and counts its signatures. */
int swt_profile_check_reading(const struct swt_profile *profile, const struct swt_root_source *root,
                              struct swt_error *err) SWT_CHECKED;

#endif
