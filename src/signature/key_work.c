/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it takes to derive keys from the passphrase of a key file. The file says how often a hash is
 * repeated, and the library stops for nobody meanwhile.
 */
#include "internal.h"

#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

/* What tools write has some thousands, what is advised a million. A second or two. */
#define MAX_ITERATIONS UINT64_C(2000000)

static void add(uint64_t *total, uint64_t count) {
    *total = count > UINT64_MAX - *total ? UINT64_MAX : *total + count;
}

static uint64_t times(uint64_t a, uint64_t b) {
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/* What is negative or does not fit is as good as endless. */
static uint64_t number(const ASN1_INTEGER *integer) {
    uint64_t value;
    return ASN1_INTEGER_get_uint64(&value, integer) == 1 ? value : UINT64_MAX;
}

/* ---- algorithms ---------------------------------------------------------------------------- */

/* PBKDF2 (RFC 8018), or scrypt (RFC 7914), of which a block costs what an iteration does. */
static uint64_t of_function(const X509_ALGOR *function) {
    const ASN1_OBJECT *object;
    const void *value;
    int type;
    uint64_t count = 0;
    X509_ALGOR_get0(&object, &type, &value, function);
    if (type != V_ASN1_SEQUENCE)
        return 0;
    if (OBJ_obj2nid(object) == NID_id_pbkdf2) {
        PBKDF2PARAM *pbkdf2 = ASN1_item_unpack(value, ASN1_ITEM_rptr(PBKDF2PARAM));
        count = pbkdf2 == NULL ? 0 : number(pbkdf2->iter);
        PBKDF2PARAM_free(pbkdf2);
    } else if (OBJ_obj2nid(object) == NID_id_scrypt) {
        SCRYPT_PARAMS *scrypt = ASN1_item_unpack(value, ASN1_ITEM_rptr(SCRYPT_PARAMS));
        if (scrypt != NULL)
            count = times(times(number(scrypt->costParameter), number(scrypt->blockSize)),
                          number(scrypt->parallelizationParameter));
        SCRYPT_PARAMS_free(scrypt);
    }
    return count;
}

/* PBES2, or one of the older ones, PKCS#12's among them, whose parameters are alike. */
static uint64_t of_algorithm(const X509_ALGOR *algorithm) {
    const ASN1_OBJECT *object;
    const void *value;
    int type;
    uint64_t count = 0;
    X509_ALGOR_get0(&object, &type, &value, algorithm);
    if (type != V_ASN1_SEQUENCE)
        return 0;
    if (OBJ_obj2nid(object) == NID_pbes2) {
        PBE2PARAM *pbes2 = ASN1_item_unpack(value, ASN1_ITEM_rptr(PBE2PARAM));
        count = pbes2 == NULL ? 0 : of_function(pbes2->keyfunc);
        PBE2PARAM_free(pbes2);
    } else {
        PBEPARAM *pbes1 = ASN1_item_unpack(value, ASN1_ITEM_rptr(PBEPARAM));
        count = pbes1 == NULL ? 0 : number(pbes1->iter);
        PBEPARAM_free(pbes1);
    }
    return count;
}

static uint64_t of_encrypted_key(const X509_SIG *key) {
    const X509_ALGOR *algorithm;
    X509_SIG_get0(key, &algorithm, NULL);
    return of_algorithm(algorithm);
}

/* ---- PKCS#12 ------------------------------------------------------------------------------- */

static void add_bags(uint64_t *total, const STACK_OF(PKCS12_SAFEBAG) * bags, unsigned level) {
    enum { MAX_LEVELS = 16 };
    /* Bags in bags without end: nobody means that. */
    if (level == MAX_LEVELS)
        *total = UINT64_MAX;
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags) && level < MAX_LEVELS; i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        int nid = PKCS12_SAFEBAG_get_nid(bag);
        if (nid == NID_pkcs8ShroudedKeyBag)
            add(total, of_encrypted_key(PKCS12_SAFEBAG_get0_pkcs8(bag)));
        else if (nid == NID_safeContentsBag)
            add_bags(total, PKCS12_SAFEBAG_get0_safes(bag), level + 1);
    }
}

static void add_part(uint64_t *total, PKCS7 *part) {
    if (PKCS7_type_is_data(part)) {
        STACK_OF(PKCS12_SAFEBAG) *bags = PKCS12_unpack_p7data(part);
        add_bags(total, bags, 0);
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    } else if (PKCS7_type_is_encrypted(part) && part->d.encrypted != NULL) {
        add(total, of_algorithm(part->d.encrypted->enc_data->algorithm));
    }
}

static void add_pkcs12(uint64_t *total, const PKCS12 *pkcs12) {
    const ASN1_INTEGER *count = NULL;
    const X509_ALGOR *algorithm = NULL;
    PKCS12_get0_mac(NULL, &algorithm, NULL, &count, pkcs12);
    if (algorithm != NULL)
        add(total, count == NULL ? 1 : number(count));
    STACK_OF(PKCS7) *parts = PKCS12_unpack_authsafes(pkcs12);
    for (int i = 0; i < sk_PKCS7_num(parts); i++)
        add_part(total, sk_PKCS7_value(parts, i));
    sk_PKCS7_pop_free(parts, PKCS7_free);
}

/* ---- files --------------------------------------------------------------------------------- */

/* One object of DER, or what it turns out to be; how long it is, or 0. */
static size_t add_object(uint64_t *total, const uint8_t *data, size_t len) {
    const uint8_t *at = data;
    X509_SIG *key = d2i_X509_SIG(NULL, &at, (long)len);
    if (key != NULL) {
        add(total, of_encrypted_key(key));
        X509_SIG_free(key);
        return (size_t)(at - data);
    }
    at = data;
    PKCS12 *pkcs12 = d2i_PKCS12(NULL, &at, (long)len);
    if (pkcs12 != NULL) {
        add_pkcs12(total, pkcs12);
        PKCS12_free(pkcs12);
        return (size_t)(at - data);
    }
    long size;
    int tag;
    int kind;
    at = data;
    int form = ASN1_get_object(&at, &size, &tag, &kind, (long)len);
    return (form & 0x81) != 0 ? 0 : (size_t)(at - data) + (size_t)size;
}

static void add_objects(uint64_t *total, const uint8_t *data, size_t len) {
    for (size_t done = 0, size = 1; done < len && size > 0; done += size)
        size = add_object(total, data + done, len - done);
}

/* Whatever the labels say: the library looks at what is in a block, too. */
static void add_blocks(uint64_t *total, BIO *file) {
    char *name = NULL;
    char *header = NULL;
    unsigned char *data = NULL;
    long len = 0;
    while (PEM_read_bio(file, &name, &header, &data, &len) == 1) {
        add_objects(total, data, (size_t)len);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)len);
    }
}

int swt_key_file_check_work(const struct swt_key_file *file, enum swt_code fault,
                            struct swt_error *err) {
    uint64_t total = 0;
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    if (bio == NULL)
        return swt_fail_memory(err);
    add_objects(&total, file->data, file->len);
    add_blocks(&total, bio);
    BIO_free(bio);
    ERR_clear_error();
    if (swt_library_starved())
        return swt_fail_memory(err);
    if (total <= MAX_ITERATIONS)
        return 0;
    swt_fail(err, fault,
             "its passphrase is hashed more than %" PRIu64 " times, which takes too long",
             MAX_ITERATIONS);
    return swt_error_hint(err, "encrypt it anew: openssl pkcs8 -topk8 -iter 100000, or for PKCS#12 "
                               "openssl pkcs12 -export -iter 100000");
}
