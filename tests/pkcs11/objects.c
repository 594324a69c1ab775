/* SPDX-License-Identifier: Apache-2.0 */
/* The keys and certificates on a token of the module. See mock.h. */
#include "mock.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POINT 65
#define LONG_LABEL 100000

/* The objects of a pair: the public one, or the certificate in its place, then the private one. */
static size_t pair_of(CK_OBJECT_HANDLE object) {
    return (object - 1) / 2;
}

bool mock_object_is_private(CK_OBJECT_HANDLE object) {
    return object % 2 == 0;
}

/* Of the second pair what this run made, and did not destroy: the public object, the private one.
 */
static bool made[2];
static CK_BYTE made_label[256], made_id[256];
static CK_ULONG made_label_len, made_id_len;

static void keep(const CK_ATTRIBUTE *attribute, CK_BYTE value[256], CK_ULONG *len) {
    *len = attribute->ulValueLen < 256 ? attribute->ulValueLen : 256;
    memcpy(value, attribute->pValue, *len);
}

CK_RV mock_make_pair(const CK_ATTRIBUTE *attributes, CK_ULONG count, CK_OBJECT_HANDLE *ret_public,
                     CK_OBJECT_HANDLE *ret_private) {
    if (made[false] || made[true])
        return CKR_DEVICE_MEMORY;
    for (CK_ULONG i = 0; i < count; i++) {
        if (attributes[i].type == CKA_LABEL)
            keep(&attributes[i], made_label, &made_label_len);
        if (attributes[i].type == CKA_ID)
            keep(&attributes[i], made_id, &made_id_len);
    }
    made[false] = made[true] = true;
    *ret_public = 3;
    *ret_private = 4;
    return CKR_OK;
}

static bool is_made(CK_OBJECT_HANDLE object) {
    return pair_of(object) > 0 && made[mock_object_is_private(object)];
}

void mock_destroy(CK_OBJECT_HANDLE object) {
    if (is_made(object))
        made[mock_object_is_private(object)] = false;
}

bool mock_object_exists(CK_OBJECT_HANDLE object) {
    if (object < 1 || object > MOCK_OBJECTS || mock_is("no-key"))
        return false;
    if (pair_of(object) > 0 && !is_made(object) && !mock_is("two-keys") && !mock_is("twin-keys"))
        return false;
    return mock_object_is_private(object) || !mock_is("no-public");
}

static CK_OBJECT_CLASS class_of(CK_OBJECT_HANDLE object) {
    if (mock_object_is_private(object))
        return CKO_PRIVATE_KEY;
    return mock_is("certificate") && pair_of(object) == 0 ? CKO_CERTIFICATE : CKO_PUBLIC_KEY;
}

/* Without the C library: a test that makes its allocations and calls fail means the worker's, not
 * the module's. */
static BIO *open_key(const char *name) {
    static char text[8192];
    char path[4096];
    const char *folder = getenv("SWT_MODULE_KEYS");
    (void)snprintf(path, sizeof path, "%s/%s", folder == NULL ? "." : folder, name);
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    long len = fd < 0 ? -1 : syscall(SYS_read, fd, text, sizeof text);
    if (fd >= 0)
        (void)syscall(SYS_close, fd);
    return len < 0 ? NULL : BIO_new_mem_buf(text, (int)len);
}

static EVP_PKEY *load_key(size_t pair) {
    BIO *file = open_key(pair == 0 ? "root1.pem" : "root2.pem");
    EVP_PKEY *key = file == NULL ? NULL : PEM_read_bio_PrivateKey(file, NULL, NULL, NULL);
    BIO_free(file);
    return key;
}

EVP_PKEY *mock_object_key(CK_OBJECT_HANDLE object) {
    static EVP_PKEY *keys[MOCK_KEYS];
    if (!mock_object_exists(object) || !mock_object_is_private(object))
        return NULL;
    EVP_PKEY **key = &keys[pair_of(object)];
    if (*key == NULL)
        *key = load_key(pair_of(object));
    return *key;
}

/* ---- attributes -------------------------------------------------------------------------- */

struct value {
    CK_BYTE *data; /* owned */
    CK_ULONG len;
};

static bool set_value(struct value *value, const void *data, size_t len) {
    value->data = malloc(len + 1);
    if (value->data == NULL)
        return false;
    if (len > 0)
        memcpy(value->data, data, len);
    value->len = len;
    return true;
}

static bool set_bool(struct value *value, bool truth) {
    CK_BBOOL byte = truth ? CK_TRUE : CK_FALSE;
    return set_value(value, &byte, sizeof byte);
}

static bool set_ulong(struct value *value, CK_ULONG number) {
    return set_value(value, &number, sizeof number);
}

static bool set_label(struct value *value, CK_OBJECT_HANDLE object) {
    static const char hostile[] = "key\033[31m\n\xff\xe2\x80\xae;type=cert";
    if (mock_is("no-label"))
        return false;
    if (mock_is("hostile-labels"))
        return set_value(value, hostile, sizeof hostile - 1);
    if (!mock_has("label", "long"))
        return is_made(object) ? set_value(value, made_label, made_label_len)
                               : set_value(value, "key", 3);
    bool ok = set_value(value, "", LONG_LABEL);
    if (ok)
        memset(value->data, 'x', LONG_LABEL);
    return ok;
}

static bool set_curve(struct value *value) {
    static const CK_BYTE p256[] = {6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7};
    static const CK_BYTE p384[] = {6, 5, 0x2b, 0x81, 4, 0, 0x22};
    if (mock_has("curve", "p384"))
        return set_value(value, p384, sizeof p384);
    if (mock_has("curve", "garbage"))
        return set_value(value, "\x30\x80\xff\xff\xff", 5);
    return set_value(value, p256, mock_has("curve", "empty") ? 0 : sizeof p256);
}

