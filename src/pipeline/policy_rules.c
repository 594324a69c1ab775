/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a release policy. A new one is a row here, a function above it, and a name in
 * manifest/policy_file.c. */
#include "policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DAY = 24 * 60 * 60 };

/* ---- keys ---------------------------------------------------------------------------------- */

static bool is_forbidden(const struct swt_policing *policing, const uint8_t *id, char *ret_hex) {
    swt_hex_encode(id, SWT_KEY_ID_SIZE, ret_hex);
    for (size_t i = 0; i < policing->rule->keys.count; i++)
        if (strncmp(ret_hex, policing->facts->ids[i], strlen(policing->facts->ids[i])) == 0)
            return true;
    return false;
}

static int forbidden_keys(const struct swt_policing *policing, struct swt_error *err) {
    const struct swt_policy_subject *subject = policing->subject;
    const struct swt_root *root = subject->root;
    char hex[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
    int rc = 0;
    for (size_t i = 0; root != NULL && i < root->key_count && rc == 0; i++)
        if (is_forbidden(policing, root->keys[i].id.data, hex))
            rc = swt_policy_tell(policing, subject->root_node, err,
                                 "the root lists the key %.12s..., which is forbidden", hex);
    for (size_t i = 0; i < subject->signer_count && rc == 0; i++)
        if (is_forbidden(policing, subject->signers[i].id, hex))
            rc = swt_policy_tell(policing, subject->signers[i].node, err,
                                 "the key %.12s..., which is forbidden, %s", hex,
                                 subject->signers[i].did);
    if (rc == 0 && subject->unknown_key != NULL)
        rc = swt_policy_tell(policing, subject->unknown_key->node, err,
                             "whether the key %s is forbidden cannot be told: it is encrypted, and "
                             "%s.pub cannot be read",
                             subject->unknown_key->text, subject->unknown_key->text);
    return rc;
}

static int check_threshold(const struct swt_policing *policing, const char *role, uint32_t found,
                           const struct swt_number *least, struct swt_error *err) {
    if (!least->given || found >= least->value)
        return 0;
    return swt_policy_tell(policing, policing->subject->root_node, err,
                           "the root asks for %" PRIu32 " %s key%s, expected %" PRIu64 " at least",
                           found, role, found == 1 ? "" : "s", least->value);
}

static int min_threshold(const struct swt_policing *policing, struct swt_error *err) {
    const struct swt_policy_rule *rule = policing->rule;
    const struct swt_root *root = policing->subject->root;
    int rc = check_threshold(policing, SWT_ROLE_ROOT, root->root.threshold, &rule->root, err);
    return rc < 0 ? rc
                  : check_threshold(policing, SWT_ROLE_TARGETS, root->targets.threshold,
                                    &rule->targets, err);
}

/* ---- expiry -------------------------------------------------------------------------------- */

static int check_bounds(const struct swt_policing *policing, const char *what, int64_t expires,
                        const struct swt_node *node, struct swt_error *err) {
    const struct swt_policy_rule *rule = policing->rule;
    char text[SWT_TIME_TEXT];
    swt_time_text(expires, text);
    if (expires <= policing->now)
        return swt_policy_tell(policing, node, err, "%s expired %s", what, text);
    if (rule->min.text != NULL && expires < policing->now + rule->min_span)
        return swt_policy_tell(policing, node, err,
                               "%s expires %s, in less than %s, the least that is allowed", what,
                               text, rule->min.text);
    if (rule->max.text != NULL && expires > policing->now + rule->max_span)
        return swt_policy_tell(policing, node, err,
                               "%s expires %s, in more than %s, the most that is allowed", what,
                               text, rule->max.text);
    return 0;
}

static int check_targets_expiry(const struct swt_policing *policing, struct swt_error *err) {
    const struct swt_policy_subject *subject = policing->subject;
    bool manifest = subject->kind == SWT_SUBJECT_MANIFEST;
    if (subject->has_expires)
        return check_bounds(policing, manifest ? "the release" : "the targets metadata",
                            subject->expires, subject->expires_node, err);
    if (subject->targets_broken)
        return 0;
    return swt_policy_tell(policing, NULL, err,
                           manifest ? "release.expires is not given"
                                    : "the targets metadata has no expiry");
}

static int check_root_expiry(const struct swt_policing *policing, struct swt_error *err) {
    const struct swt_policy_subject *subject = policing->subject;
    if (subject->root == NULL)
        return subject->root_broken
                   ? 0
                   : swt_policy_tell(policing, NULL, err,
                                     "there is no root, by which the rule expiry is judged");
    const struct swt_common *common = &subject->root->common;
    return common->has_expires
               ? check_bounds(policing, "the root", common->expires, subject->root_node, err)
               : swt_policy_tell(policing, subject->root_node, err, "the root has no expiry");
}

static int expiry(const struct swt_policing *policing, struct swt_error *err) {
    const char *role = policing->rule->role.text;
    int rc = 0;
    if (policing->subject->kind != SWT_SUBJECT_ROOT &&
        (role == NULL || strcmp(role, SWT_ROLE_TARGETS) == 0))
        rc = check_targets_expiry(policing, err);
    if (rc == 0 && (role == NULL || strcmp(role, SWT_ROLE_ROOT) == 0))
        rc = check_root_expiry(policing, err);
    return rc;
}

/* ---- what is in a release -------------------------------------------------------------------- */

static int sbom_required(const struct swt_policing *policing, struct swt_error *err) {
    const struct swt_policy_subject *subject = policing->subject;
    if (subject->has_sbom || subject->sbom_broken)
        return 0;
    return swt_policy_tell(policing, NULL, err,
                           subject->kind == SWT_SUBJECT_MANIFEST
                               ? "the manifest names no SBOM"
                               : "no target is recorded as an SBOM");
}

/* 1 or 0. A policy of patterns without end must not keep a release waiting for hours. */
static int matches(const struct swt_policing *policing, const char *pattern, const char *name,
                   struct swt_error *err) {
    bool found = swt_policy_matches(pattern, name, policing->steps);
    if (*policing->steps > 0)
        return found;
    (void)swt_fail(err, SWT_E_MANIFEST_VALUE,
                   "the patterns up to this rule take too long to match %zu target%s",
                   policing->subject->target_count,
                   policing->subject->target_count == 1 ? "" : "s");
    (void)swt_error_hint(err, "give fewer patterns, or shorter ones with fewer *");
    return swt_manifest_error_at(err, policing->rule->node);
}

static int max_size(const struct swt_policing *policing, struct swt_error *err) {
    const struct swt_policy_rule *rule = policing->rule;
    const struct swt_policy_subject *subject = policing->subject;
    char bytes[SWT_SIZE_TEXT];
    char most[SWT_SIZE_TEXT];
    int rc = 0;
    swt_size_text(rule->size.value, most);
    if (rule->target.text == NULL && subject->has_size && subject->size > rule->size.value)
        return swt_policy_tell(policing, NULL, err, "the bundle has %s, expected %s at most",
                               swt_bytes_text(subject->size, bytes), most);
    for (size_t i = 0; rule->target.text != NULL && i < subject->target_count && rc == 0; i++) {
        const struct swt_policy_target *target = &subject->targets[i];
        if (target->length <= rule->size.value)
            continue;
        rc = matches(policing, rule->target.text, target->name, err);
        if (rc > 0)
            rc = swt_policy_tell(policing, target->node, err,
                                 "target '%s' has %s, expected %s at most", target->name,
                                 swt_bytes_text(target->length, bytes), most);
    }
    return rc;
}

static int version_above(const struct swt_policing *policing, struct swt_error *err) {
    const struct swt_policy_subject *subject = policing->subject;
    if (!subject->has_version || subject->version > policing->facts->version)
        return 0;
    return swt_policy_tell(policing, subject->version_node, err,
                           "metadata version %" PRIu32 " is not above %" PRIu32 ", that of %s",
                           subject->version, policing->facts->version, policing->rule->bundle.text);
}

/* What build makes of its own, under names that are fixed. */
static bool is_generated(const char *name) {
    return strcmp(name, SWT_USER_MANIFEST) == 0 || strcmp(name, "release_notes") == 0;
}

static int allowed_names(const struct swt_policing *policing, struct swt_error *err) {
    const struct swt_text_list *names = &policing->rule->names;
    int rc = 0;
    for (size_t i = 0; i < policing->subject->target_count && rc == 0; i++) {
        const struct swt_policy_target *target = &policing->subject->targets[i];
        int allowed = is_generated(target->name);
        for (size_t n = 0; n < names->count && allowed == 0; n++)
            allowed = matches(policing, names->items[n].text, target->name, err);
        if (allowed < 0)
            return allowed;
        if (allowed == 0)
            rc = swt_policy_tell(policing, target->node, err,
                                 "target '%s' has a name that is not allowed", target->name);
    }
    return rc;
}

/* ---- the table ---------------------------------------------------------------------------------
 */

const struct swt_policy_row swt_policy_rows[SWT_POLICY_KIND_COUNT] = {
    [SWT_POLICY_FORBIDDEN_KEYS] = {forbidden_keys, "policy-forbidden-keys", true, false},
    [SWT_POLICY_MIN_THRESHOLD] = {min_threshold, "policy-min-threshold", true, true},
    [SWT_POLICY_EXPIRY] = {expiry, "policy-expiry", true, false},
    [SWT_POLICY_SBOM_REQUIRED] = {sbom_required, "policy-sbom-required", false, false},
    [SWT_POLICY_MAX_SIZE] = {max_size, "policy-max-size", false, false},
    [SWT_POLICY_VERSION_ABOVE] = {version_above, "policy-version-above", false, false},
    [SWT_POLICY_ALLOWED_NAMES] = {allowed_names, "policy-allowed-names", false, false},
};

/* ---- patterns ----------------------------------------------------------------------------------
 */

/* The character after the one at text. */
static const char *after(const char *text) {
    uint32_t ignored;
    return text + swt_utf8_next(swt_slice_text(text), &ignored);
}

/* The last '*' alone is ever taken back: in the product of the lengths at most. */
bool swt_policy_matches(const char *pattern, const char *name, uint64_t *steps) {
    const char *star = NULL;
    const char *mark = NULL;
    for (; *name != '\0' && *steps > 0; --*steps) {
        if (*pattern == '*') {
            star = ++pattern;
            mark = name;
        } else if (*pattern == '?') {
            pattern++;
            name = after(name);
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star;
            mark = after(mark);
            name = mark;
        } else {
            return false;
        }
    }
    for (; *pattern == '*' && *steps > 0; --*steps)
        pattern++;
    return *steps > 0 && *name == '\0' && *pattern == '\0';
}
