/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests made to cost time or memory. Each is judged well within a second on any machine; the
 * limit leaves room for sanitizers and valgrind. */
#include "manifest.h"

#include <stdio.h>
#include <time.h>

#define LIMIT_SECONDS 5.0
#define MAX SWT_MANIFEST_MAX_BYTES

static char *buffer; /* MAX bytes and a NUL */
static size_t used;

static int allocate(void **state) {
    (void)state;
    buffer = malloc(MAX + 1);
    return buffer == NULL ? -1 : 0;
}

static int release(void **state) {
    (void)state;
    free(buffer);
    return 0;
}

static void start(const char *text) {
    used = strlen(text);
    memcpy(buffer, text, used + 1);
}

/* Appends text as often as asked, and as fits. */
static void repeat(const char *text, size_t times) {
    size_t len = strlen(text);
    for (size_t i = 0; i < times && used + len <= MAX; i++, used += len)
        memcpy(buffer + used, text, len + 1);
}

static int judge_once(const struct swt_manifest_options *options, struct swt_error *err) {
    SWT_CLEANUP(swt_manifest_cleanup) struct swt_manifest *manifest = NULL;
    clock_t begin = clock();
    int rc = parse(buffer, used, options, &manifest, err);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    if (seconds > LIMIT_SECONDS)
        fail_msg("%.1f s for %.40s...", seconds, buffer);
    return rc;
}

/* With all its faults, it is judged as soon, and no better. */
static int judge(struct swt_error *err) {
    struct swt_faults faults = {0};
    const struct swt_manifest_options options = {.faults = &faults};
    struct swt_error error = {0};
    int rc = judge_once(NULL, err);
    bool refused = judge_once(&options, &error) < 0 || faults.count > 0;
    assert_int_equal(refused, rc < 0);
    swt_faults_done(&faults);
    return rc;
}

static void assert_refused(enum swt_code code) {
    struct swt_error err = {0};
    (void)judge(&err);
    if (err.code != code)
        fail_msg("%.60s...: found %s: %s", buffer, swt_code_name(err.code), err.message);
}

static void assert_accepted(void) {
    struct swt_error err = {0};
    if (judge(&err) < 0)
        fail_msg("%.60s...: %u:%u: %s", buffer, err.line, err.column, err.message);
}

static void nesting(void **state) {
    (void)state;
    static const char *const units[] = {
        "[", "{", "- ", "? ", "[a, ", "{a: ", "[[a], ", "{? ", "- a\n- ", "[\n", "{\n", "? - "};
    for (size_t i = 0; i < SWT_COUNT(units); i++) {
        start("");
        repeat(units[i], 100000);
        struct swt_error err = {0};
        assert_int_equal(judge(&err), -SWT_E_MANIFEST_SYNTAX);
        start("meta: ");
        repeat(units[i], 100000);
        assert_int_equal(judge(&err), -SWT_E_MANIFEST_SYNTAX);
    }
}

static void names(void **state) {
    (void)state;
    static const char *const heads[] = {"a: &", "a: *", "a: !", "&", "*", "!", "a: !<"};
    for (size_t i = 0; i < SWT_COUNT(heads); i++) {
        start(heads[i]);
        repeat("x", MAX);
        assert_refused(SWT_E_MANIFEST_SYNTAX);
        start("a: [");
        repeat(heads[i], MAX);
        assert_refused(SWT_E_MANIFEST_SYNTAX);
    }
    start("");
    repeat("x", MAX);
    assert_refused(SWT_E_MANIFEST_SYNTAX);
    start(WHOLE "'");
    repeat("x", 1000);
    repeat("': a\n", 1);
    assert_refused(SWT_E_MANIFEST_KEY);
}

static void many_keys(void **state) {
    (void)state;
    start("");
    repeat("a: \n", 100000);
    assert_refused(SWT_E_MANIFEST_KEY);
    start("");
    repeat("a: \n", MAX);
    assert_refused(SWT_E_MANIFEST_SYNTAX);
    start("");
    repeat("a: ", MAX);
    assert_refused(SWT_E_MANIFEST_SYNTAX);
    start("");
    repeat("?\n", MAX);
    assert_refused(SWT_E_MANIFEST_SYNTAX);
    start(WHOLE "meta:\n");
    for (unsigned i = 0; used + 16 < MAX; i++)
        used += (size_t)sprintf(buffer + used, " k%06x: \n", i * 2654435761U >> 8);
    assert_accepted();
    /* Long common beginnings make comparing keys dear. */
    start(WHOLE "meta:\n");
    for (unsigned i = 0; used + 1016 < MAX; i++)
        used += (size_t)sprintf(buffer + used, " %0999u: \n", i);
    assert_accepted();
    start(HEAD "targets:\n");
    for (unsigned i = 0; used + 20 < MAX; i++)
        used += (size_t)sprintf(buffer + used, "- file: %x\n", i);
    assert_accepted();
    start(HEAD "targets:\n");
    repeat("- file: a\n", 50000);
    assert_refused(SWT_E_TARGET_NAME);
    start(WHOLE "meta: {a: [");
    repeat("[],", 250000);
    repeat("]}\n", 1);
    assert_accepted();
    start(WHOLE "meta: {a: [");
    repeat("[],", 300000);
    repeat("]}\n", 1);
    assert_refused(SWT_E_MANIFEST_SYNTAX);
}

