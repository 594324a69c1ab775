/* SPDX-License-Identifier: Apache-2.0 */
/* What is signed, and who may sign it: FILE of sign, in each form that takes one. Nothing broken is
 * signed or sent round: no broken metadata comes out of swt_sign_subject_open, and the payloads are
 * compared before a key is used (swt_sign_subject_write) or a request is made. */
#ifndef SWT_PIPELINE_SIGN_SUBJECT_H
#define SWT_PIPELINE_SIGN_SUBJECT_H

#include "signing.h"
#include "source.h"

struct swt_sign_subject {
    const char *file;
    const struct swt_progress *progress;
    struct swt_signing_subject signing; /* role, product and version */
    const struct swt_targets *targets;  /* with the role targets; else NULL */
    const struct swt_root *own_root;    /* the root metadata, or the bundle's; NULL: none */
    struct swt_signing_quorums quorums; /* none: nothing tells who may sign */
    struct swt_buf user_manifest; /* the bundle's payload of that name, once it was compared */
    /* What the above points into. */
    bool is_bundle;
    struct swt_bundle_source bundle;
    struct swt_root_source root_file;
    struct swt_root_source other_root; /* --root */
    bool has_other_root;
    char *product; /* of the user_manifest */
};
/*
 * Opens file, which must be seekable. role: NULL for what the file is. root: for root metadata the
 * root that it replaces, for a bundle without a root who may sign; NULL: not given. Metadata is
 * decoded, and its rules are checked; of the payloads nothing is read yet. progress (may be NULL)
 * is told of those. Strings stay those of the caller.
 */
int swt_sign_subject_open(const char *file, const char *role, const char *root,
                          const struct swt_progress *progress, struct swt_sign_subject *ret_subject,
                          struct swt_error *err) SWT_CHECKED;
void swt_sign_subject_done(struct swt_sign_subject *subject);
/* Compares the payloads of a bundle with the metadata, once, for who does not write it. */
int swt_sign_subject_check(struct swt_sign_subject *subject, struct swt_error *err) SWT_CHECKED;

/* What is signed, with the signatures there are. */
const struct swt_envelope *swt_sign_subject_envelope(const struct swt_sign_subject *subject);
bool swt_sign_subject_is_root(const struct swt_sign_subject *subject);
/* The root that root metadata replaces, as --root gave it; NULL: none. */
const struct swt_root_source *swt_sign_subject_replaces(const struct swt_sign_subject *subject);
/* SWT_E_USAGE that names --root where nothing tells who may sign. */
int swt_sign_subject_need_quorums(const struct swt_sign_subject *subject,
                                  struct swt_error *err) SWT_CHECKED;
/* Root metadata whose version is not higher than that of the root it replaces. */
int swt_sign_subject_warn_of_rollback(const struct swt_sign_subject *subject,
                                      struct swt_notices *notices,
                                      struct swt_error *err) SWT_CHECKED;
/* Whether --root was given where the bundle's own root decides who may sign. */
bool swt_sign_subject_overrules(const struct swt_sign_subject *subject);

/* SWT_E_USAGE for standard input, which cannot be replaced. */
int swt_sign_in_place_check(const char *file, const char *output,
                            struct swt_error *err) SWT_CHECKED;
/* {file, role, added, already, written, quorums}: of the envelope that is written to output (NULL:
 * in place), or stays. */
int swt_sign_subject_document(const struct swt_sign_subject *subject,
                              const struct swt_signing_result *result, const char *output,
                              json_t **ret_document, struct swt_error *err) SWT_CHECKED;
/* What there is to do between the last payload that matched and the commit of the file. */
struct swt_sign_seal {
    /* Gives the envelope that takes the draft's place, as long as that one; borrowed. */
    int (*make)(void *context, struct swt_slice *ret_envelope, struct swt_error *err);
    void *context;
};
/*
 * Writes the file with draft's envelope to output (NULL: in place); nothing when it has nothing to
 * add and output is NULL. Whatever is written, seal (NULL: the draft is final) is asked only when
 * all payloads were compared: while they are copied, or before where output is no regular file, to
 * which nothing goes that does not match. A seal that fails leaves the old file.
 */
int swt_sign_subject_write(struct swt_sign_subject *subject, const struct swt_signing_result *draft,
                           const struct swt_sign_seal *seal, const char *output,
                           struct swt_error *err) SWT_CHECKED;

#endif
