/* SPDX-License-Identifier: Apache-2.0 */
/* The SBOM that a manifest names, against the payloads that it tells of. */
#include "build_job.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int keep(struct swt_build_job *job, struct swt_error *err) {
    swt_build_error_in(err, job->manifest->sbom.node);
    return swt_faults_keep(job->faults, err);
}

/* ---- reading ----------------------------------------------------------------------------- */

static int read_sbom(struct swt_build_job *job, struct swt_error *err) {
    const char *path = job->manifest->sbom_file;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    /* "-" would be standard input; here it is a file of that name. */
    int rc = swt_read_file(strcmp(path, "-") == 0 ? "./-" : path, SWT_MAX_SBOM, &bytes, err);
    if (rc == -SWT_E_FILE_KIND) {
        swt_fail(err, SWT_E_SBOM, "it is larger than 16 MiB");
        return swt_error_file(err, path);
    }
    return rc < 0 ? rc : swt_sbom_parse(swt_buf_slice(&bytes), path, &job->sbom, err);
}

int swt_build_read_sbom(struct swt_build_job *job, struct swt_error *err) {
    const struct swt_text *wanted = &job->manifest->sbom_format;
    if (!job->has_sbom || job->origins[job->payload_count - 1].unreadable)
        return 0;
    if (read_sbom(job, err) < 0)
        return keep(job, err);
    if (wanted->text == NULL || strcmp(wanted->text, job->sbom.format) == 0)
        return 0;
    swt_fail(err, SWT_E_SBOM, "%s is %s, the manifest says %s", job->manifest->sbom.text,
             job->sbom.format, wanted->text);
    swt_manifest_error_at(err, wanted->node);
    return swt_faults_keep(job->faults, err);
}

/* ---- comparing --------------------------------------------------------------------------- */

/* What a claim may call a payload by: its target name, or the base name of its file. */
struct alias {
    const char *text;
    size_t index;
    bool is_name;
};
struct aliases {
    struct alias *items;
    size_t count;
};

static void aliases_done(struct aliases *aliases) {
    free(aliases->items);
}

static int compare_aliases(const void *left, const void *right) {
    const struct alias *a = left;
    const struct alias *b = right;
    int order = strcmp(a->text, b->text);
    return order != 0 ? order : a->index < b->index ? -1 : a->index > b->index;
}

/* Of all but the SBOM, which cannot give its own hash, and what is generated or unreadable. */
static int list_aliases(const struct swt_build_job *job, struct aliases *ret_aliases,
                        struct swt_error *err) {
    ret_aliases->items = calloc(2 * job->payload_count, sizeof *ret_aliases->items);
    if (ret_aliases->items == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i + 1 < job->payload_count; i++) {
        const struct swt_payload *payload = &job->payloads[i];
        if (payload->path == NULL || !payload->measured)
            continue;
        ret_aliases->items[ret_aliases->count++] = (struct alias){payload->name, i, true};
        ret_aliases->items[ret_aliases->count++] =
            (struct alias){swt_build_base_name(payload->path), i, false};
    }
    qsort(ret_aliases->items, ret_aliases->count, sizeof *ret_aliases->items, compare_aliases);
    return 0;
}

