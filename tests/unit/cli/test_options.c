/* SPDX-License-Identifier: Apache-2.0 */
/* The parser: where options may stand, what it refuses, and whose passphrase is whose. */
#include "../../../src/cli/options.h"
#include "../../../src/cli/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OPTIONS(...)                                                                               \
    (const struct swt_option *const[]) {                                                           \
        __VA_ARGS__, NULL                                                                          \
    }

/* Of the shape of build, with keys. */
static const struct swt_command packing = {
    .name = "pack",
    .arguments = "MANIFEST",
    .min_arguments = 1,
    .max_arguments = 1,
    .options =
        OPTIONS(&swt_opt_output_bundle, &swt_opt_format, &swt_opt_key, &swt_opt_sign_with,
                &swt_opt_passphrase_file, &swt_opt_pin_file, &swt_opt_pin_env, &swt_opt_public_key,
                &swt_opt_define, &swt_opt_root_version, &swt_opt_dry_run, &swt_opt_json,
                &swt_opt_quiet, &swt_opt_verbose, &swt_opt_help),
    .required = OPTIONS(&swt_opt_output_bundle),
    .unless = &swt_opt_dry_run,
};

/* Of the shape of key show: arguments are keys. */
static const struct swt_command showing = {
    .name = "show",
    .arguments = "URI...",
    .min_arguments = 1,
    .max_arguments = SIZE_MAX,
    .arguments_are_keys = true,
    .options =
        OPTIONS(&swt_opt_passphrase_file, &swt_opt_pin_env, &swt_opt_public_key, &swt_opt_help),
};

/* Of the shape of key list: without an argument all tokens. */
static const struct swt_command listing = {
    .name = "list",
    .arguments = "[URI]",
    .max_arguments = 1,
    .default_argument = "pkcs11:",
    .arguments_are_keys = true,
    .options = OPTIONS(&swt_opt_pin_file, &swt_opt_json, &swt_opt_help),
};

/* Of the shape of build, with a key that the manifest names. */
static const struct swt_command naming = {
    .name = "name",
    .arguments = "MANIFEST",
    .min_arguments = 1,
    .max_arguments = 1,
    .files_name_keys = true,
    .options = OPTIONS(&swt_opt_key, &swt_opt_passphrase_file, &swt_opt_pin_env,
                       &swt_opt_public_key, &swt_opt_help),
};

static int parse(const struct swt_command *command, const char *const *words,
                 struct swt_invocation *ret_invocation, struct swt_error *err) {
    int count = 0;
    while (words[count] != NULL)
        count++;
    /* Exactly as many words as there are, so that a sanitizer sees one more being read. */
    char **copy = malloc((size_t)(count == 0 ? 1 : count) * sizeof *copy);
    assert_non_null(copy);
    for (int i = 0; i < count; i++)
        copy[i] = (char *)words[i];
    int r = swt_options_parse(command, count, copy, ret_invocation, err);
    free(copy);
    return r;
}

#define WORDS(...)                                                                                 \
    (const char *[]) {                                                                             \
        __VA_ARGS__, NULL                                                                          \
    }

static void refused(const struct swt_command *command, const char *const *words,
                    const char *message) {
    struct swt_invocation invocation = {.argument_count = 77};
    struct swt_error err = {0};
    assert_int_equal(parse(command, words, &invocation, &err), -SWT_E_USAGE);
    assert_string_equal(err.message, message);
    assert_non_null(strstr(err.hint, "--help"));
    assert_int_equal(invocation.argument_count, 77);
}

static void accepted(const struct swt_command *command, const char *const *words,
                     struct swt_invocation *ret_invocation) {
    struct swt_error err = {0};
    int r = parse(command, words, ret_invocation, &err);
    if (r != 0)
        print_error("%s\n", err.message);
    assert_int_equal(r, 0);
}

