/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline: the jobs, each the stages of the lower layers in order. The only layer that knows the
 * whole way from manifest to container. Nothing here prints or asks.
 *
 * What a job has to tell is a JSON document: cli prints it, or renders its text from it, so that
 * text and JSON can't say different things. The caller owns it (json_decref). Warnings that do not
 * belong to the answer go to notices.
 */
#ifndef SWT_PIPELINE_H
#define SWT_PIPELINE_H

#include "swt/base.h"
#include "swt/io.h"        /* swt_io_setup, swt_interrupted, swt_fd_tell */
#include "swt/signature.h" /* struct swt_key_source, struct swt_keyring: what cli hands down */

#include <jansson.h>

/*
 * A member of a document that may have thousands of items, each an object, can be a long list: it
 * keeps the items as texts, since as trees those of 10,000 targets would take 7 MiB. cli prints it
 * as the array that the schemas know. To the functions that read one an array is one, too.
 */
bool swt_long_list_is(const json_t *value);
size_t swt_long_list_size(const json_t *list);
/* {.list = list} stands before the first item. */
struct swt_long_list_place {
    const json_t *list;
    size_t text;   /* that holds the next item, or the item itself */
    size_t offset; /* in the text */
};
/* The next item; false after the last. *ret_item is to be freed by json_decref; NULL: lack of
 * memory. */
bool swt_long_list_next(struct swt_long_list_place *place, json_t **ret_item);

struct swt_key_sources {
    const struct swt_key_source *items;
    size_t count;
};

/* ---- keys.c: keygen, key show, key check ------------------------------------------------- */

/*
 * A new pair. key is a path: private PEM there (0600, exclusive unless force), public PEM at
 * path.pub; with a passphrase source (file, or variable) the private PEM is encrypted. Document:
 * type, key_id, private, public (paths), encrypted. Or key is a pkcs11: URI, and the pair is made
 * on the token. Document: uri, type, key_id, pem.
 */
struct swt_keygen_options {
    const struct swt_key_source *key;
    const char *type; /* NULL: ecdsa-p256 */
    struct swt_keyring *keyring;
    bool force; /* of files only: SWT_E_USAGE for a token */
};
int swt_keygen(const struct swt_keygen_options *options, json_t **ret_document,
               struct swt_error *err) SWT_CHECKED;
/* Document: keys, each uri, type, key_id, pem. */
int swt_key_show(const struct swt_key_sources *keys, struct swt_keyring *keyring,
                 json_t **ret_document, struct swt_error *err) SWT_CHECKED;
/* A trial signature, verified; any error names what keeps the key from signing. Document: uri,
 * type, key_id. */
int swt_key_trial(const struct swt_key_source *key, struct swt_keyring *keyring,
                  struct swt_notices *notices, json_t **ret_document,
                  struct swt_error *err) SWT_CHECKED;

/* ---- tokens.c: key list ------------------------------------------------------------------ */

/*
 * The tokens that the pkcs11: URI of tokens names, and their keys. Document: tokens, each uri,
 * label, manufacturer, model, serial, module, pin ("ready", "count-low", "final-try", "locked"),
 * pin_pad, logged_in (private keys are listed), keys; each key uri, label, private, public,
 * certificate (whether they were seen), and type and key_id where its public part could be read.
 */
int swt_key_list(const struct swt_key_source *tokens, struct swt_keyring *keyring,
                 json_t **ret_document, struct swt_error *err) SWT_CHECKED;

/* ---- root.c: root create, root rotate ---------------------------------------------------- */

struct swt_root_options {
    const char *old_path; /* rotate: the root to rotate, or a bundle that holds it; NULL: create */
    const char *output;
    struct swt_key_sources root_keys, targets_keys;         /* the whole role; none: as it was */
    struct swt_key_sources add_root_keys, add_targets_keys; /* rotate only */
    const char *const *remove_root_keys; /* key ids in hex, at least 8 digits that name one key */
    size_t remove_root_key_count;
    const char *const *remove_targets_keys;
    size_t remove_targets_key_count;
    uint32_t root_threshold, targets_threshold; /* 0: as it was; 1 for a new root */
    uint32_t version;                           /* 0: 1, or the old one plus 1 */
    const char *expires;                        /* a T or a span; NULL: none */
    struct swt_key_sources sign_with;
    struct swt_keyring *keyring;
};
/* Document: file, version, expires, keys, quorums (of: "old" / "new", threshold, signed, missing,
 * met). */
