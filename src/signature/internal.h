/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this layer share besides the signer table (backend.h). */
#ifndef SWT_SIGNATURE_INTERNAL_H
#define SWT_SIGNATURE_INTERNAL_H

#include "backend.h"

#include <openssl/evp.h>

/* ---- passphrases ------------------------------------------------------------------------- */

/* OpenSSL hands its callbacks a buffer of 1,024 bytes and would cut a longer passphrase. */
#define SWT_MAX_PASSPHRASE 1023

/* What swt_keyring_take_variable took from the variable name; NULL when it was not set. */
const struct swt_secret *swt_keyring_variable(const struct swt_keyring *keyring, const char *name);

/* Ends the process that the tokens are in. Takes NULL. */
void swt_tokens_free(struct swt_tokens *tokens);

/* As swt_passphrase_read, of a PIN: what it cannot have is SWT_E_PIN_NEEDED. */
int swt_pin_read(const struct swt_key_source *source, const struct swt_keyring *keyring,
                 const char *what, struct swt_secret *ret_pin, struct swt_error *err) SWT_CHECKED;

/* The passphrase of one open: fetched when first needed, at most once, whatever OpenSSL tries. */
struct swt_asker {
    const struct swt_key_request *request;
    struct swt_secret passphrase;
    bool asked;
    bool answered;          /* passphrase is set */
    struct swt_error error; /* when asked and not answered */
};
void swt_asker_done(struct swt_asker *asker);
/* A pem_password_cb; context is the asker. */
int swt_asker_callback(char *ret_text, int size, int for_writing, void *context);

/* ---- key files --------------------------------------------------------------------------- */

/* A key file's bytes, read once and wiped when dropped. */
struct swt_key_file {
    uint8_t *data;
    size_t len;
    bool exposed; /* others than the owner may read it */
};
/* Faults of the file itself have the code fault; a missing file is SWT_E_NOT_FOUND. */
int swt_key_file_read(const struct swt_key_uri *uri, enum swt_code fault,
                      struct swt_key_file *ret_file, struct swt_error *err) SWT_CHECKED;
void swt_key_file_done(struct swt_key_file *file);
/* Why no key could be read from file: sets err by what the bytes look like. */
int swt_key_file_refuse(const struct swt_key_file *file, enum swt_code fault,
                        struct swt_error *err);
/* The private keys in a PKCS#12 file, -1 when file is none. passphrase is the one that opened it,
 * NULL when none was needed. OSSL_STORE tells of the first key only. */
int swt_pkcs12_count_keys(const struct swt_key_file *file, const struct swt_secret *passphrase);

/* fault when deriving keys from its passphrase would take minutes or years (key_work.c): for all
 * that can be told of the file without the passphrase. */
int swt_key_file_check_work(const struct swt_key_file *file, enum swt_code fault,
                            struct swt_error *err) SWT_CHECKED;

/* What a file or a provider's object holds. */
struct swt_key_objects {
    EVP_PKEY *private_key; /* the first */
    EVP_PKEY *public_key;  /* the first */
    size_t private_count;
    size_t public_count;
    size_t certificate_count;
};
void swt_key_objects_done(struct swt_key_objects *objects);
/* file is NULL for what a provider serves. SWT_E_PASSPHRASE, or fault. */
int swt_key_objects_load(const struct swt_key_request *request, const struct swt_key_file *file,
                         struct swt_asker *asker, enum swt_code fault,
                         struct swt_key_objects *ret_objects, struct swt_error *err) SWT_CHECKED;
/* The one key in objects, borrowed; fault when there is none, or several, or when it is no private
 * one and need_private. */
int swt_key_objects_pick(const struct swt_key_objects *objects, bool need_private,
                         enum swt_code fault, EVP_PKEY **ret_pkey,
                         struct swt_error *err) SWT_CHECKED;

/* Sets key's id from its type and value. SWT_E_MEMORY. */
int swt_public_key_identify(struct swt_public_key *key, struct swt_error *err) SWT_CHECKED;
/* The public part of pkey; fault, with a message that names the kind of key, when it is of no
 * supported kind. */
int swt_public_key_from_evp(EVP_PKEY *pkey, enum swt_code fault, struct swt_public_key *ret_key,
                            struct swt_error *err) SWT_CHECKED;

int swt_public_key_copy(const struct swt_key *key, struct swt_public_key *ret_key,
                        struct swt_error *err) SWT_CHECKED;

