/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/*
 * Every key that a product manifest may have, as swupdate-manifest(5) lists them. A new key is a
 * row here and a member of its struct.
 */

#define IN_MANIFEST(member_) offsetof(struct swt_manifest, member_)
#define IN_TARGET(member_) offsetof(struct swt_manifest_target, member_)

static const struct swt_field product_fields[] = {
    {.key = "name",
     .kind = SWT_FIELD_TEXT,
     .required = true,
     .offset = IN_MANIFEST(name),
     .help = "what the product is called"},
    {.key = "vendor",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_MANIFEST(vendor),
     .help = "who makes it"},
    {.key = "compatible",
     .kind = SWT_FIELD_TEXT_LIST,
     .offset = IN_MANIFEST(compatible),
     .help = "the hardware that the release is for"},
};
static const struct swt_field_map product_map = {
    .name = "product", .fields = product_fields, .count = SWT_COUNT(product_fields)};

static const struct swt_field release_fields[] = {
    {.key = "version",
     .kind = SWT_FIELD_TEXT,
     .required = true,
     .offset = IN_MANIFEST(version),
     .help = "the version that people read"},
    {.key = "metadata_version",
     .kind = SWT_FIELD_NUMBER,
     .required = true,
     .offset = IN_MANIFEST(metadata_version),
     .min = 1,
     .max = UINT32_MAX,
     .help = "the number that a device compares, so that no older release is installed"},
    {.key = "expires",
     .kind = SWT_FIELD_TIME,
     .offset = IN_MANIFEST(expires),
     .offset2 = IN_MANIFEST(expires_time),
     .help = "from when on devices refuse the release"},
    {.key = "channel",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_MANIFEST(channel),
     .help = "for whom the release is meant, as in stable or beta"},
    {.key = "notes",
     .kind = SWT_FIELD_PATH,
     .offset = IN_MANIFEST(notes),
     .no_uri = "release notes are a file",
     .help = "a file that tells what is new; it becomes the target release_notes"},
    {.key = "vcs",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_MANIFEST(vcs),
     .help = "the revision that the release was built from"},
};
static const struct swt_field_map release_map = {
    .name = "release", .fields = release_fields, .count = SWT_COUNT(release_fields)};

static const struct swt_field requires_fields[] = {
    {.key = "min_version",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_MANIFEST(min_version),
     .help = "the lowest version that a device must have before it takes the release"},
};
static const struct swt_field_map requires_map = {
    .name = "requires", .fields = requires_fields, .count = SWT_COUNT(requires_fields)};

static const char *const compressions[] = {"none", "gzip", "xz", "zstd", NULL};

static const struct swt_field target_fields[] = {
    {.key = "name",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_TARGET(name),
     .help = "the name in the bundle; without it, the base name of the file. With files, {name} in "
             "it is the base name of each, {stem} the same without its last extension"},
    {.key = "file",
     .kind = SWT_FIELD_PATH,
     .offset = IN_TARGET(file),
     .no_uri = "a target is a file",
     .help = "the payload"},
    {.key = "files",
     .kind = SWT_FIELD_PATH,
     .offset = IN_TARGET(files),
     .no_uri = "targets are files",
     .help = "a pattern, as in out/*.bin: each file that it matches is a target"},
    {.key = "type",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_TARGET(type),
     .help = "what kind of payload it is, as in raw"},
    {.key = "slot",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_TARGET(slot),
     .help = "where in the device it goes"},
    {.key = "version",
     .kind = SWT_FIELD_TEXT,
     .offset = IN_TARGET(version),
     .help = "the payload's own version"},
    {.key = "compression",
     .kind = SWT_FIELD_CHOICE,
     .offset = IN_TARGET(compression),
     .choices = compressions,
     .help = "how the payload is compressed in the bundle"},
    {.key = "compatible",
     .kind = SWT_FIELD_TEXT_LIST,
     .offset = IN_TARGET(compatible),
     .help = "the hardware that the payload is for"},
    {.key = "max_size",
     .kind = SWT_FIELD_SIZE,
     .offset = IN_TARGET(max_size),
     .min = 1,
     .max = UINT64_MAX,
     .help = "the most bytes that the payload may have"},
    {.key = "sha256",
     .kind = SWT_FIELD_SHA256,
     .offset = IN_TARGET(sha256),
     .goes_with = "file",
     .why = "a pin is of one file",
     .help = "the SHA-256 that the payload must have"},
    {.key = "meta",
     .kind = SWT_FIELD_FREE_MAP,
     .offset = IN_TARGET(meta),
     .help = "anything; signed, never interpreted"},
};
static const struct swt_field_map target_map = {.name = "targets",
                                                .fields = target_fields,
                                                .count = SWT_COUNT(target_fields),
                                                .either_of = {"file", "files"},
                                                .size = sizeof(struct swt_manifest_target),
                                                .node_offset = IN_TARGET(node)};

