/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check in parts: the walk over the files (check.c), findings (check_finding.c), what is found in
 * each kind of file (check_audit_log.c, check_root.c, check_bundle.c, check_manifest.c), what soon
 * expires (check_expiry.c), what a release policy says (policy*.c), and what several files show
 * together (check_rotations.c). A finding has a level, a code and a message. What verification
 * would refuse has the name of its step (swupdate-trust(7)) for a code, what build would refuse
 * that of the error.
 */
#ifndef SWT_PIPELINE_CHECK_H
#define SWT_PIPELINE_CHECK_H

#include "document.h"
#include "source.h"

#include "swt/manifest.h"
#include "swt/pipeline.h"

/* One file of the command. */
struct swt_checked_file {
    const char *path;
    json_t *json;     /* its object in the document, borrowed */
    json_t *findings; /* in json */
    uint64_t omitted;
    bool sound; /* no finding but warnings */
    /* The root metadata that the file is or holds; root.root is NULL where there is none, or none
     * that can be relied on. */
    struct swt_root_source root;
};

/* What all files are checked by. */
struct swt_policy_world;
struct swt_check {
    const struct swt_check_options *options;
    struct swt_verify_options by_itself, by_nothing; /* how a bundle is judged: with its own root as
                                                        the anchor, and without one */
    int64_t now;
    int64_t within;                        /* seconds; 0 without --expires-within */
    const struct swt_policy_world *policy; /* NULL without --policy */
};

enum swt_level { SWT_LEVEL_WARNING, SWT_LEVEL_ERROR };
struct swt_finding {
    enum swt_level level;
    const char *code;
    const char *message;
    const char *hint; /* NULL or "": none */
    const char *path; /* where it is another file; NULL: the file that is checked */
    uint64_t line;    /* from 1, or 0 where lines do not count */
    uint64_t column;  /* from 1, or 0 */
};
int swt_check_add(struct swt_checked_file *file, const struct swt_finding *finding,
                  struct swt_error *err) SWT_CHECKED;
int swt_check_find(struct swt_checked_file *file, struct swt_error *err, enum swt_level level,
                   const char *code, const char *format, ...) SWT_PRINTF(5, 6) SWT_CHECKED;
/* Where node stands in the manifest that is checked, or in one that it includes; node may be NULL.
 */
void swt_finding_at(struct swt_finding *finding, const struct swt_checked_file *file,
                    const struct swt_node *node);
/* Whether there is a finding of that code. */
bool swt_check_has(const struct swt_checked_file *file, const char *code);
/* A fault of the file (exit status 3 elsewhere) becomes an error among the findings, and 0; any
 * other error is returned. */
int swt_check_fault(struct swt_checked_file *file, const char *code,
                    struct swt_error *err) SWT_CHECKED;

int swt_check_audit_log(struct swt_checked_file *file, struct swt_reader *reader,
                        struct swt_error *err) SWT_CHECKED;
/* Root metadata in a file of its own, which is read to its end. */
int swt_check_root_file(const struct swt_check *check, struct swt_checked_file *file,
                        struct swt_reader *reader, struct swt_error *err) SWT_CHECKED;
/* Root metadata, the envelope of which is at offset in the file and was read strictly. for_stock:
 * the file is one for stock Pigweed devices, whatever the keys are. */
int swt_check_root(const struct swt_check *check, struct swt_checked_file *file,
                   struct swt_slice envelope, uint64_t offset, bool for_stock,
                   struct swt_error *err) SWT_CHECKED;
/* Opens the file by its path; standard input must be at its start. */
int swt_check_bundle(const struct swt_check *check, struct swt_checked_file *file,
                     struct swt_error *err) SWT_CHECKED;
/* What --expires-within and the policy say of a bundle that was judged. */
struct swt_judge;
int swt_check_bundle_demands(const struct swt_check *check, struct swt_checked_file *file,
                             const struct swt_judge *judge, struct swt_error *err) SWT_CHECKED;
/* A text file, by its path. */
int swt_check_manifest(const struct swt_check *check, struct swt_checked_file *file,
                       struct swt_error *err) SWT_CHECKED;
/* The rotations that the files' roots make. */
int swt_check_rotations(struct swt_checked_file *files, size_t file_count,
                        struct swt_error *err) SWT_CHECKED;

/* Something of the file that expires. */
struct swt_expiring {
    const char *what;    /* "the root" */
    const char *told_as; /* the code of the finding that it has expired; NULL: there is none */
    const struct swt_node *node; /* NULL: not of a manifest */
    int64_t expires;
};
/* The error expires-within, with --expires-within, unless it was told that it has expired. */
int swt_check_expiry(const struct swt_check *check, struct swt_checked_file *file,
                     const struct swt_expiring *expiring, struct swt_error *err) SWT_CHECKED;
/* Whether it is so close that the above tells. */
bool swt_check_expires_within(const struct swt_check *check, int64_t expires);

#endif
