/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of fixtures: true ones, each made once, and what they are spoilt into. */
#include "fixture.h"

#include "swt/io.h"
#include "swt/signature.h"

#include <stdlib.h>
#include <string.h>

struct made {
    enum swt_fixture_key key;
    uint8_t digest[SWT_DIGEST_SIZE]; /* of the message */
    struct swt_buf value;
};
struct swt_fixture_signatures {
    struct made *items;
    size_t count;
};

void swt_fixture_signatures_free(struct swt_fixture_signatures *signatures) {
    if (signatures == NULL)
        return;
    for (size_t i = 0; i < signatures->count; i++)
        swt_buf_done(&signatures->items[i].value);
    free(signatures->items);
    free(signatures);
}

int swt_fixture_signatures_new(struct swt_fixture_signatures **ret_signatures,
                               struct swt_error *err) {
    struct swt_fixture_signatures *signatures = calloc(1, sizeof *signatures);
    if (signatures == NULL)
        return swt_fail_memory(err);
    *ret_signatures = signatures;
    return 0;
}

static int sign(const struct swt_fixture_world *world, enum swt_fixture_key key, const char *role,
                struct swt_slice message, struct swt_buf *ret_value, struct swt_error *err) {
    struct swt_signing_subject subject = {.role = role, .product = "fixtures"};
    return swt_signer_sign(world->signers[key], &subject, message, ret_value, err);
}

static int sign_once(const struct swt_fixture_world *world, enum swt_fixture_key key,
                     const char *role, struct swt_slice message, struct swt_buf *ret_value,
                     struct swt_error *err) {
    struct swt_fixture_signatures *known = world->signatures;
    struct made made = {.key = key};
    int rc = swt_sha256_of(message, made.digest, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < known->count; i++)
        if (known->items[i].key == key &&
            memcmp(known->items[i].digest, made.digest, sizeof made.digest) == 0)
            return swt_buf_append_slice(ret_value, swt_buf_slice(&known->items[i].value), err);
    struct made *items = reallocarray(known->items, known->count + 1, sizeof *items);
    if (items == NULL)
        return swt_fail_memory(err);
    known->items = items;
    rc = sign(world, key, role, message, &made.value, err);
    if (rc < 0) {
        swt_buf_done(&made.value);
        return rc;
    }
    items[known->count++] = made;
    return swt_buf_append_slice(ret_value, swt_buf_slice(&made.value), err);
}

/* (r, n-s) verifies as (r, s) does. */
static void mirror(uint8_t *raw) {
    static const uint8_t ORDER[] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                    0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    uint8_t *s = raw + sizeof ORDER;
    int borrow = 0;
    for (size_t i = sizeof ORDER; i-- > 0;) {
        int difference = ORDER[i] - s[i] - borrow;
        borrow = difference < 0;
        s[i] = (uint8_t)(difference + (borrow ? 256 : 0));
    }
}

int swt_fixture_sign(const struct swt_fixture_world *world, const char *role,
                     const struct swt_fixture_signature *signature, struct swt_slice message,
                     struct swt_buf *ret_value, struct swt_error *err) {
    static const char OTHER[] = "other bytes than the metadata";
    SWT_CLEANUP(swt_buf_done) struct swt_buf value = {0};
    struct swt_slice what = signature->signing == SWT_SIGN_OTHER ? swt_slice_text(OTHER) : message;
    int rc = signature->signing == SWT_SIGN_AGAIN
                 ? sign(world, signature->key, role, what, &value, err)
                 : sign_once(world, signature->key, role, what, &value, err);
    if (rc < 0)
        return rc;
    switch (signature->signing) {
    case SWT_SIGN_MIRRORED:
        mirror(value.data);
        break;
    case SWT_SIGN_FLIPPED:
        value.data[value.len / 2] ^= 1;
        break;
    case SWT_SIGN_SHORT:
        /* Not the last: one signature in 256 ends with a zero, which a stock device fills in. */
        memmove(value.data, value.data + 1, --value.len);
        break;
    case SWT_SIGN_LONG:
        rc = swt_buf_append(&value, "", 1, err);
        break;
    case SWT_SIGN_TRULY:
    case SWT_SIGN_AGAIN:
    case SWT_SIGN_OTHER:
        break;
    }
    return rc < 0 ? rc : swt_buf_append_slice(ret_value, swt_buf_slice(&value), err);
}
