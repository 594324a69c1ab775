/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: what a signature leaves in it, what stops a signature, what a judgement finds. */
#include "help.h"

#include "../../../src/signature/audit.h"

#include "io/scratch.h"

#include <signal.h>
#include <sys/resource.h>

/* The keys are found from any folder. */
static char key_path[4096], other_key_path[4096];

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

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "(none)" : text;
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

/* ---- what a judgement finds -------------------------------------------------------------- */

/* A change of the last line that the chain cannot show changes the head. */
static void every_changed_byte(void **state) {
    (void)state;
    struct lines lines;
    struct verdict sound;
    make_log(2);
    lines_read("log", &lines);
    assert_int_equal(judge(swt_buf_slice(&lines.bytes), &sound), 0);
    size_t last = lines.bytes.len - lines.items[lines.count - 1].len;
    static const uint8_t CHANGES[] = {0x01, 0x04, 0x20, 0x80};
    for (size_t i = 0; i < lines.bytes.len; i++) {
        for (size_t j = 0; j < SWT_COUNT(CHANGES); j++) {
            struct verdict verdict;
            lines.bytes.data[i] ^= CHANGES[j];
            assert_int_equal(judge(swt_buf_slice(&lines.bytes), &verdict), 0);
            if (verdict.summary.faults == 0 &&
                (i < last || strcmp(verdict.summary.head, sound.summary.head) == 0))
                fail_msg("byte %zu ^ %#x is no finding", i, CHANGES[j]);
            lines.bytes.data[i] ^= CHANGES[j];
        }
    }
    swt_buf_done(&lines.bytes);
}

/* The lines of order, "0013" and so on. */
static void expect_order(const struct lines *lines, const char *order, const char *codes) {
    struct swt_buf log = {0};
    struct swt_error err;
    for (; *order != '\0'; order++)
        assert_done(swt_buf_append_slice(&log, lines->items[*order - '0'], &err), &err);
    expect_findings(swt_buf_slice(&log), codes);
    swt_buf_done(&log);
}

static void lines_that_moved(void **state) {
    (void)state;
    struct lines lines;
    make_log(3);
    lines_read("log", &lines);
    expect_order(&lines, "012345", "");
    expect_order(&lines, "0123", ""); /* what a chain cannot show: its end cut off */
    expect_order(&lines, "01234", "unfinished:5 ");
    expect_order(&lines, "12345", "chain:1 outcome:1 ");
    expect_order(&lines, "2345", "chain:1 ");
    expect_order(&lines, "01345", "chain:3 outcome:3 ");
    expect_order(&lines, "0145", "chain:3 ");
    expect_order(&lines, "02345", "chain:2 unfinished:1 ");
    expect_order(&lines, "0012345", "chain:2 unfinished:2 ");
    expect_order(&lines, "01123", "chain:3 outcome:3 ");
    expect_order(&lines, "012301", "chain:5 ");
    expect_order(&lines, "102345", "chain:1 outcome:1 chain:2 chain:3 unfinished:2 ");
    swt_buf_done(&lines.bytes);
}

static void lines_that_are_none(void **state) {
    (void)state;
    static char longest[3 * SWT_IO_CHUNK];
    struct swt_buf log = {0};
    struct swt_error err;
    struct verdict verdict;
    struct lines lines;
    make_log(1);
    lines_read("log", &lines);
    memset(longest, ' ', sizeof longest);
    assert_done(swt_buf_append_slice(&log, swt_buf_slice(&lines.bytes), &err), &err);
    assert_done(swt_buf_append(&log, "\n{}\n[]\n", 7, &err), &err);
    assert_done(swt_buf_append(&log, longest, sizeof longest, &err), &err);
    assert_done(swt_buf_append(&log, "\nx\0\n", 4, &err), &err);
    assert_done(swt_buf_append(&log, "{", 1, &err), &err);
    expect_findings(swt_buf_slice(&log), "line:3 line:4 line:5 line:6 line:7 incomplete:8 ");
    swt_buf_clear(&log);
    assert_int_equal(judge(swt_buf_slice(&log), &verdict), -SWT_E_FILE_KIND);
    assert_int_equal(judge(swt_slice_text("{\"schema\":\"other\"}\n"), &verdict), -SWT_E_FILE_KIND);
    swt_buf_done(&log);
    swt_buf_done(&lines.bytes);
}

