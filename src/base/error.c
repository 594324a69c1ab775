/* SPDX-License-Identifier: Apache-2.0 */
#define SWT_ERROR_DEFINITIONS
#include "swt/base.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct code_row {
    const char *name;
    const char *meaning;
    int exit;
};

#define CODE_ROW(symbol_, code_, exit_, meaning_) [SWT_E_##symbol_] = {code_, meaning_, exit_},
static const struct code_row code_rows[] = {[SWT_OK] = {"ok", "no error", 0}, SWT_ERRORS(CODE_ROW)};
#undef CODE_ROW
_Static_assert(SWT_COUNT(code_rows) == SWT_CODE_COUNT, "each code has its row");

static const char ellipsis[] = "...";

/* Every text is made in a scratch buffer first: an argument may be the error's own message. */
SWT_PRINTF(4, 0)
static void format_text(char *target, size_t size, const char *suffix, const char *format,
                        va_list arguments) {
    char scratch[sizeof(((struct swt_error *)NULL)->message)];
    int len = vsnprintf(scratch, sizeof scratch, format, arguments);
    bool cut = len < 0 || (size_t)len >= sizeof scratch;
    if (len < 0)
        (void)snprintf(scratch, sizeof scratch, "%s", format);

    size_t used = strlen(scratch);
    if (suffix[0] != '\0') {
        int more = snprintf(scratch + used, sizeof scratch - used, ": %s", suffix);
        cut = cut || more < 0 || (size_t)more >= sizeof scratch - used;
        used = strlen(scratch);
    }
    if (used >= size) {
        used = size - 1;
        cut = true;
    }
    memcpy(target, scratch, used);
    target[used] = '\0';
    if (cut && used >= sizeof ellipsis - 1)
        memcpy(target + used - (sizeof ellipsis - 1), ellipsis, sizeof ellipsis);
}

static void copy_text(char *target, size_t size, const char *text) {
    size_t len = strnlen(text, size - 1);
    memmove(target, text, len);
    target[len] = '\0';
}

static void clear_all_but_message(struct swt_error *err, enum swt_code code) {
    err->code = code;
    err->hint[0] = '\0';
    err->file[0] = '\0';
    err->line = 0;
    err->column = 0;
    err->has_offset = false;
    err->offset = 0;
}

int swt_fail(struct swt_error *err, enum swt_code code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    format_text(err->message, sizeof err->message, "", format, arguments);
    va_end(arguments);
    clear_all_but_message(err, code);
    return -(int)code;
}

static enum swt_code code_of_errno(int errnum) {
    switch (errnum) {
    case ENOENT:
        return SWT_E_NOT_FOUND;
    case EEXIST:
        return SWT_E_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return SWT_E_NO_SPACE;
    case EPIPE:
        return SWT_E_PIPE;
    case ENOMEM:
        return SWT_E_MEMORY;
    default:
        return SWT_E_IO;
    }
}

int swt_fail_errno(struct swt_error *err, int errnum, const char *format, ...) {
    enum swt_code code = code_of_errno(errnum);
    va_list arguments;
    va_start(arguments, format);
    format_text(err->message, sizeof err->message, strerror(errnum), format, arguments);
    va_end(arguments);
    clear_all_but_message(err, code);
    return -(int)code;
}

int swt_fail_memory(struct swt_error *err) {
    return swt_fail(err, SWT_E_MEMORY, "out of memory");
}

int swt_error_context(struct swt_error *err, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    format_text(err->message, sizeof err->message, err->message, format, arguments);
    va_end(arguments);
    return -(int)err->code;
}

int swt_error_hint(struct swt_error *err, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    format_text(err->hint, sizeof err->hint, "", format, arguments);
    va_end(arguments);
    return -(int)err->code;
}

int swt_error_hint_name(struct swt_error *err, const char *before, const char *name,
                        const char *after) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf word = {0};
    int rc = swt_shell_word(&word, name, err);
    if (rc < 0)
        return rc;
    bool fits = strlen(before) + word.len + strlen(after) < sizeof err->hint;
    return swt_error_hint(err, "%s%s%s", before, fits ? swt_buf_text(&word) : "FILE", after);
}

int swt_error_file(struct swt_error *err, const char *file) {
    if (err->file[0] == '\0')
        copy_text(err->file, sizeof err->file, file);
    return -(int)err->code;
}

int swt_error_position(struct swt_error *err, const char *file, unsigned line, unsigned column) {
    copy_text(err->file, sizeof err->file, file);
    err->line = line;
    err->column = column;
    return -(int)err->code;
}

int swt_error_offset(struct swt_error *err, uint64_t offset) {
    err->has_offset = true;
    err->offset = offset;
    return -(int)err->code;
}

int swt_error_recode(struct swt_error *err, enum swt_code code) {
    err->code = code;
    return -(int)code;
}

static const struct code_row *row_of(enum swt_code code) {
    static const struct code_row unknown = {"unknown", "an unknown error", 5};
    return (unsigned)code < SWT_CODE_COUNT ? &code_rows[code] : &unknown;
}

const char *swt_code_name(enum swt_code code) {
    return row_of(code)->name;
}

const char *swt_code_meaning(enum swt_code code) {
    return row_of(code)->meaning;
}

int swt_code_exit(enum swt_code code) {
    return row_of(code)->exit;
}
