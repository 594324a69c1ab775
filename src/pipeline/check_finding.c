/* SPDX-License-Identifier: Apache-2.0 */
/* What check finds: the list of one file. */
#include "check.h"

#include <stdio.h>
#include <string.h>

/* So many are told; a log that is damaged all over has no end of them. */
#define MAX_FINDINGS 100

static json_t *text_of(const char *text) {
    return swt_json_text(swt_slice_text(text));
}

static int set_place(json_t *json, const struct swt_finding *finding, struct swt_error *err) {
    int rc = 0;
    if (finding->path != NULL)
        rc = swt_json_set(json, "file", swt_json_path(finding->path), err);
    if (rc == 0 && finding->line > 0)
        rc = swt_json_set(json, "line", json_integer((json_int_t)finding->line), err);
    if (rc == 0 && finding->column > 0)
        rc = swt_json_set(json, "column", json_integer((json_int_t)finding->column), err);
    return rc;
}

static bool is_warning(const json_t *finding) {
    return strcmp(json_string_value(json_object_get(finding, "level")), "warning") == 0;
}

/* Warnings must not hide the error that makes a file unsound: the last one makes room for it. */
static bool has_room(struct swt_checked_file *file, bool warning) {
    if (json_array_size(file->findings) < MAX_FINDINGS)
        return true;
    file->omitted++;
    for (size_t i = MAX_FINDINGS; i-- > 0 && !warning;)
        if (is_warning(json_array_get(file->findings, i)))
            return json_array_remove(file->findings, i) == 0;
    return false;
}

int swt_check_add(struct swt_checked_file *file, const struct swt_finding *finding,
                  struct swt_error *err) {
    bool warning = finding->level == SWT_LEVEL_WARNING;
    file->sound &= warning;
    if (!has_room(file, warning))
        return 0;
    json_t *json =
        json_pack("{s:s, s:s}", "level", warning ? "warning" : "error", "code", finding->code);
    int rc = swt_json_add(file->findings, json, err);
    if (rc == 0)
        rc = set_place(json, finding, err);
    if (rc == 0)
        rc = swt_json_set(json, "message", text_of(finding->message), err);
    if (rc == 0 && finding->hint != NULL && finding->hint[0] != '\0')
        rc = swt_json_set(json, "hint", text_of(finding->hint), err);
    return rc;
}

int swt_check_find(struct swt_checked_file *file, struct swt_error *err, enum swt_level level,
                   const char *code, const char *format, ...) {
    char message[sizeof err->message];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct swt_finding finding = {.level = level, .code = code, .message = message};
    return swt_check_add(file, &finding, err);
}

int swt_check_fault(struct swt_checked_file *file, const char *code, struct swt_error *err) {
    if (swt_code_exit(err->code) != 3)
        return -(int)err->code;
    struct swt_error fault = *err;
    if (!fault.has_offset)
        return swt_check_find(file, err, SWT_LEVEL_ERROR, code, "%s", fault.message);
    return swt_check_find(file, err, SWT_LEVEL_ERROR, code, "at offset %llu: %s",
                          (unsigned long long)fault.offset, fault.message);
}

void swt_finding_at(struct swt_finding *finding, const struct swt_checked_file *file,
                    const struct swt_node *node) {
    if (node == NULL)
        return;
    finding->path = strcmp(node->file, file->path) == 0 ? NULL : node->file;
    finding->line = node->line;
    finding->column = node->column;
}

bool swt_check_has(const struct swt_checked_file *file, const char *code) {
    size_t i;
    const json_t *finding;
    json_array_foreach(file->findings, i, finding) {
        if (strcmp(json_string_value(json_object_get(finding, "code")), code) == 0)
            return true;
    }
    return false;
}
