/* SPDX-License-Identifier: Apache-2.0 */
/* The backend of external signers, exec:PROGRAM (swupdate-signer(5)). */
#include "internal.h"

#include "swt/io.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SECONDS 60
#define MAX_OUTPUT ((size_t)64 * 1024)
/* Of what the program wrote to standard error: a message is to be read, and has 2 KiB. */
#define MAX_COMPLAINT ((size_t)1000)

/* ---- the program ----------------------------------------------------------------------- */

static int find_program(const struct swt_key_request *request, const char **ret_program,
                        struct swt_error *err) {
    const struct swt_key_source *source = request->source;
    const char *program = request->uri.text + request->uri.scheme.len + 1;

    if (strchr(program, '/') == NULL) {
        swt_fail(err, SWT_E_KEY, "a signer is named by a path, without arguments");
        swt_error_hint(err, "write exec:./NAME or exec:/FOLDER/NAME: which program signs does not "
                            "depend on PATH");
        return swt_key_uri_blame(&request->uri, err);
    }
    if (source->passphrase_file != NULL || source->passphrase_env != NULL) {
        swt_fail(err, SWT_E_KEY, "a signer is given no PIN and no passphrase");
        swt_error_hint(err, "leave the option out: the signer gets its secrets in a way of its "
                            "own, see swupdate-signer(5)");
        return swt_key_uri_blame(&request->uri, err);
    }
    *ret_program = program;
    return 0;
}

static struct swt_slice last_line(struct swt_slice *text) {
    const uint8_t *end = memrchr(text->data, '\n', text->len);
    size_t start = end == NULL ? 0 : (size_t)(end - text->data) + 1;
    struct swt_slice line = swt_slice_of(text->data + start, text->len - start);
    text->len = start == 0 ? 0 : start - 1;
    return line;
}

static bool is_one_of(uint8_t byte, const char *set) {
    return byte != '\0' && strchr(set, byte) != NULL;
}

static bool is_blank(struct swt_slice line) {
    for (size_t i = 0; i < line.len; i++)
        if (!is_one_of(line.data[i], " \t\r"))
            return false;
    return true;
}

/*
 * What the program had to say on standard error, as ": LINE | LINE". The last lines say what went
 * wrong, so that of much text the first ones are left out.
 */
static int complaint(const struct swt_buf *errors, struct swt_buf *ret_text,
                     struct swt_error *err) {
    struct swt_buf text SWT_CLEANUP(swt_buf_done) = {0};
    struct swt_slice rest = swt_buf_slice(errors);

    while (rest.len > 0 && is_one_of(rest.data[rest.len - 1], " \t\r\n."))
        rest.len--; /* a message ends without a dot */
    while (rest.len > 0 && text.len < MAX_COMPLAINT) {
        struct swt_buf more SWT_CLEANUP(swt_buf_done) = {0};
        struct swt_slice line = last_line(&rest);
        if (is_blank(line))
            continue;
        int result = swt_text_escape(&more, line, err);
        if (result >= 0 && text.len > 0)
            result = swt_buf_printf(&more, err, " | %s", swt_buf_text(&text));
        if (result < 0)
            return result;
        swt_buf_done(&text);
        text = SWT_MOVE(more);
    }
    const char *start = swt_buf_text(&text);
    const char *cut = "";
    if (text.len > MAX_COMPLAINT) {
        start += text.len - MAX_COMPLAINT;
        while (((uint8_t)*start & 0xc0) == 0x80)
            start++; /* within a character */
        cut = "...";
    }
    return text.len == 0 ? 0 : swt_buf_printf(ret_text, err, ": %s%s", cut, start);
}

static int refuse_to_start(const char *program, int errnum, struct swt_error *err) {
    swt_fail(err, SWT_E_SIGN, "cannot be executed: %s", strerror(errnum));
    if (errnum == EACCES && access(program, X_OK) != 0)
        return swt_error_hint_name(err, "chmod +x ", program, "");
    if (errnum == ENOEXEC)
        return swt_error_hint(err, "a script starts with a line such as #!/bin/sh");
    if (errnum == ENOENT && access(program, F_OK) == 0)
        return swt_error_hint(err, "the interpreter that its first line names does not exist");
    if (errnum == ENOENT && strchr(program, ' ') != NULL)
        return swt_error_hint(err, "a signer is named by a path, without arguments");
    return -(int)err->code;
}

