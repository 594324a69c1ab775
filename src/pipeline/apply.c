/* SPDX-License-Identifier: Apache-2.0 */
/* apply: the judge, with a device directory in the place of a device. What a device has to persist
 * is persisted where it has to be: root and floor before the targets are judged, all else when the
 * verdict is good. */
#include "document.h"
#include "judge.h"

struct application {
    struct swt_device_directory directory;
    struct swt_device_state state; /* as the directory was when it was opened */
    bool root_persisted;
    json_t *installed;
};

static void application_done(struct application *application) {
    json_decref(application->installed);
    swt_device_state_done(&application->state);
    swt_device_directory_done(&application->directory);
}

static int tell_target(struct application *application, const struct swt_target *target,
                       const char *from, struct swt_error *err) {
    json_t *json = json_pack("{s:o?, s:I, s:s}", "name", swt_json_text(target->name), "length",
                             (json_int_t)target->length, "from", from);
    return swt_long_list_add(application->installed, json, err);
}

/* ---- before the targets are judged ------------------------------------------------------- */

/* The payloads that the device has stay with the manifest that lists them, as far as they are
 * there: what became of them is told when they are needed. */
static int keep_targets(struct application *application, const struct swt_device_state *state,
                        struct swt_error *err) {
    const struct swt_device_manifest *manifest = state->installed.manifest;
    int rc = 0;
    for (size_t i = 0; manifest != NULL && i < manifest->targets->target_count && rc == 0; i++) {
        struct swt_slice name = manifest->targets->targets[i].name;
        SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *file = NULL;
        rc = swt_device_directory_target(&application->directory, name, &file, err);
        if (rc == 0 && file != NULL)
            rc = swt_device_directory_keep(&application->directory, name, file, err);
    }
    return rc;
}

static int persist_root(void *context, const struct swt_judge *judge, struct swt_error *err) {
    struct application *application = context;
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state rotated = {0};
    int rc = swt_judge_state_rotated(judge, &rotated, err);
    if (rc == 0)
        rc = keep_targets(application, &rotated, err);
    if (rc == 0)
        rc = swt_device_directory_commit(&application->directory, &rotated, err);
    if (rc == 0)
        application->root_persisted = true;
    return rc;
}

/* ---- the payloads ------------------------------------------------------------------------ */

static int begin_payload(void *context, const struct swt_target *target, struct swt_error *err) {
    struct application *application = context;
    int rc = tell_target(application, target, "bundle", err);
    return rc < 0 ? rc : swt_device_directory_add(&application->directory, target->name, err);
}

static int write_payload(void *context, const void *data, size_t len, struct swt_error *err) {
    struct application *application = context;
    return swt_device_directory_write(&application->directory, data, len, err);
}

/* The file that was hashed is the file that stays. */
static int keep_payload(void *context, const struct swt_target *target, bool *ret_holds,
                        struct swt_error *err) {
    struct application *application = context;
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *file = NULL;
    int rc = swt_device_directory_held(&application->directory, target, &file, err);
    *ret_holds = rc == 0 && file != NULL;
    if (!*ret_holds)
        return rc;
    rc = tell_target(application, target, "device", err);
    return rc < 0 ? rc
                  : swt_device_directory_keep(&application->directory, target->name, file, err);
}

/* ---- the whole --------------------------------------------------------------------------- */

static int set_device(const struct application *application, const struct swt_judge *judge,
                      const struct swt_device_state *after, json_t *document,
                      struct swt_error *err) {
    int rc = swt_json_set(document, "device", swt_json_path(judge->options->device), err);
    if (rc == 0 && application->root_persisted)
        rc = swt_json_set(document, "root_persisted",
                          json_integer((json_int_t)judge->trusted->common.version), err);
    if (rc == 0 && judge->failed_step == NULL)
        rc = swt_json_set(document, "installed", json_incref(application->installed), err);
    return rc < 0 ? rc : swt_json_set(document, "floor", swt_device_floor_json(after), err);
}

/* All that there is to say is ready before the new state counts. */
static int finish(struct application *application, const struct swt_judge *judge,
                  json_t **ret_document, struct swt_error *err) {
    bool accepted = judge->failed_step == NULL;
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    SWT_CLEANUP(swt_device_state_done) struct swt_device_state after = {0};
    int rc = accepted                      ? swt_judge_state_installed(judge, &after, err)
             : application->root_persisted ? swt_judge_state_rotated(judge, &after, err)
                                           : swt_device_state_copy(judge->state, &after, err);
    if (rc == 0)
        rc = swt_judge_document(judge, &document, err);
    if (rc == 0)
        rc = set_device(application, judge, &after, document, err);
    if (rc == 0 && accepted)
        rc = swt_device_directory_commit(&application->directory, &after, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

int swt_apply(const char *file, const struct swt_verify_options *options, bool *ret_accepted,
              json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(application_done)
    struct application application = {.installed = swt_json_long_list()};
    struct swt_payload_sink sink = {begin_payload, write_payload, &application};
    struct swt_judge_device device = {persist_root, keep_payload, &application};
    SWT_CLEANUP(swt_judge_done)
    struct swt_judge judge = {
        .authenticate = true, .sink = &sink, .device = &device, .state = &application.state};
    if (application.installed == NULL)
        return swt_fail_memory(err);
    int rc = swt_device_directory_open(options->device, true, options->allow_unknown,
                                       &application.directory, &application.state, err);
    if (rc < 0 && err->code == SWT_E_UNKNOWN_FIELD)
        swt_error_hint(err, SWT_ALLOW_UNKNOWN_HINT);
    if (rc == 0)
        rc = swt_judge_open(&judge, file, options, err);
    if (rc == 0)
        rc = swt_judge_run(&judge, err);
    if (rc == 0)
        rc = finish(&application, &judge, ret_document, err);
    if (rc == 0)
        *ret_accepted = judge.failed_step == NULL;
    return rc;
}
