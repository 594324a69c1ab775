/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole of verify, and of how extract judges: whatever is accepted, the oracle accepts too, and
 * what extract would write is what the oracle finds (oracle.h).
 *
 * No fuzzer guesses a signature. So an input is a recipe: metadata, the payloads, who signs what,
 * and what happens to the bundle that is made of them.
 *
 *     options (1)  signers of the targets (1)  signers of the root (1): enum below
 *     length of the root metadata (2), of the targets metadata (2); big endian as all lengths
 *     root metadata, targets metadata
 *     number of payloads (1), each: length of its name (1), its length (2), name, payload
 *     changes to the bundle, up to the input's end: what (1), offset (2), byte (1)
 *
 * In the metadata, HASH and a digit stand for the SHA-256 of that payload; in a payload, RECORD
 * stands for that of the root metadata that will be trusted. With RAW, what follows the options is
 * the bundle.
 */
#include "../flips/judging.h"
#include "../flips/making.h"
#include "oracle.h"

#include "../../src/pipeline/forge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    UPDATE_BUNDLE = 1,
    WITH_ROOT = 2,
    RAW = 4,
    PAYLOADS_FIRST = 8,
    ALLOW_UNKNOWN = 16,
    EXTRACT = 32
};
/* Signers: a bit a key, and what else becomes of the first signature. */
enum { SIGN_AGAIN = 32, SIGN_MIRRORED = 64, SIGN_SPOILED = 128 };
enum { SET, INSERT, DELETE, CHANGES };

/* 31 and 63 bytes, and a digit. */
static const char HASH[] = "sha256 of the payload numbered ";
static const char RECORD[] = "the sha256 of the root metadata stands here, as digits in hex .";
_Static_assert(sizeof HASH - 1 + 1 == SWT_SHA256_SIZE, "as long as what it stands for");
_Static_assert(sizeof RECORD - 1 + 1 == (size_t)2 * SWT_SHA256_SIZE, "as long as what it is for");

#define KEYS 5
static const char *const KEY_NAMES[KEYS] = {"root1", "targets1", "targets2", "targets3",
                                            "ed25519-1"};
#define TIME "2030-01-01T00:00:00Z"
#define NOW INT64_C(1893456000)
#define FLOOR 5
static const char HELD[] = "held";

struct world {
    bool ready;
    struct test_key keys[KEYS];
    struct swt_device_state state;
    struct oracle_device device;
    unsigned long inputs, accepted;
};

/* ---- the device -------------------------------------------------------------------------- */

/* Threshold 1 of 1 root key; 2 of 3 targets keys. The last key is nobody's. What is provisioned is
 * trusted unsigned, too: that saves each input a signature to verify. */
static void make_anchor(struct world *world) {
    struct swt_key targets_keys[3];
    struct swt_root_spec spec = {.version = 2,
                                 .root_keys = &world->keys[0].key,
                                 .root_key_count = 1,
                                 .root_threshold = 1,
                                 .targets_keys = targets_keys,
                                 .targets_key_count = 3,
                                 .targets_threshold = 2};
    SWT_CLEANUP(swt_buf_done) struct swt_buf metadata = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf envelope = {0};
    struct swt_error err;
    for (size_t i = 0; i < 3; i++)
        targets_keys[i] = world->keys[1 + i].key;
    made(swt_root_encode(&spec, &metadata, &err), &err);
    test_seal(swt_buf_slice(&metadata), NULL, 0, &envelope);
    made(swt_root_source_decode(&envelope, "anchor", false, &world->state.root, &err), &err);
}

static void make_device(struct world *world) {
    struct swt_target_spec target = {.name = swt_slice_text(HELD), .length = strlen(HELD)};
    struct swt_targets_spec spec = {.version = FLOOR, .targets = &target, .target_count = 1};
    SWT_CLEANUP(swt_buf_done) struct swt_buf metadata = {0};
    struct swt_device_source *installed = &world->state.installed;
    struct swt_error err;
    SHA256((const uint8_t *)HELD, strlen(HELD), target.sha256);
    made(swt_targets_encode(&spec, &metadata, &err), &err);
    made(swt_device_manifest_encode(swt_buf_slice(&metadata), NULL, &installed->bytes, &err), &err);
    made(swt_device_manifest_decode(swt_buf_slice(&installed->bytes), &installed->manifest, &err),
         &err);
    world->state.knows_floor = true;
    world->state.has_floor = true;
    world->state.floor = FLOOR;
    struct swt_slice anchor = world->state.root.root->bytes;
    world->device = (struct oracle_device){.anchor = {anchor.data, anchor.len},
                                           .floor = FLOOR,
                                           .now = NOW,
                                           .held = {text(HELD), text(HELD)}};
}

static struct world *the_world(void);

/* An oracle that is never asked would agree with everything. */
static void tell_accepted(void) {
    printf("# verify: %lu of %lu inputs were accepted\n", the_world()->accepted,
           the_world()->inputs);
}

