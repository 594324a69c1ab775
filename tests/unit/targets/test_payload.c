/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lane.h"

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* A payload that is hashed beside its copying. */
#define LARGE (9 * 1024 * 1024)

static char folder[] = "/tmp/test-payload-XXXXXX";

static int enter(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int leave(void **state) {
    (void)state;
    static const char *const files[] = {"file", "fifo", "link", "-", "other"};
    for (size_t i = 0; i < SWT_COUNT(files); i++)
        (void)unlink(files[i]);
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void write_file(const char *path, const void *data, size_t len) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static struct swt_payload payload_of(const char *path) {
    struct swt_payload payload = {.name = strdup("app"), .path = strdup(path)};
    assert_non_null(payload.name);
    assert_non_null(payload.path);
    return payload;
}

static void assert_sha256(const struct swt_payload *payload, const char *expected) {
    char text[SWT_HEX_SIZE(SWT_SHA256_SIZE)];
    swt_hex_encode(payload->sha256, SWT_SHA256_SIZE, text);
    assert_string_equal(text, expected);
}

/* What a copy hands out; may meddle with the source, or fail, after the first chunk. */
struct sink {
    struct swt_buf bytes;
    size_t calls;
    size_t largest;
    int answer;
    void (*meddle)(size_t len); /* what was handed out of "file" */
};

static void append(size_t len) {
    (void)len;
    FILE *file = fopen("file", "a");
    assert_non_null(file);
    assert_int_equal(fputs("more", file) < 0, 0);
    assert_int_equal(fclose(file), 0);
}

static void cut(size_t len) {
    assert_int_equal(truncate("file", (off_t)len), 0);
}

/* The first byte, which was read already, or the last, which was not; the length stays. */
static void overwrite(long offset, int whence) {
    FILE *file = fopen("file", "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, offset, whence), 0);
    assert_int_equal(fputc('!', file), '!');
    assert_int_equal(fclose(file), 0);
}

static void overwrite_first(size_t len) {
    (void)len;
    overwrite(0, SEEK_SET);
}

static void overwrite_last(size_t len) {
    (void)len;
    overwrite(-1, SEEK_END);
}

/* The name is another file's then; the open one is as it was. */
static void replace(size_t len) {
    (void)len;
    FILE *file = fopen("other", "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename("other", "file"), 0);
}

static void remove_file(size_t len) {
    (void)len;
    assert_int_equal(unlink("file"), 0);
}

/* As overwriting does, it says that the bytes may be others. */
static void touch(size_t len) {
    (void)len;
    assert_int_equal(utimensat(AT_FDCWD, "file", NULL, 0), 0);
}

static int sink_write(void *context, const void *data, size_t len, struct swt_error *err) {
    struct sink *sink = context;
    sink->calls++;
    if (len > sink->largest)
        sink->largest = len;
    if (sink->calls == 1 && sink->meddle != NULL)
        sink->meddle(len);
    if (sink->answer < 0)
        return swt_fail(err, (enum swt_code) - sink->answer, "the sink is full");
    return swt_buf_append(&sink->bytes, data, len, err);
}

static void assert_same(const struct sink *sink, const void *data, size_t len) {
    assert_int_equal(sink->bytes.len, len);
    if (len > 0)
        assert_memory_equal(sink->bytes.data, data, len);
}

static void small_and_empty(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *sha256;
    } rows[] = {{"", EMPTY_SHA256}, {"abc", ABC_SHA256}};
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        size_t len = strlen(rows[i].text);
        struct swt_error err = {0};
        write_file("file", rows[i].text, len);
        SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of("file");
        uint64_t size = 99;
        assert_int_equal(swt_payload_size(&payload, &size, &err), 0);
        assert_int_equal(size, len);
        assert_false(payload.measured);
        assert_int_equal(measure(&payload, &err), 0);
        assert_true(payload.measured);
        assert_int_equal(payload.length, len);
        assert_sha256(&payload, rows[i].sha256);
        struct sink sink = {0};
        assert_int_equal(copy(&payload, sink_write, &sink, &err), 0);
        assert_same(&sink, rows[i].text, len);
        assert_int_equal(sink.calls, len > 0 ? 1 : 0);
        swt_buf_done(&sink.bytes);
    }
}

static void of_memory(void **state) {
    (void)state;
    struct swt_error err = {0};
    SWT_CLEANUP(swt_payload_done) struct swt_payload payload = {0};
    assert_int_equal(measure(&payload, &err), 0);
    assert_int_equal(payload.length, 0);
    assert_sha256(&payload, EMPTY_SHA256);
    struct sink sink = {0};
    assert_int_equal(copy(&payload, sink_write, &sink, &err), 0);
    assert_int_equal(sink.calls, 0);

    assert_int_equal(swt_buf_append(&payload.bytes, "abc", 3, &err), 0);
    uint64_t size;
    assert_int_equal(swt_payload_size(&payload, &size, &err), 0);
    assert_int_equal(size, 3);
    /* The bytes are not those that were measured. */
    assert_int_equal(copy(&payload, sink_write, &sink, &err), -SWT_E_FILE_CHANGED);
    assert_int_equal(measure(&payload, &err), 0);
    assert_sha256(&payload, ABC_SHA256);
    assert_int_equal(copy(&payload, sink_write, &sink, &err), 0);
    assert_same(&sink, "abc", 3);
    payload.bytes.data[0] = 'x';
    assert_int_equal(copy(&payload, sink_write, &sink, &err), -SWT_E_FILE_CHANGED);
    swt_buf_done(&sink.bytes);
    struct swt_payload zero = {0};
    swt_payload_done(&zero);
}

static uint8_t *pattern(size_t len) {
    uint8_t *data = malloc(len);
    assert_non_null(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 31 + i / 251);
    return data;
}

static void at_the_edges_of_chunks(void **state) {
    (void)state;
    static const size_t sizes[] = {SWT_TEE_CHUNK - 1, SWT_TEE_CHUNK, SWT_TEE_CHUNK + 1,
                                   3 * SWT_TEE_CHUNK};
    for (size_t i = 0; i < SWT_COUNT(sizes); i++) {
        uint8_t *data = pattern(sizes[i]);
        struct swt_error err = {0};
        write_file("file", data, sizes[i]);
        SWT_CLEANUP(swt_payload_done) struct swt_payload from_file = payload_of("file");
        SWT_CLEANUP(swt_payload_done) struct swt_payload from_memory = {0};
        assert_int_equal(swt_buf_append(&from_memory.bytes, data, sizes[i], &err), 0);
        assert_int_equal(measure(&from_file, &err), 0);
        assert_int_equal(measure(&from_memory, &err), 0);
        assert_int_equal(from_file.length, sizes[i]);
        assert_int_equal(from_memory.length, sizes[i]);
        assert_memory_equal(from_file.sha256, from_memory.sha256, SWT_SHA256_SIZE);
        struct sink sink = {0};
        assert_int_equal(copy(&from_file, sink_write, &sink, &err), 0);
        assert_same(&sink, data, sizes[i]);
        assert_true(sink.largest <= SWT_TEE_CHUNK);
        swt_buf_clear(&sink.bytes);
        sink.largest = 0;
        assert_int_equal(copy(&from_memory, sink_write, &sink, &err), 0);
        assert_same(&sink, data, sizes[i]);
        assert_true(sink.largest <= SWT_TEE_CHUNK);
        swt_buf_done(&sink.bytes);
        free(data);
    }
}

static void not_regular(void **state) {
    (void)state;
    struct swt_error err = {0};
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(symlink("fifo", "link"), 0);
    static const struct {
        const char *path;
        enum swt_code code;
    } rows[] = {{"fifo", SWT_E_IO},      {"link", SWT_E_IO},      {".", SWT_E_IO},
                {"/dev/null", SWT_E_IO}, {"/dev/zero", SWT_E_IO}, {"none", SWT_E_NOT_FOUND},
                {"", SWT_E_NOT_FOUND},   {"-", SWT_E_NOT_FOUND}};
    (void)alarm(30); /* opening the FIFO would wait for ever */
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of(rows[i].path);
        uint64_t size = 99;
        assert_int_equal(swt_payload_size(&payload, &size, &err), -(int)rows[i].code);
        assert_int_equal(size, 99);
        assert_int_equal(measure(&payload, &err), -(int)rows[i].code);
        assert_string_equal(err.file, rows[i].path);
        assert_false(payload.measured);
    }
    (void)alarm(0);
}

/* A file "-" is a file, and no standard input. */
static void a_file_named_minus(void **state) {
    (void)state;
    struct swt_error err = {0};
    write_file("-", "abc", 3);
    SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of("-");
    assert_int_equal(measure(&payload, &err), 0);
    assert_sha256(&payload, ABC_SHA256);
}

static void changed_after_measuring(void **state) {
    (void)state;
    static const char *const contents[] = {"abd", "ab", "abcd", ""};
    for (size_t i = 0; i < SWT_COUNT(contents); i++) {
        struct swt_error err = {0};
        write_file("file", "abc", 3);
        SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of("file");
        assert_int_equal(measure(&payload, &err), 0);
        write_file("file", contents[i], strlen(contents[i]));
        struct sink sink = {0};
        assert_int_equal(copy(&payload, sink_write, &sink, &err), -SWT_E_FILE_CHANGED);
        assert_string_equal(err.file, "file");
        swt_buf_done(&sink.bytes);
        assert_int_equal(unlink("file"), 0);
        assert_int_equal(copy(&payload, sink_write, &sink, &err), -SWT_E_NOT_FOUND);
    }
}

static void changed_while_copying(void **state) {
    (void)state;
    size_t len = 2 * SWT_TEE_CHUNK;
    uint8_t *data = pattern(len);
    struct swt_error err = {0};
    write_file("file", data, len);
    SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of("file");
    assert_int_equal(measure(&payload, &err), 0);
    struct sink grows = {.meddle = append};
    assert_int_equal(copy(&payload, sink_write, &grows, &err), -SWT_E_FILE_CHANGED);
    assert_same(&grows, data, len); /* not a byte more than was measured */
    swt_buf_done(&grows.bytes);
    write_file("file", data, len);
    struct sink shrinks = {.meddle = cut};
    assert_int_equal(copy(&payload, sink_write, &shrinks, &err), -SWT_E_FILE_CHANGED);
    swt_buf_done(&shrinks.bytes);
    free(data);
}

/* One that is measured on the way has the length that was announced, and its hash after it. */
static void copied_unmeasured(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, SWT_TEE_CHUNK, 3 * SWT_TEE_CHUNK + 1, LARGE};
    for (size_t i = 0; i < SWT_COUNT(sizes); i++) {
        uint8_t *data = pattern(sizes[i]);
        struct swt_error err = {0};
        write_file("file", data, sizes[i]);
        SWT_CLEANUP(swt_payload_done) struct swt_payload measured = payload_of("file");
        SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of("file");
        assert_int_equal(measure(&measured, &err), 0);
        payload.length = sizes[i];
        struct sink sink = {0};
        assert_int_equal(copy(&payload, sink_write, &sink, &err), 0);
        assert_same(&sink, data, sizes[i]);
        assert_true(payload.measured);
        assert_int_equal(payload.length, sizes[i]);
        assert_int_equal(payload.original_length, sizes[i]);
        assert_memory_equal(payload.sha256, measured.sha256, SWT_SHA256_SIZE);
        assert_memory_equal(swt_payload_original_sha256(&payload), measured.sha256,
                            SWT_SHA256_SIZE);
        swt_buf_done(&sink.bytes);
        free(data);
    }
}

