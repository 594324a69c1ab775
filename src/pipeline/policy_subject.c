/* SPDX-License-Identifier: Apache-2.0 */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

void swt_policy_subject_done(struct swt_policy_subject *subject) {
    for (size_t i = 0; i < subject->target_count; i++)
        free(subject->targets[i].name);
    free(subject->targets);
    free(subject->signers);
    *subject = (struct swt_policy_subject){0};
}

int swt_policy_add_signer(struct swt_policy_subject *subject, struct swt_slice key_id,
                          const char *did, const struct swt_node *node, struct swt_error *err) {
    if (key_id.len != SWT_KEY_ID_SIZE)
        return 0;
    struct swt_policy_signer *signers =
        reallocarray(subject->signers, subject->signer_count + 1, sizeof *signers);
    if (signers == NULL)
        return swt_fail_memory(err);
    subject->signers = signers;
    struct swt_policy_signer *signer = &signers[subject->signer_count++];
    *signer = (struct swt_policy_signer){.did = did, .node = node};
    memcpy(signer->id, key_id.data, sizeof signer->id);
    return 0;
}

int swt_policy_add_root(struct swt_policy_subject *subject, const struct swt_root_source *source,
                        struct swt_error *err) {
    int rc = 0;
    subject->root = source->root;
    for (size_t i = 0; i < source->envelope.signature_count && rc == 0; i++)
        rc = swt_policy_add_signer(subject, source->envelope.signatures[i].key_id,
                                   "signed the root", subject->root_node, err);
    return rc;
}

int swt_policy_add_target(struct swt_policy_subject *subject, struct swt_slice name,
                          uint64_t length, const struct swt_node *node, struct swt_error *err) {
    struct swt_policy_target *targets =
        reallocarray(subject->targets, subject->target_count + 1, sizeof *targets);
    if (targets == NULL)
        return swt_fail_memory(err);
    subject->targets = targets;
    char *copy = swt_format(err, "%.*s", (int)name.len, (const char *)name.data);
    if (copy == NULL)
        return -(int)err->code;
    targets[subject->target_count++] =
        (struct swt_policy_target){.name = copy, .length = length, .node = node};
    return 0;
}
