/* SPDX-License-Identifier: Apache-2.0 */
/* What fixtures are made of: keys, a product, its payloads. */
#include "fixture.h"
#include "output.h"
#include "profile.h"
#include "user_manifest.h"

#include "swt/io.h"
#include "swt/manifest.h"
#include "swt/signature.h"
#include "swt/targets.h"

#include <stdlib.h>
#include <string.h>

/* Of each payload, and of all together; what is longer is cut. Fixtures are there by the hundred,
 * and go into flash. No multiple of a tar block: some faults are in the padding. */
#define MAX_PAYLOAD 4000
#define MAX_ALL_PAYLOADS 16000
#define MAX_USER_MANIFEST 16384
#define MAX_PAYLOADS 32

static const char DEFAULT_MANIFEST[] = "schema: 1\n"
                                       "product: {name: fixture}\n"
                                       "release: {version: \"1.0\", metadata_version: 5}\n"
                                       "targets:\n"
                                       "  - {name: app, file: app}\n"
                                       "  - {name: boot/loader, file: loader}\n";
#define DEFAULT_PAYLOAD 100

void swt_fixture_world_done(struct swt_fixture_world *world) {
    for (size_t i = 0; i < SWT_FIXTURE_KEYS; i++) {
        swt_signer_free(world->signers[i]);
        swt_secret_done(&world->pems[i]);
    }
    for (size_t i = 0; i < world->content_count; i++)
        swt_buf_done(&world->contents[i]);
    swt_buf_done(&world->rooted);
    swt_fixture_signatures_free(world->signatures);
    free(world->contents);
    free(world->digests);
    free(world->payloads);
    swt_build_job_done(&world->product);
}

/* ---- keys -------------------------------------------------------------------------------- */

const char *swt_fixture_key_file(enum swt_fixture_key key) {
    static const char *const FILES[SWT_FIXTURE_KEYS] = {
        [SWT_CAST_ROOT] = "keys/test-root.pem",
        [SWT_CAST_ROOT_2] = "keys/test-root-2.pem",
        [SWT_CAST_ROOT_NEW] = "keys/test-root-new.pem",
        [SWT_CAST_TARGETS] = "keys/test-targets.pem",
        [SWT_CAST_TARGETS_2] = "keys/test-targets-2.pem",
        [SWT_CAST_TARGETS_NEW] = "keys/test-targets-new.pem",
        [SWT_CAST_STRANGER] = "keys/test-stranger.pem",
    };
    return FILES[key];
}

static int open_given(struct swt_fixture_world *world, enum swt_fixture_key key,
                      const struct swt_key_sources *source, struct swt_keyring *keyring,
                      struct swt_notices *notices, struct swt_error *err) {
    int rc = swt_signer_open(&source->items[0], keyring, notices, &world->signers[key], err);
    if (rc < 0)
        return rc;
    const struct swt_signer *signer = world->signers[key];
    rc = swt_notices_add(notices, err, SWT_WARNING,
                         "%s signs bundles that are broken on purpose: no device outside of a test "
                         "may trust it",
                         swt_signer_uri(signer));
    if (rc == 0 && swt_signer_key(signer)->type != SWT_KEY_P256)
        rc = swt_notices_add(notices, err, SWT_NOTE,
                             "%s is no P-256 key: what a stock Pigweed device answers is left out",
                             swt_signer_uri(signer));
    world->stock_would_take &= swt_signer_key(signer)->type == SWT_KEY_P256;
    return rc;
}