static void copied_unmeasured_of_another_length(void **state) {
    (void)state;
    static const uint64_t lengths[] = {0, 2, 4, UINT64_MAX};
    for (size_t i = 0; i < SWT_COUNT(lengths); i++) {
        struct swt_error err = {0};
        write_file("file", "abc", 3);
        SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of("file");
        payload.length = lengths[i];
        struct sink sink = {0};
        assert_int_equal(copy(&payload, sink_write, &sink, &err), -SWT_E_FILE_CHANGED);
        assert_string_equal(err.file, "file");
        assert_int_equal(sink.calls, 0);
        assert_false(payload.measured);
    }
}

/* Nothing that reads the file once may take bytes of two states of it for one. */
static void changed_while_copied_unmeasured(void **state) {
    (void)state;
    static void (*const changes[])(size_t) = {append, cut, overwrite_first, overwrite_last, touch};
    static const size_t sizes[] = {2 * SWT_TEE_CHUNK, LARGE};
    for (size_t i = 0; i < SWT_COUNT(changes) * SWT_COUNT(sizes); i++) {
        size_t len = sizes[i % SWT_COUNT(sizes)];
        uint8_t *data = pattern(len);
        struct swt_error err = {0};
        write_file("file", data, len);
        SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of("file");
        payload.length = len;
        struct sink sink = {.meddle = changes[i / SWT_COUNT(sizes)]};
        assert_int_equal(copy(&payload, sink_write, &sink, &err), -SWT_E_FILE_CHANGED);
        assert_string_equal(err.file, "file");
        assert_false(payload.measured);
        assert_true(sink.bytes.len <= len);
        swt_buf_done(&sink.bytes);
        free(data);
    }
}

