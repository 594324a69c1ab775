/* SPDX-License-Identifier: Apache-2.0 */
#include "user_manifest.h"
#include "document.h"
#include "json_text.h"

#include "swt/io.h"

#include <stdlib.h>
#include <string.h>

/* No level of it is looked for deeper than the third; jansson stops here. */
#define JSON_DEPTH 2048

/* ---- writing ----------------------------------------------------------------------------- */

static int set_text(json_t *object, const char *name, const struct swt_text *text,
                    struct swt_error *err) {
    return text->text == NULL ? 0 : swt_json_set(object, name, json_string(text->text), err);
}

/* A free map of the manifest as JSON: every scalar is text, what is null was not given. */
static int node_json(const struct swt_node *node, json_t **ret_json, struct swt_error *err) {
    if (node->kind == SWT_NODE_TEXT) {
        *ret_json = json_string(node->text);
        return *ret_json == NULL ? swt_fail_memory(err) : 0;
    }
    json_t *json = node->kind == SWT_NODE_LIST ? json_array() : json_object();
    if (json == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    for (const struct swt_node *child = node->first; child != NULL && rc == 0;
         child = child->next) {
        json_t *value = NULL;
        if (child->kind == SWT_NODE_NULL)
            continue;
        rc = node_json(child, &value, err);
        if (rc == 0 &&
            (node->kind == SWT_NODE_LIST ? json_array_append_new(json, value)
                                         : json_object_set_new(json, child->key->text, value)) < 0)
            rc = swt_fail_memory(err);
    }
    if (rc < 0)
        json_decref(json);
    else
        *ret_json = json;
    return rc;
}

static int set_node(json_t *object, const char *name, const struct swt_node *node,
                    struct swt_error *err) {
    json_t *value;
    if (node == NULL || node->first == NULL)
        return 0;
    int rc = node_json(node, &value, err);
    return rc < 0 ? rc : swt_json_set(object, name, value, err);
}

static int set_texts(json_t *object, const char *name, const struct swt_text_list *texts,
                     struct swt_error *err) {
    if (texts->count == 0)
        return 0;
    json_t *array = json_array();
    int rc = swt_json_set(object, name, array, err);
    for (size_t i = 0; i < texts->count && rc == 0; i++)
        rc = swt_json_add(array, json_string(texts->items[i].text), err);
    return rc;
}

static int set_product(json_t *object, const struct swt_manifest *manifest, struct swt_error *err) {
    json_t *product = json_object();
    int rc = swt_json_set(object, "product", product, err);
    if (rc == 0)
        rc = set_text(product, "name", &manifest->name, err);
    if (rc == 0)
        rc = set_text(product, "vendor", &manifest->vendor, err);
    return rc < 0 ? rc : set_texts(product, "compatible", &manifest->compatible, err);
}

static int set_release(json_t *object, const struct swt_manifest *manifest, struct swt_error *err) {
    json_t *release = json_object();
    int rc = swt_json_set(object, "release", release, err);
    if (rc == 0)
        rc = set_text(release, "version", &manifest->version, err);
    if (rc == 0)
        rc = swt_json_set(release, "metadata_version",
                          json_integer((json_int_t)manifest->metadata_version.value), err);
    if (rc == 0 && manifest->expires.text != NULL) {
        char expires[SWT_TIME_TEXT];
        rc = swt_json_set(release, "expires",
                          json_string(swt_time_text(manifest->expires_time, expires)), err);
    }
    if (rc == 0)
        rc = set_text(release, "channel", &manifest->channel, err);
    if (rc == 0)
        rc = set_text(release, "vcs", &manifest->vcs, err);
    return rc;
}

static int set_requires(json_t *object, const struct swt_manifest *manifest,
                        struct swt_error *err) {
    if (manifest->min_version.text == NULL)
        return 0;
    json_t *requires = swt_json_object(object, "requires", err);
    return requires == NULL ? -SWT_E_MEMORY
                            : set_text(requires, "min_version", &manifest->min_version, err);
}

static int set_compression(json_t *object, const struct swt_user_manifest_target *target,
                           struct swt_error *err) {
    if (target->compression == SWT_COMPRESSION_NONE)
        return 0;
    json_t *compression = json_pack("{s:s}", "type", swt_compression_name(target->compression));
    int rc = swt_json_set(object, "compression", compression, err);
    if (rc == 0)
        rc = swt_json_set(compression, "length", swt_json_length(target->original_length), err);
    return rc < 0
               ? rc
               : swt_json_set(compression, "sha256",
                              swt_json_hex(swt_slice_of(target->original_sha256, SWT_SHA256_SIZE)),
                              err);
}

static int fill_target(json_t *object, const struct swt_user_manifest_target *target,
                       struct swt_error *err) {
    const struct swt_manifest_target *origin = target->origin;
    int rc = set_compression(object, target, err);
    if (rc < 0 || origin == NULL)
        return rc;
    rc = set_text(object, "type", &origin->type, err);
    if (rc == 0)
        rc = set_text(object, "slot", &origin->slot, err);
    if (rc == 0)
        rc = set_text(object, "version", &origin->version, err);
    if (rc == 0)
        rc = set_texts(object, "compatible", &origin->compatible, err);
    return rc < 0 ? rc : set_node(object, "meta", origin->meta, err);
}

static int write_json(json_t *json, struct swt_buf *text, struct swt_error *err) {
    return swt_json_write(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII | JSON_ENCODE_ANY,
                          text, err);
}

/* "NAME":{...} */
static int write_target(const struct swt_user_manifest_target *target, struct swt_buf *text,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *name = json_string(target->name);
    SWT_CLEANUP(swt_json_cleanup) json_t *object = json_object();
    if (name == NULL || object == NULL)
        return swt_fail_memory(err);
    int rc = fill_target(object, target, err);
    if (rc == 0)
        rc = write_json(name, text, err);
    if (rc == 0)
        rc = swt_buf_append(text, ":", 1, err);
    return rc < 0 ? rc : write_json(object, text, err);
}

/* Of one name, which is refused where names are, by place. */
static int order_by_name(const void *left, const void *right) {
    const struct swt_user_manifest_target *a =
        *(const struct swt_user_manifest_target *const *)left;
    const struct swt_user_manifest_target *b =
        *(const struct swt_user_manifest_target *const *)right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a > b) - (a < b);
}

