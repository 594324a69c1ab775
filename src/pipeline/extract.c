/* SPDX-License-Identifier: Apache-2.0 */
/* extract: the judge reads each payload once, and what it reads goes to a staging folder, so that
 * the bytes judged are the bytes extracted; they appear when the verdict is good. With --decompress
 * compressed ones wait in a spool for the verdict, and no decompressor sees a byte before it. */
#include "document.h"
#include "judge.h"
#include "originals.h"

#include <stdlib.h>
#include <string.h>

struct extraction {
    const char *file;
    const struct swt_extract_options *options;
    struct swt_staging *staging;
    struct swt_originals originals;
    bool *found;       /* for each of options->names */
    bool wanted;       /* the payload under way goes to a file, */
    bool has_original; /* which its original is to be made of */
    json_t *extracted;
};

static void extraction_done(struct extraction *extraction) {
    json_decref(extraction->extracted);
    free(extraction->found);
    swt_originals_done(&extraction->originals);
    swt_staging_free(extraction->staging);
}

static bool is_wanted(struct extraction *extraction, struct swt_slice name) {
    const struct swt_extract_options *options = extraction->options;
    bool wanted = options->name_count == 0;
    for (size_t i = 0; i < options->name_count; i++) {
        if (!swt_slice_equal(name, swt_slice_text(options->names[i])))
            continue;
        extraction->found[i] = true;
        wanted = true;
    }
    return wanted;
}

static int begin_payload(void *context, const struct swt_target *target, struct swt_error *err) {
    struct extraction *extraction = context;
    extraction->wanted = is_wanted(extraction, target->name);
    if (!extraction->wanted)
        return 0;
    char name[SWT_MAX_NAME + 1]; /* the names were judged: UTF-8 without NUL, 100 bytes at most */
    memcpy(name, target->name.data, target->name.len);
    name[target->name.len] = '\0';
    SWT_CLEANUP(swt_json_cleanup)
    json_t *entry = json_pack("{s:s, s:I}", "name", name, "length", (json_int_t)target->length);
    SWT_CLEANUP(swt_buf_done) struct swt_buf path = {0};
    int rc = entry == NULL
                 ? swt_fail_memory(err)
                 : swt_buf_printf(&path, err, "%s/%s", extraction->options->directory, name);
    if (rc == 0)
        rc = swt_json_set(entry, "path", swt_json_text(swt_buf_slice(&path)), err);
    extraction->has_original = false;
    if (rc == 0 && extraction->options->decompress)
        rc = swt_originals_begin(&extraction->originals, name, entry, &extraction->has_original,
                                 err);
    if (rc == 0 && extraction->has_original)
        return swt_long_list_keep(extraction->extracted, SWT_TAKE(entry), err);
    if (rc == 0)
        rc = swt_long_list_add(extraction->extracted, SWT_TAKE(entry), err);
    return rc < 0 ? rc : swt_staging_begin(extraction->staging, name, err);
}

static int write_payload(void *context, const void *data, size_t len, struct swt_error *err) {
    struct extraction *extraction = context;
    if (!extraction->wanted)
        return 0;
    return extraction->has_original ? swt_originals_write(&extraction->originals, data, len, err)
                                    : swt_staging_write(extraction->staging, data, len, err);
}

static int fail_name(const struct extraction *extraction, const struct swt_judge *judge,
                     const char *name, struct swt_error *err) {
    /* What the judge let pass without its bytes is there for a device that has it. */
    if (swt_targets_find(judge->targets, swt_slice_text(name)) != NULL) {
        swt_fail(err, SWT_E_NOT_FOUND,
                 "the payload '%s' was left out of the bundle, for a device that has it", name);
        swt_error_file(err, extraction->file);
        return swt_error_hint(err,
                              "extract it from the bundle that this one was personalized from");
    }
    swt_fail(err, SWT_E_NOT_FOUND, "the bundle holds no payload '%s'", name);
    swt_error_file(err, extraction->file);
    return swt_error_hint(err, "swupdate-tool dump lists its targets");
}

/* A name that was asked for and is not there: nothing is extracted, the rest neither. */
static int check_names(const struct extraction *extraction, const struct swt_judge *judge,
                       struct swt_error *err) {
    const struct swt_extract_options *options = extraction->options;
    for (size_t i = 0; i < options->name_count; i++)
        if (!extraction->found[i])
            return fail_name(extraction, judge, options->names[i], err);
    return 0;
}

static int extraction_open(struct extraction *extraction, struct swt_error *err) {
    const struct swt_extract_options *options = extraction->options;
    extraction->extracted = swt_json_long_list();
    extraction->found = calloc(options->name_count + 1, sizeof *extraction->found);
    if (extraction->extracted == NULL || extraction->found == NULL)
        return swt_fail_memory(err);
    return swt_staging_open(options->directory, options->force, &extraction->staging, err);
}

static int commit(struct extraction *extraction, struct swt_notices *notices,
                  struct swt_error *err) {
    int rc = swt_staging_commit(extraction->staging, err);
    if (rc < 0 && err->code == SWT_E_EXISTS && !extraction->options->force)
        return swt_error_hint(err, "--force replaces existing files");
    const char *left = rc < 0 ? NULL : swt_staging_left(extraction->staging);
    if (left == NULL)
        return rc;
    return swt_notices_add(
        notices, err, SWT_WARNING,
        "%s/%s: cannot remove the folder in which the files were made: remove it",
        extraction->options->directory, left);
}

int swt_extract(const char *file, const struct swt_extract_options *options,
                struct swt_notices *notices, bool *ret_accepted, json_t **ret_document,
                struct swt_error *err) {
    SWT_CLEANUP(extraction_done) struct extraction extraction = {.file = file, .options = options};
    struct swt_payload_sink sink = {begin_payload, write_payload, &extraction};
    SWT_CLEANUP(swt_judge_done)
    struct swt_judge judge = {.authenticate = !options->no_verify, .sink = &sink};
    extraction.originals.judge = &judge;
    int rc = swt_judge_open(&judge, file, &options->verify, err);
    if (rc == 0)
        rc = extraction_open(&extraction, err);
    if (rc == 0)
        rc = swt_judge_run(&judge, err);
    bool accepted = rc == 0 && judge.failed_step == NULL;
    if (accepted)
        rc = check_names(&extraction, &judge, err);
    if (rc == 0 && accepted && options->decompress)
        rc = swt_originals_make(&extraction.originals, extraction.staging, err);
    json_t *document = NULL;
    if (rc == 0)
        rc = swt_judge_document(&judge, &document, err);
    if (rc == 0 && accepted && json_object_set(document, "extracted", extraction.extracted) < 0)
        rc = swt_fail_memory(err);
    if (rc == 0 && accepted)
        rc = commit(&extraction, notices, err);
    if (rc < 0) {
        json_decref(document);
        return rc;
    }
    *ret_document = document;
    *ret_accepted = accepted;
    return 0;
}
