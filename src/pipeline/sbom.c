/* SPDX-License-Identifier: Apache-2.0 */
#include "sbom.h"
#include "document.h"
#include "json_text.h"

#include "swt/io.h"

#include <stdlib.h>
#include <string.h>

/* Of a file of 16 MiB, no tool makes more; the depth is that of components in components, which
 * are walked by recursion. */
static const struct swt_json_limits LIMITS = {(size_t)1024 * 1024, 128};

void swt_sbom_done(struct swt_sbom *sbom) {
    for (size_t i = 0; i < sbom->claim_count; i++)
        for (size_t k = 0; k < SWT_COUNT(sbom->claims[i].names); k++)
            free(sbom->claims[i].names[k]);
    free(sbom->claims);
    *sbom = (struct swt_sbom){0};
}

/* ---- members ----------------------------------------------------------------------------- */

/* Absent and null are NULL. */
static int get_text(const json_t *object, const char *member, const char **ret_text,
                    struct swt_error *err) {
    const json_t *value = json_object_get(object, member);
    if (value != NULL && !json_is_string(value) && !json_is_null(value))
        return swt_fail(err, SWT_E_SBOM, "%s: expected a text", member);
    *ret_text = json_string_value(value);
    return 0;
}

/* A visitor of the objects in a list. */
struct visit {
    struct swt_sbom *sbom;
    const char *kind;
    int (*take)(struct visit *visit, const json_t *object, struct swt_error *err);
    const char *names[2]; /* of what the list's objects are about */
};

