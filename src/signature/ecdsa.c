/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDSA signatures on P-256 in their two forms: DER (SEC 1, C.8), which libraries and tokens speak,
 * and r‖s of 64 bytes, which metadata carries. Bytes only, so that the strictness is ours to see.
 */
#include "internal.h"

#include <string.h>

/* The order n of P-256 (FIPS 186-5; SP 800-186, 3.2.1.3), and n/2 rounded down. */
static const uint8_t order[SWT_P256_SCALAR] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
static const uint8_t half_order[SWT_P256_SCALAR] = {
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

static bool scalar_valid(const uint8_t scalar[SWT_P256_SCALAR]) {
    static const uint8_t zero[SWT_P256_SCALAR];
    return memcmp(scalar, zero, sizeof zero) != 0 && memcmp(scalar, order, sizeof order) < 0;
}

bool swt_p256_raw_valid(const uint8_t raw[SWT_P256_RAW]) {
    return scalar_valid(raw) && scalar_valid(raw + SWT_P256_SCALAR);
}

void swt_p256_raw_lower(uint8_t raw[SWT_P256_RAW]) {
    uint8_t *s = raw + SWT_P256_SCALAR;
    if (memcmp(s, half_order, sizeof half_order) <= 0)
        return;
    unsigned borrow = 0;
    for (size_t i = SWT_P256_SCALAR; i-- > 0;) {
        unsigned difference = 0x100U + order[i] - s[i] - borrow;
        s[i] = (uint8_t)difference;
        borrow = difference < 0x100U;
    }
}

/* A DER INTEGER at the start of *der, positive and of minimal length, as 32 bytes; moves *der past
 * it. All lengths here are below 128: the long form would not be DER. */
static bool take_integer(struct swt_slice *der, uint8_t ret_scalar[SWT_P256_SCALAR]) {
    if (der->len < 3 || der->data[0] != 0x02)
        return false;
    size_t len = der->data[1];
    if (len < 1 || len > SWT_P256_SCALAR + 1 || len > der->len - 2)
        return false;
    const uint8_t *bytes = der->data + 2;
    *der = swt_slice_of(bytes + len, der->len - 2 - len);
    if ((bytes[0] & 0x80) != 0)
        return false; /* negative */
    if (bytes[0] == 0 && len > 1) {
        if ((bytes[1] & 0x80) == 0)
            return false; /* a leading zero that nothing needs */
        bytes++;
        len--;
    }
    if (len > SWT_P256_SCALAR)
        return false;
    memset(ret_scalar, 0, SWT_P256_SCALAR);
    memcpy(ret_scalar + SWT_P256_SCALAR - len, bytes, len);
    return scalar_valid(ret_scalar);
}

bool swt_p256_raw_from_der(struct swt_slice der, uint8_t ret_raw[SWT_P256_RAW]) {
    uint8_t raw[SWT_P256_RAW];
    if (der.len < 2 || der.len > SWT_P256_DER_MAX || der.data[0] != 0x30 ||
        der.data[1] != der.len - 2)
        return false;
    struct swt_slice rest = swt_slice_of(der.data + 2, der.len - 2);
    if (!take_integer(&rest, raw) || !take_integer(&rest, raw + SWT_P256_SCALAR) || rest.len != 0)
        return false;
    memcpy(ret_raw, raw, sizeof raw);
    return true;
}

static size_t put_integer(const uint8_t scalar[SWT_P256_SCALAR], uint8_t *ret_der) {
    size_t skip = 0;
    while (skip < SWT_P256_SCALAR - 1 && scalar[skip] == 0)
        skip++;
    size_t zero = (scalar[skip] & 0x80) != 0; /* keeps it positive */
    size_t len = SWT_P256_SCALAR - skip;

    ret_der[0] = 0x02;
    ret_der[1] = (uint8_t)(len + zero);
    ret_der[2] = 0;
    memcpy(ret_der + 2 + zero, scalar + skip, len);
    return 2 + zero + len;
}

size_t swt_p256_raw_to_der(const uint8_t raw[SWT_P256_RAW], uint8_t ret_der[SWT_P256_DER_MAX]) {
    size_t len = 2;
    len += put_integer(raw, ret_der + len);
    len += put_integer(raw + SWT_P256_SCALAR, ret_der + len);
    ret_der[0] = 0x30;
    ret_der[1] = (uint8_t)(len - 2);
    return len;
}
