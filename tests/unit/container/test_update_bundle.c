/* SPDX-License-Identifier: Apache-2.0 */
/* UpdateBundles: fields in any order, and everything that strict reading refuses. */
#include "bundle_help.h"

#include <inttypes.h>

/* ---- messages, field by field ------------------------------------------------------------ */

static void add_bytes(struct swt_buf *buf, uint32_t number, const void *data, size_t len) {
    struct swt_error err;
    must(swt_wire_put_bytes(buf, number, swt_slice_of(data, len), &err), &err);
}

static void add_text(struct swt_buf *buf, uint32_t number, const char *text) {
    add_bytes(buf, number, text, strlen(text));
}

static void add_buf(struct swt_buf *buf, uint32_t number, struct swt_buf *message) {
    add_bytes(buf, number, message->data, message->len);
    swt_buf_done(message);
}

static void add_entry(struct swt_buf *buf, uint32_t number, const char *key, const char *value) {
    struct swt_buf entry = {0};
    if (key)
        add_text(&entry, 1, key);
    if (value)
        add_text(&entry, 2, value);
    add_buf(buf, number, &entry);
}

/* The value first: allowed, as protobuf orders nothing. */
static void add_entry_reversed(struct swt_buf *buf, uint32_t number, const char *key,
                               const char *value) {
    struct swt_buf entry = {0};
    add_text(&entry, 2, value);
    add_text(&entry, 1, key);
    add_buf(buf, number, &entry);
}

static const struct content usual = {
    .root = "ROOT",
    .root_len = 4,
    .targets = "TARGETS",
    .targets_len = 7,
    .items = {{"app", "application", 11}, {"b", "", 0}},
    .count = 2,
};

static int judge_buf(const struct swt_buf *buf, bool allow_unknown, struct found *found,
                     struct swt_error *err) {
    return judge_found(swt_buf_slice(buf), SWT_FORMAT_PIGWEED, THROUGH_MEMORY, allow_unknown,
                       READ_ALL, &usual, found, err);
}

static void assert_usual(const struct swt_buf *buf, bool allow_unknown, size_t unknown) {
    SWT_CLEANUP(found_done) struct found found = {0};
    struct swt_error err;
    must(judge_buf(buf, allow_unknown, &found, &err), &err);
    assert_true(found.has_root);
    assert_string_equal(swt_buf_text(&found.root), "ROOT");
    assert_string_equal(swt_buf_text(&found.targets), "TARGETS");
    assert_false(found.absent[0] || found.absent[1]);
    assert_string_equal(swt_buf_text(&found.payloads[0]), "application");
    assert_int_equal(found.payloads[1].len, 0);
    assert_int_equal(found.unknown, unknown);
}

/* Consumes buf. */
static void refuse_with(struct swt_buf *buf, bool allow_unknown, int64_t offset,
                        const char *message) {
    SWT_CLEANUP(found_done) struct found found = {0};
    struct swt_error err;
    assert_refused(judge_buf(buf, allow_unknown, &found, &err), &err, message);
    assert_string_equal(err.file, "memory");
    assert_int_equal(err.has_offset, offset >= 0);
    if (offset >= 0 && err.offset != (uint64_t)offset)
        fail_msg("offset %" PRIu64 ", expected %" PRId64 ": %s", err.offset, offset, err.message);
    swt_buf_done(buf);
}
static void refuse(struct swt_buf *buf, int64_t offset, const char *message) {
    refuse_with(buf, true, offset, message);
}

/* root, targets and both payloads: 6 + 20 + 20 + 7 bytes. */
enum { AT_TARGETS = 6, AT_APP = 26, AT_END = 53 };
static void add_usual(struct swt_buf *buf) {
    add_text(buf, 5, "ROOT");
    add_entry(buf, 3, "targets", "TARGETS");
    add_entry(buf, 4, "app", "application");
    add_entry(buf, 4, "b", "");
    assert_int_equal(buf->len, AT_END);
}

/* ---- what is accepted -------------------------------------------------------------------- */

static void test_any_order(void **state) {
    (void)state;
    static const char *const orders[] = {"rtab", "abtr", "tbra", "brat", "artb"};
    for (size_t i = 0; i < SWT_COUNT(orders); i++)
        for (int reversed = 0; reversed <= 1; reversed++) {
            SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
            void (*add)(struct swt_buf *, uint32_t, const char *, const char *) =
                reversed ? add_entry_reversed : add_entry;
            for (const char *c = orders[i]; *c; c++)
                if (*c == 'r')
                    add_text(&buf, 5, "ROOT");
                else if (*c == 't')
                    add(&buf, 3, "targets", "TARGETS");
                else
                    add(&buf, 4, *c == 'a' ? "app" : "b", *c == 'a' ? "application" : "");
            assert_usual(&buf, false, 0);
        }
}

