/* SPDX-License-Identifier: Apache-2.0 */
#include "stock_signatures.h"

#include "stock_fields.h"

#include "swt/io.h"
#include "swt/metadata.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <stdlib.h>

#define KEY_SIZE 65
#define SIGNATURE_SIZE 64
#define SCALAR_SIZE (SIGNATURE_SIZE / 2)

#define NO_KEY "a key that is listed for the role is not found"

/* A key id that the role lists, and the key that goes by it, or why there is none. */
struct voter {
    struct swt_slice id;
    struct swt_stock_value point;
};

struct counting {
    struct voter *voters; /* sorted by id */
    size_t voter_count;
    uint8_t digest[SWT_DIGEST_SIZE];
    struct swt_stock_count count;
};

static void counting_done(struct counting *counting) {
    free(counting->voters);
}

static int fault(struct counting *counting, enum swt_stock_status status, const char *what) {
    counting->count.status = status;
    counting->count.fault = what;
    return 1;
}

/* ---- who may sign ------------------------------------------------------------------------ */

/* Ids of a role that are looked at; a root that keeps the rules lists SWT_MAX_KEYS at most. */
#define MAX_VOTERS 1024

static int compare_voters(const void *a, const void *b) {
    return swt_slice_compare(((const struct voter *)a)->id, ((const struct voter *)b)->id);
}

static struct voter *find_voter(const struct counting *counting, struct swt_slice id) {
    const struct voter key = {.id = id};
    if (counting->voter_count == 0)
        return NULL;
    return bsearch(&key, counting->voters, counting->voter_count, sizeof key, compare_voters);
}

/* Only ids of exactly 32 bytes are ever equal to a signature's. One that is listed twice is one:
 * what counts is how often it signs. 1 when there are too many. */
static int list_voters(struct counting *counting, struct swt_stock_value role) {
    struct swt_stock_each each = swt_stock_each_of(role, SWT_STOCK_ROLE_KEY_IDS);
    struct swt_stock_value id;
    while (swt_stock_each_next(&each, &id)) {
        if (id.status != SWT_STOCK_OK || id.bytes.len != SWT_KEY_ID_SIZE)
            continue;
        if (counting->voter_count == MAX_VOTERS)
            return fault(counting, SWT_STOCK_RESOURCE_EXHAUSTED,
                         "the role lists more keys than are looked at");
        counting->voters[counting->voter_count++] =
            (struct voter){id.bytes, swt_stock_value_none(SWT_STOCK_NOT_FOUND)};
    }
    if (counting->voter_count == 0)
        return 0;
    qsort(counting->voters, counting->voter_count, sizeof *counting->voters, compare_voters);
    size_t kept = 1;
    for (size_t i = 1; i < counting->voter_count; i++)
        if (!swt_slice_equal(counting->voters[i].id, counting->voters[kept - 1].id))
            counting->voters[kept++] = counting->voters[i];
    counting->voter_count = kept;
    return 0;
}

/* The first key of an id is its key; behind an entry without an id none is found any more. */
static void find_keys(struct counting *counting, struct swt_stock_value root) {
    struct swt_stock_each each = swt_stock_each_of(root, SWT_STOCK_ROOT_KEYS);
    struct swt_stock_value entry;
    bool found[MAX_VOTERS] = {false};
    while (swt_stock_each_next(&each, &entry)) {
        struct swt_stock_value id = swt_stock_bytes(entry, SWT_STOCK_ENTRY_KEY);
        if (id.status != SWT_STOCK_OK)
            return;
        struct voter *voter = find_voter(counting, id.bytes);
        if (voter == NULL || found[voter - counting->voters])
            continue;
        found[voter - counting->voters] = true;
        voter->point =
            swt_stock_bytes(swt_stock_bytes(entry, SWT_STOCK_ENTRY_VALUE), SWT_STOCK_KEY_VALUE);
    }
}

/* ---- one signature ----------------------------------------------------------------------- */

static void pkey_cleanup(EVP_PKEY **pkey) {
    EVP_PKEY_free(*pkey);
}

