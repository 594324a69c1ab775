/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a tar header is not the one that a bundle has. The decision was made before, by comparing
 * all 512 bytes; here is only the sentence for a person, so the order is that of what helps most.
 */
#include "backend.h"

#include <inttypes.h>
#include <string.h>

enum style { STYLE_MODE, STYLE_NUMBER, STYLE_TEXT, STYLE_SIZE, STYLE_PATH, STYLE_ZERO };

struct field {
    const char *name;
    size_t offset;
    size_t len;
    enum style style;
};

static const struct field fields[] = {
    {"size", 124, 12, STYLE_SIZE},
    {"mode", 100, 8, STYLE_MODE},
    {"uid", 108, 8, STYLE_NUMBER},
    {"gid", 116, 8, STYLE_NUMBER},
    {"mtime", 136, 12, STYLE_NUMBER},
    {"owner name", 265, 32, STYLE_TEXT},
    {"group name", 297, 32, STYLE_TEXT},
    {"link name", 157, 100, STYLE_TEXT},
    {"devmajor", 329, 8, STYLE_NUMBER},
    {"devminor", 337, 8, STYLE_NUMBER},
    {"version", 263, 2, STYLE_TEXT},
    {"name", 0, 100, STYLE_PATH},
    {"prefix", 345, 155, STYLE_PATH},
    {"area after the prefix", 500, 12, STYLE_ZERO},
    {"checksum", SWT_TAR_CHECKSUM_OFFSET, SWT_TAR_CHECKSUM_SIZE, STYLE_NUMBER},
};

static const char *type_text(uint8_t typeflag) {
    switch (typeflag) {
    case '1':
        return "a hard link";
    case '2':
        return "a symbolic link";
    case '3':
        return "a character device";
    case '4':
        return "a block device";
    case '5':
        return "a directory";
    case '6':
        return "a fifo";
    case '7':
        return "a contiguous file";
    case 'g':
        return "a global pax header";
    case 'x':
    case 'X':
        return "a pax header";
    case 'L':
        return "a GNU long name";
    case 'K':
        return "a GNU long link name";
    case 'S':
        return "a GNU sparse file";
    case 'M':
        return "a GNU continuation of a file";
    case 'V':
        return "a GNU volume label";
    case 'D':
        return "a GNU directory listing";
    default:
        return NULL;
    }
}

/* Octal digits, after spaces at most, and then only spaces and NULs: what any tar would read. */
static bool read_octal(const uint8_t *data, size_t len, uint64_t *ret_value) {
    uint64_t value = 0;
    size_t i = 0, digits = 0;
    while (i < len && data[i] == ' ')
        i++;
    for (; i < len && data[i] >= '0' && data[i] <= '7'; i++, digits++)
        value = value << 3 | (uint64_t)(data[i] - '0');
    for (; i < len; i++)
        if (data[i] != ' ' && data[i] != 0)
            return false;
    *ret_value = value;
    return digits > 0;
}

static int explain_number(const struct field *field, const uint8_t *block, const uint8_t *expected,
                          const char *path, struct swt_error *err) {
    const uint8_t *found = block + field->offset;
    uint64_t value, wanted = 0;

    if (found[0] & 0x80)
        return swt_fail(err, SWT_E_CONTAINER,
                        "member '%s': %s is in base 256 (a GNU extension), expected octal digits",
                        path, field->name);
    if (found[0] == '-')
        return swt_fail(err, SWT_E_CONTAINER, "member '%s': %s is negative", path, field->name);
    if (!read_octal(found, field->len, &value))
        return swt_fail(err, SWT_E_CONTAINER, "member '%s': %s is not an octal number", path,
                        field->name);
    if (field->style != STYLE_SIZE && read_octal(expected + field->offset, field->len, &wanted) &&
        value != wanted)
        return field->style == STYLE_MODE
                   ? swt_fail(err, SWT_E_CONTAINER,
                              "member '%s': %s is 0%03" PRIo64 ", expected 0%03" PRIo64, path,
                              field->name, value, wanted)
                   : swt_fail(err, SWT_E_CONTAINER,
                              "member '%s': %s is %" PRIu64 ", expected %" PRIu64, path,
                              field->name, value, wanted);
    return swt_fail(err, SWT_E_CONTAINER, "member '%s': %s is written in another way than '%.*s'",
                    path, field->name,
                    (int)strnlen((const char *)expected + field->offset, field->len),
                    (const char *)expected + field->offset);
}

