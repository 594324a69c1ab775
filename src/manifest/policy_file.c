/* SPDX-License-Identifier: Apache-2.0 */
/* The release policy (swupdate-policy(5)). Every rule is a map of one table; which of its keys go
 * with which rule is a table of its own. */
#include "internal.h"
#include "swt/io.h"

#include <inttypes.h>
#include <string.h>

#define IN_RULE(member_) offsetof(struct swt_policy_rule, member_)

/* In the order of enum swt_policy_kind. */
static const char *const kinds[] = {
    "forbidden-keys", "min-threshold", "expiry",        "sbom-required",
    "max-size",       "version-above", "allowed-names", NULL};
_Static_assert(SWT_COUNT(kinds) == SWT_POLICY_KIND_COUNT + 1, "a name for each kind");
static const char *const levels[] = {"error", "warning", NULL};
static const char *const roles[] = {"root", "targets", NULL};

static const struct swt_field rule_fields[] = {
    {.key = "rule",
     .kind = SWT_FIELD_CHOICE,
     .required = true,
     .offset = IN_RULE(rule),
     .choices = kinds,
     .help = "what is demanded"},
    {.key = "level",
     .kind = SWT_FIELD_CHOICE,
     .offset = IN_RULE(level),
     .choices = levels,
     .help = "whether a violation is an error, as it is without this key, or a warning"},
    {.key = "reason",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_RULE(reason),
     .help = "why, for people who meet the rule"},
    {.key = "keys",
     .kind = SWT_FIELD_PATH_LIST,
     .offset = IN_RULE(keys),
     .no_uri = "a key is a public key file or a key id",
     .help = "public key files, or key ids of 8 hex digits at least"},
    {.key = "root",
     .kind = SWT_FIELD_NUMBER,
     .offset = IN_RULE(root),
     .min = 1,
     .max = 64,
     .help = "the least threshold of the root role"},
    {.key = "targets",
     .kind = SWT_FIELD_NUMBER,
     .offset = IN_RULE(targets),
     .min = 1,
     .max = 64,
     .help = "the least threshold of the targets role"},
    {.key = "role",
     .kind = SWT_FIELD_CHOICE,
     .offset = IN_RULE(role),
     .choices = roles,
     .help = "whose expiry; without it, that of both"},
    {.key = "min",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_RULE(min),
     .help = "how far off the expiry must be, as in 30d"},
    {.key = "max",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_RULE(max),
     .help = "how far off the expiry may be, as in 1y"},
    {.key = "target",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_RULE(target),
     .help = "a pattern of target names; without it, the size of the whole bundle counts"},
    {.key = "size",
     .kind = SWT_FIELD_SIZE,
     .offset = IN_RULE(size),
     .min = 1,
     .max = UINT64_MAX,
     .help = "the most bytes"},
    {.key = "bundle",
     .kind = SWT_FIELD_PATH,
     .offset = IN_RULE(bundle),
     .no_uri = "a bundle is a file",
     .help = "the bundle whose metadata version must be exceeded"},
    {.key = "names",
     .kind = SWT_FIELD_TEXT_LIST,
     .offset = IN_RULE(names),
     .help = "patterns of the names that targets may have"},
};
static const struct swt_field_map rule_map = {.name = "rules",
                                              .fields = rule_fields,
                                              .count = SWT_COUNT(rule_fields),
                                              .size = sizeof(struct swt_policy_rule),
                                              .node_offset = IN_RULE(node)};

static const struct swt_field policy_fields[] = {
    {.key = "schema",
     .kind = SWT_FIELD_SCHEMA,
     .required = true,
     .min = 1,
     .max = 1,
     .help = "the version of the format: 1"},
    {.key = "rules",
     .kind = SWT_FIELD_MAP_LIST,
     .required = true,
     .offset = offsetof(struct swt_policy, rules),
     .offset2 = offsetof(struct swt_policy, rule_count),
     .min = 1,
     .max = SWT_POLICY_MAX_RULES,
     .map = &rule_map,
     .help = "what every release must keep to"},
};
static const struct swt_field_map policy_map = {
    .name = "", .fields = policy_fields, .count = SWT_COUNT(policy_fields)};

/* ---- which keys go with which rule -------------------------------------------------------- */

