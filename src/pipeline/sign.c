/* SPDX-License-Identifier: Apache-2.0 */
/* sign: adds signatures to a bundle or to root metadata. Nothing is signed unseen: the payloads are
 * compared with the metadata before a key is used. */
#include "document.h"
#include "output.h"
#include "sign_subject.h"

/* The bundle's own root decides who may sign; whoever names another one should hear of it. */
static int warn_of_other_root(const struct swt_sign_subject *subject,
                              const struct swt_signers *signers, struct swt_notices *notices,
                              struct swt_error *err) {
    struct swt_error ignored;
    if (!swt_sign_subject_overrules(subject))
        return 0;
    struct swt_signing_roles roles = {{&subject->other_root.root->targets, NULL}, 1};
    if (swt_signers_check_listed(signers, &roles, subject->signing.role, &ignored) == 0)
        return 0;
    return swt_notices_add(notices, err, SWT_WARNING,
                           "the bundle's own root lists the key, the one of --root does not");
}

static int check_signers(const struct swt_sign_subject *subject, const struct swt_signers *signers,
                         struct swt_notices *notices, struct swt_error *err) {
    if (subject->quorums.count == 0)
        return swt_notices_add(notices, err, SWT_WARNING,
                               "the bundle holds no root and --root was not given: nothing tells "
                               "whether the key may sign");
    struct swt_signing_roles roles = swt_signing_roles_of(&subject->quorums);
    int rc = swt_signers_check_listed(signers, &roles, subject->signing.role, err);
    if (rc == 0)
        rc = swt_sign_subject_warn_of_rollback(subject, notices, err);
    return rc < 0 ? rc : warn_of_other_root(subject, signers, notices, err);
}

/* Opens the keys and signs. Whether there was something to add: result->added. */
static int sign_subject(const struct swt_sign_options *options,
                        const struct swt_sign_subject *subject, struct swt_notices *notices,
                        struct swt_signing_result *ret_result, struct swt_error *err) {
    SWT_CLEANUP(swt_signers_done) struct swt_signers signers = {0};
    int rc = swt_signers_open(&options->keys, options->keyring, notices, &signers, err);
    if (rc == 0)
        rc = check_signers(subject, &signers, notices, err);
    if (rc == 0)
        rc = swt_signers_sign(&signers, &subject->signing, swt_sign_subject_envelope(subject),
                              options->replace, ret_result, err);
    if (rc < 0 && err->code == SWT_E_METADATA) /* no room for a signature */
        return swt_error_file(err, options->file);
    if (rc == 0 && ret_result->dropped > 0 && json_array_size(ret_result->added) > 0)
        rc = swt_notices_add(notices, err, SWT_NOTE,
                             "%zu signature%s of the same key did not verify and %s dropped",
                             ret_result->dropped, ret_result->dropped == 1 ? "" : "s",
                             ret_result->dropped == 1 ? "was" : "were");
    return rc;
}

static int check_log(const struct swt_sign_options *options, struct swt_error *err) {
    const char *log = options->keyring->audit_log;
    int rc = swt_log_spares(log, options->file, "the file to sign", err);
    if (rc == 0)
        rc = swt_log_spares(log, options->output, "the output", err);
    if (rc == 0)
        rc = swt_log_spares(log, options->root, "the root of --root", err);
    return rc < 0 ? rc : swt_log_spares_keys(log, &options->keys, err);
}

int swt_sign(const struct swt_sign_options *options, struct swt_notices *notices,
             json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_sign_subject_done) struct swt_sign_subject subject = {0};
    SWT_CLEANUP(swt_signing_result_done) struct swt_signing_result result = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    if (options->keys.count == 0)
        return swt_fail(err, SWT_E_USAGE, "no key was given: --key URI");
    int rc = swt_output_spares_keys(options->output, &options->keys, err);
    if (rc == 0)
        rc = swt_output_spares(options->output, options->root, "the root of --root", err);
    if (rc == 0)
        rc = check_log(options, err);
    if (rc == 0)
        rc = swt_sign_in_place_check(options->file, options->output, err);
    if (rc == 0)
        rc = swt_sign_subject_open(options->file, options->role, options->root, options->progress,
                                   &subject, err);
    if (rc == 0)
        rc = sign_subject(options, &subject, notices, &result, err);
    if (rc == 0)
        rc = swt_sign_subject_document(&subject, &result, options->output, &document, err);
    if (rc == 0)
        rc = swt_sign_subject_write(&subject, &result, options->output, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
