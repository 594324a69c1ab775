/* SPDX-License-Identifier: Apache-2.0 */
/* root create and root rotate: the keys of both roles → root metadata → signatures. */
#include "clock.h"
#include "document.h"
#include "output.h"
#include "signing.h"
#include "source.h"
#include "stock.h"

#include "swt/pipeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The shortest prefix of a key id that may name it. */
#define MIN_ID_PREFIX 8

struct root_job {
    const struct swt_root_options *options;
    struct swt_notices *notices;
    int64_t now;
    struct swt_root_source old; /* rotate only */
    bool rotate;
    struct swt_public_key *loaded; /* keys from the options; the specs point into them */
    size_t loaded_count;
    struct swt_key *root_keys;
    struct swt_key *targets_keys;
    struct swt_root_spec spec;
    struct swt_buf metadata;
    struct swt_root *root; /* decoded from metadata */
};

static void root_job_done(struct root_job *job) {
    swt_root_free(job->root);
    swt_buf_done(&job->metadata);
    free(job->root_keys);
    free(job->targets_keys);
    for (size_t i = 0; i < job->loaded_count; i++)
        swt_public_key_done(&job->loaded[i]);
    free(job->loaded);
    swt_root_source_done(&job->old);
}

/* ---- the keys of a role ------------------------------------------------------------------ */

struct key_list {
    const char *role;
    struct swt_key *keys;
    size_t count;
};

static bool holds(const struct key_list *list, const struct swt_key *key) {
    for (size_t i = 0; i < list->count; i++)
        if (swt_key_same(&list->keys[i], key))
            return true;
    return false;
}

static int add_keys(struct root_job *job, const struct swt_key_sources *sources,
                    struct key_list *list, struct swt_error *err) {
    for (size_t i = 0; i < sources->count; i++) {
        struct swt_public_key *key = &job->loaded[job->loaded_count];
        int rc = swt_public_key_load(&sources->items[i], job->options->keyring, key, err);
        if (rc < 0)
            return rc;
        job->loaded_count++;
        if (holds(list, &key->key))
            return swt_fail(err, SWT_E_ROOT_RULES, "%.*s: the %s role lists this key already",
                            (int)swt_key_uri_shown(sources->items[i].uri), sources->items[i].uri,
                            list->role);
        list->keys[list->count++] = key->key;
    }
    return 0;
}

static int keep_old_keys(const struct root_job *job, const struct swt_role *role,
                         struct key_list *list, struct swt_error *err) {
    for (size_t i = 0; i < role->key_id_count; i++) {
        const struct swt_root_key *key = swt_root_find_key(job->old.root, role->key_ids[i]);
        if (key == NULL)
            return swt_fail(err, SWT_E_ROOT_RULES, "a key id of the %s role names no key",
                            list->role);
        list->keys[list->count++] = key->key;
    }
    return 0;
}

static void key_id_text(const struct key_list *list, size_t place,
                        char ret_text[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)]) {
    uint8_t id[SWT_KEY_ID_SIZE];
    swt_key_id(&list->keys[place], id);
    swt_hex_encode(id, sizeof id, ret_text);
}

