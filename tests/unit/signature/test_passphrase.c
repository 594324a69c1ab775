/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <fcntl.h>
#include <unistd.h>

static char path[] = "/tmp/swt-passphrase-XXXXXX";

static int set_up(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state) {
    (void)state;
    return unlink(path);
}

static int read_from(const struct swt_key_source *source, struct swt_secret *secret,
                     struct swt_error *err) {
    return swt_passphrase_read(source, &nobody, "passphrase for it", secret, err);
}

static void the_first_line_of_a_file(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *expected; /* NULL: refused */
    } cases[] = {
        {"secret", "secret"},
        {"secret\n", "secret"},
        {"secret\r\n", "secret"},
        {"secret\nmore\n", "secret"},
        {" two words \n", " two words "},
        {"a\rb\n", "a\rb"},
        {"p\xc3\xa4ss\n", "p\xc3\xa4ss"},
        {"", NULL},
        {"\n", NULL},
        {"\r\n", NULL},
        {"\nsecret\n", NULL},
    };
    struct swt_key_source source = {.uri = "k", .passphrase_file = path};
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        struct swt_secret secret = {0};
        struct swt_error err = {0};
        write_text(path, cases[i].text);
        int result = read_from(&source, &secret, &err);
        if (cases[i].expected == NULL) {
            assert_error(result, &err, SWT_E_PASSPHRASE, "is empty");
        } else {
            assert_done(result, &err);
            assert_string_equal(secret.data, cases[i].expected);
            assert_int_equal(secret.len, strlen(cases[i].expected));
        }
        swt_secret_done(&secret);
    }
}

static void the_longest_and_one_more(void **state) {
    (void)state;
    char text[5000];
    struct swt_key_source source = {.uri = "k", .passphrase_file = path};
    struct swt_secret secret = {0};
    struct swt_error err = {0};
    memset(text, 'x', sizeof text);

    write_bytes(path, text, SWT_MAX_PASSPHRASE);
    assert_done(read_from(&source, &secret, &err), &err);
    assert_int_equal(secret.len, SWT_MAX_PASSPHRASE);
    text[SWT_MAX_PASSPHRASE] = '\r';
    text[SWT_MAX_PASSPHRASE + 1] = '\n';
    write_bytes(path, text, SWT_MAX_PASSPHRASE + 2);
    assert_done(read_from(&source, &secret, &err), &err);
    assert_int_equal(secret.len, SWT_MAX_PASSPHRASE);
    text[SWT_MAX_PASSPHRASE] = 'x';
    text[SWT_MAX_PASSPHRASE + 1] = 'x';
    for (size_t more = 1; more <= sizeof text - SWT_MAX_PASSPHRASE; more += 1 + more / 2) {
        write_bytes(path, text, SWT_MAX_PASSPHRASE + more);
        assert_error(read_from(&source, &secret, &err), &err, SWT_E_PASSPHRASE,
                     "longer than 1023 bytes");
    }
    assert_int_equal(secret.len, SWT_MAX_PASSPHRASE);
    swt_secret_done(&secret);
}

static void a_nul_byte(void **state) {
    (void)state;
    struct swt_key_source source = {.uri = "k", .passphrase_file = path};
    struct swt_secret secret = {0};
    struct swt_error err = {0};
    write_bytes(path, "a\0b\n", 4);
    assert_error(read_from(&source, &secret, &err), &err, SWT_E_PASSPHRASE, "NUL");
    assert_null(secret.data);
}

static void files_that_cannot_be_read(void **state) {
    (void)state;
    static const char *const cases[] = {"/nonexistent/file", "/tmp", "fd:987"};
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        struct swt_key_source source = {.uri = "k", .passphrase_file = cases[i]};
        struct swt_secret secret = {0};
        struct swt_error err = {0};
        assert_error(read_from(&source, &secret, &err), &err, SWT_E_PASSPHRASE, "cannot be read");
        assert_non_null(strstr(err.message, cases[i]));
    }
}

static void malformed_descriptors(void **state) {
    (void)state;
    static const char *const cases[] = {"fd:", "fd:x", "fd:-1", "fd:3x", "fd:99999999999999999999"};
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        struct swt_key_source source = {.uri = "k", .passphrase_file = cases[i]};
        struct swt_secret secret = {0};
        struct swt_error err = {0};
        assert_error(read_from(&source, &secret, &err), &err, SWT_E_PASSPHRASE,
                     "expected fd:NUMBER");
    }
}

/* Two keys may name one descriptor: each takes a line and no byte more. */
static void lines_of_a_pipe(void **state) {
    (void)state;
    int ends[2];
    char name[32];
    struct swt_key_source source = {.uri = "k", .passphrase_file = name};
    struct swt_secret secret = {0};
    struct swt_error err = {0};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    (void)snprintf(name, sizeof name, "fd:%d", ends[0]);
    assert_int_equal(write(ends[1], "one\ntwo\r\n", 9), 9);
    assert_int_equal(close(ends[1]), 0);

    assert_done(read_from(&source, &secret, &err), &err);
    assert_string_equal(secret.data, "one");
    assert_done(read_from(&source, &secret, &err), &err);
    assert_string_equal(secret.data, "two");
    assert_error(read_from(&source, &secret, &err), &err, SWT_E_PASSPHRASE, "is empty");
    swt_secret_done(&secret);
    assert_int_equal(close(ends[0]), 0);
}

