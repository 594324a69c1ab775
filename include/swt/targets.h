/* SPDX-License-Identifier: Apache-2.0 */
/*
 * targets: payload sources. A file (or bytes in memory) → name, length, SHA-256; then its bytes
 * again, with the certainty that they are the ones that were hashed.
 */
#ifndef SWT_TARGETS_H
#define SWT_TARGETS_H

#include "swt/base.h"
#include "swt/io.h"

/* ---- compression (compress.c, decompress.c) ----------------------------------------------- */

/*
 * One file of gzip, one stream of xz or one frame of zstd, made by libarchive in this process. The
 * same bytes become the same bytes on every machine with these versions of the libraries. Who
 * decompresses needs 32 KiB (gzip) or SWT_COMPRESSION_WINDOW (xz, zstd), and some.
 */
enum swt_compression {
    SWT_COMPRESSION_NONE,
    SWT_COMPRESSION_GZIP,
    SWT_COMPRESSION_XZ,
    SWT_COMPRESSION_ZSTD
};
#define SWT_COMPRESSION_WINDOW ((uint64_t)8 * 1024 * 1024)
/* "none", "gzip", "xz", "zstd". */
const char *swt_compression_name(enum swt_compression compression);
bool swt_compression_parse(const char *text, enum swt_compression *ret_compression);

typedef int swt_bytes_source(void *context, void *ret_data, size_t size, size_t *ret_len,
                             struct swt_error *err); /* 0 bytes: the end */
typedef int swt_bytes_sink(void *context, const void *data, size_t len, struct swt_error *err);

struct swt_decompression {
    enum swt_compression compression; /* not NONE */
    uint64_t length;                  /* of the original */
    uint8_t sha256[SWT_SHA256_SIZE];  /* of the original */
    swt_bytes_source *source;
    void *source_context;
    swt_bytes_sink *sink;
    void *sink_context;
};
/*
 * Hands the original to sink. SWT_E_COMPRESSION when what source yields is not of that compression,
 * is broken, consists of several members, streams or frames, is followed by anything, needs more
 * than SWT_COMPRESSION_WINDOW, or is not the original of that length and hash; the sink never sees
 * more than length bytes, however much the rest would make.
 */
int swt_decompress(const struct swt_decompression *decompression,
                   struct swt_error *err) SWT_CHECKED;

/* ---- patterns (glob.c) --------------------------------------------------------------------- */

struct swt_path_list {
    char **items;
    size_t count;
};
void swt_path_list_done(struct swt_path_list *list);
/*
 * The files that pattern matches, in the order of their bytes, whatever the locale; each begins
 * with folder ("", or a path that ends in '/'), which is no part of the pattern. '*', '?' and
 * sets as [a-z] or [!a-z] match within one name, '?' one character of UTF-8; a backslash takes the
 * next character as it is; a name that begins with a dot is matched by a dot only. SWT_E_GLOB when
 * there is none, or more than max; a folder that cannot be read is an error. What matched may be a
 * folder, or a link to nothing: to measure it tells. What it takes is taken from *steps, which
 * patterns share; when that becomes 0, it is SWT_E_GLOB.
 */
int swt_payload_glob(const char *folder, const char *pattern, size_t max, uint64_t *steps,
                     struct swt_path_list *ret_list, struct swt_error *err) SWT_CHECKED;
/* What all patterns of a manifest may take: half a second. A folder of 10,000 files can be looked
 * through fifty times. */
#define SWT_PATTERN_STEPS ((uint64_t)50 * 1000 * 1000)

/* ---- payloads (payload.c) ------------------------------------------------------------------ */

struct swt_spool;
struct swt_compressed; /* what there is to know of a payload that was compressed */
struct swt_payload {
    char *name;           /* target name */
    char *path;           /* source file, or NULL: memory */
    struct swt_buf bytes; /* when path is NULL */
    /* Of what goes into the bundle: where it is compressed, of the compressed bytes. */
    uint64_t length;
    uint8_t sha256[SWT_SHA256_SIZE];
    uint64_t original_length; /* of the source */
    /* Both set before it is measured. The compressed bytes go into spool, which several payloads
     * share and which is borrowed, or where it is NULL into one of the payload's own. */
    struct swt_spool *spool;
    enum swt_compression compression;
    bool measured;
    struct swt_compressed *compressed; /* NULL: it is not, or not yet */
};
void swt_payload_done(struct swt_payload *payload);
/* Opens path (a regular file: others are SWT_E_IO), reads it once, compresses it where it shall be,
 * sets lengths and hashes. The lane's progress is advanced by the bytes of the source.
 * SWT_E_FILE_CHANGED when the file was written to meanwhile. */
int swt_payload_measure(struct swt_payload *payload, struct swt_lane *lane,
                        struct swt_error *err) SWT_CHECKED;
/* Of the source of one that was measured. */
const uint8_t *swt_payload_original_sha256(const struct swt_payload *payload);
/* The size that stat tells, of the source, before anything is read: to refuse what is too large at
 * once. */
int swt_payload_size(const struct swt_payload *payload, uint64_t *ret_size,
                     struct swt_error *err) SWT_CHECKED;
/* Hands every chunk to sink. One that was measured is read again: SWT_E_FILE_CHANGED unless length
 * and hash are the measured ones. One that was not, and is not compressed, is measured on the way:
 * SWT_E_FILE_CHANGED unless it has the length that is set, and nobody wrote to it meanwhile. The
 * sink has seen the bytes by then: its output must not be committed. */
int swt_payload_copy(struct swt_payload *payload, struct swt_lane *lane, swt_bytes_sink *sink,
                     void *context, struct swt_error *err) SWT_CHECKED;

#endif
