/* SPDX-License-Identifier: Apache-2.0 */
/* An audit log made with keys of the tests, its lines, and what a judgement finds in it. */
#ifndef SWT_TEST_AUDIT_LOG_H
#define SWT_TEST_AUDIT_LOG_H

#include "help.h"

#include "../../../src/signature/audit.h"

#include "io/scratch.h"

/* Found from any folder, once audit_keys_found was true. */
static char key_path[4096], other_key_path[4096];

static bool audit_keys_found(void) {
    return realpath(KEYS "ed25519-1.pem", key_path) != NULL &&
           realpath(KEYS "root1.pem", other_key_path) != NULL;
}

static const struct swt_signing_subject SUBJECT = {
    .role = "targets", .product = "widget", .version = 42};

/* ---- a log in memory --------------------------------------------------------------------- */

#define MAX_LINES 16
struct lines {
    struct swt_buf bytes;
    struct swt_slice items[MAX_LINES]; /* with their newline */
    size_t count;
};

static void lines_read(const char *path, struct lines *ret_lines) {
    struct swt_error err;
    memset(ret_lines, 0, sizeof *ret_lines);
    assert_done(swt_read_file(path, 1 << 20, &ret_lines->bytes, &err), &err);
    struct swt_slice rest = swt_buf_slice(&ret_lines->bytes);
    while (rest.len > 0) {
        const uint8_t *newline = memchr(rest.data, '\n', rest.len);
        assert_non_null(newline);
        assert_true(ret_lines->count < MAX_LINES);
        size_t len = (size_t)(newline - rest.data) + 1;
        ret_lines->items[ret_lines->count++] = swt_slice_of(rest.data, len);
        rest = swt_slice_of(rest.data + len, rest.len - len);
    }
}

static json_t *line_json(const struct lines *lines, size_t index) {
    json_t *object = json_loadb((const char *)lines->items[index].data, lines->items[index].len,
                                JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    return object;
}

static void hash_of(struct swt_slice bytes, char ret_hash[SWT_AUDIT_HASH]) {
    struct swt_error err;
    assert_done(swt_audit_hash(bytes, ret_hash, &err), &err);
}

/* ---- judging ----------------------------------------------------------------------------- */

struct verdict {
    struct swt_audit_summary summary;
    size_t count; /* of findings */
    size_t warnings;
    char codes[1024]; /* "chain:3 outcome:4 " */
};

static int keep_finding(void *context, const struct swt_audit_finding *finding,
                        struct swt_error *err) {
    struct verdict *verdict = context;
    size_t used = strlen(verdict->codes);
    (void)err;
    (void)snprintf(verdict->codes + used, sizeof verdict->codes - used, "%s:%u ", finding->code,
                   (unsigned)finding->line);
    verdict->count++;
    verdict->warnings += finding->warning;
    assert_true(strlen(finding->message) > 0);
    return 0;
}

static int judge(struct swt_slice bytes, struct verdict *ret_verdict) {
    struct swt_reader *reader = NULL;
    struct swt_error err;
    *ret_verdict = (struct verdict){0};
    assert_int_equal(swt_reader_open_memory(bytes, "log", &reader, &err), 0);
    int result = swt_audit_check(reader, keep_finding, ret_verdict, &ret_verdict->summary, &err);
    swt_reader_free(reader);
    if (result >= 0)
        assert_true(ret_verdict->summary.faults == ret_verdict->count - ret_verdict->warnings);
    return result;
}

static void expect_findings(struct swt_slice bytes, const char *codes) {
    struct verdict verdict;
    assert_int_equal(judge(bytes, &verdict), 0);
    assert_string_equal(verdict.codes, codes);
}

/* ---- signing ----------------------------------------------------------------------------- */

static int sign_with(const char *key, const char *log, struct swt_buf *ret_raw,
                     struct swt_error *err) {
    struct swt_keyring keyring = {.audit_log = log};
    struct swt_key_source source = {.uri = key};
    struct swt_signer *signer = NULL;
    int result = swt_signer_open(&source, &keyring, NULL, &signer, err);
    if (result >= 0)
        result = swt_signer_sign(signer, &SUBJECT, MESSAGE, ret_raw, err);
    swt_signer_free(signer);
    return result;
}

static void make_log(size_t signatures) {
    for (size_t i = 0; i < signatures; i++) {
        struct swt_buf raw = {0};
        struct swt_error err;
        assert_done(sign_with(i % 2 == 0 ? key_path : other_key_path, "log", &raw, &err), &err);
        swt_buf_done(&raw);
    }
}

#endif
