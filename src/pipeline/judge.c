/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"
#include "document.h"

#include <string.h>
#include <time.h>

/* ---- the steps in their order ------------------------------------------------------------ */

const struct swt_step_row swt_judge_steps[] = {
    {"anchor-given", "one trust anchor", swt_judge_anchor_given, true, true},
    {"container", "a canonical head with one targets metadata", swt_judge_container, false, true},
    {"envelope", "envelopes in strict encoding", swt_judge_envelope, false, true},
    {"anchor", "an anchor that keeps the rules of root metadata", swt_judge_anchor, true, true},
    {"root-old-quorum", "the anchor's quorum on the new root", swt_judge_root_old_quorum, true,
     true},
    {"root-content", "a new root that keeps the rules", swt_judge_root_content, true, true},
    {"root-new-quorum", "the new root's own quorum", swt_judge_root_new_quorum, true, true},
    {"root-version", "a root version that is not lower", swt_judge_root_version, true, true},
    {"root-expiry", "a trusted root that has not expired", swt_judge_root_expiry, true, true},
    {"floor", "the device's targets version, or a real rotation", swt_judge_floor, true, false},
    {"targets-quorum", "the quorum of the trusted root's targets keys", swt_judge_targets_quorum,
     true, false},
    {"targets-content", "targets metadata with the role targets", swt_judge_targets_content, false,
     false},
    {"targets-expiry", "targets metadata that has not expired", swt_judge_targets_expiry, true,
     false},
    {"targets-entries", "valid unique names, each with a length and one SHA-256",
     swt_judge_targets_entries, false, false},
    {"targets-version", "a targets version that is not below the floor", swt_judge_targets_version,
     true, false},
    {"payloads", "each listed payload with its length and hash, and no other", swt_judge_payloads,
     false, false},
    {"root-stripped", "the root that the bundle was built with, or a newer one",
     swt_judge_root_stripped, true, false},
    {"end", "the end of the container, and nothing after it", swt_judge_end, false, true},
    {.slug = NULL},
};

/* Only where --against asks for it: no device knows the sources. */
static const struct swt_step_row AGAINST = {"against", "the metadata that the sources make",
                                            swt_judge_against, false, false};

static const char *verdict_name(enum swt_verdict verdict) {
    switch (verdict) {
    case SWT_PASS:
        return "pass";
    case SWT_FAIL:
        return "fail";
    case SWT_WARN:
        return "warn";
    case SWT_STEP_SKIPPED:
        return "skipped";
    }
    return "fail";
}

static int set_member(json_t *object, const char *name, const struct swt_buf *text,
                      struct swt_error *err) {
    return text->len == 0 ? 0 : swt_json_set(object, name, swt_json_text(swt_buf_slice(text)), err);
}

static int record_step(struct swt_judge *judge, const char *slug, const struct swt_step *step,
                       struct swt_error *err) {
    json_t *object = json_pack("{s:s, s:s}", "step", slug, "verdict", verdict_name(step->verdict));
    int rc = swt_json_add(judge->steps, object, err);
    if (rc == 0)
        rc = set_member(object, "expected", &step->expected, err);
    if (rc == 0)
        rc = set_member(object, "found", &step->found, err);
    if (rc == 0)
        rc = set_member(object, "note", &step->note, err);
    return rc;
}

/* Who compares before signing finds no quorum, and yet wants all that comes after it. */
static bool is_spared(const struct swt_judge *judge, const char *slug) {
    return judge->options->against != NULL && strcmp(slug, "targets-quorum") == 0;
}

static bool is_assumed(const struct swt_judge *judge, const char *slug) {
    for (size_t i = 0; i < judge->assumed_count; i++)
        if (strcmp(judge->assumed[i], slug) == 0)
            return true;
    return false;
}

/* The first is the one that counts. */
static void fail_step(struct swt_judge *judge, const char *slug, bool warning) {
    judge->ended = judge->failed_step != NULL || !is_spared(judge, slug);
    if (judge->failed_step != NULL)
        return;
    judge->failed_step = slug;
    judge->failed_warning = warning;
}

