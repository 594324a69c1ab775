/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#define KEY_TYPES "ecdsa-p256|ed25519|rsa-3072|rsa-4096"

/* ---- every command ----------------------------------------------------------------------- */

const struct swt_option swt_opt_help = {
    .name = "help", .short_name = 'h', .help = "print this help and exit"};
const struct swt_option swt_opt_json = {.name = "json",
                                        .help = "print the result, and any error, as JSON"};
const struct swt_option swt_opt_quiet = {
    .name = "quiet",
    .short_name = 'q',
    .help = "no report when all went well; standard error and rejections stay"};
const struct swt_option swt_opt_verbose = {
    .name = "verbose",
    .short_name = 'v',
    .help = "whole hashes in dump, what each step expected in verify"};
const struct swt_option swt_opt_progress = {
    .name = "progress",
    .argument = "auto|always|never",
    .help = "auto: on a terminal, a line on standard error while work takes long; always: lines of "
            "JSON there (default: auto)",
    .complete = SWT_COMPLETE_WORDS};

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
    .help = "write to OUT: a folder for device-dir, new or empty, else a file",
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
    .help = "write the fixtures into the folder DIR, which is new or empty",
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
