/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of files that are JSON: what their schema says. */
#include "document.h"
#include "json_text.h"
#include "kind.h"

#include <string.h>

static const struct json_kind {
    const char *schema;
    enum swt_kind kind;
} KINDS[] = {
    {SWT_SIGNING_REQUEST_SCHEMA, SWT_KIND_SIGNING_REQUEST},
    {SWT_SIGNING_RESPONSE_SCHEMA, SWT_KIND_SIGNING_RESPONSE},
    {SWT_AUDIT_LOG_SCHEMA, SWT_KIND_AUDIT_LOG},
};

/* White space in front of it may be so long. */
#define HEAD_SIZE 256

/* Of any file that is asked for: what exceeds this is none of ours. */
static const struct swt_json_limits LIMITS = {(size_t)256 * 1024, 64};

static size_t skip_space(struct swt_slice bytes, size_t at) {
    static const uint8_t SPACES[] = {' ', '\t', '\r', '\n'};
    while (at < bytes.len && memchr(SPACES, bytes.data[at], sizeof SPACES) != NULL)
        at++;
    return at;
}

/* An object with a member. White space before it would do as the start of a protobuf message too,
 * but not with this behind it: a field 15 that is a group, or a message that starts with field 4.
 */
static bool looks_like_object(struct swt_slice bytes) {
    size_t brace = skip_space(bytes, 0);
    if (brace == bytes.len || bytes.data[brace] != '{')
        return false;
    size_t quote = skip_space(bytes, brace + 1);
    return quote < bytes.len && bytes.data[quote] == '"';
}

/* JSON that cannot be parsed, as several lines of a log, is what a text in it says. */
static bool mentions(struct swt_slice bytes, const char *schema) {
    return memmem(bytes.data, bytes.len, schema, strlen(schema)) != NULL;
}

int swt_kind_of_json(struct swt_slice bytes, enum swt_kind *ret_kind, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *json = NULL;
    struct swt_error fault;
    if (!looks_like_object(bytes))
        return 0;
    int rc = swt_json_parse(bytes, "", &LIMITS, SWT_E_FILE_KIND, &json, &fault);
    if (rc < 0 && fault.code == SWT_E_MEMORY)
        return swt_fail_memory(err);
    const char *schema = json_string_value(json_object_get(json, "schema"));
    for (size_t i = 0; i < SWT_COUNT(KINDS); i++) {
        bool is = json == NULL ? mentions(bytes, KINDS[i].schema)
                               : schema != NULL &&
                                     strncmp(schema, KINDS[i].schema, strlen(KINDS[i].schema)) == 0;
        if (!is)
            continue;
        *ret_kind = KINDS[i].kind;
        return 1;
    }
    return 0;
}

int swt_kind_detect_json(struct swt_reader *reader, enum swt_kind *ret_kind,
                         struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    uint8_t head[HEAD_SIZE];
    size_t len;
    if (swt_reader_size(reader) > SWT_MAX_SIGNING_JSON)
        return 0;
    int rc = swt_reader_read(reader, head, sizeof head, &len, err);
    if (rc < 0 || !looks_like_object(swt_slice_of(head, len)))
        return rc;
    rc = swt_reader_seek(reader, 0, err);
    if (rc == 0)
        rc = swt_reader_read_all(reader, SWT_MAX_SIGNING_JSON, &bytes, err);
    return rc < 0 ? rc : swt_kind_of_json(swt_buf_slice(&bytes), ret_kind, err);
}
