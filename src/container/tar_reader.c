/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a tar bundle, once and in order. Every header is made anew from what the caller expects
 * and compared byte by byte, so there is no field that a second reader could take for another size,
 * path or kind of member (the parser differentials of tar). Only the sentence about a header that
 * differs comes from parsing it.
 */
#include "tar_walk.h"

#include <stdlib.h>
#include <string.h>

static const char *payload_of(const char *path) {
    const size_t folder = strlen(SWT_MEMBER_PAYLOAD_FOLDER);
    return strncmp(path, SWT_MEMBER_PAYLOAD_FOLDER, folder) == 0 ? path + folder : NULL;
}

/* ---- the head ---------------------------------------------------------------------------- */

static int peek_first(struct swt_bundle *bundle, struct swt_error *err) {
    struct swt_tar_state *state = bundle->state;
    size_t len;
    int r = swt_reader_read(bundle->reader, state->block, SWT_TAR_BLOCK, &len, err);
    if (r < 0)
        return r;

    const char *foreign = swt_container_foreign(swt_slice_of(state->block, len));
    if (len == 0)
        swt_fail(err, SWT_E_CONTAINER, "the file is empty");
    else if (foreign)
        swt_fail(err, SWT_E_CONTAINER, "the file is %s, expected a tar bundle", foreign);
    else if (len < SWT_TAR_BLOCK)
        swt_fail(err, SWT_E_CONTAINER, "the file ends after %zu bytes, within the first header",
                 len);
    else {
        state->has_block = true;
        state->block_len = len;
        return 0;
    }
    return swt_bundle_error_at(bundle, 0, err);
}

static int read_envelope(struct swt_bundle *bundle, const struct swt_tar_member *member,
                         struct swt_buf *ret_bytes, uint64_t *ret_offset, struct swt_error *err) {
    int r = swt_tar_set_path(bundle, "", swt_slice_text(member->path), err);
    if (r == 0)
        r = swt_tar_enter(bundle, member->size, err);
    if (r < 0)
        return r;
    uint64_t offset = swt_reader_offset(bundle->reader);
    r = swt_bundle_load(bundle, member->path, member->size, ret_bytes, err);
    if (r < 0)
        return r;
    *ret_offset = offset;
    return swt_tar_leave(bundle, err);
}

/* A member of the head, one of the two paths (the second may be NULL). */
static int expect_head(struct swt_bundle *bundle, const char *path, const char *other,
                       struct swt_tar_member *ret_member, struct swt_error *err) {
    const struct swt_tar_state *state = bundle->state;
    if (swt_tar_is_zero(state->block, SWT_TAR_BLOCK)) {
        swt_fail(err, SWT_E_CONTAINER, "the bundle ends without a %s", path);
        return swt_bundle_error_at(bundle, state->block_offset, err);
    }
    struct swt_tar_member member;
    int r = swt_tar_identify_next(bundle, &member, err);
    if (r < 0)
        return r;
    if (strcmp(member.path, path) != 0 && (!other || strcmp(member.path, other) != 0)) {
        swt_fail(err, SWT_E_CONTAINER, "member '%s' stands where '%s'%s%s%s is expected",
                 member.path, path, other ? " or '" : "", other ? other : "", other ? "'" : "");
        return swt_bundle_error_at(bundle, state->block_offset, err);
    }
    *ret_member = member;
    return 0;
}

static int read_head(struct swt_bundle *bundle, struct swt_error *err) {
    struct swt_tar_state *state = bundle->state;
    struct swt_tar_member member = {0};
    int r = peek_first(bundle, err);
    if (r < 0)
        return r;
    r = expect_head(bundle, SWT_MEMBER_TARGETS_PATH, SWT_MEMBER_ROOT_PATH, &member, err);
    if (r < 0)
        return r;
    if (strcmp(member.path, SWT_MEMBER_ROOT_PATH) == 0) {
        r = read_envelope(bundle, &member, &bundle->root, &bundle->root_offset, err);
        if (r < 0)
            return r;
        bundle->has_root = true;
        r = swt_tar_peek(bundle, err);
        if (r < 0)
            return r;
        r = expect_head(bundle, SWT_MEMBER_TARGETS_PATH, NULL, &member, err);
        if (r < 0)
            return r;
    }
    r = read_envelope(bundle, &member, &bundle->targets, &bundle->targets_offset, err);
    if (r < 0)
        return r;
    state->payloads_offset =
        state->has_block ? state->block_offset : swt_reader_offset(bundle->reader);
    return 0;
}

int swt_tar_open(struct swt_bundle *bundle, struct swt_error *err) {
    bundle->state = calloc(1, sizeof(struct swt_tar_state));
    struct swt_tar_state *state = bundle->state;
    if (!state)
        return swt_fail_memory(err);
    int r = read_head(bundle, err);
    /* Who pipes an UpdateBundle in should not have to guess. */
    if (r == -SWT_E_CONTAINER && !swt_reader_seekable(bundle->reader) && state->block_offset == 0 &&
        !swt_tar_magic(swt_slice_of(state->block, SWT_TAR_BLOCK)))
        return swt_error_hint(err, "a pipe can hold a tar bundle only; give the name of a file");
    return r;
}

void swt_tar_close(struct swt_bundle *bundle) {
    struct swt_tar_state *state = bundle->state;
    if (state)
        swt_buf_done(&state->path);
    free(state);
}

/* ---- payloads ---------------------------------------------------------------------------- */

