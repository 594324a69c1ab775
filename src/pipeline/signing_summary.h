/* SPDX-License-Identifier: Apache-2.0 */
/* What a signing request says to people, derived from the bytes that are signed: by who exports it,
 * and again by who signs. */
#ifndef SWT_PIPELINE_SIGNING_SUMMARY_H
#define SWT_PIPELINE_SIGNING_SUMMARY_H

#include "swt/base.h"
#include "swt/metadata.h"

#include <jansson.h>

/* {product, vendor, release (of user_manifest, when it is ours), version, expires, unknown_fields,
 * targets}. user_manifest: its payload, or empty. */
int swt_summary_of_targets(const struct swt_targets *targets, struct swt_slice user_manifest,
                           json_t **ret_summary, struct swt_error *err) SWT_CHECKED;
/* What swt_json_root says and, when it replaces old, changes: {version, expires: {old, new}, root,
 * targets: {threshold: {old, new}, added, removed, kept}}. old may be NULL. */
int swt_summary_of_root(const struct swt_root *root, const struct swt_root *old,
                        json_t **ret_summary, struct swt_error *err) SWT_CHECKED;
/*
 * The first place where given is not what was derived: 1, and *ret_text says where and what both
 * say ("summary.targets[0].length: 5, derived is 6"); 0 when they are equal. name is of the whole.
 */
int swt_summary_differs(const char *name, const json_t *given, const json_t *derived,
                        struct swt_buf *ret_text, struct swt_error *err) SWT_CHECKED;

#endif
