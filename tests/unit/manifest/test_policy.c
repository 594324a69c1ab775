/* SPDX-License-Identifier: Apache-2.0 */
/* Release policies: what is read, and where each fault is told. */
#include "manifest.h"

static void every_rule(void **state) {
    (void)state;
    struct swt_policy *policy = NULL;
    struct swt_error err = {0};
    assert_int_equal(swt_policy_load("testdata/corpus/policy/whole.yaml", &policy, &err), 0);
    assert_int_equal(policy->rule_count, 9);
    const struct swt_policy_rule *rule = policy->rules;
    assert_int_equal(rule[0].kind, SWT_POLICY_FORBIDDEN_KEYS);
    assert_int_equal(rule[0].keys.count, 2);
    assert_string_equal(rule[0].key_files[0], "testdata/corpus/policy/keys/dev.pub");
    assert_null(rule[0].key_files[1]);
    assert_string_equal(rule[0].reason.text, "development keys are on every desk");
    assert_int_equal(rule[0].node->line, 3);
    assert_int_equal(rule[1].root.value, 2);
    assert_int_equal(rule[1].targets.value, 2);
    assert_int_equal(rule[2].min_span, 30 * 86400);
    assert_int_equal(rule[2].max_span, 400 * 86400);
    assert_string_equal(rule[2].role.text, "targets");
    assert_false(rule[2].warning);
    assert_true(rule[3].warning);
    assert_null(rule[3].min.text);
    assert_int_equal(rule[4].kind, SWT_POLICY_SBOM_REQUIRED);
    assert_string_equal(rule[5].target.text, "app");
    assert_int_equal(rule[5].size.value, 512 * 1024);
    assert_null(rule[6].target.text);
    assert_string_equal(rule[7].bundle_file, "testdata/corpus/policy/last.swb");
    assert_int_equal(rule[8].kind, SWT_POLICY_ALLOWED_NAMES);
    assert_string_equal(rule[8].names.items[1].text, "fw/*");
    swt_policy_free(policy);
}

/* Which texts name a file and which a key id. */
static void keys_by_file_or_id(void **state) {
    (void)state;
    struct swt_policy *policy = NULL;
    struct swt_error err = {0};
    const char *text = "schema: 1\nrules: [{rule: forbidden-keys, keys: [0123abc, 0123ABCD, "
                       "./0123abcd, 0123abcg, "
                       "'00000000000000000000000000000000000000000000000000000000000000001']}]\n";
    assert_int_equal(swt_policy_parse(swt_slice_text(text), "dir/p.yaml", &policy, &err), 0);
    char **files = policy->rules[0].key_files;
    assert_string_equal(files[0], "dir/0123abc");
    assert_null(files[1]);
    assert_string_equal(files[2], "dir/./0123abcd");
    assert_string_equal(files[3], "dir/0123abcg");
    assert_non_null(files[4]);
    swt_policy_free(policy);
}

