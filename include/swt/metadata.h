/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata: Pigweed's signed messages, in memory. Reads strictly (swupdate-bundle(5), "strict
 * reading"), checks the rules of roots and targets, writes the very bytes that Pigweed's own tool
 * writes. Knows no file and no private key.
 *
 * Slices in the decoded objects point into the bytes that were decoded, or into the object; the
 * bytes given to a decode function must outlive the object.
 */
#ifndef SWT_METADATA_H
#define SWT_METADATA_H

#include "swt/base.h"

#include <openssl/evp.h>

#define SWT_KEY_ID_SIZE 32
#define SWT_DIGEST_SIZE 32
#define SWT_SPEC_VERSION "0.0.1"
#define SWT_ROLE_ROOT "root"
#define SWT_ROLE_TARGETS "targets" /* also the map key of the top-level targets metadata */
#define SWT_USER_MANIFEST "user_manifest"

/* Caps (formats.md, "Read strictly"). */
#define SWT_MAX_METADATA ((size_t)4 * 1024 * 1024)
#define SWT_MAX_SIGNED (2 * SWT_MAX_METADATA) /* with its signatures: an envelope */
#define SWT_MAX_KEYS 64
#define SWT_MAX_SIGNATURES 1024
#define SWT_MAX_TARGETS 10000
#define SWT_MAX_HASHES 4
#define SWT_MAX_UNKNOWN 1024
#define SWT_MAX_NAME 100

/* ---- keys -------------------------------------------------------------------------------- */

/* Numbers of tuf.proto, KeyType and KeyScheme alike. */
enum swt_key_type { SWT_KEY_RSA = 1, SWT_KEY_ED25519 = 2, SWT_KEY_P256 = 3 };

/* A public key as metadata carries it. */
struct swt_key {
    uint32_t type;   /* enum swt_key_type, or what the metadata says */
    uint32_t scheme; /* the same number when it is consistent */
    struct swt_slice value;
};
/* SHA-256(type byte ‖ scheme byte ‖ value); all zero (no key's) when the library fails. */
void swt_key_id(const struct swt_key *key, uint8_t ret_id[SWT_KEY_ID_SIZE]);
/*
 * SWT_E_PUBLIC_KEY unless type and scheme agree and the value is canonical and sound: P-256, 65
 * bytes, 04 first, on the curve; Ed25519, 32 bytes, canonical, on the curve, not of small order;
 * RSA, canonical DER SubjectPublicKeyInfo (rsaEncryption), 2048 to 8192 bits, odd exponent from
 * 65537.
 */
int swt_key_check(const struct swt_key *key, struct swt_error *err) SWT_CHECKED;
/* One key under two forms: the same point, or the same RSA modulus. Both passed swt_key_check. */
bool swt_key_same(const struct swt_key *a, const struct swt_key *b);
/* The library's key; checks first. The caller frees with EVP_PKEY_free. */
int swt_key_to_evp(const struct swt_key *key, EVP_PKEY **ret_pkey,
                   struct swt_error *err) SWT_CHECKED;
/* The public part of a library key (private or public) in metadata form, value appended to
 * ret_value, to which ret_key then points. SWT_E_PUBLIC_KEY for other kinds and weak keys. */
int swt_key_from_evp(EVP_PKEY *pkey, struct swt_buf *ret_value, struct swt_key *ret_key,
                     struct swt_error *err) SWT_CHECKED;
/* "ecdsa-p256", "ed25519", "rsa-3072"; "rsa" when the value cannot be read; ret_text holds 16. */
const char *swt_key_type_text(const struct swt_key *key, char ret_text[16]);
/* The name of its scheme, as external signers, requests and responses have it:
 * "ecdsa-sha2-nistp256", "ed25519", "rsassa-pss-sha256"; NULL for what is no enum swt_key_type. */
const char *swt_key_scheme_text(uint32_t key_type);
/* The length that a raw signature by this key has, SWT_MAX_SIGNATURE at most. 0 for a key that
 * fails swt_key_check; for one that passed it, when there is no memory. */
#define SWT_MAX_SIGNATURE (8192 / 8) /* of the longest RSA key */
size_t swt_key_signature_size(const struct swt_key *key);
/* The same of a key that is checked and loaded (swt_key_to_evp); 0 when the library, out of memory,
 * has not noted its size. */
