/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles whose targets metadata is signed as it should be, and still no good. */
#include "fixture.h"

#include <string.h>

/* ---- content ----------------------------------------------------------------------------- */

static void role_root(struct swt_fixture_plan *plan) {
    plan->targets.common.role = SWT_ROLE_ROOT;
}

static void role_missing(struct swt_fixture_plan *plan) {
    plan->targets.common.role = NULL;
}

static void is_root(struct swt_fixture_plan *plan) {
    plan->targets_seal.content = SWT_CONTENT_ROOT;
    plan->payload_count = 0;
}

static void version_overflow(struct swt_fixture_plan *plan) {
    plan->targets.common.version = UINT64_C(0x100000000) + plan->world->version;
}

/* Fields behind the role, which is the last of CommonMetadata. */
static void add_common(struct swt_fixture_plan *plan, const uint8_t *bytes, size_t len) {
    plan->targets.common.extra = swt_slice_of(bytes, len);
}

static void version_twice(struct swt_fixture_plan *plan) {
    static const uint8_t VERSION_1[] = {0x10, 1};
    add_common(plan, VERSION_1, sizeof VERSION_1);
}

static void not_minimal(struct swt_fixture_plan *plan) {
    static const uint8_t FIELD_200[] = {0xc0, 0x0c, 0x81, 0x00};
    add_common(plan, FIELD_200, sizeof FIELD_200);
}

static void wrong_wire_type(struct swt_fixture_plan *plan) {
    static const uint8_t EXPIRES[] = {0x18, 1};
    add_common(plan, EXPIRES, sizeof EXPIRES);
}

static void group(struct swt_fixture_plan *plan) {
    static const uint8_t GROUP_200[] = {0xc3, 0x0c, 0xc4, 0x0c};
    add_common(plan, GROUP_200, sizeof GROUP_200);
}

static void past_the_end(struct swt_fixture_plan *plan) {
    static const uint8_t FIELD_200[] = {0xc2, 0x0c, 9, 'x'};
    add_common(plan, FIELD_200, sizeof FIELD_200);
}

static void expired(struct swt_fixture_plan *plan) {
    plan->targets.common.has_expires = true;
    plan->targets.common.expires = SWT_FIXTURE_EXPIRED;
}

/* ---- names ------------------------------------------------------------------------------- */

static void name_nul(struct swt_fixture_plan *plan) {
    swt_plan_rename(plan, swt_slice_of("app\0evil", 8));
}

static void name_not_utf8(struct swt_fixture_plan *plan) {
    swt_plan_rename(plan, swt_slice_of("app\xff", 4));
}

static void name_parent(struct swt_fixture_plan *plan) {
    swt_plan_rename(plan, swt_slice_text("../x"));
}

static void name_absolute(struct swt_fixture_plan *plan) {
    swt_plan_rename(plan, swt_slice_text("/x"));
}

static void name_control(struct swt_fixture_plan *plan) {
    swt_plan_rename(plan, swt_slice_text("\x1b[31mapp"));
}

static void name_bidirectional(struct swt_fixture_plan *plan) {
    swt_plan_rename(plan, swt_slice_text("app-\xe2\x80\xae"
                                         "nib"));
}

static void name_backslash(struct swt_fixture_plan *plan) {
    swt_plan_rename(plan, swt_slice_text("..\\x"));
}

static void name_101(struct swt_fixture_plan *plan) {
    uint8_t *name = swt_plan_room(plan, SWT_MAX_NAME + 1);
    memset(name, 'n', SWT_MAX_NAME + 1);
    swt_plan_rename(plan, swt_slice_of(name, SWT_MAX_NAME + 1));
}

/* One more target, listed and there, with the content of the victim. */
static void add_target(struct swt_fixture_plan *plan, struct swt_slice name) {
    struct swt_forge_target *listed = &plan->targets.items[plan->targets.count++];
    *listed = *swt_plan_listed(plan);
    listed->name = name;
    plan->payloads[plan->payload_count++] =
        (struct swt_fixture_payload){name, swt_plan_payload(plan)->content};
}

static void name_in_folder(struct swt_fixture_plan *plan) {
    struct swt_slice folder = swt_plan_listed(plan)->name;
    uint8_t *name = swt_plan_copy(plan, folder, 2);
    name[folder.len] = '/';
    name[folder.len + 1] = 'x';
    add_target(plan, swt_slice_of(name, folder.len + 2));
}

/* ---- entries ----------------------------------------------------------------------------- */

static void target_twice(struct swt_fixture_plan *plan) {
    plan->targets.items[plan->targets.count++] = *swt_plan_listed(plan);
}

static void hash_missing(struct swt_fixture_plan *plan) {
    swt_plan_listed(plan)->hash_count = 0;
}

