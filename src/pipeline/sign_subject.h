/* SPDX-License-Identifier: Apache-2.0 */
/* What is signed, and who may sign it: FILE of sign, in each form that takes one. Nothing that is
 * broken comes out of swt_sign_subject_open, so that nothing broken is signed or sent round. */
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
    struct swt_buf user_manifest;       /* the bundle's payload of that name */
    /* What the above points into. */
    bool is_bundle;
    struct swt_bundle_source bundle;
    struct swt_root_source root_file;
    struct swt_root_source other_root; /* --root */
    bool has_other_root;
    char *product;
};
/*
 * Opens file, which must be seekable. role: NULL for what the file is. root: for root metadata the
 * root that it replaces, for a bundle without a root who may sign; NULL: not given. The payloads
 * are compared with the metadata, which tells progress (may be NULL), and rules are checked.
 * Strings stay those of the caller.
 */
int swt_sign_subject_open(const char *file, const char *role, const char *root,
                          const struct swt_progress *progress, struct swt_sign_subject *ret_subject,
                          struct swt_error *err) SWT_CHECKED;
void swt_sign_subject_done(struct swt_sign_subject *subject);

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
/* Writes the file with result's envelope; nothing when it has nothing to add and output is NULL. */
int swt_sign_subject_write(struct swt_sign_subject *subject,
                           const struct swt_signing_result *result, const char *output,
                           struct swt_error *err) SWT_CHECKED;

#endif
