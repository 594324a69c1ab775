/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer makes: like libarchive's and Pigweed's, of the size told before, and whole. */
#include "bundle_help.h"

#include <archive.h>
#include <archive_entry.h>

static const struct content contents[] = {
    {.targets = "", .targets_len = 0},
    {.root = "", .targets = "T", .targets_len = 1},
    {.root = "ROOT",
     .root_len = 4,
     .targets = "TARGETS",
     .targets_len = 7,
     .items = {{"app", "application", 11}, {"empty", "", 0}, {"\xe2\x82\xac/z", "zzz", 3}},
     .count = 3},
};
static const enum swt_format formats[] = {SWT_FORMAT_TAR, SWT_FORMAT_PIGWEED};

/* ---- sizes ------------------------------------------------------------------------------- */

static void assert_size(const struct content *content, enum swt_format format) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf written = {0};
    const struct swt_bundle_plan plan = plan_of(content, format);
    struct swt_payload_plan payloads[MAX_ITEMS];
    struct swt_error err;
    uint64_t size;
    for (size_t i = 0; i < content->count; i++)
        payloads[i] = (struct swt_payload_plan){swt_slice_text(content->items[i].name),
                                                content->items[i].len};
    must(swt_bundle_size(&plan, payloads, content->count, &size, &err), &err);
    write_bundle(content, format, &written);
    assert_int_equal(size, written.len);
}

static void test_sizes(void **state) {
    (void)state;
    for (size_t f = 0; f < SWT_COUNT(formats); f++)
        for (size_t i = 0; i < SWT_COUNT(contents); i++)
            assert_size(&contents[i], formats[f]);
}

/* Where a varint or a block gets longer. */
static void test_sizes_at_borders(void **state) {
    (void)state;
    static const size_t lens[] = {0,    1,     107,   108,   113,   114,    115, 116,
                                  117,  126,   127,   128,   511,   512,    513, 1023,
                                  1024, 16255, 16371, 16383, 16384, 2097152};
    char *data = calloc(1, 2097152);
    assert_non_null(data);
    for (size_t f = 0; f < SWT_COUNT(formats); f++)
        for (size_t i = 0; i < SWT_COUNT(lens); i++) {
            const struct content content = {
                .root = data,
                .root_len = lens[i],
                .targets = data,
                .targets_len = lens[i],
                .items = {{"a", data, lens[i]}, {"payload", data, lens[i]}},
                .count = 2,
            };
            assert_size(&content, formats[f]);
        }
    free(data);
}

static int size_of(enum swt_format format, const char *name, uint64_t length, size_t count,
                   uint64_t *ret_size, struct swt_error *err) {
    const struct swt_bundle_plan plan = {.format = format, .targets = swt_slice_text("T")};
    struct swt_payload_plan *payloads = calloc(count + 1, sizeof *payloads);
    assert_non_null(payloads);
    for (size_t i = 0; i < count; i++)
        payloads[i] = (struct swt_payload_plan){swt_slice_text(name), length};
    int r = swt_bundle_size(&plan, payloads, count, ret_size, err);
    free(payloads);
    return r;
}

