/* SPDX-License-Identifier: Apache-2.0 */
/* The field numbers of Pigweed's messages (tuf.proto, update_bundle.proto), as far as a device
 * reads them. */
#ifndef SWT_PIPELINE_STOCK_FIELDS_H
#define SWT_PIPELINE_STOCK_FIELDS_H

enum swt_stock_field_number {
    SWT_STOCK_ENTRY_KEY = 1, /* of each map */
    SWT_STOCK_ENTRY_VALUE = 2,

    SWT_STOCK_BUNDLE_TARGETS = 3, /* UpdateBundle */
    SWT_STOCK_BUNDLE_PAYLOADS = 4,
    SWT_STOCK_BUNDLE_ROOT = 5,

    SWT_STOCK_MANIFEST_TARGETS = 1, /* Manifest */

    SWT_STOCK_SIGNED_METADATA = 1, /* SignedRootMetadata, SignedTargetsMetadata */
    SWT_STOCK_SIGNED_SIGNATURES = 2,
    SWT_STOCK_SIGNATURE_KEY_ID = 1, /* Signature */
    SWT_STOCK_SIGNATURE_VALUE = 2,

    SWT_STOCK_COMMON = 1,  /* RootMetadata, TargetsMetadata */
    SWT_STOCK_VERSION = 2, /* CommonMetadata */

    SWT_STOCK_ROOT_KEYS = 3, /* RootMetadata */
    SWT_STOCK_ROOT_ROLE = 4,
    SWT_STOCK_TARGETS_ROLE = 7,
    SWT_STOCK_ROLE_KEY_IDS = 1, /* SignatureRequirement */
    SWT_STOCK_ROLE_THRESHOLD = 2,
    SWT_STOCK_KEY_VALUE = 3, /* Key */

    SWT_STOCK_TARGET_FILES = 2, /* TargetsMetadata */
    SWT_STOCK_FILE_NAME = 1,    /* TargetFile */
    SWT_STOCK_FILE_LENGTH = 2,
    SWT_STOCK_FILE_HASHES = 3,
    SWT_STOCK_HASH_FUNCTION = 1, /* Hash */
    SWT_STOCK_HASH_VALUE = 2,
    SWT_STOCK_HASH_SHA256 = 1 /* a value of the function */
};

#endif
