/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle that is judged by many states: what does not depend on the state is judged once. */
#include "document.h"
#include "judge.h"

#include <stdlib.h>
#include <string.h>

/* ---- its payloads ---------------------------------------------------------------------------- */

void swt_payload_finding_done(struct swt_payload_finding *finding) {
    swt_buf_done(&finding->user_manifest);
    swt_step_done(&finding->end);
    swt_step_done(&finding->payloads);
    free(finding->left_out);
    *finding = (struct swt_payload_finding){0};
}

/* The steps before the payloads that no anchor is needed for. */
static int read_metadata(struct swt_judge *judge, bool *ret_sound, struct swt_error *err) {
    static swt_step_function *const STEPS[] = {swt_judge_container, swt_judge_envelope,
                                               swt_judge_targets_content,
                                               swt_judge_targets_entries};
    for (size_t i = 0; i < SWT_COUNT(STEPS); i++) {
        SWT_CLEANUP(swt_step_done) struct swt_step step = {0};
        int rc = STEPS[i](judge, &step, err);
        if (rc < 0)
            return rc;
        *ret_sound = step.verdict != SWT_FAIL;
        if (!*ret_sound)
            return 0;
    }
    return 0;
}

int swt_judge_find_payloads(struct swt_judge *judge, struct swt_payload_finding *ret_finding,
                            struct swt_error *err) {
    SWT_CLEANUP(swt_payload_finding_done) struct swt_payload_finding finding = {0};
    bool sound = false;
    int rc = read_metadata(judge, &sound, err);
    if (rc == 0 && sound) {
        finding.left_out = calloc(judge->targets->target_count + 1, sizeof *finding.left_out);
        if (finding.left_out == NULL)
            return swt_fail_memory(err);
        judge->records = &finding;
        rc = swt_judge_payloads(judge, &finding.payloads, err);
        if (rc == 0 && finding.payloads.verdict != SWT_FAIL)
            rc = swt_judge_end(judge, &finding.end, err);
        judge->records = NULL;
    }
    if (rc < 0)
        return rc;
    finding.has_user_manifest = judge->has_user_manifest;
    finding.user_manifest = SWT_MOVE(judge->user_manifest);
    *ret_finding = SWT_MOVE(finding);
    return 0;
}

/* ---- the signatures of one anchor ------------------------------------------------------------ */

/* They verify signatures, which takes nearly all of the time; what they establish no later step
 * needs. */
static bool is_repeatable(const char *slug) {
    static const char *const SLUGS[] = {"anchor", "root-old-quorum", "root-new-quorum",
                                        "targets-quorum"};
    for (size_t i = 0; i < SWT_COUNT(SLUGS); i++)
        if (strcmp(SLUGS[i], slug) == 0)
            return true;
    return false;
}

int swt_judge_known(const struct swt_judge *judge, json_t **ret_known, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *known = json_object();
    if (known == NULL)
        return swt_fail_memory(err);
    size_t i;
    json_t *step;
    json_array_foreach(judge->steps, i, step) {
        const char *slug = json_string_value(json_object_get(step, "step"));
        int rc = is_repeatable(slug) ? swt_json_set(known, slug, json_incref(step), err) : 0;
        if (rc < 0)
            return rc;
    }
    *ret_known = SWT_TAKE(known);
    return 0;
}

/* ---- the same file, another state ----------------------------------------------------- */

void swt_judge_open_again(struct swt_judge *judge, const struct swt_judge *first,
                          const struct swt_device_state *state,
                          const struct swt_payload_finding *finding) {
    *judge = (struct swt_judge){
        .options = first->options,
        .file = first->file,
        .authenticate = true,
        .root_only = first->root_only,
        .now = first->now,
        .borrows = true,
        .finding = finding,
        .kind = first->kind,
        .reader = first->reader,
        .bundle = first->bundle,
        .head_status = first->head_status,
        .head_error = first->head_error,
        .has_root = first->has_root,
        .root_bytes = first->root_bytes,
        .root_offset = first->root_offset,
        .state = state,
    };
}
