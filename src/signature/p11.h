/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCS#11: what its files share. pkcs11*.c run in this process; they parse URIs, get PINs and send
 * requests. All Cryptoki calls are made in a worker (swt/io.h), in p11_*.c, so that a module's
 * faults stay there. p11_uri.c and p11_message.c serve both sides.
 */
#ifndef SWT_SIGNATURE_P11_H
#define SWT_SIGNATURE_P11_H

#include "internal.h"

#include "swt/io.h"

#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

/* ---- messages (p11_message.c) ------------------------------------------------------------ */

enum swt_p11_operation {
    SWT_P11_TOKEN = 1,   /* uri → token, label, flags */
    SWT_P11_PREPARE,     /* token, flags → flags: whether a login is needed and may be tried */
    SWT_P11_LOGIN,       /* token, flags, and the PIN as secret */
    SWT_P11_FIND_PUBLIC, /* token, uri → key_type and value, or nothing */
    SWT_P11_FIND_PRIVATE, /* token, uri → key, label, flags; key_type and value if they are there */
    SWT_P11_CHECK,        /* key, key_type → nothing, when it may sign as such a key */
    SWT_P11_PREPARE_USE, /* key, flags → nothing, when its login at use may be tried */
    SWT_P11_SIGN,        /* key, key_type, digest, message, flags, perhaps a PIN → value */
    SWT_P11_LIST_TOKENS, /* uri → items */
    SWT_P11_LIST_KEYS,   /* token, uri → items */
    SWT_P11_GENERATE,    /* token, uri, kind → key, uri */
    SWT_P11_DESTROY      /* key, made by GENERATE */
};

enum swt_p11_flag {
    SWT_P11_LOGIN_REQUIRED = 1 << 0,
    SWT_P11_LOGGED_IN = 1 << 1,
    SWT_P11_PIN_PAD = 1 << 2, /* the token has one; of a login: use it */
    SWT_P11_COUNT_LOW = 1 << 3,
    SWT_P11_FINAL_TRY = 1 << 4,
    SWT_P11_LOCKED = 1 << 5,
    SWT_P11_ALLOW_FINAL_TRY = 1 << 6,
    SWT_P11_ALWAYS_AUTHENTICATE = 1 << 7,
    SWT_P11_HAS_PRIVATE = 1 << 8,
    SWT_P11_HAS_PUBLIC = 1 << 9,
    SWT_P11_HAS_CERTIFICATE = 1 << 10
};

/* A request or a reply: one form for all, what is zero or empty is not written. */
struct swt_p11_message {
    uint64_t operation; /* enum swt_p11_operation */
    uint64_t token;     /* its number in the worker */
    uint64_t key;       /* likewise */
    uint64_t flags;     /* enum swt_p11_flag */
    uint64_t kind;      /* enum swt_key_kind */
    uint64_t key_type;  /* enum swt_key_type; 0: no public key */
    struct swt_slice value;
    struct swt_slice digest;
    struct swt_slice message;
    struct swt_slice uri; /* texts are without a NUL */
    struct swt_slice label;
    struct swt_slice manufacturer;
    struct swt_slice model;
    struct swt_slice serial;
    struct swt_slice module;
    struct swt_slice bytes; /* what was decoded; for swt_p11_message_item */
};
/* Appends. */
int swt_p11_message_put(struct swt_buf *buf, const struct swt_p11_message *message,
                        struct swt_error *err) SWT_CHECKED;
/* Appends item as an item of the message in buf. */
int swt_p11_message_put_item(struct swt_buf *buf, const struct swt_p11_message *item,
                             struct swt_error *err) SWT_CHECKED;
/* SWT_E_MODULE_FAILED for what swt_p11_message_put does not write. Slices point into bytes. */
int swt_p11_message_read(struct swt_slice bytes, struct swt_p11_message *ret_message,
                         struct swt_error *err) SWT_CHECKED;
