/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with root metadata, by itself: its encoding, its rules, its own quorum, its expiry,
 * and what stock Pigweed devices make of it. */
#include "policy.h"
#include "profile.h"

#include "swt/signature.h"

#include <inttypes.h>

enum { DAY = 24 * 60 * 60, SOON = 30 * DAY };

/* ---- signatures and expiry --------------------------------------------------------------- */

/* Of keys that the role lists; another's may be that of the root before this one. */
static size_t bad_signatures(const struct swt_quorum *quorum) {
    size_t bad = 0;
    for (size_t i = 0; i < quorum->state_count; i++)
        bad +=
            quorum->states[i] != SWT_SIGNATURE_GOOD && quorum->states[i] != SWT_SIGNATURE_UNLISTED;
    return bad;
}

static int check_quorum(struct swt_checked_file *file, struct swt_error *err) {
    const struct swt_root_source *source = &file->root;
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    int rc = swt_quorum_count(source->root, &source->root->root, &source->envelope, &quorum, err);
    if (rc == 0 && !quorum.met)
        rc = swt_check_find(file, err, SWT_LEVEL_ERROR, "root-new-quorum",
                            "the root is signed by %zu of its own root keys, its threshold is "
                            "%" PRIu32,
                            quorum.signed_count, quorum.threshold);
    size_t bad = rc == 0 ? bad_signatures(&quorum) : 0;
    if (bad > 0)
        rc = swt_check_find(file, err, SWT_LEVEL_WARNING, "root-new-quorum",
                            "%zu signature%s of its root keys do%s not count", bad,
                            bad == 1 ? "" : "s", bad == 1 ? "es" : "");
    return rc;
}

static int check_expiry(const struct swt_check *check, struct swt_checked_file *file,
                        struct swt_error *err) {
    const struct swt_common *common = &file->root.root->common;
    char expires[SWT_TIME_TEXT];
    if (!common->has_expires)
        return 0;
    swt_time_text(common->expires, expires);
    if (swt_common_expired(common, check->now))
        return swt_check_find(file, err, SWT_LEVEL_ERROR, "root-expiry", "the root expired %s",
                              expires);
    /* What was asked for says the same, and louder. */
    if (!swt_common_expired(common, check->now + SOON) ||
        swt_check_expires_within(check, common->expires))
        return 0;
    long long days = (common->expires - check->now) / DAY;
    return swt_check_find(file, err, SWT_LEVEL_WARNING, "root-expires-soon",
                          "the root expires %s, in %lld day%s", expires, days,
                          days == 1 ? "" : "s");
}

static int check_unknown(struct swt_checked_file *file, struct swt_error *err) {
    size_t unknown = file->root.root->unknown_fields;
    return unknown == 0 ? 0
                        : swt_check_find(file, err, SWT_LEVEL_WARNING, "unknown-field",
                                         "the root has %zu unknown signed field%s", unknown,
                                         unknown == 1 ? "" : "s");
}

/* ---- stock Pigweed devices ---------------------------------------------------------------- */

static int check_stock_keys(struct swt_checked_file *file, struct swt_error *err) {
    const struct swt_profile *profile = swt_profile_find("pigweed");
    const struct swt_root *root = file->root.root;
    int rc = 0;
    for (size_t i = 0; i < root->key_count && rc == 0; i++) {
        char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
        struct swt_error fault;
        if (swt_profile_check_key(profile, &root->keys[i].key, &fault) == 0)
            continue;
        swt_hex_encode(root->keys[i].id.data, SWT_KEY_ID_SIZE, id);
        rc = swt_check_find(file, err, SWT_LEVEL_WARNING, "stock-key", "key %.12s...: %s", id,
                            fault.message);
    }
    return rc;
}