/* The peeked header is not the expected one: another payload's, or a fault. */
static int judge_other(struct swt_bundle *bundle, uint64_t length, struct swt_error *err) {
    const struct swt_tar_state *state = bundle->state;
    const char *path = swt_buf_text(&state->path);
    struct swt_tar_member found;
    int r = swt_tar_identify_next(bundle, &found, err);
    if (r < 0)
        return r;
    if (strcmp(found.path, path) == 0) {
        char size[SWT_SIZE_TEXT], wanted[SWT_SIZE_TEXT];
        swt_fail(err, SWT_E_CONTAINER, "member '%s': size is %s, but the targets metadata says %s",
                 path, swt_bytes_text(found.size, size), swt_bytes_text(length, wanted));
        return swt_bundle_error_at(bundle, state->block_offset, err);
    }
    if (!payload_of(found.path)) {
        swt_fail(err, SWT_E_CONTAINER, "member '%s' stands where '%s' or the end is expected",
                 found.path, path);
        return swt_bundle_error_at(bundle, state->block_offset, err);
    }
    return 0;
}

int swt_tar_next(struct swt_bundle *bundle, struct swt_slice name, uint64_t length,
                 enum swt_payload_state *ret_state, struct swt_error *err) {
    struct swt_tar_state *state = bundle->state;
    uint8_t expected[SWT_TAR_BLOCK];

    int r = swt_tar_leave(bundle, err);
    if (r == 0)
        r = swt_tar_set_path(bundle, SWT_MEMBER_PAYLOAD_FOLDER, name, err);
    if (r < 0)
        return r;
    r = swt_tar_header(swt_buf_text(&state->path), length, expected, err);
    if (r < 0)
        return swt_error_file(err, swt_reader_name(bundle->reader));
    r = swt_tar_peek(bundle, err);
    if (r < 0)
        return r;
    bool present = memcmp(state->block, expected, SWT_TAR_BLOCK) == 0;
    if (present)
        r = swt_tar_enter(bundle, length, err);
    else if (!swt_tar_is_zero(state->block, SWT_TAR_BLOCK))
        r = judge_other(bundle, length, err);
    if (r < 0)
        return r;
    bundle->left = present ? length : 0;
    *ret_state = present ? SWT_PAYLOAD_PRESENT : SWT_PAYLOAD_ABSENT;
    return 0;
}

int swt_tar_end_payloads(struct swt_bundle *bundle, struct swt_error *err) {
    const struct swt_tar_state *state = bundle->state;
    int r = swt_tar_leave(bundle, err);
    if (r < 0)
        return r;
    r = swt_tar_peek(bundle, err);
    if (r < 0 || swt_tar_is_zero(state->block, SWT_TAR_BLOCK))
        return r;

    struct swt_tar_member found;
    r = swt_tar_identify_next(bundle, &found, err);
    if (r < 0)
        return r;
    swt_fail(err, SWT_E_CONTAINER,
             "member '%s' is not expected here: it is not listed, not in the order of the targets "
             "metadata, or there twice",
             found.path);
    return swt_bundle_error_at(bundle, state->block_offset, err);
}

int swt_tar_finish(struct swt_bundle *bundle, struct swt_error *err) {
    return swt_tar_check_end(bundle, err); /* the first zero block is peeked */
}

/* ---- without metadata -------------------------------------------------------------------- */

/* The payload of the peeked header, which is entered. */
static int list_one(struct swt_bundle *bundle,
                    int (*visit)(void *context, const struct swt_payload_info *payload,
                                 struct swt_error *err),
                    void *context, struct swt_error *err) {
    const struct swt_tar_state *state = bundle->state;
    struct swt_tar_member member;
    int r = swt_tar_identify_next(bundle, &member, err);
    if (r < 0)
        return r;
    const char *name = payload_of(member.path);
    if (!name) {
        swt_fail(err, SWT_E_CONTAINER, "member '%s' stands where a payload or the end is expected",
                 member.path);
        return swt_bundle_error_at(bundle, state->block_offset, err);
    }
    r = swt_tar_set_path(bundle, "", swt_slice_text(member.path), err);
    if (r == 0)
        r = swt_tar_enter(bundle, member.size, err);
    if (r < 0)
        return r;
    struct swt_payload_info info = {swt_slice_text(name), member.size,
                                    swt_reader_offset(bundle->reader)};
    bundle->left = member.size;
    r = visit(context, &info, err);
    return r != 0 ? r : swt_tar_leave(bundle, err);
}

int swt_tar_list(struct swt_bundle *bundle,
                 int (*visit)(void *context, const struct swt_payload_info *payload,
                              struct swt_error *err),
                 void *context, struct swt_error *err) {
    struct swt_tar_state *state = bundle->state;
    if (!swt_reader_seekable(bundle->reader)) {
        swt_fail(err, SWT_E_CONTAINER, "the payloads of a bundle can be listed in a file only");
        return swt_error_file(err, swt_reader_name(bundle->reader));
    }
    int r = swt_reader_seek(bundle->reader, state->payloads_offset, err);
    if (r < 0)
        return r;
    state->has_block = false;
    state->padding = 0;
    bundle->left = 0;

    for (size_t count = 0;; count++) {
        r = swt_tar_peek(bundle, err);
        if (r < 0)
            return r;
        if (swt_tar_is_zero(state->block, SWT_TAR_BLOCK))
            return swt_tar_check_end(bundle, err);
        if (count == SWT_MAX_PAYLOADS) {
            swt_fail(err, SWT_E_CONTAINER, "there are more than %d payloads", SWT_MAX_PAYLOADS);
            return swt_bundle_error_at(bundle, state->block_offset, err);
        }
        r = list_one(bundle, visit, context, err);
        if (r != 0)
            return r;
    }
}
