/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <stdint.h>

/* Order of the lists is the order of --help and of the man pages: what a command is about first,
 * then what any command takes. */
#define OPTIONS(...)                                                                               \
    (const struct swt_option *const[]) {                                                           \
        __VA_ARGS__, NULL                                                                          \
    }
#define COMMON &swt_opt_json, &swt_opt_progress, &swt_opt_quiet, &swt_opt_verbose, &swt_opt_help
#define PINS &swt_opt_passphrase_file, &swt_opt_pin_file, &swt_opt_pin_env
#define KEY_PARTS PINS, &swt_opt_public_key, &swt_opt_allow_final_try, &swt_opt_audit_log
#define ROOT_ROLES                                                                                 \
    &swt_opt_root_key, &swt_opt_targets_key, &swt_opt_root_threshold, &swt_opt_targets_threshold,  \
        &swt_opt_root_version, &swt_opt_expires
#define JUDGEMENT                                                                                  \
    &swt_opt_anchor, &swt_opt_device, &swt_opt_self, &swt_opt_device_manifest, &swt_opt_time,      \
        &swt_opt_strict, &swt_opt_allow_unknown

static const struct swt_form sign_forms[] = {
    {
        .does = "--request: a key that is named with --key signs unasked",
        .arguments = "FILE",
        .min_arguments = 1,
        .max_arguments = 1,
        .options = OPTIONS(&swt_opt_key, KEY_PARTS, &swt_opt_output_signed, &swt_opt_role,
                           &swt_opt_root_of_signers, &swt_opt_replace, COMMON),
        .required = OPTIONS(&swt_opt_key),
    },
    {
        .chosen_by = &swt_opt_export,
        .does = "writes a request and uses no key",
        .arguments = "FILE",
        .min_arguments = 1,
        .max_arguments = 1,
        .options = OPTIONS(&swt_opt_export, &swt_opt_role, &swt_opt_root_of_signers, COMMON),
        .required = OPTIONS(&swt_opt_export),
    },
    {
        .chosen_by = &swt_opt_request,
        .does = "signs a request and writes a response",
        .arguments = "",
        .options = OPTIONS(&swt_opt_request, &swt_opt_key, KEY_PARTS, &swt_opt_output_signed,
                           &swt_opt_root_of_signers, &swt_opt_yes, COMMON),
        .required = OPTIONS(&swt_opt_request, &swt_opt_key, &swt_opt_output_signed),
    },
    {
        .chosen_by = &swt_opt_attach,
        .does = "adds signatures that were made elsewhere",
        .arguments = "FILE",
        .min_arguments = 1,
        .max_arguments = 1,
        .options = OPTIONS(&swt_opt_attach, &swt_opt_output_signed, &swt_opt_role,
                           &swt_opt_root_of_signers, COMMON),
        .required = OPTIONS(&swt_opt_attach),
    },
    {.options = NULL},
};

