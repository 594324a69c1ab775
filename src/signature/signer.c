/* SPDX-License-Identifier: Apache-2.0 */
/* A signer: a backend's key, the check that no signature escapes which does not verify, and the log
 * without which none does. */
#include "internal.h"

#include <openssl/rand.h>

#include "audit.h"

#include <stdlib.h>
#include <string.h>

#define TRIAL_RANDOM 32

struct swt_signer {
    char *uri;
    struct swt_key_uri parsed; /* of uri */
    struct swt_buf shown;      /* of uri, what may be shown */
    const struct swt_backend *backend;
    void *state;
    bool dropped;
    struct swt_public_key key;
    char *given;           /* the public key that is to be proven; NULL: none */
    const char *audit_log; /* borrowed from the keyring; NULL: none */
};

void swt_signer_drop_key(struct swt_signer *signer) {
    if (signer->state != NULL)
        signer->backend->close(signer->state);
    signer->state = NULL;
    signer->dropped = true;
}

void swt_signer_free(struct swt_signer *signer) {
    if (signer == NULL)
        return;
    swt_signer_drop_key(signer);
    swt_public_key_done(&signer->key);
    free(signer->given);
    swt_buf_done(&signer->shown);
    free(signer->uri);
    free(signer);
}

void swt_signer_cleanup(struct swt_signer **signer) {
    swt_signer_free(*signer);
}

static int name_it(struct swt_signer *signer, const char *uri, struct swt_error *err) {
    signer->uri = swt_strdup(uri, err);
    if (signer->uri == NULL)
        return -SWT_E_MEMORY;
    int result = swt_key_uri_parse(signer->uri, &signer->parsed, err);
    return result < 0 ? result : swt_key_uri_public(signer->uri, &signer->shown, err);
}

int swt_signer_open_unproven(const struct swt_key_source *source, struct swt_keyring *keyring,
                             struct swt_notices *notices, struct swt_signer **ret_signer,
                             struct swt_error *err) {
    struct swt_signer *signer SWT_CLEANUP(swt_signer_cleanup) = calloc(1, sizeof *signer);
    if (signer == NULL)
        return swt_fail_memory(err);
    signer->audit_log = keyring->audit_log;

    int result = name_it(signer, source->uri, err);
    if (result >= 0)
        result = swt_backend_find(&signer->parsed, &signer->backend, err);
    if (result >= 0)
        result = swt_audit_ready(signer->audit_log, err);
    if (result < 0)
        return result;
    struct swt_key_request request = {.uri = signer->parsed, .source = source, .keyring = keyring};
    result = signer->backend->open(&request, notices, &signer->key, &signer->state, err);
    if (result < 0)
        return result;
    if (signer->backend->unproven != NULL && signer->backend->unproven(signer->state)) {
        signer->given = swt_strdup(source->public_key, err);
        if (signer->given == NULL)
            return -SWT_E_MEMORY;
    }
    *ret_signer = SWT_TAKE(signer);
    return 0;
}

/* A public part that somebody gave is believed when it verifies what the key signs. */
int swt_signer_prove(struct swt_signer *signer, struct swt_error *err) {
    if (signer->given == NULL)
        return 0;
    int result = swt_signer_trial(signer, err);
    if (result < 0 && err->code == SWT_E_BAD_SIGNATURE)
        return swt_error_hint(err, "is '%s' the public part of this key?", signer->given);
    return result;
}

int swt_signer_open(const struct swt_key_source *source, struct swt_keyring *keyring,
                    struct swt_notices *notices, struct swt_signer **ret_signer,
                    struct swt_error *err) {
    struct swt_signer *signer SWT_CLEANUP(swt_signer_cleanup) = NULL;
    int result = swt_signer_open_unproven(source, keyring, notices, &signer, err);
    if (result >= 0)
        result = swt_signer_prove(signer, err);
    if (result < 0)
        return result;
    *ret_signer = SWT_TAKE(signer);
    return 0;
}

