/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL out of memory at each of its allocations: an error or the right answer, never a wrong
 * one. */
#include "help.h"

#include "../../../src/signature/internal.h"

#include <openssl/crypto.h>
#include <sys/wait.h>

/* The program's own allocator for the library, which is asked for more than there is where it shall
 * fail. */
#define TOO_MUCH SIZE_MAX

static long left = -1; /* allocations until one fails; negative: none does */
static CRYPTO_malloc_fn own_take;
static CRYPTO_realloc_fn own_retake;
static CRYPTO_free_fn own_give;

const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}

static bool fails(void) {
    return left >= 0 && left-- == 0;
}

static void *take(size_t size, const char *file, int line) {
    return own_take(fails() ? TOO_MUCH : size, file, line);
}

static void *retake(void *data, size_t size, const char *file, int line) {
    return own_retake(data, size > 0 && fails() ? TOO_MUCH : size, file, line);
}

enum { WRONG = 1, NOT_REACHED, LATE = 100000 };

/* In a process of its own, since the program remembers that the library had no memory. step says
 * whether what it got is right. */
static int in_child(bool (*step)(void), long number) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        left = number;
        bool right = step();
        _exit(!right ? WRONG : left < 0 ? 0 : NOT_REACHED);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Runs step with the first, second ... allocation failing, until none is left to fail; the later
 * ones, of which RSA makes thousands, in growing steps. */
static void at_each_allocation(bool (*step)(void)) {
    assert_true(step()); /* what the library keeps for good is allocated here */
    int end = 0;
    for (long number = 0; end != NOT_REACHED; number += 1 + number / 16) {
        end = in_child(step, number);
        if (end == WRONG)
            fail_msg("allocation %ld", number);
        assert_true(number < LATE);
    }
}

static struct swt_signer *signer;
static struct swt_buf good;

/* One signature by one key; a lack of memory must not read as a bad signature. */
static bool count_one(void) {
    struct swt_slice id = swt_slice_of(swt_signer_key_id(signer), SWT_KEY_ID_SIZE);
    struct swt_root_key key = {.id = id, .key = *swt_signer_key(signer)};
    struct swt_root root = {.keys = &key, .key_count = 1};
    struct swt_role role = {.key_ids = &id, .key_id_count = 1, .threshold = 1};
    struct swt_signature signature = {.key_id = id, .value = swt_buf_slice(&good)};
    struct swt_envelope envelope = {
        .metadata = MESSAGE, .signatures = &signature, .signature_count = 1};
    struct swt_quorum quorum = {0};
    struct swt_error err = {0};
    int result = swt_quorum_count(&root, &role, &envelope, &quorum, &err);
    bool right = result < 0 ? err.code == SWT_E_MEMORY : quorum.met;
    swt_quorum_done(&quorum);
    return right;
}

static bool sign_one(void) {
    struct swt_buf raw = {0};
    struct swt_error err = {0};
    int result = swt_signer_sign(signer, &TRIAL, MESSAGE, &raw, &err);
    bool right = result < 0 ? err.code == SWT_E_MEMORY && raw.len == 0 : raw.len == good.len;
    swt_buf_done(&raw);
    return right;
}

static bool judge_one(void) {
    struct swt_error err;
    struct swt_slice value = swt_buf_slice(&good);
    int result = swt_signature_judge(swt_signer_key(signer), swt_slice_text("other"), value, &err);
    return result == 0 || (result < 0 && err.code == SWT_E_MEMORY);
}

/* Once the library lacked memory, nothing that it says counts: not even that a signature is good.
 */
static bool starve_before_one(void) {
    SWT_CLEANUP(swt_evp_pkey_cleanup) EVP_PKEY *pkey = NULL;
    const struct swt_key *key = swt_signer_key(signer);
    struct swt_slice value = swt_buf_slice(&good);
    struct swt_message message = {0};
    struct swt_error err = {0};
    bool right = swt_message_init(MESSAGE, &message, &err) == 0 &&
                 swt_key_to_evp(key, &pkey, &err) == 0 &&
                 swt_message_verifies(&message, key, pkey, value, &err) == 1;
    left = 0;
    OPENSSL_free(OPENSSL_malloc(1));
    right &= swt_library_starved() &&
             swt_message_verifies(&message, key, pkey, value, &err) == -SWT_E_MEMORY;
    return right && err.code == SWT_E_MEMORY;
}

/* With memory, what is refused is a verdict. */
static void with_memory(void **state) {
    (void)state;
    struct swt_error err;
    struct swt_slice point = swt_slice_text("this is no point");
    struct swt_key key = {.type = SWT_KEY_P256, .scheme = SWT_KEY_P256, .value = point};
    assert_true(swt_key_check(&key, &err) < 0);
    assert_int_equal(err.code, SWT_E_PUBLIC_KEY);
    assert_false(swt_library_starved());
}

static void what_was_longer_is_copied(void **state) {
    (void)state;
    static const char TEXT[] = "0123456789abcdef0123456789abcdef";
    char *block = OPENSSL_malloc(sizeof TEXT);
    assert_non_null(block);
    memcpy(block, TEXT, sizeof TEXT);
    block = OPENSSL_realloc(block, 4096);
    assert_non_null(block);
    assert_string_equal(block, TEXT);
    block = OPENSSL_realloc(block, 8);
    assert_memory_equal(block, TEXT, 8);
    assert_null(OPENSSL_realloc(block, 0));
}

static void signing_and_counting(void **state) {
    (void)state;
    static const char *const paths[] = {KEYS "root1.pem", KEYS "ed25519-1.pem", KEYS "rsa2048.pem"};
    for (size_t i = 0; i < SWT_COUNT(paths); i++) {
        struct swt_error err = {0};
        signer = open_signer(paths[i]);
        assert_done(swt_signer_sign(signer, &TRIAL, MESSAGE, &good, &err), &err);
        at_each_allocation(count_one);
        at_each_allocation(sign_one);
        at_each_allocation(judge_one);
        assert_int_equal(in_child(starve_before_one, LATE), 0);
        swt_signer_free(signer);
        swt_buf_done(&good);
    }
}

static bool generate_one(void) {
    struct swt_secret pem = {0};
    struct swt_public_key key = {0};
    struct swt_error err = {0};
    bool right = swt_key_generate(SWT_KIND_ED25519, NULL, &pem, &key, &err) >= 0 ||
                 (pem.data == NULL && key.bytes.data == NULL);
    swt_secret_done(&pem);
    swt_public_key_done(&key);
    return right;
}

static void generating(void **state) {
    (void)state;
    at_each_allocation(generate_one);
}

/* A signature under a wrong key id would be of no use, and look made. */
static bool identify_one(void) {
    struct swt_public_key key = {.key = *swt_signer_key(signer)};
    struct swt_error err = {0};
    return swt_public_key_identify(&key, &err) < 0
               ? err.code == SWT_E_MEMORY
               : memcmp(key.id, swt_signer_key_id(signer), sizeof key.id) == 0;
}

static void identifying(void **state) {
    (void)state;
    signer = open_signer(KEYS "ed25519-1.pem");
    at_each_allocation(identify_one);
    swt_signer_free(signer);
}

int main(void) {
    swt_library_memory_setup();
    CRYPTO_get_mem_functions(&own_take, &own_retake, &own_give);
    if (CRYPTO_set_mem_functions(take, retake, own_give) != 1)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_memory),          cmocka_unit_test(what_was_longer_is_copied),
        cmocka_unit_test(signing_and_counting), cmocka_unit_test(generating),
        cmocka_unit_test(identifying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
