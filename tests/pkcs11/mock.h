/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 module for tests, and for nothing else: its PIN is mock-pin-271828, its keys are those
 * of testdata/keys. It plays what a software token never does: a PIN at its last try, a PIN pad, a
 * call that hangs, lies or crashes. The environment tells how:
 *
 *   SWT_MODULE       words, parted by blanks, of the lists below
 *   SWT_MODULE_LOG   a file: each call appends a line; it is also where the token remembers wrong
 *                    PINs, of which it takes three
 *   SWT_MODULE_KEYS  the folder of root1.pem and root2.pem
 *
 * Which tokens there are; without a word one, "Mock token":
 *   no-slot, no-token, not-initialised, other-token (a second one, "Other token"), twin-token (a
 *   second one of the same label), clone-token (a second one that differs in nothing),
 *   hostile-labels (control characters and bad UTF-8 in what the token calls itself and its key)
 *   new-serial=N, new-label=N (from the Nth C_GetTokenInfo on, N below 10, another token is in the
 *   slot, with that of its own)
 * What its PIN is like:
 *   count-low, final-try, locked, pin-unset, pin-pad, no-login
 * Which keys are on each token; without a word one P-256 pair, "key", id 01:
 *   no-key, no-public, certificate (in place of the public object), two-keys (a second pair of the
 *   same label, id 02), twin-keys (a second pair of the same label and id), other-public (the
 *   public object is another key's), no-label, no-id, always-authenticate, no-sign (CKA_SIGN is
 *   false), no-mechanism, mechanism-no-sign
 * What a call does, CALL=ACTION, as in C_Sign=hang:
 *   hang (deaf to all signals that a process can be deaf to), crash, abort, exit, print (to
 *   standard output and error), close (all descriptors), nothing (says CKR_OK and does nothing), or
 *   a return value: general, removed, absent, device-error, memory, expired, mechanism,
 *   not-permitted, vendor
 * Garbage:
 *   lengths=unavailable|huge|longer|missing (of attributes), point=raw|compressed|hybrid|off-curve|
 *   infinity|short|empty, curve=p384|garbage|empty, label=long, slots=huge|more, objects=endless|
 *   more, mechanisms=huge|more, signature=flipped|zero|short|long|huge|empty
 */
#ifndef MOCK_H
#define MOCK_H

#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- behaviour.c: what the environment says ---------------------------------------------- */

/* Whether word is one of SWT_MODULE's. */
bool mock_is(const char *word);
/* Whether "name=value" is one of them. */
bool mock_has(const char *name, const char *value);
void mock_log(const char *line);
/* At the start of each call: logs it and does what its action says. Returns true when the call is
 * over, with *ret_rv. */
bool mock_call_ends(const char *call, CK_RV *ret_rv);
/* Wrong PINs since the last right one, as the log tells. */
unsigned mock_wrong_pins(void);
void mock_pin_entered(bool right);

/* ---- token.c: which tokens there are, and their PIN -------------------------------------- */

#define MOCK_TOKENS 2
#define MOCK_HUGE ((CK_ULONG)1 << 40)

CK_ULONG mock_token_count(void);
void mock_token_info(size_t index, CK_TOKEN_INFO *info);
/* A field of the standard's structs: text, filled up with blanks. */
void mock_pad(CK_UTF8CHAR *field, size_t size, const char *text);
CK_RV mock_check_pin(const CK_UTF8CHAR *pin, CK_ULONG len);

/* ---- objects.c: what is on a token ------------------------------------------------------- */

#define MOCK_KEYS 2
#define MOCK_OBJECTS (2 * MOCK_KEYS)

/* Handles are from 1 to MOCK_OBJECTS, whether or not an object of that handle is there. */
bool mock_object_exists(CK_OBJECT_HANDLE object);
bool mock_object_is_private(CK_OBJECT_HANDLE object);
bool mock_object_fits(CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *pattern, CK_ULONG count);
CK_RV mock_object_read(CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, CK_ULONG count);
/* What C_GenerateKeyPair makes: the second pair, with the label and the id of attributes. */
CK_RV mock_make_pair(const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE *ret_public,
                     CK_OBJECT_HANDLE *ret_private);
/* Of what was not made, the log alone tells that it was destroyed. */
void mock_destroy(CK_OBJECT_HANDLE object);
/* The private key behind the object; borrowed. NULL when it is none or cannot be loaded. */
EVP_PKEY *mock_object_key(CK_OBJECT_HANDLE object);

/* ---- signature.c ------------------------------------------------------------------------- */

#define MOCK_SIGNATURE 64 /* r and s */

/* Signs the hash; the words of signature= spoil what comes out. */
CK_RV mock_sign(CK_OBJECT_HANDLE key, const CK_BYTE *hash, CK_ULONG hash_len,
                CK_BYTE ret_signature[MOCK_SIGNATURE], CK_ULONG *ret_len);

#endif