static int check_stock_reading(struct swt_checked_file *file, struct swt_error *err) {
    struct swt_error fault;
    if (swt_profile_check_reading(swt_profile_find("pigweed"), &file->root, &fault) == 0)
        return 0;
    if (fault.code == SWT_E_PROFILE)
        return swt_check_find(file, err, SWT_LEVEL_WARNING, "stock-root", "%s", fault.message);
    *err = fault;
    return -(int)fault.code;
}

/* Roots without a P-256 key are for no stock device; these may be for some. */
static int check_stock(struct swt_checked_file *file, bool for_stock, struct swt_error *err) {
    const struct swt_root *root = file->root.root;
    size_t usable = 0;
    for (size_t i = 0; i < root->key_count; i++)
        usable += root->keys[i].key.type == SWT_KEY_P256;
    if (usable == 0 && !for_stock)
        return 0;
    int rc = check_stock_keys(file, err);
    if (rc == 0)
        rc = check_stock_reading(file, err);
    if (rc == 0 && root->common.version == 0)
        rc = swt_check_find(file, err, SWT_LEVEL_WARNING, "stock-version-zero",
                            "root version 0: a stock Pigweed device that holds it refuses every "
                            "bundle with a root");
    return rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int read_root(struct swt_checked_file *file, struct swt_slice envelope, uint64_t offset,
                     struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf copy = {0};
    SWT_CLEANUP(swt_root_source_done) struct swt_root_source source = {0};
    int rc = swt_buf_append_slice(&copy, envelope, err);
    if (rc == 0)
        rc = swt_root_source_decode(&copy, file->path, true, &source, err);
    if (rc == 0)
        rc = swt_root_check(source.root, err);
    if (rc < 0) {
        err->offset += offset;
        return swt_check_fault(file, "root-content", err);
    }
    file->root = SWT_MOVE(source);
    return 0;
}

int swt_check_root(const struct swt_check *check, struct swt_checked_file *file,
                   struct swt_slice envelope, uint64_t offset, bool for_stock,
                   struct swt_error *err) {
    int rc = read_root(file, envelope, offset, err);
    if (rc < 0 || file->root.root == NULL)
        return rc;
    rc = swt_json_set(file->json, "root_version",
                      json_integer((json_int_t)file->root.root->common.version), err);
    if (rc == 0)
        rc = check_quorum(file, err);
    if (rc == 0)
        rc = check_expiry(check, file, err);
    if (rc == 0)
        rc = check_unknown(file, err);
    return rc < 0 ? rc : check_stock(file, for_stock, err);
}

/* What --expires-within and the policy say: of a file whose own faults are told. */
static int check_demands(const struct swt_check *check, struct swt_checked_file *file,
                         struct swt_error *err) {
    SWT_CLEANUP(swt_policy_subject_done)
    struct swt_policy_subject subject = {.kind = SWT_SUBJECT_ROOT,
                                         .root_broken = file->root.root == NULL};
    const struct swt_root *root = file->root.root;
    int rc = 0;
    if (root != NULL && root->common.has_expires)
        rc = swt_check_expiry(check, file,
                              &(struct swt_expiring){.what = "the root",
                                                     .told_as = "root-expiry",
                                                     .expires = root->common.expires},
                              err);
    if (rc == 0)
        rc = swt_policy_add_root(&subject, &file->root, err);
    return rc < 0 ? rc : swt_policy_judge(check, file, &subject, err);
}

int swt_check_root_file(const struct swt_check *check, struct swt_checked_file *file,
                        struct swt_reader *reader, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope envelope = {0};
    int rc = swt_json_set(file->json, "kind", json_string("root"), err);
    if (rc == 0)
        rc = swt_reader_read_all(reader, SWT_MAX_SMALL_FILE, &bytes, err);
    if (rc == 0)
        rc = swt_envelope_decode(swt_buf_slice(&bytes), 0, false, &envelope, err);
    if (rc < 0)
        return swt_check_fault(file, "envelope", err);
    rc = swt_check_root(check, file, swt_buf_slice(&bytes), 0, false, err);
    return rc < 0 ? rc : check_demands(check, file, err);
}