static void free_order(const struct swt_user_manifest_target ***order) {
    free((void *)*order);
}

/* One at a time: a tree of 10,000 would take 3 MiB. */
static int write_targets(const struct swt_user_manifest_spec *spec, struct swt_buf *text,
                         struct swt_error *err) {
    SWT_CLEANUP(free_order)
    const struct swt_user_manifest_target **order = calloc(spec->target_count + 1, sizeof(void *));
    if (order == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < spec->target_count; i++)
        order[i] = &spec->targets[i];
    qsort((void *)order, spec->target_count, sizeof(void *), order_by_name);
    const char *before = "{";
    int rc = 0;
    for (size_t i = 0; i < spec->target_count && rc == 0; i++) {
        if (i + 1 < spec->target_count && strcmp(order[i]->name, order[i + 1]->name) == 0)
            continue;
        rc = swt_buf_append(text, before, 1, err);
        if (rc == 0)
            rc = write_target(order[i], text, err);
        before = ",";
    }
    return rc < 0 ? rc : swt_buf_printf(text, err, "%s}", spec->target_count == 0 ? "{" : "");
}

static int set_sbom(json_t *object, const struct swt_user_manifest_spec *spec,
                    struct swt_error *err) {
    if (spec->sbom == NULL)
        return 0;
    json_t *sbom = json_pack("{s:s}", "target", spec->sbom);
    int rc = swt_json_set(object, "sbom", sbom, err);
    return rc < 0 || spec->sbom_format == NULL
               ? rc
               : swt_json_set(sbom, "format", json_string(spec->sbom_format), err);
}

static int set_root(json_t *object, const struct swt_root *root, struct swt_error *err) {
    if (root == NULL)
        return 0;
    uint8_t digest[SWT_DIGEST_SIZE];
    char hex[SWT_HEX_SIZE(SWT_DIGEST_SIZE)];
    int rc = swt_sha256_of(root->bytes, digest, err);
    if (rc < 0)
        return rc;
    swt_hex_encode(digest, sizeof digest, hex);
    return swt_json_set(
        object, "root",
        json_pack("{s:I, s:s}", "version", (json_int_t)root->common.version, "sha256", hex), err);
}

int swt_user_manifest_write(const struct swt_user_manifest_spec *spec, struct swt_buf *ret_json,
                            struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *object = json_object();
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    if (object == NULL)
        return swt_fail_memory(err);
    int rc = swt_json_set(object, "schema", json_integer(SWT_USER_MANIFEST_SCHEMA), err);
    if (rc == 0)
        rc = set_product(object, spec->manifest, err);
    if (rc == 0)
        rc = set_release(object, spec->manifest, err);
    if (rc == 0)
        rc = set_requires(object, spec->manifest, err);
    if (rc == 0)
        rc = set_sbom(object, spec, err);
    if (rc == 0)
        rc = set_node(object, "meta", spec->manifest->meta, err);
    if (rc == 0)
        rc = set_root(object, spec->root, err);
    if (rc == 0)
        rc = write_json(object, &text, err);
    /* By name "targets" comes behind all the others: in the place of the last brace. */
    if (rc == 0) {
        text.len--;
        rc = swt_buf_printf(&text, err, ",\"targets\":");
    }
    if (rc == 0)
        rc = write_targets(spec, &text, err);
    if (rc == 0)
        rc = swt_buf_append(&text, "}", 1, err);
    return rc < 0 ? rc : swt_buf_append_slice(ret_json, swt_buf_slice(&text), err);
}