static void context_cleanup(EVP_PKEY_CTX **context) {
    EVP_PKEY_CTX_free(*context);
}

static void signature_cleanup(ECDSA_SIG **signature) {
    ECDSA_SIG_free(*signature);
}

/* r‖s as the library has it, ret_der to be freed; its length, or 0 for lack of memory. */
static size_t encode_signature(const uint8_t raw[SIGNATURE_SIZE], uint8_t **ret_der) {
    ECDSA_SIG *signature SWT_CLEANUP(signature_cleanup) = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, SCALAR_SIZE, NULL);
    BIGNUM *s = BN_bin2bn(raw + SCALAR_SIZE, SCALAR_SIZE, NULL);
    if (signature == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return 0;
    }
    int len = i2d_ECDSA_SIG(signature, ret_der);
    return len > 0 ? (size_t)len : 0;
}

/* A signature that the library refused, unless it had no memory to look at it. */
static int refused(struct swt_error *err) {
    bool memory = swt_library_starved();
    for (unsigned long error; (error = ERR_get_error()) != 0;)
        memory |= ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
    return memory ? swt_fail_memory(err) : 0;
}

/* 1 or 0. The key's declared type and scheme are not looked at; any s verifies. */
static int verifies(const uint8_t key[KEY_SIZE], const uint8_t raw[SIGNATURE_SIZE],
                    const uint8_t digest[SWT_DIGEST_SIZE], struct swt_error *err) {
    const struct swt_key point = {
        .type = SWT_KEY_P256, .scheme = SWT_KEY_P256, .value = swt_slice_of(key, KEY_SIZE)};
    EVP_PKEY *pkey SWT_CLEANUP(pkey_cleanup) = NULL;
    ERR_clear_error();
    int rc = swt_key_to_evp(&point, &pkey, err);
    if (rc < 0)
        return err->code == SWT_E_MEMORY ? rc : 0;
    uint8_t *der = NULL;
    size_t len = encode_signature(raw, &der);
    EVP_PKEY_CTX *context SWT_CLEANUP(context_cleanup) =
        EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool ready = len > 0 && context != NULL && EVP_PKEY_verify_init(context) > 0;
    bool good = ready && EVP_PKEY_verify(context, der, len, digest, SWT_DIGEST_SIZE) == 1;
    OPENSSL_free(der);
    int result = good ? 1 : refused(err);
    return ready ? result : swt_fail_memory(err);
}

/* ---- counting ---------------------------------------------------------------------------- */

/* The signature of an allowed key: 1 when it ends the counting. */
static int count_allowed(struct counting *counting, struct swt_stock_value signature,
                         struct swt_stock_value point, struct swt_error *err) {
    uint8_t key[KEY_SIZE];
    uint8_t raw[SIGNATURE_SIZE];
    struct swt_stock_value value = swt_stock_bytes(signature, SWT_STOCK_SIGNATURE_VALUE);
    if (value.status != SWT_STOCK_OK)
        return fault(counting, value.status, "a signature has no value");
    if (point.status != SWT_STOCK_OK)
        return fault(counting, point.status, NO_KEY);
    enum swt_stock_status status = swt_stock_read(point, key, sizeof key);
    if (status == SWT_STOCK_OK)
        status = swt_stock_read(value, raw, sizeof raw);
    if (status != SWT_STOCK_OK)
        return fault(counting, status, "a key or a signature is empty");
    int good = verifies(key, raw, counting->digest, err);
    if (good <= 0)
        return good;
    counting->count.verified++;
    if (counting->count.verified != counting->count.threshold)
        return 0;
    counting->count.status = SWT_STOCK_OK;
    return 1;
}

/* 1 when it ends the counting. */
static int count_one(struct counting *counting, struct swt_stock_value signature,
                     struct swt_error *err) {
    uint8_t id[SWT_KEY_ID_SIZE];
    struct swt_stock_value key_id = swt_stock_bytes(signature, SWT_STOCK_SIGNATURE_KEY_ID);
    enum swt_stock_status status = swt_stock_read(key_id, id, sizeof id);
    if (status == SWT_STOCK_OK && key_id.bytes.len < sizeof id)
        status = SWT_STOCK_INTERNAL;
    if (status != SWT_STOCK_OK)
        return fault(counting, status, "a signature has no key id of 32 bytes");
    const struct voter *voter = find_voter(counting, swt_slice_of(id, sizeof id));
    return voter != NULL ? count_allowed(counting, signature, voter->point, err) : 0;
}