/* What was written in this tick of the clock could be written to again without another time to show
 * for it. */
static void clock_went_on(size_t len) {
    struct timespec now;
    struct stat status;
    (void)len;
    assert_int_equal(clock_gettime(CLOCK_REALTIME_COARSE, &now), 0);
    assert_int_equal(stat("file", &status), 0);
    assert_true(now.tv_sec > status.st_ctim.tv_sec ||
                (now.tv_sec == status.st_ctim.tv_sec && now.tv_nsec > status.st_ctim.tv_nsec));
}

static void written_just_before(void **state) {
    (void)state;
    for (size_t i = 0; i < 20; i++) {
        struct swt_error err = {0};
        write_file("file", "abc", 3);
        SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of("file");
        payload.length = 3;
        struct sink sink = {.meddle = clock_went_on};
        assert_int_equal(copy(&payload, sink_write, &sink, &err), 0);
        sink.calls = 0;
        sink.meddle = overwrite_first;
        payload.measured = false;
        assert_int_equal(copy(&payload, sink_write, &sink, &err), -SWT_E_FILE_CHANGED);
        swt_buf_done(&sink.bytes);
    }
}

/* The open file is as it was, whatever becomes of its name. */
static void replaced_while_copied_unmeasured(void **state) {
    (void)state;
    static void (*const changes[])(size_t) = {replace, remove_file};
    for (size_t i = 0; i < SWT_COUNT(changes); i++) {
        size_t len = 2 * SWT_TEE_CHUNK;
        uint8_t *data = pattern(len);
        struct swt_error err = {0};
        write_file("file", data, len);
        SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of("file");
        payload.length = len;
        struct sink sink = {.meddle = changes[i]};
        assert_int_equal(copy(&payload, sink_write, &sink, &err), 0);
        assert_same(&sink, data, len);
        swt_buf_done(&sink.bytes);
        free(data);
    }
}

