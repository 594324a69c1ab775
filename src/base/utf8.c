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

/* ---- folding ----------------------------------------------------------------------------- */

/* The simple case folding of Unicode's CaseFolding.txt (status C and S) for the scripts that have
 * case and stand in its first blocks, as ranges: a constant distance, or pairs of neighbours. */
static const struct fold_range {
    uint32_t first, last;
    int32_t distance; /* 0: pairs, the upper case first */
} FOLD_RANGES[] = {
    {0x41, 0x5a, 32},     {0xb5, 0xb5, 775},    {0xc0, 0xd6, 32},       {0xd8, 0xde, 32},
    {0x100, 0x12f, 0},    {0x132, 0x137, 0},    {0x139, 0x148, 0},      {0x14a, 0x177, 0},
    {0x178, 0x178, -121}, {0x179, 0x17e, 0},    {0x17f, 0x17f, -268},   {0x1cd, 0x1dc, 0},
    {0x1de, 0x1ef, 0},    {0x1f8, 0x21f, 0},    {0x222, 0x233, 0},      {0x246, 0x24f, 0},
    {0x370, 0x373, 0},    {0x376, 0x377, 0},    {0x386, 0x386, 38},     {0x388, 0x38a, 37},
    {0x38c, 0x38c, 64},   {0x38e, 0x38f, 63},   {0x391, 0x3a1, 32},     {0x3a3, 0x3ab, 32},
    {0x3c2, 0x3c2, 1},    {0x3d8, 0x3ef, 0},    {0x400, 0x40f, 80},     {0x410, 0x42f, 32},
    {0x460, 0x481, 0},    {0x48a, 0x4bf, 0},    {0x4c0, 0x4c0, 15},     {0x4c1, 0x4ce, 0},
    {0x4d0, 0x52f, 0},    {0x531, 0x556, 48},   {0x10a0, 0x10c5, 7264}, {0x1e00, 0x1e95, 0},
    {0x1ea0, 0x1eff, 0},  {0x2160, 0x216f, 16}, {0x24b6, 0x24cf, 26},   {0x2c00, 0x2c2f, 48},
    {0x2c80, 0x2ce3, 0},  {0xa640, 0xa66d, 0},  {0xff21, 0xff3a, 32},   {0x10400, 0x10427, 40}};

uint32_t swt_char_fold(uint32_t character) {
    for (size_t i = 0; i < SWT_COUNT(FOLD_RANGES); i++) {
        const struct fold_range *range = &FOLD_RANGES[i];
        if (character < range->first)
            return character;
        if (character > range->last)
            continue;
        if (range->distance != 0)
            return (uint32_t)((int32_t)character + range->distance);
        return character + ((character - range->first) % 2 == 0);
    }
    return character;
}
