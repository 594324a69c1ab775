/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a passphrase file: its first line is the passphrase, or the file is refused. */
#include "swt/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_PASSPHRASE 1023 /* swupdate-tool(1) */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
    if (!condition)
        abort();
}

/* The length of the passphrase, by what the manual page says; 0: there is none. */
static size_t expected(const uint8_t *data, size_t size) {
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    size_t len = end == NULL ? size : (size_t)(end - data);
    if (len > 0 && data[len - 1] == '\r')
        len--;
    return len > MAX_PASSPHRASE || memchr(data, '\0', len) != NULL ? 0 : len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SWT_CLEANUP(swt_secret_done) struct swt_secret secret = {0};
    const struct swt_keyring keyring = {0};
    struct swt_error err;
    char name[32];
    int fd = memfd_create("passphrase", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
    (void)snprintf(name, sizeof name, "fd:%d", fd);
    const struct swt_key_source source = {.passphrase_file = name};
    size_t len = size == 0 ? 0 : expected(data, size);
    if (swt_passphrase_read(&source, &keyring, "the passphrase", &secret, &err) == 0)
        require(len > 0 && secret.len == len && memcmp(secret.data, data, len) == 0);
    else
        require(len == 0 && err.code == SWT_E_PASSPHRASE && secret.data == NULL);
    close(fd);
    return 0;
}