size_t swt_evp_signature_size(uint32_t key_type, const EVP_PKEY *pkey);

/* ---- envelopes: SignedRootMetadata and SignedTargetsMetadata have one shape -------------- */

struct swt_signature {
    struct swt_slice key_id; /* any length, as stored */
    struct swt_slice value;
};
struct swt_envelope {
    struct swt_slice metadata; /* the stored bytes, which the signatures cover */
    uint64_t metadata_offset;  /* of them, in the file */
    struct swt_signature *signatures;
    size_t signature_count;
    size_t unknown_fields; /* only with allow_unknown */
};
/*
 * base: offset of bytes in the file. Unknown fields are SWT_E_UNKNOWN_FIELD
 * unless allow_unknown. Field order is free here; swt_envelope_canonical tells whether bytes are
 * what swt_envelope_encode writes (tar bundles require it). Missing metadata bytes are an empty
 * slice. The metadata inside is not looked at.
 */
int swt_envelope_decode(struct swt_slice bytes, uint64_t base, bool allow_unknown,
                        struct swt_envelope *ret_envelope, struct swt_error *err) SWT_CHECKED;
void swt_envelope_done(struct swt_envelope *envelope);
/* Fields in ascending order, whatever order bytes have (true also with unknown fields). */
bool swt_envelope_canonical(struct swt_slice bytes);
/* Appends the encoding of metadata and signatures to ret_bytes; never what is too large to be
 * decoded. */
int swt_envelope_encode(struct swt_slice metadata, const struct swt_signature *signatures,
                        size_t signature_count, struct swt_buf *ret_bytes,
                        struct swt_error *err) SWT_CHECKED;

/* ---- what root and targets metadata share ------------------------------------------------ */

struct swt_common {
    struct swt_slice spec_version;
    uint32_t version;
    bool has_expires;
    int64_t expires; /* seconds since 1970 */
    int32_t expires_nanos;
    bool has_role;
    struct swt_slice role;
};
/* now ≥ expires; never for metadata without an expiry. */
bool swt_common_expired(const struct swt_common *common, int64_t now);

/* ---- root metadata ----------------------------------------------------------------------- */

struct swt_root_key {
    struct swt_slice id; /* as stored; swt_root_check compares it with the derived one */
    struct swt_key key;
};
struct swt_role {
    struct swt_slice *key_ids; /* as stored */
    size_t key_id_count;
    uint32_t threshold;
};
struct swt_root {
    struct swt_slice bytes; /* what was decoded */
    struct swt_common common;
    bool consistent_snapshot;
    struct swt_root_key *keys;
    size_t key_count;
    struct swt_role root;
    struct swt_role targets;
    bool has_timestamp; /* requirements of roles that are carried, never evaluated */
    bool has_snapshot;
    size_t unknown_fields; /* at any depth */
    void *message;         /* owned by this layer */
};
/* Strict reading only; the rules are swt_root_check's. base as above. SWT_E_METADATA. */
int swt_root_decode(struct swt_slice bytes, uint64_t base, struct swt_root **ret_root,
                    struct swt_error *err) SWT_CHECKED;
/* Appends the unknown signed fields, at any depth, with the names of their messages: two roots
 * carry the same when this is the same. */
int swt_root_unknown(const struct swt_root *root, struct swt_buf *ret_fields,
                     struct swt_error *err) SWT_CHECKED;
void swt_root_free(struct swt_root *root);
void swt_root_cleanup(struct swt_root **root);
/* The rules of verification.md step 4: SWT_E_ROOT_RULES, message says which and what was found. */
int swt_root_check(const struct swt_root *root, struct swt_error *err) SWT_CHECKED;
/* The key with that stored id, or NULL. */
const struct swt_root_key *swt_root_find_key(const struct swt_root *root, struct swt_slice id);
bool swt_role_lists(const struct swt_role *role, struct swt_slice key_id);
/* Step 10: the keys shared by both targets roles cannot reach the new threshold. */
bool swt_root_clears_floor(const struct swt_root *old_root, const struct swt_root *new_root);

