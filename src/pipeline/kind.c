/* SPDX-License-Identifier: Apache-2.0 */
#include "kind.h"

#include "swt/container.h"
#include "swt/metadata.h"

#include <stdlib.h>
#include <string.h>

/* The protobuf kinds differ in the field numbers of their top level and in what field 1 holds. */
enum {
    FIELD_FIRST = 1,          /* SignedRootMetadata: the metadata; Manifest: a map entry */
    FIELD_BUNDLE_TARGETS = 3, /* UpdateBundle, these three */
    FIELD_BUNDLE_PAYLOADS = 4,
    FIELD_BUNDLE_ROOT = 5
};

/* So many top-level fields decide at the latest: an envelope has 1,024 signatures at most. */
#define FIELDS_LOOKED_AT 2048

/* Metadata, or a map entry that has a key before it. */
#define FIRST_FIELD_MAX (SWT_MAX_METADATA + SWT_MAX_NAME + 16)

const char *swt_kind_name(enum swt_kind kind) {
    switch (kind) {
    case SWT_KIND_TAR_BUNDLE:
        return "a tar bundle";
    case SWT_KIND_UPDATE_BUNDLE:
        return "an UpdateBundle";
    case SWT_KIND_ROOT:
        return "root metadata";
    case SWT_KIND_DEVICE_MANIFEST:
        return "a device manifest";
    case SWT_KIND_SIGNING_REQUEST:
        return "a signing request";
    case SWT_KIND_SIGNING_RESPONSE:
        return "a signing response";
    case SWT_KIND_AUDIT_LOG:
        return "an audit log";
    }
    return "an unknown file";
}

bool swt_kind_is_bundle(enum swt_kind kind) {
    return kind == SWT_KIND_TAR_BUNDLE || kind == SWT_KIND_UPDATE_BUNDLE;
}

/* What the walk over the top level saw. */
struct shape {
    bool bundle_field;     /* 3, 4 or 5 as a length-delimited field */
    uint64_t first_offset; /* content of the first field 1 */
    uint64_t first_len;
    bool has_first;
};

/* Reads the tag, and for bytes the length, at offset: the field's number, whether it is bytes, and
 * where its content starts and ends. 0 when the framing stops to make sense here. */
static int read_head(struct swt_reader *reader, uint64_t offset, uint32_t *ret_number,
                     bool *ret_is_bytes, uint64_t *ret_start, uint64_t *ret_end,
                     struct swt_error *err) {
    uint8_t head[2 * SWT_VARINT_MAX];
    size_t len;
    int rc = swt_reader_seek(reader, offset, err);
    if (rc < 0)
        return rc;
    rc = swt_reader_read(reader, head, sizeof head, &len, err);
    if (rc < 0)
        return rc;
    uint64_t tag;
    int tag_len = swt_varint_read(swt_slice_of(head, len), &tag);
    if (tag_len <= 0 || tag > UINT32_MAX || tag >> 3 == 0)
        return 0;
    uint64_t value;
    int value_len = swt_varint_read(swt_slice_of(head + tag_len, len - (size_t)tag_len), &value);
    uint64_t start = offset + (uint64_t)tag_len;
    uint64_t end = start;
    switch (tag & 7) {
    case SWT_WIRE_VARINT:
        if (value_len <= 0)
            return 0;
        end += (uint64_t)value_len;
        break;
    case SWT_WIRE_64:
        end += 8;
        break;
    case SWT_WIRE_32:
        end += 4;
        break;
    case SWT_WIRE_BYTES:
        if (value_len <= 0)
            return 0;
        start += (uint64_t)value_len;
        if (value > swt_reader_size(reader) || start > swt_reader_size(reader) - value)
            return 0;
        end = start + value;
        break;
    default:
        return 0;
    }
    *ret_number = (uint32_t)(tag >> 3);
    *ret_is_bytes = (tag & 7) == SWT_WIRE_BYTES;
    *ret_start = start;
    *ret_end = end;
    return 1;
}

/* Walks the top level by seeking, until a field decides or the framing breaks. */
static int read_shape(struct swt_reader *reader, struct shape *ret_shape, struct swt_error *err) {
    struct shape shape = {0};
    uint64_t offset = 0;
    for (unsigned i = 0; i < FIELDS_LOOKED_AT && offset < swt_reader_size(reader); i++) {
        uint32_t number;
        bool is_bytes;
        uint64_t start;
        uint64_t end;
        int rc = read_head(reader, offset, &number, &is_bytes, &start, &end, err);
        if (rc < 0)
            return rc;
        if (rc == 0)
            break;
        if (is_bytes && number >= FIELD_BUNDLE_TARGETS && number <= FIELD_BUNDLE_ROOT) {
            shape.bundle_field = true;
            break;
        }
        if (is_bytes && number == FIELD_FIRST && !shape.has_first) {
            shape.has_first = true;
            shape.first_offset = start;
            shape.first_len = end - start;
        }
        offset = end;
    }
    *ret_shape = shape;
    return 0;
}

/* A Manifest's first field is a map entry: a printable key and a message, nothing else. */
static bool reads_as_map_entry(struct swt_slice bytes) {
    struct swt_wire wire = swt_wire_of(bytes, 0);
    struct swt_wire_field field;
    struct swt_error ignored;
    bool key = false;
    bool value = false;
    int rc;
    while ((rc = swt_wire_next(&wire, &field, &ignored)) > 0) {
        if (field.type != SWT_WIRE_BYTES || field.number > 2)
            return false;
        if (field.number == 1 && swt_target_name_check(field.bytes, &ignored) < 0)
            return false;
        key |= field.number == 1;
        value |= field.number == 2;
    }
    return rc == 0 && key && value;
}