int swt_root_make(const struct swt_root_options *options, struct swt_notices *notices,
                  json_t **ret_document, struct swt_error *err) SWT_CHECKED;

/* ---- build.c ----------------------------------------------------------------------------- */

struct swt_build_options {
    const char *manifest;
    const char *output;                 /* NULL only with dry_run */
    const char *format;                 /* "tar", "pigweed" or NULL */
    const char *profile;                /* "generic", "pigweed" or NULL: the manifest's */
    const char *root;                   /* NULL: the manifest's */
    struct swt_key_sources keys;        /* none: the manifest's */
    struct swt_key_source manifest_key; /* what goes with the manifest's one key, without its URI */
    const char *const *defines;
    size_t define_count;
    bool dry_run;        /* everything but signing and writing */
    const char *depfile; /* the rule of make and ninja that says what the bundle is made of */
    struct swt_keyring *keyring;
    const struct swt_progress *progress;
};
/* Document: file, container, size, product, release, version, targets (name, length, sha256; where
 * it is compressed also compression, original_length, original_sha256), signed (key ids), quorums.
 */
int swt_build(const struct swt_build_options *options, struct swt_notices *notices,
              json_t **ret_document, struct swt_error *err) SWT_CHECKED;

/* ---- sign.c, sign_export.c, sign_request.c, sign_attach.c --------------------------------- */

struct swt_sign_options {
    const char *file;
    const char *output; /* NULL: in place */
    const char *role;   /* "root", "targets" or NULL: what the file is */
    const char *root;
    struct swt_key_sources keys;
    bool replace;
    struct swt_keyring *keyring;
    const struct swt_progress *progress;
};
/* Document: file, role, added (key ids), already (key ids), written, quorums. */
int swt_sign(const struct swt_sign_options *options, struct swt_notices *notices,
             json_t **ret_document, struct swt_error *err) SWT_CHECKED;

/* What is to be signed elsewhere, as a request (swupdate-signing(5)). */
struct swt_sign_export_options {
    const char *file;
    const char *request; /* where it goes */
    const char *role;    /* as in swt_sign_options, and root */
    const char *root;
    const struct swt_progress *progress;
};
/* Document: file (the request), size, role, sha256, summary, quorums. */
int swt_sign_export(const struct swt_sign_export_options *options, struct swt_notices *notices,
                    json_t **ret_document, struct swt_error *err) SWT_CHECKED;

/* The person who signs; handed down by cli. */
struct swt_confirm {
    /* Shows what the request says: file, role, sha256, summary, quorums, signatures_checked,
     * unknown, anchor (whether who may sign was checked), warnings. */
    int (*show)(void *context, const json_t *document, struct swt_error *err);
    /* Whether the keys shall sign: {role, keys (URIs)}. Before a key is opened, so that no token
     * sees a PIN for what nobody wants to sign. SWT_E_DECLINED. NULL: nobody is asked. */
    int (*ask)(void *context, const json_t *document, struct swt_error *err);
    void *context;
};
struct swt_sign_request_options {
    const char *request;
    const char *output; /* the response */
    const char *root;   /* an anchor by which the quorums are checked; NULL: they are not */
    struct swt_key_sources keys;
    struct swt_keyring *keyring;
    struct swt_confirm confirm;
};
/* Document: what was shown, with file (the response), request, added, already, and the quorums
 * after it. */
int swt_sign_request(const struct swt_sign_request_options *options, struct swt_notices *notices,
                     json_t **ret_document, struct swt_error *err) SWT_CHECKED;

struct swt_sign_attach_options {
    const char *file;
    const char *output; /* NULL: in place */
    const char *role;   /* as in swt_sign_options, and root */
    const char *root;
    const char *const *responses; /* or bundles and root metadata with the same signed bytes */
    size_t response_count;
    const struct swt_progress *progress;
};
/* Document: swt_sign's. All signatures that were brought are added, or none. */
int swt_sign_attach(const struct swt_sign_attach_options *options, struct swt_notices *notices,
                    json_t **ret_document, struct swt_error *err) SWT_CHECKED;

