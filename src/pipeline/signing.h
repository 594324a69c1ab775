/* SPDX-License-Identifier: Apache-2.0 */
/* Several signers over one envelope: who may sign, who already did, and the envelope that comes of
 * it. Shared by build, sign and root. */
#ifndef SWT_PIPELINE_SIGNING_H
#define SWT_PIPELINE_SIGNING_H

#include "swt/pipeline.h"

#include "swt/base.h"
#include "swt/signature.h"

struct swt_signers {
    struct swt_signer **items;
    size_t count;
};
/* One more signer; signers may be zeroed. */
int swt_signers_add(struct swt_signers *signers, const struct swt_key_source *source,
                    struct swt_keyring *keyring, struct swt_notices *notices,
                    struct swt_error *err) SWT_CHECKED;
int swt_signers_open(const struct swt_key_sources *sources, struct swt_keyring *keyring,
                     struct swt_notices *notices, struct swt_signers *ret_signers,
                     struct swt_error *err) SWT_CHECKED;
void swt_signers_done(struct swt_signers *signers);

/* The keys that may sign: the roles of one root, or of the old and the new one. */
struct swt_signing_roles {
    const struct swt_role *items[2];
    size_t count;
};
/* SWT_E_KEY_NOT_LISTED unless each signer's key is listed by one of the roles. name is the role's.
 */
int swt_signers_check_listed(const struct swt_signers *signers,
                             const struct swt_signing_roles *roles, const char *name,
                             struct swt_error *err) SWT_CHECKED;

/* What signing did, for the document. */
struct swt_signing_result {
    struct swt_buf envelope; /* the encoded envelope with all signatures */
    json_t *added;           /* key ids */
    json_t *already;
    size_t dropped; /* signatures of the signers' keys that did not verify */
};
void swt_signing_result_done(struct swt_signing_result *result);
/*
 * Signs envelope's metadata, which is subject's, with each signer, unless its key's signature is
 * there and verifies (replace: it is dropped and made anew). A signature of the same key that does
 * not verify is dropped: it never counted. The order of the others stays.
 */
int swt_signers_sign(const struct swt_signers *signers, const struct swt_signing_subject *subject,
                     const struct swt_envelope *envelope, bool replace,
                     struct swt_signing_result *ret_result, struct swt_error *err) SWT_CHECKED;

#endif
