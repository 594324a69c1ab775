/* SPDX-License-Identifier: Apache-2.0 */
/* extract --decompress: compressed payloads of a bundle under judgement are kept aside, and become
 * their originals when it was accepted. */
#ifndef SWT_PIPELINE_ORIGINALS_H
#define SWT_PIPELINE_ORIGINALS_H

#include "judge.h"

struct swt_original;
struct swt_originals {
    const struct swt_judge *judge; /* set before the first payload begins */
    bool has_looked;               /* for user_manifest */
    json_t *user_manifest;         /* ours, or NULL */
    struct swt_error fault;        /* of what it records; told when the bundle was accepted */
    struct swt_spool *spool;       /* all compressed payloads, one behind the other */
    struct swt_original *items;
    size_t count;
};
void swt_originals_done(struct swt_originals *originals);
/*
 * The payload name begins. *ret_has: user_manifest says that it is compressed, and its bytes go to
 * swt_originals_write. entry is what the document says of it; it outlives originals, and gets the
 * original's length, and the compression.
 */
int swt_originals_begin(struct swt_originals *originals, const char *name, json_t *entry,
                        bool *ret_has, struct swt_error *err) SWT_CHECKED;
int swt_originals_write(struct swt_originals *originals, const void *data, size_t len,
                        struct swt_error *err) SWT_CHECKED;
/* The bundle was accepted: the originals go to staging. SWT_E_COMPRESSION when one cannot be had,
 * or nothing says which targets are compressed. */
int swt_originals_make(struct swt_originals *originals, struct swt_staging *staging,
                       struct swt_error *err) SWT_CHECKED;

#endif