/* ---- verify.c, extract.c ----------------------------------------------------------------- */

struct swt_verify_options {
    const char *root;   /* exactly one of root, device and self, but for extract's no_verify */
    const char *device; /* a device directory */
    bool self;
    const char *device_manifest; /* with root or self */
    const char *time;            /* a T; NULL: now */
    const char *profile;         /* "generic", "pigweed" or NULL; verify of a bundle only */
    const char *against;         /* a product manifest; verify of a bundle only */
    const char *const *defines;  /* of it */
    size_t define_count;
    bool strict;
    bool allow_unknown;
    const struct swt_progress *progress;
};
/* Judges a bundle: verification.md, step by step. A rejection is an answer (*ret_accepted false,
 * return 0); errors are only what keeps it from judging. Document: file, container, verdict,
 * authenticated, time, steps, failed_step, root and targets versions. */
int swt_verify(const char *file, const struct swt_verify_options *options, bool *ret_accepted,
               json_t **ret_document, struct swt_error *err) SWT_CHECKED;
/* The same for root metadata (verify --type root). */
int swt_verify_root(const char *file, const struct swt_verify_options *options, bool *ret_accepted,
                    json_t **ret_document, struct swt_error *err) SWT_CHECKED;

struct swt_extract_options {
    struct swt_verify_options verify;
    bool no_verify; /* no anchor: hashes and names are checked, signatures are not */
    const char *directory;
    const char *const *names; /* none: all targets */
    size_t name_count;
    bool decompress; /* what user_manifest says is compressed */
    bool force;
};
/* Document: verify's, with extracted (name, path, length: of the file that was written; where it
 * was decompressed also compression). */
int swt_extract(const char *file, const struct swt_extract_options *options,
                struct swt_notices *notices, bool *ret_accepted, json_t **ret_document,
                struct swt_error *err) SWT_CHECKED;

/* ---- convert.c, dump.c ------------------------------------------------------------------- */

struct swt_convert_options {
    const char *file;
    const char *output;
    const char *format; /* NULL: by extension, else the other container (with root: the same) */
    const char *root;   /* put into the bundle or in the place of its root; NULL: as it is */
    const struct swt_progress *progress;
};
/* Document: file, container, size, from. */
int swt_convert(const struct swt_convert_options *options, struct swt_notices *notices,
                json_t **ret_document, struct swt_error *err) SWT_CHECKED;
/* What is inside a bundle, root metadata, a device manifest or directory, or what signing sends
 * around. Document: kind, and what it holds. */
int swt_dump(const char *file, json_t **ret_document, struct swt_error *err) SWT_CHECKED;

/* ---- diff.c ------------------------------------------------------------------------------ */

struct swt_diff_options {
    const char *a, *b; /* two bundles, or two files of root metadata */
    bool allow_unknown;
    const struct swt_progress *progress;
};
/* Whether they differ is an answer (*ret_same, return 0). Document: swupdate-tool-diff(1). */
int swt_diff(const struct swt_diff_options *options, bool *ret_same, json_t **ret_document,
             struct swt_error *err) SWT_CHECKED;

/* ---- provision.c, apply.c: devices (swupdate-device(7)) ----------------------------------- */

struct swt_provision_options {
    const char *root;   /* signed root metadata, or a bundle that holds it */
    const char *bundle; /* the factory image, or NULL */
    const char *output;
    const char *format; /* "device-dir", "raw" or "c-header" */
    const char *name;   /* c-header: what its names start with; NULL: "trust_anchor" */
    const struct swt_progress *progress;
};
/*
 * SWT_E_ANCHOR_REFUSED for a root that verify would refuse, that its own quorum did not sign or
 * that has expired. A factory image that is rejected is an answer (*ret_accepted false, nothing
 * written). Document: format, and where something was written file (where), root (as dump tells it,
 * with quorum), floor, targets (of a factory image); with a bundle also bundle, and swt_verify's
 * members but file.
 */
int swt_provision(const struct swt_provision_options *options, struct swt_notices *notices,
                  bool *ret_accepted, json_t **ret_document, struct swt_error *err) SWT_CHECKED;

