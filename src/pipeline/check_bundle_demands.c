/* SPDX-License-Identifier: Apache-2.0 */
/* What is demanded of a bundle beyond that it is sound: --expires-within and the release policy. */
#include "judge.h"
#include "policy.h"
#include "user_manifest.h"

static int check_expiries(const struct swt_check *check, struct swt_checked_file *file,
                          const struct swt_judge *judge, struct swt_error *err) {
    const struct swt_root *root = file->root.root;
    const struct swt_targets *targets = judge->targets;
    int rc = 0;
    if (root != NULL && root->common.has_expires)
        rc = swt_check_expiry(check, file,
                              &(struct swt_expiring){.what = "the root",
                                                     .told_as = "root-expiry",
                                                     .expires = root->common.expires},
                              err);
    if (rc == 0 && targets != NULL && targets->common.has_expires)
        rc = swt_check_expiry(check, file,
                              &(struct swt_expiring){.what = "the targets metadata",
                                                     .told_as = "targets-expiry",
                                                     .expires = targets->common.expires},
                              err);
    return rc;
}

/* The lengths of what is compressed, and the target that is recorded as the SBOM, if there is one.
 */
static int read_user_manifest(const struct swt_judge *judge, struct swt_policy_subject *subject,
                              struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *json = NULL;
    int rc = swt_user_manifest_read(swt_buf_slice(&judge->user_manifest), &json, err);
    const char *name = json_string_value(json_object_get(json_object_get(json, "sbom"), "target"));
    for (size_t i = 0; i < subject->target_count; i++) {
        struct swt_policy_target *target = &subject->targets[i];
        const json_t *recorded = json_object_get(json_object_get(json, "targets"), target->name);
        json_int_t original =
            json_integer_value(json_object_get(json_object_get(recorded, "compression"), "length"));
        if (original > 0 && (uint64_t)original > target->length)
            target->length = (uint64_t)original;
    }
    subject->has_sbom =
        name != NULL && swt_targets_find(judge->targets, swt_slice_text(name)) != NULL;
    return rc;
}

static int add_targets(const struct swt_judge *judge, struct swt_policy_subject *subject,
                       struct swt_error *err) {
    const struct swt_targets *targets = judge->targets;
    subject->has_version = true;
    subject->version = targets->common.version;
    subject->has_expires = targets->common.has_expires;
    subject->expires = targets->common.expires;
    int rc = 0;
    for (size_t i = 0; i < targets->target_count && rc == 0; i++)
        rc = swt_policy_add_target(subject, targets->targets[i].name, targets->targets[i].length,
                                   NULL, err);
    return rc < 0 || !judge->has_user_manifest ? rc : read_user_manifest(judge, subject, err);
}

int swt_check_bundle_demands(const struct swt_check *check, struct swt_checked_file *file,
                             const struct swt_judge *judge, struct swt_error *err) {
    SWT_CLEANUP(swt_policy_subject_done)
    struct swt_policy_subject subject = {
        .kind = SWT_SUBJECT_BUNDLE,
        .root_broken = judge->head_status < 0 || (judge->has_root && file->root.root == NULL),
        .targets_broken = judge->targets == NULL,
        .sbom_broken =
            judge->targets == NULL || (!judge->has_user_manifest && judge->failed_step != NULL),
        .has_size = true,
        .size = swt_reader_size(judge->reader)};
    int rc = check_expiries(check, file, judge, err);
    if (rc == 0)
        rc = swt_policy_add_root(&subject, &file->root, err);
    for (size_t i = 0; i < judge->targets_envelope.signature_count && rc == 0; i++)
        rc = swt_policy_add_signer(&subject, judge->targets_envelope.signatures[i].key_id,
                                   "signed the targets metadata", NULL, err);
    if (rc == 0 && judge->targets != NULL)
        rc = add_targets(judge, &subject, err);
    return rc < 0 ? rc : swt_policy_judge(check, file, &subject, err);
}
