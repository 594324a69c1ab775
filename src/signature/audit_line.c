/* SPDX-License-Identifier: Apache-2.0 */
/* What a line of the audit log is (swupdate-tool-check(1)). */
#include "internal.h"

#include "audit.h"

#include <stdlib.h>
#include <string.h>

void swt_audit_json_cleanup(json_t **json) {
    json_decref(*json);
}

void swt_audit_line_done(struct swt_audit_line *line) {
    json_decref(line->object);
    *line = (struct swt_audit_line){0};
}

int swt_audit_hash(struct swt_slice bytes, char ret_hash[SWT_AUDIT_HASH], struct swt_error *err) {
    struct swt_message message;
    int result = swt_message_init(bytes, &message, err);
    if (result >= 0)
        swt_hex_encode(message.sha256, sizeof message.sha256, ret_hash);
    return result;
}

int swt_audit_line_encode(const json_t *object, struct swt_buf *ret_bytes, struct swt_error *err) {
    return swt_json_write(object, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII, ret_bytes,
                          err);
}

/* ---- members ----------------------------------------------------------------------------- */

enum type { TEXT, HASH, TIME, NUMBER, OBJECT };
/* Which lines have a member. */
enum place { BOTH, BOTH_PERHAPS, END, END_SIGNED, END_FAILED };

static const struct member {
    const char *name;
    enum type type;
    enum place place;
    bool of_use;      /* both lines of a use have it alike */
    json_int_t least; /* of a number */
} MEMBERS[] = {
    {"begin", HASH, END, false, 0},
    {"error", OBJECT, END_FAILED, false, 0},
    {"event", TEXT, BOTH, false, 0},
    {"host", TEXT, BOTH, true, 0},
    {"key", TEXT, BOTH, true, 0},
    {"key_id", HASH, BOTH, true, 0},
    {"metadata_sha256", HASH, BOTH, true, 0},
    {"outcome", TEXT, END, false, 0},
    {"pid", NUMBER, BOTH, true, 1},
    {"previous", HASH, BOTH, false, 0},
    {"product", TEXT, BOTH_PERHAPS, true, 0},
    {"role", TEXT, BOTH, true, 0},
    {"schema", TEXT, BOTH, false, 0},
    {"signature_sha256", HASH, END_SIGNED, false, 0},
    {"time", TIME, BOTH, false, 0},
    {"uid", NUMBER, BOTH, true, 0},
    {"user", TEXT, BOTH_PERHAPS, true, 0},
    {"version", NUMBER, BOTH_PERHAPS, true, 1},
};

static bool is_hash(const char *text) {
    return strlen(text) == SWT_AUDIT_HASH - 1 &&
           strspn(text, "0123456789abcdef") == SWT_AUDIT_HASH - 1;
}

/* The one form that is written: no date alone. */
static bool is_time(const char *text) {
    char again[SWT_TIME_TEXT];
    int64_t time;
    return swt_parse_time(text, &time) && strcmp(swt_time_text(time, again), text) == 0;
}

static bool is_of_type(const json_t *value, const struct member *member) {
    const char *text = json_string_value(value);
    switch (member->type) {
    case TEXT:
        return text != NULL;
    case HASH:
        return text != NULL && is_hash(text);
    case TIME:
        return text != NULL && is_time(text);
    case NUMBER:
        return json_is_integer(value) && json_integer_value(value) >= member->least &&
               json_integer_value(value) <= UINT32_MAX;
    case OBJECT:
        break;
    }
    return json_object_size(value) == 2 && json_is_string(json_object_get(value, "code")) &&
           json_is_string(json_object_get(value, "message"));
}

static bool has_text(const json_t *object, const char *name, const char *text) {
    const char *found = json_string_value(json_object_get(object, name));
    return found != NULL && strcmp(found, text) == 0;
}

static bool belongs(const struct member *member, bool is_end, bool is_signed) {
    switch (member->place) {
    case BOTH:
    case BOTH_PERHAPS:
        return true;
    case END:
        return is_end;
    case END_SIGNED:
        return is_end && is_signed;
    case END_FAILED:
        break;
    }
    return is_end && !is_signed;
}