static void test_written_as_usual(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0}, written = {0};
    add_usual(&buf);
    write_bundle(&usual, SWT_FORMAT_PIGWEED, &written);
    assert_true(swt_slice_equal(swt_buf_slice(&buf), swt_buf_slice(&written)));
    assert_usual(&buf, false, 0);
}

/* Payloads that span many windows, so that framing falls on every place in one. */
static void test_windows(void **state) {
    (void)state;
    char *data = calloc(1, 30000);
    assert_non_null(data);
    memset(data, 'd', 30000);
    for (size_t len = 8150; len < 8210; len++) {
        const struct content content = {
            .targets = "TARGETS",
            .targets_len = 7,
            .items = {{"a", data, len},
                      {"bb", data, 3 * len},
                      {"c", data, 1},
                      {"d", data, len - 20},
                      {"e", "", 0}},
            .count = 5,
        };
        SWT_CLEANUP(swt_buf_done) struct swt_buf written = {0};
        SWT_CLEANUP(found_done) struct found found = {0};
        struct swt_error err;
        write_bundle(&content, SWT_FORMAT_PIGWEED, &written);
        must(judge_found(swt_buf_slice(&written), SWT_FORMAT_PIGWEED, THROUGH_MEMORY, false,
                         READ_ALL, &content, &found, &err),
             &err);
        assert_int_equal(found.payloads[1].len, 3 * len);
    }
    free(data);
}

static void test_offsets(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    struct swt_error err;
    uint64_t root, targets;
    add_usual(&buf);
    open_reader(swt_buf_slice(&buf), THROUGH_MEMORY, &reader);
    must(swt_bundle_open(reader, SWT_FORMAT_PIGWEED, false, &bundle, &err), &err);
    assert_int_equal(swt_bundle_format(bundle), SWT_FORMAT_PIGWEED);
    swt_bundle_root(bundle, &root);
    swt_bundle_targets(bundle, &targets);
    assert_memory_equal(buf.data + root, "ROOT", 4);
    assert_memory_equal(buf.data + targets, "TARGETS", 7);
}

/* ---- unknown fields ---------------------------------------------------------------------- */

static void test_unknown_fields(void **state) {
    (void)state;
    struct swt_buf buf = {0}, entry = {0};

    add_usual(&buf);
    add_text(&buf, 1, "timestamp");
    refuse_with(&buf, false, AT_END, "unknown field 1 (timestamp_metadata) in the UpdateBundle");
    add_usual(&buf);
    add_text(&buf, 2, "snapshot");
    refuse_with(&buf, false, AT_END, "unknown field 2 (snapshot_metadata) in the UpdateBundle");
    add_usual(&buf);
    add_text(&buf, 6, "");
    refuse_with(&buf, false, AT_END, "unknown field 6 in the UpdateBundle");
    add_usual(&buf);
    add_text(&entry, 1, "c");
    add_text(&entry, 2, "");
    add_text(&entry, 3, "more");
    add_buf(&buf, 4, &entry);
    refuse_with(&buf, false, AT_END + 7, "unknown field 3 in an entry of target_payloads");

    /* Each wire type, at both levels; all counted. */
    add_text(&buf, 1, "timestamp");
    put(&buf, "\x30\x05", 2);
    put(&buf,
        "\x31"
        "12345678",
        9);
    put(&buf,
        "\x35"
        "1234",
        5);
    put(&buf, "\xfa\xff\xff\xff\x0f\x02hi", 8); /* field 2^29-1 */
    add_text(&buf, 5, "ROOT");
    add_text(&entry, 9, "x");
    add_text(&entry, 2, "TARGETS");
    put(&entry, "\x18\x01", 2);
    add_text(&entry, 1, "targets");
    add_buf(&buf, 3, &entry);
    add_text(&entry, 1, "app");
    put(&entry,
        "\x25"
        "1234",
        5);
    add_text(&entry, 2, "application");
    put(&entry,
        "\x21"
        "12345678",
        9);
    add_buf(&buf, 4, &entry);
    add_entry(&buf, 4, "b", "");
    assert_usual(&buf, true, 9);
    swt_buf_done(&buf);
}

