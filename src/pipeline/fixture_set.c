/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture_set.h"
#include "document.h"

#include "swt/manifest.h"
#include "swt/signature.h"

#include <stdlib.h>
#include <string.h>

void swt_fixture_set_done(struct swt_fixture_set *set) {
    for (size_t i = 0; i < SWT_ANCHORS; i++)
        swt_buf_done(&set->anchors[i]);
    for (size_t i = 0; i < SWT_DEVICES; i++)
        swt_buf_done(&set->devices[i]);
    for (size_t i = 0; i < set->bundle_count; i++) {
        free(set->bundles[i].file.name);
        swt_buf_done(&set->bundles[i].file.bytes);
    }
    free(set->bundles);
}

/* ---- making ------------------------------------------------------------------------------ */

static int make_states(const struct swt_fixture_world *world, struct swt_fixture_set *set,
                       struct swt_error *err) {
    int rc = 0;
    for (size_t i = 0; i < SWT_ANCHORS && rc == 0; i++)
        rc = swt_fixture_make_anchor(world, (enum swt_fixture_anchor)i, &set->anchors[i], err);
    for (size_t i = 0; i < SWT_DEVICES && rc == 0; i++)
        if (i != SWT_DEVICE_NONE)
            rc = swt_fixture_make_device(world, (enum swt_fixture_device)i, &set->devices[i], err);
    return rc;
}

static int add_bundle(const struct swt_fixture_world *world, struct swt_fixture_set *set,
                      const struct swt_fixture *fixture, enum swt_format format,
                      struct swt_error *err) {
    struct swt_fixture_bundle *bundle = &set->bundles[set->bundle_count++];
    bundle->fixture = fixture;
    bundle->format = format;
    bundle->file.name =
        swt_format(err, "%s.%s", fixture->name, format == SWT_FORMAT_TAR ? "swb" : "pb");
    if (bundle->file.name == NULL)
        return -(int)err->code;
    return swt_fixture_make(world, fixture, format, &bundle->file.bytes, err);
}

static int add_fixture(const struct swt_fixture_world *world, struct swt_fixture_set *set,
                       const struct swt_fixture *fixture, struct swt_error *err) {
    int rc = swt_interrupted(err);
    if (rc == 0 && fixture->containers != SWT_IN_PIGWEED)
        rc = add_bundle(world, set, fixture, SWT_FORMAT_TAR, err);
    if (rc == 0 && fixture->containers != SWT_IN_TAR)
        rc = add_bundle(world, set, fixture, SWT_FORMAT_PIGWEED, err);
    return rc;
}

static size_t count_rows(void) {
    size_t count = 0;
    for (const struct swt_fixture_table *table = swt_fixture_tables; table->title != NULL; table++)
        for (const struct swt_fixture *row = table->rows; row->name != NULL; row++)
            count++;
    return count;
}

int swt_fixture_set_make(const struct swt_fixture_world *world, struct swt_fixture_set *set,
                         struct swt_error *err) {
    set->bundles = calloc(2 * count_rows() + 1, sizeof *set->bundles);
    if (set->bundles == NULL)
        return swt_fail_memory(err);
    int rc = make_states(world, set, err);
    for (const struct swt_fixture_table *table = swt_fixture_tables; table->title != NULL; table++)
        for (const struct swt_fixture *row = table->rows; row->name != NULL && rc == 0; row++)
            rc = add_fixture(world, set, row, err);
    return rc;
}

/* ---- the document ------------------------------------------------------------------------ */

const char *swt_fixture_expected(const struct swt_fixture_bundle *bundle) {
    return bundle->fixture->step == NULL ? "accept" : "reject";
}

const char *swt_fixture_stock(const struct swt_fixture_world *world,
                              const struct swt_fixture_bundle *bundle) {
    enum swt_fixture_stock stock = bundle->fixture->stock;
    if (bundle->format != SWT_FORMAT_PIGWEED || stock == SWT_STOCK_AGREES ||
        !world->stock_would_take)
        return NULL;
    return stock == SWT_STOCK_ACCEPTS ? "accept" : "reject";
}

/* A text, or null where there is none. */
static int set_text(json_t *object, const char *name, const char *text, struct swt_error *err) {
    return swt_json_set(object, name, text == NULL ? json_null() : json_string(text), err);
}

static int set_bytes(json_t *object, struct swt_slice bytes, struct swt_error *err) {
    int rc = swt_json_set(object, "sha256", swt_json_sha256(bytes), err);
    return rc < 0 ? rc : swt_json_set(object, "size", json_integer((json_int_t)bytes.len), err);
}

/* An object at the end of array, borrowed. NULL: err is set. */
static json_t *add_object(json_t *array, struct swt_error *err) {
    json_t *object = json_object();
    return swt_json_add(array, object, err) < 0 ? NULL : object;
}

