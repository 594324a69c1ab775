/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads that are compressed, and their originals again: exactly those, out of nothing else. */
#include <limits.h>
#include <locale.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "swt/targets.h"

static const enum swt_compression ALL[] = {SWT_COMPRESSION_GZIP, SWT_COMPRESSION_XZ,
                                           SWT_COMPRESSION_ZSTD};

/* ---- a payload, compressed --------------------------------------------------------------- */

static int append(void *context, const void *data, size_t len, struct swt_error *err) {
    return swt_buf_append(context, data, len, err);
}

static struct swt_payload payload_of(const void *data, size_t len,
                                     enum swt_compression compression) {
    struct swt_error err = {0};
    struct swt_payload payload = {.compression = compression};
    assert_int_equal(swt_buf_append(&payload.bytes, data, len, &err), 0);
    return payload;
}

static void check_hash(const struct swt_buf *bytes, const uint8_t *expected) {
    struct swt_error err;
    uint8_t digest[SWT_SHA256_SIZE];
    SWT_CLEANUP(swt_sha256_cleanup) struct swt_sha256 *hash = NULL;
    assert_int_equal(swt_sha256_new(&hash, &err), 0);
    assert_int_equal(swt_sha256_update(hash, bytes->data, bytes->len, &err), 0);
    assert_int_equal(swt_sha256_finish(hash, digest, &err), 0);
    assert_memory_equal(digest, expected, sizeof digest);
}

static void compress(const void *data, size_t len, enum swt_compression compression,
                     struct swt_buf *compressed) {
    struct swt_error err = {0};
    SWT_CLEANUP(swt_payload_done)
    struct swt_payload payload = payload_of(data, len, compression);
    assert_int_equal(swt_payload_measure(&payload, NULL, &err), 0);
    assert_int_equal(payload.original_length, len);
    check_hash(&payload.bytes, payload.original_sha256);
    assert_int_equal(swt_payload_copy(&payload, NULL, append, compressed, &err), 0);
    assert_int_equal(compressed->len, payload.length);
    check_hash(compressed, payload.sha256);
}

/* ---- decompressed ------------------------------------------------------------------------ */

/* The compressed bytes, in steps of a size, and what the sink saw. */
struct run {
    struct swt_slice bytes;
    size_t step;
    size_t at;
    struct swt_buf seen;
    enum swt_code source_fails, sink_fails;
    struct swt_error err;
};

static int source(void *context, void *ret_data, size_t size, size_t *ret_len,
                  struct swt_error *err) {
    struct run *run = context;
    size_t len = run->bytes.len - run->at;
    len = len < run->step ? len : run->step;
    len = len < size ? len : size;
    if (run->source_fails != SWT_OK && run->at + len == run->bytes.len)
        return swt_fail(err, run->source_fails, "the source is broken");
    memcpy(ret_data, run->bytes.data + run->at, len);
    run->at += len;
    *ret_len = len;
    return 0;
}

static int sink(void *context, const void *data, size_t len, struct swt_error *err) {
    struct run *run = context;
    if (run->sink_fails != SWT_OK)
        return swt_fail(err, run->sink_fails, "the sink is full");
    return swt_buf_append(&run->seen, data, len, err);
}

static void run_done(struct run *run) {
    swt_buf_done(&run->seen);
}

static int decompress(struct run *run, enum swt_compression compression, const void *original,
                      size_t len) {
    SWT_CLEANUP(swt_payload_done)
    struct swt_payload plain = payload_of(original, len, SWT_COMPRESSION_NONE);
    struct swt_decompression what = {.compression = compression,
                                     .length = len,
                                     .source = source,
                                     .source_context = run,
                                     .sink = sink,
                                     .sink_context = run};
    run->at = 0;
    run->step = run->step == 0 ? SIZE_MAX : run->step;
    run->err = (struct swt_error){0};
    swt_buf_clear(&run->seen);
    assert_int_equal(swt_payload_measure(&plain, NULL, &run->err), 0);
    memcpy(what.sha256, plain.sha256, sizeof what.sha256);
    int rc = swt_decompress(&what, &run->err);
    assert_true(run->seen.len <= len);
    if (rc == 0) {
        assert_int_equal(run->seen.len, len);
        assert_true(len == 0 || memcmp(run->seen.data, original, len) == 0);
    }
    return rc;
}