static const char *const sbom_formats[] = {"cyclonedx", "spdx", NULL};

static const struct swt_field sbom_fields[] = {
    {.key = "file",
     .kind = SWT_FIELD_PATH,
     .required = true,
     .offset = IN_MANIFEST(sbom),
     .no_uri = "an SBOM is a file",
     .help = "the bill of materials, in JSON; it becomes a target of its base name"},
    {.key = "format",
     .kind = SWT_FIELD_CHOICE,
     .offset = IN_MANIFEST(sbom_format),
     .choices = sbom_formats,
     .help = "which form it has"},
};
static const struct swt_field_map sbom_map = {
    .name = "sbom", .fields = sbom_fields, .count = SWT_COUNT(sbom_fields)};

static const char *const formats[] = {"tar", "pigweed", NULL};
static const char *const profiles[] = {"generic", "pigweed", NULL};

static const struct swt_field bundle_fields[] = {
    {.key = "format",
     .kind = SWT_FIELD_CHOICE,
     .offset = IN_MANIFEST(format),
     .choices = formats,
     .help = "the container of the bundle"},
    {.key = "profile",
     .kind = SWT_FIELD_CHOICE,
     .offset = IN_MANIFEST(profile),
     .choices = profiles,
     .help = "the kind of device whose limits hold"},
    {.key = "max_size",
     .kind = SWT_FIELD_SIZE,
     .offset = IN_MANIFEST(max_size),
     .min = 1,
     .max = UINT64_MAX,
     .help = "the most bytes that the bundle may have"},
    {.key = "user_manifest",
     .kind = SWT_FIELD_BOOL,
     .offset = IN_MANIFEST(user_manifest),
     .help = "whether the bundle carries the generated target user_manifest"},
};
static const struct swt_field_map bundle_map = {
    .name = "bundle", .fields = bundle_fields, .count = SWT_COUNT(bundle_fields)};

static const struct swt_field signing_fields[] = {
    {.key = "root",
     .kind = SWT_FIELD_PATH,
     .offset = IN_MANIFEST(root_path),
     .no_uri = "a manifest names no signer: give --root",
     .help = "the signed root metadata that goes into the bundle"},
    {.key = "keys",
     .kind = SWT_FIELD_PATH_LIST,
     .offset = IN_MANIFEST(key_paths),
     .no_uri = "a manifest names no signer: give --key",
     .help = "the key files that sign the bundle"},
};
static const struct swt_field_map signing_map = {
    .name = "signing", .fields = signing_fields, .count = SWT_COUNT(signing_fields)};

static const struct swt_field root_fields[] = {
    {.key = "schema",
     .kind = SWT_FIELD_SCHEMA,
     .required = true,
     .min = 1,
     .max = 1,
     .help = "the version of this format: 1"},
    {.key = "product",
     .kind = SWT_FIELD_MAP,
     .required = true,
     .map = &product_map,
     .help = "what the release is for"},
    {.key = "release",
     .kind = SWT_FIELD_MAP,
     .required = true,
     .map = &release_map,
     .help = "which release it is"},
    {.key = "requires",
     .kind = SWT_FIELD_MAP,
     .map = &requires_map,
     .help = "what a device must have before it takes the release"},
    {.key = "vars", .kind = SWT_FIELD_VARIABLES, .help = "values of variables that no -D gives"},
    {.key = "include",
     .kind = SWT_FIELD_INCLUDE,
     .max = SWT_MANIFEST_MAX_FILES,
     .no_uri = "an include is a file",
     .help = "other manifests that this one adds to: what they say holds unless it is said here"},
    {.key = "targets",
     .kind = SWT_FIELD_MAP_LIST,
     .required = true,
     .offset = IN_MANIFEST(targets),
     .offset2 = IN_MANIFEST(target_count),
     .min = 1,
     .map = &target_map,
     .help = "the payloads, in the order of the bundle"},
    {.key = "sbom",
     .kind = SWT_FIELD_MAP,
     .map = &sbom_map,
     .help = "the software bill of materials of the release"},
    {.key = "bundle",
     .kind = SWT_FIELD_MAP,
     .map = &bundle_map,
     .help = "how the bundle is written"},
    {.key = "signing",
     .kind = SWT_FIELD_MAP,
     .map = &signing_map,
     .help = "what the bundle is signed with"},
    {.key = "meta",
     .kind = SWT_FIELD_FREE_MAP,
     .offset = IN_MANIFEST(meta),
     .help = "anything; signed, never interpreted"},
};
const struct swt_field_map swt_manifest_fields = {
    .name = "", .fields = root_fields, .count = SWT_COUNT(root_fields)};