static void a_variable_is_removed(void **state) {
    (void)state;
    struct swt_key_source source = {.uri = "k", .passphrase_env = "SWT_TEST_PIN"};
    struct swt_secret secret = {0};
    struct swt_error err = {0};
    assert_int_equal(setenv("SWT_TEST_PIN", "from the environment", 1), 0);
    const char *place = getenv("SWT_TEST_PIN");
    struct swt_keyring keyring = {0};
    assert_error(swt_passphrase_read(&source, &keyring, "w", &secret, &err), &err, SWT_E_PASSPHRASE,
                 "is not set");
    assert_done(swt_keyring_take_variable(&keyring, "SWT_TEST_PIN", &err), &err);
    assert_null(getenv("SWT_TEST_PIN"));
    assert_true(place != NULL && place[0] == '\0'); /* wiped, not just unlinked */
    /* Two keys of one token name one variable. */
    for (int i = 0; i < 2; i++) {
        assert_done(swt_keyring_take_variable(&keyring, "SWT_TEST_PIN", &err), &err);
        assert_done(swt_passphrase_read(&source, &keyring, "w", &secret, &err), &err);
        assert_string_equal(secret.data, "from the environment");
    }
    swt_keyring_done(&keyring);

    assert_int_equal(setenv("SWT_TEST_PIN", "", 1), 0);
    assert_done(swt_keyring_take_variable(&keyring, "SWT_TEST_PIN", &err), &err);
    assert_error(swt_passphrase_read(&source, &keyring, "w", &secret, &err), &err, SWT_E_PASSPHRASE,
                 "is empty");
    swt_keyring_done(&keyring);
    swt_secret_done(&secret);
}

static void a_variable_that_is_too_long_is_removed(void **state) {
    (void)state;
    struct swt_key_source source = {.uri = "k", .passphrase_env = "SWT_TEST_PIN"};
    struct swt_secret secret = {0};
    struct swt_error err = {0};
    char text[3000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(setenv("SWT_TEST_PIN", text, 1), 0);
    struct swt_keyring keyring = {0};
    assert_done(swt_keyring_take_variable(&keyring, "SWT_TEST_PIN", &err), &err);
    assert_error(swt_passphrase_read(&source, &keyring, "w", &secret, &err), &err, SWT_E_PASSPHRASE,
                 "longer than");
    assert_null(getenv("SWT_TEST_PIN"));
    swt_keyring_done(&keyring);
}

static void the_order_of_sources(void **state) {
    (void)state;
    struct answer answer = {.text = "prompt"};
    struct swt_keyring keyring = answer_keyring(&answer);
    struct swt_key_source source = {
        .uri = "k", .passphrase_file = path, .passphrase_env = "SWT_TEST_PIN"};
    struct swt_secret secret = {0};
    struct swt_error err = {0};
    write_text(path, "file\n");
    assert_int_equal(setenv("SWT_TEST_PIN", "variable", 1), 0);
    assert_done(swt_keyring_take_variable(&keyring, "SWT_TEST_PIN", &err), &err);

    assert_done(swt_passphrase_read(&source, &keyring, "w", &secret, &err), &err);
    assert_string_equal(secret.data, "file");
    source.passphrase_file = NULL;
    assert_done(swt_passphrase_read(&source, &keyring, "w", &secret, &err), &err);
    assert_string_equal(secret.data, "variable");
    assert_int_equal(answer.asked, 0);
    source.passphrase_env = NULL;
    assert_done(swt_passphrase_read(&source, &keyring, "w", &secret, &err), &err);
    assert_string_equal(secret.data, "prompt");
    assert_int_equal(answer.asked, 1);
    assert_string_equal(answer.what, "w");
    swt_secret_done(&secret);
    swt_keyring_done(&keyring);
}

static void nobody_to_ask(void **state) {
    (void)state;
    struct answer answer = {.text = NULL};
    struct swt_keyring keyring = answer_keyring(&answer);
    struct swt_key_source source = {.uri = "k"};
    struct swt_secret secret = {0};
    struct swt_error err = {0};
    assert_error(read_from(&source, &secret, &err), &err, SWT_E_PASSPHRASE,
                 "passphrase for it is needed");
    assert_non_null(strstr(err.hint, "--passphrase-file"));
    assert_error(swt_passphrase_read(&source, &keyring, "w", &secret, &err), &err, SWT_E_PASSPHRASE,
                 "nobody is there");
    assert_non_null(strstr(err.hint, "--passphrase-file"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_of_a_file),
        cmocka_unit_test(the_longest_and_one_more),
        cmocka_unit_test(a_nul_byte),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(malformed_descriptors),
        cmocka_unit_test(lines_of_a_pipe),
        cmocka_unit_test(a_variable_is_removed),
        cmocka_unit_test(a_variable_that_is_too_long_is_removed),
        cmocka_unit_test(the_order_of_sources),
        cmocka_unit_test(nobody_to_ask),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