static struct world *the_world(void) {
    static struct world world;
    if (!world.ready) {
        must(atexit(tell_accepted) == 0, "cannot register what is told at the end");
        for (size_t i = 0; i < KEYS; i++)
            test_key_load(&world.keys[i], KEY_NAMES[i]);
        make_anchor(&world);
        make_device(&world);
        world.ready = true;
    }
    return &world;
}

/* ---- the bundle -------------------------------------------------------------------------- */

#define MOST_PAYLOADS 8
struct recipe {
    unsigned options, targets_signers, root_signers;
    struct swt_slice root, targets;
    struct swt_forge_member payloads[MOST_PAYLOADS];
    size_t payload_count;
    struct swt_slice changes;
};

static struct swt_slice take(struct swt_slice *rest, size_t len) {
    struct swt_slice taken = swt_slice_of(rest->data, len < rest->len ? len : rest->len);
    *rest = swt_slice_of(rest->data + taken.len, rest->len - taken.len);
    return taken;
}

static unsigned take_number(struct swt_slice *rest, size_t bytes) {
    struct swt_slice digits = take(rest, bytes);
    unsigned number = 0;
    for (size_t i = 0; i < digits.len; i++)
        number = number << 8 | digits.data[i];
    return number;
}

static struct recipe read_recipe(struct swt_slice rest) {
    struct recipe recipe = {.options = take_number(&rest, 1)};
    recipe.targets_signers = take_number(&rest, 1);
    recipe.root_signers = take_number(&rest, 1);
    unsigned root_len = take_number(&rest, 2);
    unsigned targets_len = take_number(&rest, 2);
    recipe.root = take(&rest, root_len);
    recipe.targets = take(&rest, targets_len);
    recipe.payload_count = take_number(&rest, 1) % (MOST_PAYLOADS + 1);
    for (size_t i = 0; i < recipe.payload_count; i++) {
        struct swt_forge_member *payload = &recipe.payloads[i];
        unsigned name_len = take_number(&rest, 1);
        unsigned len = take_number(&rest, 2);
        payload->kind = SWT_FORGE_PAYLOAD;
        payload->name = take(&rest, name_len);
        payload->content = take(&rest, len);
    }
    recipe.changes = rest;
    return recipe;
}

/* A copy in which the hashes of payloads stand where they are asked for. */
static void put_hashes(const struct recipe *recipe, struct swt_slice metadata,
                       struct swt_buf *ret_bytes) {
    struct swt_error err;
    const size_t len = sizeof HASH - 1;
    made(swt_buf_append_slice(ret_bytes, metadata, &err), &err);
    for (size_t i = 0; ret_bytes->len > len && i < ret_bytes->len - len; i++) {
        uint8_t *place = ret_bytes->data + i;
        size_t index = (size_t)place[len] - '0';
        if (memcmp(place, HASH, len) == 0 && index < recipe->payload_count)
            SHA256(recipe->payloads[index].content.data, recipe->payloads[index].content.len,
                   place);
    }
}

/* The same of the record of a root. */
static void put_record(struct swt_slice root, struct swt_slice payload, struct swt_buf *ret_bytes) {
    uint8_t digest[SWT_SHA256_SIZE];
    char digits[SWT_HEX_SIZE(SWT_SHA256_SIZE)];
    struct swt_error err;
    made(swt_buf_append_slice(ret_bytes, payload, &err), &err);
    uint8_t *place = memmem(ret_bytes->data, ret_bytes->len, RECORD, sizeof RECORD - 1);
    if (place == NULL || place + sizeof RECORD > ret_bytes->data + ret_bytes->len)
        return;
    SHA256(root.data, root.len, digest);
    swt_hex_encode(digest, sizeof digest, digits);
    memcpy(place, digits, strlen(digits));
}

static void seal(struct world *world, struct swt_slice metadata, unsigned signers,
                 struct swt_buf *ret_envelope) {
    struct swt_signature signatures[KEYS + 3];
    uint8_t values[KEYS][TEST_SIGNATURE_SIZE];
    uint8_t mirrored[TEST_SIGNATURE_SIZE];
    struct swt_error err;
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++)
        if ((signers >> i & 1) != 0) {
            test_sign(&world->keys[i], metadata, values[i]);
            signatures[count++] =
                (struct swt_signature){swt_slice_of(world->keys[i].id, SWT_KEY_ID_SIZE),
                                       swt_slice_of(values[i], TEST_SIGNATURE_SIZE)};
        }
    struct swt_signature first = signatures[0];
    if (count > 0 && (signers & SIGN_AGAIN) != 0)
        signatures[count++] = first;
    if (count > 0 && (signers & SIGN_MIRRORED) != 0) {
        test_mirror(first.value.data, mirrored);
        signatures[count++] =
            (struct swt_signature){first.key_id, swt_slice_of(mirrored, sizeof mirrored)};
    }
    if (count > 0 && (signers & SIGN_SPOILED) != 0) {
        signatures[count++] = first;
        signatures[0].value.len--;
    }
    made(swt_envelope_encode(metadata, signatures, count, ret_envelope, &err), &err);
}