static int fail_remove(const struct key_list *list, const char *prefix, size_t found,
                       struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf ids = {0};
    for (size_t i = 0; i < list->count; i++) {
        char hex[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
        key_id_text(list, i, hex);
        int rc = swt_buf_printf(&ids, err, "%s%s", i > 0 ? ", " : "", hex);
        if (rc < 0)
            return rc;
    }
    return swt_fail(err, SWT_E_USAGE,
                    "--remove-%s-key %s: expected the key id of one %s key (%d digits at least), "
                    "found %zu; it lists %s",
                    list->role, prefix, list->role, MIN_ID_PREFIX, found,
                    ids.len > 0 ? swt_buf_text(&ids) : "none");
}

static int remove_key(struct key_list *list, const char *prefix, struct swt_error *err) {
    size_t len = strlen(prefix);
    size_t found = 0;
    size_t place = 0;
    for (size_t i = 0; i < list->count; i++) {
        char hex[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
        key_id_text(list, i, hex);
        if (strncasecmp(hex, prefix, len) == 0) {
            found++;
            place = i;
        }
    }
    if (len < MIN_ID_PREFIX || found != 1)
        return fail_remove(list, prefix, len < MIN_ID_PREFIX ? 0 : found, err);
    memmove(&list->keys[place], &list->keys[place + 1],
            (list->count - place - 1) * sizeof *list->keys);
    list->count--;
    return 0;
}

struct role_change {
    const struct swt_key_sources *whole;
    const struct swt_key_sources *added;
    const char *const *removed;
    size_t removed_count;
    const struct swt_role *old_role; /* NULL: create */
};

static int make_role(struct root_job *job, const struct role_change *change, struct key_list *list,
                     struct swt_error *err) {
    size_t room = change->whole->count + change->added->count +
                  (change->old_role != NULL ? change->old_role->key_id_count : 0);
    list->keys = calloc(room + 1, sizeof *list->keys);
    if (list->keys == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    if (change->whole->count > 0)
        rc = add_keys(job, change->whole, list, err);
    else if (change->old_role != NULL)
        rc = keep_old_keys(job, change->old_role, list, err);
    for (size_t i = 0; i < change->removed_count && rc == 0; i++)
        rc = remove_key(list, change->removed[i], err);
    if (rc == 0)
        rc = add_keys(job, change->added, list, err);
    if (rc == 0 && list->count == 0)
        rc = swt_fail(err, SWT_E_USAGE, "the %s role has no key: give --%s-key", list->role,
                      list->role);
    return rc;
}

/* Old bundles that a retired key signed come alive again with it. A rotation leaves retired targets
 * keys in the keys for this. */
static int warn_of_returning_keys(struct root_job *job, const struct key_list *targets,
                                  struct swt_error *err) {
    const struct swt_root *old = job->old.root;
    int rc = 0;
    for (size_t i = 0; i < old->key_count && rc == 0; i++) {
        const struct swt_root_key *key = &old->keys[i];
        char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
        if (swt_role_lists(&old->targets, key->id) || swt_role_lists(&old->root, key->id) ||
            !holds(targets, &key->key) || key->id.len != SWT_KEY_ID_SIZE)
            continue;
        swt_hex_encode(key->id.data, key->id.len, id);
        rc = swt_notices_add(job->notices, err, SWT_WARNING,
                             "targets key %s was retired and comes back: bundles that it signed "
                             "are accepted again",
                             id);
    }
    return rc;
}

static int make_roles(struct root_job *job, struct swt_error *err) {
    const struct swt_root_options *options = job->options;
    const struct swt_root *old = job->old.root;
    size_t count = options->root_keys.count + options->add_root_keys.count +
                   options->targets_keys.count + options->add_targets_keys.count;
    job->loaded = calloc(count + 1, sizeof *job->loaded);
    if (job->loaded == NULL)
        return swt_fail_memory(err);
    struct key_list root_list = {.role = SWT_ROLE_ROOT};
    struct key_list targets_list = {.role = SWT_ROLE_TARGETS};
    struct role_change root_change = {&options->root_keys, &options->add_root_keys,
                                      options->remove_root_keys, options->remove_root_key_count,
                                      job->rotate ? &old->root : NULL};
    struct role_change targets_change = {
        &options->targets_keys, &options->add_targets_keys, options->remove_targets_keys,
        options->remove_targets_key_count, job->rotate ? &old->targets : NULL};
    int rc = make_role(job, &root_change, &root_list, err);
    job->root_keys = root_list.keys;
    if (rc == 0)
        rc = make_role(job, &targets_change, &targets_list, err);
    job->targets_keys = targets_list.keys;
    if (rc == 0 && job->rotate)
        rc = warn_of_returning_keys(job, &targets_list, err);
    job->spec.root_keys = root_list.keys;
    job->spec.root_key_count = root_list.count;
    job->spec.targets_keys = targets_list.keys;
    job->spec.targets_key_count = targets_list.count;
    return rc;
}

/* ---- version, thresholds, expiry --------------------------------------------------------- */

static int set_version(struct root_job *job, struct swt_error *err) {
    uint32_t asked = job->options->version;
    if (!job->rotate) {
        job->spec.version = asked != 0 ? asked : 1;
        return 0;
    }
    uint32_t old = job->old.root->common.version;
    if (asked == 0 && old == UINT32_MAX)
        return swt_fail(err, SWT_E_ROOT_RULES, "the old root has the highest version there is");
    if (asked != 0 && asked <= old)
        return swt_fail(err, SWT_E_USAGE,
                        "--version %" PRIu32 ": expected more than %" PRIu32
                        ", the old root's version",
                        asked, old);
    job->spec.version = asked != 0 ? asked : old + 1;
    return 0;
}

static int set_expiry(struct root_job *job, struct swt_error *err) {
    const char *expires = job->options->expires;
    if (expires == NULL) {
        if (!job->rotate || !job->old.root->common.has_expires)
            return 0;
        swt_fail(err, SWT_E_EXPIRY, "the old root expires, so the new one must");
        return swt_error_hint(err, "give --expires, as in --expires 1y");
    }
    int rc = swt_expiry_parse(expires, "--expires", job->now, &job->spec.expires, err);
    if (rc < 0)
        return rc;
    job->spec.has_expires = true;
    return job->spec.expires > job->now
               ? 0
               : swt_notices_add(job->notices, err, SWT_WARNING,
                                 "the root is born expired (--expires %s)", expires);
}

static void set_thresholds(struct root_job *job) {
    const struct swt_root_options *options = job->options;
    const struct swt_root *old = job->old.root;
    job->spec.root_threshold = options->root_threshold != 0 ? options->root_threshold
                               : job->rotate                ? old->root.threshold
                                                            : 1;
    job->spec.targets_threshold = options->targets_threshold != 0 ? options->targets_threshold
                                  : job->rotate                   ? old->targets.threshold
                                                                  : 1;
}

/* ---- what can go wrong after it ------------------------------------------------------------ */

/* A stock Pigweed device knows P-256 keys only. Signatures that are still missing come behind what
 * it has to read. */
static int warn_of_growth(const struct root_job *job, struct swt_slice envelope,
                          struct swt_error *err) {
    for (size_t i = 0; i < job->root->key_count; i++)
        if (job->root->keys[i].key.type != SWT_KEY_P256)
            return 0;
    if (!job->rotate || !swt_stock_root_grows(job->old.bytes.len, envelope))
        return 0;
    return swt_notices_add(job->notices, err, SWT_WARNING,
                           "a stock Pigweed device that holds the old root (%zu bytes, with its "
                           "signatures) refuses the first bundle with this one (%zu bytes, without "
                           "them) and accepts it when it is sent again",
                           job->old.bytes.len, job->root->bytes.len);
}

/* Keys that have yet to sign may need OLD: sign NEW --root OLD. */
static int warn_of_replacement(const struct root_job *job, struct swt_error *err) {
    if (!job->rotate || !swt_same_file(job->options->old_path, job->options->output))
        return 0;
    return swt_notices_add(job->notices, err, SWT_WARNING,
                           "%s replaces the old root, which signing with a retiring key needs "
                           "(sign NEW --root OLD)",
                           job->options->output);
}

/* ---- the job ----------------------------------------------------------------------------- */

static int read_old_root(struct root_job *job, struct swt_error *err) {
    job->rotate = job->options->old_path != NULL;
    if (!job->rotate)
        return 0;
    int rc = swt_root_source_open(job->options->old_path, false, &job->old, err);
    if (rc == 0 && swt_root_check(job->old.root, err) < 0)
        rc = swt_error_file(err, job->options->old_path);
    job->spec.base = job->old.root;
    return rc;
}

static int add_quorum(json_t *quorums, const char *of, const struct swt_root *root,
                      const struct swt_envelope *envelope, struct swt_error *err) {
    json_t *quorum;
    int rc = swt_json_quorum(of, root, &root->root, envelope, &quorum, err);
    return rc < 0 ? rc : swt_json_add(quorums, quorum, err);
}

static int make_document(const struct root_job *job, const struct swt_signing_result *signing,
                         json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope envelope = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    int rc = swt_envelope_decode(swt_buf_slice(&signing->envelope), 0, false, &envelope, err);
    if (rc == 0)
        rc = swt_json_root(job->root, &document, err);
    if (rc == 0)
        rc = swt_json_set(document, "file", swt_json_path(job->options->output), err);
    json_t *quorums = rc == 0 ? swt_json_array(document, "quorums", err) : NULL;
    if (rc == 0 && quorums == NULL)
        rc = -SWT_E_MEMORY;
    if (rc == 0 && job->rotate)
        rc = add_quorum(quorums, "old", job->old.root, &envelope, err);
    if (rc == 0)
        rc = add_quorum(quorums, job->rotate ? "new" : SWT_ROLE_ROOT, job->root, &envelope, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

static int sign_root(struct root_job *job, struct swt_signing_result *ret_signing,
                     struct swt_error *err) {
    SWT_CLEANUP(swt_signers_done) struct swt_signers signers = {0};
    struct swt_envelope unsigned_root = {.metadata = swt_buf_slice(&job->metadata)};
    struct swt_signing_subject subject = {.role = SWT_ROLE_ROOT,
                                          .version = job->root->common.version};
    struct swt_signing_roles roles = {{&job->root->root, NULL}, 1};
    if (job->rotate)
        roles.items[roles.count++] = &job->old.root->root;
    int rc = swt_signers_open(&job->options->sign_with, job->options->keyring, job->notices,
                              &signers, err);
    if (rc == 0)
        rc = swt_signers_check_listed(&signers, &roles, SWT_ROLE_ROOT, err);
    if (rc == 0)
        rc = swt_signers_sign(&signers, &subject, &unsigned_root, false, ret_signing, err);
    return rc;
}

static int check_output(const struct root_job *job, struct swt_error *err) {
    const struct swt_root_options *options = job->options;
    const struct swt_key_sources *const KEYS[] = {&options->root_keys, &options->targets_keys,
                                                  &options->add_root_keys,
                                                  &options->add_targets_keys, &options->sign_with};
    int rc = 0;
    const char *log = options->keyring->audit_log;
    for (size_t i = 0; i < SWT_COUNT(KEYS) && rc == 0; i++) {
        rc = swt_output_spares_keys(options->output, KEYS[i], err);
        if (rc == 0)
            rc = swt_log_spares_keys(log, KEYS[i], err);
    }
    if (rc == 0)
        rc = swt_log_spares(log, options->old_path, "the old root", err);
    if (rc == 0)
        rc = swt_log_spares(log, options->output, "the output", err);
    /* OLD may be replaced when it is root metadata, not when it is a bundle that holds it. */
    if (rc == 0 && job->rotate && job->old.from_bundle)
        rc = swt_output_spares(options->output, options->old_path, "the bundle", err);
    return rc;
}

static int make_metadata(struct root_job *job, struct swt_error *err) {
    int rc = swt_build_time(&job->now, err);
    if (rc == 0)
        rc = read_old_root(job, err);
    if (rc == 0)
        rc = check_output(job, err);
    if (rc == 0)
        rc = set_version(job, err);
    if (rc == 0)
        rc = set_expiry(job, err);
    if (rc == 0)
        rc = make_roles(job, err);
    if (rc < 0)
        return rc;
    set_thresholds(job);
    rc = swt_root_encode(&job->spec, &job->metadata, err);
    if (rc == 0)
        rc = swt_root_decode(swt_buf_slice(&job->metadata), 0, &job->root, err);
    return rc;
}

int swt_root_make(const struct swt_root_options *options, struct swt_notices *notices,
                  json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(root_job_done) struct root_job job = {.options = options, .notices = notices};
    SWT_CLEANUP(swt_signing_result_done) struct swt_signing_result signing = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    int rc = make_metadata(&job, err);
    if (rc == 0)
        rc = sign_root(&job, &signing, err);
    if (rc == 0)
        rc = warn_of_growth(&job, swt_buf_slice(&signing.envelope), err);
    if (rc == 0)
        rc = warn_of_replacement(&job, err);
    if (rc == 0)
        rc = make_document(&job, &signing, &document, err);
    if (rc == 0)
        rc = swt_write_file(options->output, NULL, swt_buf_slice(&signing.envelope), err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
