/* SPDX-License-Identifier: Apache-2.0 */
#include "stock_bundle.h"

#include "stock_fields.h"

#include "swt/container.h"
#include "swt/metadata.h"

/* A hostile file of a gigabyte may hold as many fields. */
#define MAX_FIELDS ((size_t)1 << 20)
#define KEY_BYTES 64 /* of a map key are compared; all that are looked for are shorter */

/* ---- messages in the file ---------------------------------------------------------------- */

struct span {
    uint64_t start;
    uint64_t end;
};

static int read_at(const struct swt_stock_bundle *bundle, uint64_t offset, void *ret_data,
                   size_t size, size_t *ret_len, struct swt_error *err) {
    int rc = swt_reader_seek(bundle->reader, offset, err);
    return rc < 0 ? rc : swt_reader_read(bundle->reader, ret_data, size, ret_len, err);
}

/* The next field of the message at *rest, which is moved past it: 1, its value in *ret_value; or 0
 * where reading ends. */
static int next_field(struct swt_stock_bundle *bundle, struct span *rest,
                      struct swt_stock_field *ret_field, struct span *ret_value,
                      struct swt_error *err) {
    uint8_t window[SWT_STOCK_WINDOW];
    size_t len = 0;
    uint64_t left = rest->end - rest->start;
    if (left == 0)
        return 0;
    if (bundle->fields_left == 0) {
        bundle->excess = "it has more fields than are looked at";
        return 0;
    }
    bundle->fields_left--;
    int rc = read_at(bundle, rest->start, window,
                     left < sizeof window ? (size_t)left : sizeof window, &len, err);
    if (rc < 0)
        return rc;
    if (!swt_stock_field_read(swt_slice_of(window, len), left, ret_field))
        return 0;
    *ret_value = (struct span){rest->start + ret_field->value, rest->start + ret_field->end};
    rest->start += ret_field->end;
    return 1;
}

/* The next field of that number. */
static int next_of(struct swt_stock_bundle *bundle, struct span *rest, uint32_t number,
                   struct swt_stock_field *ret_field, struct span *ret_value,
                   struct swt_error *err) {
    int rc;
    do
        rc = next_field(bundle, rest, ret_field, ret_value, err);
    while (rc > 0 && ret_field->number != number);
    return rc;
}

/* The first field of that number, as bytes: 1, or 0 when it is none. */
static int first_bytes(struct swt_stock_bundle *bundle, struct span message, uint32_t number,
                       struct span *ret_value, struct swt_error *err) {
    struct swt_stock_field field;
    int rc = next_of(bundle, &message, number, &field, ret_value, err);
    return rc > 0 ? field.type == SWT_STOCK_DELIMITED : rc;
}

static struct span whole(const struct swt_stock_bundle *bundle) {
    return (struct span){0, swt_reader_size(bundle->reader)};
}

/* One map entry's key, cut at KEY_BYTES: 1; or 0 when it has none, which ends every search. */
static int entry_key(struct swt_stock_bundle *bundle, struct span entry, uint8_t ret_key[KEY_BYTES],
                     size_t *ret_len, struct swt_error *err) {
    struct span key;
    int rc = first_bytes(bundle, entry, SWT_STOCK_ENTRY_KEY, &key, err);
    if (rc <= 0)
        return rc;
    uint64_t len = key.end - key.start;
    rc = read_at(bundle, key.start, ret_key, len < KEY_BYTES ? (size_t)len : KEY_BYTES, ret_len,
                 err);
    return rc < 0 ? rc : 1;
}

/* The next entry of a map field and its key: 1, or 0 where a search ends. */
static int next_entry(struct swt_stock_bundle *bundle, struct span *rest, uint32_t number,
                      struct span *ret_entry, uint8_t ret_key[KEY_BYTES], size_t *ret_len,
                      struct swt_error *err) {
    struct swt_stock_field field;
    int rc = next_of(bundle, rest, number, &field, ret_entry, err);
    if (rc <= 0 || field.type != SWT_STOCK_DELIMITED)
        return rc < 0 ? rc : 0;
    return entry_key(bundle, *ret_entry, ret_key, ret_len, err);
}

