/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing in a bundle is free: whatever bytes are accepted are the very bytes that the writer makes
 * of what was read. Every single-bit change and every truncation of small bundles is tried.
 */
#include "bundle_help.h"

static const struct content with_root = {
    .root = "ROOT",
    .root_len = 4,
    .targets = "TARGETS",
    .targets_len = 7,
    .items = {{"app", "application", 11}, {"empty", "", 0}, {"\xc3\xa9/z", "zzz", 3}},
    .count = 3,
};
static const struct content without_root = {
    .targets = "TARGETS",
    .targets_len = 7,
    .items = {{"app", "application", 11}},
    .count = 1,
};
static const struct content bare = {.targets = "", .targets_len = 0};

struct tally {
    unsigned accepted; /* with other bytes in an envelope or a payload */
    unsigned absent;   /* readable, but the caller was told that a payload is not there */
};

/* A mutation was accepted: then it is canonical, so its content is another one. */
static void assert_canonical(struct swt_slice bytes, enum swt_format format,
                             const struct content *asked, const struct found *found) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf written = {0};
    const struct content content = content_of(asked, found);
    assert_int_equal(found->unknown, 0);
    write_bundle(&content, format, &written);
    assert_int_equal(written.len, bytes.len);
    /* One bit turns a payload into a root; fields of an UpdateBundle may stand in any order. */
    if (format == SWT_FORMAT_PIGWEED && content.count < asked->count)
        return;
    assert_memory_equal(written.data, bytes.data, bytes.len);
}

static void judge_mutation(struct swt_slice bytes, enum swt_format format, enum through through,
                           const struct content *content, struct tally *tally) {
    SWT_CLEANUP(found_done) struct found found = {0};
    struct swt_error err;
    int r = judge_found(bytes, format, through, false, READ_ALL, content, &found, &err);
    if (r == 0) {
        assert_canonical(bytes, format, content, &found);
        bool absent = false;
        for (size_t i = 0; i < content->count; i++)
            absent = absent || found.absent[i];
        tally->absent += absent;
        tally->accepted += !absent;
        return;
    }
    assert_true(r == -SWT_E_CONTAINER || r == -SWT_E_UNKNOWN_FIELD);
    assert_true(err.message[0] != 0);
    assert_true(err.file[0] != 0);
}

/* The bits of envelopes and payloads alone may change. */
static unsigned value_bits(const struct content *content) {
    size_t bytes = content->root_len + content->targets_len;
    for (size_t i = 0; i < content->count; i++)
        bytes += content->items[i].len;
    return (unsigned)bytes * 8;
}

static void flip_every_bit(const struct content *content, enum swt_format format,
                           enum through through) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    struct tally tally = {0};
    write_bundle(content, format, &buf);
    for (size_t bit = 0; bit < buf.len * 8; bit++) {
        buf.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        judge_mutation(swt_buf_slice(&buf), format, through, content, &tally);
        buf.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(tally.accepted, value_bits(content));
    if (format == SWT_FORMAT_TAR)
        assert_int_equal(tally.absent, 0);
}

static void test_bits_of_tar(void **state) {
    (void)state;
    flip_every_bit(&with_root, SWT_FORMAT_TAR, THROUGH_MEMORY);
    flip_every_bit(&without_root, SWT_FORMAT_TAR, THROUGH_PIPE);
    flip_every_bit(&bare, SWT_FORMAT_TAR, THROUGH_PIPE);
}

static void test_bits_of_update_bundle(void **state) {
    (void)state;
    flip_every_bit(&with_root, SWT_FORMAT_PIGWEED, THROUGH_MEMORY);
    flip_every_bit(&without_root, SWT_FORMAT_PIGWEED, THROUGH_MEMORY);
    flip_every_bit(&bare, SWT_FORMAT_PIGWEED, THROUGH_MEMORY);
}

static void seal(uint8_t *header) {
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < SWT_TAR_BLOCK; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
}

/* As an attacker would do it, with the checksum made right: every value of every header byte. The
 * size of an envelope may take in a byte of its zero padding; the bundle then is the canonical one
 * for that envelope, which is not the signed one any more. */
