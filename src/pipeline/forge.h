/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes metadata, envelopes and bundles from their parts, whatever the parts are: what a verifier
 * must refuse has to be made by somebody. Told nothing odd, it writes the very bytes that
 * swt_root_encode, swt_targets_encode and swt_bundle_writer write. Checks nothing, signs nothing.
 * All that a description points to is borrowed.
 */
#ifndef SWT_PIPELINE_FORGE_H
#define SWT_PIPELINE_FORGE_H

#include "swt/base.h"
#include "swt/container.h"
#include "swt/metadata.h"

/* ---- metadata ---------------------------------------------------------------------------- */

struct swt_forge_common {
    uint64_t version; /* also over 32 bits; 0 is left out */
    bool has_expires;
    int64_t expires;
    const char *role;       /* NULL: left out */
    struct swt_slice extra; /* fields behind the last, as they are */
};

#define SWT_FORGE_MAX_KEYS 4
struct swt_forge_key {
    struct swt_key key;
    struct swt_slice id;
};
struct swt_forge_role {
    struct swt_slice ids[SWT_FORGE_MAX_KEYS];
    size_t id_count;
    uint32_t threshold; /* 0 is left out */
};
struct swt_forge_root {
    struct swt_forge_common common;
    struct swt_forge_key keys[SWT_FORGE_MAX_KEYS];
    size_t key_count;
    struct swt_forge_role root;
    struct swt_forge_role targets;
};
int swt_forge_root(const struct swt_forge_root *root, struct swt_buf *ret_bytes,
                   struct swt_error *err) SWT_CHECKED;

#define SWT_FORGE_MAX_HASHES 2
struct swt_forge_target {
    struct swt_slice name;
    uint64_t length;                               /* 0 is left out */
    struct swt_slice hashes[SWT_FORGE_MAX_HASHES]; /* each a SHA-256, as it says */
    size_t hash_count;
};
struct swt_forge_targets {
    struct swt_forge_common common;
    struct swt_forge_target *items;
    size_t count;
    struct swt_slice extra; /* fields behind the last, as they are */
};
int swt_forge_targets(const struct swt_forge_targets *targets, struct swt_buf *ret_bytes,
                      struct swt_error *err) SWT_CHECKED;

/* ---- containers -------------------------------------------------------------------------- */

enum swt_forge_kind { SWT_FORGE_ROOT, SWT_FORGE_TARGETS, SWT_FORGE_PAYLOAD, SWT_FORGE_OTHER };

/* A member of a bundle: in tar a header, its content and padding; else a field of UpdateBundle. */
struct swt_forge_member {
    enum swt_forge_kind kind;
    struct swt_slice name;    /* of a payload; of another member the path in tar */
    struct swt_slice content; /* of another member of an UpdateBundle the field, as it is */
    bool no_padding;          /* tar: the content is what stands there, whole blocks or not */
    uint8_t padding;          /* tar: what the rest of the last block is filled with */
    size_t header_offset;     /* tar: where the header differs ... */
    const char *header_text;  /* ... and its bytes there; the checksum follows. NULL: nowhere */
};
struct swt_forge_bundle {
    enum swt_format format;
    struct swt_forge_member *members;
    size_t count;
    size_t end_blocks;     /* tar: zero blocks at the end, 2 in truth */
    struct swt_slice tail; /* bytes behind the end */
    size_t cut;            /* so many bytes at the end are cut off */
};
int swt_forge_bundle(const struct swt_forge_bundle *bundle, struct swt_buf *ret_bytes,
                     struct swt_error *err) SWT_CHECKED;

#endif
