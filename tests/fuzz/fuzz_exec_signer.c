/* SPDX-License-Identifier: Apache-2.0 */
/* What an external signer prints, as its public key and as its signature. */
#include "../../src/signature/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The public key of RFC 8032's first example, and the base point of P-256 (SP 800-186, 3.2.1.3). */
static const uint8_t ED25519[] = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
                                  0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
                                  0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};
static const uint8_t P256[] = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc,
                               0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d,
                               0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
                               0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb,
                               0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31,
                               0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

static void as_signature(const struct swt_key *key, struct swt_slice output) {
    struct swt_buf raw SWT_CLEANUP(swt_buf_done) = {0};
    struct swt_error err;
    if (swt_exec_signature(key, output, &raw, &err) == 0 && raw.len != SWT_P256_RAW)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_slice output = swt_slice_of(data, size);
    struct swt_public_key key SWT_CLEANUP(swt_public_key_done) = {0};
    struct swt_error err;
    const struct swt_key ed25519 = {SWT_KEY_ED25519, SWT_KEY_ED25519,
                                    swt_slice_of(ED25519, sizeof ED25519)};
    const struct swt_key p256 = {SWT_KEY_P256, SWT_KEY_P256, swt_slice_of(P256, sizeof P256)};

    /* Longer ones are no signature, and loading the two keys is most of the time. */
    if (size <= 2 * SWT_P256_DER_MAX) {
        as_signature(&ed25519, output);
        as_signature(&p256, output);
    }
    if (swt_exec_public_key(output, SWT_E_KEY, &key, &err) == 0 &&
        swt_key_check(&key.key, &err) < 0)
        __builtin_trap();
    return 0;
}
