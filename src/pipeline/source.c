/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <string.h>

void swt_root_source_done(struct swt_root_source *source) {
    swt_root_free(source->root);
    swt_envelope_done(&source->envelope);
    swt_buf_done(&source->bytes);
    *source = (struct swt_root_source){0};
}

int swt_root_source_decode(struct swt_buf *bytes, const char *path, bool allow_unknown,
                           struct swt_root_source *ret_source, struct swt_error *err) {
    SWT_CLEANUP(swt_root_source_done) struct swt_root_source source = {0};
    source.bytes = SWT_MOVE(*bytes);
    int rc =
        swt_envelope_decode(swt_buf_slice(&source.bytes), 0, allow_unknown, &source.envelope, err);
    if (rc == 0)
        rc = swt_root_decode(source.envelope.metadata, source.envelope.metadata_offset,
                             &source.root, err);
    if (rc < 0)
        return swt_error_file(err, path);
    *ret_source = SWT_MOVE(source);
    return 0;
}

/* The root of a bundle, read as every bundle is; its targets and payloads are not looked at. */
static int read_bundle_root(struct swt_reader *reader, enum swt_kind kind, bool allow_unknown,
                            struct swt_root_source *ret_source, struct swt_error *err) {
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    enum swt_format format = kind == SWT_KIND_TAR_BUNDLE ? SWT_FORMAT_TAR : SWT_FORMAT_PIGWEED;
    int rc = swt_bundle_open(reader, format, allow_unknown, &bundle, err);
    if (rc < 0)
        return rc;
    if (!swt_bundle_has_root(bundle)) {
        swt_fail(err, SWT_E_FILE_KIND, "expected root metadata, found a bundle without a root");
        return swt_error_file(err, swt_reader_name(reader));
    }
    uint64_t offset;
    struct swt_slice root = swt_bundle_root(bundle, &offset);
    if (swt_envelope_order_check(format, root, offset, "root_metadata", err) < 0)
        return swt_error_file(err, swt_reader_name(reader));
    rc = swt_buf_append_slice(&bytes, root, err);
    if (rc == 0)
        rc =
            swt_root_source_decode(&bytes, swt_reader_name(reader), allow_unknown, ret_source, err);
    if (rc < 0)
        return rc;
    ret_source->from_bundle = true;
    ret_source->envelope.unknown_fields += swt_bundle_unknown_fields(bundle);
    return 0;
}

/* A signing request is told as such, not by the first byte that no message has. */
static int refuse_json(struct swt_slice bytes, const char *path, struct swt_error *err) {
    enum swt_kind kind;
    int rc = swt_kind_of_json(bytes, &kind, err);
    if (rc <= 0)
        return rc;
    swt_fail(err, SWT_E_FILE_KIND, "expected root metadata, found %s", swt_kind_name(kind));
    return swt_error_file(err, path);
}

/* What reads as an unknown field is text most of the time: a PEM file. */
static int refuse_text(struct swt_reader *reader, struct swt_error *err) {
    struct swt_error other;
    bool is_text = false;
    int rc = swt_reader_seek(reader, 0, &other);
    if (rc == 0)
        rc = swt_kind_is_text(reader, &is_text, &other);
    if (rc < 0 || !is_text)
        return -(int)err->code;
    swt_fail(err, SWT_E_FILE_KIND,
             "expected signed root metadata, or a bundle that holds it, found text");
    return swt_error_file(err, swt_reader_name(reader));
}

static int read_seekable(struct swt_reader *reader, bool allow_unknown,
                         struct swt_root_source *ret_source, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    enum swt_kind kind;
    int rc = swt_kind_of_root_file(reader, &kind, err);
    if (rc < 0)
        return rc;
    if (kind != SWT_KIND_ROOT)
        return read_bundle_root(reader, kind, allow_unknown, ret_source, err);
    rc = swt_reader_read_all(reader, SWT_MAX_SMALL_FILE, &bytes, err);
    if (rc == 0 && bytes.len == 0) {
        swt_fail(err, SWT_E_FILE_KIND, "expected root metadata, found an empty file");
        return swt_error_file(err, swt_reader_name(reader));
    }
    if (rc == 0)
        rc = refuse_json(swt_buf_slice(&bytes), swt_reader_name(reader), err);
    if (rc == 0)
        rc =
            swt_root_source_decode(&bytes, swt_reader_name(reader), allow_unknown, ret_source, err);
    if (rc < 0 && err->code == SWT_E_UNKNOWN_FIELD)
        return refuse_text(reader, err);
    if (rc < 0 && err->code == SWT_E_METADATA)
        return swt_error_context(err, "not root metadata, nor a bundle that holds it");
    return rc;
}

int swt_root_source_read(struct swt_reader *reader, bool allow_unknown,
                         struct swt_root_source *ret_source, struct swt_error *err) {
    if (swt_reader_seekable(reader))
        return read_seekable(reader, allow_unknown, ret_source, err);
    /* A pipe: what is small enough to be root metadata is small enough for memory. */
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *memory = NULL;
    int rc = swt_reader_read_all(reader, SWT_MAX_SMALL_FILE, &bytes, err);
    if (rc == 0)
        rc = swt_reader_open_memory(swt_buf_slice(&bytes), swt_reader_name(reader), &memory, err);
    return rc < 0 ? rc : read_seekable(memory, allow_unknown, ret_source, err);
}

int swt_root_source_open(const char *path, bool allow_unknown, struct swt_root_source *ret_source,
                         struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    int rc = swt_reader_open(path, &reader, err);
    if (rc < 0)
        return rc;
    return swt_root_source_read(reader, allow_unknown, ret_source, err);
}

