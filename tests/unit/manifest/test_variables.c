/* SPDX-License-Identifier: Apache-2.0 */
/* ${NAME} in values: where it comes from, and what is refused. */
#include "manifest.h"

#include <stdio.h>
#include <unistd.h>

/* What value becomes; vars are V (plain), E (empty), N (null), D (looks like a variable). */
static char *vendor_of(const char *value, const struct swt_manifest_options *options,
                       struct swt_error *err) {
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "schema: 1\nproduct: {name: w, vendor: '%s'}\n"
                   "release: {version: 1, metadata_version: 1}\n"
                   "vars: {V: from vars, E: '', N: ~, D: '${V}'}\n"
                   "targets: [{file: a}]\n",
                   value);
    SWT_CLEANUP(swt_manifest_cleanup) struct swt_manifest *manifest = NULL;
    if (parse(text, strlen(text), options, &manifest, err) < 0)
        return NULL;
    char *copy = strdup(manifest->vendor.text);
    assert_non_null(copy);
    return copy;
}

static void assert_vendor(const char *value, const struct swt_manifest_options *options,
                          const char *expected) {
    struct swt_error err = {0};
    char *found = vendor_of(value, options, &err);
    if (found == NULL)
        fail_msg("%s: %s", value, err.message);
    assert_string_equal(found, expected);
    free(found);
}

static void assert_refused(const char *value, const struct swt_manifest_options *options,
                           const char *message, const char *hint) {
    struct swt_error err = {0};
    assert_null(vendor_of(value, options, &err));
    assert_error(&err, SWT_E_VARIABLE, 2, 28, value);
    assert_non_null(strstr(err.message, message));
    assert_non_null(strstr(err.hint, hint));
}

static void forms(void **state) {
    (void)state;
    assert_vendor("${V}", NULL, "from vars");
    assert_vendor("a${V}b${V}", NULL, "afrom varsbfrom vars");
    assert_vendor("a${E}b", NULL, "ab");
    assert_vendor("${V:-x}", NULL, "from vars");
    assert_vendor("${E:-x y}", NULL, "x y");
    assert_vendor("${N:-x}", NULL, "x");
    assert_vendor("${U:-x:-y?}", NULL, "x:-y?");
    assert_vendor("a${U:-}b", NULL, "ab");
    assert_vendor("${U:-a$$b}", NULL, "a$b");
    assert_vendor("${V:?why}", NULL, "from vars");
    assert_vendor("$$", NULL, "$");
    assert_vendor("$${V}", NULL, "${V}");
    assert_vendor("$$$$", NULL, "$$");
    assert_vendor("}{ V", NULL, "}{ V");
    /* Once: neither vars nor a replaced value is looked at again. */
    assert_vendor("${D}", NULL, "${V}");
}

static void refused(void **state) {
    (void)state;
    assert_refused("$", NULL, "after a '$'", "$$");
    assert_refused("a$", NULL, "after a '$'", "$$");
    assert_refused("$V", NULL, "after a '$'", "$$");
    assert_refused("$$$", NULL, "after a '$'", "$$");
    assert_refused("${", NULL, "after a '$'", "$$");
    assert_refused("${}", NULL, "after a '$'", "$$");
    assert_refused("${V", NULL, "after a '$'", "$$");
    assert_refused("${V:-x", NULL, "after a '$'", "$$");
    assert_refused("${1V}", NULL, "after a '$'", "$$");
    assert_refused("${V-x}", NULL, "after a '$'", "$$");
    assert_refused("${V:x}", NULL, "after a '$'", "$$");
    assert_refused("${ V}", NULL, "after a '$'", "$$");
    assert_refused("${V }", NULL, "after a '$'", "$$");
    assert_refused("${V.x}", NULL, "after a '$'", "$$");
    assert_refused("${U:-${V}}", NULL, "holds no variable", "$$");
    assert_refused("${U:-a$b}", NULL, "holds no variable", "$$");
    assert_refused("${U}", NULL, "variable U is not defined", "-D U=VALUE");
    assert_refused("${N}", NULL, "variable N is not defined", "-D N=VALUE");
    assert_refused("${U:?say which}", NULL, "variable U: say which", "-D U=VALUE");
    assert_refused("${E:?empty}", NULL, "variable E: empty", "-D E=VALUE");
    assert_refused("${U:?}", NULL, "variable U is not defined", "-D U=VALUE");
    assert_refused("${E:?}", NULL, "variable E is empty", "-D E=VALUE");
}