/* ---- reading ----------------------------------------------------------------------------- */

const struct swt_target *swt_user_manifest_target(const struct swt_targets *targets) {
    const struct swt_target *first = targets->targets;
    return targets->target_count > 0 && first->length <= SWT_MAX_USER_MANIFEST &&
                   swt_slice_equal(first->name, swt_slice_text(SWT_USER_MANIFEST))
               ? first
               : NULL;
}

static const struct swt_json_limits LIMITS = {SWT_MAX_USER_MANIFEST_VALUES, JSON_DEPTH};

bool swt_user_manifest_fits(struct swt_slice json) {
    return json.len <= SWT_MAX_USER_MANIFEST && swt_json_within(json, &LIMITS);
}

int swt_user_manifest_read(struct swt_slice bytes, json_t **ret_json, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *json = NULL;
    struct swt_error fault;
    *ret_json = NULL;
    if (bytes.len > SWT_MAX_USER_MANIFEST)
        return 0;
    if (swt_json_parse(bytes, SWT_USER_MANIFEST, &LIMITS, SWT_E_METADATA, &json, &fault) < 0)
        return fault.code == SWT_E_MEMORY ? swt_fail_memory(err) : 0;
    json_t *schema = json_object_get(json, "schema");
    if (json_is_integer(schema) && json_integer_value(schema) == SWT_USER_MANIFEST_SCHEMA)
        *ret_json = SWT_TAKE(json);
    return 0;
}

int swt_user_manifest_root(struct swt_slice bytes, struct swt_recorded_root *ret_recorded,
                           struct swt_error *err) {
    struct swt_recorded_root recorded = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *json = NULL;
    int rc = swt_user_manifest_read(bytes, &json, err);
    if (rc < 0)
        return rc;
    *ret_recorded = recorded;
    json_t *root = json_object_get(json, "root");
    json_t *version = json_object_get(root, "version");
    const char *sha256 = json_string_value(json_object_get(root, "sha256"));
    uint8_t digest[SWT_DIGEST_SIZE];
    if (!json_is_integer(version) || json_integer_value(version) < 0 ||
        json_integer_value(version) > UINT32_MAX || sha256 == NULL ||
        !swt_hex_decode(sha256, digest, sizeof digest))
        return 0;
    recorded.given = true;
    recorded.version = (uint32_t)json_integer_value(version);
    swt_hex_encode(digest, sizeof digest, recorded.sha256);
    *ret_recorded = recorded;
    return 0;
}

int swt_recorded_root_is(const struct swt_recorded_root *recorded, struct swt_slice root_bytes,
                         struct swt_error *err) {
    uint8_t digest[SWT_DIGEST_SIZE];
    char hex[SWT_HEX_SIZE(SWT_DIGEST_SIZE)];
    int rc = swt_sha256_of(root_bytes, digest, err);
    if (rc < 0)
        return rc;
    swt_hex_encode(digest, sizeof digest, hex);
    return strcmp(hex, recorded->sha256) == 0 ? 1 : 0;
}

int swt_user_manifest_compression(const json_t *user_manifest, const char *name,
                                  struct swt_recorded_compression *ret_recorded,
                                  struct swt_error *err) {
    struct swt_recorded_compression recorded = {0};
    json_t *target = json_object_get(json_object_get(user_manifest, "targets"), name);
    json_t *record = json_object_get(target, "compression");
    const char *type = json_string_value(json_object_get(record, "type"));
    json_t *length = json_object_get(record, "length");
    const char *sha256 = json_string_value(json_object_get(record, "sha256"));
    if (record == NULL) {
        *ret_recorded = recorded;
        return 0;
    }
    if (type == NULL || !json_is_integer(length) || json_integer_value(length) < 0 ||
        sha256 == NULL || !swt_hex_decode(sha256, recorded.sha256, sizeof recorded.sha256))
        return swt_fail(err, SWT_E_COMPRESSION,
                        "target '%s': what user_manifest says of its compression is not its type "
                        "with the length and sha256 of the original",
                        name);
    if (!swt_compression_parse(type, &recorded.compression) ||
        recorded.compression == SWT_COMPRESSION_NONE)
        return swt_fail(err, SWT_E_COMPRESSION,
                        "target '%s': its compression is '%s' by user_manifest, expected gzip, xz "
                        "or zstd",
                        name, type);
    recorded.length = (uint64_t)json_integer_value(length);
    *ret_recorded = recorded;
    return 0;
}
