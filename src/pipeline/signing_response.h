/* SPDX-License-Identifier: Apache-2.0 */
/* A signing response (swupdate-signing(5)): signatures, and of which bytes they are. */
#ifndef SWT_PIPELINE_SIGNING_RESPONSE_H
#define SWT_PIPELINE_SIGNING_RESPONSE_H

#include "signing_json.h"

struct swt_signing_response {
    struct swt_signing_file file;
    const char *role;
    uint8_t sha256[SWT_DIGEST_SIZE]; /* of the metadata */
    struct swt_brought_signatures signatures;
};
/* Reads strictly. SWT_E_SIGNING_RESPONSE. */
int swt_signing_response_read(struct swt_slice bytes, const char *name,
                              struct swt_signing_response *ret_response,
                              struct swt_error *err) SWT_CHECKED;
void swt_signing_response_done(struct swt_signing_response *response);
/* Adds to document: role, sha256, signatures (key_id, scheme), unknown. */
int swt_signing_response_describe(const struct swt_signing_response *response, json_t *document,
                                  struct swt_error *err) SWT_CHECKED;
/* Appends a response; signatures is a list as swt_json_add_signature makes it. */
int swt_signing_response_write(const char *role, struct swt_slice metadata, json_t *signatures,
                               struct swt_buf *ret_bytes, struct swt_error *err) SWT_CHECKED;

#endif