static void test_unknown_fields_code(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    SWT_CLEANUP(found_done) struct found found = {0};
    struct swt_error err;
    add_usual(&buf);
    add_text(&buf, 99, "");
    assert_refused(judge_buf(&buf, false, &found, &err), &err, "unknown field 99");
    assert_int_equal(err.code, SWT_E_UNKNOWN_FIELD);
}

static void test_unknown_fields_cap(void **state) {
    (void)state;
    struct swt_buf buf = {0};
    add_usual(&buf);
    for (size_t i = 0; i < 1024; i++)
        add_text(&buf, 7, "");
    assert_usual(&buf, true, 1024);
    add_text(&buf, 7, "");
    refuse(&buf, AT_END + 2 * 1024, "there are more than 1024 unknown fields");
}

/* ---- twice, or not at all ---------------------------------------------------------------- */

static void test_twice(void **state) {
    (void)state;
    struct swt_buf buf = {0}, entry = {0};
    add_usual(&buf);
    add_text(&buf, 5, "ROOT");
    refuse(&buf, AT_END, "a second root_metadata (the first is at offset 0)");
    add_usual(&buf);
    add_text(&buf, 5, "");
    refuse(&buf, AT_END, "a second root_metadata");
    add_usual(&buf);
    add_entry(&buf, 3, "targets", "TARGETS");
    refuse(&buf, AT_END, "a second targets_metadata (the first is at offset 6)");
    add_usual(&buf);
    add_entry(&buf, 4, "app", "application");
    refuse(&buf, AT_END, "payload 'app' is there twice (at the offsets 26 and 53)");
    add_entry(&buf, 4, "b", "");
    add_entry(&buf, 3, "targets", "TARGETS");
    add_entry(&buf, 4, "b", "x");
    refuse(&buf, 27, "payload 'b' is there twice (at the offsets 0 and 27)");

    add_usual(&buf);
    add_text(&entry, 1, "c");
    add_text(&entry, 1, "c");
    add_text(&entry, 2, "");
    add_buf(&buf, 4, &entry);
    refuse(&buf, AT_END + 5, "an entry of target_payloads has two keys");
    add_usual(&buf);
    add_text(&entry, 1, "c");
    add_text(&entry, 2, "");
    add_text(&entry, 2, "");
    add_buf(&buf, 4, &entry);
    refuse(&buf, AT_END + 7, "an entry of target_payloads has two values");
    add_text(&buf, 5, "ROOT");
    add_text(&entry, 2, "TARGETS");
    add_text(&entry, 1, "targets");
    add_text(&entry, 2, "OTHERS");
    add_buf(&buf, 3, &entry);
    refuse(&buf, 6 + 2 + 18, "an entry of targets_metadata has two values");
}

static void test_missing(void **state) {
    (void)state;
    struct swt_buf buf = {0};
    refuse(&buf, 0, "the file is empty");
    add_text(&buf, 5, "ROOT");
    refuse(&buf, -1, "there is no targets_metadata");
    add_entry(&buf, 3, NULL, "TARGETS");
    refuse(&buf, 0, "an entry of targets_metadata has no key");
    add_entry(&buf, 3, "targets", NULL);
    refuse(&buf, 0, "an entry of targets_metadata has no value");
    add_entry(&buf, 3, NULL, NULL);
    refuse(&buf, 0, "an entry of targets_metadata has no key");
    add_usual(&buf);
    add_entry(&buf, 4, NULL, "x");
    refuse(&buf, AT_END, "an entry of target_payloads has no key");
    add_usual(&buf);
    add_entry(&buf, 4, "c", NULL);
    refuse(&buf, AT_END, "an entry of target_payloads has no value");
    add_usual(&buf);
    add_entry(&buf, 4, "", "x");
    refuse(&buf, AT_END + 2, "an entry of target_payloads has an empty key");
    add_entry(&buf, 3, "", "TARGETS");
    refuse(&buf, 2, "an entry of targets_metadata has an empty key");
    add_entry(&buf, 3, "delegated", "TARGETS");
    refuse(&buf, 0, "targets_metadata has the key 'delegated', expected 'targets' (delegated");
    add_usual(&buf);
    add_entry(&buf, 3, "delegated", "TARGETS");
    refuse(&buf, AT_END, "targets_metadata has the key 'delegated'");
}