static void test_options_stand_anywhere(void **state) {
    (void)state;
    const char *const *const forms[] = {
        WORDS("m.yaml", "--output", "b.swb", "--json"),
        WORDS("--output=b.swb", "--json", "m.yaml"),
        WORDS("--json", "m.yaml", "-o", "b.swb"),
        WORDS("-ob.swb", "m.yaml", "--json"),
        WORDS("-qo", "b.swb", "--json", "--", "m.yaml"),
        WORDS("-qob.swb", "--json", "m.yaml", "--"),
    };
    for (size_t i = 0; i < SWT_COUNT(forms); i++) {
        SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
        accepted(&packing, forms[i], &invocation);
        assert_string_equal(swt_option_value(&invocation, &swt_opt_output_bundle), "b.swb");
        assert_int_equal(invocation.argument_count, 1);
        assert_string_equal(invocation.arguments[0], "m.yaml");
        assert_true(invocation.json);
        assert_int_equal(invocation.quiet, i >= 4);
        assert_false(invocation.verbose);
    }
}

static void test_values_that_look_like_options(void **state) {
    (void)state;
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
    accepted(&packing, WORDS("-o", "-", "-D", "-1", "--define=--json", "--define", "=", "--", "-x"),
             &invocation);
    assert_string_equal(swt_option_value(&invocation, &swt_opt_output_bundle), "-");
    struct swt_option_values defines = swt_option_values(&invocation, &swt_opt_define);
    assert_int_equal(defines.count, 3);
    assert_string_equal(defines.items[0], "-1");
    assert_string_equal(defines.items[1], "--json");
    assert_string_equal(defines.items[2], "=");
    assert_string_equal(invocation.arguments[0], "-x");
    assert_false(invocation.json);
}

static void test_an_argument_that_stands_for_none(void **state) {
    (void)state;
    const char *const *const forms[] = {WORDS("--pin-file", "p"), WORDS("--json", "--pin-file=p"),
                                        WORDS("--pin-file", "p", "--"),
                                        WORDS("--pin-file", "p", "pkcs11:")};
    for (size_t i = 0; i < SWT_COUNT(forms); i++) {
        SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
        accepted(&listing, forms[i], &invocation);
        assert_int_equal(invocation.argument_count, 1);
        struct swt_key_sources keys = swt_option_keys(&invocation, NULL);
        assert_int_equal(keys.count, 1);
        assert_string_equal(keys.items[0].uri, "pkcs11:");
        assert_string_equal(keys.items[0].passphrase_file, "p");
    }
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
    accepted(&listing, WORDS("pkcs11:token=T"), &invocation);
    assert_int_equal(invocation.argument_count, 1);
    assert_string_equal(invocation.arguments[0], "pkcs11:token=T");
    refused(&listing, WORDS("pkcs11:", "pkcs11:"), "unexpected argument 'pkcs11:'");
}

static void test_a_dash_is_an_argument(void **state) {
    (void)state;
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
    accepted(&packing, WORDS("-", "--dry-run"), &invocation);
    assert_string_equal(invocation.arguments[0], "-");
    assert_null(swt_option_value(&invocation, &swt_opt_output_bundle));
    assert_int_equal(swt_option_values(&invocation, &swt_opt_define).count, 0);
}

static void test_refusals(void **state) {
    (void)state;
    refused(&packing, WORDS("m", "--outputs", "b"),
            "unknown option --outputs (did you mean --output?)");
    refused(&packing, WORDS("m", "--out", "b"), "unknown option --out (did you mean --output?)");
    refused(&packing, WORDS("m", "--xyzzy=1"), "unknown option --xyzzy");
    refused(&packing, WORDS("m", "-x"), "unknown option -x");
    refused(&packing, WORDS("m", "-q\xc3\xa9"), "unknown option in -q\xc3\xa9");
    refused(&packing, WORDS("m", "--json=yes"), "--json takes no value, found 'yes'");
    refused(&packing, WORDS("m", "--output"), "--output lacks its value BUNDLE");
    refused(&packing, WORDS("m", "-qo"), "--output lacks its value BUNDLE");
    refused(&packing, WORDS("m", "-o", "a", "--output=b"), "--output is given twice ('a' and 'b')");
    refused(&packing, WORDS("m", "-o", "a", "-o", "a"), "--output is given twice ('a' and 'a')");
    refused(&packing, WORDS("m", "-o", "b", "--format", "pigwed"),
            "--format: expected one of tar|pigweed, found 'pigwed' (did you mean pigweed?)");
    refused(&packing, WORDS("m", "-o", "b", "--format="),
            "--format: expected one of tar|pigweed, found ''");
    refused(&packing, WORDS("-o", "b"), "an argument is missing: expected MANIFEST");
    refused(&packing, WORDS("m", "n", "-o", "b"), "unexpected argument 'n'");
    refused(&packing, WORDS("m"), "--output BUNDLE is missing");
    refused(&packing, WORDS(NULL), "an argument is missing: expected MANIFEST");
    refused(&packing, WORDS("m", ""), "unexpected argument ''");
    refused(&packing, WORDS("m", "---o"), "unknown option ---o");
}

