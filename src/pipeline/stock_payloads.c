/* SPDX-License-Identifier: Apache-2.0 */
/* The stock device's third stage: each listed target, and its payload in the bundle or, where that
 * is left out, in the manifest that the device holds. */
#include "profile.h"
#include "stock_fields.h"
#include "stock_flow.h"

#include <inttypes.h>
#include <string.h>

#define PROFILE "pigweed"

struct stage {
    struct swt_stock_flow *flow;
    struct swt_stock_value installed; /* the device's TargetsMetadata */
    struct swt_stock_names names;
    struct swt_tee *tee;
};

static void stage_done(struct stage *stage) {
    swt_stock_names_done(&stage->names);
    swt_tee_free(stage->tee);
}

/* What a TargetFile says, as far as the device asks. */
struct entry {
    struct swt_slice name;
    uint64_t length;
    struct swt_slice sha256;
};

/* The first SHA-256; what stands before it must say its function. */
static struct swt_stock_value first_sha256(struct swt_stock_value file) {
    struct swt_stock_each each = swt_stock_each_of(file, SWT_STOCK_FILE_HASHES);
    struct swt_stock_value hash;
    while (swt_stock_each_next(&each, &hash)) {
        struct swt_stock_number function = swt_stock_uint32(hash, SWT_STOCK_HASH_FUNCTION);
        if (function.status != SWT_STOCK_OK)
            return swt_stock_value_none(function.status);
        if (function.value == SWT_STOCK_HASH_SHA256)
            return swt_stock_bytes(hash, SWT_STOCK_HASH_VALUE);
    }
    return swt_stock_value_none(SWT_STOCK_NOT_FOUND);
}

static int refuse_entry(struct stage *stage, enum swt_stock_status status,
                        const struct entry *entry, const char *what) {
    return swt_stock_refuse(stage->flow, "targets-entries", status, "target '%.*s' %s",
                            (int)entry->name.len, (const char *)entry->name.data, what);
}

static int read_name(struct stage *stage, struct swt_stock_value file, struct entry *entry) {
    const struct swt_profile *limits = swt_profile_find(PROFILE);
    struct swt_stock_value name = swt_stock_bytes(file, SWT_STOCK_FILE_NAME);
    if (name.status == SWT_STOCK_OK && name.bytes.len == 0)
        name.status = SWT_STOCK_OUT_OF_RANGE;
    if (name.status != SWT_STOCK_OK)
        return swt_stock_refuse(stage->flow, "targets-entries", name.status,
                                "a target has no name");
    if (name.bytes.len > limits->max_name)
        return swt_stock_refuse(stage->flow, "targets-entries", SWT_STOCK_RESOURCE_EXHAUSTED,
                                "a target's name has %zu bytes, it takes %zu at most",
                                name.bytes.len, limits->max_name);
    entry->name = name.bytes;
    return 0;
}

static int read_entry(struct stage *stage, struct swt_stock_value file, struct entry *entry) {
    int rc = read_name(stage, file, entry);
    if (rc != 0)
        return rc;
    struct swt_stock_number length = swt_stock_uint64(file, SWT_STOCK_FILE_LENGTH);
    if (length.status != SWT_STOCK_OK)
        return refuse_entry(stage, length.status, entry, "has no length (0 is not written)");
    if (length.value > swt_profile_find(PROFILE)->max_payload)
        return refuse_entry(stage, SWT_STOCK_OUT_OF_RANGE, entry,
                            "is larger than the 104,857,600 bytes that it takes");
    struct swt_stock_value sha256 = first_sha256(file);
    if (sha256.status != SWT_STOCK_OK)
        return refuse_entry(stage, sha256.status, entry, "has no SHA-256 that it finds");
    entry->length = length.value;
    entry->sha256 = sha256.bytes;
    return 0;
}

static int refuse_payload(struct stage *stage, enum swt_stock_status status,
                          const struct entry *entry, const char *what) {
    return swt_stock_refuse(stage->flow, "payloads", status, "payload '%.*s' %s",
                            (int)entry->name.len, (const char *)entry->name.data, what);
}

static int refuse_content(struct stage *stage, const struct entry *entry, const char *what) {
    return refuse_payload(stage, SWT_STOCK_UNAUTHENTICATED, entry, what);
}

