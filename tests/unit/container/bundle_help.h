/* SPDX-License-Identifier: Apache-2.0 */
/* Building, judging and writing small bundles in memory; shared by the tests of this folder. */
#ifndef TEST_BUNDLE_HELP_H
#define TEST_BUNDLE_HELP_H

#include "swt/container.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_ITEMS 32

struct item {
    const char *name;
    const char *data;
    size_t len;
};
/* What a bundle holds, as its maker or its reader sees it. */
struct content {
    const char *root; /* NULL: none */
    size_t root_len;
    const char *targets;
    size_t targets_len;
    struct item items[MAX_ITEMS];
    size_t count;
};

enum through { THROUGH_MEMORY, THROUGH_PIPE };
enum manner { READ_ALL, READ_NOTHING, READ_ONE_BYTE };

static inline void must(int r, const struct swt_error *err) {
    if (r < 0)
        fail_msg("%s (%s)", err->message, swt_code_name(err->code));
}

static inline void put(struct swt_buf *buf, const void *data, size_t len) {
    struct swt_error err;
    must(swt_buf_append(buf, data, len, &err), &err);
}

/* ---- through the writer ------------------------------------------------------------------ */

static inline struct swt_bundle_plan plan_of(const struct content *content,
                                             enum swt_format format) {
    return (struct swt_bundle_plan){
        .format = format,
        .has_root = content->root != NULL,
        .root = swt_slice_of(content->root, content->root_len),
        .targets = swt_slice_of(content->targets, content->targets_len),
    };
}

static inline void write_bundle(const struct content *content, enum swt_format format,
                                struct swt_buf *ret_bytes) {
    struct swt_error err;
    char path[] = "/tmp/swt-test-XXXXXX";
    struct swt_writer *writer = NULL;
    struct swt_bundle_writer *out = NULL;
    const struct swt_bundle_plan plan = plan_of(content, format);
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    must(swt_writer_open(path, NULL, &writer, &err), &err);
    must(swt_bundle_writer_new(writer, &plan, &out, &err), &err);
    for (size_t i = 0; i < content->count; i++) {
        const struct item *item = &content->items[i];
        must(swt_bundle_writer_begin(out, swt_slice_text(item->name), item->len, &err), &err);
        must(swt_bundle_writer_write(out, item->data, item->len, &err), &err);
    }
    must(swt_bundle_writer_finish(out, &err), &err);
    must(swt_writer_commit(writer, &err), &err);
    swt_bundle_writer_free(out);
    swt_writer_free(writer);
    must(swt_read_file(path, (size_t)64 * 1024 * 1024, ret_bytes, &err), &err);
    unlink(path);
}

/* ---- through the reader ------------------------------------------------------------------ */

/* Small enough for a pipe's buffer, so that nobody has to write at the other end meanwhile. */
static inline void open_reader(struct swt_slice bytes, enum through through,
                               struct swt_reader **ret_reader) {
    struct swt_error err;
    if (through == THROUGH_MEMORY) {
        must(swt_reader_open_memory(bytes, "memory", ret_reader, &err), &err);
        return;
    }
    int ends[2];
    char path[64];
    assert_int_equal(pipe(ends), 0);
    assert_true(bytes.len <= 65536);
    assert_int_equal(write(ends[1], bytes.data, bytes.len), (ssize_t)bytes.len);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    must(swt_reader_open(path, ret_reader, &err), &err);
    assert_false(swt_reader_seekable(*ret_reader));
    close(ends[0]);
    close(ends[1]);
}

/* Reads the current payload as manner says; everything read must be what expected holds, unless
 * that is NULL. Appends to ret_bytes unless that is NULL. */
