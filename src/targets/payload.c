/* SPDX-License-Identifier: Apache-2.0 */
#include "compression.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct swt_compressed {
    uint8_t original_sha256[SWT_SHA256_SIZE];
    const struct swt_spool *spool; /* where its bytes are, from offset on */
    uint64_t offset;
    struct swt_spool *own_spool; /* or NULL */
};

static void compressed_free(struct swt_compressed *compressed) {
    if (compressed != NULL)
        swt_spool_free(compressed->own_spool);
    free(compressed);
}

void swt_payload_done(struct swt_payload *payload) {
    free(payload->name);
    free(payload->path);
    swt_buf_done(&payload->bytes);
    compressed_free(payload->compressed);
    *payload = (struct swt_payload){0};
}

/* ---- opening ----------------------------------------------------------------------------- */

/* Before anything is opened: to open a device may do something to it. */
static int check_regular(const char *path, uint64_t *ret_size, struct swt_error *err) {
    struct stat status;
    if (stat(path, &status) < 0)
        (void)swt_fail_errno(err, errno, "cannot read the payload");
    else if (!S_ISREG(status.st_mode))
        (void)swt_fail(err, SWT_E_IO, "a payload must be a regular file");
    else {
        *ret_size = (uint64_t)status.st_size;
        return 0;
    }
    return swt_error_file(err, path);
}

static int open_file(const char *path, struct swt_reader **ret_reader, struct swt_error *err) {
    uint64_t size;
    int rc = check_regular(path, &size, err);
    /* It may have been swapped since. */
    return rc < 0 ? rc : swt_reader_open_regular(path, ret_reader, err);
}

int swt_payload_size(const struct swt_payload *payload, uint64_t *ret_size, struct swt_error *err) {
    if (payload->path != NULL)
        return check_regular(payload->path, ret_size, err);
    *ret_size = payload->bytes.len;
    return 0;
}

/* ---- one pass over the bytes ------------------------------------------------------------- */

struct pass {
    const struct swt_payload *payload;
    struct swt_lane *lane;
    uint64_t length;
    uint64_t limit; /* a longer payload changed; its further bytes reach no sink */
    swt_bytes_sink *sink;
    void *context;
};

static int fail_changed(const struct swt_payload *payload, struct swt_error *err) {
    (void)swt_fail(err, SWT_E_FILE_CHANGED, "the payload '%s' changed while it was read",
                   payload->name != NULL ? payload->name : "");
    if (payload->path != NULL)
        (void)swt_error_file(err, payload->path);
    return -(int)err->code;
}

/* len bytes of chunk, the room that the tee gave. */
static int take_chunk(struct pass *pass, const uint8_t *chunk, size_t len, struct swt_error *err) {
    if (len > pass->limit - pass->length)
        return fail_changed(pass->payload, err);
    int rc = swt_tee_hash(pass->lane->tee, len, err);
    if (rc < 0)
        return rc;
    pass->length += len;
    swt_progress_advance(pass->lane->progress, len);
    return pass->sink == NULL ? 0 : pass->sink(pass->context, chunk, len, err);
}

/* source fills up to size bytes from the pass's length on; 0: the end. */
typedef int read_function(void *source, uint64_t offset, void *ret_data, size_t size,
                          size_t *ret_len, struct swt_error *err);

static int take_all(struct pass *pass, read_function *read, void *source, struct swt_error *err) {
    for (;;) {
        uint8_t *chunk;
        size_t len = 0;
        int rc = swt_tee_room(pass->lane->tee, &chunk, err);
        if (rc == 0)
            rc = read(source, pass->length, chunk, SWT_TEE_CHUNK, &len, err);
        if (rc < 0)
            return rc;
        if (len == 0)
            return 0;
        rc = take_chunk(pass, chunk, len, err);
        if (rc < 0)
            return rc;
    }
}

static int read_reader(void *source, uint64_t offset, void *ret_data, size_t size, size_t *ret_len,
                       struct swt_error *err) {
    (void)offset; /* it is where the last read ended */
    return swt_reader_read(source, ret_data, size, ret_len, err);
}

static int open_source(const struct swt_payload *payload, struct swt_reader **ret_reader,
                       struct swt_error *err) {
    if (payload->path != NULL)
        return open_file(payload->path, ret_reader, err);
    const char *name = payload->name != NULL ? payload->name : "";
    return swt_reader_open_memory(swt_buf_slice(&payload->bytes), name, ret_reader, err);
}

/* The whole source through a pass that has its sink. limit, unless NULL, is the length that was
 * announced. */
static int read_source(struct pass *pass, const uint64_t *limit, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    bool changed = false;
    int rc = open_source(pass->payload, &reader, err);
    if (rc < 0)
        return rc;
    pass->limit = limit != NULL ? *limit : swt_reader_size(reader);
    if (swt_reader_size(reader) != pass->limit)
        return fail_changed(pass->payload, err);
    swt_reader_settle(reader);
    rc = take_all(pass, read_reader, reader, err);
    if (rc == 0)
        rc = swt_reader_changed(reader, &changed, err);
    if (rc == 0 && (changed || pass->length != pass->limit))
        rc = fail_changed(pass->payload, err);
    return rc;
}

/* ---- compressed bytes -------------------------------------------------------------------- */

/* What the compressor's bytes come to, on their way into the spool. */
struct spooling {
    struct swt_spool *spool;
    struct swt_sha256 *hash;
    uint64_t length;
};

