/* SPDX-License-Identifier: Apache-2.0 */
#include "swt/base.h"

/*
 * One character, after Unicode's table of well-formed byte sequences (Unicode 3.9, D92); 0 when
 * text does not start with one. Overlong forms are refused: they let two byte strings be one text.
 */
static size_t decode(struct swt_slice text, uint32_t *ret_char) {
    if (text.len == 0)
        return 0;
    uint8_t first = text.data[0];
    if (first < 0x80) {
        *ret_char = first;
        return 1;
    }
    size_t len;
    uint32_t least;
    if (first >= 0xc2 && first <= 0xdf) {
        len = 2;
        least = 0x80;
    } else if (first >= 0xe0 && first <= 0xef) {
        len = 3;
        least = 0x800;
    } else if (first >= 0xf0 && first <= 0xf4) {
        len = 4;
        least = 0x10000;
    } else {
        return 0;
    }
    if (text.len < len)
        return 0;
    uint32_t character = first & (0x7fU >> len);
    for (size_t i = 1; i < len; i++) {
        if ((text.data[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (text.data[i] & 0x3f);
    }
    if (character < least || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return 0;
    *ret_char = character;
    return len;
}

static struct swt_slice skip(struct swt_slice text, size_t len) {
    return swt_slice_of(text.data + len, text.len - len);
}

bool swt_utf8_valid(struct swt_slice text) {
    while (text.len > 0) {
        uint32_t character;
        size_t len = decode(text, &character);
        if (len == 0)
            return false;
        text = skip(text, len);
    }
    return true;
}

size_t swt_utf8_next(struct swt_slice text, uint32_t *ret_char) {
    size_t len = decode(text, ret_char);
    if (len == 0 && text.len > 0) {
        /* A caller that broke the precondition still comes to the end of its text. */
        *ret_char = 0xfffd;
        return 1;
    }
    return len;
}

bool swt_char_is_control(uint32_t character) {
    return character < 0x20 || (character >= 0x7f && character <= 0x9f) || character == 0x061c ||
           character == 0x200e || character == 0x200f ||
           (character >= 0x202a && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069);
}

/* What shows nothing, so that two names look like one: the soft hyphen, separators of lines,
 * joiners and others without a width, and tags. Combining marks show, and variants do with what is
 * before them. */
static bool is_invisible(uint32_t character) {
    return character == 0xad || character == 0x34f || character == 0x180e ||
           (character >= 0x200b && character <= 0x200d) || character == 0x2028 ||
           character == 0x2029 || (character >= 0x2060 && character <= 0x2064) ||
           character == 0xfeff || (character >= 0xe0000 && character <= 0xe007f);
}

/* A hostile name can be made of such bytes alone, a million of them. */
static int escape_byte(struct swt_buf *buf, uint8_t byte, struct swt_error *err) {
    char escaped[] = "\\x00";
    swt_hex_encode(&byte, 1, escaped + 2);
    return swt_buf_append(buf, escaped, 4, err);
}

static int escape_control(struct swt_buf *buf, uint32_t character, struct swt_error *err) {
    if (character == '\n')
        return swt_buf_append(buf, "\\n", 2, err);
    if (character == '\t')
        return swt_buf_append(buf, "\\t", 2, err);
    if (character < 0x80)
        return escape_byte(buf, (uint8_t)character, err);
    return swt_buf_printf(buf, err, "\\u{%04x}", (unsigned)character);
}

int swt_text_escape(struct swt_buf *buf, struct swt_slice text, struct swt_error *err) {
    size_t clean = 0; /* characters before text + clean need no escape and wait to be appended */
    while (clean < text.len) {
        struct swt_slice rest = skip(text, clean);
        uint32_t character;
        size_t len = decode(rest, &character);
        if (len > 0 && !swt_char_is_control(character) && !is_invisible(character)) {
            clean += len;
            continue;
        }
        int r = swt_buf_append(buf, text.data, clean, err);
        if (r < 0)
            return r;
        r = len > 0 ? escape_control(buf, character, err) : escape_byte(buf, rest.data[0], err);
        if (r < 0)
            return r;
        text = skip(rest, len > 0 ? len : 1);
        clean = 0;
    }
    return swt_buf_append(buf, text.data, clean, err);
}
