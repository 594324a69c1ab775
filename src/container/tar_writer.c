/* SPDX-License-Identifier: Apache-2.0 */
#include "backend.h"

static int put_header(const char *path, uint64_t length, struct swt_buf *ret_bytes,
                      struct swt_error *err) {
    uint8_t block[SWT_TAR_BLOCK];
    int r = swt_tar_header(path, length, block, err);
    return r < 0 ? r : swt_buf_append(ret_bytes, block, sizeof block, err);
}

int swt_tar_member_head(const struct swt_member *member, struct swt_buf *ret_bytes,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf path = {0};
    switch (member->kind) {
    case SWT_MEMBER_ROOT:
        return put_header(SWT_MEMBER_ROOT_PATH, member->length, ret_bytes, err);
    case SWT_MEMBER_TARGETS:
        return put_header(SWT_MEMBER_TARGETS_PATH, member->length, ret_bytes, err);
    case SWT_MEMBER_PAYLOAD:
        break;
    }
    int r = swt_buf_append_slice(&path, swt_slice_text(SWT_MEMBER_PAYLOAD_FOLDER), err);
    if (r == 0)
        r = swt_buf_append_slice(&path, member->name, err);
    return r < 0 ? r : put_header(swt_buf_text(&path), member->length, ret_bytes, err);
}
