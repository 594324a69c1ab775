/* SPDX-License-Identifier: Apache-2.0 */
/* Many payloads in near-linear time, and large ones through sparse files. */
#include "bundle_help.h"

#include <fcntl.h>
#include <time.h>

static char path[64];

static int make_path(void **state) {
    (void)state;
    snprintf(path, sizeof path, "/tmp/swt-large-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

static int remove_path(void **state) {
    (void)state;
    unlink(path);
    return 0;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- many -------------------------------------------------------------------------------- */

/* Names whose order in the file is not the sorted one. */
static void name_of(size_t i, char ret_name[32]) {
    snprintf(ret_name, 32, "%05zu/payload", i * 7919 % SWT_MAX_PAYLOADS);
}

static void write_many(enum swt_format format, size_t count) {
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = NULL;
    SWT_CLEANUP(swt_bundle_writer_cleanup) struct swt_bundle_writer *out = NULL;
    const struct swt_bundle_plan plan = {.format = format, .targets = swt_slice_text("T")};
    struct swt_error err;
    must(swt_writer_open(path, NULL, &writer, &err), &err);
    must(swt_bundle_writer_new(writer, &plan, &out, &err), &err);
    for (size_t i = 0; i < count; i++) {
        char name[32];
        name_of(i, name);
        must(swt_bundle_writer_begin(out, swt_slice_text(name), strlen(name), &err), &err);
        must(swt_bundle_writer_write(out, name, strlen(name), &err), &err);
    }
    must(swt_bundle_writer_finish(out, &err), &err);
    must(swt_writer_commit(writer, &err), &err);
}

static int count_payload(void *context, const struct swt_payload_info *payload,
                         struct swt_error *err) {
    size_t *count = context;
    char name[32];
    (void)err;
    name_of(*count, name);
    assert_true(swt_slice_equal(payload->name, swt_slice_text(name)));
    assert_int_equal(payload->length, strlen(name));
    ++*count;
    return 0;
}

static double read_many(enum swt_format format, size_t count) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    struct swt_error err;
    double start = now();
    must(swt_reader_open(path, &reader, &err), &err);
    must(swt_bundle_open(reader, format, false, &bundle, &err), &err);
    for (size_t i = 0; i < count; i++) {
        enum swt_payload_state found;
        char name[32], data[64];
        size_t len;
        name_of(i, name);
        must(swt_bundle_next(bundle, swt_slice_text(name), strlen(name), &found, &err), &err);
        assert_int_equal(found, SWT_PAYLOAD_PRESENT);
        must(swt_bundle_read(bundle, data, sizeof data, &len, &err), &err);
        assert_int_equal(len, strlen(name));
        assert_memory_equal(data, name, len);
    }
    must(swt_bundle_end_payloads(bundle, &err), &err);
    must(swt_bundle_finish(bundle, &err), &err);
    double time = now() - start;

    size_t listed = 0;
    swt_bundle_free(SWT_TAKE(bundle));
    must(swt_reader_seek(reader, 0, &err), &err);
    must(swt_bundle_open(reader, format, false, &bundle, &err), &err);
    must(swt_bundle_list(bundle, count_payload, &listed, &err), &err);
    assert_int_equal(listed, count);
    return time;
}

static void many(enum swt_format format) {
    write_many(format, SWT_MAX_PAYLOADS / 10);
    double tenth = read_many(format, SWT_MAX_PAYLOADS / 10);
    write_many(format, SWT_MAX_PAYLOADS);
    double whole = read_many(format, SWT_MAX_PAYLOADS);
    /* Quadratic would be 100; a busy machine may triple what is linear. */
    if (whole > 30 * tenth + 0.2)
        fail_msg("%d payloads take %f s, a tenth of them %f s", SWT_MAX_PAYLOADS, whole, tenth);
}

static void test_many_in_tar(void **state) {
    (void)state;
    many(SWT_FORMAT_TAR);
}

static void test_many_in_update_bundle(void **state) {
    (void)state;
    many(SWT_FORMAT_PIGWEED);
}

static void test_one_too_many(void **state) {
    (void)state;
    static const enum swt_format formats[] = {SWT_FORMAT_TAR, SWT_FORMAT_PIGWEED};
    for (size_t f = 0; f < SWT_COUNT(formats); f++) {
        SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *writer = NULL;
        SWT_CLEANUP(swt_bundle_writer_cleanup) struct swt_bundle_writer *out = NULL;
        const struct swt_bundle_plan plan = {.format = formats[f], .targets = swt_slice_text("T")};
        struct swt_error err;
        must(swt_writer_open("/dev/null", NULL, &writer, &err), &err);
        must(swt_bundle_writer_new(writer, &plan, &out, &err), &err);
        for (size_t i = 0; i < SWT_MAX_PAYLOADS; i++)
            must(swt_bundle_writer_begin(out, swt_slice_text("same"), 0, &err), &err);
        assert_refused(swt_bundle_writer_begin(out, swt_slice_text("last"), 0, &err), &err,
                       "more than 10000 payloads");
    }
}

/* The readers have their own count: not every bundle comes from this writer. */
static void test_one_too_many_is_not_read(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    struct swt_error err;

    write_many(SWT_FORMAT_PIGWEED, SWT_MAX_PAYLOADS);
    must(swt_read_file(path, (size_t)1 << 22, &bytes, &err), &err);
    put(&bytes, "\x22\x05\x0a\x01x\x12\x00", 7);
    open_reader(swt_buf_slice(&bytes), THROUGH_MEMORY, &reader);
    assert_refused(swt_bundle_open(reader, SWT_FORMAT_PIGWEED, false, &bundle, &err), &err,
                   "there are more than 10000 payloads");
    swt_reader_free(SWT_TAKE(reader));

    size_t listed = 0;
    uint8_t block[SWT_TAR_BLOCK];
    static const uint8_t zeros[2 * SWT_TAR_BLOCK];
    write_many(SWT_FORMAT_TAR, SWT_MAX_PAYLOADS);
    must(swt_read_file(path, (size_t)1 << 24, &bytes, &err), &err);
    bytes.len -= sizeof zeros;
    must(swt_tar_header("targets/x", 0, block, &err), &err);
    put(&bytes, block, sizeof block);
    put(&bytes, zeros, sizeof zeros);
    open_reader(swt_buf_slice(&bytes), THROUGH_MEMORY, &reader);
    must(swt_bundle_open(reader, SWT_FORMAT_TAR, false, &bundle, &err), &err);
    assert_refused(swt_bundle_list(bundle, count_payload, &listed, &err), &err,
                   "there are more than 10000 payloads");
    assert_int_equal(listed, SWT_MAX_PAYLOADS);
}

/* ---- large ------------------------------------------------------------------------------- */

static void pwrite_all(int fd, const void *data, size_t len, uint64_t offset) {
    assert_int_equal(pwrite(fd, data, len, (off_t)offset), (ssize_t)len);
}

/* A tar bundle with one payload of that size, which is a hole; false where the file system has no
 * room for such a file. */
static bool make_sparse(uint64_t size) {
    uint8_t block[SWT_TAR_BLOCK];
    struct swt_error err;
    uint64_t end = 1024 + SWT_TAR_BLOCK + (size + 511) / 512 * 512;
    int fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    must(swt_tar_header("targets_metadata", 1, block, &err), &err);
    pwrite_all(fd, block, sizeof block, 0);
    pwrite_all(fd, "T", 1, 512);
    must(swt_tar_header("targets/big", size, block, &err), &err);
    pwrite_all(fd, block, sizeof block, 1024);
    bool done = ftruncate(fd, (off_t)(end + 1024)) == 0;
    close(fd);
    return done;
}

static int skip_big(uint64_t size, struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    enum swt_payload_state found;
    uint8_t data[100];
    size_t len;
    must(swt_reader_open(path, &reader, err), err);
    must(swt_bundle_open(reader, SWT_FORMAT_TAR, false, &bundle, err), err);
    int r = swt_bundle_next(bundle, swt_slice_text("big"), size, &found, err);
    if (r < 0)
        return r;
    assert_int_equal(found, SWT_PAYLOAD_PRESENT);
    must(swt_bundle_read(bundle, data, sizeof data, &len, err), err);
    assert_int_equal(len, sizeof data);
    return swt_bundle_finish(bundle, err);
}

static void test_large_payloads(void **state) {
    (void)state;
    static const uint64_t sizes[] = {UINT64_C(0x80000000), UINT64_C(0x100000001),
                                     SWT_TAR_MAX_PAYLOAD};
    for (size_t i = 0; i < SWT_COUNT(sizes); i++) {
        struct swt_error err;
        if (!make_sparse(sizes[i]))
            skip();
        must(skip_big(sizes[i], &err), &err);
        /* Cut within the payload: told before anything of it is read. */
        assert_int_equal(truncate(path, (off_t)(sizes[i] - 1)), 0);
        assert_refused(skip_big(sizes[i], &err), &err, "but the file ends after");
    }
}

static void test_update_bundle_of_2_gib(void **state) {
    (void)state;
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    struct swt_bundle *bundle = NULL;
    struct swt_error err;
    write_many(SWT_FORMAT_PIGWEED, 1);
    if (truncate(path, (off_t)SWT_PIGWEED_MAX_BUNDLE + 1) != 0)
        skip();
    must(swt_reader_open(path, &reader, &err), &err);
    assert_refused(swt_bundle_open(reader, SWT_FORMAT_PIGWEED, false, &bundle, &err), &err,
                   "an UpdateBundle of 2,147,483,648 bytes is not accepted");
    assert_non_null(strstr(err.message, "the tar format takes it"));
    assert_null(bundle);
}

/* A payload that fills an UpdateBundle to its limit is passed over, not loaded. */
static void test_update_bundle_at_the_limit(void **state) {
    (void)state;
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_cleanup) struct swt_bundle *bundle = NULL;
    static const uint8_t head[] = {0x1a, 12,   0x0a, 7,    't',  'a',  'r',  'g',  'e',  't',
                                   's',  0x12, 1,    'T',  0x22, 0xeb, 0xff, 0xff, 0xff, 0x07,
                                   0x0a, 1,    'a',  0x12, 0xe2, 0xff, 0xff, 0xff, 0x07};
    const uint64_t size = SWT_PIGWEED_MAX_BUNDLE - sizeof head;
    enum swt_payload_state found;
    struct swt_error err;
    int fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    pwrite_all(fd, head, sizeof head, 0);
    int r = ftruncate(fd, (off_t)SWT_PIGWEED_MAX_BUNDLE);
    close(fd);
    if (r != 0)
        skip();
    must(swt_reader_open(path, &reader, &err), &err);
    must(swt_bundle_open(reader, SWT_FORMAT_PIGWEED, false, &bundle, &err), &err);
    must(swt_bundle_next(bundle, swt_slice_text("a"), size, &found, &err), &err);
    assert_int_equal(found, SWT_PAYLOAD_PRESENT);
    must(swt_bundle_finish(bundle, &err), &err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_many_in_tar, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_many_in_update_bundle, make_path, remove_path),
        cmocka_unit_test(test_one_too_many),
        cmocka_unit_test_setup_teardown(test_one_too_many_is_not_read, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_large_payloads, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_update_bundle_of_2_gib, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_update_bundle_at_the_limit, make_path, remove_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
