/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging an audit log. A line is compared with the one that stands before it, as it stands there:
 * after a break the chain is followed from the next line on, so that each change is told in its
 * place.
 */
#include "internal.h"

#include "audit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Uses that may be open at a time. A run that was killed leaves one for good, so that there may be
 * some; the oldest gives way. */
#define MAX_OPEN 1024

struct use {
    char begin[SWT_AUDIT_HASH]; /* the hash of its first line */
    char use[SWT_AUDIT_HASH];
    uint64_t line;
};

struct scan {
    int (*found)(void *context, const struct swt_audit_finding *finding, struct swt_error *err);
    void *context;
    struct swt_audit_summary summary; /* head: of the line before */
    struct swt_sha256 *hash;          /* of the line so far, however long it is */
    struct swt_buf line;
    bool too_long;
    int64_t time; /* of the last line that has one */
    struct use *open;
    size_t open_count;
};

static void scan_done(struct scan *scan) {
    swt_sha256_free(scan->hash);
    swt_buf_done(&scan->line);
    free(scan->open);
}

/* ---- findings ---------------------------------------------------------------------------- */

static int fault(struct scan *scan, const char *code, const char *message, struct swt_error *err) {
    struct swt_audit_finding finding = {
        .code = code, .line = scan->summary.lines, .message = message};
    scan->summary.faults++;
    return scan->found(scan->context, &finding, err);
}

static int warn(struct scan *scan, const char *code, uint64_t line, const char *message,
                struct swt_error *err) {
    struct swt_audit_finding finding = {
        .warning = true, .code = code, .line = line, .message = message};
    return scan->found(scan->context, &finding, err);
}

/* ---- first and second lines -------------------------------------------------------------- */

/* Its use had no outcome before it was forgotten, or before the log ended. */
static int drop_use(struct scan *scan, size_t index, struct swt_error *err) {
    uint64_t line = scan->open[index].line;
    scan->open_count--;
    memmove(&scan->open[index], &scan->open[index + 1],
            (scan->open_count - index) * sizeof *scan->open);
    scan->summary.unfinished++;
    return warn(scan, "unfinished", line,
                "the key was to be used, and no outcome follows: the run was stopped, or is at it",
                err);
}

static int open_use(struct scan *scan, const struct swt_audit_line *line,
                    const char hash[SWT_AUDIT_HASH], struct swt_error *err) {
    struct use use = {.line = scan->summary.lines};
    int result = scan->open_count == MAX_OPEN ? drop_use(scan, 0, err) : 0;
    if (result >= 0)
        result = swt_audit_line_use(line, use.use, err);
    if (result < 0)
        return result;
    memcpy(use.begin, hash, sizeof use.begin);
    scan->open[scan->open_count++] = use;
    return 0;
}

static int close_use(struct scan *scan, const struct swt_audit_line *line, struct swt_error *err) {
    char use[SWT_AUDIT_HASH];
    size_t index = 0;
    while (index < scan->open_count && strcmp(scan->open[index].begin, line->begin) != 0)
        index++;
    if (index == scan->open_count)
        return fault(scan, "outcome", "it is the outcome of no line before it", err);
    int result = swt_audit_line_use(line, use, err);
    if (result >= 0 && strcmp(scan->open[index].use, use) != 0)
        result = fault(scan, "outcome",
                       "it tells of another use than the line that it is the outcome of", err);
    scan->open_count--;
    memmove(&scan->open[index], &scan->open[index + 1],
            (scan->open_count - index) * sizeof *scan->open);
    return result;
}

/* ---- a line ------------------------------------------------------------------------------ */

static int check_chain(struct scan *scan, const struct swt_audit_line *line,
                       struct swt_error *err) {
    const bool first = scan->summary.lines == 1;
    if (strcmp(line->previous, first ? SWT_AUDIT_NO_LINE : scan->summary.head) == 0)
        return 0;
    return fault(scan, "chain",
                 first ? "lines before it are missing: it is not the first of a log"
                       : "it does not follow from the line before it: that was changed, or lines "
                         "between were removed or added",
                 err);
}

static int check_time(struct scan *scan, const struct swt_audit_line *line, struct swt_error *err) {
    const int64_t before = scan->time;
    scan->time = line->time;
    if (line->time >= before)
        return 0;
    return warn(scan, "time", scan->summary.lines,
                "it is older than the line before it: the clock was set back", err);
}

static int check_line(struct scan *scan, const struct swt_audit_line *line,
                      const char hash[SWT_AUDIT_HASH], struct swt_error *err) {
    int result = check_chain(scan, line, err);
    if (result >= 0)
        result = check_time(scan, line, err);
    if (result < 0)
        return result;
    if (line->begin == NULL)
        return open_use(scan, line, hash, err);
    scan->summary.signatures += line->is_signed;
    scan->summary.failed += !line->is_signed;
    return close_use(scan, line, err);
}