static void test_limits(void **state) {
    (void)state;
    struct swt_error err;
    uint64_t size;
    must(size_of(SWT_FORMAT_TAR, "a", SWT_TAR_MAX_PAYLOAD, 3, &size, &err), &err);
    assert_true(size == 1024 + 3 * (UINT64_C(0x200000000) + 512) + 1024);
    assert_int_equal(size_of(SWT_FORMAT_TAR, "a", SWT_TAR_MAX_PAYLOAD + 1, 1, &size, &err),
                     -SWT_E_TARGET_TOO_LARGE);
    assert_non_null(strstr(err.message, "payload 'a' of 8,589,934,592 bytes does not fit"));
    assert_int_equal(size_of(SWT_FORMAT_TAR, "a", UINT64_MAX, 1, &size, &err),
                     -SWT_E_TARGET_TOO_LARGE);

    /* 14 + (1 + 5 + 3 + 1 + 5) bytes around one payload */
    const uint64_t most = SWT_PIGWEED_MAX_BUNDLE - 14 - 15;
    must(size_of(SWT_FORMAT_PIGWEED, "a", most, 1, &size, &err), &err);
    assert_true(size == SWT_PIGWEED_MAX_BUNDLE);
    const uint64_t over[] = {most + 1, SWT_PIGWEED_MAX_BUNDLE, SWT_PIGWEED_MAX_BUNDLE + 1,
                             UINT64_MAX};
    for (size_t i = 0; i < SWT_COUNT(over); i++) {
        assert_int_equal(size_of(SWT_FORMAT_PIGWEED, "a", over[i], 1, &size, &err),
                         -SWT_E_TARGET_TOO_LARGE);
        assert_non_null(strstr(err.message, "the tar format takes it"));
    }
    assert_int_equal(size_of(SWT_FORMAT_PIGWEED, "a", most / 2, 3, &size, &err),
                     -SWT_E_TARGET_TOO_LARGE);

    must(size_of(SWT_FORMAT_TAR, "a", 0, SWT_MAX_PAYLOADS, &size, &err), &err);
    for (size_t f = 0; f < SWT_COUNT(formats); f++)
        assert_int_equal(size_of(formats[f], "a", 0, SWT_MAX_PAYLOADS + 1, &size, &err),
                         -SWT_E_CONTAINER);
}

static void test_names(void **state) {
    (void)state;
    struct swt_error err;
    uint64_t size;
    char name[5000];
    for (size_t f = 0; f < SWT_COUNT(formats); f++) {
        const struct swt_bundle_plan plan = {.format = formats[f]};
        const struct swt_payload_plan nul = {swt_slice_of("a\0b", 3), 1};
        assert_int_equal(swt_bundle_size(&plan, &nul, 1, &size, &err), -SWT_E_CONTAINER);
        assert_int_equal(size_of(formats[f], "", 1, 1, &size, &err), -SWT_E_CONTAINER);
    }
    memset(name, 'n', sizeof name);
    name[4097] = 0;
    assert_int_equal(size_of(SWT_FORMAT_PIGWEED, name, 1, 1, &size, &err), -SWT_E_CONTAINER);
    name[4096] = 0;
    must(size_of(SWT_FORMAT_PIGWEED, name, 1, 1, &size, &err), &err);
    assert_int_equal(size_of(SWT_FORMAT_PIGWEED, "\xff", 1, 1, &size, &err), -SWT_E_CONTAINER);
    name[101] = 0;
    assert_int_equal(size_of(SWT_FORMAT_TAR, name, 1, 1, &size, &err), -SWT_E_CONTAINER);
    name[100] = 0;
    must(size_of(SWT_FORMAT_TAR, name, 1, 1, &size, &err), &err);
    assert_int_equal(size_of(SWT_FORMAT_TAR, "a/", 1, 1, &size, &err), -SWT_E_CONTAINER);
}

/* ---- announced and written --------------------------------------------------------------- */

static void start(enum swt_format format, struct swt_writer **ret_writer,
                  struct swt_bundle_writer **ret_out) {
    const struct swt_bundle_plan plan = {.format = format, .targets = swt_slice_text("T")};
    struct swt_error err;
    must(swt_writer_open("/dev/null", NULL, ret_writer, &err), &err);
    must(swt_bundle_writer_new(*ret_writer, &plan, ret_out, &err), &err);
}

