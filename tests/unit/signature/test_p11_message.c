/* SPDX-License-Identifier: Apache-2.0 */
/* What passes between this process and the worker of the tokens, and what a module's answers are
 * called. */
#include "help.h"

#include "../../../src/signature/p11.h"

#define BYTES(text_) swt_slice_of((text_), sizeof(text_) - 1)

static void messages(void **state) {
    (void)state;
    const struct swt_p11_message message = {.operation = SWT_P11_SIGN,
                                            .token = 1,
                                            .key = UINT64_MAX,
                                            .flags = SWT_P11_PIN_PAD,
                                            .kind = 2,
                                            .key_type = 3,
                                            .value = BYTES("v"),
                                            .digest = BYTES("d\0d"),
                                            .message = BYTES("m"),
                                            .uri = BYTES("pkcs11:"),
                                            .label = BYTES("l"),
                                            .manufacturer = BYTES("mf"),
                                            .model = BYTES("mo"),
                                            .serial = BYTES("s"),
                                            .module = BYTES("mod")};
    struct swt_p11_message read = {0};
    struct swt_p11_message item = {0};
    struct swt_buf bytes = {0};
    struct swt_buf again = {0};
    struct swt_error err = {0};
    size_t position = 0;
    assert_done(swt_p11_message_put(&bytes, &message, &err), &err);
    assert_done(swt_p11_message_read(swt_buf_slice(&bytes), &read, &err), &err);
    assert_done(swt_p11_message_put(&again, &read, &err), &err);
    assert_true(swt_slice_equal(swt_buf_slice(&bytes), swt_buf_slice(&again)));
    assert_int_equal(read.operation, SWT_P11_SIGN);
    assert_true(read.key == UINT64_MAX);
    assert_true(swt_slice_equal(read.digest, message.digest));
    assert_int_equal(swt_p11_message_item(&read, &position, &item, &err), 0);

    assert_done(swt_p11_message_put_item(&bytes, &message, &err), &err);
    assert_done(swt_p11_message_put_item(&bytes, &(struct swt_p11_message){.token = 7}, &err),
                &err);
    assert_done(swt_p11_message_read(swt_buf_slice(&bytes), &read, &err), &err);
    position = 0;
    assert_int_equal(swt_p11_message_item(&read, &position, &item, &err), 1);
    assert_true(swt_slice_equal(item.label, message.label));
    assert_int_equal(swt_p11_message_item(&read, &position, &item, &err), 1);
    assert_int_equal(item.token, 7);
    assert_int_equal(swt_p11_message_item(&read, &position, &item, &err), 0);
    swt_buf_done(&bytes);
    swt_buf_done(&again);
}

static void bad_messages(void **state) {
    (void)state;
    const struct swt_slice cases[] = {
        BYTES("\x08"),             /* cut off */
        BYTES("\x08\x01\x08\x01"), /* twice */
        BYTES("\x0a\x01\x01"),     /* a text, where a number belongs */
        BYTES("\x38\x01"),         /* a number, where a text belongs */
        BYTES("\x3a\x7f"),         /* longer than the message */
        BYTES("\xf8\x01\x01"),     /* an unknown field */
        BYTES("\x78\x01"),         /* an item that is a number */
        BYTES("\x0b"),             /* a group */
        BYTES("\x08\x80\x00"),     /* a varint with padding */
        BYTES("\x00"),
    };
    struct swt_p11_message message;
    struct swt_error err = {0};
    for (size_t i = 0; i < SWT_COUNT(cases); i++)
        assert_error(swt_p11_message_read(cases[i], &message, &err), &err, SWT_E_MODULE_FAILED,
                     "answers nonsense");
    struct swt_public_key key = {0};
    message = (struct swt_p11_message){.key_type = SWT_KEY_P256, .value = BYTES("\x04")};
    assert_error(swt_p11_message_key(&message, &key, &err), &err, SWT_E_MODULE_FAILED,
                 "answers nonsense");
    message.key_type = UINT64_C(1) << 32 | SWT_KEY_P256;
    assert_error(swt_p11_message_key(&message, &key, &err), &err, SWT_E_MODULE_FAILED,
                 "answers nonsense");
    char *text = NULL;
    assert_error(swt_p11_message_text(BYTES("a\0b"), &text, &err), &err, SWT_E_MODULE_FAILED,
                 "answers nonsense");
    assert_null(text);
}

/* No value that a module can answer is told as a bare number. */
static void return_values(void **state) {
    (void)state;
    static const struct {
        CK_RV rv;
        enum swt_code code;
        const char *message;
    } cases[] = {
        {CKR_PIN_INCORRECT, SWT_E_PIN_WRONG, "C_X: wrong PIN (CKR_PIN_INCORRECT)"},
        {CKR_PIN_LOCKED, SWT_E_PIN_LOCKED, "(CKR_PIN_LOCKED)"},
        {CKR_DEVICE_REMOVED, SWT_E_TOKEN_FAILED, "the device was removed (CKR_DEVICE_REMOVED)"},
        {CKR_MECHANISM_INVALID, SWT_E_MECHANISM, "(CKR_MECHANISM_INVALID)"},
        {CKR_KEY_FUNCTION_NOT_PERMITTED, SWT_E_KEY_USAGE, "(CKR_KEY_FUNCTION_NOT_PERMITTED)"},
        {CKR_VENDOR_DEFINED + 5, SWT_E_TOKEN_FAILED, "(CKR_VENDOR_DEFINED + 0x5)"},
        {0x999, SWT_E_TOKEN_FAILED, "(CKR value 0x999)"},
        {(CK_RV)-1, SWT_E_TOKEN_FAILED, "(CKR_VENDOR_DEFINED + 0x"},
    };
    struct swt_error err = {0};
    for (size_t i = 0; i < SWT_COUNT(cases); i++)
        assert_error(swt_p11_fail(&err, "C_X", cases[i].rv), &err, cases[i].code, cases[i].message);
    for (CK_RV rv = 1; rv < 0x400; rv++) {
        char text[96];
        assert_non_null(strstr(swt_p11_rv_text(rv, text), "CKR"));
        assert_true(strlen(text) < sizeof text - 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages),
        cmocka_unit_test(bad_messages),
        cmocka_unit_test(return_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