static int open_keys(struct swt_fixture_world *world, const struct swt_fixtures_options *options,
                     struct swt_notices *notices, struct swt_error *err) {
    if (options->root_keys.count != options->targets_keys.count)
        return swt_fail(err, SWT_E_USAGE,
                        "--root-key and --targets-key go together: give both, or "
                        "neither for fresh keys");
    int rc = 0;
    if (options->root_keys.count > 0)
        rc = open_given(world, SWT_CAST_ROOT, &options->root_keys, options->keyring, notices, err);
    if (rc == 0 && options->targets_keys.count > 0)
        rc = open_given(world, SWT_CAST_TARGETS, &options->targets_keys, options->keyring, notices,
                        err);
    for (size_t i = 0; i < SWT_FIXTURE_KEYS && rc == 0; i++)
        if (world->signers[i] == NULL)
            rc = swt_signer_generate(SWT_KIND_P256, swt_fixture_key_file((enum swt_fixture_key)i),
                                     options->keyring, &world->pems[i], &world->signers[i], err);
    if (rc == 0 &&
        memcmp(swt_signer_key_id(world->signers[SWT_CAST_ROOT]),
               swt_signer_key_id(world->signers[SWT_CAST_TARGETS]), SWT_KEY_ID_SIZE) == 0)
        rc = swt_fail(err, SWT_E_KEY, "%s: the root key and the targets key are one key",
                      swt_signer_uri(world->signers[SWT_CAST_TARGETS]));
    return rc;
}

/* ---- payloads ---------------------------------------------------------------------------- */

/* Text, so that a dump of a fixture can be read. */
static int make_up(const char *name, struct swt_buf *ret_content, struct swt_error *err) {
    int rc = 0;
    while (rc == 0 && ret_content->len < DEFAULT_PAYLOAD)
        rc = swt_buf_printf(ret_content, err, "%s of a test fixture\n", name);
    ret_content->len = DEFAULT_PAYLOAD;
    return rc;
}

/* How much of so many bytes is taken. */
static size_t cut_length(size_t len, size_t target_count) {
    size_t most = MAX_ALL_PAYLOADS / target_count;
    if (most > MAX_PAYLOAD)
        most = MAX_PAYLOAD;
    if (len > most)
        len = most;
    return len > 0 && len % SWT_TAR_BLOCK == 0 ? len - 1 : len;
}

static int read_payload(const struct swt_payload *payload, size_t target_count,
                        struct swt_buf *ret_content, struct swt_notices *notices,
                        struct swt_error *err) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    uint8_t bytes[MAX_PAYLOAD + 1];
    size_t len = 0;
    uint64_t size;
    int rc = swt_payload_size(payload, &size, err); /* refuses what is no regular file */
    if (rc == 0)
        /* "-" would be standard input; here it is a file of that name. */
        rc = swt_reader_open(strcmp(payload->path, "-") == 0 ? "./-" : payload->path, &reader, err);
    if (rc == 0)
        rc = swt_reader_read(reader, bytes, sizeof bytes, &len, err);
    size_t taken = cut_length(len, target_count);
    if (rc == 0 && taken < len)
        rc = swt_notices_add(notices, err, SWT_NOTE,
                             "target '%s' is cut to its first %zu bytes: fixtures are small, and "
                             "need padding",
                             payload->name, taken);
    return rc < 0 ? rc : swt_buf_append(ret_content, bytes, taken, err);
}

static int add_payload(struct swt_fixture_world *world, const char *name, struct swt_error *err) {
    size_t index = world->payload_count++;
    struct swt_slice content = swt_buf_slice(&world->contents[index]);
    world->payloads[index] = (struct swt_fixture_payload){swt_slice_text(name), content};
    return swt_sha256_of(content, world->digests[index], err);
}

/* user_manifest is the generated one, whatever the product has: it names the root. */
static int read_payloads(struct swt_fixture_world *world, bool made_up, struct swt_notices *notices,
                         struct swt_error *err) {
    const struct swt_build_job *product = &world->product;
    int rc = swt_build_write_user_manifest(product, NULL, &world->contents[0], err);
    if (rc == 0 && world->contents[0].len > MAX_USER_MANIFEST)
        rc = swt_fail(err, SWT_E_TARGET_TOO_LARGE,
                      "the user_manifest would have %zu bytes, expected at most %d for fixtures",
                      world->contents[0].len, MAX_USER_MANIFEST);
    if (rc == 0)
        rc = add_payload(world, SWT_USER_MANIFEST, err);
    for (size_t i = 1; i < product->payload_count && rc == 0; i++) {
        const struct swt_payload *payload = &product->payloads[i];
        struct swt_buf *content = &world->contents[i];
        rc = made_up ? make_up(payload->name, content, err)
                     : read_payload(payload, product->payload_count - 1, content, notices, err);
        if (rc < 0)
            return made_up ? rc : swt_manifest_error_at(err, product->origins[i].node);
        rc = add_payload(world, payload->name, err);
    }
    return rc;
}

