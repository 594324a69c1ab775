/* SPDX-License-Identifier: Apache-2.0 */
#include "compression.h"
#include "frame.h"
#include "libarchive.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job {
    const struct swt_decompression *what;
    struct swt_archive_calls calls;
    struct archive *archive;
    struct swt_frame frame;
    struct swt_sha256 *hash;
    uint64_t length;         /* of the original, so far */
    uint32_t crc;            /* CRC-32 of it, inverted */
    uint32_t crc_table[256]; /* for gzip */
    uint8_t *chunk;          /* SWT_IO_CHUNK bytes of the source */
    struct swt_error fault;  /* of the source; libarchive knows only that there is one */
};

static void job_done(struct job *job) {
    if (job->archive != NULL)
        (void)job->calls.archive_read_free(job->archive);
    swt_sha256_free(job->hash);
    free(job->chunk);
}

/* ---- the compressed side ----------------------------------------------------------------- */

static int read_source(struct job *job, size_t *ret_len, struct swt_error *err) {
    const struct swt_decompression *what = job->what;
    int rc = what->source(what->source_context, job->chunk, SWT_IO_CHUNK, ret_len, err);
    return rc < 0 ? rc : swt_frame_take(&job->frame, swt_slice_of(job->chunk, *ret_len), err);
}

static la_ssize_t give(struct archive *archive, void *context, const void **ret_data) {
    struct job *job = context;
    size_t len = 0;
    (void)archive;
    if (job->fault.code != SWT_OK || read_source(job, &len, &job->fault) < 0)
        return -1;
    *ret_data = job->chunk;
    return (la_ssize_t)len;
}

static int fail(const struct job *job, struct swt_error *err) {
    char what[32];
    (void)snprintf(what, sizeof what, "broken %s data",
                   swt_compression_name(job->what->compression));
    if (job->fault.code == SWT_OK)
        return swt_archive_fail(&job->calls, job->archive, SWT_E_COMPRESSION, what, err);
    *err = job->fault;
    return -(int)err->code;
}

/* One filter, which is named: else libarchive would choose, and unpack what it finds inside, too.
 * The raw format does not take an empty file. */
static int open_archive(struct job *job, struct swt_error *err) {
    int rc = swt_archive_load(&job->calls, err);
    if (rc < 0)
        return rc;
    job->archive = job->calls.archive_read_new();
    if (job->archive == NULL)
        return swt_fail_memory(err);
    int result = job->calls.archive_read_append_filter(job->archive,
                                                       swt_archive_filter(job->what->compression));
    rc = swt_archive_check_filter(&job->calls, job->archive, result, job->what->compression, err);
    if (rc < 0)
        return rc;
    if (job->calls.archive_read_support_format_raw(job->archive) != ARCHIVE_OK ||
        job->calls.archive_read_support_format_empty(job->archive) != ARCHIVE_OK ||
        job->calls.archive_read_open(job->archive, job, NULL, give, NULL) != ARCHIVE_OK)
        return fail(job, err);
    /* What breaks before its first byte would look empty. */
    if (job->fault.code != SWT_OK || job->calls.archive_errno(job->archive) != 0)
        return fail(job, err);
    return 0;
}

/* ---- the original ------------------------------------------------------------------------ */

static void make_crc_table(struct job *job) {
    job->crc = UINT32_MAX;
    for (uint32_t i = 0; i < SWT_COUNT(job->crc_table); i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? value >> 1 ^ UINT32_C(0xedb88320) : value >> 1;
        job->crc_table[i] = value;
    }
}

static void add_to_crc(struct job *job, const uint8_t *data, size_t len) {
    uint32_t crc = job->crc;
    for (size_t i = 0; i < len; i++)
        crc = job->crc_table[(crc ^ data[i]) & 0xff] ^ crc >> 8;
    job->crc = crc;
}

static int take_block(struct job *job, const void *data, size_t len, struct swt_error *err) {
    const struct swt_decompression *what = job->what;
    if (len > what->length - job->length)
        return swt_fail(err, SWT_E_COMPRESSION,
                        "the %s data makes more than the %" PRIu64 " bytes that are recorded",
                        swt_compression_name(what->compression), what->length);
    int rc = swt_interrupted(err);
    if (rc == 0)
        rc = swt_sha256_update(job->hash, data, len, err);
    if (rc < 0)
        return rc;
    job->length += len;
    if (what->compression == SWT_COMPRESSION_GZIP)
        add_to_crc(job, data, len);
    return what->sink(what->sink_context, data, len, err);
}

static int take_all(struct job *job, struct swt_error *err) {
    struct archive_entry *entry;
    int result = job->calls.archive_read_next_header(job->archive, &entry);
    while (result == ARCHIVE_OK) {
        const void *data;
        size_t len;
        la_int64_t offset;
        result = job->calls.archive_read_data_block(job->archive, &data, &len, &offset);
        int rc = result == ARCHIVE_OK ? take_block(job, data, len, err) : 0;
        if (rc < 0)
            return rc;
    }
    return result == ARCHIVE_EOF ? 0 : fail(job, err);
}

/* ---- its end ----------------------------------------------------------------------------- */

/* What the filter left is no part of what it decompressed. */
static int check_end(struct job *job, struct swt_error *err) {
    uint64_t taken = job->frame.taken;
    size_t rest;
    int rc = read_source(job, &rest, err);
    if (rc == 0 &&
        (rest > 0 || (uint64_t)job->calls.archive_filter_bytes(job->archive, -1) != taken))
        rc = swt_fail(err, SWT_E_COMPRESSION, "something follows the %s data",
                      swt_compression_name(job->what->compression));
    if (rc < 0 || job->what->compression != SWT_COMPRESSION_GZIP)
        return rc;
    return swt_frame_check_gzip(&job->frame, job->length, ~job->crc, err);
}

static int check_original(struct job *job, struct swt_error *err) {
    const struct swt_decompression *what = job->what;
    uint8_t digest[SWT_SHA256_SIZE];
    if (job->length != what->length)
        return swt_fail(err, SWT_E_COMPRESSION,
                        "the %s data makes %" PRIu64 " bytes, recorded are %" PRIu64,
                        swt_compression_name(what->compression), job->length, what->length);
    int rc = swt_sha256_finish(job->hash, digest, err);
    if (rc < 0 || memcmp(digest, what->sha256, sizeof digest) == 0)
        return rc;
    char expected[SWT_HEX_SIZE(SWT_SHA256_SIZE)];
    char found[SWT_HEX_SIZE(SWT_SHA256_SIZE)];
    swt_hex_encode(what->sha256, SWT_SHA256_SIZE, expected);
    swt_hex_encode(digest, SWT_SHA256_SIZE, found);
    return swt_fail(err, SWT_E_COMPRESSION,
                    "the %s data makes a file with SHA-256 %s, recorded is %s",
                    swt_compression_name(what->compression), found, expected);
}

int swt_decompress(const struct swt_decompression *decompression, struct swt_error *err) {
    SWT_CLEANUP(job_done) struct job job = {.what = decompression};
    swt_frame_init(&job.frame, decompression->compression);
    make_crc_table(&job);
    int rc = swt_sha256_new(&job.hash, err);
    if (rc < 0)
        return rc;
    job.chunk = malloc(SWT_IO_CHUNK);
    if (job.chunk == NULL)
        return swt_fail_memory(err);
    rc = open_archive(&job, err);
    if (rc == 0)
        rc = take_all(&job, err);
    if (rc == 0)
        rc = check_end(&job, err);
    return rc < 0 ? rc : check_original(&job, err);
}
