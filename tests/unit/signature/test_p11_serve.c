/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker of the tokens answers where its module refuses a call, tells other things than it
 * did before, or the worker has no memory. On the module of tests/pkcs11. */
#include "help.h"

#include "failing.h"

#include "../../../src/signature/p11.h"

#include "swt/io.h"

static char uri_token[4200], uri_key[4300], uri_made[4300];

/* A session of requests, in this order; each goes on with what those before it found. */
static const struct step {
    char letter; /* in what is told of the session */
    enum swt_p11_operation operation;
    const char *uri;
    bool token, key;
} steps[] = {
    {'T', SWT_P11_LIST_TOKENS, uri_token, false, false},
    {'t', SWT_P11_TOKEN, uri_token, false, false},
    {'K', SWT_P11_LIST_KEYS, uri_token, true, false},
    {'p', SWT_P11_FIND_PUBLIC, uri_key, true, false},
    {'P', SWT_P11_PREPARE, NULL, true, false},
    {'L', SWT_P11_LOGIN, NULL, true, false},
    {'k', SWT_P11_LIST_KEYS, uri_key, true, false},
    {'f', SWT_P11_FIND_PRIVATE, uri_key, true, false},
    {'c', SWT_P11_CHECK, NULL, false, true},
    {'u', SWT_P11_PREPARE_USE, NULL, false, true},
    {'s', SWT_P11_SIGN, NULL, false, true},
    {'S', SWT_P11_SIGN, NULL, false, true},
    {'g', SWT_P11_GENERATE, uri_made, true, false},
    {'d', SWT_P11_DESTROY, NULL, false, true},
};

/* Each request that was refused, and why. One that names a token or a key which was not found is
 * none that the worker knows: module-failed. */
struct told {
    char text[512];
    size_t len;
};

static void tell(struct told *told, char letter, int result, const struct swt_error *err) {
    const char *name = result < 0 ? swt_code_name(err->code) : "";
    if (result >= 0)
        return;
    int len = snprintf(told->text + told->len, sizeof told->text - told->len, "%s%c:%s",
                       told->len > 0 ? " " : "", letter, name);
    told->len += len > 0 ? (size_t)len : 0;
}

static int ask(struct swt_p11 *p11, struct swt_worker_port *port, const struct step *step,
               uint64_t key, struct swt_p11_message *ret_answer, struct swt_buf *ret_bytes,
               struct swt_error *err) {
    static const char pin[] = "mock-pin-271828";
    static const uint8_t digest[SWT_DIGEST_SIZE] = {1};
    struct swt_buf request = {0};
    const struct swt_p11_message message = {
        .operation = step->operation,
        .token = step->token ? 1 : 0,
        .key = step->key ? key : 0,
        .kind = SWT_KIND_P256,
        .key_type = step->key ? SWT_KEY_P256 : 0,
        .digest = step->operation == SWT_P11_SIGN ? swt_slice_of(digest, sizeof digest)
                                                  : swt_slice_of(NULL, 0),
        .uri = step->uri != NULL ? swt_slice_text(step->uri) : swt_slice_of(NULL, 0)};
    int result = swt_p11_message_put(&request, &message, err);
    if (result >= 0)
        result = swt_p11_serve(p11, port, swt_buf_slice(&request),
                               swt_slice_of(pin, sizeof pin - 1), ret_bytes, err);
    if (result >= 0)
        result = swt_p11_message_read(swt_buf_slice(ret_bytes), ret_answer, err);
    swt_buf_done(&request);
    return result;
}

/* 'G': what is wrong with a second try. A pair of the first that is left stands in its way. */
static void try_again(struct swt_p11 *p11, struct swt_worker_port *port, const struct step *step,
                      uint64_t *key, struct told *told) {
    struct swt_buf bytes = {0};
    struct swt_p11_message answer = {0};
    struct swt_error err = {0};
    int result = ask(p11, port, step, 0, &answer, &bytes, &err);
    if (result >= 0)
        *key = answer.key;
    tell(told, 'G', result, &err);
    swt_buf_done(&bytes);
}