/* One member of a sound line, put to another value ("-": taken out). */
static void members_that_are_wrong(void **state) {
    (void)state;
    static const struct {
        size_t line;
        const char *name;
        const char *value;
    } CASES[] = {
        {0, "schema", "\"swupdate-tool/audit/2\""},
        {0, "event", "\"other\""},
        {0, "event", "1"},
        {0, "previous", "\"00\""},
        {0, "previous", "-"},
        {0, "time", "\"2027-01-01\""},
        {0, "time", "\"2027-01-01T00:00:00.5Z\""},
        {0, "time", "0"},
        {0, "uid", "-1"},
        {0, "uid", "4294967296"},
        {0, "uid", "1.0"},
        {0, "pid", "0"},
        {0, "version", "0"},
        {0, "user", "null"},
        {0, "host", "-"},
        {0, "key", "[]"},
        {0, "key_id", "\"ABCDEF\""},
        {0, "unknown", "1"},
        {0, "outcome", "\"signed\""},
        {0, "begin", "\"" SWT_AUDIT_NO_LINE "\""},
        {1, "begin", "-"},
        {1, "outcome", "\"maybe\""},
        {1, "outcome", "\"failed\""},
        {1, "outcome", "-"},
        {1, "error", "{\"code\":\"sign\",\"message\":\"x\"}"},
        {1, "signature_sha256", "-"},
    };
    struct lines lines;
    make_log(1);
    lines_read("log", &lines);
    for (size_t i = 0; i < SWT_COUNT(CASES); i++) {
        json_t *object = line_json(&lines, CASES[i].line);
        struct swt_audit_line line = {0};
        struct swt_buf bytes = {0};
        struct swt_error err;
        if (CASES[i].value[0] == '-' && CASES[i].value[1] == '\0')
            assert_int_equal(json_object_del(object, CASES[i].name), 0);
        else
            assert_int_equal(json_object_set_new(object, CASES[i].name,
                                                 json_loads(CASES[i].value, JSON_DECODE_ANY, NULL)),
                             0);
        assert_done(swt_audit_line_encode(object, &bytes, &err), &err);
        if (swt_audit_line_parse(swt_buf_slice(&bytes), &line, &err) != -SWT_E_AUDIT_LOG)
            fail_msg("%s = %s is taken", CASES[i].name, CASES[i].value);
        swt_buf_done(&bytes);
        json_decref(object);
    }
    swt_buf_done(&lines.bytes);
}

static void forms_that_are_not_written(void **state) {
    (void)state;
    struct lines lines;
    make_log(1);
    lines_read("log", &lines);
    size_t len = lines.items[0].len - 1;
    struct swt_audit_line line = {0};
    struct swt_error err;
    char text[4096];
    const char *const FORMS[] = {"%.*s ", " %.*s", "%.*s\r", "%.*s{}", "%.*s,"};
    for (size_t i = 0; i < SWT_COUNT(FORMS); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(text, sizeof text, FORMS[i], (int)len, (const char *)lines.items[0].data);
#pragma GCC diagnostic pop
        assert_int_equal(swt_audit_line_parse(swt_slice_text(text), &line, &err), -SWT_E_AUDIT_LOG);
    }
    /* A member twice, and members in another order. */
    (void)snprintf(text, sizeof text, "{\"event\":\"begin\",%.*s", (int)len - 1,
                   (const char *)lines.items[0].data + 1);
    assert_int_equal(swt_audit_line_parse(swt_slice_text(text), &line, &err), -SWT_E_AUDIT_LOG);
    (void)snprintf(text, sizeof text, "{%.*s,\"event\":\"begin\"}",
                   (int)(len - 2 - strlen("\"event\":\"begin\",")),
                   (const char *)lines.items[0].data + 1 + strlen("\"event\":\"begin\","));
    assert_int_equal(swt_audit_line_parse(swt_slice_text(text), &line, &err), -SWT_E_AUDIT_LOG);
    swt_buf_done(&lines.bytes);
}

