/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle's reading of a container and of protobuf (oracle.h): what is there, each part once. */
#ifndef SWT_TESTS_ORACLE_PARTS_H
#define SWT_TESTS_ORACLE_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span {
    const uint8_t *data;
    size_t len;
};

static inline bool same(struct span a, struct span b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline struct span text(const char *chars) {
    return (struct span){(const uint8_t *)chars, strlen(chars)};
}

/* Ends the judgement with what is wrong. */
#define DEMAND(condition_, reason_)                                                                \
    do {                                                                                           \
        if (!(condition_))                                                                         \
            return reason_;                                                                        \
    } while (0)
#define PASS_ON(call_)                                                                             \
    do {                                                                                           \
        const char *reason_ = (call_);                                                             \
        if (reason_ != NULL)                                                                       \
            return reason_;                                                                        \
    } while (0)

/* ---- protobuf ---------------------------------------------------------------------------- */

struct field {
    uint64_t number;
    unsigned type;
    uint64_t value;
    struct span bytes;
};

static inline bool take_varint(struct span *rest, uint64_t *ret_value) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && rest->len > 0; shift += 7) {
        uint8_t byte = *rest->data++;
        rest->len--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* False at the end; then *broken tells whether it was one. */
static inline bool take_field(struct span *rest, struct field *field, bool *broken) {
    uint64_t tag;
    uint64_t size = 0;
    if (rest->len == 0)
        return false;
    *broken = true;
    if (!take_varint(rest, &tag))
        return false;
    *field = (struct field){.number = tag >> 3, .type = tag & 7};
    if (field->type == 0)
        *broken = !take_varint(rest, &field->value);
    else if (field->type == 1 || field->type == 5)
        size = field->type == 1 ? 8 : 4;
    else if (field->type != 2 || !take_varint(rest, &size))
        return false;
    if (field->type == 0)
        return !*broken;
    if (size > rest->len)
        return false;
    field->bytes = (struct span){rest->data, (size_t)size};
    rest->data += size;
    rest->len -= (size_t)size;
    *broken = false;
    return true;
}

/* ---- the container ----------------------------------------------------------------------- */

#define MOST_PARTS 512
struct part {
    struct span name;
    struct span bytes;
};
struct parts {
    struct span root, targets; /* envelopes */
    unsigned root_count, targets_count;
    struct part payloads[MOST_PARTS];
    size_t payload_count;
    bool too_many; /* more than are looked at: nothing is said of it */
    bool ordered;  /* payloads come in the metadata's order */
};

static inline void add_payload(struct parts *parts, struct span name, struct span bytes) {
    if (parts->payload_count < MOST_PARTS)
        parts->payloads[parts->payload_count++] = (struct part){name, bytes};
    else
        parts->too_many = true;
}

/* The one header of a member of that name, prefix and size. */
static inline bool is_header(const uint8_t *block, struct span prefix, struct span name,
                             size_t size) {
    char header[513] = {0};
    unsigned sum = 0;
    memcpy(header, name.data, name.len);
    (void)snprintf(header + 100, 8, "000644 ");
    (void)snprintf(header + 108, 8, "000000 ");
    (void)snprintf(header + 116, 8, "000000 ");
    (void)snprintf(header + 124, 13, "%011zo ", size);
    (void)snprintf(header + 136, 13, "00000000000 ");
    memset(header + 148, ' ', 8);
    header[156] = '0';
    memcpy(header + 257, "ustar\00000", 8);
    (void)snprintf(header + 329, 8, "000000 ");
    (void)snprintf(header + 337, 8, "000000 ");
    memcpy(header + 345, prefix.data, prefix.len);
    for (size_t i = 0; i < 512; i++)
        sum += (uint8_t)header[i];
    (void)snprintf(header + 148, 7, "%06o", sum);
    return memcmp(header, block, 512) == 0;
}

static inline bool is_zero(const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static inline const char *add_member(struct parts *parts, struct span prefix, struct span name,
                                     struct span bytes) {
    static const char FOLDER[] = "targets/";
    size_t skipped = prefix.len > 0 ? 0 : strlen(FOLDER);
    if (prefix.len > 0 && !same(prefix, text("targets")))
        return "tar: a prefix that is not 'targets'";
    if (prefix.len > 0 || (name.len > skipped && memcmp(name.data, FOLDER, skipped) == 0)) {
        DEMAND(parts->targets_count == 1, "tar: a payload before the targets metadata");
        add_payload(parts, (struct span){name.data + skipped, name.len - skipped}, bytes);
    } else if (same(name, text("root_metadata"))) {
        DEMAND(parts->targets_count == 0, "tar: the root behind the targets metadata");
        parts->root = bytes;
        parts->root_count++;
    } else {
        DEMAND(same(name, text("targets_metadata")), "tar: an unknown member");
        DEMAND(parts->payload_count == 0, "tar: the targets metadata behind a payload");
        parts->targets = bytes;
        parts->targets_count++;
    }
    return NULL;
}

static inline const char *walk_tar(struct span rest, struct parts *parts) {
    parts->ordered = true;
    for (;;) {
        DEMAND(rest.len >= 1024 && rest.len % 512 == 0, "tar: no whole end");
        const uint8_t *block = rest.data;
        if (block[0] == 0) {
            DEMAND(rest.len == 1024 && is_zero(block, 1024), "tar: something at its end");
            return NULL;
        }
        const char *chars = (const char *)block;
        struct span name = {block, strnlen(chars, 100)};
        struct span prefix = {block + 345, strnlen(chars + 345, 155)};
        char digits[12] = {0};
        memcpy(digits, block + 124, 11);
        unsigned long long size = strtoull(digits, NULL, 8);
        size_t whole = (size_t)((size + 511) / 512 * 512);
        DEMAND(size < rest.len && whole + 512 <= rest.len, "tar: a member past the end");
        DEMAND(is_header(block, prefix, name, (size_t)size), "tar: not the one header");
        DEMAND(is_zero(block + 512 + size, whole - (size_t)size), "tar: padding");
        PASS_ON(add_member(parts, prefix, name, (struct span){block + 512, (size_t)size}));
        rest.data += 512 + whole;
        rest.len -= 512 + whole;
    }
}

static inline const char *walk_entry(struct span rest, bool allow_unknown, struct part *ret_part) {
    struct field field;
    bool broken = false;
    unsigned keys = 0, values = 0;
    *ret_part = (struct part){{NULL, 0}, {NULL, 0}};
    while (take_field(&rest, &field, &broken)) {
        if (field.number == 1 && field.type == 2 && keys++ == 0)
            ret_part->name = field.bytes;
        else if (field.number == 2 && field.type == 2 && values++ == 0)
            ret_part->bytes = field.bytes;
        else
            DEMAND(allow_unknown && field.number > 2, "pb: an odd field in an entry");
    }
    return broken ? "pb: a broken entry" : NULL;
}

static inline const char *walk_bundle(struct span rest, bool allow_unknown, struct parts *parts) {
    struct field field;
    bool broken = false;
    while (take_field(&rest, &field, &broken)) {
        struct part part;
        if (field.number < 3 || field.number > 5) {
            DEMAND(allow_unknown, "pb: an unknown field");
            continue;
        }
        DEMAND(field.type == 2, "pb: an odd field");
        if (field.number == 5) {
            parts->root = field.bytes;
            parts->root_count++;
            continue;
        }
        PASS_ON(walk_entry(field.bytes, allow_unknown, &part));
        if (field.number == 4) {
            add_payload(parts, part.name, part.bytes);
            continue;
        }
        DEMAND(same(part.name, text("targets")), "pb: other targets metadata");
        parts->targets = part.bytes;
        parts->targets_count++;
    }
    return broken ? "pb: broken" : NULL;
}

#endif
