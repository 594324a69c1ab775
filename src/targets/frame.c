/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <inttypes.h>
#include <string.h>

static int fail(const struct swt_frame *frame, struct swt_error *err, const char *what) {
    return swt_fail(err, SWT_E_COMPRESSION, "%s at byte %" PRIu64 " of the %s data", what,
                    frame->unit, swt_compression_name(frame->compression));
}

static int expect(struct swt_frame *frame, swt_frame_step *step, size_t need) {
    frame->step = step;
    frame->need = need;
    return 0;
}

static int check_window(const struct swt_frame *frame, uint64_t window, struct swt_error *err) {
    if (window <= SWT_COMPRESSION_WINDOW)
        return 0;
    char found[SWT_SIZE_TEXT];
    char limit[SWT_SIZE_TEXT];
    return swt_fail(err, SWT_E_COMPRESSION,
                    "the %s data asks for %s of memory to be decompressed, the limit is %s",
                    swt_compression_name(frame->compression), swt_size_text(window, found),
                    swt_size_text(SWT_COMPRESSION_WINDOW, limit));
}

static uint64_t little_endian(const uint8_t *bytes, size_t len) {
    uint64_t number = 0;
    while (len > 0)
        number = number << 8 | bytes[--len];
    return number;
}

/* ---- gzip: RFC 1952, RFC 1951 ------------------------------------------------------------ */

static int gzip_header(struct swt_frame *frame, struct swt_error *err) {
    static const uint8_t START[] = {0x1f, 0x8b, 8};
    const uint8_t *bytes = frame->bytes;
    if (memcmp(bytes, START, sizeof START) != 0)
        return fail(frame, err, "no header");
    if (bytes[3] != 0)
        return fail(frame, err, "a header with a name, a comment or other fields");
    /* A stored block of no bytes, or a block with fixed codes whose first says that it ends. */
    const uint8_t *block = bytes + 10;
    unsigned type = (block[0] >> 1) & 3;
    frame->starts_empty = (type == 0 && block[1] == 0 && block[2] == 0) ||
                          (type == 1 && block[0] >> 3 == 0 && (block[1] & 3) == 0);
    /* Where a member ends only an inflater knows. */
    frame->skip = UINT64_MAX;
    return expect(frame, NULL, 0);
}

/* A trailer is that of the last member: it speaks of the whole original only where all members in
 * front of it are empty. */
int swt_frame_check_gzip(const struct swt_frame *frame, uint64_t length, uint32_t crc,
                         struct swt_error *err) {
    if (frame->starts_empty && length > 0)
        return swt_fail(err, SWT_E_COMPRESSION, "the gzip data has several members");
    if (little_endian(frame->tail, 4) != crc ||
        little_endian(frame->tail + 4, 4) != (uint32_t)length)
        return swt_fail(err, SWT_E_COMPRESSION,
                        "the gzip data ends with the checksum or length of something else");
    return 0;
}

/* ---- zstd: RFC 8878 ---------------------------------------------------------------------- */

enum zstd_block { ZSTD_RAW, ZSTD_RUN, ZSTD_COMPRESSED, ZSTD_RESERVED };

static int zstd_block(struct swt_frame *frame, struct swt_error *err) {
    uint64_t header = little_endian(frame->bytes, 3);
    enum zstd_block type = (enum zstd_block)((header >> 1) & 3);
    if (type == ZSTD_RESERVED)
        return fail(frame, err, "a block of no known type");
    frame->skip = type == ZSTD_RUN ? 1 : header >> 3;
    if ((header & 1) == 0)
        return expect(frame, zstd_block, 3);
    frame->skip += frame->has_checksum ? 4 : 0;
    return expect(frame, NULL, 0);
}