/* 0 when the program did what it was to do. call: its arguments, for the message. */
static int judge_outcome(const struct swt_program *program,
                         const struct swt_program_outcome *outcome, const char *call,
                         struct swt_error *err) {
    struct swt_buf said SWT_CLEANUP(swt_buf_done) = {0};
    int result = complaint(&outcome->errors, &said, err);
    if (result < 0)
        return result;
    const char *text = swt_buf_text(&said);

    switch (outcome->end) {
    case SWT_PROGRAM_EXITED:
        return outcome->number == 0 ? 0
                                    : swt_fail(err, SWT_E_SIGN, "exit status %d from '%s'%s",
                                               outcome->number, call, text);
    case SWT_PROGRAM_SIGNALLED:
        return swt_fail(err, SWT_E_SIGN, "died of signal %d (%s) in '%s'%s", outcome->number,
                        strsignal(outcome->number), call, text);
    case SWT_PROGRAM_TIMEOUT:
        return swt_fail(err, SWT_E_SIGNER_TIMEOUT, "no answer to '%s' within %u %s%s", call,
                        program->seconds, program->seconds == 1 ? "second" : "seconds", text);
    case SWT_PROGRAM_FLOODED:
        return swt_fail(err, SWT_E_SIGN, "'%s' printed more than %zu KiB%s", call,
                        program->output_max / 1024, text);
    case SWT_PROGRAM_NOT_STARTED:
        break;
    }
    return refuse_to_start(program->argv[0], outcome->number, err);
}

/* PROGRAM COMMAND [SCHEME]; what it prints. */
static int call_program(const char *path, const char *command, const char *scheme,
                        struct swt_slice input, struct swt_buf *ret_output, struct swt_error *err) {
    const char *const argv[] = {path, command, scheme, NULL};
    struct swt_program program = {.argv = argv,
                                  .input = input,
                                  .seconds = swt_signer_seconds(MAX_SECONDS),
                                  .output_max = MAX_OUTPUT};
    struct swt_program_outcome outcome SWT_CLEANUP(swt_program_outcome_done) = {0};
    char call[64];

    (void)snprintf(call, sizeof call, "%s%s%s", command, scheme != NULL ? " " : "",
                   scheme != NULL ? scheme : "");
    int result = swt_program_run(&program, &outcome, err);
    if (result >= 0)
        result = judge_outcome(&program, &outcome, call, err);
    if (result >= 0)
        *ret_output = SWT_MOVE(outcome.output);
    return result;
}

/* ---- the public key -------------------------------------------------------------------- */

struct pem_block {
    char *name;
    char *header;
    unsigned char *data;
    long len;
};

static void pem_block_done(struct pem_block *block) {
    OPENSSL_free(block->name);
    OPENSSL_free(block->header);
    OPENSSL_clear_free(block->data, (size_t)block->len); /* a private key, maybe */
}

static void bio_cleanup(BIO **bio) {
    BIO_free(*bio);
}

/* 1, or 0 when there is none. */
static int next_block(BIO *bio, struct pem_block *block, struct swt_error *err) {
    if (PEM_read_bio(bio, &block->name, &block->header, &block->data, &block->len) == 1)
        return 1;
    return swt_library_fault_take().memory ? swt_fail_memory(err) : 0;
}

/* Whether a second block begins, be it damaged: what it was to say nobody knows. */
static bool begins_twice(struct swt_slice output) {
    static const char mark[] = "-----BEGIN";
    const size_t len = sizeof mark - 1;
    const uint8_t *end = output.data + output.len;
    const uint8_t *first = memmem(output.data, output.len, mark, len);
    return first != NULL && memmem(first + len, (size_t)(end - first) - len, mark, len) != NULL;
}