static int repeat_step(struct swt_judge *judge, const char *slug, json_t *known,
                       struct swt_error *err) {
    const char *verdict = json_string_value(json_object_get(known, "verdict"));
    if (strcmp(verdict, verdict_name(SWT_FAIL)) == 0)
        fail_step(judge, slug, false);
    if (strcmp(verdict, verdict_name(SWT_WARN)) == 0)
        judge->warnings++;
    return swt_json_add(judge->steps, json_incref(known), err);
}

int swt_judge_run_step(struct swt_judge *judge, const struct swt_step_row *row,
                       struct swt_error *err) {
    json_t *known = json_object_get(judge->known, row->slug);
    if (known != NULL)
        return repeat_step(judge, row->slug, known, err);
    SWT_CLEANUP(swt_step_done) struct swt_step step = {0};
    bool warning = false;
    int rc = swt_step_expect(&step, err, "%s", row->expected);
    if (rc == 0)
        rc = row->function(judge, &step, err);
    if (rc == 0 && step.verdict == SWT_WARN) {
        judge->warnings++;
        if (judge->options->strict) {
            step.verdict = SWT_FAIL;
            warning = true;
            rc = swt_step_note(&step, err, "a warning rejects with --strict");
        }
    }
    if (rc == 0 && step.verdict == SWT_FAIL && is_assumed(judge, row->slug))
        step.verdict = SWT_PASS;
    if (rc == 0)
        rc = swt_judge_note_stock(judge, row->slug, &step, err);
    if (rc == 0)
        rc = record_step(judge, row->slug, &step, err);
    if (rc == 0 && step.verdict == SWT_FAIL)
        fail_step(judge, row->slug, warning);
    return rc;
}

int swt_judge_run(struct swt_judge *judge, struct swt_error *err) {
    judge->steps = json_array();
    if (judge->steps == NULL)
        return swt_fail_memory(err);
    for (const struct swt_step_row *row = swt_judge_steps; row->slug != NULL && !judge->ended;
         row++) {
        if ((row->needs_anchor && !judge->authenticate) || (judge->root_only && !row->root_only))
            continue;
        int rc = swt_judge_run_step(judge, row, err);
        if (rc < 0)
            return rc;
    }
    if (judge->options->against == NULL || judge->ended)
        return 0;
    return swt_judge_run_step(judge, &AGAINST, err);
}

/* ---- opening and closing ----------------------------------------------------------------- */

/* Two of the anchors, where more than one was given. */
static int check_anchors(const struct swt_verify_options *options, struct swt_error *err) {
    const char *given[3];
    size_t count = 0;
    if (options->root != NULL)
        given[count++] = "--root";
    if (options->device != NULL)
        given[count++] = "--device";
    if (options->self)
        given[count++] = "--self";
    if (count > 1)
        return swt_fail(err, SWT_E_USAGE, "%s and %s are two trust anchors, give one", given[0],
                        given[1]);
    return (int)count;
}

static int check_unverified(const struct swt_verify_options *options, struct swt_error *err) {
    const char *refused = options->root != NULL              ? "--root"
                          : options->device != NULL          ? "--device"
                          : options->self                    ? "--self"
                          : options->device_manifest != NULL ? "--device-manifest"
                          : options->time != NULL            ? "--time"
                          : options->strict                  ? "--strict"
                                                             : NULL;
    if (refused == NULL)
        return 0;
    return swt_fail(err, SWT_E_USAGE, "%s judges, --no-verify does not: give one", refused);
}

