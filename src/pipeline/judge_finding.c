/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle's payloads, judged once for all the states that the bundle will be judged by. */
#include "judge.h"

#include <stdlib.h>

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
