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
    payload->path = swt_strdup(path, err);
    return payload->path == NULL ? -SWT_E_MEMORY : 0;
}

/* What a fault left without a name or a file is no payload. */
static int add_target(struct swt_build_job *job, const struct swt_manifest_target *target,
                      struct swt_error *err) {
    const struct swt_build_origin origin = {
        .target = target, .node = target->node, .file = target->file.text};
    if (target->name.text == NULL || target->path == NULL)
        return 0;
    return add_payload(job, target->name.text, target->path, &origin, err);
}

/* user_manifest comes first, the user's own or the generated one. */
static int put_user_manifest(struct swt_build_job *job, struct swt_error *err) {
    size_t own = 0;
    while (own < job->payload_count && (job->origins[own].target == NULL ||
                                        strcmp(job->payloads[own].name, SWT_USER_MANIFEST) != 0))
        own++;
    if (own == job->payload_count) {
        if (!job->manifest->user_manifest)
            return 0;
        const struct swt_build_origin generated = {0};
        int rc = add_payload(job, SWT_USER_MANIFEST, NULL, &generated, err);
        if (rc < 0)
            return rc;
    }
    struct swt_payload payload = job->payloads[own];
    struct swt_build_origin origin = job->origins[own];
    memmove(&job->payloads[1], job->payloads, own * sizeof payload);
    memmove(&job->origins[1], job->origins, own * sizeof origin);
    job->payloads[0] = payload;
    job->origins[0] = origin;
    return origin.target != NULL
               ? 0
               : swt_user_manifest_write(job->manifest, job->has_root ? job->root.root : NULL,
                                         &job->payloads[0].bytes, err);
}

int swt_build_list_payloads(struct swt_build_job *job, struct swt_error *err) {
    const struct swt_manifest *manifest = job->manifest;
    int rc = 0;
    for (size_t i = 0; i < manifest->target_count && rc == 0; i++)
        rc = add_target(job, &manifest->targets[i], err);
    if (rc == 0)
        rc = put_user_manifest(job, err);
    if (rc < 0 || job->payload_count <= SWT_MAX_TARGETS)
        return rc;
    swt_fail(err, SWT_E_TARGETS_RULES, "%zu targets, a bundle holds %d at most", job->payload_count,
             SWT_MAX_TARGETS);
    swt_error_file(err, job->options->manifest);
    return swt_faults_keep(job->faults, err);
}
