/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit log: a line before a key is used, one with what came of it. audit.c writes,
 * audit_line.c says what a line is, audit_read.c judges a log.
 */
#ifndef SWT_SIGNATURE_AUDIT_H
#define SWT_SIGNATURE_AUDIT_H

#include "backend.h"

#include "swt/io.h"

#include <jansson.h>

#define SWT_AUDIT_SCHEMA "swupdate-tool/audit/1"
#define SWT_AUDIT_MAX_LINE ((size_t)64 * 1024) /* without the newline */
#define SWT_AUDIT_SIGNED "signed"
#define SWT_AUDIT_FAILED "failed"

/* A SHA-256 (of a line: without its newline) in lower-case hex. */
#define SWT_AUDIT_HASH SWT_HEX_SIZE(SWT_SHA256_SIZE)
/* What the first line names as the line before. */
#define SWT_AUDIT_NO_LINE "0000000000000000000000000000000000000000000000000000000000000000"

/* ---- writing ----------------------------------------------------------------------------- */

/* One use of a key, from its first line to its second. */
struct swt_audit {
    struct swt_appender *log; /* NULL: none is kept */
    json_t *entry;            /* the members of the first line */
    char begin[SWT_AUDIT_HASH];
};
void swt_audit_done(struct swt_audit *audit);
/* That a log is there which can be appended to, or none yet: to be told before anybody enters a
 * PIN. path NULL: no log is kept. */
int swt_audit_ready(const char *path, struct swt_error *err) SWT_CHECKED;
/*
 * The line before the key is used. It is on storage when this returns 0; else the key may not be
 * used. What of uri can hold a secret stays out.
 */
int swt_audit_begin(const char *path, const struct swt_key_uri *uri, const uint8_t *key_id,
                    const struct swt_signing_subject *subject, struct swt_slice message,
                    struct swt_audit *ret_audit, struct swt_error *err) SWT_CHECKED;
/* The line after it: failure, or the raw signature when that is NULL, which may not leave unless
 * this returns 0. Also after a signal that asks to stop. */
int swt_audit_end(struct swt_audit *audit, const struct swt_error *failure,
                  struct swt_slice signature, struct swt_error *err) SWT_CHECKED;

/* ---- one line ---------------------------------------------------------------------------- */

struct swt_audit_line {
    json_t *object;       /* owns the texts */
    const char *previous; /* a hash */
    const char *begin;    /* of the line that it is the outcome of; NULL: it is a first line */
    int64_t time;
    bool is_signed; /* the outcome is a signature */
};
void swt_audit_line_done(struct swt_audit_line *line);
/* SWT_E_AUDIT_LOG, with what is wrong, unless bytes are what audit.c writes. */
int swt_audit_line_parse(struct swt_slice bytes, struct swt_audit_line *ret_line,
                         struct swt_error *err) SWT_CHECKED;
/* Appends the one encoding of the object. */
int swt_audit_line_encode(const json_t *object, struct swt_buf *ret_bytes,
                          struct swt_error *err) SWT_CHECKED;
/* The SHA-256 of the members that both lines of a use have alike: whose they are and what for. */
int swt_audit_line_use(const struct swt_audit_line *line, char ret_hash[SWT_AUDIT_HASH],
                       struct swt_error *err) SWT_CHECKED;
int swt_audit_hash(struct swt_slice bytes, char ret_hash[SWT_AUDIT_HASH],
                   struct swt_error *err) SWT_CHECKED;

void swt_audit_json_cleanup(json_t **json);

#endif
