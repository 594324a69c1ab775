/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A release policy (swupdate-policy(5)) in use: the policy and what it names (policy.c), what of a
 * file the rules are about (policy_subject.c), and the rules, each a row of a table
 * (policy_rules.c). What a rule demands is the same for every kind of file that it applies to.
 */
#ifndef SWT_PIPELINE_POLICY_H
#define SWT_PIPELINE_POLICY_H

#include "check.h"

/* The policy and, for each of its rules, what was read for it. */
struct swt_policy_facts {
    char (*ids)[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)]; /* forbidden-keys: key ids, or how they start */
    uint32_t version;                           /* version-above: what must be exceeded */
};
struct swt_policy_world {
    const char *path;
    struct swt_policy *policy;
    struct swt_policy_facts *facts;
};
/* Whatever the policy names and cannot be used is an error, SWT_E_POLICY or that a file is missing,
 * with the place in the policy. */
int swt_policy_world_load(const char *path, struct swt_policy_world *ret_world,
                          struct swt_error *err) SWT_CHECKED;
void swt_policy_world_done(struct swt_policy_world *world);

/* ---- what the rules are about --------------------------------------------------------------- */

enum swt_subject_kind { SWT_SUBJECT_MANIFEST, SWT_SUBJECT_BUNDLE, SWT_SUBJECT_ROOT };
struct swt_policy_signer {
    uint8_t id[SWT_KEY_ID_SIZE];
    const char *did;             /* "signed the root" */
    const struct swt_node *node; /* here and below: its place in a manifest, else NULL */
};
struct swt_policy_target {
    char *name;
    uint64_t length; /* that of the original, where it is compressed and this is more */
    const struct swt_node *node;
};
/* What is broken has been told as an error: no rule says that it is missing. */
struct swt_policy_subject {
    enum swt_subject_kind kind;
    const struct swt_root *root; /* NULL: there is none, or it is broken */
    bool root_broken;
    const struct swt_node *root_node;
    struct swt_policy_signer *signers; /* by the key ids that the signatures name */
    size_t signer_count;
    const struct swt_text *unknown_key; /* one that the manifest names, of which nothing is known */
    bool targets_broken;                /* an expiry that is not given may be what is broken */
    bool has_version;
    uint32_t version;
    const struct swt_node *version_node;
    bool has_expires;
    int64_t expires;
    const struct swt_node *expires_node;
    bool has_sbom;
    bool sbom_broken; /* there is none, and that may be what is broken */
    struct swt_policy_target *targets;
    size_t target_count;
    bool has_size;
    uint64_t size; /* of the bundle */
};
void swt_policy_subject_done(struct swt_policy_subject *subject);
/* What of the next ones is not a key id's length counts for no role: it is left out. */
int swt_policy_add_signer(struct swt_policy_subject *subject, struct swt_slice key_id,
                          const char *did, const struct swt_node *node,
                          struct swt_error *err) SWT_CHECKED;
/* The root, where source holds one, and who signed it. */
int swt_policy_add_root(struct swt_policy_subject *subject, const struct swt_root_source *source,
                        struct swt_error *err) SWT_CHECKED;
int swt_policy_add_target(struct swt_policy_subject *subject, struct swt_slice name,
                          uint64_t length, const struct swt_node *node,
                          struct swt_error *err) SWT_CHECKED;

/* Adds what the rules find in the subject; nothing without --policy. */
int swt_policy_judge(const struct swt_check *check, struct swt_checked_file *file,
                     const struct swt_policy_subject *subject, struct swt_error *err) SWT_CHECKED;

/* ---- the rules ------------------------------------------------------------------------------ */

/* One rule over one file. */
struct swt_policing {
    const struct swt_policy_world *world;
    const struct swt_policy_rule *rule;
    const struct swt_policy_facts *facts;
    const struct swt_policy_subject *subject;
    struct swt_checked_file *file;
    int64_t now;
    uint64_t *steps; /* left for all patterns of the policy */
};
typedef int swt_policy_function(const struct swt_policing *policing, struct swt_error *err);
struct swt_policy_row {
    swt_policy_function *judge;
    const char *code;
    bool of_root;    /* it says something of root metadata alone */
    bool needs_root; /* where there is none, that is what it finds */
};
/* By enum swt_policy_kind. */
extern const struct swt_policy_row swt_policy_rows[SWT_POLICY_KIND_COUNT];
/* A violation; node may be NULL. */
int swt_policy_tell(const struct swt_policing *policing, const struct swt_node *node,
                    struct swt_error *err, const char *format, ...) SWT_PRINTF(4, 5) SWT_CHECKED;
/* Whether name matches: '*' stands for any characters, '/' too, '?' for one. What that takes leaves
 * *steps; false when it is 0. */
bool swt_policy_matches(const char *pattern, const char *name, uint64_t *steps);
/* How many steps the patterns of a policy may take for one file: a fifth of a second. */
#define SWT_POLICY_STEPS ((uint64_t)100 * 1000 * 1000)

#endif
