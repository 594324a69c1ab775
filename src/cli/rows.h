/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the option table: rows.c has what many commands share, rows_jobs.c the rest. Rows of
 * one name differ in what they tell: an -o KEY is not an -o BUNDLE. A command asks for its values
 * by the row that its list holds (commands.c).
 */
#ifndef SWT_CLI_ROWS_H
#define SWT_CLI_ROWS_H

#include "options.h"

/* every command */
extern const struct swt_option swt_opt_help, swt_opt_json, swt_opt_quiet, swt_opt_verbose,
    swt_opt_progress;

/* -o, --output: required ones, and the one of sign, which replaces FILE without it */
extern const struct swt_option swt_opt_output_key, swt_opt_output_root, swt_opt_output_bundle,
    swt_opt_output_signed, swt_opt_output_converted, swt_opt_output_provisioned,
    swt_opt_output_personalized, swt_opt_output_fixtures;

/* --root: goes into the bundle (build); lists who may sign (sign); is trusted (verify, extract);
 * goes into the copy (convert); goes into the device (provision) */
extern const struct swt_option swt_opt_root_of_bundle, swt_opt_root_of_signers, swt_opt_anchor,
    swt_opt_root_of_copy, swt_opt_provisioned_root;

/* --device: judged by (verify, extract); updated (apply); one of several (fleet) */
extern const struct swt_option swt_opt_device, swt_opt_updated_device, swt_opt_fleet_device;

/* what a key URI needs (key-bound) */
extern const struct swt_option swt_opt_passphrase_file, swt_opt_pin_file, swt_opt_pin_env,
    swt_opt_public_key;
/* of all keys of a command */
extern const struct swt_option swt_opt_allow_final_try;

/* keys that sign */
extern const struct swt_option swt_opt_key, swt_opt_sign_with, swt_opt_audit_log;

/* keygen; --force of keygen and extract */
extern const struct swt_option swt_opt_key_type, swt_opt_force;

/* root create, root rotate: "--version" is swt_opt_root_version */
extern const struct swt_option swt_opt_root_key, swt_opt_targets_key, swt_opt_root_threshold,
    swt_opt_targets_threshold, swt_opt_root_version, swt_opt_expires;
/* root rotate */
extern const struct swt_option swt_opt_add_root_key, swt_opt_remove_root_key,
    swt_opt_add_targets_key, swt_opt_remove_targets_key;

/* build; --format of build and convert */
extern const struct swt_option swt_opt_format, swt_opt_define, swt_opt_profile, swt_opt_dry_run,
    swt_opt_depfile;

/* sign */
extern const struct swt_option swt_opt_role, swt_opt_replace, swt_opt_export, swt_opt_request,
    swt_opt_attach, swt_opt_yes;

/* verify and extract; "--type" (bundle|root) and "--profile" of verify alone are
 * swt_opt_verify_type and swt_opt_verify_profile */
extern const struct swt_option swt_opt_self, swt_opt_device_manifest, swt_opt_time, swt_opt_strict,
    swt_opt_allow_unknown, swt_opt_verify_type, swt_opt_verify_profile;

/* verify: goes with swt_opt_define, as build and check do */
extern const struct swt_option swt_opt_against;

/* extract */
extern const struct swt_option swt_opt_directory, swt_opt_no_verify, swt_opt_decompress;

/* diff */
extern const struct swt_option swt_opt_markdown;

/* check: "--format" of its own */
extern const struct swt_option swt_opt_policy, swt_opt_expires_within, swt_opt_check_format;

/* provision: "--format" of its own */
extern const struct swt_option swt_opt_factory_bundle, swt_opt_provision_format,
    swt_opt_symbol_name;

/* fleet */
extern const struct swt_option swt_opt_fleet_bundle, swt_opt_fleet_file, swt_opt_html;

/* personalize */
extern const struct swt_option swt_opt_personalized_for;

/* fixtures: its keys are those that sign; "--format" of its own */
extern const struct swt_option swt_opt_fixture_manifest, swt_opt_fixture_root_key,
    swt_opt_fixture_targets_key, swt_opt_fixture_format;

#endif