static void test_help_needs_nothing_else(void **state) {
    (void)state;
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
    accepted(&packing, WORDS("-h", "--pin-env", "X"), &invocation);
    assert_true(swt_option_given(&invocation, &swt_opt_help));
    /* As a value, or after the end of options, it asks for nothing. */
    refused(&packing, WORDS("m", "-D", "--help"), "--output BUNDLE is missing");
    refused(&packing, WORDS("--", "--help"), "--output BUNDLE is missing");
}

static void test_numbers(void **state) {
    (void)state;
    struct swt_error err = {0};
    uint64_t value = 0;
    const struct {
        const char *text;
        bool good;
    } cases[] = {{"1", true},   {"4294967295", true},
                 {"0", false},  {"4294967296", false},
                 {"-1", false}, {"+1", false},
                 {"1 ", false}, {"0x1", false},
                 {"", false},   {"99999999999999999999", false}};
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
        accepted(&packing, WORDS("m", "--dry-run", "--version", cases[i].text), &invocation);
        int r =
            swt_option_number(&invocation, &swt_opt_root_version, 1, UINT32_MAX, 0, &value, &err);
        assert_int_equal(r, cases[i].good ? 0 : -SWT_E_USAGE);
    }
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
    accepted(&packing, WORDS("m", "--dry-run"), &invocation);
    assert_int_equal(
        swt_option_number(&invocation, &swt_opt_root_version, 1, UINT32_MAX, 7, &value, &err), 0);
    assert_int_equal(value, 7);
}

/* ---- key-bound options ------------------------------------------------------------------- */

static void test_belongs_to_the_key_before(void **state) {
    (void)state;
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
    accepted(&packing,
             WORDS("--key", "a", "--pin-env", "A", "m", "--sign-with", "b", "--key=c", "-ob",
                   "--passphrase-file", "C", "--public-key", "C.pub", "--key", "d"),
             &invocation);
    struct swt_key_sources keys = swt_option_keys(&invocation, &swt_opt_key);
    assert_int_equal(keys.count, 3);
    assert_string_equal(keys.items[0].uri, "a");
    assert_string_equal(keys.items[0].passphrase_env, "A");
    assert_null(keys.items[0].passphrase_file);
    assert_string_equal(keys.items[1].uri, "c");
    assert_string_equal(keys.items[1].passphrase_file, "C");
    assert_string_equal(keys.items[1].public_key, "C.pub");
    assert_null(keys.items[1].passphrase_env);
    assert_string_equal(keys.items[2].uri, "d");
    assert_null(keys.items[2].passphrase_file);
    keys = swt_option_keys(&invocation, &swt_opt_sign_with);
    assert_int_equal(keys.count, 1);
    assert_string_equal(keys.items[0].uri, "b");
    assert_null(keys.items[0].passphrase_env);
}

static void test_the_only_key_is_meant_anywhere(void **state) {
    (void)state;
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation one = {0};
    accepted(&packing, WORDS("--pin-file", "F", "m", "-ob", "--key", "a"), &one);
    assert_string_equal(swt_option_keys(&one, &swt_opt_key).items[0].passphrase_file, "F");
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation argument = {0};
    accepted(&showing, WORDS("--pin-env", "E", "a"), &argument);
    assert_string_equal(swt_option_keys(&argument, NULL).items[0].passphrase_env, "E");
}

