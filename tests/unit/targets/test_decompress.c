/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed bytes become exactly what was compressed, and nothing else becomes anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compression_help.h"

static void cut_off(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf whole = {0};
        SWT_CLEANUP(swt_buf_done) struct swt_buf empty = {0};
        compress(TEXT, TEXT_LEN, ALL[i], &whole);
        for (size_t len = 0; len < whole.len; len++)
            refused(swt_slice_of(whole.data, len), ALL[i], TEXT, TEXT_LEN, "");
        compress("", 0, ALL[i], &empty);
        for (size_t len = 0; len < empty.len; len++)
            refused(swt_slice_of(empty.data, len), ALL[i], "", 0, "");
    }
}

/* The end of what takes the filter several blocks. */
static void cut_off_late(void **state) {
    (void)state;
    uint8_t *data = mixed(1U << 20);
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf whole = {0};
        compress(data, 1U << 20, ALL[i], &whole);
        for (size_t less = 1; less <= 32; less++)
            refused(swt_slice_of(whole.data, whole.len - less), ALL[i], data, 1U << 20, "");
    }
    free(data);
}

static void damaged(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
        size_t good = 0;
        compress(TEXT, TEXT_LEN, ALL[i], &bytes);
        for (size_t bit = 0; bit < bytes.len * 8; bit++) {
            SWT_CLEANUP(run_done) struct run run = {.bytes = swt_buf_slice(&bytes)};
            bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            /* decompress() checks that a success is the original. */
            if (decompress(&run, ALL[i], TEXT, TEXT_LEN) == 0)
                good++;
            else
                assert_int_equal(run.err.code, SWT_E_COMPRESSION);
            bytes.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        /* Time, level and system of gzip mean nothing, nor do the bits that fill up a last byte. */
        assert_true(good <= (ALL[i] == SWT_COMPRESSION_GZIP ? 48 + 7 : 8));
    }
}

static void something_follows(void **state) {
    (void)state;
    static const uint8_t GARBAGE[64] = {0x50, 0x2a, 0x4d, 0x18};
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        static const size_t LENGTHS[] = {1, 4, 12, sizeof GARBAGE};
        for (size_t j = 0; j < SWT_COUNT(LENGTHS); j++)
            for (size_t from = 0; from <= 4 && from < LENGTHS[j]; from += 4) {
                struct swt_error err;
                SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
                compress(TEXT, TEXT_LEN, ALL[i], &bytes);
                assert_int_equal(swt_buf_append(&bytes, GARBAGE + from, LENGTHS[j] - from, &err),
                                 0);
                refused(swt_buf_slice(&bytes), ALL[i], TEXT, TEXT_LEN, "something follows");
            }
    }
}

/* The halves of a text, compressed apart, one behind the other; the first n bytes are one half. */
static void two_members(size_t n, enum swt_compression compression) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf rest = {0};
    struct swt_error err;
    compress(TEXT, n, compression, &bytes);
    compress(TEXT + n, TEXT_LEN - n, compression, &rest);
    assert_int_equal(swt_buf_append(&bytes, rest.data, rest.len, &err), 0);
    refused(swt_buf_slice(&bytes), compression, TEXT, TEXT_LEN, "");
    refused(swt_buf_slice(&bytes), compression, TEXT, n, "");
}

static void several_members(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        two_members(20, ALL[i]);
        two_members(0, ALL[i]);
        two_members(TEXT_LEN, ALL[i]);
    }
}

static void another_compression(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(ALL); i++)
        for (size_t j = 0; j < SWT_COUNT(ALL); j++) {
            SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
            compress(TEXT, TEXT_LEN, ALL[i], &bytes);
            if (i != j)
                refused(swt_buf_slice(&bytes), ALL[j], TEXT, TEXT_LEN, "no header at byte 0");
        }
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        refused(swt_slice_text(TEXT TEXT), ALL[i], TEXT TEXT, 2 * TEXT_LEN, "no header at byte 0");
        refused(swt_slice_of("", 0), ALL[i], "", 0, "cut off");
    }
}

/* A file that looks compressed is as good an original as any. */
static void only_once(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(ALL); i++)
        for (size_t j = 0; j < SWT_COUNT(ALL); j++) {
            SWT_CLEANUP(swt_buf_done) struct swt_buf inner = {0};
            SWT_CLEANUP(swt_buf_done) struct swt_buf outer = {0};
            compress(TEXT, TEXT_LEN, ALL[i], &inner);
            compress(inner.data, inner.len, ALL[j], &outer);
            accepted(swt_buf_slice(&outer), ALL[j], inner.data, inner.len);
        }
}

static void another_original(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
        compress(TEXT, TEXT_LEN, ALL[i], &bytes);
        refused(swt_buf_slice(&bytes), ALL[i], TEXT TEXT, TEXT_LEN + 1, "bytes, recorded are 62");
        refused(swt_buf_slice(&bytes), ALL[i], TEXT, TEXT_LEN - 1, "more than the 60 bytes");
        refused(swt_buf_slice(&bytes), ALL[i], "", 0, "more than the 0 bytes");
        refused(swt_buf_slice(&bytes), ALL[i], TEXT + 1, TEXT_LEN, "recorded is");
    }
}

