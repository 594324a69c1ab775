/* SPDX-License-Identifier: Apache-2.0 */
#include "check_manifest.h"

#include "swt/signature.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the signatures take ------------------------------------------------------------- */

void swt_blank_signatures_done(struct swt_blank_signatures *blanks) {
    free(blanks->items);
    *blanks = (struct swt_blank_signatures){0};
}

static int add_blank(struct swt_blank_signatures *blanks, const struct swt_key *key,
                     struct swt_error *err) {
    static const uint8_t ZEROS[SWT_MAX_SIGNATURE];
    struct swt_signature *items = reallocarray(blanks->items, blanks->count + 1, sizeof *items);
    size_t size = swt_key_signature_size(key);
    if (items != NULL)
        blanks->items = items;
    if (items == NULL || size == 0)
        return swt_fail_memory(err);
    items[blanks->count++] = (struct swt_signature){.key_id = swt_slice_of(ZEROS, SWT_KEY_ID_SIZE),
                                                    .value = swt_slice_of(ZEROS, size)};
    return 0;
}

/* A key that is named twice signs once. */
static int add_signer(struct swt_policy_subject *subject, struct swt_blank_signatures *blanks,
                      const struct swt_key *key, const uint8_t *id, const struct swt_node *node,
                      struct swt_error *err) {
    bool known = false;
    for (size_t i = 0; i < subject->signer_count; i++)
        known |= memcmp(subject->signers[i].id, id, SWT_KEY_ID_SIZE) == 0;
    int rc = known ? 0 : add_blank(blanks, key, err);
    return rc < 0 ? rc
                  : swt_policy_add_signer(subject, swt_slice_of(id, SWT_KEY_ID_SIZE),
                                          "is one of signing.keys", node, err);
}

/* ---- the keys ------------------------------------------------------------------------------ */

/* One key of the manifest, by the public part that was found. */
static int check_key(struct swt_build_job *job, const struct swt_text *path,
                     const struct swt_key *key, const uint8_t *id, struct swt_error *err) {
    int rc = swt_profile_check_key(job->profile, key, err);
    if (rc < 0) {
        swt_error_context(err, "%s", path->text);
        rc = swt_build_advise(job, err);
    }
    if (rc < 0) {
        swt_build_error_in(err, path->node);
        rc = swt_faults_keep(job->faults, err);
    }
    if (rc < 0 || !job->has_root ||
        swt_role_lists(&job->root.root->targets, swt_slice_of(id, SWT_KEY_ID_SIZE)))
        return rc;
    char hex[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
    swt_hex_encode(id, SWT_KEY_ID_SIZE, hex);
    swt_fail(err, SWT_E_KEY_NOT_LISTED, "%s: the targets role of %s does not list its key id %s",
             path->text, job->root_path, hex);
    swt_error_hint(err, "name a key that the root lists (swupdate-tool dump), or make a root that "
                        "lists this one (swupdate-tool root rotate --add-targets-key)");
    swt_manifest_error_at(err, path->node);
    return swt_faults_keep(job->faults, err);
}

/* The public part that keygen puts beside a key. */
static int open_beside(struct swt_build_job *job, size_t place, struct swt_policy_subject *subject,
                       struct swt_public_key *ret_key, struct swt_error *err) {
    const struct swt_text *path = &job->manifest->key_paths.items[place];
    SWT_CLEANUP(swt_keyring_done) struct swt_keyring keyring = {0};
    char *beside = swt_format(err, "%s.pub", job->manifest->key_files[place]);
    if (beside == NULL)
        return -(int)err->code;
    struct swt_key_source source = {.uri = beside};
    int rc = swt_public_key_load(&source, &keyring, ret_key, err);
    free(beside);
    if (rc == 0 || swt_code_exit(err->code) > 5 || err->code == SWT_E_MEMORY)
        return rc;
    subject->unknown_key = path;
    return swt_notices_add(job->notices, err, SWT_WARNING,
                           "%s is encrypted, and there is no public key %s.pub: whether it may "
                           "sign was not checked",
                           path->text, path->text);
}

static int check_place(struct swt_build_job *job, size_t place, struct swt_policy_subject *subject,
                       struct swt_blank_signatures *blanks, struct swt_error *err) {
    const struct swt_text *path = &job->manifest->key_paths.items[place];
    struct swt_key_source source = {.uri = job->manifest->key_files[place]};
    SWT_CLEANUP(swt_keyring_done) struct swt_keyring keyring = {0}; /* nobody is asked */
    SWT_CLEANUP(swt_signer_cleanup) struct swt_signer *signer = NULL;
    SWT_CLEANUP(swt_public_key_done) struct swt_public_key beside = {0};
    int rc = swt_signer_open(&source, &keyring, job->notices, &signer, err);
    if (rc == -SWT_E_PASSPHRASE)
        rc = open_beside(job, place, subject, &beside, err);
    if (rc < 0) {
        swt_build_error_in(err, path->node);
        return swt_faults_keep(job->faults, err);
    }
    if (signer == NULL && beside.bytes.len == 0)
        return 0;
    const struct swt_key *key = signer != NULL ? swt_signer_key(signer) : &beside.key;
    const uint8_t *id = signer != NULL ? swt_signer_key_id(signer) : beside.id;
    rc = add_signer(subject, blanks, key, id, path->node, err);
    return rc < 0 ? rc : check_key(job, path, key, id, err);
}

int swt_check_manifest_keys(struct swt_build_job *job, struct swt_policy_subject *subject,
                            struct swt_blank_signatures *blanks, struct swt_error *err) {
    size_t count = job->manifest->key_paths.count;
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = check_place(job, i, subject, blanks, err);
    if (rc == 0 && count > 0 && job->root_path == NULL)
        rc = swt_notices_add(job->notices, err, SWT_WARNING,
                             "there is no root: nothing tells whether the key may sign");
    return rc;
}