static void test_a_key_that_a_file_names_is_meant_where_there_is_no_other(void **state) {
    (void)state;
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation none = {0};
    accepted(&naming, WORDS("--pin-env", "E", "m", "--public-key", "F"), &none);
    assert_null(none.elsewhere.uri);
    assert_string_equal(none.elsewhere.passphrase_env, "E");
    assert_string_equal(none.elsewhere.public_key, "F");
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation one = {0};
    accepted(&naming, WORDS("--pin-env", "E", "m", "--key", "a"), &one);
    assert_null(one.elsewhere.passphrase_env);
    assert_string_equal(swt_option_keys(&one, &swt_opt_key).items[0].passphrase_env, "E");
    refused(&naming, WORDS("m", "--pin-env", "E", "--passphrase-file", "F"),
            "--passphrase-file: the key has a passphrase or PIN given already");
    refused(&naming, WORDS("--pin-env", "E", "m", "--key", "a", "--key", "b"),
            "--pin-env stands before the first of 2 keys: it belongs to the key before it");
}

static void test_arguments_that_are_keys(void **state) {
    (void)state;
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
    accepted(&showing, WORDS("a", "b", "--pin-env", "B", "--", "c"), &invocation);
    struct swt_key_sources keys = swt_option_keys(&invocation, NULL);
    assert_int_equal(keys.count, 3);
    assert_null(keys.items[0].passphrase_env);
    assert_string_equal(keys.items[1].passphrase_env, "B");
    assert_null(keys.items[2].passphrase_env);
}

static void test_key_bound_refusals(void **state) {
    (void)state;
    refused(&packing, WORDS("m", "-ob", "--pin-env", "E"), "--pin-env is given, but no key");
    refused(&showing, WORDS("--pin-env", "E", "a", "b"),
            "--pin-env stands before the first of 2 keys: it belongs to the key before it");
    refused(&packing, WORDS("m", "-ob", "--key", "a", "--pin-env", "E", "--pin-file", "F"),
            "--pin-file: the key 'a' has a passphrase or PIN given already");
    refused(&packing, WORDS("m", "-ob", "--key", "a", "--pin-file", "F", "--passphrase-file", "F"),
            "--passphrase-file: the key 'a' has a passphrase or PIN given already");
    refused(&packing, WORDS("m", "-ob", "--key", "a", "--public-key", "F", "--public-key", "F"),
            "--public-key: the key 'a' has a public key given already");
    /* The manifest is an argument, but no key. */
    refused(&packing, WORDS("m", "--public-key", "F", "-ob"), "--public-key is given, but no key");
}

static void test_many_words(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    const char **words = calloc(COUNT + 3, sizeof *words);
    assert_non_null(words);
    for (size_t i = 0; i < COUNT; i++)
        words[i] = (i & 1) != 0 ? "A=1" : "-D";
    words[COUNT] = "m";
    words[COUNT + 1] = "-qvqvqvqvob";
    SWT_CLEANUP(swt_invocation_done) struct swt_invocation invocation = {0};
    accepted(&packing, words, &invocation);
    assert_int_equal(swt_option_values(&invocation, &swt_opt_define).count, COUNT / 2);
    assert_string_equal(swt_option_value(&invocation, &swt_opt_output_bundle), "b");
    free(words);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_stand_anywhere),
        cmocka_unit_test(test_values_that_look_like_options),
        cmocka_unit_test(test_an_argument_that_stands_for_none),
        cmocka_unit_test(test_a_dash_is_an_argument),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_help_needs_nothing_else),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_belongs_to_the_key_before),
        cmocka_unit_test(test_the_only_key_is_meant_anywhere),
        cmocka_unit_test(test_a_key_that_a_file_names_is_meant_where_there_is_no_other),
        cmocka_unit_test(test_arguments_that_are_keys),
        cmocka_unit_test(test_key_bound_refusals),
        cmocka_unit_test(test_many_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