static void refused(struct swt_slice bytes, enum swt_compression compression, const void *original,
                    size_t len, const char *says) {
    SWT_CLEANUP(run_done) struct run run = {.bytes = bytes};
    assert_int_equal(decompress(&run, compression, original, len), -SWT_E_COMPRESSION);
    if (strstr(run.err.message, says) == NULL)
        fail_msg("'%s' does not say '%s'", run.err.message, says);
}

static void accepted(struct swt_slice bytes, enum swt_compression compression, const void *original,
                     size_t len) {
    SWT_CLEANUP(run_done) struct run run = {.bytes = bytes};
    if (decompress(&run, compression, original, len) != 0)
        fail_msg("%s: %s", swt_compression_name(compression), run.err.message);
}

#define TEXT "an original, an original, an original that is some bytes long"
#define TEXT_LEN (sizeof TEXT - 1)

/* Bytes of which some compress and some do not. */
static uint8_t *mixed(size_t len) {
    uint8_t *data = malloc(len + 1);
    uint32_t state = 1;
    assert_non_null(data);
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525 + 1013904223;
        data[i] = (i >> 12) % 3 == 0 ? (uint8_t)(state >> 24) : (uint8_t)(i >> 8);
    }
    return data;
}

/* ---- tests ------------------------------------------------------------------------------- */

static void names(void **state) {
    (void)state;
    enum swt_compression found;
    assert_true(swt_compression_parse("none", &found) && found == SWT_COMPRESSION_NONE);
    for (size_t i = 0; i < SWT_COUNT(ALL); i++)
        assert_true(swt_compression_parse(swt_compression_name(ALL[i]), &found) && found == ALL[i]);
    static const char *const OTHERS[] = {"", "gz", "GZIP", "gzip ", "bzip2", "lzma"};
    for (size_t i = 0; i < SWT_COUNT(OTHERS); i++)
        assert_false(swt_compression_parse(OTHERS[i], &found));
}

static void round_trips(void **state) {
    (void)state;
    static const size_t SIZES[] = {0,       1, 3, SWT_IO_CHUNK - 1, SWT_IO_CHUNK, SWT_IO_CHUNK + 1,
                                   3U << 20};
    for (size_t i = 0; i < SWT_COUNT(ALL); i++)
        for (size_t j = 0; j < SWT_COUNT(SIZES); j++) {
            uint8_t *data = mixed(SIZES[j]);
            SWT_CLEANUP(swt_buf_done) struct swt_buf compressed = {0};
            SWT_CLEANUP(swt_buf_done) struct swt_buf again = {0};
            compress(data, SIZES[j], ALL[i], &compressed);
            accepted(swt_buf_slice(&compressed), ALL[i], data, SIZES[j]);
            compress(data, SIZES[j], ALL[i], &again);
            assert_true(swt_slice_equal(swt_buf_slice(&compressed), swt_buf_slice(&again)));
            free(data);
        }
}

static void in_small_steps(void **state) {
    (void)state;
    uint8_t *data = mixed(100000);
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf compressed = {0};
        SWT_CLEANUP(run_done) struct run run = {0};
        compress(data, 100000, ALL[i], &compressed);
        run.bytes = swt_buf_slice(&compressed);
        for (run.step = 1; run.step < 20; run.step++)
            assert_int_equal(decompress(&run, ALL[i], data, 100000), 0);
    }
    free(data);
}

static void nothing_of_this_machine(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf compressed = {0};
    static const uint8_t HEADER[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3};
    compress(TEXT, TEXT_LEN, SWT_COMPRESSION_GZIP, &compressed);
    assert_memory_equal(compressed.data, HEADER, sizeof HEADER);
}

/* Time, locale and processors are others than in the test before. */
static void the_same_everywhere(void **state) {
    (void)state;
    cpu_set_t all, one;
    CPU_ZERO(&one);
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    for (size_t i = 0; CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    uint8_t *data = mixed(1U << 20);
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf here = {0};
        SWT_CLEANUP(swt_buf_done) struct swt_buf there = {0};
        compress(data, 1U << 20, ALL[i], &here);
        assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
        assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
        assert_int_equal(usleep(1100000), 0);
        compress(data, 1U << 20, ALL[i], &there);
        assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
        assert_non_null(setlocale(LC_ALL, "C"));
        assert_true(swt_slice_equal(swt_buf_slice(&here), swt_buf_slice(&there)));
    }
    free(data);
}

