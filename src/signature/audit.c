/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the audit log. Between the two lines of a use the file is not locked: a person may take
 * minutes to enter a PIN, and others sign meanwhile. The second line names the first.
 */
#include "internal.h"

#include "audit.h"

#include <pwd.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How long another process may keep the log to itself. It does so for the time of a disk write. */
#define LOCK_SECONDS 60
/* A longer text is cut: with all of them, each byte a \u escape, a line stays under its limit. */
#define MAX_TEXT 1024
#define HOST_SIZE 256

void swt_audit_done(struct swt_audit *audit) {
    swt_appender_free(audit->log);
    json_decref(audit->entry);
    *audit = (struct swt_audit){0};
}

/* ---- members ----------------------------------------------------------------------------- */

/* Takes value over; NULL is jansson's lack of memory. */
static int set(json_t *object, const char *name, json_t *value, struct swt_error *err) {
    return json_object_set_new(object, name, value) < 0 ? swt_fail_memory(err) : 0;
}

/* The length of text as far as it may be kept, no character cut through. */
static size_t kept_length(const char *text, size_t len) {
    if (len <= MAX_TEXT)
        return len;
    len = MAX_TEXT;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    return len;
}

/* Text from anywhere: bytes that are not UTF-8 are escaped. */
static int set_text(json_t *object, const char *name, const char *text, struct swt_error *err) {
    struct swt_buf shown SWT_CLEANUP(swt_buf_done) = {0};
    struct swt_slice bytes = swt_slice_text(text);
    int result = swt_utf8_valid(bytes) ? swt_buf_append_slice(&shown, bytes, err)
                                       : swt_text_escape(&shown, bytes, err);
    if (result < 0)
        return result;
    size_t len = kept_length(swt_buf_text(&shown), shown.len);
    return set(object, name, json_stringn(swt_buf_text(&shown), len), err);
}

static int set_hash(json_t *object, const char *name, struct swt_slice bytes,
                    struct swt_error *err) {
    char hash[SWT_AUDIT_HASH];
    int result = swt_audit_hash(bytes, hash, err);
    return result < 0 ? result : set(object, name, json_string(hash), err);
}

static int set_person(json_t *object, struct swt_error *err) {
    const uid_t uid = getuid();
    const struct passwd *user = getpwuid(uid);
    char host[HOST_SIZE] = "";
    if (gethostname(host, sizeof host - 1) < 0)
        host[0] = '\0';
    int result = set(object, "uid", json_integer((json_int_t)uid), err);
    if (result >= 0 && user != NULL)
        result = set_text(object, "user", user->pw_name, err);
    if (result >= 0)
        result = set_text(object, "host", host, err);
    return result < 0 ? result : set(object, "pid", json_integer((json_int_t)getpid()), err);
}

static int set_subject(json_t *object, const struct swt_signing_subject *subject,
                       struct swt_slice message, struct swt_error *err) {
    int result = set_text(object, "role", subject->role, err);
    if (result >= 0 && subject->product != NULL)
        result = set_text(object, "product", subject->product, err);
    if (result >= 0 && subject->version != 0)
        result = set(object, "version", json_integer((json_int_t)subject->version), err);
    return result < 0 ? result : set_hash(object, "metadata_sha256", message, err);
}

static int set_key(json_t *object, const struct swt_key_uri *uri, const uint8_t *key_id,
                   struct swt_error *err) {
    struct swt_buf shown SWT_CLEANUP(swt_buf_done) = {0};
    char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
    swt_hex_encode(key_id, SWT_KEY_ID_SIZE, id);
    int result = set(object, "key_id", json_string(id), err);
    if (result >= 0)
        result = swt_key_uri_public(uri->text, &shown, err);
    return result < 0 ? result : set_text(object, "key", swt_buf_text(&shown), err);
}

static int set_outcome(json_t *object, const struct swt_error *failure, struct swt_slice signature,
                       struct swt_error *err) {
    int result = set(object, "outcome",
                     json_string(failure == NULL ? SWT_AUDIT_SIGNED : SWT_AUDIT_FAILED), err);
    if (result < 0)
        return result;
    if (failure == NULL)
        return set_hash(object, "signature_sha256", signature, err);
    json_t *error = json_object();
    result = set(object, "error", error, err);
    if (result >= 0)
        result = set(error, "code", json_string(swt_code_name(failure->code)), err);
    return result < 0 ? result : set_text(error, "message", failure->message, err);
}

/* ---- lines ------------------------------------------------------------------------------- */

/* Says that it is the log which is at fault: the file alone may look like an input. */
static int blame(struct swt_error *err) {
    if (err->code == SWT_E_FILE_KIND)
        swt_error_recode(err, SWT_E_AUDIT_LOG);
    if (err->code == SWT_E_AUDIT_LOG)
        swt_error_hint(err, "without its log nothing is signed: keep this file as it is, and name "
                            "another one");
    if (err->code != SWT_E_MEMORY && err->code != SWT_E_INTERRUPTED &&
        err->code != SWT_E_TERMINATED)
        swt_error_context(err, "the audit log");
    return -(int)err->code;
}

