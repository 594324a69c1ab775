/* SPDX-License-Identifier: Apache-2.0 */
/* fixtures: keys and a product → the files of the tables, all at once. */
#include "document.h"
#include "fixture_set.h"
#include "json_text.h"
#include "output.h"

#include "swt/io.h"

#include <string.h>

static const char README[] =
    "Bundles for the test of a device's verifier, made by swupdate-tool fixtures.\n"
    "\n"
    "fixtures.json says of each what a sound device answers, which step refuses it, and with "
    "which\n"
    "anchor, device manifest and time it is judged; swupdate-tool-fixtures(1) says the rest.\n"
    "\n"
    "THE KEYS IN keys/ ARE TEST KEYS. Anybody may have them. No device outside of a test may be\n"
    "provisioned with an anchor of this folder, or with any root that lists one of these keys.\n";

/* ---- before anything is made ------------------------------------------------------------- */

static int check_options(const struct swt_fixtures_options *options, struct swt_error *err) {
    const char *log = options->keyring->audit_log;
    if (strcmp(options->directory, "-") == 0)
        return swt_fail(err, SWT_E_USAGE, "a folder cannot go to standard output");
    int rc = swt_log_spares(log, options->manifest, "the manifest", err);
    if (rc == 0)
        rc = swt_log_spares_keys(log, &options->root_keys, err);
    return rc < 0 ? rc : swt_log_spares_keys(log, &options->targets_keys, err);
}

/* ---- writing ----------------------------------------------------------------------------- */

static int put_file(struct swt_staging *staging, const char *name, struct swt_slice bytes,
                    struct swt_error *err) {
    int rc = swt_staging_begin(staging, name, err);
    return rc < 0 ? rc : swt_staging_write(staging, bytes.data, bytes.len, err);
}

static int put_keys(struct swt_staging *staging, const struct swt_fixture_world *world,
                    struct swt_error *err) {
    int rc = put_file(staging, "README", swt_slice_text(README), err);
    for (size_t i = 0; i < SWT_FIXTURE_KEYS && rc == 0; i++) {
        if (world->pems[i].data == NULL)
            continue;
        rc = swt_staging_begin_secret(staging, swt_fixture_key_file((enum swt_fixture_key)i), err);
        if (rc == 0)
            rc = swt_staging_write(staging, world->pems[i].data, world->pems[i].len, err);
    }
    return rc;
}

static int put_set(struct swt_staging *staging, const struct swt_fixture_set *set,
                   struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < SWT_ANCHORS && rc == 0; i++)
        rc = put_file(staging, swt_fixture_anchors[i].file, swt_buf_slice(&set->anchors[i]), err);
    for (size_t i = 0; i < SWT_DEVICES && rc == 0; i++)
        if (i != SWT_DEVICE_NONE)
            rc = put_file(staging, swt_fixture_devices[i].file, swt_buf_slice(&set->devices[i]),
                          err);
    for (size_t i = 0; i < set->bundle_count && rc == 0; i++)
        rc = put_file(staging, set->bundles[i].file.name,
                      swt_buf_slice(&set->bundles[i].file.bytes), err);
    return rc;
}

static int put_document(struct swt_staging *staging, const json_t *document,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf text = {0};
    int rc = swt_json_write(document, JSON_INDENT(2), &text, err);
    if (rc == 0)
        rc = swt_buf_append(&text, "\n", 1, err);
    return rc < 0 ? rc : put_file(staging, "fixtures.json", swt_buf_slice(&text), err);
}

static int write_all(const struct swt_fixtures_options *options,
                     const struct swt_fixture_world *world, const struct swt_fixture_set *set,
                     const json_t *document, struct swt_staging *staging, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf header = {0};
    int rc = options->c_header ? swt_fixture_set_header(world, set, &header, err) : 0;
    if (rc == 0)
        rc = put_keys(staging, world, err);
    if (rc == 0)
        rc = put_set(staging, set, err);
    if (rc == 0)
        rc = put_document(staging, document, err);
    if (rc == 0 && options->c_header)
        rc = put_file(staging, "fixtures.h", swt_buf_slice(&header), err);
    return rc < 0 ? rc : swt_staging_commit(staging, err);
}

int swt_fixtures(const struct swt_fixtures_options *options, struct swt_notices *notices,
                 json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_fixture_world_done) struct swt_fixture_world world = {0};
    SWT_CLEANUP(swt_fixture_set_done) struct swt_fixture_set set = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    SWT_CLEANUP(swt_staging_cleanup) struct swt_staging *staging = NULL;
    int rc = check_options(options, err);
    if (rc == 0)
        rc = swt_staging_create(options->directory, &staging, err);
    if (rc == 0)
        rc = swt_fixture_world_open(&world, options, notices, err);
    if (rc == 0)
        rc = swt_fixture_set_make(&world, &set, err);
    if (rc == 0)
        rc = swt_fixture_set_document(&world, &set, &document, err);
    if (rc == 0)
        rc = write_all(options, &world, &set, document, staging, err);
    if (rc == 0)
        rc = swt_json_set(document, "directory", swt_json_path(options->directory), err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
