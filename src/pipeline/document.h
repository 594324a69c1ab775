/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces that JSON documents of several jobs share. A NULL value (jansson's lack of memory) is
 * told as such where it is put in, so that callers need not look at each. */
#ifndef SWT_PIPELINE_DOCUMENT_H
#define SWT_PIPELINE_DOCUMENT_H

#include "swt/base.h"
#include "swt/metadata.h"
#include "swt/signature.h"

#include <jansson.h>

void swt_json_cleanup(json_t **json);
/* Both take value over, also when they fail. */
int swt_json_set(json_t *object, const char *name, json_t *value,
                 struct swt_error *err) SWT_CHECKED;
int swt_json_add(json_t *array, json_t *value, struct swt_error *err) SWT_CHECKED;
/* Text that may not be UTF-8 (a path, a message): such bytes are escaped. NULL: lack of memory. */
json_t *swt_json_text(struct swt_slice text);
json_t *swt_json_path(const char *path);
json_t *swt_json_hex(struct swt_slice bytes);
json_t *swt_json_sha256(struct swt_slice bytes); /* of them, in hex */
json_t *swt_json_base64(struct swt_slice bytes);
json_t *swt_json_time(int64_t time);
/* A length of bytes; those that JSON's numbers cannot hold, which no file has, are text. */
json_t *swt_json_length(uint64_t length);

/* A new object put under name of object, borrowed. NULL: err is set. */
json_t *swt_json_object(json_t *object, const char *name, struct swt_error *err);
json_t *swt_json_array(json_t *object, const char *name, struct swt_error *err);

/* A long list (swt/pipeline.h), empty. Both take item over, also when they fail: add keeps its
 * text, keep itself, for what will still change. */
json_t *swt_json_long_list(void);
int swt_long_list_add(json_t *list, json_t *item, struct swt_error *err) SWT_CHECKED;
int swt_long_list_keep(json_t *list, json_t *item, struct swt_error *err) SWT_CHECKED;

/* Puts type and key_id into object. */
int swt_json_put_key(json_t *object, const struct swt_public_key *key,
                     struct swt_error *err) SWT_CHECKED;
/* {of, threshold, keys (ids), signed (ids), missing, met} of role's signatures in envelope. */
int swt_json_quorum(const char *of, const struct swt_root *root, const struct swt_role *role,
                    const struct swt_envelope *envelope, json_t **ret_json,
                    struct swt_error *err) SWT_CHECKED;
/* The same of signatures that have been counted. */
int swt_json_quorum_counted(const char *of, const struct swt_role *role,
                            const struct swt_quorum *quorum, json_t **ret_json,
                            struct swt_error *err) SWT_CHECKED;
/* The same where no key is at hand: the key ids that the signatures name are taken at their word.
 * Each names its key once. */
int swt_json_quorum_claimed(const char *of, const struct swt_role *role,
                            const struct swt_envelope *envelope, json_t **ret_json,
                            struct swt_error *err) SWT_CHECKED;
/* {version, expires, spec_version, root/targets: {threshold, keys}, keys: [{key_id, type}],
 * sha256 (of the serialized metadata), unknown_fields}. The root keeps its rules. */
int swt_json_root(const struct swt_root *root, json_t **ret_json,
                  struct swt_error *err) SWT_CHECKED;
/* A target: name, length, sha256, and what user_manifest (may be NULL) says of it: type, slot,
 * version. */
int swt_json_target(const struct swt_target *target, const json_t *user_manifest, json_t **ret_json,
                    struct swt_error *err) SWT_CHECKED;
/* Adds each target to array. */
int swt_json_targets(json_t *array, const struct swt_targets *targets, const json_t *user_manifest,
                     struct swt_error *err) SWT_CHECKED;

#endif
