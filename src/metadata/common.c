/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#define NANOS_MAX 999999999

bool swt_common_expired(const struct swt_common *common, int64_t now) {
    if (!common->has_expires || now < common->expires)
        return false;
    return now > common->expires || common->expires_nanos <= 0;
}

struct swt_common swt_common_of(const Tuf__CommonMetadata *message) {
    struct swt_common common = {0};
    if (message == NULL)
        return common;
    common.spec_version = swt_message_slice(message->spec_version);
    common.version = message->version;
    common.has_role = message->has_role;
    common.role = swt_message_slice(message->role);
    if (message->expires != NULL) {
        common.has_expires = true;
        common.expires = message->expires->seconds;
        common.expires_nanos = message->expires->nanos;
    }
    return common;
}

void swt_common_init(Tuf__CommonMetadata *common, const char *role) {
    tuf__common_metadata__init(common);
    common->has_spec_version = true;
    common->spec_version = swt_message_binary(swt_slice_text(SWT_SPEC_VERSION));
    common->has_role = true;
    common->role = swt_message_binary(swt_slice_text(role));
}

void swt_common_set(Tuf__CommonMetadata *common, Tuf__Timestamp *expires_message, uint32_t version,
                    bool has_expires, int64_t expires) {
    common->has_version = true;
    common->version = version;
    common->expires = has_expires ? expires_message : NULL;
    expires_message->has_seconds = true;
    expires_message->seconds = expires;
    expires_message->has_nanos = false;
    expires_message->nanos = 0;
}

int swt_common_check(const struct swt_common *common, const char *role, enum swt_code code,
                     struct swt_error *err) {
    if (!common->has_role)
        return swt_fail(err, code, "the role is missing, expected '%s'", role);
    /* Without this, root metadata would pass as targets metadata: role confusion. */
    if (!swt_slice_equal(common->role, swt_slice_text(role)))
        return swt_fail(err, code, "the role is '%.*s', expected '%s'",
                        (int)(common->role.len < 64 ? common->role.len : 64),
                        common->role.len > 0 ? (const char *)common->role.data : "", role);
    if (common->has_expires && (common->expires_nanos < 0 || common->expires_nanos > NANOS_MAX))
        return swt_fail(err, code, "the expiry has %ld nanoseconds, expected 0 to %d",
                        (long)common->expires_nanos, NANOS_MAX);
    return 0;
}
