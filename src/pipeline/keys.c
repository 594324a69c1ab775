/* SPDX-License-Identifier: Apache-2.0 */
/* keygen and key show. */
#include "document.h"

#include "swt/pipeline.h"

#include "swt/io.h"
#include "swt/signature.h"

#include <stdlib.h>
#include <string.h>

static void string_cleanup(char **text) {
    free(*text);
}

/* type and key_id, which both documents have. NULL: out of memory. */
static json_t *key_json(const struct swt_public_key *key) {
    char type[16];
    char id[SWT_HEX_SIZE(SWT_KEY_ID_SIZE)];
    swt_hex_encode(key->id, SWT_KEY_ID_SIZE, id);
    json_t *object = json_object();
    if (json_object_set_new(object, "type", json_string(swt_key_type_text(&key->key, type))) < 0 ||
        json_object_set_new(object, "key_id", json_string(id)) < 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* ---- keygen ------------------------------------------------------------------------------ */

/* The path that -o names. What looks like another scheme is refused: a file of the name
 * "pkcs11:token=T" is not what somebody asked for who wrote that. */
static int output_path(const char *text, const char **ret_path, struct swt_error *err) {
    static const char file_scheme[] = "file:";
    if (strcmp(text, "-") == 0)
        return swt_fail(err, SWT_E_USAGE, "a private key is not written to standard output");
    if (strncmp(text, file_scheme, strlen(file_scheme)) == 0)
        text += strlen(file_scheme);
    else if (text[strcspn(text, ":/.")] == ':') {
        (void)swt_fail(err, SWT_E_KEY_SCHEME, "'%s' is not a path, and keys are made in files only",
                       text);
        return swt_error_hint(err, "a file of that name is written ./%s", text);
    }
    if (text[0] == '\0')
        return swt_fail(err, SWT_E_USAGE, "the name of the key file is empty");
    *ret_path = text;
    return 0;
}

static int read_passphrase(const struct swt_keygen_options *options, const char *path,
                           struct swt_secret *ret_passphrase, struct swt_error *err) {
    SWT_CLEANUP(string_cleanup) char *what = swt_format(err, "passphrase for %s", path);
    if (what == NULL)
        return -(int)err->code;
    int rc = swt_passphrase_read(options->passphrase, options->keyring, what, ret_passphrase, err);
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

static int make_pair(const struct swt_keygen_options *options, const char *path,
                     struct pair *ret_pair, struct swt_error *err) {
    enum swt_key_kind kind = SWT_KIND_P256;
    if (options->type != NULL && !swt_key_kind_parse(options->type, &kind))
        return swt_fail(err, SWT_E_USAGE, "'%s' is no type of key", options->type);
    SWT_CLEANUP(swt_secret_done) struct swt_secret passphrase = {0};
    bool encrypt = options->passphrase != NULL;
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
        rc = swt_writer_commit(private_file, err);
    bool half = rc == 0;
    if (rc == 0)
        rc = swt_writer_commit(public_file, err);
    if (rc == 0)
        return 0;
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
    SWT_CLEANUP(swt_json_cleanup) json_t *document = key_json(&pair->key);
    if (json_object_set_new(document, "private", swt_json_path(path)) < 0 ||
        json_object_set_new(document, "public", swt_json_path(public_path)) < 0 ||
        json_object_set_new(document, "encrypted", json_boolean(encrypted)) < 0)
        return swt_fail_memory(err);
    *ret_document = SWT_TAKE(document);
    return 0;
}

int swt_keygen(const struct swt_keygen_options *options, json_t **ret_document,
               struct swt_error *err) {
    SWT_CLEANUP(pair_done) struct pair pair = {0};
    SWT_CLEANUP(swt_json_cleanup) json_t *document = NULL;
    const char *path = NULL;
    int rc = output_path(options->path, &path, err);
    if (rc < 0)
        return rc;
    SWT_CLEANUP(string_cleanup) char *public_path = swt_format(err, "%s.pub", path);
    if (public_path == NULL)
        return -(int)err->code;
    rc = make_pair(options, path, &pair, err);
    if (rc == 0)
        rc = keygen_document(&pair, path, public_path, options->passphrase != NULL, &document, err);
    if (rc == 0)
        rc = write_pair(&pair, path, public_path, options->force, err);
    if (rc < 0)
        return rc;
    *ret_document = SWT_TAKE(document);
    return 0;
}

/* ---- key show ---------------------------------------------------------------------------- */

static int show_key(const struct swt_key_source *source, struct swt_keyring *keyring, json_t *keys,
                    struct swt_error *err) {
    SWT_CLEANUP(swt_public_key_done) struct swt_public_key key = {0};
    SWT_CLEANUP(swt_buf_done) struct swt_buf pem = {0};
    int rc = swt_public_key_load(source, keyring, &key, err);
    if (rc == 0)
        rc = swt_public_key_pem(&key.key, &pem, err);
    if (rc < 0)
        return rc;
    json_t *object = key_json(&key);
    if (json_object_set_new(object, "uri", swt_json_path(source->uri)) < 0 ||
        json_object_set_new(object, "pem", json_string(swt_buf_text(&pem))) < 0) {
        json_decref(object);
        return swt_fail_memory(err);
    }
    if (json_array_append_new(keys, object) < 0)
        return swt_fail_memory(err);
    return 0;
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
