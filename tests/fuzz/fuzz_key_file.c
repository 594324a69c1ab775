/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a key file: PEM, DER, PKCS#12. What is read as a private key has a public part that
 * is read alike, and signs; a public key, written as PEM, is read as the same key.
 */
#include "swt/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

/* The passphrase of the encrypted seeds. */
static int answer(void *context, const char *what, struct swt_secret *ret_secret,
                  struct swt_error *err) {
    (void)context;
    (void)what;
    return swt_secret_set(ret_secret, "test passphrase", strlen("test passphrase"), err);
}

/* A file in memory, by a name that key URIs know; close() its descriptor. */
static int file_of(struct swt_slice bytes, char ret_path[64]) {
    int fd = memfd_create("key", MFD_CLOEXEC);
    require(fd >= 0);
    require(write(fd, bytes.data, bytes.len) == (ssize_t)bytes.len);
    (void)snprintf(ret_path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static void require_reason(const struct swt_error *err, enum swt_code fault) {
    require(err->code == fault || err->code == SWT_E_PASSPHRASE);
    require(err->message[0] != '\0' && strchr(err->message, '\n') == NULL);
}

static void check_pem(const struct swt_public_key *key, struct swt_keyring *keyring) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf pem = {0};
    SWT_CLEANUP(swt_public_key_done) struct swt_public_key again = {0};
    struct swt_error err;
    char path[64];
    require(swt_key_check(&key->key, &err) == 0);
    require(swt_public_key_pem(&key->key, &pem, &err) == 0);
    int fd = file_of(swt_buf_slice(&pem), path);
    const struct swt_key_source source = {.uri = path};
    require(swt_public_key_load(&source, keyring, &again, &err) == 0);
    require(memcmp(again.id, key->id, sizeof key->id) == 0);
    close(fd);
}

static void check_signer(struct swt_signer *signer, const struct swt_public_key *key) {
    struct swt_error err;
    require(memcmp(swt_signer_key_id(signer), key->id, sizeof key->id) == 0);
    require(swt_signer_trial(signer, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SWT_CLEANUP(swt_public_key_done) struct swt_public_key key = {0};
    SWT_CLEANUP(swt_signer_cleanup) struct swt_signer *signer = NULL;
    struct swt_keyring keyring = {.prompt = {.ask = answer}};
    struct swt_error err;
    char path[64];
    int fd = file_of(swt_slice_of(data, size), path);
    const struct swt_key_source source = {.uri = path};

    bool is_public = swt_public_key_load(&source, &keyring, &key, &err) == 0;
    if (is_public)
        check_pem(&key, &keyring);
    else
        require_reason(&err, SWT_E_PUBLIC_KEY);
    if (swt_signer_open(&source, &keyring, NULL, &signer, &err) == 0) {
        require(is_public);
        check_signer(signer, &key);
    } else {
        require_reason(&err, SWT_E_KEY);
    }
    close(fd);
    swt_keyring_done(&keyring);
    return 0;
}