const struct swt_command swt_commands[] = {
    {
        .name = "init",
        .summary = "make a starter project",
        .arguments = "DIR",
        .min_arguments = 1,
        .max_arguments = 1,
        .description =
            "Makes a project in the folder DIR that builds at once: a manifest that explains "
            "itself in comments, a sample image, keys for development with their root metadata, a "
            "release policy, and a .gitignore that keeps private keys out of the repository. "
            "Replaces nothing: a file that is there already is an error, and nothing is written.",
        .options = OPTIONS(&swt_opt_audit_log, COMMON),
        .run = swt_cmd_init,
    },
    {
        .name = "keygen",
        .summary = "make a key pair",
        .arguments = "",
        .description =
            "Makes a key pair: the private key as PEM at KEY, readable by its owner only, and the "
            "public key as PEM at KEY.pub. Files that exist are not replaced without --force. "
            "With a passphrase the private key is encrypted.\n\n"
            "Where KEY is a pkcs11: URI, the pair is made on the token, which the private key "
            "never leaves.",
        .options = OPTIONS(&swt_opt_output_key, &swt_opt_key_type, PINS, &swt_opt_allow_final_try,
                           &swt_opt_audit_log, &swt_opt_force, COMMON),
        .required = OPTIONS(&swt_opt_output_key),
        .run = swt_cmd_keygen,
    },
    {
        .name = "key show",
        .summary = "show type, key id and public part of keys",
        .arguments = "URI...",
        .min_arguments = 1,
        .max_arguments = SIZE_MAX,
        .arguments_are_keys = true,
        .description = "Prints the type, the key id and the public PEM of each key. URI is a path "
                       "of a private or public key, or any other key URI.",
        .options = OPTIONS(KEY_PARTS, COMMON),
        .run = swt_cmd_key_show,
    },
    {
        .name = "key list",
        .summary = "list tokens and the keys on them",
        .arguments = "[URI]",
        .max_arguments = 1,
        .default_argument = "pkcs11:",
        .arguments_are_keys = true,
        .description =
            "Lists the tokens (PKCS#11) that are present, or those that URI names, and their keys, "
            "each as a URI that can be given wherever a key is asked for.\n\n"
            "Tokens show private keys only after a login: give the PIN to see them.",
        .options = OPTIONS(PINS, &swt_opt_allow_final_try, COMMON),
        .run = swt_cmd_key_list,
    },
    {
        .name = "key check",
        .summary = "try whether a key can sign",
        .arguments = "URI",
        .min_arguments = 1,
        .max_arguments = 1,
        .arguments_are_keys = true,
        .description =
            "Signs a few bytes that mean nothing with the key and verifies the signature with its "
            "public key. Where that fails, the error names the cause.",
        .options = OPTIONS(KEY_PARTS, COMMON),
        .run = swt_cmd_key_check,
    },
    {
        .name = "root create",
        .summary = "make root metadata",
        .arguments = "",
        .description =
            "Makes new root metadata, which says which keys, and how many of them, may sign as "
            "root and as targets. The thresholds and the version are 1 unless they are given.\n\n"
            "Root metadata counts as a trust anchor once enough of its own root keys have signed "
            "it: now with --sign-with, or later with `swupdate-tool sign`.",
        .options = OPTIONS(&swt_opt_output_root, ROOT_ROLES, &swt_opt_sign_with, KEY_PARTS, COMMON),
        .required = OPTIONS(&swt_opt_output_root, &swt_opt_root_key, &swt_opt_targets_key),
        .run = swt_cmd_root_create,
    },
    {
        .name = "root rotate",
        .summary = "make the successor of root metadata",
        .arguments = "OLD",
        .min_arguments = 1,
        .max_arguments = 1,
        .description =
            "Makes the successor of the root metadata OLD, with the next version. What is not "
            "named stays as it is; an expiry must be given where OLD has one. --root-key and "
            "--targets-key replace all keys of their role.\n\n"
            "Devices accept it once enough of the old and enough of the new root keys have signed: "
            "the report tells which quorums are met and what is missing.",
        .options = OPTIONS(&swt_opt_output_root, ROOT_ROLES, &swt_opt_add_root_key,
                           &swt_opt_remove_root_key, &swt_opt_add_targets_key,
                           &swt_opt_remove_targets_key, &swt_opt_sign_with, KEY_PARTS, COMMON),
        .required = OPTIONS(&swt_opt_output_root),
        .run = swt_cmd_root_rotate,
    },
    {
        .name = "build",
        .summary = "build a bundle from a product manifest",
        .arguments = "MANIFEST",
        .min_arguments = 1,
        .max_arguments = 1,
        .files_name_keys = true,
        .description =
            "Checks the product manifest, reads and hashes each target, and packs and signs the "
            "bundle. The same inputs give the same unsigned bytes on any machine.\n\n"
            "Without a key, or with fewer keys than the threshold, the bundle is written all the "
            "same and the report says what is missing: `swupdate-tool sign` adds it.",
        .options = OPTIONS(&swt_opt_output_bundle, &swt_opt_format, &swt_opt_root_of_bundle,
                           &swt_opt_key, KEY_PARTS, &swt_opt_define, &swt_opt_profile,
                           &swt_opt_depfile, &swt_opt_dry_run, COMMON),
        .required = OPTIONS(&swt_opt_output_bundle),
        .unless = &swt_opt_dry_run,
        .run = swt_cmd_build,
    },
    {
        .name = "sign",
        .summary = "add signatures to a bundle or to root metadata",
        .forms = sign_forms,
        .arguments = "FILE",
        .max_arguments = 1,
        .description =
            "Adds signatures to a bundle or to root metadata, in place unless -o is given. The "
            "payloads of a bundle are hashed on the way: one whose payloads do not match its "
            "metadata is not signed.\n\n"
            "The keys must be listed for the role by the bundle's own root metadata, else by "
            "--root. A key that has signed already changes nothing.\n\n"
            "Where the key is on another machine: --export writes what is to be signed as a small "
            "request, --request shows it there, asks, and writes a response, and --attach adds "
            "the signatures of responses, or of signed copies, to the file.",
        .options = OPTIONS(&swt_opt_key, KEY_PARTS, &swt_opt_export, &swt_opt_request,
                           &swt_opt_attach, &swt_opt_output_signed, &swt_opt_role,
                           &swt_opt_root_of_signers, &swt_opt_replace, &swt_opt_yes, COMMON),
        .run = swt_cmd_sign,
    },
    {
        .name = "verify",
        .summary = "judge a bundle as a device would",
        .arguments = "BUNDLE",
        .min_arguments = 1,
        .max_arguments = 1,
        .description =
            "Judges a bundle as a device that trusts the anchor would, and prints each check. "
            "Give --root or --device, or --self where there is no anchor.\n\n"
            "With --against the metadata is also built again from a product manifest and its "
            "files, and what differs is named, also of a bundle that nobody has signed yet.\n\n"
            "Exits 0 when the bundle is accepted and 1 when it is rejected.",
        .options = OPTIONS(JUDGEMENT, &swt_opt_verify_type, &swt_opt_verify_profile,
                           &swt_opt_against, &swt_opt_define, COMMON),
        .run = swt_cmd_verify,
    },
    {
        .name = "dump",
        .summary = "show what is inside of a file",
        .arguments = "FILE",
        .min_arguments = 1,
        .max_arguments = 1,
        .description = "Prints what is inside of a bundle, root metadata, a device manifest or "
                       "directory, or a signing request or response. Needs no key, and verifies "
                       "nothing.",
        .options = OPTIONS(COMMON),
        .run = swt_cmd_dump,
    },
    {
        .name = "extract",
        .summary = "verify a bundle and extract its targets",
        .arguments = "FILE [NAME...]",
        .min_arguments = 1,
        .max_arguments = SIZE_MAX,
        .description =
            "Verifies the bundle and extracts its targets, or those that are named, in the same "
            "read. Nothing appears in DIR unless the bundle is accepted.\n\n"
            "Give --root or --device, or --self or --no-verify where there is no anchor. Exits 1 "
            "when the bundle is rejected.",
        .options = OPTIONS(&swt_opt_directory, JUDGEMENT, &swt_opt_no_verify, &swt_opt_decompress,
                           &swt_opt_force, COMMON),
        .required = OPTIONS(&swt_opt_directory),
        .run = swt_cmd_extract,
    },
    {
        .name = "convert",
        .summary = "put a bundle into the other container",
        .arguments = "FILE",
        .min_arguments = 1,
        .max_arguments = 1,
        .description =
            "Writes the same signed bytes in the other container. Needs no key: every signature "
            "stays good. With --root it puts root metadata into the bundle or replaces it.",
        .options =
            OPTIONS(&swt_opt_output_converted, &swt_opt_format, &swt_opt_root_of_copy, COMMON),
        .required = OPTIONS(&swt_opt_output_converted),
        .run = swt_cmd_convert,
    },
    {
        .name = "diff",
        .summary = "tell what differs between two bundles",
        .arguments = "A B",
        .min_arguments = 2,
        .max_arguments = 2,
        .description =
            "Compares two bundles, in any containers, or two files of root metadata: product and "
            "release fields, targets with their sizes and the first byte that differs, keys and "
            "thresholds, and who signed. A is the old one, B the new one.\n\n"
            "Needs no key and authenticates nothing: it tells what the files say of themselves. "
            "Exits 0 when they do not differ and 1 when they do.",
        .options = OPTIONS(&swt_opt_markdown, &swt_opt_allow_unknown, COMMON),
        .run = swt_cmd_diff,
    },
    {
        .name = "provision",
        .summary = "make what a device is given at the factory",
        .arguments = "",
        .description =
            "Writes the trust anchor of a device: as a device directory, which stands for a whole "
            "device, as the bytes that its storage holds, or as a C header for its bootloader. A "
            "root that breaks a rule, that its own quorum did not sign or that has expired is "
            "refused.\n\n"
            "With --bundle the device also holds the targets of a factory image and its manifest. "
            "The image is judged by the anchor: when it is rejected, nothing is written and the "
            "exit status is 1.",
        .options =
            OPTIONS(&swt_opt_provisioned_root, &swt_opt_factory_bundle, &swt_opt_output_provisioned,
                    &swt_opt_provision_format, &swt_opt_symbol_name, COMMON),
        .required = OPTIONS(&swt_opt_provisioned_root, &swt_opt_output_provisioned,
                            &swt_opt_provision_format),
        .run = swt_cmd_provision,
    },
    {
        .name = "apply",
        .summary = "install a bundle on a simulated device",
        .arguments = "BUNDLE",
        .min_arguments = 1,
        .max_arguments = 1,
        .description =
            "Does with a device directory what a device does with a bundle: judges it, persists a "
            "rotated root before the targets are judged, installs the targets and records the "
            "manifest. Prints each check, as verify does.\n\n"
            "Whatever stops it, the directory is as it was, or has the new root and floor, or is "
            "that of the new bundle. Exits 0 when the bundle is accepted and 1 when it is "
            "rejected.",
        .options = OPTIONS(&swt_opt_updated_device, &swt_opt_time, &swt_opt_strict,
                           &swt_opt_allow_unknown, COMMON),
        .required = OPTIONS(&swt_opt_updated_device),
        .run = swt_cmd_apply,
    },
    {
        .name = "fleet",
        .summary = "tell which devices of a fleet accept which bundles",
        .arguments = "",
        .description =
            "Judges each bundle by each state that devices are in: whether they accept it at once, "
            "after other bundles, or not, and why. For states that no bundle serves it tells which "
            "signature, root or version would.\n\n"
            "The states come from device directories, or from a file that lists roots with floors "
            "and how many devices have them. Exits 0 whatever the table says.",
        .options =
            OPTIONS(&swt_opt_fleet_bundle, &swt_opt_fleet_device, &swt_opt_fleet_file,
                    &swt_opt_html, &swt_opt_time, &swt_opt_strict, &swt_opt_allow_unknown, COMMON),
        .required = OPTIONS(&swt_opt_fleet_bundle),
        .run = swt_cmd_fleet,
    },
    {
        .name = "personalize",
        .summary = "leave out of a bundle what a device has",
        .arguments = "BUNDLE",
        .min_arguments = 1,
        .max_arguments = 1,
        .description =
            "Writes the bundle without the payloads that the device manifest records with the same "
            "name, length and SHA-256. Needs no key: metadata and signatures stay as they are, and "
            "so does user_manifest. The device accepts the smaller bundle, no other device does.",
        .options = OPTIONS(&swt_opt_personalized_for, &swt_opt_output_personalized, COMMON),
        .required = OPTIONS(&swt_opt_personalized_for, &swt_opt_output_personalized),
        .run = swt_cmd_personalize,
    },
    {
        .name = "fixtures",
        .summary = "make good and bad bundles to test a device's verifier with",
        .arguments = "",
        .description =
            "Writes good bundles, and bad ones that are each named for their one fault, in both "
            "containers, with the anchors and device manifests that they are judged with. "
            "fixtures.json says of each what a sound device answers and which step of "
            "swupdate-trust(7) refuses it.\n\n"
            "The keys are test keys, fresh ones unless two are given: no device outside of a test "
            "may trust them.",
        .options = OPTIONS(&swt_opt_output_fixtures, &swt_opt_fixture_manifest, &swt_opt_define,
                           &swt_opt_fixture_root_key, &swt_opt_fixture_targets_key, KEY_PARTS,
                           &swt_opt_fixture_format, COMMON),
        .required = OPTIONS(&swt_opt_output_fixtures),
        .run = swt_cmd_fixtures,
    },
    {
        .name = "check",
        .summary = "find what is wrong with manifests, bundles, root metadata and audit logs",
        .arguments = "FILE...",
        .min_arguments = 1,
        .max_arguments = SIZE_MAX,
        .description =
            "Checks each file by itself, without an anchor: product manifests, for all that build "
            "would refuse; bundles and root metadata, for what every device refuses, and for what "
            "stock Pigweed devices make of them; and audit logs of signatures. Says nothing of who "
            "signed: `swupdate-tool verify` does.\n\n"
            "--policy holds them against the rules of a release policy as well, --expires-within "
            "finds what soon expires.\n\n"
            "Root metadata of several versions, in files of its own or in bundles, is compared: a "
            "rotation that stock devices stumble over is told.\n\n"
            "Exits 0 when all files are sound, with or without warnings, and 1 when one is not.",
        .options = OPTIONS(&swt_opt_define, &swt_opt_policy, &swt_opt_expires_within,
                           &swt_opt_check_format, COMMON),
        .run = swt_cmd_check,
    },
    {.name = NULL},
};