static void session(struct swt_p11 *p11, struct swt_worker_port *port, struct told *told) {
    uint64_t key = 0;
    for (size_t i = 0; i < SWT_COUNT(steps); i++) {
        struct swt_buf bytes = {0};
        struct swt_p11_message answer = {0};
        struct swt_error err = {0};
        int result = ask(p11, port, &steps[i], key, &answer, &bytes, &err);
        if (result >= 0 && answer.key != 0)
            key = answer.key;
        if (result >= 0 && steps[i].operation == SWT_P11_SIGN && answer.value.len != 64)
            result = swt_fail(&err, SWT_E_BAD_SIGNATURE, "no signature");
        tell(told, steps[i].letter, result, &err);
        swt_buf_done(&bytes);
        if (steps[i].operation == SWT_P11_GENERATE && result == -SWT_E_MEMORY)
            try_again(p11, port, &steps[i], &key, told);
    }
}

/* A request: which allocation fails, whether of libcrypto, then the module's words. The answer:
 * what was told, with a "+" in front of it where there were so many allocations. */
static int serve(void *context, struct swt_worker_port *port, struct swt_slice request,
                 struct swt_slice secret, struct swt_buf *ret_reply, struct swt_error *err) {
    struct told told = {0};
    struct swt_p11 p11 = {0};
    char text[256] = "";
    char *words = NULL;
    (void)context;
    (void)secret;
    memcpy(text, request.data, request.len < sizeof text ? request.len : sizeof text - 1);
    long number = strtol(text, &words, 10);
    bool of_libcrypto = *words++ == 'c';
    assert_int_equal(setenv("SWT_MODULE", words, 1), 0);
    fail_allocation(number, of_libcrypto);
    session(&p11, port, &told);
    bool reached = allocation_failed();
    swt_p11_finish(&p11);
    return swt_buf_printf(ret_reply, err, "%s%s", reached ? "+" : "", told.text);
}

