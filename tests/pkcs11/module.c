/* SPDX-License-Identifier: Apache-2.0 */
/* The module itself: slots, sessions, and who may do what in them. See mock.h. */
#include "mock.h"

#include <string.h>

#define SESSIONS 32
#define FIRST_SLOT 7 /* handles and slots are no array indexes */

struct session {
    bool open;
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE next_found; /* 0: no search */
    CK_ATTRIBUTE pattern[8];
    CK_BYTE pattern_data[8][256];
    CK_ULONG pattern_count;
    CK_OBJECT_HANDLE signing_key; /* 0: no signature begun */
    bool authenticated;           /* for this signature */
};

static struct {
    bool ready;
    bool logged_in[MOCK_TOKENS];
    struct session sessions[SESSIONS];
} module;

/* Every call of the module begins so. */
#define ENTER(call_)                                                                               \
    CK_RV ended;                                                                                   \
    if (mock_call_ends(call_, &ended))                                                             \
        return ended;                                                                              \
    if (!module.ready)                                                                             \
    return CKR_CRYPTOKI_NOT_INITIALIZED

/* ---- the module -------------------------------------------------------------------------- */

CK_RV C_Initialize(void *arguments) {
    (void)arguments;
    CK_RV ended;
    if (mock_call_ends("C_Initialize", &ended))
        return ended;
    if (module.ready)
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    memset(&module, 0, sizeof module);
    module.ready = true;
    return CKR_OK;
}

CK_RV C_Finalize(void *unused) {
    ENTER("C_Finalize");
    if (unused != NULL)
        return CKR_ARGUMENTS_BAD;
    module.ready = false;
    return CKR_OK;
}

CK_RV C_GetInfo(CK_INFO *info) {
    ENTER("C_GetInfo");
    *info = (CK_INFO){.cryptokiVersion = {2, 40}, .libraryVersion = {1, 0}};
    mock_pad(info->manufacturerID, sizeof info->manufacturerID, "Tests");
    mock_pad(info->libraryDescription, sizeof info->libraryDescription, "Mock module");
    return CKR_OK;
}

/* ---- slots and tokens -------------------------------------------------------------------- */

static bool slot_exists(CK_SLOT_ID slot) {
    return slot >= FIRST_SLOT && slot < FIRST_SLOT + mock_token_count();
}

CK_RV C_GetSlotList(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count) {
    ENTER("C_GetSlotList");
    CK_ULONG found = present && mock_is("no-token") ? 0 : mock_token_count();
    if (mock_has("slots", "huge"))
        found = MOCK_HUGE;
    if (slots == NULL) {
        *count = found;
        return CKR_OK;
    }
    if (*count < found) {
        *count = found;
        return CKR_BUFFER_TOO_SMALL;
    }
    for (CK_ULONG i = 0; i < found; i++)
        slots[i] = FIRST_SLOT + i;
    *count = found + (mock_has("slots", "more") ? 1000 : 0);
    return CKR_OK;
}

CK_RV C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info) {
    ENTER("C_GetSlotInfo");
    if (!slot_exists(slot))
        return CKR_SLOT_ID_INVALID;
    *info = (CK_SLOT_INFO){.flags = mock_is("no-token") ? 0 : CKF_TOKEN_PRESENT};
    mock_pad(info->slotDescription, sizeof info->slotDescription, "Mock slot");
    mock_pad(info->manufacturerID, sizeof info->manufacturerID, "Tests");
    return CKR_OK;
}

CK_RV C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
    ENTER("C_GetTokenInfo");
    if (!slot_exists(slot))
        return CKR_SLOT_ID_INVALID;
    if (mock_is("no-token"))
        return CKR_TOKEN_NOT_PRESENT;
    mock_token_info(slot - FIRST_SLOT, info);
    return CKR_OK;
}

