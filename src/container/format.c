/* SPDX-License-Identifier: Apache-2.0 */
/* The table of containers, and what tells one file from another. */
#include "backend.h"

#include <string.h>

static const struct swt_container containers[] = {
    [SWT_FORMAT_TAR] =
        {
            .name = "tar",
            .extensions = {".swb", ".tar"},
            .open = swt_tar_open,
            .close = swt_tar_close,
            .next = swt_tar_next,
            .end_payloads = swt_tar_end_payloads,
            .finish = swt_tar_finish,
            .list = swt_tar_list,
            .payload_shown = "member '" SWT_MEMBER_PAYLOAD_FOLDER,
            .max_payload = SWT_TAR_MAX_PAYLOAD,
            /* A reader makes its header too, to see that it is not there. */
            .max_left_out = SWT_TAR_MAX_PAYLOAD,
            /* Where offsets of files end. */
            .max_bundle = INT64_MAX,
            .limit_reason = "a tar header has 11 octal digits for a size",
            .member_head = swt_tar_member_head,
            .member_tail = swt_tar_padding,
            .end_size = (size_t)2 * SWT_TAR_BLOCK,
        },
    [SWT_FORMAT_PIGWEED] =
        {
            .name = "pigweed",
            .extensions = {".pb"},
            .open = swt_update_bundle_open,
            .close = swt_update_bundle_close,
            .next = swt_update_bundle_next,
            .end_payloads = swt_update_bundle_end_payloads,
            .finish = swt_update_bundle_finish,
            .list = swt_update_bundle_list,
            .payload_shown = "payload '",
            .max_payload = SWT_PIGWEED_MAX_BUNDLE,
            .max_left_out = UINT64_MAX,
            .max_bundle = SWT_PIGWEED_MAX_BUNDLE,
            .limit_reason = "protobuf parsers stop at 2 GiB; the tar format takes it",
            .member_head = swt_update_bundle_member_head,
            .member_tail = swt_update_bundle_member_tail,
        },
};

const struct swt_container *swt_container_of(enum swt_format format) {
    return &containers[format];
}

bool swt_format_parse(const char *text, enum swt_format *ret_format) {
    for (size_t i = 0; i < SWT_COUNT(containers); i++)
        if (strcmp(text, containers[i].name) == 0) {
            *ret_format = (enum swt_format)i;
            return true;
        }
    return false;
}

const char *swt_format_name(enum swt_format format) {
    return containers[format].name;
}

static bool ends_with(const char *path, const char *extension) {
    size_t path_len = strlen(path);
    size_t len = strlen(extension);
    /* A file that is all extension (".pb") has none. */
    return path_len > len && path[path_len - len - 1] != '/' &&
           strcmp(path + path_len - len, extension) == 0;
}

bool swt_format_of_path(const char *path, enum swt_format *ret_format) {
    for (size_t i = 0; i < SWT_COUNT(containers); i++)
        for (size_t j = 0; j < SWT_COUNT(containers[i].extensions); j++)
            if (containers[i].extensions[j] && ends_with(path, containers[i].extensions[j])) {
                *ret_format = (enum swt_format)i;
                return true;
            }
    return false;
}

/* The tag of a field of bytes of an UpdateBundle, which those of envelopes and device manifests are
 * among. The path of no member starts with it. */
static bool starts_message(struct swt_slice head) {
    return head.len > 0 && (head.data[0] & 7) == SWT_WIRE_BYTES &&
           head.data[0] >> 3 >= SWT_FIELD_TIMESTAMP && head.data[0] >> 3 <= SWT_FIELD_ROOT;
}

/* "ustar" alone: GNU's magic goes on with spaces, and the tar reader says what is wrong with it. */
bool swt_tar_magic(struct swt_slice head) {
    static const char magic[] = "ustar";
    return !starts_message(head) && head.len >= SWT_TAR_MAGIC_OFFSET + strlen(magic) &&
           memcmp(head.data + SWT_TAR_MAGIC_OFFSET, magic, strlen(magic)) == 0;
}

const char *swt_container_foreign(struct swt_slice head) {
    static const struct {
        const char *magic;
        size_t len;
        const char *what;
    } kinds[] = {
        {"\x1f\x8b", 2, "gzip data"},           {"\xfd\x37\x7a\x58\x5a", 5, "xz data"},
        {"\x28\xb5\x2f\xfd", 4, "zstd data"},   {"BZh", 3, "bzip2 data"},
        {"PK\x03\x04", 4, "a zip archive"},     {"-----BEGIN ", 11, "a PEM file"},
        {"\x7f\x45\x4c\x46", 4, "an ELF file"},
    };
    for (size_t i = 0; i < SWT_COUNT(kinds); i++)
        if (head.len >= kinds[i].len && memcmp(head.data, kinds[i].magic, kinds[i].len) == 0)
            return kinds[i].what;
    return NULL;
}

int swt_shown_len(struct swt_slice name) {
    return name.len < SWT_SHOWN_NAME ? (int)name.len : SWT_SHOWN_NAME;
}