/* The store's backend signs with any key of the library, wherever it came from. */
int swt_signer_generate(enum swt_key_kind kind, const char *name, const struct swt_keyring *keyring,
                        struct swt_secret *ret_private_pem, struct swt_signer **ret_signer,
                        struct swt_error *err) {
    struct swt_signer *signer SWT_CLEANUP(swt_signer_cleanup) = calloc(1, sizeof *signer);
    EVP_PKEY *pkey = NULL;
    if (signer == NULL)
        return swt_fail_memory(err);
    signer->audit_log = keyring->audit_log;
    signer->backend = &swt_backend_store;

    int result = name_it(signer, name, err);
    if (result >= 0)
        result = swt_audit_ready(signer->audit_log, err);
    if (result >= 0)
        result = swt_key_pair_generate(kind, NULL, ret_private_pem, &signer->key, &pkey, err);
    if (result < 0)
        return result;
    signer->state = pkey;
    *ret_signer = SWT_TAKE(signer);
    return 0;
}

const char *swt_signer_uri(const struct swt_signer *signer) {
    return swt_buf_text(&signer->shown);
}

const struct swt_key *swt_signer_key(const struct swt_signer *signer) {
    return &signer->key.key;
}

const uint8_t *swt_signer_key_id(const struct swt_signer *signer) {
    return signer->key.id;
}

static int sign_and_check(struct swt_signer *signer, struct swt_slice message, struct swt_buf *raw,
                          struct swt_error *err) {
    const struct swt_key *key = &signer->key.key;

    if (signer->dropped)
        return swt_fail(err, SWT_E_SIGN, "the key was given back");
    int result = signer->backend->sign(signer->state, key, message, raw, err);
    if (result < 0)
        return result;
    size_t size = swt_key_signature_size(key);
    if (size == 0)
        return swt_fail_memory(err);
    if (raw->len != size)
        return swt_fail(err, SWT_E_BAD_SIGNATURE, "the signer returned %zu bytes, expected %zu",
                        raw->len, size);
    if (key->type == SWT_KEY_P256 && swt_p256_raw_valid(raw->data))
        swt_p256_raw_lower(raw->data);
    /* A faulty token, or a public part that belongs to another key, must not reach a device. */
    result = swt_signature_judge(key, message, swt_buf_slice(raw), err);
    if (result == 0)
        return swt_fail(err, SWT_E_BAD_SIGNATURE,
                        "the signer returned a signature that its public key does not verify");
    return result < 0 ? result : 0;
}

int swt_signer_sign(struct swt_signer *signer, const struct swt_signing_subject *subject,
                    struct swt_slice message, struct swt_buf *ret_raw, struct swt_error *err) {
    struct swt_buf raw SWT_CLEANUP(swt_buf_done) = {0};
    struct swt_audit audit SWT_CLEANUP(swt_audit_done) = {0};
    struct swt_error log_error;

    int result = swt_audit_begin(signer->audit_log, &signer->parsed, signer->key.id, subject,
                                 message, &audit, err);
    if (result < 0)
        return result;
    result = sign_and_check(signer, message, &raw, err);
    int logged = swt_audit_end(&audit, result < 0 ? err : NULL, swt_buf_slice(&raw), &log_error);
    if (result < 0) {
        if (logged < 0)
            swt_error_hint(err, "the outcome is not logged: %s", log_error.message);
        return swt_key_uri_blame(&signer->parsed, err);
    }
    if (logged < 0) {
        *err = log_error;
        return swt_error_hint(err, "the signature was made and dropped: none is released without "
                                   "its line in the audit log");
    }
    return swt_buf_append_slice(ret_raw, swt_buf_slice(&raw), err);
}

int swt_signer_trial(struct swt_signer *signer, struct swt_error *err) {
    static const struct swt_signing_subject subject = {.role = "trial"};
    static const char text[] = "swupdate-tool trial signature"; /* no metadata begins like this */
    struct swt_buf raw SWT_CLEANUP(swt_buf_done) = {0};
    uint8_t message[sizeof text - 1 + TRIAL_RANDOM];

    memcpy(message, text, sizeof text - 1);
    if (RAND_bytes(message + sizeof text - 1, TRIAL_RANDOM) != 1)
        return swt_library_fail(err, SWT_E_SIGN, "no random bytes for a trial signature");
    return swt_signer_sign(signer, &subject, swt_slice_of(message, sizeof message), &raw, err);
}
