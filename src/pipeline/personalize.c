/* SPDX-License-Identifier: Apache-2.0 */
/* personalize: a bundle without the payloads that one device has. Whatever a device would refuse
 * without looking at a payload is refused here, where it can still be sent the whole bundle. */
#include "document.h"
#include "output.h"
#include "payloads.h"
#include "user_manifest.h"

#include "swt/pipeline.h"

#include <string.h>

struct personalization {
    const struct swt_personalize_options *options;
    struct swt_device_source device;
    struct swt_bundle_source source;
    struct swt_buf user_manifest; /* the bundle's, once it was read */
    bool is_compared;             /* with the device's */
    json_t *kept;
    json_t *left_out;
};

static void personalization_done(struct personalization *job) {
    json_decref(job->left_out);
    json_decref(job->kept);
    swt_buf_done(&job->user_manifest);
    swt_bundle_source_done(&job->source);
    swt_device_source_done(&job->device);
}

static int mismatch(const struct personalization *job, const char *hint, struct swt_error *err) {
    swt_error_file(err, job->options->file);
    return swt_error_hint(err, "%s", hint);
}

/* ---- whether the manifest is that of a device which takes the bundle ---------------------- */

/* A device persists user_manifest from the bundle it accepts: without it, it would record none. */
static bool is_user_manifest(const struct swt_target *target) {
    return swt_slice_equal(target->name, swt_slice_text(SWT_USER_MANIFEST));
}

static int check_records(const struct personalization *job, struct swt_error *err) {
    const struct swt_targets *targets = job->source.targets;
    for (size_t i = 0; i < targets->target_count; i++)
        if (!is_user_manifest(&targets->targets[i]) &&
            swt_device_source_records(&job->device, &targets->targets[i]))
            return 0;
    swt_fail(err, SWT_E_DEVICE_MISMATCH,
             "%s records none of the bundle's payloads, so none can be left out",
             job->options->device_manifest);
    return mismatch(job, "send this device the whole bundle", err);
}

/* Below its floor a device takes a bundle only after a rotation of the targets keys, which a root
 * in the bundle may be: by what it holds now nothing here can tell. */
static int check_version(const struct personalization *job, struct swt_notices *notices,
                         struct swt_error *err) {
    uint32_t version = job->source.targets->common.version;
    uint32_t floor = job->device.manifest->targets->common.version;
    if (version >= floor)
        return 0;
    if (job->source.has_root)
        return swt_notices_add(notices, err, SWT_WARNING,
                               "the bundle has targets version %u, the device %u: it takes this "
                               "only when the bundle's root replaces its targets keys",
                               version, floor);
    swt_fail(err, SWT_E_DEVICE_MISMATCH,
             "the bundle has targets version %u, and the device has %u already: it would refuse "
             "this as a rollback",
             version, floor);
    return mismatch(job, "raise the version: metadata_version in the product manifest", err);
}

static int check_signatures(const struct personalization *job, struct swt_notices *notices,
                            struct swt_error *err) {
    if (job->source.targets_envelope.signature_count > 0)
        return 0;
    return swt_notices_add(
        notices, err, SWT_WARNING,
        "the targets metadata is not signed: sign the whole bundle first, `sign` "
        "takes none that leaves out payloads");
}

/* NULL: user_manifest is not ours, or names none. */
static int read_product(struct swt_slice user_manifest, json_t **ret_name, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *json = NULL;
    int rc = swt_user_manifest_read(user_manifest, &json, err);
    json_t *name = json_object_get(json_object_get(json, "product"), "name");
    *ret_name = json_is_string(name) ? json_incref(name) : NULL;
    return rc;
}

static int compare_products(struct personalization *job, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *own = NULL;
    SWT_CLEANUP(swt_json_cleanup) json_t *other = NULL;
    const struct swt_device_manifest *device = job->device.manifest;
    if (job->is_compared || job->user_manifest.len == 0 || !device->has_user_manifest)
        return 0;
    job->is_compared = true;
    int rc = read_product(swt_buf_slice(&job->user_manifest), &own, err);
    if (rc == 0)
        rc = read_product(device->user_manifest, &other, err);
    if (rc < 0 || own == NULL || other == NULL || json_equal(own, other))
        return rc;
    swt_fail(err, SWT_E_DEVICE_MISMATCH, "the bundle is for the product '%s', the device is '%s'",
             json_string_value(own), json_string_value(other));
    return mismatch(job, "use the manifest of a device of this product", err);
}

/* ---- the copy ---------------------------------------------------------------------------- */