/* The point, in the OCTET STRING that the standard asks for, or as the garbage words say. */
static bool set_point(struct value *value, size_t pair) {
    CK_BYTE der[2 + POINT] = {4, POINT};
    CK_BYTE *point = der + 2;
    size_t len = 0;
    EVP_PKEY *key = load_key(mock_is("other-public") ? 1 - pair : pair);
    bool ok = key != NULL && EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                             POINT, &len) == 1;
    EVP_PKEY_free(key);
    if (!ok || len != POINT)
        return false;
    if (mock_has("point", "raw"))
        return set_value(value, point, POINT);
    if (mock_has("point", "empty"))
        return set_value(value, "", 0);
    if (mock_has("point", "short"))
        return set_value(value, der, sizeof der - 1);
    if (mock_has("point", "infinity"))
        return set_value(value, "\4\1\0", 3);
    if (mock_has("point", "compressed")) {
        der[1] = 33;
        point[0] = 2 + (point[POINT - 1] & 1);
        return set_value(value, der, 2 + 33);
    }
    if (mock_has("point", "hybrid"))
        point[0] = 6 + (point[POINT - 1] & 1);
    if (mock_has("point", "off-curve"))
        point[POINT - 1] ^= 1;
    return set_value(value, der, sizeof der);
}

static bool set_certificate(struct value *value) {
    BIO *file = open_key("root1-certificate.pem");
    X509 *certificate = file == NULL ? NULL : PEM_read_bio_X509(file, NULL, NULL, NULL);
    BIO_free(file);
    unsigned char *der = NULL;
    int len = certificate == NULL ? -1 : i2d_X509(certificate, &der);
    bool ok = len > 0 && set_value(value, der, (size_t)len);
    OPENSSL_free(der);
    X509_free(certificate);
    return ok;
}

/* False: the object has no such attribute. */
static bool get_value(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, struct value *value) {
    CK_OBJECT_CLASS class = class_of(object);
    size_t pair = pair_of(object);
    CK_BYTE id = mock_is("twin-keys") ? 1 : (CK_BYTE)(pair + 1);
    bool is_key = class != CKO_CERTIFICATE;
    bool is_private = class == CKO_PRIVATE_KEY;

    switch (type) {
    case CKA_CLASS:
        return set_ulong(value, class);
    case CKA_TOKEN:
        return set_bool(value, true);
    case CKA_PRIVATE:
        return set_bool(value, is_private);
    case CKA_LABEL:
        return set_label(value, object);
    case CKA_ID:
        if (is_made(object))
            return set_value(value, made_id, made_id_len);
        return !mock_is("no-id") && set_value(value, &id, 1);
    case CKA_KEY_TYPE:
        return is_key && set_ulong(value, CKK_EC);
    case CKA_EC_PARAMS:
        return is_key && set_curve(value);
    case CKA_EC_POINT:
        return class == CKO_PUBLIC_KEY && set_point(value, pair);
    case CKA_SIGN:
        return is_private && set_bool(value, !mock_is("no-sign"));
    case CKA_ALWAYS_AUTHENTICATE:
        return is_private && set_bool(value, mock_is("always-authenticate"));
    case CKA_SENSITIVE:
        return is_private && set_bool(value, true);
    case CKA_EXTRACTABLE:
        return is_private && set_bool(value, false);
    case CKA_CERTIFICATE_TYPE:
        return !is_key && set_ulong(value, CKC_X_509);
    case CKA_VALUE:
        return !is_key && set_certificate(value);
    default:
        return false;
    }
}

bool mock_object_fits(CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *pattern, CK_ULONG count) {
    for (CK_ULONG i = 0; i < count; i++) {
        struct value value = {0};
        bool fits = get_value(object, pattern[i].type, &value) &&
                    value.len == pattern[i].ulValueLen &&
                    memcmp(value.data, pattern[i].pValue, value.len) == 0;
        free(value.data);
        if (!fits)
            return false;
    }
    return true;
}

/* One attribute as the standard's table of C_GetAttributeValue has it. */
static CK_RV read_one(CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attribute) {
    struct value value = {0};
    CK_RV rv = CKR_OK;
    if (!get_value(object, attribute->type, &value)) {
        attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        rv = CKR_ATTRIBUTE_TYPE_INVALID;
    } else if (attribute->pValue == NULL) {
        attribute->ulValueLen = value.len;
    } else if (attribute->ulValueLen < value.len) {
        attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        rv = CKR_BUFFER_TOO_SMALL;
    } else {
        memcpy(attribute->pValue, value.data, value.len);
        attribute->ulValueLen = value.len;
    }
    free(value.data);
    return rv;
}

/* The lies of lengths=: each with the answer that all is well, but for "missing". */
static CK_RV lie(CK_ATTRIBUTE *attribute) {
    if (mock_has("lengths", "unavailable"))
        attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
    if (mock_has("lengths", "huge"))
        attribute->ulValueLen = (CK_ULONG)1 << 40;
    /* Right when the length is asked for, too long when the value is. */
    if (mock_has("lengths", "longer") && attribute->pValue != NULL)
        attribute->ulValueLen += 4096;
    if (!mock_has("lengths", "missing"))
        return CKR_OK;
    attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
    return CKR_ATTRIBUTE_TYPE_INVALID;
}

CK_RV mock_object_read(CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attributes, CK_ULONG count) {
    CK_RV rv = CKR_OK;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_RV one = read_one(object, &attributes[i]);
        if (one == CKR_OK)
            one = lie(&attributes[i]);
        if (one != CKR_OK)
            rv = one;
    }
    return rv;
}
