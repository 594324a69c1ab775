/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/scratch.h"
#include "swt/io.h"

#include <sys/wait.h>

static void test_reads_a_file_in_parts(void **state) {
    (void)state;
    struct swt_error err;
    put_file("file", "hello world");
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    assert_int_equal(swt_reader_open("file", &reader, &err), 0);
    assert_true(swt_reader_seekable(reader));
    assert_true(swt_reader_size(reader) == 11);
    assert_string_equal(swt_reader_name(reader), "file");
    char data[16];
    size_t len;
    assert_int_equal(swt_reader_read(reader, data, 5, &len, &err), 0);
    assert_int_equal(len, 5);
    assert_memory_equal(data, "hello", 5);
    assert_true(swt_reader_offset(reader) == 5);
    assert_int_equal(swt_reader_read(reader, data, sizeof data, &len, &err), 0);
    assert_int_equal(len, 6);
    assert_memory_equal(data, " world", 6);
    assert_int_equal(swt_reader_read(reader, data, sizeof data, &len, &err), 0);
    assert_int_equal(len, 0);
    assert_int_equal(swt_reader_seek(reader, 9, &err), 0);
    assert_int_equal(swt_reader_read(reader, data, sizeof data, &len, &err), 0);
    assert_int_equal(len, 2);
    assert_true(swt_reader_offset(reader) == 11);
    assert_int_equal(swt_reader_seek(reader, UINT64_C(1) << 40, &err), 0);
    assert_int_equal(swt_reader_read(reader, data, sizeof data, &len, &err), 0);
    assert_int_equal(len, 0);
    assert_int_equal(swt_reader_seek(reader, UINT64_MAX, &err), -SWT_E_IO);
}

static void test_memory_reads_like_a_file(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_reader *reader = NULL;
    assert_int_equal(swt_reader_open_memory(swt_slice_text("abcdef"), "bytes", &reader, &err), 0);
    assert_true(swt_reader_seekable(reader));
    assert_true(swt_reader_size(reader) == 6);
    assert_string_equal(swt_reader_name(reader), "bytes");
    assert_false(swt_reader_same_file(reader, reader));
    assert_false(swt_reader_world_readable(reader));
    char data[16];
    size_t len;
    assert_int_equal(swt_reader_read(reader, data, 4, &len, &err), 0);
    assert_int_equal(len, 4);
    assert_int_equal(swt_reader_read(reader, data, 4, &len, &err), 0);
    assert_int_equal(len, 2);
    assert_memory_equal(data, "ef", 2);
    assert_int_equal(swt_reader_seek(reader, 1000, &err), 0);
    assert_int_equal(swt_reader_read(reader, data, 4, &len, &err), 0);
    assert_int_equal(len, 0);
    assert_int_equal(swt_reader_seek(reader, 1, &err), 0);
    assert_int_equal(swt_reader_read(reader, data, 1, &len, &err), 0);
    assert_int_equal(data[0], 'b');
    assert_int_equal(swt_reader_seek(reader, UINT64_MAX, &err), -SWT_E_IO);
    swt_reader_free(reader);
    assert_int_equal(swt_reader_open_memory((struct swt_slice){0}, "none", &reader, &err), 0);
    assert_int_equal(swt_reader_read(reader, data, 4, &len, &err), 0);
    assert_int_equal(len, 0);
    swt_reader_free(reader);
    swt_reader_free(NULL);
}

static void test_refuses_a_directory_and_a_missing_file(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_reader *reader = NULL;
    assert_int_equal(mkdir("folder", 0777), 0);
    assert_int_equal(swt_reader_open("folder", &reader, &err), -SWT_E_IO);
    assert_string_equal(err.file, "folder");
    assert_int_equal(swt_reader_open("missing", &reader, &err), -SWT_E_NOT_FOUND);
    assert_string_equal(err.file, "missing");
    assert_int_equal(swt_reader_open("", &reader, &err), -SWT_E_NOT_FOUND);
    assert_null(reader);
}

