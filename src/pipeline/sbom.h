/* SPDX-License-Identifier: Apache-2.0 */
/* A software bill of materials, as far as it says what files are: CycloneDX and SPDX 2, in JSON. */
#ifndef SWT_PIPELINE_SBOM_H
#define SWT_PIPELINE_SBOM_H

#include "swt/base.h"
#include "swt/io.h"

#define SWT_MAX_SBOM ((size_t)16 * 1024 * 1024)

/* That something has a SHA-256. */
struct swt_sbom_claim {
    const char *kind; /* "component", "file", "package" */
    char *names[2];   /* of it, as paths or not; the second may be NULL */
    uint8_t sha256[SWT_SHA256_SIZE];
};
struct swt_sbom {
    const char *format;              /* "cyclonedx" or "spdx" */
    uint8_t sha256[SWT_SHA256_SIZE]; /* of the bytes that were read */
    struct swt_sbom_claim *claims;
    size_t claim_count;
};
void swt_sbom_done(struct swt_sbom *sbom);
/* Reads bytes; name is theirs, for errors. What gives no SHA-256 is passed over. SWT_E_SBOM. */
int swt_sbom_parse(struct swt_slice bytes, const char *name, struct swt_sbom *ret_sbom,
                   struct swt_error *err) SWT_CHECKED;

#endif
