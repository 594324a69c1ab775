/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"
#include "stock.h"

#include <string.h>

static const struct swt_profile PROFILES[] = {
    {"generic", SWT_MAX_NAME, 0, UINT64_MAX, false},
    {"pigweed", 32, 1, UINT64_C(100) * 1024 * 1024, true},
};

const struct swt_profile *swt_profile_find(const char *name) {
    for (size_t i = 0; i < SWT_COUNT(PROFILES); i++)
        if (strcmp(PROFILES[i].name, name) == 0)
            return &PROFILES[i];
    return NULL;
}

int swt_profile_check_payload(const struct swt_profile *profile, struct swt_slice name,
                              uint64_t length, struct swt_error *err) {
    char size[SWT_SIZE_TEXT];
    char found[SWT_SIZE_TEXT];
    if (name.len > profile->max_name)
        return swt_fail(err, SWT_E_PROFILE,
                        "its name has %zu bytes, a device of profile %s takes %zu at most",
                        name.len, profile->name, profile->max_name);
    if (length < profile->min_payload)
        return swt_fail(err, SWT_E_PROFILE, "it is empty, which a device of profile %s refuses",
                        profile->name);
    if (length > profile->max_payload)
        return swt_fail(err, SWT_E_PROFILE, "it is %s, a device of profile %s takes %s at most",
                        swt_bytes_text(length, found), profile->name,
                        swt_size_text(profile->max_payload, size));
    return 0;
}

int swt_profile_check_key(const struct swt_profile *profile, const struct swt_key *key,
                          struct swt_error *err) {
    char type[16];
    if (!profile->only_p256 || key->type == SWT_KEY_P256)
        return 0;
    return swt_fail(err, SWT_E_PROFILE, "%s key: a device of profile %s knows ecdsa-p256 only",
                    swt_key_type_text(key, type), profile->name);
}

int swt_profile_check_version(const struct swt_profile *profile, const struct swt_root *root,
                              struct swt_error *err) {
    if (!profile->only_p256 || root->common.version != 0)
        return 0;
    return swt_fail(err, SWT_E_PROFILE, "root version 0 is refused by a device of profile %s",
                    profile->name);
}

int swt_profile_check_reading(const struct swt_profile *profile, const struct swt_root_source *root,
                              struct swt_error *err) {
    char reason[SWT_STOCK_REASON];
    if (!profile->only_p256)
        return 0;
    int rc = swt_stock_check_root(swt_buf_slice(&root->bytes), root->root->common.version != 0,
                                  reason, err);
    if (rc < 0 || reason[0] == '\0')
        return rc;
    return swt_fail(err, SWT_E_PROFILE, "the root is refused by a device of profile %s: %s",
                    profile->name, reason);
}
