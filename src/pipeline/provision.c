/* SPDX-License-Identifier: Apache-2.0 */
/* provision: what a device is given at the factory. Which root it trusts is what nobody can mend
 * later, so a root is refused here that a device would trust and should not. */
#include "provision.h"
#include "c_array.h"
#include "document.h"
#include "judge.h"
#include "output.h"

#include <string.h>
#include <time.h>

#define DEFAULT_NAME "trust_anchor"

enum form { DEVICE_DIR, RAW, C_HEADER };
static const char *const FORMS[] = {"device-dir", "raw", "c-header"};

struct provision {
    const struct swt_provision_options *options;
    enum form form;
    const char *name;                      /* c-header */
    struct swt_device_state state;         /* what the device is given */
    struct swt_device_directory directory; /* device-dir */
    json_t *judgement;                     /* of the factory image; NULL: there is none */
    bool accepted;
};

static void provision_done(struct provision *job) {
    json_decref(job->judgement);
    swt_device_directory_done(&job->directory);
    swt_device_state_done(&job->state);
}

/* ---- the command line -------------------------------------------------------------------- */

static int check_format(struct provision *job, struct swt_error *err) {
    for (size_t i = 0; i < SWT_COUNT(FORMS); i++)
        if (strcmp(job->options->format, FORMS[i]) == 0) {
            job->form = (enum form)i;
            return 0;
        }
    return swt_fail(err, SWT_E_USAGE, "'%s' is no format of provision", job->options->format);
}

static int check_options(struct provision *job, struct swt_error *err) {
    const struct swt_provision_options *options = job->options;
    int rc = check_format(job, err);
    if (rc < 0)
        return rc;
    if (job->form == RAW && options->bundle != NULL)
        return swt_fail(err, SWT_E_USAGE,
                        "--format raw is the root alone: --bundle does not go "
                        "with it");
    if (job->form != C_HEADER && options->name != NULL)
        return swt_fail(err, SWT_E_USAGE, "--name goes with --format c-header");
    if (job->form == DEVICE_DIR && strcmp(options->output, "-") == 0)
        return swt_fail(err, SWT_E_USAGE, "a device directory cannot go to standard output");
    job->name = options->name != NULL ? options->name : DEFAULT_NAME;
    if (!swt_c_name_valid(job->name))
        return swt_fail(err, SWT_E_USAGE,
                        "--name '%s': expected a C identifier that neither C nor C++ keeps for "
                        "itself",
                        job->name);
    rc = swt_output_spares(options->output, options->root, "the root metadata", err);
    return rc < 0 ? rc
                  : swt_output_spares(options->output, options->bundle, "the factory image", err);
}

/* ---- the root ---------------------------------------------------------------------------- */

static int refuse(const struct provision *job, struct swt_error *err) {
    swt_error_file(err, job->options->root);
    return swt_error_recode(err, SWT_E_ANCHOR_REFUSED);
}

static int check_quorum(const struct provision *job, const struct swt_root_source *source,
                        struct swt_error *err) {
    const struct swt_root *root = source->root;
    SWT_CLEANUP(swt_quorum_done) struct swt_quorum quorum = {0};
    int rc = swt_quorum_count(root, &root->root, &source->envelope, &quorum, err);
    if (rc < 0 || quorum.met)
        return rc;
    swt_fail(err, SWT_E_ANCHOR_REFUSED, "signed by %zu of its own root keys, expected %u",
             quorum.signed_count, quorum.threshold);
    swt_error_hint_name(err, "swupdate-tool sign ", job->options->root,
                        source->from_bundle ? " --role root --key KEY adds a signature"
                                            : " --key KEY adds a signature");
    return refuse(job, err);
}

static int check_expiry(const struct provision *job, const struct swt_root *root,
                        struct swt_error *err) {
    char text[SWT_TIME_TEXT];
    if (!swt_common_expired(&root->common, (int64_t)time(NULL)))
        return 0;
    swt_fail(err, SWT_E_ANCHOR_REFUSED, "expired %s", swt_time_text(root->common.expires, text));
    swt_error_hint_name(err, "swupdate-tool root rotate ", job->options->root,
                        " --expires T -o NEW makes its successor");
    return refuse(job, err);
}

/* In the one encoding, whatever file it came from. */
static int take_root(struct provision *job, const struct swt_root_source *source,
                     struct swt_error *err) {
    const struct swt_envelope *envelope = &source->envelope;
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    int rc = swt_envelope_encode(envelope->metadata, envelope->signatures,
                                 envelope->signature_count, &bytes, err);
    if (rc == 0)
        rc = swt_root_source_decode(&bytes, job->options->root, false, &job->state.root, err);
    job->state.knows_floor = true;
    return rc;
}

static int read_root(struct provision *job, struct swt_notices *notices, struct swt_error *err) {
    SWT_CLEANUP(swt_root_source_done) struct swt_root_source source = {0};
    int rc = swt_root_source_open(job->options->root, false, &source, err);
    if (rc < 0)
        return rc;
    rc = swt_root_check(source.root, err);
    if (rc < 0)
        return err->code == SWT_E_MEMORY ? rc : refuse(job, err);
    rc = check_quorum(job, &source, err);
    if (rc == 0)
        rc = check_expiry(job, source.root, err);
    if (rc == 0 && source.root->unknown_fields > 0)
        rc = swt_notices_add(notices, err, SWT_WARNING,
                             "%s: %zu signed field%s not known here: devices may read them in a "
                             "way that nothing here has checked",
                             job->options->root, source.root->unknown_fields,
                             source.root->unknown_fields == 1 ? " is" : "s are");
    return rc < 0 ? rc : take_root(job, &source, err);
}

/* ---- the factory image ------------------------------------------------------------------- */

