/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a build: none that is written may be one that is read, and what is read is the
 * depfile. */
#include "build_job.h"
#include "depfile.h"
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- outputs ----------------------------------------------------------------------------- */

struct swt_key_source swt_build_manifest_key(const struct swt_build_job *job, size_t index) {
    struct swt_key_source source = job->options->manifest_key;
    source.uri = job->manifest->key_files[index];
    return source;
}

/* What neither an output nor the audit log may be. */
static int check_inputs(const struct swt_build_job *job, const char *file,
                        int (*spares)(const char *file, const char *path, const char *what,
                                      struct swt_error *err),
                        int (*spares_keys)(const char *file, const struct swt_key_sources *keys,
                                           struct swt_error *err),
                        struct swt_error *err) {
    const struct swt_manifest *manifest = job->manifest;
    int rc = spares(file, job->options->manifest, "the manifest", err);
    for (size_t i = 1; i < manifest->source_count && rc == 0; i++)
        rc = spares(file, manifest->sources[i], "a part of the manifest", err);
    if (rc == 0)
        rc = spares(file, job->root_path, "the root", err);
    if (rc == 0)
        rc = spares_keys(file, &job->options->keys, err);
    for (size_t i = 0; i < manifest->key_paths.count && rc == 0; i++) {
        struct swt_key_source key = swt_build_manifest_key(job, i);
        rc = spares_keys(file, &(struct swt_key_sources){&key, 1}, err);
    }
    for (size_t i = 0; i < job->payload_count && rc == 0; i++)
        rc = spares(file, job->payloads[i].path, "a payload", err);
    return rc;
}

static int check_depfile(const struct swt_build_job *job, struct swt_error *err) {
    const char *depfile = job->options->depfile;
    const char *output = job->options->output;
    if (depfile == NULL)
        return 0;
    if (output == NULL || swt_is_stdout(output))
        return swt_fail(err, SWT_E_USAGE,
                        "--depfile writes a rule for the file that -o names: give -o FILE with it");
    if (strcmp(depfile, "-") == 0)
        return swt_fail(err, SWT_E_USAGE, "--depfile '-': expected a file");
    if (swt_same_place(depfile, output))
        return swt_fail(err, SWT_E_USAGE, "the depfile would be the output, %s", output);
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    return swt_build_depfile(job, &text, err); /* names that it cannot hold are told at once */
}

int swt_build_check_outputs(const struct swt_build_job *job, struct swt_error *err) {
    const struct swt_build_options *options = job->options;
    const char *log = options->keyring != NULL ? options->keyring->audit_log : NULL;
    int rc = check_inputs(job, options->output, swt_output_spares, swt_output_spares_keys, err);
    if (rc == 0)
        rc = check_inputs(job, options->depfile, swt_output_spares, swt_output_spares_keys, err);
    if (rc == 0)
        rc = check_depfile(job, err);
    if (rc == 0)
        rc = check_inputs(job, log, swt_log_spares, swt_log_spares_keys, err);
    if (rc == 0)
        rc = swt_log_spares(log, options->output, "the output", err);
    return rc < 0 ? rc : swt_log_spares(log, options->depfile, "the depfile", err);
}

/* ---- the depfile ------------------------------------------------------------------------- */

struct inputs {
    const char **paths;
    size_t count;
};

static void inputs_done(struct inputs *inputs) {
    free(inputs->paths);
}

static void add(struct inputs *inputs, const char *path) {
    if (path != NULL)
        inputs->paths[inputs->count++] = path;
}

static int add_key(struct inputs *inputs, const char *uri, struct swt_error *err) {
    struct stat status;
    const char *path = swt_key_uri_path(uri);
    if (path == NULL)
        return 0;
    if (stat(path, &status) < 0) {
        if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG)
            return 0;
        swt_fail_errno(err, errno, "cannot look at the file");
        return swt_error_file(err, path);
    }
    if (S_ISREG(status.st_mode))
        add(inputs, path);
    return 0;
}

static int add_keys(const struct swt_build_job *job, struct inputs *inputs, struct swt_error *err) {
    const struct swt_key_sources *keys = &job->options->keys;
    int rc = 0;
    for (size_t i = 0; i < keys->count && rc == 0; i++) {
        add(inputs, keys->items[i].public_key);
        rc = add_key(inputs, keys->items[i].uri, err);
    }
    /* Else --key replaces the manifest's. */
    for (size_t i = 0; keys->count == 0 && i < job->manifest->key_paths.count; i++)
        add(inputs, job->manifest->key_files[i]);
    add(inputs, job->options->manifest_key.public_key);
    return rc;
}

int swt_build_depfile(const struct swt_build_job *job, struct swt_buf *ret_text,
                      struct swt_error *err) {
    const struct swt_manifest *manifest = job->manifest;
    SWT_CLEANUP(inputs_done) struct inputs inputs = {0};
    inputs.paths = calloc(manifest->source_count + manifest->key_paths.count +
                              2 * job->options->keys.count + job->payload_count + 2,
                          sizeof *inputs.paths);
    if (inputs.paths == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < manifest->source_count; i++)
        add(&inputs, manifest->sources[i]);
    add(&inputs, job->root_path);
    int rc = add_keys(job, &inputs, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < job->payload_count; i++)
        add(&inputs, job->payloads[i].path);
    return swt_depfile_write(job->options->output, inputs.paths, inputs.count, ret_text, err);
}