static void two_hashes(struct swt_fixture_plan *plan) {
    struct swt_forge_target *listed = swt_plan_listed(plan);
    uint8_t *wrong = swt_plan_copy(plan, listed->hashes[0], 0);
    wrong[0] ^= 1;
    listed->hashes[listed->hash_count++] = swt_slice_of(wrong, SWT_DIGEST_SIZE);
}

static void hash_short(struct swt_fixture_plan *plan) {
    swt_plan_listed(plan)->hashes[0].len--;
}

/* ---- versions ---------------------------------------------------------------------------- */

static void added_key(struct swt_fixture_plan *plan) {
    swt_plan_add_key(plan, &plan->root.targets, SWT_CAST_TARGETS_NEW);
    swt_plan_sign(&plan->targets_seal, SWT_CAST_TARGETS_NEW);
}

#define CONTENT "targets-content"
#define ENTRIES "targets-entries"
#define CONTAINER .pigweed_step = "container"
#define ACCEPTS .stock = SWT_STOCK_ACCEPTS

const struct swt_fixture swt_fixtures_targets[] = {
    {"targets-role-root", "The targets metadata says that its role is root.", CONTENT, ACCEPTS,
     .plan = role_root},
    {"targets-role-missing", "The targets metadata does not say its role.", CONTENT, ACCEPTS,
     .plan = role_missing},
    {"targets-are-root", "Root metadata in the place of the targets, signed by the targets key.",
     CONTENT, ACCEPTS, .plan = is_root},
    {"targets-version-overflow", "A version over 32 bits, which is the device's to who drops them.",
     CONTENT, .device = SWT_DEVICE, .plan = version_overflow},
    {"targets-version-twice",
     "Two versions: some parsers take the first, which is the device's, and others the last.",
     CONTENT, ACCEPTS, .device = SWT_DEVICE, .plan = version_twice},
    {"varint-not-minimal", "A number in more bytes than it needs: one value has one form.", CONTENT,
     ACCEPTS, .plan = not_minimal},
    {"wire-type-wrong", "The expiry is a number in place of a message: it must not be overlooked.",
     CONTENT, ACCEPTS, .plan = wrong_wire_type},
    {"group", "A field of the group type, which parsers skip in different ways.", CONTENT, ACCEPTS,
     .plan = group},
    {"length-past-the-end", "The length of a field goes past the end of its message.", CONTENT,
     ACCEPTS, .plan = past_the_end},
    {"targets-expired", "The release expired in 2001.", "targets-expiry", ACCEPTS,
     .evidence = "TUF 1.0.34, 5.6.5", .plan = expired},
    {"name-with-a-nul", "A target name holds a NUL, where C ends it.", CONTENT, CONTAINER, ACCEPTS,
     .plan = name_nul},
    {"name-not-utf-8", "A target name is not UTF-8.", CONTENT, CONTAINER, ACCEPTS,
     .plan = name_not_utf8},
    {"name-of-the-parent", "The target ../x leads out of its folder.", ENTRIES, ACCEPTS,
     .plan = name_parent},
    {"name-absolute", "The target /x leads out of its folder.", ENTRIES, ACCEPTS,
     .plan = name_absolute},
    {"name-with-a-backslash", "The target ..\\x leads out of its folder on some systems.", ENTRIES,
     ACCEPTS, .plan = name_backslash},
    {"name-with-a-control-character", "The target's name would write to a terminal.", ENTRIES,
     ACCEPTS, .plan = name_control},
    {"name-bidirectional", "The target's name would be shown in another order than it is.", ENTRIES,
     ACCEPTS, .plan = name_bidirectional},
    {"name-of-101-bytes", "A target name may have 100 bytes.", ENTRIES, .plan = name_101},
    {"name-in-a-target", "One target would be the folder of another.", ENTRIES, ACCEPTS,
     .plan = name_in_folder},
    {"target-listed-twice", "A target is listed twice.", ENTRIES, ACCEPTS, .plan = target_twice},
    {"hash-missing", "A target has no hash.", ENTRIES, .plan = hash_missing},
    {"hash-twice", "A target has two SHA-256: the right one first, another behind it.", ENTRIES,
     ACCEPTS, .plan = two_hashes},
    {"hash-of-31-bytes", "The SHA-256 of a target lacks its last byte.", ENTRIES,
     .plan = hash_short},
    {"targets-rollback", "The version is lower than the device's.", "targets-version",
     .device = SWT_DEVICE_NEWER},
    {"targets-rollback-with-an-added-key",
     "The new root adds a targets key, which has signed a version that is lower than the device's.",
     "targets-version", .evidence = "CVE-2022-29173", .device = SWT_DEVICE_NEWER, .root = true,
     .plan = added_key},
    {.name = NULL},
};