/* What a new root shall hold. Keys may be given in any number; each passed swt_key_check. */
struct swt_root_spec {
    const struct swt_root *base; /* rotation: what is not in the spec is kept, unknown fields too;
                                  * root keys that leave their role leave the keys, targets keys
                                  * stay there. NULL: a new root */
    uint32_t version;
    bool has_expires;
    int64_t expires;
    const struct swt_key *root_keys;
    size_t root_key_count;
    uint32_t root_threshold;
    const struct swt_key *targets_keys;
    size_t targets_key_count;
    uint32_t targets_threshold;
};
/* Appends the RootMetadata: keys are the root keys in order, then the targets keys (a rotation
 * keeps the base's order and appends new ones). The result passed decode and check. */
int swt_root_encode(const struct swt_root_spec *spec, struct swt_buf *ret_bytes,
                    struct swt_error *err) SWT_CHECKED;

/* ---- targets metadata -------------------------------------------------------------------- */

struct swt_target {
    struct swt_slice name;
    uint64_t length;
    const uint8_t *sha256; /* the first SHA-256 of 32 bytes, or NULL */
    unsigned sha256_count; /* SHA256 entries of any length */
    unsigned other_hashes;
};
struct swt_targets {
    struct swt_slice bytes; /* borrowed: names and hashes point into them */
    struct swt_common common;
    struct swt_target *targets;
    size_t target_count;
    size_t unknown_fields;
    void *message;
};
int swt_targets_decode(struct swt_slice bytes, uint64_t base, struct swt_targets **ret_targets,
                       struct swt_error *err) SWT_CHECKED;
int swt_targets_unknown(const struct swt_targets *targets, struct swt_buf *ret_fields,
                        struct swt_error *err) SWT_CHECKED; /* as swt_root_unknown */
void swt_targets_free(struct swt_targets *targets);
void swt_targets_cleanup(struct swt_targets **targets);
/* Step 12: role is "targets". SWT_E_TARGETS_RULES. */
int swt_targets_check_role(const struct swt_targets *targets, struct swt_error *err) SWT_CHECKED;
/* Step 13: names valid and unique, none the folder of another, one SHA-256 of 32 bytes each, and
 * lengths whose sum is below 2^64. In time n log n. SWT_E_TARGETS_RULES, or SWT_E_TARGET_NAME. */
int swt_targets_check_entries(const struct swt_targets *targets, struct swt_error *err) SWT_CHECKED;
/* NULL when there is none of that name. */
const struct swt_target *swt_targets_find(const struct swt_targets *targets, struct swt_slice name);
/* The first pair of names that differ only in case (swt_char_fold); false when there is none. */
bool swt_targets_case_twins(const struct swt_targets *targets, const struct swt_target **ret_a,
                            const struct swt_target **ret_b);

/* The rules for one name (formats.md, "Target names"). SWT_E_TARGET_NAME. */
int swt_target_name_check(struct swt_slice name, struct swt_error *err) SWT_CHECKED;

struct swt_target_spec {
    struct swt_slice name;
    uint64_t length;
    uint8_t sha256[SWT_DIGEST_SIZE];
};
struct swt_targets_spec {
    uint32_t version;
    bool has_expires;
    int64_t expires;
    const struct swt_target_spec *targets;
    size_t target_count;
};
/* Appends the TargetsMetadata. Checks nothing but sizes, so that tests can write what the rules
 * refuse (version 0, no target). */
int swt_targets_encode(const struct swt_targets_spec *spec, struct swt_buf *ret_bytes,
                       struct swt_error *err) SWT_CHECKED;

/* ---- the device manifest ----------------------------------------------------------------- */

struct swt_device_manifest {
    struct swt_targets *targets; /* of the map key "targets" */
    bool has_user_manifest;
    struct swt_slice user_manifest;
};
/* Strict. Empty, truncated, or without "targets" is SWT_E_DEVICE_MANIFEST, never "no floor". */
int swt_device_manifest_decode(struct swt_slice bytes, struct swt_device_manifest **ret_manifest,
                               struct swt_error *err) SWT_CHECKED;
void swt_device_manifest_free(struct swt_device_manifest *manifest);
void swt_device_manifest_cleanup(struct swt_device_manifest **manifest);
/* Appends the Manifest of a device that accepted targets_metadata (the stored bytes). */
int swt_device_manifest_encode(struct swt_slice targets_metadata,
                               const struct swt_slice *user_manifest, struct swt_buf *ret_bytes,
                               struct swt_error *err) SWT_CHECKED;

#endif
