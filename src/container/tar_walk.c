/* SPDX-License-Identifier: Apache-2.0 */
#include "tar_walk.h"

#include <string.h>

/* The file ends where something was due. */
static int fail_truncated(const struct swt_bundle *bundle, const char *what, uint64_t end,
                          struct swt_error *err) {
    swt_fail(err, SWT_E_CONTAINER, "the file ends within %s", what);
    return swt_bundle_error_at(bundle, end, err);
}

/* The padding of the current member, and the header after it, are one read. */
static int read_block(struct swt_bundle *bundle, struct swt_error *err) {
    struct swt_tar_state *state = bundle->state;
    uint64_t start = swt_reader_offset(bundle->reader);
    uint8_t bytes[2 * SWT_TAR_BLOCK];
    size_t len;

    int r = swt_reader_read(bundle->reader, bytes, state->padding + SWT_TAR_BLOCK, &len, err);
    if (r < 0)
        return r;
    size_t padding = len < state->padding ? len : state->padding;
    for (size_t i = 0; i < padding; i++)
        if (bytes[i] != 0) {
            swt_fail(err, SWT_E_CONTAINER,
                     "the padding after member '%s' is not zero (0x%02x, %zu bytes after its end)",
                     swt_buf_text(&state->path), bytes[i], i);
            return swt_bundle_error_at(bundle, start + i, err);
        }
    if (padding < state->padding) {
        swt_fail(err, SWT_E_CONTAINER, "the file ends within the padding after member '%s'",
                 swt_buf_text(&state->path));
        return swt_bundle_error_at(bundle, start + len, err);
    }
    state->padding = 0;
    state->block_offset = start + padding;
    state->block_len = len - padding;
    state->has_block = true;
    memcpy(state->block, bytes + padding, state->block_len);
    return 0;
}

int swt_tar_peek(struct swt_bundle *bundle, struct swt_error *err) {
    const struct swt_tar_state *state = bundle->state;
    int r = state->has_block ? 0 : read_block(bundle, err);
    if (r < 0)
        return r;
    if (state->block_len == 0) {
        swt_fail(err, SWT_E_CONTAINER,
                 "the file ends without the two zero blocks that end a bundle");
        return swt_bundle_error_at(bundle, state->block_offset, err);
    }
    if (state->block_len < SWT_TAR_BLOCK)
        return fail_truncated(bundle, "a header", state->block_offset + state->block_len, err);
    return 0;
}

int swt_tar_identify_next(struct swt_bundle *bundle, struct swt_tar_member *ret_member,
                          struct swt_error *err) {
    const struct swt_tar_state *state = bundle->state;
    int r = swt_tar_identify(state->block, ret_member, err);
    return r < 0 ? swt_bundle_error_at(bundle, state->block_offset, err) : 0;
}

int swt_tar_set_path(struct swt_bundle *bundle, const char *folder, struct swt_slice name,
                     struct swt_error *err) {
    struct swt_tar_state *state = bundle->state;
    swt_buf_clear(&state->path);
    int r = swt_buf_append_slice(&state->path, swt_slice_text(folder), err);
    return r < 0 ? r : swt_buf_append_slice(&state->path, name, err);
}

int swt_tar_enter(struct swt_bundle *bundle, uint64_t length, struct swt_error *err) {
    struct swt_tar_state *state = bundle->state;
    uint64_t start = swt_reader_offset(bundle->reader);

    /* Told before anything of it is read, and no seek may leave the file. */
    if (swt_reader_seekable(bundle->reader)) {
        uint64_t size = swt_reader_size(bundle->reader);
        uint64_t rest = size > start ? size - start : 0;
        if (length > rest) {
            char declared[SWT_SIZE_TEXT], there[SWT_SIZE_TEXT];
            swt_fail(err, SWT_E_CONTAINER,
                     "member '%s' is declared with %s, but the file ends after %s of it",
                     swt_buf_text(&state->path), swt_bytes_text(length, declared),
                     swt_bytes_text(rest, there));
            return swt_bundle_error_at(bundle, state->block_offset, err);
        }
    }
    state->has_block = false;
    state->padding = swt_tar_padding(length);
    return 0;
}

int swt_tar_leave(struct swt_bundle *bundle, struct swt_error *err) {
    struct swt_tar_state *state = bundle->state;
    if (bundle->left > 0 && swt_reader_seekable(bundle->reader)) {
        uint64_t end = swt_reader_offset(bundle->reader) + bundle->left; /* enter checked it */
        int r = swt_reader_seek(bundle->reader, end, err);
        if (r < 0)
            return r;
        bundle->left = 0;
    }
    while (bundle->left > 0) {
        size_t len;
        int r = swt_bundle_read(bundle, state->scratch, sizeof state->scratch, &len, err);
        if (r < 0)
            return r;
    }
    return state->padding > 0 ? read_block(bundle, err) : 0;
}

int swt_tar_check_end(struct swt_bundle *bundle, struct swt_error *err) {
    const struct swt_tar_state *state = bundle->state;
    uint8_t block[SWT_TAR_BLOCK + 1];
    uint64_t start = swt_reader_offset(bundle->reader);
    size_t len;

    int r = swt_reader_read(bundle->reader, block, sizeof block, &len, err);
    if (r < 0)
        return r;
    if (!swt_tar_is_zero(block, len < SWT_TAR_BLOCK ? len : SWT_TAR_BLOCK)) {
        swt_fail(err, SWT_E_CONTAINER, "a lone zero block is followed by data");
        return swt_bundle_error_at(bundle, state->block_offset, err);
    }
    if (len == 0) {
        swt_fail(err, SWT_E_CONTAINER, "a lone zero block ends the file, expected two");
        return swt_bundle_error_at(bundle, state->block_offset, err);
    }
    if (len < SWT_TAR_BLOCK)
        return fail_truncated(bundle, "the second zero block of the end", start + len, err);
    if (len > SWT_TAR_BLOCK) {
        swt_fail(err, SWT_E_CONTAINER,
                 "there is data (0x%02x) after the two zero blocks that end a bundle",
                 block[SWT_TAR_BLOCK]);
        return swt_bundle_error_at(bundle, start + SWT_TAR_BLOCK, err);
    }
    return 0;
}
