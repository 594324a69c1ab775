/* SPDX-License-Identifier: Apache-2.0 */
/* dump: what is inside a file, as it says itself. Nothing is verified against an anchor; what the
 * file's own root says of its signatures is told. */
#include "dump.h"
#include "payloads.h"
#include "user_manifest.h"

#include "swt/pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define READ_CHUNK ((size_t)16 * 1024)

/* ---- what user_manifest tells ------------------------------------------------------------ */

/* Its bytes, when the bundle starts with it and they are the ones that the metadata names. */
static int read_user_manifest(struct dump *dump, struct swt_bundle_source *source,
                              struct swt_buf *ret_bytes, struct swt_error *err) {
    const struct swt_target *target = swt_user_manifest_target(source->targets);
    enum swt_payload_state state;
    uint8_t digest[SWT_SHA256_SIZE] = {0};
    if (target == NULL || target->sha256 == NULL)
        return 0;
    int rc = swt_bundle_next(source->body, target->name, target->length, &state, err);
    if (rc < 0 || state == SWT_PAYLOAD_ABSENT)
        return rc;
    uint8_t chunk[READ_CHUNK];
    for (size_t len = 1; rc == 0 && len > 0;) {
        rc = swt_bundle_read(source->body, chunk, sizeof chunk, &len, err);
        if (rc == 0)
            rc = swt_buf_append(ret_bytes, chunk, len, err);
    }
    if (rc == 0)
        rc = swt_sha256_of(swt_buf_slice(ret_bytes), digest, err);
    if (rc < 0 || memcmp(digest, target->sha256, sizeof digest) == 0)
        return rc;
    swt_buf_clear(ret_bytes);
    return swt_dump_warn(dump, err,
                         "user_manifest does not have the SHA-256 that the metadata lists");
}

int swt_dump_user_manifest(struct dump *dump, struct swt_slice bytes, json_t **ret_user_manifest,
                           struct swt_error *err) {
    json_t *json = NULL;
    int rc = bytes.len > 0 ? swt_user_manifest_read(bytes, &json, err) : 0;
    *ret_user_manifest = json;
    return rc < 0 || json == NULL ? rc : swt_json_set(dump->document, "user_manifest", json, err);
}

/* ---- the payloads as the container lists them -------------------------------------------- */

