/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What serves a key URI. A further kind of signer is one file with one of these tables, and one
 * row in backend.c.
 */
#ifndef SWT_SIGNATURE_BACKEND_H
#define SWT_SIGNATURE_BACKEND_H

#include "swt/signature.h"

/* A key URI taken apart. All pointers into text. */
struct swt_key_uri {
    const char *text;
    const char *path;        /* the file it names; NULL: an object that scheme names */
    struct swt_slice scheme; /* without the colon; empty when path is set */
};
/* SWT_E_KEY for an empty URI, and for "-": a key is not read from standard input. */
int swt_key_uri_parse(const char *text, struct swt_key_uri *ret_uri,
                      struct swt_error *err) SWT_CHECKED;
bool swt_key_uri_has_scheme(const struct swt_key_uri *uri, const char *scheme);
/* Adds to err which key it is about; returns -err->code. What of a URI may hold a secret stays
 * out: its query, and in a pkcs11: URI whatever is not known to hold none. */
int swt_key_uri_blame(const struct swt_key_uri *uri, struct swt_error *err);

struct swt_key_request {
    struct swt_key_uri uri;
    const struct swt_key_source *source;
    struct swt_keyring *keyring;
};

struct swt_backend {
    /* The public part of the key; signing with it need not be possible. What is wrong with the
     * key or its file is SWT_E_PUBLIC_KEY. */
    int (*load_public)(const struct swt_key_request *request, struct swt_public_key *ret_key,
                       struct swt_error *err);
    /* Ready to sign. *ret_state is passed to sign and close. notices may be NULL. */
    int (*open)(const struct swt_key_request *request, struct swt_notices *notices,
                struct swt_public_key *ret_key, void **ret_state, struct swt_error *err);
    /* Whether the public part that open told is somebody's word only (--public-key): a trial
     * signature has to prove it. NULL: never. */
    bool (*unproven)(const void *state);
    /* Appends the raw signature of message (for P-256 r‖s, s of either half) by key, which is the
     * one that open told. The caller verifies it. SWT_E_SIGN. */
    int (*sign)(void *state, const struct swt_key *key, struct swt_slice message,
                struct swt_buf *ret_raw, struct swt_error *err);
    void (*close)(void *state); /* NULL-safe */
};
/* SWT_E_KEY_SCHEME when nothing serves the URI. The table is static. */
int swt_backend_find(const struct swt_key_uri *uri, const struct swt_backend **ret_backend,
                     struct swt_error *err) SWT_CHECKED;

/* Files, and objects of OpenSSL's providers: whatever OSSL_STORE opens. */
extern const struct swt_backend swt_backend_store;
/* Tokens. */
extern const struct swt_backend swt_backend_pkcs11;
/* Programs that hold a key: exec:PROGRAM. */
extern const struct swt_backend swt_backend_exec;
/* Whether a provider that is loaded serves the scheme. */
bool swt_store_serves(const struct swt_key_uri *uri);

#endif
