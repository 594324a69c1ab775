/* SPDX-License-Identifier: Apache-2.0 */
/* Which payloads a bundle has, and from what. */
#include "build_job.h"
#include "user_manifest.h"

#include <stdlib.h>
#include <string.h>

static int grow(struct swt_build_job *job, struct swt_error *err) {
    size_t count = job->payload_count + 1;
    if ((count & (count - 1)) != 0)
        return 0; /* there is room up to the next power of two */
    struct swt_payload *payloads = realloc(job->payloads, 2 * count * sizeof *payloads);
    if (payloads == NULL)
        return swt_fail_memory(err);
    job->payloads = payloads;
    struct swt_build_origin *origins = realloc(job->origins, 2 * count * sizeof *origins);
    if (origins == NULL)
        return swt_fail_memory(err);
    job->origins = origins;
    return 0;
}

/* path NULL: its bytes are generated. */
static int add_payload(struct swt_build_job *job, const char *name, const char *path,
                       const struct swt_build_origin *origin, struct swt_error *err) {
    int rc = grow(job, err);
    if (rc < 0)
        return rc;
    struct swt_payload *payload = &job->payloads[job->payload_count];
    *payload = (struct swt_payload){0};
    job->origins[job->payload_count++] = *origin;
    payload->name = swt_strdup(name, err);
    if (payload->name == NULL)
        return -SWT_E_MEMORY;
    if (path == NULL)
        return 0;
    const struct swt_manifest_target *target = origin->target;
    if (target != NULL && target->compression.text != NULL)
        (void)swt_compression_parse(target->compression.text,
                                    &payload->compression); /* the schema checked it */
    payload->path = swt_strdup(path, err);
    return payload->path == NULL ? -SWT_E_MEMORY : 0;
}

/* ---- patterns ---------------------------------------------------------------------------- */

const char *swt_build_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* "{name}" is the base name of file, "{stem}" the same without its last extension; the manifest
 * was read with no other brace. */
static int expand_name(const struct swt_text *name, const char *file, struct swt_buf *ret_name,
                       struct swt_error *err) {
    const char *text = name->text != NULL ? name->text : "{name}";
    const char *base = swt_build_base_name(file);
    const char *dot = strrchr(base, '.');
    size_t stem = dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base);
    int rc = 0;
    while (*text != '\0' && rc == 0) {
        size_t len = strcspn(text, "{");
        if (len > 0) {
            rc = swt_buf_append(ret_name, text, len, err);
        } else {
            bool whole = text[1] == 'n';
            len = strlen(whole ? "{name}" : "{stem}");
            rc = swt_buf_append(ret_name, base, whole ? strlen(base) : stem, err);
        }
        text += len;
    }
    return rc;
}

static int add_matches(struct swt_build_job *job, const struct swt_manifest_target *target,
                       const struct swt_path_list *list, struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < list->count && rc == 0; i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf name = {0};
        const struct swt_build_origin origin = {.target = target, .node = target->files.node};
        rc = expand_name(&target->name, list->items[i], &name, err);
        if (rc == 0)
            rc = add_payload(job, swt_buf_text(&name), list->items[i], &origin, err);
        if (rc == 0)
            job->origins[job->payload_count - 1].file = job->payloads[job->payload_count - 1].path;
    }
    return rc;
}

/* What the manifest says is the pattern; the folder that it is relative to is none. */
static int add_pattern(struct swt_build_job *job, const struct swt_manifest_target *target,
                       uint64_t *steps, struct swt_error *err) {
    /* Without steps it was told of the pattern that took the last. */
    job->unlisted |= job->payload_count > SWT_MAX_TARGETS;
    if (job->unlisted || *steps == 0)
        return 0;
    SWT_CLEANUP(swt_path_list_done) struct swt_path_list list = {0};
    size_t folder_len = strlen(target->path) - strlen(target->files.text);
    SWT_CLEANUP(swt_buf_done) struct swt_buf folder = {0};
    int rc = swt_buf_append(&folder, target->path, folder_len, err);
    if (rc < 0)
        return rc;
    rc = swt_payload_glob(swt_buf_text(&folder), target->files.text, SWT_MAX_TARGETS, steps, &list,
                          err);
    if (rc == 0)
        return add_matches(job, target, &list, err);
    if (rc == -SWT_E_GLOB && *steps > 0)
        swt_error_hint(err, "the pattern is relative to %s",
                       folder_len > 0 ? swt_buf_text(&folder) : "the folder of the manifest");
    swt_build_error_in(err, target->files.node);
    return swt_faults_keep(job->faults, err);
}

/* ---- all of them ------------------------------------------------------------------------- */