void swt_device_source_done(struct swt_device_source *source) {
    swt_device_manifest_free(source->manifest);
    swt_buf_done(&source->bytes);
    *source = (struct swt_device_source){0};
}

int swt_device_source_read(struct swt_reader *reader, struct swt_device_source *ret_source,
                           struct swt_error *err) {
    SWT_CLEANUP(swt_device_source_done) struct swt_device_source source = {0};
    int rc = swt_reader_read_all(reader, SWT_MAX_SMALL_FILE, &source.bytes, err);
    if (rc == 0)
        rc = swt_device_manifest_decode(swt_buf_slice(&source.bytes), &source.manifest, err);
    if (rc < 0)
        return swt_error_file(err, swt_reader_name(reader));
    *ret_source = SWT_MOVE(source);
    return 0;
}

/* A device directory keeps its manifest in its current state. */
static int hint_of_folder(const char *path, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf manifest = {0};
    struct swt_error other;
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    if (!swt_is_folder(path))
        return -(int)err->code;
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    if (swt_buf_printf(&manifest, &other, "%.*s/current/manifest", (int)len, path) < 0 ||
        swt_reader_open_regular(swt_buf_text(&manifest), &reader, &other) < 0)
        return -(int)err->code;
    return swt_error_hint_name(err, "that of a device directory is ", swt_buf_text(&manifest), "");
}

int swt_device_source_open(const char *path, struct swt_device_source *ret_source,
                           struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    int rc = swt_reader_open(path, &reader, err);
    return rc < 0 ? hint_of_folder(path, err) : swt_device_source_read(reader, ret_source, err);
}

bool swt_device_source_records(const struct swt_device_source *source,
                               const struct swt_target *target) {
    const struct swt_target *held = swt_targets_find(source->manifest->targets, target->name);
    return held != NULL && held->length == target->length && held->sha256 != NULL &&
           memcmp(held->sha256, target->sha256, SWT_DIGEST_SIZE) == 0;
}

void swt_bundle_source_done(struct swt_bundle_source *source) {
    swt_targets_free(source->targets);
    swt_envelope_done(&source->targets_envelope);
    swt_root_free(source->root);
    swt_envelope_done(&source->root_envelope);
    swt_bundle_free(source->again);
    swt_bundle_free(source->bundle);
    swt_reader_free(source->reader);
    *source = (struct swt_bundle_source){0};
}

int swt_envelope_order_check(enum swt_format format, struct swt_slice envelope, uint64_t offset,
                             const char *member, struct swt_error *err) {
    if (format != SWT_FORMAT_TAR || swt_envelope_canonical(envelope))
        return 0;
    /* What cannot be read at all is the strict reader's to tell, in its own words. */
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope decoded = {0};
    if (swt_envelope_decode(envelope, offset, true, &decoded, err) < 0)
        return err->code == SWT_E_MEMORY ? -SWT_E_MEMORY : 0;
    swt_fail(err, SWT_E_CONTAINER,
             "%s: its fields must ascend and none be empty, as in every tar bundle", member);
    return swt_error_offset(err, offset);
}

static int decode_head(struct swt_bundle_source *source, bool allow_unknown,
                       struct swt_error *err) {
    enum swt_format format = swt_bundle_format(source->bundle);
    uint64_t offset;
    struct swt_slice bytes;
    int rc = 0;
    source->has_root = swt_bundle_has_root(source->bundle);
    if (source->has_root) {
        bytes = swt_bundle_root(source->bundle, &offset);
        rc = swt_envelope_decode(bytes, offset, allow_unknown, &source->root_envelope, err);
        if (rc == 0)
            rc = swt_envelope_order_check(format, bytes, offset, "root_metadata", err);
        if (rc == 0)
            rc = swt_root_decode(source->root_envelope.metadata,
                                 source->root_envelope.metadata_offset, &source->root, err);
    }
    if (rc == 0) {
        bytes = swt_bundle_targets(source->bundle, &offset);
        rc = swt_envelope_decode(bytes, offset, allow_unknown, &source->targets_envelope, err);
    }
    if (rc == 0)
        rc = swt_envelope_order_check(format, bytes, offset, "targets_metadata", err);
    if (rc == 0)
        rc = swt_targets_decode(source->targets_envelope.metadata,
                                source->targets_envelope.metadata_offset, &source->targets, err);
    return rc;
}

int swt_bundle_source_open(struct swt_reader *reader, enum swt_kind kind, bool allow_unknown,
                           struct swt_bundle_source *ret_source, struct swt_error *err) {
    SWT_CLEANUP(swt_bundle_source_done) struct swt_bundle_source source = {.reader = reader};
    enum swt_format format = kind == SWT_KIND_TAR_BUNDLE ? SWT_FORMAT_TAR : SWT_FORMAT_PIGWEED;
    int rc = swt_bundle_open(reader, format, allow_unknown, &source.bundle, err);
    source.body = source.bundle;
    if (rc == 0)
        rc = decode_head(&source, allow_unknown, err);
    if (rc < 0)
        return swt_error_file(err, swt_reader_name(reader)); /* before the clean-up frees it */
    *ret_source = SWT_MOVE(source);
    return 0;
}

int swt_bundle_source_check(const struct swt_bundle_source *source, struct swt_error *err) {
    int rc = 0;
    if (source->has_root)
        rc = swt_root_check(source->root, err);
    if (rc == 0)
        rc = swt_targets_check_role(source->targets, err);
    if (rc == 0)
        rc = swt_targets_check_entries(source->targets, err);
    if (rc < 0)
        swt_error_file(err, swt_reader_name(source->reader));
    return rc;
}
