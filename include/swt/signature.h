/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature: keys by URI, signers, verification of one signature, counting a quorum. Sees only
 * bytes and metadata; knows no bundle. A signer is a backend behind a table of functions; whatever
 * the backend, each signature is verified with the public key before the caller gets it.
 */
#ifndef SWT_SIGNATURE_H
#define SWT_SIGNATURE_H

#include "swt/base.h"
#include "swt/metadata.h"

/* ---- where a key and its passphrase come from -------------------------------------------- */

/* The person at the terminal; handed down by cli. A function that is NULL: nobody is there. */
struct swt_prompt {
    /* Asks for a secret: what is e.g. "passphrase for keys/root.pem". Returns SWT_E_PASSPHRASE,
     * with a hint naming the option to give, where nobody can be asked. */
    int (*ask)(void *context, const char *what, struct swt_secret *ret_secret,
               struct swt_error *err);
    /* Tells what a person has to do now: "enter the PIN on the reader of the token 'A'". */
    void (*tell)(void *context, const char *what);
    void *context;
};

struct swt_pin_variable;
struct swt_tokens; /* the PKCS#11 modules that are loaded, and the logins there */
/*
 * What the keys of one run share: whom to ask for secrets, the tokens that are open, so that each
 * sees one login however many keys it serves, and the log without which nothing is signed. A zeroed
 * one is valid. It outlives its signers.
 */
struct swt_keyring {
    struct swt_prompt prompt;
    bool allow_final_try;  /* a token's last try of its PIN may be used */
    const char *audit_log; /* a path, borrowed; NULL: none */
    struct swt_pin_variable *variables;
    size_t variable_count;
    struct swt_tokens *tokens;
};
void swt_keyring_done(struct swt_keyring *keyring);
/*
 * Takes a PIN or passphrase out of the environment, before a child process can inherit it or be
 * started with it; sources that name the variable get it from here. One that is not set is no
 * error: a source that needs it tells. Once for each name.
 */
int swt_keyring_take_variable(struct swt_keyring *keyring, const char *name,
                              struct swt_error *err) SWT_CHECKED;

/* One key as the command line names it; all strings borrowed, NULL when not given. */
struct swt_key_source {
    const char *uri;             /* a path, file:PATH, or SCHEME:... */
    const char *passphrase_file; /* a path or "fd:N"; the first line, without its newline */
    const char *passphrase_env;  /* a variable that swt_keyring_take_variable took */
    const char *public_key;      /* a PEM for stores that lack the public part */
};

/*
 * Before the first key is opened, with all sources of the run: where one is on a token, the process
 * that its module runs in is forked here, while there is no key of another in memory that it would
 * take along. A source whose uri is NULL is none.
 */
int swt_keyring_prepare(struct swt_keyring *keyring, const struct swt_key_source *sources,
                        size_t count, struct swt_error *err) SWT_CHECKED;

/* Appends what of a key URI may be shown and logged: of a PKCS#11 URI the attributes that name
 * module, token and object, of a provider's URI what comes before its query. SWT_E_KEY for what is
 * no key URI. */
int swt_key_uri_public(const char *text, struct swt_buf *ret_text,
                       struct swt_error *err) SWT_CHECKED;
/* How much of the start of a key URI, or of a word that may be one, an error may show. */
size_t swt_key_uri_shown(const char *text);
/* The file that a key URI names, in text; NULL: it names none. */
const char *swt_key_uri_path(const char *text);
/* Calls visit for each file that source names, with what it is ("a key", "a PIN file"), until one
 * call fails. What is wrong with a URI is for who opens the key. */
typedef int swt_key_file_visit(const void *context, const char *path, const char *what,
                               struct swt_error *err);
int swt_key_source_files(const struct swt_key_source *source, swt_key_file_visit *visit,
                         const void *context, struct swt_error *err) SWT_CHECKED;

/* A public key that owns its bytes. */
struct swt_public_key {
    struct swt_key key; /* value points into bytes */
    struct swt_buf bytes;
    uint8_t id[SWT_KEY_ID_SIZE];
};
void swt_public_key_done(struct swt_public_key *key);
/* From the key's private or public PEM, DER, PKCS#12, or any other key URI. A file that holds no
 * or several keys, or a certificate, is SWT_E_PUBLIC_KEY (SWT_E_KEY when a passphrase or a signer
 * was at fault). */
int swt_public_key_load(const struct swt_key_source *source, struct swt_keyring *keyring,
                        struct swt_public_key *ret_key, struct swt_error *err) SWT_CHECKED;
/* Appends the PEM (SubjectPublicKeyInfo). */
int swt_public_key_pem(const struct swt_key *key, struct swt_buf *ret_pem,
                       struct swt_error *err) SWT_CHECKED;

/* ---- signing ----------------------------------------------------------------------------- */

