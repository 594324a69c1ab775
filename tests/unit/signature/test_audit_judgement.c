/* SPDX-License-Identifier: Apache-2.0 */
/* What a judgement finds in an audit log. */
#include "audit_log.h"

#include <time.h>

/* The clock of what is tested: lines of one second, so that their order alone is judged. */
time_t time(time_t *ret_time) {
    const time_t now = 1767225600;
    if (ret_time != NULL)
        *ret_time = now;
    return now;
}

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
        SCRATCH_TEST(every_changed_byte),         SCRATCH_TEST(lines_that_moved),
        SCRATCH_TEST(lines_that_are_none),        SCRATCH_TEST(members_that_are_wrong),
        SCRATCH_TEST(forms_that_are_not_written), SCRATCH_TEST(an_outcome_of_another_use),
        SCRATCH_TEST(a_clock_that_was_set_back),  SCRATCH_TEST(many_unfinished_uses),
    };
    return audit_keys_found() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
