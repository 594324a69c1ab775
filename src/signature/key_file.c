/* SPDX-License-Identifier: Apache-2.0 */
/* A key file: read once, so that what was looked at is what is used, and wiped afterwards. */
#include "internal.h"

#include "swt/io.h"

#include <stdlib.h>
#include <string.h>

/* An RSA key of 8192 bits with its chain of certificates is about 20 KiB. */
#define MAX_KEY_FILE ((size_t)1024 * 1024)

void swt_key_file_done(struct swt_key_file *file) {
    if (file->data != NULL)
        swt_wipe(file->data, file->len);
    free(file->data);
    *file = (struct swt_key_file){0};
}

/* /dev/fd/N, /dev/stdin and the like: the file behind a descriptor is the caller's business. */
static bool is_descriptor(const char *path) {
    return strncmp(path, "/dev/fd/", 8) == 0 || strcmp(path, "/dev/stdin") == 0 ||
           strncmp(path, "/proc/self/fd/", 14) == 0;
}

static int read_all(const struct swt_key_uri *uri, enum swt_code fault,
                    struct swt_key_file *ret_file, struct swt_error *err) {
    struct swt_reader *reader SWT_CLEANUP(swt_reader_cleanup) = NULL;
    struct swt_key_file file SWT_CLEANUP(swt_key_file_done) = {0};
    /* A reader takes "-" for standard input; file:- is the file of that name. */
    const char *path = strcmp(uri->path, "-") == 0 ? "./-" : uri->path;

    int result = swt_reader_open(path, &reader, err);
    if (result < 0)
        return result;
    /* In one piece: growing it would leave copies of the key behind. */
    file.data = malloc(MAX_KEY_FILE + 1);
    if (file.data == NULL)
        return swt_fail_memory(err);
    result = swt_reader_read(reader, file.data, MAX_KEY_FILE + 1, &file.len, err);
    if (result < 0) {
        file.len = MAX_KEY_FILE + 1; /* how much came is not told: wipe it all */
        return result;
    }
    if (file.len > MAX_KEY_FILE)
        return swt_fail(err, fault, "over %zu bytes, which no key file has", MAX_KEY_FILE);
    file.exposed =
        !is_descriptor(path) && swt_reader_seekable(reader) && swt_reader_world_readable(reader);
    *ret_file = SWT_MOVE(file);
    return 0;
}

int swt_key_file_read(const struct swt_key_uri *uri, enum swt_code fault,
                      struct swt_key_file *ret_file, struct swt_error *err) {
    int result = read_all(uri, fault, ret_file, err);
    if (result < 0) {
        /* A directory or a file that may not be read: the wrong key was named. */
        if (err->code == SWT_E_IO)
            swt_error_recode(err, fault);
        return swt_key_uri_blame(uri, err);
    }
    return 0;
}

/* The label of the first PEM block: "PRIVATE KEY"; empty when there is none. */
static struct swt_slice first_label(const struct swt_key_file *file) {
    static const char begin[] = "-----BEGIN ";
    const uint8_t *at = memmem(file->data, file->len, begin, sizeof begin - 1);
    if (at == NULL)
        return swt_slice_of(NULL, 0);
    at += sizeof begin - 1;
    size_t rest = file->len - (size_t)(at - file->data);
    size_t len = 0;
    while (len < rest && len < 64 && at[len] != '-' && at[len] != '\n' && at[len] != '\r')
        len++;
    return swt_slice_of(at, len);
}

int swt_key_file_refuse(const struct swt_key_file *file, enum swt_code fault,
                        struct swt_error *err) {
    const char *wanted = fault == SWT_E_KEY ? "private key" : "key";
    if (file->len == 0)
        return swt_fail(err, fault, "the file is empty, expected a %s", wanted);

    struct swt_slice label = first_label(file);
    if (swt_slice_equal(label, swt_slice_text("OPENSSH PRIVATE KEY"))) {
        swt_fail(err, fault,
                 "a key in OpenSSH's own format, expected PEM (PKCS#8), DER or PKCS#12");
        return swt_error_hint(err,
                              "'ssh-keygen -p -m PKCS8 -f COPY' converts a copy of it in place");
    }
    if (label.len > 0)
        return swt_fail(err, fault, "the PEM block '%.*s' is damaged, or holds no %s",
                        (int)label.len, (const char *)label.data, wanted);
    if (file->data[0] == 0x30)
        return swt_fail(err, fault, "damaged DER or PKCS#12, or no %s", wanted);
    return swt_fail(err, fault, "no %s: neither PEM, DER nor PKCS#12", wanted);
}