static void test_devices_and_fifos_stream(void **state) {
    (void)state;
    struct swt_error err;
    char data[8192];
    size_t len;
    struct swt_reader *reader = NULL;
    assert_int_equal(swt_reader_open("/dev/null", &reader, &err), 0);
    assert_false(swt_reader_seekable(reader));
    assert_int_equal(swt_reader_seek(reader, 0, &err), -SWT_E_IO);
    assert_int_equal(swt_reader_read(reader, data, sizeof data, &len, &err), 0);
    assert_int_equal(len, 0);
    swt_reader_free(reader);

    assert_int_equal(mkfifo("fifo", 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = open("fifo", O_WRONLY);
        for (int i = 0; i < 3000; i++)
            if (write(fd, "abc", 3) != 3)
                _exit(1);
        _exit(0);
    }
    assert_int_equal(swt_reader_open("fifo", &reader, &err), 0);
    assert_false(swt_reader_seekable(reader));
    assert_int_equal(swt_reader_read(reader, data, sizeof data, &len, &err), 0);
    assert_int_equal(len, sizeof data); /* however small the pieces it came in */
    assert_int_equal(swt_reader_read(reader, data, sizeof data, &len, &err), 0);
    assert_int_equal(len, 9000 - sizeof data);
    swt_reader_free(reader);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Runs in a child, since it takes standard input away. */
static int read_stdin_at_offset(void) {
    struct swt_error err;
    int fd = open("file", O_RDONLY);
    char data[16] = "";
    size_t len;
    if (dup2(fd, 0) != 0 || lseek(0, 4, SEEK_SET) != 4)
        return 1;
    struct swt_reader *reader = NULL;
    if (swt_reader_open("-", &reader, &err) < 0 || swt_reader_size(reader) != 4)
        return 2;
    if (strcmp(swt_reader_name(reader), "standard input") != 0 || !swt_reader_seekable(reader))
        return 3;
    if (swt_reader_seek(reader, 2, &err) < 0 ||
        swt_reader_read(reader, data, sizeof data, &len, &err) < 0)
        return 4;
    if (len != 2 || memcmp(data, "78", 2) != 0 || swt_reader_offset(reader) != 4)
        return 5;
    swt_reader_free(reader);
    return fcntl(0, F_GETFD) < 0 ? 6 : 0;
}

static void test_standard_input_starts_where_it_stands(void **state) {
    (void)state;
    put_file("file", "12345678");
    pid_t child = fork();
    if (child == 0)
        _exit(read_stdin_at_offset());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_same_file_and_permissions(void **state) {
    (void)state;
    struct swt_error err;
    put_file("a", "x");
    put_file("b", "x");
    assert_int_equal(link("a", "hard"), 0);
    assert_int_equal(symlink("a", "soft"), 0);
    assert_int_equal(chmod("a", 0600), 0);
    assert_int_equal(chmod("b", 0640), 0);
    struct swt_reader *a, *b, *hard, *soft;
    assert_int_equal(swt_reader_open("a", &a, &err), 0);
    assert_int_equal(swt_reader_open("b", &b, &err), 0);
    assert_int_equal(swt_reader_open("hard", &hard, &err), 0);
    assert_int_equal(swt_reader_open("soft", &soft, &err), 0);
    assert_true(swt_reader_same_file(a, hard));
    assert_true(swt_reader_same_file(a, soft));
    assert_false(swt_reader_same_file(a, b));
    assert_false(swt_reader_world_readable(a));
    assert_true(swt_reader_world_readable(b));
    swt_reader_free(a);
    swt_reader_free(b);
    swt_reader_free(hard);
    swt_reader_free(soft);
}

static void test_read_file_keeps_its_cap(void **state) {
    (void)state;
    struct swt_error err;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    put_file("file", "12345");
    assert_int_equal(swt_read_file("file", 5, &bytes, &err), 0);
    assert_string_equal(swt_buf_text(&bytes), "12345");
    put_file("other", "123");
    assert_int_equal(swt_read_file("other", SIZE_MAX, &bytes, &err), 0);
    assert_string_equal(swt_buf_text(&bytes), "123");
    assert_int_equal(swt_read_file("file", 4, &bytes, &err), -SWT_E_FILE_KIND);
    assert_string_equal(err.file, "file");
    assert_int_equal(swt_read_file("/dev/zero", 1000000, &bytes, &err), -SWT_E_FILE_KIND);
    assert_int_equal(swt_read_file("missing", 4, &bytes, &err), -SWT_E_NOT_FOUND);
    assert_string_equal(swt_buf_text(&bytes), "123"); /* untouched by what failed */
    put_file("file", "");
    assert_int_equal(swt_read_file("file", 0, &bytes, &err), 0);
    assert_int_equal(bytes.len, 0);
    assert_string_equal(swt_buf_text(&bytes), "");
}

static void test_read_file_longer_than_a_chunk(void **state) {
    (void)state;
    struct swt_error err;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    size_t size = 3 * SWT_IO_CHUNK + 17;
    char *text = malloc(size + 1);
    assert_non_null(text);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i % 23);
    text[size] = '\0';
    put_file("file", text);
    assert_int_equal(swt_read_file("file", size, &bytes, &err), 0);
    assert_true(swt_slice_equal(swt_buf_slice(&bytes), swt_slice_text(text)));
    assert_int_equal(swt_read_file("file", size - 1, &bytes, &err), -SWT_E_FILE_KIND);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCRATCH_TEST(test_reads_a_file_in_parts),
        SCRATCH_TEST(test_memory_reads_like_a_file),
        SCRATCH_TEST(test_refuses_a_directory_and_a_missing_file),
        SCRATCH_TEST(test_devices_and_fifos_stream),
        SCRATCH_TEST(test_standard_input_starts_where_it_stands),
        SCRATCH_TEST(test_same_file_and_permissions),
        SCRATCH_TEST(test_read_file_keeps_its_cap),
        SCRATCH_TEST(test_read_file_longer_than_a_chunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