static void test_changed_length(void **state) {
    (void)state;
    for (size_t f = 0; f < SWT_COUNT(formats); f++)
        for (int way = 0; way < 3; way++) {
            SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = NULL;
            SWT_CLEANUP(swt_bundle_writer_cleanup) struct swt_bundle_writer *out = NULL;
            struct swt_error err;
            start(formats[f], &writer, &out);
            must(swt_bundle_writer_begin(out, swt_slice_text("app"), 10, &err), &err);
            must(swt_bundle_writer_write(out, "123456789", 9, &err), &err);
            int r = way == 0   ? swt_bundle_writer_write(out, "ab", 2, &err)
                    : way == 1 ? swt_bundle_writer_begin(out, swt_slice_text("b"), 0, &err)
                               : swt_bundle_writer_finish(out, &err);
            assert_int_equal(r, -SWT_E_FILE_CHANGED);
            assert_non_null(strstr(err.message, "payload 'app' is"));
            /* And no way back to a good end. */
            assert_true(swt_bundle_writer_write(out, "a", 1, &err) < 0);
            assert_true(swt_bundle_writer_finish(out, &err) < 0);
        }
}

static void test_too_large_for_pigweed(void **state) {
    (void)state;
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = NULL;
    SWT_CLEANUP(swt_bundle_writer_cleanup) struct swt_bundle_writer *out = NULL;
    struct swt_error err;
    start(SWT_FORMAT_PIGWEED, &writer, &out);
    must(swt_bundle_writer_begin(out, swt_slice_text("a"), 3, &err), &err);
    must(swt_bundle_writer_write(out, "abc", 3, &err), &err);
    uint64_t before = swt_writer_offset(writer);
    assert_int_equal(
        swt_bundle_writer_begin(out, swt_slice_text("b"), SWT_PIGWEED_MAX_BUNDLE - 30, &err),
        -SWT_E_TARGET_TOO_LARGE);
    assert_int_equal(swt_writer_offset(writer), before);
}

/* ---- what others read and write ---------------------------------------------------------- */

static void test_libarchive_reads_it(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf written = {0};
    static const char *const names[] = {"root_metadata", "targets_metadata", "targets/app",
                                        "targets/empty", "targets/\xe2\x82\xac/z"};
    static const char *const datas[] = {"ROOT", "TARGETS", "application", "", "zzz"};
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    char data[64];

    write_bundle(&contents[2], SWT_FORMAT_TAR, &written);
    assert_int_equal(archive_read_support_format_tar(archive), ARCHIVE_OK);
    assert_int_equal(archive_read_open_memory(archive, written.data, written.len), ARCHIVE_OK);
    for (size_t i = 0; i < SWT_COUNT(names); i++) {
        assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_OK);
        assert_string_equal(archive_entry_pathname(entry), names[i]);
        assert_int_equal(archive_entry_mode(entry), AE_IFREG | 0644);
        la_ssize_t len = archive_read_data(archive, data, sizeof data);
        assert_int_equal(len, strlen(datas[i]));
        assert_memory_equal(data, datas[i], strlen(datas[i]));
    }
    assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_EOF);
    assert_int_equal(archive_filter_code(archive, 0), ARCHIVE_FILTER_NONE);
    archive_read_free(archive);
}

static void libarchive_put(struct archive *archive, const char *path, const char *data,
                           size_t len) {
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, 0, 0);
    archive_entry_set_size(entry, (int64_t)len);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(archive, data, len), (la_ssize_t)len);
    archive_entry_free(entry);
}

static void test_libarchive_writes_the_same(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf written = {0};
    static uint8_t bytes[64 * SWT_TAR_BLOCK];
    size_t used = 0;
    struct archive *archive = archive_write_new();
    assert_int_equal(archive_write_add_filter_none(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_set_format_ustar(archive), ARCHIVE_OK);
    archive_write_set_bytes_per_block(archive, SWT_TAR_BLOCK);
    assert_int_equal(archive_write_open_memory(archive, bytes, sizeof bytes, &used), ARCHIVE_OK);
    libarchive_put(archive, "root_metadata", "ROOT", 4);
    libarchive_put(archive, "targets_metadata", "TARGETS", 7);
    libarchive_put(archive, "targets/app", "application", 11);
    libarchive_put(archive, "targets/empty", "", 0);
    libarchive_put(archive, "targets/\xe2\x82\xac/z", "zzz", 3);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);

    write_bundle(&contents[2], SWT_FORMAT_TAR, &written);
    assert_int_equal(written.len, used);
    assert_memory_equal(written.data, bytes, used);
}

