/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a bundle, by itself. The judge's steps, with the bundle's own root where it
 * holds a sound one: this tells whether the bundle agrees with itself, never whom it comes from. */
#include "judge.h"
#include "policy.h"
#include "profile.h"
#include "user_manifest.h"

#include <string.h>

/* ---- what the judge found ---------------------------------------------------------------- */

/* The steps on the root say less than what was found in it (check_root.c). */
static bool is_told_by_root(const char *slug) {
    static const char *const SLUGS[] = {"anchor-given", "anchor",       "root-old-quorum",
                                        "root-content", "root-version", "root-new-quorum",
                                        "root-expiry"};
    for (size_t i = 0; i < SWT_COUNT(SLUGS); i++)
        if (strcmp(SLUGS[i], slug) == 0)
            return true;
    return false;
}

static bool has_step(const json_t *steps, const char *slug) {
    size_t i;
    const json_t *step;
    json_array_foreach(steps, i, step) {
        if (strcmp(json_string_value(json_object_get(step, "step")), slug) == 0)
            return true;
    }
    return false;
}

static int tell_step(struct swt_checked_file *file, const json_t *step, struct swt_error *err) {
    const char *slug = json_string_value(json_object_get(step, "step"));
    const char *verdict = json_string_value(json_object_get(step, "verdict"));
    const char *note = json_string_value(json_object_get(step, "note"));
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    if (strcmp(verdict, "warn") == 0)
        return swt_check_find(file, err, SWT_LEVEL_WARNING, slug, "%s", note);
    if (strcmp(verdict, "fail") != 0)
        return 0;
    int rc = swt_buf_printf(&text, err, "expected %s, found %s",
                            json_string_value(json_object_get(step, "expected")),
                            json_string_value(json_object_get(step, "found")));
    struct swt_finding finding = {
        .level = SWT_LEVEL_ERROR, .code = slug, .message = swt_buf_text(&text), .hint = note};
    return rc < 0 ? rc : swt_check_add(file, &finding, err);
}

