/* SPDX-License-Identifier: Apache-2.0 */
/* What a step says of itself: expected, found, notes, and the verdict that follows. */
#include "judge.h"

#include <string.h>

static int set_text(struct swt_buf *buf, struct swt_error *err, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
static int set_text(struct swt_buf *buf, struct swt_error *err, const char *format, va_list args) {
    char text[sizeof err->message];
    vsnprintf(text, sizeof text, format, args);
    swt_buf_clear(buf);
    return swt_buf_printf(buf, err, "%s", text);
}

#define STEP_TEXT(field_)                                                                          \
    va_list args;                                                                                  \
    va_start(args, format);                                                                        \
    int rc = set_text(&step->field_, err, format, args);                                           \
    va_end(args);                                                                                  \
    return rc

int swt_step_expect(struct swt_step *step, struct swt_error *err, const char *format, ...) {
    STEP_TEXT(expected);
}

int swt_step_pass(struct swt_step *step, struct swt_error *err, const char *format, ...) {
    if (step->verdict != SWT_WARN)
        step->verdict = SWT_PASS;
    STEP_TEXT(found);
}

int swt_step_fail(struct swt_step *step, struct swt_error *err, const char *format, ...) {
    step->verdict = SWT_FAIL;
    STEP_TEXT(found);
}

int swt_step_skip(struct swt_step *step, struct swt_error *err, const char *format, ...) {
    step->verdict = SWT_STEP_SKIPPED;
    STEP_TEXT(note);
}

/* With hundreds of bad signatures a step would tell megabytes: enough is enough. */
#define NOTE_LIMIT 2000

static int add_note(struct swt_step *step, struct swt_error *err, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
static int add_note(struct swt_step *step, struct swt_error *err, const char *format,
                    va_list args) {
    if (step->note.len >= NOTE_LIMIT) {
        static const char MORE[] = "; ...";
        size_t len = step->note.len;
        if (memcmp(step->note.data + len - strlen(MORE), MORE, strlen(MORE)) == 0)
            return 0;
        return swt_buf_printf(&step->note, err, MORE);
    }
    char text[sizeof err->message];
    vsnprintf(text, sizeof text, format, args);
    return swt_buf_printf(&step->note, err, "%s%s", step->note.len ? "; " : "", text);
}

int swt_step_note(struct swt_step *step, struct swt_error *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int rc = add_note(step, err, format, args);
    va_end(args);
    return rc;
}

int swt_step_warn(struct swt_step *step, struct swt_error *err, const char *format, ...) {
    if (step->verdict == SWT_PASS)
        step->verdict = SWT_WARN;
    va_list args;
    va_start(args, format);
    int rc = add_note(step, err, format, args);
    va_end(args);
    return rc;
}

int swt_step_fault(struct swt_step *step, struct swt_error *err) {
    if (swt_code_exit(err->code) != 3)
        return -(int)err->code;
    struct swt_error fault = *err;
    if (fault.code == SWT_E_UNKNOWN_FIELD && fault.hint[0] == '\0')
        swt_error_hint(&fault, SWT_ALLOW_UNKNOWN_HINT);
    if (fault.hint[0] != '\0') {
        int rc = swt_step_note(step, err, "%s", fault.hint);
        if (rc < 0)
            return rc;
    }
    if (fault.has_offset)
        return swt_step_fail(step, err, "at offset %llu: %s", (unsigned long long)fault.offset,
                             fault.message);
    return swt_step_fail(step, err, "%s", fault.message);
}

void swt_step_done(struct swt_step *step) {
    swt_buf_done(&step->expected);
    swt_buf_done(&step->found);
    swt_buf_done(&step->note);
}

int swt_step_repeat(struct swt_step *step, const struct swt_step *found, struct swt_error *err) {
    int rc = 0;
    if (found->expected.len > 0)
        rc = swt_step_expect(step, err, "%s", swt_buf_text(&found->expected));
    if (rc == 0 && found->note.len > 0)
        rc = swt_step_note(step, err, "%s", swt_buf_text(&found->note));
    if (rc < 0)
        return rc;
    return found->verdict == SWT_FAIL ? swt_step_fail(step, err, "%s", swt_buf_text(&found->found))
                                      : swt_step_pass(step, err, "%s", swt_buf_text(&found->found));
}
