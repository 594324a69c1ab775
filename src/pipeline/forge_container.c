/* SPDX-License-Identifier: Apache-2.0 */
#include "forge.h"

#include <stdio.h>
#include <string.h>

/* ---- tar --------------------------------------------------------------------------------- */

#define NAME_SIZE 100
#define CHECKSUM_OFFSET 148
#define CHECKSUM_SIZE 8
static const char FOLDER[] = "targets/";

static int put_fill(struct swt_buf *buf, uint8_t byte, size_t count, struct swt_error *err) {
    uint8_t block[SWT_TAR_BLOCK];
    memset(block, byte, sizeof block);
    return swt_buf_append(buf, block, count, err);
}

static void set_checksum(uint8_t block[SWT_TAR_BLOCK]) {
    unsigned sum = 0;
    memset(block + CHECKSUM_OFFSET, ' ', CHECKSUM_SIZE);
    for (size_t i = 0; i < SWT_TAR_BLOCK; i++)
        sum += block[i];
    /* Six digits, a NUL, and the space that stands there. */
    (void)snprintf((char *)block + CHECKSUM_OFFSET, CHECKSUM_SIZE - 1, "%06o", sum);
}

static int member_path(const struct swt_forge_member *member, struct swt_buf *ret_path,
                       struct swt_error *err) {
    if (member->kind == SWT_FORGE_ROOT)
        return swt_buf_printf(ret_path, err, "root_metadata");
    if (member->kind == SWT_FORGE_TARGETS)
        return swt_buf_printf(ret_path, err, "targets_metadata");
    int rc = member->kind == SWT_FORGE_PAYLOAD ? swt_buf_printf(ret_path, err, "%s", FOLDER) : 0;
    return rc < 0 ? rc : swt_buf_append_slice(ret_path, member->name, err);
}

/* The header of a path that no bundle holds has that path's bytes all the same, as many as fit. */
static int put_header(struct swt_buf *buf, const struct swt_forge_member *member,
                      struct swt_error *err) {
    uint8_t block[SWT_TAR_BLOCK];
    SWT_CLEANUP(swt_buf_done) struct swt_buf path = {0};
    int rc = member_path(member, &path, err);
    if (rc < 0)
        return rc;
    if (strlen(swt_buf_text(&path)) != path.len ||
        swt_tar_header(swt_buf_text(&path), member->content.len, block, err) < 0) {
        rc = swt_tar_header("-", member->content.len, block, err);
        if (rc < 0)
            return rc;
        memcpy(block, path.data, path.len < NAME_SIZE ? path.len : NAME_SIZE);
    }
    if (member->header_text != NULL)
        memcpy(block + member->header_offset, member->header_text, strlen(member->header_text));
    set_checksum(block);
    return swt_buf_append(buf, block, sizeof block, err);
}

static int put_tar_member(struct swt_buf *buf, const struct swt_forge_member *member,
                          struct swt_error *err) {
    int rc = put_header(buf, member, err);
    if (rc == 0)
        rc = swt_buf_append_slice(buf, member->content, err);
    size_t rest = (SWT_TAR_BLOCK - member->content.len % SWT_TAR_BLOCK) % SWT_TAR_BLOCK;
    return rc < 0 || member->no_padding ? rc : put_fill(buf, member->padding, rest, err);
}

/* ---- UpdateBundle ------------------------------------------------------------------------ */

enum { TARGETS_METADATA = 3, TARGET_PAYLOADS = 4, ROOT_METADATA = 5 };
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2 };

static int put_entry(struct swt_buf *buf, uint32_t number, struct swt_slice key,
                     struct swt_slice value, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf entry = {0};
    int rc = swt_wire_put_bytes(&entry, ENTRY_KEY, key, err);
    if (rc == 0)
        rc = swt_wire_put_bytes(&entry, ENTRY_VALUE, value, err);
    return rc < 0 ? rc : swt_wire_put_bytes(buf, number, swt_buf_slice(&entry), err);
}

static int put_field(struct swt_buf *buf, const struct swt_forge_member *member,
                     struct swt_error *err) {
    switch (member->kind) {
    case SWT_FORGE_ROOT:
        return swt_wire_put_bytes(buf, ROOT_METADATA, member->content, err);
    case SWT_FORGE_TARGETS:
        return put_entry(buf, TARGETS_METADATA, swt_slice_text(SWT_ROLE_TARGETS), member->content,
                         err);
    case SWT_FORGE_PAYLOAD:
        return put_entry(buf, TARGET_PAYLOADS, member->name, member->content, err);
    case SWT_FORGE_OTHER:
        break;
    }
    return swt_buf_append_slice(buf, member->content, err);
}

/* ------------------------------------------------------------------------------------------ */

int swt_forge_bundle(const struct swt_forge_bundle *bundle, struct swt_buf *ret_bytes,
                     struct swt_error *err) {
    bool tar = bundle->format == SWT_FORMAT_TAR;
    int rc = 0;
    for (size_t i = 0; i < bundle->count && rc == 0; i++)
        rc = tar ? put_tar_member(ret_bytes, &bundle->members[i], err)
                 : put_field(ret_bytes, &bundle->members[i], err);
    for (size_t i = 0; tar && i < bundle->end_blocks && rc == 0; i++)
        rc = put_fill(ret_bytes, 0, SWT_TAR_BLOCK, err);
    if (rc == 0)
        rc = swt_buf_append_slice(ret_bytes, bundle->tail, err);
    if (rc == 0)
        ret_bytes->len -= bundle->cut < ret_bytes->len ? bundle->cut : ret_bytes->len;
    return rc;
}
