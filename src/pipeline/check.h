/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check in parts: the walk over the files (check.c), what is found in each kind of file
 * (check_audit_log.c, check_root.c, check_bundle.c), and what several of them show together
 * (check_rotations.c). A finding has a level, a code and a message. What verification would refuse
 * has the name of its step (swupdate-trust(7)) for a code.
 */
#ifndef SWT_PIPELINE_CHECK_H
#define SWT_PIPELINE_CHECK_H

#include "document.h"
#include "source.h"

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

enum swt_level { SWT_LEVEL_WARNING, SWT_LEVEL_ERROR };
/* line: 0 where lines do not count. hint: NULL or what mends it. */
int swt_check_add(struct swt_checked_file *file, enum swt_level level, const char *code,
                  uint64_t line, const char *message, const char *hint,
                  struct swt_error *err) SWT_CHECKED;
int swt_check_find(struct swt_checked_file *file, struct swt_error *err, enum swt_level level,
                   const char *code, const char *format, ...) SWT_PRINTF(5, 6) SWT_CHECKED;
/* A fault of the file (exit status 3 elsewhere) becomes an error among the findings, and 0; any
 * other error is returned. */
int swt_check_fault(struct swt_checked_file *file, const char *code,
                    struct swt_error *err) SWT_CHECKED;

int swt_check_audit_log(struct swt_checked_file *file, struct swt_reader *reader,
                        struct swt_error *err) SWT_CHECKED;
/* Root metadata in a file of its own, which is read to its end. */
int swt_check_root_file(struct swt_checked_file *file, struct swt_reader *reader, int64_t now,
                        struct swt_error *err) SWT_CHECKED;
/* Root metadata, the envelope of which is at offset in the file and was read strictly. for_stock:
 * the file is one for stock Pigweed devices, whatever the keys are. */
int swt_check_root(struct swt_checked_file *file, struct swt_slice envelope, uint64_t offset,
                   int64_t now, bool for_stock, struct swt_error *err) SWT_CHECKED;
/* Opens the file by its path; standard input must be at its start. */
int swt_check_bundle(struct swt_checked_file *file, int64_t now, struct swt_error *err) SWT_CHECKED;
/* The rotations that the files' roots make. */
int swt_check_rotations(struct swt_checked_file *files, size_t file_count,
                        struct swt_error *err) SWT_CHECKED;

#endif