/* ---- the metadata ------------------------------------------------------------------------ */

static int load(struct swt_stock_bundle *bundle, struct span span, struct swt_buf *ret_bytes,
                struct swt_stock_value *ret_value, struct swt_error *err) {
    uint8_t chunk[4096];
    uint64_t left = span.end - span.start;
    if (left > SWT_MAX_ENVELOPE) {
        bundle->excess = "its root or targets metadata has more bytes than are looked at";
        return 0;
    }
    int rc = swt_reader_seek(bundle->reader, span.start, err);
    while (rc == 0 && left > 0) {
        size_t len = 0;
        rc = swt_reader_read(bundle->reader, chunk,
                             left < sizeof chunk ? (size_t)left : sizeof chunk, &len, err);
        if (rc == 0 && len == 0)
            break; /* the file became shorter */
        if (rc == 0)
            rc = swt_buf_append(ret_bytes, chunk, len, err);
        left -= len;
    }
    if (rc == 0)
        *ret_value = swt_stock_value_of(swt_buf_slice(ret_bytes));
    return rc;
}

static int load_root(struct swt_stock_bundle *bundle, struct swt_error *err) {
    struct span value;
    int rc = first_bytes(bundle, whole(bundle), SWT_STOCK_BUNDLE_ROOT, &value, err);
    return rc > 0 ? load(bundle, value, &bundle->root_bytes, &bundle->root, err) : rc;
}

static int load_targets(struct swt_stock_bundle *bundle, struct swt_error *err) {
    struct span rest = whole(bundle);
    struct span entry;
    uint8_t key[KEY_BYTES];
    size_t len = 0;
    struct swt_slice wanted = swt_slice_text(SWT_ROLE_TARGETS);
    int rc;
    do
        rc = next_entry(bundle, &rest, SWT_STOCK_BUNDLE_TARGETS, &entry, key, &len, err);
    while (rc > 0 && !swt_slice_equal(swt_slice_of(key, len), wanted));
    if (rc > 0)
        rc = first_bytes(bundle, entry, SWT_STOCK_ENTRY_VALUE, &entry, err);
    return rc > 0 ? load(bundle, entry, &bundle->targets_bytes, &bundle->targets, err) : rc;
}

/* ---- tar bundles ------------------------------------------------------------------------- */

static int pass_by(void *context, const struct swt_payload_info *payload, struct swt_error *err) {
    (void)context;
    (void)payload;
    (void)err;
    return 0;
}

/* What is wrong with a tar bundle has no counterpart in an UpdateBundle. */
static int tar_fault(struct swt_stock_bundle *bundle, struct swt_error *err) {
    if (swt_code_exit(err->code) != 3)
        return -(int)err->code;
    bundle->unreadable = "it knows no tar, and this one cannot be made an UpdateBundle";
    return 0;
}

static int open_tar(struct swt_stock_bundle *bundle, struct swt_error *err) {
    if (swt_bundle_open(bundle->reader, SWT_FORMAT_TAR, true, &bundle->tar, err) < 0 ||
        swt_bundle_list(bundle->tar, pass_by, NULL, err) < 0)
        return tar_fault(bundle, err);
    if (swt_bundle_has_root(bundle->tar))
        bundle->root = swt_stock_value_of(swt_bundle_root(bundle->tar, NULL));
    bundle->targets = swt_stock_value_of(swt_bundle_targets(bundle->tar, NULL));
    return 0;
}

/* ---- opening ----------------------------------------------------------------------------- */

void swt_stock_bundle_done(struct swt_stock_bundle *bundle) {
    swt_bundle_free(bundle->tar);
    swt_buf_done(&bundle->root_bytes);
    swt_buf_done(&bundle->targets_bytes);
    *bundle = (struct swt_stock_bundle){0};
}