/* The hash of the last line, which must be one of ours: a log is not continued over damage, nor is
 * another file taken for one. */
static int read_previous(const struct swt_appender *log, char ret_hash[SWT_AUDIT_HASH],
                         struct swt_error *err) {
    struct swt_buf bytes SWT_CLEANUP(swt_buf_done) = {0};
    struct swt_audit_line line SWT_CLEANUP(swt_audit_line_done) = {0};
    bool found;
    int result = swt_appender_last_line(log, SWT_AUDIT_MAX_LINE, &bytes, &found, err);
    if (result < 0)
        return result;
    if (!found) {
        memcpy(ret_hash, SWT_AUDIT_NO_LINE, SWT_AUDIT_HASH);
        return 0;
    }
    result = swt_audit_line_parse(swt_buf_slice(&bytes), &line, err);
    if (result >= 0)
        return swt_audit_hash(swt_buf_slice(&bytes), ret_hash, err);
    if (err->code == SWT_E_AUDIT_LOG)
        swt_error_context(err, "its last line is none that a log has");
    return swt_error_file(err, swt_appender_name(log));
}

static int append_locked(struct swt_audit *audit, char ret_hash[SWT_AUDIT_HASH],
                         struct swt_error *err) {
    struct swt_buf line SWT_CLEANUP(swt_buf_done) = {0};
    char previous[SWT_AUDIT_HASH];
    char now[SWT_TIME_TEXT];
    int result = read_previous(audit->log, previous, err);
    if (result >= 0)
        result = set(audit->entry, "previous", json_string(previous), err);
    if (result >= 0)
        result =
            set(audit->entry, "time", json_string(swt_time_text((int64_t)time(NULL), now)), err);
    if (result >= 0)
        result = swt_audit_line_encode(audit->entry, &line, err);
    if (result >= 0)
        result = swt_audit_hash(swt_buf_slice(&line), ret_hash, err);
    if (result >= 0)
        result = swt_buf_append(&line, "\n", 1, err);
    return result < 0 ? result : swt_appender_append(audit->log, swt_buf_slice(&line), err);
}

static int append(struct swt_audit *audit, bool urgent, char ret_hash[SWT_AUDIT_HASH],
                  struct swt_error *err) {
    int result = swt_appender_lock(audit->log, LOCK_SECONDS, urgent, err);
    if (result < 0)
        return result;
    result = append_locked(audit, ret_hash, err);
    swt_appender_unlock(audit->log);
    return result;
}

/* ---- a use ------------------------------------------------------------------------------- */

static int look(const char *path, struct swt_error *err) {
    struct swt_appender *log SWT_CLEANUP(swt_appender_cleanup) = NULL;
    char previous[SWT_AUDIT_HASH];
    int result = swt_appender_open(path, false, &log, err);
    if (result < 0)
        return err->code == SWT_E_NOT_FOUND ? 0 : result;
    result = swt_appender_lock(log, LOCK_SECONDS, false, err);
    return result < 0 ? result : read_previous(log, previous, err);
}

int swt_audit_ready(const char *path, struct swt_error *err) {
    int result = path == NULL ? 0 : look(path, err);
    return result < 0 ? blame(err) : 0;
}

static int begin(const char *path, const struct swt_key_uri *uri, const uint8_t *key_id,
                 const struct swt_signing_subject *subject, struct swt_slice message,
                 struct swt_audit *audit, struct swt_error *err) {
    audit->entry = json_object();
    int result = set(audit->entry, "schema", json_string(SWT_AUDIT_SCHEMA), err);
    if (result >= 0)
        result = set(audit->entry, "event", json_string("begin"), err);
    if (result >= 0)
        result = set_person(audit->entry, err);
    if (result >= 0)
        result = set_subject(audit->entry, subject, message, err);
    if (result >= 0)
        result = set_key(audit->entry, uri, key_id, err);
    if (result >= 0)
        result = swt_appender_open(path, true, &audit->log, err);
    return result < 0 ? result : append(audit, false, audit->begin, err);
}

int swt_audit_begin(const char *path, const struct swt_key_uri *uri, const uint8_t *key_id,
                    const struct swt_signing_subject *subject, struct swt_slice message,
                    struct swt_audit *ret_audit, struct swt_error *err) {
    struct swt_audit audit SWT_CLEANUP(swt_audit_done) = {0};
    if (path != NULL && begin(path, uri, key_id, subject, message, &audit, err) < 0)
        return blame(err);
    *ret_audit = SWT_MOVE(audit);
    return 0;
}

int swt_audit_end(struct swt_audit *audit, const struct swt_error *failure,
                  struct swt_slice signature, struct swt_error *err) {
    char hash[SWT_AUDIT_HASH];
    if (audit->log == NULL)
        return 0;
    int result = set(audit->entry, "event", json_string("end"), err);
    if (result >= 0)
        result = set(audit->entry, "begin", json_string(audit->begin), err);
    if (result >= 0)
        result = set_outcome(audit->entry, failure, signature, err);
    if (result >= 0)
        result = append(audit, true, hash, err);
    return result < 0 ? blame(err) : 0;
}