/* Without a root, and with an empty envelope: whether that will do is not the container's to say.
 */
static void test_empty_values(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    SWT_CLEANUP(found_done) struct found found = {0};
    const struct content content = {.targets = "", .targets_len = 0};
    struct swt_error err;
    add_entry(&buf, 3, "targets", "");
    must(judge_found(swt_buf_slice(&buf), SWT_FORMAT_PIGWEED, THROUGH_MEMORY, false, READ_ALL,
                     &content, &found, &err),
         &err);
    assert_false(found.has_root);
    assert_int_equal(found.targets.len, 0);
}

/* ---- payloads against the targets metadata ----------------------------------------------- */

static void test_payloads(void **state) {
    (void)state;
    struct swt_buf buf = {0};
    add_usual(&buf);
    add_entry(&buf, 4, "zz", "x");
    add_entry(&buf, 4, "aa", "x");
    refuse(&buf, AT_END, "payload 'zz' is not listed in the targets metadata");
    add_text(&buf, 5, "ROOT");
    add_entry(&buf, 3, "targets", "TARGETS");
    add_entry(&buf, 4, "app", "application!");
    add_entry(&buf, 4, "b", "");
    refuse(&buf, AT_APP, "payload 'app': size is 12 bytes, but the targets metadata says 11 bytes");
    add_text(&buf, 5, "ROOT");
    add_entry(&buf, 3, "targets", "TARGETS");
    add_entry(&buf, 4, "b", "x");
    refuse(&buf, AT_APP, "payload 'b': size is 1 byte, but the targets metadata says 0 bytes");

    SWT_CLEANUP(found_done) struct found found = {0};
    struct swt_error err;
    add_entry(&buf, 3, "targets", "TARGETS");
    add_entry(&buf, 4, "b", "");
    must(judge_buf(&buf, false, &found, &err), &err);
    assert_true(found.absent[0]);
    assert_false(found.absent[1]);
    swt_buf_done(&buf);
}

/* ---- the wire ---------------------------------------------------------------------------- */

