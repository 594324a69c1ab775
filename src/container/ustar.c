/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one header of a tar member. It is what libarchive's ustar writer makes for mode 0644, uid and
 * gid 0, no owner names, mtime 0 and a regular file; made by hand, because a reader compares each
 * header with it and should not depend on what another version of a library writes.
 */
#include "backend.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE 100
#define PREFIX_OFFSET 345
#define PREFIX_SIZE 155

/* Digits of value at field, octal, padded with zeros; no terminator. */
static void put_octal(uint8_t *field, size_t digits, uint64_t value) {
    for (size_t i = digits; i-- > 0; value >>= 3)
        field[i] = (uint8_t)('0' + (value & 7));
}

uint64_t swt_tar_checksum(const uint8_t block[SWT_TAR_BLOCK]) {
    uint64_t sum = 0;
    for (size_t i = 0; i < SWT_TAR_BLOCK; i++) {
        bool in_checksum =
            i >= SWT_TAR_CHECKSUM_OFFSET && i < SWT_TAR_CHECKSUM_OFFSET + SWT_TAR_CHECKSUM_SIZE;
        sum += in_checksum ? ' ' : block[i];
    }
    return sum;
}

/* Only "targets/NAME" may be over 100 bytes: its folder becomes the prefix. */
static bool split_path(const char *path, size_t *ret_prefix_len, const char **ret_name) {
    const size_t folder = strlen(SWT_MEMBER_PAYLOAD_FOLDER);
    size_t len = strlen(path);
    /* A regular file whose path ends in '/' is a folder to old readers. */
    if (len == 0 || path[len - 1] == '/')
        return false;
    if (len <= NAME_SIZE) {
        *ret_prefix_len = 0;
        *ret_name = path;
        return true;
    }
    if (len > folder + NAME_SIZE || strncmp(path, SWT_MEMBER_PAYLOAD_FOLDER, folder) != 0)
        return false;
    *ret_prefix_len = folder - 1; /* the '/' between prefix and name is not stored */
    *ret_name = path + folder;
    return true;
}

int swt_tar_header(const char *path, uint64_t size, uint8_t ret_block[SWT_TAR_BLOCK],
                   struct swt_error *err) {
    static const struct {
        size_t offset;
        size_t len;
        const char *bytes;
    } fixed[] = {
        {100, 8, "000644 "},       /* mode */
        {108, 8, "000000 "},       /* uid */
        {116, 8, "000000 "},       /* gid */
        {135, 1, " "},             /* end of size */
        {136, 12, "00000000000 "}, /* mtime */
        {156, 1, "0"},             /* typeflag: a regular file */
        {257, 6, "ustar"},         /* magic */
        {263, 2, "00"},            /* version */
        {329, 8, "000000 "},       /* devmajor */
        {337, 8, "000000 "},       /* devminor */
    };
    size_t prefix_len;
    const char *name;

    if (!split_path(path, &prefix_len, &name))
        return swt_fail(err, SWT_E_CONTAINER,
                        "the path '%.*s' of %zu bytes does not fit in a tar header of a bundle",
                        SWT_SHOWN_NAME, path, strlen(path));
    if (size > SWT_TAR_MAX_PAYLOAD) {
        char text[SWT_SIZE_TEXT];
        return swt_fail(err, SWT_E_CONTAINER,
                        "member '%.*s' of %s does not fit in a tar bundle (8 GiB less one byte)",
                        SWT_SHOWN_NAME, path, swt_bytes_text(size, text));
    }

    memset(ret_block, 0, SWT_TAR_BLOCK);
    memcpy(ret_block, name, strlen(name));
    memcpy(ret_block + PREFIX_OFFSET, path, prefix_len);
    for (size_t i = 0; i < SWT_COUNT(fixed); i++)
        memcpy(ret_block + fixed[i].offset, fixed[i].bytes, fixed[i].len);
    put_octal(ret_block + SWT_TAR_SIZE_OFFSET, 11, size);
    put_octal(ret_block + SWT_TAR_CHECKSUM_OFFSET, 6, swt_tar_checksum(ret_block));
    ret_block[SWT_TAR_CHECKSUM_OFFSET + 6] = 0;
    ret_block[SWT_TAR_CHECKSUM_OFFSET + 7] = ' ';
    return 0;
}

bool swt_tar_is_zero(const uint8_t *bytes, size_t len) {
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= bytes[i];
    return any == 0;
}

size_t swt_tar_padding(uint64_t length) {
    return (size_t)((SWT_TAR_BLOCK - length % SWT_TAR_BLOCK) % SWT_TAR_BLOCK);
}

static void read_path(const uint8_t *block, char ret_path[SWT_TAR_PATH_SIZE]) {
    const char *prefix = (const char *)block + PREFIX_OFFSET;
    int prefix_len = (int)strnlen(prefix, PREFIX_SIZE);
    int name_len = (int)strnlen((const char *)block, NAME_SIZE);
    snprintf(ret_path, SWT_TAR_PATH_SIZE, "%.*s%s%.*s", prefix_len, prefix, prefix_len ? "/" : "",
             name_len, (const char *)block);
}

/* Whatever octal number the size field starts with; a wrong spelling shows in the comparison. */
static uint64_t read_size(const uint8_t *block) {
    uint64_t size = 0;
    for (size_t i = SWT_TAR_SIZE_OFFSET;
         i < SWT_TAR_SIZE_OFFSET + 11 && block[i] >= '0' && block[i] <= '7'; i++)
        size = size << 3 | (uint64_t)(block[i] - '0');
    return size;
}

int swt_tar_identify(const uint8_t block[SWT_TAR_BLOCK], struct swt_tar_member *ret_member,
                     struct swt_error *err) {
    struct swt_tar_member member = {.size = read_size(block)};
    uint8_t expected[SWT_TAR_BLOCK];
    struct swt_error misfit;

    read_path(block, member.path);
    if (swt_tar_header(member.path, member.size, expected, &misfit) < 0) {
        /* A path that no header of a bundle holds: what else is wrong (a folder, a pax header) is
         * the better answer, so compare with the header of some path. */
        int r = swt_tar_header("-", member.size, expected, err);
        return r < 0 ? r : swt_tar_explain(block, member.path, expected, err);
    }
    if (memcmp(block, expected, SWT_TAR_BLOCK) != 0)
        return swt_tar_explain(block, member.path, expected, err);
    *ret_member = member;
    return 0;
}
