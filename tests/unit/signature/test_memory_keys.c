/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation fails in turn while a key of each kind is opened and signs, is listed or made:
 * lack of memory is told, or the answer is right. */
#include "help.h"

#include "failing.h"

#include "swt/io.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/swupdate-memory.XXXXXX";
static char home[4096];
static char token[4300], key[4300], key_public[4300], made[4300];

#define PIN_TEXT "mock-pin-271828"

static bool says_memory(int result, const struct swt_error *err) {
    if (result < 0 && err->code != SWT_E_MEMORY)
        print_message("# %s: %s\n", swt_code_name(err->code), err->message);
    return result < 0 && err->code == SWT_E_MEMORY;
}

/* What is done; each in a process of its own. */
static struct swt_key_source source;
static const char *audit_log;

static int prompt(void *context, const char *what, struct swt_secret *ret_secret,
                  struct swt_error *err) {
    (void)context;
    (void)what;
    return swt_secret_set(ret_secret, PIN_TEXT, strlen(PIN_TEXT), err);
}

static bool sign_one(void) {
    SWT_CLEANUP(swt_keyring_done)
    struct swt_keyring keyring = {.audit_log = audit_log, .prompt = {.ask = prompt}};
    SWT_CLEANUP(swt_notices_done) struct swt_notices notices = {0};
    SWT_CLEANUP(swt_signer_cleanup) struct swt_signer *signer = NULL;
    SWT_CLEANUP(swt_buf_done) struct swt_buf value = {0};
    static const struct swt_signing_subject subject = {
        .role = "targets", .product = "widget", .version = 7};
    struct swt_error err = {0};
    int result = swt_signer_open(&source, &keyring, &notices, &signer, &err);
    if (result >= 0)
        result = swt_signer_sign(signer, &subject, MESSAGE, &value, &err);
    return result < 0 ? says_memory(result, &err) && value.len == 0 : value.len >= 64;
}

static bool load_one(void) {
    SWT_CLEANUP(swt_keyring_done) struct swt_keyring keyring = {.prompt = {.ask = prompt}};
    SWT_CLEANUP(swt_public_key_done) struct swt_public_key loaded = {0};
    struct swt_error err = {0};
    int result = swt_public_key_load(&source, &keyring, &loaded, &err);
    return result < 0 ? says_memory(result, &err) : loaded.key.value.len > 0;
}

static bool list_all(void) {
    SWT_CLEANUP(swt_keyring_done) struct swt_keyring keyring = {.prompt = {.ask = prompt}};
    SWT_CLEANUP(swt_token_list_done) struct swt_token_list list = {0};
    struct swt_error err = {0};
    int result = swt_tokens_list(&source, &keyring, &list, &err);
    return result < 0
               ? says_memory(result, &err)
               : list.count == 1 && list.items[0].key_count == 1 && list.items[0].keys[0].readable;
}

static bool generate_one(void) {
    SWT_CLEANUP(swt_keyring_done) struct swt_keyring keyring = {.prompt = {.ask = prompt}};
    SWT_CLEANUP(swt_public_key_done) struct swt_public_key fresh = {0};
    struct swt_error err = {0};
    char *uri = NULL;
    int result = swt_token_generate(&source, SWT_KIND_P256, &keyring, &uri, &fresh, &err);
    free(uri);
    return result < 0 ? says_memory(result, &err) && fresh.bytes.data == NULL
                      : uri != NULL && fresh.key.value.len > 0;
}

static int count_finding(void *context, const struct swt_audit_finding *finding,
                         struct swt_error *err) {
    (void)finding;
    (void)err;
    ++*(int *)context;
    return 0;
}

static bool check_log(void) {
    SWT_CLEANUP(swt_reader_cleanup) struct swt_reader *reader = NULL;
    struct swt_audit_summary summary = {0};
    struct swt_error err = {0};
    int found = 0;
    int result = swt_reader_open(audit_log, &reader, &err);
    if (result >= 0)
        result = swt_audit_check(reader, count_finding, &found, &summary, &err);
    return result < 0 ? says_memory(result, &err)
                      : summary.lines == 3 && summary.signatures == 1 && found == 1;
}

enum { WRONG = 1, NOT_REACHED };

static int in_child(bool (*step)(void), long number) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        fail_allocation(number, false);
        bool right = step();
        bool reached = allocation_failed();
        _exit(!right ? WRONG : reached ? 0 : NOT_REACHED);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : WRONG;
}

static void at_each(const char *name, bool (*step)(void), struct swt_key_source of,
                    const char *log) {
    source = of;
    audit_log = log;
    assert_int_equal(in_child(step, 0), NOT_REACHED);
    for (long number = 1; CAN_FAIL; number++) {
        int end = in_child(step, number);
        if (end == WRONG)
            fail_msg("%s, %s: allocation %ld", name, of.uri == NULL ? "" : of.uri, number);
        if (end == NOT_REACHED)
            break;
    }
}