/* Judges file by options->device and, step by step, updates that directory. Killed at any point, it
 * is the old state, the one with the new root and floor, or the new one. Document: swt_verify's,
 * with device, root_persisted (its version, when that was done before the targets were judged),
 * installed (name, length, from: "bundle" / "device") and floor, as the directory has it then. */
int swt_apply(const char *file, const struct swt_verify_options *options, bool *ret_accepted,
              json_t **ret_document, struct swt_error *err) SWT_CHECKED;

/* ---- fleet.c ----------------------------------------------------------------------------- */

struct swt_fleet_options {
    const char *const *bundles;
    size_t bundle_count;
    const char *const *devices; /* directories; or file */
    size_t device_count;
    const char *file; /* a fleet file */
    const char *html; /* where the page goes; NULL: none */
    const char *time;
    bool strict;
    bool allow_unknown;
    const struct swt_progress *progress;
};
/* Document: swupdate-tool-fleet(1). Whatever the table says, the answer is no error. */
int swt_fleet(const struct swt_fleet_options *options, json_t **ret_document,
              struct swt_error *err) SWT_CHECKED;

/* ---- personalize.c ----------------------------------------------------------------------- */

struct swt_personalize_options {
    const char *file;
    const char *device_manifest;
    const char *output;
    const struct swt_progress *progress;
};
/* The bundle without the payloads that the device has, never without user_manifest, in the
 * container that it came in. SWT_E_DEVICE_MISMATCH when it is not for that device. Document: file,
 * container, size, from_size, left_out and kept (name, length). */
int swt_personalize(const struct swt_personalize_options *options, struct swt_notices *notices,
                    json_t **ret_document, struct swt_error *err) SWT_CHECKED;

/* ---- fixtures.c -------------------------------------------------------------------------- */

struct swt_fixtures_options {
    const char *directory;
    const char *manifest;       /* NULL: a product that is made up */
    const char *const *defines; /* of the manifest */
    size_t define_count;
    struct swt_key_sources root_keys, targets_keys; /* one each, or none: fresh ones */
    bool c_header;
    struct swt_keyring *keyring;
};
/* Document: that of fixtures.json, with directory. */
int swt_fixtures(const struct swt_fixtures_options *options, struct swt_notices *notices,
                 json_t **ret_document, struct swt_error *err) SWT_CHECKED;

/* ---- check.c ----------------------------------------------------------------------------- */

struct swt_check_options {
    const char *const *files;
    size_t file_count;
    const char *policy;         /* swupdate-policy(5), or NULL */
    const char *expires_within; /* a span, or NULL: what expires so soon is found */
    const char *const *defines; /* of product manifests */
    size_t define_count;
    const struct swt_progress *progress;
};
/*
 * Judges product manifests, bundles, root metadata and audit logs, each by itself and what it is by
 * its contents; none is authenticated. What is wrong is an answer (*ret_sound false, return 0); a
 * file of another kind is SWT_E_FILE_KIND, a policy that cannot be applied what
 * swt_policy_load says, or SWT_E_POLICY. Document: files, each file, kind ("manifest" / "bundle"
 * / "root" / "audit-log"), sound, findings (level: "error" / "warning", code, message; may have
 * file (where it is another: an included one), line, column, hint) and findings_omitted; ok. Of a
 * log also lines, signatures, failed, unfinished, head (the SHA-256 of the last line); of a bundle
 * container and signatures_checked (by its own root); of a bundle and of a manifest, where they
 * could be read, targets_version and targets (their count); of root metadata, and that of a bundle
 * or a manifest, root_version.
 */
int swt_check(const struct swt_check_options *options, bool *ret_sound, json_t **ret_document,
              struct swt_error *err) SWT_CHECKED;
/* What a finding of that code is about, a phrase. NULL: out of memory. */
json_t *swt_check_code_meaning(const char *code);

/* ---- init.c ------------------------------------------------------------------------------ */

struct swt_init_options {
    const char *directory; /* made when it is missing; none of the files may be there */
    struct swt_keyring *keyring;
};
/* A starter project: keys for development, root metadata, a manifest, a policy, a sample image.
 * Document: directory, product, files (path, what). */
int swt_init(const struct swt_init_options *options, json_t **ret_document,
             struct swt_error *err) SWT_CHECKED;

#endif