static void never_from_the_environment_unasked(void **state) {
    (void)state;
    assert_int_equal(setenv("SECRET", "hunter2", 1), 0);
    assert_int_equal(setenv("V", "of the environment", 1), 0);
    assert_refused("${SECRET}", NULL, "variable SECRET is not defined", "-D SECRET=VALUE");
    assert_vendor("${V}", NULL, "from vars");
    static const char *const asked[] = {"SECRET", "V"};
    const struct swt_manifest_options options = {.defines = asked,
                                                 .define_count = SWT_COUNT(asked)};
    assert_vendor("${SECRET} ${V}", &options, "hunter2 of the environment");
    assert_int_equal(unsetenv("SECRET"), 0);
    assert_int_equal(unsetenv("V"), 0);
}

static void defines(void **state) {
    (void)state;
    static const char *const given[] = {"V=defined", "E=", "A=b=c d", "_x9=${V}", "UNUSED=1"};
    const struct swt_manifest_options options = {.defines = given,
                                                 .define_count = SWT_COUNT(given)};
    assert_vendor("${V}", &options, "defined");
    assert_vendor("${E:-default}", &options, "default");
    assert_vendor("${A}", &options, "b=c d");
    assert_vendor("${_x9}", &options, "${V}");
    assert_vendor("${N:-null}", &options, "null");
    const struct swt_manifest_options none = {.define_count = 0};
    assert_vendor("${V}", &none, "from vars");
}

static void first_line_of_a_file(void **state) {
    (void)state;
    char path[] = "/tmp/test-variables-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    char define[64];
    const char *const given[] = {define};
    const struct swt_manifest_options options = {.defines = given, .define_count = 1};
    (void)snprintf(define, sizeof define, "V=@%s", path);

    static const struct {
        const char *bytes;
        size_t len;
        const char *value; /* NULL: refused */
    } rows[] = {
        {"one\ntwo\n", 8, "one"}, {"one\r\ntwo\n", 9, "one"},
        {"one", 3, "one"},        {"", 0, ""},
        {"\ntwo", 4, ""},         {"@x ${V}\n", 8, "@x ${V}"},
        {"a\0b\n", 4, NULL},      {"\xff\n", 2, NULL},
        {"a\tb\n", 4, NULL},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, rows[i].bytes, rows[i].len, 0), rows[i].len);
        struct swt_error err = {0};
        char *found = vendor_of("x${V}", &options, &err);
        if (rows[i].value == NULL) {
            assert_null(found);
            assert_int_equal(err.code, SWT_E_VARIABLE);
            assert_string_equal(err.file, path);
        } else {
            assert_non_null(found);
            assert_string_equal(found + 1, rows[i].value);
        }
        free(found);
    }

    /* 64 KiB are a line, one byte more is not. */
    static char line[64 * 1024 + 1];
    memset(line, 'x', sizeof line);
    struct swt_error err = {0};
    assert_int_equal(pwrite(fd, line, sizeof line, 0), sizeof line);
    assert_null(vendor_of("${V}", &options, &err));
    assert_int_equal(err.code, SWT_E_VARIABLE);
    assert_int_equal(ftruncate(fd, sizeof line - 1), 0);
    free(vendor_of("${V}", &options, &err));
    assert_int_equal(pwrite(fd, "\n", 1, sizeof line - 1), 1);
    char *found = vendor_of("${V}", &options, &err);
    assert_non_null(found);
    assert_int_equal(strlen(found), sizeof line - 1);
    free(found);

    (void)close(fd);
    (void)unlink(path);
    assert_null(vendor_of("${V}", &options, &err));
    assert_int_equal(err.code, SWT_E_NOT_FOUND);
    assert_string_equal(err.file, path);
}

static void bad_defines(void **state) {
    (void)state;
    static const struct {
        const char *define;
        enum swt_code code;
    } rows[] = {
        {"", SWT_E_USAGE},          {"=x", SWT_E_USAGE},        {"1A=x", SWT_E_USAGE},
        {"A-B=x", SWT_E_USAGE},     {"A B", SWT_E_USAGE},       {"\xc3\xa4=x", SWT_E_USAGE},
        {"A=@", SWT_E_USAGE},       {"A=@-", SWT_E_USAGE},      {"A=@/", SWT_E_IO},
        {"A=\xff", SWT_E_VARIABLE}, {"A=a\nb", SWT_E_VARIABLE}, {"NOT_THERE_9", SWT_E_VARIABLE},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        const struct swt_manifest_options options = {.defines = &rows[i].define, .define_count = 1};
        struct swt_error err = {0};
        parse_bad(WHOLE, strlen(WHOLE), &options, &err);
        if (err.code != rows[i].code)
            fail_msg("%s: %s", rows[i].define, err.message);
    }
    static const char *const twice[] = {"A=1", "B=2", "A=1"};
    const struct swt_manifest_options options = {.defines = twice,
                                                 .define_count = SWT_COUNT(twice)};
    struct swt_error err = {0};
    parse_bad(WHOLE, strlen(WHOLE), &options, &err);
    assert_int_equal(err.code, SWT_E_USAGE);
    assert_non_null(strstr(err.message, "-D A is given twice"));
}