static void change(struct swt_slice changes, struct swt_buf *bundle) {
    struct swt_error err;
    while (changes.len >= 4 && bundle->len > 0) {
        unsigned what = take_number(&changes, 1) % CHANGES;
        size_t offset = take_number(&changes, 2) % bundle->len;
        uint8_t byte = (uint8_t)take_number(&changes, 1);
        uint8_t *place;
        if (what == INSERT)
            made(swt_buf_append(bundle, &byte, 1, &err), &err);
        place = bundle->data + offset;
        if (what != SET)
            memmove(place + (what == INSERT ? 1 : 0), place + (what == DELETE ? 1 : 0),
                    bundle->len - offset - 1);
        if (what == DELETE)
            bundle->len--;
        else
            *place = byte;
    }
}

/* root and targets: metadata, as it is signed. */
static void assemble(struct world *world, const struct recipe *recipe, struct swt_slice root,
                     struct swt_slice targets, struct swt_buf *ret_bundle) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf root_envelope = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf targets_envelope = {0};
    struct swt_forge_member members[MOST_PAYLOADS + 2];
    struct swt_forge_bundle bundle = {
        .format = (recipe->options & UPDATE_BUNDLE) != 0 ? SWT_FORMAT_PIGWEED : SWT_FORMAT_TAR,
        .members = members,
        .end_blocks = 2};
    struct swt_error err;
    size_t head = (recipe->options & PAYLOADS_FIRST) != 0 ? recipe->payload_count : 0;
    size_t payloads = head > 0 ? 0 : (recipe->options & WITH_ROOT) != 0 ? 2 : 1;
    if ((recipe->options & WITH_ROOT) != 0) {
        seal(world, root, recipe->root_signers, &root_envelope);
        members[head++] = (struct swt_forge_member){.kind = SWT_FORGE_ROOT,
                                                    .content = swt_buf_slice(&root_envelope)};
    }
    seal(world, targets, recipe->targets_signers, &targets_envelope);
    members[head++] = (struct swt_forge_member){.kind = SWT_FORGE_TARGETS,
                                                .content = swt_buf_slice(&targets_envelope)};
    memcpy(members + payloads, recipe->payloads, recipe->payload_count * sizeof *members);
    bundle.count = payloads == 0 ? head : head + recipe->payload_count;
    made(swt_forge_bundle(&bundle, ret_bundle, &err), &err);
    change(recipe->changes, ret_bundle);
}

static void cook(struct world *world, struct recipe *recipe, struct swt_buf *ret_bundle) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf root = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf targets = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf first = {0};
    bool with_root = (recipe->options & WITH_ROOT) != 0;
    put_hashes(recipe, recipe->root, &root);
    if (recipe->payload_count > 0) {
        put_record(with_root ? swt_buf_slice(&root) : world->state.root.root->bytes,
                   recipe->payloads[0].content, &first);
        recipe->payloads[0].content = swt_buf_slice(&first);
    }
    put_hashes(recipe, recipe->targets, &targets);
    assemble(world, recipe, swt_buf_slice(&root), swt_buf_slice(&targets), ret_bundle);
}

/* ---- the judgement ----------------------------------------------------------------------- */

/* Whether it is accepted. A judgement fails for what is wrong with the bundle, never otherwise. */
static bool accepts(struct world *world, struct swt_slice bundle, unsigned options,
                    struct swt_buf *content) {
    const struct swt_verify_options with = {.time = TIME,
                                            .allow_unknown = (options & ALLOW_UNKNOWN) != 0};
    const char *failed_step = NULL;
    struct swt_error err;
    if (judge_bytes(bundle, &world->state, &with, content, &failed_step, &err) == 0)
        return failed_step == NULL;
    must(err.code == SWT_E_FILE_KIND, err.message);
    return false;
}

static void judge(struct world *world, struct swt_slice bundle, unsigned options) {
    static struct oracle oracle;
    SWT_CLEANUP(swt_buf_done) struct swt_buf content = {0};
    if (!accepts(world, bundle, options, (options & EXTRACT) != 0 ? &content : NULL))
        return;
    world->accepted++;
    world->device.allow_unknown = (options & ALLOW_UNKNOWN) != 0;
    const char *reason = oracle_judge(&oracle, (struct span){bundle.data, bundle.len},
                                      &world->device, (struct span){content.data, content.len});
    must(reason == NULL, reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct world *world = the_world();
    SWT_CLEANUP(swt_buf_done) struct swt_buf bundle = {0};
    world->inputs++;
    if (size == 0)
        return 0;
    if ((data[0] & RAW) != 0) {
        judge(world, swt_slice_of(data + 1, size - 1), data[0]);
        return 0;
    }
    struct recipe recipe = read_recipe(swt_slice_of(data, size));
    cook(world, &recipe, &bundle);
    judge(world, swt_buf_slice(&bundle), recipe.options);
    return 0;
}