static int check_options(const struct swt_judge *judge, struct swt_error *err) {
    const struct swt_verify_options *options = judge->options;
    if (!judge->authenticate)
        return check_unverified(options, err);
    int anchors = check_anchors(options, err);
    if (anchors < 0)
        return anchors;
    if (options->device != NULL && options->device_manifest != NULL)
        return swt_fail(err, SWT_E_USAGE,
                        "--device %s has a manifest of its own: --device-manifest goes with --root "
                        "or --self",
                        options->device);
    if (anchors == 1)
        return 0;
    swt_fail(err, SWT_E_USAGE, "no trust anchor was given");
    return swt_error_hint(err,
                          "--root ROOT with the root metadata that the device holds, --device DIR "
                          "with its device directory, or --self to check the bundle against its "
                          "own root%s",
                          judge->sink != NULL ? ", or --no-verify" : "");
}

static int parse_time(struct swt_judge *judge, struct swt_error *err) {
    const char *text = judge->options->time;
    judge->now = (int64_t)time(NULL);
    if (text == NULL || swt_parse_time(text, &judge->now))
        return 0;
    return swt_fail(err, SWT_E_USAGE,
                    "--time '%s': expected a date or a time like 2027-11-23T00:00:00Z", text);
}

/* A bundle can't vouch for itself unasked: --self says so in the report. */
static int read_anchor(struct swt_judge *judge, struct swt_reader *anchor, struct swt_error *err) {
    bool same = swt_reader_same_file(anchor, judge->reader);
    if (same && !judge->root_only) {
        /* Root metadata is no bundle, whatever it is judged by: the container step says so. */
        enum swt_kind kind;
        int rc = swt_kind_of_root_file(judge->reader, &kind, err);
        if (rc < 0)
            return rc;
        same = kind != SWT_KIND_ROOT;
    }
    if (!same) {
        int rc = swt_root_source_read(anchor, judge->options->allow_unknown, &judge->own_state.root,
                                      err);
        if (rc < 0 && err->code == SWT_E_UNKNOWN_FIELD)
            swt_error_hint(err, SWT_ALLOW_UNKNOWN_HINT);
        return rc;
    }
    swt_fail(err, SWT_E_USAGE, "--root %s is the file under judgement itself",
             judge->options->root);
    return swt_error_hint(err, "--self checks it against its own root, which proves nothing about "
                               "the signer");
}

/* Whatever is wrong with the head is the container step's to tell; a system that failed is not. */
static int keep_fault(const struct swt_judge *judge, struct swt_error *err) {
    if (judge->head_status == 0 || swt_code_exit(judge->head_error.code) == 3)
        return 0;
    *err = judge->head_error;
    return judge->head_status;
}

static int read_head(struct swt_judge *judge, struct swt_error *err) {
    enum swt_format format =
        judge->kind == SWT_KIND_TAR_BUNDLE ? SWT_FORMAT_TAR : SWT_FORMAT_PIGWEED;
    judge->head_status = swt_bundle_open(judge->reader, format, judge->options->allow_unknown,
                                         &judge->bundle, &judge->head_error);
    if (judge->head_status == 0 && swt_bundle_has_root(judge->bundle)) {
        judge->has_root = true;
        judge->root_bytes = swt_bundle_root(judge->bundle, &judge->root_offset);
    }
    return keep_fault(judge, err);
}

/* --type root: a bundle is not taken for the root that it holds. */
static int read_root_file(struct swt_judge *judge, struct swt_error *err) {
    int rc = 0;
    judge->kind = SWT_KIND_ROOT;
    if (swt_reader_seekable(judge->reader))
        rc = swt_kind_of_root_file(judge->reader, &judge->kind, err);
    if (rc == 0 && judge->kind != SWT_KIND_ROOT)
        return swt_fail(err, SWT_E_FILE_KIND, "%s, no root metadata", swt_kind_name(judge->kind));
    return rc < 0 ? rc
                  : swt_reader_read_all(judge->reader, SWT_MAX_SMALL_FILE, &judge->root_file, err);
}