/* What the product itself must not break, so that a fixture breaks one rule. */
static int check_names(const struct swt_fixture_world *world, const char *path,
                       struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf draft = {0};
    SWT_CLEANUP(swt_targets_cleanup) struct swt_targets *targets = NULL;
    struct swt_target_spec items[MAX_PAYLOADS] = {0};
    struct swt_targets_spec spec = {
        .version = world->version, .targets = items, .target_count = world->payload_count};
    for (size_t i = 0; i < world->payload_count; i++)
        items[i].name = world->payloads[i].name;
    int rc = swt_targets_encode(&spec, &draft, err);
    if (rc == 0)
        rc = swt_targets_decode(swt_buf_slice(&draft), 0, &targets, err);
    if (rc == 0)
        rc = swt_targets_check_entries(targets, err);
    for (size_t i = 0; i < world->payload_count && rc == 0; i++)
        if (items[i].name.len >= strlen(SWT_FIXTURE_PREFIX) &&
            memcmp(items[i].name.data, SWT_FIXTURE_PREFIX, strlen(SWT_FIXTURE_PREFIX)) == 0)
            rc = swt_fail(err, SWT_E_TARGETS_RULES,
                          "target '%.*s': names that start so are made up for fixtures",
                          (int)items[i].name.len, (const char *)items[i].name.data);
    return rc < 0 ? swt_error_file(err, path) : 0;
}

/* Faults need something to be in: a payload of two bytes or more, and another one. */
static int choose_victim(struct swt_fixture_world *world, const char *path, struct swt_error *err) {
    world->victim = 1;
    while (world->victim < world->payload_count && world->payloads[world->victim].content.len < 2)
        world->victim++;
    if (world->victim >= world->payload_count) {
        (void)swt_fail(err, SWT_E_PAYLOAD, "no target has two bytes, which faults need");
        return swt_error_file(err, path);
    }
    /* Payloads that are alike can be exchanged, and nobody will know. */
    for (size_t i = 1; i < world->payload_count; i++) {
        world->other = (world->victim + i) % world->payload_count;
        if (memcmp(world->digests[world->other], world->digests[world->victim], SWT_DIGEST_SIZE) !=
            0)
            return 0;
    }
    (void)swt_fail(err, SWT_E_PAYLOAD, "all targets have one content, and faults need two");
    return swt_error_file(err, path);
}

/* Where the product's own names or sizes are more than a stock device takes, it refuses whatever
 * comes. */
static int check_stock(struct swt_fixture_world *world, struct swt_notices *notices,
                       struct swt_error *err) {
    const struct swt_profile *profile = swt_profile_find("pigweed");
    struct swt_error misfit;
    for (size_t i = 0; i < world->payload_count; i++) {
        const struct swt_fixture_payload *payload = &world->payloads[i];
        if (swt_profile_check_payload(profile, payload->name, payload->content.len, &misfit) == 0)
            continue;
        world->stock_would_take = false;
        return swt_notices_add(notices, err, SWT_NOTE,
                               "target '%.*s': %s; what a stock Pigweed device answers is left out",
                               (int)payload->name.len, (const char *)payload->name.data,
                               misfit.message);
    }
    return 0;
}

/* ---- the product ------------------------------------------------------------------------- */