static void compressed_is_measured_first(void **state) {
    (void)state;
    struct swt_error err = {0};
    write_file("file", "abc", 3);
    SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of("file");
    payload.compression = SWT_COMPRESSION_GZIP;
    payload.length = 3;
    struct sink sink = {0};
    assert_int_equal(copy(&payload, sink_write, &sink, &err), -SWT_E_FILE_CHANGED);
    assert_int_equal(sink.calls, 0);
}

static void failing_sink(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t len = 2 * SWT_TEE_CHUNK;
        uint8_t *data = pattern(len);
        struct swt_error err = {0};
        write_file("file", data, len);
        free(data);
        SWT_CLEANUP(swt_payload_done) struct swt_payload payload = payload_of("file");
        struct sink sink = {.answer = -SWT_E_NO_SPACE};
        if (i == 0)
            assert_int_equal(measure(&payload, &err), 0);
        payload.length = len;
        assert_int_equal(copy(&payload, sink_write, &sink, &err), -SWT_E_NO_SPACE);
        assert_int_equal(sink.calls, 1);
        assert_string_equal(err.message, "the sink is full");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_and_empty),
        cmocka_unit_test(of_memory),
        cmocka_unit_test(at_the_edges_of_chunks),
        cmocka_unit_test(not_regular),
        cmocka_unit_test(a_file_named_minus),
        cmocka_unit_test(changed_after_measuring),
        cmocka_unit_test(changed_while_copying),
        cmocka_unit_test(failing_sink),
        cmocka_unit_test(copied_unmeasured),
        cmocka_unit_test(copied_unmeasured_of_another_length),
        cmocka_unit_test(changed_while_copied_unmeasured),
        cmocka_unit_test(written_just_before),
        cmocka_unit_test(replaced_while_copied_unmeasured),
        cmocka_unit_test(compressed_is_measured_first),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