/* RootMetadata holds keys or role requirements, which no map entry has. */
static bool reads_as_root(struct swt_slice bytes) {
    struct swt_wire wire = swt_wire_of(bytes, 0);
    struct swt_wire_field field;
    struct swt_error ignored;
    bool root_field = false;
    int rc;
    while ((rc = swt_wire_next(&wire, &field, &ignored)) > 0)
        root_field |= field.type == SWT_WIRE_BYTES && field.number >= 3 && field.number <= 7;
    return rc == 0 && root_field;
}

/* Nothing that this tool reads looks like the file. */
static int no_kind(struct swt_reader *reader, const char *expected, struct swt_error *err) {
    int rc = swt_fail(err, SWT_E_FILE_KIND, "%s: expected %s",
                      swt_reader_size(reader) == 0 ? "the file is empty"
                                                   : "the file is of no kind that is known here",
                      expected);
    swt_error_file(err, swt_reader_name(reader));
    return rc;
}

static int detect_message(struct swt_reader *reader, const char *expected, enum swt_kind *ret_kind,
                          struct swt_error *err) {
    struct shape shape;
    int rc = read_shape(reader, &shape, err);
    if (rc < 0)
        return rc;
    if (shape.bundle_field) {
        *ret_kind = SWT_KIND_UPDATE_BUNDLE;
        return 0;
    }
    if (!shape.has_first || shape.first_len > FIRST_FIELD_MAX)
        return no_kind(reader, expected, err);
    SWT_CLEANUP(swt_buf_done) struct swt_buf first = {0};
    uint8_t chunk[4096];
    rc = swt_reader_seek(reader, shape.first_offset, err);
    while (rc == 0 && first.len < shape.first_len) {
        size_t want = shape.first_len - first.len;
        size_t len;
        rc = swt_reader_read(reader, chunk, want < sizeof chunk ? want : sizeof chunk, &len, err);
        if (rc == 0 && len == 0)
            return no_kind(reader, expected, err);
        if (rc == 0)
            rc = swt_buf_append(&first, chunk, len, err);
    }
    if (rc < 0)
        return rc;
    bool entry = reads_as_map_entry(swt_buf_slice(&first));
    bool root = reads_as_root(swt_buf_slice(&first));
    if (entry == root)
        return no_kind(reader, expected, err);
    *ret_kind = root ? SWT_KIND_ROOT : SWT_KIND_DEVICE_MANIFEST;
    return 0;
}

int swt_kind_of_bundle(struct swt_reader *reader, enum swt_kind *ret_kind, struct swt_error *err) {
    if (!swt_reader_seekable(reader)) {
        *ret_kind = SWT_KIND_TAR_BUNDLE;
        return 0;
    }
    uint8_t head[SWT_TAR_MAGIC_END];
    size_t len;
    int rc = swt_reader_read(reader, head, sizeof head, &len, err);
    if (rc == 0)
        rc = swt_reader_seek(reader, 0, err);
    if (rc < 0)
        return rc;
    *ret_kind =
        swt_tar_magic(swt_slice_of(head, len)) ? SWT_KIND_TAR_BUNDLE : SWT_KIND_UPDATE_BUNDLE;
    return 0;
}

int swt_kind_of_root_file(struct swt_reader *reader, enum swt_kind *ret_kind,
                          struct swt_error *err) {
    enum swt_kind kind;
    int rc = swt_kind_of_bundle(reader, &kind, err);
    if (rc == 0 && kind == SWT_KIND_UPDATE_BUNDLE) {
        struct shape shape = {0};
        rc = read_shape(reader, &shape, err);
        if (rc == 0)
            rc = swt_reader_seek(reader, 0, err);
        if (!shape.bundle_field)
            kind = SWT_KIND_ROOT;
    }
    if (rc == 0)
        *ret_kind = kind;
    return rc;
}

int swt_kind_detect(struct swt_reader *reader, enum swt_kind *ret_kind, struct swt_error *err) {
    return swt_kind_detect_among(reader, "a bundle, root metadata or a device manifest", ret_kind,
                                 err);
}

int swt_kind_detect_among(struct swt_reader *reader, const char *expected, enum swt_kind *ret_kind,
                          struct swt_error *err) {
    enum swt_kind kind;
    int rc = swt_kind_of_bundle(reader, &kind, err);
    if (rc < 0)
        return rc;
    if (kind == SWT_KIND_UPDATE_BUNDLE) {
        rc = swt_kind_detect_json(reader, &kind, err);
        if (rc == 0)
            rc = detect_message(reader, expected, &kind, err);
        if (rc >= 0)
            rc = swt_reader_seek(reader, 0, err);
        if (rc < 0)
            return rc;
    }
    *ret_kind = kind;
    return 0;
}

int swt_kind_expect_bundle(struct swt_reader *reader, enum swt_kind *ret_kind,
                           struct swt_error *err) {
    enum swt_kind kind;
    int rc = swt_kind_detect_among(reader, "a bundle", &kind, err);
    if (rc < 0)
        return rc;
    if (!swt_kind_is_bundle(kind)) {
        swt_fail(err, SWT_E_FILE_KIND, "expected a bundle, found %s", swt_kind_name(kind));
        return swt_error_file(err, swt_reader_name(reader));
    }
    *ret_kind = kind;
    return 0;
}
