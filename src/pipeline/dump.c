/* SPDX-License-Identifier: Apache-2.0 */
/* dump: what is inside a file, as it says itself. Nothing is verified against an anchor; what the
 * file's own root says of its signatures is told. */
#include "document.h"
#include "payloads.h"
#include "user_manifest.h"

#include "swt/pipeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An expiry this near is worth a warning. */
#define EXPIRY_WARNING_DAYS 30
#define DAY_SECONDS 86400

struct dump {
    json_t *document;
    json_t *warnings;
    int64_t now;
};

static int warn(struct dump *dump, struct swt_error *err, const char *format, ...) SWT_PRINTF(3, 4);
static int warn(struct dump *dump, struct swt_error *err, const char *format, ...) {
    char text[sizeof err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return swt_json_add(dump->warnings, swt_json_text(swt_slice_text(text)), err);
}

/* A rule that is broken is told, and the file shown all the same. */
static int warn_of_fault(struct dump *dump, int rc, const char *what, struct swt_error *err) {
    if (rc == 0 || swt_code_exit(err->code) != 3)
        return rc;
    struct swt_error fault = *err;
    return warn(dump, err, "%s: %s", what, fault.message);
}

static int warn_of_expiry(struct dump *dump, const struct swt_common *common, const char *what,
                          struct swt_error *err) {
    if (!common->has_expires)
        return 0;
    char text[SWT_TIME_TEXT];
    if (swt_common_expired(common, dump->now))
        return warn(dump, err, "%s expired %s", what, swt_time_text(common->expires, text));
    int64_t days = (common->expires - dump->now) / DAY_SECONDS;
    if (days >= EXPIRY_WARNING_DAYS)
        return 0;
    return warn(dump, err, "%s expires in %lld day%s", what, (long long)days, days == 1 ? "" : "s");
}

static int warn_of_unknown(struct dump *dump, size_t unknown, struct swt_error *err) {
    return unknown == 0 ? 0
                        : warn(dump, err, "%zu unknown field%s that no signature covers", unknown,
                               unknown == 1 ? "" : "s");
}

/* ---- signatures -------------------------------------------------------------------------- */

static int add_signature_ids(json_t *object, const struct swt_envelope *envelope,
                             struct swt_error *err) {
    json_t *ids = swt_json_array(object, "signatures", err);
    int rc = ids == NULL ? -SWT_E_MEMORY : 0;
    for (size_t i = 0; i < envelope->signature_count && rc == 0; i++)
        rc = swt_json_add(ids, swt_json_hex(envelope->signatures[i].key_id), err);
    return rc;
}

static int warn_of_quorum(struct dump *dump, const json_t *quorum, const char *what,
                          const struct swt_envelope *envelope, struct swt_error *err) {
    long long missing = json_integer_value(json_object_get(quorum, "missing"));
    if (envelope->signature_count == 0)
        return warn(dump, err, "%s is unsigned", what);
    if (missing == 0)
        return 0;
    return warn(dump, err, "%s needs %lld more signature%s", what, missing,
                missing == 1 ? "" : "s");
}

/* Each signature that does not count, and why: who signed is the question. */
static int warn_of_signatures(struct dump *dump, const char *what, const struct swt_root *root,
                              const struct swt_role *role, const struct swt_envelope *envelope,
                              struct swt_error *err) {
    static const char *const WHY[] = {[SWT_SIGNATURE_REPEATED] = "is there more than once",
                                      [SWT_SIGNATURE_UNLISTED] =
                                          "is by a key that its role does not list",
                                      [SWT_SIGNATURE_BAD_LENGTH] = "has a wrong length",
                                      [SWT_SIGNATURE_BAD] = "does not verify"};
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    int rc = swt_quorum_count(root, role, envelope, &quorum, err);
    for (size_t i = 0; i < quorum.state_count && rc == 0; i++) {
        if (quorum.states[i] == SWT_SIGNATURE_GOOD)
            continue;
        SWT_CLEANUP(swt_json_cleanup)
        json_t *id = swt_json_hex(envelope->signatures[i].key_id);
        if (id == NULL)
            return swt_fail_memory(err);
        rc = warn(dump, err, "a signature on %s, of key %s, %s", what, json_string_value(id),
                  WHY[quorum.states[i]]);
    }
    return rc;
}

/* The signatures on an envelope; with a root that keeps its rules, what they count for. */
static int add_signatures(struct dump *dump, json_t *object, const char *of,
                          const struct swt_root *root, const struct swt_role *role,
                          const struct swt_envelope *envelope, struct swt_error *err) {
    const char *what = strcmp(of, SWT_ROLE_ROOT) == 0 ? "the root" : "the targets metadata";
    int rc = add_signature_ids(object, envelope, err);
    if (rc < 0)
        return rc;
    if (root == NULL)
        return envelope->signature_count == 0 ? warn(dump, err, "%s is unsigned", what) : 0;
    json_t *quorum;
    rc = swt_json_quorum(of, root, role, envelope, &quorum, err);
    if (rc == 0)
        rc = swt_json_set(object, "quorum", quorum, err);
    if (rc == 0)
        rc = warn_of_signatures(dump, what, root, role, envelope, err);
    return rc < 0 ? rc : warn_of_quorum(dump, quorum, what, envelope, err);
}

/* ---- root and targets metadata ----------------------------------------------------------- */

/* *ret_sound: the root keeps its rules, so that signatures can be counted by it. */
static int add_root(struct dump *dump, json_t *parent, const char *name,
                    const struct swt_root *root, const struct swt_envelope *envelope,
                    bool *ret_sound, struct swt_error *err) {
    json_t *json;
    int rc = swt_json_root(root, &json, err);
    if (rc == 0 && name != NULL)
        rc = swt_json_set(parent, name, json, err);
    if (rc == 0 && name == NULL) {
        rc = json_object_update(parent, json) < 0 ? swt_fail_memory(err) : 0;
        json_decref(json);
        json = parent;
    }
    if (rc < 0)
        return rc;
    rc = swt_root_check(root, err);
    *ret_sound = rc == 0;
    rc = warn_of_fault(dump, rc, "the root breaks a rule", err);
    if (rc == 0)
        rc = add_signatures(dump, json, SWT_ROLE_ROOT, *ret_sound ? root : NULL, &root->root,
                            envelope, err);
    return rc < 0 ? rc : warn_of_expiry(dump, &root->common, "the root", err);
}

static int add_metadata(struct dump *dump, const struct swt_targets *targets, json_t **ret_json,
                        struct swt_error *err) {
    json_t *json = swt_json_object(dump->document, "targets_metadata", err);
    if (json == NULL)
        return -SWT_E_MEMORY;
    int rc = swt_json_set(json, "version", json_integer((json_int_t)targets->common.version), err);
    if (rc == 0)
        rc = swt_json_set(json, "spec_version", swt_json_text(targets->common.spec_version), err);
    if (rc == 0)
        rc = swt_json_set(json, "unknown_fields", json_integer((json_int_t)targets->unknown_fields),
                          err);
    if (rc == 0 && targets->common.has_expires)
        rc = swt_json_set(json, "expires", swt_json_time(targets->common.expires), err);
    if (rc == 0)
        rc = warn_of_fault(dump, swt_targets_check_role(targets, err), "the targets metadata", err);
    if (rc == 0)
        rc = warn_of_fault(dump, swt_targets_check_entries(targets, err), "the targets metadata",
                           err);
    if (rc == 0)
        rc = warn_of_expiry(dump, &targets->common, "the targets metadata", err);
    *ret_json = json;
    return rc;
}

/* What user_manifest says of a target, and only that: it must not pass for metadata. */
static int add_details(json_t *target, const json_t *details, struct swt_error *err) {
    static const char *const TEXTS[] = {"type", "slot", "version"};
    for (size_t i = 0; i < SWT_COUNT(TEXTS); i++) {
        json_t *text = json_object_get(details, TEXTS[i]);
        if (json_is_string(text) && json_object_set(target, TEXTS[i], text) < 0)
            return swt_fail_memory(err);
    }
    json_t *meta = json_object_get(details, "meta");
    if (json_is_object(meta) && json_object_set(target, "meta", meta) < 0)
        return swt_fail_memory(err);
    return 0;
}

/* Lengths that JSON's numbers cannot hold are no lengths of files: as text. */
static json_t *length_json(uint64_t length) {
    char text[32];
    if (length <= INT64_MAX)
        return json_integer((json_int_t)length);
    (void)snprintf(text, sizeof text, "%" PRIu64, length);
    return json_string(text);
}

static int add_target(json_t *array, const struct swt_target *target, const json_t *all_details,
                      struct swt_error *err) {
    json_t *json = json_object();
    json_t *name = swt_json_text(target->name);
    int rc = swt_json_add(array, json, err);
    if (rc == 0)
        rc = swt_json_set(json, "name", name, err);
    if (rc == 0)
        rc = swt_json_set(json, "length", length_json(target->length), err);
    if (rc == 0 && target->sha256 != NULL)
        rc = swt_json_set(json, "sha256",
                          swt_json_hex(swt_slice_of(target->sha256, SWT_DIGEST_SIZE)), err);
    return rc < 0 ? rc
                  : add_details(json, json_object_get(all_details, json_string_value(name)), err);
}

static int add_targets(struct dump *dump, const struct swt_targets *targets,
                       const json_t *user_manifest, struct swt_error *err) {
    const json_t *details = json_object_get(user_manifest, "targets");
    json_t *array = swt_json_array(dump->document, "targets", err);
    int rc = array == NULL ? -SWT_E_MEMORY : 0;
    for (size_t i = 0; i < targets->target_count && rc == 0; i++)
        rc = add_target(array, &targets->targets[i], details, err);
    return rc;
}

/* ---- what user_manifest tells ------------------------------------------------------------ */

static int keep_chunk(void *context, const void *data, size_t len, struct swt_error *err) {
    return swt_buf_append(context, data, len, err);
}

/* Its bytes, when the bundle starts with it and they are the ones that the metadata names. */
static int read_user_manifest(struct dump *dump, struct swt_bundle_source *source,
                              struct swt_buf *ret_bytes, struct swt_error *err) {
    const struct swt_target *target = swt_user_manifest_target(source->targets);
    SWT_CLEANUP(swt_payload_hasher_done) struct swt_payload_hasher hasher = {0};
    enum swt_payload_state state;
    uint8_t digest[SWT_SHA256_SIZE];
    if (target == NULL || target->sha256 == NULL)
        return 0;
    int rc = swt_bundle_next(source->body, target->name, target->length, &state, err);
    if (rc < 0 || state == SWT_PAYLOAD_ABSENT)
        return rc;
    rc = swt_payload_hasher_init(&hasher, err);
    if (rc == 0)
        rc = swt_payload_hash(&hasher, source->body, keep_chunk, ret_bytes, digest, err);
    if (rc < 0 || memcmp(digest, target->sha256, sizeof digest) == 0)
        return rc;
    swt_buf_clear(ret_bytes);
    return warn(dump, err, "user_manifest does not have the SHA-256 that the metadata lists");
}

static int add_user_manifest(struct dump *dump, const struct swt_buf *bytes,
                             json_t **ret_user_manifest, struct swt_error *err) {
    json_t *json = bytes->len > 0 ? swt_user_manifest_read(swt_buf_slice(bytes)) : NULL;
    *ret_user_manifest = json;
    return json == NULL ? 0 : swt_json_set(dump->document, "user_manifest", json, err);
}

/* ---- the payloads as the container lists them -------------------------------------------- */

struct presence {
    const struct swt_targets *targets;
    bool *present; /* for each target */
    size_t unlisted;
    size_t other_length;
};

static int visit_payload(void *context, const struct swt_payload_info *payload,
                         struct swt_error *err) {
    (void)err;
    struct presence *presence = context;
    const struct swt_target *target = swt_targets_find(presence->targets, payload->name);
    if (target == NULL) {
        presence->unlisted++;
        return 0;
    }
    presence->present[target - presence->targets->targets] = true;
    presence->other_length += target->length != payload->length;
    return 0;
}

static int tell_presence(struct dump *dump, const struct presence *presence,
                         struct swt_error *err) {
    json_t *array = json_object_get(dump->document, "targets");
    size_t missing = 0;
    int rc = 0;
    for (size_t i = 0; i < presence->targets->target_count && rc == 0; i++) {
        rc = swt_json_set(json_array_get(array, i), "present", json_boolean(presence->present[i]),
                          err);
        missing += !presence->present[i];
    }
    if (rc == 0 && missing > 0)
        rc = warn(dump, err, "%zu listed payload%s missing", missing,
                  missing == 1 ? " is" : "s are");
    if (rc == 0 && presence->unlisted > 0)
        rc = warn(dump, err, "%zu payload%s not listed in the metadata", presence->unlisted,
                  presence->unlisted == 1 ? " is" : "s are");
    if (rc == 0 && presence->other_length > 0)
        rc = warn(dump, err, "%zu payload%s another length than the metadata lists",
                  presence->other_length, presence->other_length == 1 ? " has" : "s have");
    return rc;
}

/* Only where the file can be read again: a pipe is not followed to its end. */
static int add_presence(struct dump *dump, struct swt_bundle_source *source,
                        struct swt_error *err) {
    if (!swt_reader_seekable(source->reader))
        return warn(dump, err, "the payloads were not looked at: a pipe is not read to its end");
    struct presence presence = {.targets = source->targets};
    presence.present = calloc(source->targets->target_count + 1, sizeof *presence.present);
    if (presence.present == NULL)
        return swt_fail_memory(err);
    int rc = swt_payloads_rewind(source, err);
    if (rc == 0)
        rc = swt_bundle_list(source->body, visit_payload, &presence, err);
    if (rc == 0)
        rc = tell_presence(dump, &presence, err);
    free(presence.present);
    return rc;
}

/* ---- the kinds of files ------------------------------------------------------------------ */

static int dump_bundle(struct dump *dump, struct swt_reader *reader, enum swt_kind kind,
                       struct swt_error *err) {
    SWT_CLEANUP(swt_bundle_source_done) struct swt_bundle_source source = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    json_t *user_manifest = NULL;
    json_t *metadata = NULL;
    bool sound = false;
    int rc = swt_bundle_source_open(reader, kind, true, &source, err);
    if (rc == 0)
        rc = swt_json_set(dump->document, "container",
                          json_string(swt_format_name(swt_bundle_format(source.bundle))), err);
    if (rc == 0)
        rc = read_user_manifest(dump, &source, &bytes, err);
    if (rc == 0)
        rc = add_user_manifest(dump, &bytes, &user_manifest, err);
    if (rc == 0 && source.has_root)
        rc =
            add_root(dump, dump->document, "root", source.root, &source.root_envelope, &sound, err);
    if (rc == 0)
        rc = add_metadata(dump, source.targets, &metadata, err);
    if (rc == 0)
        rc = add_signatures(dump, metadata, SWT_ROLE_TARGETS, sound ? source.root : NULL,
                            sound ? &source.root->targets : NULL, &source.targets_envelope, err);
    if (rc == 0)
        rc = add_targets(dump, source.targets, user_manifest, err);
    if (rc == 0)
        rc = add_presence(dump, &source, err);
    if (rc < 0)
        return rc;
    size_t unknown = swt_bundle_unknown_fields(source.bundle) +
                     source.root_envelope.unknown_fields + source.targets_envelope.unknown_fields;
    return warn_of_unknown(dump, unknown, err);
}

static int dump_root(struct dump *dump, struct swt_reader *reader, struct swt_error *err) {
    SWT_CLEANUP(swt_root_source_done) struct swt_root_source source = {0};
    bool sound;
    int rc = swt_root_source_read(reader, true, &source, err);
    if (rc == 0)
        rc = add_root(dump, dump->document, NULL, source.root, &source.envelope, &sound, err);
    return rc < 0 ? rc : warn_of_unknown(dump, source.envelope.unknown_fields, err);
}

static int dump_device_manifest(struct dump *dump, struct swt_reader *reader,
                                struct swt_error *err) {
    SWT_CLEANUP(swt_device_source_done) struct swt_device_source source = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf copy = {0};
    json_t *user_manifest = NULL;
    json_t *metadata;
    int rc = swt_device_source_read(reader, &source, err);
    if (rc == 0 && source.manifest->has_user_manifest)
        rc = swt_buf_append_slice(&copy, source.manifest->user_manifest, err);
    if (rc == 0)
        rc = add_user_manifest(dump, &copy, &user_manifest, err);
    if (rc == 0)
        rc = add_metadata(dump, source.manifest->targets, &metadata, err);
    return rc < 0 ? rc : add_targets(dump, source.manifest->targets, user_manifest, err);
}

static const char *kind_text(enum swt_kind kind) {
    switch (kind) {
    case SWT_KIND_ROOT:
        return "root";
    case SWT_KIND_DEVICE_MANIFEST:
        return "device-manifest";
    case SWT_KIND_TAR_BUNDLE:
    case SWT_KIND_UPDATE_BUNDLE:
        break;
    }
    return "bundle";
}

static int dump_head(struct dump *dump, const char *file, const struct swt_reader *reader,
                     enum swt_kind kind, struct swt_error *err) {
    dump->now = (int64_t)time(NULL);
    int rc = swt_json_set(dump->document, "file", swt_json_path(file), err);
    if (rc == 0)
        rc = swt_json_set(dump->document, "kind", json_string(kind_text(kind)), err);
    if (rc == 0)
        rc = swt_json_set(dump->document, "verified", json_false(), err);
    if (rc == 0 && swt_reader_seekable(reader))
        rc = swt_json_set(dump->document, "size", json_integer((json_int_t)swt_reader_size(reader)),
                          err);
    if (rc < 0)
        return rc;
    dump->warnings = swt_json_array(dump->document, "warnings", err);
    return dump->warnings == NULL ? -SWT_E_MEMORY : 0;
}

int swt_dump(const char *file, json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_object();
    struct dump dump = {.document = document};
    enum swt_kind kind = SWT_KIND_TAR_BUNDLE;
    if (document == NULL)
        return swt_fail_memory(err);
    int rc = swt_reader_open(file, &reader, err);
    if (rc == 0)
        rc = swt_kind_detect(reader, &kind, err);
    if (rc == 0)
        rc = dump_head(&dump, file, reader, kind, err);
    if (rc < 0)
        return rc;
    if (kind == SWT_KIND_ROOT)
        rc = dump_root(&dump, reader, err);
    else if (kind == SWT_KIND_DEVICE_MANIFEST)
        rc = dump_device_manifest(&dump, reader, err);
    else
        rc = dump_bundle(&dump, SWT_TAKE(reader), kind, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
