/* SPDX-License-Identifier: Apache-2.0 */
/* keygen, key show and key check. */
#include "document.h"
#include "output.h"

#include "swt/pipeline.h"

#include "swt/io.h"
#include "swt/signature.h"

#include <stdlib.h>
#include <string.h>

static void string_cleanup(char **text) {
    free(*text);
}

/* {uri, type, key_id}, and pem where it is wanted. */
static int key_json(const char *uri, const struct swt_public_key *key, bool with_pem,
                    json_t **ret_json, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *json = json_object();
    SWT_CLEANUP(swt_buf_done) struct swt_buf pem = {0};
    int rc = swt_json_set(json, "uri", swt_json_path(uri), err);
    if (rc == 0)
        rc = swt_json_put_key(json, key, err);
    if (rc == 0 && with_pem)
        rc = swt_public_key_pem(&key->key, &pem, err);
    if (rc == 0 && with_pem)
        rc = swt_json_set(json, "pem", json_string(swt_buf_text(&pem)), err);
    if (rc == 0)
        *ret_json = SWT_TAKE(json);
    return rc;
}

/* ---- keygen ------------------------------------------------------------------------------ */

/* The path that -o names. What looks like another scheme is refused: a file of the name
 * "pkcs11:token=T" is not what somebody asked for who wrote that. */
static int output_path(const char *text, const char **ret_path, struct swt_error *err) {
    if (strcmp(text, "-") == 0)
        return swt_fail(err, SWT_E_USAGE, "a private key is not written to standard output");
    if (text[0] == '\0' || strcmp(text, "file:") == 0)
        return swt_fail(err, SWT_E_USAGE, "the name of the key file is empty");
    const char *path = swt_key_uri_path(text);
    if (path == NULL) {
        (void)swt_fail(err, SWT_E_KEY_SCHEME,
                       "'%.*s' is not a path, and keys are made in files and on tokens only",
                       (int)swt_key_uri_shown(text), text);
        return swt_error_hint(err, "a file of a name with ':' is written ./NAME");
    }
    *ret_path = path;
    return 0;
}

static int read_passphrase(const struct swt_keygen_options *options, const char *path,
                           struct swt_secret *ret_passphrase, struct swt_error *err) {
    SWT_CLEANUP(string_cleanup) char *what = swt_format(err, "passphrase for %s", path);
    if (what == NULL)
        return -(int)err->code;
    int rc = swt_passphrase_read(options->key, options->keyring, what, ret_passphrase, err);
    if (rc < 0)
        return rc;
    /* It would encrypt the key for show only. */
    if (ret_passphrase->len == 0)
        return swt_fail(err, SWT_E_PASSPHRASE, "%s: the passphrase is empty", path);
    return 0;
}

struct pair {
    struct swt_secret private_pem;
    struct swt_public_key key;
    struct swt_buf public_pem;
};

static void pair_done(struct pair *pair) {
    swt_secret_done(&pair->private_pem);
    swt_public_key_done(&pair->key);
    swt_buf_done(&pair->public_pem);
}

static bool has_passphrase(const struct swt_key_source *key) {
    return key->passphrase_file != NULL || key->passphrase_env != NULL;
}

static int make_pair(const struct swt_keygen_options *options, enum swt_key_kind kind,
                     const char *path, struct pair *ret_pair, struct swt_error *err) {
    SWT_CLEANUP(swt_secret_done) struct swt_secret passphrase = {0};
    bool encrypt = has_passphrase(options->key);
    int rc = 0;
    if (encrypt)
        rc = read_passphrase(options, path, &passphrase, err);
    if (rc == 0)
        rc = swt_key_generate(kind, encrypt ? &passphrase : NULL, &ret_pair->private_pem,
                              &ret_pair->key, err);
    if (rc == 0)
        rc = swt_public_key_pem(&ret_pair->key.key, &ret_pair->public_pem, err);
    return rc;
}

/*
 * Both files are open before the first appears, so that what stands in the way of one is found
 * while neither is there. The private key comes first: the public one can be made from it again.
 */
static int write_pair(const struct pair *pair, const char *path, const char *public_path,
                      bool force, struct swt_error *err) {
    const struct swt_writer_options private_options = {.exclusive = !force, .secret = true};
    const struct swt_writer_options public_options = {.exclusive = !force};
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *private_file = NULL;
    SWT_CLEANUP(swt_writer_cleanup) struct swt_writer *public_file = NULL;
    int rc = swt_writer_open(path, &private_options, &private_file, err);
    if (rc == 0)
        rc = swt_writer_open(public_path, &public_options, &public_file, err);
    if (rc == 0)
        rc = swt_writer_write(private_file, pair->private_pem.data, pair->private_pem.len, err);
    if (rc == 0)
        rc = swt_writer_write(public_file, pair->public_pem.data, pair->public_pem.len, err);
    if (rc == 0)
        rc = swt_writer_commit_both(private_file, public_file, err);
    if (rc == 0)
        return 0;
    bool half = swt_writer_placed(private_file) && !swt_writer_placed(public_file);
    /* New files go together; what --force replaced cannot come back. */
    swt_writer_withdraw(public_file);
    swt_writer_withdraw(private_file);
    if (half && force)
        return swt_error_context(err, "the private key was written, the public one was not");
    if (err->code == SWT_E_EXISTS)
        return swt_error_hint(err, "name another file, or give --force to replace it");
    return rc;
}