/* Descriptor, then window or the length of the content, which is the window then. */
static int zstd_header(struct swt_frame *frame, struct swt_error *err) {
    uint8_t descriptor = frame->bytes[4];
    const uint8_t *window = frame->bytes + 5;
    uint64_t bytes = 0;
    if ((descriptor & 0x20) == 0) {
        bytes = UINT64_C(1) << (10 + (window[0] >> 3));
        bytes += bytes / 8 * (window[0] & 7);
    } else {
        size_t size = (size_t)1 << (descriptor >> 6);
        bytes = little_endian(window, size) + (size == 2 ? 256 : 0);
    }
    int rc = check_window(frame, bytes, err);
    return rc < 0 ? rc : expect(frame, zstd_block, 3);
}

static int zstd_start(struct swt_frame *frame, struct swt_error *err) {
    static const uint8_t START[] = {0x28, 0xb5, 0x2f, 0xfd};
    uint8_t descriptor = frame->bytes[4];
    if (memcmp(frame->bytes, START, sizeof START) != 0)
        return fail(frame, err, "no header");
    if ((descriptor & 0x0b) != 0)
        return fail(frame, err, "a header that asks for a dictionary, or is of a later version");
    bool is_single = (descriptor & 0x20) != 0;
    unsigned content = descriptor >> 6;
    frame->has_checksum = (descriptor & 4) != 0;
    frame->have = 5; /* the rest comes behind it */
    return expect(frame, zstd_header,
                  5 + (is_single ? 0 : 1) + (content > 0 || is_single ? (size_t)1 << content : 0));
}

/* ---- xz: the .xz file format 1.1 --------------------------------------------------------- */

static swt_frame_step xz_block;

/* Count and sizes of the blocks, as numbers of 7 bits a byte. */
static int xz_index(struct swt_frame *frame, struct swt_error *err) {
    uint8_t byte = frame->bytes[0];
    if (frame->shift > 56)
        return fail(frame, err, "a number that is too large");
    frame->number |= (uint64_t)(byte & 0x7f) << frame->shift;
    frame->shift += 7;
    if ((byte & 0x80) != 0)
        return expect(frame, xz_index, 1);
    if (frame->counts && frame->number != frame->blocks)
        return fail(frame, err, "an index of other blocks");
    frame->numbers = frame->counts ? frame->blocks * 2 : frame->numbers - 1;
    frame->counts = false;
    frame->number = 0;
    frame->shift = 0;
    if (frame->numbers > 0)
        return expect(frame, xz_index, 1);
    /* To a multiple of 4, then its CRC-32, then the footer. */
    frame->skip = ((frame->start - frame->taken) & 3) + 4 + 12;
    return expect(frame, NULL, 0);
}

static swt_frame_step xz_chunk;

static int xz_chunk_size(struct swt_frame *frame, struct swt_error *err) {
    (void)err;
    /* The size of what is stored: the only number of a chunk that is not compressed, else the
     * second, with a byte of properties where they are new. */
    const uint8_t *size = frame->bytes + frame->need - 2;
    frame->skip = ((uint64_t)size[0] << 8 | size[1]) + 1 + (frame->control >= 0xc0 ? 1 : 0);
    return expect(frame, xz_chunk, 1);
}

static int xz_chunk(struct swt_frame *frame, struct swt_error *err) {
    frame->control = frame->bytes[0];
    if (frame->control >= 0x80)
        return expect(frame, xz_chunk_size, 4);
    if (frame->control > 2)
        return fail(frame, err, "a chunk of no known type");
    if (frame->control > 0)
        return expect(frame, xz_chunk_size, 2);
    frame->skip = ((frame->start - frame->taken) & 3) + frame->check_size;
    return expect(frame, xz_block, 1);
}

/* Flags, both sizes where they are given, and one filter, LZMA2, with the size of its dictionary.
 */