CK_RV C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *mechanisms, CK_ULONG *count) {
    ENTER("C_GetMechanismList");
    if (!slot_exists(slot))
        return CKR_SLOT_ID_INVALID;
    CK_ULONG found = mock_is("no-mechanism") ? 0 : 2;
    if (mock_has("mechanisms", "huge"))
        found = MOCK_HUGE;
    if (mechanisms != NULL && *count < found) {
        *count = found;
        return CKR_BUFFER_TOO_SMALL;
    }
    if (mechanisms != NULL && found > 0) {
        mechanisms[0] = CKM_ECDSA;
        mechanisms[1] = CKM_EC_KEY_PAIR_GEN;
    }
    *count = found + (mechanisms != NULL && mock_has("mechanisms", "more") ? 1000 : 0);
    return CKR_OK;
}

CK_RV C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info) {
    ENTER("C_GetMechanismInfo");
    if (!slot_exists(slot))
        return CKR_SLOT_ID_INVALID;
    if ((type != CKM_ECDSA && type != CKM_EC_KEY_PAIR_GEN) || mock_is("no-mechanism"))
        return CKR_MECHANISM_INVALID;
    CK_FLAGS signs = mock_is("mechanism-no-sign") ? CKF_VERIFY : CKF_SIGN;
    *info = (CK_MECHANISM_INFO){.ulMinKeySize = 256,
                                .ulMaxKeySize = 256,
                                .flags = type == CKM_ECDSA ? signs : CKF_GENERATE_KEY_PAIR};
    return CKR_OK;
}

/* ---- sessions ---------------------------------------------------------------------------- */

static struct session *find_session(CK_SESSION_HANDLE handle) {
    if (handle < 1 || handle > SESSIONS || !module.sessions[handle - 1].open)
        return NULL;
    return &module.sessions[handle - 1];
}

static bool *login_of(const struct session *session) {
    return &module.logged_in[session->slot - FIRST_SLOT];
}

CK_RV C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                    CK_SESSION_HANDLE *ret_session) {
    (void)application;
    (void)notify;
    ENTER("C_OpenSession");
    if (!slot_exists(slot))
        return CKR_SLOT_ID_INVALID;
    if ((flags & CKF_SERIAL_SESSION) == 0)
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    for (CK_SESSION_HANDLE i = 0; i < SESSIONS; i++) {
        if (!module.sessions[i].open) {
            module.sessions[i] = (struct session){.open = true, .slot = slot};
            *ret_session = i + 1;
            return CKR_OK;
        }
    }
    return CKR_SESSION_COUNT;
}

CK_RV C_CloseSession(CK_SESSION_HANDLE handle) {
    ENTER("C_CloseSession");
    struct session *session = find_session(handle);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    session->open = false;
    /* With its last session a token forgets the login. */
    for (size_t i = 0; i < SESSIONS; i++)
        if (module.sessions[i].open && module.sessions[i].slot == session->slot)
            return CKR_OK;
    *login_of(session) = false;
    return CKR_OK;
}

CK_RV C_CloseAllSessions(CK_SLOT_ID slot) {
    ENTER("C_CloseAllSessions");
    if (!slot_exists(slot))
        return CKR_SLOT_ID_INVALID;
    for (size_t i = 0; i < SESSIONS; i++)
        if (module.sessions[i].slot == slot)
            module.sessions[i].open = false;
    module.logged_in[slot - FIRST_SLOT] = false;
    return CKR_OK;
}

CK_RV C_GetSessionInfo(CK_SESSION_HANDLE handle, CK_SESSION_INFO *info) {
    ENTER("C_GetSessionInfo");
    const struct session *session = find_session(handle);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    *info = (CK_SESSION_INFO){.slotID = session->slot,
                              .state = *login_of(session) ? CKS_RO_USER_FUNCTIONS
                                                          : CKS_RO_PUBLIC_SESSION,
                              .flags = CKF_SERIAL_SESSION};
    return CKR_OK;
}

