/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second judgement of a bundle that the program accepted, written from swupdate-bundle(5) and
 * swupdate-trust(7) with no line of the program's: a walk over the container, one over protobuf,
 * OpenSSL, jansson. It asks for what an attacker must not get past: the quorums of distinct keys
 * over the stored bytes, the rules of a root, rollback, expiry, the hash of every payload, each
 * there once, and nothing else. It may be laxer than the program, never stricter.
 */
#ifndef SWT_TESTS_ORACLE_H
#define SWT_TESTS_ORACLE_H

#include "oracle_quorum.h"

#include <jansson.h>
#include <strings.h>

/* ---- the judgement ----------------------------------------------------------------------- */

/* What the bundle was judged by. */
struct oracle_device {
    struct span anchor; /* root metadata that keeps the rules */
    uint64_t floor;
    int64_t now;
    struct part held; /* a payload that the device has, so that bundles may leave it out */
    bool allow_unknown;
};

struct oracle {
    const struct oracle_device *device;
    struct span content; /* what the program accepted (judging.h), as far as it is not compared;
                          * no bytes at all: it was not asked for */
    struct parts parts;
    size_t next_payload;
    struct root anchor, own_root;
    const struct root *trusted;
    struct sealed sealed;
    struct part user_manifest; /* as soon as it is found */
    bool user_manifest_first;
};

/* The content goes on with this part. */
static inline bool comes(struct oracle *oracle, struct span name, struct span bytes) {
    char length[64];
    if (oracle->content.data == NULL)
        return true;
    (void)snprintf(length, sizeof length, ": %zu bytes: ", bytes.len);
    const struct span pieces[] = {name, text(length), bytes};
    for (size_t i = 0; i < 3; i++) {
        struct span start = {oracle->content.data, pieces[i].len};
        if (oracle->content.len < start.len || !same(start, pieces[i]))
            return false;
        oracle->content.data += start.len;
        oracle->content.len -= start.len;
    }
    return true;
}

static inline const char *judge_root(struct oracle *oracle) {
    const struct oracle_device *device = oracle->device;
    PASS_ON(read_root(device->anchor, &oracle->anchor));
    oracle->trusted = &oracle->anchor;
    if (oracle->parts.root_count > 0) {
        struct root *root = &oracle->own_root;
        PASS_ON(read_seal(oracle->parts.root, device->allow_unknown, &oracle->sealed));
        PASS_ON(read_root(oracle->sealed.metadata, root));
        PASS_ON(check_root(root));
        DEMAND(has_quorum(&oracle->anchor, &oracle->anchor.root_role, &oracle->sealed),
               "root: no quorum of the anchor");
        DEMAND(has_quorum(root, &root->root_role, &oracle->sealed), "root: no quorum of its own");
        DEMAND(root->version >= oracle->anchor.version, "root: a rollback");
        oracle->trusted = root;
    }
    DEMAND(!oracle->trusted->expires || device->now < oracle->trusted->expiry, "root: expired");
    return NULL;
}

static inline bool clears_floor(const struct oracle *oracle) {
    const struct role *role = &oracle->trusted->targets_role;
    size_t shared = 0;
    for (size_t i = 0; i < role->count; i++)
        shared += lists(&oracle->anchor.targets_role, role->ids[i]) ? 1 : 0;
    return !same(oracle->trusted->bytes, oracle->anchor.bytes) && shared < role->threshold;
}

static inline bool is_sound_name(struct span name) {
    bool fresh = true; /* at the start of a component */
    if (name.len == 0 || name.len > 100 || name.data[name.len - 1] == '/')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t byte = name.data[i];
        size_t left = name.len - i;
        if (byte < 0x20 || byte == 0x7f || byte == '\\' || (fresh && byte == '/'))
            return false;
        size_t dots = byte != '.' ? 0 : left > 1 && name.data[i + 1] == '.' ? 2 : 1;
        if (fresh && dots > 0 && (left == dots || name.data[i + dots] == '/'))
            return false;
        fresh = byte == '/';
    }
    return true;
}

struct entry {
    struct span name, hash;
    uint64_t length;
    unsigned hashes; /* SHA-256 ones */
};

static inline const char *read_entry(struct span rest, struct entry *entry) {
    struct field field, inner;
    bool broken = false;
    *entry = (struct entry){.length = 0};
    while (take_field(&rest, &field, &broken)) {
        if (field.number == 1)
            entry->name = field.bytes;
        if (field.number == 2)
            entry->length = field.value;
        if (field.number != 3)
            continue;
        uint64_t function = 0;
        struct span hash = {NULL, 0};
        while (take_field(&field.bytes, &inner, &broken)) {
            function = inner.number == 1 ? inner.value : function;
            hash = inner.number == 2 ? inner.bytes : hash;
        }
        if (function == 1) {
            entry->hashes++;
            entry->hash = hash;
        }
    }
    DEMAND(!broken, "targets: a broken entry");
    DEMAND(entry->hashes == 1 && entry->hash.len == 32, "targets: not one SHA-256");
    DEMAND(is_sound_name(entry->name), "targets: a name");
    return NULL;
}

