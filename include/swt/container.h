/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container: the two forms of a bundle as named streams. The tar bundle is read once in order; the
 * UpdateBundle's framing is indexed first (its fields may stand in any order), so it needs a
 * seekable file. Neither holds a payload in memory. Envelopes are bytes here; nothing in them is
 * interpreted.
 */
#ifndef SWT_CONTAINER_H
#define SWT_CONTAINER_H

#include "swt/base.h"
#include "swt/io.h"

enum swt_format { SWT_FORMAT_TAR, SWT_FORMAT_PIGWEED };
/* "tar" or "pigweed"; false for other text. */
bool swt_format_parse(const char *text, enum swt_format *ret_format);
const char *swt_format_name(enum swt_format format);
/* By extension: .pb is pigweed, .swb and .tar are tar; false for others. */
bool swt_format_of_path(const char *path, enum swt_format *ret_format);

/* Caps. Envelopes: 4 MiB of metadata and 1,024 signatures have room in it. */
#define SWT_MAX_ENVELOPE ((size_t)8 * 1024 * 1024)
#define SWT_MAX_PAYLOADS 10000
#define SWT_TAR_MAX_PAYLOAD UINT64_C(0x1ffffffff)   /* 8 GiB less one: 11 octal digits */
#define SWT_PIGWEED_MAX_BUNDLE UINT64_C(0x7fffffff) /* 2 GiB less one: where parsers stop */

#define SWT_TAR_BLOCK 512
/* The one header for a member (swupdate-bundle(5), byte by byte). SWT_E_CONTAINER when the path
 * does not fit or size is over SWT_TAR_MAX_PAYLOAD. path e.g. "targets/app". */
int swt_tar_header(const char *path, uint64_t size, uint8_t ret_block[SWT_TAR_BLOCK],
                   struct swt_error *err) SWT_CHECKED;

/* ---- reading ----------------------------------------------------------------------------- */

struct swt_bundle;
/* What the first bytes look like: the magic "ustar" at 257 is tar, unless the first is the tag of a
 * message, whose names and payloads can put that text anywhere. For UpdateBundles see pipeline's
 * detection; this reader is told the format. */
#define SWT_TAR_MAGIC_END 265
bool swt_tar_magic(struct swt_slice head); /* head holds the first SWT_TAR_MAGIC_END bytes or all */

/*
 * Reads the head: for tar up to the first payload's header, for pigweed the framing of the whole
 * file. reader is borrowed, positioned at the start, and must outlive the bundle. Malformed framing
 * is SWT_E_CONTAINER with offset and member; an unknown field of the UpdateBundle or of a map entry
 * SWT_E_UNKNOWN_FIELD unless allow_unknown. Also refused: a second root or targets
 * metadata, a targets metadata under another map key than "targets", duplicate payload keys, no
 * targets metadata.
 */
int swt_bundle_open(struct swt_reader *reader, enum swt_format format, bool allow_unknown,
                    struct swt_bundle **ret_bundle, struct swt_error *err) SWT_CHECKED;
void swt_bundle_free(struct swt_bundle *bundle);
void swt_bundle_cleanup(struct swt_bundle **bundle);
enum swt_format swt_bundle_format(const struct swt_bundle *bundle);
bool swt_bundle_has_root(const struct swt_bundle *bundle);
/* Envelope bytes, and their offset in the file for errors of whoever decodes them. */
struct swt_slice swt_bundle_root(const struct swt_bundle *bundle, uint64_t *ret_offset);
struct swt_slice swt_bundle_targets(const struct swt_bundle *bundle, uint64_t *ret_offset);
size_t swt_bundle_unknown_fields(const struct swt_bundle *bundle); /* with allow_unknown */

enum swt_payload_state {
    SWT_PAYLOAD_PRESENT, /* read delivers its bytes */
    SWT_PAYLOAD_ABSENT   /* the bundle does not hold it (here): left out, or out of order */
};
/*
 * Moves to the payload of that name, which the targets metadata lists with that length. To be
 * called once for each target in the metadata's order. What is left of the payload before it is
 * skipped (and, in tar, its padding checked). A member of that name whose header is not the
 * canonical one for this length is SWT_E_CONTAINER saying which field differs (for another size:
 * both sizes). In an UpdateBundle another length is told the same way. name is borrowed for as long
 * as the payload is read.
 */
int swt_bundle_next(struct swt_bundle *bundle, struct swt_slice name, uint64_t length,
                    enum swt_payload_state *ret_state, struct swt_error *err) SWT_CHECKED;
/* Up to size bytes of the payload; 0 at its end. A file that ends before is SWT_E_CONTAINER. */
int swt_bundle_read(struct swt_bundle *bundle, void *ret_data, size_t size, size_t *ret_len,
                    struct swt_error *err) SWT_CHECKED;
