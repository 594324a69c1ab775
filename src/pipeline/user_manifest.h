/* SPDX-License-Identifier: Apache-2.0 */
/* The target user_manifest: what the device and later tools must know, as JSON that is generated
 * from the product manifest (swupdate-bundle(5), "user_manifest"). */
#ifndef SWT_PIPELINE_USER_MANIFEST_H
#define SWT_PIPELINE_USER_MANIFEST_H

#include "swt/base.h"
#include "swt/manifest.h"
#include "swt/metadata.h"
#include "swt/targets.h"

#include <jansson.h>

#define SWT_USER_MANIFEST_SCHEMA 1
/* What is larger is not ours: carried, never interpreted. */
#define SWT_MAX_USER_MANIFEST ((uint64_t)4 * 1024 * 1024)
/* Nor is what has more values: each costs about a hundred bytes of memory. */
#define SWT_MAX_USER_MANIFEST_VALUES ((size_t)256 * 1024)

/* A target as it is in the bundle. */
struct swt_user_manifest_target {
    const char *name;
    const struct swt_manifest_target *origin; /* NULL: the manifest says nothing more of it */
    enum swt_compression compression;
    uint64_t original_length; /* where it is compressed */
    const uint8_t *original_sha256;
};
struct swt_user_manifest_spec {
    const struct swt_manifest *manifest;
    const struct swt_user_manifest_target *targets;
    size_t target_count;
    const char *sbom;            /* the target that is one, or NULL */
    const char *sbom_format;     /* NULL: not known */
    const struct swt_root *root; /* NULL: the bundle is built without one */
};
/* Appends the JSON. */
int swt_user_manifest_write(const struct swt_user_manifest_spec *spec, struct swt_buf *ret_json,
                            struct swt_error *err) SWT_CHECKED;
/* Whether what was written can be read again. */
bool swt_user_manifest_fits(struct swt_slice json);
/* The target that may be ours: the first, of that name, of at most that size; NULL: there is none.
 */
const struct swt_target *swt_user_manifest_target(const struct swt_targets *targets);
/* The JSON when it is ours, else NULL (another schema, no JSON, too large). To json_decref. */
int swt_user_manifest_read(struct swt_slice bytes, json_t **ret_json,
                           struct swt_error *err) SWT_CHECKED;

/* The root that a bundle was built with. */
struct swt_recorded_root {
    bool given;
    uint32_t version;
    char sha256[SWT_HEX_SIZE(SWT_DIGEST_SIZE)]; /* of the serialized_root_metadata */
};
/* Of a user_manifest; not given when it is not ours or names none in a form that can be read.
 * SWT_E_MEMORY. */
int swt_user_manifest_root(struct swt_slice bytes, struct swt_recorded_root *ret_recorded,
                           struct swt_error *err) SWT_CHECKED;
/* 1 when these serialized root metadata bytes are that root, else 0. */
int swt_recorded_root_is(const struct swt_recorded_root *recorded, struct swt_slice root_bytes,
                         struct swt_error *err) SWT_CHECKED;

/* What a target was before it was compressed. */
struct swt_recorded_compression {
    enum swt_compression compression; /* NONE: nothing is recorded, it is as it was */
    uint64_t length;
    uint8_t sha256[SWT_SHA256_SIZE];
};
/* Of the target name, by what swt_user_manifest_read gave; SWT_E_COMPRESSION for a record that is
 * not as build writes it. */
int swt_user_manifest_compression(const json_t *user_manifest, const char *name,
                                  struct swt_recorded_compression *ret_recorded,
                                  struct swt_error *err) SWT_CHECKED;

#endif
