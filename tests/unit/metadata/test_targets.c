/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata/support.h"

#include <stdlib.h>
#include <time.h>

/* ---- names ------------------------------------------------------------------------------- */

static int check_name(const char *name, size_t len, struct swt_error *err) {
    return swt_target_name_check(swt_slice_of(name, len), err);
}

static void test_good_names(void **state) {
    (void)state;
    static const char *const names[] = {
        "a",       "app.bin",          "a/b",   "..a",           "a..", "...",
        ".hidden", "a/.b/c",           "äpfel", "日本",          "a b", "-",
        "a-b",     "\xf0\x9f\x92\xa9", "~",     "user_manifest",
    };
    struct swt_error err;
    for (size_t i = 0; i < SWT_COUNT(names); i++) {
        if (check_name(names[i], strlen(names[i]), &err) < 0)
            fail_msg("%s", err.message);
    }
    char longest[SWT_MAX_NAME + 1];
    memset(longest, 'a', sizeof longest);
    assert_int_equal(check_name(longest, SWT_MAX_NAME, &err), 0);
    assert_true(check_name(longest, SWT_MAX_NAME + 1, &err) < 0);
    assert_error(&err, SWT_E_TARGET_NAME, "101 bytes, expected at most 100");
}

static void test_bad_names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const char *part;
    } rows[] = {
        {"", "empty"},
        {".", "'.' or '..'"},
        {"..", "'.' or '..'"},
        {"../a", "'.' or '..'"},
        {"a/../b", "'.' or '..'"},
        {"a/..", "'.' or '..'"},
        {"./a", "'.' or '..'"},
        {"a/./b", "'.' or '..'"},
        {"/", "empty component"},
        {"/a", "empty component"},
        {"a/", "empty component"},
        {"a//b", "empty component"},
        {"a\\b", "backslash"},
        {"a\nb", "control"},
        {"\x1b[31m", "control"},
        {"a\x7f", "control"},
        {"a\xc2\x85", "control"},            /* NEL, of C1 */
        {"a\xe2\x80\xaegnp.exe", "control"}, /* right-to-left override */
        {"a\xe2\x81\xa6", "control"},
        {"a\xd8\x9c", "control"},
        {"\xff", "UTF-8"},
        {"a\xc0\xaf", "UTF-8"},
        {"a\xed\xa0\x80", "UTF-8"},
        {"a\xe2\x82", "UTF-8"},
    };
    struct swt_error err;
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        if (check_name(rows[i].name, strlen(rows[i].name), &err) == 0)
            fail_msg("row %zu accepted", i);
        assert_error(&err, SWT_E_TARGET_NAME, rows[i].part);
    }
    assert_true(check_name("a\0b", 3, &err) < 0);
    assert_error(&err, SWT_E_TARGET_NAME, "control");
}

/* ---- entries ----------------------------------------------------------------------------- */

static struct swt_targets *decode(const struct swt_buf *bytes) {
    struct swt_error err;
    struct swt_targets *targets = NULL;
    if (swt_targets_decode(swt_buf_slice(bytes), 0, &targets, &err) < 0)
        fail_msg("%s", err.message);
    return targets;
}

static struct swt_targets *decode_names(const char *const *names, size_t count,
                                        struct swt_buf *bytes) {
    struct swt_error err;
    struct swt_target_spec *specs = calloc(count + 1, sizeof *specs);
    assert_non_null(specs);
    for (size_t i = 0; i < count; i++)
        specs[i] = (struct swt_target_spec){.name = swt_slice_text(names[i]), .length = i};
    const struct swt_targets_spec spec = {.version = 1, .targets = specs, .target_count = count};
    assert_int_equal(swt_targets_encode(&spec, bytes, &err), 0);
    free(specs);
    return decode(bytes);
}

static void assert_names(const char *const *names, size_t count, const char *part) {
    struct swt_error err;
    struct swt_buf bytes = {0};
    struct swt_targets *targets = decode_names(names, count, &bytes);
    int r = swt_targets_check_entries(targets, &err);
    if (part == NULL && r < 0)
        fail_msg("%s", err.message);
    if (part != NULL) {
        assert_true(r < 0);
        assert_error(&err, SWT_E_TARGET_NAME, part);
    }
    swt_targets_free(targets);
    swt_buf_done(&bytes);
}

#define NAMES(...)                                                                                 \
    (const char *const[]){__VA_ARGS__}, SWT_COUNT(((const char *const[]){__VA_ARGS__}))

static void test_unique_and_no_folders(void **state) {
    (void)state;
    assert_names(NULL, 0, NULL);
    assert_names(NAMES("a", "b", "ab", "a-b", "c/d", "c/e", "c-/d"), NULL);
    assert_names(NAMES("a", "A"), NULL); /* a warning elsewhere */
    assert_names(NAMES("b", "a", "b"), "'b': it occurs twice");
    assert_names(NAMES("a", "a/b"), "'a': it is a folder of the target 'a/b'");
    assert_names(NAMES("a/b", "a"), "'a': it is a folder");
    assert_names(NAMES("a", "a-b", "a.b", "a/b"), "'a': it is a folder of the target 'a/b'");
    assert_names(NAMES("x/y/z/t", "q", "x/y-", "x/y"), "'x/y': it is a folder");
    assert_names(NAMES("a", "../b"), "'..'");
}

