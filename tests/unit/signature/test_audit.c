/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: what a signature leaves in it, and what stops a signature. */
#include "audit_log.h"

#include <signal.h>
#include <sys/resource.h>

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "(none)" : text;
}

static void a_signature_is_two_lines(void **state) {
    (void)state;
    struct swt_buf raw = {0};
    struct swt_error err;
    struct lines lines;
    char hash[SWT_AUDIT_HASH];
    int64_t time;
    assert_done(sign_with(key_path, "log", &raw, &err), &err);
    assert_int_equal(raw.len, 64);
    lines_read("log", &lines);
    assert_int_equal(lines.count, 2);
    json_t *first = line_json(&lines, 0);
    json_t *second = line_json(&lines, 1);

    assert_string_equal(text_of(first, "schema"), "swupdate-tool/audit/1");
    assert_string_equal(text_of(first, "event"), "begin");
    assert_string_equal(text_of(first, "previous"), SWT_AUDIT_NO_LINE);
    assert_string_equal(text_of(first, "role"), "targets");
    assert_string_equal(text_of(first, "product"), "widget");
    assert_int_equal(json_integer_value(json_object_get(first, "version")), 42);
    assert_int_equal(json_integer_value(json_object_get(first, "uid")), getuid());
    assert_int_equal(json_integer_value(json_object_get(first, "pid")), getpid());
    assert_string_equal(text_of(first, "key"), key_path);
    assert_true(swt_parse_time(text_of(first, "time"), &time));
    assert_true(strlen(text_of(first, "host")) > 0);
    hash_of(MESSAGE, hash);
    assert_string_equal(text_of(first, "metadata_sha256"), hash);

    assert_string_equal(text_of(second, "event"), "end");
    assert_string_equal(text_of(second, "outcome"), "signed");
    hash_of(swt_slice_of(lines.items[0].data, lines.items[0].len - 1), hash);
    assert_string_equal(text_of(second, "previous"), hash);
    assert_string_equal(text_of(second, "begin"), hash);
    hash_of(swt_buf_slice(&raw), hash);
    assert_string_equal(text_of(second, "signature_sha256"), hash);

    struct verdict verdict;
    assert_int_equal(judge(swt_buf_slice(&lines.bytes), &verdict), 0);
    assert_string_equal(verdict.codes, "");
    assert_int_equal(verdict.summary.lines, 2);
    assert_int_equal(verdict.summary.signatures, 1);
    assert_int_equal(verdict.summary.failed, 0);
    hash_of(swt_slice_of(lines.items[1].data, lines.items[1].len - 1), hash);
    assert_string_equal(verdict.summary.head, hash);
    json_decref(first);
    json_decref(second);
    swt_buf_done(&lines.bytes);
    swt_buf_done(&raw);
}

/* What a use is for tests that need no key. */
static struct swt_audit begin_use(const char *log, const char *uri,
                                  const struct swt_signing_subject *subject) {
    static const uint8_t id[SWT_KEY_ID_SIZE] = {1, 2, 3};
    struct swt_audit audit = {0};
    struct swt_key_uri parsed;
    struct swt_error err;
    assert_done(swt_key_uri_parse(uri, &parsed, &err), &err);
    assert_done(swt_audit_begin(log, &parsed, id, subject, MESSAGE, &audit, &err), &err);
    return audit;
}

static void end_use(struct swt_audit *audit, const struct swt_error *failure) {
    struct swt_error err;
    assert_done(swt_audit_end(audit, failure, swt_slice_text("signature"), &err), &err);
    swt_audit_done(audit);
}

