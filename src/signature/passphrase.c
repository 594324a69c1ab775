/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases: from a file, a descriptor, a variable of the environment, or a person. */
#include "internal.h"

#include "swt/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is read, for errors: "passphrase" or "PIN". */
#define PASSPHRASE "passphrase"
#define PIN "PIN"

static int check_text(const char *text, size_t len, const char *from, const char *noun,
                      struct swt_error *err) {
    if (len > SWT_MAX_PASSPHRASE)
        return swt_fail(err, SWT_E_PASSPHRASE, "%s: the %s is longer than %d bytes", from, noun,
                        SWT_MAX_PASSPHRASE);
    if (memchr(text, '\0', len) != NULL)
        return swt_fail(err, SWT_E_PASSPHRASE, "%s: the %s contains a NUL byte", from, noun);
    return 0;
}

/* One byte: 1, 0 at the end, or an error. */
static int read_byte(int fd, char *ret_byte, const char *from, const char *noun,
                     struct swt_error *err) {
    for (;;) {
        int result = swt_interrupted(err);
        if (result < 0)
            return result;
        ssize_t count = read(fd, ret_byte, 1);
        if (count >= 0)
            return (int)count;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd event = {.fd = fd, .events = POLLIN};
            if (poll(&event, 1, -1) >= 0 || errno == EINTR)
                continue;
        }
        if (errno != EINTR) {
            swt_fail_errno(err, errno, "%s: the %s cannot be read", from, noun);
            return swt_error_recode(err, SWT_E_PASSPHRASE);
        }
    }
}

/* Byte by byte and no further than the newline: what follows on the descriptor belongs to the next
 * key that names it. */
static int read_line(int fd, const char *from, const char *noun, struct swt_secret *ret_passphrase,
                     struct swt_error *err) {
    char line[SWT_MAX_PASSPHRASE + 2]; /* one for a CR, one to see that it is too long */
    size_t len = 0;
    int result;

    while ((result = read_byte(fd, &line[len], from, noun, err)) > 0 && line[len] != '\n') {
        if (++len == sizeof line)
            break;
    }
    if (result >= 0 && len > 0 && len < sizeof line && line[len - 1] == '\r')
        len--;
    if (result >= 0)
        result = check_text(line, len, from, noun, err);
    if (result >= 0 && len == 0)
        result =
            swt_fail(err, SWT_E_PASSPHRASE, "%s: the first line, the %s, is empty", from, noun);
    if (result >= 0)
        result = swt_secret_set(ret_passphrase, line, len, err);
    swt_wipe(line, sizeof line);
    return result;
}

static int from_descriptor(const char *name, const char *noun, struct swt_secret *ret_passphrase,
                           struct swt_error *err) {
    uint64_t number;
    if (!swt_parse_uint(name + strlen("fd:"), 1 << 20, &number)) {
        swt_fail(err, SWT_E_PASSPHRASE, "'%s' names no descriptor, expected fd:NUMBER", name);
        return swt_error_hint_name(err, "a file of that name is written ./", name, "");
    }
    /* Left open: the caller's, who may hold further lines in it. */
    return read_line((int)number, name, noun, ret_passphrase, err);
}

static int from_file(const char *path, const char *noun, struct swt_secret *ret_passphrase,
                     struct swt_error *err) {
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR && swt_interrupted(err) == 0);
    if (fd < 0) {
        if (errno == EINTR)
            return -(int)err->code;
        swt_fail_errno(err, errno, "%s: the %s cannot be read", path, noun);
        return swt_error_recode(err, SWT_E_PASSPHRASE);
    }
    int result = read_line(fd, path, noun, ret_passphrase, err);
    close(fd);
    return result;
}