static int keygen_document(const struct pair *pair, const char *path, const char *public_path,
                           bool encrypted, json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_object();
    int rc = swt_json_put_key(document, &pair->key, err);
    if (rc == 0)
        rc = swt_json_set(document, "private", swt_json_path(path), err);
    if (rc == 0)
        rc = swt_json_set(document, "public", swt_json_path(public_path), err);
    if (rc == 0)
        rc = swt_json_set(document, "encrypted", json_boolean(encrypted), err);
    if (rc == 0)
        *ret_document = SWT_TAKE(document);
    return rc;
}

/* What a pipe or device is given is seen by others, and cannot be taken back; and a passphrase that
 * its own key replaced would open that key no more. */
static int check_output(const struct swt_keygen_options *options, const char *path,
                        struct swt_error *err) {
    bool makes_file = false;
    int rc = swt_writer_makes_file(path, &makes_file, err);
    if (rc == 0 && makes_file)
        return swt_output_spares(path, options->key->passphrase_file, "a passphrase file", err);
    if (rc < 0)
        return rc;
    (void)swt_fail(err, SWT_E_USAGE, "is no file, and a key is written to a file only");
    return swt_error_file(err, path);
}

static int keygen_files(const struct swt_keygen_options *options, enum swt_key_kind kind,
                        json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(pair_done) struct pair pair = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    const char *path = NULL;
    int rc = output_path(options->key->uri, &path, err);
    if (rc < 0)
        return rc;
    SWT_CLEANUP(string_cleanup) char *public_path = swt_format(err, "%s.pub", path);
    if (public_path == NULL)
        return -(int)err->code;
    if (swt_same_place(path, public_path))
        return swt_fail(err, SWT_E_USAGE, "the public key %s would be the private key",
                        public_path);
    rc = check_output(options, path, err);
    if (rc == 0)
        rc = check_output(options, public_path, err);
    if (rc == 0)
        rc = make_pair(options, kind, path, &pair, err);
    if (rc == 0)
        rc =
            keygen_document(&pair, path, public_path, has_passphrase(options->key), &document, err);
    if (rc == 0)
        rc = write_pair(&pair, path, public_path, options->force, err);
    if (rc < 0)
        return rc;
    *ret_document = SWT_TAKE(document);
    return 0;
}

static bool is_on_token(const char *uri) {
    static const char SCHEME[] = "pkcs11:";
    return swt_ascii_equal(uri, SCHEME, strlen(SCHEME));
}

static int keygen_token(const struct swt_keygen_options *options, enum swt_key_kind kind,
                        json_t **ret_document, struct swt_error *err) {
    if (options->force) {
        (void)swt_fail(err, SWT_E_USAGE, "--force: a key on a token is never replaced");
        return swt_error_hint(err, "name another object=, or delete the old key with the token's "
                                   "own tool");
    }
    SWT_CLEANUP(string_cleanup) char *uri = NULL;
    SWT_CLEANUP(swt_public_key_done) struct swt_public_key key = {0};
    int rc = swt_token_generate(options->key, kind, options->keyring, &uri, &key, err);
    return rc < 0 ? rc : key_json(uri, &key, true, ret_document, err);
}

int swt_keygen(const struct swt_keygen_options *options, json_t **ret_document,
               struct swt_error *err) {
    enum swt_key_kind kind = SWT_KIND_P256;
    if (options->type != NULL && !swt_key_kind_parse(options->type, &kind))
        return swt_fail(err, SWT_E_USAGE, "'%s' is no type of key", options->type);
    return is_on_token(options->key->uri) ? keygen_token(options, kind, ret_document, err)
                                          : keygen_files(options, kind, ret_document, err);
}

/* ---- key show ---------------------------------------------------------------------------- */

static int show_key(const struct swt_key_source *source, struct swt_keyring *keyring, json_t *keys,
                    struct swt_error *err) {
    SWT_CLEANUP(swt_public_key_done) struct swt_public_key key = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf uri = {0};
    json_t *object = NULL;
    int rc = swt_public_key_load(source, keyring, &key, err);
    if (rc == 0)
        rc = swt_key_uri_public(source->uri, &uri, err);
    if (rc == 0)
        rc = key_json(swt_buf_text(&uri), &key, true, &object, err);
    return rc < 0 ? rc : swt_json_add(keys, object, err);
}

int swt_key_show(const struct swt_key_sources *keys, struct swt_keyring *keyring,
                 json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_json_cleanup) json_t *document = json_object();
    json_t *list = json_array();
    if (json_object_set_new(document, "keys", list) < 0)
        return swt_fail_memory(err);
    for (size_t i = 0; i < keys->count; i++) {
        int rc = show_key(&keys->items[i], keyring, list, err);
        if (rc < 0)
            return rc;
    }
    *ret_document = SWT_TAKE(document);
    return 0;
}

/* ---- key check --------------------------------------------------------------------------- */

int swt_key_trial(const struct swt_key_source *key, struct swt_keyring *keyring,
                  struct swt_notices *notices, json_t **ret_document, struct swt_error *err) {
    SWT_CLEANUP(swt_signer_cleanup) struct swt_signer *signer = NULL;
    int rc = swt_signer_open(key, keyring, notices, &signer, err);
    if (rc == 0)
        rc = swt_signer_trial(signer, err);
    if (rc < 0)
        return rc;
    struct swt_public_key public = {.key = *swt_signer_key(signer)};
    memcpy(public.id, swt_signer_key_id(signer), sizeof public.id);
    return key_json(swt_signer_uri(signer), &public, false, ret_document, err);
}