/* ---- Pigweed's own bundles --------------------------------------------------------------- */

struct listing {
    struct swt_buf names;
    struct content content;
    const struct swt_buf *bytes;
};

static int list_payload(void *context, const struct swt_payload_info *payload,
                        struct swt_error *err) {
    struct listing *listing = context;
    (void)err;
    assert_true(listing->content.count < MAX_ITEMS);
    char *name = strndup((const char *)payload->name.data, payload->name.len);
    assert_non_null(name);
    listing->content.items[listing->content.count++] = (struct item){
        name, (const char *)listing->bytes->data + payload->offset, (size_t)payload->length};
    return 0;
}

static int compare_fields(const void *a, const void *b) {
    return swt_slice_compare(*(const struct swt_slice *)a, *(const struct swt_slice *)b);
}

/* The top-level fields, each with its tag, sorted. */
static size_t fields_of(const struct swt_buf *bytes, struct swt_slice *ret_fields, size_t cap) {
    struct swt_wire wire = swt_wire_of(swt_buf_slice(bytes), 0);
    struct swt_wire_field field;
    struct swt_error err;
    size_t count = 0;
    int r;
    while ((r = swt_wire_next(&wire, &field, &err)) > 0) {
        assert_true(count < cap);
        ret_fields[count++] =
            swt_slice_of(bytes->data + field.offset, wire.position - field.offset);
    }
    must(r, &err);
    qsort(ret_fields, count, sizeof *ret_fields, compare_fields);
    return count;
}

static void assert_written_as(const char *name) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf theirs = {0}, ours = {0};
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    struct listing listing = {.bytes = &theirs};
    struct swt_slice our_fields[64], their_fields[64];
    struct swt_error err;
    char path[128];

    snprintf(path, sizeof path, "testdata/identity-bundles/%s.pb", name);
    must(swt_read_file(path, 1 << 20, &theirs, &err), &err);
    must(swt_reader_open(path, &reader, &err), &err);
    must(swt_bundle_open(reader, SWT_FORMAT_PIGWEED, false, &bundle, &err), &err);
    struct swt_slice root = swt_bundle_root(bundle, NULL);
    struct swt_slice targets = swt_bundle_targets(bundle, NULL);
    listing.content.root = swt_bundle_has_root(bundle) ? (const char *)root.data : NULL;
    listing.content.root_len = root.len;
    listing.content.targets = (const char *)targets.data;
    listing.content.targets_len = targets.len;
    must(swt_bundle_list(bundle, list_payload, &listing, &err), &err);

    write_bundle(&listing.content, SWT_FORMAT_PIGWEED, &ours);
    size_t count = fields_of(&ours, our_fields, SWT_COUNT(our_fields));
    assert_int_equal(count, fields_of(&theirs, their_fields, SWT_COUNT(their_fields)));
    for (size_t i = 0; i < count; i++)
        assert_true(swt_slice_equal(our_fields[i], their_fields[i]));
    for (size_t i = 0; i < listing.content.count; i++)
        free((char *)(uintptr_t)listing.content.items[i].name);
}

static void test_like_pigweed(void **state) {
    (void)state;
    static const char *const names[] = {"empty_bundle",           "one_target",
                                        "two_plus_two_keys",      "utf8_names",
                                        "three_targets_unsorted", "twenty_targets"};
    for (size_t i = 0; i < SWT_COUNT(names); i++)
        assert_written_as(names[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_sizes_at_borders),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_changed_length),
        cmocka_unit_test(test_too_large_for_pigweed),
        cmocka_unit_test(test_libarchive_reads_it),
        cmocka_unit_test(test_libarchive_writes_the_same),
        cmocka_unit_test(test_like_pigweed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