/* The only payload of that name, in its place where there is one; NULL: it is left out. */
static inline const struct part *find_payload(struct oracle *oracle, struct span name) {
    const struct parts *parts = &oracle->parts;
    const struct part *found = NULL;
    if (parts->ordered)
        return oracle->next_payload < parts->payload_count &&
                       same(parts->payloads[oracle->next_payload].name, name)
                   ? &parts->payloads[oracle->next_payload++]
                   : NULL;
    for (size_t i = 0; i < parts->payload_count; i++)
        if (same(parts->payloads[i].name, name))
            found = &parts->payloads[i];
    if (found != NULL)
        oracle->next_payload++;
    return found;
}

static inline bool is_hash(struct span hash, struct span bytes) {
    uint8_t digest[32];
    SHA256(bytes.data, bytes.len, digest);
    return same(hash, (struct span){digest, sizeof digest});
}

static inline const char *judge_entry(struct oracle *oracle, struct span bytes, size_t index) {
    struct entry entry;
    PASS_ON(read_entry(bytes, &entry));
    const struct part *payload = find_payload(oracle, entry.name);
    if (payload == NULL) {
        const struct part *held = &oracle->device->held;
        DEMAND(same(entry.name, held->name) && entry.length == held->bytes.len &&
                   is_hash(entry.hash, held->bytes),
               "a payload is missing");
        return NULL;
    }
    DEMAND(entry.length == payload->bytes.len, "a payload of another length");
    DEMAND(is_hash(entry.hash, payload->bytes), "a payload of another hash");
    DEMAND(comes(oracle, entry.name, payload->bytes), "another payload was accepted");
    if (same(entry.name, text("user_manifest"))) {
        oracle->user_manifest = *payload;
        oracle->user_manifest_first = index == 0;
    }
    return NULL;
}

/* The user_manifest that names the root which the bundle was built with. */
static inline const char *judge_recorded_root(const struct oracle *oracle) {
    struct span bytes = oracle->user_manifest.bytes;
    const char *fault = NULL;
    uint8_t digest[32];
    char hex[65];
    json_t *json = json_loadb(bytes.len > 0 ? (const char *)bytes.data : "", bytes.len,
                              JSON_REJECT_DUPLICATES, NULL);
    json_t *root = json_object_get(json, "root");
    json_t *version = json_object_get(root, "version");
    const char *sha256 = json_string_value(json_object_get(root, "sha256"));
    uint64_t trusted = oracle->trusted->version;
    SHA256(oracle->trusted->bytes.data, oracle->trusted->bytes.len, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    if (json_integer_value(json_object_get(json, "schema")) == 1 && json_is_integer(version) &&
        json_integer_value(version) >= 0 && json_integer_value(version) <= UINT32_MAX &&
        sha256 != NULL && strlen(sha256) == 64 && strspn(sha256, "0123456789abcdefABCDEF") == 64 &&
        trusted <= (uint64_t)json_integer_value(version) && strcasecmp(sha256, hex) != 0)
        fault = "the root was stripped";
    json_decref(json);
    return fault;
}

static inline const char *judge_targets(struct oracle *oracle) {
    const struct oracle_device *device = oracle->device;
    const struct root *root = oracle->trusted;
    PASS_ON(read_seal(oracle->parts.targets, device->allow_unknown, &oracle->sealed));
    DEMAND(has_quorum(root, &root->targets_role, &oracle->sealed), "targets: no quorum");
    struct span rest = oracle->sealed.metadata;
    struct field field;
    bool broken = false, expires = false;
    uint64_t version = 0;
    int64_t expiry = 0;
    struct span role = {NULL, 0};
    size_t count = 0;
    while (take_field(&rest, &field, &broken)) {
        if (field.number == 1)
            PASS_ON(read_common(field.bytes, &version, &expires, &expiry, &role));
        if (field.number == 2)
            PASS_ON(judge_entry(oracle, field.bytes, count++));
    }
    DEMAND(!broken, "targets: broken");
    DEMAND(same(role, text("targets")), "targets: their role");
    DEMAND(!expires || device->now < expiry, "targets: expired");
    DEMAND(version >= device->floor || clears_floor(oracle), "targets: a rollback");
    /* Each target found one, so a second one of a name is one too many as well. */
    DEMAND(oracle->next_payload == oracle->parts.payload_count, "a payload that is not listed");
    return NULL;
}

/* NULL when the bundle, of which the program accepted content, is to be accepted; else why not. */
static inline const char *oracle_judge(struct oracle *oracle, struct span bundle,
                                       const struct oracle_device *device, struct span content) {
    *oracle = (struct oracle){.device = device, .content = content};
    struct parts *parts = &oracle->parts;
    bool tar = bundle.len > 262 && memcmp(bundle.data + 257, "ustar", 5) == 0;
    PASS_ON(tar ? walk_tar(bundle, parts) : walk_bundle(bundle, device->allow_unknown, parts));
    if (parts->too_many)
        return NULL;
    DEMAND(parts->root_count <= 1, "two roots");
    DEMAND(parts->targets_count == 1, "not one targets metadata");
    PASS_ON(judge_root(oracle));
    PASS_ON(judge_targets(oracle));
    DEMAND(comes(oracle, text("targets metadata"), oracle->sealed.metadata),
           "other targets metadata was accepted");
    DEMAND(comes(oracle, text("root metadata"), oracle->trusted->bytes),
           "another root was trusted");
    struct part found = oracle->user_manifest;
    DEMAND(found.name.len == 0 || comes(oracle, found.name, found.bytes),
           "another user_manifest was read");
    DEMAND(oracle->content.len == 0, "more was accepted than there is");
    return oracle->user_manifest_first ? judge_recorded_root(oracle) : NULL;
}

#endif
