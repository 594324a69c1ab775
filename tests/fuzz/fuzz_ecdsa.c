/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDSA signatures: any bytes as DER, and 64 bytes as r‖s. Each signature has one form in DER, and
 * of s and n-s the lower one is taken, whichever comes.
 */
#include "../../src/signature/internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

static void check_raw(const uint8_t raw[SWT_P256_RAW]) {
    uint8_t der[SWT_P256_DER_MAX];
    uint8_t again[SWT_P256_RAW];
    uint8_t lower[SWT_P256_RAW];
    size_t len = swt_p256_raw_to_der(raw, der);
    require(len <= sizeof der);
    require(swt_p256_raw_from_der(swt_slice_of(der, len), again));
    require(memcmp(again, raw, sizeof again) == 0);
    memcpy(lower, raw, sizeof lower);
    swt_p256_raw_lower(lower);
    require(swt_p256_raw_valid(lower) && memcmp(lower, raw, SWT_P256_SCALAR) == 0);
    /* n/2 begins with 0x7f: half of all values of s are above it. */
    require(lower[SWT_P256_SCALAR] < 0x80);
    memcpy(again, lower, sizeof again);
    swt_p256_raw_lower(again);
    require(memcmp(again, lower, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t raw[SWT_P256_RAW];
    uint8_t der[SWT_P256_DER_MAX];
    if (swt_p256_raw_from_der(swt_slice_of(data, size), raw)) {
        require(swt_p256_raw_valid(raw));
        require(swt_p256_raw_to_der(raw, der) == size && memcmp(der, data, size) == 0);
        check_raw(raw);
    }
    if (size == SWT_P256_RAW && swt_p256_raw_valid(data))
        check_raw(data);
    return 0;
}