/* In a worker of its own, as the module keeps what it was told. */
static void run(long number, bool of_libcrypto, const char *words, struct swt_buf *ret_told) {
    const struct swt_worker_job job = {.serve = serve};
    struct swt_worker *worker = NULL;
    struct swt_buf request = {0};
    struct swt_error err = {0};
    assert_done(swt_worker_start(&job, &worker, &err), &err);
    assert_done(swt_buf_printf(&request, &err, "%ld%c%s", number, of_libcrypto ? 'c' : ' ', words),
                &err);
    assert_done(swt_worker_call(worker, swt_buf_slice(&request), NULL, 30, ret_told, &err), &err);
    swt_worker_free(worker);
    swt_buf_done(&request);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *words;
        const char *told; /* the first request that is refused, and why */
    } cases[] = {
        {"", ""},
        {"C_Initialize=general", "T:module-not-found"},
        {"C_GetInfo=general", "T:no-token"},
        {"C_GetSlotList=general", "T:no-token"},
        {"C_GetSlotInfo=general", "T:token-not-found"},
        {"C_GetTokenInfo=general", "T:no-token"},
        {"C_OpenSession=general", "K:token-failed"},
        {"C_CloseSession=general", ""},
        {"C_Login=general", "L:token-failed"},
        {"C_Login_again=general", ""},
        {"C_Logout=general", ""},
        {"C_FindObjectsInit=general", "K:token-failed"},
        {"C_FindObjects=general", "K:token-failed"},
        {"C_FindObjectsFinal=general", "K:token-failed"},
        {"C_GetAttributeValue=general", "K:token-failed"},
        {"C_GetMechanismInfo=general", "c:token-failed"},
        {"C_SignInit=general", "s:token-failed"},
        {"C_Sign=general", "s:token-failed"},
        {"C_GenerateKeyPair=general", "g:token-failed"},
        {"C_DestroyObject=general", "d:token-failed"},
        {"C_Finalize=general", ""},
        {"C_Login=expired", "L:token-failed"},
        {"C_Login=absent", "L:token-failed"},
        {"C_GetTokenInfo=removed", "T:no-token"},
        {"C_Login_again=general always-authenticate", "s:token-failed"},
        {"C_Login_again=nothing always-authenticate", "s:token-failed"},
        {"always-authenticate", ""},
        {"always-authenticate C_OpenSession=general", "K:token-failed"},
        {"no-public", "d:token-failed"},
        {"certificate", ""},
        {"certificate no-public", "d:token-failed"},
        {"two-keys", "p:key-ambiguous"},
        {"twin-keys", "p:key-ambiguous"},
        {"two-keys certificate", "p:key-ambiguous"},
        {"no-key", "f:key-not-found"},
        {"no-id", ""},
        {"no-label", "f:key-not-found"},
        {"no-id no-label", "f:key-not-found"},
        {"no-id two-keys", "p:key-ambiguous"},
        {"other-public", ""},
        {"no-sign", "c:key-usage"},
        {"no-mechanism", "c:mechanism"},
        {"mechanism-no-sign", "c:mechanism"},
        {"pin-unset", "L:pin-needed"},
        {"pin-pad", "L:token-failed"},
        {"final-try", "P:pin-final-try"},
        {"locked", "P:pin-locked"},
        {"count-low", ""},
        {"no-login", ""},
        {"no-slot", "T:no-token"},
        {"no-token", "T:no-token"},
        {"not-initialised", "T:no-token"},
        {"other-token", ""},
        {"twin-token", "t:token-ambiguous"},
        {"clone-token", "t:token-ambiguous"},
        {"lengths=unavailable", "p:public-key"},
        {"lengths=huge", "K:module-failed"},
        {"lengths=longer", "K:module-failed"},
        {"lengths=missing", "p:public-key"},
        {"curve=p384", "p:public-key"},
        {"curve=garbage", "p:public-key"},
        {"curve=empty", ""},
        {"point=raw", ""},
        {"point=empty", ""},
        {"point=short", "p:public-key"},
        {"label=long", "K:module-failed"},
        {"slots=huge", "T:no-token"},
        {"signature=huge", "s:module-failed"},
        {"signature=empty", "s:bad-signature"},
        {"hostile-labels", "T:token-not-found"},
    };
    bool right = true;
    for (size_t i = 0; i < SWT_COUNT(cases); i++) {
        struct swt_buf told = {0};
        run(0, false, cases[i].words, &told);
        size_t len = strcspn(swt_buf_text(&told), " ");
        if (len != strlen(cases[i].told) || memcmp(swt_buf_text(&told), cases[i].told, len) != 0) {
            print_message("# '%s': %s\n", cases[i].words, swt_buf_text(&told));
            right = false;
        }
        swt_buf_done(&told);
    }
    assert_true(right);
}

/* Each allocation of a session fails: it is told as lack of memory, or nothing is changed by it. */
static void each_fails(const char *words) {
    struct swt_buf right = {0};
    bool reached = true;
    run(0, false, words, &right);
    for (long number = 1; reached; number++) {
        struct swt_buf told = {0};
        run(number, false, words, &told);
        const char *text = swt_buf_text(&told);
        reached = text[0] == '+';
        if (reached && strcmp(text + 1, swt_buf_text(&right)) != 0 &&
            strstr(text, ":memory") == NULL)
            fail_msg("'%s', allocation %ld: %s", words, number, text);
        if (strstr(text, "G:exists") != NULL)
            fail_msg("'%s', allocation %ld, which leaves a pair: %s", words, number, text);
        swt_buf_done(&told);
    }
    swt_buf_done(&right);
}

static void memory(void **state) {
    (void)state;
    static const char *const words[] = {"", "two-keys", "certificate", "no-key", "twin-token"};
    for (size_t i = 0; CAN_FAIL && i < SWT_COUNT(words); i++)
        each_fails(words[i]);
}

int main(void) {
    char *path = mock_module_path();
    if (path == NULL)
        return 1;
    (void)snprintf(uri_token, sizeof uri_token, "pkcs11:token=Mock%%20token?module-path=%s", path);
    (void)snprintf(uri_key, sizeof uri_key, "pkcs11:token=Mock%%20token;object=key?module-path=%s",
                   path);
    (void)snprintf(uri_made, sizeof uri_made,
                   "pkcs11:token=Mock%%20token;object=made?module-path=%s", path);
    free(path);
    if (setenv("SWT_MODULE_KEYS", KEYS, 1) != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
