/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a passphrase file: its first line is the passphrase, or the file is refused. The
 * same bytes as a variable of the environment and as what a person types are taken whole.
 */
#include "../../src/signature/internal.h"

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
static size_t first_line(struct swt_slice bytes) {
    const uint8_t *end = memchr(bytes.data, '\n', bytes.len);
    size_t len = end == NULL ? bytes.len : (size_t)(end - bytes.data);
    if (len > 0 && bytes.data[len - 1] == '\r')
        len--;
    return len > MAX_PASSPHRASE || memchr(bytes.data, '\0', len) != NULL ? 0 : len;
}

static void check(const struct swt_key_source *source, const struct swt_keyring *keyring,
                  struct swt_slice expected_text) {
    SWT_CLEANUP(swt_secret_done) struct swt_secret secret = {0};
    struct swt_error err;
    size_t len = expected_text.len;
    if (swt_passphrase_read(source, keyring, "the passphrase", &secret, &err) == 0)
        require(len > 0 && secret.len == len && memcmp(secret.data, expected_text.data, len) == 0);
    else
        require(len == 0 && err.code == SWT_E_PASSPHRASE && secret.data == NULL);
    if (swt_pin_read(source, keyring, "the PIN", &secret, &err) < 0)
        require(len == 0 && err.code == SWT_E_PIN_NEEDED && err.hint[0] != '\0');
}

static void check_file(struct swt_slice bytes) {
    const struct swt_keyring keyring = {0};
    char name[32];
    char path[32];
    int fd = memfd_create("passphrase", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, bytes.data, bytes.len) == (ssize_t)bytes.len);
    struct swt_slice line = swt_slice_of(bytes.data, first_line(bytes));
    (void)snprintf(name, sizeof name, "fd:%d", fd);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    require(lseek(fd, 0, SEEK_SET) == 0);
    /* A descriptor is read once, up to the end of the line: the next secret is behind it. */
    SWT_CLEANUP(swt_secret_done) struct swt_secret secret = {0};
    struct swt_error err;
    const struct swt_key_source by_number = {.passphrase_file = name};
    if (swt_passphrase_read(&by_number, &keyring, "the passphrase", &secret, &err) == 0) {
        const uint8_t *end = memchr(bytes.data, '\n', bytes.len);
        off_t read = end == NULL ? (off_t)bytes.len : end + 1 - bytes.data;
        require(secret.len == line.len && lseek(fd, 0, SEEK_CUR) == read);
    }
    check(&(struct swt_key_source){.passphrase_file = path}, &keyring, line);
    close(fd);
}

static void check_variable(const char *text) {
    struct swt_keyring keyring = {0};
    struct swt_error err;
    size_t len = strlen(text);
    require(setenv("SWT_FUZZ_PIN", text, 1) == 0);
    require(swt_keyring_take_variable(&keyring, "SWT_FUZZ_PIN", &err) == 0);
    require(getenv("SWT_FUZZ_PIN") == NULL);
    check(&(struct swt_key_source){.passphrase_env = "SWT_FUZZ_PIN"}, &keyring,
          swt_slice_of(text, len > MAX_PASSPHRASE ? 0 : len));
    swt_keyring_done(&keyring);
}

static int type(void *context, const char *what, struct swt_secret *ret_secret,
                struct swt_error *err) {
    const struct swt_slice *bytes = context;
    (void)what;
    return swt_secret_set(ret_secret, bytes->data, bytes->len, err);
}

/* An empty answer is an answer: keys without a passphrase exist that ask for one. */
static void check_prompt(struct swt_slice bytes) {
    const struct swt_keyring keyring = {.prompt = {.ask = type, .context = &bytes}};
    bool fits =
        bytes.len > 0 && bytes.len <= MAX_PASSPHRASE && memchr(bytes.data, '\0', bytes.len) == NULL;
    if (bytes.len > 0)
        check(&(struct swt_key_source){0}, &keyring,
              swt_slice_of(bytes.data, fits ? bytes.len : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct swt_slice bytes = swt_slice_of(data, size);
    char *text = strndup(size == 0 ? "" : (const char *)data, size);
    require(text != NULL);
    if (size > 0)
        check_file(bytes);
    check_variable(text);
    check_prompt(bytes);
    free(text);
    return 0;
}