/* 16 MiB of zeros are a few kilobytes. */
static void bombs(void **state) {
    (void)state;
    size_t len = (size_t)16 << 20;
    uint8_t *zeros = calloc(1, len);
    assert_non_null(zeros);
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
        compress(zeros, len, ALL[i], &bytes);
        assert_true(bytes.len < 20000);
        refused(swt_buf_slice(&bytes), ALL[i], zeros, 1000, "more than the 1000 bytes");
        refused(swt_buf_slice(&bytes), ALL[i], zeros, 1000000, "more than the 1000000 bytes");
    }
    free(zeros);
}

static void refused_bytes(enum swt_compression compression, const uint8_t *bytes, size_t len,
                          const char *says) {
    refused(swt_slice_of(bytes, len), compression, "", 0, says);
}
#define REFUSED(compression_, says_, ...)                                                          \
    do {                                                                                           \
        const uint8_t bytes_[] = {__VA_ARGS__};                                                    \
        refused_bytes(SWT_COMPRESSION_##compression_, bytes_, sizeof bytes_, says_);               \
    } while (0)

static void headers_that_want_memory(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    compress(TEXT, TEXT_LEN, SWT_COMPRESSION_XZ, &bytes);
    assert_int_equal(bytes.data[16], 22); /* of the 8 MiB that build writes */
    static const struct {
        uint8_t size;
        const char *says;
    } DICTIONARIES[] = {{23, "asks for 12 MiB"}, {38, "asks for 2 GiB"}, {40, "asks for 4 GiB"}};
    for (size_t i = 0; i < SWT_COUNT(DICTIONARIES); i++) {
        bytes.data[16] = DICTIONARIES[i].size;
        refused(swt_buf_slice(&bytes), SWT_COMPRESSION_XZ, TEXT, TEXT_LEN, DICTIONARIES[i].says);
    }
#define ZSTD 0x28, 0xb5, 0x2f, 0xfd
    REFUSED(ZSTD, "asks for 9 MiB", ZSTD, 0, 13 << 3 | 1, 1, 0, 0);
    REFUSED(ZSTD, "asks for 2 GiB", ZSTD, 0, 21 << 3, 1, 0, 0);
    REFUSED(ZSTD, "asks for 16 MiB", ZSTD, 0xa0, 0, 0, 0, 1, 1, 0, 0);
    REFUSED(ZSTD, "asks for", ZSTD, 0xe0, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0);
}

static void what_build_does_not_write(void **state) {
    (void)state;
    REFUSED(ZSTD, "dictionary", ZSTD, 0x21, 7, 0, 1, 0, 0);
    REFUSED(ZSTD, "later version", ZSTD, 0x28, 0, 1, 0, 0);
    REFUSED(ZSTD, "no known type", ZSTD, 0x20, 0, 7, 0, 0);
    REFUSED(ZSTD, "no header", 0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0);
    REFUSED(GZIP, "other fields", 0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 2, 3, 'a', 0, 3, 0, 0, 0);
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    compress(TEXT, TEXT_LEN, SWT_COMPRESSION_XZ, &bytes);
    bytes.data[14] = 4; /* the filter for x86 */
    refused(swt_buf_slice(&bytes), SWT_COMPRESSION_XZ, TEXT, TEXT_LEN, "other than LZMA2");
    bytes.data[14] = 0x21;
    bytes.data[13] = 1; /* two filters */
    refused(swt_buf_slice(&bytes), SWT_COMPRESSION_XZ, TEXT, TEXT_LEN, "other than LZMA2");
}

static void faults_of_others_pass(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
        compress(TEXT, TEXT_LEN, ALL[i], &bytes);
        SWT_CLEANUP(run_done)
        struct run run = {.bytes = swt_buf_slice(&bytes), .source_fails = SWT_E_NO_SPACE};
        for (run.step = 1; run.step < 100; run.step += 98) {
            assert_int_equal(decompress(&run, ALL[i], TEXT, TEXT_LEN), -SWT_E_NO_SPACE);
            assert_string_equal(run.err.message, "the source is broken");
        }
        run.source_fails = SWT_OK;
        run.sink_fails = SWT_E_INTERRUPTED;
        assert_int_equal(decompress(&run, ALL[i], TEXT, TEXT_LEN), -SWT_E_INTERRUPTED);
        assert_string_equal(run.err.message, "the sink is full");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_off),
        cmocka_unit_test(cut_off_late),
        cmocka_unit_test(damaged),
        cmocka_unit_test(something_follows),
        cmocka_unit_test(several_members),
        cmocka_unit_test(another_compression),
        cmocka_unit_test(only_once),
        cmocka_unit_test(another_original),
        cmocka_unit_test(bombs),
        cmocka_unit_test(headers_that_want_memory),
        cmocka_unit_test(what_build_does_not_write),
        cmocka_unit_test(faults_of_others_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