/* Steps that earlier holds are told already. */
static int tell_steps(struct swt_checked_file *file, const struct swt_judge *judge,
                      const json_t *earlier, struct swt_error *err) {
    size_t i;
    const json_t *step;
    json_array_foreach(judge->steps, i, step) {
        const char *slug = json_string_value(json_object_get(step, "step"));
        if (is_told_by_root(slug) || has_step(earlier, slug))
            continue;
        int rc = tell_step(file, step, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- what no step asks ------------------------------------------------------------------- */

/* A quorum that cannot be counted may still be none. */
static int check_unsigned(struct swt_checked_file *file, const struct swt_judge *judge,
                          struct swt_error *err) {
    if (judge->authenticate || judge->targets == NULL ||
        judge->targets_envelope.signature_count > 0)
        return 0;
    return swt_check_find(file, err, SWT_LEVEL_ERROR, "targets-quorum",
                          "the targets metadata is not signed at all");
}

/* Devices that hold the root which the bundle was built with, or a newer one, take it all the same.
 */
static int check_stripped(struct swt_checked_file *file, const struct swt_judge *judge,
                          struct swt_error *err) {
    if (judge->has_root || !judge->has_user_manifest)
        return 0;
    struct swt_recorded_root recorded;
    int rc = swt_user_manifest_root(swt_buf_slice(&judge->user_manifest), &recorded, err);
    if (rc < 0 || !recorded.given)
        return rc;
    return swt_check_find(file, err, SWT_LEVEL_WARNING, "root-stripped",
                          "the bundle was built with root version %u and holds no root: devices "
                          "with an older one refuse it",
                          recorded.version);
}

static int check_stock_target(struct swt_checked_file *file, const struct swt_target *target,
                              struct swt_error *err) {
    struct swt_error fault;
    if (swt_profile_check_payload(swt_profile_find("pigweed"), target->name, target->length,
                                  &fault) == 0)
        return 0;
    return swt_check_find(file, err, SWT_LEVEL_WARNING, "stock-target", "target '%.*s': %s",
                          (int)target->name.len, (const char *)target->name.data, fault.message);
}

/* Whether stock Pigweed devices may get the bundle: in their container, or to be put into it. */
static bool may_be_for_stock(const struct swt_checked_file *file, const struct swt_judge *judge) {
    if (judge->kind == SWT_KIND_UPDATE_BUNDLE || file->root.root == NULL)
        return true;
    for (size_t i = 0; i < file->root.root->key_count; i++)
        if (file->root.root->keys[i].key.type == SWT_KEY_P256)
            return true;
    return false;
}

static int check_stock(struct swt_checked_file *file, const struct swt_judge *judge,
                       struct swt_error *err) {
    const struct swt_targets *targets = judge->targets;
    int rc = 0;
    if (targets == NULL || !may_be_for_stock(file, judge))
        return 0;
    if (targets->common.version == 0)
        rc = swt_check_find(file, err, SWT_LEVEL_WARNING, "stock-version-zero",
                            "targets version 0: a stock Pigweed device that accepts it refuses "
                            "every later update");
    for (size_t i = 0; i < targets->target_count && rc == 0; i++)
        rc = check_stock_target(file, &targets->targets[i], err);
    return rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

/* The root in the bundle; one whose envelope cannot be read is the judge's to tell. */
static int check_own_root(const struct swt_check *check, struct swt_checked_file *file,
                          const struct swt_judge *judge, struct swt_error *err) {
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope envelope = {0};
    struct swt_error fault;
    if (!judge->has_root)
        return 0;
    if (swt_envelope_decode(judge->root_bytes, judge->root_offset, false, &envelope, &fault) < 0)
        return fault.code == SWT_E_MEMORY ? swt_fail_memory(err) : 0;
    return swt_check_root(check, file, judge->root_bytes, judge->root_offset,
                          judge->kind == SWT_KIND_UPDATE_BUNDLE, err);
}

/* judge is the one that looked at signatures, targets what was read of the bundle at last. */
static int describe(struct swt_checked_file *file, const struct swt_judge *judge,
                    const struct swt_targets *targets, struct swt_error *err) {
    bool tar = judge->kind == SWT_KIND_TAR_BUNDLE;
    json_t *members = json_pack("{s:s, s:s, s:b}", "kind", "bundle", "container",
                                swt_format_name(tar ? SWT_FORMAT_TAR : SWT_FORMAT_PIGWEED),
                                "signatures_checked", has_step(judge->steps, "targets-quorum"));
    int rc =
        members == NULL || json_object_update(file->json, members) < 0 ? swt_fail_memory(err) : 0;
    json_decref(members);
    if (rc < 0 || targets == NULL)
        return rc;
    rc = swt_json_set(file->json, "targets_version",
                      json_integer((json_int_t)targets->common.version), err);
    return rc < 0 ? rc
                  : swt_json_set(file->json, "targets",
                                 json_integer((json_int_t)targets->target_count), err);
}

static int run_judge(struct swt_judge *judge, struct swt_error *err) {
    int rc = swt_judge_run(judge, err);
    struct swt_error ignored;
    /* Standard input is opened once more where it stands. */
    if (rc == 0 && swt_reader_seek(judge->reader, 0, &ignored) < 0)
        rc = swt_fail(err, SWT_E_IO, "%s", ignored.message);
    return rc;
}

/* Without an anchor, for what comes behind a step that failed for the want of one. */
static int check_rest(const struct swt_check *check, struct swt_checked_file *file,
                      const json_t *earlier, struct swt_judge *rest, struct swt_error *err) {
    int rc = swt_judge_open(rest, file->path, &check->by_nothing, err);
    if (rc == 0)
        rc = run_judge(rest, err);
    if (rc == 0)
        rc = tell_steps(file, rest, earlier, err);
    return rc;
}

static bool failed_for_trust(const struct swt_judge *judge) {
    return judge->failed_step != NULL && (strcmp(judge->failed_step, "targets-quorum") == 0 ||
                                          strcmp(judge->failed_step, "targets-expiry") == 0 ||
                                          strcmp(judge->failed_step, "root-stripped") == 0);
}

/* Of the two judges, the one that got further. */
static const struct swt_judge *further(const struct swt_judge *judge,
                                       const struct swt_judge *rest) {
    return rest->targets != NULL ? rest : judge;
}

static int check_itself(const struct swt_check *check, struct swt_checked_file *file,
                        struct swt_judge *judge, struct swt_judge *rest, struct swt_error *err) {
    judge->authenticate = true;
    int rc = swt_judge_open(judge, file->path, &check->by_itself, err);
    if (rc == 0)
        rc = check_own_root(check, file, judge, err);
    if (rc < 0)
        return rc;
    judge->authenticate = file->root.root != NULL && file->sound;
    rc = run_judge(judge, err);
    if (rc == 0)
        rc = tell_steps(file, judge, NULL, err);
    if (rc == 0 && failed_for_trust(judge))
        rc = check_rest(check, file, judge->steps, rest, err);
    if (rc == 0)
        rc = check_unsigned(file, judge, err);
    if (rc == 0)
        rc = check_stripped(file, further(judge, rest), err);
    if (rc == 0)
        rc = check_stock(file, further(judge, rest), err);
    return rc < 0 ? rc : describe(file, judge, further(judge, rest)->targets, err);
}

int swt_check_bundle(const struct swt_check *check, struct swt_checked_file *file,
                     struct swt_error *err) {
    SWT_CLEANUP(swt_judge_done) struct swt_judge judge = {0};
    SWT_CLEANUP(swt_judge_done) struct swt_judge rest = {0};
    int rc = check_itself(check, file, &judge, &rest, err);
    if (rc < 0)
        return rc;
    /* Last: what they find makes no signature less worth judging. */
    return swt_check_bundle_demands(check, file, further(&judge, &rest), err);
}