/* ---- ECDSA signatures on P-256 ----------------------------------------------------------- */

#define SWT_P256_SCALAR 32
#define SWT_P256_RAW ((size_t)2 * SWT_P256_SCALAR)
/* 30 len, and two integers of at most 33 bytes with tag and length. */
#define SWT_P256_DER_MAX (2 + 2 * (2 + 33))

/* r and s, each from 1 to n-1. */
bool swt_p256_raw_valid(const uint8_t raw[SWT_P256_RAW]);
/* Of s and n-s, which both verify, the lower one: one signature has one byte string. raw is valid.
 */
void swt_p256_raw_lower(uint8_t raw[SWT_P256_RAW]);
/* Strict DER, nothing after it, r and s from 1 to n-1; false for all else. */
bool swt_p256_raw_from_der(struct swt_slice der, uint8_t ret_raw[SWT_P256_RAW]);
/* Returns the length. raw is valid. */
size_t swt_p256_raw_to_der(const uint8_t raw[SWT_P256_RAW], uint8_t ret_der[SWT_P256_DER_MAX]);

/* ---- external signers -------------------------------------------------------------------- */

/* How many seconds a signer or token may take: limit, or fewer when the environment says so in
 * SWUPDATE_TOOL_SIGNER_TIMEOUT. */
unsigned swt_signer_seconds(unsigned limit);
/* What 'public-key' printed: exactly one PEM block, a public key; else fault. */
int swt_exec_public_key(struct swt_slice output, enum swt_code fault,
                        struct swt_public_key *ret_key, struct swt_error *err) SWT_CHECKED;
/* What 'sign' printed, as swt_backend's sign returns it. SWT_E_BAD_SIGNATURE for what cannot be a
 * signature by key. */
int swt_exec_signature(const struct swt_key *key, struct swt_slice output, struct swt_buf *ret_raw,
                       struct swt_error *err) SWT_CHECKED;

/* ---- verifying --------------------------------------------------------------------------- */

/* A message to verify, hashed once: 1,024 junk signatures over 4 MiB of metadata must not cost
 * 4 GiB of hashing. */
struct swt_message {
    struct swt_slice bytes;
    uint8_t sha256[SWT_DIGEST_SIZE];
};
int swt_message_init(struct swt_slice bytes, struct swt_message *ret_message,
                     struct swt_error *err) SWT_CHECKED;
/* 1 or 0; SWT_E_MEMORY, since a lack of it says nothing about the signature. pkey is
 * swt_key_to_evp's for key; value has the length swt_key_signature_size(key). */
int swt_message_verifies(const struct swt_message *message, const struct swt_key *key,
                         EVP_PKEY *pkey, struct swt_slice value, struct swt_error *err) SWT_CHECKED;

/* PSS with a salt as long as the digest that context has. */
bool swt_pss_configure(EVP_PKEY_CTX *context);

/* swt_key_generate, with the library's key to sign with; EVP_PKEY_free. */
int swt_key_pair_generate(enum swt_key_kind kind, const struct swt_secret *passphrase,
                          struct swt_secret *ret_private_pem, struct swt_public_key *ret_key,
                          EVP_PKEY **ret_pkey, struct swt_error *err) SWT_CHECKED;

/* ---- signers ----------------------------------------------------------------------------- */

/* limit, or what SWUPDATE_TOOL_SIGNER_TIMEOUT (1 to 60) lowers it to; other values are ignored. */
unsigned swt_signer_seconds(unsigned limit);

/* ---- OpenSSL ----------------------------------------------------------------------------- */

void swt_evp_pkey_cleanup(EVP_PKEY **pkey);

struct swt_library_fault {
    bool memory;        /* it ran out of memory */
    bool algorithm;     /* it lacks a cipher or a key derivation */
    const char *reason; /* of the error that says most, or NULL; static */
    char detail[256];   /* what a provider added to reason, or empty */
};
/* Empties the error queue. */
struct swt_library_fault swt_library_fault_take(void);
/* "what: reason: detail" with code, or SWT_E_MEMORY. */
int swt_library_fault_tell(const struct swt_library_fault *fault, struct swt_error *err,
                           enum swt_code code, const char *what);
/* The same of what is in the error queue, which is empty then. */
int swt_library_fail(struct swt_error *err, enum swt_code code, const char *what);

#endif
