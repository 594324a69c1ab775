/* SPDX-License-Identifier: Apache-2.0 */
/* What OSSL_STORE finds in a key file or at a provider, and which key of it is meant. */
#include "internal.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>

/* A file of thousands of blocks is no key file, and each costs a trial of every decoder. */
#define MAX_OBJECTS 64

void swt_key_objects_done(struct swt_key_objects *objects) {
    EVP_PKEY_free(objects->private_key);
    EVP_PKEY_free(objects->public_key);
    *objects = (struct swt_key_objects){0};
}

static void store_cleanup(OSSL_STORE_CTX **store) {
    OSSL_STORE_close(*store);
}

static void bio_cleanup(BIO **bio) {
    BIO_free(*bio);
}

static void ui_cleanup(UI_METHOD **method) {
    UI_destroy_method(*method);
}

static void collect(const OSSL_STORE_INFO *info, struct swt_key_objects *objects) {
    switch (OSSL_STORE_INFO_get_type(info)) {
    case OSSL_STORE_INFO_PKEY:
        if (objects->private_count++ == 0)
            objects->private_key = OSSL_STORE_INFO_get1_PKEY(info);
        break;
    case OSSL_STORE_INFO_PUBKEY:
        if (objects->public_count++ == 0)
            objects->public_key = OSSL_STORE_INFO_get1_PUBKEY(info);
        break;
    case OSSL_STORE_INFO_CERT:
        objects->certificate_count++;
        break;
    default: /* EC parameters that older tools write in front of a key, CRLs, names */
        break;
    }
}

/* OSSL_STORE failed to load an object; asked tells whether it wanted the passphrase for that. */
static int explain(const struct swt_key_request *request, const struct swt_key_file *file,
                   const struct swt_asker *asker, bool asked, enum swt_code fault,
                   struct swt_error *err) {
    struct swt_library_fault reported = swt_library_fault_take();

    if (asked && !asker->answered) {
        *err = asker->error;
        return -(int)err->code;
    }
    if (reported.memory)
        return swt_fail_memory(err);
    if (reported.algorithm && file != NULL) {
        swt_fail(err, fault, "encrypted with an algorithm that this OpenSSL does not offer");
        swt_error_hint(err, "encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc, or for PKCS#12 "
                            "openssl pkcs12 -legacy");
    } else if (asked) {
        /* The outer encoding was whole, or nothing would have been asked for. */
        swt_fail(err, SWT_E_PASSPHRASE, "wrong passphrase for this key");
        swt_error_hint(err, "a key whose encrypted part is damaged looks the same");
    } else if (file != NULL) {
        swt_key_file_refuse(file, fault, err);
    } else {
        swt_library_fault_tell(&reported, err, fault,
                               "the provider of this scheme cannot load the key");
    }
    return swt_key_uri_blame(&request->uri, err);
}

static int load_all(OSSL_STORE_CTX *store, const struct swt_key_request *request,
                    const struct swt_key_file *file, struct swt_asker *asker, enum swt_code fault,
                    struct swt_key_objects *objects, struct swt_error *err) {
    for (int i = 0; OSSL_STORE_eof(store) != 1; i++) {
        /* A second key could be behind it. */
        if (i == MAX_OBJECTS) {
            swt_fail(err, fault, "more than %d objects, expected one key", MAX_OBJECTS);
            return swt_key_uri_blame(&request->uri, err);
        }
        bool asked_before = asker->asked;
        ERR_clear_error();
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info == NULL) {
            bool asked = asker->asked && !asked_before;
            /* Without a reason in the queue nothing is wrong: no object in the rest of the text. */
            if (asked || ERR_peek_error() != 0)
                return explain(request, file, asker, asked, fault, err);
            if (OSSL_STORE_error(store) == 1)
                break;
            continue;
        }
        collect(info, objects);
        OSSL_STORE_INFO_free(info);
    }
    if (file != NULL && objects->private_count + objects->public_count == 0 &&
        objects->certificate_count == 0) {
        swt_key_file_refuse(file, fault, err);
        return swt_key_uri_blame(&request->uri, err);
    }
    return 0;
}

int swt_key_objects_load(const struct swt_key_request *request, const struct swt_key_file *file,
                         struct swt_asker *asker, enum swt_code fault,
                         struct swt_key_objects *ret_objects, struct swt_error *err) {
    struct swt_key_objects objects SWT_CLEANUP(swt_key_objects_done) = {0};
    BIO *bio SWT_CLEANUP(bio_cleanup) = NULL;
    UI_METHOD *method SWT_CLEANUP(ui_cleanup) =
        UI_UTIL_wrap_read_pem_callback(swt_asker_callback, 0);
    OSSL_STORE_CTX *store SWT_CLEANUP(store_cleanup) = NULL;

    /* Without a method of ours OpenSSL would ask on the terminal by itself. */
    if (method == NULL)
        return swt_fail_memory(err);
    if (file != NULL) {
        if (swt_key_file_check_work(file, fault, err) < 0)
            return swt_key_uri_blame(&request->uri, err);
        /* The bytes that were read, not the name: OSSL_STORE would list a directory, decode
         * percent signs, and open the file a second time. */
        bio = BIO_new_mem_buf(file->data, (int)file->len);
        if (bio == NULL)
            return swt_fail_memory(err);
        store = OSSL_STORE_attach(bio, "file", NULL, NULL, method, asker, NULL, NULL, NULL);
    } else {
        store = OSSL_STORE_open_ex(request->uri.text, NULL, NULL, method, asker, NULL, NULL, NULL);
    }
    int result = store == NULL ? explain(request, file, asker, asker->asked, fault, err)
                               : load_all(store, request, file, asker, fault, &objects, err);
    ERR_clear_error();
    if (result < 0)
        return result;

    int keys = file == NULL || objects.private_count == 0
                   ? -1
                   : swt_pkcs12_count_keys(file, asker->answered ? &asker->passphrase : NULL);
    if (keys > 0 && (size_t)keys > objects.private_count)
        objects.private_count = (size_t)keys;
    *ret_objects = SWT_MOVE(objects);
    return 0;
}

int swt_key_objects_pick(const struct swt_key_objects *objects, bool need_private,
                         enum swt_code fault, EVP_PKEY **ret_pkey, struct swt_error *err) {
    size_t keys = objects->private_count + objects->public_count;
    bool pair = objects->private_count == 1 && objects->public_count == 1 &&
                EVP_PKEY_eq(objects->private_key, objects->public_key) == 1;
    ERR_clear_error();

    if (keys > 1 && !pair) {
        swt_fail(err, fault, "%zu keys, expected one: which is meant is not clear", keys);
        return swt_error_hint(err, "give a file that holds the one key");
    }
    if (objects->private_count == 0 && need_private && objects->public_count > 0)
        return swt_fail(err, fault, "a public key, where a private key is needed");
    if (keys == 0 && objects->certificate_count > 0) {
        swt_fail(err, fault, "a certificate, where a %s is needed",
                 need_private ? "private key" : "key");
        return need_private ? -(int)err->code
                            : swt_error_hint(err, "its key: openssl x509 -in FILE -noout -pubkey");
    }
    if (keys == 0)
        return swt_fail(err, fault, "no %s", need_private ? "private key" : "key");
    *ret_pkey = objects->private_count == 1 ? objects->private_key : objects->public_key;
    return 0;
}