/* Keys that can be made. */
enum swt_key_kind { SWT_KIND_P256, SWT_KIND_ED25519, SWT_KIND_RSA_3072, SWT_KIND_RSA_4096 };

struct swt_signer;
/*
 * Opens the private key of source. Warnings (a key file that others can read) go to notices.
 * SWT_E_KEY, SWT_E_PASSPHRASE, SWT_E_KEY_SCHEME; SWT_E_NOT_FOUND for a missing file; for a token
 * the codes from SWT_E_KEY_URI to SWT_E_SIGNER_TIMEOUT, and SWT_E_BAD_SIGNATURE for a public key
 * that was given and is not the key's.
 */
int swt_signer_open(const struct swt_key_source *source, struct swt_keyring *keyring,
                    struct swt_notices *notices, struct swt_signer **ret_signer,
                    struct swt_error *err) SWT_CHECKED;
/* The same in two steps, for who may not use a key yet: the first believes a public key that was
 * given, the second has the key prove it. */
int swt_signer_open_unproven(const struct swt_key_source *source, struct swt_keyring *keyring,
                             struct swt_notices *notices, struct swt_signer **ret_signer,
                             struct swt_error *err) SWT_CHECKED;
int swt_signer_prove(struct swt_signer *signer, struct swt_error *err) SWT_CHECKED;
/* A new key, ready to sign, and its PKCS#8 PEM, for who keeps it. name is the file that it will be,
 * for errors and the audit log. */
int swt_signer_generate(enum swt_key_kind kind, const char *name, const struct swt_keyring *keyring,
                        struct swt_secret *ret_private_pem, struct swt_signer **ret_signer,
                        struct swt_error *err) SWT_CHECKED;
/* Its key is used no more, and wiped where it is in memory; what it is called remains. */
void swt_signer_drop_key(struct swt_signer *signer);
void swt_signer_free(struct swt_signer *signer);
void swt_signer_cleanup(struct swt_signer **signer);
/* Its key URI, as swt_key_uri_public shows it. */
const char *swt_signer_uri(const struct swt_signer *signer);
const struct swt_key *swt_signer_key(const struct swt_signer *signer);
const uint8_t *swt_signer_key_id(const struct swt_signer *signer); /* SWT_KEY_ID_SIZE bytes */
/* What is signed, for the audit log; strings borrowed. */
struct swt_signing_subject {
    const char *role;    /* "root", "targets", or "trial" */
    const char *product; /* NULL: not known */
    uint32_t version;    /* of the metadata; 0: not known */
};
/* Signs message (not a digest), which is subject's, and verifies the result. Appends the raw
 * signature as metadata carries it: P-256 r‖s with low s, Ed25519 64 bytes, RSA-PSS. SWT_E_SIGN.
 * With an audit log: SWT_E_AUDIT_LOG and what writing can say, with no signature. */
int swt_signer_sign(struct swt_signer *signer, const struct swt_signing_subject *subject,
                    struct swt_slice message, struct swt_buf *ret_raw,
                    struct swt_error *err) SWT_CHECKED;

/* Signs a text that can never be metadata, with random bytes in it, and verifies the result: proves
 * that the key signs and that its public part belongs to it. The subject's role is "trial". */
int swt_signer_trial(struct swt_signer *signer, struct swt_error *err) SWT_CHECKED;

/* ---- the audit log ----------------------------------------------------------------------- */

/*
 * JSON lines, each with the hash of the one before (swupdate-tool-check(1)). Where the keyring
 * names one, swt_signer_sign writes a line before it uses the key and one with the outcome, and
 * releases the signature when that is on storage; swt_signer_open refuses a log that cannot be
 * continued.
 */
struct swt_reader;

struct swt_audit_finding {
    bool warning;     /* worth a look; the chain holds */
    const char *code; /* "line", "chain", "outcome", "incomplete"; warnings: "unfinished", "time" */
    uint64_t line;    /* from 1 */
    const char *message;
};
struct swt_audit_summary {
    uint64_t lines;
    uint64_t signatures; /* outcomes */
    uint64_t failed;
    uint64_t unfinished;                      /* uses without an outcome */
    uint64_t faults;                          /* findings that are no warning */
    char head[SWT_HEX_SIZE(SWT_DIGEST_SIZE)]; /* SHA-256 of the last line */
};
/*
 * Judges a whole log in constant memory and calls found for each finding, in the order of the lines
 * but for unfinished uses, which may come late. A negative answer of found ends it. SWT_E_FILE_KIND
 * when the file is no audit log at all; damage is a finding.
 */
int swt_audit_check(struct swt_reader *reader,
                    int (*found)(void *context, const struct swt_audit_finding *finding,
                                 struct swt_error *err),
                    void *context, struct swt_audit_summary *ret_summary,
                    struct swt_error *err) SWT_CHECKED;

