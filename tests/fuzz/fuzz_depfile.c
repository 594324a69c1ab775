/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any names, which a NUL ends, as those of a depfile: the first is the output. They are refused, or
 * what is written, read as make and ninja do, is these names.
 */
#include "../../src/pipeline/depfile.h"

#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

/* The next word of the text, unescaped as ninja does: of backslashes before a space, or one of
 * "#:", each pair is one, and the last takes the space or sign in. Returns what follows. */
static const char *read_word(const char *text, char *ret_word) {
    while (*text != '\0' && *text != ' ' && *text != '\n') {
        size_t count = strspn(text, "\\");
        char next = text[count];
        if (count > 0 && next == ' ') {
            size_t kept = count / 2;
            memset(ret_word, '\\', kept);
            ret_word += kept;
            text += count;
            require(count % 2 == 1);
            *ret_word++ = *text++;
        } else if (count > 0 && (next == '#' || next == ':')) {
            memset(ret_word, '\\', count - 1);
            ret_word += count - 1;
            text += count;
            *ret_word++ = *text++;
        } else if (text[0] == '$') {
            require(text[1] == '$');
            *ret_word++ = '$';
            text += 2;
        } else if (text[0] == ':' && (text[1] == ' ' || text[1] == '\n')) {
            break;
        } else {
            *ret_word++ = *text++;
        }
    }
    *ret_word = '\0';
    return text;
}

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The rule of the output: its name, a colon, and each input once, in order. */
static void check_rule(const char *text, const char **names, size_t count) {
    char *word = malloc(strlen(text) + 1);
    require(word != NULL);
    text = read_word(text, word);
    require(strcmp(word, names[0]) == 0 && *text == ':');
    text++;
    qsort(names + 1, count - 1, sizeof *names, compare);
    for (size_t i = 1; i < count; i++) {
        if (i > 1 && strcmp(names[i], names[i - 1]) == 0)
            continue;
        require(strncmp(text, " \\\n  ", 5) == 0);
        text = read_word(text + 5, word);
        require(strcmp(word, names[i]) == 0);
    }
    require(*text == '\n');
    free(word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    const char *names[MAX_NAMES];
    struct swt_error err;
    size_t count = 0;
    char *copy = malloc(size + 1);
    require(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    for (size_t at = 0; at < size && count < MAX_NAMES; at += strlen(copy + at) + 1)
        if (copy[at] != '\0')
            names[count++] = copy + at;
    if (count > 0 && swt_depfile_write(names[0], names + 1, count - 1, &text, &err) == 0)
        check_rule(swt_buf_text(&text), names, count);
    else
        require(count == 0 || err.code == SWT_E_USAGE);
    free(copy);
    return 0;
}