static int xz_block_header(struct swt_frame *frame, struct swt_error *err) {
    const uint8_t *bytes = frame->bytes;
    size_t at = 2;
    for (unsigned sizes = (bytes[1] >> 7) + ((bytes[1] >> 6) & 1U); sizes > 0; sizes--) {
        while (at < 20 && (bytes[at] & 0x80) != 0)
            at++;
        at++;
    }
    if ((bytes[1] & 0x3f) != 0 || at + 3 > frame->need || bytes[at] != 0x21 || bytes[at + 1] != 1 ||
        bytes[at + 2] > 40)
        return fail(frame, err, "a filter other than LZMA2");
    unsigned bits = bytes[at + 2];
    int rc = check_window(frame, (UINT64_C(2) | (bits & 1)) << (bits / 2 + 11), err);
    return rc < 0 ? rc : expect(frame, xz_chunk, 1);
}

static int xz_block(struct swt_frame *frame, struct swt_error *err) {
    frame->start = frame->taken - 1;
    if (frame->bytes[0] == 0) {
        frame->counts = true;
        return expect(frame, xz_index, 1);
    }
    size_t size = ((size_t)frame->bytes[0] + 1) * 4;
    if (size > sizeof frame->bytes)
        return fail(frame, err, "a filter other than LZMA2");
    frame->blocks++;
    frame->have = 1;
    return expect(frame, xz_block_header, size);
}

static int xz_start(struct swt_frame *frame, struct swt_error *err) {
    static const uint8_t START[] = {0xfd, '7', 'z', 'X', 'Z', 0, 0};
    uint8_t check = frame->bytes[7];
    if (memcmp(frame->bytes, START, sizeof START) != 0 || check > 15)
        return fail(frame, err, "no header");
    frame->check_size = check == 0 ? 0 : 4U << ((check - 1) / 3);
    return expect(frame, xz_block, 1);
}

/* ---- all --------------------------------------------------------------------------------- */

void swt_frame_init(struct swt_frame *frame, enum swt_compression compression) {
    *frame = (struct swt_frame){.compression = compression};
    if (compression == SWT_COMPRESSION_GZIP)
        (void)expect(frame, gzip_header, 13);
    else if (compression == SWT_COMPRESSION_XZ)
        (void)expect(frame, xz_start, 12);
    else
        (void)expect(frame, zstd_start, 5);
}

/* The next bytes that nothing waits for, or of those that step waits for. */
static size_t advance(struct swt_frame *frame, struct swt_slice bytes) {
    size_t wanted = frame->need - frame->have;
    size_t len = bytes.len;
    if (frame->skip > 0) {
        len = frame->skip < len ? (size_t)frame->skip : len;
        frame->skip -= len;
    } else {
        len = wanted < len ? wanted : len;
        memcpy(frame->bytes + frame->have, bytes.data, len);
        frame->have += len;
    }
    frame->taken += len;
    return len;
}

static void keep_tail(struct swt_frame *frame, struct swt_slice bytes) {
    size_t len = bytes.len < sizeof frame->tail ? bytes.len : sizeof frame->tail;
    memmove(frame->tail, frame->tail + len, sizeof frame->tail - len);
    if (len > 0)
        memcpy(frame->tail + sizeof frame->tail - len, bytes.data + bytes.len - len, len);
}

int swt_frame_take(struct swt_frame *frame, struct swt_slice bytes, struct swt_error *err) {
    bool is_gzip = frame->compression == SWT_COMPRESSION_GZIP;
    if (bytes.len == 0 && (frame->step != NULL || (frame->skip > 0 && !is_gzip)))
        return swt_fail(err, SWT_E_COMPRESSION, "the %s data is cut off",
                        swt_compression_name(frame->compression));
    keep_tail(frame, bytes);
    while (bytes.len > 0) {
        if (frame->skip == 0 && frame->step == NULL) {
            frame->unit = frame->taken;
            return fail(frame, err, "something follows");
        }
        size_t len = advance(frame, bytes);
        bytes = swt_slice_of(bytes.data + len, bytes.len - len);
        if (frame->step == NULL || frame->have < frame->need)
            continue;
        swt_frame_step *step = frame->step;
        frame->unit = frame->taken - frame->need;
        frame->have = 0;
        int rc = step(frame, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