/* The first alias that is not before text. */
static size_t lower_bound(const struct aliases *aliases, const char *text) {
    size_t low = 0;
    size_t high = aliases->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(aliases->items[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has_hash(const struct swt_payload *payload, const uint8_t sha256[SWT_SHA256_SIZE]) {
    return memcmp(swt_payload_original_sha256(payload), sha256, SWT_SHA256_SIZE) == 0 ||
           memcmp(payload->sha256, sha256, SWT_SHA256_SIZE) == 0;
}

/* What one name of a claim calls: one of the payloads must have the hash. */
struct answer {
    bool called;
    bool agrees;
    size_t index; /* of a payload that was called */
};

static void ask(const struct swt_build_job *job, const struct aliases *aliases, const char *text,
                bool names_only, const struct swt_sbom_claim *claim, struct answer *answer) {
    for (size_t i = lower_bound(aliases, text);
         i < aliases->count && strcmp(aliases->items[i].text, text) == 0; i++) {
        const struct alias *alias = &aliases->items[i];
        if (names_only && !alias->is_name)
            continue;
        if (!answer->called)
            answer->index = alias->index;
        answer->called = true;
        answer->agrees |= has_hash(&job->payloads[alias->index], claim->sha256);
    }
}

/* By whole target names first: base names of files may be those of several. */
static struct answer judge(const struct swt_build_job *job, const struct aliases *aliases,
                           const struct swt_sbom_claim *claim) {
    struct answer answer = {0};
    for (size_t i = 0; i < SWT_COUNT(claim->names); i++)
        if (claim->names[i] != NULL)
            ask(job, aliases, claim->names[i], true, claim, &answer);
    for (size_t i = 0; i < SWT_COUNT(claim->names) && !answer.called; i++)
        if (claim->names[i] != NULL)
            ask(job, aliases, swt_build_base_name(claim->names[i]), false, claim, &answer);
    return answer;
}

static int fail_claim(const struct swt_build_job *job, const struct swt_sbom_claim *claim,
                      size_t index, struct swt_error *err) {
    const struct swt_payload *payload = &job->payloads[index];
    char said[SWT_HEX_SIZE(SWT_SHA256_SIZE)];
    char found[SWT_HEX_SIZE(SWT_SHA256_SIZE)];
    char packed[SWT_HEX_SIZE(SWT_SHA256_SIZE)];
    swt_hex_encode(claim->sha256, SWT_SHA256_SIZE, said);
    swt_hex_encode(swt_payload_original_sha256(payload), SWT_SHA256_SIZE, found);
    swt_hex_encode(payload->sha256, SWT_SHA256_SIZE, packed);
    bool compressed = payload->compression != SWT_COMPRESSION_NONE;
    swt_fail(err, SWT_E_SBOM,
             "%s '%.200s' has the SHA-256 %s there, but %s, the target '%s', has %s%s%s",
             claim->kind, claim->names[0], said, job->origins[index].file, payload->name, found,
             compressed ? ", compressed " : "", compressed ? packed : "");
    swt_error_file(err, job->manifest->sbom.text);
    return swt_error_hint(err, "make the SBOM after the files that it describes");
}

static int check_claims(struct swt_build_job *job, const struct aliases *aliases,
                        struct swt_error *err) {
    size_t called = 0;
    int rc = 0;
    for (size_t i = 0; i < job->sbom.claim_count && rc == 0; i++) {
        const struct swt_sbom_claim *claim = &job->sbom.claims[i];
        struct answer answer = judge(job, aliases, claim);
        called += answer.called;
        if (!answer.called || answer.agrees)
            continue;
        fail_claim(job, claim, answer.index, err);
        rc = keep(job, err);
    }
    if (rc < 0 || called > 0)
        return rc;
    return swt_notices_add(job->notices, err, SWT_NOTE,
                           "%s gives the SHA-256 of no target: nothing in it was compared",
                           job->manifest->sbom.text);
}

int swt_build_check_sbom(struct swt_build_job *job, struct swt_error *err) {
    if (!job->has_sbom || job->sbom.format == NULL)
        return 0;
    const struct swt_payload *payload = &job->payloads[job->payload_count - 1];
    /* What was read is what is packed. */
    if (payload->measured && memcmp(payload->sha256, job->sbom.sha256, SWT_SHA256_SIZE) != 0) {
        swt_fail(err, SWT_E_FILE_CHANGED, "it changed while it was read");
        swt_error_file(err, payload->path);
        return swt_build_error_in(err, job->manifest->sbom.node);
    }
    SWT_CLEANUP(aliases_done) struct aliases aliases = {0};
    int rc = list_aliases(job, &aliases, err);
    return rc < 0 ? rc : check_claims(job, &aliases, err);
}