static bool hash_is(const struct entry *entry, const uint8_t digest[SWT_SHA256_SIZE]) {
    return swt_slice_equal(entry->sha256, swt_slice_of(digest, SWT_SHA256_SIZE));
}

static int verify_held(struct stage *stage, const struct entry *entry, struct swt_stock_name *name,
                       struct swt_error *err) {
    if (name->length != entry->length)
        return refuse_content(stage, entry, "has another length than is listed");
    if (stage->flow->device->payloads_match)
        return 0;
    int rc = swt_stock_bundle_hash(stage->flow->bundle, stage->tee, name, err);
    if (rc < 0)
        return rc;
    return hash_is(entry, name->sha256)
               ? 0
               : refuse_content(stage, entry, "does not have the SHA-256 that is listed first");
}

/* The bundle does not hold it, or not readably: the device believes its manifest. */
static int verify_left_out(struct stage *stage, const struct entry *entry,
                           const struct swt_stock_name *name) {
    if (stage->installed.status != SWT_STOCK_OK)
        return refuse_content(stage, entry, "is missing, and the device has no manifest");
    if (name->installed.status != SWT_STOCK_OK)
        return refuse_content(stage, entry, "is missing, and the device's manifest lists no such");
    struct swt_stock_number length = swt_stock_uint64(name->installed, SWT_STOCK_FILE_LENGTH);
    uint8_t digest[SWT_SHA256_SIZE];
    if (length.status != SWT_STOCK_OK)
        return refuse_payload(stage, length.status, entry,
                              "is missing, and the device's manifest has no length of it");
    if (length.value != entry->length)
        return refuse_content(stage, entry, "is missing, and the device has one of another length");
    enum swt_stock_status status =
        swt_stock_read(first_sha256(name->installed), digest, sizeof digest);
    if (status != SWT_STOCK_OK)
        return refuse_payload(stage, status, entry,
                              "is missing, and the device's manifest has no SHA-256 of it");
    return hash_is(entry, digest)
               ? 0
               : refuse_content(stage, entry, "is missing, and the device has other content");
}

static int verify_target(struct stage *stage, struct swt_stock_value file, struct swt_error *err) {
    struct entry entry = {0};
    int rc = read_entry(stage, file, &entry);
    if (rc != 0)
        return rc;
    struct swt_stock_name *name = swt_stock_names_find(&stage->names, entry.name);
    return name->readable ? verify_held(stage, &entry, name, err)
                          : verify_left_out(stage, &entry, name);
}

static void begin_progress(struct stage *stage) {
    const struct swt_progress *progress = stage->flow->bundle->progress;
    const struct swt_stock_names *names = &stage->names;
    uint64_t size = 0;
    for (size_t i = 0; i < names->count; i++)
        size += names->items[i].readable ? names->items[i].length : 0;
    swt_progress_begin(progress, "simulate", size);
}

static int prepare(struct stage *stage, struct swt_stock_value targets, struct swt_error *err) {
    bool all = true;
    int rc = swt_tee_new(&stage->tee, err);
    if (rc == 0)
        rc = swt_stock_names_collect(targets, &stage->names, &all, err);
    if (rc < 0)
        return rc;
    if (!all)
        return swt_stock_give_up(stage->flow, "it lists more targets than are looked at");
    swt_stock_names_look_up(&stage->names, stage->installed);
    return swt_stock_bundle_find(stage->flow->bundle, &stage->names, err);
}

int swt_stock_verify_payloads(struct swt_stock_flow *flow, struct swt_error *err) {
    SWT_CLEANUP(stage_done)
    struct stage stage = {.flow = flow, .installed = swt_stock_installed(flow->device)};
    struct swt_stock_value targets =
        swt_stock_bytes(flow->bundle->targets, SWT_STOCK_SIGNED_METADATA);
    if (targets.status != SWT_STOCK_OK)
        return swt_stock_refuse(flow, "targets-content", targets.status,
                                "it finds no targets metadata to read");
    int rc = prepare(&stage, targets, err);
    if (rc == 0)
        begin_progress(&stage);
    struct swt_stock_each each = swt_stock_each_of(targets, SWT_STOCK_TARGET_FILES);
    struct swt_stock_value file;
    while (rc == 0 && swt_stock_each_next(&each, &file))
        rc = verify_target(&stage, file, err);
    return rc;
}