static int add_key(json_t *array, const struct swt_fixture_world *world, enum swt_fixture_key key,
                   struct swt_error *err) {
    const struct swt_signer *signer = world->signers[key];
    char type[16];
    json_t *object = add_object(array, err);
    if (object == NULL)
        return -(int)err->code;
    int rc = set_text(object, "type", swt_key_type_text(swt_signer_key(signer), type), err);
    if (rc == 0)
        rc = swt_json_set(object, "key_id",
                          swt_json_hex(swt_slice_of(swt_signer_key_id(signer), SWT_KEY_ID_SIZE)),
                          err);
    if (rc == 0)
        rc = set_text(object, "file",
                      world->pems[key].data != NULL ? swt_fixture_key_file(key) : NULL, err);
    return rc;
}

static int add_state(json_t *array, const struct swt_fixture_state *state,
                     const struct swt_buf *bytes, struct swt_error *err) {
    json_t *object = add_object(array, err);
    if (object == NULL)
        return -(int)err->code;
    int rc = set_text(object, "file", state->file, err);
    if (rc == 0)
        rc = set_text(object, "what", state->what, err);
    return rc < 0 ? rc : set_bytes(object, swt_buf_slice(bytes), err);
}

static int set_judgement(json_t *object, const struct swt_fixture_world *world,
                         const struct swt_fixture_bundle *bundle, struct swt_error *err) {
    const struct swt_fixture *fixture = bundle->fixture;
    const char *stock = swt_fixture_stock(world, bundle);
    int rc = set_text(object, "anchor", swt_fixture_anchors[fixture->anchor].file, err);
    if (rc == 0)
        rc = set_text(object, "device_manifest", swt_fixture_devices[fixture->device].file, err);
    if (rc == 0)
        rc = swt_json_set(object, "time", swt_json_time(SWT_FIXTURE_TIME), err);
    if (rc == 0)
        rc = set_text(object, "expected", swt_fixture_expected(bundle), err);
    if (rc == 0)
        rc = set_text(object, "step", swt_fixture_step(fixture, bundle->format), err);
    if (rc == 0)
        rc = set_text(object, "why", fixture->why, err);
    if (rc == 0 && fixture->evidence != NULL)
        rc = set_text(object, "evidence", fixture->evidence, err);
    if (rc == 0 && stock != NULL)
        rc = set_text(object, "stock", stock, err);
    return rc;
}

static int add_bundle_object(json_t *array, const struct swt_fixture_world *world,
                             const struct swt_fixture_bundle *bundle, struct swt_error *err) {
    json_t *object = add_object(array, err);
    if (object == NULL)
        return -(int)err->code;
    int rc = set_text(object, "name", bundle->fixture->name, err);
    if (rc == 0)
        rc = set_text(object, "file", bundle->file.name, err);
    if (rc == 0)
        rc = set_text(object, "container", swt_format_name(bundle->format), err);
    if (rc == 0)
        rc = set_judgement(object, world, bundle, err);
    return rc < 0 ? rc : set_bytes(object, swt_buf_slice(&bundle->file.bytes), err);
}

static int add_files(json_t *document, const struct swt_fixture_world *world,
                     const struct swt_fixture_set *set, struct swt_error *err) {
    json_t *keys = swt_json_array(document, "keys", err);
    json_t *anchors = keys == NULL ? NULL : swt_json_array(document, "anchors", err);
    json_t *devices = anchors == NULL ? NULL : swt_json_array(document, "device_manifests", err);
    json_t *fixtures = devices == NULL ? NULL : swt_json_array(document, "fixtures", err);
    if (fixtures == NULL)
        return -(int)err->code;
    int rc = 0;
    for (size_t i = 0; i < SWT_FIXTURE_KEYS && rc == 0; i++)
        rc = add_key(keys, world, (enum swt_fixture_key)i, err);
    for (size_t i = 0; i < SWT_ANCHORS && rc == 0; i++)
        rc = add_state(anchors, &swt_fixture_anchors[i], &set->anchors[i], err);
    for (size_t i = 0; i < SWT_DEVICES && rc == 0; i++)
        if (i != SWT_DEVICE_NONE)
            rc = add_state(devices, &swt_fixture_devices[i], &set->devices[i], err);
    for (size_t i = 0; i < set->bundle_count && rc == 0; i++)
        rc = add_bundle_object(fixtures, world, &set->bundles[i], err);
    return rc;
}

int swt_fixture_set_document(const struct swt_fixture_world *world,
                             const struct swt_fixture_set *set, json_t **ret_document,
                             struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup)
    json_t *document =
        json_pack("{s:s, s:s, s:I}", "schema", SWT_FIXTURES_SCHEMA, "product",
                  world->product.manifest->name.text, "version", (json_int_t)world->version);
    if (document == NULL)
        return swt_fail_memory(err);
    int rc = add_files(document, world, set, err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}
