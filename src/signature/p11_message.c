/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and replies as bytes, in protobuf's wire format, which is read strictly: a reply comes
 * from a process that a module may have damaged.
 */
#include "p11.h"

#include <stdlib.h>
#include <string.h>

#define ITEM 15

static const struct {
    uint32_t number;
    bool text; /* else a number */
    size_t offset;
} fields[] = {
#define NUMBER(number_, member_)                                                                   \
    { number_, false, offsetof(struct swt_p11_message, member_) }
#define BYTES(number_, member_)                                                                    \
    { number_, true, offsetof(struct swt_p11_message, member_) }
    NUMBER(1, operation), NUMBER(2, token),    NUMBER(3, key),    NUMBER(4, flags),
    NUMBER(5, kind),      NUMBER(6, key_type), BYTES(7, value),   BYTES(8, digest),
    BYTES(9, message),    BYTES(10, uri),      BYTES(11, label),  BYTES(12, manufacturer),
    BYTES(13, model),     BYTES(14, serial),   BYTES(16, module),
#undef NUMBER
#undef BYTES
};

int swt_p11_message_put(struct swt_buf *buf, const struct swt_p11_message *message,
                        struct swt_error *err) {
    int result = 0;
    for (size_t i = 0; i < SWT_COUNT(fields) && result >= 0; i++) {
        const char *member = (const char *)message + fields[i].offset;
        uint64_t number;
        struct swt_slice text;
        if (fields[i].text) {
            memcpy(&text, member, sizeof text);
            if (text.len > 0)
                result = swt_wire_put_bytes(buf, fields[i].number, text, err);
        } else {
            memcpy(&number, member, sizeof number);
            if (number > 0)
                result = swt_wire_put_varint(buf, fields[i].number, number, err);
        }
    }
    return result;
}

int swt_p11_message_put_item(struct swt_buf *buf, const struct swt_p11_message *item,
                             struct swt_error *err) {
    struct swt_buf bytes SWT_CLEANUP(swt_buf_done) = {0};
    int result = swt_p11_message_put(&bytes, item, err);
    return result < 0 ? result : swt_wire_put_bytes(buf, ITEM, swt_buf_slice(&bytes), err);
}

static int nonsense(struct swt_error *err) {
    return swt_fail(err, SWT_E_MODULE_FAILED,
                    "the PKCS#11 module damaged its process, which "
                    "answers nonsense");
}

static size_t field_of(const struct swt_wire_field *field) {
    size_t i = 0;
    while (i < SWT_COUNT(fields) && fields[i].number != field->number)
        i++;
    return i;
}

int swt_p11_message_read(struct swt_slice bytes, struct swt_p11_message *ret_message,
                         struct swt_error *err) {
    struct swt_p11_message message = {.bytes = bytes};
    struct swt_wire wire = swt_wire_of(bytes, 0);
    struct swt_wire_field field;
    uint32_t seen = 0; /* of fields, a bit each */
    int result;

    while ((result = swt_wire_next(&wire, &field, err)) > 0) {
        if (field.number == ITEM && field.type == SWT_WIRE_BYTES)
            continue;
        size_t i = field_of(&field);
        if (i == SWT_COUNT(fields) || (seen & 1U << i) != 0 ||
            field.type != (fields[i].text ? SWT_WIRE_BYTES : SWT_WIRE_VARINT))
            return nonsense(err);
        seen |= 1U << i;
        char *member = (char *)&message + fields[i].offset;
        if (fields[i].text)
            memcpy(member, &field.bytes, sizeof field.bytes);
        else
            memcpy(member, &field.value, sizeof field.value);
    }
    if (result < 0)
        return nonsense(err);
    *ret_message = message;
    return 0;
}

int swt_p11_message_item(const struct swt_p11_message *message, size_t *position,
                         struct swt_p11_message *ret_item, struct swt_error *err) {
    struct swt_wire wire = swt_wire_of(message->bytes, 0);
    struct swt_wire_field field;
    int result;

    wire.position = *position;
    do
        result = swt_wire_next(&wire, &field, err);
    while (result > 0 && field.number != ITEM);
    if (result < 0)
        return nonsense(err);
    *position = wire.position;
    if (result == 0)
        return 0;
    result = swt_p11_message_read(field.bytes, ret_item, err);
    return result < 0 ? result : 1;
}

int swt_p11_message_text(struct swt_slice text, char **ret_text, struct swt_error *err) {
    if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
        return nonsense(err);
    char *copy = strndup(text.len == 0 ? "" : (const char *)text.data, text.len);
    if (copy == NULL)
        return swt_fail_memory(err);
    *ret_text = copy;
    return 0;
}

int swt_p11_message_key(const struct swt_p11_message *message, struct swt_public_key *ret_key,
                        struct swt_error *err) {
    struct swt_public_key key SWT_CLEANUP(swt_public_key_done) = {0};
    if (message->key_type > UINT32_MAX)
        return nonsense(err);
    int result = swt_buf_append_slice(&key.bytes, message->value, err);
    if (result < 0)
        return result;
    key.key = (struct swt_key){.type = (uint32_t)message->key_type,
                               .scheme = (uint32_t)message->key_type,
                               .value = swt_buf_slice(&key.bytes)};
    result = swt_key_check(&key.key, err);
    if (result < 0)
        return err->code == SWT_E_MEMORY ? result : nonsense(err);
    result = swt_public_key_identify(&key, err);
    if (result < 0)
        return result;
    *ret_key = SWT_MOVE(key);
    return 0;
}