static int read_file(struct swt_judge *judge, struct swt_error *err) {
    if (judge->root_only) {
        judge->head_status = read_root_file(judge, &judge->head_error);
        judge->has_root = true;
        judge->root_bytes = swt_buf_slice(&judge->root_file);
        return keep_fault(judge, err);
    }
    int rc = swt_kind_of_bundle(judge->reader, &judge->kind, err);
    if (rc == 0)
        rc = swt_judge_ask_stock(judge, err);
    return rc < 0 ? rc : read_head(judge, err);
}

/* With an anchor that somebody names, the floor is what was installed last; --self knows none. */
static int read_device_manifest(struct swt_judge *judge, struct swt_error *err) {
    struct swt_device_state *state = &judge->own_state;
    int rc = swt_device_source_open(judge->options->device_manifest, &state->installed, err);
    if (rc < 0 || judge->options->self)
        return rc;
    state->knows_floor = true;
    state->has_floor = true;
    state->floor = state->installed.manifest->targets->common.version;
    return 0;
}

static int directory_holds(void *context, const struct swt_target *target, bool *ret_holds,
                           struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *file = NULL;
    int rc = swt_device_directory_held(context, target, &file, err);
    *ret_holds = rc == 0 && file != NULL;
    return rc;
}

static int open_directory(struct swt_judge *judge, struct swt_error *err) {
    const struct swt_verify_options *options = judge->options;
    int rc = swt_device_directory_open(options->device, false, options->allow_unknown,
                                       &judge->own_directory, &judge->own_state, err);
    if (rc < 0 && err->code == SWT_E_UNKNOWN_FIELD)
        return swt_error_hint(err, SWT_ALLOW_UNKNOWN_HINT);
    judge->own_device = (struct swt_judge_device){NULL, directory_holds, &judge->own_directory};
    judge->device = &judge->own_device;
    return rc;
}

/* The anchor that the options name, and the file that is judged by it. */
static int open_by_options(struct swt_judge *judge, struct swt_error *err) {
    const struct swt_verify_options *options = judge->options;
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *anchor = NULL;
    int rc = 0;
    judge->state = &judge->own_state;
    if (options->root != NULL)
        rc = swt_reader_open(options->root, &anchor, err);
    else if (options->device != NULL)
        rc = open_directory(judge, err);
    if (rc == 0)
        rc = swt_reader_open(judge->file, &judge->reader, err);
    if (rc == 0 && anchor != NULL)
        rc = read_anchor(judge, anchor, err);
    if (rc == 0 && options->device_manifest != NULL)
        rc = read_device_manifest(judge, err);
    return rc;
}

int swt_judge_open(struct swt_judge *judge, const char *file,
                   const struct swt_verify_options *options, struct swt_error *err) {
    bool has_state = judge->state != NULL;
    judge->file = file;
    judge->options = options;
    int rc = has_state ? 0 : check_options(judge, err);
    if (rc == 0)
        rc = swt_judge_check_profile(judge, err);
    if (rc == 0)
        rc = parse_time(judge, err);
    if (rc == 0 && !has_state)
        rc = open_by_options(judge, err);
    else if (rc == 0 && judge->reader == NULL)
        rc = swt_reader_open(file, &judge->reader, err);
    return rc < 0 ? rc : read_file(judge, err);
}

void swt_judge_done(struct swt_judge *judge) {
    json_decref(judge->steps);
    json_decref(judge->against);
    swt_buf_done(&judge->user_manifest);
    swt_targets_free(judge->targets);
    swt_quorum_done(&judge->anchor_quorum);
    swt_quorum_done(&judge->root_quorum);
    swt_root_free(judge->new_root);
    swt_device_state_done(&judge->own_state);
    swt_device_directory_done(&judge->own_directory);
    swt_envelope_done(&judge->targets_envelope);
    swt_envelope_done(&judge->root_envelope);
    if (!judge->borrows) {
        swt_buf_done(&judge->root_file);
        swt_bundle_free(judge->bundle);
        swt_reader_free(judge->reader);
    }
    *judge = (struct swt_judge){0};
}
