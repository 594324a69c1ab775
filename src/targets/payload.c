/* SPDX-License-Identifier: Apache-2.0 */
#include "compression.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void swt_payload_done(struct swt_payload *payload) {
    free(payload->name);
    free(payload->path);
    swt_buf_done(&payload->bytes);
    swt_spool_free(payload->own_spool);
    *payload = (struct swt_payload){0};
}

/* ---- opening ----------------------------------------------------------------------------- */

static int fail_not_regular(const char *path, struct swt_error *err) {
    (void)swt_fail(err, SWT_E_IO, "a payload must be a regular file");
    return swt_error_file(err, path);
}

/* Before anything is opened: opening a FIFO would wait for a writer. */
static int check_regular(const char *path, uint64_t *ret_size, struct swt_error *err) {
    struct stat status;
    if (stat(path, &status) < 0) {
        (void)swt_fail_errno(err, errno, "cannot read the payload");
        return swt_error_file(err, path);
    }
    if (!S_ISREG(status.st_mode))
        return fail_not_regular(path, err);
    *ret_size = (uint64_t)status.st_size;
    return 0;
}

static int open_file(const char *path, struct swt_reader **ret_reader, struct swt_error *err) {
    uint64_t size;
    int rc = check_regular(path, &size, err);
    if (rc < 0)
        return rc;
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    /* "-" would be standard input; here it is a file of that name. */
    rc = swt_reader_open(strcmp(path, "-") == 0 ? "./-" : path, &reader, err);
    if (rc < 0)
        return rc;
    /* It may have been swapped since. */
    if (!swt_reader_seekable(reader))
        return fail_not_regular(path, err);
    *ret_reader = SWT_TAKE(reader);
    return 0;
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
    struct swt_sha256 *hash;
    uint64_t length;
    uint64_t limit; /* a longer payload changed; its further bytes reach no sink */
    swt_bytes_sink *sink;
    void *context;
    const struct swt_progress *progress;
};

static void pass_done(struct pass *pass) {
    swt_sha256_free(pass->hash);
}

static int fail_changed(const struct swt_payload *payload, struct swt_error *err) {
    (void)swt_fail(err, SWT_E_FILE_CHANGED, "the payload '%s' changed while it was read",
                   payload->name != NULL ? payload->name : "");
    if (payload->path != NULL)
        (void)swt_error_file(err, payload->path);
    return -(int)err->code;
}

static int take_chunk(struct pass *pass, const void *data, size_t len, struct swt_error *err) {
    if (len > pass->limit - pass->length)
        return fail_changed(pass->payload, err);
    int rc = swt_sha256_update(pass->hash, data, len, err);
    if (rc < 0)
        return rc;
    pass->length += len;
    swt_progress_advance(pass->progress, len);
    return pass->sink == NULL ? 0 : pass->sink(pass->context, data, len, err);
}

static void free_chunk(uint8_t **chunk) {
    free(*chunk);
}

static int take_file(struct pass *pass, struct swt_reader *reader, struct swt_error *err) {
    SWT_CLEANUP(free_chunk) uint8_t *chunk = malloc(SWT_IO_CHUNK);
    if (chunk == NULL)
        return swt_fail_memory(err);
    for (;;) {
        size_t len;
        int rc = swt_reader_read(reader, chunk, SWT_IO_CHUNK, &len, err);
        if (rc < 0)
            return rc;
        if (len == 0)
            return 0;
        rc = take_chunk(pass, chunk, len, err);
        if (rc < 0)
            return rc;
    }
}

static int take_bytes(struct pass *pass, struct swt_slice bytes, struct swt_error *err) {
    while (bytes.len > 0) {
        size_t len = bytes.len < SWT_IO_CHUNK ? bytes.len : SWT_IO_CHUNK;
        int rc = take_chunk(pass, bytes.data, len, err);
        if (rc < 0)
            return rc;
        bytes = swt_slice_of(bytes.data + len, bytes.len - len);
    }
    return 0;
}