int swt_exec_public_key(struct swt_slice output, enum swt_code fault,
                        struct swt_public_key *ret_key, struct swt_error *err) {
    struct pem_block block SWT_CLEANUP(pem_block_done) = {0};
    EVP_PKEY *pkey SWT_CLEANUP(swt_evp_pkey_cleanup) = NULL;
    const void *text = output.len == 0 ? "" : (const void *)output.data;
    BIO *bio SWT_CLEANUP(bio_cleanup) = BIO_new_mem_buf(text, (int)output.len);

    if (bio == NULL)
        return swt_fail_memory(err);
    ERR_clear_error();
    int found = next_block(bio, &block, err);
    if (found < 0)
        return found;
    if (found == 0)
        return swt_fail(err, fault, "'public-key' printed no PEM, expected a public key");
    if (strcmp(block.name, PEM_STRING_PUBLIC) != 0)
        return swt_fail(err, fault, "'public-key' printed the PEM block '%s', expected '%s'",
                        block.name, PEM_STRING_PUBLIC);
    if (begins_twice(output))
        return swt_fail(err, fault, "'public-key' printed several PEM blocks, expected one");

    const unsigned char *at = block.data;
    pkey = d2i_PUBKEY(NULL, &at, block.len);
    bool whole = pkey != NULL && at == block.data + block.len;
    if (swt_library_fault_take().memory)
        return swt_fail_memory(err);
    if (!whole)
        return swt_fail(err, fault, "'public-key' printed a damaged public key");
    return swt_public_key_from_evp(pkey, fault, ret_key, err);
}

/* --public-key stands in for what the program would print: it may be slow, or know no key. A wrong
 * one shows when the first signature does not verify. */
static int load_public(const struct swt_key_request *request, const char *program,
                       enum swt_code fault, struct swt_public_key *ret_key, struct swt_error *err) {
    struct swt_buf output SWT_CLEANUP(swt_buf_done) = {0};
    struct swt_key_source given = {.uri = request->source->public_key};

    if (given.uri != NULL)
        return swt_public_key_load(&given, request->keyring, ret_key, err);
    int result = call_program(program, "public-key", NULL, swt_slice_of(NULL, 0), &output, err);
    if (result >= 0)
        result = swt_exec_public_key(swt_buf_slice(&output), fault, ret_key, err);
    return result < 0 ? swt_key_uri_blame(&request->uri, err) : 0;
}

static int exec_load_public(const struct swt_key_request *request, struct swt_public_key *ret_key,
                            struct swt_error *err) {
    const char *program = NULL;
    int result = find_program(request, &program, err);
    return result < 0 ? result : load_public(request, program, SWT_E_PUBLIC_KEY, ret_key, err);
}

/* ---- signing --------------------------------------------------------------------------- */

static int exec_open(const struct swt_key_request *request, struct swt_notices *notices,
                     struct swt_public_key *ret_key, void **ret_state, struct swt_error *err) {
    struct swt_public_key key SWT_CLEANUP(swt_public_key_done) = {0};
    const char *program = NULL;
    (void)notices;

    int result = find_program(request, &program, err);
    if (result >= 0)
        result = load_public(request, program, SWT_E_KEY, &key, err);
    if (result < 0)
        return result;
    char *state = swt_strdup(program, err);
    if (state == NULL)
        return -(int)err->code;
    *ret_key = SWT_MOVE(key);
    *ret_state = state;
    return 0;
}

/* For ECDSA 64 bytes are r‖s, whatever they look like, and all else is DER. DER of just 64 bytes
 * comes about once in 2^47 signatures: read as r‖s it does not verify, and is refused. */
int swt_exec_signature(const struct swt_key *key, struct swt_slice output, struct swt_buf *ret_raw,
                       struct swt_error *err) {
    uint8_t raw[SWT_P256_RAW];
    size_t size = swt_key_signature_size(key);

    if (size == 0)
        return swt_fail_memory(err);
    if (output.len == size)
        return swt_buf_append_slice(ret_raw, output, err);
    if (key->type == SWT_KEY_P256 && swt_p256_raw_from_der(output, raw))
        return swt_buf_append(ret_raw, raw, sizeof raw, err);
    swt_fail(err, SWT_E_BAD_SIGNATURE, "'sign' printed %zu bytes, expected a signature of %zu%s",
             output.len, size, key->type == SWT_KEY_P256 ? ", or strict DER" : "");
    return swt_error_hint(err, "the bytes themselves: no hexadecimal, no base64, no newline");
}

static int exec_sign(void *state, const struct swt_key *key, struct swt_slice message,
                     struct swt_buf *ret_raw, struct swt_error *err) {
    struct swt_buf output SWT_CLEANUP(swt_buf_done) = {0};
    int result = call_program(state, "sign", swt_key_scheme_text(key->type), message, &output, err);
    return result < 0 ? result : swt_exec_signature(key, swt_buf_slice(&output), ret_raw, err);
}

static void exec_close(void *state) {
    free(state);
}

const struct swt_backend swt_backend_exec = {
    .load_public = exec_load_public,
    .open = exec_open,
    .sign = exec_sign,
    .close = exec_close,
};
