/* SPDX-License-Identifier: Apache-2.0 */
#include "build_job.h"

#include <stdlib.h>
#include <string.h>

static int fail_name(const struct swt_build_job *job, size_t index, struct swt_error *err) {
    const struct swt_node *node = job->origins[index].node;
    return node != NULL ? swt_manifest_error_at(err, node)
                        : swt_error_file(err, job->options->manifest);
}

static int keep(struct swt_build_job *job, size_t index, struct swt_error *err) {
    fail_name(job, index, err);
    job->origins[index].misnamed = true;
    return swt_faults_keep(job->faults, err);
}

/* ---- two of one name --------------------------------------------------------------------- */

struct named {
    const char *name;
    size_t index;
};

/* By name, then in the order of the bundle. */
static int compare_named(const void *left, const void *right) {
    const struct named *a = left;
    const struct named *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : a->index < b->index ? -1 : a->index > b->index;
}

static int fail_twins(struct swt_build_job *job, size_t first, size_t second,
                      struct swt_error *err) {
    const struct swt_build_origin *a = &job->origins[first];
    const struct swt_build_origin *b = &job->origins[second];
    if (a->node == NULL)
        swt_fail(err, SWT_E_TARGET_NAME, "target name '%s' is the generated target's",
                 job->payloads[second].name);
    else
        swt_fail(err, SWT_E_TARGET_NAME,
                 "target name '%s' is given twice: for %s and for %s; the first is at %s:%u:%u",
                 job->payloads[second].name, a->file, b->file, a->node->file, a->node->line,
                 a->node->column);
    if (b->target != NULL && b->target->files.text != NULL)
        swt_error_hint(err, "a name of its own for each match: name: \"FOLDER/{name}\", or a "
                            "narrower pattern");
    return keep(job, second, err);
}

static int check_twins(struct swt_build_job *job, struct swt_error *err) {
    struct named *sorted = calloc(job->payload_count + 1, sizeof *sorted);
    if (sorted == NULL)
        return swt_fail_memory(err);
    size_t count = 0;
    for (size_t i = 0; i < job->payload_count; i++)
        if (!job->origins[i].misnamed)
            sorted[count++] = (struct named){job->payloads[i].name, i};
    qsort(sorted, count, sizeof *sorted, compare_named);
    int rc = 0;
    for (size_t i = 1, first = 0; i < count && rc == 0; i++) {
        if (strcmp(sorted[first].name, sorted[i].name) == 0)
            rc = fail_twins(job, sorted[first].index, sorted[i].index, err);
        else
            first = i;
    }
    free(sorted);
    return rc;
}

/* ---- what a verifier would say ----------------------------------------------------------- */

/* The payload of that name; payload_count when there is none. */
static size_t find(const struct swt_build_job *job, struct swt_slice name) {
    size_t i = 0;
    while (
        i < job->payload_count &&
        (job->origins[i].misnamed || !swt_slice_equal(swt_slice_text(job->payloads[i].name), name)))
        i++;
    return i;
}

/* The first payload that lies in another's folder; payload_count when there is none. */
static size_t find_in_folder(const struct swt_build_job *job, const struct swt_targets *targets) {
    for (size_t i = 0; i < targets->target_count; i++) {
        struct swt_slice name = targets->targets[i].name;
        for (size_t len = 0; len < name.len; len++)
            if (name.data[len] == '/' &&
                swt_targets_find(targets, swt_slice_of(name.data, len)) != NULL)
                return find(job, name);
    }
    return job->payload_count;
}

/* Judged on metadata as a verifier would see it, before any payload is read: lengths and hashes
 * are zero yet. *ret_culprit is payload_count when nothing is wrong. */
static int judge(const struct swt_build_job *job, size_t *ret_culprit, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf draft = {0};
    SWT_CLEANUP(swt_targets_cleanup) struct swt_targets *targets = NULL;
    *ret_culprit = job->payload_count;
    int rc = swt_build_encode(job, &draft, err);
    if (rc == 0)
        rc = swt_targets_decode(swt_buf_slice(&draft), 0, &targets, err);
    if (rc != 0)
        return swt_error_file(err, job->options->manifest);
    rc = swt_targets_check_entries(targets, err);
    if (rc < 0) {
        *ret_culprit = find_in_folder(job, targets);
        return rc;
    }
    const struct swt_target *a;
    const struct swt_target *b;
    if (!swt_targets_case_twins(targets, &a, &b))
        return 0;
    /* Targets stand in the order of the payloads. */
    *ret_culprit = find(job, (a > b ? a : b)->name);
    return swt_fail(err, SWT_E_TARGET_NAME,
                    "targets '%.*s' and '%.*s' differ only in case: where file systems fold case "
                    "they are one file",
                    (int)a->name.len, (const char *)a->name.data, (int)b->name.len,
                    (const char *)b->name.data);
}

int swt_build_check_names(struct swt_build_job *job, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < job->payload_count && rc == 0; i++)
        if (swt_target_name_check(swt_slice_text(job->payloads[i].name), err) < 0)
            rc = keep(job, i, err);
    if (rc == 0)
        rc = check_twins(job, err);
    /* One fault, then again without its culprit; to the cap, so that the time has one too. */
    size_t culprit = 0;
    while (rc == 0 && culprit < job->payload_count &&
           (job->faults == NULL || job->faults->omitted == 0)) {
        rc = judge(job, &culprit, err);
        if (rc < 0 && culprit < job->payload_count)
            rc = keep(job, culprit, err);
    }
    return rc;
}
