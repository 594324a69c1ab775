/* SPDX-License-Identifier: Apache-2.0 */
#include "error_report.h"
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What cannot be told on standard error cannot be told at all. */
static void finish(struct swt_output *out) {
    struct swt_error ignored;
    (void)!swt_output_flush(out, &ignored);
    swt_output_done(out);
}

/* ---- text -------------------------------------------------------------------------------- */

static void put_prefix(struct swt_output *out, const struct swt_command *command) {
    swt_output_printf(out, "swupdate-tool: ");
    if (command != NULL)
        swt_output_printf(out, "%s: ", command->name);
}

/* "product.yaml:14:9: ", "bundle.swb: offset 1536: ", "key.pem: " */
static void put_place(struct swt_output *out, const struct swt_error *error) {
    swt_output_escaped_text(out, error->file);
    if (error->file[0] != '\0' && error->line != 0)
        swt_output_printf(out, ":%u:%u: ", error->line, error->column);
    else if (error->file[0] != '\0')
        swt_output_printf(out, ": ");
    if (error->has_offset)
        swt_output_printf(out, "offset %ju: ", (uintmax_t)error->offset);
}

/* The message without the file that it may start with: the place says it. */
static const char *message_text(const struct swt_error *error) {
    size_t len = strlen(error->file);
    if (len > 0 && strncmp(error->message, error->file, len) == 0 &&
        strncmp(error->message + len, ": ", 2) == 0)
        return error->message + len + 2;
    return error->message;
}

static void put_text(struct swt_output *out, const struct swt_command *command,
                     const struct swt_error *error) {
    put_prefix(out, command);
    put_place(out, error);
    swt_output_escaped_text(out, message_text(error));
    swt_output_printf(out, "\n");
    if (error->hint[0] != '\0') {
        swt_output_whole(out);
        swt_output_printf(out, "hint: ");
        swt_output_escaped_text(out, error->hint);
        swt_output_printf(out, "\n");
    }
}

/* ---- JSON -------------------------------------------------------------------------------- */

/* Escaped as the text is: whoever prints a field of it prints no control character. */
static json_t *escaped_json(const char *text) {
    struct swt_buf escaped = {0};
    struct swt_error ignored;
    json_t *value = NULL;
    if (swt_text_escape(&escaped, swt_slice_text(text), &ignored) == 0)
        value = json_stringn(swt_buf_text(&escaped), escaped.len);
    swt_buf_done(&escaped);
    return value;
}

static json_t *error_json(const struct swt_error *error) {
    json_t *body = json_object();
    int bad = json_object_set_new(body, "code", json_string(swt_code_name(error->code)));
    bad |= json_object_set_new(body, "exit", json_integer(swt_code_exit(error->code)));
    bad |= json_object_set_new(body, "message", escaped_json(error->message));
    if (error->file[0] != '\0')
        bad |= json_object_set_new(body, "file", escaped_json(error->file));
    if (error->line != 0) {
        bad |= json_object_set_new(body, "line", json_integer(error->line));
        bad |= json_object_set_new(body, "column", json_integer(error->column));
    }
    if (error->has_offset)
        bad |= json_object_set_new(body, "offset", json_integer((json_int_t)error->offset));
    if (error->hint[0] != '\0')
        bad |= json_object_set_new(body, "hint", escaped_json(error->hint));
    json_t *whole = json_object();
    bad |= json_object_set_new(whole, "error", body);
    if (bad != 0) {
        json_decref(whole);
        return NULL;
    }
    return whole;
}

/* All of it or, false, nothing. */
static bool put_json_line(struct swt_output *out, json_t *value) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf line = {0};
    struct swt_error ignored;
    bool whole = swt_json_write(value, JSON_COMPACT, &line, &ignored) == 0;
    json_decref(value);
    if (whole) {
        swt_output_whole(out);
        swt_output_bytes(out, swt_buf_slice(&line));
        swt_output_printf(out, "\n");
    }
    return whole;
}

void swt_report_error(const struct swt_command *command, bool json, const struct swt_error *error) {
    struct swt_output out;
    swt_output_init(&out, STDERR_FILENO);
    /* With no memory for JSON, text is better than silence. */
    if (!json || !put_json_line(&out, error_json(error)))
        put_text(&out, command, error);
    /* With no memory for text either: */
    if (out.failure.code == SWT_E_MEMORY) {
        static const char last_word[] = "swupdate-tool: out of memory\n";
        (void)!write(STDERR_FILENO, last_word, sizeof last_word - 1);
    }
    finish(&out);
}

/* ---- notices ----------------------------------------------------------------------------- */

static const char *level_name(enum swt_notice_level level) {
    return level == SWT_WARNING ? "warning" : "note";
}

static json_t *notice_json(enum swt_notice_level level, const char *text) {
    json_t *object = json_object();
    if (json_object_set_new(object, "level", json_string(level_name(level))) != 0 ||
        json_object_set_new(object, "message", escaped_json(text)) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static void report(const struct swt_invocation *invocation, enum swt_notice_level level,
                   const char *text) {
    if (level == SWT_NOTE && invocation->quiet)
        return;
    struct swt_output out;
    swt_output_init(&out, STDERR_FILENO);
    out.progress = invocation->progress;
    json_t *line = NULL;
    if (invocation->json) {
        line = json_object();
        if (json_object_set_new(line, "notice", notice_json(level, text)) != 0) {
            json_decref(line);
            line = NULL;
        }
    }
    if (line == NULL || !put_json_line(&out, line)) {
        put_prefix(&out, invocation->command);
        swt_output_printf(&out, "%s: ", level_name(level));
        swt_output_escaped_text(&out, text);
        swt_output_printf(&out, "\n");
    }
    finish(&out);
}

void swt_report_notices(const struct swt_invocation *invocation,
                        const struct swt_notices *notices) {
    for (size_t i = 0; i < notices->count; i++)
        report(invocation, notices->items[i].level, notices->items[i].text);
}

json_t *swt_notices_json(const struct swt_notices *notices) {
    json_t *list = json_array();
    for (size_t i = 0; i < notices->count; i++) {
        json_t *notice = notice_json(notices->items[i].level, notices->items[i].text);
        if (json_array_append_new(list, notice) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

int swt_report_beside(const struct swt_invocation *invocation, const char *path,
                      struct swt_error *err) {
    if (path == NULL || !swt_is_stdout(path))
        return 0;
    if (invocation->json)
        return swt_usage(invocation->command, err,
                         "--json and the output %s both want standard output: name a file", path);
    swt_output_redirect(invocation->out, STDERR_FILENO);
    return 0;
}
