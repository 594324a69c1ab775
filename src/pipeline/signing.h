/* SPDX-License-Identifier: Apache-2.0 */
/* Several signers over one envelope: who may sign, who already did, and the envelope that comes of
 * it. Shared by build, root and the forms of sign. */
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
/* The same in two steps (swt_signer_open_unproven). */
int swt_signers_open_unproven(const struct swt_key_sources *sources, struct swt_keyring *keyring,
                              struct swt_notices *notices, struct swt_signers *ret_signers,
                              struct swt_error *err) SWT_CHECKED;
int swt_signers_prove(const struct swt_signers *signers, struct swt_error *err) SWT_CHECKED;
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

/* The same keys, whatever their order, and the same threshold. */
bool swt_role_same(const struct swt_role *a, const struct swt_role *b);
/* "2 of 4f39…, 8c84…": the threshold, and whole ids, to be compared with what key show prints. */
int swt_role_text(const struct swt_role *role, struct swt_buf *ret_text,
                  struct swt_error *err) SWT_CHECKED;

/* A role that counts the signatures: of the targets, of root metadata, or of the old and the new
 * root. */
struct swt_signing_quorum {
    const char *of;              /* "targets", "root", "old" or "new" */
    const struct swt_root *root; /* whose keys; NULL: only their ids are known */
    const struct swt_role *role;
};
struct swt_signing_quorums {
    struct swt_signing_quorum items[2];
    size_t count;
};
/* Root metadata: its own role and, unless old is NULL, that of the root which it replaces. */
struct swt_signing_quorums swt_signing_quorums_of_root(const struct swt_root *root,
                                                       const struct swt_root *old);
struct swt_signing_roles swt_signing_roles_of(const struct swt_signing_quorums *quorums);
/* The key with that id when one of the roles lists it, else NULL. Only where the keys are known. */
const struct swt_root_key *swt_signing_quorums_key(const struct swt_signing_quorums *quorums,
                                                   struct swt_slice key_id);
/* What one signature over message is to the quorums: good, unlisted, of a bad length, or bad. Only
 * where the keys are known. */
int swt_signing_quorums_judge(const struct swt_signing_quorums *quorums, struct swt_slice message,
                              const struct swt_signature *signature,
                              enum swt_signature_state *ret_state,
                              struct swt_error *err) SWT_CHECKED;
/* The same of each signature of an envelope, and repeated, in the time of swt_quorum_count. */
struct swt_signature_states {
    enum swt_signature_state *items;
};
int swt_signing_quorums_count(const struct swt_signing_quorums *quorums,
                              const struct swt_envelope *envelope,
                              struct swt_signature_states *ret_states,
                              struct swt_error *err) SWT_CHECKED;
void swt_signature_states_done(struct swt_signature_states *states);
/* "is by a key that the role does not list": of a state that is not good. */
const char *swt_signature_state_text(enum swt_signature_state state);
/* Signing is no mistake, but no device will follow. */
int swt_signing_warn_of_rollback(const struct swt_root *root, const struct swt_root *old,
                                 struct swt_notices *notices, struct swt_error *err) SWT_CHECKED;
/* A list of what swt_json_quorum gives for each. */
int swt_json_quorums(const struct swt_signing_quorums *quorums, const struct swt_envelope *envelope,
                     json_t **ret_json, struct swt_error *err) SWT_CHECKED;

/* The signatures that an envelope is to have; what they point to is borrowed. */
struct swt_signature_list {
    struct swt_signature *items;
    size_t count;
};
/* Those of envelope, with room for so many more. */
int swt_signature_list_init(const struct swt_envelope *envelope, size_t room,
                            struct swt_signature_list *ret_list, struct swt_error *err) SWT_CHECKED;
void swt_signature_list_done(struct swt_signature_list *list);
/* Whether the key has signed message: 1 or 0. Its signatures that do not verify or that
 * were not tried, since too many are bad, never counted: they leave the list and are added to
 * *dropped. */
int swt_signature_list_has(struct swt_signature_list *list, struct swt_slice key_id,
                           const struct swt_key *key, struct swt_slice message, size_t *dropped,
                           struct swt_error *err) SWT_CHECKED;
/* SWT_E_METADATA when no more signatures could be read. */
int swt_signature_list_add(struct swt_signature_list *list, struct swt_signature signature,
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
 * not verify is dropped: it never counted. The order of the others stays. It is the last use of the
 * signers' keys, which are dropped: nothing of them is left in memory while the result is written.
 */
int swt_signers_sign(const struct swt_signers *signers, const struct swt_signing_subject *subject,
                     const struct swt_envelope *envelope, bool replace,
                     struct swt_signing_result *ret_result, struct swt_error *err) SWT_CHECKED;
/* What swt_signers_sign will make of the same, with zeros in the place of the signatures that it
 * will add: as long, and no key is used. */
int swt_signers_draft(const struct swt_signers *signers, const struct swt_envelope *envelope,
                      bool replace, struct swt_signing_result *ret_result,
                      struct swt_error *err) SWT_CHECKED;

#endif