/* What a fault left without a name or a file is no payload. */
static int add_target(struct swt_build_job *job, const struct swt_manifest_target *target,
                      uint64_t *steps, struct swt_error *err) {
    const struct swt_build_origin origin = {
        .target = target, .node = target->node, .file = target->file.text};
    if (target->path == NULL)
        return 0;
    if (target->files.text != NULL)
        return add_pattern(job, target, steps, err);
    return target->name.text == NULL
               ? 0
               : add_payload(job, target->name.text, target->path, &origin, err);
}

/* Release notes, then the SBOM, behind the manifest's own targets. */
static int add_documents(struct swt_build_job *job, struct swt_error *err) {
    const struct swt_manifest *manifest = job->manifest;
    const struct swt_build_origin notes = {.node = manifest->notes.node,
                                           .file = manifest->notes.text};
    const struct swt_build_origin sbom = {.node = manifest->sbom.node, .file = manifest->sbom.text};
    int rc = 0;
    if (manifest->notes_file != NULL)
        rc = add_payload(job, SWT_RELEASE_NOTES, manifest->notes_file, &notes, err);
    job->has_sbom = rc == 0 && manifest->sbom_file != NULL;
    return job->has_sbom ? add_payload(job, swt_build_base_name(manifest->sbom_file),
                                       manifest->sbom_file, &sbom, err)
                         : rc;
}

/* user_manifest comes first, the user's own or the generated one. */
static int put_user_manifest(struct swt_build_job *job, struct swt_error *err) {
    const struct swt_build_origin generated = {0};
    size_t at = 0;
    while (at < job->payload_count && (job->origins[at].target == NULL ||
                                       strcmp(job->payloads[at].name, SWT_USER_MANIFEST) != 0))
        at++;
    if (at == job->payload_count) {
        if (!job->manifest->user_manifest)
            return 0;
        int rc = add_payload(job, SWT_USER_MANIFEST, NULL, &generated, err);
        if (rc < 0)
            return rc;
        job->generated = true;
    }
    struct swt_payload payload = job->payloads[at];
    struct swt_build_origin origin = job->origins[at];
    memmove(&job->payloads[1], job->payloads, at * sizeof payload);
    memmove(&job->origins[1], job->origins, at * sizeof origin);
    job->payloads[0] = payload;
    job->origins[0] = origin;
    return 0;
}

int swt_build_list_payloads(struct swt_build_job *job, struct swt_error *err) {
    const struct swt_manifest *manifest = job->manifest;
    uint64_t steps = SWT_PATTERN_STEPS;
    int rc = 0;
    for (size_t i = 0; i < manifest->target_count && rc == 0; i++)
        rc = add_target(job, &manifest->targets[i], &steps, err);
    if (rc == 0)
        rc = add_documents(job, err);
    if (rc == 0)
        rc = put_user_manifest(job, err);
    if (rc < 0 || job->payload_count <= SWT_MAX_TARGETS)
        return rc;
    swt_fail(err, SWT_E_TARGETS_RULES, "%s%zu targets, a bundle holds %d at most",
             job->unlisted ? "over " : "", job->payload_count, SWT_MAX_TARGETS);
    swt_error_file(err, job->options->manifest);
    return swt_faults_keep(job->faults, err);
}

int swt_build_write_user_manifest(const struct swt_build_job *job, const struct swt_root *root,
                                  struct swt_buf *ret_json, struct swt_error *err) {
    struct swt_user_manifest_target *targets = calloc(job->payload_count, sizeof *targets);
    if (targets == NULL)
        return swt_fail_memory(err);
    size_t count = 0;
    for (size_t i = 1; i < job->payload_count; i++) {
        /* No JSON holds it, nor does a bundle: it is refused where names are. */
        if (!swt_utf8_valid(swt_slice_text(job->payloads[i].name)))
            continue;
        targets[count++] = (struct swt_user_manifest_target){
            .name = job->payloads[i].name,
            .origin = job->origins[i].target,
            .compression = job->payloads[i].compression,
            .original_length = job->payloads[i].measured ? job->payloads[i].original_length : 0,
            .original_sha256 = swt_payload_original_sha256(&job->payloads[i])};
    }
    const struct swt_user_manifest_spec spec = {
        .manifest = job->manifest,
        .targets = targets,
        .target_count = count,
        .sbom = job->has_sbom ? job->payloads[job->payload_count - 1].name : NULL,
        .sbom_format =
            job->sbom.format != NULL ? job->sbom.format : job->manifest->sbom_format.text,
        .root = root};
    int rc = swt_user_manifest_write(&spec, ret_json, err);
    free(targets);
    return rc;
}

int swt_build_generate(struct swt_build_job *job, struct swt_error *err) {
    if (!job->generated)
        return 0;
    const struct swt_root *root = job->has_root ? job->root.root : NULL;
    swt_buf_clear(&job->payloads[0].bytes);
    job->payloads[0].measured = false;
    return swt_build_write_user_manifest(
        job, job->recorded_root != NULL ? job->recorded_root : root, &job->payloads[0].bytes, err);
}
