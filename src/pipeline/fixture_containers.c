/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles whose container is not as it must be: two readers would see two bundles. */
#include "fixture.h"

#include <string.h>

static struct swt_forge_member *victim(const struct swt_fixture_plan *plan,
                                       struct swt_forge_bundle *bundle) {
    return swt_plan_member(bundle, SWT_FORGE_PAYLOAD, plan->world->victim);
}

static size_t place_of(const struct swt_forge_bundle *bundle,
                       const struct swt_forge_member *member) {
    return (size_t)(member - bundle->members);
}

static struct swt_forge_member other(const char *name, const void *content, size_t len) {
    return (struct swt_forge_member){.kind = SWT_FORGE_OTHER,
                                     .name = swt_slice_text(name),
                                     .content = swt_slice_of(content, len)};
}

/* ---- both containers --------------------------------------------------------------------- */

static void head_cut(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    struct swt_forge_member *targets = swt_plan_member(bundle, SWT_FORGE_TARGETS, 0);
    bundle->count = place_of(bundle, targets) + 1;
    bundle->end_blocks = 0;
    targets->no_padding = true;
    bundle->cut = targets->content.len / 2;
}

static void payload_cut(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    bundle->end_blocks = 0;
    bundle->members[bundle->count - 1].no_padding = true;
    bundle->cut = 1;
}

static void garbage(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    bundle->tail = swt_slice_text("garbage");
}

static void zeros(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    static const uint8_t ZEROS[SWT_TAR_BLOCK] = {0};
    (void)plan;
    bundle->tail = swt_slice_of(ZEROS, sizeof ZEROS);
}

static void root_twice(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    swt_plan_insert(bundle, 0, bundle->members[0]);
}

static void targets_twice(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    struct swt_forge_member *targets = swt_plan_member(bundle, SWT_FORGE_TARGETS, 0);
    swt_plan_insert(bundle, place_of(bundle, targets), *targets);
}

static void unknown_member(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    static const uint8_t FIELD_100[] = {0xa2, 0x06, 2, 'h', 'i'};
    (void)plan;
    swt_plan_insert(bundle, bundle->count, other("README", FIELD_100, sizeof FIELD_100));
}

static void root_as_timestamp(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    struct swt_slice content = bundle->members[0].content;
    uint8_t *field = swt_plan_room(plan, 1 + SWT_VARINT_MAX + content.len);
    if (bundle->format == SWT_FORMAT_TAR) {
        bundle->members[0].kind = SWT_FORGE_OTHER;
        bundle->members[0].name = swt_slice_text("timestamp_metadata");
        return;
    }
    size_t len = 1 + swt_varint_write(content.len, field + 1);
    field[0] = 1 << 3 | SWT_WIRE_BYTES;
    memcpy(field + len, content.data, content.len);
    bundle->members[0] = other("", field, len + content.len);
}

/* ---- UpdateBundle ------------------------------------------------------------------------ */

static void root_cut(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    struct swt_forge_member root = bundle->members[0];
    memmove(bundle->members, bundle->members + 1, (bundle->count - 1) * sizeof root);
    bundle->members[bundle->count - 1] = root;
    bundle->cut = 1;
}

static void delegated(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    static const uint8_t ENTRY[] = {0x1a, 9, 0x0a, 5, 'o', 't', 'h', 'e', 'r', 0x12, 0};
    (void)plan;
    swt_plan_insert(bundle, bundle->count, other("", ENTRY, sizeof ENTRY));
}

static void bundle_not_minimal(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    /* payloads: key "x", an empty value, whose length has a byte too many */
    static const uint8_t ENTRY[] = {0x22, 6, 0x0a, 1, 'x', 0x12, 0x80, 0x00};
    (void)plan;
    swt_plan_insert(bundle, bundle->count, other("", ENTRY, sizeof ENTRY));
}

static void bundle_wire_type(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    static const uint8_t ROOT[] = {5 << 3, 1};
    (void)plan;
    swt_plan_insert(bundle, 0, other("", ROOT, sizeof ROOT));
}

static void bare_root(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    bundle->members[0].kind = SWT_FORGE_OTHER;
    bundle->count = 1;
}

/* ---- tar --------------------------------------------------------------------------------- */

static void padding(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    victim(plan, bundle)->padding = 'x';
}

static void padding_of_head(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    struct swt_forge_member *root = &bundle->members[0];
    struct swt_forge_member *targets = &bundle->members[1];
    bool has_padding = targets->content.len % SWT_TAR_BLOCK != 0;
    (has_padding ? targets : root)->padding = 'x';
}