static void uses_that_overlap(void **state) {
    (void)state;
    struct swt_error failure;
    struct verdict verdict;
    struct lines lines;
    struct swt_audit first = begin_use("log", "a", &SUBJECT);
    struct swt_audit second = begin_use("log", "b", &SUBJECT);
    end_use(&first, NULL);
    struct swt_audit third = begin_use("log", "c", &(struct swt_signing_subject){.role = "trial"});
    swt_fail(&failure, SWT_E_SIGN, "the key failed to sign");
    end_use(&third, &failure);
    end_use(&second, NULL);
    lines_read("log", &lines);
    assert_int_equal(judge(swt_buf_slice(&lines.bytes), &verdict), 0);
    assert_string_equal(verdict.codes, "");
    assert_int_equal(verdict.summary.signatures, 2);
    assert_int_equal(verdict.summary.failed, 1);
    json_t *begin = line_json(&lines, 3);
    json_t *end = line_json(&lines, 4);
    assert_null(json_object_get(begin, "product"));
    assert_null(json_object_get(begin, "version"));
    assert_string_equal(text_of(end, "outcome"), "failed");
    assert_string_equal(text_of(json_object_get(end, "error"), "code"), "sign");
    assert_string_equal(text_of(json_object_get(end, "error"), "message"),
                        "the key failed to sign");
    assert_null(json_object_get(end, "signature_sha256"));
    json_decref(begin);
    json_decref(end);
    swt_buf_done(&lines.bytes);
}

static void text_of_any_kind(void **state) {
    (void)state;
    static char longest[5000];
    struct swt_error failure;
    struct verdict verdict;
    struct lines lines;
    memset(longest, '\1', sizeof longest - 1);
    swt_fail(&failure, SWT_E_SIGN, "a\xff%s", longest);
    struct swt_signing_subject subject = {.role = longest, .product = "w\xe2\x86\x92\xc0\n\"\\"};
    struct swt_audit audit = begin_use("log", longest, &subject);
    end_use(&audit, &failure);
    /* Cut between two characters. */
    for (size_t i = 1; i + 3 < sizeof longest; i += 3)
        memcpy(longest + i, "\xe2\x86\x92", 4);
    subject.product = longest;
    audit = begin_use("log", "k", &subject);
    end_use(&audit, NULL);
    lines_read("log", &lines);
    assert_int_equal(judge(swt_buf_slice(&lines.bytes), &verdict), 0);
    assert_string_equal(verdict.codes, "");
    for (size_t i = 0; i < lines.count; i++) {
        assert_true(lines.items[i].len < SWT_AUDIT_MAX_LINE);
        for (size_t j = 0; j + 1 < lines.items[i].len; j++)
            assert_in_range(lines.items[i].data[j], 0x20, 0x7e);
    }
    json_t *line = line_json(&lines, 0);
    assert_string_equal(text_of(line, "product"), "w\xe2\x86\x92\\xc0\\n\"\\");
    json_decref(line);
    line = line_json(&lines, 2);
    assert_int_equal(strlen(text_of(line, "product")), 1 + 3 * 341);
    json_decref(line);
    swt_buf_done(&lines.bytes);
}

static void secrets_stay_out(void **state) {
    (void)state;
    static const char *const CASES[][2] = {
        {"keys/a?b", "keys/a?b"},
        {"file:a;pin-value=1", "file:a;pin-value=1"},
        {"exec:/opt/sign?er", "exec:/opt/sign?er"},
        {"handle:0x81000001?pass=secret", "handle:0x81000001"},
        {"kms://user:secret@host/key", "kms:"},
        {"pkcs11:", "pkcs11:"},
        {"pkcs11:token=A%20B;object=k;id=%01?module-path=/lib/m.so",
         "pkcs11:token=A%20B;object=k;id=%01?module-path=/lib/m.so"},
        {"PKCS11:token=A?module-name=m&pin-source=file:/secret", "PKCS11:token=A?module-name=m"},
        {"pkcs11:token=A?pin-value=secret&module-path=/m", "pkcs11:token=A?module-path=/m"},
        {"pkcs11:pin-value=secret;token=A", "pkcs11:"},
        {"pkcs11:token=A;;object=k;", "pkcs11:"},
        {"pkcs11:?pin-source=/secret&module-path=/m", "pkcs11:?module-path=/m"},
        {"pkcs11:token=A;x-vendor=secret?x-other=secret", "pkcs11:"},
        {"pkcs11:token=A;pin%2Dvalue=secret", "pkcs11:"},
        {"pkcs11:token=A;PIN-VALUE=secret", "pkcs11:"},
        {"pkcs11:token=A&pin-value=secret", "pkcs11:"},
        {"pkcs11:token=A?module-path=/m;Pin-Value=secret", "pkcs11:"},
        {"pkcs11:token=A;pin -value=secret", "pkcs11:"},
        {"pkcs11:token=A;secret", "pkcs11:"},
        {"pkcs11:token=A?secret", "pkcs11:"},
    };
    for (size_t i = 0; i < SWT_COUNT(CASES); i++) {
        struct swt_buf shown = {0};
        struct swt_error err;
        assert_done(swt_key_uri_public(CASES[i][0], &shown, &err), &err);
        assert_string_equal(swt_buf_text(&shown), CASES[i][1]);
        swt_buf_done(&shown);
    }
}