static int explain_path(const struct field *field, const uint8_t *block, const char *path,
                        struct swt_error *err) {
    const uint8_t *found = block + field->offset;
    size_t text = strnlen((const char *)found, field->len);
    size_t path_len = strlen(path);

    if (text < field->len && !swt_tar_is_zero(found + text, field->len - text))
        return swt_fail(err, SWT_E_CONTAINER, "member '%s': %s holds a NUL and more after it", path,
                        field->name);
    if (path_len == 0)
        return swt_fail(err, SWT_E_CONTAINER, "a member has no name");
    if (path[path_len - 1] == '/')
        return swt_fail(err, SWT_E_CONTAINER, "member '%s': the name ends in '/'", path);
    return swt_fail(err, SWT_E_CONTAINER,
                    "member '%s': name and prefix are not how a bundle writes a path (a prefix "
                    "only where 100 bytes do not do, and then '%.*s')",
                    path, (int)strlen(SWT_MEMBER_PAYLOAD_FOLDER) - 1, SWT_MEMBER_PAYLOAD_FOLDER);
}

static int explain_text(const struct field *field, const uint8_t *block, const uint8_t *expected,
                        const char *path, struct swt_error *err) {
    const char *text = (const char *)block + field->offset;
    const char *wanted = (const char *)expected + field->offset;
    int len = (int)strnlen(text, field->len);
    int wanted_len = (int)strnlen(wanted, field->len);

    if (len == wanted_len && memcmp(text, wanted, (size_t)len) == 0)
        return swt_fail(err, SWT_E_CONTAINER, "member '%s': %s has bytes after its end", path,
                        field->name);
    return swt_fail(err, SWT_E_CONTAINER, "member '%s': %s is '%.*s', expected '%.*s'", path,
                    field->name, len, text, wanted_len, wanted);
}

static int explain_field(const struct field *field, const uint8_t *block, const uint8_t *expected,
                         const char *path, struct swt_error *err) {
    switch (field->style) {
    case STYLE_PATH:
        return explain_path(field, block, path, err);
    case STYLE_TEXT:
        return explain_text(field, block, expected, path, err);
    case STYLE_ZERO:
        return swt_fail(err, SWT_E_CONTAINER, "member '%s': the %s is not zero", path, field->name);
    case STYLE_MODE:
    case STYLE_NUMBER:
    case STYLE_SIZE:
        break;
    }
    return explain_number(field, block, expected, path, err);
}

int swt_tar_explain(const uint8_t block[SWT_TAR_BLOCK], const char *path,
                    const uint8_t expected[SWT_TAR_BLOCK], struct swt_error *err) {
    uint8_t typeflag = block[SWT_TAR_TYPEFLAG_OFFSET];
    uint64_t checksum;

    if (memcmp(block + SWT_TAR_MAGIC_OFFSET, "ustar ", 6) == 0)
        return swt_fail(err, SWT_E_CONTAINER,
                        "member '%s' has a GNU tar header, expected a POSIX ustar header", path);
    if (memcmp(block + SWT_TAR_MAGIC_OFFSET, "ustar", 6) != 0)
        return swt_fail(err, SWT_E_CONTAINER, "there is no ustar header where one is expected");
    if (!read_octal(block + SWT_TAR_CHECKSUM_OFFSET, SWT_TAR_CHECKSUM_SIZE, &checksum))
        return swt_fail(err, SWT_E_CONTAINER, "member '%s': checksum is not an octal number", path);
    if (checksum != swt_tar_checksum(block))
        return swt_fail(err, SWT_E_CONTAINER,
                        "member '%s': the header's checksum is %" PRIu64
                        ", but its bytes add up to %" PRIu64,
                        path, checksum, swt_tar_checksum(block));
    if (type_text(typeflag))
        return swt_fail(err, SWT_E_CONTAINER, "member '%s' is %s, expected a regular file", path,
                        type_text(typeflag));
    if (typeflag != expected[SWT_TAR_TYPEFLAG_OFFSET])
        return swt_fail(err, SWT_E_CONTAINER, "member '%s': typeflag is 0x%02x, expected '0'", path,
                        typeflag);
    for (size_t i = 0; i < SWT_COUNT(fields); i++)
        if (memcmp(block + fields[i].offset, expected + fields[i].offset, fields[i].len) != 0)
            return explain_field(&fields[i], block, expected, path, err);
    return swt_fail(err, SWT_E_CONTAINER, "member '%s' has a header that no bundle has", path);
}
