/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of what each job is about; rows.c has those that many commands share. */
#include "rows.h"

#define FORMATS "tar|pigweed"

/* ---- build, convert, sign ---------------------------------------------------------------- */

const struct swt_option swt_opt_format = {
    .name = "format",
    .argument = FORMATS,
    .help = "the container (default: by the name of the output: .pb is pigweed, "
            ".swb and .tar are tar)",
    .complete = SWT_COMPLETE_WORDS};
const struct swt_option swt_opt_define = {
    .name = "define",
    .short_name = 'D',
    .argument = "NAME[=VALUE]",
    .help = "set ${NAME} in the manifest; =@FILE takes the first line of FILE, "
            "NAME alone the environment variable of that name",
    .repeatable = true};
const struct swt_option swt_opt_profile = {.name = "profile",
                                           .argument = "generic|pigweed",
                                           .help = "keep to the limits of this kind of device",
                                           .complete = SWT_COMPLETE_WORDS};
const struct swt_option swt_opt_dry_run = {
    .name = "dry-run", .help = "check, read and hash, but use no key and write nothing"};
const struct swt_option swt_opt_depfile = {
    .name = "depfile",
    .argument = "FILE",
    .help = "write to FILE, as a rule of make and ninja, which files the bundle is made of",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_role = {
    .name = "role",
    .argument = "root|targets",
    .help = "what to sign (default: what FILE is, targets for a bundle); "
            "root signs the root metadata inside of a bundle",
    .complete = SWT_COMPLETE_WORDS};
const struct swt_option swt_opt_replace = {.name = "replace",
                                           .help = "sign anew where the key has signed already"};
const struct swt_option swt_opt_export = {
    .name = "export",
    .argument = "REQUEST",
    .help = "write what is to be signed to REQUEST, to be signed on another machine",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_request = {
    .name = "request",
    .argument = "REQUEST",
    .help = "sign what REQUEST holds, once it was shown and the question answered",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_attach = {
    .name = "attach",
    .argument = "RESPONSE",
    .help = "add the signatures of RESPONSE, or of another bundle or root metadata with the same "
            "signed bytes; once for each file",
    .complete = SWT_COMPLETE_FILE,
    .repeatable = true};
const struct swt_option swt_opt_yes = {.name = "yes", .help = "sign without a question"};

/* ---- verify, extract --------------------------------------------------------------------- */

const struct swt_option swt_opt_self = {
    .name = "self",
    .help = "take the bundle's own root metadata as the anchor: tells whether the bundle is "
            "consistent, not whom it comes from"};
const struct swt_option swt_opt_device_manifest = {
    .name = "device-manifest",
    .argument = "M",
    .help = "what the device recorded of the last bundle; its targets version is the floor",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_time = {
    .name = "time",
    .argument = "T",
    .help = "judge expiry at this UTC time (2027-11-23T00:00:00Z) or date (its last second); "
            "default: now"};
const struct swt_option swt_opt_strict = {.name = "strict",
                                          .help = "reject what is otherwise only a warning"};
const struct swt_option swt_opt_allow_unknown = {
    .name = "allow-unknown", .help = "only warn of unknown fields outside of the signed metadata"};
const struct swt_option swt_opt_verify_type = {
    .name = "type",
    .argument = "bundle|root",
    .help = "what the file is; root judges root metadata against the anchor (default: bundle)",
    .complete = SWT_COMPLETE_WORDS};
const struct swt_option swt_opt_no_verify = {
    .name = "no-verify",
    .help = "extract without a trust anchor; hashes and names are checked, signatures are not"};
const struct swt_option swt_opt_verify_profile = {
    .name = "profile",
    .argument = "generic|pigweed",
    .help = "pigweed: tell also at which step a stock Pigweed device would decide otherwise",
    .complete = SWT_COMPLETE_WORDS};

const struct swt_option swt_opt_against = {
    .name = "against",
    .argument = "MANIFEST",
    .help = "build the metadata again from this product manifest and its files, and name each "
            "target or field that differs",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_decompress = {
    .name = "decompress",
    .help = "write the original of each target that user_manifest says is compressed"};

/* ---- diff, check ------------------------------------------------------------------------- */

const struct swt_option swt_opt_markdown = {
    .name = "markdown", .help = "print the result as Markdown, to paste into a release request"};
const struct swt_option swt_opt_policy = {
    .name = "policy",
    .argument = "POLICY",
    .help = "hold the files also against this release policy (swupdate-policy(5))",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_expires_within = {
    .name = "expires-within",
    .argument = "SPAN",
    .help = "find what expires in less than this (30d, 1y) from now"};
const struct swt_option swt_opt_check_format = {
    .name = "format",
    .argument = "text|sarif",
    .help = "sarif: print the findings as SARIF 2.1.0, for code-scanning pages (default: text)",
    .complete = SWT_COMPLETE_WORDS};

/* ---- provision, fleet, personalize, fixtures --------------------------------------------- */

const struct swt_option swt_opt_factory_bundle = {
    .name = "bundle",
    .argument = "BUNDLE",
    .help = "the factory image: its targets are installed, and its targets version is the floor",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_provision_format = {
    .name = "format",
    .argument = "device-dir|raw|c-header",
    .help = "a device directory; the bytes of the signed root metadata; or these as a C header",
    .complete = SWT_COMPLETE_WORDS};
const struct swt_option swt_opt_symbol_name = {
    .name = "name",
    .argument = "NAME",
    .help = "what the names in the C header start with (default: trust_anchor)"};
const struct swt_option swt_opt_fleet_bundle = {
    .name = "bundle",
    .argument = "BUNDLE",
    .help = "a bundle that devices may be given; once for each, in the order of the columns",
    .complete = SWT_COMPLETE_FILE,
    .repeatable = true};
const struct swt_option swt_opt_fleet_file = {
    .name = "fleet",
    .argument = "FILE",
    .help = "the states of the fleet, with the number of devices in each (YAML)",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_html = {
    .name = "html",
    .argument = "FILE",
    .help = "write the table as an HTML page that needs no other file, too",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_personalized_for = {
    .name = "device-manifest",
    .argument = "M",
    .help = "what the device recorded of the last bundle",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_fixture_manifest = {
    .name = "manifest",
    .argument = "MANIFEST",
    .help = "the product whose bundles are written (default: a small one that is made up)",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_fixture_root_key = {
    .name = "root-key",
    .argument = "URI",
    .help = "the key that signs as root (default: a fresh one)",
    .complete = SWT_COMPLETE_FILE,
    .is_key = true};
const struct swt_option swt_opt_fixture_targets_key = {
    .name = "targets-key",
    .argument = "URI",
    .help = "the key that signs as targets (default: a fresh one)",
    .complete = SWT_COMPLETE_FILE,
    .is_key = true};
const struct swt_option swt_opt_fixture_format = {
    .name = "format",
    .argument = "files|c-header",
    .help = "files (default), or beside them fixtures.h with each as a byte array",
    .complete = SWT_COMPLETE_WORDS};