int swt_stock_bundle_open(struct swt_reader *reader, enum swt_kind kind,
                          struct swt_stock_bundle *ret_bundle, struct swt_error *err) {
    SWT_CLEANUP(swt_stock_bundle_done)
    struct swt_stock_bundle bundle = {.reader = reader,
                                      .root = swt_stock_value_none(SWT_STOCK_NOT_FOUND),
                                      .targets = swt_stock_value_none(SWT_STOCK_NOT_FOUND),
                                      .fields_left = MAX_FIELDS};
    int rc = 0;
    if (!swt_reader_seekable(reader))
        bundle.unreadable = "it needs the bundle twice, and a stream is read once";
    else if (kind == SWT_KIND_TAR_BUNDLE)
        rc = open_tar(&bundle, err);
    else
        rc = load_root(&bundle, err);
    if (rc == 0 && bundle.unreadable == NULL && bundle.tar == NULL)
        rc = load_targets(&bundle, err);
    if (rc < 0)
        return rc;
    *ret_bundle = SWT_MOVE(bundle);
    return 0;
}

/* ---- payloads ---------------------------------------------------------------------------- */

static int find_in_file(struct swt_stock_bundle *bundle, struct swt_stock_names *names,
                        struct swt_error *err) {
    struct span rest = whole(bundle);
    struct span entry;
    struct span value = {0, 0};
    uint8_t key[KEY_BYTES];
    size_t len = 0;
    int rc;
    while ((rc = next_entry(bundle, &rest, SWT_STOCK_BUNDLE_PAYLOADS, &entry, key, &len, err)) >
           0) {
        struct swt_stock_name *name = swt_stock_names_find(names, swt_slice_of(key, len));
        if (name == NULL || name->seen)
            continue;
        rc = first_bytes(bundle, entry, SWT_STOCK_ENTRY_VALUE, &value, err);
        if (rc < 0)
            return rc;
        name->seen = true;
        name->readable = rc > 0;
        name->offset = value.start;
        name->length = value.end - value.start;
    }
    return rc;
}

static int find_in_tar(void *context, const struct swt_payload_info *payload,
                       struct swt_error *err) {
    (void)err;
    struct swt_stock_name *name = swt_stock_names_find(context, payload->name);
    if (name == NULL || name->seen)
        return 0;
    name->seen = true;
    name->readable = true;
    name->offset = payload->offset;
    name->length = payload->length;
    return 0;
}

int swt_stock_bundle_find(struct swt_stock_bundle *bundle, struct swt_stock_names *names,
                          struct swt_error *err) {
    if (bundle->tar == NULL)
        return find_in_file(bundle, names, err);
    int rc = swt_bundle_list(bundle->tar, find_in_tar, names, err);
    return rc < 0 ? tar_fault(bundle, err) : 0;
}

int swt_stock_bundle_hash(const struct swt_stock_bundle *bundle, struct swt_tee *tee,
                          struct swt_stock_name *payload, struct swt_error *err) {
    if (payload->hashed)
        return 0;
    uint64_t left = payload->length;
    int rc = swt_reader_seek(bundle->reader, payload->offset, err);
    for (size_t len = 1; rc == 0 && left > 0 && len > 0; left -= len) {
        uint8_t *chunk = NULL;
        len = left < SWT_TEE_CHUNK ? (size_t)left : SWT_TEE_CHUNK;
        rc = swt_tee_room(tee, &chunk, err);
        if (rc == 0)
            rc = swt_reader_read(bundle->reader, chunk, len, &len, err);
        if (rc == 0)
            rc = swt_tee_hash(tee, len, err);
        if (rc == 0)
            swt_progress_advance(bundle->progress, len);
    }
    if (rc == 0)
        rc = swt_tee_finish(tee, payload->sha256, err);
    payload->hashed = rc == 0;
    return rc;
}
