/* SPDX-License-Identifier: Apache-2.0 */
/* dump in four parts: the files that it knows (dump.c), what signed metadata says, with warnings
 * of what is wrong with it (dump_metadata.c), what signing needs that travels (dump_signing.c), and
 * device directories (dump_device.c). */
#ifndef SWT_PIPELINE_DUMP_H
#define SWT_PIPELINE_DUMP_H

#include "document.h"

#include "swt/io.h"

struct dump {
    json_t *document;
    json_t *warnings;
    int64_t now;
};

/* Warnings go into the document: they are part of the answer. */
int swt_dump_warn(struct dump *dump, struct swt_error *err, const char *format, ...)
    SWT_PRINTF(3, 4) SWT_CHECKED;
int swt_dump_warn_of_unknown(struct dump *dump, size_t unknown, struct swt_error *err) SWT_CHECKED;

/* The root under name, or into parent itself where name is NULL. *ret_sound: it keeps its rules, so
 * that signatures can be counted by it. */
int swt_dump_root(struct dump *dump, json_t *parent, const char *name, const struct swt_root *root,
                  const struct swt_envelope *envelope, bool *ret_sound,
                  struct swt_error *err) SWT_CHECKED;
/* The targets metadata without its targets; *ret_json is borrowed. */
int swt_dump_metadata(struct dump *dump, const struct swt_targets *targets, json_t **ret_json,
                      struct swt_error *err) SWT_CHECKED;
/* The signatures on an envelope; with a sound root also what they count for. of: "root", "targets"
 */
int swt_dump_signatures(struct dump *dump, json_t *object, const char *of,
                        const struct swt_root *root, const struct swt_role *role,
                        const struct swt_envelope *envelope, struct swt_error *err) SWT_CHECKED;
/* Adds to a target what else is to be told of it. */
typedef int swt_dump_target_details(void *context, const struct swt_target *target, json_t *json,
                                    struct swt_error *err);
/* Each target, with what user_manifest says of it (type, slot, version, meta) and what details
 * adds; both may be NULL. */
int swt_dump_targets(struct dump *dump, const struct swt_targets *targets,
                     const json_t *user_manifest, swt_dump_target_details *details, void *context,
                     struct swt_error *err) SWT_CHECKED;
/* What user_manifest says, when it is ours: *ret_user_manifest is borrowed, or NULL. */
int swt_dump_user_manifest(struct dump *dump, struct swt_slice bytes, json_t **ret_user_manifest,
                           struct swt_error *err) SWT_CHECKED;
/* All that a device manifest says; details as above. */
int swt_dump_manifest(struct dump *dump, const struct swt_device_manifest *manifest,
                      swt_dump_target_details *details, void *context,
                      struct swt_error *err) SWT_CHECKED;
/* A device directory: root, floor, manifest, and whether its targets are there. */
int swt_dump_device(struct dump *dump, const char *path, struct swt_error *err) SWT_CHECKED;
/* Of a file that is open, at its start. What contradicts itself is told, and shown as its bytes
 * say.
 */
int swt_dump_request(struct dump *dump, struct swt_reader *reader,
                     struct swt_error *err) SWT_CHECKED;
int swt_dump_response(struct dump *dump, struct swt_reader *reader,
                      struct swt_error *err) SWT_CHECKED;
/* A rule that is broken is told, and the file shown all the same. rc: of what set err. */
int swt_dump_warn_of_fault(struct dump *dump, int rc, const char *what,
                           struct swt_error *err) SWT_CHECKED;

#endif