static void bad_vars(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum swt_code code;
        unsigned line;
        unsigned column;
    } rows[] = {
        {WHOLE "vars: [a]\n", SWT_E_MANIFEST_VALUE, 5, 7},
        {WHOLE "vars: a\n", SWT_E_MANIFEST_VALUE, 5, 7},
        {WHOLE "vars: {A: [b]}\n", SWT_E_MANIFEST_VALUE, 5, 11},
        {WHOLE "vars: {A: {b: c}}\n", SWT_E_MANIFEST_VALUE, 5, 11},
        {WHOLE "vars: {A: \"b\\nc\"}\n", SWT_E_MANIFEST_VALUE, 5, 11},
        {WHOLE "vars: {1A: b}\n", SWT_E_VARIABLE, 5, 8},
        {WHOLE "vars: {A-B: b}\n", SWT_E_VARIABLE, 5, 8},
        {WHOLE "vars: {A: b, A: c}\n", SWT_E_MANIFEST_KEY, 5, 14},
    };
    for (size_t i = 0; i < SWT_COUNT(rows); i++) {
        struct swt_error err = {0};
        parse_bad(rows[i].text, strlen(rows[i].text), NULL, &err);
        assert_error(&err, rows[i].code, rows[i].line, rows[i].column, rows[i].text);
    }
    swt_manifest_free(parse_good(WHOLE "vars: ~\n", NULL));
    swt_manifest_free(parse_good(WHOLE "vars: {}\n", NULL));
}

/* Values only, everywhere, and before the type of the field is checked. */
static void places(void **state) {
    (void)state;
    static const char *const given[] = {"N=7",        "X=a",           "S=8KiB",
                                        "URI=exec:x", "NULLTEXT=null", "LIST=[a]"};
    const struct swt_manifest_options options = {.defines = given,
                                                 .define_count = SWT_COUNT(given)};
    SWT_CLEANUP(swt_manifest_cleanup)
    struct swt_manifest *m = parse_good("schema: 1\nproduct: {name: '${LIST}'}\n"
                                        "release: {version: \"${NULLTEXT}\", metadata_version: "
                                        "\"${N}\"}\n"
                                        "targets:\n- file: d/${X}${N}.bin\n  max_size: ${S}\n"
                                        "  meta: {\"${X}\": [\"${X}\", {k: '${X}'}]}\n",
                                        &options);
    assert_string_equal(m->name.text, "[a]");
    assert_string_equal(m->version.text, "null");
    assert_int_equal(m->metadata_version.value, 7);
    assert_string_equal(m->targets[0].name.text, "a7.bin");
    assert_string_equal(m->targets[0].path, "dir/d/a7.bin");
    assert_int_equal(m->targets[0].max_size.value, 8192);
    assert_string_equal(m->targets[0].meta->first->key->text, "${X}");
    assert_string_equal(m->targets[0].meta->first->first->text, "a");
    assert_string_equal(m->targets[0].meta->first->first->next->first->text, "a");

    struct swt_error err = {0};
    static const char by_variable[] = WHOLE "signing: {keys: [\"${URI}\"]}\n";
    parse_bad(by_variable, sizeof by_variable - 1, &options, &err);
    assert_error(&err, SWT_E_MANIFEST_VALUE, 5, 18, by_variable);
    static const char not_a_number[] =
        "schema: 1\nrelease: {version: 1, metadata_version: '${X}'}\n";
    parse_bad(not_a_number, sizeof not_a_number - 1, &options, &err);
    assert_error(&err, SWT_E_MANIFEST_VALUE, 2, 41, not_a_number);
    static const char emptied[] = "schema: 1\nproduct: {name: '${U:-}'}\n";
    parse_bad(emptied, sizeof emptied - 1, &options, &err);
    assert_error(&err, SWT_E_MANIFEST_VALUE, 2, 17, emptied);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(refused),
        cmocka_unit_test(never_from_the_environment_unasked),
        cmocka_unit_test(defines),
        cmocka_unit_test(first_line_of_a_file),
        cmocka_unit_test(bad_defines),
        cmocka_unit_test(bad_vars),
        cmocka_unit_test(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
