/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one form of a bundle must provide: a row of the table in format.c. A row tells how to walk
 * a file (open, next, finish, list) and which bytes stand around a member when it is written. All
 * that is the same for every form (reading a payload's bytes, counting, limits) is in bundle.c,
 * writer.c and size.c.
 */
#ifndef SWT_CONTAINER_BACKEND_H
#define SWT_CONTAINER_BACKEND_H

#include "swt/container.h"

/* Member names of a tar bundle; the map key of an UpdateBundle is the first part of the second. */
#define SWT_MEMBER_ROOT_PATH "root_metadata"
#define SWT_MEMBER_TARGETS_PATH "targets_metadata"
#define SWT_MEMBER_PAYLOAD_FOLDER "targets/"
#define SWT_TARGETS_MAP_KEY "targets"

/* Field numbers of UpdateBundle and of its map entries (update_bundle.proto). */
enum {
    SWT_FIELD_TIMESTAMP = 1,
    SWT_FIELD_SNAPSHOT = 2,
    SWT_FIELD_TARGETS = 3,
    SWT_FIELD_PAYLOADS = 4,
    SWT_FIELD_ROOT = 5,
    SWT_FIELD_ENTRY_KEY = 1,
    SWT_FIELD_ENTRY_VALUE = 2
};
/* Far over what target names may have (100); it bounds what the index of names can need. */
#define SWT_MAX_PAYLOAD_KEY 4096

/* How much of a name of any length an error shows. */
#define SWT_SHOWN_NAME 256
int swt_shown_len(struct swt_slice name); /* for "%.*s" */

enum swt_member_kind { SWT_MEMBER_ROOT, SWT_MEMBER_TARGETS, SWT_MEMBER_PAYLOAD };
struct swt_member {
    enum swt_member_kind kind;
    struct swt_slice name; /* payloads only */
    uint64_t length;
};

struct swt_container {
    const char *name;          /* what --format takes */
    const char *extensions[2]; /* with the dot; NULL: none */

    /* open fills in the bundle's head; close frees bundle->state alone. */
    int (*open)(struct swt_bundle *bundle, struct swt_error *err);
    void (*close)(struct swt_bundle *bundle);
    /* next sets bundle->left for a payload that is there. */
    int (*next)(struct swt_bundle *bundle, struct swt_slice name, uint64_t length,
                enum swt_payload_state *ret_state, struct swt_error *err);
    int (*end_payloads)(struct swt_bundle *bundle, struct swt_error *err);
    int (*finish)(struct swt_bundle *bundle, struct swt_error *err); /* after end_payloads */
    int (*list)(struct swt_bundle *bundle,
                int (*visit)(void *context, const struct swt_payload_info *payload,
                             struct swt_error *err),
                void *context, struct swt_error *err);

    const char *payload_shown; /* how an error starts to name one: this, its name, "'" */
    uint64_t max_payload;
    uint64_t max_left_out; /* of a payload that is not there, but could be for other devices */
    uint64_t max_bundle;
    const char *limit_reason; /* why it ends there, for SWT_E_TARGET_TOO_LARGE */
    /* Appends the bytes before a member's value. */
    int (*member_head)(const struct swt_member *member, struct swt_buf *ret_bytes,
                       struct swt_error *err);
    size_t (*member_tail)(uint64_t length); /* zero bytes after the value */
    size_t end_size;                        /* zero bytes after the last member */
};
const struct swt_container *swt_container_of(enum swt_format format);
/* What a file of another kind is, by its first bytes ("gzip data"), or NULL. */
const char *swt_container_foreign(struct swt_slice head);

struct swt_bundle {
    const struct swt_container *container;
    enum swt_format format;
    struct swt_reader *reader;
    bool allow_unknown;
    bool failed; /* an error was returned: nothing after it may be read as if it had not been */
    bool has_root;
    struct swt_buf root;
    struct swt_buf targets;
    uint64_t root_offset;
    uint64_t targets_offset;
    size_t unknown_fields;
    struct swt_slice name; /* of the current payload; the caller's */
    uint64_t left;         /* of it; the reader stands at it */
    void *state;           /* the row's own */
};
/* Completes an error that is set: the file and the offset. Returns -err->code. */
int swt_bundle_error_at(const struct swt_bundle *bundle, uint64_t offset, struct swt_error *err);
/* Loads an envelope of length bytes from where the reader stands. Memory grows with what is there,
 * not with what is declared. what is e.g. "root_metadata". */
int swt_bundle_load(struct swt_bundle *bundle, const char *what, uint64_t length,
                    struct swt_buf *ret_bytes, struct swt_error *err) SWT_CHECKED;

/* Appends the head of member to ret_head and adds the member's whole size to *total, in which
 * room for the container's end is kept. */
int swt_member_plan(const struct swt_container *container, const struct swt_member *member,
                    struct swt_buf *ret_head, uint64_t *total, struct swt_error *err) SWT_CHECKED;

/* SWT_E_TARGET_TOO_LARGE for a payload that no bundle of this form may leave out. */
int swt_member_check_left_out(const struct swt_container *container,
                              const struct swt_member *member, struct swt_error *err) SWT_CHECKED;

/* ---- tar --------------------------------------------------------------------------------- */

/* Places in a header that several files look at; ustar.c writes the whole. */
#define SWT_TAR_SIZE_OFFSET 124
#define SWT_TAR_CHECKSUM_OFFSET 148
#define SWT_TAR_CHECKSUM_SIZE 8
#define SWT_TAR_TYPEFLAG_OFFSET 156
#define SWT_TAR_MAGIC_OFFSET 257
#define SWT_TAR_PATH_SIZE 257 /* prefix, '/', name, NUL */
struct swt_tar_member {
    char path[SWT_TAR_PATH_SIZE];
    uint64_t size;
};
bool swt_tar_is_zero(const uint8_t *bytes, size_t len);
/* Zero bytes between a value of that length and the next block. */
size_t swt_tar_padding(uint64_t length);
/* The member whose one header block is; SWT_E_CONTAINER, saying what is wrong with it, when it is
 * no member's. */
int swt_tar_identify(const uint8_t block[SWT_TAR_BLOCK], struct swt_tar_member *ret_member,
                     struct swt_error *err) SWT_CHECKED;
/* The sum of a header's bytes, with spaces in the place of the checksum. */
uint64_t swt_tar_checksum(const uint8_t block[SWT_TAR_BLOCK]);
/* Says why block is not the expected header; path is what block's own name fields say. Returns
 * -SWT_E_CONTAINER. */
int swt_tar_explain(const uint8_t block[SWT_TAR_BLOCK], const char *path,
                    const uint8_t expected[SWT_TAR_BLOCK], struct swt_error *err);

int swt_tar_open(struct swt_bundle *bundle, struct swt_error *err);
void swt_tar_close(struct swt_bundle *bundle);
int swt_tar_next(struct swt_bundle *bundle, struct swt_slice name, uint64_t length,
                 enum swt_payload_state *ret_state, struct swt_error *err);
int swt_tar_end_payloads(struct swt_bundle *bundle, struct swt_error *err);
int swt_tar_finish(struct swt_bundle *bundle, struct swt_error *err);
int swt_tar_list(struct swt_bundle *bundle,
                 int (*visit)(void *context, const struct swt_payload_info *payload,
                              struct swt_error *err),
                 void *context, struct swt_error *err);
int swt_tar_member_head(const struct swt_member *member, struct swt_buf *ret_bytes,
                        struct swt_error *err);

/* ---- UpdateBundle ------------------------------------------------------------------------ */

int swt_update_bundle_open(struct swt_bundle *bundle, struct swt_error *err);
void swt_update_bundle_close(struct swt_bundle *bundle);
int swt_update_bundle_next(struct swt_bundle *bundle, struct swt_slice name, uint64_t length,
                           enum swt_payload_state *ret_state, struct swt_error *err);
int swt_update_bundle_end_payloads(struct swt_bundle *bundle, struct swt_error *err);
int swt_update_bundle_finish(struct swt_bundle *bundle, struct swt_error *err);
int swt_update_bundle_list(struct swt_bundle *bundle,
                           int (*visit)(void *context, const struct swt_payload_info *payload,
                                        struct swt_error *err),
                           void *context, struct swt_error *err);
int swt_update_bundle_member_head(const struct swt_member *member, struct swt_buf *ret_bytes,
                                  struct swt_error *err);
size_t swt_update_bundle_member_tail(uint64_t length);

#endif
