/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of a token and their attributes, each length taken for hostile. */
#include "p11.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VALUE ((CK_ULONG)64 * 1024) /* a certificate; the rest is far smaller */
#define AT_ONCE 64

/* ---- finding ----------------------------------------------------------------------------- */

static size_t fill_template(const struct swt_p11_pattern *pattern, CK_ATTRIBUTE template[4]) {
    size_t count = 0;
    template[count++] =
        (CK_ATTRIBUTE){CKA_CLASS, (void *)(uintptr_t)&pattern->class, sizeof pattern->class};
    if (pattern->label != NULL)
        template[count++] = *pattern->label;
    if (pattern->id != NULL)
        template[count++] = *pattern->id;
    if (pattern->type != NULL)
        template[count++] =
            (CK_ATTRIBUTE){CKA_KEY_TYPE, (void *)(uintptr_t)pattern->type, sizeof *pattern->type};
    return count;
}

static int collect(struct swt_p11_token *token, struct swt_p11_objects *objects,
                   struct swt_error *err) {
    for (;;) {
        CK_OBJECT_HANDLE handles[AT_ONCE];
        CK_ULONG count = 0;
        CK_RV rv =
            SWT_P11_CALL(token->module, C_FindObjects, token->session, handles, AT_ONCE, &count);
        if (rv != CKR_OK)
            return swt_p11_fail(err, "C_FindObjects", rv);
        if (count == 0)
            return 0;
        if (count > AT_ONCE || count > SWT_P11_MAX_OBJECTS - objects->count)
            return swt_fail(err, SWT_E_MODULE_FAILED,
                            "C_FindObjects finds more than it was asked for, or over %d objects",
                            SWT_P11_MAX_OBJECTS);
        memcpy(objects->handles + objects->count, handles, count * sizeof handles[0]);
        objects->count += count;
    }
}

int swt_p11_find(struct swt_p11_token *token, const struct swt_p11_pattern *pattern,
                 struct swt_p11_objects *ret_objects, struct swt_error *err) {
    CK_ATTRIBUTE template[4];
    size_t count = fill_template(pattern, template);

    ret_objects->count = 0;
    int result = swt_p11_session(token, err);
    if (result < 0)
        return result;
    CK_RV rv = SWT_P11_CALL(token->module, C_FindObjectsInit, token->session, template, count);
    if (rv != CKR_OK)
        return swt_p11_fail(err, "C_FindObjectsInit", rv);
    result = collect(token, ret_objects, err);
    (void)SWT_P11_CALL(token->module, C_FindObjectsFinal, token->session);
    return result;
}

/* ---- attributes -------------------------------------------------------------------------- */

/* What a token answers for an attribute that it does not have or does not show. */
static bool is_absent(CK_RV rv, const CK_ATTRIBUTE *attribute) {
    return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
           (rv == CKR_OK && attribute->ulValueLen == CK_UNAVAILABLE_INFORMATION);
}

static int fetch(struct swt_p11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attribute,
                 CK_ULONG room, struct swt_error *err) {
    CK_RV rv =
        SWT_P11_CALL(token->module, C_GetAttributeValue, token->session, object, attribute, 1);
    if (is_absent(rv, attribute))
        return 0;
    if (rv != CKR_OK)
        return swt_p11_fail(err, "C_GetAttributeValue", rv);
    if (attribute->ulValueLen > room)
        return swt_fail(err, SWT_E_MODULE_FAILED,
                        "C_GetAttributeValue tells of an attribute of %lu bytes, expected at most "
                        "%lu",
                        attribute->ulValueLen, room);
    return 1;
}

int swt_p11_attribute(struct swt_p11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                      struct swt_buf *ret_value, struct swt_error *err) {
    CK_ATTRIBUTE attribute = {.type = type};
    int result = swt_p11_session(token, err);
    if (result < 0)
        return result;
    result = fetch(token, object, &attribute, MAX_VALUE, err);
    if (result <= 0)
        return result;
    CK_ULONG room = attribute.ulValueLen;
    uint8_t *value = calloc(1, room + 1);
    if (value == NULL)
        return swt_fail_memory(err);
    attribute.pValue = value;
    result = fetch(token, object, &attribute, room, err);
    if (result > 0) {
        swt_buf_clear(ret_value);
        int appended = swt_buf_append(ret_value, value, attribute.ulValueLen, err);
        result = appended < 0 ? appended : 1;
    }
    free(value);
    return result;
}

/* A value of exactly size bytes: one of another size is no such value. */
static int fixed(struct swt_p11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                 void *value, size_t size, struct swt_error *err) {
    struct swt_buf bytes SWT_CLEANUP(swt_buf_done) = {0};
    int result = swt_p11_attribute(token, object, type, &bytes, err);
    if (result <= 0 || bytes.len != size)
        return result < 0 ? result : 0;
    memcpy(value, bytes.data, size);
    return 1;
}

int swt_p11_attribute_number(struct swt_p11_token *token, CK_OBJECT_HANDLE object,
                             CK_ATTRIBUTE_TYPE type, CK_ULONG *value, struct swt_error *err) {
    return fixed(token, object, type, value, sizeof *value, err);
}

int swt_p11_attribute_flag(struct swt_p11_token *token, CK_OBJECT_HANDLE object,
                           CK_ATTRIBUTE_TYPE type, bool *value, struct swt_error *err) {
    CK_BBOOL flag;
    int result = fixed(token, object, type, &flag, sizeof flag, err);
    if (result > 0)
        *value = flag != CK_FALSE;
    return result;
}
