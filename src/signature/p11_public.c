/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public key that an object's attributes tell. Tokens differ in how they write a point and a
 * curve; the forms that occur are taken, and nothing is guessed beyond them.
 */
#include "p11.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <string.h>

/* ---- RSA, certificates, SubjectPublicKeyInfo: through the library ------------------------- */

/* 1 for a key that the library could read. */
static int from_library(EVP_PKEY *pkey, const char *what, struct swt_public_key *ret_key,
                        struct swt_error *err) {
    if (pkey == NULL) {
        if (swt_library_fault_take().memory)
            return swt_fail_memory(err);
        return swt_fail(err, SWT_E_PUBLIC_KEY, "the token's %s cannot be read", what);
    }
    int result = swt_public_key_from_evp(pkey, SWT_E_PUBLIC_KEY, ret_key, err);
    return result < 0 ? result : 1;
}

static int from_spki(struct swt_slice der, struct swt_public_key *ret_key, struct swt_error *err) {
    const unsigned char *end = der.data;
    EVP_PKEY *pkey SWT_CLEANUP(swt_evp_pkey_cleanup) = d2i_PUBKEY(NULL, &end, (long)der.len);
    return from_library(end == der.data + der.len ? pkey : NULL, "public key", ret_key, err);
}

static int from_certificate(struct swt_slice der, struct swt_public_key *ret_key,
                            struct swt_error *err) {
    const unsigned char *end = der.data;
    X509 *certificate = d2i_X509(NULL, &end, (long)der.len);
    bool whole = certificate != NULL && end == der.data + der.len;
    int result =
        from_library(whole ? X509_get0_pubkey(certificate) : NULL, "certificate", ret_key, err);
    X509_free(certificate);
    return result;
}

static EVP_PKEY *make_rsa(const BIGNUM *n, const BIGNUM *e) {
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *numbers = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (builder != NULL && context != NULL &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
        (numbers = OSSL_PARAM_BLD_to_param(builder)) != NULL &&
        EVP_PKEY_fromdata_init(context) == 1)
        (void)EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, numbers);
    OSSL_PARAM_free(numbers);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return pkey;
}

static int from_rsa(const struct swt_p11_public_parts *parts, struct swt_public_key *ret_key,
                    struct swt_error *err) {
    if (parts->modulus.len == 0 || parts->exponent.len == 0)
        return 0;
    /* 8192 bits and a leading zero; nothing longer is worth the library's time. */
    if (parts->modulus.len > 1025 || parts->exponent.len > 64)
        return swt_fail(err, SWT_E_PUBLIC_KEY,
                        "rsa key: a modulus of %zu and an exponent of %zu "
                        "bytes",
                        parts->modulus.len, parts->exponent.len);
    BIGNUM *n = BN_bin2bn(parts->modulus.data, (int)parts->modulus.len, NULL);
    BIGNUM *e = BN_bin2bn(parts->exponent.data, (int)parts->exponent.len, NULL);
    EVP_PKEY *pkey SWT_CLEANUP(swt_evp_pkey_cleanup) =
        n == NULL || e == NULL ? NULL : make_rsa(n, e);
    BN_free(n);
    BN_free(e);
    return from_library(pkey, "RSA public key", ret_key, err);
}

/* ---- elliptic curves ---------------------------------------------------------------------- */

static bool equals(struct swt_slice value, const char *bytes, size_t len) {
    return swt_slice_equal(value, swt_slice_of(bytes, len));
}
#define EQUALS(value_, text_) equals((value_), (text_), sizeof(text_) - 1)

/* An OBJECT IDENTIFIER, or a PrintableString as PKCS#11 3.0 (2.3.10) has it for the curves that had
 * none. 0: of no supported curve. */