/* What devices and people have in the place of our own reader. */
static void real_tools(void **state) {
    (void)state;
    char folder[] = "/tmp/test-compression-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    static const size_t SIZES[] = {0, 1, 3U << 20};
    for (size_t i = 0; i < SWT_COUNT(ALL); i++)
        for (size_t j = 0; j < SWT_COUNT(SIZES); j++) {
            char command[128];
            uint8_t *data = mixed(SIZES[j]);
            SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
            struct swt_error err = {0};
            compress(data, SIZES[j], ALL[i], &bytes);
            assert_int_equal(swt_write_file("packed", NULL, swt_buf_slice(&bytes), &err), 0);
            assert_int_equal(swt_write_file("original", NULL, swt_slice_of(data, SIZES[j]), &err),
                             0);
            (void)snprintf(command, sizeof command, "%s -dc <packed | cmp - original",
                           swt_compression_name(ALL[i]));
            assert_int_equal(system(command), 0);
            free(data);
        }
    assert_int_equal(system("rm packed original"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(folder), 0);
}

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

static void one_spool_for_many(void **state) {
    (void)state;
    struct swt_error err = {0};
    SWT_CLEANUP(swt_spool_cleanup) struct swt_spool *spool = NULL;
    assert_int_equal(swt_spool_new(&spool, &err), 0);
    struct swt_payload payloads[6];
    for (size_t i = 0; i < SWT_COUNT(payloads); i++) {
        payloads[i] = payload_of(TEXT, TEXT_LEN - i, ALL[i % SWT_COUNT(ALL)]);
        payloads[i].spool = spool;
        assert_int_equal(swt_payload_measure(&payloads[i], NULL, &err), 0);
        assert_null(payloads[i].own_spool);
    }
    for (size_t i = SWT_COUNT(payloads); i-- > 0;) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
        assert_int_equal(swt_payload_copy(&payloads[i], NULL, append, &bytes, &err), 0);
        accepted(swt_buf_slice(&bytes), payloads[i].compression, TEXT, TEXT_LEN - i);
        swt_payload_done(&payloads[i]);
    }
}

static void of_a_file(void **state) {
    (void)state;
    char path[] = "/tmp/test-compression-XXXXXX";
    struct swt_error err = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, TEXT, TEXT_LEN), TEXT_LEN);
    SWT_CLEANUP(swt_payload_done)
    struct swt_payload payload = {.path = strdup(path), .compression = SWT_COMPRESSION_XZ};
    assert_int_equal(swt_payload_measure(&payload, NULL, &err), 0);
    /* Compressed bytes are at hand, whatever becomes of the source. */
    assert_int_equal(unlink(path), 0);
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    assert_int_equal(swt_payload_copy(&payload, NULL, append, &bytes, &err), 0);
    accepted(swt_buf_slice(&bytes), SWT_COMPRESSION_XZ, TEXT, TEXT_LEN);
    assert_int_equal(close(fd), 0);
    assert_int_equal(swt_payload_measure(&payload, NULL, &err), -SWT_E_NOT_FOUND);
    assert_false(payload.measured);
}

/* What compressing takes of memory, and the limit of it, whatever the size of the payload. Under a
 * sanitizer its own memory would be measured. */
#define LARGE ((off_t)64 << 20)
#define LIMIT ((long)128 << 10) /* KiB */

static long peak(enum swt_compression compression) {
    struct swt_error err = {0};
    struct rusage usage = {0};
    char path[] = "/tmp/test-compression-XXXXXX";
    int fd = mkstemp(path);
    bool made = fd >= 0 && ftruncate(fd, LARGE) == 0;
    struct swt_payload payload = {.path = path, .compression = compression};
    int rc = made ? swt_payload_measure(&payload, NULL, &err) : -1;
    (void)unlink(path);
    return rc < 0 || getrusage(RUSAGE_SELF, &usage) < 0 ? LONG_MAX : usage.ru_maxrss;
}

static void memory(void **state) {
    (void)state;
#ifndef __SANITIZE_ADDRESS__
    for (size_t i = 0; i < SWT_COUNT(ALL); i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(peak(ALL[i]) <= LIMIT ? 0 : 1);
        int status = 0;
        assert_true(child > 0 && waitpid(child, &status, 0) == child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
#else
    (void)peak;
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory), /* before this process has memory that its children start with */
        cmocka_unit_test(names),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(in_small_steps),
        cmocka_unit_test(nothing_of_this_machine),
        cmocka_unit_test(the_same_everywhere),
        cmocka_unit_test(real_tools),
        cmocka_unit_test(cut_off),
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
        cmocka_unit_test(one_spool_for_many),
        cmocka_unit_test(of_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
