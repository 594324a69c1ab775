/* SPDX-License-Identifier: Apache-2.0 */
/* Which files are text. */
#include "kind.h"

#include "swt/manifest.h"

static bool is_control(uint8_t byte) {
    return (byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
}

/* A character that the end of what was read cuts is none of the text's fault. */
static bool is_text(struct swt_slice bytes, bool cut) {
    for (size_t i = 0; i < bytes.len; i++)
        if (is_control(bytes.data[i]))
            return false;
    for (unsigned i = 0; i < 4 && i <= bytes.len; i++) {
        if (swt_utf8_valid(swt_slice_of(bytes.data, bytes.len - i)))
            return true;
        if (!cut)
            return false;
    }
    return false;
}

int swt_kind_is_text(struct swt_reader *reader, bool *ret_text, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    uint8_t chunk[4096];
    size_t len = 1;
    int rc = 0;
    while (rc == 0 && len > 0 && bytes.len < SWT_MANIFEST_MAX_BYTES) {
        rc = swt_reader_read(reader, chunk, sizeof chunk, &len, err);
        if (rc == 0)
            rc = swt_buf_append(&bytes, chunk, len, err);
    }
    if (rc == 0)
        rc = swt_reader_seek(reader, 0, err);
    if (rc < 0)
        return rc;
    *ret_text = is_text(swt_buf_slice(&bytes), bytes.len < swt_reader_size(reader));
    return 0;
}