static void put_hash(struct swt_buf *file, uint64_t function, size_t len) {
    static const uint8_t digest[64];
    struct swt_buf hash = {0};
    put_uint(&hash, 1, function);
    put_slice(&hash, 2, swt_slice_of(digest, len));
    put_child(file, 3, &hash);
}

static void test_hashes(void **state) {
    (void)state;
    /* function and length of up to two hashes */
    static const struct {
        uint64_t function[2];
        size_t len[2];
        size_t count;
        const char *part;
    } rows[] = {
        {{1}, {32}, 1, NULL},
        {{1, 2}, {32, 32}, 2, NULL},
        {{2, 1}, {64, 32}, 2, NULL},
        {{0}, {0}, 0, "found 0"},
        {{2}, {32}, 1, "found 0"},
        {{0}, {32}, 1, "found 0"},
        {{1, 1}, {32, 32}, 2, "found 2"},
        {{1, 1}, {32, 31}, 2, "found 2"},
        {{1}, {31}, 1, "expected a SHA-256 of 32 bytes"},
        {{1}, {33}, 1, "expected a SHA-256 of 32 bytes"},
        {{1}, {64}, 1, "expected a SHA-256 of 32 bytes"},
        {{1}, {0}, 1, "expected a SHA-256 of 32 bytes"},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        struct swt_error err;
        struct swt_buf bytes = {0};
        struct swt_buf file = {0};
        put_text(&file, 1, "app");
        for (size_t j = 0; j < rows[i].count; j++)
            put_hash(&file, rows[i].function[j], rows[i].len[j]);
        put_child(&bytes, 2, &file);
        struct swt_targets *targets = decode(&bytes);
        int r = swt_targets_check_entries(targets, &err);
        assert_int_equal(r == 0, rows[i].part == NULL);
        if (rows[i].part != NULL)
            assert_error(&err, SWT_E_TARGETS_RULES, rows[i].part);
        assert_int_equal(targets->targets[0].sha256_count + targets->targets[0].other_hashes,
                         rows[i].count);
        swt_targets_free(targets);
        swt_buf_done(&bytes);
    }
}

/* Whoever adds the lengths up gets no number that is too small. */
static void test_sum_of_lengths(void **state) {
    (void)state;
    static const struct {
        uint64_t lengths[3];
        bool good;
    } rows[] = {
        {{UINT64_MAX, 0, 0}, true},
        {{UINT64_MAX - 2, 1, 1}, true},
        {{UINT64_MAX - 1, 1, 1}, false},
        {{1, UINT64_MAX, 0}, false},
        {{UINT64_MAX, UINT64_MAX, UINT64_MAX}, false},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        struct swt_error err;
        struct swt_buf bytes = {0};
        const struct swt_target_spec specs[] = {
            {.name = swt_slice_text("c"), .length = rows[i].lengths[0]},
            {.name = swt_slice_text("a"), .length = rows[i].lengths[1]},
            {.name = swt_slice_text("b"), .length = rows[i].lengths[2]},
        };
        const struct swt_targets_spec spec = {
            .version = 1, .targets = specs, .target_count = SWT_COUNT(specs)};
        assert_int_equal(swt_targets_encode(&spec, &bytes, &err), 0);
        struct swt_targets *targets = decode(&bytes);
        assert_int_equal(swt_targets_check_entries(targets, &err) == 0, rows[i].good);
        if (!rows[i].good)
            assert_error(&err, SWT_E_TARGETS_RULES, "the lengths add up to more than 2^64 bytes");
        swt_targets_free(targets);
        swt_buf_done(&bytes);
    }
}

static void test_role(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        const char *part;
    } rows[] = {
        {"0a09220774617267657473", NULL},
        {"0a062204726f6f74", "the role is 'root', expected 'targets'"},
        {"0a022200", "the role is ''"},
        {"0a09220754415247455453", "the role is 'TARGETS'"},
        {"0a00", "the role is missing"},
        {"", "the role is missing"},
        {"0a111a06108094ebdc03220774617267657473", "1000000000 nanoseconds"},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        struct swt_error err;
        struct swt_buf bytes = {0};
        buf_hex(&bytes, rows[i].hex);
        struct swt_targets *targets = decode(&bytes);
        assert_int_equal(swt_targets_check_role(targets, &err) == 0, rows[i].part == NULL);
        if (rows[i].part != NULL)
            assert_error(&err, SWT_E_TARGETS_RULES, rows[i].part);
        swt_targets_free(targets);
        swt_buf_done(&bytes);
    }
}

