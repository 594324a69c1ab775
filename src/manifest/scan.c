/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include <string.h>

/*
 * libyaml 0.2.5 clears a whole buffer (CLEAR in scanner.c) for each word of a scalar, and that
 * buffer is as long as the longest run of blanks or line breaks before it: half a MiB of blanks and
 * then a quarter of a million words cost seconds. A limit on the run bounds the product.
 */
#define MAX_WHITE ((size_t)1024)

struct cursor {
    struct swt_slice bytes;
    size_t offset;
    unsigned line;
    unsigned column;
};

static int fail_here(const struct cursor *cursor, const char *file, struct swt_error *err) {
    return swt_error_position(err, file, cursor->line, cursor->column);
}

static struct swt_slice rest_of(const struct cursor *cursor) {
    return swt_slice_of(cursor->bytes.data + cursor->offset, cursor->bytes.len - cursor->offset);
}

/* The character under the cursor and its length; 0 when the bytes there are not UTF-8. */
static size_t decode(const struct cursor *cursor, uint32_t *ret_char) {
    struct swt_slice rest = rest_of(cursor);
    uint8_t first = rest.data[0];
    size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (len > rest.len || !swt_utf8_valid(swt_slice_of(rest.data, len)))
        return 0;
    return swt_utf8_next(rest, ret_char);
}

static bool starts_with(struct swt_slice bytes, const char *mark, size_t len) {
    return bytes.len >= len && memcmp(bytes.data, mark, len) == 0;
}

/* A byte order mark says another encoding, or hides a character before the first key. */
static int check_encoding(struct swt_slice bytes, const char *file, struct swt_error *err) {
    if (starts_with(bytes, "\xff\xfe", 2) || starts_with(bytes, "\xfe\xff", 2)) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX,
                       "expected UTF-8, found the byte order mark of UTF-16 or UTF-32");
    } else if (starts_with(bytes, "\xef\xbb\xbf", 3)) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX,
                       "expected the first key, found a byte order mark (U+FEFF)");
    } else {
        return 0;
    }
    (void)swt_error_hint(err, "save the file as UTF-8 without a byte order mark");
    return swt_error_position(err, file, 1, 1);
}

/*
 * Directives would reach libyaml's handler, which compares each %TAG with all before it (seconds
 * for 1 MiB of them). They can only stand before the document or after it (swt_scan_rest).
 */
static int check_no_directive(struct cursor cursor, const char *file, struct swt_error *err) {
    bool comment = false;
    for (; cursor.offset < cursor.bytes.len; cursor.offset++) {
        uint8_t byte = cursor.bytes.data[cursor.offset];
        if (byte == '\n') {
            comment = false;
            cursor.line++;
            cursor.column = 0;
        } else if (byte == '#') {
            comment = true;
        } else if (!comment && byte == '%') {
            (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX,
                           "the file must have no YAML directives (%%)");
            return fail_here(&cursor, file, err);
        } else if (!comment && byte != ' ' && byte != '\t' && byte != '\r') {
            return 0;
        }
        cursor.column++;
    }
    return 0;
}

/* YAML breaks lines at these too; most editors and reviewers do not. */
static bool is_hidden_break(uint32_t character) {
    return character == 0x85 || character == 0x2028 || character == 0x2029;
}

static int check_char(const struct cursor *cursor, uint32_t character, const char *file,
                      struct swt_error *err) {
    if (character == '\n' || character == '\t')
        return 0;
    if (character == '\r') {
        struct swt_slice rest = rest_of(cursor);
        if (rest.len > 1 && rest.data[1] == '\n')
            return 0;
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX,
                       "a carriage return stands without its line feed");
        (void)swt_error_hint(err, "end lines with LF or CR LF");
        return fail_here(cursor, file, err);
    }
    if (is_hidden_break(character)) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "U+%04X breaks the line unseen",
                       (unsigned)character);
        return fail_here(cursor, file, err);
    }
    if (swt_char_is_control(character) || character == 0xfeff || character == 0xfffe ||
        character == 0xffff) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX,
                       "U+%04X, a control or formatting character, is not allowed here",
                       (unsigned)character);
        return fail_here(cursor, file, err);
    }
    return 0;
}

int swt_scan_bytes(struct swt_slice bytes, size_t max, const char *file, struct swt_error *err) {
    if (bytes.len > max) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "the file holds more than %zu MiB", max >> 20);
        return swt_error_position(err, file, 1, 1);
    }
    struct cursor cursor = {.bytes = bytes, .line = 1, .column = 1};
    int rc = check_encoding(bytes, file, err);
    if (rc == 0)
        rc = check_no_directive(cursor, file, err);
    size_t white = 0;
    while (rc == 0 && cursor.offset < bytes.len) {
        uint32_t character;
        size_t len = decode(&cursor, &character);
        if (len == 0) {
            (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "byte 0x%02x is not UTF-8 here",
                           (unsigned)bytes.data[cursor.offset]);
            return fail_here(&cursor, file, err);
        }
        rc = check_char(&cursor, character, file, err);
        if (rc < 0)
            return rc;
        bool is_white =
            character == ' ' || character == '\t' || character == '\n' || character == '\r';
        white = is_white ? white + 1 : 0;
        if (white > MAX_WHITE) {
            (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX,
                           "more than %zu blanks and line breaks in a row", MAX_WHITE);
            return fail_here(&cursor, file, err);
        }
        cursor.offset += len;
        cursor.column++;
        if (character == '\n') {
            cursor.line++;
            cursor.column = 1;
        }
    }
    return rc;
}

int swt_scan_rest(struct swt_slice bytes, size_t offset, const char *file, unsigned line,
                  unsigned column, struct swt_error *err) {
    struct cursor cursor = {.bytes = bytes, .offset = offset, .line = line, .column = column};
    bool comment = false;
    for (; cursor.offset < bytes.len; cursor.offset++) {
        uint8_t byte = bytes.data[cursor.offset];
        if (byte == '\n') {
            comment = false;
            cursor.line++;
            cursor.column = 0;
        } else if (byte == '#') {
            comment = true;
        } else if (!comment && byte != ' ' && byte != '\t' && byte != '\r') {
            (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX,
                           "the file must be one document: more stands after its end");
            return fail_here(&cursor, file, err);
        }
        cursor.column++;
    }
    return 0;
}