/* The whole source through a pass that has its sink and its progress; what it hashed to. */
static int read_source(struct pass *pass, uint8_t ret_digest[SWT_SHA256_SIZE],
                       struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    const struct swt_payload *payload = pass->payload;
    int rc;
    if (payload->path != NULL) {
        rc = open_file(payload->path, &reader, err);
        if (rc < 0)
            return rc;
        pass->limit = swt_reader_size(reader);
        rc = take_file(pass, reader, err);
    } else {
        pass->limit = payload->bytes.len;
        rc = take_bytes(pass, swt_buf_slice(&payload->bytes), err);
    }
    if (rc == 0 && pass->length != pass->limit)
        rc = fail_changed(payload, err);
    return rc < 0 ? rc : swt_sha256_finish(pass->hash, ret_digest, err);
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

/* pass reads the source, whose hash is returned; the payload gets those of the compressed bytes. */
static int compress_source(struct swt_payload *payload, struct pass *pass,
                           uint8_t ret_digest[SWT_SHA256_SIZE], struct swt_error *err) {
    SWT_CLEANUP(spooling_done) struct spooling spooling = {.spool = payload->spool};
    SWT_CLEANUP(swt_compressor_cleanup) struct swt_compressor *compressor = NULL;
    int rc = 0;
    if (spooling.spool == NULL && payload->own_spool == NULL)
        rc = swt_spool_new(&payload->own_spool, err);
    if (rc == 0)
        rc = swt_sha256_new(&spooling.hash, err);
    if (rc < 0)
        return rc;
    if (spooling.spool == NULL)
        spooling.spool = payload->own_spool;
    uint64_t offset = swt_spool_size(spooling.spool);
    rc = swt_compressor_new(payload->compression, spool_chunk, &spooling, &compressor, err);
    pass->sink = compress_chunk;
    pass->context = compressor;
    if (rc == 0)
        rc = read_source(pass, ret_digest, err);
    if (rc == 0)
        rc = swt_compressor_finish(compressor, err);
    if (rc < 0)
        return rc;
    payload->spool_offset = offset;
    payload->length = spooling.length;
    return swt_sha256_finish(spooling.hash, payload->sha256, err);
}

static int take_spool(struct pass *pass, struct swt_error *err) {
    const struct swt_payload *payload = pass->payload;
    struct swt_spool *spool = payload->spool != NULL ? payload->spool : payload->own_spool;
    SWT_CLEANUP(free_chunk) uint8_t *chunk = malloc(SWT_IO_CHUNK);
    if (chunk == NULL)
        return swt_fail_memory(err);
    while (pass->length < pass->limit) {
        uint64_t left = pass->limit - pass->length;
        size_t len;
        int rc = swt_spool_read(spool, payload->spool_offset + pass->length, chunk,
                                left < SWT_IO_CHUNK ? (size_t)left : SWT_IO_CHUNK, &len, err);
        if (rc == 0 && len == 0)
            rc = fail_changed(payload, err);
        if (rc == 0)
            rc = take_chunk(pass, chunk, len, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- measure, copy ----------------------------------------------------------------------- */

int swt_payload_measure(struct swt_payload *payload, const struct swt_progress *progress,
                        struct swt_error *err) {
    SWT_CLEANUP(pass_done) struct pass pass = {.payload = payload, .progress = progress};
    bool compresses = payload->compression != SWT_COMPRESSION_NONE;
    uint8_t digest[SWT_SHA256_SIZE];
    payload->measured = false;
    int rc = swt_sha256_new(&pass.hash, err);
    if (rc == 0)
        rc = compresses ? compress_source(payload, &pass, digest, err)
                        : read_source(&pass, digest, err);
    if (rc < 0)
        return rc;
    memcpy(payload->original_sha256, digest, sizeof digest);
    payload->original_length = pass.length;
    if (!compresses) {
        memcpy(payload->sha256, digest, sizeof digest);
        payload->length = pass.length;
    }
    payload->measured = true;
    return 0;
}

int swt_payload_copy(const struct swt_payload *payload, const struct swt_progress *progress,
                     swt_bytes_sink *sink, void *context, struct swt_error *err) {
    /* A caller that did not measure has written no hash that these bytes could have. */
    if (!payload->measured)
        return fail_changed(payload, err);
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(pass_done)
    struct pass pass = {.payload = payload,
                        .limit = payload->length,
                        .sink = sink,
                        .context = context,
                        .progress = progress};
    int rc = swt_sha256_new(&pass.hash, err);
    if (rc < 0)
        return rc;
    if (payload->compression != SWT_COMPRESSION_NONE) {
        rc = take_spool(&pass, err);
    } else if (payload->path != NULL) {
        rc = open_file(payload->path, &reader, err);
        if (rc == 0 && swt_reader_size(reader) != payload->length)
            rc = fail_changed(payload, err);
        if (rc == 0)
            rc = take_file(&pass, reader, err);
    } else {
        rc = take_bytes(&pass, swt_buf_slice(&payload->bytes), err);
    }
    if (rc < 0)
        return rc;
    uint8_t digest[SWT_SHA256_SIZE];
    rc = swt_sha256_finish(pass.hash, digest, err);
    if (rc < 0)
        return rc;
    if (pass.length != payload->length || memcmp(digest, payload->sha256, sizeof digest) != 0)
        return fail_changed(payload, err);
    return 0;
}
