/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle's reading of envelopes and roots, and its counting of quorums (oracle.h). */
#ifndef SWT_TESTS_ORACLE_QUORUM_H
#define SWT_TESTS_ORACLE_QUORUM_H

#include "oracle_parts.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

/* ---- signed metadata --------------------------------------------------------------------- */

#define MOST_SIGNATURES 1024
struct sealed {
    struct span metadata;
    struct {
        struct span id, value;
    } signatures[MOST_SIGNATURES];
    size_t count;
};

static inline const char *read_seal(struct span rest, bool allow_unknown, struct sealed *sealed) {
    struct field field;
    bool broken = false;
    unsigned metadata = 0;
    sealed->metadata = (struct span){NULL, 0};
    sealed->count = 0;
    while (take_field(&rest, &field, &broken)) {
        struct part signature; /* has the shape of a map's entry */
        if (field.number == 1 && field.type == 2 && metadata++ == 0)
            sealed->metadata = field.bytes;
        else if (field.number == 2 && field.type == 2 && sealed->count < MOST_SIGNATURES) {
            PASS_ON(walk_entry(field.bytes, allow_unknown, &signature));
            sealed->signatures[sealed->count].id = signature.name;
            sealed->signatures[sealed->count++].value = signature.bytes;
        } else
            DEMAND(allow_unknown && field.number > 2, "an odd field in an envelope");
    }
    return broken ? "a broken envelope" : NULL;
}

#define MOST_KEYS 64
struct role {
    struct span ids[MOST_KEYS];
    size_t count;
    uint64_t threshold;
};
struct root {
    struct span bytes;
    uint64_t version;
    bool expires;
    int64_t expiry;
    struct span role;
    struct key {
        struct span id, value;
        uint64_t type, scheme;
    } keys[MOST_KEYS];
    size_t key_count;
    struct role root_role, targets_role;
};

static inline const char *read_common(struct span rest, uint64_t *version, bool *expires,
                                      int64_t *expiry, struct span *role) {
    struct field field, inner;
    bool broken = false;
    while (take_field(&rest, &field, &broken)) {
        if (field.number == 2)
            *version = field.value;
        if (field.number == 4)
            *role = field.bytes;
        if (field.number != 3)
            continue;
        *expires = true;
        while (take_field(&field.bytes, &inner, &broken))
            if (inner.number == 1)
                *expiry = (int64_t)inner.value;
    }
    return broken ? "broken common metadata" : NULL;
}

static inline const char *read_key(struct span rest, struct root *root) {
    struct field field, inner;
    bool broken = false;
    DEMAND(root->key_count < MOST_KEYS, "too many keys");
    struct key *key = &root->keys[root->key_count++];
    *key = (struct key){.type = 0};
    while (take_field(&rest, &field, &broken)) {
        if (field.number == 1)
            key->id = field.bytes;
        while (field.number == 2 && take_field(&field.bytes, &inner, &broken)) {
            if (inner.number == 1)
                key->type = inner.value;
            if (inner.number == 2)
                key->scheme = inner.value;
            if (inner.number == 3)
                key->value = inner.bytes;
        }
    }
    return broken ? "a broken key" : NULL;
}

static inline const char *read_role(struct span rest, struct role *role) {
    struct field field;
    bool broken = false;
    while (take_field(&rest, &field, &broken)) {
        if (field.number == 2)
            role->threshold = field.value;
        if (field.number != 1)
            continue;
        DEMAND(role->count < MOST_KEYS, "too many key ids");
        role->ids[role->count++] = field.bytes;
    }
    return broken ? "a broken role" : NULL;
}

static inline const char *read_root(struct span rest, struct root *root) {
    struct field field;
    bool broken = false;
    *root = (struct root){.bytes = rest};
    while (take_field(&rest, &field, &broken)) {
        if (field.number == 1)
            PASS_ON(read_common(field.bytes, &root->version, &root->expires, &root->expiry,
                                &root->role));
        if (field.number == 3)
            PASS_ON(read_key(field.bytes, root));
        if (field.number == 4)
            PASS_ON(read_role(field.bytes, &root->root_role));
        if (field.number == 7)
            PASS_ON(read_role(field.bytes, &root->targets_role));
    }
    return broken ? "a broken root" : NULL;
}

/* ---- keys, signatures, quorums ----------------------------------------------------------- */

enum { RSA_KEY = 1, ED25519_KEY = 2, P256_KEY = 3 };