static void spooling_done(struct spooling *spooling) {
    swt_sha256_free(spooling->hash);
}

static int spool_chunk(void *context, const void *data, size_t len, struct swt_error *err) {
    struct spooling *spooling = context;
    int rc = swt_sha256_update(spooling->hash, data, len, err);
    if (rc < 0)
        return rc;
    spooling->length += len;
    return swt_spool_write(spooling->spool, data, len, err);
}

static int compress_chunk(void *context, const void *data, size_t len, struct swt_error *err) {
    return swt_compressor_write(context, data, len, err);
}

/* Where the compressed bytes go: after what the spool holds. */
static int open_spool(struct swt_payload *payload, struct swt_spool **ret_spool,
                      struct swt_error *err) {
    compressed_free(SWT_TAKE(payload->compressed));
    struct swt_compressed *compressed = calloc(1, sizeof *compressed);
    if (compressed == NULL)
        return swt_fail_memory(err);
    payload->compressed = compressed;
    int rc = payload->spool == NULL ? swt_spool_new(&compressed->own_spool, err) : 0;
    if (rc < 0)
        return rc;
    *ret_spool = payload->spool != NULL ? payload->spool : compressed->own_spool;
    compressed->spool = *ret_spool;
    compressed->offset = swt_spool_size(*ret_spool);
    return 0;
}

/* pass reads the source; the payload gets length and hash of the compressed bytes. */
static int compress_source(struct swt_payload *payload, struct pass *pass, struct swt_error *err) {
    SWT_CLEANUP(spooling_done) struct spooling spooling = {0};
    SWT_CLEANUP(swt_compressor_cleanup) struct swt_compressor *compressor = NULL;
    int rc = open_spool(payload, &spooling.spool, err);
    if (rc == 0)
        rc = swt_sha256_new(&spooling.hash, err);
    if (rc == 0)
        rc = swt_compressor_new(payload->compression, spool_chunk, &spooling, &compressor, err);
    pass->sink = compress_chunk;
    pass->context = compressor;
    if (rc == 0)
        rc = read_source(pass, NULL, err);
    if (rc == 0)
        rc = swt_compressor_finish(compressor, err);
    if (rc < 0)
        return rc;
    payload->length = spooling.length;
    return swt_sha256_finish(spooling.hash, payload->sha256, err);
}

static int read_spool(void *source, uint64_t offset, void *ret_data, size_t size, size_t *ret_len,
                      struct swt_error *err) {
    const struct swt_payload *payload = source;
    const struct swt_compressed *compressed = payload->compressed;
    uint64_t left = payload->length - offset;
    return swt_spool_read(compressed->spool, compressed->offset + offset, ret_data,
                          left < size ? (size_t)left : size, ret_len, err);
}

/* ---- measure, copy ----------------------------------------------------------------------- */

/* Whatever came of a pass: the tee is ready for the next one. */
static int finish_pass(struct pass *pass, int rc, uint8_t ret_digest[SWT_SHA256_SIZE],
                       struct swt_error *err) {
    if (rc == 0)
        return swt_tee_finish(pass->lane->tee, ret_digest, err);
    swt_tee_drop(pass->lane->tee);
    return rc;
}

static void set_original(struct swt_payload *payload, uint64_t length,
                         const uint8_t digest[SWT_SHA256_SIZE]) {
    bool compressed = payload->compression != SWT_COMPRESSION_NONE;
    payload->original_length = length;
    if (!compressed)
        payload->length = length;
    memcpy(compressed ? payload->compressed->original_sha256 : payload->sha256, digest,
           SWT_SHA256_SIZE);
    payload->measured = true;
}

const uint8_t *swt_payload_original_sha256(const struct swt_payload *payload) {
    return payload->compressed != NULL ? payload->compressed->original_sha256 : payload->sha256;
}

int swt_payload_measure(struct swt_payload *payload, struct swt_lane *lane, struct swt_error *err) {
    struct pass pass = {.payload = payload, .lane = lane};
    uint8_t digest[SWT_SHA256_SIZE];
    payload->measured = false;
    int rc = payload->compression != SWT_COMPRESSION_NONE ? compress_source(payload, &pass, err)
                                                          : read_source(&pass, NULL, err);
    rc = finish_pass(&pass, rc, digest, err);
    if (rc == 0)
        set_original(payload, pass.length, digest);
    return rc;
}

int swt_payload_copy(struct swt_payload *payload, struct swt_lane *lane, swt_bytes_sink *sink,
                     void *context, struct swt_error *err) {
    struct pass pass = {.payload = payload,
                        .lane = lane,
                        .limit = payload->length,
                        .sink = sink,
                        .context = context};
    bool compressed = payload->compression != SWT_COMPRESSION_NONE;
    uint8_t digest[SWT_SHA256_SIZE];
    if (compressed && !payload->measured)
        return fail_changed(payload, err); /* there are no bytes to copy yet */
    int rc = compressed ? take_all(&pass, read_spool, payload, err)
                        : read_source(&pass, &payload->length, err);
    rc = finish_pass(&pass, rc, digest, err);
    if (rc < 0)
        return rc;
    if (!payload->measured)
        set_original(payload, pass.length, digest);
    else if (pass.length != payload->length || memcmp(digest, payload->sha256, sizeof digest) != 0)
        rc = fail_changed(payload, err);
    return rc;
}
