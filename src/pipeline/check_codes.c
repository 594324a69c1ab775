/* SPDX-License-Identifier: Apache-2.0 */
/* What the codes of findings mean, a phrase each: a code-scanning page shows it as its rule. */
#include "judge.h"

#include <string.h>

/* Codes that are neither steps of verification nor errors. */
static const struct {
    const char *code;
    const char *meaning;
} MEANINGS[] = {
    {"build-warning", "build would do as it is told, and warn"},
    {"expires-within", "something expires within the span that was asked for"},
    {"root-expires-soon", "root metadata expires within 30 days"},
    {"root-grows", "stock Pigweed devices stumble over a root that is longer than the one before"},
    {"stock-key", "stock Pigweed devices know no key of this type"},
    {"stock-root", "stock Pigweed devices stop at something in the root or its signatures"},
    {"stock-target", "stock Pigweed devices refuse a target of this name or size"},
    {"stock-version-zero", "stock Pigweed devices that hold version 0 accept no update after it"},
    {"policy-forbidden-keys", "release policy: certain keys are neither listed nor sign"},
    {"policy-min-threshold", "release policy: roles need a number of signatures"},
    {"policy-expiry", "release policy: an expiry is given, and lies within bounds"},
    {"policy-sbom-required", "release policy: a release holds an SBOM"},
    {"policy-max-size", "release policy: a size budget is kept"},
    {"policy-version-above", "release policy: the metadata version goes up"},
    {"policy-allowed-names", "release policy: targets have names from a list"},
    {"line", "audit log: each line has the form that is written"},
    {"chain", "audit log: each line follows from the one before it"},
    {"outcome", "audit log: each outcome belongs to a use of a key"},
    {"incomplete", "audit log: the last line ends"},
    {"unfinished", "audit log: each use of a key has an outcome"},
    {"time", "audit log: time goes forward"},
};

json_t *swt_check_code_meaning(const char *code) {
    for (size_t i = 0; i < SWT_COUNT(MEANINGS); i++)
        if (strcmp(MEANINGS[i].code, code) == 0)
            return json_string(MEANINGS[i].meaning);
    for (const struct swt_step_row *row = swt_judge_steps; row->slug != NULL; row++)
        if (strcmp(row->slug, code) == 0)
            return json_sprintf("verification: %s", row->expected);
    for (int i = SWT_OK + 1; i < SWT_CODE_COUNT; i++)
        if (strcmp(swt_code_name((enum swt_code)i), code) == 0)
            return json_string(swt_code_meaning((enum swt_code)i));
    return json_string(code);
}
