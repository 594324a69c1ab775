/* SPDX-License-Identifier: Apache-2.0 */
#include "compression.h"

#include "libarchive.h"

#include <stdlib.h>
#include <string.h>

struct swt_compressor {
    struct swt_archive_calls calls;
    struct archive *archive;
    swt_bytes_sink *sink;
    void *context;
    struct swt_error fault; /* of the sink; libarchive knows only that there is one */
};

/*
 * A payload is compressed once, and decompressed by each device: time and memory of this machine
 * (about 100 MiB) count for less than the size. Higher levels of xz and zstd would cost devices
 * more than 8 MiB of memory.
 */
static const struct setting {
    const char *name; /* NULL: the last */
    const char *value;
} SETTINGS[][3] = {
    /* Without a time stamp; libarchive writes no name. */
    [SWT_COMPRESSION_GZIP] = {{"compression-level", "9"}, {"timestamp", NULL}},
    /* Several threads would cut it into blocks by their number. */
    [SWT_COMPRESSION_XZ] = {{"compression-level", "6"}, {"threads", "1"}},
    /* Its number of threads is left alone: the default is to have none, while "1" is a worker that
     * writes other bytes, and "0" has meant one for each processor. */
    [SWT_COMPRESSION_ZSTD] = {{"compression-level", "19"}},
};

static la_ssize_t take(struct archive *archive, void *context, const void *data, size_t len) {
    struct swt_compressor *compressor = context;
    (void)archive;
    /* When it is freed after a fault, libarchive tries to get rid of the rest. */
    if (compressor->fault.code != SWT_OK ||
        compressor->sink(compressor->context, data, len, &compressor->fault) < 0)
        return -1;
    return (la_ssize_t)len;
}

static int fail(const struct swt_compressor *compressor, struct swt_error *err) {
    if (compressor->fault.code == SWT_OK)
        /* No bytes are beyond compression, so it is no fault of theirs. */
        return swt_archive_fail(&compressor->calls, compressor->archive, SWT_E_IO,
                                "cannot compress", err);
    *err = compressor->fault;
    return -(int)err->code;
}

static int set_up(struct swt_compressor *compressor, enum swt_compression compression,
                  struct swt_error *err) {
    const struct swt_archive_calls *calls = &compressor->calls;
    struct archive *archive = compressor->archive;
    int result = calls->archive_write_add_filter(archive, swt_archive_filter(compression));
    int rc = swt_archive_check_filter(calls, archive, result, compression, err);
    if (rc < 0)
        return rc;
    const char *name = swt_compression_name(compression);
    for (const struct setting *setting = SETTINGS[compression]; setting->name != NULL; setting++)
        if (calls->archive_write_set_filter_option(archive, name, setting->name, setting->value) !=
            ARCHIVE_OK)
            return fail(compressor, err);
    /* Nothing is padded to the block of a tape. */
    if (calls->archive_write_set_format_raw(archive) != ARCHIVE_OK ||
        calls->archive_write_set_bytes_per_block(archive, 0) != ARCHIVE_OK ||
        calls->archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
        calls->archive_write_open(archive, compressor, NULL, take, NULL) != ARCHIVE_OK)
        return fail(compressor, err);
    return 0;
}

/* The raw format has one entry, and writes nothing of it but its bytes. */
static int begin_entry(struct swt_compressor *compressor, struct swt_error *err) {
    struct archive_entry *entry = compressor->calls.archive_entry_new();
    if (entry == NULL)
        return swt_fail_memory(err);
    compressor->calls.archive_entry_set_filetype(entry, AE_IFREG);
    int result = compressor->calls.archive_write_header(compressor->archive, entry);
    compressor->calls.archive_entry_free(entry);
    return result == ARCHIVE_OK ? 0 : fail(compressor, err);
}

int swt_compressor_new(enum swt_compression compression, swt_bytes_sink *sink, void *context,
                       struct swt_compressor **ret_compressor, struct swt_error *err) {
    SWT_CLEANUP(swt_compressor_cleanup)
    struct swt_compressor *compressor = calloc(1, sizeof *compressor);
    if (compressor == NULL)
        return swt_fail_memory(err);
    compressor->sink = sink;
    compressor->context = context;
    int rc = swt_archive_load(&compressor->calls, err);
    if (rc < 0)
        return rc;
    compressor->archive = compressor->calls.archive_write_new();
    if (compressor->archive == NULL)
        return swt_fail_memory(err);
    rc = set_up(compressor, compression, err);
    if (rc == 0)
        rc = begin_entry(compressor, err);
    if (rc < 0)
        return rc;
    *ret_compressor = SWT_TAKE(compressor);
    return 0;
}

int swt_compressor_write(struct swt_compressor *compressor, const void *data, size_t len,
                         struct swt_error *err) {
    if (compressor->calls.archive_write_data(compressor->archive, data, len) != (la_ssize_t)len)
        return fail(compressor, err);
    return 0;
}

int swt_compressor_finish(struct swt_compressor *compressor, struct swt_error *err) {
    return compressor->calls.archive_write_close(compressor->archive) == ARCHIVE_OK
               ? 0
               : fail(compressor, err);
}

void swt_compressor_free(struct swt_compressor *compressor) {
    if (compressor == NULL)
        return;
    /* What is not finished goes nowhere. */
    compressor->fault.code = compressor->fault.code == SWT_OK ? SWT_E_IO : compressor->fault.code;
    if (compressor->archive != NULL)
        (void)compressor->calls.archive_write_free(compressor->archive);
    free(compressor);
}

void swt_compressor_cleanup(struct swt_compressor **compressor) {
    swt_compressor_free(*compressor);
}