static int from_environment(const struct swt_keyring *keyring, const char *name, const char *noun,
                            struct swt_secret *ret_passphrase, struct swt_error *err) {
    const struct swt_secret *value = swt_keyring_variable(keyring, name);
    if (value == NULL)
        return swt_fail(err, SWT_E_PASSPHRASE, "the variable '%s' is not set", name);
    if (value->len == 0)
        return swt_fail(err, SWT_E_PASSPHRASE, "the variable '%s' is empty", name);
    int result = check_text(value->data, value->len, name, noun, err);
    return result < 0 ? result : swt_secret_set(ret_passphrase, value->data, value->len, err);
}

static int from_prompt(const struct swt_prompt *prompt, const char *what, const char *noun,
                       struct swt_secret *ret_passphrase, struct swt_error *err) {
    struct swt_secret answer SWT_CLEANUP(swt_secret_done) = {0};

    if (prompt->ask == NULL) {
        swt_fail(err, SWT_E_PASSPHRASE, "%s is needed, and nobody can be asked", what);
        return swt_error_hint(err, "give it with --passphrase-file FILE");
    }
    int result = prompt->ask(prompt->context, what, &answer, err);
    if (result < 0) {
        if (err->code == SWT_E_PASSPHRASE && err->hint[0] == '\0')
            swt_error_hint(err, "give it with --passphrase-file FILE");
        return result;
    }
    result = check_text(answer.data == NULL ? "" : answer.data, answer.len, what, noun, err);
    if (result < 0)
        return result;
    swt_secret_done(ret_passphrase);
    *ret_passphrase = SWT_MOVE(answer);
    return 0;
}

static int read_any(const struct swt_key_source *source, const struct swt_keyring *keyring,
                    const char *what, const char *noun, struct swt_secret *ret_passphrase,
                    struct swt_error *err) {
    const char *file = source->passphrase_file;

    swt_process_hide();
    if (file != NULL && strncmp(file, "fd:", 3) == 0)
        return from_descriptor(file, noun, ret_passphrase, err);
    if (file != NULL)
        return from_file(file, noun, ret_passphrase, err);
    if (source->passphrase_env != NULL)
        return from_environment(keyring, source->passphrase_env, noun, ret_passphrase, err);
    return from_prompt(&keyring->prompt, what, noun, ret_passphrase, err);
}

int swt_passphrase_read(const struct swt_key_source *source, const struct swt_keyring *keyring,
                        const char *what, struct swt_secret *ret_passphrase,
                        struct swt_error *err) {
    return read_any(source, keyring, what, PASSPHRASE, ret_passphrase, err);
}

int swt_pin_read(const struct swt_key_source *source, const struct swt_keyring *keyring,
                 const char *what, struct swt_secret *ret_pin, struct swt_error *err) {
    int result = read_any(source, keyring, what, PIN, ret_pin, err);
    if (result >= 0 || err->code != SWT_E_PASSPHRASE)
        return result;
    swt_error_hint(err, "give --pin-file FILE or --pin-env NAME");
    return swt_error_recode(err, SWT_E_PIN_NEEDED);
}

void swt_asker_done(struct swt_asker *asker) {
    swt_secret_done(&asker->passphrase);
    asker->answered = false;
}

static void fetch(struct swt_asker *asker) {
    const struct swt_key_request *request = asker->request;
    char *what = swt_format(&asker->error, "passphrase for %.*s",
                            request->uri.path != NULL ? (int)strlen(request->uri.path)
                                                      : (int)strcspn(request->uri.text, "?"),
                            request->uri.path != NULL ? request->uri.path : request->uri.text);
    if (what == NULL)
        return;
    asker->answered = swt_passphrase_read(request->source, request->keyring, what,
                                          &asker->passphrase, &asker->error) >= 0;
    free(what);
}

int swt_asker_callback(char *ret_text, int size, int for_writing, void *context) {
    struct swt_asker *asker = context;
    (void)for_writing;

    if (!asker->asked) {
        asker->asked = true;
        fetch(asker);
    }
    if (!asker->answered || size <= 0 || asker->passphrase.len > (size_t)size)
        return -1;
    if (asker->passphrase.len > 0)
        memcpy(ret_text, asker->passphrase.data, asker->passphrase.len);
    return (int)asker->passphrase.len;
}