/* ---- login ------------------------------------------------------------------------------- */

static CK_RV log_in(struct session *session, CK_USER_TYPE user, const CK_UTF8CHAR *pin,
                    CK_ULONG len) {
    if (user == CKU_CONTEXT_SPECIFIC && session->signing_key == 0)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (user == CKU_USER && *login_of(session))
        return CKR_USER_ALREADY_LOGGED_IN;
    if (user != CKU_USER && user != CKU_CONTEXT_SPECIFIC)
        return CKR_USER_TYPE_INVALID;
    CK_RV rv = mock_check_pin(pin, len);
    if (rv == CKR_OK && user == CKU_USER)
        *login_of(session) = true;
    if (rv == CKR_OK && user == CKU_CONTEXT_SPECIFIC)
        session->authenticated = true;
    return rv;
}

CK_RV C_Login(CK_SESSION_HANDLE handle, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG len) {
    ENTER(user == CKU_CONTEXT_SPECIFIC ? "C_Login_again" : "C_Login");
    struct session *session = find_session(handle);
    return session == NULL ? CKR_SESSION_HANDLE_INVALID : log_in(session, user, pin, len);
}

CK_RV C_Logout(CK_SESSION_HANDLE handle) {
    ENTER("C_Logout");
    struct session *session = find_session(handle);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    *login_of(session) = false;
    return CKR_OK;
}

/* ---- objects ----------------------------------------------------------------------------- */

static bool sees(const struct session *session, CK_OBJECT_HANDLE object) {
    return mock_object_exists(object) &&
           (!mock_object_is_private(object) || *login_of(session) || mock_is("no-login"));
}

CK_RV C_FindObjectsInit(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *pattern, CK_ULONG count) {
    ENTER("C_FindObjectsInit");
    struct session *session = find_session(handle);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (session->next_found != 0)
        return CKR_OPERATION_ACTIVE;
    if (count > sizeof session->pattern / sizeof session->pattern[0])
        return CKR_ARGUMENTS_BAD;
    for (CK_ULONG i = 0; i < count; i++) {
        if (pattern[i].ulValueLen > sizeof session->pattern_data[i])
            return CKR_ATTRIBUTE_VALUE_INVALID;
        memcpy(session->pattern_data[i], pattern[i].pValue, pattern[i].ulValueLen);
        session->pattern[i] = pattern[i];
        session->pattern[i].pValue = session->pattern_data[i];
    }
    session->pattern_count = count;
    session->next_found = 1;
    return CKR_OK;
}

CK_RV C_FindObjects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *objects, CK_ULONG max,
                    CK_ULONG *ret_count) {
    ENTER("C_FindObjects");
    struct session *session = find_session(handle);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (session->next_found == 0)
        return CKR_OPERATION_NOT_INITIALIZED;
    CK_ULONG count = 0;
    while (count < max && session->next_found <= MOCK_OBJECTS) {
        CK_OBJECT_HANDLE object = session->next_found++;
        if (sees(session, object) &&
            mock_object_fits(object, session->pattern, session->pattern_count))
            objects[count++] = object;
        if (mock_has("objects", "endless") && session->next_found > MOCK_OBJECTS)
            session->next_found = 1;
    }
    *ret_count = count + (mock_has("objects", "more") ? 1000 : 0);
    return CKR_OK;
}

CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE handle) {
    ENTER("C_FindObjectsFinal");
    struct session *session = find_session(handle);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    session->next_found = 0;
    return CKR_OK;
}

CK_RV C_GetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object,
                          CK_ATTRIBUTE *attributes, CK_ULONG count) {
    ENTER("C_GetAttributeValue");
    const struct session *session = find_session(handle);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    return sees(session, object) ? mock_object_read(object, attributes, count)
                                 : CKR_OBJECT_HANDLE_INVALID;
}

