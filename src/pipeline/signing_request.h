/* SPDX-License-Identifier: Apache-2.0 */
/* A signing request (swupdate-signing(5)): what a person signs who sees neither the bundle nor the
 * machine that built it. Nothing in it is believed that its bytes do not support. */
#ifndef SWT_PIPELINE_SIGNING_REQUEST_H
#define SWT_PIPELINE_SIGNING_REQUEST_H

#include "signing.h"
#include "signing_json.h"
#include "source.h"

/* A quorum as the request has it. */
struct swt_claimed_quorum {
    const char *of; /* points into the JSON */
    struct swt_role role;
    struct swt_slice slices[SWT_MAX_KEYS]; /* role's key ids, in ids */
    uint8_t ids[SWT_MAX_KEYS][SWT_KEY_ID_SIZE];
};

struct swt_signing_request {
    struct swt_signing_file file;
    const char *role;
    struct swt_buf metadata;
    struct swt_buf user_manifest; /* empty: none */
    struct swt_root *root;        /* role root, else NULL */
    struct swt_root_source replaces;
    bool has_replaces;
    struct swt_targets *targets; /* role targets, else NULL */
    struct swt_claimed_quorum claimed[2];
    size_t claimed_count;
    struct swt_brought_signatures signatures;
    struct swt_envelope envelope; /* metadata with those signatures */
    /* Who may sign: of root metadata as its bytes say; of targets as the request says, until an
     * anchor has been asked, whose keys are then known. */
    struct swt_signing_quorums quorums;
    json_t *summary; /* derived */
};
/* Reads strictly, decodes the metadata, and derives the summary. SWT_E_SIGNING_REQUEST. */
int swt_signing_request_read(struct swt_slice bytes, const char *name,
                             struct swt_signing_request **ret_request,
                             struct swt_error *err) SWT_CHECKED;
void swt_signing_request_free(struct swt_signing_request *request);
void swt_signing_request_cleanup(struct swt_signing_request **request);
/* Whether the parts agree: rules of the role, SHA-256, user_manifest, quorums, signatures where the
 * keys are known, summary. SWT_E_SIGNING_REQUEST names the first that does not. */
int swt_signing_request_check(const struct swt_signing_request *request,
                              struct swt_error *err) SWT_CHECKED;
/* The signatures alone, by the keys of the quorums. */
int swt_signing_request_check_signatures(const struct swt_signing_request *request,
                                         struct swt_error *err) SWT_CHECKED;
/* Adds to document: role, sha256, summary (derived), quorums, signatures_checked, unknown, and for
 * targets user_manifest: whether it is there. */
int swt_signing_request_describe(const struct swt_signing_request *request, json_t *document,
                                 struct swt_error *err) SWT_CHECKED;

#endif
