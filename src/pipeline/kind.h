/* SPDX-License-Identifier: Apache-2.0 */
/* Which file is what (swupdate-bundle(5), "Which file is what"): content tells, never the name. */
#ifndef SWT_PIPELINE_KIND_H
#define SWT_PIPELINE_KIND_H

#include "swt/base.h"
#include "swt/io.h"

/* What the schema of the JSON kinds starts with; a version follows. */
#define SWT_SIGNING_REQUEST_SCHEMA "swupdate-tool/signing-request/"
#define SWT_SIGNING_RESPONSE_SCHEMA "swupdate-tool/signing-response/"
#define SWT_AUDIT_LOG_SCHEMA "swupdate-tool/audit/"
/* A request or a response is never larger. */
#define SWT_MAX_SIGNING_JSON ((size_t)16 * 1024 * 1024)

enum swt_kind {
    SWT_KIND_TAR_BUNDLE,
    SWT_KIND_UPDATE_BUNDLE,
    SWT_KIND_ROOT,            /* SignedRootMetadata */
    SWT_KIND_DEVICE_MANIFEST, /* Manifest */
    SWT_KIND_SIGNING_REQUEST, /* JSON that says so in its schema, as the next ones */
    SWT_KIND_SIGNING_RESPONSE,
    SWT_KIND_AUDIT_LOG /* as long as it is no larger than these */
};
const char *swt_kind_name(enum swt_kind kind); /* "a tar bundle", … */
bool swt_kind_is_bundle(enum swt_kind kind);

/*
 * The kind of the file, which is left at its start. A stream that can't seek is taken for a tar
 * bundle, the one kind that is read once in order. What fits none is SWT_E_FILE_KIND.
 */
int swt_kind_detect(struct swt_reader *reader, enum swt_kind *ret_kind,
                    struct swt_error *err) SWT_CHECKED;
/* The same for jobs that take some kinds only, which expected lists for the error: "a bundle or
 * root metadata". The kind that is found may be another one. */
int swt_kind_detect_among(struct swt_reader *reader, const char *expected, enum swt_kind *ret_kind,
                          struct swt_error *err) SWT_CHECKED;
/* The same where root metadata, or a bundle that holds it, is expected: an UpdateBundle has one of
 * its own fields, wherever it stands; all else is read as SignedRootMetadata. Seekable readers
 * only. */
int swt_kind_of_root_file(struct swt_reader *reader, enum swt_kind *ret_kind,
                          struct swt_error *err) SWT_CHECKED;
/* The same where a bundle is expected: tar when it has tar's magic, else UpdateBundle. */
int swt_kind_of_bundle(struct swt_reader *reader, enum swt_kind *ret_kind,
                       struct swt_error *err) SWT_CHECKED;
/* swt_kind_detect for jobs that take bundles only: SWT_E_FILE_KIND names what the file is. */
int swt_kind_expect_bundle(struct swt_reader *reader, enum swt_kind *ret_kind,
                           struct swt_error *err) SWT_CHECKED;

/* Whether the file is text, as far as its first MiB shows: UTF-8 without control characters but
 * tabs and the ends of lines. No tar bundle is, and no message that holds a signature or a target:
 * their headers and tags are such characters. The file is left at its start. */
int swt_kind_is_text(struct swt_reader *reader, bool *ret_text, struct swt_error *err) SWT_CHECKED;

/* For kind.c: 1 and its kind when the file is JSON of ours, 0 when it is not. Also JSON that ends
 * early or is broken elsewhere, so that its reader can say where. Moves the reader. */
int swt_kind_detect_json(struct swt_reader *reader, enum swt_kind *ret_kind,
                         struct swt_error *err) SWT_CHECKED;
/* The same for bytes in memory. */
int swt_kind_of_json(struct swt_slice bytes, enum swt_kind *ret_kind,
                     struct swt_error *err) SWT_CHECKED;

#endif