static int check_product(const struct swt_build_job *product, const char *path, const char *log,
                         struct swt_error *err) {
    const struct swt_manifest *manifest = product->manifest;
    for (size_t i = 0; path != NULL && i < product->payload_count; i++) {
        int rc = swt_log_spares(log, product->payloads[i].path, "a payload", err);
        if (rc < 0)
            return rc;
    }
    if (manifest->metadata_version.value >= UINT32_MAX) {
        (void)swt_fail(err, SWT_E_MANIFEST_VALUE,
                       "metadata_version: expected less than %u, as some fixtures have the next",
                       UINT32_MAX);
        return swt_manifest_error_at(err, manifest->metadata_version.node);
    }
    if (product->payload_count <= MAX_PAYLOADS)
        return 0;
    (void)swt_fail(err, SWT_E_TARGETS_RULES, "%zu targets, expected fewer than %d for fixtures",
                   product->payload_count - 1, MAX_PAYLOADS);
    return swt_error_file(err, path);
}

/* As build lists the payloads, but all as they are: what is compressed would be cut. */
static int list_product(struct swt_build_job *product, const struct swt_build_options *build,
                        struct swt_error *err) {
    const struct swt_manifest_options manifest = {.defines = build->defines,
                                                  .define_count = build->define_count};
    int rc = build->manifest != NULL
                 ? swt_manifest_load(build->manifest, &manifest, &product->manifest, err)
                 : swt_manifest_parse(swt_slice_text(DEFAULT_MANIFEST), "fixtures", NULL,
                                      &product->manifest, err);
    if (rc < 0)
        return rc;
    product->options = build;
    product->manifest->user_manifest = true;
    rc = swt_build_list_payloads(product, err);
    for (size_t i = 0; i < product->payload_count; i++)
        product->payloads[i].compression = SWT_COMPRESSION_NONE;
    return rc;
}

static int open_product(struct swt_fixture_world *world, const struct swt_fixtures_options *options,
                        struct swt_notices *notices, struct swt_error *err) {
    const char *path = options->manifest;
    const struct swt_build_options build = {
        .manifest = path, .defines = options->defines, .define_count = options->define_count};
    int rc = list_product(&world->product, &build, err);
    if (rc == 0)
        rc = check_product(&world->product, path, options->keyring->audit_log, err);
    if (rc < 0)
        return rc;
    world->product.options = NULL; /* of this function */
    world->version = (uint32_t)world->product.manifest->metadata_version.value;
    size_t room = world->product.payload_count;
    world->contents = calloc(room, sizeof *world->contents);
    world->digests = calloc(room, sizeof *world->digests);
    world->payloads = calloc(room, sizeof *world->payloads);
    if (world->contents == NULL || world->digests == NULL || world->payloads == NULL)
        return swt_fail_memory(err);
    world->content_count = room;
    rc = read_payloads(world, path == NULL, notices, err);
    if (rc == 0)
        rc = check_names(world, path, err);
    if (rc == 0)
        rc = choose_victim(world, path, err);
    return rc < 0 ? rc : check_stock(world, notices, err);
}

/* The rotated root is the second anchor; what is built with it says so. */
static int record_root(struct swt_fixture_world *world, struct swt_error *err) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    SWT_CLEANUP(swt_envelope_done) struct swt_envelope envelope = {0};
    SWT_CLEANUP(swt_root_cleanup) struct swt_root *root = NULL;
    int rc = swt_fixture_make_anchor(world, SWT_ANCHOR_2, &bytes, err);
    if (rc == 0)
        rc = swt_envelope_decode(swt_buf_slice(&bytes), 0, false, &envelope, err);
    if (rc == 0)
        rc = swt_root_decode(envelope.metadata, 0, &root, err);
    return rc < 0 ? rc : swt_build_write_user_manifest(&world->product, root, &world->rooted, err);
}

int swt_fixture_world_open(struct swt_fixture_world *world,
                           const struct swt_fixtures_options *options, struct swt_notices *notices,
                           struct swt_error *err) {
    world->stock_would_take = true;
    int rc = swt_fixture_signatures_new(&world->signatures, err);
    if (rc == 0)
        rc = open_product(world, options, notices, err);
    if (rc == 0)
        rc = open_keys(world, options, notices, err);
    return rc < 0 ? rc : record_root(world, err);
}