static int begin_payload(void *context, const struct swt_target *target, struct swt_error *err) {
    struct provision *job = context;
    return swt_device_directory_add(&job->directory, target->name, err);
}

static int write_payload(void *context, const void *data, size_t len, struct swt_error *err) {
    struct provision *job = context;
    return swt_device_directory_write(&job->directory, data, len, err);
}

/* As apply would on a fresh device. */
static int judge_bundle(struct provision *job, struct swt_error *err) {
    const struct swt_verify_options options = {.root = job->options->root,
                                               .progress = job->options->progress};
    struct swt_payload_sink sink = {begin_payload, write_payload, job};
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state after = {0};
    SWT_CLEANUP(swt_judge_done)
    struct swt_judge judge = {
        .authenticate = true, .sink = job->form == DEVICE_DIR ? &sink : NULL, .state = &job->state};
    int rc = swt_judge_open(&judge, job->options->bundle, &options, err);
    if (rc == 0)
        rc = swt_judge_run(&judge, err);
    if (rc == 0)
        rc = swt_judge_document(&judge, &job->judgement, err);
    if (rc < 0)
        return rc;
    job->accepted = judge.failed_step == NULL;
    if (!job->accepted)
        return 0;
    rc = swt_judge_state_installed(&judge, &after, err);
    if (rc < 0)
        return rc;
    swt_device_state_done(&job->state);
    job->state = SWT_MOVE(after);
    return 0;
}

/* The root that the image brings would be trusted by nobody else's word. */
static int warn_of_own_root(const struct provision *job, struct swt_notices *notices,
                            struct swt_error *err) {
    if (job->options->bundle == NULL || !swt_same_file(job->options->root, job->options->bundle))
        return 0;
    return swt_notices_add(
        notices, err, SWT_WARNING,
        "the factory image is judged by its own root: nothing tells who made it");
}

/* ---- what is told ------------------------------------------------------------------------ */

static int set_root(const struct provision *job, json_t *document, struct swt_error *err) {
    const struct swt_root *root = job->state.root.root;
    json_t *json = NULL;
    json_t *quorum = NULL;
    int rc = swt_json_root(root, &json, err);
    if (rc == 0)
        rc = swt_json_set(document, "root", json, err);
    if (rc == 0)
        rc = swt_json_quorum(SWT_ROLE_ROOT, root, &root->root, &job->state.root.envelope, &quorum,
                             err);
    return rc < 0 ? rc : swt_json_set(json, "quorum", quorum, err);
}

/* What a header lists is recorded, not installed. */
static int set_targets(const struct provision *job, json_t *document, struct swt_error *err) {
    const struct swt_device_manifest *manifest = job->state.installed.manifest;
    if (manifest == NULL)
        return 0;
    json_t *targets = swt_json_array(document, "targets", err);
    int rc =
        targets == NULL ? -SWT_E_MEMORY : swt_json_targets(targets, manifest->targets, NULL, err);
    size_t i;
    json_t *target;
    json_array_foreach(targets, i, target) {
        if (rc == 0 && job->form == DEVICE_DIR)
            rc = swt_json_set(target, "from", json_string("bundle"), err);
    }
    return rc;
}

static int set_result(const struct provision *job, json_t *document, struct swt_error *err) {
    int rc = swt_json_set(document, "file", swt_json_path(job->options->output), err);
    if (rc == 0)
        rc = set_root(job, document, err);
    if (rc == 0)
        rc = set_targets(job, document, err);
    if (rc == 0 && job->form == DEVICE_DIR)
        rc = swt_json_set(document, "floor", swt_device_floor_json(&job->state), err);
    return rc;
}

/* The judgement's members stand beside the others; its file is the bundle. */
static int make_document(const struct provision *job, json_t **ret_document,
                         struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *document = json_pack("{s:s}", "format", FORMS[job->form]);
    if (document == NULL)
        return swt_fail_memory(err);
    int rc = 0;
    if (job->judgement != NULL) {
        rc = json_object_update(document, job->judgement) < 0 ? swt_fail_memory(err) : 0;
        if (rc == 0)
            rc = swt_json_set(document, "bundle", swt_json_path(job->options->bundle), err);
        if (rc == 0)
            (void)json_object_del(document, "file");
    }
    if (rc == 0 && job->accepted)
        rc = set_result(job, document, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int write_output(struct provision *job, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    if (job->form == DEVICE_DIR)
        return swt_device_directory_commit(&job->directory, &job->state, err);
    if (job->form == RAW)
        return swt_write_file(job->options->output, NULL, swt_buf_slice(&job->state.root.bytes),
                              err);
    int rc = swt_provision_header(&job->state, job->name, &text, err);
    return rc < 0 ? rc : swt_write_file(job->options->output, NULL, swt_buf_slice(&text), err);
}

static int prepare(struct provision *job, struct swt_notices *notices, struct swt_error *err) {
    int rc = check_options(job, err);
    if (rc == 0)
        rc = read_root(job, notices, err);
    if (rc == 0)
        rc = warn_of_own_root(job, notices, err);
    if (rc == 0 && job->form == DEVICE_DIR)
        rc = swt_device_directory_create(job->options->output, &job->directory, err);
    return rc;
}

int swt_provision(const struct swt_provision_options *options, struct swt_notices *notices,
                  bool *ret_accepted, json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(provision_done) struct provision job = {.options = options, .accepted = true};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    int rc = prepare(&job, notices, err);
    if (rc == 0 && options->bundle != NULL)
        rc = judge_bundle(&job, err);
    if (rc == 0)
        rc = make_document(&job, &document, err);
    if (rc == 0 && job.accepted)
        rc = write_output(&job, err);
    if (rc < 0)
        return rc;
    *ret_document = SWT_TAKE(document);
    *ret_accepted = job.accepted;
    return 0;
}