/* All of the payload, in place of reading it, where the bundle's reader is seekable: any thread may
 * read it, also after the bundle was moved to the next. */
bool swt_bundle_has_ranges(const struct swt_bundle *bundle);
struct swt_bundle_range {
    struct swt_slice name; /* of the payload, for errors */
    uint64_t offset;       /* in the file */
    uint64_t length;
};
struct swt_bundle_range swt_bundle_range(const struct swt_bundle *bundle);
/* Up to size bytes from the range's start, by which it gets shorter; 0 at its end. A file that ends
 * before is SWT_E_CONTAINER. */
int swt_bundle_read_range(const struct swt_bundle *bundle, struct swt_bundle_range *range,
                          void *ret_data, size_t size, size_t *ret_len,
                          struct swt_error *err) SWT_CHECKED;
/* After the last target: SWT_E_CONTAINER for a payload that was not asked for, naming it. */
int swt_bundle_end_payloads(struct swt_bundle *bundle, struct swt_error *err) SWT_CHECKED;
/* After the last target: what swt_bundle_end_payloads refuses, and a missing or lone end block or
 * anything after the end. */
int swt_bundle_finish(struct swt_bundle *bundle, struct swt_error *err) SWT_CHECKED;

/*
 * The payloads as the container itself lists them, without metadata: for dump. tar: the bundle must
 * be on a seekable file; the first header that is not canonical ends it with SWT_E_CONTAINER.
 * Calls visit for each until it returns non-zero (which is then returned). Moves the reader:
 * not to be mixed with swt_bundle_next.
 */
struct swt_payload_info {
    struct swt_slice name;
    uint64_t length;
    uint64_t offset; /* of the payload's first byte */
};
int swt_bundle_list(struct swt_bundle *bundle,
                    int (*visit)(void *context, const struct swt_payload_info *payload,
                                 struct swt_error *err),
                    void *context, struct swt_error *err) SWT_CHECKED;

/* ---- writing ----------------------------------------------------------------------------- */

struct swt_bundle_plan {
    enum swt_format format;
    bool has_root;
    struct swt_slice root; /* envelope bytes; borrowed until finish */
    struct swt_slice targets;
};
struct swt_bundle_writer;
/* Writes the head. writer is borrowed; the caller commits it after finish. */
int swt_bundle_writer_new(struct swt_writer *writer, const struct swt_bundle_plan *plan,
                          struct swt_bundle_writer **ret_out, struct swt_error *err) SWT_CHECKED;
/* Starts a payload of exactly length bytes; the one before it must be complete.
 * SWT_E_TARGET_TOO_LARGE when the payload (tar, 8 GiB) or the bundle (pigweed, 2 GiB; names the tar
 * format) gets too large. */
int swt_bundle_writer_begin(struct swt_bundle_writer *out, struct swt_slice name, uint64_t length,
                            struct swt_error *err) SWT_CHECKED;
int swt_bundle_writer_write(struct swt_bundle_writer *out, const void *data, size_t len,
                            struct swt_error *err) SWT_CHECKED;
/* Says that a payload which is listed with that length is left out of the bundle.
 * SWT_E_TARGET_TOO_LARGE where a reader of the form could not tell that it is (tar, 8 GiB). */
int swt_bundle_writer_leave_out(struct swt_bundle_writer *out, struct swt_slice name,
                                uint64_t length, struct swt_error *err) SWT_CHECKED;
/* Leaves the whole payload out, in place of writing it: *ret_offset is where its bytes belong in
 * the writer, a regular file (swt_writer_write_at). The caller sees to it that all are written. */
int swt_bundle_writer_skip(struct swt_bundle_writer *out, uint64_t *ret_offset,
                           struct swt_error *err) SWT_CHECKED;
int swt_bundle_writer_finish(struct swt_bundle_writer *out, struct swt_error *err) SWT_CHECKED;
/* Other envelopes of the same lengths into the head, in a regular file, as when what is signed was
 * known last. Before or after finish. */
int swt_bundle_writer_head(struct swt_bundle_writer *out, const struct swt_bundle_plan *plan,
                           struct swt_error *err) SWT_CHECKED;
void swt_bundle_writer_free(struct swt_bundle_writer *out);
void swt_bundle_writer_cleanup(struct swt_bundle_writer **out);

/* The bundle's size in bytes, before anything is written; SWT_E_TARGET_TOO_LARGE as above. */
struct swt_payload_plan {
    struct swt_slice name;
    uint64_t length;
};
int swt_bundle_size(const struct swt_bundle_plan *plan, const struct swt_payload_plan *payloads,
                    size_t payload_count, uint64_t *ret_size, struct swt_error *err) SWT_CHECKED;

#endif