static void tokens(void **state) {
    (void)state;
    const struct swt_key_source all[] = {{.uri = token, .passphrase_file = "pin"}, {.uri = token}};
    at_each("list", list_all, all[0], NULL);
    at_each("make", generate_one, (struct swt_key_source){.uri = made, .passphrase_file = "pin"},
            NULL);
    at_each("sign", sign_one, (struct swt_key_source){.uri = key}, "log");
    at_each(
        "sign", sign_one,
        (struct swt_key_source){.uri = key, .passphrase_file = "pin", .public_key = "root1.pub"},
        NULL);
    at_each("load", load_one, (struct swt_key_source){.uri = key, .public_key = "root1.pub"}, NULL);
    at_each("load", load_one, (struct swt_key_source){.uri = key_public}, NULL);
    assert_int_equal(setenv("SWT_MODULE", "no-public", 1), 0);
    at_each(
        "load", load_one,
        (struct swt_key_source){.uri = key, .passphrase_file = "pin", .public_key = "root1.pub"},
        NULL);
    at_each("sign", sign_one, (struct swt_key_source){.uri = key, .public_key = "root1.pub"}, NULL);
    assert_int_equal(setenv("SWT_MODULE", "always-authenticate pin-pad", 1), 0);
    at_each("sign", sign_one, (struct swt_key_source){.uri = key}, NULL);
    assert_int_equal(setenv("SWT_MODULE", "always-authenticate", 1), 0);
    at_each("sign", sign_one, (struct swt_key_source){.uri = key, .passphrase_file = "pin"}, NULL);
    assert_int_equal(setenv("SWT_MODULE", "", 1), 0);
}

static void files(void **state) {
    (void)state;
    static const struct swt_key_source sources[] = {
        {.uri = "root1.pem"},
        {.uri = "ed25519-1.pem", .public_key = "ed25519-1.pub"},
        {.uri = "ed25519-1-encrypted.pem", .passphrase_file = "passphrase"},
        {.uri = "root1.p12", .passphrase_file = "passphrase"},
        {.uri = "root1-and-certificate.pem"},
        {.uri = "exec:./signer"},
        {.uri = "exec:./signer", .public_key = "ed25519-1.pub"},
    };
    for (size_t i = 0; i < SWT_COUNT(sources); i++) {
        at_each("sign", sign_one, sources[i], i == 0 ? "log" : NULL);
        at_each("load", load_one, sources[i], NULL);
    }
}

static void log_is_read(void **state) {
    (void)state;
    source = (struct swt_key_source){.uri = "root1.pem"};
    audit_log = "short";
    (void)unlink("short");
    assert_true(sign_one());
    FILE *file = fopen("short", "a");
    assert_non_null(file);
    assert_true(fputs("{}\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    at_each("log", check_log, source, "short");
}

/* ---- the files --------------------------------------------------------------------------- */

/* A signer that knows one answer: Ed25519 gives the same bytes for the same message. */
static void write_signer(void) {
    struct swt_signer *signer = open_signer("ed25519-1.pem");
    struct swt_buf value = {0};
    struct swt_error err = {0};
    assert_done(swt_signer_sign(signer, &TRIAL, MESSAGE, &value, &err), &err);
    write_bytes("value", value.data, value.len);
    write_text("signer", "#!/bin/sh\n"
                         "case $1 in sign) cat >/dev/null; exec cat value ;; esac\n"
                         "exec cat ed25519-1.pub\n");
    assert_int_equal(chmod("signer", 0700), 0);
    swt_signer_free(signer);
    swt_buf_done(&value);
}

static int enter(void **state) {
    (void)state;
    char command[4200];
    if (getcwd(home, sizeof home) == NULL || mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(command, sizeof command, "cp " KEYS "*.* '%s' && chmod 600 '%s'/*", folder,
                   folder);
    if (system(command) != 0 || chdir(folder) < 0)
        return -1;
    write_text("pin", PIN_TEXT "\n");
    write_text("passphrase", PASSPHRASE "\n");
    write_signer();
    return 0;
}

static int leave(void **state) {
    (void)state;
    char command[sizeof folder + 16];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir(home) < 0 ? -1 : system(command);
}

int main(void) {
    char *path = mock_module_path();
    if (path == NULL)
        return 1;
    swt_io_setup();
    const struct {
        char *uri;
        const char *attributes;
    } uris[] = {{token, ""},
                {key, ";object=key"},
                {key_public, ";object=key;type=public"},
                {made, ";object=made"}};
    for (size_t i = 0; i < SWT_COUNT(uris); i++)
        (void)snprintf(uris[i].uri, sizeof token, "pkcs11:token=Mock%%20token%s?module-path=%s",
                       uris[i].attributes, path);
    free(path);
    fail_allocation(0, false);
    if (setenv("SWT_MODULE_KEYS", ".", 1) != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens),
        cmocka_unit_test(files),
        cmocka_unit_test(log_is_read),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