static void test_find(void **state) {
    (void)state;
    struct swt_buf bytes = {0};
    struct swt_targets *targets = decode_names(NAMES("b", "a", "c", "a", "ab"), &bytes);
    assert_ptr_equal(swt_targets_find(targets, swt_slice_text("a")), &targets->targets[1]);
    assert_ptr_equal(swt_targets_find(targets, swt_slice_text("ab")), &targets->targets[4]);
    assert_ptr_equal(swt_targets_find(targets, swt_slice_text("c")), &targets->targets[2]);
    assert_null(swt_targets_find(targets, swt_slice_text("")));
    assert_null(swt_targets_find(targets, swt_slice_text("aa")));
    assert_null(swt_targets_find(targets, swt_slice_text("d")));
    swt_targets_free(targets);
    swt_buf_clear(&bytes);
    targets = decode_names(NULL, 0, &bytes);
    assert_null(swt_targets_find(targets, swt_slice_text("a")));
    swt_targets_free(targets);
    swt_buf_done(&bytes);
}

static void test_case_twins(void **state) {
    (void)state;
    const struct swt_target *a = NULL;
    const struct swt_target *b = NULL;
    struct swt_buf bytes = {0};
    struct swt_targets *targets =
        decode_names(NAMES("b", "README", "c", "ReadMe", "readm"), &bytes);
    assert_true(swt_targets_case_twins(targets, &a, &b));
    assert_ptr_equal(a, &targets->targets[1]);
    assert_ptr_equal(b, &targets->targets[3]);
    swt_targets_free(targets);
    swt_buf_clear(&bytes);
    targets = decode_names(NAMES("b", "äb", "Äb"), &bytes);
    assert_true(swt_targets_case_twins(targets, &a, &b));
    swt_targets_free(targets);
    swt_buf_clear(&bytes);
    targets = decode_names(NAMES("b", "a", "b", "[", "{", "äb", "öb"), &bytes);
    assert_false(swt_targets_case_twins(targets, &a, &b));
    swt_targets_free(targets);
    swt_buf_done(&bytes);
}

/* ---- size -------------------------------------------------------------------------------- */

/* 10,000 long names that differ at the end and have many folders: n log n, not n². */
static void test_ten_thousand_targets(void **state) {
    (void)state;
    static char names[SWT_MAX_TARGETS + 1][SWT_MAX_NAME + 1];
    static struct swt_target_spec specs[SWT_MAX_TARGETS + 1];
    struct swt_error err;
    struct swt_buf bytes = {0};
    for (size_t i = 0; i < SWT_COUNT(specs); i++) {
        for (size_t j = 0; j < 90; j += 2)
            memcpy(names[i] + j, "a/", 2);
        (void)snprintf(names[i] + 90, 11, "x%05zu", (i * 7919) % SWT_COUNT(specs));
        specs[i] = (struct swt_target_spec){.name = swt_slice_text(names[i]),
                                            .length = UINT64_MAX / SWT_COUNT(specs)};
    }
    struct swt_targets_spec spec = {
        .version = 1, .targets = specs, .target_count = SWT_MAX_TARGETS};
    clock_t start = clock();
    assert_int_equal(swt_targets_encode(&spec, &bytes, &err), 0);
    struct swt_targets *targets = decode(&bytes);
    assert_int_equal(targets->target_count, SWT_MAX_TARGETS);
    assert_int_equal(swt_targets_check_entries(targets, &err), 0);
    for (size_t i = 0; i < SWT_MAX_TARGETS; i++)
        assert_ptr_equal(swt_targets_find(targets, specs[i].name), &targets->targets[i]);
    /* A quadratic check takes minutes under a sanitizer; this one some tenths of a second. */
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 10);
    swt_targets_free(targets);

    swt_buf_clear(&bytes);
    spec.target_count++;
    assert_true(swt_targets_encode(&spec, &bytes, &err) < 0);
    assert_error(&err, SWT_E_TARGETS_RULES, "10001 targets, expected at most 10000");
    assert_int_equal(bytes.len, 0);
    swt_buf_done(&bytes);
}

static void test_expiry_round_trip(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_buf bytes = {0};
    const struct swt_targets_spec spec = {.version = 7, .has_expires = true, .expires = 1};
    assert_int_equal(swt_targets_encode(&spec, &bytes, &err), 0);
    struct swt_targets *targets = decode(&bytes);
    assert_true(targets->common.has_expires);
    assert_int_equal(targets->common.expires, 1);
    assert_int_equal(swt_targets_check_role(targets, &err), 0);
    swt_targets_free(targets);
    swt_buf_done(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_names),
        cmocka_unit_test(test_bad_names),
        cmocka_unit_test(test_unique_and_no_folders),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_sum_of_lengths),
        cmocka_unit_test(test_role),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_case_twins),
        cmocka_unit_test(test_ten_thousand_targets),
        cmocka_unit_test(test_expiry_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