struct presence {
    const struct swt_targets *targets;
    bool *present; /* for each target; NULL: nobody looked */
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

static int tell_target(void *context, const struct swt_target *target, json_t *json,
                       struct swt_error *err) {
    const struct presence *presence = context;
    size_t index = (size_t)(target - presence->targets->targets);
    return presence->present == NULL
               ? 0
               : swt_json_set(json, "present", json_boolean(presence->present[index]), err);
}

static int tell_presence(struct dump *dump, const struct presence *presence,
                         struct swt_error *err) {
    size_t missing = 0;
    int rc = 0;
    for (size_t i = 0; i < presence->targets->target_count; i++)
        missing += !presence->present[i];
    if (missing > 0)
        rc = swt_dump_warn(dump, err, "%zu listed payload%s missing", missing,
                           missing == 1 ? " is" : "s are");
    if (rc == 0 && presence->unlisted > 0)
        rc = swt_dump_warn(dump, err, "%zu payload%s not listed in the metadata",
                           presence->unlisted, presence->unlisted == 1 ? " is" : "s are");
    if (rc == 0 && presence->other_length > 0)
        rc = swt_dump_warn(dump, err, "%zu payload%s another length than the metadata lists",
                           presence->other_length, presence->other_length == 1 ? " has" : "s have");
    return rc;
}

/* Only where the file can be read again: a pipe is not followed to its end. */
static int look_for_payloads(struct dump *dump, struct swt_bundle_source *source,
                             struct presence *presence, struct swt_error *err) {
    if (!swt_reader_seekable(source->reader))
        return swt_dump_warn(dump, err,
                             "the payloads were not looked at: a pipe is not read to its end");
    presence->present = calloc(source->targets->target_count + 1, sizeof *presence->present);
    if (presence->present == NULL)
        return swt_fail_memory(err);
    int rc = swt_payloads_rewind(source, err);
    if (rc == 0)
        rc = swt_bundle_list(source->body, visit_payload, presence, err);
    return rc < 0 ? rc : tell_presence(dump, presence, err);
}

static int dump_targets(struct dump *dump, struct swt_bundle_source *source,
                        const json_t *user_manifest, struct swt_error *err) {
    struct presence presence = {.targets = source->targets};
    int rc = look_for_payloads(dump, source, &presence, err);
    if (rc == 0)
        rc = swt_dump_targets(dump, source->targets, user_manifest, tell_target, &presence, err);
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
        rc = swt_dump_user_manifest(dump, swt_buf_slice(&bytes), &user_manifest, err);
    if (rc == 0 && source.has_root)
        rc = swt_dump_root(dump, dump->document, "root", source.root, &source.root_envelope, &sound,
                           err);
    if (rc == 0)
        rc = swt_dump_metadata(dump, source.targets, &metadata, err);
    if (rc == 0)
        rc = swt_dump_signatures(dump, metadata, SWT_ROLE_TARGETS, sound ? source.root : NULL,
                                 sound ? &source.root->targets : NULL, &source.targets_envelope,
                                 err);
    if (rc == 0)
        rc = dump_targets(dump, &source, user_manifest, err);
    if (rc < 0)
        return rc;
    size_t unknown = swt_bundle_unknown_fields(source.bundle) +
                     source.root_envelope.unknown_fields + source.targets_envelope.unknown_fields;
    return swt_dump_warn_of_unknown(dump, unknown, err);
}

static int dump_root(struct dump *dump, struct swt_reader *reader, struct swt_error *err) {
    SWT_CLEANUP(swt_root_source_done) struct swt_root_source source = {0};
    bool sound;
    int rc = swt_root_source_read(reader, true, &source, err);
    if (rc == 0)
        rc = swt_dump_root(dump, dump->document, NULL, source.root, &source.envelope, &sound, err);
    return rc < 0 ? rc : swt_dump_warn_of_unknown(dump, source.envelope.unknown_fields, err);
}

static int dump_device_manifest(struct dump *dump, struct swt_reader *reader,
                                struct swt_error *err) {
    SWT_CLEANUP(swt_device_source_done) struct swt_device_source source = {0};
    int rc = swt_device_source_read(reader, &source, err);
    return rc < 0 ? rc : swt_dump_manifest(dump, source.manifest, NULL, NULL, err);
}

int swt_dump_manifest(struct dump *dump, const struct swt_device_manifest *manifest,
                      swt_dump_target_details *details, void *context, struct swt_error *err) {
    json_t *user_manifest = NULL;
    json_t *metadata;
    int rc = 0;
    if (manifest->has_user_manifest)
        rc = swt_dump_user_manifest(dump, manifest->user_manifest, &user_manifest, err);
    if (rc == 0)
        rc = swt_dump_metadata(dump, manifest->targets, &metadata, err);
    return rc < 0 ? rc
                  : swt_dump_targets(dump, manifest->targets, user_manifest, details, context, err);
}

static const char *kind_text(enum swt_kind kind) {
    switch (kind) {
    case SWT_KIND_ROOT:
        return "root";
    case SWT_KIND_DEVICE_MANIFEST:
        return "device-manifest";
    case SWT_KIND_SIGNING_REQUEST:
        return "signing-request";
    case SWT_KIND_SIGNING_RESPONSE:
        return "signing-response";
    case SWT_KIND_TAR_BUNDLE:
    case SWT_KIND_UPDATE_BUNDLE:
    case SWT_KIND_AUDIT_LOG: /* refused */
        break;
    }
    return "bundle";
}

/* size: -1 where it is not known. */
static int dump_head(struct dump *dump, const char *file, const char *kind, int64_t size,
                     struct swt_error *err) {
    dump->now = (int64_t)time(NULL);
    int rc = swt_json_set(dump->document, "file", swt_json_path(file), err);
    if (rc == 0)
        rc = swt_json_set(dump->document, "kind", json_string(kind), err);
    if (rc == 0)
        rc = swt_json_set(dump->document, "verified", json_false(), err);
    if (rc == 0 && size >= 0)
        rc = swt_json_set(dump->document, "size", json_integer((json_int_t)size), err);
    if (rc < 0)
        return rc;
    dump->warnings = swt_json_array(dump->document, "warnings", err);
    return dump->warnings == NULL ? -SWT_E_MEMORY : 0;
}

/* Its lines can be read as they are, and what there is to say of it is whether they are sound. */
static int refuse_audit_log(const char *file, struct swt_error *err) {
    swt_fail(err, SWT_E_FILE_KIND, "it is an audit log");
    swt_error_file(err, file);
    return swt_error_hint_name(err, "swupdate-tool check ", file, "");
}

static int dump_file(struct dump *dump, const char *file, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    enum swt_kind kind = SWT_KIND_TAR_BUNDLE;
    int rc = swt_reader_open(file, &reader, err);
    if (rc == 0)
        rc = swt_kind_detect(reader, &kind, err);
    if (rc == 0 && kind == SWT_KIND_AUDIT_LOG)
        rc = refuse_audit_log(file, err);
    if (rc == 0)
        rc = dump_head(dump, file, kind_text(kind),
                       swt_reader_seekable(reader) ? (int64_t)swt_reader_size(reader) : -1, err);
    if (rc < 0)
        return rc;
    if (kind == SWT_KIND_ROOT)
        return dump_root(dump, reader, err);
    if (kind == SWT_KIND_DEVICE_MANIFEST)
        return dump_device_manifest(dump, reader, err);
    if (kind == SWT_KIND_SIGNING_REQUEST)
        return swt_dump_request(dump, reader, err);
    if (kind == SWT_KIND_SIGNING_RESPONSE)
        return swt_dump_response(dump, reader, err);
    return dump_bundle(dump, SWT_TAKE(reader), kind, err);
}

int swt_dump(const char *file, json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_object();
    struct dump dump = {.document = document};
    int rc = 0;
    if (document == NULL)
        return swt_fail_memory(err);
    if (swt_is_folder(file)) {
        rc = dump_head(&dump, file, "device", -1, err);
        if (rc == 0)
            rc = swt_dump_device(&dump, file, err);
    } else {
        rc = dump_file(&dump, file, err);
    }
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