/* ---- no log, no signature ---------------------------------------------------------------- */

static void refused(const char *log, enum swt_code code, const char *part) {
    struct swt_buf raw = {0};
    struct swt_error err;
    int result = sign_with(key_path, log, &raw, &err);
    assert_error(result, &err, code, part);
    assert_non_null(strstr(err.message, "audit log"));
    assert_string_equal(err.file, log);
    assert_int_equal(raw.len, 0);
}

static void a_log_that_cannot_be_continued(void **state) {
    (void)state;
    static char longest[SWT_AUDIT_MAX_LINE + 2];
    refused("/dev/null", SWT_E_AUDIT_LOG, "no regular file");
    refused("no/log", SWT_E_NOT_FOUND, "cannot open");
    write_text("text", "some text\n");
    refused("text", SWT_E_AUDIT_LOG, "no JSON object");
    check_file("text", "some text\n");
    write_text("json", "{}\n");
    refused("json", SWT_E_AUDIT_LOG, "schema");
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\n';
    write_bytes("long", longest, sizeof longest);
    refused("long", SWT_E_AUDIT_LOG, "longer than");

    struct lines lines;
    make_log(1);
    lines_read("log", &lines);
    write_bytes("torn", lines.bytes.data, lines.bytes.len - 1);
    refused("torn", SWT_E_AUDIT_LOG, "cut off");
    swt_buf_done(&lines.bytes);
}

/* The second line finds no room: a begin line stays, and the signature does not leave. */
static void no_second_line_no_signature(void **state) {
    (void)state;
    struct rlimit before;
    struct swt_buf raw = {0};
    struct swt_error err;
    struct lines lines;
    make_log(1);
    lines_read("log", &lines);
    struct rlimit limit = {.rlim_max = RLIM_INFINITY};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    /* Room for one line like the first, and a part of the second. */
    limit.rlim_cur = lines.bytes.len + lines.items[0].len + 100;
    assert_int_equal(signal(SIGXFSZ, SIG_IGN) == SIG_ERR, 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int result = sign_with(key_path, "log", &raw, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_error(result, &err, SWT_E_IO, "audit log");
    assert_non_null(strstr(err.hint, "dropped"));
    assert_int_equal(raw.len, 0);
    swt_buf_done(&lines.bytes);

    lines_read("log", &lines);
    assert_int_equal(lines.count, 3);
    expect_findings(swt_buf_slice(&lines.bytes), "unfinished:3 ");
    swt_buf_done(&lines.bytes);
    make_log(1);
    lines_read("log", &lines);
    expect_findings(swt_buf_slice(&lines.bytes), "unfinished:3 ");
    swt_buf_done(&lines.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(a_signature_is_two_lines),
        SCRATCH_TEST(uses_that_overlap),
        SCRATCH_TEST(text_of_any_kind),
        cmocka_unit_test(secrets_stay_out),
        SCRATCH_TEST(a_log_that_cannot_be_continued),
        SCRATCH_TEST(no_second_line_no_signature),
    };
    return audit_keys_found() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