static int end_line(struct scan *scan, bool ended, struct swt_error *err) {
    struct swt_audit_line line SWT_CLEANUP(swt_audit_line_done) = {0};
    uint8_t digest[SWT_SHA256_SIZE];
    char hash[SWT_AUDIT_HASH];
    int result = swt_sha256_finish(scan->hash, digest, err);
    if (result < 0)
        return result;
    swt_hex_encode(digest, sizeof digest, hash);
    scan->summary.lines++;
    if (!ended)
        result = fault(scan, "incomplete", "it is cut off: no newline ends it", err);
    else if (scan->too_long)
        result = fault(scan, "line", "it is longer than any line of a log", err);
    else if (swt_audit_line_parse(swt_buf_slice(&scan->line), &line, err) >= 0)
        result = check_line(scan, &line, hash, err);
    else if (err->code == SWT_E_AUDIT_LOG)
        result = fault(scan, "line", err->message, err);
    else
        result = -(int)err->code;
    memcpy(scan->summary.head, hash, sizeof hash);
    swt_buf_clear(&scan->line);
    scan->too_long = false;
    return result;
}

/* ---- the file ---------------------------------------------------------------------------- */

/* By the schema in one of its first lines: damage to the first byte must not make it another kind
 * of file, of which there is nothing to tell. */
static int recognise(struct swt_slice start, struct swt_error *err) {
    static const char MEMBER[] = "\"schema\":\"" SWT_AUDIT_SCHEMA "\"";
    if (start.len > SWT_AUDIT_MAX_LINE)
        start.len = SWT_AUDIT_MAX_LINE;
    if (start.len > 0 && memmem(start.data, start.len, MEMBER, strlen(MEMBER)) != NULL)
        return 0;
    return swt_fail(err, SWT_E_FILE_KIND, "expected an audit log, found %s",
                    start.len == 0 ? "an empty file" : "no line of one");
}

static int take_piece(struct scan *scan, struct swt_slice piece, struct swt_error *err) {
    int result = swt_sha256_update(scan->hash, piece.data, piece.len, err);
    if (result < 0)
        return result;
    scan->too_long |= piece.len > SWT_AUDIT_MAX_LINE - scan->line.len;
    return scan->too_long ? 0 : swt_buf_append_slice(&scan->line, piece, err);
}

/* *in_line: the chunk before ended, or this one ends, within a line. */
static int take_chunk(struct scan *scan, struct swt_slice chunk, bool *in_line,
                      struct swt_error *err) {
    while (chunk.len > 0) {
        const uint8_t *newline = memchr(chunk.data, '\n', chunk.len);
        size_t len = newline == NULL ? chunk.len : (size_t)(newline - chunk.data);
        int result = take_piece(scan, swt_slice_of(chunk.data, len), err);
        if (result >= 0 && newline != NULL)
            result = end_line(scan, true, err);
        if (result < 0)
            return result;
        *in_line = newline == NULL;
        len += newline != NULL;
        chunk = swt_slice_of(chunk.data + len, chunk.len - len);
    }
    return 0;
}

static int scan_file(struct scan *scan, struct swt_reader *reader, uint8_t *chunk,
                     struct swt_error *err) {
    bool in_line = false;
    size_t len = SWT_IO_CHUNK;
    for (bool start = true; len == SWT_IO_CHUNK; start = false) {
        int result = swt_reader_read(reader, chunk, SWT_IO_CHUNK, &len, err);
        if (result >= 0 && start && recognise(swt_slice_of(chunk, len), err) < 0)
            result = swt_error_file(err, swt_reader_name(reader));
        if (result >= 0)
            result = take_chunk(scan, swt_slice_of(chunk, len), &in_line, err);
        if (result < 0)
            return result;
    }
    int result = in_line ? end_line(scan, false, err) : 0;
    while (result >= 0 && scan->open_count > 0)
        result = drop_use(scan, 0, err);
    return result;
}

int swt_audit_check(struct swt_reader *reader,
                    int (*found)(void *context, const struct swt_audit_finding *finding,
                                 struct swt_error *err),
                    void *context, struct swt_audit_summary *ret_summary, struct swt_error *err) {
    struct scan scan SWT_CLEANUP(scan_done) = {.found = found, .context = context};
    int result = swt_sha256_new(&scan.hash, err);
    if (result < 0)
        return result;
    scan.open = calloc(MAX_OPEN, sizeof *scan.open);
    uint8_t *chunk = malloc(SWT_IO_CHUNK);
    result = scan.open == NULL || chunk == NULL ? swt_fail_memory(err)
                                                : scan_file(&scan, reader, chunk, err);
    free(chunk);
    if (result >= 0)
        *ret_summary = scan.summary;
    return result;
}