#define RULE(rule_) "schema: 1\nrules: [{rule: " rule_ "}]\n"
static const struct {
    const char *text;
    enum swt_code code;
    unsigned line, column;
    const char *says;
} BAD[] = {
    {"", SWT_E_MANIFEST_SYNTAX, 1, 1, ""},
    {"rules: [{rule: expiry}]\n", SWT_E_MANIFEST_KEY, 1, 1, "missing key 'schema'"},
    {"schema: 2\nrules: [{rule: expiry}]\n", SWT_E_MANIFEST_VALUE, 1, 9, "expected 1, found 2"},
    {"schema: 1\n", SWT_E_MANIFEST_KEY, 1, 1, "missing key 'rules'"},
    {"schema: 1\nrules: []\n", SWT_E_MANIFEST_VALUE, 2, 8, "at least one item"},
    {"schema: 1\nrules: [expiry]\n", SWT_E_MANIFEST_VALUE, 2, 9, "expected a map"},
    {"schema: 1\nrules: [{level: error}]\n", SWT_E_MANIFEST_KEY, 2, 9, "missing key 'rule'"},
    {RULE("expired"), SWT_E_MANIFEST_VALUE, 2, 16, "allowed-names, found 'expired'"},
    {RULE("expiry, rule: expiry"), SWT_E_MANIFEST_KEY, 2, 24, "given twice"},
    {RULE("expiry, level: fatal"), SWT_E_MANIFEST_VALUE, 2, 31, "error or warning"},
    {RULE("expiry, leve: error"), SWT_E_MANIFEST_KEY, 2, 24, "unknown key 'leve'"},
    {RULE("expiry, role: all"), SWT_E_MANIFEST_VALUE, 2, 30, "root or targets"},
    {RULE("expiry, min: soon"), SWT_E_MANIFEST_VALUE, 2, 29, "expected a span"},
    {RULE("expiry, max: 30"), SWT_E_MANIFEST_VALUE, 2, 29, "expected a span"},
    {RULE("expiry, min: 2y, max: 1y"), SWT_E_POLICY, 2, 29, "no expiry can keep it"},
    {RULE("expiry, size: 1"), SWT_E_POLICY, 2, 24, "no use for the key 'size'"},
    {RULE("sbom-required, role: root"), SWT_E_POLICY, 2, 31, "no use for the key 'role'"},
    {RULE("forbidden-keys"), SWT_E_POLICY, 2, 9, "needs a value for the key 'keys'"},
    {RULE("forbidden-keys, keys: "), SWT_E_POLICY, 2, 9, "needs a value for the key 'keys'"},
    {RULE("forbidden-keys, keys: []"), SWT_E_POLICY, 2, 9, "needs a value for the key 'keys'"},
    {RULE("forbidden-keys, keys: ['pkcs11:token=a']"), SWT_E_MANIFEST_VALUE, 2, 39, "found a URI"},
    {RULE("min-threshold"), SWT_E_POLICY, 2, 9, "one of its keys"},
    {RULE("min-threshold, root: 0"), SWT_E_MANIFEST_VALUE, 2, 37, "from 1 to 64"},
    {RULE("min-threshold, root: 65"), SWT_E_MANIFEST_VALUE, 2, 37, "from 1 to 64"},
    {RULE("max-size"), SWT_E_POLICY, 2, 9, "needs a value for the key 'size'"},
    {RULE("max-size, size: 0"), SWT_E_MANIFEST_VALUE, 2, 32, "a size of at least 1"},
    {RULE("version-above"), SWT_E_POLICY, 2, 9, "needs a value for the key 'bundle'"},
    {RULE("version-above, bundle: ''"), SWT_E_MANIFEST_VALUE, 2, 39, "an empty one"},
    {RULE("allowed-names, names: []"), SWT_E_POLICY, 2, 9, "needs a value for the key 'names'"},
    {RULE("allowed-names, names: app"), SWT_E_MANIFEST_VALUE, 2, 38, "a list of texts"},
    {RULE("&a expiry"), SWT_E_MANIFEST_SYNTAX, 2, 16, ""},
};

static void faults_have_a_place(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(BAD); i++) {
        struct swt_policy *policy = NULL;
        struct swt_error err = {0};
        int rc = swt_policy_parse(swt_slice_text(BAD[i].text), "dir/p.yaml", &policy, &err);
        if (rc == 0)
            fail_msg("accepted: %s", BAD[i].text);
        assert_null(policy);
        assert_error(&err, BAD[i].code, BAD[i].line, BAD[i].column, BAD[i].text);
        if (strstr(err.message, BAD[i].says) == NULL)
            fail_msg("%s lacks '%s'", err.message, BAD[i].says);
    }
}

static void there_is_a_cap(void **state) {
    (void)state;
    for (size_t count = SWT_POLICY_MAX_RULES; count <= SWT_POLICY_MAX_RULES + 1; count++) {
        struct swt_buf text = {0};
        struct swt_error err = {0};
        struct swt_policy *policy = NULL;
        assert_int_equal(swt_buf_printf(&text, &err, "schema: 1\nrules:\n"), 0);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(swt_buf_printf(&text, &err, "- {rule: expiry}\n"), 0);
        int rc = swt_policy_parse(swt_buf_slice(&text), "p.yaml", &policy, &err);
        assert_int_equal(rc, count > SWT_POLICY_MAX_RULES ? -SWT_E_MANIFEST_VALUE : 0);
        swt_policy_free(policy);
        swt_buf_done(&text);
    }
}

static void files_are_read(void **state) {
    (void)state;
    struct swt_policy *policy = NULL;
    struct swt_error err = {0};
    assert_int_equal(swt_policy_load("/nonexistent", &policy, &err), -SWT_E_NOT_FOUND);
    assert_int_equal(swt_policy_load("-", &policy, &err), -SWT_E_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule),          cmocka_unit_test(keys_by_file_or_id),
        cmocka_unit_test(faults_have_a_place), cmocka_unit_test(there_is_a_cap),
        cmocka_unit_test(files_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