static void out_of_order(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    struct swt_forge_member *a = victim(plan, bundle);
    struct swt_forge_member *b = swt_plan_member(bundle, SWT_FORGE_PAYLOAD, plan->world->other);
    struct swt_forge_member member = *a;
    *a = *b;
    *b = member;
}

static void root_behind(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    struct swt_forge_member root = bundle->members[0];
    bundle->members[0] = bundle->members[1];
    bundle->members[1] = root;
}

static void set_header(struct swt_forge_member *member, size_t offset, const char *text) {
    member->header_offset = offset;
    member->header_text = text;
}

static void executable(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 100, "000755");
}

static void dated(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 136, "14712345670");
}

static void owned(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 265, "root");
}

static void symlink(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 156, "2/etc/passwd"); /* type and, behind it, the target */
}

static void hard_link(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 156, "1targets_metadata");
}

static void device(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 156, "3");
}

static void folder(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 156, "5");
}

static void pipe(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 156, "6");
}

static void sparse(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 156, "S");
}

static void unknown_type(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 156, "Z");
}

/* In base 256, which GNU tar and libarchive read. */
static void negative(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
}

static void gnu(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    set_header(victim(plan, bundle), 257, "ustar  ");
}

static void put_below(struct swt_fixture_plan *plan, struct swt_forge_member *member,
                      const char *folder) {
    size_t len = strlen(folder);
    uint8_t *path = swt_plan_copy(plan, swt_slice_text(folder), member->name.len);
    memcpy(path + len, member->name.data, member->name.len);
    member->kind = SWT_FORGE_OTHER;
    member->name = swt_slice_of(path, len + member->name.len);
}

static void dot_path(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    put_below(plan, victim(plan, bundle), "./targets/");
}

static void two_slashes(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    put_below(plan, victim(plan, bundle), "targets//");
}

#define SIZE_1 "10 size=1\n"
#define PATH_X "13 path=../x\n"
static void pax_before(struct swt_forge_bundle *bundle, const struct swt_forge_member *member,
                       const char *record) {
    struct swt_forge_member pax = other("PaxHeaders/app", record, strlen(record));
    set_header(&pax, 156, "x");
    swt_plan_insert(bundle, place_of(bundle, member), pax);
}

static void pax_payload(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    pax_before(bundle, victim(plan, bundle), SIZE_1);
}

static void pax_path(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    pax_before(bundle, victim(plan, bundle), PATH_X);
}

static void pax_head(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    pax_before(bundle, bundle->members, SIZE_1);
}

static void lone_block(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    bundle->end_blocks = 1;
}

static void no_end(struct swt_fixture_plan *plan, struct swt_forge_bundle *bundle) {
    (void)plan;
    bundle->end_blocks = 0;
}

/* The envelope's own fields in another order: one content has one form in a tar bundle. */
static int signatures_first(struct swt_slice metadata, const struct swt_signature *signatures,
                            size_t count, struct swt_buf *ret_bytes, struct swt_error *err) {
    int rc = swt_envelope_encode(swt_slice_of("", 0), signatures, count, ret_bytes, err);
    return rc < 0 ? rc : swt_wire_put_bytes(ret_bytes, 1, metadata, err);
}

static void envelope_order(struct swt_fixture_plan *plan) {
    plan->targets_seal.encode = signatures_first;
}

#define HEAD "container"
#define ACCEPTS .stock = SWT_STOCK_ACCEPTS
#define TAR .containers = SWT_IN_TAR
#define PIGWEED .containers = SWT_IN_PIGWEED
/* Found with the payload in tar, with the whole framing in an UpdateBundle. */
#define LATE "payloads", .pigweed_step = HEAD
#define LAST "end", .pigweed_step = HEAD

