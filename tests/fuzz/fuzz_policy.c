/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a release policy. Seeds: testdata/corpus/policy. */
#include <stdlib.h>
#include <string.h>

#include "swt/manifest.h"

static void expect(bool holds) {
    if (!holds)
        abort();
}

/* What a policy that was accepted promises to its callers. */
static void check_rule(const struct swt_policy_rule *rule) {
    expect(strcmp(rule->rule.text, swt_policy_kind_name(rule->kind)) == 0 && rule->node->line > 0);
    expect((rule->keys.count > 0) == (rule->kind == SWT_POLICY_FORBIDDEN_KEYS));
    for (size_t i = 0; i < rule->keys.count; i++)
        expect(rule->key_files[i] != NULL ||
               strlen(rule->keys.items[i].text) >= SWT_POLICY_MIN_KEY_ID);
    expect((rule->root.given || rule->targets.given) == (rule->kind == SWT_POLICY_MIN_THRESHOLD));
    expect(rule->min.text == NULL || rule->max.text == NULL || rule->min_span <= rule->max_span);
    expect(rule->size.given == (rule->kind == SWT_POLICY_MAX_SIZE));
    expect(rule->target.text == NULL || rule->kind == SWT_POLICY_MAX_SIZE);
    expect((rule->bundle_file != NULL) == (rule->kind == SWT_POLICY_VERSION_ABOVE));
    expect((rule->names.count > 0) == (rule->kind == SWT_POLICY_ALLOWED_NAMES));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_policy *policy = NULL;
    struct swt_error err = {0};
    int rc = swt_policy_parse(swt_slice_of(data, size), "dir/policy.yaml", &policy, &err);
    if (rc == 0) {
        expect(policy->rule_count >= 1 && policy->rule_count <= SWT_POLICY_MAX_RULES);
        for (size_t i = 0; i < policy->rule_count; i++)
            check_rule(&policy->rules[i]);
    } else {
        expect(rc == -(int)err.code && policy == NULL && err.message[0] != '\0');
        expect(swt_code_exit(err.code) != 3 || (err.line > 0 && err.column > 0));
    }
    swt_policy_free(policy);
    return 0;
}