/* Lines that a program chained, with what members it likes. */
static void append_line(struct swt_buf *log, json_t *line, char hash[SWT_AUDIT_HASH]) {
    struct swt_buf bytes = {0};
    struct swt_error err;
    json_object_set_new(line, "previous", json_string(hash));
    assert_done(swt_audit_line_encode(line, &bytes, &err), &err);
    hash_of(swt_buf_slice(&bytes), hash);
    assert_done(swt_buf_append(&bytes, "\n", 1, &err), &err);
    assert_done(swt_buf_append_slice(log, swt_buf_slice(&bytes), &err), &err);
    swt_buf_done(&bytes);
}

static void an_outcome_of_another_use(void **state) {
    (void)state;
    static const char *const CHANGED[] = {"host", "key", "role", "product", "user"};
    struct lines lines;
    make_log(1);
    lines_read("log", &lines);
    for (size_t i = 0; i < SWT_COUNT(CHANGED); i++) {
        char hash[SWT_AUDIT_HASH] = SWT_AUDIT_NO_LINE;
        struct swt_buf log = {0};
        json_t *line = line_json(&lines, 0);
        append_line(&log, line, hash);
        json_decref(line);
        line = line_json(&lines, 1);
        json_object_set_new(line, "begin", json_string(hash));
        json_object_set_new(line, CHANGED[i], json_string("other"));
        append_line(&log, line, hash);
        json_decref(line);
        expect_findings(swt_buf_slice(&log), "outcome:2 ");
        swt_buf_done(&log);
    }
    swt_buf_done(&lines.bytes);
}

static void a_clock_that_was_set_back(void **state) {
    (void)state;
    char hash[SWT_AUDIT_HASH] = SWT_AUDIT_NO_LINE;
    struct swt_buf log = {0};
    struct verdict verdict;
    struct lines lines;
    make_log(1);
    lines_read("log", &lines);
    json_t *line = line_json(&lines, 0);
    append_line(&log, line, hash);
    json_object_set_new(line, "time", json_string("2001-01-01T00:00:00Z"));
    append_line(&log, line, hash);
    json_decref(line);
    assert_int_equal(judge(swt_buf_slice(&log), &verdict), 0);
    assert_string_equal(verdict.codes, "time:2 unfinished:1 unfinished:2 ");
    assert_int_equal(verdict.summary.faults, 0);
    assert_int_equal(verdict.summary.unfinished, 2);
    swt_buf_done(&log);
    swt_buf_done(&lines.bytes);
}

/* Memory stays small however many runs were killed; a run that is at it still finds its line. */
static void many_unfinished_uses(void **state) {
    (void)state;
    enum { USES = 1500 };
    char hash[SWT_AUDIT_HASH] = SWT_AUDIT_NO_LINE;
    char last[SWT_AUDIT_HASH];
    struct swt_buf log = {0};
    struct verdict verdict;
    struct lines lines;
    make_log(1);
    lines_read("log", &lines);
    json_t *begin = line_json(&lines, 0);
    json_t *end = line_json(&lines, 1);
    for (int i = 0; i < USES; i++)
        append_line(&log, begin, hash);
    memcpy(last, hash, sizeof last);
    json_object_set_new(end, "begin", json_string(last));
    append_line(&log, end, hash);
    assert_int_equal(judge(swt_buf_slice(&log), &verdict), 0);
    assert_int_equal(verdict.summary.faults, 0);
    assert_int_equal(verdict.summary.unfinished, USES - 1);
    json_decref(begin);
    json_decref(end);
    swt_buf_done(&log);
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
        SCRATCH_TEST(every_changed_byte),
        SCRATCH_TEST(lines_that_moved),
        SCRATCH_TEST(lines_that_are_none),
        SCRATCH_TEST(members_that_are_wrong),
        SCRATCH_TEST(forms_that_are_not_written),
        SCRATCH_TEST(an_outcome_of_another_use),
        SCRATCH_TEST(a_clock_that_was_set_back),
        SCRATCH_TEST(many_unfinished_uses),
    };
    if (realpath(KEYS "ed25519-1.pem", key_path) == NULL ||
        realpath(KEYS "root1.pem", other_key_path) == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