static inline int read_payload(struct swt_bundle *bundle, enum manner manner, uint64_t length,
                               struct swt_buf *ret_bytes, struct swt_error *err) {
    uint8_t chunk[300];
    uint64_t total = 0;
    size_t len = 1;
    if (manner == READ_NOTHING)
        return 0;
    while (len > 0) {
        int r =
            swt_bundle_read(bundle, chunk, manner == READ_ONE_BYTE ? 1 : sizeof chunk, &len, err);
        if (r < 0)
            return r;
        if (ret_bytes)
            put(ret_bytes, chunk, len);
        total += len;
        if (manner == READ_ONE_BYTE)
            return 0;
    }
    assert_true(total == length);
    return 0;
}

/*
 * What a caller does that expects the payloads of content, in order: 0, or the error. What was
 * found goes to ret_found (its items point into the buffers), when that is not NULL.
 */
struct found {
    bool has_root;
    struct swt_buf root;
    struct swt_buf targets;
    struct swt_buf payloads[MAX_ITEMS];
    bool absent[MAX_ITEMS];
    size_t unknown;
};
static inline void found_done(struct found *found) {
    swt_buf_done(&found->root);
    swt_buf_done(&found->targets);
    for (size_t i = 0; i < MAX_ITEMS; i++)
        swt_buf_done(&found->payloads[i]);
}

static inline int judge_open(struct swt_bundle *bundle, const struct content *content,
                             enum manner manner, struct found *ret_found, struct swt_error *err) {
    ret_found->has_root = swt_bundle_has_root(bundle);
    ret_found->unknown = swt_bundle_unknown_fields(bundle);
    struct swt_slice root = swt_bundle_root(bundle, NULL);
    struct swt_slice targets = swt_bundle_targets(bundle, NULL);
    put(&ret_found->root, root.data, root.len);
    put(&ret_found->targets, targets.data, targets.len);
    for (size_t i = 0; i < content->count; i++) {
        const struct item *item = &content->items[i];
        enum swt_payload_state state;
        int r = swt_bundle_next(bundle, swt_slice_text(item->name), item->len, &state, err);
        if (r < 0)
            return r;
        ret_found->absent[i] = state == SWT_PAYLOAD_ABSENT;
        if (ret_found->absent[i])
            continue;
        r = read_payload(bundle, manner, item->len, &ret_found->payloads[i], err);
        if (r < 0)
            return r;
    }
    return swt_bundle_finish(bundle, err);
}

static inline int judge_found(struct swt_slice bytes, enum swt_format format, enum through through,
                              bool allow_unknown, enum manner manner, const struct content *content,
                              struct found *ret_found, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    open_reader(bytes, through, &reader);
    int r = swt_bundle_open(reader, format, allow_unknown, &bundle, err);
    return r < 0 ? r : judge_open(bundle, content, manner, ret_found, err);
}

static inline int judge(struct swt_slice bytes, enum swt_format format, enum through through,
                        const struct content *content, struct swt_error *err) {
    SWT_CLEANUP(found_done) struct found found = {0};
    return judge_found(bytes, format, through, false, READ_ALL, content, &found, err);
}

/* The caller's names with what was found, as content again. */
static inline struct content content_of(const struct content *asked, const struct found *found) {
    struct content content = {
        .root = found->has_root ? swt_buf_text(&found->root) : NULL,
        .root_len = found->root.len,
        .targets = swt_buf_text(&found->targets),
        .targets_len = found->targets.len,
    };
    for (size_t i = 0; i < asked->count; i++)
        if (!found->absent[i])
            content.items[content.count++] = (struct item){
                asked->items[i].name, swt_buf_text(&found->payloads[i]), found->payloads[i].len};
    return content;
}

static inline void assert_refused(int r, const struct swt_error *err, const char *part) {
    if (r == 0)
        fail_msg("accepted, expected an error with '%s'", part);
    assert_int_equal(r, -(int)err->code);
    assert_true(err->code == SWT_E_CONTAINER || err->code == SWT_E_UNKNOWN_FIELD);
    if (!strstr(err->message, part))
        fail_msg("expected '%s' in: %s", part, err->message);
}

#endif
