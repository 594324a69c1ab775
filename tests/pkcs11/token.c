/* SPDX-License-Identifier: Apache-2.0 */
/* Which tokens the module has, and their PIN. See mock.h. */
#include "mock.h"

#include <string.h>

#define TRIES 3

void mock_pad(CK_UTF8CHAR *field, size_t size, const char *text) {
    size_t len = strlen(text);
    memset(field, ' ', size);
    memcpy(field, text, len < size ? len : size);
}

CK_ULONG mock_token_count(void) {
    if (mock_is("no-slot"))
        return 0;
    return mock_is("other-token") || mock_is("twin-token") || mock_is("clone-token") ? 2 : 1;
}

static CK_FLAGS token_flags(void) {
    CK_FLAGS flags = 0;
    unsigned wrong = mock_wrong_pins();
    if (!mock_is("not-initialised"))
        flags |= CKF_TOKEN_INITIALIZED;
    if (!mock_is("pin-unset"))
        flags |= CKF_USER_PIN_INITIALIZED;
    if (!mock_is("no-login"))
        flags |= CKF_LOGIN_REQUIRED;
    if (mock_is("pin-pad"))
        flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
    if (mock_is("count-low") || (wrong > 0 && wrong < TRIES))
        flags |= CKF_USER_PIN_COUNT_LOW;
    if (mock_is("final-try") || wrong == TRIES - 1)
        flags |= CKF_USER_PIN_FINAL_TRY;
    if (mock_is("locked") || wrong >= TRIES)
        flags |= CKF_USER_PIN_LOCKED;
    return flags;
}

/* Whether the number of this C_GetTokenInfo, or of one before, is word's. */
static bool has_come(const char *word, unsigned asked) {
    for (char number[] = "1"; number[0] <= '9' && (unsigned)(number[0] - '0') <= asked; number[0]++)
        if (mock_has(word, number))
            return true;
    return false;
}

void mock_token_info(size_t index, CK_TOKEN_INFO *info) {
    static unsigned asked;
    bool second = index > 0;
    asked++;
    *info = (CK_TOKEN_INFO){.flags = token_flags(), .ulMinPinLen = 4, .ulMaxPinLen = 32};
    mock_pad(info->manufacturerID, sizeof info->manufacturerID, "Tests");
    mock_pad(info->model, sizeof info->model, "Mock");
    mock_pad(info->serialNumber, sizeof info->serialNumber,
             has_come("new-serial", asked)       ? "0003"
             : second && !mock_is("clone-token") ? "0002"
                                                 : "0001");
    mock_pad(info->label, sizeof info->label,
             has_come("new-label", asked)       ? "New token"
             : second && mock_is("other-token") ? "Other token"
             : mock_is("hostile-labels")        ? "Mock\033[2J\xff\n'$(id)'"
                                                : "Mock token");
}

CK_RV mock_check_pin(const CK_UTF8CHAR *pin, CK_ULONG len) {
    static const char right[] = "mock-pin-271828";
    if ((token_flags() & CKF_USER_PIN_LOCKED) != 0)
        return CKR_PIN_LOCKED;
    if (mock_is("pin-unset"))
        return CKR_USER_PIN_NOT_INITIALIZED;
    if (mock_is("pin-pad")) {
        if (pin != NULL)
            return CKR_ARGUMENTS_BAD; /* it must not leave the reader */
        mock_log("PIN entered on the reader\n");
        return CKR_OK;
    }
    if (pin == NULL)
        return CKR_ARGUMENTS_BAD;
    bool is_right = len == sizeof right - 1 && memcmp(pin, right, len) == 0;
    mock_pin_entered(is_right);
    if (is_right)
        return CKR_OK;
    return mock_wrong_pins() >= TRIES ? CKR_PIN_LOCKED : CKR_PIN_INCORRECT;
}
