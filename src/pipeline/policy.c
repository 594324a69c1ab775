/* SPDX-License-Identifier: Apache-2.0 */
/* A release policy with the keys and bundles that it names, and the walk over its rules. */
#include "policy.h"
#include "build_job.h"

#include "swt/signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the policy names ----------------------------------------------------------------- */

/* A fault of what a rule names makes the policy one that cannot be applied; what the system says
 * stays. */
static int fail_at(const struct swt_node *node, struct swt_error *err) {
    swt_build_error_in(err, node);
    int status = swt_code_exit(err->code);
    return status == 3 || status == 4 ? swt_error_recode(err, SWT_E_POLICY) : -(int)err->code;
}

static int load_key(const struct swt_policy_rule *rule, size_t place, char *ret_id,
                    struct swt_error *err) {
    const struct swt_text *key = &rule->keys.items[place];
    struct swt_key_source source = {.uri = rule->key_files[place]};
    SWT_CLEANUP(swt_keyring_done) struct swt_keyring keyring = {0};
    SWT_CLEANUP(swt_public_key_done) struct swt_public_key public_key = {0};
    if (rule->key_files[place] == NULL) {
        size_t len = strlen(key->text);
        for (size_t i = 0; i <= len; i++)
            ret_id[i] = (char)(key->text[i] >= 'A' && key->text[i] <= 'F' ? key->text[i] + 32
                                                                          : key->text[i]);
        return 0;
    }
    if (swt_public_key_load(&source, &keyring, &public_key, err) < 0) {
        if (err->code == SWT_E_NOT_FOUND)
            swt_error_hint(err, "a key is a public key file, or a key id of %d to %d hex digits",
                           SWT_POLICY_MIN_KEY_ID, 2 * SWT_KEY_ID_SIZE);
        return fail_at(key->node, err);
    }
    swt_hex_encode(public_key.id, sizeof public_key.id, ret_id);
    return 0;
}

static int load_keys(const struct swt_policy_rule *rule, struct swt_policy_facts *facts,
                     struct swt_error *err) {
    facts->ids = calloc(rule->keys.count, sizeof *facts->ids);
    if (facts->ids == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    for (size_t i = 0; i < rule->keys.count && rc == 0; i++)
        rc = load_key(rule, i, facts->ids[i], err);
    return rc;
}

static int load_version(const struct swt_policy_rule *rule, struct swt_policy_facts *facts,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    SWT_CLEANUP(swt_bundle_source_done) struct swt_bundle_source source = {0};
    enum swt_kind kind;
    int rc = swt_reader_open(rule->bundle_file, &reader, err);
    if (rc == 0)
        rc = swt_kind_expect_bundle(reader, &kind, err);
    if (rc == 0)
        rc = swt_bundle_source_open(SWT_TAKE(reader), kind, false, &source, err);
    if (rc != 0)
        return fail_at(rule->bundle.node, err);
    facts->version = source.targets->common.version;
    return 0;
}

/* Whether an earlier rule names the same bundle: it is read once. */
static bool known_version(struct swt_policy_world *world, size_t index) {
    const struct swt_policy_rule *rules = world->policy->rules;
    for (size_t i = 0; i < index; i++)
        if (rules[i].kind == SWT_POLICY_VERSION_ABOVE &&
            strcmp(rules[i].bundle_file, rules[index].bundle_file) == 0) {
            world->facts[index].version = world->facts[i].version;
            return true;
        }
    return false;
}

int swt_policy_world_load(const char *path, struct swt_policy_world *ret_world,
                          struct swt_error *err) {
    SWT_CLEANUP(swt_policy_world_done) struct swt_policy_world world = {.path = path};
    int rc = swt_policy_load(path, &world.policy, err);
    if (rc < 0)
        return rc;
    world.facts = calloc(world.policy->rule_count, sizeof *world.facts);
    if (world.facts == NULL)
        return swt_fail_memory(err);
    for (size_t i = 0; i < world.policy->rule_count && rc == 0; i++) {
        const struct swt_policy_rule *rule = &world.policy->rules[i];
        if (rule->kind == SWT_POLICY_FORBIDDEN_KEYS)
            rc = load_keys(rule, &world.facts[i], err);
        if (rule->kind == SWT_POLICY_VERSION_ABOVE && !known_version(&world, i))
            rc = load_version(rule, &world.facts[i], err);
    }
    if (rc == 0)
        *ret_world = SWT_MOVE(world);
    return rc;
}

void swt_policy_world_done(struct swt_policy_world *world) {
    for (size_t i = 0; world->facts != NULL && i < world->policy->rule_count; i++)
        free(world->facts[i].ids);
    free(world->facts);
    swt_policy_free(world->policy);
    *world = (struct swt_policy_world){0};
}

/* ---- the walk over the rules --------------------------------------------------------------- */

int swt_policy_tell(const struct swt_policing *policing, const struct swt_node *node,
                    struct swt_error *err, const char *format, ...) {
    const struct swt_policy_rule *rule = policing->rule;
    char message[sizeof err->message];
    char hint[sizeof err->hint];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (rule->reason.text != NULL)
        (void)snprintf(hint, sizeof hint, "%s:%u: %s", policing->world->path, rule->node->line,
                       rule->reason.text);
    else
        (void)snprintf(hint, sizeof hint, "the rule stands at %s:%u", policing->world->path,
                       rule->node->line);
    struct swt_finding finding = {.level = rule->warning ? SWT_LEVEL_WARNING : SWT_LEVEL_ERROR,
                                  .code = swt_policy_rows[rule->kind].code,
                                  .message = message,
                                  .hint = hint};
    swt_finding_at(&finding, policing->file, node);
    return swt_check_add(policing->file, &finding, err);
}

/* A rule that cannot be judged is not kept: silence would let pass what it is there to stop. */
static int judge_rule(const struct swt_policing *policing, struct swt_error *err) {
    const struct swt_policy_row *row = &swt_policy_rows[policing->rule->kind];
    const struct swt_policy_subject *subject = policing->subject;
    if (subject->kind == SWT_SUBJECT_ROOT && !row->of_root)
        return 0;
    if (!row->needs_root || subject->root != NULL)
        return row->judge(policing, err);
    return subject->root_broken
               ? 0
               : swt_policy_tell(policing, NULL, err,
                                 "there is no root, by which the rule %s is judged",
                                 policing->rule->rule.text);
}

int swt_policy_judge(const struct swt_check *check, struct swt_checked_file *file,
                     const struct swt_policy_subject *subject, struct swt_error *err) {
    const struct swt_policy_world *world = check->policy;
    uint64_t steps = SWT_POLICY_STEPS;
    int rc = 0;
    for (size_t i = 0; world != NULL && i < world->policy->rule_count && rc == 0; i++) {
        struct swt_policing policing = {.world = world,
                                        .rule = &world->policy->rules[i],
                                        .facts = &world->facts[i],
                                        .subject = subject,
                                        .file = file,
                                        .now = check->now,
                                        .steps = &steps};
        rc = judge_rule(&policing, err);
    }
    return rc;
}