static inline EVP_PKEY *load_key(const struct key *key) {
    /* SubjectPublicKeyInfo up to the key itself. */
    static const uint8_t P256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    static const uint8_t ED25519[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                      0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    bool p256 = key->type == P256_KEY;
    struct span head = {p256 ? P256 : ED25519, p256 ? sizeof P256 : sizeof ED25519};
    uint8_t der[128];
    const uint8_t *start = der;
    if (key->type == RSA_KEY)
        return d2i_PUBKEY(NULL, &(const uint8_t *){key->value.data}, (long)key->value.len);
    if (key->value.len != (p256 ? 65 : 32) || (p256 && key->value.data[0] != 4))
        return NULL;
    memcpy(der, head.data, head.len);
    memcpy(der + head.len, key->value.data, key->value.len);
    return d2i_PUBKEY(NULL, &start, (long)(head.len + key->value.len));
}

/* DER of the r and s that stand one behind the other; the caller frees it. */
static inline int to_der(struct span value, uint8_t **ret_der) {
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(value.data, 32, NULL);
    BIGNUM *s = BN_bin2bn(value.data + 32, 32, NULL);
    int len = ECDSA_SIG_set0(pair, r, s) == 1 ? i2d_ECDSA_SIG(pair, ret_der) : -1;
    ECDSA_SIG_free(pair);
    return len;
}

static inline bool key_signed(const struct key *key, struct span message, struct span value) {
    uint8_t *der = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    EVP_PKEY *pkey = load_key(key);
    bool good = pkey != NULL && (key->type == RSA_KEY || value.len == 64);
    if (good && key->type == P256_KEY) {
        int len = to_der(value, &der);
        good = len > 0;
        value = (struct span){der, (size_t)len};
    }
    good = good &&
           EVP_DigestVerifyInit(context, &parameters,
                                key->type == ED25519_KEY ? NULL : EVP_sha256(), NULL, pkey) == 1;
    if (good && key->type == RSA_KEY)
        good = EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) > 0 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32) > 0;
    good = good &&
           EVP_DigestVerify(context, value.data, value.len,
                            message.len > 0 ? message.data : (const uint8_t *)"", message.len) == 1;
    EVP_PKEY_free(pkey);
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    return good;
}

static inline const struct key *find_key(const struct root *root, struct span id) {
    for (size_t i = 0; i < root->key_count; i++)
        if (same(root->keys[i].id, id))
            return &root->keys[i];
    return NULL;
}

static inline bool lists(const struct role *role, struct span id) {
    for (size_t i = 0; i < role->count; i++)
        if (same(role->ids[i], id))
            return true;
    return false;
}

/* Keys, not signatures, are gone through: none can count twice. */
static inline bool has_quorum(const struct root *root, const struct role *role,
                              const struct sealed *sealed) {
    uint64_t count = 0;
    for (size_t i = 0; i < root->key_count; i++) {
        const struct key *key = &root->keys[i];
        bool counts = false;
        for (size_t j = 0; j < sealed->count && !counts; j++)
            counts = same(sealed->signatures[j].id, key->id) && lists(role, key->id) &&
                     key_signed(key, sealed->metadata, sealed->signatures[j].value);
        count += counts ? 1 : 0;
    }
    return role->threshold > 0 && count >= role->threshold;
}

static inline const char *check_role(const struct root *root, const struct role *role) {
    DEMAND(role->threshold >= 1 && role->threshold <= role->count, "root: a threshold");
    for (size_t i = 0; i < role->count; i++) {
        DEMAND(find_key(root, role->ids[i]) != NULL, "root: a key id without its key");
        for (size_t j = 0; j < i; j++)
            DEMAND(!same(role->ids[i], role->ids[j]), "root: a key id twice");
    }
    return NULL;
}

static inline const char *check_root(const struct root *root) {
    DEMAND(same(root->role, text("root")), "root: its role");
    for (size_t i = 0; i < root->key_count; i++) {
        const struct key *key = &root->keys[i];
        uint8_t bytes[4096];
        uint8_t digest[32];
        DEMAND(key->type >= RSA_KEY && key->type <= P256_KEY && key->scheme == key->type &&
                   key->value.len < sizeof bytes - 2,
               "root: a key of no known kind");
        bytes[0] = (uint8_t)key->type;
        bytes[1] = (uint8_t)key->scheme;
        memcpy(bytes + 2, key->value.data, key->value.len);
        SHA256(bytes, key->value.len + 2, digest);
        DEMAND(same(key->id, (struct span){digest, 32}), "root: a key id is not its key's");
        for (size_t j = 0; j < i; j++)
            DEMAND(!same(key->value, root->keys[j].value), "root: a key twice");
        DEMAND(!(lists(&root->root_role, key->id) && lists(&root->targets_role, key->id)),
               "root: a key in both roles");
    }
    PASS_ON(check_role(root, &root->root_role));
    return check_role(root, &root->targets_role);
}

#endif