CK_RV C_GenerateKeyPair(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism,
                        CK_ATTRIBUTE *public_pattern, CK_ULONG public_count,
                        CK_ATTRIBUTE *private_pattern, CK_ULONG private_count,
                        CK_OBJECT_HANDLE *ret_public, CK_OBJECT_HANDLE *ret_private) {
    (void)public_pattern;
    (void)public_count;
    ENTER("C_GenerateKeyPair");
    const struct session *session = find_session(handle);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (!*login_of(session))
        return CKR_USER_NOT_LOGGED_IN;
    if (mechanism->mechanism != CKM_EC_KEY_PAIR_GEN)
        return CKR_MECHANISM_INVALID;
    return mock_make_pair(private_pattern, private_count, ret_public, ret_private);
}

CK_RV C_DestroyObject(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object) {
    ENTER("C_DestroyObject");
    const struct session *session = find_session(handle);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (!sees(session, object))
        return CKR_OBJECT_HANDLE_INVALID;
    mock_destroy(object);
    return CKR_OK;
}

/* ---- signing ----------------------------------------------------------------------------- */

CK_RV C_SignInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key) {
    ENTER("C_SignInit");
    struct session *session = find_session(handle);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (!sees(session, key) || !mock_object_is_private(key))
        return CKR_KEY_HANDLE_INVALID;
    if (session->signing_key != 0)
        return CKR_OPERATION_ACTIVE;
    if (mechanism->mechanism != CKM_ECDSA || mock_is("no-mechanism"))
        return CKR_MECHANISM_INVALID;
    if (mock_is("no-sign"))
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    session->signing_key = key;
    session->authenticated = false;
    return CKR_OK;
}

CK_RV C_Sign(CK_SESSION_HANDLE handle, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature,
             CK_ULONG *signature_len) {
    ENTER("C_Sign");
    struct session *session = find_session(handle);
    if (session == NULL)
        return CKR_SESSION_HANDLE_INVALID;
    if (session->signing_key == 0)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (signature == NULL || *signature_len < MOCK_SIGNATURE) {
        CK_RV rv = signature == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
        *signature_len = MOCK_SIGNATURE;
        return rv;
    }
    CK_OBJECT_HANDLE key = session->signing_key;
    session->signing_key = 0;
    if (mock_is("always-authenticate") && !session->authenticated)
        return CKR_USER_NOT_LOGGED_IN;
    return mock_sign(key, data, data_len, signature, signature_len);
}

/* ---- the list ---------------------------------------------------------------------------- */

/* What is not in it, nobody may call: the caller dies of it. */
static CK_FUNCTION_LIST functions = {
    .version = {2, 40},
    .C_Initialize = C_Initialize,
    .C_Finalize = C_Finalize,
    .C_GetInfo = C_GetInfo,
    .C_GetFunctionList = C_GetFunctionList,
    .C_GetSlotList = C_GetSlotList,
    .C_GetSlotInfo = C_GetSlotInfo,
    .C_GetTokenInfo = C_GetTokenInfo,
    .C_GetMechanismList = C_GetMechanismList,
    .C_GetMechanismInfo = C_GetMechanismInfo,
    .C_OpenSession = C_OpenSession,
    .C_CloseSession = C_CloseSession,
    .C_CloseAllSessions = C_CloseAllSessions,
    .C_GetSessionInfo = C_GetSessionInfo,
    .C_Login = C_Login,
    .C_Logout = C_Logout,
    .C_GenerateKeyPair = C_GenerateKeyPair,
    .C_DestroyObject = C_DestroyObject,
    .C_GetAttributeValue = C_GetAttributeValue,
    .C_FindObjectsInit = C_FindObjectsInit,
    .C_FindObjects = C_FindObjects,
    .C_FindObjectsFinal = C_FindObjectsFinal,
    .C_SignInit = C_SignInit,
    .C_Sign = C_Sign,
};

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret_list) {
    *ret_list = &functions;
    return CKR_OK;
}
