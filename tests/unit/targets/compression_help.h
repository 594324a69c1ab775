/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that are compressed as payloads are, and decompressed from memory. */
#ifndef COMPRESSION_HELP_H
#define COMPRESSION_HELP_H

#include <stdlib.h>
#include <string.h>

#include "lane.h"

static const enum swt_compression ALL[] = {SWT_COMPRESSION_GZIP, SWT_COMPRESSION_XZ,
                                           SWT_COMPRESSION_ZSTD};

/* ---- a payload, compressed --------------------------------------------------------------- */

static inline int append(void *context, const void *data, size_t len, struct swt_error *err) {
    return swt_buf_append(context, data, len, err);
}

static inline struct swt_payload payload_of(const void *data, size_t len,
                                            enum swt_compression compression) {
    struct swt_error err = {0};
    struct swt_payload payload = {.compression = compression};
    assert_int_equal(swt_buf_append(&payload.bytes, data, len, &err), 0);
    return payload;
}

static inline void check_hash(const struct swt_buf *bytes, const uint8_t *expected) {
    struct swt_error err;
    uint8_t digest[SWT_SHA256_SIZE];
    SWT_CLEANUP(swt_sha256_cleanup) struct swt_sha256 *hash = NULL;
    assert_int_equal(swt_sha256_new(&hash, &err), 0);
    assert_int_equal(swt_sha256_update(hash, bytes->data, bytes->len, &err), 0);
    assert_int_equal(swt_sha256_finish(hash, digest, &err), 0);
    assert_memory_equal(digest, expected, sizeof digest);
}

static inline void compress(const void *data, size_t len, enum swt_compression compression,
                            struct swt_buf *compressed) {
    struct swt_error err = {0};
    SWT_CLEANUP(swt_payload_done)
    struct swt_payload payload = payload_of(data, len, compression);
    assert_int_equal(measure(&payload, &err), 0);
    assert_int_equal(payload.original_length, len);
    check_hash(&payload.bytes, swt_payload_original_sha256(&payload));
    assert_int_equal(copy(&payload, append, compressed, &err), 0);
    assert_int_equal(compressed->len, payload.length);
    check_hash(compressed, payload.sha256);
}

/* ---- decompressed ------------------------------------------------------------------------ */

/* The compressed bytes, in steps of a size, and what the sink saw. */
struct run {
    struct swt_slice bytes;
    size_t step;
    size_t at;
    struct swt_buf seen;
    enum swt_code source_fails, sink_fails;
    struct swt_error err;
};

static inline int source(void *context, void *ret_data, size_t size, size_t *ret_len,
                         struct swt_error *err) {
    struct run *run = context;
    size_t len = run->bytes.len - run->at;
    len = len < run->step ? len : run->step;
    len = len < size ? len : size;
    if (run->source_fails != SWT_OK && run->at + len == run->bytes.len)
        return swt_fail(err, run->source_fails, "the source is broken");
    memcpy(ret_data, run->bytes.data + run->at, len);
    run->at += len;
    *ret_len = len;
    return 0;
}

static inline int sink(void *context, const void *data, size_t len, struct swt_error *err) {
    struct run *run = context;
    if (run->sink_fails != SWT_OK)
        return swt_fail(err, run->sink_fails, "the sink is full");
    return swt_buf_append(&run->seen, data, len, err);
}

static inline void run_done(struct run *run) {
    swt_buf_done(&run->seen);
}

static inline int decompress(struct run *run, enum swt_compression compression,
                             const void *original, size_t len) {
    SWT_CLEANUP(swt_payload_done)
    struct swt_payload plain = payload_of(original, len, SWT_COMPRESSION_NONE);
    struct swt_decompression what = {.compression = compression,
                                     .length = len,
                                     .source = source,
                                     .source_context = run,
                                     .sink = sink,
                                     .sink_context = run};
    run->at = 0;
    run->step = run->step == 0 ? SIZE_MAX : run->step;
    run->err = (struct swt_error){0};
    swt_buf_clear(&run->seen);
    assert_int_equal(measure(&plain, &run->err), 0);
    memcpy(what.sha256, plain.sha256, sizeof what.sha256);
    int rc = swt_decompress(&what, &run->err);
    assert_true(run->seen.len <= len);
    if (rc == 0) {
        assert_int_equal(run->seen.len, len);
        assert_true(len == 0 || memcmp(run->seen.data, original, len) == 0);
    }
    return rc;
}

static inline void refused(struct swt_slice bytes, enum swt_compression compression,
                           const void *original, size_t len, const char *says) {
    SWT_CLEANUP(run_done) struct run run = {.bytes = bytes};
    assert_int_equal(decompress(&run, compression, original, len), -SWT_E_COMPRESSION);
    if (strstr(run.err.message, says) == NULL)
        fail_msg("'%s' does not say '%s'", run.err.message, says);
}

static inline void accepted(struct swt_slice bytes, enum swt_compression compression,
                            const void *original, size_t len) {
    SWT_CLEANUP(run_done) struct run run = {.bytes = bytes};
    if (decompress(&run, compression, original, len) != 0)
        fail_msg("%s: %s", swt_compression_name(compression), run.err.message);
}

#define TEXT "an original, an original, an original that is some bytes long"
#define TEXT_LEN (sizeof TEXT - 1)

/* Bytes of which some compress and some do not. */
static inline uint8_t *mixed(size_t len) {
    uint8_t *data = malloc(len + 1);
    uint32_t state = 1;
    assert_non_null(data);
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525 + 1013904223;
        data[i] = (i >> 12) % 3 == 0 ? (uint8_t)(state >> 24) : (uint8_t)(i >> 8);
    }
    return data;
}

#endif