static void white_space(void **state) {
    (void)state;
    static const char *const runs[] = {" ", "\t", "\n", "\r\n", " \n"};
    for (size_t i = 0; i < SWT_COUNT(runs); i++) {
        start(WHOLE "meta: {a: \"b");
        repeat(runs[i], 512 * 1024);
        repeat("a ", 200000);
        repeat("\"}\n", 1);
        assert_refused(SWT_E_MANIFEST_SYNTAX);
    }
    /* The longest run that is let through, before as many words and lines as fit. */
    start(WHOLE "meta: {a: \"b");
    repeat(" ", 1024);
    repeat("a ", 500000);
    repeat("\"}\n", 1);
    assert_accepted();
    start(WHOLE "meta: {a: \"b");
    repeat("\n", 1024);
    repeat("a\n\n", 300000);
    repeat("\"}\n", 1);
    assert_accepted();
    start(WHOLE "meta:\n  a: |\n    b");
    repeat("\n", 1000);
    repeat("    a\n\n", 100000);
    assert_accepted();
    start(WHOLE "meta:\n  a: b");
    repeat("\n", 1000);
    repeat("    a\n\n", 100000);
    assert_accepted();
    start(WHOLE "meta: {a: \"b");
    repeat(" ", 1025);
    repeat("\"}\n", 1);
    assert_refused(SWT_E_MANIFEST_SYNTAX);
}

static void directives(void **state) {
    (void)state;
    static const char *const heads[] = {"", "\n# x\n", WHOLE, WHOLE "...\n", "---\n", "...\n"};
    for (size_t h = 0; h < SWT_COUNT(heads); h++) {
        start(heads[h]);
        for (unsigned i = 0; used + 20 < MAX; i++)
            used += (size_t)sprintf(buffer + used, "%%TAG !%x! b\n", i);
        assert_refused(SWT_E_MANIFEST_SYNTAX);
    }
    start("");
    repeat("---\n", MAX);
    assert_refused(SWT_E_MANIFEST_SYNTAX);
    start("");
    repeat("...\n", MAX);
    assert_refused(SWT_E_MANIFEST_SYNTAX);
}

static void texts(void **state) {
    (void)state;
    start(WHOLE "meta: {a: \"");
    repeat("\\u00e9", 170000);
    repeat("\"}\n", 1);
    assert_accepted();
    start(WHOLE);
    repeat("# \xc3\xa4\n", MAX);
    assert_accepted();
    start(WHOLE "meta: {a: [");
    repeat("\xe2\x82\xac,", 260000);
    repeat("]}\n", 1);
    assert_accepted();
    start(WHOLE "# ");
    repeat("x", MAX);
    assert_int_equal(used, MAX);
    assert_accepted();
    struct swt_manifest *manifest = NULL;
    struct swt_error err = {0};
    char *larger = calloc(1, MAX + 1);
    assert_non_null(larger);
    memcpy(larger, buffer, MAX);
    larger[MAX] = 'x';
    assert_int_equal(parse(larger, MAX + 1, NULL, &manifest, &err), -SWT_E_MANIFEST_SYNTAX);
    assert_non_null(strstr(err.message, "1 MiB"));
    assert_int_equal(err.line, 1);
    free(larger);
}

/* A value of 300 KiB that is asked for 100,000 times would be 30 GiB. */
static void variables(void **state) {
    (void)state;
    start(WHOLE "vars: {A: \"");
    repeat("x", 300 * 1024);
    repeat("\"}\nmeta: {a: [", 1);
    repeat("\"${A}\",", 100000);
    repeat("]}\n", 1);
    assert_refused(SWT_E_VARIABLE);

    start(WHOLE "vars:\n");
    for (unsigned i = 0; i < 40000; i++)
        used += (size_t)sprintf(buffer + used, "  V%x: \n", i);
    for (unsigned i = 0; i < 20000; i++)
        used += (size_t)sprintf(buffer + used, "  W%x: a\n", i);
    repeat("meta: {a: [", 1);
    repeat("\"${W4e1f}\",", 30000);
    repeat("]}\n", 1);
    assert_accepted();

    start(WHOLE "meta: {a: '");
    repeat("$$", 500000);
    repeat("'}\n", 1);
    assert_accepted();
    start(WHOLE "meta: {a: '");
    repeat("${A:-", 150000);
    repeat("'}\n", 1);
    assert_refused(SWT_E_VARIABLE);
    start(WHOLE "meta: {a: '");
    repeat("${A:-}", 150000);
    repeat("'}\n", 1);
    assert_accepted();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nesting),     cmocka_unit_test(names),      cmocka_unit_test(many_keys),
        cmocka_unit_test(white_space), cmocka_unit_test(directives), cmocka_unit_test(texts),
        cmocka_unit_test(variables),
    };
    return cmocka_run_group_tests(tests, allocate, release);
}