/* ---- making keys ------------------------------------------------------------------------- */

/* "ecdsa-p256", "ed25519", "rsa-3072", "rsa-4096"; false for other text. */
bool swt_key_kind_parse(const char *text, enum swt_key_kind *ret_kind);
/* A new pair: PKCS#8 PEM (encrypted with AES-256 when passphrase is not NULL) and public PEM. */
int swt_key_generate(enum swt_key_kind kind, const struct swt_secret *passphrase,
                     struct swt_secret *ret_private_pem, struct swt_public_key *ret_key,
                     struct swt_error *err) SWT_CHECKED;
/* The first line of a passphrase file or fd:N, or a variable, or the prompt, in this order of
 * what source gives. what names the thing for the prompt. */
int swt_passphrase_read(const struct swt_key_source *source, const struct swt_keyring *keyring,
                        const char *what, struct swt_secret *ret_passphrase,
                        struct swt_error *err) SWT_CHECKED;

/* ---- tokens (PKCS#11) -------------------------------------------------------------------- */

/* A key on a token: what of it was seen, put together by id, else by label. Strings are owned. */
struct swt_token_key {
    char *uri;   /* names it wherever a key URI is taken: token, label and id, no type */
    char *label; /* "" when it has none; may hold raw text of the token */
    bool has_private, has_public, has_certificate;
    bool readable;             /* key is set: of a supported type, and its public part is there */
    struct swt_public_key key; /* only when readable */
};
struct swt_token {
    char *uri; /* model, manufacturer, serial and label */
    char *label;
    char *manufacturer;
    char *model;
    char *serial;
    char *module; /* its path, or the name by which p11-kit knows it */
    bool pin_pad; /* the PIN is entered on the reader */
    bool pin_count_low, pin_final_try, pin_locked;
    bool logged_in; /* private objects were seen */
    struct swt_token_key *keys;
    size_t key_count;
};
struct swt_token_list {
    struct swt_token *items;
    size_t count;
};
/*
 * The initialised tokens that fit source's URI ("pkcs11:" fits all) and their keys, of those that
 * fit its label and id. Logs in where source or its URI gives a PIN, and asks nobody: without one,
 * private objects stay unseen. A PIN goes to one token: where several fit, SWT_E_TOKEN_AMBIGUOUS.
 * SWT_E_NO_TOKEN, SWT_E_TOKEN_NOT_FOUND and what a login can say.
 */
int swt_tokens_list(const struct swt_key_source *source, struct swt_keyring *keyring,
                    struct swt_token_list *ret_list, struct swt_error *err) SWT_CHECKED;
void swt_token_list_done(struct swt_token_list *list);
/*
 * A new pair on the one token that source's URI names, with the URI's label and its id (one is
 * chosen where it has none); private, sensitive, not extractable. SWT_E_EXISTS when the token has
 * an object of that label or id. The key has signed once, and that signature verified. *ret_uri is
 * the whole URI; free().
 */
int swt_token_generate(const struct swt_key_source *source, enum swt_key_kind kind,
                       struct swt_keyring *keyring, char **ret_uri, struct swt_public_key *ret_key,
                       struct swt_error *err) SWT_CHECKED;

/* ---- verifying --------------------------------------------------------------------------- */

enum swt_signature_state {
    SWT_SIGNATURE_GOOD,     /* counts */
    SWT_SIGNATURE_REPEATED, /* verifies, but its key has been counted */
    SWT_SIGNATURE_UNLISTED, /* the role does not list the key id */
    SWT_SIGNATURE_BAD_LENGTH,
    SWT_SIGNATURE_BAD,    /* does not verify */
    SWT_SIGNATURE_UNTRIED /* too many had to be tried: does not count */
};
/* 1 when value is key's signature over message, 0 when it is not; lack of memory is an error, never
 * a bad signature. */
int swt_signature_judge(const struct swt_key *key, struct swt_slice message, struct swt_slice value,
                        struct swt_error *err) SWT_CHECKED;

struct swt_quorum {
    uint32_t threshold;
    size_t signed_count;                       /* distinct keys that count */
    struct swt_slice signed_ids[SWT_MAX_KEYS]; /* of them, in the order of the signatures */
    enum swt_signature_state *states;          /* one for each signature of the envelope */
    size_t state_count;
    bool met;
};
/*
 * Counts the envelope's signatures for role, whose keys are root's. root passed swt_root_check, so
 * ids name distinct keys. Time is bounded: the first signature of each key is tried, and then the
 * second of each that has not counted, and so on, while all together take no longer than hashing
 * 64 MiB does.
 */
int swt_quorum_count(const struct swt_root *root, const struct swt_role *role,
                     const struct swt_envelope *envelope, struct swt_quorum *ret_quorum,
                     struct swt_error *err) SWT_CHECKED;
void swt_quorum_done(struct swt_quorum *quorum);

#endif
