/* SPDX-License-Identifier: Apache-2.0 */
/* What signing requests and responses share as files (swupdate-signing(5)): members of fixed types,
 * the list of signatures, and members that are not known, which are kept to be shown. */
#ifndef SWT_PIPELINE_SIGNING_JSON_H
#define SWT_PIPELINE_SIGNING_JSON_H

#include "swt/base.h"
#include "swt/metadata.h"

#include <jansson.h>

/* One file under way. */
struct swt_signing_file {
    const char *name;    /* for errors, borrowed */
    enum swt_code fault; /* of whatever is wrong with it */
    json_t *json;
    json_t *unknown; /* a list of {member, value} */
};
/* Parses bytes, whose schema must be "PREFIX1". */
int swt_signing_file_read(struct swt_slice bytes, const char *name, const char *schema,
                          enum swt_code fault, struct swt_signing_file *ret_file,
                          struct swt_error *err) SWT_CHECKED;
void swt_signing_file_done(struct swt_signing_file *file);
/* Appends json as such a file: members in their order, ASCII, two blanks a level, a newline. */
int swt_signing_file_write(const json_t *json, struct swt_buf *ret_bytes,
                           struct swt_error *err) SWT_CHECKED;
/* An error of this file. */
int swt_signing_file_fail(const struct swt_signing_file *file, struct swt_error *err,
                          const char *format, ...) SWT_PRINTF(3, 4);

/* Notes each member of object that known, which NULL ends, does not hold. path stands before its
 * name: "", "quorums[0]." */
int swt_signing_file_note_unknown(struct swt_signing_file *file, const json_t *object,
                                  const char *path, const char *const *known,
                                  struct swt_error *err) SWT_CHECKED;
/* A member of that type, borrowed; a missing one is refused. */
int swt_signing_file_member(const struct swt_signing_file *file, const json_t *object,
                            const char *path, const char *name, json_type type, json_t **ret_value,
                            struct swt_error *err) SWT_CHECKED;
/* A text in canonical base64, not empty, of at most cap bytes; appended. */
int swt_signing_file_base64(const struct swt_signing_file *file, const json_t *object,
                            const char *path, const char *name, size_t cap,
                            struct swt_buf *ret_bytes, struct swt_error *err) SWT_CHECKED;
/* SHA-256 or key id: 64 digits in lower case. */
int swt_signing_file_hash(const struct swt_signing_file *file, const json_t *value,
                          const char *path, uint8_t ret_hash[SWT_DIGEST_SIZE],
                          struct swt_error *err) SWT_CHECKED;
/* The member role: "root" or "targets", as a constant. */
int swt_signing_file_role(const struct swt_signing_file *file, const char **ret_role,
                          struct swt_error *err) SWT_CHECKED;

/* ---- signatures -------------------------------------------------------------------------- */

struct swt_brought_signature {
    uint8_t key_id[SWT_KEY_ID_SIZE];
    uint32_t key_type; /* what scheme says */
    struct swt_buf value;
};
struct swt_brought_signatures {
    struct swt_brought_signature *items;
    size_t count;
};
void swt_brought_signatures_done(struct swt_brought_signatures *signatures);
/* The member signatures; a key that signs twice is refused. */
int swt_brought_signatures_read(struct swt_signing_file *file,
                                struct swt_brought_signatures *ret_signatures,
                                struct swt_error *err) SWT_CHECKED;
/* As an envelope over metadata; its slices point into both. */
int swt_brought_signatures_envelope(const struct swt_brought_signatures *signatures,
                                    struct swt_slice metadata, struct swt_envelope *ret_envelope,
                                    struct swt_error *err) SWT_CHECKED;
/* Adds {key_id, scheme, signature} to array. */
int swt_json_add_signature(json_t *array, const struct swt_signature *signature, uint32_t key_type,
                           struct swt_error *err) SWT_CHECKED;

#endif
