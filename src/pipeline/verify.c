/* SPDX-License-Identifier: Apache-2.0 */
/* verify: the judge, and its findings as a document. */
#include "document.h"
#include "judge.h"

static int set_answer(const struct swt_judge *judge, json_t *document, struct swt_error *err) {
    bool accepted = judge->failed_step == NULL;
    int rc = swt_json_set(document, "file", swt_json_path(judge->file), err);
    if (rc == 0 && !judge->root_only && judge->head_status == 0)
        rc = swt_json_set(
            document, "container",
            json_string(swt_format_name(judge->kind == SWT_KIND_TAR_BUNDLE ? SWT_FORMAT_TAR
                                                                           : SWT_FORMAT_PIGWEED)),
            err);
    if (rc == 0)
        rc = swt_json_set(document, "verdict", json_string(accepted ? "accept" : "reject"), err);
    if (rc == 0)
        rc = swt_json_set(document, "time", swt_json_time(judge->now), err);
    if (rc == 0 && !accepted)
        rc = swt_json_set(document, "failed_step", json_string(judge->failed_step), err);
    return rc;
}

/* What the steps established, for those who read the answer by program. */
static int set_versions(const struct swt_judge *judge, json_t *document, struct swt_error *err) {
    int rc = 0;
    if (judge->trusted != NULL)
        rc = swt_json_set(document, "root_version",
                          json_integer((json_int_t)judge->trusted->common.version), err);
    if (rc == 0 && judge->targets != NULL)
        rc = swt_json_set(document, "targets_version",
                          json_integer((json_int_t)judge->targets->common.version), err);
    return rc;
}

int swt_judge_document(const struct swt_judge *judge, json_t **ret_document,
                       struct swt_error *err) {
    bool authenticated = judge->failed_step == NULL && judge->authenticate && !judge->options->self;
    SWT_CLEANUP(swt_json_cleanup)
    json_t *document =
        json_pack("{s:b, s:b, s:i, s:O}", "authenticated", authenticated, "strict",
                  judge->options->strict, "warnings", (int)judge->warnings, "steps", judge->steps);
    if (document == NULL)
        return swt_fail_memory(err);
    int rc = set_answer(judge, document, err);
    if (rc == 0)
        rc = set_versions(judge, document, err);
    if (rc == 0)
        rc = swt_judge_stock_document(judge, document, err);
    if (rc == 0 && judge->against != NULL)
        rc = swt_json_set(document, "against", json_incref(judge->against), err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

static int verify(const char *file, const struct swt_verify_options *options, bool root_only,
                  bool *ret_accepted, json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_judge_done)
    struct swt_judge judge = {.authenticate = true, .root_only = root_only};
    int rc = swt_judge_open(&judge, file, options, err);
    if (rc == 0)
        rc = swt_judge_run(&judge, err);
    if (rc == 0)
        rc = swt_judge_document(&judge, ret_document, err);
    if (rc == 0)
        *ret_accepted = judge.failed_step == NULL;
    return rc;
}

int swt_verify(const char *file, const struct swt_verify_options *options, bool *ret_accepted,
               json_t **ret_document, struct swt_error *err) {
    return verify(file, options, false, ret_accepted, ret_document, err);
}

int swt_verify_root(const char *file, const struct swt_verify_options *options, bool *ret_accepted,
                    json_t **ret_document, struct swt_error *err) {
    if (options->device_manifest != NULL)
        return swt_fail(err, SWT_E_USAGE,
                        "--device-manifest goes with a bundle, not with root "
                        "metadata");
    if (options->against != NULL)
        return swt_fail(err, SWT_E_USAGE,
                        "--against goes with a bundle: root metadata has no manifest");
    return verify(file, options, true, ret_accepted, ret_document, err);
}
