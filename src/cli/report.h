/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts that the text reports of several commands share. Each is rendered from the same JSON
 * document that --json prints, so that the two can't say different things.
 */
#ifndef SWT_CLI_REPORT_H
#define SWT_CLI_REPORT_H

#include "command.h"

/* Escape sequences for the terminal; all empty where no colour is wanted. */
struct swt_style {
    const char *good;
    const char *bad;
    const char *warning;
    const char *faint;
    const char *strong;
    const char *reset;
};
struct swt_style swt_style_of(const struct swt_output *out);

/* Text of a member, escaped; nothing when there is none. */
void swt_report_member(struct swt_output *out, const json_t *object, const char *name);
/* "PREFIX TEXT SUFFIX" when the member is there. */
void swt_report_optional(struct swt_output *out, const char *prefix, const json_t *object,
                         const char *name, const char *suffix);
/* Text that can be pasted into a shell, in quotes where it needs them: a URI may hold ';'. */
void swt_report_shell_word(struct swt_output *out, const char *text);
/* uri, type, key_id and pem of a key: "key:    URI" and so on, a line each. */
void swt_report_key(struct swt_output *out, const json_t *key);
/* The member as a size: "8.2 MiB". */
void swt_report_size(struct swt_output *out, const json_t *object, const char *name);
/* "targets: signed by 1 of 2 keys: 3fa2…; 1 signature missing, of: 8c84…" for each quorum. */
void swt_report_quorums(struct swt_output *out, const json_t *quorums);
/* A key id as people compare it: its first 12 digits and "…". */
void swt_report_short_id(struct swt_output *out, const json_t *id);
/* Each on a line, after an empty one. */
void swt_report_warnings(struct swt_output *out, const json_t *warnings);
/* "product   ", to be followed by what it names. */
void swt_report_label(struct swt_output *out, const char *label);
/* ", expires T", ", 2 unknown signed fields", and a newline: the rest of a line on metadata. */
void swt_report_expiry(struct swt_output *out, const json_t *object);
/* Root metadata with a mark on the keys that signed: the root, by root_quorum, and the targets
 * metadata, by targets_quorum. Both may be NULL. */
void swt_report_root(struct swt_output *out, const json_t *root, const json_t *root_quorum,
                     const json_t *targets_quorum);
/* Each item of a long list, or an array; a lack of memory is the output's failure. */
void swt_report_list(struct swt_output *out, const json_t *list,
                     void (*print)(struct swt_output *out, const json_t *item));
/* Nothing when there is none. */
int swt_report_targets(struct swt_output *out, const json_t *targets, bool whole_hashes,
                       struct swt_error *err) SWT_CHECKED;
/* The body of a signing request, as sign shows it and dump: summary, who has signed. */
int swt_report_request(struct swt_output *out, const json_t *document,
                       struct swt_error *err) SWT_CHECKED;
/* The body of a response: whose signatures, and of what. */
int swt_report_response(struct swt_output *out, const json_t *document,
                        struct swt_error *err) SWT_CHECKED;
/* "installed NAME (SIZE)" of each target, "kept" where the device had it, "recorded" where only its
 * manifest tells of it; may be NULL. */
void swt_report_installed(struct swt_output *out, const json_t *targets);
/* "floor N", on a line; nothing when there is no such member. */
void swt_report_floor(struct swt_output *out, const json_t *document);
/* The steps of a judgement, and its verdict; -v tells what each expected. */
void swt_report_steps(const struct swt_invocation *invocation, const json_t *document);

/* The table of a fleet, advice, warnings and totals; -v tells what each refusal expected. */
int swt_report_fleet(const struct swt_invocation *invocation, const json_t *document,
                     struct swt_error *err) SWT_CHECKED;

/*
 * The end of a command: prints document as JSON with the notices in it, or calls text, unless -q
 * was given and nothing was rejected. Takes the document over.
 */
void swt_report_result(const struct swt_invocation *invocation, json_t *document,
                       const struct swt_notices *notices,
                       void (*text)(const struct swt_invocation *invocation,
                                    const json_t *document));

#endif