/* The next item of message; *position is 0 at first. 1, 0 at the end, or an error. */
int swt_p11_message_item(const struct swt_p11_message *message, size_t *position,
                         struct swt_p11_message *ret_item, struct swt_error *err) SWT_CHECKED;
/* A text field as a C string to be freed. SWT_E_MODULE_FAILED when it holds a NUL. */
int swt_p11_message_text(struct swt_slice text, char **ret_text, struct swt_error *err) SWT_CHECKED;
/* The public key of a reply, which was checked. SWT_E_MODULE_FAILED when it is none. */
int swt_p11_message_key(const struct swt_p11_message *message, struct swt_public_key *ret_key,
                        struct swt_error *err) SWT_CHECKED;

/* ---- URIs (p11_uri.c) -------------------------------------------------------------------- */

struct swt_p11_uri {
    P11KitUri *kit;
    bool has_class;
    CK_OBJECT_CLASS class;
    const CK_ATTRIBUTE *label; /* NULL when the URI has none; borrowed from kit, as what follows */
    const CK_ATTRIBUTE *id;
    const char *pin_source;
    const char *module_path;
    const char *module_name;
};
/* SWT_E_KEY_URI. No text of a PIN attribute gets into the error. */
int swt_p11_uri_parse(const char *text, struct swt_p11_uri *ret_uri,
                      struct swt_error *err) SWT_CHECKED;
void swt_p11_uri_done(struct swt_p11_uri *uri);
/* How much of a pkcs11: URI may be shown: up to the first attribute that is not known to hold no
 * secret. */
size_t swt_p11_uri_shown(const char *text);
/* Appends the URI without what may be a secret: no PIN attribute; only the scheme when it is not
 * one that swt_p11_uri_parse takes. */
int swt_p11_uri_public(const char *text, struct swt_buf *ret_text,
                       struct swt_error *err) SWT_CHECKED;
/* The URI of a token, or with attributes of a key on it; the module as asked names it, or
 * module_name when that is not NULL. free(); NULL: err is set. */
char *swt_p11_uri_format(const CK_TOKEN_INFO *token, struct swt_slice label, struct swt_slice id,
                         const struct swt_p11_uri *asked, const char *module_name,
                         struct swt_error *err) SWT_CHECKED;

/* ---- the worker's side: modules and tokens ----------------------------------------------- */

struct swt_p11_module {
    CK_FUNCTION_LIST *functions;
    struct swt_worker_port *port;
    char *name; /* as p11-kit knows it, or its path */
    char *path; /* NULL: not known */
    bool configured;
};

enum swt_p11_login { SWT_P11_NOT_TRIED, SWT_P11_DONE, SWT_P11_REFUSED };

struct swt_p11_token {
    struct swt_p11_module *module;
    CK_SLOT_ID slot;
    CK_TOKEN_INFO info;
    bool has_session;
    CK_SESSION_HANDLE session;
    enum swt_p11_login login;
    struct swt_error refusal; /* of the login, which is not tried again */
};

struct swt_p11_key {
    struct swt_p11_token *token;
    CK_OBJECT_HANDLE object;
    CK_OBJECT_HANDLE public_object; /* only of a pair that was made here */
    bool always_authenticate;
    bool refused; /* its login at use, which is not tried again */
    struct swt_error refusal;
};

struct swt_p11 {
    struct swt_worker_port *port;
    bool loaded; /* the configured modules */
    struct swt_p11_module **modules;
    size_t module_count;
    struct swt_p11_token **tokens;
    size_t token_count;
    struct swt_p11_key **keys;
    size_t key_count;
    char trouble[256]; /* the last module or slot that could not be used */
};

