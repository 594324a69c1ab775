/* SPDX-License-Identifier: Apache-2.0 */
/* A firmware's test: fixtures.h compiled in, and a loop over it. Prints what it holds. Is C and
 * C++. */
#include "fixtures.h"

#include <openssl/sha.h>
#include <stdio.h>

static void print_hash(const uint8_t *bytes, size_t size) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    if (bytes == NULL) {
        printf(" -");
        return;
    }
    SHA256(bytes, size, digest);
    printf(" ");
    for (size_t i = 0; i < sizeof digest; i++)
        printf("%02x", digest[i]);
}

int main(void) {
    if (FIXTURE_TIME != 1893456000LL)
        return 1;
    for (size_t i = 0; i < FIXTURE_COUNT; i++) {
        const struct fixture *fixture = &fixtures[i];
        printf("%s %s", fixture->name, fixture->container);
        print_hash(fixture->bundle, fixture->bundle_size);
        print_hash(fixture->anchor, fixture->anchor_size);
        print_hash(fixture->device_manifest, fixture->device_manifest_size);
        printf(" %d %s %s\n", fixture->accept, fixture->step == NULL ? "-" : fixture->step,
               fixture->stock == NULL ? "-" : fixture->stock);
    }
    return 0;
}