#define KEYS_MAX 3
static const struct rule_keys {
    const char *needed[KEYS_MAX];
    const char *one_of[KEYS_MAX]; /* at least one of them */
    const char *may[KEYS_MAX];
} rule_keys[] = {
    [SWT_POLICY_FORBIDDEN_KEYS] = {.needed = {"keys"}},
    [SWT_POLICY_MIN_THRESHOLD] = {.one_of = {"root", "targets"}},
    [SWT_POLICY_EXPIRY] = {.may = {"role", "min", "max"}},
    [SWT_POLICY_SBOM_REQUIRED] = {{NULL}},
    [SWT_POLICY_MAX_SIZE] = {.needed = {"size"}, .may = {"target"}},
    [SWT_POLICY_VERSION_ABOVE] = {.needed = {"bundle"}},
    [SWT_POLICY_ALLOWED_NAMES] = {.needed = {"names"}},
};
_Static_assert(SWT_COUNT(rule_keys) == SWT_POLICY_KIND_COUNT, "a row for each kind");

static bool lists(const char *const keys[KEYS_MAX], const char *key) {
    for (size_t i = 0; i < KEYS_MAX && keys[i] != NULL; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static bool goes_with(const struct rule_keys *row, const char *key) {
    static const char *const ANY[KEYS_MAX] = {"rule", "level", "reason"};
    return lists(ANY, key) || lists(row->needed, key) || lists(row->one_of, key) ||
           lists(row->may, key);
}

static bool is_given(const struct swt_policy_rule *rule, const char *key) {
    const struct swt_node *value = swt_tree_find(rule->node, key);
    return value != NULL && value->kind != SWT_NODE_NULL &&
           (value->kind != SWT_NODE_LIST || value->first != NULL);
}

static int fail_rule(const struct swt_policy_rule *rule, const struct swt_node *node,
                     const char *fault, const char *key, struct swt_error *err) {
    (void)swt_fail(err, SWT_E_POLICY, "rule %s: %s '%s'", rule->rule.text, fault, key);
    (void)swt_error_hint(err, "swupdate-policy(5) lists which keys go with which rule");
    return swt_manifest_error_at(err, node);
}

static int check_keys(const struct swt_policy_rule *rule, struct swt_error *err) {
    const struct rule_keys *row = &rule_keys[rule->kind];
    for (const struct swt_node *child = rule->node->first; child != NULL; child = child->next)
        if (!goes_with(row, child->key->text))
            return fail_rule(rule, child->key, "it has no use for the key", child->key->text, err);
    for (size_t i = 0; i < KEYS_MAX && row->needed[i] != NULL; i++)
        if (!is_given(rule, row->needed[i]))
            return fail_rule(rule, rule->node, "it needs a value for the key", row->needed[i], err);
    bool one = row->one_of[0] == NULL;
    for (size_t i = 0; i < KEYS_MAX && row->one_of[i] != NULL; i++)
        one |= is_given(rule, row->one_of[i]);
    return one ? 0
               : fail_rule(rule, rule->node, "it needs a value for one of its keys, as",
                           row->one_of[0], err);
}

/* ---- values -------------------------------------------------------------------------------- */

static int read_span(const struct swt_policy_rule *rule, const struct swt_text *text,
                     int64_t *ret_span, struct swt_error *err) {
    char shown[SWT_SHORT_TEXT];
    if (text->text == NULL || swt_parse_span(text->text, ret_span))
        return 0;
    (void)swt_fail(err, SWT_E_MANIFEST_VALUE,
                   "rule %s: expected a span as in 12h, 30d, 6w or 1y, "
                   "found '%s'",
                   rule->rule.text, swt_short_text(text->text, shown));
    return swt_manifest_error_at(err, text->node);
}

static int read_spans(struct swt_policy_rule *rule, struct swt_error *err) {
    int rc = read_span(rule, &rule->min, &rule->min_span, err);
    if (rc == 0)
        rc = read_span(rule, &rule->max, &rule->max_span, err);
    if (rc < 0 || rule->min.text == NULL || rule->max.text == NULL ||
        rule->min_span <= rule->max_span)
        return rc;
    (void)swt_fail(err, SWT_E_POLICY, "rule %s: min %s is more than max %s: no expiry can keep it",
                   rule->rule.text, rule->min.text, rule->max.text);
    return swt_manifest_error_at(err, rule->min.node);
}

/* Hex digits alone, as many as name a key well enough and not more than an id has. */
static bool is_key_id(const char *text) {
    size_t len = strlen(text);
    return len >= SWT_POLICY_MIN_KEY_ID && len <= 64 &&
           strspn(text, "0123456789abcdefABCDEF") == len;
}

static int resolve_keys(struct swt_policy_rule *rule, const char *path, struct swt_arena *arena,
                        struct swt_error *err) {
    rule->key_files = swt_arena_alloc(arena, rule->keys.count, sizeof *rule->key_files, err);
    if (rule->key_files == NULL)
        return -(int)err->code;
    for (size_t i = 0; i < rule->keys.count; i++) {
        if (is_key_id(rule->keys.items[i].text))
            continue;
        rule->key_files[i] = swt_path_resolve(path, rule->keys.items[i].text, arena, err);
        if (rule->key_files[i] == NULL)
            return -(int)err->code;
    }
    return 0;
}

static int complete(struct swt_policy_rule *rule, const char *path, struct swt_arena *arena,
                    struct swt_error *err) {
    while (strcmp(kinds[rule->kind], rule->rule.text) != 0)
        rule->kind++; /* the schema made sure that it is one of them */
    rule->warning = rule->level.text != NULL && strcmp(rule->level.text, "warning") == 0;
    int rc = check_keys(rule, err);
    if (rc == 0)
        rc = read_spans(rule, err);
    if (rc == 0)
        rc = resolve_keys(rule, path, arena, err);
    if (rc < 0 || rule->bundle.text == NULL)
        return rc;
    rule->bundle_file = swt_path_resolve(path, rule->bundle.text, arena, err);
    return rule->bundle_file == NULL ? -(int)err->code : 0;
}

/* ---- the file ------------------------------------------------------------------------------ */

const char *swt_policy_kind_name(enum swt_policy_kind kind) {
    return kinds[kind];
}

/* First: a policy of another schema may have keys that are unknown here. */
static int check_schema(const struct swt_node *root, struct swt_error *err) {
    const struct swt_place place = {.map = &policy_map, .field = &policy_fields[0]};
    const struct swt_node *schema = swt_tree_find(root, place.field->key);
    char nothing = 0;
    return swt_node_has_value(schema) ? swt_value_apply(&place, schema, &nothing, err) : 0;
}

static int fill(struct swt_slice bytes, const char *path, struct swt_arena *arena,
                struct swt_policy *policy, struct swt_error *err) {
    const char *file = swt_arena_text(arena, path, strlen(path), err);
    if (file == NULL)
        return -(int)err->code;
    struct swt_reading reading = {.arena = arena};
    struct swt_node *root;
    int rc = swt_scan_bytes(bytes, SWT_MANIFEST_MAX_BYTES, file, err);
    if (rc == 0)
        rc = swt_tree_read(bytes, file, &reading, &root, err);
    if (rc == 0)
        rc = check_schema(root, err);
    if (rc == 0)
        rc = swt_schema_apply(&reading, &policy_map, root, policy, err);
    for (size_t i = 0; rc == 0 && i < policy->rule_count; i++)
        rc = complete(&policy->rules[i], file, arena, err);
    return rc;
}

int swt_policy_parse(struct swt_slice bytes, const char *path, struct swt_policy **ret_policy,
                     struct swt_error *err) {
    SWT_CLEANUP(swt_arena_cleanup) struct swt_arena *arena = NULL;
    int rc = swt_arena_new(&arena, err);
    if (rc < 0)
        return rc;
    struct swt_policy *policy = swt_arena_alloc(arena, 1, sizeof *policy, err);
    if (policy == NULL)
        return -(int)err->code;
    rc = fill(bytes, path, arena, policy, err);
    if (rc < 0)
        return rc;
    policy->owned = SWT_TAKE(arena);
    *ret_policy = policy;
    return 0;
}

int swt_policy_load(const char *path, struct swt_policy **ret_policy, struct swt_error *err) {
    if (strcmp(path, "-") == 0) {
        (void)swt_fail(err, SWT_E_USAGE, "a policy is a file: its paths are relative to it");
        return swt_error_hint(err, "write ./- for a file of the name '-'");
    }
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = swt_read_file(path, SWT_MANIFEST_MAX_BYTES, &bytes, err);
    if (rc == -SWT_E_FILE_KIND) {
        (void)swt_fail(err, SWT_E_MANIFEST_SYNTAX, "a policy holds at most 1 MiB");
        return swt_error_position(err, path, 1, 1);
    }
    return rc < 0 ? rc : swt_policy_parse(swt_buf_slice(&bytes), path, ret_policy, err);
}

void swt_policy_free(struct swt_policy *policy) {
    /* The policy's struct is one of its arena's pieces. */
    if (policy != NULL)
        swt_arena_free(policy->owned);
}