static void test_wire(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        int64_t at; /* after AT_END */
        const char *message;
    } tails[] = {
        {"\0", 1, 0, "a field has the number 0"},
        {"\x02\0", 2, 0, "a field has the number 0"},
        {"\x08", 1, 1, "the message ends within a field's value"},
        {"\x80", 1, 0, "the message ends within a field's tag"},
        {"\x22", 1, 1, "the message ends within a field's length"},
        {"\x22\x80", 2, 1, "the message ends within a field's length"},
        {"\x22\x01", 2, 0, "field 4 has 1 byte, but only 0 bytes are left in its file"},
        {"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, 0,
         "field 7 has 18,446,744,073,709,551,615 bytes, but only 0 bytes are left"},
        {"\x3a\x80\x80\x80\x80\x10", 6, 0,
         "field 7 has 4,294,967,296 bytes, but only 0 bytes are left"},
        {"\x3a\x80\x00", 3, 1, "a field's length is a varint that is not minimal"},
        {"\xba\x00\x00", 3, 0, "a field's tag is a varint that is not minimal"},
        {"\x38\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, 1, "not minimal or over 64 bits"},
        {"\x38\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, 1, "not minimal or over 64 bits"},
        {"\xba\x80\x80\x80\x10\x00", 6, 0, "a field's tag is over 32 bits"},
        {"\x39\x31\x32\x33", 4, 0, "field 7 has 8 bytes, but only 3 bytes are left"},
        {"\x3d\x31", 2, 0, "field 7 has 4 bytes, but only 1 byte are left"},
        {"\x3b\x3c", 2, 0, "field 7 has the wire type 3 (a group)"},
        {"\x3c", 1, 0, "field 7 has the wire type 4 (a group)"},
        {"\x3e", 1, 0, "field 7 has the wire type 6 (not in use)"},
        {"\x3f", 1, 0, "field 7 has the wire type 7 (not in use)"},
        {"\x18\x01", 2, 0, "targets_metadata (field 3) has the wire type 0, expected 2"},
        {"\x25\x31\x32\x33\x34", 5, 0, "target_payloads (field 4) has the wire type 5, expected 2"},
        {"\x29\x31\x32\x33\x34\x35\x36\x37\x38", 9, 0,
         "root_metadata (field 5) has the wire type 1, expected 2"},
        /* in an entry */
        {"\x22\x02\x08\x01", 4, 2, "a map entry's key (field 1) has the wire type 0, expected 2"},
        {"\x22\x05\x0a\x01x\x10\x01", 7, 5,
         "a map entry's value (field 2) has the wire type 0, expected 2"},
        {"\x22\x03\x0a\x02xy", 6, 2,
         "field 1 has 2 bytes, but only 1 byte are left in its message"},
        {"\x22\x05\x0a\x01x\x12\x01y", 8, 5,
         "field 2 has 1 byte, but only 0 bytes are left in its message"},
        {"\x22\x06\x0a\x01x\x12\x80\x00", 8, 6, "a field's length is a varint that is not minimal"},
        {"\x22\x04\x0a\x01x\x12", 6, 6, "the message ends within a field's length"},
        {"\x22\x05\x0a\x01x\x1b\x1c", 7, 5, "field 3 has the wire type 3 (a group)"},
        /* names */
        {"\x22\x05\x0a\x01\0\x12\0", 7, 2, "a key of target_payloads holds a NUL"},
        {"\x22\x05\x0a\x01\xff\x12\0", 7, 2, "a key of target_payloads is not UTF-8"},
        {"\x22\x06\x0a\x02\xc0\x80\x12\0", 8, 2, "a key of target_payloads is not UTF-8"},
        {"\x22\x07\x0a\x03\xed\xa0\x80\x12\0", 9, 2, "a key of target_payloads is not UTF-8"},
    };
    for (size_t i = 0; i < SWT_COUNT(tails); i++) {
        struct swt_buf buf = {0};
        add_usual(&buf);
        put(&buf, tails[i].bytes, tails[i].len);
        refuse(&buf, AT_END + tails[i].at, tails[i].message);
    }
}

static void test_long_names(void **state) {
    (void)state;
    struct swt_buf buf = {0};
    char name[4098];
    memset(name, 'n', sizeof name);
    name[4097] = 0;
    add_usual(&buf);
    add_entry(&buf, 4, name, "");
    refuse(&buf, AT_END + 3, "a key of target_payloads has 4097 bytes, more than 4096");
    name[4096] = 0;
    add_usual(&buf);
    add_entry(&buf, 4, name, "");
    refuse(&buf, AT_END, "payload 'nnn");
}

/* Declared sizes are refused before memory is spent on them. */
static void test_large_envelopes(void **state) {
    (void)state;
    struct swt_buf buf = {0};
    uint8_t *zeros = calloc(1, SWT_MAX_ENVELOPE + 1);
    assert_non_null(zeros);
    add_bytes(&buf, 5, zeros, SWT_MAX_ENVELOPE + 1);
    refuse(&buf, 5, "root_metadata is declared with 8,388,609 bytes, more than the 8388608");
    struct swt_buf entry = {0};
    add_text(&entry, 1, "targets");
    add_bytes(&entry, 2, zeros, SWT_MAX_ENVELOPE + 1);
    add_buf(&buf, 3, &entry);
    refuse(&buf, 5 + 9 + 5, "targets_metadata is declared with 8,388,609 bytes");
    free(zeros);
}

static void test_other_files(void **state) {
    (void)state;
    struct swt_buf buf = {0};
    uint8_t header[SWT_TAR_BLOCK];
    struct swt_error err;
    put(&buf, "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
    refuse(&buf, 0, "the file is gzip data, expected an UpdateBundle");
    put(&buf, "-----BEGIN PUBLIC KEY-----\n", 27);
    refuse(&buf, 0, "the file is a PEM file, expected an UpdateBundle");
    must(swt_tar_header("root_metadata", 0, header, &err), &err);
    put(&buf, header, sizeof header);
    refuse(&buf, 0, "the file is a tar archive, expected an UpdateBundle");
}

static void test_pipe(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    struct swt_error err;
    add_usual(&buf);
    assert_refused(judge(swt_buf_slice(&buf), SWT_FORMAT_PIGWEED, THROUGH_PIPE, &usual, &err), &err,
                   "an UpdateBundle can be read from a file only");
    assert_non_null(strstr(err.hint, "tar"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_written_as_usual),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_unknown_fields),
        cmocka_unit_test(test_unknown_fields_code),
        cmocka_unit_test(test_unknown_fields_cap),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_empty_values),
        cmocka_unit_test(test_payloads),
        cmocka_unit_test(test_wire),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_large_envelopes),
        cmocka_unit_test(test_other_files),
        cmocka_unit_test(test_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