/* Names come from the table, never from the file. */
static int check_members(const json_t *object, bool is_end, bool is_signed, struct swt_error *err) {
    size_t known = 0;
    for (size_t i = 0; i < SWT_COUNT(MEMBERS); i++) {
        const struct member *member = &MEMBERS[i];
        const json_t *value = json_object_get(object, member->name);
        known += value != NULL;
        if (value == NULL && (member->place == BOTH_PERHAPS || !belongs(member, is_end, is_signed)))
            continue;
        if (value == NULL)
            return swt_fail(err, SWT_E_AUDIT_LOG, "the member %s is missing", member->name);
        if (!belongs(member, is_end, is_signed))
            return swt_fail(err, SWT_E_AUDIT_LOG, "a member %s, which is not of this event",
                            member->name);
        if (!is_of_type(value, member))
            return swt_fail(err, SWT_E_AUDIT_LOG,
                            "the member %s is not of the form that is written", member->name);
    }
    if (json_object_size(object) != known)
        return swt_fail(err, SWT_E_AUDIT_LOG, "a member that is not known");
    return 0;
}

static int check_object(const json_t *object, struct swt_error *err) {
    bool is_end = has_text(object, "event", "end");
    bool is_signed = has_text(object, "outcome", SWT_AUDIT_SIGNED);
    if (!has_text(object, "schema", SWT_AUDIT_SCHEMA))
        return swt_fail(err, SWT_E_AUDIT_LOG, "the schema is not " SWT_AUDIT_SCHEMA);
    if (!is_end && !has_text(object, "event", "begin"))
        return swt_fail(err, SWT_E_AUDIT_LOG, "the event is neither begin nor end");
    int result = check_members(object, is_end, is_signed, err);
    if (result >= 0 && is_end && !is_signed && !has_text(object, "outcome", SWT_AUDIT_FAILED))
        return swt_fail(err, SWT_E_AUDIT_LOG,
                        "the outcome is neither " SWT_AUDIT_SIGNED " nor " SWT_AUDIT_FAILED);
    return result;
}

/* ---- the line ---------------------------------------------------------------------------- */

static int check_encoding(const json_t *object, struct swt_slice bytes, struct swt_error *err) {
    struct swt_buf again SWT_CLEANUP(swt_buf_done) = {0};
    int result = swt_audit_line_encode(object, &again, err);
    if (result >= 0 && !swt_slice_equal(swt_buf_slice(&again), bytes))
        return swt_fail(err, SWT_E_AUDIT_LOG, "it is not in the form that is written");
    return result;
}

static int parse(struct swt_slice bytes, struct swt_audit_line *ret_line, struct swt_error *err) {
    struct swt_audit_line line SWT_CLEANUP(swt_audit_line_done) = {0};
    line.object = json_loadb(bytes.len == 0 ? "" : (const char *)bytes.data, bytes.len,
                             JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(line.object))
        return swt_fail(err, SWT_E_AUDIT_LOG, "no JSON object");
    int result = check_object(line.object, err);
    if (result >= 0)
        result = check_encoding(line.object, bytes, err);
    if (result < 0)
        return result;
    line.previous = json_string_value(json_object_get(line.object, "previous"));
    line.begin = json_string_value(json_object_get(line.object, "begin"));
    line.is_signed = has_text(line.object, "outcome", SWT_AUDIT_SIGNED);
    (void)swt_parse_time(json_string_value(json_object_get(line.object, "time")), &line.time);
    *ret_line = SWT_MOVE(line);
    return 0;
}

/* Where memory runs out, jansson drops characters or sees wrong tokens, and does not tell. A sound
 * line must not look damaged for it: what fails twice, while memory can be had, is none. */
int swt_audit_line_parse(struct swt_slice bytes, struct swt_audit_line *ret_line,
                         struct swt_error *err) {
    int result = parse(bytes, ret_line, err);
    if (result >= 0 || err->code != SWT_E_AUDIT_LOG)
        return result;
    void *probe = malloc(bytes.len + 1);
    if (probe == NULL)
        return swt_fail_memory(err);
    free(probe);
    return parse(bytes, ret_line, err);
}

int swt_audit_line_use(const struct swt_audit_line *line, char ret_hash[SWT_AUDIT_HASH],
                       struct swt_error *err) {
    json_t *use SWT_CLEANUP(swt_audit_json_cleanup) = json_object();
    struct swt_buf bytes SWT_CLEANUP(swt_buf_done) = {0};
    for (size_t i = 0; i < SWT_COUNT(MEMBERS); i++) {
        json_t *value = json_object_get(line->object, MEMBERS[i].name);
        if (MEMBERS[i].of_use && value != NULL && json_object_set(use, MEMBERS[i].name, value) < 0)
            return swt_fail_memory(err);
    }
    int result = swt_audit_line_encode(use, &bytes, err);
    return result < 0 ? result : swt_audit_hash(swt_buf_slice(&bytes), ret_hash, err);
}
