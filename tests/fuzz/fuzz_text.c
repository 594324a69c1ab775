/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as text: what is shown of it is UTF-8 without a character that a terminal obeys, and is
 * itself where nothing had to be escaped; base64 and hexadecimal digits have one reading and one
 * writing; a word for a shell is read by it as the text.
 */
#include "swt/base.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

/* The characters of valid UTF-8; whether one of them is a control character. */
static bool walk(struct swt_slice text) {
    bool control = false;
    for (size_t i = 0; i < text.len;) {
        uint32_t character = 0;
        size_t len = swt_utf8_next(swt_slice_of(text.data + i, text.len - i), &character);
        require(len >= 1 && len <= 4 && i + len <= text.len);
        require(character <= 0x10ffff && (character < 0xd800 || character > 0xdfff));
        require(swt_char_fold(swt_char_fold(character)) == swt_char_fold(character));
        control |= swt_char_is_control(character);
        i += len;
    }
    return control;
}

static void check_escaped(struct swt_slice bytes) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf shown = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf again = {0};
    struct swt_error err;
    require(swt_text_escape(&shown, bytes, &err) == 0);
    require(swt_utf8_valid(swt_buf_slice(&shown)) && !walk(swt_buf_slice(&shown)));
    require(shown.len >= bytes.len);
    /* What is shown is shown as it is. */
    require(swt_text_escape(&again, swt_buf_slice(&shown), &err) == 0);
    require(swt_slice_equal(swt_buf_slice(&again), swt_buf_slice(&shown)));
    if (swt_utf8_valid(bytes) && walk(bytes))
        require(!swt_slice_equal(swt_buf_slice(&shown), bytes));
}

static void check_base64(struct swt_slice bytes) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf decoded = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    struct swt_error err;
    if (swt_base64_decode(bytes, &decoded, &err) == 1) {
        require(swt_base64_encode(swt_buf_slice(&decoded), &text, &err) == 0);
        require(swt_slice_equal(swt_buf_slice(&text), bytes));
    } else {
        require(decoded.len == 0);
    }
    swt_buf_clear(&text);
    swt_buf_clear(&decoded);
    require(swt_base64_encode(bytes, &text, &err) == 0);
    require(swt_base64_decode(swt_buf_slice(&text), &decoded, &err) == 1);
    require(swt_slice_equal(swt_buf_slice(&decoded), bytes));
}

static void check_hex(struct swt_slice bytes) {
    char text[SWT_HEX_SIZE(64)];
    uint8_t decoded[64];
    size_t len = bytes.len < sizeof decoded ? bytes.len : sizeof decoded;
    if (len == 0)
        return;
    swt_hex_encode(bytes.data, len, text);
    require(swt_hex_decode(text, decoded, len) && memcmp(decoded, bytes.data, len) == 0);
    require(!swt_hex_decode(text, decoded, len - 1));
    memcpy(text, bytes.data, len);
    text[len] = '\0';
    if (swt_hex_decode(text, decoded, len / 2))
        require(strspn(text, "0123456789abcdefABCDEF") == strlen(text) &&
                strlen(text) == len / 2 * 2);
}

/* As a shell reads a word: what is in quotes as it is; outside of them only a quote that is
 * escaped, and characters that mean nothing to any shell. */
static void check_word(struct swt_slice bytes) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf word = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf read = {0};
    struct swt_error err;
    bool quoted = false;
    require(swt_buf_append_slice(&text, bytes, &err) == 0);
    require(swt_shell_word(&word, swt_buf_text(&text), &err) == 0 && word.len > 0);
    for (const char *at = swt_buf_text(&word); *at != '\0'; at++) {
        if (*at == '\'') {
            quoted = !quoted;
            continue;
        }
        if (!quoted && *at == '\\')
            require(*++at == '\'');
        else if (!quoted)
            require((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') ||
                    (*at >= 'A' && *at <= 'Z') || strchr("%+,-./:=@_", *at) != NULL);
        require(swt_buf_append(&read, at, 1, &err) == 0);
    }
    const char *found = swt_buf_text(&read);
    require(!quoted && (found[0] != '-' || found[1] == '\0'));
    if (swt_buf_text(&text)[0] == '-' && found[0] == '.')
        found += strlen("./");
    require(strcmp(found, swt_buf_text(&text)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_slice bytes = swt_slice_of(data, size);
    check_escaped(bytes);
    check_base64(bytes);
    check_hex(bytes);
    check_word(bytes);
    return 0;
}
