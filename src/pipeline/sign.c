/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign: adds signatures to a bundle or to root metadata. Nothing is signed unseen, and a bundle is
 * copied only once: the copy begins under a draft of its envelope, as long as the signed one, and
 * when the last payload was copied and matched, the keys sign, and their envelope takes its place.
 */
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

static int check_listed(const struct swt_sign_subject *subject, const struct swt_signers *signers,
                        struct swt_error *err) {
    struct swt_signing_roles roles = swt_signing_roles_of(&subject->quorums);
    return subject->quorums.count == 0
               ? 0
               : swt_signers_check_listed(signers, &roles, subject->signing.role, err);
}

static int warn(const struct swt_sign_subject *subject, const struct swt_signers *signers,
                struct swt_notices *notices, struct swt_error *err) {
    if (subject->quorums.count == 0)
        return swt_notices_add(notices, err, SWT_WARNING,
                               "the bundle holds no root and --root was not given: nothing tells "
                               "whether the key may sign");
    int rc = swt_sign_subject_warn_of_rollback(subject, notices, err);
    return rc < 0 ? rc : warn_of_other_root(subject, signers, notices, err);
}

struct job {
    const struct swt_sign_options *options;
    struct swt_notices *notices;
    struct swt_sign_subject subject;
    struct swt_signers signers;
    struct swt_signing_result draft;
    struct swt_signing_result result;
    json_t *document;
};

static void job_done(struct job *job) {
    json_decref(job->document);
    swt_signing_result_done(&job->result);
    swt_signing_result_done(&job->draft);
    swt_signers_done(&job->signers);
    swt_sign_subject_done(&job->subject);
}

/* What needs no payload is told before gigabytes are read. Of a token's key whose public part was
 * given, the proof is a signature: it comes when the others do. */
static int open_signers(struct job *job, struct swt_error *err) {
    int rc = swt_signers_open_unproven(&job->options->keys, job->options->keyring, job->notices,
                                       &job->signers, err);
    return rc < 0 ? rc : check_listed(&job->subject, &job->signers, err);
}

static int draft(struct job *job, struct swt_error *err) {
    int rc = swt_signers_draft(&job->signers, swt_sign_subject_envelope(&job->subject),
                               job->options->replace, &job->draft, err);
    if (rc < 0 && err->code == SWT_E_METADATA) /* no room for a signature */
        return swt_error_file(err, job->options->file);
    return rc;
}

static int note_dropped(struct job *job, struct swt_error *err) {
    size_t dropped = job->result.dropped;
    if (dropped == 0 || json_array_size(job->result.added) == 0)
        return 0;
    return swt_notices_add(job->notices, err, SWT_NOTE,
                           "%zu signature%s of the same key did not verify and %s dropped", dropped,
                           dropped == 1 ? "" : "s", dropped == 1 ? "was" : "were");
}

/* Every payload matched: what there is to warn of concerns a bundle that gets signed. */
static int sign(void *context, struct swt_slice *ret_envelope, struct swt_error *err) {
    struct job *job = context;
    int rc = warn(&job->subject, &job->signers, job->notices, err);
    if (rc == 0)
        rc = swt_signers_prove(&job->signers, err);
    if (rc == 0)
        rc = swt_signers_sign(&job->signers, &job->subject.signing,
                              swt_sign_subject_envelope(&job->subject), job->options->replace,
                              &job->result, err);
    if (rc == 0)
        rc = note_dropped(job, err);
    if (rc == 0)
        rc = swt_sign_subject_document(&job->subject, &job->result, job->options->output,
                                       &job->document, err);
    if (rc == 0)
        *ret_envelope = swt_buf_slice(&job->result.envelope);
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

static int check_names(const struct swt_sign_options *options, struct swt_error *err) {
    int rc = swt_output_spares_keys(options->output, &options->keys, err);
    if (rc == 0)
        rc = swt_output_spares(options->output, options->root, "the root of --root", err);
    if (rc == 0)
        rc = check_log(options, err);
    return rc < 0 ? rc : swt_sign_in_place_check(options->file, options->output, err);
}

int swt_sign(const struct swt_sign_options *options, struct swt_notices *notices,
             json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(job_done) struct job job = {.options = options, .notices = notices};
    const struct swt_sign_seal seal = {sign, &job};
    if (options->keys.count == 0)
        return swt_fail(err, SWT_E_USAGE, "no key was given: --key URI");
    int rc = check_names(options, err);
    if (rc == 0)
        rc = swt_sign_subject_open(options->file, options->role, options->root, options->progress,
                                   &job.subject, err);
    if (rc == 0)
        rc = open_signers(&job, err);
    if (rc == 0)
        rc = draft(&job, err);
    if (rc == 0)
        rc = swt_sign_subject_write(&job.subject, &job.draft, &seal, options->output, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(job.document);
    return rc;
}