static uint32_t curve_type(struct swt_slice parameters) {
    if (EQUALS(parameters, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"))
        return SWT_KEY_P256;
    if (EQUALS(parameters, "\x06\x03\x2b\x65\x70") ||
        EQUALS(parameters, "\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01") ||
        EQUALS(parameters, "\x13\x0c"
                           "edwards25519"))
        return SWT_KEY_ED25519;
    return 0;
}

static int refuse_curve(struct swt_slice parameters, struct swt_error *err) {
    const unsigned char *end = parameters.data;
    char name[80] = "unknown parameters";
    ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &end, (long)parameters.len);
    if (object != NULL)
        (void)OBJ_obj2txt(name, sizeof name, object, 0);
    else if (parameters.data[0] == 0x13 && parameters.len > 2 && parameters.len < 40)
        (void)snprintf(name, sizeof name, "%.*s", (int)parameters.len - 2,
                       (const char *)parameters.data + 2);
    else if (parameters.data[0] == 0x30)
        (void)snprintf(name, sizeof name, "explicit parameters");
    ASN1_OBJECT_free(object);
    ERR_clear_error();
    return swt_fail(err, SWT_E_PUBLIC_KEY,
                    "expected a P-256, Ed25519 or RSA key, found one of curve %s", name);
}

/* A point is a DER OCTET STRING by the standard, a BIT STRING or bare with some tokens. size is the
 * bare point's, which tells the forms apart. */
static struct swt_slice bare_point(struct swt_slice point, size_t size) {
    bool octets = point.len == size + 2 && point.data[0] == 0x04 && point.data[1] == size;
    bool bits = point.len == size + 3 && point.data[0] == 0x03 && point.data[1] == size + 1 &&
                point.data[2] == 0;
    size_t skip = octets ? 2 : (bits ? 3 : 0);
    return swt_slice_of(point.data + skip, point.len - skip);
}

static int from_curve(const struct swt_p11_public_parts *parts, struct swt_public_key *ret_key,
                      struct swt_error *err) {
    struct swt_public_key key SWT_CLEANUP(swt_public_key_done) = {0};
    if (parts->parameters.len == 0)
        return 0;
    uint32_t type = curve_type(parts->parameters);
    if (type == 0)
        return refuse_curve(parts->parameters, err);
    if (parts->point.len == 0)
        return 0;
    int result = swt_buf_append_slice(
        &key.bytes, bare_point(parts->point, type == SWT_KEY_P256 ? 65 : 32), err);
    if (result < 0)
        return result;
    key.key = (struct swt_key){.type = type, .scheme = type, .value = swt_buf_slice(&key.bytes)};
    result = swt_key_check(&key.key, err);
    if (result < 0)
        return result;
    result = swt_public_key_identify(&key, err);
    if (result < 0)
        return result;
    *ret_key = SWT_MOVE(key);
    return 1;
}

/* ---- either ------------------------------------------------------------------------------ */

int swt_p11_public_decode(const struct swt_p11_public_parts *parts, struct swt_public_key *ret_key,
                          struct swt_error *err) {
    ERR_clear_error();
    if (parts->certificate.len > 0)
        return from_certificate(parts->certificate, ret_key, err);
    if (parts->type != CKK_RSA && parts->type != CKK_EC && parts->type != CKK_EC_EDWARDS)
        return swt_fail(err, SWT_E_PUBLIC_KEY,
                        "expected a P-256, Ed25519 or RSA key, found one of the PKCS#11 type 0x%lx",
                        parts->type);
    int result =
        parts->type == CKK_RSA ? from_rsa(parts, ret_key, err) : from_curve(parts, ret_key, err);
    return result == 0 && parts->spki.len > 0 ? from_spki(parts->spki, ret_key, err) : result;
}

/* The values behind the slices of parts. */
struct values {
    struct swt_buf parameters, point, modulus, exponent, spki, certificate;
};

static void values_done(struct values *values) {
    swt_buf_done(&values->parameters);
    swt_buf_done(&values->point);
    swt_buf_done(&values->modulus);
    swt_buf_done(&values->exponent);
    swt_buf_done(&values->spki);
    swt_buf_done(&values->certificate);
}

static int read_value(struct swt_p11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                      struct swt_buf *value, struct swt_slice *ret_slice, struct swt_error *err) {
    int result = swt_p11_attribute(token, object, type, value, err);
    if (result > 0)
        *ret_slice = swt_buf_slice(value);
    return result < 0 ? result : 0;
}

static int read_key(struct swt_p11_token *token, CK_OBJECT_HANDLE object, struct values *values,
                    struct swt_p11_public_parts *parts, struct swt_error *err) {
    const struct {
        bool rsa; /* else of a curve */
        CK_ATTRIBUTE_TYPE type;
        struct swt_buf *value;
        struct swt_slice *part;
    } rows[] = {
        {true, CKA_MODULUS, &values->modulus, &parts->modulus},
        {true, CKA_PUBLIC_EXPONENT, &values->exponent, &parts->exponent},
        {false, CKA_EC_PARAMS, &values->parameters, &parts->parameters},
        {false, CKA_EC_POINT, &values->point, &parts->point},
    };
    parts->type = CK_UNAVAILABLE_INFORMATION;
    int result = swt_p11_attribute_number(token, object, CKA_KEY_TYPE, &parts->type, err);
    for (size_t i = 0; i < SWT_COUNT(rows) && result >= 0; i++)
        if (rows[i].rsa == (parts->type == CKK_RSA))
            result = read_value(token, object, rows[i].type, rows[i].value, rows[i].part, err);
    return result;
}

int swt_p11_public_read(struct swt_p11_token *token, CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class,
                        struct swt_public_key *ret_key, struct swt_error *err) {
    struct values values SWT_CLEANUP(values_done) = {0};
    struct swt_p11_public_parts parts = {0};
    int result = 0;

    if (class == CKO_CERTIFICATE) {
        CK_CERTIFICATE_TYPE type = CKC_X_509;
        result = swt_p11_attribute_number(token, object, CKA_CERTIFICATE_TYPE, &type, err);
        if (result >= 0 && type == CKC_X_509)
            result =
                read_value(token, object, CKA_VALUE, &values.certificate, &parts.certificate, err);
        if (result < 0 || parts.certificate.len == 0)
            return result < 0 ? result : 0;
        return swt_p11_public_decode(&parts, ret_key, err);
    }
    result = read_key(token, object, &values, &parts, err);
    if (result < 0)
        return result;
    result = swt_p11_public_decode(&parts, ret_key, err);
    if (result != 0)
        return result;
    result = read_value(token, object, CKA_PUBLIC_KEY_INFO, &values.spki, &parts.spki, err);
    return result < 0 ? result : swt_p11_public_decode(&parts, ret_key, err);
}