static int visit_list(struct visit *visit, const json_t *object, const char *member,
                      struct swt_error *err) {
    const json_t *list = json_object_get(object, member);
    if (list == NULL || json_is_null(list))
        return 0;
    if (!json_is_array(list))
        return swt_fail(err, SWT_E_SBOM, "%s: expected a list", member);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_object(item))
            return swt_fail(err, SWT_E_SBOM, "%s: expected a list of objects", member);
        int rc = visit->take(visit, item, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- hashes ------------------------------------------------------------------------------ */

static int grow(struct swt_sbom *sbom, struct swt_error *err) {
    size_t count = sbom->claim_count;
    if ((count & (count - 1)) != 0)
        return 0; /* there is room up to the next power of two */
    size_t room = count == 0 ? 1 : 2 * count;
    struct swt_sbom_claim *claims = realloc(sbom->claims, room * sizeof *claims);
    if (claims == NULL)
        return swt_fail_memory(err);
    sbom->claims = claims;
    return 0;
}

static int add_claim(const struct visit *visit, const char *sha256, struct swt_error *err) {
    struct swt_sbom_claim claim = {.kind = visit->kind};
    if (sha256 == NULL || !swt_hex_decode(sha256, claim.sha256, sizeof claim.sha256))
        return swt_fail(err, SWT_E_SBOM, "%s '%.200s': its SHA-256 is not 64 hexadecimal digits",
                        visit->kind, visit->names[0]);
    int rc = grow(visit->sbom, err);
    if (rc < 0)
        return rc;
    struct swt_sbom_claim *added = &visit->sbom->claims[visit->sbom->claim_count++];
    *added = claim;
    for (size_t i = 0; i < SWT_COUNT(added->names); i++) {
        if (visit->names[i] == NULL)
            continue;
        added->names[i] = swt_strdup(visit->names[i], err);
        if (added->names[i] == NULL)
            return -SWT_E_MEMORY;
    }
    return 0;
}

static int take_hash(struct visit *visit, const json_t *hash, const char *algorithm_member,
                     const char *wanted, const char *value_member, struct swt_error *err) {
    const char *algorithm;
    const char *value = NULL;
    int rc = get_text(hash, algorithm_member, &algorithm, err);
    if (rc == 0)
        rc = get_text(hash, value_member, &value, err);
    if (rc < 0 || algorithm == NULL || strcmp(algorithm, wanted) != 0)
        return rc;
    return add_claim(visit, value, err);
}

static int take_cyclonedx_hash(struct visit *visit, const json_t *hash, struct swt_error *err) {
    return take_hash(visit, hash, "alg", "SHA-256", "content", err);
}

static int take_spdx_checksum(struct visit *visit, const json_t *checksum, struct swt_error *err) {
    return take_hash(visit, checksum, "algorithm", "SHA256", "checksumValue", err);
}

/* ---- the two formats --------------------------------------------------------------------- */

static int take_component(struct visit *visit, const json_t *component, struct swt_error *err) {
    struct visit hashes = {.sbom = visit->sbom, .kind = "component", .take = take_cyclonedx_hash};
    int rc = get_text(component, "name", &hashes.names[0], err);
    if (rc == 0 && hashes.names[0] != NULL)
        rc = visit_list(&hashes, component, "hashes", err);
    return rc < 0 ? rc : visit_list(visit, component, "components", err);
}

static int read_cyclonedx(struct swt_sbom *sbom, const json_t *json, struct swt_error *err) {
    struct visit visit = {.sbom = sbom, .take = take_component};
    const char *version;
    int rc = get_text(json, "specVersion", &version, err);
    if (rc == 0 && (version == NULL || strncmp(version, "1.", 2) != 0))
        rc = swt_fail(err, SWT_E_SBOM, "specVersion: expected one of CycloneDX 1");
    const json_t *described = json_object_get(json_object_get(json, "metadata"), "component");
    if (rc == 0 && json_is_object(described))
        rc = take_component(&visit, described, err);
    return rc < 0 ? rc : visit_list(&visit, json, "components", err);
}

static int take_spdx_element(struct visit *visit, const json_t *element, const char *const names[2],
                             struct swt_error *err) {
    struct visit checksums = {.sbom = visit->sbom, .kind = visit->kind, .take = take_spdx_checksum};
    size_t count = 0;
    int rc = 0;
    for (size_t i = 0; i < 2 && rc == 0; i++) {
        const char *name = NULL;
        if (names[i] != NULL)
            rc = get_text(element, names[i], &name, err);
        if (rc == 0 && name != NULL)
            checksums.names[count++] = name;
    }
    return rc < 0 || count == 0 ? rc : visit_list(&checksums, element, "checksums", err);
}

static int take_file(struct visit *visit, const json_t *file, struct swt_error *err) {
    static const char *const NAMES[2] = {"fileName", NULL};
    return take_spdx_element(visit, file, NAMES, err);
}

static int take_package(struct visit *visit, const json_t *package, struct swt_error *err) {
    static const char *const NAMES[2] = {"name", "packageFileName"};
    return take_spdx_element(visit, package, NAMES, err);
}

static int read_spdx(struct swt_sbom *sbom, const json_t *json, struct swt_error *err) {
    struct visit files = {.sbom = sbom, .kind = "file", .take = take_file};
    struct visit packages = {.sbom = sbom, .kind = "package", .take = take_package};
    int rc = visit_list(&files, json, "files", err);
    return rc < 0 ? rc : visit_list(&packages, json, "packages", err);
}

/* ---- the file ---------------------------------------------------------------------------- */

#define EXPECTED "expected CycloneDX or SPDX 2, in JSON"

static bool starts_with(struct swt_slice bytes, const char *text) {
    size_t len = strlen(text);
    return bytes.len >= len && memcmp(bytes.data, text, len) == 0;
}

/* The other forms of the same two formats, which are no JSON. */
static int refuse_others(struct swt_slice bytes, struct swt_error *err) {
    if (starts_with(bytes, "\xef\xbb\xbf"))
        return swt_fail(err, SWT_E_SBOM, "it starts with a byte order mark, which no JSON does");
    while (bytes.len > 0 && strchr(" \t\r\n", bytes.data[0]) != NULL && bytes.data[0] != '\0')
        bytes = swt_slice_of(bytes.data + 1, bytes.len - 1);
    if (starts_with(bytes, "<"))
        return swt_fail(err, SWT_E_SBOM, "it is XML: " EXPECTED);
    if (starts_with(bytes, "SPDXVersion:"))
        return swt_fail(err, SWT_E_SBOM, "it is SPDX in tag-value form: " EXPECTED);
    return 0;
}

static int read_document(struct swt_sbom *sbom, const json_t *json, struct swt_error *err) {
    const char *bom = json_string_value(json_object_get(json, "bomFormat"));
    const char *spdx = json_string_value(json_object_get(json, "spdxVersion"));
    if (bom != NULL && strcmp(bom, "CycloneDX") == 0) {
        sbom->format = "cyclonedx";
        return read_cyclonedx(sbom, json, err);
    }
    if (spdx != NULL && strncmp(spdx, "SPDX-2.", strlen("SPDX-2.")) == 0) {
        sbom->format = "spdx";
        return read_spdx(sbom, json, err);
    }
    if (spdx != NULL)
        return swt_fail(err, SWT_E_SBOM, "spdxVersion is '%.40s': " EXPECTED, spdx);
    if (json_object_get(json, "@graph") != NULL)
        return swt_fail(err, SWT_E_SBOM, "it is JSON-LD, as SPDX 3 is: " EXPECTED);
    return swt_fail(err, SWT_E_SBOM, "neither a bomFormat nor an spdxVersion: " EXPECTED);
}

int swt_sbom_parse(struct swt_slice bytes, const char *name, struct swt_sbom *ret_sbom,
                   struct swt_error *err) {
    SWT_CLEANUP(swt_sbom_done) struct swt_sbom sbom = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *json = NULL;
    int rc = bytes.len > SWT_MAX_SBOM ? swt_fail(err, SWT_E_SBOM, "it is larger than 16 MiB")
                                      : refuse_others(bytes, err);
    if (rc == 0)
        rc = swt_json_parse(bytes, name, &LIMITS, SWT_E_SBOM, &json, err);
    if (rc == 0)
        rc = read_document(&sbom, json, err);
    if (rc == 0)
        rc = swt_sha256_of(bytes, sbom.sha256, err);
    if (rc < 0)
        return swt_error_file(err, name);
    *ret_sbom = SWT_MOVE(sbom);
    return 0;
}
