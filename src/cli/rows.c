/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#define KEY_TYPES "ecdsa-p256|ed25519|rsa-3072|rsa-4096"
#define FORMATS "tar|pigweed"

/* ---- every command ----------------------------------------------------------------------- */

const struct swt_option swt_opt_help = {
    .name = "help", .short_name = 'h', .help = "print this help and exit"};
const struct swt_option swt_opt_json = {.name = "json",
                                        .help = "print the result, and any error, as JSON"};
const struct swt_option swt_opt_quiet = {
    .name = "quiet",
    .short_name = 'q',
    .help = "no report when all went well; warnings, errors and rejections stay"};
const struct swt_option swt_opt_verbose = {
    .name = "verbose",
    .short_name = 'v',
    .help = "whole hashes in dump, what each step expected in verify"};

/* ---- outputs ----------------------------------------------------------------------------- */

const struct swt_option swt_opt_output_key = {
    .name = "output",
    .short_name = 'o',
    .argument = "KEY",
    .help = "write the private key to KEY and the public key to KEY.pub; "
            "pkcs11:token=T;object=L makes the key on the token T, with the label L",
    .complete = SWT_COMPLETE_FILE,
    .is_key = true};
const struct swt_option swt_opt_output_root = {.name = "output",
                                               .short_name = 'o',
                                               .argument = "ROOT",
                                               .help = "write the root metadata to ROOT",
                                               .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_output_bundle = {
    .name = "output",
    .short_name = 'o',
    .argument = "BUNDLE",
    .help = "write the bundle to BUNDLE (-: standard output)",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_output_signed = {
    .name = "output",
    .short_name = 'o',
    .argument = "OUT",
    .help = "write the signed copy to OUT and leave FILE as it is; with --request: write the "
            "response to OUT",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_output_converted = {
    .name = "output",
    .short_name = 'o',
    .argument = "OUT",
    .help = "write the converted bundle to OUT (-: standard output)",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_output_provisioned = {
    .name = "output",
    .short_name = 'o',
    .argument = "OUT",
    .help = "write to OUT: a folder for device-dir, which must not exist, else a file",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_output_personalized = {
    .name = "output",
    .short_name = 'o',
    .argument = "OUT",
    .help = "write the smaller bundle to OUT (-: standard output)",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_output_fixtures = {
    .name = "output",
    .short_name = 'o',
    .argument = "DIR",
    .help = "write the fixtures into the folder DIR, which must not exist",
    .complete = SWT_COMPLETE_DIRECTORY};
const struct swt_option swt_opt_directory = {.name = "directory",
                                             .short_name = 'C',
                                             .argument = "DIR",
                                             .help = "write each target to DIR/NAME",
                                             .complete = SWT_COMPLETE_DIRECTORY};
const struct swt_option swt_opt_force = {.name = "force",
                                         .help = "replace files that exist already"};

/* ---- keys -------------------------------------------------------------------------------- */

const struct swt_option swt_opt_key_type = {.name = "type",
                                            .argument = KEY_TYPES,
                                            .help = "the type of the key (default: ecdsa-p256)",
                                            .complete = SWT_COMPLETE_WORDS};
const struct swt_option swt_opt_key = {
    .name = "key",
    .argument = "URI",
    .help = "sign with this key: a path, or another key URI; once for each key",
    .complete = SWT_COMPLETE_FILE,
    .repeatable = true,
    .is_key = true};
const struct swt_option swt_opt_sign_with = {
    .name = "sign-with",
    .argument = "URI",
    .help = "sign the root metadata with this key; once for each key",
    .complete = SWT_COMPLETE_FILE,
    .repeatable = true,
    .is_key = true};
const struct swt_option swt_opt_passphrase_file = {
    .name = "passphrase-file",
    .argument = "FILE",
    .help = "the key's passphrase is the first line of FILE, or of descriptor N when FILE is fd:N",
    .complete = SWT_COMPLETE_FILE,
    .repeatable = true,
    .key_part = SWT_KEY_PART_PASSPHRASE_FILE};
const struct swt_option swt_opt_pin_file = {.name = "pin-file",
                                            .argument = "FILE",
                                            .help =
                                                "the same as --passphrase-file, as tokens call it",
                                            .complete = SWT_COMPLETE_FILE,
                                            .repeatable = true,
                                            .key_part = SWT_KEY_PART_PASSPHRASE_FILE};
const struct swt_option swt_opt_pin_env = {
    .name = "pin-env",
    .argument = "NAME",
    .help = "the key's PIN or passphrase is in the environment variable NAME, "
            "which is removed once it was read",
    .complete = SWT_COMPLETE_VARIABLE,
    .repeatable = true,
    .key_part = SWT_KEY_PART_PASSPHRASE_ENV};
const struct swt_option swt_opt_public_key = {
    .name = "public-key",
    .argument = "PUB",
    .help = "the public part of a key whose store does not have it",
    .complete = SWT_COMPLETE_FILE,
    .repeatable = true,
    .key_part = SWT_KEY_PART_PUBLIC_KEY};

const struct swt_option swt_opt_allow_final_try = {
    .name = "allow-final-try",
    .help = "give the PIN to a token that would be locked by one more wrong PIN"};

const struct swt_option swt_opt_audit_log = {
    .name = "audit-log",
    .argument = "FILE",
    .help = "append what is signed to FILE, before a key is used and after it; "
            "nothing is signed when that fails (default: SWUPDATE_TOOL_AUDIT_LOG)",
    .complete = SWT_COMPLETE_FILE};

/* ---- root metadata ----------------------------------------------------------------------- */

const struct swt_option swt_opt_root_key = {
    .name = "root-key",
    .argument = "PUB",
    .help = "a key that may sign as root: a public PEM or any key URI; once for each key",
    .complete = SWT_COMPLETE_FILE,
    .repeatable = true,
    .is_key = true};
const struct swt_option swt_opt_targets_key = {
    .name = "targets-key",
    .argument = "PUB",
    .help = "a key that may sign as targets: a public PEM or any key URI; once for each key",
    .complete = SWT_COMPLETE_FILE,
    .repeatable = true,
    .is_key = true};
const struct swt_option swt_opt_root_threshold = {
    .name = "root-threshold",
    .argument = "N",
    .help = "how many distinct keys must have signed as root"};
const struct swt_option swt_opt_targets_threshold = {
    .name = "targets-threshold",
    .argument = "N",
    .help = "how many distinct keys must have signed as targets"};
const struct swt_option swt_opt_root_version = {
    .name = "version", .argument = "N", .help = "the version of the root metadata"};
const struct swt_option swt_opt_expires = {
    .name = "expires",
    .argument = "T",
    .help = "when the root metadata expires: a UTC time (2027-11-23T00:00:00Z), "
            "a date (its last second) or a span from now (90d, 1y)"};
const struct swt_option swt_opt_add_root_key = {.name = "add-root-key",
                                                .argument = "PUB",
                                                .help = "add a key to those that may sign as root",
                                                .complete = SWT_COMPLETE_FILE,
                                                .repeatable = true,
                                                .is_key = true};
const struct swt_option swt_opt_remove_root_key = {
    .name = "remove-root-key",
    .argument = "KEYID",
    .help = "remove a key from those that may sign as root: its key id, "
            "or the first digits of it (8 at least)",
    .repeatable = true};
const struct swt_option swt_opt_add_targets_key = {
    .name = "add-targets-key",
    .argument = "PUB",
    .help = "add a key to those that may sign as targets",
    .complete = SWT_COMPLETE_FILE,
    .repeatable = true,
    .is_key = true};
const struct swt_option swt_opt_remove_targets_key = {
    .name = "remove-targets-key",
    .argument = "KEYID",
    .help = "remove a key from those that may sign as targets: its key id, "
            "or the first digits of it (8 at least)",
    .repeatable = true};

/* ---- what --root is to each command ------------------------------------------------------ */

const struct swt_option swt_opt_root_of_bundle = {
    .name = "root",
    .argument = "ROOT",
    .help = "put this root metadata into the bundle; the keys must be listed by it",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_root_of_signers = {
    .name = "root",
    .argument = "ROOT",
    .help = "the keys that may sign are those of ROOT, where FILE is a bundle without a root; "
            "for root metadata: the old root, whose keys may sign too; with --request: the trust "
            "anchor that must agree with REQUEST on who may sign",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_anchor = {
    .name = "root",
    .argument = "ANCHOR",
    .help = "the trust anchor: signed root metadata, or another bundle that holds it",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_root_of_copy = {
    .name = "root",
    .argument = "ROOT",
    .help = "put this root metadata into the bundle, or in the place of its own",
    .complete = SWT_COMPLETE_FILE};
const struct swt_option swt_opt_provisioned_root = {
    .name = "root",
    .argument = "ANCHOR",
    .help = "the root metadata that the device shall trust, or a bundle that holds it",
    .complete = SWT_COMPLETE_FILE};

/* ---- what --device is to each command ---------------------------------------------------- */

const struct swt_option swt_opt_device = {
    .name = "device",
    .argument = "DIR",
    .help = "judge by the root, floor and device manifest of this device directory, which stays "
            "as it is",
    .complete = SWT_COMPLETE_DIRECTORY};
const struct swt_option swt_opt_updated_device = {
    .name = "device",
    .argument = "DIR",
    .help = "the device directory that is judged by and updated",
    .complete = SWT_COMPLETE_DIRECTORY};
const struct swt_option swt_opt_fleet_device = {
    .name = "device",
    .argument = "DIR",
    .help = "a device directory whose state is one of the fleet's; once for each",
    .complete = SWT_COMPLETE_DIRECTORY,
    .repeatable = true};

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