static int count_all(struct counting *counting, struct swt_stock_value envelope,
                     struct swt_error *err) {
    struct swt_stock_each each = swt_stock_each_of(envelope, SWT_STOCK_SIGNED_SIGNATURES);
    struct swt_stock_value signature;
    size_t total = 0;
    int rc = 0;
    while (rc == 0 && swt_stock_each_next(&each, &signature)) {
        if (total++ == SWT_MAX_SIGNATURES)
            return fault(counting, SWT_STOCK_RESOURCE_EXHAUSTED,
                         "there are more signatures than are looked at");
        rc = swt_interrupted(err);
        if (rc == 0)
            rc = count_one(counting, signature, err);
    }
    if (rc == 0) /* to the end, and not met; a device tells an unsigned bundle apart */
        counting->count.status = total == 0 ? SWT_STOCK_NOT_FOUND : SWT_STOCK_UNAUTHENTICATED;
    return rc;
}

static int read_threshold(struct counting *counting, struct swt_stock_value role) {
    struct swt_stock_number threshold = swt_stock_uint32(role, SWT_STOCK_ROLE_THRESHOLD);
    if (threshold.status != SWT_STOCK_OK)
        return fault(counting, threshold.status, "the role has no threshold");
    counting->count.threshold = threshold.value;
    return 0;
}

static int read_voters(struct counting *counting, struct swt_stock_value root,
                       struct swt_stock_value role, struct swt_error *err) {
    counting->voters = calloc(MAX_VOTERS, sizeof *counting->voters);
    if (counting->voters == NULL)
        return swt_fail_memory(err);
    if (list_voters(counting, role) != 0)
        return 1;
    find_keys(counting, root);
    return 0;
}

static int count_role(struct counting *counting, struct swt_stock_value envelope,
                      struct swt_stock_value root, struct swt_stock_value role,
                      struct swt_error *err) {
    if (read_threshold(counting, role) != 0)
        return 1;
    struct swt_stock_value metadata = swt_stock_bytes(envelope, SWT_STOCK_SIGNED_METADATA);
    if (metadata.status != SWT_STOCK_OK)
        return fault(counting, metadata.status, "there is no signed metadata");
    int rc = read_voters(counting, root, role, err);
    if (rc != 0)
        return rc;
    if (SHA256(metadata.bytes.data, metadata.bytes.len, counting->digest) == NULL)
        return swt_fail_memory(err);
    return count_all(counting, envelope, err);
}

int swt_stock_count_signatures(struct swt_stock_value envelope, struct swt_stock_value root,
                               uint32_t role, struct swt_stock_count *ret_count,
                               struct swt_error *err) {
    SWT_CLEANUP(counting_done) struct counting counting = {0};
    int rc = count_role(&counting, envelope, root, swt_stock_bytes(root, role), err);
    if (rc < 0)
        return rc;
    *ret_count = counting.count;
    return 0;
}

static int find_fault(struct counting *counting, struct swt_stock_value root,
                      struct swt_stock_value role, struct swt_error *err) {
    int rc = read_threshold(counting, role);
    if (rc == 0)
        rc = read_voters(counting, root, role, err);
    for (size_t i = 0; i < counting->voter_count && rc == 0; i++)
        if (counting->voters[i].point.status != SWT_STOCK_OK)
            rc = fault(counting, counting->voters[i].point.status, NO_KEY);
    return rc;
}

int swt_stock_role_fault(struct swt_stock_value root, uint32_t role, const char **ret_fault,
                         struct swt_error *err) {
    SWT_CLEANUP(counting_done) struct counting counting = {0};
    int rc = find_fault(&counting, root, swt_stock_bytes(root, role), err);
    if (rc < 0)
        return rc;
    *ret_fault = counting.count.fault;
    return 0;
}