const struct swt_fixture swt_fixtures_containers[] = {
    {"head-cut", "The file ends within the targets metadata.", HEAD, .arrange = head_cut},
    {"payload-cut", "The file ends within the last payload.", LATE, .arrange = payload_cut},
    {"payload-cut-that-the-device-has",
     "The file ends within the last payload, which the device has whole.", LATE, ACCEPTS,
     .device = SWT_DEVICE, .arrange = payload_cut},
    {"garbage-at-the-end", "Bytes that mean nothing follow the bundle.", LAST, ACCEPTS,
     .arrange = garbage},
    {"zeros-at-the-end", "A block of zeros follows the bundle.", LAST, ACCEPTS, .arrange = zeros},
    {"root-twice", "The root is there twice.", HEAD, ACCEPTS, .root = true, .arrange = root_twice},
    {"targets-metadata-twice", "The targets metadata is there twice.", LATE, ACCEPTS,
     .arrange = targets_twice},
    {"unknown-member", "A member or field that no signature covers.", LATE, ACCEPTS,
     .arrange = unknown_member},
    {"root-as-timestamp", "The root is called timestamp metadata, which a device skips.", HEAD,
     ACCEPTS, .root = true, .arrange = root_as_timestamp},
    {"root-cut", "The root, as the last field, lacks its last byte.", HEAD, ACCEPTS, PIGWEED,
     .root = true, .arrange = root_cut},
    {"root-in-place-of-a-bundle", "The file is the new root, and no bundle.", HEAD, PIGWEED,
     .root = true, .arrange = bare_root},
    {"targets-metadata-delegated", "Targets metadata under another key than 'targets'.", HEAD,
     ACCEPTS, PIGWEED, .arrange = delegated},
    {"bundle-varint-not-minimal", "A length in more bytes than it needs.", HEAD, ACCEPTS, PIGWEED,
     .arrange = bundle_not_minimal},
    {"bundle-wire-type-wrong", "The root's field is a number in front of the root.", HEAD, ACCEPTS,
     PIGWEED, .root = true, .arrange = bundle_wire_type},
    {"tar-padding", "The padding behind a payload is not zero.", "payloads", TAR,
     .arrange = padding},
    {"tar-padding-of-the-head", "The padding behind the metadata is not zero.", HEAD, TAR,
     .root = true, .arrange = padding_of_head},
    {"tar-order-of-payloads", "The payloads are in another order than the metadata lists them.",
     "payloads", TAR, .arrange = out_of_order},
    {"tar-order-of-metadata", "The root comes after the targets metadata.", "payloads", TAR,
     .root = true, .arrange = root_behind},
    {"tar-order-in-an-envelope", "The signatures stand before the metadata that they are of.", HEAD,
     TAR, .plan = envelope_order},
    {"tar-mode", "A payload's mode is 0755.", "payloads", TAR, .arrange = executable},
    {"tar-time", "A payload has a modification time.", "payloads", TAR, .arrange = dated},
    {"tar-owner", "A payload has the name of an owner.", "payloads", TAR, .arrange = owned},
    {"tar-symbolic-link", "A symbolic link stands in the place of a payload.", "payloads", TAR,
     .arrange = symlink},
    {"tar-hard-link", "A hard link stands in the place of a payload.", "payloads", TAR,
     .arrange = hard_link},
    {"tar-device", "A device node stands in the place of a payload.", "payloads", TAR,
     .arrange = device},
    {"tar-folder", "A folder stands in the place of a payload.", "payloads", TAR,
     .arrange = folder},
    {"tar-pipe", "A named pipe stands in the place of a payload.", "payloads", TAR,
     .arrange = pipe},
    {"tar-sparse", "A payload is a sparse file of GNU tar.", "payloads", TAR, .arrange = sparse},
    {"tar-type-unknown", "A payload is of a type that nobody has defined.", "payloads", TAR,
     .arrange = unknown_type},
    {"tar-size-negative", "A payload's size is -1.", "payloads", TAR, .evidence = "CVE-2026-6968",
     .arrange = negative},
    {"tar-gnu-format", "A payload's header is of GNU's own format.", "payloads", TAR,
     .arrange = gnu},
    {"tar-path-with-a-dot", "A payload's path starts with ./", "payloads", TAR,
     .arrange = dot_path},
    {"tar-path-with-two-slashes", "A payload's path has two slashes where one should be.",
     "payloads", TAR, .arrange = two_slashes},
    {"tar-pax-path", "A pax header gives the next payload another path.", "payloads", TAR,
     .arrange = pax_path},
    {"tar-pax-header", "A pax header gives the next payload another size.", "payloads", TAR,
     .evidence = "CVE-2025-62518", .arrange = pax_payload},
    {"tar-pax-header-first", "A pax header gives the metadata another size.", HEAD, TAR,
     .evidence = "CVE-2025-62518", .arrange = pax_head},
    {"tar-lone-zero-block", "One zero block ends the file, two are expected.", "end", TAR,
     .arrange = lone_block},
    {"tar-without-an-end", "No zero block ends the file.", "payloads", TAR, .arrange = no_end},
    {.name = NULL},
};