static int tell_payload(json_t *list, const struct swt_target *target, struct swt_error *err) {
    json_t *entry = json_object();
    int rc = swt_json_add(list, entry, err);
    if (rc == 0)
        rc = swt_json_set(entry, "name", swt_json_text(target->name), err);
    if (rc == 0)
        rc = swt_json_set(entry, "length", swt_json_length(target->length), err);
    return rc;
}

static int leave_out(void *context, const struct swt_target *target, bool present,
                     bool *ret_leave_out, struct swt_error *err) {
    struct personalization *job = context;
    /* user_manifest comes first, so it is at hand before anything is left out. */
    int rc = compare_products(job, err);
    if (rc < 0)
        return rc;
    bool recorded = swt_device_source_records(&job->device, target);
    if (!present && !recorded) {
        swt_fail(err, SWT_E_DEVICE_MISMATCH,
                 "the bundle leaves out '%.*s' already, and %s records no such payload",
                 (int)target->name.len, (const char *)target->name.data,
                 job->options->device_manifest);
        return mismatch(job, "start from the whole bundle", err);
    }
    *ret_leave_out = !present || (recorded && !is_user_manifest(target));
    return tell_payload(*ret_leave_out ? job->left_out : job->kept, target, err);
}

/* The envelopes are those of the bundle, byte for byte. */
static struct swt_bundle_plan plan_of(const struct swt_bundle_source *source) {
    uint64_t offset;
    struct swt_bundle_plan plan = {.format = swt_bundle_format(source->bundle),
                                   .has_root = source->has_root,
                                   .targets = swt_bundle_targets(source->bundle, &offset)};
    if (source->has_root)
        plan.root = swt_bundle_root(source->bundle, &offset);
    return plan;
}

static int open_files(struct personalization *job, struct swt_error *err) {
    const struct swt_personalize_options *options = job->options;
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    enum swt_kind kind = SWT_KIND_TAR_BUNDLE;
    int rc =
        swt_output_spares(options->output, options->device_manifest, "the device manifest", err);
    if (rc == 0)
        rc = swt_output_in_place(options->output, options->file, err);
    if (rc == 0)
        rc = swt_reader_open(options->file, &reader, err);
    if (rc == 0)
        rc = swt_device_source_open(options->device_manifest, &job->device, err);
    if (rc == 0)
        rc = swt_kind_expect_bundle(reader, &kind, err);
    if (rc == 0)
        rc = swt_bundle_source_open(SWT_TAKE(reader), kind, false, &job->source, err);
    if (rc == 0)
        rc = swt_bundle_source_check(&job->source, err);
    job->source.progress = options->progress;
    return rc;
}

static int make_document(struct personalization *job, uint64_t size, json_t **ret_document,
                         struct swt_error *err) {
    struct swt_reader *reader = job->source.reader;
    uint64_t from =
        swt_reader_seekable(reader) ? swt_reader_size(reader) : swt_reader_offset(reader);
    SWT_CLEANUP(swt_json_cleanup)
    json_t *document =
        json_pack("{s:s, s:I, s:I, s:O, s:O}", "container",
                  swt_format_name(swt_bundle_format(job->source.bundle)), "size", (json_int_t)size,
                  "from_size", (json_int_t)from, "left_out", job->left_out, "kept", job->kept);
    if (document == NULL)
        return swt_fail_memory(err);
    int rc = swt_json_set(document, "file", swt_json_path(job->options->output), err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

int swt_personalize(const struct swt_personalize_options *options, struct swt_notices *notices,
                    json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(personalization_done)
    struct personalization job = {
        .options = options, .kept = json_array(), .left_out = json_array()};
    if (job.kept == NULL || job.left_out == NULL)
        return swt_fail_memory(err);
    int rc = open_files(&job, err);
    if (rc == 0)
        rc = check_version(&job, notices, err);
    if (rc == 0)
        rc = check_records(&job, err);
    if (rc == 0)
        rc = check_signatures(&job, notices, err);
    if (rc < 0)
        return rc;
    struct swt_bundle_plan plan = plan_of(&job.source);
    const struct swt_payload_choice choice = {leave_out, &job};
    const struct swt_payload_copy copy = {.plan = &plan,
                                          .left_out = SWT_LEFT_OUT_KEPT,
                                          .choice = &choice,
                                          .user_manifest = &job.user_manifest};
    uint64_t size;
    rc = swt_payloads_copy(&job.source, &copy, options->output, &size, err);
    return rc < 0 ? rc : make_document(&job, size, ret_document, err);
}