static void test_sealed_headers(void **state) {
    (void)state;
    static const size_t headers[] = {0, 1024, 2048, 3072, 3584};
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    struct tally tally = {0};
    write_bundle(&with_root, SWT_FORMAT_TAR, &buf);
    for (size_t i = 0; i < SWT_COUNT(headers); i++)
        for (size_t at = 0; at < SWT_TAR_BLOCK; at++) {
            uint8_t header[SWT_TAR_BLOCK];
            if (at == 148) /* the checksum itself */
                at = 156;
            memcpy(header, buf.data + headers[i], sizeof header);
            for (unsigned value = 0; value < 256; value++) {
                if (value == header[at])
                    continue;
                buf.data[headers[i] + at] = (uint8_t)value;
                seal(buf.data + headers[i]);
                judge_mutation(swt_buf_slice(&buf), SWT_FORMAT_TAR, THROUGH_MEMORY, &with_root,
                               &tally);
                memcpy(buf.data + headers[i], header, sizeof header);
            }
        }
    /* Of the size of ROOT, 4, the last digit may become 5 to 7; of TARGETS, 7, it is the highest.
     * Either may have the second and third digit from 1 to 7 (up to 455 bytes in its block). */
    assert_int_equal(tally.accepted, 3 + 7 + 7 + 7 + 7);
    /* TARGETS of 7 + 5 * 512 bytes takes in all payloads, up to the last one's data. */
    assert_int_equal(tally.absent, 1);
}

static void truncate_everywhere(const struct content *content, enum swt_format format,
                                enum through through) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    write_bundle(content, format, &buf);
    for (size_t len = 0; len < buf.len; len++) {
        struct swt_error err;
        /* A copy of its own length, so that a read past the end is seen by a sanitizer. */
        uint8_t *copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memcpy(copy, buf.data, len);
        int r = judge(swt_slice_of(copy, len), format, through, content, &err);
        free(copy);
        /* An UpdateBundle cut between two fields is one that lacks the last payloads. */
        if (r == 0) {
            assert_int_equal(format, SWT_FORMAT_PIGWEED);
            continue;
        }
        assert_int_equal(r, -SWT_E_CONTAINER);
    }
}

static void test_truncations(void **state) {
    (void)state;
    truncate_everywhere(&with_root, SWT_FORMAT_TAR, THROUGH_MEMORY);
    truncate_everywhere(&with_root, SWT_FORMAT_TAR, THROUGH_PIPE);
    truncate_everywhere(&with_root, SWT_FORMAT_PIGWEED, THROUGH_MEMORY);
}

/* Of an UpdateBundle cut short, either reading fails or a payload is told to be absent. */
static void test_truncation_lacks_a_payload(void **state) {
    (void)state;
    SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
    unsigned accepted = 0;
    write_bundle(&with_root, SWT_FORMAT_PIGWEED, &buf);
    for (size_t len = 0; len < buf.len; len++) {
        SWT_CLEANUP(found_done) struct found found = {0};
        struct swt_error err;
        if (judge_found(swt_slice_of(buf.data, len), SWT_FORMAT_PIGWEED, THROUGH_MEMORY, false,
                        READ_ALL, &with_root, &found, &err) < 0)
            continue;
        assert_true(found.absent[2]);
        accepted++;
    }
    assert_int_equal(accepted, 3); /* without 3, 2 or 1 of the three payloads */
}

/* One byte put in or taken out anywhere. */
static void test_insertions(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x01, 0x0a, 0x12, 0x1a, 0x22, 0x2a, 0x80, 0xff, 'a'};
    static const enum swt_format formats[] = {SWT_FORMAT_TAR, SWT_FORMAT_PIGWEED};
    for (size_t f = 0; f < SWT_COUNT(formats); f++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf buf = {0};
        struct tally tally = {0};
        write_bundle(&with_root, formats[f], &buf);
        uint8_t *copy = malloc(buf.len + 1);
        assert_non_null(copy);
        for (size_t at = 0; at <= buf.len; at++) {
            memcpy(copy, buf.data, at);
            memcpy(copy + at + 1, buf.data + at, buf.len - at);
            for (size_t i = 0; i < SWT_COUNT(bytes); i++) {
                copy[at] = bytes[i];
                judge_mutation(swt_slice_of(copy, buf.len + 1), formats[f], THROUGH_MEMORY,
                               &with_root, &tally);
            }
            if (at == buf.len)
                break;
            memcpy(copy + at, buf.data + at + 1, buf.len - at - 1);
            judge_mutation(swt_slice_of(copy, buf.len - 1), formats[f], THROUGH_MEMORY, &with_root,
                           &tally);
        }
        free(copy);
        assert_int_equal(tally.accepted, 0);
        assert_int_equal(tally.absent, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_of_tar),
        cmocka_unit_test(test_bits_of_update_bundle),
        cmocka_unit_test(test_sealed_headers),
        cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_truncation_lacks_a_payload),
        cmocka_unit_test(test_insertions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
