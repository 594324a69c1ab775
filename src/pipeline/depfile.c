/* SPDX-License-Identifier: Apache-2.0 */
#include "depfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of ASCII, what both programs take as it is. Make expands [a-z], sees a pattern in '%', a variable
 * in '=' and an archive in '('; ninja ends a name at quotes and the like. */
static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80 || (c != '\0' && strchr("+,-./_~{}@!", c) != NULL);
}

static int refuse(const char *name, const char *what, struct swt_error *err) {
    swt_fail(err, SWT_E_USAGE, "--depfile: make or ninja would misread the name '%s': it %s", name,
             what);
    return swt_error_hint(err, "give the file another name, or build without --depfile");
}

/* A backslash stands for itself, but doubled before an escaped space; where it comes before what
 * else is escaped, the two programs differ. */
static int put_backslashes(const char *name, const char **text, struct swt_buf *ret_text,
                           struct swt_error *err) {
    size_t count = strspn(*text, "\\");
    char next = (*text)[count];
    if (next != ' ' && !is_plain(next))
        return refuse(name, "has a backslash there where none can be", err);
    int rc = swt_buf_append(ret_text, *text, count, err);
    if (rc == 0 && next == ' ')
        rc = swt_buf_append(ret_text, *text, count, err);
    *text += count;
    return rc;
}

static int put_character(const char *name, const char *text, struct swt_buf *ret_text,
                         struct swt_error *err) {
    char c = *text;
    char escaped[2] = {c == '$' ? '$' : '\\', c};
    if (c == ':' && (text[1] == ' ' || text[1] == '\0'))
        return refuse(name, "has a ':' at the end of a word", err);
    if (c == ' ' || c == '#' || c == ':' || c == '$')
        return swt_buf_append(ret_text, escaped, sizeof escaped, err);
    if (is_plain(c))
        return swt_buf_append(ret_text, &c, 1, err);
    char what[16];
    (void)snprintf(what, sizeof what, "has a '%c'", c);
    return refuse(name, (unsigned char)c < 0x20 || c == 0x7f ? "has a control character" : what,
                  err);
}

static int put_name(const char *name, struct swt_buf *ret_text, struct swt_error *err) {
    size_t len = strlen(name);
    const char *start = name; /* as make sees it */
    while (strncmp(start, "./", 2) == 0)
        start += 1 + strspn(start + 1, "/");
    if (len > 0 && name[len - 1] == ' ')
        return refuse(name, "ends in a space", err);
    if (start[0] == '~')
        return refuse(name, "starts with a '~', as home folders do", err);
    int rc = 0;
    for (const char *text = name; *text != '\0' && rc == 0;) {
        if (*text == '\\')
            rc = put_backslashes(name, &text, ret_text, err);
        else
            rc = put_character(name, text++, ret_text, err);
    }
    return rc;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int put_rules(const char *output, const char *const *sorted, size_t count,
                     struct swt_buf *ret_text, struct swt_error *err) {
    int rc = put_name(output, ret_text, err);
    if (rc == 0)
        rc = swt_buf_append(ret_text, ":", 1, err);
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = swt_buf_append(ret_text, " \\\n  ", 5, err);
        if (rc == 0)
            rc = put_name(sorted[i], ret_text, err);
    }
    if (rc == 0)
        rc = swt_buf_append(ret_text, "\n", 1, err);
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = swt_buf_append(ret_text, "\n", 1, err);
        if (rc == 0)
            rc = put_name(sorted[i], ret_text, err);
        if (rc == 0)
            rc = swt_buf_append(ret_text, ":\n", 2, err);
    }
    return rc;
}

int swt_depfile_write(const char *output, const char *const *inputs, size_t count,
                      struct swt_buf *ret_text, struct swt_error *err) {
    const char **sorted = calloc(count + 1, sizeof *sorted);
    if (sorted == NULL)
        return swt_fail_memory(err);
    memcpy(sorted, inputs, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_names);
    size_t unique = 0;
    for (size_t i = 0; i < count; i++)
        if (unique == 0 || strcmp(sorted[unique - 1], sorted[i]) != 0)
            sorted[unique++] = sorted[i];
    int rc = put_rules(output, sorted, unique, ret_text, err);
    free(sorted);
    return rc;
}