/* Calls function of a module (or of a token's module), after a note of it. */
#define SWT_P11_CALL(module_, function_, ...)                                                      \
    (swt_p11_note((module_), #function_), (module_)->functions->function_(__VA_ARGS__))
void swt_p11_note(const struct swt_p11_module *module, const char *function);

/* What serves the worker's requests (p11_serve.c); a struct swt_worker_job's. */
int swt_p11_serve(void *context, struct swt_worker_port *port, struct swt_slice request,
                  struct swt_slice secret, struct swt_buf *ret_reply, struct swt_error *err);
void swt_p11_finish(void *context);

/* p11_fault.c: what function answered, in words, with the value's name. Returns -err->code. */
int swt_p11_fail(struct swt_error *err, const char *function, CK_RV rv);
const char *swt_p11_rv_text(CK_RV rv, char ret_text[96]); /* "the words (CKR_NAME)" */

/* p11_module.c: what uri names, loaded and initialised: SWT_E_MODULE_NOT_FOUND. fits tells which of
 * the modules that are loaded uri means. */
int swt_p11_load(struct swt_p11 *p11, const struct swt_p11_uri *uri,
                 struct swt_error *err) SWT_CHECKED;
bool swt_p11_module_fits(const struct swt_p11_module *module, const struct swt_p11_uri *uri);
/* Whether p11-kit may print its calls, with what they are given. Asked before each login: loading
 * more modules can change it. */
bool swt_p11_module_logged(const struct swt_p11_module *module);
void swt_p11_unload(struct swt_p11 *p11);

/* p11_token.c: tokens that fit uri, with fresh flags; borrowed, the list is freed. SWT_E_NO_TOKEN,
 * SWT_E_TOKEN_NOT_FOUND. */
int swt_p11_tokens_find(struct swt_p11 *p11, const struct swt_p11_uri *uri,
                        struct swt_p11_token ***ret_tokens, size_t *ret_count,
                        struct swt_error *err) SWT_CHECKED;
/* The one; SWT_E_TOKEN_AMBIGUOUS. */
int swt_p11_token_find(struct swt_p11 *p11, const struct swt_p11_uri *uri,
                       struct swt_p11_token **ret_token, struct swt_error *err) SWT_CHECKED;
/* SWT_E_TOKEN_FAILED when another token is in its slot by now. */
int swt_p11_token_refresh(struct swt_p11_token *token, struct swt_error *err) SWT_CHECKED;
uint64_t swt_p11_token_flags(const struct swt_p11_token *token);            /* enum swt_p11_flag */
struct swt_slice swt_p11_text_field(const CK_UTF8CHAR *field, size_t size); /* without padding */

/* p11_session.c */
int swt_p11_session(struct swt_p11_token *token, struct swt_error *err) SWT_CHECKED;
/* Refuses what must not be tried: SWT_E_PIN_LOCKED, SWT_E_PIN_FINAL_TRY, and the error of a login
 * that failed before. */
int swt_p11_login_check(struct swt_p11_token *token, bool allow_final_try,
                        struct swt_error *err) SWT_CHECKED;
/* Once a token. With pin_pad, pin is not looked at. */
int swt_p11_login(struct swt_p11_token *token, bool pin_pad, bool allow_final_try,
                  struct swt_slice pin, struct swt_error *err) SWT_CHECKED;
/* The same two for one use of a key that wants a login at each, whose operation has begun. */
int swt_p11_use_check(struct swt_p11_key *key, bool allow_final_try,
                      struct swt_error *err) SWT_CHECKED;
int swt_p11_use_login(struct swt_p11_key *key, bool pin_pad, struct swt_slice pin,
                      struct swt_error *err) SWT_CHECKED;
void swt_p11_session_close(struct swt_p11_token *token);

/* ---- the worker's side: objects ---------------------------------------------------------- */

#define SWT_P11_MAX_OBJECTS 1024

struct swt_p11_objects {
    CK_OBJECT_HANDLE handles[SWT_P11_MAX_OBJECTS];
    size_t count;
};
/* What an object has to be found by; a NULL label or id: any. */
struct swt_p11_pattern {
    CK_OBJECT_CLASS class;
    const CK_ATTRIBUTE *label;
    const CK_ATTRIBUTE *id;
    const CK_KEY_TYPE *type;
};
/* p11_attribute.c. A value over cap bytes is SWT_E_MODULE_FAILED. */
int swt_p11_find(struct swt_p11_token *token, const struct swt_p11_pattern *pattern,
                 struct swt_p11_objects *ret_objects, struct swt_error *err) SWT_CHECKED;
/* 1, or 0 when the object has or shows none. Replaces what ret_value held. */
int swt_p11_attribute(struct swt_p11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                      struct swt_buf *ret_value, struct swt_error *err) SWT_CHECKED;
/* The same for a number or a CK_BBOOL; *value stays when there is none. */
int swt_p11_attribute_number(struct swt_p11_token *token, CK_OBJECT_HANDLE object,
                             CK_ATTRIBUTE_TYPE type, CK_ULONG *value,
                             struct swt_error *err) SWT_CHECKED;
int swt_p11_attribute_flag(struct swt_p11_token *token, CK_OBJECT_HANDLE object,
                           CK_ATTRIBUTE_TYPE type, bool *value, struct swt_error *err) SWT_CHECKED;

/* What of an object tells its public key; empty when the object lacks it. */
struct swt_p11_public_parts {
    CK_KEY_TYPE type;             /* of a key */
    struct swt_slice parameters;  /* CKA_EC_PARAMS */
    struct swt_slice point;       /* CKA_EC_POINT */
    struct swt_slice modulus;     /* CKA_MODULUS */
    struct swt_slice exponent;    /* CKA_PUBLIC_EXPONENT */
    struct swt_slice spki;        /* CKA_PUBLIC_KEY_INFO */
    struct swt_slice certificate; /* CKA_VALUE of an X.509 one, which makes the rest unneeded */
};
/* p11_public.c: 1 when parts make a key; 0 when there are too few; SWT_E_PUBLIC_KEY for a kind that
 * is not supported, and for garbage. */
int swt_p11_public_decode(const struct swt_p11_public_parts *parts, struct swt_public_key *ret_key,
                          struct swt_error *err) SWT_CHECKED;
/* The same for an object of class CKO_PUBLIC_KEY, CKO_CERTIFICATE or CKO_PRIVATE_KEY. */
int swt_p11_public_read(struct swt_p11_token *token, CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class,
                        struct swt_public_key *ret_key, struct swt_error *err) SWT_CHECKED;

/* p11_object.c: the URI of the object, from its label and id. free(); NULL: err is set. */
char *swt_p11_object_uri(struct swt_p11_token *token, CK_OBJECT_HANDLE object,
                         const struct swt_p11_uri *asked, struct swt_error *err) SWT_CHECKED;
/* The one private key that uri names: SWT_E_KEY_NOT_FOUND, SWT_E_KEY_AMBIGUOUS. */
int swt_p11_private_find(struct swt_p11_token *token, const struct swt_p11_uri *uri,
                         CK_OBJECT_HANDLE *ret_object, struct swt_error *err) SWT_CHECKED;
/* The public part of a private key: 1, or 0 when the token has none. */
int swt_p11_public_of(struct swt_p11_token *token, CK_OBJECT_HANDLE object, CK_KEY_TYPE type,
                      const struct swt_p11_uri *asked, struct swt_public_key *ret_key,
                      struct swt_error *err) SWT_CHECKED;
/* The public key that uri names, of what is visible: 1, or 0. SWT_E_KEY_AMBIGUOUS when there are
 * several that differ. */
int swt_p11_public_find(struct swt_p11_token *token, const struct swt_p11_uri *uri,
                        struct swt_public_key *ret_key, struct swt_error *err) SWT_CHECKED;

/* p11_sign.c. Whether an object may sign as a key of type (enum swt_key_type): CKA_SIGN, and a
 * mechanism of the token. SWT_E_KEY_USAGE, SWT_E_MECHANISM. */
int swt_p11_usable(struct swt_p11_token *token, CK_OBJECT_HANDLE object, uint32_t type,
                   struct swt_error *err) SWT_CHECKED;
struct swt_p11_signing {
    uint32_t type;           /* of the key, enum swt_key_type */
    struct swt_slice digest; /* SHA-256 */
    struct swt_slice message;
    bool pin_pad;
    bool allow_final_try;
    struct swt_slice pin;
};
int swt_p11_sign(struct swt_p11_key *key, const struct swt_p11_signing *signing,
                 struct swt_buf *ret_value, struct swt_error *err) SWT_CHECKED;
/* The mechanism's flags on the token; 0 when it has none of that type. */
int swt_p11_mechanism(struct swt_p11_token *token, CK_MECHANISM_TYPE type, CK_FLAGS *ret_flags,
                      struct swt_error *err) SWT_CHECKED;

/* p11_generate.c: fills object and public_object of key; *ret_uri is the new key's. SWT_E_EXISTS.
 */
int swt_p11_generate(struct swt_p11_token *token, const struct swt_p11_uri *uri,
                     enum swt_key_kind kind, struct swt_p11_key *ret_key, char **ret_uri,
                     struct swt_error *err) SWT_CHECKED;
int swt_p11_destroy(const struct swt_p11_key *key, struct swt_error *err) SWT_CHECKED;

/* p11_list.c: appends the keys of the token that fit uri as items. */
int swt_p11_list_keys(struct swt_p11_token *token, const struct swt_p11_uri *uri,
                      struct swt_buf *ret_reply, struct swt_error *err) SWT_CHECKED;

/* ---- this process's side ----------------------------------------------------------------- */

/* Requests to the worker of keyring, which swt_keyring_prepare starts, or else the first of them
 * (pkcs11_worker.c). seconds is lowered as swt_signer_seconds says. ret_message points into
 * *ret_bytes. */
#define SWT_P11_SECONDS 60
#define SWT_P11_LONG_SECONDS 600 /* a key is made; a person enters a PIN on a reader */
struct swt_p11_reply {
    struct swt_buf bytes;
    struct swt_p11_message message;
};
void swt_p11_reply_done(struct swt_p11_reply *reply);
int swt_p11_call(struct swt_keyring *keyring, const struct swt_p11_message *request,
                 const struct swt_secret *secret, unsigned seconds, struct swt_p11_reply *ret_reply,
                 struct swt_error *err) SWT_CHECKED;

/* Whatever is wrong has the key's URI in front of it; a lack of memory or a Ctrl-C is not its. */
int swt_p11_blame(const struct swt_key_uri *uri, struct swt_error *err);

/* Where the PIN of a token comes from, and the login there (pkcs11_login.c). */
struct swt_p11_pin_source {
    const struct swt_key_source *source;
    const char *pin_source; /* of the URI; NULL: none */
    struct swt_keyring *keyring;
};
bool swt_p11_pin_given(const struct swt_p11_pin_source *from); /* nobody need be asked */
/* SWT_E_PIN_NEEDED. what is for the prompt. */
int swt_p11_pin_read(const struct swt_p11_pin_source *from, const char *what,
                     struct swt_secret *ret_pin, struct swt_error *err) SWT_CHECKED;
/* For one login: tells a person to enter the PIN on the reader where flags (enum swt_p11_flag) say
 * that there is one, else reads it. */
int swt_p11_authenticate(const struct swt_p11_pin_source *from, uint64_t flags, const char *label,
                         struct swt_secret *ret_pin, struct swt_error *err) SWT_CHECKED;
/* Logs in at the token unless that has happened. ret_pin (may be NULL) gets the PIN if one was
 * read. notices may be NULL. */
int swt_p11_log_in(const struct swt_p11_pin_source *from, uint64_t token, const char *label,
                   struct swt_notices *notices, struct swt_secret *ret_pin,
                   struct swt_error *err) SWT_CHECKED;

#endif
