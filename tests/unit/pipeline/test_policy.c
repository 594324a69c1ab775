/* SPDX-License-Identifier: Apache-2.0 */
/* The patterns of release policies, and what text is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../src/pipeline/policy.h"

static void patterns(void **state) {
    static const struct {
        const char *pattern, *name;
        bool matches;
    } CASES[] = {
        {"app", "app", true},
        {"app", "apps", false},
        {"app", "ap", false},
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "a/b", true},
        {"fw/*", "fw/a", true},
        {"fw/*", "fw/a/b", true},
        {"fw/*", "fw", false},
        {"fw/*", "fx/a", false},
        {"?", "a", true},
        {"?", "", false},
        {"?", "ab", false},
        {"?", "\xc3\xa9", true},
        {"??", "\xc3\xa9", false},
        {"*?", "\xc3\xa9", true},
        {"*\xa9", "\xc3\xa9", false},
        {"a*b*c", "aXbXc", true},
        {"a*b*c", "aXcXb", false},
        {"*a*b", "aab", true},
        {"*.bin", ".bin", true},
        {"*.bin", "a.bin.sig", false},
        {"**", "abc", true},
        {"A", "a", false},
    };
    uint64_t steps = SWT_POLICY_STEPS;
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(CASES); i++)
        if (swt_policy_matches(CASES[i].pattern, CASES[i].name, &steps) != CASES[i].matches)
            fail_msg("'%s' and '%s'", CASES[i].pattern, CASES[i].name);
}

static void stars_cost_no_time(void **state) {
    (void)state;
    char pattern[201] = "";
    char name[101] = "";
    uint64_t steps = 20000; /* the product of the lengths */
    for (size_t i = 0; i < 100; i++)
        memcpy(pattern + 2 * i, "*a", 3);
    memset(name, 'a', 99);
    assert_false(swt_policy_matches(pattern, name, &steps));
    assert_true(steps > 0);
    steps = 50;
    assert_false(swt_policy_matches("*a", name, &steps));
    assert_int_equal(steps, 0);
}

static bool is_text(const void *data, size_t len, size_t times) {
    char path[] = "/tmp/swt-text-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t i = 0; i < times; i++)
        assert_int_equal(write(fd, data, len), (ssize_t)len);
    close(fd);
    struct swt_error err;
    struct swt_reader *reader = NULL;
    bool text;
    assert_int_equal(swt_reader_open(path, &reader, &err), 0);
    assert_int_equal(swt_kind_is_text(reader, &text, &err), 0);
    swt_reader_free(reader);
    unlink(path);
    return text;
}
#define IS_TEXT(text_) is_text(text_, sizeof(text_) - 1, 1)

static void text(void **state) {
    (void)state;
    assert_true(IS_TEXT("schema: 1\r\n\tx: \xe2\x82\xac\n"));
    assert_true(IS_TEXT("\nschema: 1\n")); /* a tag and a length, to protobuf */
    assert_true(IS_TEXT("\"schema\": 1"));
    assert_false(IS_TEXT("a\0b"));
    assert_false(IS_TEXT("\x12\x01z"));
    assert_false(IS_TEXT("a\x7f"));
    assert_false(IS_TEXT("\xe2\x82"));
    assert_false(IS_TEXT("a\xff"));
    /* What is read of a long file ends within a character: 1 MiB is no multiple of 3. */
    assert_true(is_text("\xe2\x82\xac", 3, 400 * 1024));
    assert_false(is_text("\xe2\x82", 2, 600 * 1024));
}

/* A signature by a key id that no key can have is nobody's. */
static void signers(void **state) {
    (void)state;
    static const uint8_t id[SWT_KEY_ID_SIZE + 1] = {7};
    struct swt_policy_subject subject = {0};
    struct swt_error err;
    for (size_t len = 0; len <= sizeof id; len++)
        assert_int_equal(
            swt_policy_add_signer(&subject, swt_slice_of(id, len), "signed", NULL, &err), 0);
    assert_int_equal(subject.signer_count, 1);
    assert_memory_equal(subject.signers[0].id, id, SWT_KEY_ID_SIZE);
    free(subject.signers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns),
        cmocka_unit_test(stars_cost_no_time),
        cmocka_unit_test(text),
        cmocka_unit_test(signers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
