/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an SBOM. Seeds: testdata/corpus/sbom. */
#include <stdlib.h>
#include <string.h>

#include "../../src/pipeline/sbom.h"

static void expect(bool holds) {
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_sbom sbom = {0};
    struct swt_error err = {0};
    int rc = swt_sbom_parse(swt_slice_of(data, size), "sbom", &sbom, &err);
    if (rc < 0) {
        expect(rc == -SWT_E_SBOM && err.code == SWT_E_SBOM && sbom.format == NULL);
        expect(sbom.claims == NULL && err.message[0] != '\0' && strcmp(err.file, "sbom") == 0);
    } else {
        expect(strcmp(sbom.format, "cyclonedx") == 0 || strcmp(sbom.format, "spdx") == 0);
        for (size_t i = 0; i < sbom.claim_count; i++)
            expect(sbom.claims[i].names[0] != NULL && sbom.claims[i].kind != NULL);
    }
    swt_sbom_done(&sbom);
    return 0;
}
