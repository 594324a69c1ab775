/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation of a judgement fails in turn: an error that says so, or the same answer. Never
 * another verdict. */
#include "swt/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "failing.h"

#define T "2026-01-01T00:00:00Z"

static char folder[] = "/tmp/swupdate-memory.XXXXXX";

/* What is judged; whether it is accepted is its own matter. */
static const struct judgement {
    int (*judge)(const char *file, const struct swt_verify_options *options, bool *ret_accepted,
                 json_t **ret_document, struct swt_error *err);
    const char *file;
    struct swt_verify_options options;
} judgements[] = {
    {swt_verify, "good-for-a-device.pb", {.root = "anchor.root", .time = T, .profile = "pigweed"}},
    {swt_verify,
     "good-personalised.swb",
     {.root = "anchor.root", .device_manifest = "device.manifest", .time = T}},
    {swt_verify, "good-rotation-of-root-key.swb", {.root = "anchor.root", .time = T}},
    {swt_verify,
     "good-unknown-signed-field.pb",
     {.root = "anchor.root", .time = T, .strict = true, .allow_unknown = true}},
    {swt_verify, "duplicate-signature.swb", {.root = "anchor-threshold-2.root", .time = T}},
    {swt_verify, "payload-bit-flipped.swb", {.self = true, .time = T}},
    {swt_verify_root, "anchor-2.root", {.root = "anchor.root", .time = T}},
    {swt_verify, "built.swb", {.root = "anchor.root", .time = T, .against = "same.yaml"}},
    {swt_verify, "built.swb", {.root = "anchor.root", .time = T, .against = "other.yaml"}},
    {swt_verify, "built.swb", {.root = "anchor.root", .time = T, .against = "turned.yaml"}},
    {swt_verify, "good.swb", {.device = "device", .time = T}},
};

/* The verdict as text; free(). NULL and err. */
static char *judge(const struct judgement *of, struct swt_error *err) {
    bool accepted;
    json_t *document = NULL;
    if (of->judge(of->file, &of->options, &accepted, &document, err) < 0)
        return NULL;
    (void)allocation_failed(); /* none fails from here on */
    char *text = json_dumps(document, JSON_INDENT(1));
    json_decref(document);
    return text;
}

enum { WRONG = 1, NOT_REACHED };

/* In a process of its own, since the program remembers that the library had no memory. */
static int in_child(const struct judgement *of, const char *right, long number, bool of_libcrypto) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct swt_error err = {0};
        fail_allocation(number, of_libcrypto);
        char *text = judge(of, &err);
        bool reached = allocation_failed();
        bool good = text == NULL ? err.code == SWT_E_MEMORY : strcmp(text, right) == 0;
        if (!good)
            print_message("# %s, allocation %ld: %s\n", of->file, number,
                          text != NULL ? text : err.message);
        _exit(!good ? WRONG : reached ? 0 : NOT_REACHED);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void each_fails(const struct judgement *of, bool of_libcrypto) {
    struct swt_error err = {0};
    char *right = judge(of, &err);
    if (right == NULL)
        fail_msg("%s: %s: %s", of->file, err.file, err.message);
    int end = 0;
    long number = 1;
    /* The later ones, which are many alike, in growing steps: libcrypto's in longer ones. */
    for (; end != NOT_REACHED; number += 1 + number / (of_libcrypto ? 16 : 128)) {
        end = in_child(of, right, number, of_libcrypto);
        if (end == WRONG)
            fail_msg("%s: allocation %ld%s", of->file, number, of_libcrypto ? " of libcrypto" : "");
        if (!CAN_FAIL)
            break;
    }
    free(right);
}

static void judging(void **state) {
    (void)state;
    for (size_t i = 0; i < SWT_COUNT(judgements); i++)
        each_fails(&judgements[i], false);
}

static void judging_with_libcrypto(void **state) {
    (void)state;
    each_fails(&judgements[0], true);
}

/* ---- the files --------------------------------------------------------------------------- */

#define HEAD                                                                                       \
    "schema: 1\n"                                                                                  \
    "product: {name: w}\n"                                                                         \
    "release: {version: 1, metadata_version: 1}\n"                                                 \
    "targets:\n"

static int write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    return file == NULL || fputs(text, file) < 0 || fclose(file) != 0 ? -1 : 0;
}

/* A bundle, what it is made of, and the same in other orders and with other bytes. */
static int build(struct swt_error *err) {
    struct swt_keyring keyring = {0};
    const struct swt_key_source key = {.uri = "keys/test-targets.pem"};
    const struct swt_build_options options = {.manifest = "same.yaml",
                                              .output = "built.swb",
                                              .root = "anchor.root",
                                              .keys = {.items = &key, .count = 1},
                                              .keyring = &keyring};
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document;
    if (write_file("a", "bytes of a") < 0 || write_file("b", "bytes of b") < 0 ||
        write_file("c", "bytes of c") < 0 ||
        write_file("same.yaml", HEAD
                   "  - {name: a, file: a}\n  - {name: b, file: b, compression: gzip}\n") < 0 ||
        write_file("other.yaml", HEAD
                   "  - {name: a, file: b}\n  - {name: b, file: c, compression: gzip}\n") < 0 ||
        write_file("turned.yaml",
                   HEAD "  - {name: b, file: b, compression: gzip}\n  - {name: a, file: a}\n") < 0)
        return -1;
    int rc = swt_build(&options, &notices, &document, err);
    if (rc == 0)
        json_decref(document);
    return rc;
}

static int provision(struct swt_error *err) {
    const struct swt_provision_options options = {
        .root = "anchor.root", .bundle = "good.swb", .output = "device", .format = "device-dir"};
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    bool accepted;
    json_t *document;
    int rc = swt_provision(&options, &notices, &accepted, &document, err);
    if (rc == 0)
        json_decref(document);
    return rc == 0 && !accepted ? -1 : rc;
}

static int make_files(void **state) {
    (void)state;
    struct swt_keyring keyring = {0};
    const struct swt_fixtures_options options = {.directory = "f", .keyring = &keyring};
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    json_t *document;
    struct swt_error err = {0};
    if (mkdtemp(folder) == NULL || chdir(folder) < 0)
        return -1;
    if (swt_fixtures(&options, &notices, &document, &err) < 0) {
        print_error("%s: %s\n", err.file, err.message);
        return -1;
    }
    json_decref(document);
    if (chdir("f") < 0 || build(&err) < 0 || provision(&err) < 0) {
        print_error("%s: %s\n", err.file, err.message);
        return -1;
    }
    return 0;
}

static int remove_files(void **state) {
    (void)state;
    char command[sizeof folder + 16];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") < 0 ? -1 : system(command);
}

int main(void) {
    swt_library_memory_setup();
    fail_allocation(0, false);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judging),
        cmocka_unit_test(judging_with_libcrypto),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
